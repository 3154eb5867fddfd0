"""Files of streamlines of every format: recognised, loaded and saved."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from volio.caller import warn_caller
from volio.compat.nibabel.streamlines.tck import TckFile
from volio.compat.nibabel.streamlines.tractogram import Tractogram
from volio.compat.nibabel.streamlines.tractogram_file import ExtensionWarning, TractogramFile
from volio.compat.nibabel.streamlines.trk import TrkFile
from volio.errors import UsageError
from volio.files.names import split_compression

__all__ = ["FORMATS", "detect_format", "is_supported", "load", "save"]

FORMATS: dict[str, type[TrkFile] | type[TckFile]] = {".trk": TrkFile, ".tck": TckFile}


def is_supported(fileobj: Any) -> bool:
    """Return whether a file is of a format that can be loaded; parameters as `detect_format`."""
    return detect_format(fileobj) is not None


def detect_format(fileobj: Any) -> type[TrkFile] | type[TckFile] | None:
    """Return the class of a file, by its content or else by the ending of its name.

    Parameters
    ----------
    fileobj : str, path-like or binary file object
        An open file stays where it stands.

    Returns
    -------
    class or None
    """
    for each in FORMATS.values():
        if each.is_correct_format(fileobj):
            return each
    if not isinstance(fileobj, str | os.PathLike):
        return None
    name = split_compression(os.fspath(fileobj))[0]
    return FORMATS.get(Path(name).suffix.lower())


def load(fileobj: Any, lazy_load: bool = False) -> TrkFile | TckFile:
    """Load a file; points come in scanner RAS+ mm, voxel centres at integers.

    Parameters
    ----------
    fileobj : str, path-like or binary file object
        An open file stays where it stands, at the beginning of the header.
    lazy_load : bool, optional
        Read streamlines when they are asked for, not now.

    Raises
    ------
    UsageError
        If the format is not known.
    """
    found = detect_format(fileobj)
    if found is None:
        raise UsageError(f"{fileobj}: is not of a format of streamlines: {', '.join(FORMATS)}")
    return found.load(fileobj, lazy_load=lazy_load)


def save(
    tractogram: Tractogram | TractogramFile,
    filename: str | os.PathLike[str],
    **kwargs: Any,
) -> None:
    """Save a tractogram.

    Parameters
    ----------
    tractogram : Tractogram or TractogramFile
    filename : str or path-like
        Of a `Tractogram` the format follows from the ending.
    **kwargs
        For the class of the file: ``header``. Not for a `TractogramFile`.

    Raises
    ------
    UsageError
        If the format is not known, or a file is given with further arguments.

    Warns
    -----
    ExtensionWarning
        If the ending is that of another format than that of the file.
    """
    found = detect_format(filename)
    if isinstance(tractogram, Tractogram):
        if found is None:
            known = ", ".join(FORMATS)
            raise UsageError(f"{filename}: the ending is not that of a format: {known}")
        found(tractogram, **kwargs).save(filename)
        return
    if found is None or not isinstance(tractogram, found):
        what = type(tractogram).__name__
        warn_caller(f"{filename}: the extension is not that of a {what}", ExtensionWarning)
    if kwargs:
        raise UsageError(f"{', '.join(kwargs)}: is in the file already; give its tractogram")
    tractogram.save(filename)
