"""Colours of the segments of tracts: by direction, by group, by values, or one for all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from volio.display.colour.colormaps import as_colormap
from volio.display.colour.colors import as_color
from volio.display.colour.contrast import checked_pair, survey
from volio.display.colour.label_colours import colour_of_label
from volio.display.colour.srgb import Picture
from volio.display.colour.value_colours import ValueColours
from volio.display.tracts.segments import LineSegments
from volio.errors import UsageError
from volio.images.labels import Label

__all__ = ["GRAY", "group_colours", "segment_colours"]

#: Colour of lines in no group.
GRAY = (0.5, 0.5, 0.5, 1.0)


def segment_colours(
    tracts: Any, segments: LineSegments, colour: Any, style: Mapping[str, Any]
) -> tuple[Picture, ValueColours | None]:
    """Return the colour of each segment, and the colours of a bar; None without one.

    Parameters
    ----------
    tracts : Tractogram
    segments : LineSegments
    colour : str or colour
        As for `plot_tracts`.
    style : mapping
        Of values: cmap, vmin, vmax.

    Raises
    ------
    UsageError
        If there are no such values or colour.
    """
    if isinstance(colour, str) and colour == "direction":
        return _of_directions(segments), None
    if isinstance(colour, str) and colour == "group":
        return _of_groups(tracts)[segments.line], None
    if isinstance(colour, str) and colour in tracts.per_point:
        values = np.asarray(tracts.per_point[colour])
        return _of_values(values, _between(values, segments.first), colour, style)
    if isinstance(colour, str) and colour in tracts.per_line:
        values = np.asarray(tracts.per_line[colour])
        return _of_values(values, values[segments.line], colour, style)
    return _repeated(_one_colour(tracts, colour), len(segments.line)), None


def _repeated(colour: tuple[float, ...], count: int) -> Picture:
    """Return an array of one colour, (count, 4)."""
    return np.broadcast_to(np.array(colour, np.float32), (count, 4)).copy()


def _one_colour(tracts: Any, colour: Any) -> tuple[float, ...]:
    try:
        return as_color(colour)
    except (UsageError, TypeError, ValueError) as error:
        names = ", ".join(map(repr, [*tracts.per_point, *tracts.per_line])) or "none"
        raise UsageError(
            f"colour: must be 'direction', 'group', values ({names}) or a colour, got {colour!r}"
        ) from error


def _of_directions(segments: LineSegments) -> Picture:
    """Return red, green and blue for the parts of directions along x, y and z."""
    steps = np.abs(segments.ends - segments.starts)
    largest = steps.max(axis=1, keepdims=True)
    has_length = largest > 0
    colours = np.ones((len(steps), 4), np.float32)
    # Parts of the largest one first: squares of long steps are beyond float32.
    parts = np.divide(steps, largest, out=colours[:, :3], where=has_length)
    lengths = np.linalg.norm(parts, axis=1, keepdims=True)
    np.divide(parts, lengths, out=parts, where=has_length)
    return colours


def group_colours(tracts: Any) -> dict[str, tuple[float, ...]]:
    """Return the colour of each group by name, RGBA.

    Raises
    ------
    UsageError
        If there are no groups.
    """
    if not tracts.groups:
        raise UsageError("colour: the tracts have no groups")
    numbered = enumerate(tracts.groups, 1)
    return {name: tuple(colour_of_label(Label(number, name))) for number, name in numbered}


def _of_groups(tracts: Any) -> Picture:
    """Return a colour for each line: that of the first group that it is in."""
    named = group_colours(tracts)
    colours = _repeated(GRAY, len(tracts))
    for name in reversed(named):
        colours[np.asarray(tracts.groups[name])] = named[name]
    return colours


def _between(values: NDArray[Any], first: NDArray[np.int64]) -> NDArray[Any]:
    """Return the values of segments: the mean of both points, but whole numbers of the first."""
    if values.dtype.kind != "f":
        return values[first]
    means: NDArray[Any] = (values[first] + values[first + 1]) / 2
    return means


def _of_values(
    values: NDArray[Any], shown: NDArray[Any], name: str, style: Mapping[str, Any]
) -> tuple[Picture, ValueColours | None]:
    """Return the colours of the values of segments; three or four of each are colours.

    Parameters
    ----------
    values : array, shape (n,) or (n, k)
        All there are, in which limits are found.
    shown : array, shape (segments,) or (segments, k)
    name : str
    style : mapping
    """
    if values.ndim == 2 and values.shape[1] == 1:
        values = values[:, 0]
        shown = shown[:, 0]
    if values.ndim == 2 and values.shape[1] in (3, 4):
        return _stored_colours(shown), None
    if values.ndim != 1:
        raise UsageError(f"colour: {name} has {values.shape[1]} values each; colours need one")
    low, high = survey(values, labels=False).limits
    low = low if style["vmin"] is None else style["vmin"]
    high = high if style["vmax"] is None else style["vmax"]
    limits = checked_pair("vmin and vmax", (low, high))
    colours = ValueColours(limits, colormap=as_colormap(style["cmap"]))
    return colours.colours(shown[np.newaxis])[0], colours


def _stored_colours(values: NDArray[Any]) -> Picture:
    """Return colours in 0..1; numbers above 1 are taken for those from 0 to 255."""
    colours = np.ones((len(values), 4), np.float32)
    full = 255 if values.dtype.kind in "iu" or values.max(initial=0) > 1 else 1
    colours[:, : values.shape[1]] = np.clip(values / np.float32(full), 0, 1)
    return colours
