"""The attributes of layers that pictures read, for plain images too."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from volio.display.base.image_levels import image_levels
from volio.display.base.inputs import array_of
from volio.display.base.level_grids import LevelGrids
from volio.errors import ImageDataError

__all__ = ["PlainLayer", "Shown", "as_shown"]

Matrix = NDArray[np.float64]


class Shown(Protocol):
    """The attributes of a layer that sampling and projection read."""

    @property
    def data(self) -> Any:
        """The array, or a list of levels if multiscale."""

    @property
    def multiscale(self) -> bool:
        """Whether `data` is a list of levels, finest first."""

    @property
    def level_grids(self) -> LevelGrids:
        """Positions of the voxels of all levels, in those of the finest."""

    @property
    def locked_data_level(self) -> int | None:
        """The level that is shown in any view; None for the one that fits."""

    @property
    def rgb(self) -> bool:
        """Whether voxels are colours."""

    @property
    def ndim(self) -> int:
        """Number of axes n, without one of colours."""

    @property
    def visible(self) -> bool:
        """Whether it is drawn."""

    @property
    def data_to_world_matrix(self) -> Matrix:
        """From voxels to the world, shape (n + 1, n + 1)."""

    @property
    def dims_displayed(self) -> tuple[int, ...]:
        """The axes shown."""

    @property
    def dims_point(self) -> Matrix:
        """The point (n,) whose slice is shown, world."""

    @property
    def contrast_limits(self) -> Sequence[float]:
        """Values of the first and the last colour."""

    @property
    def hidden_values(self) -> tuple[float, float] | None:
        """Values between the two are not shown; None for all."""

    @property
    def gamma(self) -> float:
        """Exponent between limits and colours."""

    @property
    def colormap(self) -> Any:
        """The colour map; None for gray."""

    @property
    def opacity(self) -> float:
        """From 0 to 1."""

    @property
    def blending(self) -> str:
        """How colours go together with those below."""

    @property
    def rendering(self) -> str:
        """How a volume becomes a picture."""

    @property
    def iso_threshold(self) -> float:
        """Value of the surface of ``"iso"``."""

    @property
    def attenuation(self) -> float:
        """How fast ``"attenuated_mip"`` loses what is deeper."""

    @property
    def depiction(self) -> str:
        """Whether the volume is shown, or a plane in it."""

    @property
    def plane(self) -> Any:
        """The plane of the depiction ``"plane"``."""

    @property
    def experimental_clipping_planes(self) -> Iterable[Any]:
        """Planes that cut the volume."""

    @property
    def interpolation2d(self) -> str:
        """Interpolation of slices."""

    @property
    def interpolation3d(self) -> str:
        """Interpolation of volumes."""

    @property
    def custom_interpolation_kernel_2d(self) -> NDArray[Any]:
        """Weights of the interpolation ``"custom"``."""


@dataclass
class PlainLayer:
    """An array and its affine, with the settings of a new layer.

    Parameters
    ----------
    data : array-like
        Lazy ones stay lazy.
    data_to_world_matrix : ndarray, shape (n + 1, n + 1)
        From voxels to the world.
    contrast_limits : (low, high)
        Empty where nobody has asked for them: drawing finds them.
    others
        As in `ImageLayer`.
    """

    data: Any
    data_to_world_matrix: Matrix
    contrast_limits: Sequence[float] = ()
    hidden_values: tuple[float, float] | None = None
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
    level_matrices: Sequence[Matrix] | None = None
    locked_data_level: int | None = None

    def __post_init__(self) -> None:
        self.dims_point = self.data_to_world_matrix[:-1, -1].copy()
        levels = self.data if self.multiscale else [self.data]
        shapes = [level.shape[: self.ndim] for level in levels]
        self.level_grids = LevelGrids.of(shapes, self.level_matrices)

    @property
    def finest(self) -> Any:
        """The array with the most voxels."""
        return self.data[0] if self.multiscale else self.data

    @property
    def ndim(self) -> int:
        """Number of axes, without one of colours."""
        return _axes_without_colour(self.finest, self.rgb)


def _axes_without_colour(array: Any, rgb: bool) -> int:
    has_colour_axis = rgb and not array.dtype.names
    return len(array.shape) - has_colour_axis


def as_shown(image: Any, **settings: Any) -> Any:
    """Return a layer for a layer, an image or an array.

    Parameters
    ----------
    image : layer, SpatialImage or array-like
        Of an array the world is the voxels.
    **settings
        Of `PlainLayer`, for what is not a layer.

    Returns
    -------
    Shown

    Raises
    ------
    ImageDataError
        If it has fewer than three axes, or complex voxels.
    """
    for layer in (image, getattr(image, "layer", None)):
        if hasattr(layer, "data_to_world_matrix"):
            return layer
    array = array_of(getattr(image, "dataobj", image))
    if hasattr(image, "dataobj"):
        settings = _levels_of(image) | settings
    settings.setdefault("rgb", bool(array.dtype.names))
    ndim = _axes_without_colour(array, settings["rgb"])
    if ndim < 3:
        raise ImageDataError(f"an image of three axes or more is needed, got shape {array.shape}")
    if array.dtype.kind == "c":
        raise ImageDataError("voxels are complex: show np.abs(array), say")
    data = settings.pop("data", array)
    return PlainLayer(data, _matrix(getattr(image, "affine", None), ndim), **settings)


def _levels_of(image: Any) -> dict[str, Any]:
    """Return the settings of a layer for an image of several levels; none for others."""
    levels = image_levels(image)
    if not levels.multiscale:
        return {}
    return {"data": levels.data, **levels.settings}


def _matrix(affine: Matrix | None, ndim: int) -> Matrix:
    """Return the affine of all axes: later ones have steps of 1."""
    matrix = np.eye(ndim + 1)
    if affine is not None:
        matrix[:3, :3] = affine[:3, :3]
        matrix[:3, -1] = affine[:3, 3]
    return matrix
