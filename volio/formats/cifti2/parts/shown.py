"""What CIFTI-2 images show of themselves: pictures and pages."""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["ShownGreyordinates"]


class ShownGreyordinates:
    """Pictures and pages of greyordinates."""

    def plot(self, surfaces: Any, map: int | str = 0, **options: Any) -> NDArray[np.uint8]:
        """Draw a map on the surfaces of both hemispheres, in one sheet.

        Parameters
        ----------
        surfaces : (left, right), or one of them
            Surfaces, or paths of these; a CIFTI-2 file has none.
        map : int or str
            Number of a row, or the name of a map. Only this row is read.
        **options
            Of `volio.display.plot_surface`: ``views``, ``background``, ``cmap``, ``threshold``,
            ``size``, ``output_file``, ... The title is the name of the map unless another is given.

        Returns
        -------
        (rows, columns, 4) uint8 array
            RGBA. The medial wall shows the background.

        Raises
        ------
        UsageError
            If there is no such map, or the image has no vertices of a surface.
        ImageDataError
            If a surface has another number of vertices.

        Examples
        --------
        >>> corners = [[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]]
        >>> sides = [[0, 2, 1], [0, 1, 3], [0, 3, 2], [1, 2, 3]]
        >>> left = volio.Surface(corners, sides, structure="cortex_left")
        >>> models = volio.formats.cifti2.BrainModelAxis.from_surface([0, 2, 3], 4, "cortex_left")
        >>> names = volio.formats.cifti2.ScalarAxis(["myelin", "thickness"])
        >>> img = volio.Cifti2Image(np.arange(6.0).reshape(2, 3), (names, models))
        >>> img.plot(left, map="thickness", size=60).dtype.name
        'uint8'
        """
        from volio.display.pictures.greyordinates import plot_greyordinates

        return plot_greyordinates(self, surfaces, map, **options)

    def to_html(
        self,
        surfaces: Any,
        path: str | PathLike[str] | None = None,
        maps: Sequence[int | str] | None = None,
        **options: Any,
    ) -> str | None:
        """Make one HTML page of maps on the surfaces of both hemispheres, which turn.

        Parameters
        ----------
        surfaces : (left, right), or one of them
            Surfaces, or paths of these; a CIFTI-2 file has none.
        path : str or path, optional
            Name of the page; without one its text is returned.
        maps : sequence of int or str, optional
            Numbers of rows, or names of maps (default: all maps; the first point of a series, or
            the first row of a connectivity). Only these rows are read.
        **options
            Of `volio.display.surface_page`: ``map`` (which is shown first), ``background``,
            ``cmap``, ``threshold``, ``limit`` (bytes), ``title``, ...

        Returns
        -------
        str or None
            The text of the page, if there is no `path`.

        Raises
        ------
        UsageError
            If there is no such map, or the image has no vertices of a surface.
        ImageDataError
            If a surface has another number of vertices.

        Examples
        --------
        >>> corners = [[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]]
        >>> sides = [[0, 2, 1], [0, 1, 3], [0, 3, 2], [1, 2, 3]]
        >>> left = volio.Surface(corners, sides, structure="cortex_left")
        >>> models = volio.formats.cifti2.BrainModelAxis.from_surface([0, 2, 3], 4, "cortex_left")
        >>> names = volio.formats.cifti2.ScalarAxis(["myelin", "thickness"])
        >>> img = volio.Cifti2Image(np.arange(6.0).reshape(2, 3), (names, models))
        >>> img.to_html(left, "maps.html")
        """
        from volio.display.page.greyordinate_html import greyordinate_page

        return greyordinate_page(self, surfaces, path, maps, **options)
