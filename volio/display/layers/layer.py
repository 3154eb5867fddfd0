"""ImageLayer: an image and how it is shown, without anything that draws."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Self, Unpack

import numpy as np
from numpy.typing import ArrayLike, NDArray

from volio.display.base.events import Event
from volio.display.base.given import AnyImage
from volio.display.base.level_grids import LevelGrids
from volio.display.colour.colormaps import colormap_names
from volio.display.layers import conversion, exchange, picking, sight_lines
from volio.display.layers.base_layer import Layer
from volio.display.layers.geometry.affine import Extent
from volio.display.layers.geometry.clipping import ClippingPlaneList
from volio.display.layers.geometry.planes import SlicingPlane
from volio.display.layers.interaction.plane_keys import PLANE_KEYS
from volio.display.layers.interaction.plane_mouse import (
    move_plane_along_normal,
    set_plane_position,
)
from volio.display.layers.parts.forwarding import (
    PartAttribute,
    PartMethod,
    check_settings,
    settings_of,
    takes_settings_of,
)
from volio.display.layers.parts.limits import ContrastLimits
from volio.display.layers.parts.render_settings import RenderSettings
from volio.display.layers.parts.shown_slice import ShownSlice
from volio.display.layers.parts.slicing import Slicing
from volio.display.layers.parts.voxels import VoxelLevels
from volio.display.layers.settings import ImageSettings
from volio.display.layers.thumbnail import SIDE, thumbnail_of
from volio.images.labels import Labels

__all__ = ["ImageLayer"]

Point = NDArray[np.float64]

#: Settings of rendering that change the thumbnail.
SHADING = frozenset({"attenuation", "iso_threshold"})
#: Number of axes displayed that each interpolation is for.
INTERPOLATED_AXES = {"interpolation2d": 2, "interpolation3d": 3}


class ImageLayer(Layer):
    """An image and how it is shown: with the attributes of napari's Image layer.

    Nothing is read when a layer is made. Contrast limits that are not given are found, and the
    slice that is shown is read, when they are first asked for.

    Parameters
    ----------
    data : array-like, or list of array-like
        Two axes or more; lazy ones stay lazy. A list of arrays of falling size is one image at
        several resolutions.
    affine : (m+1, m+1) array-like, optional
        Physical to world coordinates; smaller matrices are about the last axes.
    attenuation : float
        For rendering ``"attenuated_mip"``.
    auto_contrast : bool
        Find contrast limits anew for every slice.
    axis_labels : sequence of str, optional
    blending : str
        One of `BLENDINGS`.
    cache : bool
        Keep the slice that is shown (False reads it each time).
    colormap : str, Colormap, tuple, mapping or array-like
        See `as_colormap`.
    contrast_limits : (float, float), optional
        Values of the first and last colour (default: found by `contrast_rule`).
    contrast_rule : {"robust", "napari", "exact", "dtype"}
        How limits are found: see `volio.display.find_limits`.
    custom_interpolation_kernel_2d : (K, L) array-like, optional
    depiction : {"volume", "plane"}
    experimental_clipping_planes : list of ClippingPlane or dict, optional
    gamma : float
    interpolation2d, interpolation3d : str
        One of `INTERPOLATIONS`.
    iso_threshold : float, optional
        Default: the middle of the range of contrast limits.
    level_matrices : sequence of (n+1, n+1) array-like, optional
        Of several levels: from the voxels of each to those of the finest, a scale and an offset
        along each axis (default: all levels cover the same box).
    locked_data_level : int, optional
        A level to show whatever would fit.
    metadata : mapping, optional
    multiscale : bool, optional
        Default: found out.
    name : str, optional
    opacity : float
    plane : SlicingPlane or dict, optional
    projection_mode : {"mean", "sum", "max", "min", "none"}
        What becomes of the slices that `dims_thickness` shows together.
    rendering : str
        One of `RENDERINGS`.
    rgb : bool or "guess", optional
        Whether the last axis is colour. By default only voxels of a structured dtype are:
        volumes of three slices are not taken for colours.
    rotate, scale, shear, translate : optional
        Voxels to physical coordinates; see `volio.display.layers.geometry.affine.Affine`.
    units : str or sequence of str, optional
        Units of the world (default: pixel).
    visible : bool

    Raises
    ------
    UsageError
        If an argument is outside the values it may take.
    ImageDataError
        If the data cannot be shown: complex, without voxels, not numbers.

    Notes
    -----
    The semantics are those of ``napari.layers.Image`` 0.4.19 and later; where these differ from
    their documentation, volio does what is documented (see the design notes).

    Examples
    --------
    >>> voxels = np.random.default_rng(0).integers(0, 200, (8, 9, 10)).astype(np.int16)
    >>> img = volio.Nifti1Image(voxels, np.eye(4))
    >>> layer = volio.ImageLayer.from_image(img, colormap="viridis", contrast_limits=(0, 100))
    >>> layer.gamma = 0.5
    >>> layer.contrast_limits, bool(layer.get_value((0, 0, 0)) == voxels[0, 0, 0])
    ([0.0, 100.0], True)
    """

    default_name = "Image"
    part_types = (
        *Layer.part_types,
        *(VoxelLevels, Slicing, ShownSlice, ContrastLimits, RenderSettings),
    )
    event_names = (
        *Layer.event_names,
        *("attenuation", "auto_contrast", "contrast_limits", "contrast_limits_range"),
        *("custom_interpolation_kernel_2d", "data", "depiction", "dims"),
        *("experimental_clipping_planes", "interpolation", "interpolation2d", "interpolation3d"),
        *("iso_threshold", "locked_data_level", "plane", "projection_mode", "rendering"),
    )
    class_keymap: ClassVar[dict[Any, Any]] = dict(PLANE_KEYS)

    @takes_settings_of(*part_types)
    def __init__(
        self, data: ArrayLike | Sequence[ArrayLike], **settings: Unpack[ImageSettings]
    ) -> None:
        check_settings(self, self.part_types, settings)
        self.voxels = VoxelLevels(data, **settings_of(VoxelLevels, settings))
        super().__init__(self.voxels.ndim, settings)
        self.slicing = Slicing(self.voxels.ndim, **settings_of(Slicing, settings))
        self.shown = ShownSlice(
            self.voxels, self.placement, self.slicing, **settings_of(ShownSlice, settings)
        )
        self.limits = ContrastLimits(self.shown, **settings_of(ContrastLimits, settings))
        self.render_settings = RenderSettings(
            self.limits.middle_of_range, **settings_of(RenderSettings, settings)
        )
        #: The image the layer was made from; None for others.
        self.origin_image: Any = None
        #: What values stand for, where the image has a table of labels.
        self.label_table: Labels | None = None
        self._thumbnail: NDArray[np.uint8] | None = None
        self._follow_parts()
        self.mouse_drag_callbacks.append(move_plane_along_normal)
        self.mouse_double_click_callbacks.append(set_plane_position)

    def _follow_parts(self) -> None:
        """Keep up with changes of the parts."""
        self.voxels.events.connect(self._voxels_changed)
        self.slicing.events.connect(self._slicing_changed)
        self.limits.events.connect(self._limits_changed)
        self.render_settings.events.connect(self._render_settings_changed)

    # Voxels.

    data = PartAttribute[Any]("voxels", VoxelLevels)
    data_level = PartAttribute[int]("voxels", VoxelLevels)
    downsample_factors = PartAttribute[Point]("voxels", VoxelLevels)
    dtype = PartAttribute[np.dtype[Any]]("voxels", VoxelLevels)
    level_grids = PartAttribute[LevelGrids]("voxels", VoxelLevels)
    level_matrices = PartAttribute[list[Point] | None]("voxels", VoxelLevels)
    level_shapes = PartAttribute[NDArray[np.intp]]("voxels", VoxelLevels)
    locked_data_level = PartAttribute[int | None]("voxels", VoxelLevels)
    multiscale = PartAttribute[bool]("voxels", VoxelLevels)
    ndim = PartAttribute[int]("voxels", VoxelLevels)
    rgb = PartAttribute[bool]("voxels", VoxelLevels)
    shape = PartAttribute[tuple[int, ...]]("voxels", VoxelLevels)

    @property
    def data_raw(self) -> Any:
        """What was given as data, itself."""
        return self.voxels.raw

    # What is shown of them.

    dims_displayed = PartAttribute[tuple[int, ...]]("slicing", Slicing)
    dims_point = PartAttribute[Point]("slicing", Slicing)
    dims_thickness = PartAttribute[Point]("slicing", Slicing)
    projection_mode = PartAttribute[str]("slicing", Slicing)
    cache = PartAttribute[bool]("shown", ShownSlice, "Whether the slice that is shown is kept.")
    corner_pixels = PartAttribute[NDArray[np.intp]]("shown", ShownSlice)
    fit_level = PartMethod("shown", ShownSlice.fit_level)
    set_view_slice = PartMethod("shown", ShownSlice.set_view_slice)
    slice_index = PartMethod("shown", ShownSlice.slice_index)
    slice_values = PartMethod("shown", ShownSlice.slice_values)

    # Limits and colours.

    auto_contrast = PartAttribute[bool]("limits", ContrastLimits)
    contrast_limits = PartAttribute[list[float]]("limits", ContrastLimits)
    contrast_limits_range = PartAttribute[list[float]]("limits", ContrastLimits)
    contrast_rule = PartAttribute[str]("limits", ContrastLimits)
    hidden_values = PartAttribute[tuple[float, float] | None]("limits", ContrastLimits)
    reset_contrast_limits = PartMethod("limits", ContrastLimits.reset_contrast_limits)
    reset_contrast_limits_range = PartMethod("limits", ContrastLimits.reset_contrast_limits_range)

    @property
    def colormaps(self) -> list[str]:
        """Names of the colour maps there are."""
        return colormap_names()

    def slice_colours(self) -> NDArray[np.float32] | None:
        """Return the slice or volume that is shown in colours.

        Returns
        -------
        (..., 4) float32 array
            RGBA between 0 and 1, alpha times opacity, axes as `dims_displayed`; None outside of
            the image. Colours of an RGB layer are as they are stored.
        """
        values = self.slice_values()
        if values is None:
            return None
        return self.appearance.colours(values, self._colour_limits(), self.rgb)

    def _colour_limits(self) -> tuple[float, float]:
        """Return the contrast limits; of colours, which have none, their range."""
        return (0.0, 1.0) if self.rgb else self.limits.limits

    @property
    def thumbnail(self) -> NDArray[np.uint8]:
        """A small picture of what is shown, (32, 32, 4) uint8; made when it is asked for."""
        if self._thumbnail is None:
            values = self.shown.small_values(SIDE)
            limits = (0.0, 1.0) if values is None else self._colour_limits()
            self._thumbnail = thumbnail_of(values, limits, self.appearance, self.rgb)
        return self._thumbnail

    # Drawing of slices and volumes.

    attenuation = PartAttribute[float]("render_settings", RenderSettings)
    custom_interpolation_kernel_2d = PartAttribute[NDArray[np.float32]](
        "render_settings", RenderSettings
    )
    depiction = PartAttribute[str]("render_settings", RenderSettings)
    experimental_clipping_planes = PartAttribute[ClippingPlaneList](
        "render_settings", RenderSettings
    )
    interpolation2d = PartAttribute[str]("render_settings", RenderSettings)
    interpolation3d = PartAttribute[str]("render_settings", RenderSettings)
    iso_threshold = PartAttribute[float]("render_settings", RenderSettings)
    plane = PartAttribute[SlicingPlane]("render_settings", RenderSettings)
    rendering = PartAttribute[str]("render_settings", RenderSettings)

    @property
    def interpolation(self) -> str:
        """The interpolation of what is shown now: slices or volumes."""
        return self.interpolation2d if len(self.dims_displayed) == 2 else self.interpolation3d

    @interpolation.setter
    def interpolation(self, value: str) -> None:
        if len(self.dims_displayed) == 2:
            self.interpolation2d = value
        else:
            self.interpolation3d = value

    # Positions, lines of sight, values.

    @property
    def extent(self) -> Extent:
        """How far the centres of the voxels reach."""
        return self.placement.extent(self.shape)

    @property
    def extent_edges(self) -> Extent:
        """How far the voxels reach with their edges: half a voxel further than `extent`."""
        return self.placement.extent(self.shape, margin=0.5)

    get_value = picking.get_value
    pick = picking.pick
    get_status = picking.get_status
    get_ray_intersections = sight_lines.get_ray_intersections
    click_plane_from_click_data = sight_lines.click_plane_from_click_data
    projected_distance_from_mouse_drag = sight_lines.projected_distance_from_mouse_drag

    # Images, files and other libraries.

    @classmethod
    def from_image(cls, img: AnyImage, **options: Any) -> Self:
        """Return the layer of an image: axes (i, j, k, ...), world scanner RAS+ mm.

        What is shown at first is the middle (i, j) slice of the first volume, which files read
        best. Complex voxels are shown by their magnitude.

        Parameters
        ----------
        img : SpatialImage
            Lazy voxels stay lazy. Without an affine the world is that of the voxels.
        **options
            Parameters of the layer; others than the image's name, metadata, affine and units too.

        Returns
        -------
        ImageLayer
            Its metadata hold the header; it is saved in the format of the image.

        Raises
        ------
        ImageDataError
            If the image has fewer than two axes, or no voxels.
        """
        return conversion.layer_of(cls, img, options)

    to_image = conversion.to_image
    save = conversion.save
    to_napari = exchange.to_napari
    to_fastplotlib = exchange.to_fastplotlib
    as_layer_data_tuple = exchange.as_layer_data_tuple

    @classmethod
    def from_napari(cls, layer: Any) -> Self:
        """Return the layer of a napari layer (image or labels), or of its data tuple.

        Its axes are reversed back: (…, z, y, x) become those of an image.

        Parameters
        ----------
        layer : napari layer or (data, parameters, type)
            What ImageLayers do not have is left out.

        Returns
        -------
        ImageLayer

        Raises
        ------
        UsageError
            If it is of another type.
        """
        return exchange.from_napari(cls, layer)

    @classmethod
    def create(
        cls,
        data: ArrayLike | Sequence[ArrayLike],
        meta: Mapping[str, Any] | None = None,
        layer_type: str | None = None,
    ) -> Self:
        """Return a layer from what `as_layer_data_tuple` gives.

        Parameters
        ----------
        data : array-like or list of these
        meta : mapping, optional
            Parameters of the layer.
        layer_type : {"image", "labels"}, optional
            In any case; by default 32 and 64 bit integers are labels, everything else an image.
            Labels are image layers with a colour map of many colours and no interpolation.

        Raises
        ------
        UsageError
            If there is no such type.
        TypeError
            If there is no such parameter.
        """
        return cls(data, **exchange.settings_from(cls, data, meta, layer_type))

    # What follows from a change of a part.

    def _voxels_changed(self, event: Event) -> None:
        if event.type == "data":
            if self.ndim != self.placement.ndim:
                self.placement.resize(self.ndim)
                self.slicing.resize(self.ndim)
            self._extent_changed()
        else:
            self._show_again()
        self._repeat(event)

    def _slicing_changed(self, event: Event) -> None:
        if event.type == "projection_mode":
            self._repeat(event)
            self._show_again()
            return
        if event.type == "dims_displayed":
            self.shown.forget(corners=True)
        self._slice_changed()
        self.events.dims(value=event.value)

    def _limits_changed(self, event: Event) -> None:
        if event.type == "contrast_limits":
            self._thumbnail_changed()
        self._repeat(event)

    def _render_settings_changed(self, event: Event) -> None:
        if event.type in SHADING:
            self._thumbnail_changed()
        self._repeat(event)
        if INTERPOLATED_AXES.get(event.type) == len(self.dims_displayed):
            self.events.interpolation(value=event.value)

    def _extent_changed(self) -> None:
        self.shown.forget(corners=True)
        super()._extent_changed()

    def _slice_changed(self) -> None:
        self.shown.forget()
        super()._slice_changed()
        self.limits.follow_slice()

    def _thumbnail_changed(self) -> None:
        self._thumbnail = None
        super()._thumbnail_changed()
