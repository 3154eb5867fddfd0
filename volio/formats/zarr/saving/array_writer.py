"""ArrayWriter: the document of a new array, and its chunks or shards, each under its key."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import numpy as np

from volio.arrays.chunked import ChunkIndex
from volio.arrays.dtypes import Array, DType
from volio.formats.containers.documents import Document, below
from volio.formats.zarr.codecs import read_codecs, read_v2_codecs
from volio.formats.zarr.pipeline import Pipeline
from volio.formats.zarr.saving.targets import KeyTarget
from volio.threads import in_parallel

__all__ = ["ArrayPlan", "ArrayWriter", "array_document"]


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
    is_alone : bool
        Whether there is one array, at the root, and no multiscale.
    """

    dtype: DType
    outer: tuple[int, ...]
    names: tuple[str, ...]
    chunks: tuple[int, int, int]
    shards: tuple[int, int, int] | None
    zarr_format: int
    level: int
    labels: bool
    is_alone: bool = False

    def path(self, number: int) -> str:
        """Return the path of the array of a level."""
        return "" if self.is_alone else str(number)

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
        return ".zarray", _v2_document(plan, full, keyed)
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


def _v2_document(plan: ArrayPlan, shape: list[int], chunks: list[int]) -> Document:
    level = min(plan.level, 9)  # of blosc
    blosc = {"id": "blosc", "cname": "zstd", "clevel": level, "shuffle": 1, "blocksize": 0}
    return {
        "zarr_format": 2,
        "shape": shape,
        "chunks": chunks,
        "dtype": plan.dtype.newbyteorder("<").str,
        "compressor": blosc if level else None,
        "fill_value": _zero(plan.dtype),
        "order": "C",
        "filters": None,
        "dimension_separator": "/",
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


class ArrayWriter:
    """Writes the document of an array at once, then chunks; those of nothing but 0 are left out.

    It pickles if its target does: then other processes write chunks too.

    Parameters
    ----------
    target : KeyTarget
    plan : ArrayPlan
    shape : (int, int, int)
        z, y, x.
    path : str
        Of the array.
    """

    def __init__(
        self, target: KeyTarget, plan: ArrayPlan, shape: tuple[int, int, int], path: str
    ) -> None:
        self.plan = plan
        self.shape = shape
        self._target = target
        self._path = path
        name, fields = array_document(plan, shape)
        target.put(below(path, name), json.dumps(fields, indent=1).encode())
        self._pipeline = _pipeline(plan, fields)

    def put(self, frame: tuple[int, ...], first: Sequence[int], block: Array) -> None:
        """Write a block of whole keys, on threads.

        Parameters
        ----------
        frame : tuple of int
            Indices along the axes before z.
        first : (int, int, int)
            The key at which the block begins: z, y, x.
        block : ndarray
            z, y, x; of whole keys, or less at the end.
        """
        sides = zip(block.shape, self.plan.keyed, strict=True)
        indices = list(product(*[range(-(-length // step)) for length, step in sides]))
        encoded: dict[ChunkIndex, bytes] = {}

        def encode(index: ChunkIndex) -> None:
            data = self.encode(self._part(block, index))
            if data is None:
                return
            if self._target.takes_any_order:
                self._target.put(self._key_from(frame, first, index), data)
            else:
                encoded[index] = data

        in_parallel(encode, indices)
        for index in sorted(encoded):
            self._target.put(self._key_from(frame, first, index), encoded[index])

    def _key_from(self, frame: tuple[int, ...], first: Sequence[int], index: ChunkIndex) -> str:
        sums = [start + n for start, n in zip(first, index, strict=True)]
        return self.key((*frame, *sums))

    def key(self, index: ChunkIndex) -> str:
        """Return the key of a chunk or shard."""
        prefix = "" if self.plan.zarr_format == 2 else "c/"
        return below(self._path, prefix + "/".join(map(str, index)))

    def decode(self, data: bytes) -> Array:
        """Return the chunk or shard of bytes that were encoded, z, y, x, in full."""
        shape = (*[1] * len(self.plan.outer), *self.plan.keyed)
        return self._pipeline.decode(data, shape).reshape(self.plan.keyed)

    def _part(self, block: Array, index: ChunkIndex) -> Array:
        """Return what a block has of a chunk or shard."""
        sides = zip(index, self.plan.keyed, strict=True)
        part: Array = block[tuple([slice(n * step, (n + 1) * step) for n, step in sides])]
        return part

    def encode(self, part: Array) -> bytes | None:
        """Return the bytes of a chunk or shard; None where all of it is 0.

        Parameters
        ----------
        part : ndarray
            z, y, x; smaller than the others at the ends.
        """
        keyed = self.plan.keyed
        if not part.any():
            return None
        chunk = part
        if part.shape != keyed:  # chunks at the end are as large as the others
            chunk = np.zeros(keyed, part.dtype)
            chunk[tuple([slice(n) for n in part.shape])] = part
        return self._pipeline.encode(chunk[(None,) * len(self.plan.outer)])


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
