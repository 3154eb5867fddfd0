"""The maps of a page of surfaces: values per vertex, their colours, and how they are packed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from volio.display.colour.label_colours import colour_of_label
from volio.display.colour.value_colours import ValueColours
from volio.display.page.packing import as_text, fits_float32, pack, pack_steps
from volio.display.surfaces.painted import SurfaceStyle, colours_of_values
from volio.display.surfaces.vertex_values import BACKGROUNDS, all_maps
from volio.errors import UsageError
from volio.images.labels import Labels
from volio.surfaces.vertex_data import VertexArray

__all__ = ["SurfaceMap", "surface_maps"]

Values = NDArray[Any]
#: Of all values: if no more are different, ranks of these take as little as steps.
FEW = 0.25
# How values become colours on a page.
#: Values between vertices, through a colour map.
BETWEEN = "between"
#: The value of the nearest vertex, through a colour map.
NEAREST = "nearest"
#: The colour of the label at the nearest vertex.
LABELS = "labels"
#: Stored colours, between vertices.
COLOURS = "colours"


@dataclass(frozen=True)
class SurfaceMap:
    """Values of the vertices of one or two surfaces, and their colours.

    Parameters
    ----------
    name : str
    values : tuple of array, shape (V,) or (V, 4) of colours, or None
        Of each surface; None of one without them.
    mode : {"between", "nearest", "labels", "colours"}
    colours : ValueColours, optional
        Of values.
    tables : tuple of Labels, optional
        Of labels, one for each surface.
    """

    name: str
    values: tuple[Values | None, ...]
    mode: str
    colours: ValueColours | None = None
    tables: tuple[Labels, ...] = ()

    def facts(self, steps: int | None = None) -> dict[str, Any]:
        """Return what a page needs to show the map.

        Parameters
        ----------
        steps : int, optional
            Values that are interpolated are rounded to one of so many steps of their range.
        """
        grid = _grid(self.values, steps) if steps and self.mode == BETWEEN else None
        facts: dict[str, Any] = {
            "name": self.name,
            "mode": self.mode,
            "values": [_packed(array, grid) for array in self.values],
            "single": all(array is None or fits_float32(array.dtype) for array in self.values),
        }
        if self.colours is not None:
            facts |= _colour_facts(self.colours)
        if self.tables:
            pairs = zip(self.values, self.tables, strict=True)
            facts["labels"] = [_label_rows(values, table) for values, table in pairs]
        return facts


class Steps(NamedTuple):
    """Numbers that values are rounded to: `number` of them from `low`, `step` apart."""

    low: float
    step: float
    number: int


def _grid(values: Sequence[Values | None], count: int) -> Steps | None:
    """Return the steps between the lowest and the highest of all values.

    None where nothing is to be gained: of few different values, and of infinite ones.
    """
    known = np.concatenate([array[~np.isnan(array)] for array in values if array is not None])
    different = np.unique(known.astype(np.float64))  # ascending
    if len(different) <= min(count, len(known) * FEW):
        return None
    low = float(different[0])
    high = float(different[-1])
    step = (high - low) / (count - 1)
    # Infinite where an end is, or where the two are further apart than a float can tell.
    return Steps(low, step, count) if 0 < step < np.inf else None


def _label_rows(values: Values | None, table: Labels) -> list[list[Any]]:
    """Return key, name and colour (0 to 255) of the labels that occur."""
    keys = [] if values is None else np.unique(values).tolist()
    rows = []
    for key in keys:
        if key in table:
            label = table[key]
            levels = [round(255 * part) for part in colour_of_label(label)]
            rows.append([int(key), label.name, levels])
    return rows


def _packed(values: Values | None, grid: Steps | None) -> Any:
    """Return packed values: of colours a list of four channels; None of none."""
    if values is None:
        return None
    if values.ndim == 2:
        return [pack(channel) for channel in values.T]
    if grid is None:
        return pack(values)
    return pack_steps(values.astype(np.float64), grid.low, grid.step, grid.number)


def _colour_facts(colours: ValueColours) -> dict[str, Any]:
    """Return limits, what is hidden, and 256 colours of four bytes."""
    hidden = colours.hidden
    ramp = colours.colormap.map(np.linspace(0, 1, 256))
    return {
        "limits": [float(limit) for limit in colours.limits],
        "gamma": colours.gamma,
        "hidden": hidden and [value if isfinite(value) else None for value in hidden],
        "lut": as_text(np.rint(ramp * 255).astype(np.uint8).tobytes()),
    }


def surface_maps(surfaces: Sequence[Any], given: Any, style: SurfaceStyle) -> list[SurfaceMap]:
    """Return the maps of a page.

    Parameters
    ----------
    surfaces : sequence of Surface
    given
        One map or several: a name, file, surface of values or array for all surfaces, a tuple of
        one for each surface; a list of these, or a mapping of names to them. None for all values of
        the surfaces, those of backgrounds last, or else their stored colours.
    style : SurfaceStyle
        Colours, threshold and table of all of them.

    Raises
    ------
    UsageError
        If there are no such values, or surfaces have different numbers of them.
    """
    maps: list[SurfaceMap] = []
    for name, item in _items(surfaces, given):
        maps += _maps_of(surfaces, name, item, style)
    if given is None and not maps:
        maps += _stored_colours(surfaces)
    return maps


def _items(surfaces: Sequence[Any], given: Any) -> Iterator[tuple[str | None, Any]]:
    """Go through what is given: its name, if it has one of its own, and what there is."""
    if given is None:
        yield from ((None, name) for name in _names(surfaces))
    elif isinstance(given, Mapping):
        yield from ((str(name), item) for name, item in given.items())
    elif isinstance(given, list):
        yield from ((None, item) for item in given)
    else:
        yield None, given


def _names(surfaces: Sequence[Any]) -> list[str]:
    """Return the names of all values, those of backgrounds last."""
    names = dict.fromkeys(name for surface in surfaces for name in surface.data)
    return sorted(names, key=lambda name: name in BACKGROUNDS)


def _maps_of(
    surfaces: Sequence[Any], name: str | None, item: Any, style: SurfaceStyle
) -> list[SurfaceMap]:
    """Return the maps of something that is given for all surfaces, or in a tuple for each."""
    each = item if isinstance(item, tuple) else (item,) * len(surfaces)
    if len(each) != len(surfaces):
        raise UsageError(f"values: a tuple has one for each of {len(surfaces)} surfaces, {item!r}")
    found = [
        _arrays_of(surface, one, surfaces) for surface, one in zip(surfaces, each, strict=True)
    ]
    counts = {len(arrays) for arrays in found if arrays}
    if len(counts) > 1:
        raise UsageError(f"values: the surfaces have different numbers of maps, {sorted(counts)}")
    count = max(counts, default=0)
    by_map = [[arrays[n] if arrays else None for arrays in found] for n in range(count)]
    return [_map(name, arrays, style) for arrays in by_map]


def _arrays_of(surface: Any, given: Any, surfaces: Sequence[Any]) -> list[VertexArray]:
    """Return the arrays of one surface; none where only another one has that name."""
    if given is None:
        return []
    is_name = isinstance(given, str) and given not in surface.data
    if is_name and any(given in other.data for other in surfaces):
        return []
    return all_maps(surface, given)


def _map(name: str | None, arrays: Sequence[VertexArray | None], style: SurfaceStyle) -> SurfaceMap:
    """Return the map of the arrays of all surfaces."""
    known = [array for array in arrays if array is not None]
    values = tuple(None if array is None else array.values for array in arrays)
    called = known[0].name if name is None else name
    tables = [_table_of(array, style) for array in arrays]
    stated = [table for table in tables if table is not None]
    if stated:
        return SurfaceMap(
            called, values, LABELS, tables=tuple(each or stated[0] for each in tables)
        )
    found = colours_of_values([array.values for array in known], style)
    mode = NEAREST if found.are_labels else BETWEEN
    return SurfaceMap(called, values, mode, found.colours)


def _table_of(array: VertexArray | None, style: SurfaceStyle) -> Labels | None:
    """Return the table whose keys values are, its own one or that for whole numbers; or None."""
    if array is None:
        return None
    if array.labels is None and array.values.dtype.kind in "iu":
        return style.labels if isinstance(style.labels, Labels) else None
    return array.labels


def _stored_colours(surfaces: Sequence[Any]) -> list[SurfaceMap]:
    """Return a map of the colours that surfaces have, if one has some."""
    colours = tuple(surface.colors for surface in surfaces)
    if all(each is None for each in colours):
        return []
    return [SurfaceMap("colours", colours, COLOURS)]
