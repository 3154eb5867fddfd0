"""Arrays and images that zarr-python writes, for the tests of Zarr."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from volio.files.stores import open_store
from volio.formats.zarr.metadata import read_node
from volio.formats.zarr.voxels import zarr_array
from volio.tests.requirements import optional

zarr = optional("zarr")

ARRAY = np.sort(np.random.default_rng(5).integers(-300, 300, (13, 10, 9)), axis=0).astype(np.int16)
CHUNKS = (4, 5, 6)


def written(folder: Path, array: np.ndarray = ARRAY, **options: Any) -> Path:
    """Write an array with zarr-python; return its folder."""
    path = folder / "a.zarr"
    made = zarr.create_array(path, shape=array.shape, dtype=array.dtype, **options)
    made[...] = array
    return path


def values(path: Path) -> np.ndarray:
    """Read the array at the root of a folder, axes as in the file."""
    store = open_store(path)
    return zarr_array(store, read_node(store, "")).read()


V3_CASES = {
    "default": {},
    "nothing": {"compressors": None},
    "gzip": {"compressors": zarr.codecs.GzipCodec(level=1)},
    "blosc": {"compressors": zarr.codecs.BloscCodec(cname="lz4", shuffle="bitshuffle")},
    "crc32c": {"compressors": [zarr.codecs.ZstdCodec(level=3), zarr.codecs.Crc32cCodec()]},
    "transposed": {"filters": [zarr.codecs.TransposeCodec(order=(2, 0, 1))]},
    "big": {"serializer": zarr.codecs.BytesCodec(endian="big")},
    "dots": {"chunk_key_encoding": {"name": "default", "separator": "."}},
    "v2 keys": {"chunk_key_encoding": {"name": "v2", "separator": "/"}},
    "shards": {"shards": (8, 10, 12)},
}


def multiscale(folder: Path, ome: dict, arrays: dict[str, np.ndarray], version: int = 3) -> Path:
    """Write a group with arrays, and its attributes."""
    path = folder / "a.ome.zarr"
    group = zarr.open_group(path, mode="w", zarr_format=version)
    for name, array in arrays.items():
        group.create_array(name, shape=array.shape, dtype=array.dtype, chunks=array.shape)[...] = (
            array
        )
    group.attrs.put(ome if version == 2 else {"ome": ome})
    return path


def axes(names: str, unit: str = "micrometer") -> list[dict]:
    kinds = {"t": {"type": "time", "unit": "millisecond"}, "c": {"type": "channel"}}
    in_space = {"type": "space", "unit": unit}
    return [{"name": name, **kinds.get(name, in_space)} for name in names]


def one_level(transforms: list, names: str = "zyx", **more: Any) -> dict:
    dataset = {"path": "0", "coordinateTransformations": transforms}
    return {"version": "0.5", "multiscales": [{"axes": axes(names), "datasets": [dataset], **more}]}
