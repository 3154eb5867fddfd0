"""Colour maps: from numbers between 0 and 1 to colours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from volio.caller import warn_caller
from volio.errors import UsageError

__all__ = ["Colormap", "as_colormap", "colormap_names"]

Colors = NDArray[np.float32]

#: Colours of an own map, from 0 to 1 in equal steps. The names are those of napari's maps.
STOPS: dict[str, str] = {
    "gray": "#000000 #ffffff",
    "gray_r": "#ffffff #000000",
    "red": "#000000 #ff0000",
    "green": "#000000 #00ff00",
    "blue": "#000000 #0000ff",
    "cyan": "#000000 #00ffff",
    "magenta": "#000000 #ff00ff",
    "yellow": "#000000 #ffff00",
    "bop blue": "#000000 #20adf8",
    "bop orange": "#000000 #f8ad20",
    "bop purple": "#000000 #942094",
    "I Blue": "#ffffff #0033cc",
    "I Bordeaux": "#ffffff #cc0033",
    "I Forest": "#ffffff #009900",
    "I Orange": "#ffffff #ff7500",
    "I Purple": "#ffffff #7500ff",
    "fire": "#ffffff #ffff00 #ff0000",
    "ice": "#0000ff #ffffff",
    "HiLo": "#000000 #ffffff",
    "nan": "#000000 #ffffff",
}
#: What maps mark: values at and beyond the ends, and what is no number.
MARKS: dict[str, dict[str, str]] = {
    "HiLo": {"low_color": "#0000ff", "high_color": "#ff0000"},
    "nan": {"nan_color": "#ff0000"},
}

#: Maps of matplotlib that are offered first; all others can be had by name.
POPULAR = (
    *("gist_earth", "hsv", "inferno", "magma", "PiYG", "plasma", "turbo", "twilight"),
    *("twilight_shifted", "viridis"),
)

#: Names that stand for a map without a look at matplotlib.
NAMED = frozenset((*STOPS, *POPULAR))

LINEAR, ZERO = "linear", "zero"


class Colormap:
    """Colours at places between 0 and 1.

    Parameters
    ----------
    colors : (N, 3) or (N, 4) array-like, or sequence of colours
        RGB or RGBA between 0 and 1, or anything matplotlib takes as a colour.
    name : str
    controls : (N,) or (N + 1,) array-like, optional
        Places of the colours, rising from 0 to 1 (default: equal steps); for ``"zero"`` the
        borders of the N bins.
    interpolation : {"linear", "zero"}
        Between colours, or one colour for a whole bin.
    nan_color, low_color, high_color : colour, optional
        For NaN (default: transparent), for values of 0 and less, for values of 1 and more
        (default: the first and the last colour).

    Raises
    ------
    UsageError
        If colours or places do not fit.
    """

    def __init__(
        self,
        colors: Any,
        name: str = "custom",
        controls: ArrayLike | None = None,
        interpolation: str = LINEAR,
        nan_color: Any = (0, 0, 0, 0),
        low_color: Any = None,
        high_color: Any = None,
    ) -> None:
        self.name = str(name)
        if interpolation not in (LINEAR, ZERO):
            raise UsageError(f"interpolation: must be 'linear' or 'zero', got {interpolation!r}")
        self.interpolation = interpolation
        self.colors = as_colors(colors)
        self.controls = _controls(controls, len(self.colors) + (interpolation == ZERO))
        self.nan_color = as_colors([nan_color])[0]
        self.low_color = None if low_color is None else as_colors([low_color])[0]
        self.high_color = None if high_color is None else as_colors([high_color])[0]

    def map(self, values: ArrayLike) -> Colors:
        """Return the colours of values.

        Parameters
        ----------
        values : array-like
            0 is the first colour and 1 the last; values outside get these.

        Returns
        -------
        (..., 4) float32 array
            RGBA between 0 and 1, not multiplied by alpha.
        """
        given = np.asarray(values)
        places = np.clip(given.astype(np.float64, copy=False), 0, 1)
        absent = np.isnan(places)
        holes = bool(absent.any())
        if holes:
            places = np.where(absent, 0, places)
        mapped = self._linear(places) if self.interpolation == LINEAR else self._bins(places)
        if self.low_color is not None:
            mapped[given <= 0] = self.low_color
        if self.high_color is not None:
            mapped[given >= 1] = self.high_color
        if holes:
            mapped[absent] = self.nan_color
        return mapped

    def _linear(self, places: NDArray[np.float64]) -> Colors:
        if len(self.colors) == 1:
            return np.broadcast_to(self.colors[0], (*places.shape, 4)).copy()
        last = len(self.colors) - 2
        if self._even:
            steps = places * (last + 1)
            at = steps.astype(np.intp)
            np.minimum(at, last, out=at)
            share = (steps - at).astype(np.float32)
        else:
            at = np.searchsorted(self.controls[1:-1], places, side="right").clip(0, last)
            share = ((places - self.controls[at]) / self._widths[at]).astype(np.float32)
        # np.take is several times as fast as an index here.
        mapped: Colors = np.take(self._steps, at, axis=0)
        mapped *= share[..., None]
        mapped += np.take(self.colors, at, axis=0)
        return mapped

    def _bins(self, places: NDArray[np.float64]) -> Colors:
        at = np.searchsorted(self.controls, places, side="right") - 1
        mapped: Colors = self.colors[at.clip(0, len(self.colors) - 1)]
        return mapped

    @cached_property
    def _even(self) -> bool:
        return np.array_equal(self.controls, np.linspace(0, 1, len(self.controls)))

    @cached_property
    def _widths(self) -> NDArray[np.float64]:
        widths = np.diff(self.controls)
        return np.where(widths == 0, 1, widths)

    @cached_property
    def _steps(self) -> Colors:
        return np.diff(self.colors, axis=0)

    @property
    def colorbar(self) -> NDArray[np.uint8]:
        """A bar of the colours from left to right, shape (28, 305, 4) uint8."""
        row = np.rint(self.map(np.linspace(0, 1, 305)) * 255).astype(np.uint8)
        return np.broadcast_to(row, (28, *row.shape)).copy()

    def dict(self) -> dict[str, Any]:
        """Return the fields by name; ``Colormap(**colormap.dict())`` makes the same map."""
        names = ("colors", "name", "controls", "interpolation", "nan_color", "low_color")
        return {name: getattr(self, name) for name in (*names, "high_color")}

    def __iter__(self) -> Any:
        """Go through names and values of the fields."""
        return iter(self.dict().items())

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Colormap):
            return NotImplemented
        mine, its = self.dict(), other.dict()
        return all(np.array_equal(mine[name], its[name]) for name in mine)

    def __hash__(self) -> int:
        return hash((self.name, self.interpolation, self.colors.tobytes()))

    def __repr__(self) -> str:
        return f"Colormap(name={self.name!r}, {len(self.colors)} colors, {self.interpolation})"


class _NamedColormap(Colormap):
    """A map of matplotlib: its colours are looked up when they are needed."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.nan_color = np.zeros(4, np.float32)
        self.low_color = self.high_color = None

    @cached_property
    def _found(self) -> tuple[Colors, str]:
        return _of_matplotlib(self.name)

    @property
    def colors(self) -> Colors:  # type: ignore[override]
        return self._found[0]

    @property
    def interpolation(self) -> str:  # type: ignore[override]
        return self._found[1]

    @cached_property
    def controls(self) -> NDArray[np.float64]:  # type: ignore[override]
        return np.linspace(0, 1, len(self.colors) + (self.interpolation == ZERO))


def as_colormap(given: Any) -> Colormap:
    """Return the colour map of whatever can name or describe one.

    Parameters
    ----------
    given : str, Colormap, tuple, mapping, or array-like of colours
        A name (of `colormap_names`, of any map of matplotlib, or of a colour or ``'#rrggbb'``:
        black to that colour), a `Colormap` or one of matplotlib's, a pair of name and map, a
        mapping of one name to a map, the fields of a `Colormap`, or colours from 0 to 1.

    Raises
    ------
    UsageError
        If there is no such map.
    """
    if isinstance(given, Colormap):
        return given
    if isinstance(given, str):
        return _named(given)
    if isinstance(given, Mapping):
        return _of_mapping(given)
    if isinstance(given, tuple) and len(given) == 2 and isinstance(given[0], str):
        return _renamed(given[0], given[1])
    if hasattr(given, "N") and callable(given):  # of matplotlib
        return Colormap(given(np.linspace(0, 1, 256)), name=given.name)
    if hasattr(given, "colors") and hasattr(given, "controls"):  # of napari
        fields = ("colors", "name", "controls", "interpolation", "low_color", "high_color")
        return _of_mapping({name: getattr(given, name, None) for name in fields})
    if not isinstance(given, Sequence | np.ndarray):
        raise UsageError(f"colormap: must be a name, a map or colours, got {given!r}")
    return Colormap(given)


def colormap_names() -> list[str]:
    """Return the names of all colour maps: own ones and those of matplotlib."""
    import matplotlib

    return sorted({*STOPS, *matplotlib.colormaps}, key=str.lower)


def as_colors(colors: Any) -> Colors:
    """Return colours as an (N, 4) float32 array of RGBA.

    Raises
    ------
    UsageError
        If they are no colours.
    """
    if isinstance(colors, str):
        colors = [colors]
    if any(isinstance(color, str) for color in colors):
        colors = [_color(color) for color in colors]
    try:
        rows = np.array(colors, np.float32)
    except (TypeError, ValueError) as error:
        raise UsageError(f"colors: must be RGB or RGBA between 0 and 1, got {colors!r}") from error
    if rows.ndim != 2 or rows.shape[1] not in (3, 4) or not len(rows):
        raise UsageError(f"colors: must be (N, 3) or (N, 4), got shape {rows.shape}")
    if not ((rows >= 0) & (rows <= 1)).all():
        raise UsageError(f"colors: must be between 0 and 1, got {rows.min()} to {rows.max()}")
    if rows.shape[1] == 3:
        rows = np.column_stack([rows, np.ones(len(rows), np.float32)])
    return rows


def _color(color: Any) -> Any:
    if not isinstance(color, str):
        return (*color, 1.0) if len(color) == 3 else tuple(color)
    if len(color) == 7 and color[0] == "#":
        try:
            return (*(int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)), 1.0)
        except ValueError:
            pass  # told below
    from matplotlib.colors import to_rgba

    try:
        return to_rgba(color)
    except ValueError as error:
        raise UsageError(f"color: {color!r} is none, nor is there a map of this name") from error


def _named(name: str) -> Colormap:
    if name in STOPS:
        return Colormap(STOPS[name].split(), name, **MARKS.get(name, {}))
    if name in POPULAR:
        return _NamedColormap(name)
    import matplotlib

    if name in matplotlib.colormaps:
        return _NamedColormap(name)
    try:
        return Colormap([(0, 0, 0, 1), _color(name)], name)
    except UsageError as error:
        raise UsageError(
            f"colormap: there is no {name!r}; there are colours, '#rrggbb' and "
            f"{', '.join(colormap_names())}"
        ) from error


def _of_mapping(given: Mapping[str, Any]) -> Colormap:
    if "colors" in given:
        how = given.get("interpolation", LINEAR)
        try:
            return Colormap(**{**given, "interpolation": getattr(how, "value", how)})
        except TypeError as error:
            raise UsageError(f"colormap: {error}") from error
    if not given:
        raise UsageError("colormap: an empty mapping holds no map")
    if len(given) > 1:
        warn_caller(f"colormap: of the maps {list(given)} the first is taken", UserWarning)
    name, found = next(iter(given.items()))
    return _renamed(name, found)


def _renamed(name: str, given: Any) -> Colormap:
    return Colormap(**{**as_colormap(given).dict(), "name": name})


def _of_matplotlib(name: str) -> tuple[Colors, str]:
    import matplotlib

    found = matplotlib.colormaps[name]
    # Short lists of colours are meant as bins; everything else is smooth.
    if found.N < 256:
        return np.array(found(np.arange(found.N)), np.float32), ZERO
    return np.array(found(np.linspace(0, 1, 256)), np.float32), LINEAR


def _controls(controls: ArrayLike | None, count: int) -> NDArray[np.float64]:
    if controls is None:
        return np.linspace(0, 1, count)
    places = np.asarray(controls, np.float64)
    if places.shape != (count,):
        raise UsageError(f"controls: must be {count} numbers, got shape {places.shape}")
    if places[0] != 0 or places[-1] != 1 or (np.diff(places) < 0).any():
        raise UsageError(f"controls: must rise from 0 to 1, got {places.tolist()}")
    return places
