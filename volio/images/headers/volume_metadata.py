"""Metadata of single volumes, and how it follows them into other images."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any, NamedTuple, TypeVar

from volio.images.headers.gradients import Gradient
from volio.images.headers.metadata import Intent, Metadata, metadata_of

__all__ = [
    "HeaderVolume",
    "count_volumes",
    "metadata_of_volumes",
    "start_time_of",
    "volumes_of",
]

T = TypeVar("T")

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
    headers = {id(header): header for header, _ in volumes}
    of_headers = {key: _per_volume(header) for key, header in headers.items()}
    found = [of_headers[id(header)][number] for header, number in volumes]
    labels = tuple([volume.label for volume in found])
    return Metadata(
        labels=labels if any(labels) else (),
        intents=_short([volume.intent for volume in found]),
        gradients=_for_all([volume.gradient for volume in found]),
        frames=_for_all([volume.frame for volume in found]),
    )


def _for_all(values: Sequence[T | None]) -> tuple[T, ...]:
    """Return the values of volumes; none where one volume has none."""
    known = tuple([value for value in values if value is not None])
    return known if len(known) == len(values) else ()


def start_time_of(volumes: Sequence[HeaderVolume]) -> float:
    """Return the time of the first of some volumes, in the unit of its header; 0 where not known.

    It is not known of volumes that run backwards in time either: a start and a step, which is
    what headers have, would put the second one after the first.
    """
    times = [_time_of(header, number) for header, number in volumes[:2]]
    if not times or times[0] is None:
        return 0.0
    units = {getattr(header, "time_unit", None) for header, _ in volumes[:2]}
    if len(units) == 1 and times[-1] is not None and times[-1] < times[0]:
        return 0.0
    return times[0]


def _time_of(header: Any, number: int) -> float | None:
    """Return the time of a volume; None where the header does not state it."""
    start = float(getattr(header, "start_time", 0.0))
    lengths = header.get_data_shape()[3:]
    along = number % lengths[0] if lengths else 0
    step = float(header.get_zooms()[3]) if lengths else 0.0
    if not start or (along and not step):
        return None
    return start + along * step


class _Volume(NamedTuple):
    label: str
    intent: Intent
    gradient: Gradient | None
    frame: tuple[float, float] | None


def _per_volume(header: Any) -> list[_Volume]:
    """Return the metadata of each volume of a header."""
    metadata = metadata_of(header)
    count = count_volumes(header.get_data_shape())
    intents = metadata.intents * count if len(metadata.intents) == 1 else metadata.intents
    # Of five axes there may be one gradient for each index of the fourth, which varies fastest.
    gradients = metadata.gradients * (count // max(len(metadata.gradients), 1))
    columns = [
        _or_default(metadata.labels, count, ""),
        _or_default(intents, count, Intent()),
        _or_default(gradients, count, None),
        _or_default(metadata.frames, count, None),
    ]
    return [_Volume(*values) for values in zip(*columns, strict=True)]


def _or_default(values: Sequence[Any], count: int, default: Any) -> Sequence[Any]:
    """Return one value for each volume; the default for all where there are not as many."""
    return values if len(values) == count else [default] * count


def _short(intents: Sequence[Intent]) -> tuple[Intent, ...]:
    """Return intents, one for all where they are the same, none where all are empty."""
    different = set(intents)
    if different <= {Intent()}:
        return ()
    return (intents[0],) if len(different) == 1 else tuple(intents)
