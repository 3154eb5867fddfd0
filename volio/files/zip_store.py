"""ZipStore: the members of a zip file, which are read by offset from any source of bytes."""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Hashable
from typing import Any
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipInfo

from volio.errors import CorruptFileError, ImageFileError, LimitError
from volio.files.sources.source import ByteSource
from volio.files.sources.store import Store, check_key, span_of
from volio.files.zip_directory import is_encrypted, member_begin, zip_directory
from volio.forks import fork_safe_lock

__all__ = ["ZipStore"]

RATIO = 1032  # how many times deflate makes data smaller, at most


class ZipStore(Store):
    """A zip file: the keys are its members, stored or deflated.

    Parameters
    ----------
    source : ByteSource
        Of the zip file.
    folder : str, optional
        The folder in it that is the store (default: all of it).

    Raises
    ------
    CorruptFileError
        If it is not a zip file.
    """

    def __init__(self, source: ByteSource, folder: str = "") -> None:
        self.name = source.name if not folder else f"{source.name}/{folder}"
        self.source = source
        self.folder = folder
        self._lock = fork_safe_lock()
        self._kept: dict[str, ZipInfo] | None = None
        self._members()

    def get(self, key: str, start: int | None = None, stop: int | None = None) -> bytes | None:
        """Return the bytes of a member; see `Store.get`."""
        check_key(key, self.name)
        info = self._members().get(key)
        if info is None:
            return None
        what = f"{self.name}: {key}"
        low, high = span_of(info.file_size, start, stop, what)
        if is_encrypted(info):
            raise ImageFileError(f"{what}: is encrypted")
        if info.compress_type == ZIP_STORED:
            return self._stored(info, what, low, high)
        if info.compress_type == ZIP_DEFLATED:
            span_of(info.file_size, None, None, what)  # all of it is decoded
            return self._inflated(info, what)[low:high]
        raise ImageFileError(f"{what}: is compressed by method {info.compress_type} of zip")

    def _stored(self, info: ZipInfo, what: str, low: int, high: int) -> bytes:
        data = self.source.read(member_begin(self.source, info, what) + low, high - low)
        if high - low == info.file_size:
            self._check_sum(info, what, data)
        return data

    def _inflated(self, info: ZipInfo, what: str) -> bytes:
        if info.file_size > RATIO * info.compress_size:
            raise LimitError(
                f"{what}: {info.compress_size} bytes cannot hold {info.file_size} bytes"
            )
        raw = self.source.read(member_begin(self.source, info, what), info.compress_size)
        try:
            data = zlib.decompressobj(-zlib.MAX_WBITS).decompress(raw, info.file_size + 1)
        except zlib.error as error:
            raise CorruptFileError(f"{what}: cannot be inflated: {error}") from error
        if len(data) != info.file_size:
            raise CorruptFileError(f"{what}: must hold {info.file_size} bytes, got {len(data)}")
        self._check_sum(info, what, data)
        return data

    def _check_sum(self, info: ZipInfo, what: str, data: bytes) -> None:
        if zlib.crc32(data) != info.CRC:
            raise CorruptFileError(f"{what}: its checksum is not that of its bytes")

    def names(self, prefix: str = "") -> tuple[str, ...]:
        """Return the names directly under a key, sorted."""
        above = f"{prefix}/" if prefix else ""
        below = [key.removeprefix(above) for key in self._members() if key.startswith(above)]
        return tuple(sorted({key.partition("/")[0] for key in below} - {""}))

    def identity(self) -> Hashable:
        """Return that of the file, or what only this object and its copies have."""
        known = self.source.identity()
        return (known or self._token(), self.folder)

    def signature(self, key: str) -> Hashable:
        """Return the checksum of a member that its directory holds; None where there is none."""
        info = self._members().get(key)
        return None if info is None else (info.CRC, info.file_size)

    def check(self) -> None:
        """Raise an error if the file has changed or vanished since it was opened."""
        self.source.open().close()

    def _token(self) -> bytes:
        # Bytes in memory have no name of their own: the directory identifies them.
        checksums = [info.CRC for info in self._members().values()]
        return struct.pack(f"<{len(checksums)}I", *checksums)

    def _members(self) -> dict[str, ZipInfo]:
        with self._lock:
            if self._kept is None:
                self._kept = _directory(self.source, self.folder)
            return self._kept

    def __getstate__(self) -> dict[str, Any]:
        return {"source": self.source, "folder": self.folder, "name": self.name}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._lock = fork_safe_lock()
        self._kept = None


def _directory(source: ByteSource, folder: str) -> dict[str, ZipInfo]:
    """Return the members of a zip file below a folder, by key."""
    above = f"{folder}/" if folder else ""
    infos = zip_directory(source)
    keys = [info.filename.replace(os.sep, "/") for info in infos]
    return {
        key.removeprefix(above): info
        for key, info in zip(keys, infos, strict=True)
        if key.startswith(above) and not key.endswith("/")
    }
