"""The part of a layer that says how it is drawn: blending, rendering, interpolation, planes."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from volio.display.base.choices import (
    BLENDINGS,
    DEPICTIONS,
    RENDERINGS,
    Choice,
    as_number,
    as_numbers,
    interpolation_2d,
    interpolation_3d,
)
from volio.display.layers.geometry.clipping import ClippingPlaneList
from volio.display.layers.geometry.planes import SlicingPlane, as_plane
from volio.display.layers.placement import PlacedLayer
from volio.errors import UsageError

__all__ = ["DrawnLayer"]

Kernel = NDArray[np.float32]


class DrawnLayer(PlacedLayer):
    """How a layer is drawn and goes together with those below it.

    Parameters
    ----------
    blending, rendering, depiction : str
    interpolation2d, interpolation3d : str
    custom_interpolation_kernel_2d : (K, L) array-like or None
    iso_threshold : float or None
    attenuation : float
    plane : SlicingPlane, mapping or None
    experimental_clipping_planes : planes or mappings, or None
    **placed
        For `PlacedLayer`.
    """

    blending = Choice(BLENDINGS, "translucent", "How colours go together with those below.")
    rendering = Choice(RENDERINGS, "mip", "How a volume becomes a picture.")
    depiction = Choice(DEPICTIONS, "volume", "Whether the volume is shown, or a plane in it.")

    def __init__(
        self,
        data: Any,
        *,
        blending: str,
        rendering: str,
        depiction: str,
        interpolation2d: str,
        interpolation3d: str,
        custom_interpolation_kernel_2d: ArrayLike | None,
        iso_threshold: float | None,
        attenuation: float,
        plane: Any,
        experimental_clipping_planes: Any,
        **placed: Any,
    ) -> None:
        super().__init__(data, **placed)
        self.blending, self.rendering, self.depiction = blending, rendering, depiction
        self._interpolation2d = interpolation_2d(interpolation2d)
        self._interpolation3d = interpolation_3d(interpolation3d)
        self._kernel = _kernel(custom_interpolation_kernel_2d)
        self._iso_threshold = (
            None if iso_threshold is None else _number("iso_threshold", iso_threshold)
        )
        self._attenuation = _number("attenuation", attenuation)
        self._plane = as_plane(SlicingPlane, {"thickness": 1.0} if plane is None else plane)
        self._hear(self._plane)
        self._clipping = ClippingPlaneList()
        self._set_clipping(experimental_clipping_planes)

    @property
    def interpolation2d(self) -> str:
        """Interpolation of slices: one of `volio.display.INTERPOLATIONS`."""
        return self._interpolation2d

    @interpolation2d.setter
    def interpolation2d(self, value: str) -> None:
        self._interpolation2d = interpolation_2d(value)
        self.events.interpolation2d(value=self._interpolation2d)
        if len(self.dims_displayed) == 2:
            self.events.interpolation(value=self._interpolation2d)

    @property
    def interpolation3d(self) -> str:
        """Interpolation of volumes: as for slices, without ``"custom"``."""
        return self._interpolation3d

    @interpolation3d.setter
    def interpolation3d(self, value: str) -> None:
        self._interpolation3d = interpolation_3d(value)
        self.events.interpolation3d(value=self._interpolation3d)
        if len(self.dims_displayed) == 3:
            self.events.interpolation(value=self._interpolation3d)

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

    @property
    def custom_interpolation_kernel_2d(self) -> Kernel:
        """Weights (K, L) for interpolation2d ``"custom"``; cells are one voxel apart."""
        return self._kernel

    @custom_interpolation_kernel_2d.setter
    def custom_interpolation_kernel_2d(self, value: ArrayLike) -> None:
        self._kernel = _kernel(value)
        self.events.custom_interpolation_kernel_2d(value=self._kernel)

    @property
    def iso_threshold(self) -> float:
        """Value of the surface that rendering ``"iso"`` shows, in the units of the data.

        Until it is set it is the middle of `contrast_limits_range`.
        """
        return self._default_threshold() if self._iso_threshold is None else self._iso_threshold

    @iso_threshold.setter
    def iso_threshold(self, value: float) -> None:
        self._iso_threshold = _number("iso_threshold", value)
        self._thumbnail_changed()
        self.events.iso_threshold(value=self._iso_threshold)

    def _default_threshold(self) -> float:
        raise NotImplementedError

    @property
    def attenuation(self) -> float:
        """How fast ``"attenuated_mip"`` loses what lies deeper."""
        return self._attenuation

    @attenuation.setter
    def attenuation(self, value: float) -> None:
        self._attenuation = _number("attenuation", value)
        self._thumbnail_changed()
        self.events.attenuation(value=self._attenuation)

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
        self._hear(new)
        self._plane_moved()

    def _hear(self, plane: SlicingPlane) -> None:
        plane.events.connect(self._plane_moved)

    def _plane_moved(self) -> None:
        self.events.plane(value=self._plane)

    @property
    def experimental_clipping_planes(self) -> ClippingPlaneList:
        """Planes that cut the volume, in voxels; may be set by planes or dicts of their fields."""
        return self._clipping

    @experimental_clipping_planes.setter
    def experimental_clipping_planes(self, value: Any) -> None:
        self._set_clipping(value)
        self.events.experimental_clipping_planes(value=self._clipping)

    def _set_clipping(self, value: Any) -> None:
        kept = value if isinstance(value, ClippingPlaneList) else None
        self._clipping.events.changed.disconnect(self._clipping_moved)
        self._clipping = ClippingPlaneList.from_planes(value) if kept is None else kept
        self._clipping.events.changed.connect(self._clipping_moved)

    def _clipping_moved(self) -> None:
        self.events.experimental_clipping_planes(value=self._clipping)


def _kernel(kernel: ArrayLike | None) -> Kernel:
    given = as_numbers("custom_interpolation_kernel_2d", [[1]] if kernel is None else kernel)
    weights = given.astype(np.float32)
    if weights.ndim != 2 or not weights.size or not np.isfinite(weights).all():
        raise UsageError(
            "custom_interpolation_kernel_2d: must be finite numbers in two dimensions, got shape "
            f"{weights.shape}"
        )
    return weights


def _number(name: str, value: float) -> float:
    number = as_number(name, value)
    if not np.isfinite(number):
        raise UsageError(f"{name}: must be a finite number, got {value!r}")
    return number
