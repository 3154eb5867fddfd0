"""Records: a mapping over bytes whose layout is declared as a numpy dtype."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, BinaryIO, ClassVar, Literal, Self, cast

import numpy as np

from volio.arrays.dtypes import Array, DType
from volio.codes import Recoder
from volio.errors import HeaderDataError, UsageError
from volio.flags import as_flag
from volio.images.headers import error_levels
from volio.images.headers.checks import Check, Report, find_problems, run_checks
from volio.images.headers.shape_checks import as_single
from volio.images.headers.unpack import Unpacker

__all__ = ["BYTE_ORDERS", "Record", "native_order", "record_layout", "swapped_order"]

Order = Literal["<", ">"]

native_order: Order = "<" if np.little_endian else ">"
swapped_order: Order = ">" if np.little_endian else "<"

#: Names of the two byte orders.
BYTE_ORDERS = Recoder(
    (
        ("<", "little", "le", "l", "L", "LE"),
        (">", "big", "be", "b", "B", "BE", "BIG"),
        (native_order, "native", "n", "N", "=", "|", "i", "I"),
        (swapped_order, "swapped", "s", "S", "!"),
    )
)


def record_layout(text: str) -> DType:
    """Return the dtype of a record from lines that describe its bytes.

    Parameters
    ----------
    text : str
        On each line a numpy type, the names of one or more fields of that type in the order of the
        bytes, and perhaps a comment after ``#``. A type with ``*8`` has 8 numbers, one with
        ``*3*3`` 3 rows of 3.

    Examples
    --------
    >>> record_layout("i2*3 dims  # lengths of the axes").itemsize
    6
    """
    fields: list[tuple[str, str, tuple[int, ...]]] = []
    for line in text.strip().splitlines():
        numbered, *names = line.partition("#")[0].split()
        kind, *counts = numbered.split("*")
        shape = tuple(map(int, counts))
        fields += [(name, kind, shape) for name in names]
    return np.dtype(fields)


class Record:
    """A mapping over one record of bytes.

    Parameters
    ----------
    binaryblock : bytes, optional
        The record (default: a new one).
    endianness : str, optional
        Byte order: '<', '>' or a word for it (default: guessed from the bytes, or native).
    check : bool
        Check the fields, repairing what can be repaired.

    Raises
    ------
    HeaderDataError
        If the block has another length than the layout, or fails a check.
    UsageError
        If `check` is not a boolean.
    """

    layout: ClassVar[np.dtype[Any]] = np.dtype([("integer", "<i2")])
    template_dtype: ClassVar[DType] = layout
    #: Values of fields that are not 0 in a default record.
    defaults: ClassVar[Mapping[str, Any]] = {}
    checks: ClassVar[tuple[Check, ...]] = ()
    codes: ClassVar[Mapping[str, Recoder]] = {}
    byte_orders: ClassVar[tuple[Order, ...]] = (native_order, swapped_order)

    _structarr: Array
    _endianness: Order
    #: The layout in a byte order, and what unpacks it; made when first needed.
    _in_order: ClassVar[dict[str, tuple[DType, Unpacker]]] = {}
    _unpacked: tuple[bytes, dict[str, Any]] | None = None
    #: What `unpacked` returns while many checks look at the fields and change nothing.
    _held: Mapping[str, Any] | None = None
    _passed: tuple[bytes, int] | None = None  # bytes that were checked last, and how strictly

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "template_dtype" in cls.__dict__ and "layout" not in cls.__dict__:
            cls.layout = cls.template_dtype
        cls.template_dtype = cls.layout
        cls._in_order = {}

    def __init__(
        self,
        binaryblock: bytes | None = None,
        endianness: str | None = None,
        check: bool = True,
    ) -> None:
        as_flag("check", check)
        if binaryblock is None:
            self._endianness = self._order(endianness)
            self._structarr = self.default_structarr(self._endianness)
            return
        self._set_block(bytes(binaryblock), endianness)
        if check:
            self.check_read()

    def _set_block(self, block: bytes, endianness: str | None) -> None:
        if len(block) != self.layout.itemsize:
            raise HeaderDataError(
                f"{type(self).__name__}: the header takes {self.layout.itemsize} bytes, "
                f"got {len(block)}"
            )
        if endianness is None:
            endianness = self.guessed_endian(self._view(block, self.byte_orders[0]))
        self._endianness = self._order(endianness)
        self._structarr = self._view(bytearray(block), self._endianness)

    @classmethod
    def _view(cls, block: bytes | bytearray, order: Order) -> Array:
        return np.ndarray((), cls._layout_in(order)[0], block)

    @classmethod
    def _layout_in(cls, order: Order) -> tuple[DType, Unpacker]:
        if order not in cls._in_order:
            layout = cls.layout.newbyteorder(order)
            cls._in_order[order] = layout, Unpacker(layout)
        return cls._in_order[order]

    @classmethod
    def _order(cls, word: str | None) -> Order:
        if word is None:
            return cls.byte_orders[0]
        if word not in BYTE_ORDERS or BYTE_ORDERS[word] not in cls.byte_orders:
            raise HeaderDataError(
                f"{cls.__name__}: byte order must be one of {list(cls.byte_orders)}, got {word!r}"
            )
        return cast("Order", BYTE_ORDERS[word])

    @classmethod
    def default_structarr(cls, endianness: str | None = None) -> Array:
        """Return a default record, a structured array of shape ()."""
        record = np.zeros((), cls.layout.newbyteorder(cls._order(endianness)))
        for field, value in cls.defaults.items():
            record[field] = value
        return record

    @classmethod
    def guessed_endian(cls, hdr: Any) -> Order:
        """Byte order of a record that has been viewed in the first of `byte_orders`."""
        return cls.byte_orders[0]

    @property
    def structarr(self) -> Array:
        """The record: a structured array of shape (), in the header's byte order."""
        return self._structarr

    @property
    def binaryblock(self) -> bytes:
        """The record as bytes."""
        return self._structarr.tobytes()

    @property
    def unpacked(self) -> Mapping[str, Any]:
        """The fields as ints, floats, bytes and tuples; many times faster than one by one."""
        if self._held is not None:
            return self._held
        block = self._structarr.tobytes()
        if self._unpacked is None or self._unpacked[0] != block:
            self._unpacked = block, self._layout_in(self._endianness)[1](block)
        return self._unpacked[1]

    @property
    def endianness(self) -> Order:
        """Byte order of the record: '<' or '>'."""
        return self._endianness

    # A mapping from field names to values.

    def __getitem__(self, field: str) -> Array:
        return self._structarr[field]

    def __setitem__(self, field: str, value: Any) -> None:
        if field not in (self.layout.names or ()):
            raise HeaderDataError(f"{type(self).__name__}: has no field {field!r}")
        base = self.layout[field].base
        is_single = base.kind == "f" and base.itemsize == 4
        if base.kind == "S" and isinstance(value, str):
            value = _latin_bytes(field, value)
        self._structarr[field] = as_single(field, value) if is_single else value

    def update(self, values: Mapping[str, Any] | Iterable[tuple[str, Any]]) -> None:
        """Set several fields, given as a mapping or as pairs of name and value."""
        for field, value in dict(values).items():
            self[field] = value

    def __iter__(self) -> Iterator[str]:
        return iter(self.keys())

    def __contains__(self, field: object) -> bool:
        return field in self.keys()

    def __len__(self) -> int:
        return len(self.keys())

    def keys(self) -> list[str]:
        """Names of the fields, in the order of the bytes."""
        return list(self.layout.names or ())

    def values(self) -> list[Array]:
        """Values of the fields, in the order of the bytes."""
        return [self[field] for field in self.keys()]

    def items(self) -> list[tuple[str, Array]]:
        """Names and values of the fields, in the order of the bytes."""
        return list(zip(self.keys(), self.values(), strict=True))

    def get(self, k: str, d: Any = None) -> Any:
        """Value of the field `k`, or `d` where the field does not exist."""
        return self[k] if k in self.keys() else d

    # Reading, writing, comparing.

    @classmethod
    def from_fileobj(
        cls, fileobj: BinaryIO, endianness: str | None = None, check: bool = True
    ) -> Self:
        """Read a header from a binary file object at its position."""
        return cls(fileobj.read(cls.layout.itemsize), endianness, check)

    def write_to(self, fileobj: BinaryIO) -> None:
        """Write the record to a binary file object at its position."""
        fileobj.write(self.binaryblock)

    def copy(self) -> Self:
        """Return a header of its own with the same record."""
        new = type(self).__new__(type(self))
        new.__dict__.update(self.__dict__)
        found = self._structarr
        new._structarr = np.ndarray((), found.dtype, bytearray(found.tobytes()))
        return new

    def as_byteswapped(self, endianness: str | None = None) -> Self:
        """Return a copy in the given byte order (default: the other one)."""
        if endianness is None:
            endianness = ">" if self.endianness == "<" else "<"
        order = self._order(endianness)
        swapped = self.copy()
        swapped._structarr = self.structarr.astype(self.layout.newbyteorder(order))
        swapped._endianness = order
        return swapped

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Record) or self.layout != other.layout:
            return NotImplemented if not isinstance(other, Record) else False
        return self.binaryblock == other.as_byteswapped(self.endianness).binaryblock

    __hash__ = None  # type: ignore[assignment]

    # Checks and reports.

    def check_read(self) -> None:
        """Check the fields as they were read, and repair those that cannot be read as they are.

        What is only suspicious stays, so that an untouched header is written as it was.

        The same bytes are not looked through twice, so that each problem is logged once.

        Raises
        ------
        HeaderDataError
            For a problem of severity 40 or more (`error_levels.error_level`).
        """
        if self._passed == (self._structarr.tobytes(), error_levels.error_level):
            return
        if self._has_problems():
            run_checks(self, self.checks, fix=True, reading=True)
        self._passed = self._structarr.tobytes(), error_levels.error_level

    def _has_problems(self) -> bool:
        """Return whether any check finds a problem; for all of them fields are unpacked once."""
        self._held = self.unpacked
        try:
            return any(check.find(self) is not None for check in self.checks)
        except HeaderDataError:  # not of the field that was looked at: `run_checks` decides
            return True
        finally:
            self._held = None

    def check_fix(
        self, logger: logging.Logger | None = None, error_level: int | None = None
    ) -> None:
        """Check the fields and repair what can be repaired.

        Parameters
        ----------
        logger : logging.Logger, optional
            Where problems go.
        error_level : int, optional
            Severity from which a problem raises (default 40).

        Raises
        ------
        HeaderDataError
            For a problem of that severity.
        """
        run_checks(self, self.checks, fix=True, logger=logger, error_level=error_level)

    def diagnose(self) -> list[Report]:
        """Problems of this header; nothing is changed or raised."""
        return list(find_problems(self.copy(), self.checks, fix=False))

    @classmethod
    def diagnose_binaryblock(cls, binaryblock: bytes, endianness: str | None = None) -> str:
        """Problems of a record, one a line; "" when there is none."""
        header = cls(binaryblock, endianness, check=False)
        return "\n".join(report.message for report in header.diagnose())

    def get_value_label(self, fieldname: str) -> str:
        """Return the name of a coded field's value, such as 'scanner' for a qform_code of 1.

        Raises
        ------
        UsageError
            If the field holds no code.
        """
        if fieldname not in self.codes:
            raise UsageError(f"{fieldname}: holds no code; fields that do: {sorted(self.codes)}")
        code = int(self._structarr[fieldname])
        labels = self.codes[fieldname].label
        return str(labels[code]) if code in labels else f"<unknown code {code}>"

    def __str__(self) -> str:
        lines = [f"{type(self).__name__}, byte order '{self.endianness}'"]
        for field, value in self.items():
            # A number of 32 bits shows its own digits, not those of the 64 bits around it.
            shown = self.get_value_label(field) if field in self.codes else value[()]
            lines.append(f"{field:<16}: {shown!s}")
        return "\n".join(lines)


def _latin_bytes(field: str, text: str) -> bytes:
    """Return the bytes of a text, as they are read: numpy takes ASCII alone."""
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError as error:
        raise HeaderDataError(
            f"{field}: must be text in Latin-1, or bytes, got {text!r:.80}"
        ) from error
