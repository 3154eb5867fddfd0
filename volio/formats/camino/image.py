"""CaminoTractogram: tracts in a .Bfloat file, which is read and not written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

import numpy as np

from volio.errors import GeometryWarning
from volio.files.filemap import FileHolder
from volio.files.opener import open_source
from volio.formats.camino.lines import CaminoLines
from volio.images.headers.error_context import errors_name, warn_of_content
from volio.space.affines import from_matvec, voxel_sizes
from volio.tracts.grid import Grid
from volio.tracts.header import TractHeader
from volio.tracts.tractogram import Tractogram

__all__ = ["CaminoTractogram"]


class CaminoTractogram(Tractogram):
    """Tracts in a file of Camino (.Bfloat): points, and the number of the seed among them.

    Coordinates are mm along the axes of a volume, from the corner of its first voxel: where that
    is, only the volume says. Such files are read, not written.

    Parameters
    ----------
    *args, **kwargs
        As for `Tractogram`.

    Examples
    --------
    >>> volio.CaminoTractogram.rw, volio.CaminoTractogram.valid_exts
    (False, ('.Bfloat',))
    """

    header_class: ClassVar[type[Any]] = TractHeader
    files_types = (("image", ".Bfloat"),)
    valid_exts = (".Bfloat",)
    rw = False

    @classmethod
    def from_file_map(cls, file_map: Mapping[str, FileHolder], *, reference: Any = None) -> Self:
        """Load tracts from their file; lines are read when they are asked for.

        Parameters
        ----------
        file_map : mapping
        reference : image or (shape, affine), optional
            The volume that was tracked in.

        Raises
        ------
        CorruptFileError, TruncatedFileError
            If these are not lines, or they are not complete; when they are read.

        Warns
        -----
        GeometryWarning
            If there is no reference: points are what the file has, in an unknown space.
        """
        source = open_source(file_map["image"])
        grid = None if reference is None else Grid.of(reference)
        affine = None
        if grid is not None:
            to_voxels = from_matvec(np.diag(1 / voxel_sizes(grid.affine)), [-0.5] * 3)
            affine = grid.affine @ to_voxels
        with errors_name(source):
            if grid is None:
                warn_of_content(
                    "coordinates are counted from the corner of a volume that is not known; "
                    "reference=image says where it is",
                    GeometryWarning,
                )
        return cls.from_source(
            CaminoLines(source, affine),
            reference=grid,
            space="unknown" if grid is None else "scanner",
            file_map=file_map,
        )
