"""The HTML page of tracts: lines that turn, in colours to choose from."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from os import PathLike
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from volio.display.base.choices import as_count, optional_text
from volio.display.colour.colormaps import as_colormap
from volio.display.colour.contrast import checked_pair, find_limits
from volio.display.colour.drawing import printable_lines
from volio.display.page.line_packing import LineGrid, pack_lines, thinned
from volio.display.page.packing import as_text, pack
from volio.display.page.plane_packing import pack_plane
from volio.display.page.rotations import named_rotations
from volio.display.page.template import LIMIT, PageFiles, filled_page, name_of_page, write_text
from volio.display.tracts.segment_colours import GRAY, group_colours
from volio.errors import ImageDataError, UsageError
from volio.flags import as_flag
from volio.images.kinds import check_kind
from volio.tracts.lines import Lines
from volio.tracts.selection import random_lines

__all__ = ["LINES", "tract_page"]

#: Lines of a page by default.
LINES = 20_000
VIEWS = ("left", "right", "anterior", "posterior", "dorsal", "ventral")
FILES = PageFiles("tracts.html", "stage.css", ("rotations.js", "stage.js", "tracts.js"))
DIRECTION = "direction"
GROUP = "group"
NO_GROUP = "no group"
#: Colours of a ramp.
ENTRIES = 256


#: Lines of a page from which the size of larger ones is foretold, and the least share of that.
TRIAL = 400
LEAST = 0.9


class Detail(NamedTuple):
    """How much of its lines a page has.

    Attributes
    ----------
    bits : int
        Of a coordinate.
    step : int
        One of so many points of a line, besides its ends.
    """

    bits: int
    step: int


#: What is left out first where a page is too large; after that, lines.
DETAILS = (
    Detail(16, 1),
    Detail(14, 1),
    Detail(12, 1),
    *(Detail(12, step) for step in (2, 3, 4, 6)),
)


def tract_page(
    tracts: Any,
    path: str | PathLike[str] | None = None,
    *,
    planes: Sequence[Any] = (),
    lines: int | None = LINES,
    colour: str = DIRECTION,
    values: Sequence[str] | None = None,
    cmap: Any = "viridis",
    vmin: float | None = None,
    vmax: float | None = None,
    view: str = "left",
    black_bg: bool = True,
    seed: int = 0,
    limit: int | None = LIMIT,
    title: str | None = None,
) -> str | None:
    """Make one HTML page of tracts; see `Tractogram.to_html`.

    Parameters
    ----------
    tracts : Tractogram
    path : str or path, optional
    planes : sequence of `volio.display.pictures.image_planes.ImagePlane`
        What is shown of an image.
    lines, colour, values, cmap, vmin, vmax, view, black_bg, seed, limit, title
        As for `Tractogram.to_html`.
    """
    check_kind(tracts, "tracts", "to_html")
    name = None if path is None else name_of_page(path)
    if limit is not None:
        limit = as_count("limit", limit, 0, sys.maxsize)
    total = len(tracts)
    most = total if lines is None else as_count("lines", lines, 1, sys.maxsize)
    if not total:
        raise ImageDataError("to_html: there are no lines to show")
    numbers = random_lines(most, total, seed)
    chosen = tracts if len(numbers) == total else tracts[numbers]
    style = _Style(cmap, vmin, vmax, view, as_flag("black_bg", black_bg))
    given = optional_text("title", title) or ""
    heading = " ".join(printable_lines(given)) or _name(tracts)
    page = _Page(chosen.held(), numbers, total, tracts.space, heading, style)
    groups = _group_map(chosen)
    if colour == GROUP and groups is not None:
        page.add_maps(values, DIRECTION)
        page.first = len(page.maps)
    else:
        page.add_maps(values, colour)
    if groups is not None:
        page.maps.append(groups)
    page.planes = [pack_plane(plane) for plane in planes]
    text = page.fitting(limit)
    if name is None:
        return text
    write_text(name, text)
    return None


def _name(tracts: Any) -> str:
    """Return the name of the file of tracts, or of their class."""
    filename = tracts.get_filename()
    return type(tracts).__name__ if filename is None else str(filename).rpartition("/")[2]


class _Style(NamedTuple):
    """How lines look: the colours of values, the first view, and the background."""

    cmap: Any
    vmin: float | None
    vmax: float | None
    view: str
    is_black: bool


@dataclass(frozen=True)
class _Map:
    """Values of lines, or of points where `of_points`."""

    name: str
    values: NDArray[Any]
    of_points: bool
    #: Of groups: the name of each value, and the colours of the ramp, shape (256, 4), in 0..1.
    names: tuple[str, ...] = ()
    ramp: NDArray[Any] | None = None


def _group_map(tracts: Any) -> _Map | None:
    """Return the number of the first group that each line is in, from 1; None without groups."""
    if not tracts.groups:
        return None
    numbers = np.zeros(len(tracts), np.uint32)
    ramp = np.full((ENTRIES, 4), GRAY)
    named = group_colours(tracts)
    for number, name in reversed(list(enumerate(named, 1))):
        numbers[np.asarray(tracts.groups[name])] = number
        # Of more groups than there are colours some look alike; entry 0 is that of no group.
        ramp[1 + (number - 1) % (ENTRIES - 1)] = named[name]
    names = tuple(" ".join(printable_lines(name)) for name in named)
    return _Map(GROUP, numbers, False, (NO_GROUP, *names), ramp)


class _Page:
    """The content of a page of tracts.

    Parameters
    ----------
    lines : Lines
        Those that may be shown.
    numbers : array of int
        Which of all they are.
    total : int
        How many there are.
    space, title : str
    style : _Style
    """

    def __init__(
        self,
        lines: Lines,
        numbers: NDArray[np.int64],
        total: int,
        space: str,
        title: str,
        style: _Style,
    ) -> None:
        self.lines = lines if lines.is_compact else lines.compacted()
        self.numbers = numbers
        self.total = total
        self.space = space
        self.title = title
        self.style = style
        self.maps: list[_Map] = []
        self.planes: list[dict[str, Any]] = []
        self.first = -1
        self.views = named_rotations(VIEWS)
        if style.view not in self.views:
            raise UsageError(f"view: must be one of {', '.join(VIEWS)}, got {style.view!r}")
        self.grid = LineGrid.around(self.lines.points)

    def add_maps(self, names: Sequence[str] | None, colour: str) -> None:
        """Take the values that can be chosen, and the one that is shown first.

        Parameters
        ----------
        names : sequence of str, optional
            Values per line and per point; by default all per line.
        colour : str
            One of the names, or 'direction'.

        Raises
        ------
        UsageError
            If there are no such values, or they are several for each line or point.
        """
        wanted = list(self.lines.per_line) if names is None else list(names)
        if colour != DIRECTION and colour not in wanted:
            wanted.append(colour)
        for name in wanted:
            of_points = name not in self.lines.per_line
            held = self.lines.per_point if of_points else self.lines.per_line
            if name not in held:
                known = ", ".join([*self.lines.per_line, *self.lines.per_point]) or "none"
                raise UsageError(f"values: there are none called {name!r}; there are {known}")
            values = np.asarray(held[name])
            is_one = values.ndim == 1 or values.shape[1] == 1
            if is_one and values.dtype.kind in "biuf":
                self.maps.append(_Map(name, values.reshape(-1), of_points))
            elif names is not None or name == colour:
                raise UsageError(
                    f"values: {name} has {values.shape[1:]} numbers for each; one is shown"
                )
        known_maps = [each.name for each in self.maps]
        self.first = known_maps.index(colour) if colour != DIRECTION else -1

    def fitting(self, limit: int | None) -> str:
        """Return the page, with as much in it as its limit allows.

        Raises
        ------
        UsageError
            If not even a few lines fit.
        """
        everything = len(self.lines)
        if limit is None:
            return self._text(DETAILS[0], everything)
        for detail in DETAILS:
            if LEAST * self._foretold(detail, everything) > limit:
                continue
            text = self._text(detail, everything)
            if len(text.encode()) <= limit:
                return text
        count = everything
        size = self._foretold(DETAILS[-1], everything)
        while count > 1:
            # The share that fits, a little less: lines are not all as long.
            count = max(1, min(count - 1, int(0.95 * count * limit / size)))
            text = self._text(DETAILS[-1], count)
            size = len(text.encode())
            if size <= limit:
                return text
        raise UsageError(f"limit: a page of tracts needs more than {limit} bytes; None is for all")

    def _foretold(self, detail: Detail, count: int) -> float:
        """Return about how large a page of so many lines is, by one of a few of them."""
        few = min(count, TRIAL)
        if few < 2:
            return 0.0
        size_of_few = len(self._text(detail, few).encode())
        size_of_one = len(self._text(detail, 1).encode())
        return size_of_one + (size_of_few - size_of_one) * (count - 1) / (few - 1)

    def _text(self, detail: Detail, count: int) -> str:
        """Return the text of the page with some of its lines."""
        kept = np.arange(count) * len(self.lines) // count  # evenly among those that are chosen
        lines = self.lines.take(kept).compacted()
        points, lengths = thinned(lines.lengths, detail.step)
        scene = {
            **pack_lines(lines.points[points], lengths, self.grid, detail.bits),
            "numbers": pack(self.numbers[kept]),
            "step": detail.step,
            "whole": pack(lines.lengths),
            "space": self.space,
            "maps": [self._facts(each, lines, points, kept) for each in self.maps],
            "planes": self.planes,
            "shown": self.first,
            "views": self.views,
            "start": self.style.view,
            "black": self.style.is_black,
        }
        note = " ".join(self._notes(detail, count, len(points)))
        return filled_page(FILES, self.title, note, scene)

    def _facts(
        self, each: _Map, lines: Lines, points: NDArray[np.int64], kept: NDArray[np.int64]
    ) -> dict[str, Any]:
        """Return what a page needs to show values."""
        values = (
            lines.per_point[each.name].reshape(-1)[points] if each.of_points else each.values[kept]
        )
        if each.ramp is not None:
            low = 0.0
            high = float(ENTRIES)
            ramp = each.ramp
        else:
            low, high = self._limits(each)
            ramp = as_colormap(self.style.cmap).map(np.linspace(0, 1, ENTRIES))
        return {
            "name": each.name,
            "names": each.names,
            "values": pack(values),
            "points": each.of_points,
            "limits": [low, high],
            "single": each.values.dtype.kind == "f" and each.values.dtype.itemsize <= 4,
            "lut": as_text(np.rint(ramp * 255).astype(np.uint8).tobytes()),
        }

    def _limits(self, each: _Map) -> tuple[float, float]:
        """Return the values of the first and the last colour."""
        low, high = find_limits(each.values.astype(np.float64), labels=False)
        low = low if self.style.vmin is None else self.style.vmin
        high = high if self.style.vmax is None else self.style.vmax
        first, last = checked_pair("vmin and vmax", (low, high))
        return float(first), float(last)

    def _notes(self, detail: Detail, count: int, points: int) -> Iterator[str]:
        """Yield what the page says below: how much of the tracts is on it."""
        if count < self.total:
            yield f"{count:,} of {self.total:,} lines are on this page, chosen at random."
        else:
            yield f"All {self.total:,} lines are on this page."
        if detail.step > 1:
            yield (
                f"Of every {detail.step} points of a line one is on this page, and its ends: "
                f"{points:,} points."
            )
        yield f"Positions are rounded to {self.grid.step(detail.bits):.1g} mm."
