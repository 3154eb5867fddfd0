"""Skeleton volumes (.vsk): the smallest complete format, made up, to start a new one from.

Source: this module; a real one names the definition of the format here.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from volio.arrays.dtypes import dtype_table
from volio.images.headers.binary import BinaryHeader
from volio.images.headers.checks import (
    Check,
    Problem,
    finite_check,
    known_code_check,
    not_negative_check,
    value_check,
)
from volio.images.headers.record import record_layout
from volio.images.headers.shape_checks import check_shape, check_zooms
from volio.images.slab import SlabImage
from volio.space.affines import check_affine, voxel_sizes, with_voxel_sizes

__all__ = ["HEADER", "SkeletonHeader", "SkeletonImage", "data_type_codes"]

HEADER = record_layout("""
S4      magic # "VSK1"
<i4     type  # kind of voxel
<i4     axes  # number of axes, 1 to 4
<i4*4   dims  # their lengths
<f8     step  # size of a voxel along the fourth axis, seconds
<f8*3*4 rows  # rows of the affine, voxels to RAS+ mm
""")

#: Kinds of voxels: code, name, dtype.
data_type_codes = dtype_table("""
1 | uint8   | uint8
2 | int16   | int16
3 | float32 | f4
""")


def _axes_problem(header: SkeletonHeader) -> Problem:
    axes = int(header["axes"])
    return None if 1 <= axes <= 4 else f"must be 1 to 4, got {axes}"


class SkeletonHeader(BinaryHeader):
    """The header of a skeleton volume.

    Parameters
    ----------
    binaryblock : bytes, optional
        The bytes of the header (default: a default one).
    endianness : str, optional
        Byte order: there is none but '<'.
    check : bool
        Check the fields.

    Raises
    ------
    HeaderDataError
        If the fields make no sense together.
    """

    layout = HEADER
    byte_orders = ("<",)
    offset = HEADER.itemsize
    data_types = data_type_codes
    type_field = "type"
    codes = {"type": data_type_codes}
    defaults = {
        "magic": b"VSK1",
        "type": 1,
        "axes": 1,
        "step": 1,
        "rows": np.eye(4)[:3],
    }
    checks = (
        value_check("magic", b"VSK1"),
        Check("axes", _axes_problem, 40),
        not_negative_check("dims"),
        known_code_check("type"),
        finite_check("rows", "step"),
    )

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the voxel array."""
        return tuple(self["dims"].tolist()[: int(self["axes"])])

    @shape.setter
    def shape(self, value: Sequence[int]) -> None:
        lengths = check_shape(value, axes=4, fewest=1, largest=2**31 - 1, holder="skeleton volumes")
        self["axes"] = len(lengths)
        self["dims"] = (*lengths, 0, 0, 0)[:4]

    @property
    def zooms(self) -> tuple[float, ...]:
        """Size of a voxel along each axis, mm and seconds."""
        return (*voxel_sizes(self.affine), float(self["step"]))[: len(self.shape)]

    @zooms.setter
    def zooms(self, value: Sequence[float]) -> None:
        sizes = check_zooms(value, len(self.shape))
        self.set_affine(with_voxel_sizes(self.affine, sizes))
        if len(sizes) > 3:
            self["step"] = sizes[3]

    @property
    def affine(self) -> NDArray[np.float64]:
        """Voxel indices to scanner RAS+ mm, shape (4, 4)."""
        return np.vstack([self["rows"], [0, 0, 0, 1]])

    def set_affine(self, affine: ArrayLike) -> None:
        """Store an affine.

        Parameters
        ----------
        affine : (4, 4) array-like
            Voxel indices to scanner RAS+ mm.
        """
        self["rows"] = check_affine(affine)[:3]


class SkeletonImage(SlabImage):
    """A skeleton volume, .vsk; parameters as for `SlabImage`."""

    header_class = SkeletonHeader
    files_types = (("image", ".vsk"),)
