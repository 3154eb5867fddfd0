"""The document ``info`` of a precomputed volume: dtype, channels, scales."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from volio.arrays.chunked import LARGEST_CHUNK
from volio.arrays.dtypes import DType
from volio.errors import HeaderDataError, ImageFileError
from volio.files.sources.store import Store
from volio.formats.containers.documents import Document, field, lengths, read_document
from volio.formats.precomputed.sharding import ShardSpec, read_sharding

__all__ = ["INFO", "Info", "Scale", "read_info"]

#: Key of the document, and what it says that it is.
INFO = "info"
TYPE = "neuroglancer_multiscale_volume"

MOST_LEVELS = 32
#: Lengths of all axes, so that sums of positions fit int64.
LONGEST = 1 << 48

DTYPES = ("uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64", "float32")
#: dtypes that an encoding has.
ENCODINGS: dict[str, tuple[str, ...]] = {
    "raw": DTYPES,
    "jpeg": ("uint8",),
    "png": ("uint8", "uint16"),
    "compressed_segmentation": ("uint32", "uint64"),
}
#: How many channels an encoding may have.
CHANNELS = {"jpeg": (1, 3), "png": (1, 2, 3, 4)}

Vector = tuple[int, int, int]


@dataclass(frozen=True)
class Scale:
    """One resolution.

    Parameters
    ----------
    key : str
        Of the folder of its chunks.
    size : (int, int, int)
        Voxels along x, y, z.
    resolution : (float, float, float)
        Size of a voxel along x, y, z, nm.
    offset : (int, int, int)
        Position of the corner of the first voxel, in voxels.
    chunk : (int, int, int)
        Size of a chunk: x, y, z.
    encoding : str
    block : (int, int, int)
        Size of a block of compressed_segmentation: x, y, z.
    sharding : ShardSpec, optional
    """

    key: str
    size: Vector
    resolution: tuple[float, float, float]
    offset: Vector
    chunk: Vector
    encoding: str
    block: Vector
    sharding: ShardSpec | None

    @property
    def grid(self) -> Vector:
        """How many chunks there are along x, y, z."""
        x, y, z = (-(-n // step) for n, step in zip(self.size, self.chunk, strict=True))
        return x, y, z


@dataclass(frozen=True)
class Info:
    """What the document says.

    Parameters
    ----------
    dtype : numpy.dtype
        Little-endian.
    channels : int
    scales : tuple of Scale
        The finest first.
    is_segmentation : bool
        Whether values are labels.
    document : mapping
        All of it.
    """

    dtype: DType
    channels: int
    scales: tuple[Scale, ...]
    is_segmentation: bool
    document: Document


def read_info(store: Store) -> Info:
    """Read the document of a volume.

    Raises
    ------
    ImageFileError
        If there is none, or it is one of meshes, skeletons or annotations.
    HeaderDataError, LimitError
        If it makes no sense, or names an encoding that is not known.
    """
    document = read_document(store, INFO)
    if document is None:
        raise ImageFileError(f"{store.name}: has no document {INFO!r} of a precomputed volume")
    what = f"{store.name}: {INFO}"
    kind = document.get("@type", TYPE)
    if kind != TYPE:
        raise ImageFileError(f"{what}: is of {kind!r:.60}, a volume is of {TYPE!r}")
    dtype = _dtype(document, what)
    channels = field(document, "num_channels", int, what)
    if not 1 <= channels <= LONGEST:
        raise HeaderDataError(f"{what}: num_channels: must be 1 or more, got {channels}")
    scales = tuple(_scales(document, dtype, channels, what))
    return Info(dtype, channels, scales, document.get("type") == "segmentation", document)


def _dtype(document: Document, what: str) -> DType:
    name = field(document, "data_type", str, what).lower()
    if name not in DTYPES:
        raise HeaderDataError(f"{what}: data_type: must be one of {list(DTYPES)}, got {name!r:.60}")
    return np.dtype(name).newbyteorder("<")


def _scales(document: Document, dtype: DType, channels: int, what: str) -> Iterator[Scale]:
    scales = field(document, "scales", list, what)
    if not 1 <= len(scales) <= MOST_LEVELS:
        raise HeaderDataError(f"{what}: scales: must be 1 to {MOST_LEVELS}, got {len(scales)}")
    for n, found in enumerate(scales):
        name = f"{what}: scales[{n}]"
        scale = _read_scale(found, name)
        _check_encoding(scale.encoding, dtype.name, channels, name)
        _check_chunk_bytes(scale, channels * dtype.itemsize, name)
        yield scale


def _read_scale(found: Any, what: str) -> Scale:
    if not isinstance(found, dict):
        raise HeaderDataError(f"{what}: must be a mapping, got {found!r:.60}")
    chunk_sizes = field(found, "chunk_sizes", list, what)
    if not chunk_sizes:
        raise HeaderDataError(f"{what}: chunk_sizes: must name a size")
    sharding = field(found, "sharding", dict, what, {})
    return Scale(
        field(found, "key", str, what).strip("/"),
        _vector(found, "size", what),
        _resolution(found, what),
        _offset(found, what),
        # Chunks of other sizes are copies of the same voxels.
        _vector({"chunk_sizes": chunk_sizes[0]}, "chunk_sizes", what, least=1),
        field(found, "encoding", str, what).lower(),
        _block(found, what),
        read_sharding(sharding, f"{what}: sharding") if sharding else None,
    )


def _vector(document: Document, name: str, what: str, least: int = 0) -> Vector:
    found = lengths(document, name, what, least)
    if len(found) != 3 or max(found) > LONGEST:
        raise HeaderDataError(f"{what}: {name}: must be three lengths, got {found}")
    return found[0], found[1], found[2]


def _block(scale: Document, what: str) -> Vector:
    name = "compressed_segmentation_block_size"
    return _vector(scale, name, what, least=1) if scale.get(name) is not None else (8, 8, 8)


def _three_numbers(document: Document, name: str, what: str) -> list[float]:
    found = field(document, name, list, what)
    numbers = [each for each in found if isinstance(each, int | float)]
    if len(found) != 3 or len(numbers) != 3 or not all(abs(each) < LONGEST for each in numbers):
        raise HeaderDataError(f"{what}: {name}: must be three finite numbers, got {found!r:.60}")
    return numbers


def _resolution(scale: Document, what: str) -> tuple[float, float, float]:
    x, y, z = (float(size) for size in _three_numbers(scale, "resolution", what))
    if min(x, y, z) <= 0:
        raise HeaderDataError(f"{what}: resolution: must be above 0, got {[x, y, z]}")
    return x, y, z


def _offset(scale: Document, what: str) -> Vector:
    if scale.get("voxel_offset") is None:
        return 0, 0, 0
    found = _three_numbers(scale, "voxel_offset", what)
    x, y, z = map(int, found)
    if [x, y, z] != found:
        raise HeaderDataError(f"{what}: voxel_offset: must be integers, got {found}")
    return x, y, z


def _check_encoding(encoding: str, dtype: str, channels: int, what: str) -> None:
    if encoding not in ENCODINGS:
        known = ", ".join(ENCODINGS)
        raise HeaderDataError(f"{what}: encoding: {encoding!r:.60} is not read ({known} are)")
    if dtype not in ENCODINGS[encoding]:
        allowed = ", ".join(ENCODINGS[encoding])
        raise HeaderDataError(f"{what}: encoding: {encoding} is for {allowed}, not for {dtype}")
    if channels not in CHANNELS.get(encoding, (channels,)):
        raise HeaderDataError(f"{what}: encoding: {encoding} does not have {channels} channels")


def _check_chunk_bytes(scale: Scale, of_a_voxel: int, what: str) -> None:
    # Blocks of compressed_segmentation are complete also where a chunk ends within them.
    padded = [-(-n // step) * step for n, step in zip(scale.chunk, scale.block, strict=True)]
    voxels = prod(padded if scale.encoding == "compressed_segmentation" else scale.chunk)
    if voxels * of_a_voxel > LARGEST_CHUNK:
        raise HeaderDataError(
            f"{what}: chunk_sizes: a chunk takes {voxels * of_a_voxel} bytes, at most "
            f"{LARGEST_CHUNK} are read"
        )
    if scale.sharding is not None and sum((n - 1).bit_length() for n in scale.grid) > 64:
        raise HeaderDataError(f"{what}: sharding: no number of 64 bits fits {scale.grid} chunks")
