"""Processes of dask.distributed read chunks of a Zarr array themselves, and write those of one.

Two new processes import volio and dask first, which takes some seconds.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import volio
from volio.tests.requirements import optional

ARRAY = np.random.default_rng(8).integers(0, 1000, (24, 20, 28)).astype(np.uint16)


def smoothed(block: np.ndarray) -> np.ndarray:
    """The mean of each voxel and its two neighbours along the first axis, 0 at the ends."""
    padded = np.pad(block.astype(float), [(1, 1), (0, 0), (0, 0)])
    return (padded[:-2] + padded[1:-1] + padded[2:]) / 3


@pytest.mark.requires("zarr", "distributed")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_a_cluster_of_processes(tmp_path: Path):
    distributed, zarr = optional("distributed"), optional("zarr")
    path = tmp_path / "a.zarr"
    made = zarr.create_array(path, shape=ARRAY.shape, dtype="u2", chunks=(7, 8, 9))
    made[...] = ARRAY
    img = volio.load(path)
    blocks = img.to_dask(chunks=(9, 8, 7))
    assert blocks.numblocks == (4, 3, 4)
    expected = smoothed(ARRAY.T)
    other = tmp_path / "b.ome.zarr"
    options = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": ":0"}
    with (
        distributed.LocalCluster(processes=True, **options) as cluster,
        distributed.Client(cluster) as client,
    ):
        mean = client.compute(blocks.mean())
        depth = {0: 1, 1: 0, 2: 0}
        near = client.compute(blocks.map_overlap(smoothed, depth=depth, boundary=0, dtype=float))
        assert mean.result() == pytest.approx(ARRAY.mean(), rel=1e-12)
        np.testing.assert_allclose(near.result(), expected)
        with volio.create(other, ARRAY.T.shape, "float64", np.eye(4), chunks=(9, 8, 14)) as writer:
            doubled = (blocks * 2.0).rechunk(writer.chunks)
            doubled.store(writer, lock=False)
        assert len(client.scheduler_info()["workers"]) == 2
    np.testing.assert_array_equal(volio.load(other).dataobj, ARRAY.T * 2.0)
