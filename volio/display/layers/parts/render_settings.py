"""How voxels are interpolated, and how a volume of them becomes a picture."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from volio.display.base.choices import (
    DEPICTIONS,
    RENDERINGS,
    as_numbers,
    interpolation_2d,
    interpolation_3d,
)
from volio.display.base.settings import Setting, finite_number, one_of
from volio.display.layers.geometry.clipping import ClippingPlaneList
from volio.display.layers.geometry.planes import SlicingPlane, as_plane
from volio.display.layers.parts.part import LayerPart
from volio.errors import UsageError

__all__ = ["RenderSettings"]

Weights = NDArray[np.float32]


def kernel(name: str, value: Any) -> Weights:
    """Return weights (K, L) of float32.

    Raises
    ------
    UsageError
        If they are not finite numbers in two dimensions.
    """
    weights = as_numbers(name, value).astype(np.float32)
    if weights.ndim != 2 or not weights.size or not np.isfinite(weights).all():
        raise UsageError(
            f"{name}: must be finite numbers in two dimensions, got shape {weights.shape}"
        )
    return weights


class RenderSettings(LayerPart):
    """How slices are interpolated, and how volumes become pictures.

    Parameters
    ----------
    default_threshold : callable
        Returns `iso_threshold` until that is set.
    attenuation : float
        For rendering ``"attenuated_mip"``.
    custom_interpolation_kernel_2d : (K, L) array-like, optional
    depiction : {"volume", "plane"}
    experimental_clipping_planes : list of ClippingPlane or dict, optional
    interpolation2d, interpolation3d : str
        One of `INTERPOLATIONS`.
    iso_threshold : float, optional
    plane : SlicingPlane or dict, optional
    rendering : str
        One of `RENDERINGS`.
    """

    further_events = ("experimental_clipping_planes", "iso_threshold", "plane")

    rendering = Setting(
        one_of(*RENDERINGS), f"How a volume becomes a picture. One of {', '.join(RENDERINGS)}."
    )
    depiction = Setting(
        one_of(*DEPICTIONS),
        f"Whether the volume is shown, or a plane in it. One of {', '.join(DEPICTIONS)}.",
    )
    interpolation2d = Setting(
        interpolation_2d,
        "Interpolation of slices: one of `volio.display.INTERPOLATIONS`.",
    )
    interpolation3d = Setting(
        interpolation_3d,
        'Interpolation of volumes: as for slices, without ``"custom"``.',
    )
    custom_interpolation_kernel_2d = Setting(
        kernel, 'Weights (K, L) for interpolation2d ``"custom"``; cells are one voxel apart.'
    )
    attenuation = Setting(
        finite_number, 'How fast ``"attenuated_mip"`` loses what is deeper in the volume.'
    )

    def __init__(
        self,
        default_threshold: Callable[[], float] = lambda: 0.5,
        *,
        attenuation: float = 0.05,
        custom_interpolation_kernel_2d: ArrayLike | None = None,
        depiction: str = "volume",
        experimental_clipping_planes: Any = None,
        interpolation2d: str = "nearest",
        interpolation3d: str = "linear",
        iso_threshold: float | None = None,
        plane: Any = None,
        rendering: str = "mip",
    ) -> None:
        super().__init__()
        self.rendering = rendering
        self.depiction = depiction
        self.interpolation2d = interpolation2d
        self.interpolation3d = interpolation3d
        given = custom_interpolation_kernel_2d
        self.custom_interpolation_kernel_2d = [[1]] if given is None else given
        self.default_threshold = default_threshold
        self._iso_threshold: float | None = None
        if iso_threshold is not None:
            self.iso_threshold = iso_threshold
        self.attenuation = attenuation
        self._plane = as_plane(SlicingPlane, {"thickness": 1.0} if plane is None else plane)
        self._plane.events.connect(self._plane_moved)
        self._clipping = _as_list(experimental_clipping_planes)
        self._clipping.events.changed.connect(self._clipping_moved)

    @property
    def iso_threshold(self) -> float:
        """Value of the surface that rendering ``"iso"`` shows, in the units of the data.

        Until it is set it is the middle of `contrast_limits_range`.
        """
        return self.default_threshold() if self._iso_threshold is None else self._iso_threshold

    @iso_threshold.setter
    def iso_threshold(self, value: float) -> None:
        self._iso_threshold = finite_number("iso_threshold", value)
        self.events.iso_threshold(value=self._iso_threshold)

    @property
    def plane(self) -> SlicingPlane:
        """The plane shown if the depiction is ``"plane"``, in voxels of the axes shown."""
        return self._plane

    @plane.setter
    def plane(self, value: Any) -> None:
        new = as_plane(SlicingPlane, value)
        if new is self._plane:
            return
        self._plane.events.disconnect(self._plane_moved)
        self._plane = new
        new.events.connect(self._plane_moved)
        self._plane_moved()

    def _plane_moved(self) -> None:
        self.events.plane(value=self._plane)

    @property
    def experimental_clipping_planes(self) -> ClippingPlaneList:
        """Planes that cut the volume, in voxels; may be set by planes or dicts of their fields."""
        return self._clipping

    @experimental_clipping_planes.setter
    def experimental_clipping_planes(self, value: Any) -> None:
        new = _as_list(value)
        self._clipping.events.changed.disconnect(self._clipping_moved)
        self._clipping = new
        new.events.changed.connect(self._clipping_moved)
        self._clipping_moved()

    def _clipping_moved(self) -> None:
        self.events.experimental_clipping_planes(value=self._clipping)


def _as_list(planes: Any) -> ClippingPlaneList:
    """Return a list of clipping planes: the same one if it is one already."""
    if isinstance(planes, ClippingPlaneList):
        return planes
    return ClippingPlaneList.from_planes(planes)
