"""Where the voxels of a single file begin, if its header leaves it open or cannot be right."""

from __future__ import annotations

from math import prod
from typing import Any, Self

from volio.caller import warn_caller
from volio.errors import HeaderDataError, VolioWarning
from volio.files.sources.source import ByteSource
from volio.images.headers.binary import BinaryHeader

__all__ = ["PlacedHeader"]


class PlacedHeader(BinaryHeader):
    """A header that, read from a single file, may leave it open where the voxels begin."""

    __hash__ = None

    @classmethod
    def from_source(cls, source: ByteSource) -> Self:
        """Read the header at the beginning of a file, and find where its voxels begin.

        Raises
        ------
        HeaderDataError
            If it makes no sense, or the size of the file contradicts the offset that it states.

        Warns
        -----
        VolioWarning
            If the voxels of a single file are not where the format has them.
        """
        header = super().from_source(source)
        _place_voxels(header, source)
        return header


def _place_voxels(header: Any, source: ByteSource) -> None:
    """Set the offset, where it is that of the end of the fields or none."""
    if not header.is_single or header.plain["vox_offset"] not in (0, header.sizeof_hdr):
        return
    start = find_voxel_start(header, source)
    header["vox_offset"] = start
    if start == header.sizeof_hdr:
        header._extender = b""  # what was read as such are voxels


def find_voxel_start(header: Any, source: ByteSource) -> int:
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
    stated = int(header.plain["vox_offset"])
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
