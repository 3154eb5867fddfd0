"""Metadata of a Zarr array, versions 2 and 3: shape, chunks, codecs, keys.

Sources: https://zarr-specs.readthedocs.io/en/latest/v3/core/index.html and .../v2/v2.0.html
"""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field as item
from math import prod
from typing import Any

import numpy as np

from volio.arrays.dtypes import Array, DType
from volio.errors import HeaderDataError
from volio.files.sources.store import Store
from volio.formats.containers.documents import Document, below, field, lengths, read_document
from volio.formats.zarr.codecs import read_codecs, read_v2_codecs
from volio.formats.zarr.dtypes import fill_value, named_dtype, typestr_dtype
from volio.formats.zarr.pipeline import Pipeline, Sharding

__all__ = ["ArrayMetadata", "Node", "read_node"]


@dataclass(frozen=True)
class ArrayMetadata:
    """What is known of an array before its chunks are read.

    Parameters
    ----------
    shape : tuple of int
    dtype : numpy.dtype
        As stored.
    grid_chunks : tuple of int
        Shape of what one key holds: a chunk, or a shard.
    pipeline : Pipeline
        Of what one key holds.
    fill : ndarray
        Value of absent chunks, with no axes.
    prefix : str
        Of the keys of chunks: "c/" or "".
    separator : str
        Between the numbers of a key: "/" or ".".
    dimension_names : tuple of (str or None)
    """

    shape: tuple[int, ...]
    dtype: DType
    grid_chunks: tuple[int, ...]
    pipeline: Pipeline
    fill: Array
    prefix: str
    separator: str
    dimension_names: tuple[str | None, ...] = ()

    @property
    def sharding(self) -> Sharding | None:
        """How the chunks of a shard are found, where they can be read one by one."""
        simple = not self.pipeline.stages and self.pipeline.order is None
        return self.pipeline.sharding if simple else None

    @property
    def chunks(self) -> tuple[int, ...]:
        """Shape of the chunks that are decoded one by one: the smaller ones of shards."""
        return self.grid_chunks if self.sharding is None else self.sharding.chunks

    def key(self, index: tuple[int, ...]) -> str:
        """Return the key of a chunk or shard, by its place in the grid."""
        if not index:
            return self.prefix.rstrip("/") or "0"
        return self.prefix + self.separator.join(map(str, index))


@dataclass(frozen=True)
class Node:
    """A group or an array.

    Parameters
    ----------
    path : str
        Where it is in its store, "" for the root.
    attributes : mapping
    array : ArrayMetadata, optional
        None for a group.
    key : str
        Of the document that describes it.
    """

    path: str
    attributes: Document = item(default_factory=dict)
    array: ArrayMetadata | None = None
    key: str = ""


def read_node(store: Store, path: str) -> Node | None:
    """Return the group or array at a path; None where there is none.

    Raises
    ------
    HeaderDataError, LimitError
        If its documents make no sense.
    """
    key = below(path, "zarr.json")
    document = read_document(store, key)
    if document is not None:
        return _read_v3(store, path, key, document)
    attributes = read_document(store, below(path, ".zattrs"))
    key = below(path, ".zarray")
    document = read_document(store, key)
    if document is not None:
        array = _v2_array(document, f"{store.name}: {key}")
        return Node(path, attributes or {}, array, key)
    key = below(path, ".zgroup")
    if attributes is not None or read_document(store, key) is not None:
        return Node(path, attributes or {}, None, key)
    return None


def _read_v3(store: Store, path: str, key: str, document: Document) -> Node:
    what = f"{store.name}: {key}"
    if document.get("zarr_format") != 3:
        raise HeaderDataError(f"{what}: zarr_format: must be 3, got {document.get('zarr_format')}")
    attributes = field(document, "attributes", dict, what, {})
    kind = field(document, "node_type", str, what)
    if kind == "group":
        return Node(path, attributes, None, key)
    if kind != "array":
        raise HeaderDataError(f"{what}: node_type: must be 'array' or 'group', got {kind!r}")
    return Node(path, attributes, _v3_array(document, what), key)


def _v3_array(document: Document, what: str) -> ArrayMetadata:
    shape = lengths(document, "shape", what)
    dtype = named_dtype(document.get("data_type"), what)
    if document.get("storage_transformers"):
        raise HeaderDataError(f"{what}: storage_transformers: are not read")
    chunks = _v3_chunks(document, shape, what)
    fill = fill_value(document.get("fill_value"), dtype, what)
    codecs = field(document, "codecs", list, what)
    pipeline = read_codecs(codecs, dtype, chunks, fill, what)
    prefix, separator = _v3_keys(document, what)
    names = field(document, "dimension_names", list, what, [])
    return ArrayMetadata(
        shape,
        pipeline.dtype,
        chunks,
        pipeline,
        fill,
        prefix,
        separator,
        tuple([name if isinstance(name, str) else None for name in names]),
    )


def _v3_chunks(document: Document, shape: tuple[int, ...], what: str) -> tuple[int, ...]:
    """Return the shape of the chunks of a regular grid."""
    grid = field(document, "chunk_grid", dict, what)
    if grid.get("name") != "regular":
        raise HeaderDataError(
            f"{what}: chunk_grid: must be 'regular', got {grid.get('name')!r}: chunks of several "
            "shapes are not read"
        )
    settings = field(grid, "configuration", dict, f"{what}: chunk_grid")
    return _chunks(settings, "chunk_shape", shape, what)


def _v3_keys(document: Document, what: str) -> tuple[str, str]:
    """Return what begins the keys of chunks, and what separates their numbers."""
    encoding = field(document, "chunk_key_encoding", dict, what)
    name = encoding.get("name")
    if name not in ("default", "v2"):
        raise HeaderDataError(f"{what}: chunk_key_encoding: {name!r} is not known")
    usual = "/" if name == "default" else "."
    settings = field(encoding, "configuration", dict, what, {})
    separator = _separator(settings.get("separator", usual), what)
    return (f"c{separator}" if name == "default" else ""), separator


def _separator(found: Any, what: str) -> str:
    if found not in ("/", "."):
        raise HeaderDataError(f"{what}: separator: must be '/' or '.', got {found!r}")
    return str(found)


def _v2_array(document: Document, what: str) -> ArrayMetadata:
    if document.get("zarr_format") != 2:
        raise HeaderDataError(f"{what}: zarr_format: must be 2, got {document.get('zarr_format')}")
    shape = lengths(document, "shape", what)
    dtype = typestr_dtype(document.get("dtype"), what)
    chunks = _chunks(document, "chunks", shape, what)
    fill = fill_value(document.get("fill_value"), dtype, what)
    separator = _separator(document.get("dimension_separator", "."), what)
    order = document.get("order", "C")
    if order not in ("C", "F"):
        raise HeaderDataError(f"{what}: order: must be 'C' or 'F', got {order!r}")
    stages = read_v2_codecs(document, what)
    reverse = tuple(range(len(shape)))[::-1] if order == "F" else None
    pipeline = Pipeline(dtype, reverse, stages, None, fill)
    return ArrayMetadata(shape, dtype, chunks, pipeline, fill, "", separator)


def _chunks(document: Document, name: str, shape: tuple[int, ...], what: str) -> tuple[int, ...]:
    chunks = lengths(document, name, what, least=1)
    if len(chunks) != len(shape):
        raise HeaderDataError(f"{what}: {name}: must have {len(shape)} axes, got {len(chunks)}")
    if prod(chunks) > np.iinfo(np.int64).max:
        raise HeaderDataError(f"{what}: {name}: no chunk has the shape {chunks}")
    return chunks
