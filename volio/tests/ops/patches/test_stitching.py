"""Stitching: tiles become arrays, in memory and on disk."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import volio
from volio.errors import ImageDataError, IndexingError, UsageError
from volio.ops.patches import stitch
from volio.ops.patches.box_writer import ChunkedBoxWriter, box_writer, converted
from volio.ops.patches.tiling import TileGrid
from volio.tests.requirements import optional


def distinct(shape, dtype=np.float32) -> np.ndarray:
    return np.arange(1, np.prod(shape) + 1).reshape(shape).astype(dtype)


def parts_of(stacks, patch_size, overlaps):
    """The tiles of stacks SC(Z)YX and their specs, cut here by numpy."""
    for data_idx, stack in enumerate(stacks):
        grid = TileGrid(stack.shape[2:], patch_size, overlaps)
        for sample_idx, tile in product(range(len(stack)), map(grid.tile, range(len(grid)))):
            pad = [(0, max(0, p - n)) for p, n in zip(patch_size, stack.shape[2:], strict=True)]
            sample = np.pad(stack[sample_idx], [(0, 0), *pad])
            sides = zip(tile.coords, patch_size, strict=True)
            spec = {
                "data_idx": data_idx,
                "sample_idx": sample_idx,
                **tile._asdict(),
                "total_tiles": len(grid) * len(stack),
            }
            yield sample[(slice(None), *[slice(c, c + p) for c, p in sides])], spec


class Logged:
    """An array in chunks that logs what is read and written."""

    def __init__(self, shape, chunks, dtype=np.float32, shards=None):
        self.values = np.full(shape, -1, dtype)
        self.shape = self.values.shape
        self.dtype = self.values.dtype
        self.chunks = chunks
        self.shards = shards
        self.read: list[tuple] = []
        self.written: list[tuple] = []

    def __getitem__(self, index):
        self.read.append(index)
        return self.values[index]

    def __setitem__(self, index, values):
        self.written.append(index)
        self.values[index] = values


@st.composite
def cases(draw: st.DrawFn):
    ndim = draw(st.integers(2, 3))
    lengths = st.lists(st.integers(1, 13), min_size=ndim, max_size=ndim)
    shapes = draw(st.lists(st.tuples(st.integers(1, 2), lengths), min_size=1, max_size=2))
    channels = draw(st.integers(1, 2))
    patch_size = draw(st.lists(st.integers(1, 7), min_size=ndim, max_size=ndim))
    overlaps = [draw(st.integers(0, size - 1)) for size in patch_size]
    return [(s, channels, *space) for s, space in shapes], patch_size, overlaps


@given(cases(), st.randoms())
@settings(max_examples=40, deadline=None)
def test_stitched_tiles_are_the_stack(case, random):
    shapes, patch_size, overlaps = case
    stacks = [distinct(shape) for shape in shapes]
    parts = list(parts_of(stacks, patch_size, overlaps))
    random.shuffle(parts)
    for found, stack in zip(stitch(parts, shapes), stacks, strict=True):
        np.testing.assert_array_equal(found, stack)
        assert found.dtype == stack.dtype


@given(cases(), st.randoms(), st.integers(0, 2000))
@settings(max_examples=40, deadline=None)
def test_stitched_into_chunks_they_are_the_stack(case, random, memory):
    shapes, patch_size, overlaps = case
    stacks = [distinct(shape) for shape in shapes]
    parts = list(parts_of(stacks, patch_size, overlaps))
    random.shuffle(parts)
    chunks = [tuple(random.randint(1, length) for length in shape) for shape in shapes]
    outs = [Logged(shape, cut) for shape, cut in zip(shapes, chunks, strict=True)]
    before = volio.options.chunk_memory
    volio.options.chunk_memory = memory
    try:
        stitch(parts, shapes, out=outs)
    finally:
        volio.options.chunk_memory = before
    for out, stack in zip(outs, stacks, strict=True):
        np.testing.assert_array_equal(out.values, stack)


def test_the_later_of_two_tiles_that_keep_a_pixel_counts():
    specs = [spec for _, spec in parts_of([distinct((1, 1, 1, 16))], (1, 8), (0, 3))]
    parts = [(np.full((1, 1, 8), n), spec) for n, spec in enumerate(specs)]
    expected = [0] * 6 + [1] * 5 + [2] * 5  # the tile before keeps 0 to 6, too
    assert stitch(parts, [(1, 1, 1, 16)])[0].ravel().tolist() == expected
    backwards = stitch(parts[::-1], [(1, 1, 1, 16)])[0]
    assert backwards.ravel().tolist() == [0] * 7 + [1] * 4 + [2] * 5


def test_each_chunk_is_written_once_and_none_is_read():
    stack = distinct((2, 3, 20, 30))
    out = Logged(stack.shape, (1, 3, 7, 8))
    results = stitch(parts_of([stack], (8, 8), (2, 2)), [stack.shape], out=out)
    assert results == [out]
    np.testing.assert_array_equal(out.values, stack)
    assert out.read == []
    corners = [tuple(part.start for part in index) for index in out.written]
    grid = product((0, 1), (0,), range(0, 20, 7), range(0, 30, 8))
    assert sorted(corners) == sorted(grid)


def test_shards_are_written_as_one():
    stack = distinct((1, 1, 16, 16))
    out = Logged(stack.shape, (1, 1, 4, 4), shards=(1, 1, 8, 16))
    stitch(parts_of([stack], (4, 4), (0, 0)), [stack.shape], out=out)
    assert [tuple(part.start for part in index) for index in out.written] == [
        (0, 0, 0, 0),
        (0, 0, 8, 0),
    ]


def test_what_waits_is_bounded():
    out = Logged((1, 1, 40, 40), (1, 1, 8, 8))
    writer = ChunkedBoxWriter(out, out.chunks, memory=3 * 64 * 5)  # values and a mask: 5 bytes each
    most = 0
    for row, column in product(range(0, 40, 4), range(0, 40, 4)):
        box = (slice(0, 1), slice(0, 1), slice(row, row + 4), slice(column, column + 4))
        writer.write(box, np.full((1, 1, 4, 4), row * 40 + column, np.float32))
        most = max(most, len(writer._waiting))
    writer.finish()
    assert most == 3
    expected = np.add.outer(np.arange(40) // 4 * 160, np.arange(40) // 4 * 4)
    np.testing.assert_array_equal(out.values[0, 0], expected)
    assert 25 < len(out.written) <= 50  # each chunk in two parts, where it could not wait


def test_what_no_tile_covers_stays_in_a_given_array():
    stack = distinct((1, 1, 10, 10))
    out = Logged(stack.shape, (1, 1, 6, 6))
    first = next(parts_of([stack], (4, 4), (0, 0)))
    stitch([first], [stack.shape], out=out)
    np.testing.assert_array_equal(out.values[0, 0, :4, :4], stack[0, 0, :4, :4])
    assert (out.values == -1).sum() == 84


def test_memory_mapped_arrays_are_filled(tmp_path: Path):
    stacks = [distinct((1, 2, 9, 11)), distinct((2, 2, 5, 6))]
    outs = [
        np.lib.format.open_memmap(tmp_path / f"{n}.npy", "w+", np.float64, stack.shape)
        for n, stack in enumerate(stacks)
    ]
    stitch(parts_of(stacks, (4, 4), (1, 2)), [s.shape for s in stacks], out=outs)
    for number, out in enumerate(outs):
        out.flush()
        np.testing.assert_array_equal(np.load(tmp_path / f"{number}.npy"), stacks[number])


@pytest.mark.parametrize("settings", [{"chunks": (1, 2, 4, 8)}, {"shards": (1, 2, 8, 16)}])
def test_zarr_arrays_are_filled(tmp_path: Path, settings):
    zarr = optional("zarr")
    stack = distinct((2, 2, 20, 30), np.uint16)
    chunks = settings.get("chunks", (1, 1, 4, 8))
    out = zarr.create_array(
        tmp_path / "a.zarr", shape=stack.shape, dtype="u2", **{"chunks": chunks, **settings}
    )
    stitch(parts_of([stack], (8, 8), (3, 2)), [stack.shape], out=out)
    np.testing.assert_array_equal(zarr.open_array(tmp_path / "a.zarr", mode="r")[:], stack)


def test_groups_of_zarr_get_an_array_for_each_stack(tmp_path: Path):
    zarr = optional("zarr")
    stacks = [distinct((1, 1, 200, 150)), distinct((2, 1, 9, 150))]
    shapes = [stack.shape for stack in stacks]
    chunks = [None, (1, 1, 4, 300)]
    parts = parts_of(stacks, (64, 64), (8, 8))
    found = stitch(parts, shapes, out=tmp_path / "a.zarr", chunks=chunks, dtype="f8")
    group = zarr.open_group(tmp_path / "a.zarr", mode="r")
    assert [group[name].chunks for name in "01"] == [(1, 1, 128, 128), (1, 1, 4, 150)]
    assert [group[name].dtype for name in "01"] == [np.float64, np.float64]
    for name, stack, array in zip("01", stacks, found, strict=True):
        np.testing.assert_array_equal(group[name][:], stack)
        np.testing.assert_array_equal(array[:], stack)
    with pytest.raises(UsageError, match="already has arrays: 0, 1"):
        stitch(parts_of(stacks, (64, 64), (8, 8)), shapes, out=str(tmp_path / "a.zarr"))
    refused = [
        ([None], "chunks: must be 2 entries, one per stack, got 1"),
        ([None, (1, 4, 4)], "chunks: must be 4 lengths, one per axis"),
        ([None, (1, 1, 4, 0)], "chunks: lengths must be at least 1"),
    ]
    for cuts, match in refused:
        parts = parts_of(stacks, (64, 64), (8, 8))
        with pytest.raises(UsageError, match=match):
            stitch(parts, shapes, out=tmp_path / "b.zarr", chunks=cuts)
    assert not (tmp_path / "b.zarr").exists()
    for out in (None, np.zeros((1, 1, 4, 4))):
        with pytest.raises(UsageError, match="chunks: are those of arrays that are made"):
            stitch([], [(1, 1, 4, 4)], out=out, chunks=[None])


@pytest.mark.parametrize(
    ("axes", "chunks", "shape", "expected"),
    [
        ("TZYX", (2, 3, 4, 5), (6, 2, 9, 9, 9), (2, 1, 3, 4, 5)),
        ("XYSC", (4, 5, 2, 3), (6, 3, 9, 9), (2, 3, 5, 4)),
        ("TSYX", (4, 3, 2, 2), (6, 1, 9, 9), (4, 1, 2, 2)),
        ("YX", (40, 5), (1, 1, 9, 9), (1, 1, 9, 5)),
        ("YX", None, (2, 3, 150, 9), (1, 1, 128, 9)),
    ],
)
def test_chunks_may_be_those_of_a_stack(axes, chunks, shape, expected, tmp_path):
    zarr = optional("zarr")
    stack = SimpleNamespace(original_axes=axes, chunks=chunks)
    values = distinct(shape)
    parts = parts_of([values], shape[2:], [0] * (len(shape) - 2))
    (found,) = stitch(parts, [shape], out=zarr.open_group(tmp_path / "a"), chunks=[stack])
    assert found.chunks == expected
    np.testing.assert_array_equal(found[:], values)


def test_planes_of_volumes_are_chunks_of_new_arrays(tmp_path: Path):
    zarr = optional("zarr")
    stack = distinct((1, 2, 3, 140, 10))
    group = zarr.open_group(tmp_path / "a.zarr", mode="w")
    stitch(parts_of([stack], (2, 64, 64), (0, 0, 0)), [stack.shape], out=group)
    assert group["0"].chunks == (1, 1, 1, 128, 10)
    np.testing.assert_array_equal(group["0"][:], stack)


def test_missing_tiles_are_refused():
    stack = distinct((1, 1, 10, 10))
    parts = list(parts_of([stack], (4, 4), (0, 0)))
    with pytest.raises(UsageError, match="stack 0: 8 of 9 of its tiles came"):
        stitch(parts[:-1], [stack.shape])
    with pytest.raises(UsageError, match="stack 0: 8 of 9 of its tiles came"):
        stitch([*parts[:-1], parts[0]], [stack.shape])  # one of them twice
    with pytest.raises(UsageError, match="stack 1: none of its tiles came"):
        stitch(parts, [stack.shape, stack.shape])
    with pytest.raises(UsageError, match="stack 0: none of its tiles came"):
        stitch([], [stack.shape])


def changed(spec, **fields):
    return {**spec, **fields}


@pytest.mark.parametrize(
    ("fields", "error", "match"),
    [
        ({"data_idx": 1}, IndexingError, "data_idx: must be 0 to 0, got 1"),
        ({"data_idx": -1}, IndexingError, "data_idx: must be 0 to 0, got -1"),
        ({"sample_idx": 1}, IndexingError, "sample_idx: must be 0 to 0, got 1"),
        ({"sample_idx": -1}, IndexingError, "sample_idx: must be 0 to 0, got -1"),
        ({"stitch_coords": (0, 7)}, UsageError, r"\(4, 4\) voxels from \(0, 7\) on.* a stack of"),
        ({"stitch_coords": (-1, 0)}, UsageError, r"not inside a stack of \(10, 10\)"),
        ({"stitch_coords": (0,)}, UsageError, r"not inside a stack of \(10, 10\)"),
        ({"crop_size": (4, -1)}, UsageError, r"not inside a stack of \(10, 10\)"),
        ({"crop_size": (4, 4, 1)}, UsageError, r"not inside a stack of \(10, 10\)"),
        ({"crop_coords": (0, 0, 0)}, UsageError, r"not inside a tile of \(4, 4\)"),
        ({"crop_coords": (0, 1)}, UsageError, r"not inside a tile of \(4, 4\)"),
        ({"patch_size": (4, 5)}, UsageError, r"must have the shape \(1, 4, 5\) .* got \(1, 4, 4\)"),
    ],
)
def test_specs_that_do_not_fit_are_refused(fields, error, match):
    stack = distinct((1, 1, 10, 10))
    array, spec = next(parts_of([stack], (4, 4), (0, 0)))
    out = np.zeros(stack.shape)
    with pytest.raises(error, match=match):
        stitch([(array, changed(spec, **fields))], [stack.shape], out=out)
    assert not out.any()


def test_results_that_do_not_have_the_shapes_are_refused():
    parts = parts_of([distinct((1, 1, 10, 10))], (4, 4), (0, 0))
    with pytest.raises(UsageError, match="out: must have the shapes"):
        stitch(parts, [(1, 1, 10, 10)], out=np.zeros((1, 1, 10, 11)))
    with pytest.raises(UsageError, match="out: must have the shapes"):
        stitch(parts, [(1, 1, 10, 10)], out=[np.zeros((1, 1, 10, 10))] * 2)


def test_results_of_another_dtype_are_refused():
    parts = list(parts_of([distinct((1, 1, 10, 10))], (4, 4), (0, 0)))
    out = np.zeros((1, 1, 10, 10), np.float64)
    stitch(parts, [(1, 1, 10, 10)], out=out, dtype="f8")
    with pytest.raises(UsageError, match="out: must be of the dtype float32, got float64"):
        stitch(parts, [(1, 1, 10, 10)], out=out, dtype="f4")


def test_specs_of_other_patches_are_refused():
    spec = {"data_idx": 0, "sample_idx": 0, "coords": (0, 0), "patch_size": (4, 4)}
    with pytest.raises(UsageError, match="specs must be those of tiles; no crop_coords, crop_size"):
        stitch([(np.zeros((1, 4, 4)), spec)], [(1, 1, 4, 4)])


def test_channels_are_those_of_the_shape():
    array, spec = next(parts_of([distinct((1, 2, 4, 4))], (4, 4), (0, 0)))
    assert stitch([(array, spec)], [(1, 2, 4, 4)])[0].shape == (1, 2, 4, 4)
    with pytest.raises(UsageError, match=r"must have the shape \(3, 4, 4\)"):
        stitch([(array, spec)], [(1, 3, 4, 4)])


@pytest.mark.parametrize(
    ("values", "dtype", "stored"),
    [
        ([1.0, 2.0], "u1", [1, 2]),
        ([1e-3, 1.0], "f4", np.float32([1e-3, 1])),
        ([np.inf, np.nan], "f4", [np.inf, np.nan]),
        ([True, False], "u1", [1, 0]),
        ([1, 1 << 24], "f4", [1, 1 << 24]),
        ([1j, 2], "c8", [1j, 2]),
    ],
)
def test_values_keep_their_meaning_in_another_dtype(values, dtype, stored):
    found = converted(np.array(values), np.dtype(dtype))
    assert found.dtype == np.dtype(dtype)
    np.testing.assert_array_equal(found, stored)


@pytest.mark.parametrize(
    ("values", "dtype"),
    [
        ([0.5], "u1"),
        ([-1], "u1"),
        ([256], "u1"),
        ([(1 << 24) + 1], "f4"),
        ([1e300], "f4"),
        ([1j], "f8"),
        ([np.nan], "i2"),
    ],
)
def test_values_that_would_change_are_refused(values, dtype):
    with pytest.raises(ImageDataError, match="dtype: "):
        converted(np.array(values), np.dtype(dtype))


class WrittenOnly:
    """What takes values and gives none, in chunks."""

    shape = (1, 1, 8, 8)
    dtype = np.dtype(np.float32)
    chunks = (1, 1, 4, 4)

    def __init__(self):
        self.values = np.zeros(self.shape)

    def __setitem__(self, index, values):
        self.values[index] = values


def test_what_cannot_be_read_is_written_as_tiles_come():
    out = WrittenOnly()
    stack = distinct(out.shape)
    stitch(parts_of([stack], (3, 3), (0, 0)), [stack.shape], out=out)
    np.testing.assert_array_equal(out.values, stack)


def test_arrays_without_chunks_are_written_as_tiles_come():
    assert not isinstance(box_writer(np.zeros((2, 2))), ChunkedBoxWriter)
    h5py = optional("h5py")
    with h5py.File("a.h5", "w", driver="core", backing_store=False) as file:
        plain = file.create_dataset("a", (4, 4), "f4")
        cut = file.create_dataset("b", (4, 4), "f4", chunks=(2, 2))
        assert not isinstance(box_writer(plain), ChunkedBoxWriter)
        assert isinstance(box_writer(cut), ChunkedBoxWriter)
