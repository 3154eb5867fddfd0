"""What tracts hold, in words no format owns, and what a format has no place for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from numpy.typing import NDArray

from volio.caller import warn_caller
from volio.errors import GeometryWarning, LossWarning
from volio.tracts.grid import Grid
from volio.tracts.sources import LineSource

__all__ = ["Holds", "TractContents", "listed_names", "warn_before_saving"]

Array = NDArray[Any]


@dataclass(frozen=True)
class TractContents:
    """Everything that can be handed from one class of tracts to another.

    Attributes
    ----------
    lines : LineSource
        Points, and values per point and per line.
    groups : mapping of str to array of int64
        Numbers of the lines of each group.
    per_group : mapping of str to mapping of str to array
        Values of each group by name.
    reference : Grid or None
        The volume that the tracts belong to.
    space : str
        ``"scanner"`` or ``"unknown"``.
    meta : mapping of str to str
        Free texts.
    """

    lines: LineSource
    groups: Mapping[str, Array] = field(default_factory=dict)
    per_group: Mapping[str, Mapping[str, Array]] = field(default_factory=dict)
    reference: Grid | None = None
    space: str = "unknown"
    meta: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Holds:
    """What a format has a place for.

    Attributes
    ----------
    per_point, per_line, groups, grid, texts : bool
    """

    per_point: bool = True
    per_line: bool = True
    groups: bool = True
    grid: bool = True
    texts: bool = True


def _lost(contents: TractContents, holds: Holds) -> Iterator[str]:
    """Yield what of tracts a format has no place for, as words for a warning."""
    layout = contents.lines.layout
    if layout.per_point and not holds.per_point:
        yield f"values per point ({listed_names(layout.per_point)})"
    if layout.per_line and not holds.per_line:
        yield f"values per line ({listed_names(layout.per_line)})"
    if contents.groups and not holds.groups:
        yield f"groups ({listed_names(contents.groups)})"
    if any(contents.per_group.values()) and not holds.groups:
        yield "values per group"
    if contents.reference is not None and not holds.grid:
        yield "the grid of the reference"
    if contents.meta and not holds.texts:
        yield f"texts ({listed_names(contents.meta)})"


def warn_before_saving(
    title: str, contents: TractContents, holds: Holds, further: Iterable[str] = ()
) -> None:
    """Warn of what a file has no place for, and of coordinates that nobody explains.

    Parameters
    ----------
    title : str
        Of the format.
    contents : TractContents
    holds : Holds
    further : iterable of str
        What else is lost.

    Warns
    -----
    LossWarning
        One for all there is.
    GeometryWarning
        If the space is unknown.
    """
    lost = [*_lost(contents, holds), *further]
    if lost:
        warn_caller(f"{title}: has no place for {', '.join(lost)}", LossWarning)
    if contents.space == "unknown":
        warn_caller(
            "space: it is not known what the coordinates mean; they are written as scanner RAS+ mm",
            GeometryWarning,
        )


def listed_names(names: Iterable[str]) -> str:
    """Return names in one line, the first eight where there are many."""
    found = list(names)
    more = ", …" if len(found) > 8 else ""
    return ", ".join(found[:8]) + more
