"""CaminoTractogram: tracts in a .Bfloat file, which is read and not written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

import numpy as np

from volio.errors import GeometryWarning, UsageError
from volio.files.filemap import FileHolder
from volio.files.opener import open_source
from volio.formats.camino.lines import CaminoLines
from volio.images.headers.error_context import errors_name, warn_of_content
from volio.space.affines import from_matvec, voxel_sizes
from volio.tracts.grid import Grid
from volio.tracts.header import TractHeader
from volio.tracts.tractogram import Tractogram

__all__ = ["CaminoTractogram"]

ORIGINS = ("scanner", "corner")


class CaminoTractogram(Tractogram):
    """Tracts in a file of Camino (.Bfloat): points, and the number of the seed among them.

    Camino writes scanner mm of the volume that it tracked in; before, it wrote mm along the axes
    of that volume, from the corner of its first voxel. Files do not say which. They are read, not
    written.

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
    rw = False

    @classmethod
    def from_file_map(
        cls,
        file_map: Mapping[str, FileHolder],
        *,
        reference: Any = None,
        origin: str | None = None,
    ) -> Self:
        """Load tracts from their file; lines are read when they are asked for.

        Parameters
        ----------
        file_map : mapping
        reference : image or (shape, affine), optional
            The volume that was tracked in.
        origin : {"scanner", "corner"}, optional
            Where coordinates are 0: in scanner RAS+ mm, or at the corner of the first voxel of
            the reference. By default they are taken as scanner mm, with a warning.

        Raises
        ------
        UsageError
            If there is no such origin, or no reference for the corner.
        CorruptFileError, TruncatedFileError
            If these are not lines, or they are not complete; when they are read.

        Warns
        -----
        GeometryWarning
            If there is no origin: points are what the file has, in an unknown space.
        """
        if origin not in (None, *ORIGINS):
            raise UsageError(f"origin: must be one of {', '.join(ORIGINS)}, got {origin!r}")
        source = open_source(file_map["image"])
        grid = None if reference is None else Grid.of(reference)
        affine = None
        if origin == "corner":
            if grid is None:
                raise UsageError(
                    "origin='corner': needs the volume that was tracked in: reference=image"
                )
            to_voxels = from_matvec(np.diag(1 / voxel_sizes(grid.affine)), [-0.5] * 3)
            affine = grid.affine @ to_voxels
        if origin is None:
            with errors_name(source):
                warn_of_content(
                    "origin: the file does not say what coordinates mean; they are taken as "
                    "scanner RAS+ mm, as Camino writes them now. origin='scanner' says so, "
                    "origin='corner' with reference=image that they are those of its early "
                    "releases",
                    GeometryWarning,
                )
        return cls.from_source(
            CaminoLines(source, affine),
            reference=grid,
            space="unknown" if origin is None else "scanner",
            file_map=file_map,
        )
