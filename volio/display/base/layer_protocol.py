"""What a picture needs to know of an image: the attributes of a layer, for plain images too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from volio.errors import ImageDataError

__all__ = ["PlainLayer", "Shown", "as_shown"]


class Shown(Protocol):
    """The attributes of a layer that sampling and projection read."""

    data: Any
    multiscale: bool
    rgb: bool
    ndim: int
    dims_displayed: tuple[int, ...]
    dims_point: NDArray[np.float64]
    contrast_limits: Sequence[float]
    gamma: float
    colormap: Any
    opacity: float
    blending: str
    rendering: str
    iso_threshold: float
    attenuation: float
    depiction: str
    plane: Any
    experimental_clipping_planes: Any
    interpolation2d: str
    interpolation3d: str
    custom_interpolation_kernel_2d: NDArray[Any]
    visible: bool

    @property
    def data_to_world_matrix(self) -> NDArray[np.float64]:
        """From voxels to the world, shape (n + 1, n + 1)."""


@dataclass
class PlainLayer:
    """An array and its place, with the settings of a new layer.

    Parameters
    ----------
    data : array-like
        Lazy ones stay lazy.
    data_to_world_matrix : ndarray, shape (n + 1, n + 1)
        From voxels to the world.
    contrast_limits : (low, high)
        By default those of 'lowest' and 'highest' values in a subsample.
    others
        As in `ImageLayer`.
    """

    data: Any
    data_to_world_matrix: NDArray[np.float64]
    contrast_limits: Sequence[float] = ()
    rgb: bool = False
    multiscale: bool = False
    gamma: float = 1.0
    colormap: Any = None
    opacity: float = 1.0
    blending: str = "translucent_no_depth"
    rendering: str = "mip"
    iso_threshold: float | None = None
    attenuation: float = 0.05
    depiction: str = "volume"
    plane: Any = None
    experimental_clipping_planes: Any = ()
    interpolation2d: str = "nearest"
    interpolation3d: str = "linear"
    custom_interpolation_kernel_2d: NDArray[Any] = field(default_factory=lambda: np.ones((1, 1)))
    visible: bool = True
    dims_displayed: tuple[int, ...] = (0, 1, 2)

    def __post_init__(self) -> None:
        if not self.rgb and not len(self.contrast_limits):
            self.contrast_limits = subsample_limits(self.finest)
        if self.iso_threshold is None:
            self.iso_threshold = 0.5 if self.rgb else sum(self.contrast_limits) / 2
        self.dims_point = self.data_to_world_matrix[:-1, -1].copy()

    @property
    def finest(self) -> Any:
        """The array with the most voxels."""
        return self.data[0] if self.multiscale else self.data

    @property
    def ndim(self) -> int:
        """Number of axes, without one of colours."""
        return len(self.finest.shape) - (self.rgb and not self.finest.dtype.names)


def as_shown(image: Any, **settings: Any) -> Any:
    """Return a layer for a layer, an image or an array.

    Parameters
    ----------
    image : layer, SpatialImage or array-like
        Of an array the world is the voxels.
    **settings
        Of `PlainLayer`, for what is not a layer.

    Raises
    ------
    ImageDataError
        If it has fewer than three axes, or complex voxels.
    """
    if hasattr(image, "data_to_world_matrix"):
        return image
    image = getattr(image, "layer", image)
    if hasattr(image, "data_to_world_matrix"):
        return image
    array = getattr(image, "dataobj", image)
    array = array if hasattr(array, "shape") else np.asarray(array)
    settings.setdefault("rgb", bool(array.dtype.names))
    ndim = len(array.shape) - (settings["rgb"] and not array.dtype.names)
    if ndim < 3:
        raise ImageDataError(f"an image of three axes or more is needed, got shape {array.shape}")
    if array.dtype.kind == "c":
        raise ImageDataError("voxels are complex: show np.abs(array), say")
    matrix = np.eye(ndim + 1)
    if (affine := getattr(image, "affine", None)) is not None:
        matrix[:3, :3], matrix[:3, -1] = affine[:3, :3], affine[:3, 3]
    return PlainLayer(array, matrix, **settings)


def subsample_limits(array: Any, most: int = 64) -> tuple[float, float]:
    """Return the lowest and highest finite value of at most about `most` indices per axis."""
    index = [slice(None, None, max(1, n // most)) for n in array.shape[:3]]
    values = np.asarray(array[(*index, *[0] * (len(array.shape) - 3))])
    values = values[np.isfinite(values)]
    low, high = (float(values.min()), float(values.max())) if values.size else (0.0, 1.0)
    return (low, high) if low < high else (min(low, 0.0), max(high, 1.0))
