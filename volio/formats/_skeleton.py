"""Skeleton volumes (.vsk): the smallest complete format, made up, to start a new one from.

Source: this module; a real one names the definition of the format here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from volio.arrays.dtypes import dtype_table
from volio.errors import HeaderDataError
from volio.images.headers.binary import BinaryHeader
from volio.images.headers.checks import Check
from volio.images.headers.spatial import check_zooms
from volio.images.slab import SlabImage
from volio.space.affines import check_affine, voxel_sizes

__all__ = ["HEADER", "SkeletonHeader", "SkeletonImage", "data_type_codes"]

HEADER = np.dtype(
    [
        ("magic", "S4"),  # "VSK1"
        ("type", "<i4"),  # kind of voxel
        ("axes", "<i4"),  # number of axes, 1 to 4
        ("dims", "<i4", (4,)),  # their lengths
        ("step", "<f8"),  # size of a voxel along the fourth axis, seconds
        ("rows", "<f8", (3, 4)),  # rows of the affine, voxels to RAS+ mm
    ]
)

#: Kinds of voxels: code, name, dtype.
data_type_codes = dtype_table(
    [(1, "uint8", np.uint8), (2, "int16", np.int16), (3, "float32", "f4")]
)


def _magic_problem(header: SkeletonHeader) -> str | None:
    magic = header["magic"].item()
    return None if magic == b"VSK1" else f"must be b'VSK1', got {magic!r}"


def _dims_problem(header: SkeletonHeader) -> str | None:
    axes, dims = int(header["axes"]), header["dims"].tolist()
    fine = 1 <= axes <= 4 and min(dims) >= 0
    return None if fine else f"1 to 4 axes must have lengths of 0 or more, got {axes}: {dims}"


def _rows_problem(header: SkeletonHeader) -> str | None:
    finite = np.isfinite(header["rows"]).all() and np.isfinite(header["step"])
    return None if finite else "rows and step must be finite"


class SkeletonHeader(BinaryHeader):
    """The header of a skeleton volume.

    Parameters
    ----------
    binaryblock : bytes, optional
        The bytes of the header (default: a fresh one).
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
    data_types = data_type_codes
    codes: ClassVar[dict[str, Any]] = {"type": data_type_codes}
    checks = (
        Check("magic", _magic_problem, 40),
        Check("dims", _dims_problem, 40),
        Check("rows", _rows_problem, 40),
    )

    @classmethod
    def default_structarr(cls, endianness: str | None = None) -> NDArray[Any]:
        """Return the record of a fresh header: one axis of length 0, uint8, voxels of 1 mm."""
        record = super().default_structarr(endianness)
        record["magic"] = b"VSK1"
        record["type"] = record["axes"] = record["step"] = 1
        record["rows"] = np.eye(4)[:3]
        return record

    @property
    def offset(self) -> int:
        """Byte at which the voxels begin."""
        return HEADER.itemsize

    @property
    def dtype(self) -> np.dtype[Any]:
        """The dtype of the voxels in the file."""
        return self.dtype_of("type")

    @dtype.setter
    def dtype(self, value: DTypeLike) -> None:
        self["type"] = self.code_of(value)[0]

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the voxel array."""
        return tuple(self["dims"].tolist()[: int(self["axes"])])

    @shape.setter
    def shape(self, value: Sequence[int]) -> None:
        lengths, most = [int(length) for length in value], np.iinfo(np.int32).max
        if not 1 <= len(lengths) <= 4 or any(not 0 <= length <= most for length in lengths):
            raise HeaderDataError(f"shape: 1 to 4 axes of up to {most} fit, got {tuple(lengths)}")
        self["axes"], self["dims"] = len(lengths), (*lengths, 0, 0, 0)[:4]

    @property
    def zooms(self) -> tuple[float, ...]:
        """Size of a voxel along each axis, mm and seconds."""
        return (*voxel_sizes(self.affine), float(self["step"]))[: len(self.shape)]

    @zooms.setter
    def zooms(self, value: Sequence[float]) -> None:
        sizes = [float(size) for size in value]
        check_zooms(sizes, len(self.shape))
        before = voxel_sizes(self.affine)
        after = np.array([*sizes[:3], *before[len(sizes) :]])
        self["rows"][:, :3] *= after / np.where(before > 0, before, 1)
        if len(sizes) > 3:
            self["step"] = sizes[3]

    @property
    def affine(self) -> NDArray[np.float64]:
        """Voxel indices to scanner RAS+ mm, shape (4, 4)."""
        return np.vstack([self["rows"], [0, 0, 0, 1]])

    def set_affine(self, affine: ArrayLike) -> None:
        """Store an affine."""
        self["rows"] = check_affine(affine)[:3]


class SkeletonImage(SlabImage):
    """A skeleton volume, .vsk; parameters as for `SlabImage`."""

    header_class = SkeletonHeader
    files_types = (("image", ".vsk"),)
    valid_exts = (".vsk",)
