"""The codecs that an array names, as a pipeline; those that are not known are refused by name."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from volio.arrays.dtypes import Array, DType
from volio.errors import HeaderDataError
from volio.formats.containers.chunk_codecs import BYTES_CODECS, Settings
from volio.formats.containers.documents import Document, field, lengths
from volio.formats.zarr.pipeline import Pipeline, Sharding

__all__ = ["read_codecs", "read_v2_codecs"]

#: Before the names of codecs that zarr takes over from version 2.
NUMCODECS = "numcodecs."
DEEPEST = 4  # shards within shards

LARGEST_INDEX = 1 << 24  # chunks of a shard

Stages = tuple[tuple[str, Settings], ...]


def read_codecs(
    codecs: list[Any],
    dtype: DType,
    chunks: tuple[int, ...],
    fill: Array,
    what: str,
    depth: int = 0,
) -> Pipeline:
    """Return the pipeline of version 3 for a list of codecs.

    Parameters
    ----------
    codecs : list
        As the document has it.
    dtype : numpy.dtype
        In native byte order.
    chunks : tuple of int
        Shape of a chunk.
    fill : ndarray
    what : str
        The document, for messages.
    depth : int
        Of shards around these codecs.

    Raises
    ------
    HeaderDataError
        If a codec is not known, is not where it may be, or is set up wrongly.
    """
    named = [_name_and_settings(codec, what) for codec in codecs]
    order = None
    while named and named[0][0] == "transpose":
        order = _combined(order, _order(named.pop(0)[1], len(chunks), what))
    if not named:
        raise HeaderDataError(f"{what}: codecs: one of them must be 'bytes' or 'sharding_indexed'")
    name, settings = named.pop(0)
    stages = tuple([_stage(codec, own, what) for codec, own in named])
    if name == "bytes":
        return Pipeline(_stored_dtype(dtype, settings, what), order, stages, None, fill)
    if name != "sharding_indexed":
        raise _unknown(name, what)
    if order is not None:
        raise HeaderDataError(f"{what}: codecs: a transposed shard is not read")
    sharding = _sharding(settings, dtype, chunks, fill, what, depth)
    return Pipeline(sharding.inner.dtype, None, stages, sharding, fill)


def _name_and_settings(codec: Any, what: str) -> tuple[str, Settings]:
    if isinstance(codec, str):
        return codec, {}
    if not isinstance(codec, dict):
        raise HeaderDataError(f"{what}: codecs: must be mappings, got {codec!r:.60}")
    name = field(codec, "name", str, f"{what}: codecs")
    settings = field(codec, "configuration", dict, f"{what}: codecs: {name}", {})
    return name.removeprefix(NUMCODECS), settings


def _unknown(name: str, what: str) -> HeaderDataError:
    known = ", ".join(sorted(BYTES_CODECS))
    return HeaderDataError(f"{what}: codecs: {name!r} is not known or not allowed here ({known})")


def _stage(name: str, settings: Settings, what: str) -> tuple[str, Settings]:
    if name not in BYTES_CODECS:
        raise _unknown(name, what)
    return name, settings


def _order(settings: Settings, ndim: int, what: str) -> tuple[int, ...]:
    order = lengths(settings, "order", f"{what}: codecs: transpose")
    if sorted(order) != list(range(ndim)):
        raise HeaderDataError(
            f"{what}: codecs: transpose: must name each of {ndim} axes once, got {order}"
        )
    return order


def _combined(first: tuple[int, ...] | None, then: tuple[int, ...]) -> tuple[int, ...]:
    return then if first is None else tuple([first[axis] for axis in then])


def _stored_dtype(dtype: DType, settings: Settings, what: str) -> DType:
    endian = settings.get("endian", "little")
    if endian not in ("little", "big"):
        raise HeaderDataError(f"{what}: codecs: bytes: endian: must be 'little' or 'big'")
    return dtype.newbyteorder("<" if endian == "little" else ">")


def _sharding(
    settings: Settings, dtype: DType, shard: tuple[int, ...], fill: Array, what: str, depth: int
) -> Sharding:
    inside = f"{what}: codecs: sharding_indexed"
    if depth >= DEEPEST:
        raise HeaderDataError(f"{inside}: more than {DEEPEST} shards within each other")
    chunks = _chunks_of_shard(settings, shard, inside)
    codecs = field(settings, "codecs", list, inside)
    inner = read_codecs(codecs, dtype, chunks, fill, inside, depth + 1)
    index = _index_pipeline(settings, chunks, inside)
    location = settings.get("index_location", "end")
    if location not in ("start", "end"):
        raise HeaderDataError(f"{inside}: index_location: must be 'start' or 'end'")
    return Sharding(chunks, inner, index, location == "end")


def _chunks_of_shard(settings: Settings, shard: tuple[int, ...], what: str) -> tuple[int, ...]:
    chunks = lengths(settings, "chunk_shape", what, least=1)
    fits = len(chunks) == len(shard)
    if not fits or any(n % step for n, step in zip(shard, chunks, strict=True)):
        raise HeaderDataError(f"{what}: chunk_shape {chunks} does not divide the shard {shard}")
    count = prod(n // step for n, step in zip(shard, chunks, strict=True))
    if count > LARGEST_INDEX:
        raise HeaderDataError(f"{what}: a shard of {count} chunks, at most {LARGEST_INDEX}")
    return chunks


def _index_pipeline(settings: Settings, chunks: tuple[int, ...], what: str) -> Pipeline:
    codecs = field(settings, "index_codecs", list, what)
    fill = np.zeros((), np.uint64)
    index = read_codecs(codecs, np.dtype(np.uint64), (*chunks, 2), fill, what, DEEPEST)
    if index.order is not None or any(BYTES_CODECS[name].added < 0 for name, _ in index.stages):
        raise HeaderDataError(f"{what}: index_codecs: must be of a fixed size")
    return index


def read_v2_codecs(document: Document, what: str) -> Stages:
    """Return what version 2 does with the bytes of a chunk: filters, then a compressor.

    Raises
    ------
    HeaderDataError
        If a codec is not known or not allowed.
    """
    filters = field(document, "filters", list, what, [])
    compressor = field(document, "compressor", dict, what, {})
    stages = []
    for codec in [*filters, *([compressor] if compressor else [])]:
        if not isinstance(codec, dict):
            raise HeaderDataError(f"{what}: filters: must be mappings, got {codec!r:.60}")
        name = field(codec, "id", str, what)
        settings = {key: value for key, value in codec.items() if key != "id"}
        stages.append(_stage(name, settings, what))
    return tuple(stages)
