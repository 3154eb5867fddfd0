"""The axes of an image by the letters of its file, or those that a user gives."""

from __future__ import annotations

from collections.abc import Sequence

from volio.errors import UsageError
from volio.formats.tiff.series import Series
from volio.images.named_axes import FileAxis, axes_of_letters

__all__ = ["axes_by_user", "axes_of_series", "level_factors"]


def axes_by_user(given: str, series: Series) -> tuple[FileAxis, ...]:
    """Return axes that a user has named; samples are channels where nothing else is.

    Raises
    ------
    UsageError
        If there are neither as many as arrays have axes, nor as many as the file has.
    """
    letters = given.upper()
    own = series.letters
    if len(letters) == len(series.all_axes) != len(own):
        pairs = zip(series.places, own, strict=True)
        letters = "".join([usual if at is None else letters[at] for at, usual in pairs])
    if len(letters) != len(own):
        raise UsageError(f"axes: must be {len(own)} letters, for {own!r}, got {given!r}")
    words = letters if "C" in letters else letters.replace("S", "C")
    return tuple([_with_unit(axis, series) for axis in axes_of_letters(words, len(own))])


def axes_of_series(series: Series) -> tuple[FileAxis, ...]:
    """Return axes by their letters in a file.

    Pages that the file does not name are slices, and samples that are not a colour are channels,
    where it has no others.
    """
    letters = series.letters
    kinds = {"T": "time", "C": "channel", "Z": "space", "Y": "space", "X": "space"}
    if "C" not in letters:
        kinds["S"] = "channel"
    slices = -1 if "Z" in letters else max(letters.rfind("I"), letters.rfind("Q"))
    axes: list[FileAxis] = []
    for place, letter in enumerate(letters):
        kind = "space" if place == slices else kinds.get(letter, "")
        repeats = letters[:place].count(letter)
        name = f"{letter}{repeats + 1}" if repeats else letter
        axes.append(_with_unit(FileAxis(name.lower(), kind), series))
    return tuple(axes)


def _with_unit(axis: FileAxis, series: Series) -> FileAxis:
    units = {"space": series.scale.unit, "time": series.scale.time_unit}
    return axis._replace(unit=units.get(axis.kind, ""))


def level_factors(finest: Sequence[int], coarser: Sequence[int]) -> list[float]:
    """Return by what each axis of a level is coarser, which files do not state.

    Lengths are rounded, up or down: the factor of the longest axis is that of all axes that it
    fits.

    Parameters
    ----------
    finest, coarser : sequence of int
        Shapes.
    """
    longest = max(range(len(finest)), key=lambda axis: finest[axis], default=0)
    shared = round(finest[longest] / coarser[longest]) if finest else 1
    factors = []
    for whole, part in zip(finest, coarser, strict=True):
        if whole == part:
            factors.append(1.0)
            continue
        own = round(whole / part)
        fitting = [by for by in (shared, own) if part in (-(-whole // by), max(1, whole // by))]
        factors.append(float(fitting[0]) if fitting else whole / part)
    return factors
