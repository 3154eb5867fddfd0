"""Overlays: what is shown over an image, and where it lets through what lies below."""

from __future__ import annotations

from math import prod
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from volio.display.base.channels import magnitude, plain
from volio.display.base.layer_protocol import PlainLayer
from volio.display.colour.colours import colorize, colorize_rgb
from volio.display.colour.srgb import Picture
from volio.display.layers.layer import ImageLayer
from volio.display.sampling.plane import sample_plane
from volio.display.sampling.sections import PicturePlane, Section, Sections
from volio.errors import UsageError
from volio.space.affines import append_diag

__all__ = ["Overlay", "as_layer", "check_range", "sampled"]

#: Overlays let through what lies below where they are 0.
NOTHING = 1e-6
#: Samples are float32: of these ranges of values pictures can be made.
NARROWEST, FARTHEST = 1e-34, 1e38


class Overlay:
    """An image with its own colours, threshold and alpha, to be shown over another.

    Parameters
    ----------
    image : SpatialImage, ImageLayer or array-like
        Three axes or more. It lies where its affine says, whatever the grid of what is below. A
        layer keeps the colour map, limits, interpolation and blending that it has.
    cmap : str or anything `as_colormap` takes
    threshold : float or (float, float), optional
        Values nearer to 0 than this, or between the two, are transparent. None shows all.
    alpha : float, SpatialImage, ImageLayer or array-like, optional
        How opaque, 0 to 1: one number, or one for each place. An array has the axes of `image`.
        By default 1, or the opacity of a layer.
    vmin, vmax : float, optional
        Values of the first and the last colour (default: found as those of any layer).
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
    """

    def __init__(
        self,
        image: Any,
        cmap: Any = "hot",
        threshold: float | tuple[float, float] | None = NOTHING,
        alpha: Any = None,
        vmin: float | None = None,
        vmax: float | None = None,
        *,
        interpolation: str = "nearest",
        blending: str = "translucent_no_depth",
        affine: ArrayLike | None = None,
        name: str | None = None,
    ) -> None:
        options = {"colormap": cmap, "interpolation2d": interpolation, "blending": blending}
        if name is not None:
            options["name"] = name
        self.layer = as_layer(image, affine, **options)
        if vmin is not None or vmax is not None:
            found = self.layer.contrast_limits if None in (vmin, vmax) else (vmin, vmax)
            given = zip((vmin, vmax), found, strict=True)
            self.layer.contrast_limits = [old if new is None else new for new, old in given]
        self.threshold = threshold
        self.alpha: ImageLayer | None = None
        if isinstance(alpha, Real):
            self.layer.opacity = float(alpha)
        elif alpha is not None:
            self.alpha = as_layer(alpha, self.affine)

    @property
    def threshold(self) -> tuple[float, float] | None:
        """The values between which the overlay is transparent; may be set by one number."""
        return self._threshold

    @threshold.setter
    def threshold(self, value: float | tuple[float, float] | None) -> None:
        if value is None:
            self._threshold: tuple[float, float] | None = None
            return
        pair = np.asarray(value, np.float64)
        low, high = (-pair, pair) if pair.ndim == 0 else pair
        if not low <= high:
            raise UsageError(f"threshold: must be 0 or more, or a pair that rises, got {value!r}")
        self._threshold = float(low), float(high)

    @property
    def affine(self) -> NDArray[np.float64]:
        """Voxels to mm, shape (4, 4)."""
        full, affine = self.layer.data_to_world_matrix, np.eye(4)
        affine[:3, :3], affine[:3, 3] = full[:3, :3], full[:3, -1]
        return affine

    @property
    def shape(self) -> tuple[int, ...]:
        """Voxels along all axes, without one of colours."""
        return tuple(int(n) for n in self.layer.shape)

    @property
    def n_volumes(self) -> int:
        """Number of volumes: all axes after the third as one, the last fastest."""
        return prod(self.shape[3:])

    def on_grid(self, sections: Sections) -> bool:
        """Tell whether the voxels are those of some sections."""
        return self.shape[:3] == sections.shape and np.allclose(
            self.affine, sections.affine, rtol=1e-5, atol=1e-4
        )

    def read(self, section: Section, index: int, volume: int) -> NDArray[Any]:
        """Return the voxels of a section along the own axes, of their dtype, rows upwards."""
        place: list[Any] = [slice(None)] * 3
        place[section.through] = index
        data = self.layer.data[0] if self.layer.multiscale else self.layer.data
        values = np.asarray(data[(*place, *self._volume(volume))])
        return section.oriented(plain(values))

    def course(self, voxel: ArrayLike) -> NDArray[Any]:
        """Return the values of a voxel in all volumes; colours as their means."""
        data = self.layer.data[0] if self.layer.multiscale else self.layer.data
        values = plain(np.asarray(data[tuple(int(n) for n in np.asarray(voxel))]))
        return (values.mean(axis=-1) if self.layer.rgb else values).reshape(-1)

    def sample(self, plane: PicturePlane, volume: int, interpolation: str | None = None) -> Any:
        """Return values at the pixels of a plane, NaN outside."""
        return sampled(self.layer, plane, self._volume(volume), interpolation)

    def sample_alpha(self, plane: PicturePlane, volume: int) -> NDArray[np.float32] | None:
        """Return the alpha at the pixels of a plane; None if it is the same everywhere."""
        if self.alpha is None:
            return None
        later = self.alpha.shape[3:]
        place = np.unravel_index(min(volume, prod(later) - 1), later) if later else ()
        found = sampled(self.alpha, plane, tuple(int(n) for n in place), None)
        alpha: NDArray[np.float32] = np.clip(np.nan_to_num(found), 0, 1).astype(np.float32)
        return alpha

    def _volume(self, volume: int) -> tuple[int, ...]:
        """Return the indices of a volume; images with fewer volumes stay at their last."""
        later = self.shape[3:]
        place = np.unravel_index(min(volume, self.n_volumes - 1), later) if later else ()
        return tuple(int(n) for n in place)

    def coloured(self, values: NDArray[Any], alpha: Any = None) -> Picture:
        """Return values in colours, transparent where the threshold or NaN says so.

        Parameters
        ----------
        values : array, shape (rows, columns), with colours last if RGB
        alpha : array, shape (rows, columns), optional

        Returns
        -------
        float32 array, shape (rows, columns, 4)
        """
        layer = self.layer
        opacity = layer.opacity if alpha is None else layer.opacity * alpha
        if layer.rgb:
            return colorize_rgb(values, None, layer.gamma, opacity)
        picture = colorize(values, layer.contrast_limits, layer.gamma, layer.colormap, opacity)
        if self.threshold is not None:
            low, high = self.threshold
            picture[(values > low) & (values < high), 3] = 0
        return picture


def check_range(layer: ImageLayer) -> None:
    """Refuse a layer whose values float32 cannot tell apart, or cannot hold.

    Raises
    ------
    UsageError
        If its contrast limits are too near to each other or too far from 0.
    """
    if layer.rgb or layer.dtype.kind != "f" or layer.dtype.itemsize <= 4:
        return
    low, high = layer.contrast_limits
    if high - low < NARROWEST or max(-low, high) > FARTHEST:
        raise UsageError(
            f"image: values from {low:g} to {high:g} are out of the reach of pictures, "
            f"{NARROWEST:g} to {FARTHEST:g}; bring them nearer to 1 first"
        )


def sampled(
    layer: ImageLayer, plane: PicturePlane, later: tuple[int, ...], interpolation: Any
) -> Any:
    """Sample one volume of a layer on a plane, without a change of what the layer shows."""
    check_range(layer)
    matrix = layer.data_to_world_matrix
    one = PlainLayer(layer.data, matrix, (0.0, 1.0), layer.rgb, layer.multiscale)
    one.dims_point = (matrix @ [0, 0, 0, *later, 1])[:-1]
    how = interpolation or layer.interpolation2d
    return sample_plane(one, plane.origin, plane.u, plane.v, plane.shape, how)


def as_layer(image: Any, affine: ArrayLike | None = None, **options: Any) -> ImageLayer:
    """Return the layer of an image or an array; a layer as it is.

    Parameters
    ----------
    image : ImageLayer, SpatialImage or array-like
        Lazy voxels stay lazy; complex ones are shown by their magnitude.
    affine : (4, 4) array-like, optional
        Of an array.
    **options
        Parameters of the layer.

    Raises
    ------
    UsageError
        If there are fewer than three axes.
    """
    if isinstance(image, ImageLayer):
        layer = image
    elif hasattr(image, "dataobj"):
        layer = ImageLayer.from_image(image, **options)
    else:
        layer = _layer_of_array(image, affine, options)
    if layer.ndim < 3:
        raise UsageError(
            f"an image of three axes or more is needed, got shape {tuple(layer.shape)}"
        )
    return layer


def _layer_of_array(data: Any, affine: ArrayLike | None, options: dict[str, Any]) -> ImageLayer:
    data = data if hasattr(data, "shape") and hasattr(data, "dtype") else np.asanyarray(data)
    data = magnitude(data) if data.dtype.kind == "c" else data
    if len(data.shape) < 3:
        raise UsageError(f"an image of three axes or more is needed, got shape {data.shape}")
    place = np.eye(4) if affine is None else np.asarray(affine, np.float64)
    if place.shape != (4, 4):
        raise UsageError(f"affine: must have shape (4, 4), got {place.shape}")
    later = len(data.shape) - 3
    return ImageLayer(
        data,
        affine=append_diag(place, [1.0] * later) if later else place,
        multiscale=False,
        **options,
    )
