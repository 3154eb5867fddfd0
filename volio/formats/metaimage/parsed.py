"""ParsedMeta: what the fields of a MetaImage header state of voxels, space and files."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from volio.arrays.axis_map import AxisMap
from volio.arrays.dtypes import COLOURS, DType
from volio.cached import cached_property
from volio.errors import HeaderDataError
from volio.formats.metaimage.fields import (
    ARRAY,
    LISTS,
    MATRIX,
    MSB,
    ORIGIN,
    SIZES,
    TYPES,
    USUAL,
)
from volio.images.headers.record import Order
from volio.images.headers.shape_checks import Shape
from volio.images.headers.text.data_names import data_names
from volio.images.headers.text.geometry import LPS, Matrix, fitted, three, to_ras
from volio.images.headers.text.lines import chosen
from volio.images.headers.text.parsed import ParsedText
from volio.images.headers.text.payload import Payload

__all__ = ["ParsedMeta"]

MOST_CHANNELS = 2**31 - 1

FLAGS = {"true": True, "1": True, "t": True, "false": False, "0": False, "f": False}


class ParsedMeta(ParsedText):
    """Lines of a MetaImage header and what they state; parameters as for `ParsedText`."""

    most_axes = 10

    @classmethod
    def field_text(cls, key: str, values: Sequence[str]) -> str:
        """Return the text of a field: of several lines the last one counts, but for lists."""
        return "\n".join(values) if key in LISTS else values[-1]

    def name_of(self, names: Sequence[str]) -> str:
        """Return the name that the file has for a fact; the usual one where it has none."""
        stated = (name for name in names if name in self.fields)
        return next(stated, USUAL.get(names[0], names[0]))

    def flag(self, *names: str, default: bool = False) -> bool:
        """Return a field of True or False."""
        name = self.name_of(names)
        return self.choice(name, FLAGS, str(default), "True or False")

    # Voxels.

    @cached_property
    def channels(self) -> int:
        """Numbers of each voxel."""
        return self.integer("ElementNumberOfChannels", 1, low=1, high=MOST_CHANNELS)

    @cached_property
    def scalar(self) -> DType:
        """The dtype of single numbers, in native byte order."""
        return chosen("ElementType", self.fields.get("ElementType", "").removesuffix(ARRAY), TYPES)

    @cached_property
    def colour(self) -> DType | None:
        """The dtype of coloured voxels; None where channels are not colours."""
        return COLOURS.get(self.channels) if self.scalar == np.uint8 else None

    @cached_property
    def endianness(self) -> Order:
        """Byte order of the voxels: '<' or '>'."""
        return ">" if self.flag(*MSB) else "<"

    @cached_property
    def dtype(self) -> DType:
        """The dtype of the voxels, in the file's byte order."""
        return (self.colour or self.scalar).newbyteorder(self.endianness)

    @cached_property
    def lengths(self) -> list[int]:
        """Lengths of the axes of the file, without channels."""
        count = self.integer("NDims", low=1, high=self.most_axes)
        return self.axis_lengths("DimSize", count, count)

    @cached_property
    def has_channels(self) -> bool:
        """Whether channels are an axis of the image."""
        return self.channels > 1 and self.colour is None

    @cached_property
    def axis_map(self) -> AxisMap:
        """Which axis of the file holds which axis of the image: channels vary fastest there."""
        count = len(self.lengths)
        if not self.has_channels:
            return AxisMap(tuple(range(count)))
        missing = [None] * (3 - count)
        return AxisMap((*range(1, count + 1), *missing, 0))

    @cached_property
    def shape(self) -> Shape:
        """Shape of the voxel array: the axes of the file, then its channels."""
        channels = [self.channels] if self.has_channels else []
        return self.axis_map.image_shape([*channels, *self.lengths])

    # Space.

    @cached_property
    def sides(self) -> int:
        """How many axes directions and origin have: three for planes that are in space."""
        count = len(self.lengths)
        in_space = count < 3 and len(self.words(self.name_of(ORIGIN))) == 3
        return 3 if in_space else count

    def along(self, names: Sequence[str], default: float) -> list[float]:
        """Return a number for each of the `sides`, `default` for those that are not stated."""
        name = self.name_of(names)
        known = self.numbers(name)
        axes = len(self.lengths)
        if name in self.fields and len(known) < axes:
            raise HeaderDataError(f"{name}: {axes} numbers are needed, got {len(known)}")
        return [*known, *[default] * self.sides][: self.sides]

    @cached_property
    def rows(self) -> Matrix:
        """Directions of the axes, one a row, shape (sides, sides)."""
        name = self.name_of(MATRIX)
        if name not in self.fields:
            return np.eye(self.sides)
        plane = len(self.lengths)
        side = plane if len(self.words(name)) == plane**2 else self.sides
        return fitted(np.reshape(self.numbers(name, side**2), (side, side)), self.sides)

    @cached_property
    def affine(self) -> Matrix:
        """Voxel indices to scanner RAS+ mm, shape (4, 4)."""
        columns = self.rows.T * self.along(SIZES, 1.0)  # a row is the direction of an axis
        return to_ras(fitted(columns, 3), three(self.along(ORIGIN, 0.0)), LPS)

    @cached_property
    def later_sizes(self) -> list[float]:
        """Size of a voxel along each axis after the third, 1 for channels."""
        return [*map(abs, self.along(SIZES, 1.0)[3:]), 1.0]

    @cached_property
    def time_unit(self) -> float | None:
        """Seconds in the unit of the fourth voxel size: 1, as ITK has it; None without one."""
        return 1.0 if len(self.lengths) > 3 else None

    @property
    def start_time(self) -> float:
        """Position of the first volume along the fourth axis: the fourth number of the origin."""
        return next(iter(self.along(ORIGIN, 0.0)[3:]), 0.0)

    # The files of the voxels.

    @cached_property
    def encoding(self) -> str:
        """Encoding of the voxels, as `Payload` names it."""
        if not self.flag("BinaryData", default=True):
            return "ascii"
        return "zlib" if self.flag("CompressedData") else "raw"

    @cached_property
    def payload(self) -> Payload:
        """Where the voxels are and how they are encoded."""
        start = self.integer("HeaderSize", 0, low=-1)
        is_packed = self.encoding == "zlib"
        size = self.integer("CompressedDataSize", 0, low=0) if is_packed else 0
        words = self.words("ElementDataFile")
        names: tuple[str, ...] = ()  # where the voxels follow the header
        if not words or words[0].upper() != "LOCAL":
            text = self.fields.get("ElementDataFile", "")
            names = data_names("ElementDataFile", text, numbers=2).names
        starts = (start,) * max(1, len(names)) if start > 0 else ()
        length = size if size and len(names) < 2 else None
        return Payload(self.encoding, names, starts, skip=min(start, 0), length=length)
