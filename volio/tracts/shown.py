"""What tracts hand to the eye and to other libraries."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from volio.tracts.handover import nibabel_tractogram
from volio.tracts.lines import Lines

__all__ = ["ShownTracts"]


class ShownTracts:
    """Pictures of tracts, and tracts of nibabel."""

    @abstractmethod
    def _compact(self) -> Lines:
        """Return the lines, one after the other in memory."""

    def to_nibabel(self) -> Any:
        """Return a ``nibabel.streamlines.Tractogram`` over the same arrays, scanner RAS+ mm."""
        return nibabel_tractogram(self._compact())

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

        return plot_tracts(self, image, **options)
