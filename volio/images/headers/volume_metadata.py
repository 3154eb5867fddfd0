"""Metadata of single volumes, and how it follows them into other images."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

from volio.images.headers.gradients import Gradient
from volio.images.headers.metadata import Intent, Metadata, metadata_of

__all__ = ["HeaderVolume", "count_volumes", "metadata_of_volumes", "volumes_of"]

#: A volume: the header that describes it, and its number in that header.
HeaderVolume = tuple[Any, int]


def count_volumes(shape: Sequence[int]) -> int:
    """Return how many volumes a shape has: one for all that is in its first three axes."""
    return prod(shape[3:])


def volumes_of(header: Any) -> list[HeaderVolume]:
    """Return every volume of a header; axes past the third count as one, the first fastest."""
    return [(header, volume) for volume in range(count_volumes(header.get_data_shape()))]


def metadata_of_volumes(volumes: Sequence[HeaderVolume]) -> Metadata:
    """Return labels, intents, gradients and times of volumes, and nothing else.

    Labels and intents are empty for volumes that have none; gradients and times of frames are
    given for all or none.
    """
    known = {id(header): metadata_of(header) for header, _ in volumes}
    labels: list[str] = []
    intents: list[Intent] = []
    gradients: list[Gradient] = []
    frames: list[tuple[float, float]] = []
    for header, volume in volumes:
        found = known[id(header)]
        count = count_volumes(header.get_data_shape())
        labels.append(found.labels[volume] if len(found.labels) == count else "")
        of_each = found.intents * count if len(found.intents) == 1 else found.intents
        intents.append(of_each[volume] if len(of_each) == count else Intent())
        if found.gradients:  # of five axes there may be one for each index of the fourth
            gradients.append(found.gradients[volume % len(found.gradients)])
        if len(found.frames) == count:
            frames.append(found.frames[volume])
    return Metadata(
        labels=tuple(labels) if any(labels) else (),
        intents=_short(intents),
        gradients=tuple(gradients) if len(gradients) == len(volumes) else (),
        frames=tuple(frames) if len(frames) == len(volumes) else (),
    )


def _short(intents: Sequence[Intent]) -> tuple[Intent, ...]:
    """Return intents, one for all where they are the same, none where all are empty."""
    different = set(intents)
    if different <= {Intent()}:
        return ()
    return (intents[0],) if len(different) == 1 else tuple(intents)
