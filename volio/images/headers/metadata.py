"""Metadata: what headers hold besides shape, dtype and affine, in words that no format owns.

Any header returns it (``header.metadata()``) and takes it (``header.set_metadata(metadata)``).
What a format can hold is never declared: a conversion hands the metadata over, asks the new header
for its own, and reports the difference (`lost_metadata`).
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from volio.images.headers.gradients import Gradient, same_gradients

__all__ = [
    "Intent",
    "Metadata",
    "lost_metadata",
    "metadata_of",
    "metadata_of_steps",
    "named_fields",
]

#: Spaces that the affine of any format may lead to.
PLAIN_SPACES = ("", "scanner", "aligned")

#: Free keys of 3D Slicer, which are handed over as labels of the image, with a warning there.
OF_LABELS = re.compile(r"Segment[0-9]+_")
#: Most names of keys, attributes or fields that a message lists.
MOST_NAMES = 40


@dataclass(frozen=True)
class Intent:
    """What values are: a statistic and its parameters, labels, vectors ...

    Parameters
    ----------
    name : str
        As NIfTI calls it: 't test', 'z score', 'label', 'vector', ...; "" for none.
    params : tuple of float
        Degrees of freedom and the like, as NIfTI orders them.
    title : str
        What the values are called.
    """

    name: str = ""
    params: tuple[float, ...] = ()
    title: str = ""

    def __str__(self) -> str:
        parts = [self.name] if self.name else []
        if self.params:
            numbers = ", ".join(f"{value:g}" for value in self.params)
            parts.append(f"({numbers})")
        if self.title:
            parts.append(repr(self.title))
        return " ".join(parts)


@dataclass(frozen=True)
class Metadata:
    """What a header holds besides shape, dtype and affine; an empty field is not known.

    Parameters
    ----------
    step : float, optional
        Size of a step along the fourth axis, in `unit`; None without such an axis.
    unit : str
        's', 'Hz', 'ppm' or 'rad/s'; "" where it is not known.
    start : float
        Time of the first volume, s.
    frames : tuple of (start, duration)
        Of each volume, s, where they do not follow at equal steps; NaN for an unknown duration.
    slice_times : tuple of float
        Start of each slice within a volume, s.
    space : str
        What the affine leads to: 'scanner', 'aligned', 'talairach', 'mni', 'template'.
    labels : tuple of str
        Name of each volume.
    intents : tuple of Intent
        One for all values, or one for each volume.
    description : str
        One line.
    history : str
        What was done to the data, a line for each program.
    window : tuple of float
        Lowest and highest value to show.
    acquisition : mapping of str to float
        'echo time', 'inversion time', 'repetition time' (s), 'flip angle' (degrees), ...
    gradients : tuple of (x, y, z, b)
        For each volume the direction of its diffusion gradient, a unit vector in scanner RAS+,
        and its b-value, s/mm².
    keys : mapping of str to str
        Free keys and values, as NRRD, MetaImage and MRtrix have.
    attributes : mapping of str to str, list of int or list of float
        Attributes of AFNI, but for those of shape, affine, dtype or one of the above.
    others : tuple of str
        Names of what only files of this format hold: 'extension dicom', 'tags', ...
    """

    step: float | None = None
    unit: str = ""
    start: float = 0.0
    frames: tuple[tuple[float, float], ...] = ()
    slice_times: tuple[float, ...] = ()
    space: str = ""
    labels: tuple[str, ...] = ()
    intents: tuple[Intent, ...] = ()
    description: str = ""
    history: str = ""
    window: tuple[float, ...] = ()
    acquisition: Mapping[str, float] = field(default_factory=dict)
    gradients: tuple[Gradient, ...] = ()
    keys: Mapping[str, str] = field(default_factory=dict)
    attributes: Mapping[str, Any] = field(default_factory=dict)
    others: tuple[str, ...] = ()


def metadata_of(header: Any) -> Metadata:
    """Return the metadata of a header; none for headers of other packages."""
    ask = getattr(header, "metadata", None)
    found = ask() if callable(ask) else None
    return found if isinstance(found, Metadata) else Metadata()


def metadata_of_steps(sizes: Sequence[float], seconds: float | None, start: float) -> Metadata:
    """Return what voxel sizes state of the fourth axis.

    Parameters
    ----------
    sizes : sequence of float
        Of a voxel along each axis.
    seconds : float or None
        In the unit of the fourth; None where it is not known.
    start : float
        Position of the first volume, in that unit.
    """
    if len(sizes) < 4:
        return Metadata()
    factor = seconds or 1.0
    return Metadata(sizes[3] * factor, "s" if seconds else "", start * factor)


def lost_metadata(before: Metadata, after: Metadata) -> list[str]:
    """List the metadata of one header that another, made from it, does not have.

    Returns
    -------
    list of str
        A few words each, as they stand in a warning.
    """
    finders = (_lost_times, _lost_meaning, _lost_texts, _lost_acquisition, _lost_entries)
    return [words for find in finders for words in find(before, after)]


def _lost_times(before: Metadata, after: Metadata) -> Iterator[str]:
    if before.unit and before.step:
        if not _close(before.step, after.step):
            yield f"step of the fourth axis ({before.step:g} {before.unit})"
        elif before.unit != after.unit:
            yield f"unit of the fourth axis ({before.unit})"
    if not _close(before.start, after.start):
        yield f"time of the first volume ({before.start:g} s)"
    if before.frames and not _close(before.frames, after.frames, 1e-4):
        yield f"times of {len(before.frames)} frames"
    if before.slice_times and not _close(before.slice_times, after.slice_times, 1e-4):
        yield f"times of {len(before.slice_times)} slices"


def _lost_meaning(before: Metadata, after: Metadata) -> Iterator[str]:
    """Yield what is lost of the meaning of positions, volumes and values."""
    if before.space not in (*PLAIN_SPACES, after.space):
        yield f"space ({before.space})"
    if before.labels not in ((), after.labels):
        yield f"labels of volumes ({_listed(before.labels)})"
    intents = [intent for intent in before.intents if intent != Intent()]
    if intents and not _same_intents(before, after):
        yield f"intent ({_listed(dict.fromkeys(map(str, intents)))})"


def _lost_texts(before: Metadata, after: Metadata) -> Iterator[str]:
    if not _has_text(after.description, before.description):
        yield f"description ({_listed([before.description])})"
    missing = [line for line in before.history.splitlines() if not _has_text(after.history, line)]
    if missing:
        yield f"history ({len(missing)} line{'s' * (len(missing) > 1)})"
    if before.window and not _close(before.window, after.window):
        yield f"range to show ({before.window[0]:g} to {before.window[1]:g})"


def _lost_acquisition(before: Metadata, after: Metadata) -> Iterator[str]:
    for name, value in before.acquisition.items():
        if not _close(value, after.acquisition.get(name)):
            yield f"{name} ({value:g})"
    if before.gradients and not same_gradients(before.gradients, after.gradients):
        yield f"diffusion gradients of {len(before.gradients)} volumes"


def _lost_entries(before: Metadata, after: Metadata) -> Iterator[str]:
    """Yield the names of lost keys, attributes and fields."""
    lost = [key for key, value in before.keys.items() if after.keys.get(key) != value]
    keys = [key for key in lost if not OF_LABELS.match(key)]
    if keys:
        yield f"keys ({_listed(keys, MOST_NAMES)})"
    if names := [name for name in before.attributes if name not in after.attributes]:
        yield f"attributes of AFNI ({_listed(names, MOST_NAMES)})"
    yield from (other for other in before.others if other not in after.others)


def _close(one: Any, other: Any, rtol: float = 1e-6) -> bool:
    if other is None or np.shape(one) != np.shape(other):
        return False
    return np.allclose(one, other, rtol=rtol, atol=1e-6, equal_nan=True)


def _has_text(text: str, part: str) -> bool:
    return " ".join(part.split()) in " ".join(text.split())


def _same_intents(before: Metadata, after: Metadata) -> bool:
    one = before.intents
    other = after.intents
    if len(one) == len(other):
        return all(_same_intent(*pair) for pair in zip(one, other, strict=True))
    return bool(other) and all(_same_intent(a, b) for a in one for b in other)


def _same_intent(one: Intent, other: Intent) -> bool:
    params = not one.params or _close(one.params, other.params)
    return one.name == other.name and params and one.title in ("", other.title)


def _is_set(value: Any) -> bool:
    """Return whether a field is set: text that is not blank, or a number that is not 0."""
    array = np.asarray(value)
    if array.dtype.kind in "SU":
        return bool(np.any(np.char.str_len(np.char.strip(array))))
    return bool(np.any(np.nan_to_num(array)))


def named_fields(
    of: str, fields: Iterable[tuple[str, Any]], mapped: Container[str] = ()
) -> tuple[str, ...]:
    """Return one entry of `others` for the fields that only this format has.

    Parameters
    ----------
    of : str
        Name of the format.
    fields : iterable of (str, value)
        Those that are not set are left out.
    mapped : container of str
        Names of those that other formats have too.
    """
    known = (name for name, value in fields if name not in mapped and _is_set(value))
    words = [name.replace("_", " ") for name in known]
    return (f"fields of {of} ({_listed(words, MOST_NAMES)})",) if words else ()


def _listed(words: Any, most: int = 4) -> str:
    """Join words for a message; of many only the first, each of 40 characters at most."""
    shown = [word if len(word) <= 40 else f"{word[:37]}..." for word in words]
    return ", ".join(shown[:most]) + (f" and {len(shown) - most} more" if len(shown) > most else "")
