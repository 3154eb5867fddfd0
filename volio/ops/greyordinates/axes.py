"""What the axes of a matrix are, in words and numbers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from volio.formats.cifti2 import (
    BrainModelAxis,
    LabelAxis,
    MatrixAxis,
    ParcelsAxis,
    ScalarAxis,
    SeriesAxis,
)
from volio.surfaces.structures import structure_named

__all__ = ["AxisFacts", "Structure", "axis_facts", "named_index"]

#: What one index of an axis of each kind is, and what several are.
WORDS: dict[type[MatrixAxis], tuple[str, str, str]] = {
    BrainModelAxis: ("greyordinates", "greyordinate", "greyordinates"),
    ParcelsAxis: ("parcels", "parcel", "parcels"),
    ScalarAxis: ("scalars", "map", "maps"),
    LabelAxis: ("labels", "map of labels", "maps of labels"),
    SeriesAxis: ("series", "point", "points"),
}
UNITS = {"SECOND": "s", "HERTZ": "Hz", "METER": "m", "RADIAN": "rad"}


@dataclass(frozen=True)
class Structure:
    """A run of greyordinates of one structure.

    Attributes
    ----------
    name : str
        ``"cortex_left"``, ...
    start, stop : int
        Its indices.
    of : str
        "vertices" or "voxels".
    """

    name: str
    start: int
    stop: int
    of: str


@dataclass(frozen=True)
class AxisFacts:
    """What an axis is.

    Attributes
    ----------
    kind : str
        "greyordinates", "parcels", "scalars", "labels" or "series".
    length : int
    text : str
        For people: ``"1200 points (every 0.72 s)"``.
    names : list of str
        Of maps and parcels.
    structures : list of Structure
        Of greyordinates.
    start, step : float or None
        Of series.
    unit : str
        Of series.
    """

    kind: str
    length: int
    text: str
    names: list[str] = field(default_factory=list)
    structures: list[Structure] = field(default_factory=list)
    start: float | None = None
    step: float | None = None
    unit: str = ""


def axis_facts(axis: MatrixAxis) -> AxisFacts:
    """Return what an axis is."""
    kind, one, several = WORDS[type(axis)]
    length = len(axis)
    text = f"{length} {one if length == 1 else several}"
    if isinstance(axis, SeriesAxis):
        unit = UNITS.get(axis.unit, axis.unit)
        since = f" from {axis.start:.6g}" if axis.start else ""
        text += f" (every {axis.step:.6g} {unit}{since})"
        start = float(axis.start)
        return AxisFacts(kind, length, text, start=start, step=float(axis.step), unit=axis.unit)
    if isinstance(axis, BrainModelAxis):
        return AxisFacts(kind, length, text, structures=_structures(axis))
    return AxisFacts(kind, length, text, [str(name) for name in _names(axis)])


def _names(axis: Any) -> list[str]:
    names: list[str] = axis.name.tolist()
    return names


def _structures(axis: BrainModelAxis) -> list[Structure]:
    found = []
    for name, part, model in axis.iter_structures():
        start, stop, _ = part.indices(len(axis))
        of = "vertices" if model.surface_mask.all() else "voxels"
        found.append(Structure(structure_named(name), start, stop, of))
    return found


def named_index(axis: MatrixAxis, index: int) -> str:
    """Return what an index of an axis is, for people: ``"cortex_left, vertex 17"``."""
    if isinstance(axis, BrainModelAxis):
        model, place, name = axis.get_element(index)
        what = "vertex" if model.endswith("SURFACE") else "voxel"
        shown = place if what == "vertex" else tuple(int(each) for each in place)
        return f"{structure_named(name)}, {what} {shown}"
    if isinstance(axis, SeriesAxis):
        return f"{axis.get_element(index):.6g} {UNITS.get(axis.unit, axis.unit)}"
    return f"{_names(axis)[index]!r}"
