"""An opened TRX file or folder: its arrays by what they hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from volio.errors import CorruptFileError, FileHolderError, LimitError, MissingFileError
from volio.files.codecs.inflate import crc32
from volio.files.filemap import FileHolder
from volio.files.opener import open_source
from volio.files.sources.reader import Reader
from volio.files.sources.source import ByteSource, FileSource
from volio.files.sources.store import FolderStore
from volio.files.zip_members import Member, zip_members
from volio.formats.trx.halves import convert_into
from volio.formats.trx.header import TrxHeader
from volio.formats.trx.names import ArrayName, array_name, plain_names
from volio.images.headers.error_context import errors_name
from volio.threads import in_parallel

__all__ = ["HEADER", "OpenedTrx", "TrxArray"]

HEADER = "header.json"
#: Most bytes of the header.
MOST = 1 << 24
#: Folders inside each other that are looked into; the format has two.
DEEPEST = 8
#: Bytes that are read at once where numbers are converted: they stay in the processor's cache.
PIECE = 1 << 18
#: Folders of values per point, per line, of groups and of their values.
FOLDERS = ("dpv", "dps", "groups")


class TrxArray(NamedTuple):
    """An array in a file.

    Attributes
    ----------
    key : str
        For messages.
    member : Member
    name : ArrayName
    """

    key: str
    member: Member
    name: ArrayName

    @property
    def row(self) -> int:
        """Bytes of a row."""
        return self.name.columns * self.name.dtype.itemsize

    @property
    def rows(self) -> int:
        """The number of rows.

        Raises
        ------
        CorruptFileError
            If the last one is not complete.
        """
        rows, rest = divmod(self.member.size, self.row)
        if rest:
            raise CorruptFileError(
                f"{self.member.source.name}: {self.member.size} bytes are not rows of {self.row}"
            )
        return rows

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the array: (rows,), or (rows, columns)."""
        return (self.rows,) if self.name.columns == 1 else (self.rows, self.name.columns)

    def read(self) -> NDArray[Any]:
        """Return the array, in native byte order.

        Raises
        ------
        CorruptFileError
            If its checksum is not that of its bytes.
        """
        array = np.empty(self.shape, self.name.dtype)
        flat = array.reshape(-1).view(np.uint8)
        if array.size:
            self.member.source.read_into(0, flat)
        self._check_crc(crc32(flat))
        return _native(array)

    def read_as(self, dtype: np.dtype[Any]) -> NDArray[Any]:
        """Return the array with its numbers made others, on several threads; see `read`."""
        if dtype == self.name.dtype:
            return self.read()
        array = np.empty(self.shape, dtype)

        def convert(piece: tuple[int, NDArray[Any]]) -> None:
            first, rows = piece
            convert_into(array[first : first + len(rows)], rows)

        in_parallel(convert, self._pieces())
        return array

    def _pieces(self) -> Iterator[tuple[int, NDArray[Any]]]:
        """Yield some rows after the other, with the number of the first; check all at the end."""
        rows_at_once = max(1, PIECE // self.row)
        crc = 0
        with self.member.source.open() as reader:
            for first in range(0, self.rows, rows_at_once):
                last = min(first + rows_at_once, self.rows)
                rows = self._stored_part(reader, first, last)
                crc = crc32(rows.reshape(-1).view(np.uint8), crc)
                yield first, rows
        self._check_crc(crc)

    def _check_crc(self, found: int) -> None:
        if self.member.crc is not None and found != self.member.crc:
            raise CorruptFileError(
                f"{self.member.source.name}: its checksum is not that of its bytes"
            )

    def read_part(self, reader: Reader, first: int, last: int) -> NDArray[Any]:
        """Return some rows, in native byte order, by an open reader of the member."""
        return _native(self._stored_part(reader, first, last))

    def _stored_part(self, reader: Reader, first: int, last: int) -> NDArray[Any]:
        array = np.empty((last - first, *self.shape[1:]), self.name.dtype)
        if array.size:
            reader.read_into(first * self.row, array.reshape(-1).view(np.uint8))
        return array


def _native(array: NDArray[Any]) -> NDArray[Any]:
    return array.astype(array.dtype.newbyteorder("="), copy=False)


class OpenedTrx:
    """The parts of a TRX file.

    Parameters
    ----------
    name : str
        For messages.
    members : mapping of str to Member
    whole : ByteSource or None
        The zip file; None for a folder.

    Attributes
    ----------
    header : TrxHeader
    positions, offsets : TrxArray or None
        None where there are no lines.
    per_point, per_line, groups : dict of str to TrxArray
    per_group : dict of str to dict of str to TrxArray
    others : dict of str to Member
        What the format gives no meaning.

    Raises
    ------
    MissingFileError
        If there is no header.
    CorruptFileError
        If two members are the positions or the offsets, or have one name.
    """

    def __init__(
        self, name: str, members: Mapping[str, Member], whole: ByteSource | None = None
    ) -> None:
        self.name = name
        self.whole = whole
        self.members = dict(members)
        if HEADER not in members:
            raise MissingFileError(f"{name}: has no {HEADER}")
        self.header = TrxHeader.parse(self._document(members[HEADER]))
        self.others: dict[str, Member] = {}
        folders = self._sorted()
        in_no_folder = folders.pop("", {})
        self.positions = in_no_folder.get("positions")
        self.offsets = in_no_folder.get("offsets")
        self.per_point = self._renamed(folders.pop("dpv", {}))
        self.per_line = self._renamed(folders.pop("dps", {}))
        of_groups = folders.pop("groups", {})
        self.groups = self._renamed(of_groups)
        # What is left are the folders with the values of one group each.
        self.per_group = self._values_of_groups(folders, plain_names(of_groups))

    def _values_of_groups(
        self, folders: Mapping[str, Mapping[str, TrxArray]], plain: Mapping[str, str]
    ) -> dict[str, dict[str, TrxArray]]:
        """Return the values of each group, and put aside those of groups that are not there.

        Parameters
        ----------
        folders : mapping of str to mapping of str to TrxArray
        plain : mapping of str to str
            Names of groups, by those that they have in the file.
        """
        found = {}
        for folder, arrays in folders.items():
            group = folder.removeprefix("dpg/")
            if group in plain:
                found[plain[group]] = self._renamed(arrays)
                continue
            for array in arrays.values():
                self.others[array.key] = array.member
        return found

    def _document(self, member: Member) -> bytes:
        if member.size > MOST:
            found = f"{member.size} bytes, at most {MOST} are read"
            raise LimitError(f"{self.name}: {HEADER}: {found}")
        document = member.source.read(0, member.size)
        if member.crc is not None and crc32(document) != member.crc:
            raise CorruptFileError(f"{self.name}: {HEADER}: its checksum is not that of its bytes")
        return document

    @classmethod
    def of(cls, file_map: Mapping[str, FileHolder]) -> OpenedTrx:
        """Open the file or folder of a file map."""
        if "image" not in file_map:
            raise FileHolderError(f"file_map: has no 'image', only {sorted(file_map)}")
        holder = file_map["image"]
        if holder.fileobj is None and holder.filename and Path(str(holder.filename)).is_dir():
            store = FolderStore(str(holder.filename))
            with errors_name(store):
                return cls(store.name, dict(_files_of(store)))
        source = open_source(holder)
        with errors_name(source):
            return cls(source.name, zip_members(source), source)

    def _sorted(self) -> dict[str, dict[str, TrxArray]]:
        """Return arrays by folder and name, and put aside what is none."""
        found: dict[str, dict[str, TrxArray]] = {}
        for key, member in self.members.items():
            folder, _, file = key.rpartition("/")
            name = array_name(file)
            if name is None or not _is_known(folder, name):
                if key != HEADER:
                    self.others[key] = member
                continue
            arrays = found.setdefault(folder, {})
            if name.name in arrays:
                raise CorruptFileError(f"{self.name}: {key}: there is {arrays[name.name].key} too")
            arrays[name.name] = TrxArray(key, member, name)
        return found

    @staticmethod
    def _renamed(arrays: Mapping[str, TrxArray]) -> dict[str, TrxArray]:
        plain = plain_names(arrays)
        return {plain[name]: array for name, array in arrays.items()}

    def check_there(self) -> None:
        """Raise an error of volio if the file has changed or vanished."""
        sources = [each.source for each in self.members.values()] if self.whole is None else []
        for source in (self.whole, *sources):
            if source is not None:
                source.open().close()

    def is_in(self, where: Any) -> bool:
        """Return whether the arrays come from a path or a file object."""
        if self.whole is not None:
            return self.whole.is_in(where)
        return isinstance(where, str) and where.rstrip("/") == self.name.rstrip("/")


def _is_known(folder: str, name: ArrayName) -> bool:
    """Return whether the format gives an array in a folder a meaning."""
    if folder == "":
        return name.name in ("positions", "offsets")
    return folder in FOLDERS or (folder.startswith("dpg/") and folder.count("/") == 1)


def _files_of(store: FolderStore, prefix: str = "", depth: int = 0) -> Iterator[tuple[str, Member]]:
    """Yield the files of a folder and of folders in it, by key."""
    for name in store.names(prefix):
        key = f"{prefix}/{name}" if prefix else name
        path = store.file_path(key)
        if path.is_dir():
            if depth < DEEPEST:
                yield from _files_of(store, key, depth + 1)
            continue
        source = FileSource(path)
        yield key, Member(source, source.size())
