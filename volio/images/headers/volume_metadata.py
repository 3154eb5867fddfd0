"""What headers say of single volumes, and how it follows them into other images."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

from volio.images.headers.metadata import Intent, Metadata, metadata_of

__all__ = ["Pick", "count_volumes", "metadata_of_volumes", "picks_of"]

#: A volume: the header that speaks of it, and its number among those of that header.
Pick = tuple[Any, int]


def count_volumes(shape: Sequence[int]) -> int:
    """Return how many volumes a shape has: one for all that is in its first three axes."""
    return prod(shape[3:])


def picks_of(header: Any) -> list[Pick]:
    """Return every volume of a header; axes past the third count as one, the first fastest."""
    return [(header, volume) for volume in range(count_volumes(header.get_data_shape()))]


def metadata_of_volumes(picks: Sequence[Pick]) -> Metadata:
    """Return labels, intents, gradients and times of volumes, and nothing else.

    Labels and intents are empty for volumes that have none; gradients and times of frames are
    stated for all or none.
    """
    meanings = {id(header): metadata_of(header) for header, _ in picks}
    counts = {id(header): count_volumes(header.get_data_shape()) for header, _ in picks}
    labels: list[str] = []
    intents: list[Intent] = []
    gradients: list[tuple[float, float, float, float]] = []
    frames: list[tuple[float, float]] = []
    for header, volume in picks:
        said, count = meanings[id(header)], counts[id(header)]
        labels.append(said.labels[volume] if len(said.labels) == count else "")
        alone = len(said.intents) == 1
        known = alone or len(said.intents) == count
        intents.append(said.intents[0 if alone else volume] if known else Intent())
        if said.gradients:  # of five axes there may be one for each place along the fourth
            gradients.append(said.gradients[volume % len(said.gradients)])
        if len(said.frames) == count:
            frames.append(said.frames[volume])
    return Metadata(
        labels=tuple(labels) if any(labels) else (),
        intents=_short(intents),
        gradients=tuple(gradients) if len(gradients) == len(picks) else (),
        frames=tuple(frames) if len(frames) == len(picks) else (),
    )


def _short(intents: Sequence[Intent]) -> tuple[Intent, ...]:
    """Return intents, one for all where they are the same, none where they say nothing."""
    different = set(intents)
    if different <= {Intent()}:
        return ()
    return (intents[0],) if len(different) == 1 else tuple(intents)
