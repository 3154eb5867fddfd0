"""TextHeader: a header of lines of text, whose fields describe the voxels.

The lines are the header: every fact is read from them and written into them, so that what is
unknown, comments, spelling and order survive, and an untouched header is written as it was. Facts
are parsed once and kept with their lines (`ParsedText`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import ClassVar, Self

from numpy.typing import ArrayLike, DTypeLike

from volio.arrays.axis_map import AxisMap
from volio.arrays.dtypes import DType, native
from volio.errors import HeaderDataError, LimitError
from volio.files.sources.source import HEAD, ByteSource
from volio.flags import as_flag
from volio.images.headers.format import FormatHeader
from volio.images.headers.gradients import Gradient
from volio.images.headers.metadata import Metadata
from volio.images.headers.record import Order
from volio.images.headers.shape_checks import LARGEST, Shape, Sizes, check_shape, check_zooms
from volio.images.headers.text.geometry import Matrix
from volio.images.headers.text.lines import Line
from volio.images.headers.text.mapping import TextMapping
from volio.images.headers.text.payload import Payload
from volio.images.headers.volume_metadata import HeaderVolume, metadata_of_volumes
from volio.images.saving.scaling_history import ScalingHistory
from volio.space.affines import check_affine

__all__ = ["TextHeader"]

#: Most bytes of a header that are read.
MOST_TEXT = 16 << 20

#: Bytes of a header that are read first, if those at the beginning of the file are too few.
FIRST_READ = 1 << 16


class TextHeader(TextMapping, FormatHeader):
    """A header of lines, as a mapping from the names of fields and free keys to text.

    A format gives `last_line`, and implements `parse_line` and what sets the facts of its
    `ParsedText`: `_set_shape`, `_set_dtype`, `_set_zooms` and `_set_affine`.

    Parameters
    ----------
    text : bytes, optional
        The text of the header (default: that of a new one).
    check : bool
        Check the fields.

    Raises
    ------
    HeaderDataError
        If the fields make no sense.
    """

    #: The text of a new header.
    default_text: ClassVar[str] = ""
    #: The last line of a header; its match ends with the line, or with the file.
    last_line: ClassVar[re.Pattern[bytes]]
    #: What headers without that line have, which are all of their file; None where all have it.
    alone: ClassVar[re.Pattern[bytes] | None] = None
    #: Name of the format, for messages.
    holder: ClassVar[str] = ""
    #: Names of dtypes as the format writes them, the usual one first.
    type_names: ClassVar[Mapping[str, DType]] = {}
    #: Fields for a line of description and for the programs that ran; "" for none.
    description_field: ClassVar[str] = ""
    history_field: ClassVar[str] = ""
    #: What the field of the data files has for voxels after the header; None where it is absent.
    name_of_itself: ClassVar[str | None] = None
    #: Fields with how much is skipped before the voxels.
    skip_fields: ClassVar[tuple[str, ...]] = ()

    def __init__(self, text: bytes | None = None, check: bool = True) -> None:
        as_flag("check", check)
        self.length = 0 if text is None else len(text)  # of the header in its file
        decoded = self.default_text if text is None else text.decode("utf-8", "surrogateescape")
        self.lines = tuple(self.parse(decoded))
        if check:
            self.check_read()
        self.scaling_history = ScalingHistory.of(self)

    # What formats implement.

    @classmethod
    def end_of(cls, head: bytes, complete: bool) -> int | None:
        """Return how many of the first bytes are the header; None if it goes on.

        `complete`: the file has no more bytes than these.
        """
        found = cls.last_line.search(head)
        if found and (complete or found[0].endswith(b"\n")):
            return found.end()
        is_alone = complete and cls.alone is not None and cls.alone.search(head)
        return len(head) if is_alone else None

    @property
    def sized(self) -> bool:
        """Whether the header has a field for the bytes that the voxels take in their file."""
        return False

    def _set_shape(self, lengths: Shape) -> None:
        """Store another shape than the one before."""
        raise NotImplementedError

    def _set_dtype(self, dtype: DType) -> None:
        """Store another dtype, in native byte order; the byte order of the file stays."""
        raise NotImplementedError

    def _set_zooms(self, sizes: Sizes) -> None:
        """Store other voxel sizes than those before."""
        raise NotImplementedError

    def _set_affine(self, affine: Matrix) -> None:
        """Store an affine that has been checked."""
        raise NotImplementedError

    def _set_start(self, value: float) -> None:
        """Store where the fourth axis begins; formats that have a place for it override this."""

    # Reading and writing.

    @classmethod
    def from_source(cls, source: ByteSource) -> Self:
        """Read the header from the beginning of a source, and no more than it takes.

        Raises
        ------
        HeaderDataError
            If the fields make no sense, or the file ends within the header.
        LimitError
            If the header does not end within 16 MiB.
        """
        data = source.head()
        complete = len(data) < HEAD
        wanted = FIRST_READ
        while (end := cls.end_of(data, complete)) is None and not complete:
            if len(data) >= MOST_TEXT:
                raise LimitError(f"{source.name}: the header does not end within {MOST_TEXT} bytes")
            data = source.read_upto(0, wanted)
            complete = len(data) < wanted
            wanted *= 4
        if end is None:
            raise HeaderDataError(f"the file ends within the header, after {len(data)} bytes")
        return cls(data[:end])

    def to_bytes(self) -> bytes:
        """Return the text of the header."""
        text = "".join(f"{line.text}\n" for line in self.lines)
        return text.encode("utf-8", "surrogateescape")

    def check_read(self) -> None:
        """Check that the fields describe the voxels.

        Raises
        ------
        HeaderDataError
        """
        self.parsed.check()

    def copy(self) -> Self:
        """Return a header of its own with the same lines."""
        new = type(self).__new__(type(self))
        new.__dict__.update(self.__dict__)
        return new

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, TextHeader):
            return NotImplemented
        return type(self) is type(other) and self.lines == other.lines

    __hash__ = None

    # Facts: read from the lines once, and set in them.

    @property
    def dtype(self) -> DType:
        """Dtype of the voxels, in the file's byte order."""
        return self.parsed.dtype

    @dtype.setter
    def dtype(self, value: DTypeLike) -> None:
        found = self.known_dtype(value)
        if found != native(self.dtype):
            self._set_dtype(found)

    @property
    def shape(self) -> Shape:
        """Shape of the voxel array."""
        return self.parsed.shape

    @shape.setter
    def shape(self, value: Sequence[int]) -> None:
        lengths = check_shape(
            value, fewest=1, axes=self.parsed.most_axes, largest=LARGEST, holder=self.holder
        )
        if lengths != self.shape:
            self._set_shape(lengths)

    @property
    def zooms(self) -> Sizes:
        """Size of a voxel along each axis: mm, and the file's units for those after the third."""
        return self.parsed.zooms

    @zooms.setter
    def zooms(self, value: Sequence[float]) -> None:
        sizes = tuple(check_zooms(value, len(self.shape)))
        if sizes != self.zooms:
            self._set_zooms(sizes)

    @property
    def affine(self) -> Matrix:
        """Voxel indices to scanner RAS+ mm, shape (4, 4)."""
        return self.parsed.affine.copy()

    def set_affine(self, affine: ArrayLike) -> None:
        """Store an affine: voxel indices to scanner RAS+ mm.

        Raises
        ------
        AffineError
            If it is not one.
        """
        self._set_affine(check_affine(affine))

    @property
    def time_unit(self) -> float | None:
        """Seconds in the unit of the fourth voxel size; None where the file does not state it."""
        return self.parsed.time_unit

    @property
    def start_time(self) -> float:
        """Position of the first volume along the fourth axis, in its unit; 0 where not stated."""
        return self.parsed.start_time

    @start_time.setter
    def start_time(self, value: float) -> None:
        self._set_start(value)

    @property
    def endianness(self) -> Order:
        """Byte order of the voxels: '<' or '>'."""
        return self.parsed.endianness

    @property
    def payload(self) -> Payload:
        """Where the voxels are and how they are encoded."""
        return self.parsed.payload

    @property
    def axis_map(self) -> AxisMap:
        """Which axis of the file holds which axis of the image."""
        return self.parsed.axis_map

    @property
    def stored_shape(self) -> Shape:
        """Lengths of the axes in the file, the fastest first."""
        places = enumerate(self.axis_map.axes)
        held = {axis: self.shape[place] for place, axis in places if axis is not None}
        return tuple(held[axis] for axis in range(len(held)))

    # dtypes.

    @classmethod
    def supported_dtypes(cls) -> list[DType]:
        """Return the dtypes that voxels can have in a file of this format."""
        return list(dict.fromkeys(cls.type_names.values()))

    @classmethod
    def known_dtype(cls, datatype: DTypeLike) -> DType:
        """Return a dtype, also by the format's name for it, in native byte order."""
        return super().known_dtype(cls.type_names.get(str(datatype), datatype))

    @classmethod
    def type_name(cls, dtype: DType) -> str:
        """Return the format's usual name of a dtype in native byte order."""
        return next(name for name, known in cls.type_names.items() if known == dtype)

    # The files of the voxels.

    def name_data(self, name: str | None, nbytes: int | None) -> None:
        """Store the file of the voxels, None for this one, after the header; nothing is skipped.

        `nbytes` is how many encoded bytes they take, known where `sized` is set.
        """
        for key in self.skip_fields:
            if self.parsed.integer(key, 0):
                self.set_field(key, None)
        self.set_field(self.field_order[-1], self.name_of_itself if name is None else name)
        if self.end_line is not None and self._end() == len(self.lines):
            self.lines = (*self.lines, Line(self.end_line))

    # What other formats can store too.

    def metadata(self) -> Metadata:
        """Return what the header holds besides shape, dtype and affine: text and free keys."""
        return replace(
            super().metadata(),
            description=" ".join((self.field(self.description_field) or "").split()),
            history=self.field(self.history_field) or "",
            keys=self.free_keys(),
        )

    def free_keys(self) -> dict[str, str]:
        """Return the free keys and their text, but for those of description and history."""
        named = (self.description_field, self.history_field)
        free = {line.key for line in self.lines if line.key and line.free}.difference(named)
        return {key: text for key, text in self.items() if key in free}

    def replace_free_keys(self, pattern: re.Pattern[str], keys: Mapping[str, str]) -> None:
        """Remove the free keys that fit a pattern, and add others that can be written here."""
        self.lines = tuple([line for line in self.lines if not _is_free_key(line, pattern)])
        new: list[Line] = []
        for key, text in keys.items():
            if self._can_write(key, text, free=True):
                new += self.line(key, text, free=True)
        place = self._line_for("", free=True)  # after the other free keys
        self.lines = (*self.lines[:place], *new, *self.lines[place:])

    def set_metadata(self, metadata: Metadata) -> None:
        """Store text, gradients, the start, and the free keys that can be written here."""
        if metadata.start:
            self.start_time = metadata.start / (self.time_unit or 1.0)
        self._set_text(self.description_field, metadata.description)
        self._set_text(self.history_field, metadata.history)
        for key, value in metadata.keys.items():
            known = self.canonical(key) in self.field_order
            if not known and self._can_write(key, value, free=True):
                self.set_field(key, value, free=True)
        self._set_gradients(metadata.gradients)

    def select_volumes(self, volumes: Sequence[HeaderVolume]) -> None:
        """Store the gradients of volumes; see `SpatialHeader`."""
        self._set_gradients(metadata_of_volumes(volumes).gradients)

    def _set_gradients(self, gradients: Sequence[Gradient]) -> None:
        """Store the gradients of all volumes; formats that can do so override this."""

    def _set_text(self, key: str, text: str) -> None:
        if key and text and self._can_write(key, text, free=False):
            self.set_field(key, text)

    def _can_write(self, key: str, value: str, *, free: bool) -> bool:
        """Return whether the text of a field or a free key is read again as it is written."""
        lines = (self.lines[0], *self.line(key, value, free))
        try:
            parsed = list(self.parse("\n".join(line.text for line in lines)))
        except HeaderDataError:
            return False
        return "\n".join(line.value for line in parsed[1:] if line.key == key) == value


def _is_free_key(line: Line, pattern: re.Pattern[str]) -> bool:
    return line.free and pattern.fullmatch(line.key or "") is not None
