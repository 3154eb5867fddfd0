"""TextHeader: a header of lines of text, whose fields say what the voxels are.

The lines are the header: every fact is read from them and written into them, so that what is
unknown, comments, spelling and order survive, and an untouched header is written as it was.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np
from numpy.typing import DTypeLike

from volio.errors import HeaderDataError, LimitError
from volio.files.sources.source import ByteSource
from volio.images.headers.format import FormatHeader
from volio.images.headers.metadata import Metadata
from volio.images.headers.text_lines import Line
from volio.images.saving.scaling_history import ScalingHistory

__all__ = ["Payload", "TextHeader"]

#: Most bytes of a header that are read.
MOST_TEXT = 16 << 20


class Payload(NamedTuple):
    """Where the voxels of an image lie and how they are encoded.

    Attributes
    ----------
    encoding : str
        As `volio.arrays.encodings.table.decode` names it.
    names : tuple of str
        Data files, in the order of their voxels; none for the file of the header.
    starts : tuple of int
        Byte of each file at which they begin; () for the first, or the one behind the header.
    lines : int
        Lines of text to skip before the bytes.
    skip : int
        Bytes to skip before the voxels: decoded ones where they are compressed.
    from_end : bool
        Whether the voxels are the last bytes there are.
    length : int or None
        Encoded bytes, where the header states how many.
    skips : tuple of int
        For each file what `skip` is for all, -1 for `from_end`; () where one number is for all.
    """

    encoding: str = "raw"
    names: tuple[str, ...] = ()
    starts: tuple[int, ...] = ()
    lines: int = 0
    skip: int = 0
    from_end: bool = False
    length: int | None = None
    skips: tuple[int, ...] = ()

    def of_file(self, number: int) -> Payload:
        """Return what is true of one of the files."""
        if not self.skips:
            return self
        skip = self.skips[number]
        return self._replace(skip=max(0, skip), from_end=skip == -1, skips=())


class TextHeader(FormatHeader):
    """A header of lines, as a mapping from the names of fields and free keys to text.

    A format implements `parse`, `line`, `end_of`, `payload`, `name_data`, and the properties
    `dtype`, `shape`, `zooms` and `affine` over the fields.

    Parameters
    ----------
    text : bytes, optional
        The text of the header (default: a fresh one).
    check : bool
        Check what the fields say.

    Raises
    ------
    HeaderDataError
        If the fields make no sense.
    """

    #: The text of a fresh header.
    fresh: ClassVar[str] = ""
    #: Fields of the format in the order in which they are written.
    order: ClassVar[tuple[str, ...]] = ()
    #: Names of dtypes as the format writes them, the usual one first.
    type_names: ClassVar[Mapping[str, np.dtype[Any]]] = {}

    def __init__(self, text: bytes | None = None, check: bool = True) -> None:
        self.length = 0 if text is None else len(text)  # of the header in its file
        decoded = self.fresh if text is None else text.decode("utf-8", "surrogateescape")
        self.lines: list[Line] = list(self.parse(decoded))
        if check:
            self.check_read()
        self.scaling_history = ScalingHistory.of(self)

    # What formats implement.

    @classmethod
    def parse(cls, text: str) -> Iterator[Line]:
        """Go through the lines of a header."""
        raise NotImplementedError

    @classmethod
    def line(cls, key: str, value: str, free: bool) -> Sequence[Line]:
        """Return the line of a field, or its lines."""
        raise NotImplementedError

    @classmethod
    def end_of(cls, head: bytes, complete: bool) -> int | None:
        """Return how many of the first bytes are the header; None if it goes on.

        `complete` says that the file has no more bytes than these.
        """
        raise NotImplementedError

    @property
    def payload(self) -> Payload:
        """Where the voxels lie and how they are encoded."""
        raise NotImplementedError

    def name_data(self, name: str | None, nbytes: int | None) -> None:
        """State that the voxels are in a file of their own, or behind the header (None).

        `nbytes` is how many encoded bytes they take, known where `sized` is set.
        """
        raise NotImplementedError

    @property
    def sized(self) -> bool:
        """Whether the header states how many bytes the voxels take in their file."""
        return False

    # Reading and writing.

    @classmethod
    def from_source(cls, source: ByteSource) -> Self:
        """Read the header from the beginning of a source, and no more than it takes."""
        data, wanted = source.head(), 1 << 16
        complete = len(data) < 4096
        while (end := cls.end_of(data, complete)) is None and not complete:
            if len(data) >= MOST_TEXT:
                raise LimitError(f"{source.name}: the header does not end within {MOST_TEXT} bytes")
            data = source.read_upto(0, wanted)
            complete, wanted = len(data) < wanted, 4 * wanted
        if end is None:
            raise HeaderDataError(f"the file ends within the header, after {len(data)} bytes")
        return cls(data[:end])

    def to_bytes(self) -> bytes:
        """Return the text of the header."""
        text = "".join(f"{line.text}\n" for line in self.lines)
        return text.encode("utf-8", "surrogateescape")

    def check_read(self) -> None:
        """Check that the fields say what voxels there are.

        Raises
        ------
        HeaderDataError
        """
        for fact in (self.get_data_dtype(), self.get_data_shape(), self.payload):
            del fact
        if not np.isfinite(self.affine).all() or not np.isfinite(self.get_zooms()).all():
            raise HeaderDataError("directions, origin and sizes of voxels must be finite")

    def copy(self) -> Self:
        """Return a header of its own with the same lines."""
        new = type(self)(check=False)
        new.lines, new.length = list(self.lines), self.length
        new.scaling_history = self.scaling_history
        return new

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, TextHeader):
            return NotImplemented
        return type(self) is type(other) and self.lines == other.lines

    __hash__ = None  # type: ignore[assignment]

    def __str__(self) -> str:
        return "\n".join(line.text for line in self.lines)

    # A mapping from keys to text.

    def field(self, key: str) -> str | None:
        """Return the text of one of the format's fields; lines of the same name are joined."""
        found = [line.value for line in self.lines if line.key == key and not line.free]
        return "\n".join(found) if found else None

    def set_field(self, key: str, value: str | None, free: bool = False) -> None:
        """Set a field, where it stands or where it belongs; None takes it out."""
        same = [line.key == key and line.free == free for line in self.lines]
        now = [line.value for line, hit in zip(self.lines, same, strict=True) if hit]
        if (value is None and not now) or (now and "\n".join(now) == value):
            return
        at = same.index(True) if True in same else self._place_for(key, free)
        kept = [line for line, gone in zip(self.lines, same, strict=True) if not gone]
        new = [] if value is None else self.line(key, value, free)
        self.lines = [*kept[:at], *new, *kept[at:]]

    def _place_for(self, key: str, free: bool) -> int:
        """Return where a new line belongs: before the first that comes later."""
        if not free and key in self.order:
            rank = self.order.index(key)
            later = self.order[rank + 1 :]
            for place, line in enumerate(self.lines):
                if line.key in later and not line.free:
                    return place
        return self._end()

    def _end(self) -> int:
        """Return the place behind all fields."""
        return len(self.lines)

    def __getitem__(self, key: str) -> str:
        found = [line.value for line in self.lines if line.key and line.key == self.canonical(key)]
        if not found:
            raise KeyError(f"{key}: the header has no such field; it has {self.keys()}")
        return "\n".join(found)

    def __setitem__(self, key: str, value: Any) -> None:
        name = self.canonical(key)
        known = name in self.order or any(line.key == name and not line.free for line in self.lines)
        self.set_field(name, str(value), free=not known)

    def __delitem__(self, key: str) -> None:
        self[key]  # raises where there is none
        name = self.canonical(key)
        self.lines = [line for line in self.lines if line.key != name]

    @classmethod
    def canonical(cls, key: str) -> str:
        """Return the usual spelling of a field's name."""
        return key

    def __iter__(self) -> Iterator[str]:
        return iter(self.keys())

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and self.canonical(key) in self.keys()

    def __len__(self) -> int:
        return len(self.keys())

    def keys(self) -> list[str]:
        """Names of the fields and free keys, in the order of the lines."""
        return list(dict.fromkeys(line.key for line in self.lines if line.key))

    def values(self) -> list[str]:
        """Texts of the fields, in the order of the lines."""
        return [self[key] for key in self.keys()]

    def items(self) -> list[tuple[str, str]]:
        """Names and texts of the fields, in the order of the lines."""
        return [(key, self[key]) for key in self.keys()]

    def get(self, k: str, d: Any = None) -> Any:
        """Text of the field `k`, or `d` when there is no such field."""
        try:
            return self[k]
        except KeyError:
            return d

    # What other formats can take over.

    #: Fields with a line of description and with the programs that ran.
    words: ClassVar[tuple[str, str]] = ("", "")

    def metadata(self) -> Metadata:
        """Return what the header says beside shape, dtype and place: text and free keys."""
        description, history = ((key and self.field(key)) or "" for key in self.words)
        free = {line.key for line in self.lines if line.key and line.free}
        return replace(
            super().metadata(),
            description=" ".join(description.split()),
            history=history,
            keys={key: self[key] for key in self.keys() if key in free - set(self.words)},
        )

    def set_metadata(self, metadata: Metadata) -> None:
        """Take text and the free keys that can be written here."""
        for key, text in zip(self.words, (metadata.description, metadata.history), strict=True):
            if key and text and self._can_write(key, text, free=False):
                self.set_field(key, text)
        for key, value in metadata.keys.items():
            if self.canonical(key) not in self.order and self._can_write(key, value, free=True):
                self.set_field(key, value, free=True)

    def _can_write(self, key: str, value: str, *, free: bool) -> bool:
        """Tell whether a field or a free key is what is read again."""
        text = "\n".join(line.text for line in (self.lines[0], *self.line(key, value, free)))
        try:
            found = [line for line in list(self.parse(text))[1:] if line.key == key]
        except HeaderDataError:
            return False
        return "\n".join(line.value for line in found) == value

    # dtypes.

    @classmethod
    def supported_dtypes(cls) -> list[np.dtype[Any]]:
        """Return the dtypes that voxels can have in a file of this format."""
        return list(dict.fromkeys(cls.type_names.values()))

    @classmethod
    def known_dtype(cls, datatype: DTypeLike) -> np.dtype[Any]:
        """Return a dtype, also by the format's name for it, in native byte order."""
        return super().known_dtype(cls.type_names.get(str(datatype), datatype))

    @property
    def stored_shape(self) -> tuple[int, ...]:
        """Lengths of the axes in the file, the fastest first."""
        shape, axes = self.get_data_shape(), self.arrangement.axes
        held = {axis: shape[place] for place, axis in enumerate(axes) if axis is not None}
        return tuple(held[axis] for axis in range(len(held)))
