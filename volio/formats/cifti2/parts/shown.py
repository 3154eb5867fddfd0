"""What a CIFTI-2 image shows of itself: both hemispheres in one sheet."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from volio.errors import UsageError
from volio.formats.cifti2.parts.surface_part import CiftiSurface

__all__ = ["ShownGreyordinates"]

HEMISPHERES = ("cortex_left", "cortex_right")


class ShownGreyordinates:
    """Pictures of a matrix on the cortex."""

    @abstractmethod
    def sel(self, *, maps: Any = None) -> Self:
        """Return the image of some maps."""

    @abstractmethod
    def on_surface(self, structure: str) -> CiftiSurface:
        """Return the part on the surface of a structure."""

    def plot(self, surfaces: Any, map: int | str = 0, **options: Any) -> NDArray[np.uint8]:
        """Draw one map on both hemispheres, in one sheet with one colour bar.

        Parameters
        ----------
        surfaces : (Surface or path, Surface or path)
            The meshes of the left and the right cortex; None for one that is not drawn.
        map : int or str, optional
            Number or name of a map, or number of a point in time.
        **options
            Of `volio.display.plot_surface`: ``views``, ``cmap``, ``vmin``, ``vmax``,
            ``threshold``, ``background``, ``size``, ``output_file``, ...

        Returns
        -------
        (rows, columns, 4) uint8 array
            RGBA.

        Raises
        ------
        UsageError
            If there is no such map, surface or option.
        ImageDataError
            If a mesh has another number of vertices.
        """
        from volio.display.pictures.surfaces import plot_surface  # a door upwards

        if len(surfaces) != 2:
            raise UsageError(f"surfaces: a left and a right one, got {len(surfaces)}")
        one = self.sel(maps=map)
        drawn = [
            None if mesh is None else one.on_surface(structure).on(mesh)
            for structure, mesh in zip(HEMISPHERES, surfaces, strict=True)
        ]
        names = [None if surface is None else list(surface.data)[-1] for surface in drawn]
        return plot_surface(*drawn, values=tuple(names), **options)
