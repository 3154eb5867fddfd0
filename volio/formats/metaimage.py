"""MetaImage volumes, in one file (.mha) or with their voxels beside the header (.mhd).

Source: https://itk.org/Wiki/MetaIO/Documentation
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from volio.arrays.arrangement import Arrangement
from volio.errors import HeaderDataError
from volio.images.datafiles import numbered_names
from volio.images.record import Order
from volio.images.shape import check_zooms
from volio.images.textheader import Payload, TextHeader
from volio.images.textlines import Line, as_integers, as_numbers, written
from volio.images.textslab import TextPairImage, TextSlabImage
from volio.space.affines import check_affine, from_matvec, voxel_sizes
from volio.space.orientations import aff2axcodes

__all__ = ["MetaHeader", "MetaImage", "MetaPair"]

RGB = np.dtype([("R", "u1"), ("G", "u1"), ("B", "u1")])
RGBA = np.dtype([("R", "u1"), ("G", "u1"), ("B", "u1"), ("A", "u1")])
COLOURS = {3: RGB, 4: RGBA}

_NAMES = {
    "MET_CHAR": "i1",
    "MET_UCHAR": "u1",
    "MET_SHORT": "i2",
    "MET_USHORT": "u2",
    "MET_INT": "i4",
    "MET_UINT": "u4",
    "MET_LONG": "i4",
    "MET_ULONG": "u4",
    "MET_LONG_LONG": "i8",
    "MET_ULONG_LONG": "u8",
    "MET_FLOAT": "f4",
    "MET_DOUBLE": "f8",
}
TYPES = {name: np.dtype(code) for name, code in _NAMES.items()}

#: World axes of the file, left, posterior and superior, in those of RAS+.
LPS = np.array([-1.0, -1.0, 1.0])

#: Names of one fact, the usual one first.
MATRIX = ("TransformMatrix", "Rotation", "Orientation")
ORIGIN = ("Offset", "Position", "Origin")
SIZES = ("ElementSpacing", "ElementSize")
MSB = ("BinaryDataByteOrderMSB", "ElementByteOrderMSB")

FIELD = re.compile(r"\s*([^=\s][^=]*?)\s*=\s*(.*?)\s*")
LAST = re.compile(rb"(?:^|\n)[ \t]*ElementDataFile[ \t]*=[ \t]*([^\r\n]*)(\r?\n)?")


class MetaHeader(TextHeader):
    """The header of a MetaImage: a mapping from names of fields to text.

    Directions and places are those of `TransformMatrix`, `Offset` and `ElementSpacing` (or of
    their other names), in LPS; `AnatomicalOrientation` only describes them and follows them.
    Channels are the last axis of an image, 3 or 4 channels of MET_UCHAR colours.

    Parameters are those of `TextHeader`.
    """

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

    def _first(self, names: Sequence[str]) -> tuple[str, str | None]:
        """Return the name that the file has for a fact, and its text; the usual one for none."""
        stated = (name for name in names if self.field(name) is not None)
        name = next(stated, names[0])
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
        found = (self.field("ElementType") or "").strip()
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
        for names, fill in ((ORIGIN, "0"), (SIZES, "1"), (("CenterOfRotation",), "0")):
            for name in names:
                if (text := self.field(name)) is not None:
                    self.set_field(name, " ".join([*text.split(), *[fill] * after][:after]))
        name, text = self._first(MATRIX)
        if text is not None:
            old, new = np.reshape(text.split(), (before, before)), np.eye(after)
            kept = min(before, after)
            words = np.array([["1" if value else "0" for value in row] for row in new], object)
            words[:kept, :kept] = old[:kept, :kept]
            self.set_field(name, " ".join(words.reshape(-1)))
        if after != 3:
            self.set_field("AnatomicalOrientation", None)

    # Space.

    @property
    def affine(self) -> NDArray[np.float64]:
        """Voxel indices to scanner RAS+ mm, shape (4, 4)."""
        count = len(self._lengths)
        matrix = self._numbers(MATRIX, count * count)
        sizes = np.diag(self._numbers(SIZES, count) or [1.0] * count)
        found = np.eye(max(3, count))
        rows = np.eye(count) if matrix is None else np.reshape(matrix, (count, count))
        found[:count, :count] = rows.T @ sizes  # a row is the direction of an axis
        origin = [*(self._numbers(ORIGIN, count) or [0.0] * count), 0.0, 0.0, 0.0][:3]
        return from_matvec(LPS[:, None] * found[:3, :3], LPS * origin) + 0.0  # no minus zeros

    def set_affine(self, affine: ArrayLike) -> None:
        """Store an affine; of one with fewer than three axes what concerns those."""
        matrix, count = check_affine(affine), len(self._lengths)
        axes = min(3, count)
        sizes = voxel_sizes(matrix)
        local = LPS[:, None] * matrix[:3] + 0.0
        rows = np.eye(count)
        rows[:axes, :axes] = (local[:, :3] / np.where(sizes > 0, sizes, 1)).T[:axes, :axes]
        self._set_numbers(MATRIX, rows.reshape(-1))
        origin = self._numbers(ORIGIN, count) or [0.0] * count
        self._set_numbers(ORIGIN, [*local[:axes, 3], *origin[axes:]])
        later = self._numbers(SIZES, count) or [1.0] * count
        self._set_numbers(SIZES, [*sizes[:axes], *later[axes:]])
        if count == 3 and not (codes := aff2axcodes(matrix)).count(None):
            opposite = dict(zip("RLAPIS", "LRPASI", strict=True))
            letters = "".join(opposite[code] for code in codes)  # where axes come from
            self.set_field("AnatomicalOrientation", letters)

    def _set_numbers(self, names: Sequence[str], numbers: Sequence[float] | NDArray[Any]) -> None:
        name, text = self._first(names)
        if text is None or as_numbers(name, text.split()) != [float(n) for n in numbers]:
            self.set_field(name, " ".join(written(numbers)))

    @property
    def zooms(self) -> tuple[float, ...]:
        """Size of a voxel along each axis, 1 for channels."""
        sizes = self._numbers(SIZES, len(self._lengths)) or [1.0] * len(self._lengths)
        later = [abs(size) for size in sizes[3:]]
        return (*map(float, voxel_sizes(self.affine)), *later, 1.0)[: len(self.shape)]

    @zooms.setter
    def zooms(self, value: Sequence[float]) -> None:
        sizes, count = [float(size) for size in value], len(self._lengths)
        check_zooms(sizes, len(self.shape))
        if tuple(sizes) != self.zooms:
            self._set_numbers(SIZES, sizes[:count])

    @property
    def time_unit(self) -> float | None:
        """Seconds in the unit of the fourth voxel size: 1, as ITK has it; None without one."""
        return 1.0 if len(self._lengths) > 3 else None

    # The files of the voxels.

    @property
    def payload(self) -> Payload:
        """Where the voxels lie and how they are encoded."""
        binary, compressed = self._flag("BinaryData", default=True), self._flag("CompressedData")
        encoding = "ascii" if not binary else "zlib" if compressed else "raw"
        start = self._integer("HeaderSize", 0)
        size = self._integer("CompressedDataSize", 0) if compressed else 0
        if start < -1 or size < 0:
            raise HeaderDataError(f"HeaderSize, CompressedDataSize: cannot be {start} and {size}")
        names = self._names()
        starts = (start,) * max(1, len(names)) if start > 0 else ()
        length = size if size and len(names) < 2 else None
        return Payload(encoding, names, starts, from_end=start == -1, length=length)

    def _names(self) -> tuple[str, ...]:
        first, *names = (self.field("ElementDataFile") or "").split("\n")
        words = first.split()
        if not words:
            raise HeaderDataError("ElementDataFile: the header does not say where the voxels are")
        if words[0].upper() == "LOCAL":
            return ()
        if words[0] == "LIST":
            return tuple(names)
        if len(words) >= 3 and "%" in words[0]:
            low, high, *step = as_integers("ElementDataFile", words[1:4])
            return tuple(numbered_names(words[0], low, high, *(step or [1])))
        return (first,)

    @property
    def sized(self) -> bool:
        """Whether the header states how many bytes the voxels take: where they are compressed."""
        return self.payload.encoding == "zlib"

    def name_data(self, name: str | None, nbytes: int | None) -> None:
        """State the file of the voxels, LOCAL for None, and the bytes they take in it."""
        self.set_field("ElementDataFile", "LOCAL" if name is None else name)
        if self._integer("HeaderSize", 0):
            self.set_field("HeaderSize", None)
        self.set_field("CompressedDataSize", None if nbytes is None else str(nbytes))


class MetaImage(TextSlabImage):
    """A MetaImage in one file, .mha; parameters as for `SlabImage`.

    New files are not compressed, so that slices are read without the rest;
    ``img.header["CompressedData"] = "True"`` makes `to_filename` compress.
    """

    header_class: ClassVar[type[MetaHeader]] = MetaHeader
    files_types = (("image", ".mha"),)
    valid_exts = (".mha",)


class MetaPair(TextPairImage):
    """A MetaImage header, .mhd, and its voxels; parameters as for `SlabImage`."""

    header_class: ClassVar[type[MetaHeader]] = MetaHeader
    header_aliases = (".mha",)
    files_types = (("header", ".mhd"), ("image", ".raw"))
    valid_exts = (".mhd", ".raw")
