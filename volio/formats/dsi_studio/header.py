"""DsiStudioHeader: what a file of DSI Studio says besides its voxels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from volio.arrays.dtypes import DType
from volio.images.headers.format import FormatHeader
from volio.images.headers.metadata import Metadata
from volio.images.headers.volume_metadata import (
    HeaderVolume,
    count_volumes,
    metadata_of_volumes,
)
from volio.space.affines import check_affine

__all__ = ["DsiStudioHeader"]


class DsiStudioHeader(FormatHeader):
    """The header of a volume of DSI Studio: shape, dtype, affine, the names of volumes, texts.

    Attributes
    ----------
    names : tuple of str
        Of the volumes, as the file has them: ``fa0``, ``index0``, ``image12``.
    report : str
        How the data were acquired and processed, in words.
    matrices : tuple of str
        Names of all matrices in the file; `DsiStudioImage.matrix` reads one.

    Examples
    --------
    >>> header = volio.DsiStudioHeader()
    >>> header.names, header.report
    ((), '')
    """

    data_layout = "F"

    def __init__(self) -> None:
        self.names: tuple[str, ...] = ()
        self.report = ""
        self.matrices: tuple[str, ...] = ()
        self._affine: NDArray[np.float64] | None = None

    @classmethod
    def supported_dtypes(cls) -> list[DType]:
        """Return the dtypes that volumes can have."""
        return [np.dtype(kind) for kind in ("u1", "i2", "u2", "i4", "u8", "f4", "f8")]

    @property
    def affine(self) -> NDArray[np.float64]:
        """Voxel indices to scanner RAS+ mm, shape (4, 4)."""
        return self.get_base_affine() if self._affine is None else self._affine.copy()

    def set_affine(self, affine: ArrayLike) -> None:
        """Set the affine, voxel indices to scanner RAS+ mm, and the voxel sizes with it."""
        self._affine = check_affine(affine)
        super().set_affine(self._affine)

    def metadata(self) -> Metadata:
        """Return the names of the volumes, and the report."""
        has_all = len(self.names) == count_volumes(self.shape)
        return Metadata(labels=self.names if has_all else (), history=self.report)

    def set_metadata(self, metadata: Metadata) -> None:
        """Set the names of the volumes, and the report."""
        self.names = metadata.labels
        self.report = metadata.history

    def select_volumes(self, volumes: Sequence[HeaderVolume]) -> None:
        """Copy the names of volumes from other headers."""
        self.names = metadata_of_volumes(volumes).labels
