"""Patchings: how many patches there are, where each is, and which stack it belongs to."""

from __future__ import annotations

import pickle
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from volio.errors import IndexingError, UsageError
from volio.stacks import (
    FixedPatching,
    FixedRandomPatching,
    InMemoryImageStack,
    PatchExtractor,
    Patching,
    RandomPatching,
    SequentialPatching,
    StratifiedPatching,
    TiledPatching,
    WholeSamplePatching,
    load_zarrs,
    stitch,
    tile_axis,
)
from volio.tests.requirements import optional

# Two samples of 2 x 3 patches, then one of 1 x 1 and three of 4 x 1.
SHAPES = [(2, 1, 16, 20), (1, 1, 5, 8), (3, 1, 30, 8)]
VOLUMES = [(2, 1, 16, 20, 9), (1, 1, 5, 8, 8)]
SIZE = (8, 8)

KINDS = {
    "random": lambda shapes, size: RandomPatching(shapes, size, seed=0),
    "fixed random": lambda shapes, size: FixedRandomPatching(shapes, size, seed=0),
    "stratified": lambda shapes, size: StratifiedPatching(shapes, size, seed=0),
    "sequential": lambda shapes, size: SequentialPatching(shapes, size),
    "tiled": lambda shapes, size: TiledPatching(shapes, size, [0] * len(size)),
    "whole": lambda shapes, size: WholeSamplePatching(shapes),
}
COUNTS = {  # per stack of SHAPES
    "random": [12, 1, 12],
    "fixed random": [12, 1, 12],
    "stratified": [10, 1, 12],  # 2 x 2.5; 3.75 rounded up
    "sequential": [12, 1, 12],
    "tiled": [12, 1, 12],
    "whole": [2, 1, 3],
}


def specs_of(patching: Patching) -> list[dict]:
    return [patching.get_patch_spec(index) for index in range(patching.n_patches)]


@pytest.mark.parametrize("kind", KINDS)
def test_patches_are_numbered_stack_by_stack_and_sample_by_sample(kind):
    patching = KINDS[kind](SHAPES, SIZE)
    assert isinstance(patching, Patching)
    counts = COUNTS[kind]
    assert patching.n_patches == sum(counts)
    specs = specs_of(patching)
    places = [(spec["data_idx"], spec["sample_idx"]) for spec in specs]
    samples = [(i, s) for i, shape in enumerate(SHAPES) for s in range(shape[0])]
    expected = [(i, s) for i, s in samples for _ in range(counts[i] // SHAPES[i][0])]
    assert places == expected
    for number in range(3):
        found = list(patching.get_patch_indices(number))
        assert found == [i for i, (stack, _) in enumerate(places) if stack == number]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("shapes", "size"), [(SHAPES, SIZE), (VOLUMES, (8, 8, 8))])
def test_patches_begin_inside_and_end_inside_where_they_fit(kind, shapes, size):
    for spec in specs_of(KINDS[kind](shapes, size)):
        space = shapes[spec["data_idx"]][2:]
        assert spec["patch_size"] == (space if kind == "whole" else size)
        for first, length, n in zip(spec["coords"], spec["patch_size"], space, strict=True):
            assert type(first) is int
            assert 0 <= first <= max(0, n - length)


@pytest.mark.parametrize("kind", [*KINDS, "chosen"])
def test_numbers_outside_are_refused(kind):
    if kind == "chosen":
        patching = FixedPatching([WholeSamplePatching(SHAPES).get_patch_spec(0)])
    else:
        patching = KINDS[kind](SHAPES, SIZE)
        for stack in (-1, 3):
            with pytest.raises(IndexingError, match=f"data_idx: must be 0 to 2.*got {stack}"):
                patching.get_patch_indices(stack)
    n = patching.n_patches
    for index in (-1, n, n + 5):
        with pytest.raises(IndexingError, match=f"index: must be 0 to {n - 1}, .*got {index}"):
            patching.get_patch_spec(index)


@pytest.mark.parametrize("kind", KINDS)
def test_numbers_are_integers(kind):
    patching = KINDS[kind](SHAPES, SIZE)
    assert patching.get_patch_spec(np.int64(3))["data_idx"] in (0, 2)
    with pytest.raises(TypeError, match="integer"):
        patching.get_patch_spec(1.5)


@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"whole"}))
@pytest.mark.parametrize(
    ("shapes", "size", "match"),
    [
        ([(1, 1, 8, 8), (1, 1, 8, 8, 8)], (4, 4), r"data_shapes\[1\]: axes must be S, C and 2 of"),
        ([(1, 1, 8, 8)], (4, 4, 4), r"data_shapes\[0\]: axes must be S, C and 3 of space"),
        ([(1, 1, 8, 0)], (4, 4), r"data_shapes\[0\]: lengths must be at least 1"),
        ([(1, 1, 8, 8)], (4, 0), "patch_size: lengths must be at least 1"),
        ([(1, 1, 8)], (4,), r"patch_size: must be two or three lengths, \(Z\)YX"),
        ([(1, 1, 8, 8)], (4, 2.5), "patch_size: must be integers"),
    ],
)
def test_shapes_that_do_not_fit_are_refused(kind, shapes, size, match):
    with pytest.raises(UsageError, match=match):
        KINDS[kind](shapes, size)


@pytest.mark.parametrize("shape", [(1, 1, 8), (1, 1, 8, 8, 8, 8)])
def test_whole_samples_have_two_or_three_axes_of_space(shape):
    with pytest.raises(UsageError, match=r"data_shapes\[0\]: axes must be SCYX or SCZYX"):
        WholeSamplePatching([shape])


@pytest.mark.parametrize("kind", KINDS)
def test_without_stacks_there_are_no_patches(kind):
    patching = KINDS[kind]([], SIZE)
    assert patching.n_patches == 0
    with pytest.raises(IndexingError, match="index"):
        patching.get_patch_spec(0)


# Random ones.


@pytest.mark.parametrize("kind", ["random", "fixed random", "stratified"])
def test_a_seed_gives_the_same_patches(kind):
    specs = specs_of(KINDS[kind](SHAPES, SIZE))
    assert specs_of(KINDS[kind](SHAPES, SIZE)) == specs
    cls = type(KINDS[kind](SHAPES, SIZE))
    assert specs_of(cls(SHAPES, SIZE, seed=1)) != specs
    children = [cls(SHAPES, SIZE, seed=s) for s in np.random.SeedSequence(0).spawn(2)]
    assert specs_of(children[0]) != specs_of(children[1])
    assert specs_of(cls(SHAPES, SIZE)) != specs_of(cls(SHAPES, SIZE))


@pytest.mark.parametrize("kind", ["random", "stratified"])
def test_patches_are_drawn_anew(kind):
    patching = KINDS[kind](SHAPES, SIZE)
    assert len({patching.get_patch_spec(0)["coords"] for _ in range(20)}) > 10


def test_fixed_ones_are_drawn_once_also_in_another_process():
    patching = FixedRandomPatching(SHAPES, SIZE)
    specs = specs_of(patching)
    assert specs_of(patching) == specs
    assert specs_of(pickle.loads(pickle.dumps(patching))) == specs
    assert len({spec["coords"] for spec in specs}) > 10


@pytest.mark.parametrize("cls", [RandomPatching, FixedRandomPatching])
def test_a_seed_gives_the_patches_of_careamics(cls):
    # It draws the first voxels of one patch after the other, from 0 to before n - p + 1.
    patching = cls(VOLUMES, (4, 8, 8), seed=11)
    rng = np.random.default_rng(11)
    for spec in specs_of(patching):
        space = VOLUMES[spec["data_idx"]][2:]
        stops = [n - p + 1 for n, p in zip(space, (4, 8, 8), strict=True)]
        assert spec["coords"] == tuple(rng.integers([0, 0, 0], stops).tolist())


def test_random_starts_are_uniform():
    patching = RandomPatching([(1, 1, 12, 8)], SIZE, seed=4)
    starts = np.array([patching.get_patch_spec(i % 2)["coords"] for i in range(5000)])
    assert not starts[:, 1].any()
    counts = np.bincount(starts[:, 0])
    assert len(counts) == 5
    assert np.abs(counts - 1000).max() < 5 * np.sqrt(800)  # five standard deviations


@pytest.mark.parametrize("kind", KINDS)
def test_a_copy_in_another_process_goes_on_with_the_same_patches(kind):
    patching = KINDS[kind](SHAPES, SIZE)
    specs_of(patching)
    copy = pickle.loads(pickle.dumps(patching))
    assert specs_of(copy) == specs_of(patching)
    assert [*copy.get_patch_indices(1)] == [*patching.get_patch_indices(1)]


# Sequences and tiles.


def test_sequences_end_with_the_image():
    specs = specs_of(SequentialPatching([(2, 1, 20, 9)], SIZE, overlaps=(2, 0)))
    corners = list(product([0, 6, 12], [0, 1]))
    assert [spec["coords"] for spec in specs] == corners * 2


@pytest.mark.parametrize("overlaps", [(8, 0), (0, -1), (2,), (2, 2, 2), (1.5, 2)])
def test_overlaps_that_make_no_patches_are_refused(overlaps):
    for cls in (SequentialPatching, TiledPatching):
        with pytest.raises(UsageError, match="overlaps: must be"):
            cls(SHAPES, SIZE, overlaps)


def test_tiles_say_what_is_kept_of_them():
    patching = TiledPatching([(1, 1, 30, 30), (2, 3, 16, 6)], SIZE, overlaps=(3, 4))
    first = patching.get_patch_indices(1)[0]
    axis = tile_axis(16, 8, 3)
    for number in range(6):
        assert patching.get_patch_spec(first + number) == {
            "data_idx": 1,
            "sample_idx": number // 3,
            "coords": (axis.coords[number % 3], 0),
            "patch_size": SIZE,
            "crop_coords": (axis.crop_coords[number % 3], 0),
            "crop_size": (axis.crop_size[number % 3], 6),
            "stitch_coords": (axis.stitch_coords[number % 3], 0),
            "total_tiles": 6,
        }


@st.composite
def tilings(draw: st.DrawFn):
    ndim = draw(st.integers(2, 3))
    sizes = st.lists(st.integers(1, 12), min_size=ndim, max_size=ndim)
    samples = st.lists(st.integers(1, 2), min_size=1, max_size=2)
    shapes = [(s, draw(st.just(2)), *draw(sizes)) for s in draw(samples)]
    patch_size = draw(st.lists(st.integers(1, 6), min_size=ndim, max_size=ndim))
    return shapes, patch_size, [draw(st.integers(0, size - 1)) for size in patch_size]


@given(tilings())
@settings(max_examples=30, deadline=None)
def test_extracted_tiles_are_stitched_to_the_stack(case):
    shapes, patch_size, overlaps = case
    arrays = [np.arange(np.prod(shape), dtype=np.uint32).reshape(shape) for shape in shapes]
    patches = PatchExtractor([InMemoryImageStack("array", array) for array in arrays])
    tiling = TiledPatching(patches.shapes, patch_size, overlaps)

    def results():
        for spec in specs_of(tiling):
            place = [spec[name] for name in ("data_idx", "sample_idx", "coords", "patch_size")]
            yield patches.extract_patch(*place), spec

    for found, array in zip(stitch(results(), shapes), arrays, strict=True):
        np.testing.assert_array_equal(found, array)
        assert found.dtype == np.uint32


@pytest.mark.parametrize("overlaps", [(2, 4), (3, 1)])
def test_tiles_of_zarr_arrays_are_stitched_into_a_folder(tmp_path, overlaps):
    zarr = optional("zarr")
    group = zarr.open_group(tmp_path / "images.zarr", mode="w")
    for name, shape in (("a", (2, 20, 31)), ("b", (1, 9, 7))):
        array = group.create_array(name, shape=shape, dtype="u2", chunks=(1, 6, 8))
        array[:] = np.arange(1, np.prod(shape) + 1).reshape(shape)
    stacks = load_zarrs([tmp_path / "images.zarr"], "SYX")
    patches = PatchExtractor(stacks)
    tiling = TiledPatching(patches.shapes, SIZE, overlaps)

    def doubled():
        for spec in specs_of(tiling):
            place = [spec[name] for name in ("data_idx", "sample_idx", "coords", "patch_size")]
            yield patches.extract_patch(*place) * 2, spec

    stitch(doubled(), patches.shapes, out=tmp_path / "results.zarr", chunks=stacks)
    results = load_zarrs([tmp_path / "results.zarr"], "SCYX")
    assert [stack.data_shape for stack in results] == [(2, 1, 20, 31), (1, 1, 9, 7)]
    assert results[0].chunks == (1, 1, 6, 8)
    assert results[1].chunks == (1, 1, 6, 7)
    for stack, name in zip(results, "ab", strict=True):
        for sample in range(stack.data_shape[0]):
            found = stack.extract_patch(sample, None, (0, 0), stack.data_shape[2:])
            np.testing.assert_array_equal(found[0], 2.0 * group[name][sample])


# Stratified ones.


def test_cells_are_excluded_sample_by_sample():
    patching = StratifiedPatching(SHAPES, SIZE, seed=0)
    everything = patching.get_all_grid_coords()
    assert set(everything) == {(0, 0), (0, 1), (1, 0), (2, 0), (2, 1), (2, 2)}
    assert everything[0, 1] == [(0, 0), (0, 1), (1, 0), (1, 1)]
    assert everything[2, 0] == [(0, 0), (1, 0), (2, 0)]
    patching.exclude_patches(0, 1, [(0, 0), (0, 1)])
    patching.exclude_patches(1, 0, [[0, 0]])
    assert patching.get_all_grid_coords() == everything
    left = patching.get_included_grid_coords()
    assert left.pop((0, 1)) == [(1, 0), (1, 1)]
    assert left.pop((1, 0)) == []
    assert left == {place: everything[place] for place in left}
    assert [len(patching.get_patch_indices(i)) for i in range(3)] == [8, 0, 12]
    for _ in range(50):
        for index in patching.get_patch_indices(0)[5:]:
            spec = patching.get_patch_spec(index)
            assert spec["sample_idx"] == 1
            assert spec["coords"][0] == 8
    assert patching.get_patch_spec(8)["data_idx"] == 2  # of the stack in between there are none


def test_regions_that_are_less_likely_have_fewer_patches():
    patching = StratifiedPatching([(1, 1, 32, 32)] * 2, SIZE, seed=0)
    patching.set_region_probs(1, 0, dict.fromkeys(patching.get_all_grid_coords()[1, 0], 0.5))
    assert [len(patching.get_patch_indices(i)) for i in range(2)] == [16, 8]


@pytest.mark.parametrize(
    ("place", "match"),
    [
        ((3, 0), "data_idx: must be 0 to 2, for 3; got 3"),
        ((-1, 0), "data_idx: must be 0 to 2, for 3; got -1"),
        ((0, 2), "sample_idx: must be 0 to 1, for 2; got 2"),
        ((0, -1), "sample_idx: must be 0 to 1, for 2; got -1"),
    ],
)
def test_samples_that_are_not_there_are_refused(place, match):
    patching = StratifiedPatching(SHAPES, SIZE)
    with pytest.raises(IndexingError, match=match):
        patching.exclude_patches(*place, [(0, 0)])
    with pytest.raises(IndexingError, match=match):
        patching.set_region_probs(*place, {(0, 0): 0.5})


def test_many_samples_share_what_they_have_in_common():
    patching = StratifiedPatching([(200, 1, 64, 64, 64)] * 5, (16, 16, 16), seed=0)
    assert patching.n_patches == 64_000
    assert patching.get_patch_spec(63_999)["sample_idx"] == 199
    assert len(pickle.dumps(patching)) < 200_000


def test_fixed_patches_are_those_that_were_given():
    specs = specs_of(RandomPatching(SHAPES, SIZE, seed=0))[::-2]
    patching = FixedPatching(specs)
    assert specs_of(patching) == specs
    assert patching.n_patches == len(specs)
    wanted = [i for i, spec in enumerate(specs) if spec["data_idx"] == 2]
    assert patching.get_patch_indices(2) == wanted
    assert patching.get_patch_indices(7) == []
