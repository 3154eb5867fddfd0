"""SurfaceLayer: a surface and how it is shown, without anything that draws."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self, Unpack

import numpy as np
from numpy.typing import ArrayLike, NDArray

from volio.display.base.events import Event
from volio.display.base.given import AnySurface
from volio.display.colour.colormaps import colormap_names
from volio.display.layers import surface_conversion, surface_pictures
from volio.display.layers.base_layer import Layer
from volio.display.layers.geometry.affine import Extent, box_of
from volio.display.layers.parts.forwarding import (
    PartAttribute,
    PartMethod,
    check_settings,
    settings_of,
    takes_settings_of,
)
from volio.display.layers.parts.limits import ContrastLimits
from volio.display.layers.parts.slicing import Slicing
from volio.display.layers.parts.surface_data import SurfaceData
from volio.display.layers.parts.surface_look import SurfaceLook, SurfaceNormals, Wireframe
from volio.display.layers.settings import SurfaceSettings
from volio.display.surfaces.mesh import DrawnMesh
from volio.images.labels import Labels
from volio.space.affines import from_matvec, to_matvec

__all__ = ["SurfaceLayer"]

Point = NDArray[np.float64]


class SurfaceLayer(Layer):
    """A surface and how it is shown: with the attributes of napari's Surface layer.

    Contrast limits that are not given are found when they are first asked for.

    Parameters
    ----------
    data : (vertices, faces) or (vertices, faces, values)
        Vertices (V, 3), in the order x, y, z; faces (F, 3); values (V,), or (..., V) for several
        of each vertex, of which `dims_point` says which are shown. Without values they are ones.
    affine : (m+1, m+1) array-like, optional
        Physical to world coordinates; smaller matrices are about the last axes.
    auto_contrast : bool
        Find contrast limits anew for the values that are shown.
    axis_labels : sequence of str, optional
    blending : str
        One of `BLENDINGS`.
    colormap : str, Colormap, tuple, mapping or array-like
        See `as_colormap`.
    contrast_limits : (float, float), optional
        Values of the first and last colour (default: found by `contrast_rule`).
    contrast_rule : {"robust", "napari", "exact", "dtype"}
        How limits are found: see `volio.display.find_limits`.
    gamma : float
    metadata : mapping, optional
    name : str, optional
    normals : mapping, optional
        Lines along the normals of ``"face"`` and of ``"vertex"``: their visible, color, width
        and length.
    opacity : float
    rotate, scale, shear, translate : optional
        Vertices to physical coordinates; see `volio.display.layers.geometry.affine.Affine`.
    shading : {"none", "flat", "smooth"}
        No light, that of faces, or that of normals between vertices.
    units : str or sequence of str, optional
        Units of the world (default: pixel).
    vertex_colors : (V, 3) or (V, 4) array-like, optional
        Colours instead of those of values.
    visible : bool
    wireframe : mapping, optional
        Lines along the edges of faces: their visible, color and width.

    Raises
    ------
    UsageError
        If an argument is outside the values it may take.
    ImageDataError, HeaderDataError
        If shapes do not fit, or faces name vertices that are not there.

    Examples
    --------
    >>> corners = [[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]]
    >>> sides = [[0, 2, 1], [0, 1, 3], [0, 3, 2], [1, 2, 3]]
    >>> layer = volio.display.SurfaceLayer((corners, sides, [0, 1, 2, 3]), colormap="viridis")
    >>> layer.contrast_limits, layer.picture("front", size=64).shape[2]
    ([0.0, 3.0], 4)
    """

    default_name = "Surface"
    part_types = (*Layer.part_types, SurfaceData, ContrastLimits, SurfaceLook)
    event_names = (
        *Layer.event_names,
        *("auto_contrast", "contrast_limits", "contrast_limits_range", "data", "dims"),
        *("normals", "shading", "wireframe"),
    )

    @takes_settings_of(*part_types)
    def __init__(self, data: Sequence[ArrayLike], **settings: Unpack[SurfaceSettings]) -> None:
        check_settings(self, self.part_types, settings)
        self.mesh = SurfaceData(data, **settings_of(SurfaceData, settings))
        super().__init__(self.mesh.ndim, settings)
        self.slicing = Slicing(self.mesh.ndim)
        self.limits = ContrastLimits(self.mesh, **settings_of(ContrastLimits, settings))
        self.look = SurfaceLook(**settings_of(SurfaceLook, settings))
        #: What whole numbers stand for: they have the colours of its rows then.
        self.labels: Labels | None = None
        #: The surface the layer was made from; None for others.
        self.origin_surface: Any = None
        self._drawn_mesh: DrawnMesh | None = None
        self._thumbnail: NDArray[np.uint8] | None = None
        self.mesh.events.connect(self._data_changed)
        self.slicing.events.connect(self._slicing_changed)
        self.limits.events.connect(self._limits_changed)
        self.look.events.connect(self._look_changed)

    # Mesh and values.

    data = PartAttribute[tuple[NDArray[Any], NDArray[Any], NDArray[Any]]]("mesh", SurfaceData)
    dtype = PartAttribute[np.dtype[Any]]("mesh", SurfaceData)
    faces = PartAttribute[NDArray[Any]]("mesh", SurfaceData)
    ndim = PartAttribute[int]("mesh", SurfaceData)
    vertex_colors = PartAttribute[NDArray[np.float32] | None]("mesh", SurfaceData)
    vertex_values = PartAttribute[NDArray[Any]]("mesh", SurfaceData)
    vertices = PartAttribute[NDArray[Any]]("mesh", SurfaceData)
    slice_values = PartMethod("mesh", SurfaceData.slice_values)
    dims_point = PartAttribute[Point](
        "slicing",
        Slicing,
        "The point (n,) in the world that is shown: of values with axes before that of the "
        "vertices those at it; at first the origin.",
    )

    # Limits and colours.

    auto_contrast = PartAttribute[bool]("limits", ContrastLimits)
    contrast_limits = PartAttribute[list[float]]("limits", ContrastLimits)
    contrast_limits_range = PartAttribute[list[float]]("limits", ContrastLimits)
    contrast_rule = PartAttribute[str]("limits", ContrastLimits)
    hidden_values = PartAttribute[tuple[float, float] | None]("limits", ContrastLimits)
    reset_contrast_limits = PartMethod("limits", ContrastLimits.reset_contrast_limits)
    reset_contrast_limits_range = PartMethod("limits", ContrastLimits.reset_contrast_limits_range)

    #: Values are never colours: these are `vertex_colors`.
    rgb = False

    @property
    def colormaps(self) -> list[str]:
        """Names of the colour maps there are."""
        return colormap_names()

    # Light and lines.

    normals = PartAttribute[SurfaceNormals]("look", SurfaceLook)
    shading = PartAttribute[str]("look", SurfaceLook)
    wireframe = PartAttribute[Wireframe]("look", SurfaceLook)

    # Positions and values.

    @property
    def extent(self) -> Extent:
        """How far the vertices reach."""
        low, high = self.mesh.box
        matrix = self.data_to_world_matrix
        return Extent(np.array([low, high]), box_of(matrix, low, high), self.placement.voxel_sizes)

    @property
    def matrix_of_space(self) -> Point:
        """From vertices to the world, (4, 4): `data_to_world_matrix` of the axes of space."""
        linear, translation = to_matvec(self.data_to_world_matrix)
        return from_matvec(linear[-3:, -3:], translation[-3:])

    get_value = surface_pictures.get_value

    # Pictures.

    @property
    def drawn_mesh(self) -> DrawnMesh:
        """The mesh as it is drawn, in the world; made when it is asked for."""
        if self._drawn_mesh is None:
            self._drawn_mesh = surface_pictures.world_mesh(self)
        return self._drawn_mesh

    picture = surface_pictures.picture
    vertex_colours = surface_pictures.vertex_colours

    @property
    def thumbnail(self) -> NDArray[np.uint8]:
        """A small picture from the front, (32, 32, 4) uint8; made when it is asked for."""
        if self._thumbnail is None:
            self._thumbnail = surface_pictures.thumbnail(self)
        return self._thumbnail

    # Surfaces and other libraries.

    @classmethod
    def from_surface(
        cls,
        surface: AnySurface,
        values: AnySurface | ArrayLike | None = None,
        map: int = 0,
        **options: Any,
    ) -> Self:
        """Return the layer of a surface: axes x, y, z in mm, in the space of the surface.

        Parameters
        ----------
        surface : Surface, or path of one
        values : str, path, Surface or array-like, optional
            As for `volio.display.plot_surface` (default: its first array). Keys of labels have
            the colours of their table.
        map : int
            Which of several arrays of a file, or of several columns.
        **options
            Parameters of the layer; others than the surface's name and units too.

        Returns
        -------
        SurfaceLayer

        Raises
        ------
        UsageError
            If it has no vertices or no faces, or there are no such values.
        """
        return surface_conversion.layer_of(cls, surface, values, map, options)

    to_surface = surface_conversion.to_surface
    as_layer_data_tuple = surface_conversion.as_layer_data_tuple
    to_napari = surface_conversion.to_napari
    to_fastplotlib = surface_conversion.to_fastplotlib

    @classmethod
    def from_napari(cls, layer: Any) -> Self:
        """Return the layer of a Surface layer of napari, or of its data tuple.

        Parameters
        ----------
        layer : napari layer or (data, parameters, "surface")
            What SurfaceLayers do not have is left out.

        Returns
        -------
        SurfaceLayer
            Vertices z, y, x become x, y, z. A layer that `to_napari` made has its labels again, and
            leads to the surface that it was made from.

        Raises
        ------
        UsageError
            If it is of another type.

        Examples
        --------
        >>> layer = volio.display.SurfaceLayer(([[1, 2, 3], [4, 5, 6], [7, 8, 0]], [[0, 1, 2]]))
        >>> volio.display.SurfaceLayer.from_napari(layer.to_napari(as_tuple=True)).vertices[0]
        array([1., 2., 3.])
        """
        return surface_conversion.from_napari(cls, layer)

    # What follows from a change of a part.

    def _data_changed(self, event: Event) -> None:
        if self.mesh.ndim != self.placement.ndim:
            self.placement.resize(self.mesh.ndim)
            self.slicing.resize(self.mesh.ndim)
        self._extent_changed()
        self._repeat(event)

    def _slicing_changed(self, event: Event) -> None:
        point = self.world_to_data(self.slicing.dims_point)
        before = np.rint(point[: self.ndim - 3]).astype(int)
        self.mesh.index = tuple(before.tolist())
        self._slice_changed()
        self.events.dims(value=event.value)

    def _limits_changed(self, event: Event) -> None:
        if event.type == "contrast_limits":
            self._thumbnail_changed()
        self._repeat(event)

    def _look_changed(self, event: Event) -> None:
        self._thumbnail_changed()
        self._repeat(event)

    def _extent_changed(self) -> None:
        self._drawn_mesh = None
        super()._extent_changed()

    def _slice_changed(self) -> None:
        super()._slice_changed()
        self.limits.follow_slice()

    def _thumbnail_changed(self) -> None:
        self._thumbnail = None
        super()._thumbnail_changed()
