"""The decoded view of gzip and zlib data. What reading headers does not need is imported on use."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from volio.files.codecs.source import CodecSource
from volio.files.codecs.table import Codec
from volio.files.sources.reader import Reader
from volio.files.sources.source import ByteSource

if TYPE_CHECKING:
    from volio.files.codecs.chunks import Table
    from volio.files.codecs.gzip_checkpoints import Checkpoints

__all__ = ["GzipSource"]


class GzipSource(CodecSource):
    """The decoded view of gzip or zlib data, with random access where they have an index.

    Parameters
    ----------
    base : ByteSource
        The compressed bytes.
    codec : Codec
        Gzip or zlib.
    """

    def __init__(self, base: ByteSource, codec: Codec) -> None:
        super().__init__(base, codec)
        self._table: Table | None = None
        self._looked = False
        self._own: Checkpoints | None = None

    def open(self) -> Reader:
        """Open a reader of chunks, or a forward decoder where there are none."""
        from volio.files.codecs.chunks import ChunkReader
        from volio.files.codecs.gzip_checkpoints import CheckpointReader

        table = self.table()
        if table is not None:
            return ChunkReader(self.base.open(), table)
        return CheckpointReader(self.base.open(), self.codec, self._checkpoints())

    def table(self) -> Table | None:
        """Return the chunks of the file, found once; None where it has none."""
        if not self._looked:
            from volio.files.codecs.decoding import warn_of_foreign
            from volio.files.codecs.gzip_index import find_table

            self._table = find_table(self.base, self.codec)
            self._looked = True
            if self._table is not None and self._table.foreign_start is not None:
                warn_of_foreign(self.name, self.codec, self._table.foreign_start, self._table.size)
        return self._table

    def _checkpoints(self) -> Checkpoints:
        """Return the checkpoints of the file, those that other images of it found included."""
        from volio.files.codecs.gzip_checkpoints import Checkpoints, checkpoints_of
        from volio.files.codecs.gzip_index_file import load_checkpoints

        identity = self.base.identity()
        if identity is not None:
            return checkpoints_of(*identity, partial(load_checkpoints, self.base))
        self._own = self._own or Checkpoints()
        return self._own

    def __getstate__(self) -> dict[str, Any]:
        return {**super().__getstate__(), "_table": None, "_looked": False, "_own": None}
