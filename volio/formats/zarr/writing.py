"""Writing a multiscale in one pass: slabs are cut into chunks and averaged for the next level."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product
from math import prod
from typing import Any

import numpy as np

from volio.arrays.chunked import ChunkIndex
from volio.arrays.dtypes import Array, DType
from volio.formats.containers.documents import Document, below
from volio.formats.zarr.codecs import read_codecs, read_v2_codecs
from volio.formats.zarr.pipeline import Pipeline
from volio.formats.zarr.pyramid import LevelPlan, halved
from volio.formats.zarr.targets import KeyTarget
from volio.threads import in_parallel

__all__ = ["ArrayPlan", "MultiscaleStream", "array_document"]


@dataclass(frozen=True)
class ArrayPlan:
    """How the arrays of a multiscale are stored.

    Parameters
    ----------
    dtype : numpy.dtype
    outer : tuple of int
        Lengths of the axes before z: time and channel, where there are such.
    names : tuple of str
        Of all axes.
    chunks : tuple of int
        z, y, x.
    shards : tuple of int or None
        z, y, x.
    zarr_format : int
        2 or 3.
    level : int
        Of zstd; 0 does not compress.
    labels : bool
        Coarser levels have the most frequent value, not the mean.
    """

    dtype: DType
    outer: tuple[int, ...]
    names: tuple[str, ...]
    chunks: tuple[int, int, int]
    shards: tuple[int, int, int] | None
    zarr_format: int
    level: int
    labels: bool

    @property
    def keyed(self) -> tuple[int, int, int]:
        """What one key holds: z, y, x."""
        return self.shards or self.chunks


def array_document(
    plan: ArrayPlan, shape: Sequence[int], chunks: Sequence[int] | None = None
) -> tuple[str, Document]:
    """Return the name and the fields of the document of an array.

    Parameters
    ----------
    plan : ArrayPlan
    shape : sequence of int
        Of the axes after the outer ones.
    chunks : sequence of int, optional
        Where they are not those of the plan; without shards.
    """
    if chunks is not None:
        plan = replace(plan, shards=None)
    ones = (1,) * len(plan.outer)
    full = [*plan.outer, *shape]
    keyed = [*ones, *(plan.keyed if chunks is None else chunks)]
    if plan.zarr_format == 2:
        compressor = {"id": "blosc", "cname": "zstd", "clevel": min(plan.level, 9), "shuffle": 1}
        fields: dict[str, Any] = {
            "zarr_format": 2,
            "shape": full,
            "chunks": keyed,
            "dtype": plan.dtype.newbyteorder("<").str,
            "compressor": {**compressor, "blocksize": 0} if plan.level else None,
            "fill_value": _zero(plan.dtype),
            "order": "C",
            "filters": None,
            "dimension_separator": "/",
        }
        return ".zarray", fields
    return "zarr.json", {
        "zarr_format": 3,
        "node_type": "array",
        "shape": full,
        "data_type": plan.dtype.name,
        "chunk_grid": _named("regular", chunk_shape=keyed),
        "chunk_key_encoding": _named("default", separator="/"),
        "fill_value": _zero(plan.dtype),
        "codecs": _codecs(plan, ones),
        "attributes": {},
        "dimension_names": list(plan.names),
        "storage_transformers": [],
    }


def _named(name: str, **configuration: Any) -> dict[str, Any]:
    return {"name": name, "configuration": configuration}


def _codecs(plan: ArrayPlan, ones: tuple[int, ...]) -> list[dict[str, Any]]:
    codecs = [_named("bytes", endian="little")]
    if plan.level:
        codecs.append(_named("zstd", level=plan.level, checksum=True))
    if plan.shards is None:
        return codecs
    return [
        _named(
            "sharding_indexed",
            chunk_shape=[*ones, *plan.chunks],
            codecs=codecs,
            index_codecs=[_named("bytes", endian="little"), {"name": "crc32c"}],
            index_location="end",
        )
    ]


def _zero(dtype: DType) -> Any:
    """Return the fill value 0 as JSON has it for a dtype."""
    if dtype.kind == "c":
        return [0.0, 0.0]
    return {"b": False, "f": 0.0}.get(dtype.kind, 0)


class MultiscaleStream:
    """A stream that takes the bytes of voxels in C order, and writes chunks of all levels.

    Voxels are kept until a row of chunks is complete: one slab per level.

    Parameters
    ----------
    target : KeyTarget
    plan : ArrayPlan
    levels : sequence of LevelPlan
        The finest first; their arrays are "0", "1", ...
    """

    def __init__(self, target: KeyTarget, plan: ArrayPlan, levels: Sequence[LevelPlan]) -> None:
        coarser = None
        for number, level in reversed(list(enumerate(levels))):
            coarser = _LevelWriter(target, plan, level, str(number), coarser)
        assert coarser is not None
        self._finest = coarser
        self._frames = np.ndindex(*plan.outer)
        self._frame: tuple[int, ...] = ()
        self._planes_left = 0
        self._shape = levels[0].shape
        self._dtype = plan.dtype.newbyteorder("<")
        self._depth = plan.keyed[0]
        self._slab = np.empty(0, np.uint8)
        self._filled = 0  # bytes of the slab

    def write(self, data: Any) -> int:
        """Take bytes; return how many."""
        view = memoryview(data).cast("B")
        todo = np.frombuffer(view, np.uint8)
        while todo.size:
            if not self._slab.size:
                self._begin_slab()
            count = min(todo.size, self._slab.size - self._filled)
            self._slab[self._filled : self._filled + count] = todo[:count]
            self._filled += count
            todo = todo[count:]
            if self._filled == self._slab.size:
                self._end_slab()
        return view.nbytes

    def _begin_slab(self) -> None:
        """Make room for the next slab of a frame: as many planes as a chunk or shard has."""
        if not self._planes_left:
            self._frame = next(self._frames)
            self._planes_left = self._shape[0]
        planes = min(self._depth, self._planes_left)
        self._slab = np.empty(planes * prod(self._shape[1:]) * self._dtype.itemsize, np.uint8)
        self._filled = 0

    def _end_slab(self) -> None:
        planes = self._slab.view(self._dtype).reshape(-1, *self._shape[1:])
        self._planes_left -= len(planes)
        self._finest.add(self._frame, planes, is_last=not self._planes_left)
        self._slab = np.empty(0, np.uint8)


class _LevelWriter:
    """Writes one level, plane by plane, and makes the next one."""

    def __init__(
        self,
        target: KeyTarget,
        plan: ArrayPlan,
        level: LevelPlan,
        path: str,
        coarser: _LevelWriter | None,
    ) -> None:
        self._target = target
        self._plan = plan
        self._path = path
        self._coarser = coarser
        self._shape = level.shape
        self.step = level.step
        name, fields = array_document(plan, level.shape)
        target.put(below(path, name), json.dumps(fields, indent=1).encode())
        self._pipeline = _pipeline(plan, fields)
        self._pending: list[Array] = []  # planes that do not make a row of chunks yet
        self._carry: list[Array] = []  # a plane that waits for the one it is joined with
        self._row = 0

    def add(self, frame: tuple[int, ...], planes: Array, *, is_last: bool) -> None:
        """Take planes of a frame, in order."""
        self._pending.append(planes)
        depth = self._plan.keyed[0]
        while self._count(self._pending) >= depth or (is_last and self._pending):
            slab = np.concatenate(self._pending) if len(self._pending) > 1 else self._pending[0]
            self._pending = [slab[depth:]] if len(slab) > depth else []
            self._write_row(frame, slab[:depth])
        if is_last:
            self._row = 0
        if self._coarser is not None:
            self._hand_on(self._coarser, frame, planes, is_last)

    @staticmethod
    def _count(parts: list[Array]) -> int:
        return sum(map(len, parts))

    def _hand_on(
        self, coarser: _LevelWriter, frame: tuple[int, ...], planes: Array, is_last: bool
    ) -> None:
        joined = np.concatenate([*self._carry, planes]) if self._carry else planes
        # Pairs of planes are joined; the last one of a frame may stand alone.
        ready = len(joined) if is_last else len(joined) - len(joined) % coarser.step[0]
        self._carry = [joined[ready:].copy()] if ready < len(joined) else []
        if ready:
            reduced = halved(joined[:ready], coarser.step, labels=self._plan.labels)
            coarser.add(frame, reduced, is_last=is_last)

    def _write_row(self, frame: tuple[int, ...], slab: Array) -> None:
        """Write all chunks of one row; those that hold nothing but 0 are left out."""
        keyed = self._plan.keyed
        columns = [range(-(-n // step)) for n, step in zip(self._shape[1:], keyed[1:], strict=True)]
        indices = list(product(*columns))
        encoded: dict[ChunkIndex, bytes | None] = {}

        def encode(index: ChunkIndex) -> None:
            data = self._encoded(slab, index)
            if data is not None and self._target.takes_any_order:
                self._target.put(self._key(frame, index), data)
            else:
                encoded[index] = data

        in_parallel(encode, indices)
        for index in indices:
            data = encoded.get(index)
            if data is not None:
                self._target.put(self._key(frame, index), data)
        self._row += 1

    def _key(self, frame: tuple[int, ...], index: ChunkIndex) -> str:
        prefix = "" if self._plan.zarr_format == 2 else "c/"
        place = "/".join(map(str, (*frame, self._row, *index)))
        return f"{self._path}/{prefix}{place}"

    def _encoded(self, slab: Array, index: ChunkIndex) -> bytes | None:
        keyed = self._plan.keyed
        (row, height), (column, width) = zip(index, keyed[1:], strict=True)
        part = slab[:, row * height : (row + 1) * height, column * width : (column + 1) * width]
        if not part.any():
            return None
        chunk = part
        if part.shape != keyed:  # chunks at the end are as large as the others
            chunk = np.zeros(keyed, part.dtype)
            chunk[tuple([slice(n) for n in part.shape])] = part
        return self._pipeline.encode(chunk[(None,) * len(self._plan.outer)])


def _pipeline(plan: ArrayPlan, fields: Document) -> Pipeline:
    """Return what encodes a chunk, from the document that will decode it."""
    fill = np.zeros((), plan.dtype)
    chunk = (*[1] * len(plan.outer), *plan.keyed)
    if plan.zarr_format == 3:
        return read_codecs(fields["codecs"], plan.dtype, chunk, fill, "codecs")
    stages = read_v2_codecs(fields, "codecs")
    # blosc shuffles by the size of a voxel, which it cannot see in bytes.
    sized = [(name, {**settings, "typesize": plan.dtype.itemsize}) for name, settings in stages]
    return Pipeline(plan.dtype.newbyteorder("<"), None, tuple(sized), None, fill)
