"""Where members of a TRX file are written to: a zip file, stored or deflated, or a folder."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from shutil import copyfileobj
from tempfile import SpooledTemporaryFile
from typing import Any

from volio.errors import ImageDataError
from volio.files.codecs.inflate import crc32
from volio.files.codecs.presets import Compression
from volio.files.zip_layout import PlannedMember, ZipLayout
from volio.files.zip_members import DEFLATE

__all__ = ["DeflatedSink", "FolderSink", "MiscountError", "Sink", "StoredSink"]

#: Bytes that are held in memory before a temporary file is made.
MOST_IN_MEMORY = 1 << 22


class MiscountError(ImageDataError):
    """Members have other numbers of values than the file was planned for."""


class Sink(ABC):
    """Takes the bytes of members, each from its beginning on, in turns.

    Parameters
    ----------
    sizes : sequence of (str, int)
        Name and number of bytes of each member.
    """

    def __init__(self, sizes: Sequence[tuple[str, int]]) -> None:
        self._sizes = dict(sizes)
        self._done = dict.fromkeys(self._sizes, 0)
        self._checksums = dict.fromkeys(self._sizes, 0)

    def put(self, name: str, data: Any) -> None:
        """Write the next bytes of a member.

        Raises
        ------
        MiscountError
            If they are more than it should have.
        """
        view = memoryview(data).cast("B") if len(data) else memoryview(b"")
        place = self._done[name]
        if place + len(view) > self._sizes[name]:
            raise MiscountError(f"{name}: more values come than there were before the save")
        self._write(name, place, view)
        self._checksums[name] = crc32(view, self._checksums[name])
        self._done[name] += len(view)

    @abstractmethod
    def _write(self, name: str, place: int, data: memoryview) -> None:
        """Write bytes of a member from its byte `place` on."""

    def finish(self) -> None:
        """Complete the file.

        Raises
        ------
        MiscountError
            If bytes of a member are missing.
        """
        for name, size in self._sizes.items():
            if self._done[name] != size:
                raise MiscountError(f"{name}: fewer values come than there were before the save")

    def close(self) -> None:  # noqa: B027  most have nothing to let go of
        """Let go of what is held, after a failure too."""


class StoredSink(Sink):
    """A zip file whose members are stored: their places are known before their bytes.

    Parameters
    ----------
    stream : object with ``write``
        With ``write_at`` bytes go where they belong; else all are collected first.
    sizes : sequence of (str, int)
    """

    def __init__(self, stream: Any, sizes: Sequence[tuple[str, int]]) -> None:
        super().__init__(sizes)
        self._layout = ZipLayout([PlannedMember(name, size, size) for name, size in sizes])
        self._stream = stream
        self._collected: Any = None
        if not hasattr(stream, "write_at"):
            self._collected = SpooledTemporaryFile(MOST_IN_MEMORY)  # noqa: SIM115  see close

    def _write(self, name: str, place: int, data: memoryview) -> None:
        self._write_at(self._layout.begins[name] + place, data)

    def _write_at(self, place: int, data: Any) -> None:
        if self._collected is None:
            self._stream.write_at(place, data)
            return
        self._collected.seek(place)
        self._collected.write(data)

    def finish(self) -> None:
        """Write the headers of the members and the directory."""
        super().finish()
        for name, crc in self._checksums.items():
            self._write_at(*self._layout.header(name, crc))
        self._write_at(self._layout.end, self._layout.directory(self._checksums))
        if self._collected is not None:
            self._collected.seek(0)
            copyfileobj(self._collected, self._stream, MOST_IN_MEMORY)

    def close(self) -> None:
        """Let go of what was collected."""
        if self._collected is not None:
            self._collected.close()


class DeflatedSink(Sink):
    """A zip file whose members are deflated: each in a temporary file until all are complete.

    Parameters
    ----------
    stream : object with ``write``
    sizes : sequence of (str, int)
    compression : {"fast", "balanced", "small"} or int
    """

    def __init__(
        self, stream: Any, sizes: Sequence[tuple[str, int]], compression: Compression
    ) -> None:
        super().__init__(sizes)
        self._stream = stream
        level = DEFLATE.level(compression)
        self._stack = ExitStack()
        self._compressors = {name: DEFLATE.compressor(level) for name in self._sizes}
        self._parts = {
            name: self._stack.enter_context(SpooledTemporaryFile(MOST_IN_MEMORY))  # noqa: SIM115
            for name in self._sizes
        }

    def _write(self, name: str, place: int, data: memoryview) -> None:
        self._parts[name].write(self._compressors[name].compress(data))

    def finish(self) -> None:
        """Write the members one after the other, and the directory."""
        super().finish()
        for name, compressor in self._compressors.items():
            self._parts[name].write(compressor.flush())
        planned = [
            PlannedMember(name, size, self._parts[name].tell(), is_deflated=True)
            for name, size in self._sizes.items()
        ]
        layout = ZipLayout(planned)
        for name, crc in self._checksums.items():
            self._stream.write(layout.header(name, crc)[1])
            self._parts[name].seek(0)
            copyfileobj(self._parts[name], self._stream, MOST_IN_MEMORY)
        self._stream.write(layout.directory(self._checksums))

    def close(self) -> None:
        """Remove the temporary files."""
        self._stack.close()


class FolderSink(Sink):
    """A folder with a file for each member.

    Parameters
    ----------
    folder : Path
        New and empty.
    sizes : sequence of (str, int)
    """

    def __init__(self, folder: Path, sizes: Sequence[tuple[str, int]]) -> None:
        super().__init__(sizes)
        self._stack = ExitStack()
        self._files = {}
        for name in self._sizes:
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            self._files[name] = self._stack.enter_context(path.open("xb"))

    def _write(self, name: str, place: int, data: memoryview) -> None:
        self._files[name].write(data)

    def finish(self) -> None:
        """Close the files."""
        super().finish()
        self._stack.close()

    def close(self) -> None:
        """Close the files."""
        self._stack.close()
