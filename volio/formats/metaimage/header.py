"""MetaHeader: the header of a MetaImage, and how facts are set in its fields."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from volio.arrays.dtypes import COLOURS, DType, dtype_name
from volio.formats.metaimage.fields import FIELD, LAST, LIST, MATRIX, ORDER, ORIGIN, SIZES, TYPES
from volio.formats.metaimage.parsed import ParsedMeta
from volio.images.headers.metadata import Metadata
from volio.images.headers.shape_checks import Shape, Sizes
from volio.images.headers.text.geometry import LPS, Matrix, fitted, from_ras
from volio.images.headers.text.header import TextHeader
from volio.images.headers.text.lines import Line, number_words
from volio.space.affines import directions, voxel_sizes
from volio.space.orientations import aff2axcodes

__all__ = ["MetaHeader"]

BYTE_ORDER_MARK = "\ufeff"

#: Letters of the sides that axes come from, by those that they lead to.
OPPOSITE = str.maketrans("RLAPIS", "LRPASI")

#: Fields with a number for each axis, and that of a new axis.
PER_AXIS = {**dict.fromkeys((*ORIGIN, "CenterOfRotation"), "0"), **dict.fromkeys(SIZES, "1")}


class MetaHeader(TextHeader):
    """The header of a MetaImage: a mapping from names of fields to text.

    Directions and origin are those of `TransformMatrix`, `Offset` and `ElementSpacing` (or of
    their other names), in LPS; `AnatomicalOrientation` only describes them and follows them.
    Channels are the last axis of an image, 3 or 4 channels of MET_UCHAR colours.

    Parameters are those of `TextHeader`.
    """

    parsed_class = ParsedMeta
    parsed: ParsedMeta
    default_text = (
        "ObjectType = Image\nNDims = 1\nBinaryData = True\nBinaryDataByteOrderMSB = False\n"
        "CompressedData = False\nDimSize = 0\nElementType = MET_FLOAT\nElementDataFile = LOCAL\n"
    )
    field_order = ORDER
    comments = ()
    list_words = ("LIST",)
    last_line = LAST
    alone = LIST
    separator = " = "
    holder = "MetaImage"
    type_names = TYPES | {dtype_name(colour): colour for colour in COLOURS.values()}
    description_field = "Comment"
    name_of_itself = "LOCAL"
    skip_fields = ("HeaderSize",)

    @classmethod
    def parse_line(cls, text: str, number: int) -> Line:
        """Return the line of a field or a free key; others are kept as comments.

        A byte order mark before the first line is dropped: lines may come to stand before it.
        """
        line = text.removeprefix(BYTE_ORDER_MARK) if number == 1 else text
        found = FIELD.fullmatch(line.rstrip("\r"))
        return Line(line, found[1], found[2], found[1] not in ORDER) if found else Line(line)

    # Voxels.

    def _set_dtype(self, dtype: DType) -> None:
        fields = len(dtype.names or ())
        scalar = np.dtype(np.uint8) if fields else dtype
        if fields or self.parsed.colour:
            self._set_channels(max(1, fields))
        if scalar != self.parsed.scalar:
            self.set_field("ElementType", self.type_name(scalar))

    def _set_channels(self, count: int) -> None:
        self.set_field("ElementNumberOfChannels", str(count) if count > 1 else None)

    def _set_shape(self, lengths: Shape) -> None:
        channels, of_file = self._split(lengths)
        if self.parsed.colour is None:
            self._set_channels(channels)
        before = self.parsed
        self.set_field("NDims", str(len(of_file)))
        self.set_field("DimSize", " ".join(map(str, of_file)))
        if len(of_file) != len(before.lengths):
            self._fit_geometry(before.rows, len(of_file))

    def _split(self, lengths: Shape) -> tuple[int, Shape]:
        """Return the channels of an image of some shape, and the lengths of its file's axes."""
        has_channels = self.parsed.has_channels and len(lengths) == len(self.shape)
        if not has_channels or lengths[-1] < 2:
            return 1, lengths
        kept = len(self.parsed.lengths)
        has_only_missing = set(lengths[kept:-1]) <= {1}  # axes before the channels that it lacks
        return lengths[-1], lengths[:kept] if has_only_missing else lengths[:-1]

    def _fit_geometry(self, rows: Matrix, axes: int) -> None:
        """Bring fields with entries for each axis to another number of axes."""
        for name, fill in PER_AXIS.items():
            if name in self.parsed.fields:
                words = [*self.parsed.words(name), *[fill] * axes]
                self.set_field(name, " ".join(words[:axes]))
        if self.parsed.name_of(MATRIX) in self.parsed.fields:
            self._set_numbers(MATRIX, fitted(rows, axes).ravel())
        if axes != 3:
            self.set_field("AnatomicalOrientation", None)

    # Space.

    def _set_affine(self, affine: Matrix) -> None:
        """Store an affine; of one with fewer than three axes what concerns those."""
        count = self.parsed.sides
        rows = LPS * directions(affine).T  # a row is the direction of an axis
        self._set_numbers(MATRIX, fitted(rows, count).ravel())
        self._set_first(ORIGIN, from_ras(affine, LPS)[1], 0.0)
        self._set_first(SIZES, voxel_sizes(affine), 1.0)
        codes = aff2axcodes(affine)
        if count == 3 and None not in codes:
            self.set_field("AnatomicalOrientation", "".join(codes).translate(OPPOSITE))

    def _set_first(self, names: Sequence[str], numbers: Iterable[float], default: float) -> None:
        """Store numbers of the first axes; those of further ones stay."""
        later = self.parsed.along(names, default)
        found = [*numbers][: len(later)]
        self._set_numbers(names, [*found, *later[len(found) :]])

    def _set_numbers(self, names: Sequence[str], numbers: Iterable[float]) -> None:
        """Store numbers in a field, which stays as it is written where it has them already."""
        name = self.parsed.name_of(names)
        wanted = [float(number) + 0.0 for number in numbers]
        if name not in self.parsed.fields or self.parsed.numbers(name) != wanted:
            self.set_field(name, " ".join(number_words(wanted)))

    def _set_start(self, value: float) -> None:
        origin = self.parsed.along(ORIGIN, 0.0)
        if len(origin) > 3:
            self._set_numbers(ORIGIN, [*origin[:3], value, *origin[4:]])

    def _set_zooms(self, sizes: Sizes) -> None:
        self._set_first(SIZES, sizes[: len(self.parsed.lengths)], 1.0)

    def metadata(self) -> Metadata:
        """Return what the header holds besides shape, dtype and affine."""
        turns = any(word.strip("+-0.") for word in self.parsed.words("CenterOfRotation"))
        return replace(super().metadata(), others=("centre of rotation",) if turns else ())

    # The files of the voxels.

    @property
    def sized(self) -> bool:
        """Whether a field has the bytes that the voxels take: where they are compressed."""
        return self.parsed.encoding == "zlib"

    def name_data(self, name: str | None, nbytes: int | None) -> None:
        """Store the file of the voxels, and the bytes they take in it; see `TextHeader`."""
        super().name_data(name, nbytes)
        self.set_field("CompressedDataSize", None if nbytes is None else str(nbytes))
