"""Mz3Surface: a mesh, colours and values of an MZ3 file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from volio.errors import SaveError
from volio.files.codecs.source import CodecSource
from volio.files.codecs.table import codec_named
from volio.files.filemap import FileHolder
from volio.files.opener import encoded, open_for_write
from volio.files.sources.source import ByteSource
from volio.formats.mz3.label_table import held_labels, pack_labels, parse_labels
from volio.formats.mz3.layout import Blocks, pack_blocks, read_blocks
from volio.images.labels import Labels
from volio.surfaces.array_reader import ArrayReader
from volio.surfaces.contents import SurfaceContents
from volio.surfaces.single_file import SingleFileSurface, SupportsWrite
from volio.surfaces.stored_values import stored_as
from volio.surfaces.vertex_data import StoredVertexData, VertexArray

__all__ = ["Mz3Surface"]

#: Names of values, for which files have no place.
SCALAR = "scalar"
AMBIENT_OCCLUSION = "ambient occlusion"
#: Integers up to here are exact in float32.
EXACT = 1 << 24


class Mz3Surface(SingleFileSurface):
    """A surface in MZ3: vertices, faces, colours of vertices, and values.

    Files have no names of values: ``data["scalar"]`` has shape (V,), or (V, T) where each vertex
    has several values; ``data["ambient occlusion"]`` is there where the file says that the
    first are this. A file with a table of labels has labels of ``data["scalar"]``.

    Parameters
    ----------
    *args, **kwargs
        As for `Surface`.

    Attributes
    ----------
    is_compressed : bool
        Whether a file of the ending ``.mz3`` is written in gzip, as is usual; False for those
        that were read and were not.
    skipped : bytes
        What the file has between its header and the first block, where that is not a
        table of labels.

    Examples
    --------
    >>> corners = [[0, 0, 0], [1, 0, 0], [0, 1, 0]]
    >>> volio.save(volio.Surface(corners, [[0, 1, 2]], {"height": [1.5, 2.5, 3.5]}), "part.mz3")
    >>> volio.load("part.mz3").data["scalar"].tolist()
    [1.5, 2.5, 3.5]
    """

    files_types = (("image", ".mz3"),)

    def _set_file_defaults(self) -> None:
        self.is_compressed = True
        self.skipped = b""

    @classmethod
    def _read(cls, source: ByteSource, holder: FileHolder) -> Self:
        blocks = read_blocks(ArrayReader(source, "an MZ3 file"))
        labels = parse_labels(blocks.skipped) if blocks.has_labels else None
        data = StoredVertexData(_arrays(blocks, labels))
        made = cls(blocks.vertices, data=data, colors=blocks.colours)
        made.faces = blocks.faces
        made.is_compressed = isinstance(source, CodecSource)
        made.skipped = b"" if blocks.has_labels else blocks.skipped
        return made

    @classmethod
    def from_contents(cls, contents: SurfaceContents) -> Self:
        """Return a surface in MZ3 with what it can hold of some contents.

        Several arrays of values become one, of shape (V, T).

        Raises
        ------
        SaveError
            If there are neither vertices, colours nor values, or values are complex.
        ImageDataError
            If coordinates or values are beyond what the format holds.
        """
        arrays = _held_arrays(contents.arrays)
        if contents.vertices is None and contents.colours is None and not arrays:
            raise SaveError("MZ3: there is nothing to save, neither vertices, colours nor values")
        return cls(
            _as_float32(contents.vertices),
            contents.faces,
            StoredVertexData(arrays),
            colors=contents.colours,
        )

    @contextmanager
    def _opened(self, holder: FileHolder, compression: str | int | None) -> Iterator[SupportsWrite]:
        """Open the file to be written; one of the ending ``.mz3`` in gzip, unless it was not."""
        with open_for_write([holder], compression) as (stream,):
            if not (self.is_compressed and _is_plain_name(holder)):
                yield stream
                return
            packing = encoded(stream, codec_named("gzip"), compression)
            try:
                yield packing
                packing.finish()
            finally:
                packing.discard()

    def _pieces(self) -> Iterable[bytes]:
        return pack_blocks(self._blocks())

    def _blocks(self) -> Blocks:
        arrays = _held_arrays(tuple(self.data.arrays()))
        labels = [array.labels for array in arrays if array.labels is not None]
        return Blocks(
            _as_float32(self.vertices),
            self.faces,
            self.colors,
            _scalars(arrays, self.n_vertices),
            pack_labels(labels[0]) if labels else self.skipped,
            any(_is_occlusion(array) for array in arrays),
            bool(labels),
        )


def _is_plain_name(holder: FileHolder) -> bool:
    """Return whether a file is written by a name that has no ending of a compression."""
    if holder.fileobj is not None or holder.filename is None:
        return False
    return Path(holder.filename).suffix.lower() == ".mz3"


def _as_float32(vertices: NDArray[Any] | None) -> NDArray[Any] | None:
    return None if vertices is None else stored_as(vertices, np.dtype(np.float32), "vertices")


def _arrays(blocks: Blocks, labels: Labels | None) -> list[VertexArray]:
    """Return the values of a file by name."""
    rows = blocks.scalars
    arrays = []
    if blocks.has_occlusion:
        arrays.append(VertexArray(AMBIENT_OCCLUSION, rows[0]))
        rows = rows[1:]
    if len(rows):
        values = rows[0] if len(rows) == 1 else np.ascontiguousarray(rows.T)
        arrays.append(VertexArray(SCALAR, _keys(values) if labels else values, labels))
    return arrays


def _keys(values: NDArray[Any]) -> NDArray[Any]:
    """Return values as integers, where they are: keys of labels are stored as floats."""
    is_whole = np.isfinite(values) & (values == np.rint(values)) & (np.abs(values) < 2**31)
    return values.astype(np.int32) if is_whole.all() else values


def _is_occlusion(array: VertexArray) -> bool:
    return array.name == AMBIENT_OCCLUSION and array.values.ndim == 1


def _held_arrays(arrays: tuple[VertexArray, ...]) -> list[VertexArray]:
    """Return values as a file has them: ambient occlusion first, and one further array."""
    if strange := [array.name for array in arrays if array.values.dtype.kind == "c"]:
        raise SaveError(f"MZ3: holds no complex values, and {strange[0]!r} are")
    held = [VertexArray(array.name, array.values) for array in arrays if _is_occlusion(array)]
    rest = [array for array in arrays if not _is_occlusion(array)]
    if len(rest) == 1:
        labels = rest[0].labels
        table = None if labels is None else held_labels(labels)
        held.append(VertexArray(rest[0].name, rest[0].values, table))
    elif rest:
        columns = np.column_stack([array.values for array in rest])
        held.append(VertexArray(SCALAR, columns))
    return held


def _scalars(arrays: list[VertexArray], count: int) -> NDArray[Any]:
    """Return values as the rows of a file: float32 where that is exact, else float64."""
    if arrays and not count:
        raise SaveError("MZ3: values of no vertices have no place in a file")
    is_exact = all(_fits_float32(array.values) for array in arrays)
    dtype = np.dtype(np.float32 if is_exact else np.float64)
    rows = [stored_as(np.atleast_2d(array.values.T), dtype, array.name) for array in arrays]
    return np.concatenate(rows) if rows else np.zeros((0, count), dtype)


def _fits_float32(values: NDArray[Any]) -> bool:
    """Return whether float32 has the values: those of its dtype, and small integers."""
    if values.dtype.kind in "iu":
        return bool(values.size == 0 or (values.min() >= -EXACT and values.max() <= EXACT))
    return values.dtype.itemsize <= 4
