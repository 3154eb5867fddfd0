"""OME-Zarr that volio writes: chunks, shards, and the levels of the pyramid."""

from __future__ import annotations

import gzip
import tracemalloc
import zipfile
from math import prod
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import volio
from volio.arrays.lazy import LazyArray
from volio.arrays.saving.pyramid import LevelPlan, halved, plan_levels
from volio.formats.zarr.saving import blocks as blocks_module
from volio.formats.zarr.saving import plan as plan_module
from volio.formats.zarr.saving.choices import Choices
from volio.formats.zarr.saving.plan import MultiscalePlan
from volio.images.saving.axis_order import in_file_order
from volio.images.saving.outline import Blank
from volio.images.saving.plan import SavePlan, plan_save
from volio.testing.conformance.case import quiet
from volio.tests.formats.zarr_saves import ARRAY, RNG, Noting, contents, image
from volio.tests.requirements import optional

zarr = optional("zarr")

pytestmark = pytest.mark.usefixtures("syncs")


def test_shards_and_absent_chunks(tmp_path: Path):
    array = ARRAY.copy()
    array[:8, :8, :8] = 0
    path = tmp_path / "a.ome.zarr"
    volio.save(image(array), path, chunks=(4, 4, 4), shards=(8, 8, 8), levels=1)
    made = zarr.open_group(path)["0"]
    assert made.shards == (8, 8, 8)
    np.testing.assert_array_equal(made[...], array.T)
    assert not (path / "0" / "c" / "0" / "0" / "0").exists()
    np.testing.assert_array_equal(volio.load(path).dataobj, array)


def test_chunks_are_planes_where_voxels_are_long(tmp_path: Path):
    volio.save(image(affine=np.diag([1, 1, 5.0, 1])), tmp_path / "a.zarr")
    assert zarr.open_group(tmp_path / "a.zarr")["0"].chunks == (1, 18, 21)


def test_shards_are_less_deep_where_their_planes_take_much_memory(tmp_path: Path):
    depths = {}
    for width in (1000, 1200, 4000):
        img = volio.OmeZarrImage(Blank((width, width, 2000), np.uint16), np.eye(4))
        voxels = SavePlan(in_file_order(img.dataobj), np.dtype("u2"), 1.0, 0.0, "C", raw=False)
        plan = MultiscalePlan(img.header, np.eye(4), voxels, Choices())
        depths[width] = plan.array.shards
    assert depths == {1000: None, 1200: (128, 512, 512), 4000: (64, 512, 512)}
    small = MultiscalePlan(img.header, np.eye(4), voxels, Choices(chunks=(8, 8, 8)))
    assert small.array.shards == (16, 64, 64)


# The pyramid.


def blocks(array: np.ndarray, step: tuple) -> dict[tuple, np.ndarray]:
    """The values that each voxel of a coarser level stands for."""
    shape = [-(-n // by) for n, by in zip(array.shape, step, strict=True)]
    return {
        index: array[tuple(slice(i * by, i * by + by) for i, by in zip(index, step, strict=True))]
        for index in np.ndindex(*shape)
    }


def test_labels_at_an_odd_end_are_not_outvoted_by_voxels_that_are_not_there():
    array = np.zeros((3, 2, 2), np.uint8)
    array[2] = [[0, 5], [5, 5]]  # half of a cell: four voxels more would be 0
    assert halved(array, (2, 2, 2), labels=True).ravel().tolist() == [0, 5]


@given(data=st.data())
@settings(max_examples=40)
def test_a_level_has_means_or_most_frequent_values(data):
    shape = tuple(data.draw(st.integers(1, 5)) for _ in range(3))
    step = tuple(data.draw(st.integers(1, 2)) for _ in range(3))
    dtype = data.draw(st.sampled_from(["u1", "i2", "u2", "i4", "u8", "f4"]))
    labels = data.draw(st.booleans())
    high = 4 if labels else min(np.iinfo(dtype).max if dtype != "f4" else 1000, 2**40)
    low = 0 if dtype[0] != "i" or labels else -200
    seed = data.draw(st.integers(0, 1000))
    array = np.random.default_rng(seed).integers(low, high, shape, endpoint=True).astype(dtype)
    found = halved(array, step, labels=labels)
    assert found.dtype == array.dtype
    for index, values in blocks(array, step).items():
        if labels:
            counted, counts = np.unique(values, return_counts=True)
            assert found[index] == counted[counts.argmax()]  # the lowest of equally frequent ones
        else:
            exact = sum(int(value) for value in values.flat) / values.size
            assert abs(float(found[index]) - exact) <= (0.5 if dtype != "f4" else 1e-4)


def test_levels_end_when_all_fits_into_a_chunk():
    levels = plan_levels((100, 400, 200), (3.0, 1.0, 1.0), (64, 64, 64))
    assert [level.shape for level in levels] == [
        (100, 400, 200),
        (100, 200, 100),
        (100, 100, 50),
        (50, 50, 25),
    ]
    assert [level.factors for level in levels] == [(1, 1, 1), (1, 2, 2), (1, 4, 4), (2, 8, 8)]
    assert levels[0] == LevelPlan((100, 400, 200), (1, 1, 1), (1, 1, 1))
    assert len(plan_levels((64, 64, 64), (1, 1, 1), (64, 64, 64))) == 1
    assert len(plan_levels((10**6,) * 3, (1, 1, 1), (2, 2, 2), most=3)) == 3
    # An axis that is cut into single indices need not fit into one, that in pairs must.
    assert len(plan_levels((8, 64, 64), (1, 1, 1), (1, 64, 64))) == 1
    pairs = plan_levels((8, 64, 64), (1, 1, 1), (2, 64, 64))
    assert [level.shape[0] for level in pairs] == [8, 4, 2]


@pytest.mark.parametrize("dtype", ["u1", "f4"])
def test_every_level_is_made_of_the_one_before(tmp_path: Path, dtype: str):
    array = RNG.integers(0, 200, (21, 18, 13, 2)).astype(dtype)
    volio.save(image(array), tmp_path / "a.zarr", chunks=(5, 4, 3))
    group = zarr.open_group(tmp_path / "a.zarr")
    levels = plan_levels((13, 18, 21), (3, 2.5, 2), (3, 4, 5))
    assert len(levels) == 6
    for number, level in enumerate(levels[1:], 1):
        for frame in range(2):
            expected = halved(group[str(number - 1)][frame], level.step, labels=False)
            np.testing.assert_allclose(group[str(number)][frame], expected, rtol=1e-6)


def test_voxels_are_read_once_and_in_order(tmp_path: Path):
    array = np.arange(16 * 16 * 400, dtype=np.float32).reshape(16, 16, 400)
    lazy = Noting(array)
    img = volio.OmeZarrImage(lazy, np.eye(4))
    lazy.reads.clear()
    img.to_filename(tmp_path / "a.zarr", dtype=np.float32, chunks=(8, 8, 8))
    starts = [box[2][0] for box in lazy.reads]
    assert starts == sorted(starts)
    assert sum((box[2][1] - box[2][0]) for box in lazy.reads) == 400
    np.testing.assert_array_equal(volio.load(tmp_path / "a.zarr").dataobj, array)


# Wide images, of which blocks are in memory and not planes.


WIDE = RNG.integers(-900, 900, (45, 22, 13)).astype(np.int16)
WIDE[:16, :16] = 0


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """All images count as wide, and a block has a few kB."""
    monkeypatch.setattr(plan_module, "LARGEST_SLAB", 0)
    monkeypatch.setattr(blocks_module, "ROOM", 3000)


@pytest.mark.parametrize(
    "choices",
    [
        {"chunks": (8, 8, 4)},
        {"chunks": (5, 7, 3)},  # pairs of voxels lie in two chunks
        {"chunks": (4, 4, 4), "shards": (16, 8, 8)},
        {"chunks": (16, 16, 1), "version": "0.4"},
        {"chunks": (8, 8, 4), "labels": True, "version": "0.6"},
        {"chunks": (8, 8, 4), "levels": 0},
    ],
    ids=["cubes", "odd", "shards", "planes", "labels", "alone"],
)
def test_blocks_make_the_same_files_as_planes(
    tmp_path: Path, request: pytest.FixtureRequest, choices: dict
):
    images = [
        volio.Nifti1Image(WIDE, np.diag([1.0, 1.0, 1.2, 1.0])),
        volio.Nifti1Image(WIDE.reshape(15, 22, 13, 3), np.diag([3.0, 1.0, 1.0, 1.0])),
        volio.OmeZarrImage(WIDE.reshape(9, 22, 13, 1, 5), np.eye(4)),
    ]
    for number, img in enumerate(images):
        with quiet():
            volio.save(img, tmp_path / f"planes{number}.zarr", **choices)
            volio.save(img, tmp_path / f"planes{number}.zarr.zip", **choices)
    request.getfixturevalue("small_blocks")
    for number, img in enumerate(images):
        with quiet():
            volio.save(img, tmp_path / f"blocks{number}.zarr", **choices)
            volio.save(img, tmp_path / f"blocks{number}.zarr.zip", **choices)
        planes = contents(tmp_path / f"planes{number}.zarr")
        assert len(planes) > 10
        assert contents(tmp_path / f"blocks{number}.zarr") == planes
        assert zipped(tmp_path / f"blocks{number}.zarr.zip") == planes


def zipped(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.mark.usefixtures("small_blocks")
def test_blocks_are_read_once_and_are_small(tmp_path: Path):
    lazy = Noting(WIDE)
    img = volio.OmeZarrImage(lazy, np.eye(4))
    lazy.reads.clear()
    done: list[tuple[int, int]] = []
    path = tmp_path / "a.zarr"
    volio.save(img, path, chunks=(8, 8, 4), progress=lambda *counts: done.append(counts))
    sizes = [prod([stop - start for start, stop in box]) for box in lazy.reads]
    assert sum(sizes) == WIDE.size
    assert max(sizes) * 2 <= 3000
    assert done[-1] == (WIDE.nbytes, WIDE.nbytes)
    assert [count for count, _ in done] == sorted({count for count, _ in done})
    np.testing.assert_array_equal(volio.load(path).dataobj, WIDE)


@pytest.mark.usefixtures("small_blocks")
def test_blocks_hold_the_values_of_scaled_voxels(tmp_path: Path):
    img = volio.Nifti1Image(WIDE, np.eye(4))
    img.header.set_slope_inter(0.25, 3)
    volio.save(img, tmp_path / "a.nii")
    volio.save(volio.load(tmp_path / "a.nii"), tmp_path / "a.zarr", chunks=(8, 8, 4))
    made = zarr.open_group(tmp_path / "a.zarr")["0"]
    np.testing.assert_array_equal(made[...], WIDE.T * 0.25 + 3)


def test_a_plan_gives_parts_as_they_are_stored(tmp_path: Path):
    img = volio.Nifti1Image(WIDE, np.eye(4))
    img.header.set_slope_inter(0.25, 3)
    volio.save(img, tmp_path / "a.nii")
    loaded = volio.load(tmp_path / "a.nii")
    part = (slice(20, 30), slice(3, 5), slice(0, 13))
    for voxels, is_raw in ((loaded.dataobj, True), (np.asarray(loaded.dataobj), False)):
        plan = plan_save(voxels, loaded.header)
        assert plan.raw == is_raw
        stored = plan.stored(part)
        assert stored.dtype == np.int16
        np.testing.assert_array_equal(stored, WIDE[part])


@pytest.mark.usefixtures("small_blocks")
def test_files_that_are_read_forward_are_not_cut_into_blocks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(plan_module, "write_blocks", None)
    volio.save(volio.Nifti1Image(WIDE, np.eye(4)), tmp_path / "a.nii")
    (tmp_path / "a.nii.gz").write_bytes(gzip.compress((tmp_path / "a.nii").read_bytes()))
    source = volio.load(tmp_path / "a.nii.gz")
    assert source.dataobj.layout.forward
    volio.save(source, tmp_path / "a.zarr", chunks=(8, 8, 4))
    np.testing.assert_array_equal(volio.load(tmp_path / "a.zarr").dataobj, WIDE)


class Ramp(LazyArray):
    """An array that no memory is needed for."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.shape = shape
        self.dtype = np.dtype(np.uint8)

    def fill(self, out: np.ndarray, box: tuple) -> None:
        out[...] = np.arange(*box[0], dtype=np.uint32)[:, None, None] // 4


@pytest.mark.parametrize("how", ["saved", "created"])
def test_a_wide_image_takes_less_memory_than_a_slab(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
):
    monkeypatch.setattr(plan_module, "LARGEST_SLAB", 0)
    monkeypatch.setattr(blocks_module, "ROOM", 1 << 19)
    lazy = Ramp((512, 512, 64))
    choices = {"chunks": (32, 32, 32), "shards": (64, 64, 64)}
    path = tmp_path / "a.zarr"
    img = volio.OmeZarrImage(lazy, np.eye(4))
    with volio.options(threads=1, chunk_memory=0):
        tracemalloc.start()
        if how == "saved":
            img.to_filename(path, **choices)
        else:
            with volio.create(path, lazy.shape, "u1", np.eye(4), **choices) as writer:
                for x in range(0, 512, 64):
                    writer[x : x + 64] = lazy[x : x + 64]
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < lazy.nbytes / 3  # all planes that a shard has a part of: here all there are
    coarse = np.asarray(volio.load(path, level=2).dataobj)
    assert coarse.shape == (128, 128, 16)
    np.testing.assert_array_equal(coarse[:, 0, 0], np.arange(128))
