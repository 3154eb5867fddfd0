"""What tracts show of themselves: pages."""

from __future__ import annotations

from os import PathLike
from typing import Any

__all__ = ["ShownTracts"]


class ShownTracts:
    """Pages of tracts."""

    def to_html(self, path: str | PathLike[str] | None = None, **options: Any) -> str | None:
        """Make one HTML page of the tracts, which any browser of 2023 or later shows offline.

        It turns with the mouse, fingers and keys, and tells number, value and position of the line
        that is pointed at.

        Parameters
        ----------
        path : str or path, optional
            Name of the page; without one its text is returned.
        lines : int or None
            Most lines of the page, chosen at random (default 20,000); None for all. The page says
            how many there are.
        colour : str
            What lines are coloured by at first: "direction" (red is left to right, green back to
            front, blue up), or the name of values.
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

        return tract_page(self, path, **options)
