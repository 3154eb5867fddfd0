"""Hdf5Stack: one array of times, channels and volumes, over a data set for each volume."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from volio.arrays.chunked import ChunkedArray, ChunkIndex
from volio.arrays.dtypes import Array, DType, native
from volio.errors import CorruptFileError
from volio.extras import need
from volio.files.sources.source import ByteSource
from volio.formats.containers.hdf5.file import Hdf5Chunks, OpenedFile, open_hdf5, read_box

__all__ = ["Hdf5Stack", "Volumes", "stack_array"]


class Volumes(NamedTuple):
    """The data sets of a stack.

    Attributes
    ----------
    template : str
        Their path, with ``{t}`` and ``{c}``.
    times, channels : tuple of int
        What stands there.
    """

    template: str
    times: tuple[int, ...]
    channels: tuple[int, ...]

    @property
    def outer(self) -> tuple[int, ...]:
        """Lengths of the axes of time and channel, where there are several of each."""
        return tuple([len(each) for each in (self.times, self.channels) if len(each) > 1])

    @property
    def names(self) -> tuple[str, ...]:
        """Names of these axes."""
        return tuple([name for name, each in zip("tc", self[1:], strict=True) if len(each) > 1])

    def path(self, outer: Sequence[int] = ()) -> str:
        """Return the path of a volume, by its place along the outer axes; the first by default."""
        places = dict(zip(self.names, outer, strict=False))
        time = self.times[places.get("t", 0)]
        channel = self.channels[places.get("c", 0)]
        return self.template.format(t=time, c=channel)


def stack_array(
    source: ByteSource,
    volumes: Volumes,
    shape: Sequence[int],
    chunks: Sequence[int],
    dtype: DType,
) -> ChunkedArray:
    """Return the lazy array of a stack: time and channel, where there are several, then z, y, x.

    Parameters
    ----------
    source : ByteSource
    volumes : Volumes
    shape : sequence of int
        Of a volume: z, y, x. The data sets may be longer.
    chunks : sequence of int
        Of a volume.
    dtype : numpy.dtype
        Of the voxels; integers of the same size are taken as such.
    """
    full = (*volumes.outer, *shape)
    cut = (*[1] * len(volumes.outer), *chunks)
    return ChunkedArray(full, dtype, cut, Hdf5Stack(source, volumes, full, cut, dtype))


class Hdf5Stack(Hdf5Chunks):
    """The chunks of a stack; parameters are those of `stack_array`, with the outer axes."""

    def __init__(
        self,
        source: ByteSource,
        volumes: Volumes,
        shape: tuple[int, ...],
        chunks: tuple[int, ...],
        dtype: DType,
    ) -> None:
        super().__init__(source, volumes.path(), chunks)
        self.volumes = volumes
        self._shape = shape
        self._dtype = native(dtype)

    def key(self, index: ChunkIndex) -> str:
        """Return the volume that holds a chunk, and which one it is."""
        return f"{self.volumes.path(index[:-3])}: chunk {index[-3:]}"

    def read_many(self, indices: Sequence[ChunkIndex]) -> Iterator[tuple[ChunkIndex, Array]]:
        """Decode chunks, with the file opened once, and yield each with its index."""
        nodes: dict[str, Any] = {}
        with open_hdf5(self.source) as opened:
            for index in indices:
                path = self.volumes.path(index[:-3])
                if path not in nodes:
                    nodes[path] = self._opened_volume(opened, path)
                yield index, self._read_chunk(nodes[path], index)

    def _opened_volume(self, opened: OpenedFile, path: str) -> Any:
        """Open a volume, which must reach as far as the array and have its dtype."""
        h5py = need("h5py", "hdf5")
        found = opened.file.get(path)
        if not isinstance(found, h5py.Dataset):
            raise CorruptFileError(f"{self.source.name}: {path}: there is no such data set")
        opened.check_held(found)
        is_as_long = found.ndim == 3 and np.all(np.greater_equal(found.shape, self._shape[-3:]))
        if not is_as_long or not _has_same_bits(native(found.dtype), self._dtype):
            raise CorruptFileError(
                f"{self.source.name}: {path}: must have shape {self._shape[-3:]} and dtype "
                f"{self._dtype}, got {found.shape} and {found.dtype}"
            )
        return found.id

    def _read_chunk(self, node: Any, index: ChunkIndex) -> Array:
        chunk = np.empty(self.clipped(index, self._shape), native(node.dtype))
        volume = chunk.reshape(chunk.shape[-3:])
        read_box(node, self.corner(index)[-3:], volume)
        return chunk.view(self._dtype)


def _has_same_bits(found: DType, wanted: DType) -> bool:
    """Return whether values of a dtype can be taken for those of another, but for the sign."""
    are_integers = {found.kind, wanted.kind} <= set("iu")
    return found == wanted or (are_integers and found.itemsize == wanted.itemsize)
