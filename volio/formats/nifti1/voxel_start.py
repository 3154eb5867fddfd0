"""Where the voxels of a single file begin, if its header leaves it open or cannot be right."""

from __future__ import annotations

from math import prod
from typing import Any

from volio.caller import warn_caller
from volio.errors import HeaderDataError, VolioWarning
from volio.files.sources.source import ByteSource

__all__ = ["place_voxels"]


def place_voxels(header: Any, source: ByteSource) -> None:
    """Set the offset of a header, where it is that of the end of the fields or none.

    Parameters
    ----------
    header : Nifti1Header
    source : ByteSource
        The file with the voxels, decompressed.

    Raises
    ------
    HeaderDataError
        If the size of a single file contradicts the offset that it states.

    Warns
    -----
    VolioWarning
        If the voxels of a single file are not where the format has them.
    """
    if not header.is_single or header.unpacked["vox_offset"] not in (0, header.sizeof_hdr):
        return
    start = _voxel_start(header, source)
    header["vox_offset"] = start
    if start == header.sizeof_hdr:
        header._extender = b""  # what was read as such are voxels


def _voxel_start(header: Any, source: ByteSource) -> int:
    """Return the byte from which on the voxels fill a single file to its end.

    Parameters
    ----------
    header : Nifti1Header
        Of a single file. It states the offset 0, or that of the end of the fields.
    source : ByteSource
        The whole file, decompressed.

    Returns
    -------
    int
        The end of the fields, or four bytes after it; 0, which means the latter, where that is
        stated and the size of the file does not contradict.

    Raises
    ------
    HeaderDataError
        If the end of the fields is stated, and the voxels fill the file from neither byte on.

    Warns
    -----
    VolioWarning
        If the voxels are not where the format has them.
    """
    stated = int(header.unpacked["vox_offset"])
    nbytes = prod(max(1, length) for length in header.shape) * header.dtype.itemsize
    after_fields: int = header.sizeof_hdr
    after_flag: int = header.single_vox_offset
    if _ends_at(source, after_fields + nbytes):
        start = after_fields
    elif stated == 0:
        return stated
    elif _ends_at(source, after_flag + nbytes):
        start = after_flag
    else:
        raise HeaderDataError(
            f"vox_offset: must be {after_flag} or more in a single file, got {stated}, and the "
            "size of the file leaves the place of the voxels open"
        )
    warn_caller(
        f"{source.name}: vox_offset: states {stated}; by the size of the file the voxels begin "
        f"at byte {start}",
        VolioWarning,
    )
    return start


def _ends_at(source: ByteSource, stop: int) -> bool:
    """Return whether a source has so many bytes."""
    return len(source.read_upto(stop - 1, 2)) == 1
