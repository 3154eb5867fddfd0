"""MetaVoxels: what the fields of a MetaImage header say of the array of its voxels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import DTypeLike

from volio.arrays.axis_map import Arrangement
from volio.errors import HeaderDataError
from volio.formats.metaimage.fields import (
    ARRAY,
    COLOURS,
    FIELD,
    LAST,
    LISTS,
    MATRIX,
    MSB,
    ORIGIN,
    RGB,
    RGBA,
    SIZES,
    TYPES,
    USUAL,
)
from volio.images.headers.record import Order
from volio.images.headers.text import TextHeader
from volio.images.headers.text_lines import Line, as_integers, as_numbers

__all__ = ["MetaVoxels"]


class MetaVoxels(TextHeader):
    """The fields that say dtype and shape, and how fields are read."""

    fresh = (
        "ObjectType = Image\nNDims = 1\nBinaryData = True\nBinaryDataByteOrderMSB = False\n"
        "CompressedData = False\nDimSize = 0\nElementType = MET_FLOAT\nElementDataFile = LOCAL\n"
    )
    words = ("Comment", "")
    order = (
        "ObjectType",
        "Comment",
        "NDims",
        "BinaryData",
        "BinaryDataByteOrderMSB",
        "ElementByteOrderMSB",
        "CompressedData",
        "CompressedDataSize",
        *MATRIX,
        *ORIGIN,
        "CenterOfRotation",
        "AnatomicalOrientation",
        *SIZES,
        "DimSize",
        "HeaderSize",
        "ElementNumberOfChannels",
        "ElementType",
        "ElementDataFile",
    )
    type_names: ClassVar[dict[str, np.dtype[Any]]] = TYPES | {"RGB": RGB, "RGBA": RGBA}

    @classmethod
    def parse(cls, text: str) -> Iterator[Line]:
        """Go through the lines of a header; files in a list belong to its last field."""
        listing = False
        for line in text.removesuffix("\n").split("\n"):
            found = FIELD.fullmatch(line.rstrip("\r"))
            if listing and line.strip():
                yield Line(line, "ElementDataFile", line.strip())
            elif found:
                listing = found[1] == "ElementDataFile" and found[2].startswith("LIST")
                yield Line(line, found[1], found[2], found[1] not in cls.order)
            else:
                yield Line(line)

    @classmethod
    def line(cls, key: str, value: str, free: bool) -> Sequence[Line]:
        """Return the line of a field; of a list of files one for each."""
        first, *more = value.split("\n")
        return [Line(f"{key} = {first}", key, first, free), *(Line(n, key, n) for n in more)]

    @classmethod
    def end_of(cls, head: bytes, complete: bool) -> int | None:
        """Return the length of the header: to its last field, or all where that is a list."""
        found = LAST.search(head)
        if found is None or not (found[2] or complete):
            return None
        if found[1].startswith(b"LIST"):
            return len(head) if complete else None
        return found.end()

    def _place_for(self, key: str, free: bool) -> int:
        if not free:
            return super()._place_for(key, free)
        last = (n for n, line in enumerate(self.lines) if line.key == "ElementDataFile")
        return next(last, len(self.lines))

    # Reading fields.

    def field(self, key: str) -> str | None:
        """Return the text of one of the format's fields; the last one where there are several."""
        found = super().field(key)
        return found if found is None or key in LISTS else found.rpartition("\n")[2]

    def _first(self, names: Sequence[str]) -> tuple[str, str | None]:
        """Return the name that the file has for a fact, and its text; the usual one for none."""
        stated = (name for name in names if self.field(name) is not None)
        name = next(stated, USUAL.get(names[0], names[0]))
        return name, self.field(name)

    def _flag(self, *names: str, default: bool = False) -> bool:
        name, text = self._first(names)
        if text is None:
            return default
        word = text.lower()
        if word not in ("true", "false", "1", "0", "t", "f"):
            raise HeaderDataError(f"{name}: must be True or False, got {text[:40]!r}")
        return word in ("true", "1", "t")

    def _integer(self, name: str, default: int) -> int:
        text = self.field(name)
        return default if text is None else as_integers(name, [text])[0]

    def _numbers(self, names: Sequence[str], count: int) -> list[float] | None:
        """Return the numbers of a field, of which there must be `count`."""
        name, text = self._first(names)
        return None if text is None else as_numbers(name, text.split(), count)

    # Voxels.

    @property
    def _channels(self) -> int:
        count = self._integer("ElementNumberOfChannels", 1)
        if not 1 <= count < 1 << 31:
            raise HeaderDataError(f"ElementNumberOfChannels: must be 1 or more, got {count}")
        return count

    @property
    def _scalar(self) -> np.dtype[Any]:
        found = (self.field("ElementType") or "").strip().removesuffix(ARRAY)
        if found not in TYPES:
            raise HeaderDataError(
                f"ElementType: must be one of {', '.join(TYPES)}; got {found[:40]!r}"
            )
        return TYPES[found]

    @property
    def _is_coloured(self) -> bool:
        return self._scalar == np.uint8 and self._channels in COLOURS

    @property
    def endianness(self) -> Order:
        """Byte order of the voxels: '<' or '>'."""
        return ">" if self._flag(*MSB) else "<"

    @property
    def dtype(self) -> np.dtype[Any]:
        """The dtype of the voxels, in the file's byte order."""
        found = COLOURS[self._channels] if self._is_coloured else self._scalar
        return found.newbyteorder(self.endianness)

    @dtype.setter
    def dtype(self, value: DTypeLike) -> None:
        found = self.known_dtype(value)
        if self._is_coloured and not found.names:
            self.set_field("ElementNumberOfChannels", None)
        scalar = np.dtype(np.uint8) if found.names else found
        if scalar != self._scalar:
            name = next(name for name, dtype in TYPES.items() if dtype == scalar)
            self.set_field("ElementType", name)
        if found.names and self._channels != len(found.names):
            self.set_field("ElementNumberOfChannels", str(len(found.names)))

    @property
    def _lengths(self) -> list[int]:
        """Lengths of the axes of the file, without channels."""
        count = self._integer("NDims", 0)
        lengths = as_integers("DimSize", (self.field("DimSize") or "").split())
        if not 1 <= count <= 10 or len(lengths) != count or min(lengths) < 0:
            raise HeaderDataError(f"NDims, DimSize: {count} axes of 1 to 10 have {lengths[:40]}")
        return lengths

    @property
    def _has_channels(self) -> bool:
        return self._channels > 1 and not self._is_coloured

    @property
    def arrangement(self) -> Arrangement:
        """How the axes of the image lie in the file: channels vary fastest there."""
        count = len(self._lengths)
        if not self._has_channels:
            return Arrangement(tuple(range(count)))
        missing = [None] * (3 - count)
        return Arrangement((*range(1, count + 1), *missing, 0))

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the voxel array: the axes of the file, then its channels."""
        channels = [self._channels] if self._has_channels else []
        return self.arrangement.image_shape([*channels, *self._lengths])

    @shape.setter
    def shape(self, value: Sequence[int]) -> None:
        lengths = [int(length) for length in value]
        if not 1 <= len(lengths) <= 10 or min(lengths) < 0:
            raise HeaderDataError(f"shape: 1 to 10 axes fit MetaImage, got {tuple(lengths)}")
        channels = 1
        if self._has_channels and len(lengths) == len(self.shape):
            channels = lengths[-1]
        if channels > 1:
            inserted = self.arrangement.axes.count(None)
            lengths = (
                lengths[: 3 - inserted]
                if lengths[3 - inserted : 3] == [1] * inserted
                else lengths[:-1]
            )
        if not self._is_coloured:
            self.set_field("ElementNumberOfChannels", str(channels) if channels > 1 else None)
        before = len(self._lengths)
        self.set_field("NDims", str(len(lengths)))
        self.set_field("DimSize", " ".join(map(str, lengths)))
        if len(lengths) != before:
            self._fit_geometry(before, len(lengths))

    def _fit_geometry(self, before: int, after: int) -> None:
        """Bring fields with an entry for each axis to another number of axes."""
        raise NotImplementedError
