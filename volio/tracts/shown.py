"""What tracts hand to the eye and to other libraries."""

from __future__ import annotations

from abc import abstractmethod
from os import PathLike
from typing import Any

import numpy as np
from numpy.typing import NDArray

from volio.errors import UsageError
from volio.extras import need
from volio.tracts.lines import Lines

__all__ = ["ShownTracts"]

Array = NDArray[Any]


class ShownTracts:
    """Pictures and pages of tracts, and tracts of nibabel."""

    @abstractmethod
    def _compact(self) -> Lines:
        """Return the lines, one after the other in memory."""

    def to_nibabel(self) -> Any:
        """Return a ``nibabel.streamlines.Tractogram`` over the same arrays, scanner RAS+ mm."""
        return _nibabel_tractogram(self._compact())

    def plot(self, image: Any = None, **options: Any) -> NDArray[np.uint8]:
        """Draw the lines from the side, from behind and from above, over planes of an image.

        Parameters
        ----------
        image : SpatialImage, or path of one, optional
            Its planes through the middle of the tracts are below all lines.
        **options
            Of `volio.display.plot_tracts`: ``views``, ``lines``, ``colour`` ("direction", "group",
            the name of values, a colour), ``size``, ``linewidth``, ``output_file``, ...

        Returns
        -------
        (rows, columns, 4) uint8 array
            RGBA.

        Raises
        ------
        UsageError
            If there are no lines, no such values, or an option is outside what it may be.

        Examples
        --------
        >>> tracts = volio.Tractogram([[0, 0, 0], [0, 30, 4], [1, 40, 9]])
        >>> picture = tracts.plot(views="x", size=80, output_file="tracts.png")
        """
        from volio.display.pictures.tracts import plot_tracts

        return plot_tracts(self, image, **options)  # type: ignore[arg-type]  # a part of tracts

    def to_html(
        self, path: str | PathLike[str] | None = None, image: Any = None, **options: Any
    ) -> str | None:
        """Make one HTML page of the tracts, which any browser of 2023 or later shows offline.

        It turns with the mouse, fingers and keys, and shows number, value and position of the line
        that is pointed at.

        Parameters
        ----------
        path : str or path, optional
            Name of the page; without one its text is returned.
        image : SpatialImage, or path of one, optional
            Its sagittal, coronal and axial plane are among the lines; each can be hidden.
        cut_coords : (3,) array-like, optional
            The point of the planes, RAS+ mm (default: the middle of the tracts).
        lines : int or None
            Most lines of the page, chosen at random (default 20,000); None for all. The page says
            how many there are.
        colour : str
            What lines are coloured by at first: "direction" (red is left to right, green back to
            front, blue up), "group", or the name of values.
        values : sequence of str, optional
            Names of values per line and per point that can be chosen (default: all per line).
        cmap : str or anything `volio.display.as_colormap` takes
        vmin, vmax : float, optional
            Values of the first and the last colour (default: found in each).
        view : {"left", "right", "anterior", "posterior", "dorsal", "ventral"}
        black_bg : bool
        seed : int
            Of the choice of lines.
        limit : int or None
            Bytes that the page may have (default 2,000,000). Where all takes more, positions are
            rounded, to a 4096th of the longest side; where that does not do, every second, third,
            ... point of the lines is left out, and at last lines. The page says so.
        title : str, optional
            Default: the name of the file.

        Returns
        -------
        str or None
            The text of the page, if there is no `path`.

        Raises
        ------
        UsageError
            If there are no such values, the limit is too small, or an option is outside what it may
            be.
        ImageDataError
            If there are no lines.

        Examples
        --------
        >>> tracts = volio.Tractogram([[0, 0, 0], [0, 3, 4], [1, 1, 1], [2, 5, 1]], [2, 2])
        >>> tracts.to_html("lines.html", view="dorsal")
        """
        from volio.display.page.tract_html import tract_page

        point = options.pop("cut_coords", None)
        if image is None:
            if point is not None:
                raise UsageError("cut_coords: is the place of an image's planes; give image=")
            return tract_page(self, path, **options)
        from volio.display.pictures.image_planes import planes_for_tracts

        planes = planes_for_tracts(self, image, point, options.get("black_bg", True))
        return tract_page(self, path, planes=planes, **options)


def _nibabel_tractogram(lines: Lines) -> Any:
    """Return lines as a ``nibabel.streamlines.Tractogram``, over the same arrays.

    Parameters
    ----------
    lines : Lines

    Raises
    ------
    MissingPackageError
        If nibabel is not installed.
    """
    streamlines = need("nibabel.streamlines", "bench")
    sequence = _sequence(streamlines, lines.points, lines)
    return streamlines.Tractogram(
        sequence,
        {name: _columns(values) for name, values in lines.per_line.items()},
        {
            name: _sequence(streamlines, _columns(values), lines)
            for name, values in lines.per_point.items()
        },
        np.eye(4),
    )


def _columns(values: Array) -> Array:
    return values[:, np.newaxis] if values.ndim == 1 else values


def _sequence(streamlines: Any, rows: Array, lines: Lines) -> Any:
    """Return rows as a sequence of arrays, one for each line."""
    made = streamlines.ArraySequence()
    made._data = rows
    made._offsets = lines.starts
    made._lengths = lines.lengths
    return made
