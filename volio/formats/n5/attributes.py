"""Attributes of groups and datasets of N5, and the dataset that they describe."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from volio.arrays.dtypes import DType
from volio.errors import HeaderDataError
from volio.files.sources.store import Store
from volio.formats.containers.documents import Document, below, field, lengths, read_document

__all__ = ["ATTRIBUTES", "N5Dataset", "N5Node", "read_node"]

#: Name of the document of a group or dataset.
ATTRIBUTES = "attributes.json"

DTYPES = (
    *("uint8", "uint16", "uint32", "uint64", "int8", "int16", "int32", "int64"),
    *("float32", "float64"),
)
#: Codecs by the names that N5 has for them.
CODECS = {
    "raw": "",
    "gzip": "gzip",
    "bzip2": "bz2",
    "xz": "lzma",
    "zstd": "zstd",
    "blosc": "blosc",
    "lz4": "lz4 blocks",
}
LONGEST = 1 << 62


@dataclass(frozen=True)
class N5Dataset:
    """What is known of a dataset before its blocks are read; axes are reversed: x is the last.

    Parameters
    ----------
    shape, block : tuple of int
    dtype : numpy.dtype
        Big-endian.
    codec : str
        What decodes its blocks; "" for none.
    """

    shape: tuple[int, ...]
    block: tuple[int, ...]
    dtype: DType
    codec: str


@dataclass(frozen=True)
class N5Node:
    """A group or dataset.

    Parameters
    ----------
    path : str
        In its store, "" for the root.
    attributes : mapping
        Its own.
    dataset : N5Dataset, optional
        None for a group.
    """

    path: str
    attributes: Document
    dataset: N5Dataset | None = None


def read_node(store: Store, path: str) -> N5Node | None:
    """Return the group or dataset at a path; None where it has no attributes.

    Raises
    ------
    HeaderDataError, LimitError
        If they make no sense, or name a dtype or a codec that is not read.
    """
    key = below(path, ATTRIBUTES)
    attributes = read_document(store, key)
    if attributes is None:
        return None
    if "dimensions" not in attributes:
        return N5Node(path, attributes)
    return N5Node(path, attributes, _dataset(attributes, f"{store.name}: {key}"))


def _dataset(attributes: Document, what: str) -> N5Dataset:
    shape = lengths(attributes, "dimensions", what)
    block = lengths(attributes, "blockSize", what, least=1)
    if not shape or len(block) != len(shape):
        raise HeaderDataError(f"{what}: blockSize: must have {len(shape)} axes, got {len(block)}")
    if max(*shape, *block) > LONGEST:
        raise HeaderDataError(f"{what}: dimensions: no array has the shape {shape}")
    name = field(attributes, "dataType", str, what)
    if name not in DTYPES:
        raise HeaderDataError(f"{what}: dataType: voxels are numbers, got {name!r:.60}")
    if attributes.get("isLabelMultiset"):
        raise HeaderDataError(f"{what}: isLabelMultiset: several labels of a voxel are not read")
    dtype: DType = np.dtype(name).newbyteorder(">")
    return N5Dataset(shape[::-1], block[::-1], dtype, _codec(attributes, what))


def _codec(attributes: Document, what: str) -> str:
    old = field(attributes, "compressionType", str, what, "raw")
    settings = field(attributes, "compression", dict, what, {"type": old})
    name = field(settings, "type", str, f"{what}: compression")
    if name not in CODECS:
        known = ", ".join(CODECS)
        raise HeaderDataError(f"{what}: compression: {name!r:.60} is not known ({known} are)")
    return "zlib" if name == "gzip" and settings.get("useZlib") is True else CODECS[name]
