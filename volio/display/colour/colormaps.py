"""Colour maps: from numbers between 0 and 1 to colours."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from volio.cached import cached_property
from volio.caller import warn_caller
from volio.display.base.matplotlib_import import imported
from volio.display.colour.colors import Colors, as_color, as_colors
from volio.errors import UsageError

__all__ = ["AnyColormap", "Colormap", "as_colormap", "colormap_names"]

Positions = NDArray[np.float64]

#: What `as_colormap` takes; colour maps of matplotlib and napari can be called.
AnyColormap: TypeAlias = (
    "str | Colormap | Callable[..., Any] | tuple[str, Any] | Mapping[str, Any] | ArrayLike"
)

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
#: What maps mark: values at and beyond the ends, and NaN.
MARKS: dict[str, dict[str, str]] = {
    "HiLo": {"low_color": "#0000ff", "high_color": "#ff0000"},
    "nan": {"nan_color": "#ff0000"},
}

#: Maps of matplotlib that are offered first; all others can be had by name.
POPULAR = (
    *("gist_earth", "hsv", "inferno", "magma", "PiYG", "plasma", "turbo", "twilight"),
    *("twilight_shifted", "viridis"),
)

#: Names of maps for which matplotlib is not needed.
NAMED = frozenset((*STOPS, *POPULAR))

LINEAR = "linear"
ZERO = "zero"

#: Colours that a smooth map of matplotlib is sampled at.
SMOOTH = 256

FIELDS = (*("colors", "name", "controls", "interpolation", "nan_color", "low_color", "high_color"),)
NAPARI_FIELDS = ("colors", "name", "controls", "interpolation", "low_color", "high_color")


class Colormap:
    """Colours at positions between 0 and 1.

    Parameters
    ----------
    colors : (N, 3) or (N, 4) array-like, or sequence of colours
        RGB or RGBA between 0 and 1, or anything matplotlib takes as a colour.
    name : str
    controls : (N,) or (N + 1,) array-like, optional
        Positions of the colours, rising from 0 to 1 (default: equal steps); for ``"zero"`` the
        borders of the N bins.
    interpolation : {"linear", "zero"}
        Between colours, or one colour for a whole bin.
    nan_color, low_color, high_color : colour, optional
        For NaN (default: transparent), for values of 0 and less, for values of 1 and more
        (default: the first and the last colour).

    Raises
    ------
    UsageError
        If colours or positions do not fit.

    Examples
    --------
    >>> colours = volio.display.Colormap(["black", "red"], name="night")
    >>> colours.map([0.0, 1.0])
    array([[0., 0., 0., 1.],
           [1., 0., 0., 1.]], dtype=float32)
    """

    def __init__(
        self,
        colors: ArrayLike,
        name: str = "custom",
        controls: ArrayLike | None = None,
        interpolation: str = LINEAR,
        nan_color: ArrayLike = (0, 0, 0, 0),
        low_color: ArrayLike | None = None,
        high_color: ArrayLike | None = None,
    ) -> None:
        if interpolation not in (LINEAR, ZERO):
            raise UsageError(f"interpolation: must be 'linear' or 'zero', got {interpolation!r}")
        self.name = str(name)
        self.interpolation = interpolation
        self.colors = as_colors(colors)
        self.controls = _controls(controls, _control_count(len(self.colors), interpolation))
        self.nan_color = as_colors([nan_color])[0]
        self.low_color = _optional_color(low_color)
        self.high_color = _optional_color(high_color)

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
        positions = np.clip(given.astype(np.float64, copy=False), 0, 1)
        missing = np.isnan(positions)
        has_missing = bool(missing.any())
        if has_missing:
            positions[missing] = 0
        colors = self._colors_at(positions)
        self._mark_ends(colors, given)
        if has_missing:
            colors[missing] = self.nan_color
        return colors

    def _mark_ends(self, colors: Colors, given: NDArray[Any]) -> None:
        """Give values at the ends and beyond them the colours that stand for them."""
        if self.low_color is not None:
            colors[given <= 0] = self.low_color
        if self.high_color is not None:
            colors[given >= 1] = self.high_color

    def _colors_at(self, positions: Positions) -> Colors:
        """Return the colours of positions from 0 to 1."""
        if self.interpolation == ZERO:
            return self._bin_colors(positions)
        if len(self.colors) == 1:
            return np.broadcast_to(self.colors[0], (*positions.shape, 4)).copy()
        if self._has_equal_steps:
            return self._between(*self._equal_steps(positions))
        return self._between(*self._unequal_steps(positions))

    def _between(self, below: NDArray[np.intp], share: NDArray[np.float32]) -> Colors:
        """Return the colours a share of the way from each color to the next one."""
        # np.take is several times as fast as an index here.
        colors: Colors = np.take(self._steps, below, axis=0)
        colors *= share[..., None]
        colors += np.take(self.colors, below, axis=0)
        return colors

    def _equal_steps(self, positions: Positions) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
        """Return the color below each position, and how far it is on the way to the next."""
        steps = positions * (len(self.colors) - 1)
        below = steps.astype(np.intp)
        # Position 1 is at the end of the last step.
        np.minimum(below, len(self.colors) - 2, out=below)
        return below, (steps - below).astype(np.float32)

    def _unequal_steps(self, positions: Positions) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
        """Return the same as `_equal_steps` for controls at any distances."""
        below = np.searchsorted(self.controls[1:-1], positions, side="right")
        share = (positions - self.controls[below]) / self._widths[below]
        return below, share.astype(np.float32)

    def _bin_colors(self, positions: Positions) -> Colors:
        bins = np.searchsorted(self.controls, positions, side="right") - 1
        # Position 1 is in the last bin.
        colors: Colors = self.colors[bins.clip(0, len(self.colors) - 1)]
        return colors

    @cached_property
    def _has_equal_steps(self) -> bool:
        return np.array_equal(self.controls, np.linspace(0, 1, len(self.controls)))

    @cached_property
    def _widths(self) -> Positions:
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
        return {name: getattr(self, name) for name in FIELDS}

    def __iter__(self) -> Any:
        """Go through names and values of the fields."""
        return iter(self.dict().items())

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Colormap):
            return NotImplemented
        return all(np.array_equal(getattr(self, name), getattr(other, name)) for name in FIELDS)

    def __hash__(self) -> int:
        return hash((self.name, self.interpolation, self.colors.tobytes()))

    def __repr__(self) -> str:
        return f"Colormap(name={self.name!r}, {len(self.colors)} colors, {self.interpolation})"


class _NamedColormap(Colormap):
    """A map of matplotlib: its colours are looked up when they are needed."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.nan_color = np.zeros(4, np.float32)
        self.low_color = None
        self.high_color = None

    @cached_property
    def _colors_and_interpolation(self) -> tuple[Colors, str]:
        return _of_matplotlib(self.name)

    @property
    def colors(self) -> Colors:  # type: ignore[override]
        return self._colors_and_interpolation[0]

    @property
    def interpolation(self) -> str:  # type: ignore[override]
        return self._colors_and_interpolation[1]

    @cached_property
    def controls(self) -> Positions:  # type: ignore[override]
        return _controls(None, _control_count(len(self.colors), self.interpolation))


def as_colormap(given: AnyColormap) -> Colormap:
    """Return the colour map of whatever can name or describe one.

    Parameters
    ----------
    given : str, Colormap, tuple, mapping, or array-like of colours
        A name (of `colormap_names`, of any map of matplotlib, or of a colour or ``'#rrggbb'``:
        black to that colour), a `Colormap` or one of matplotlib's, a pair of name and map, a
        mapping of one name to a map, the fields of a `Colormap`, or colours from 0 to 1.

    Returns
    -------
    Colormap

    Raises
    ------
    UsageError
        If there is no such map.

    Examples
    --------
    >>> volio.display.as_colormap("gray").name
    'gray'
    """
    if isinstance(given, Colormap):
        return given
    if isinstance(given, str):
        return _named(given)
    if isinstance(given, Mapping):
        return _of_mapping(given)
    if isinstance(given, tuple) and len(given) == 2 and isinstance(given[0], str):
        return _renamed(given[0], given[1])
    return _of_object(given)


def _of_object(given: Any) -> Colormap:
    """Return the map of an object of matplotlib or napari, or of a sequence of colours."""
    if hasattr(given, "N") and callable(given):  # of matplotlib
        return Colormap(given(np.linspace(0, 1, SMOOTH)), name=given.name)
    if hasattr(given, "colors") and hasattr(given, "controls"):  # of napari
        return _of_mapping({name: getattr(given, name, None) for name in NAPARI_FIELDS})
    if not isinstance(given, Sequence | np.ndarray):
        raise UsageError(f"colormap: must be a name, a map or colours, got {given!r}")
    return Colormap(given)


def colormap_names() -> list[str]:
    """Return the names of all colour maps: own ones and those of matplotlib.

    Returns
    -------
    list of str

    Examples
    --------
    >>> "viridis" in volio.display.colormap_names()
    True
    """
    return sorted({*STOPS, *_of_all()}, key=str.lower)


def _named(name: str) -> Colormap:
    if name in STOPS:
        return Colormap(STOPS[name].split(), name, **MARKS.get(name, {}))
    if name in POPULAR:
        return _NamedColormap(name)
    if name in _of_all():
        return _NamedColormap(name)
    return _black_to(name)


def _black_to(name: str) -> Colormap:
    """Return the map from black to a colour."""
    try:
        return Colormap([(0, 0, 0, 1), as_color(name)], name)
    except UsageError as error:
        raise UsageError(
            f"colormap: there is no {name!r}; there are colours, '#rrggbb' and "
            f"{', '.join(colormap_names())}"
        ) from error


def _of_mapping(given: Mapping[str, Any]) -> Colormap:
    if "colors" in given:
        return _of_fields(given)
    if not given:
        raise UsageError("colormap: an empty mapping holds no map")
    if len(given) > 1:
        warn_caller(f"colormap: of the maps {list(given)} the first is taken", UserWarning)
    name, colormap = next(iter(given.items()))
    return _renamed(name, colormap)


def _of_fields(given: Mapping[str, Any]) -> Colormap:
    interpolation = given.get("interpolation", LINEAR)
    # napari's is a member of an enumeration.
    fields = {**given, "interpolation": getattr(interpolation, "value", interpolation)}
    try:
        return Colormap(**fields)
    except TypeError as error:
        raise UsageError(f"colormap: {error}") from error


def _renamed(name: str, given: Any) -> Colormap:
    return Colormap(**{**as_colormap(given).dict(), "name": name})


def _of_all() -> Any:
    """Return the colour maps of matplotlib, by name."""
    return imported("matplotlib").colormaps


def _of_matplotlib(name: str) -> tuple[Colors, str]:
    """Return the colours of a map of matplotlib, and how to interpolate between them."""
    colormap = _of_all()[name]
    # Short lists of colours are meant as bins; everything else is smooth.
    if colormap.N < SMOOTH:
        return np.array(colormap(np.arange(colormap.N)), np.float32), ZERO
    return np.array(colormap(np.linspace(0, 1, SMOOTH)), np.float32), LINEAR


def _optional_color(color: Any) -> Colors | None:
    return None if color is None else as_colors([color])[0]


def _control_count(colors: int, interpolation: str) -> int:
    """Return how many controls there are: one for each colour, or the borders of all bins."""
    return colors + 1 if interpolation == ZERO else colors


def _controls(controls: ArrayLike | None, count: int) -> Positions:
    if controls is None:
        return np.linspace(0, 1, count)
    positions = np.asarray(controls, np.float64)
    if positions.shape != (count,):
        raise UsageError(f"controls: must be {count} numbers, got shape {positions.shape}")
    if positions[0] != 0 or positions[-1] != 1 or (np.diff(positions) < 0).any():
        raise UsageError(f"controls: must rise from 0 to 1, got {positions.tolist()}")
    return positions
