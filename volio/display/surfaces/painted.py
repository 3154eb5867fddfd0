"""Surfaces with their paints: background, values and regions, as the options of pictures say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from numbers import Real
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from volio.display.colour.colormaps import Colormap, as_colormap
from volio.display.colour.contrast import Pair, checked_pair, survey
from volio.display.colour.value_colours import ValueColours, threshold_pair
from volio.display.surfaces.mesh import DrawnMesh
from volio.display.surfaces.vertex_paint import (
    ColouredVertices,
    Paint,
    ShadedValues,
    background_paint,
    label_paint,
)
from volio.display.surfaces.vertex_values import default_values, vertex_values
from volio.errors import UsageError
from volio.images.labels import Labels
from volio.surfaces.vertex_data import VertexArray

__all__ = [
    "FoundColours",
    "PaintedSurface",
    "SurfaceStyle",
    "colours_of_values",
    "paint_surfaces",
]

#: Colours of values, and of those on both sides of what a threshold hides.
DEFAULT_COLORMAP = "viridis"
TWO_SIDED_COLORMAP = "coolwarm"
SULC = "sulc"


@dataclass(frozen=True)
class SurfaceStyle:
    """How surfaces are coloured.

    Parameters
    ----------
    values : str, path, Surface or array-like, optional
        What is in colours (default: the first array that is not a background).
    background : str, path, Surface or array-like, optional
        Values that are shown in gray below the others: the larger, the darker.
    cmap : str or anything `as_colormap` takes
    vmin, vmax : float, optional
        Values of the first and the last colour.
    threshold : float or (float, float), optional
        Values nearer to 0 than this, or between the two, are not drawn.
    alpha : float, or one number per vertex
        How opaque the values are.
    labels : Labels, or what has keys of labels
        A table for the values; or regions over them.
    outline : int
        Of labels only borders are drawn, so many pixels wide on each side; 0 for areas.
    column : int
        Which of several maps.
    """

    values: Any = None
    background: Any = SULC
    cmap: Any = None
    vmin: float | None = None
    vmax: float | None = None
    threshold: float | tuple[float, float] | None = None
    alpha: Any = None
    labels: Any = None
    outline: int = 0
    column: int = 0

    @property
    def hidden(self) -> Pair | None:
        """The values between which nothing is shown."""
        return None if self.threshold is None else threshold_pair(self.threshold)

    @property
    def opacity(self) -> float:
        """How opaque values are where nothing else says it."""
        if not isinstance(self.alpha, Real):
            return 1.0
        opacity = float(self.alpha)
        if not 0 <= opacity <= 1:
            raise UsageError(f"alpha: must be from 0 to 1, got {opacity:g}")
        return opacity


@dataclass(frozen=True)
class PaintedSurface:
    """A surface as it is to be drawn.

    Parameters
    ----------
    surface : Surface
    mesh : DrawnMesh
    background : Paint
    shown : VertexArray, optional
        The values that are in colours.
    values : Paint, optional
        Their colours.
    regions : Paint, optional
        Labels over them.
    """

    surface: Any
    mesh: DrawnMesh
    background: Paint
    shown: VertexArray | None = None
    values: Paint | None = None
    regions: Paint | None = None

    @property
    def paints(self) -> list[Paint]:
        """What is drawn, the lowest first."""
        layers = (self.background, self.values, self.regions)
        return [paint for paint in layers if paint is not None]


def paint_surfaces(
    surfaces: Sequence[Any], styles: Sequence[SurfaceStyle]
) -> tuple[list[PaintedSurface], ValueColours | None]:
    """Return surfaces with their paints, and the colours that their values have in common.

    Parameters
    ----------
    surfaces : sequence of Surface
        Shown in one picture.
    styles : sequence of SurfaceStyle
        One for each. They differ in values, background, alpha and labels alone.

    Returns
    -------
    list of PaintedSurface
    ValueColours or None
        None where no surface has values that are not labels.

    Raises
    ------
    UsageError
        If there are no such values, or an option is outside what it may be.
    """
    shown = [_shown(*pair) for pair in zip(surfaces, styles, strict=True)]
    tables = [_table_of(*pair) for pair in zip(shown, styles, strict=True)]
    scaled = [
        array.values
        for array, table in zip(shown, tables, strict=True)
        if array is not None and table is None
    ]
    found = colours_of_values(scaled, styles[0]) if scaled else None
    painted = [
        _painted(surface, style, array, table, found)
        for surface, style, array, table in zip(surfaces, styles, shown, tables, strict=True)
    ]
    return painted, None if found is None else found.colours


class FoundColours(NamedTuple):
    """The colours of values, and whether these look like labels."""

    colours: ValueColours
    are_labels: bool


def _shown(surface: Any, style: SurfaceStyle) -> VertexArray | None:
    """Return the values of a surface that are in colours."""
    if style.values is None:
        return default_values(surface, style.column)
    return vertex_values(surface, style.values, style.column)


def _painted(
    surface: Any,
    style: SurfaceStyle,
    array: VertexArray | None,
    table: Labels | None,
    found: FoundColours | None,
) -> PaintedSurface:
    """Return a surface with its paints."""
    mesh = DrawnMesh.of_surface(surface)
    background = background_paint(_background(surface, style), surface.n_vertices)
    if array is None:
        paint = _stored_colours(surface, style)
    elif table is not None or found is None:
        paint = label_paint(array.values, table or Labels(), style.opacity, style.outline)
    else:
        paint = _values_paint(surface, array.values, found, style)
    return PaintedSurface(surface, mesh, background, array, paint, _regions(surface, style))


def _table_of(array: VertexArray | None, style: SurfaceStyle) -> Labels | None:
    """Return the table whose keys values are; None for numbers, and where a map is asked for."""
    if array is None or style.cmap is not None:
        return None
    return style.labels if isinstance(style.labels, Labels) else array.labels


def colours_of_values(values: Sequence[NDArray[Any]], style: SurfaceStyle) -> FoundColours:
    """Return the colours of the values of all surfaces."""
    found = survey(np.concatenate(values), hidden=style.hidden)
    low, high = found.limits
    low = low if style.vmin is None else style.vmin
    high = high if style.vmax is None else style.vmax
    colours = ValueColours(
        checked_pair("vmin and vmax", (low, high)), opacity=style.opacity, hidden=style.hidden
    )
    return FoundColours(_with_colormap(colours, style), found.labels)


def _with_colormap(colours: ValueColours, style: SurfaceStyle) -> ValueColours:
    """Return colours with the colour map that is asked for, or that fits the values."""
    default = TWO_SIDED_COLORMAP if colours.hides_middle else DEFAULT_COLORMAP
    return replace(colours, colormap=_colormap(default if style.cmap is None else style.cmap))


def _colormap(cmap: Any) -> Colormap:
    try:
        return as_colormap(cmap)
    except UsageError as error:
        raise UsageError(f"cmap: {error}") from error


def _values_paint(
    surface: Any, values: NDArray[Any], found: FoundColours, style: SurfaceStyle
) -> Paint:
    """Return the paint of values: interpolated, but not of what looks like labels."""
    paint = ShadedValues(values, found.colours, _alphas(surface, style))
    if not found.are_labels:
        return paint
    return ColouredVertices(paint.of_vertices(), keys=values, outline=style.outline)


def _stored_colours(surface: Any, style: SurfaceStyle) -> Paint | None:
    """Return the paint of the colours that a surface has."""
    if surface.colors is None:
        return None
    colours = surface.colors.astype(np.float32) / np.float32(255)
    colours[:, 3] *= np.float32(style.opacity)
    return ColouredVertices(colours, blended=True)


def _alphas(surface: Any, style: SurfaceStyle) -> NDArray[np.float32] | None:
    """Return how opaque each vertex is; None where all are the same."""
    if style.alpha is None or isinstance(style.alpha, Real):
        return None
    found = vertex_values(surface, style.alpha, what="alpha")
    return None if found is None else np.clip(found.values, 0, 1).astype(np.float32)


def _background(surface: Any, style: SurfaceStyle) -> NDArray[Any] | None:
    """Return the values of the background; the one of the default may be missing."""
    given = style.background
    if isinstance(given, str) and given == SULC and SULC not in surface.data:
        return None
    found = vertex_values(surface, given, what="background")
    return None if found is None else found.values


def _regions(surface: Any, style: SurfaceStyle) -> Paint | None:
    """Return the paint of regions over the values."""
    if isinstance(style.labels, Labels):
        return None
    found = vertex_values(surface, style.labels, what="labels")
    if found is None:
        return None
    if found.labels is None:
        raise UsageError(
            f"labels: {found.name} has no table of labels; values=..., labels=table shows keys"
        )
    return label_paint(found.values, found.labels, outline=style.outline)
