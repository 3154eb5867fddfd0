"""The settings that layers are made with, as editors and type checkers see them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

from numpy.typing import ArrayLike

from volio.display.colour.colormaps import Colormap
from volio.display.layers.geometry.affine import Affine
from volio.display.layers.geometry.clipping import ClippingPlaneList
from volio.display.layers.geometry.planes import SlicingPlane

__all__ = ["ImageSettings", "SurfaceSettings"]


class ImageSettings(TypedDict, total=False):
    """Keywords of `ImageLayer`; their defaults are those of its parts."""

    affine: ArrayLike | Affine | None
    attenuation: float
    auto_contrast: bool
    axis_labels: Sequence[str] | None
    blending: str
    cache: bool
    colormap: str | Colormap | tuple[str, Any] | Mapping[str, Any] | ArrayLike
    contrast_limits: Sequence[float] | None
    contrast_rule: str
    custom_interpolation_kernel_2d: ArrayLike | None
    depiction: str
    experimental_clipping_planes: ClippingPlaneList | Sequence[Any] | Mapping[str, Any] | None
    gamma: float
    interpolation2d: str
    interpolation3d: str
    iso_threshold: float | None
    level_matrices: Sequence[ArrayLike] | None
    locked_data_level: int | None
    metadata: Mapping[str, Any] | None
    multiscale: bool | None
    name: str | None
    opacity: float
    plane: SlicingPlane | Mapping[str, Any] | None
    projection_mode: str
    rendering: str
    rgb: bool | str | None
    rotate: ArrayLike | None
    scale: ArrayLike | None
    shear: ArrayLike | None
    translate: ArrayLike | None
    units: str | Sequence[str] | None
    visible: bool


class SurfaceSettings(TypedDict, total=False):
    """Keywords of `SurfaceLayer`; their defaults are those of its parts."""

    affine: ArrayLike | Affine | None
    auto_contrast: bool
    axis_labels: Sequence[str] | None
    blending: str
    colormap: str | Colormap | tuple[str, Any] | Mapping[str, Any] | ArrayLike
    contrast_limits: Sequence[float] | None
    contrast_rule: str
    gamma: float
    metadata: Mapping[str, Any] | None
    name: str | None
    normals: Mapping[str, Any] | None
    opacity: float
    rotate: ArrayLike | None
    scale: ArrayLike | None
    shading: str
    shear: ArrayLike | None
    translate: ArrayLike | None
    units: str | Sequence[str] | None
    vertex_colors: ArrayLike | None
    visible: bool
    wireframe: Mapping[str, Any] | None
