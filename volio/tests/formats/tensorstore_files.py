"""Volumes that tensorstore writes, for the tests of precomputed volumes and N5."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import strategies as st

from volio.tests.requirements import optional

tensorstore = optional("tensorstore")

rng = np.random.default_rng(7)
#: Axes x, y, z, channel; every value differs from those near it.
VOLUME = rng.integers(0, 60_000, (21, 18, 13, 1)).astype(np.uint16)
CHUNKS = (8, 7, 6)

SHARDS = {
    "@type": "neuroglancer_uint64_sharded_v1",
    "preshift_bits": 1,
    "minishard_bits": 1,
    "shard_bits": 2,
    "hash": "identity",
    "minishard_index_encoding": "raw",
    "data_encoding": "raw",
}


def in_folder(driver: str, path: Path, **more: Any) -> Any:
    """Make an array of a driver in a folder."""
    spec = {"driver": driver, "kvstore": {"driver": "file", "path": str(path)}, "create": True}
    return tensorstore.open({**spec, **more}).result()


def precomputed(path: Path, array: np.ndarray = VOLUME, **scale: Any) -> Path:
    """Write a scale of a volume, axes x, y, z, channel; return its folder."""
    usual = {
        "size": list(array.shape[:3]),
        "resolution": [4, 4, 40],
        "chunk_size": list(CHUNKS),
        "encoding": "raw",
    }
    is_labels = scale.get("encoding") == "compressed_segmentation"
    volume = {
        "type": "segmentation" if is_labels else "image",
        "data_type": array.dtype.name,
        "num_channels": array.shape[3],
    }
    if is_labels:
        usual["compressed_segmentation_block_size"] = [8, 8, 8]
    made = in_folder(
        "neuroglancer_precomputed",
        path,
        multiscale_metadata=volume,
        scale_metadata={**usual, **scale},
    )
    made[...] = array
    return path


def n5(path: Path, array: np.ndarray, compression: dict | None = None, **attributes: Any) -> Path:
    """Write a dataset, axes in the order of N5: x first; return its folder."""
    usual = {
        "dimensions": list(array.shape),
        "blockSize": [*CHUNKS, 2, 2][: array.ndim],
        "dataType": array.dtype.name,
        "compression": compression or {"type": "raw"},
    }
    in_folder("n5", path, metadata={**usual, **attributes})[...] = array
    return path


def shown(array: np.ndarray) -> np.ndarray:
    """Return a volume with its axes as an image has them."""
    return array[:, :, :, np.newaxis] if array.shape[3] > 1 else array[..., 0]


@st.composite
def boxes(draw: st.DrawFn):
    """Slices of three axes, forward and backward."""
    slices = []
    for length in VOLUME.shape[:3]:
        ends = st.none() | st.integers(-length - 2, length + 2)
        step = draw(st.sampled_from([1, 1, 1, 2, 3, -1, -4]))
        slices.append(slice(draw(ends), draw(ends), step))
    return tuple(slices)
