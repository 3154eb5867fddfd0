"""Overlays: images over another, with colours, a threshold and alpha of their own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from volio.arrays.views import lazy_slice
from volio.display.base.channels import magnitude
from volio.display.base.choices import optional_text
from volio.display.base.given import AnyImage
from volio.display.base.image_levels import ImageLevels
from volio.display.base.inputs import array_of, is_image
from volio.display.base.layer_protocol import PlainLayer
from volio.display.base.series import volume_count, volume_index
from volio.display.colour.colormaps import AnyColormap, Colormap, as_colormap
from volio.display.colour.contrast import ZEROS, checked_pair
from volio.display.colour.srgb import Picture
from volio.display.colour.value_colours import ValueColours, threshold_pair
from volio.display.layers.conversion import loaded, show_label_colours
from volio.display.layers.layer import ImageLayer
from volio.display.sampling.plane import sample_plane
from volio.display.sampling.plane_grid import WorldPlane
from volio.display.sampling.sections import PicturePlane, Section, Sections
from volio.display.sampling.shown_volume import fitting_level
from volio.display.scene.plane_values import PlaneValues
from volio.errors import UsageError, VolioError
from volio.ops.axes import with_axes_of_space
from volio.space.affines import append_diag, check_affine, from_matvec

__all__ = ["NOTHING", "Overlay", "as_layer", "as_overlay", "base_overlay", "sampled"]

#: The threshold of overlays: where they are 0, what is below is seen.
NOTHING = 1e-6
#: Of a voxel: the voxels of two grids that are nearer to each other are at the same place.
SAME_PLACE = 1e-3


class Overlay:
    """An image with its own colours, threshold and alpha, to be shown over another.

    Parameters
    ----------
    image : SpatialImage, ImageLayer, array-like, or path of an image
        Three axes or more, at the position of its affine, whatever the grid of what is below. A
        layer keeps the colour map, limits, interpolation and blending that it has.
    cmap : str or anything `as_colormap` takes, optional
        By default 'hot'; of images with a table of labels (``img.labels``) the colours of that.
    threshold : float or (float, float), optional
        Values nearer to 0 than this, or between the two, are transparent. None shows all.
    alpha : float, SpatialImage, ImageLayer or array-like, optional
        How opaque, 0 to 1: one number, or one for each position. An array has the axes of `image`.
        By default 1, or the opacity of a layer.
    vmin, vmax : float, optional
        Values of the first and the last colour (default: the `window` of the header, as NIfTI's
        ``cal_min`` and ``cal_max``, or found in the values that the threshold leaves, see
        `find_limits`).
    interpolation : str
        Between voxels where the grids differ: one of `volio.display.INTERPOLATIONS`.
    blending : str
        One of `volio.display.BLENDINGS`.
    affine : (4, 4) array-like, optional
        Of an array: voxels to mm.
    name : str, optional

    Attributes
    ----------
    layer : ImageLayer
        Colour map, limits, gamma, opacity, visible, ...: what is set here is shown.

    Raises
    ------
    UsageError
        If the image has fewer than three axes, or a setting is outside what it may be.

    Examples
    --------
    >>> voxels = np.random.default_rng(0).integers(0, 200, (8, 9, 10)).astype(np.int16)
    >>> img = volio.Nifti1Image(voxels, np.eye(4))
    >>> overlay = volio.display.Overlay(img, "hot", threshold=100, alpha=0.5)
    >>> picture = volio.display.plot_ortho(img, overlays=[overlay])
    """

    def __init__(
        self,
        image: AnyImage | ImageLayer,
        cmap: AnyColormap | None = None,
        threshold: float | tuple[float, float] | None = NOTHING,
        alpha: float | AnyImage | None = None,
        vmin: float | None = None,
        vmax: float | None = None,
        *,
        interpolation: str = "nearest",
        blending: str = "translucent_no_depth",
        affine: ArrayLike | None = None,
        name: str | None = None,
    ) -> None:
        options: dict[str, Any] = {
            "colormap": _colormap("hot" if cmap is None else cmap),
            "interpolation2d": interpolation,
            "blending": blending,
        }
        if optional_text("name", name) is not None:
            options["name"] = name
        self.layer = as_layer(image, affine, **options)
        #: Whether the layer is the overlay's own: what is hidden then shapes its limits.
        self._owns_layer = self.layer is not image
        self.threshold = threshold
        self._set_limits(vmin, vmax)
        if self._owns_layer and cmap is None and vmin is None and vmax is None:
            show_label_colours(self.layer)
        self.alpha: ImageLayer | None = None
        if alpha is not None:
            self._set_alpha(alpha)

    def _set_alpha(self, alpha: float | AnyImage) -> None:
        """Take an opacity of all voxels, or the layer of one for each."""
        if isinstance(alpha, Real | int | float):
            self.layer.opacity = _opacity(float(alpha))
        else:
            self.alpha = self._layer_of_alpha(alpha)

    def _layer_of_alpha(self, alpha: Any) -> ImageLayer:
        """Return the layer of an alpha that is an image, an array or the path of an image."""
        is_array = isinstance(alpha, np.ndarray) or not is_image(alpha)
        try:
            return as_layer(alpha, self.affine if is_array else None)
        except VolioError as error:
            raise UsageError(
                f"alpha: must be a number from 0 to 1, or an image: {error}"
            ) from error

    def _set_limits(self, low: float | None, high: float | None) -> None:
        """Set the contrast limits that are given, and find the other one."""
        if low is None and high is None:
            return
        if low is None:
            low = self.layer.contrast_limits[0]
        if high is None:
            high = self.layer.contrast_limits[1]
        self.layer.contrast_limits = checked_pair("vmin and vmax", (low, high))

    @property
    def threshold(self) -> tuple[float, float] | None:
        """The values between which the overlay is transparent; may be set by one number."""
        return self._threshold

    @threshold.setter
    def threshold(self, value: float | tuple[float, float] | None) -> None:
        self._threshold = None if value is None else threshold_pair(value)
        if self._owns_layer and not self.layer.rgb:
            self.layer.hidden_values = ZEROS if self.hides_zeros else self._threshold

    @property
    def hides_zeros(self) -> bool:
        """Whether nothing but 0 is to be hidden, however small the other values are."""
        return self._threshold == (-NOTHING, NOTHING)

    @property
    def colours(self) -> ValueColours:
        """How values become colours now, in every kind of picture."""
        colours = ValueColours.of(self.layer)
        if self.layer.rgb:
            return replace(colours, gamma=self.layer.gamma)
        return replace(colours, hidden=ZEROS if self.hides_zeros else self._threshold)

    @property
    def is_two_signed(self) -> bool:
        """Whether there are colours for values on both sides of those that are hidden."""
        return not self.layer.rgb and self.colours.hides_middle

    @property
    def labels(self) -> bool:
        """Whether values are labels: nothing is shown that is between two of them."""
        return self.layer.limits.labels

    @property
    def affine(self) -> NDArray[np.float64]:
        """Voxels to mm, shape (4, 4)."""
        matrix = self.layer.data_to_world_matrix
        return from_matvec(matrix[:3, :3], matrix[:3, -1])

    @property
    def has_affine(self) -> bool:
        """Whether the world is known: False for images without an affine."""
        image = self.layer.origin_image
        return image is None or getattr(image, "affine", True) is not None

    @property
    def is_anatomical(self) -> bool:
        """Whether the world is that of a body, RAS+; False for images of microscopes."""
        header = getattr(self.layer.origin_image, "header", None)
        return bool(getattr(header, "anatomical", True))

    @property
    def shape(self) -> tuple[int, ...]:
        """Voxels along all axes, without one of colours."""
        return tuple(int(n) for n in self.layer.shape)

    @property
    def n_volumes(self) -> int:
        """Number of volumes: all axes after the third as one, the last fastest."""
        return volume_count(self.shape)

    def on_grid(self, sections: Sections) -> bool:
        """Return whether the voxels are those of some sections."""
        if self.shape[:3] != sections.shape:
            return False
        to_own = np.linalg.solve(self.affine, sections.affine)
        farthest = np.abs((to_own - np.eye(4)) @ [*self.shape[:3], 1])
        return bool(farthest.max() < SAME_PLACE)

    def read(
        self, section: Section, ranges: Sequence[slice | int], volume: int, level: int = 0
    ) -> PlaneValues:
        """Return voxels of a section along the own axes, of their dtype, rows upwards.

        Parameters
        ----------
        section : Section
        ranges : sequence of slice and int
            Of the three axes, in voxels of the level.
        volume : int
        level : int
        """
        voxels = self.layer.voxels
        index = voxels.volume_at_level(self._volume_index(volume), level)
        return PlaneValues(section.oriented(voxels.read((*ranges, *index), level)))

    def time_course(self, voxel: ArrayLike) -> NDArray[Any]:
        """Return the values of a voxel (3,) in all volumes; colours as their means."""
        index = tuple(int(n) for n in np.asarray(voxel))
        values = self.layer.voxels.read(index, level=0)
        return (values.mean(axis=-1) if self.layer.rgb else values).reshape(-1)

    def sample(
        self,
        plane: PicturePlane,
        volume: int,
        interpolation: str | None = None,
        whole_slices: bool = False,
    ) -> PlaneValues:
        """Return values at the pixels of a plane, NaN outside.

        Other parameters are those of `sample_plane`.
        """
        origin = self.colours.origin(self.layer.dtype)
        index = self._volume_index(volume)
        return sampled(self.layer, plane, index, interpolation, origin, whole_slices=whole_slices)

    def sample_alpha(self, plane: PicturePlane, volume: int) -> NDArray[np.float32] | None:
        """Return the alpha at the pixels of a plane; None if it is the same everywhere."""
        if self.alpha is None:
            return None
        alpha = sampled(self.alpha, plane, volume_index(volume, self.alpha.shape), None).values
        clipped: NDArray[np.float32] = np.clip(np.nan_to_num(alpha), 0, 1).astype(np.float32)
        return clipped

    def _volume_index(self, volume: int) -> tuple[int, ...]:
        return volume_index(volume, self.shape)

    def fitting_level(self, pixel: float) -> int:
        """Return the level that is shown in pixels of a size in mm: a locked one, or that fits."""
        locked = self.layer.locked_data_level
        if locked is not None:
            return locked
        in_space = self.layer.level_grids.of_axes((0, 1, 2))
        return in_space.fitting(self.layer.placement.voxel_sizes[:3], pixel)

    def level_on(self, plane: PicturePlane) -> int:
        """Return the level that is sampled on a plane."""
        world = WorldPlane.of(plane.origin, plane.u, plane.v, plane.shape)
        return fitting_level(self.layer, world.pixel, world.normal)

    def one_volume(self, volume: int) -> ImageLevels:
        """Return one volume at each level, lazy voxels stay lazy; the last of shorter series."""
        return self.layer.voxels.one_volume(self._volume_index(volume))

    def coloured(
        self, values: NDArray[Any] | PlaneValues, alpha: NDArray[Any] | None = None
    ) -> Picture:
        """Return values in colours, transparent inside of the threshold and where they are NaN.

        Parameters
        ----------
        values : PlaneValues, or array of shape (rows, columns), with colours last if RGB
        alpha : array, shape (rows, columns), optional

        Returns
        -------
        float32 array, shape (rows, columns, 4)
        """
        if isinstance(values, PlaneValues):
            return self.colours.less(values.origin).colours(values.values, alpha)
        return self.colours.colours(values, alpha)


def _colormap(cmap: Any) -> Colormap:
    """Return the colours of an overlay."""
    try:
        return as_colormap(cmap)
    except UsageError as error:
        raise UsageError(f"cmap: {error}") from error


def _opacity(alpha: float) -> float:
    """Return how opaque an overlay is."""
    if not 0 <= alpha <= 1:
        raise UsageError(f"alpha: must be from 0 to 1, got {alpha:g}")
    return alpha


def as_overlay(image: Any, *args: Any, **options: Any) -> Overlay:
    """Return the overlay of an image; an overlay as it is."""
    return image if isinstance(image, Overlay) else Overlay(image, *args, **options)


def base_overlay(image: Any, cmap: Any = None, threshold: Any = None, **style: Any) -> Overlay:
    """Return the overlay of an image that is below all others: gray, without a threshold.

    Parameters
    ----------
    image : Overlay, ImageLayer, SpatialImage, array-like, or path of an image
    cmap : optional
    threshold : optional
    **style
        `alpha`, `vmin`, `vmax`, `affine` of `Overlay`; None for the default.

    Raises
    ------
    UsageError
        If a style is given for what has its own: an Overlay, or the colours of a layer.
    """
    given = {"cmap": cmap, "threshold": threshold, **style}
    given = {name: value for name, value in given.items() if value is not None}
    kept = given if isinstance(image, Overlay) else given.keys() & {"cmap", "affine"}
    if kept and isinstance(image, Overlay | ImageLayer):
        kind = type(image).__name__
        raise UsageError(f"{', '.join(sorted(kept))}: an {kind} has its own; set it there")
    if isinstance(image, Overlay):
        return image
    base = Overlay(image, **{"cmap": "gray", "threshold": None, **given})
    if base._owns_layer and not given.keys() & {"cmap", "vmin", "vmax"}:
        show_label_colours(base.layer)
    return base


def sampled(
    layer: ImageLayer,
    plane: PicturePlane,
    volume: tuple[int, ...],
    interpolation: str | None = None,
    origin: float = 0.0,
    dtype: DTypeLike = np.float32,
    whole_slices: bool = False,
    outside: float = np.nan,
) -> PlaneValues:
    """Sample one volume of a layer on a plane, without a change of what the layer shows.

    Parameters
    ----------
    layer : ImageLayer
    plane : PicturePlane
    volume : tuple of int
        Index along the axes after the third.
    interpolation : str, optional
        Default: that of the layer.
    origin : float
        Taken away before values become float32.
    dtype : dtype
        Of samples.
    whole_slices : bool
        As for `sample_plane`.
    outside : float
        Value outside of the voxels.
    """
    matrix = layer.data_to_world_matrix
    one = PlainLayer(
        layer.data,
        matrix,
        rgb=layer.rgb,
        multiscale=layer.multiscale,
        level_matrices=layer.level_matrices,
        locked_data_level=layer.locked_data_level,
    )
    one.dims_point = (matrix @ [0, 0, 0, *volume, 1])[:-1]
    method = interpolation or layer.interpolation2d
    values = sample_plane(
        one,
        *(plane.origin, plane.u, plane.v, plane.shape, method),
        whole_slices=whole_slices,
        outside=outside,
        origin_value=origin,
        dtype=dtype,
    )
    return PlaneValues(values, origin)


def as_layer(image: Any, affine: ArrayLike | None = None, **options: Any) -> ImageLayer:
    """Return the layer of an image or an array; a layer as it is.

    Parameters
    ----------
    image : ImageLayer, SpatialImage, array-like, or path of an image
        Lazy voxels stay lazy; complex ones are shown by their magnitude.
    affine : (4, 4) array-like, optional
        Of an array.
    **options
        Parameters of the layer.

    Raises
    ------
    UsageError
        If it is none of these, or a layer of fewer than three axes.
    """
    image = loaded(image)
    if affine is not None and is_image(image) and not isinstance(image, np.ndarray):
        raise UsageError("affine: is of an array; an image and a layer have their own")
    if isinstance(image, ImageLayer):
        layer = image
    elif hasattr(image, "dataobj"):
        layer = ImageLayer.from_image(with_axes_of_space(image), **options)
    else:
        layer = _layer_of_array(image, affine, options)
    if layer.ndim < 3:
        raise UsageError(
            f"an image of three axes or more is needed, got shape {tuple(layer.shape)}"
        )
    return layer


def _layer_of_array(data: Any, affine: ArrayLike | None, options: dict[str, Any]) -> ImageLayer:
    data = array_of(data)
    if not data.shape:
        raise UsageError("an image or an array with axes is needed, got a number")
    if len(data.shape) < 3:
        data = lazy_slice(data, (..., *[None] * (3 - len(data.shape))))
    spatial = np.eye(4) if affine is None else check_affine(affine)
    steps = [1.0] * (len(data.shape) - 3)
    return ImageLayer(
        magnitude(data) if data.dtype.kind == "c" else data,
        affine=append_diag(spatial, steps) if steps else spatial,
        multiscale=False,
        **options,
    )
