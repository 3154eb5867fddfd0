"""Where the voxels of a file begin, if its header leaves it open or cannot be right."""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate
from math import prod
from typing import Any

from volio.caller import warn_caller
from volio.errors import HeaderDataError, VolioWarning
from volio.files.sources.source import ByteSource

__all__ = ["place_voxels"]


def place_voxels(header: Any, source: ByteSource) -> None:
    """Set the offset of a header, where the size of the file contradicts or decides it.

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
        If the voxels of a single file are not where the format has them, or those of a pair fill
        their file from its beginning.
    """
    stated = header.unpacked["vox_offset"]
    if not header.is_single:
        if stated and _ends_at(source, _bytes_of_voxels(header)):
            _warn(source, stated, 0)
            header["vox_offset"] = 0
        return
    if stated not in (0, header.sizeof_hdr):
        return
    start = _voxel_start(header, source)
    header["vox_offset"] = start
    if start == header.sizeof_hdr:
        header._extender = b""  # what was read as such are voxels
    if not stated:
        before = bisect_right(_ends_of_extensions(header), start)
        del header.extensions[before:]  # voxels that were read as such, too


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
        The end of the fields, four bytes after it, or the end of an extension; 0, which means
        the second, where that is stated and the size of the file does not contradict.

    Raises
    ------
    HeaderDataError
        If the voxels fill the file from none of these bytes on, and the offset that is stated
        cannot be right.

    Warns
    -----
    VolioWarning
        If the voxels are not where the format has them.
    """
    stated = int(header.unpacked["vox_offset"])
    nbytes = _bytes_of_voxels(header)
    after_flag: int = header.single_vox_offset
    starts = [header.sizeof_hdr, after_flag, *_ends_of_extensions(header)]
    if stated == 0 and not header.extensions:
        starts.remove(after_flag)  # which is what 0 means
    start = next((start for start in starts if _ends_at(source, start + nbytes)), None)
    if start is None and len(starts) == 1:
        return stated
    if start is None:
        raise HeaderDataError(
            f"vox_offset: must be {after_flag} or more in a single file, got {stated}, and the "
            "size of the file leaves the place of the voxels open"
        )
    _warn(source, stated, start)
    return int(start)


def _ends_of_extensions(header: Any) -> list[int]:
    """Return the byte after each extension, as they are in the file."""
    sizes = [8 + len(extension.content) for extension in header.extensions]
    return [header.single_vox_offset + end for end in accumulate(sizes)]


def _bytes_of_voxels(header: Any) -> int:
    lengths = [max(1, length) for length in header.shape]
    return int(prod(lengths) * header.dtype.itemsize)


def _warn(source: ByteSource, stated: float, start: int) -> None:
    warn_caller(
        f"{source.name}: vox_offset: states {stated:g}; by the size of the file the voxels begin "
        f"at byte {start}",
        VolioWarning,
    )


def _ends_at(source: ByteSource, stop: int) -> bool:
    """Return whether a source has so many bytes."""
    size = source.size()
    if size is not None:
        return size == stop
    return stop <= source.most() and len(source.read_upto(stop - 1, 2)) == 1
