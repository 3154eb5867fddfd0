"""What a NIfTI header knows of its slices, after the image was cut, flipped or reoriented."""

from __future__ import annotations

from typing import TYPE_CHECKING

from volio.arrays.dtypes import Floats
from volio.caller import warn_caller
from volio.errors import HeaderError, LossWarning
from volio.formats.nifti1.metadata import move_afni_offsets
from volio.formats.nifti1.slice_timing import known_slice_times
from volio.space.slices import Slices, axis_after, slices_after

if TYPE_CHECKING:
    from volio.formats.nifti1.header import Nifti1Header

__all__ = ["move_slices"]


def move_slices(header: Nifti1Header, before: Nifti1Header, voxels: Floats | None) -> None:
    """Let encoding axes, slice times and the start of the volume follow the slices.

    Parameters
    ----------
    header : Nifti1Header
        Of the new image, with its shape; otherwise as `before`.
    before : Nifti1Header
    voxels : (4, 4) array or None
        Voxel indices of the new image to those of the image before; None for unknown.
    """
    shapes = (before.get_data_shape(), header.get_data_shape())
    move_afni_offsets(header, voxels, *shapes)
    axes = before.get_dim_info()
    if voxels is None or axes == (None, None, None):
        if shapes[0][:3] != shapes[1][:3]:
            _forget(header, before)
        return
    header.set_dim_info(*(None if axis is None else axis_after(voxels, axis) for axis in axes))
    if axes[2] is None:
        return
    found = slices_after(voxels, axes[2], *shapes)
    if found is None:
        _forget(header, before)
    else:
        _store_times(header, before, found)


def _store_times(header: Nifti1Header, before: Nifti1Header, found: Slices) -> None:
    if found.numbers == tuple(range(before.get_n_slices())):
        return
    times = known_slice_times(before)
    moved = [times[number] for number in found.numbers if times]
    acquired = [time for time in moved if time is not None]
    if acquired:  # the first slice that is left begins the volume now
        header["toffset"] = float(before["toffset"]) + min(acquired)
    if not acquired or len(moved) == 1:
        _clear(header)
        return
    try:
        shifted = [None if time is None else time - min(acquired) for time in moved]
        header.set_slice_times(shifted)
    except HeaderError:
        header["toffset"] = before["toffset"]
        _forget(header, before)


def _forget(header: Nifti1Header, before: Nifti1Header) -> None:
    """Make the slice times unknown, with a warning where they were known."""
    _clear(header)
    if known_slice_times(before):
        what = "no order of NIfTI gives those of the slices that are left; they are unknown"
        warn_caller(f"slice times: {what}", LossWarning)


def _clear(header: Nifti1Header) -> None:
    """Make the slice times unknown."""
    header.update({"slice_code": 0, "slice_start": 0, "slice_end": 0})
