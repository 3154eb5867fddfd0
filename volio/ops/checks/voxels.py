"""Issues of voxels: values that are not numbers, all the same, or may have wrapped round."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from volio.arrays.slabs import iterate_slabs
from volio.errors import TruncatedFileError, VolioError
from volio.ops.checks.issue import Issue
from volio.ops.stats import VoxelStatistics, describe_voxels

__all__ = ["voxel_issues"]

# An unscaled int16 image that comes so near to both ends has probably been unsigned.
NEAR_END = 32000


def voxel_issues(img: Any) -> Iterator[Issue]:
    """Read all voxels (which also verifies checksums) and look at their values."""
    try:
        data = img.dataobj
        if data.dtype.kind not in "biufc":
            np.asanyarray(data)
            return
        found = describe_voxels(img, percentiles=())
        _read_coarse_levels(img)
    except VolioError as error:
        what = "cut short" if isinstance(error, TruncatedFileError) else "damaged"
        yield Issue("error", "file", f"is {what}: {error}", "get the file again")
        return
    yield from _value_issues(found)
    if _may_have_wrapped(img, found):
        yield Issue(
            "suspicious",
            "voxels",
            f"int16 values reach from {found.minimum} to {found.maximum}: unsigned ones may have "
            "wrapped round",
            "look whether bright voxels turn dark",
        )


def _read_coarse_levels(img: Any) -> None:
    """Read the other resolutions of an image, if it has any, which shows damage there."""
    for level in getattr(img, "levels", ())[1:]:
        for _ in iterate_slabs(level.dataobj):
            pass


def _value_issues(found: VoxelStatistics) -> Iterator[Issue]:
    for count, what in ((found.nan, "NaN"), (found.infinite, "infinite")):
        if count:
            share = 100 * count / found.count
            counted = f"{count} of {found.count} ({share:.2g} %) are {what}"
            yield Issue("suspicious", "voxels", counted, "many programs expect 0 outside the brain")
    if found.count and found.nonzero == 0 and not found.nan:
        yield Issue("suspicious", "voxels", "are all 0")
    elif found.count > 1 and found.minimum == found.maximum:
        yield Issue("suspicious", "voxels", f"are all {found.minimum:g}")


def _may_have_wrapped(img: Any, found: VoxelStatistics) -> bool:
    unscaled = img.dataobj.dtype == np.int16
    return unscaled and found.minimum < -NEAR_END and found.maximum > NEAR_END
