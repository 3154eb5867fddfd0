"""ParsedMif: what the fields of an MRtrix header state of voxels, space and files."""

from __future__ import annotations

import re
from collections.abc import Sequence
from math import ceil, inf, isnan, nan
from typing import Literal

import numpy as np

from volio.arrays.axis_map import AxisMap
from volio.arrays.dtypes import DType, dtypes_by_name
from volio.arrays.scaling import SlopeIntercept
from volio.cached import cached_property
from volio.errors import HeaderDataError
from volio.images.headers.gradients import Gradient, Gradients
from volio.images.headers.shape_checks import Shape, Sizes, first_axes
from volio.images.headers.text.geometry import Matrix, three
from volio.images.headers.text.lines import (
    as_number,
    as_numbers,
    number_words,
)
from volio.images.headers.text.parsed import ParsedText
from volio.images.headers.text.payload import Payload
from volio.space.affines import from_matvec, shape_zoom_affine

__all__ = ["TYPES", "ParsedMif", "in_order"]

#: Names of types, without the byte order.
TYPES = dtypes_by_name("""
bool       | Bit
int8       | Int8
uint8      | UInt8
int16      | Int16
uint16     | UInt16
int32      | Int32
uint32     | UInt32
int64      | Int64
uint64     | UInt64
float16    | Float16
float32    | Float32
float64    | Float64
complex64  | CFloat32
complex128 | CFloat64
""")

#: Byte orders, by the endings of the names of types in lower case.
BYTE_ORDERS: dict[str, Literal["=", "<", ">"]] = {"": "=", "le": "<", "be": ">"}

#: dtypes by their names in lower case, with the byte order or without.
STORED = {
    f"{name.lower()}{ending}": dtype.newbyteorder(order)
    for name, dtype in TYPES.items()
    for ending, order in BYTE_ORDERS.items()
}

STRIDE = re.compile(r"[+-]?[0-9]{1,4}")

#: The name of a file, and the byte at which its voxels begin.
FILE = re.compile(r"(.+?)(?: ([0-9]{1,18}))?")

#: Most numbers of a range.
MOST_IN_RANGE = 1000

#: Most axes of a file that are read.
MOST_AXES = 32


class ParsedMif(ParsedText):
    """Lines of an MRtrix header and what they state; parameters as for `ParsedText`."""

    needed = (*ParsedText.needed, "scaling")

    def words(self, key: str) -> list[str]:
        """Return the words of a list of numbers, with the numbers of its ranges.

        As in MRtrix ``2:4`` stands for 2, 3, 4, ``0:0.5:1`` for 0, 0.5, 1, and nothing between
        two commas for NaN.
        """
        text = re.sub(r"\s*:\s*", ":", self.fields.get(key, ""))
        words = re.sub(r",\s*(?=,)", ",nan ", text).replace(",", " ").split()
        return [each for word in words for each in _range_words(key, word)]

    # Voxels.

    @cached_property
    def dtype(self) -> DType:
        """The dtype of the voxels, in the file's byte order; bool for Bit."""
        return self.choice("datatype", STORED, names=f"{', '.join(TYPES)} (LE or BE)")

    @cached_property
    def shape(self) -> Shape:
        """Shape of the voxel array."""
        return tuple(self.axis_lengths("dim", 1, MOST_AXES))

    @cached_property
    def axis_map(self) -> AxisMap:
        """Order and direction of the axes in the file."""
        words = self.fields.get("layout", "").replace(",", " ").split()
        ranks = [abs(int(word)) for word in words if STRIDE.fullmatch(word)]
        if not len(set(ranks)) == len(words) == len(self.shape):
            raise HeaderDataError(
                f"layout: must be an order of {len(self.shape)} axes as +0,+1,+2, got {words[:40]}"
            )
        flipped = (axis for axis, word in enumerate(words) if word.startswith("-"))
        return AxisMap(in_order(ranks), frozenset(flipped))

    # Space.

    @cached_property
    def sizes(self) -> list[float]:
        """Entry of vox for each axis, NaN for those of later axes that are absent."""
        count = len(self.shape)
        sizes = [as_number("vox", word) for word in self.words("vox")]
        if len(sizes) < min(3, count):
            raise HeaderDataError(f"vox: must have {count} entries, got {len(sizes)}")
        return [*sizes, *[nan] * count][:count]

    @cached_property
    def zooms(self) -> Sizes:
        """Size of a voxel along each axis; 1 where the file has NaN."""
        return tuple(1.0 if isnan(size) else abs(size) for size in self.sizes)

    @cached_property
    def time_unit(self) -> float | None:
        """Seconds in the unit of the fourth voxel size: 1, or None where the file has NaN."""
        return 1.0 if len(self.sizes) > 3 and not isnan(self.sizes[3]) else None

    @cached_property
    def affine(self) -> Matrix:
        """Voxel indices to scanner RAS+ mm, shape (4, 4)."""
        sizes = three(self.zooms, 1.0)
        if "transform" not in self.fields:
            # The centre of the volume is the origin.
            return shape_zoom_affine(first_axes(self.shape), sizes, x_flip=False)
        numbers = self.numbers("transform")
        if len(numbers) not in (12, 16):
            raise HeaderDataError(f"transform: must be 3 rows of 4 numbers, got {len(numbers)}")
        rows = np.reshape(numbers[:12], (3, 4))
        return from_matvec(rows[:, :3] * sizes, rows[:, 3])

    @cached_property
    def gradients(self) -> tuple[Gradient, ...]:
        """Direction in scanner RAS+ and b-value (s/mm²) of each volume; () where none are stated.

        Raises
        ------
        HeaderDataError
            If a row of dw_scheme is something else.
        """
        text = self.fields.get("dw_scheme", "").replace(",", " ")
        rows = (row.split() for row in text.split("\n") if row.strip())
        found = [as_numbers("dw_scheme", row[:4], 4) for row in rows]  # some have more columns
        return Gradients.from_rows(found).rows()

    @cached_property
    def scaling(self) -> SlopeIntercept:
        """Slope and intercept; None where the file states none."""
        if "scaling" not in self.fields:
            return None, None
        inter, slope = self.numbers("scaling", 2)
        return slope, inter

    # The files of the voxels.

    @cached_property
    def payload(self) -> Payload:
        """Where the voxels are and how they are encoded."""
        encoding = "bits" if self.dtype.kind == "b" else "raw"
        files = [_file_and_start(line) for line in self.fields.get("file", "").split("\n")]
        names, starts = zip(*files, strict=True)
        return Payload(encoding, () if names == (".",) else names, starts)


def in_order(ranks: Sequence[int]) -> tuple[int, ...]:
    """Return the order of axes, the fastest 0, from numbers of which some may be left out."""
    ordered = sorted(ranks)
    return tuple(ordered.index(rank) for rank in ranks)


def _range_words(key: str, word: str) -> list[str]:
    """Return the numbers of a range, first:last or first:step:last, or a number alone."""
    if ":" not in word:
        return [word]
    first, *stated, last = [as_number(key, part) for part in word.split(":")]
    step = abs(stated[0]) if stated else 1.0
    steps = abs(last - first) / step if step else inf
    if len(stated) > 1 or not steps < MOST_IN_RANGE:
        raise HeaderDataError(f"{key}: {word[:40]!r} is not a range of numbers")
    numbers = first + np.copysign(step, last - first) * np.arange(ceil(steps + 0.5))
    return number_words(numbers.tolist())


def _file_and_start(text: str) -> tuple[str, int]:
    """Split the name of a file from the byte at which its voxels begin."""
    found = FILE.fullmatch(text)
    if found is None:
        raise HeaderDataError("file: the header does not name the file of the voxels")
    return found[1].strip(), int(found[2] or 0)
