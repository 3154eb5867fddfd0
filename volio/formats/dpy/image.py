"""DpyTractogram: tracts in a .dpy file, which is read and not written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

from volio.errors import GeometryWarning, UsageError
from volio.files.filemap import FileHolder
from volio.files.opener import open_source
from volio.formats.dpy.lines import DpyLines
from volio.images.headers.error_context import errors_name, warn_of_content
from volio.tracts.header import TractHeader
from volio.tracts.tractogram import SPACES, Tractogram

__all__ = ["DpyTractogram"]


class DpyTractogram(Tractogram):
    """Tracts in an HDF5 file of dipy (.dpy): points, in a space that the file does not state.

    Such files are read; save tracts as TRX, which dipy reads too.

    Parameters
    ----------
    *args, **kwargs
        As for `Tractogram`.

    Examples
    --------
    >>> volio.DpyTractogram.rw, volio.DpyTractogram.valid_exts
    (False, ('.dpy',))
    """

    header_class: ClassVar[type[Any]] = TractHeader
    files_types = (("image", ".dpy"),)
    rw = False

    @classmethod
    def from_file_map(cls, file_map: Mapping[str, FileHolder], *, space: str = "unknown") -> Self:
        """Load tracts from their file; lines are read when they are asked for.

        Parameters
        ----------
        file_map : mapping
        space : {"unknown", "scanner"}
            'scanner' where coordinates are known to be scanner RAS+ mm.

        Raises
        ------
        CorruptFileError
            If the data sets are not there, or are not of points and offsets.
        MissingPackageError
            If h5py is not installed.
        UsageError
            If there is no such space.

        Warns
        -----
        GeometryWarning
            If no space is given: no file states one.
        """
        if space not in SPACES:
            raise UsageError(f"space: must be one of {', '.join(SPACES)}, got {space!r}")
        source = open_source(file_map["image"])
        with errors_name(source):
            if space == "unknown":
                warn_of_content(
                    "it is not stated what the coordinates mean; space='scanner' says that they "
                    "are scanner RAS+ mm",
                    GeometryWarning,
                )
        return cls.from_source(DpyLines(source), space=space, file_map=file_map)
