"""Stratified sampling: how many patches an epoch has, where they may be, and how often."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from volio.errors import IndexingError, UsageError
from volio.ops.patches.strata import Strata, pack


def starts_of_epochs(strata: Strata, epochs: int) -> np.ndarray:
    rng = np.random.default_rng(7)
    drawn = [strata.draw(i, rng) for _ in range(epochs) for i in range(strata.n_patches)]
    return np.array(drawn)


def visits(starts: np.ndarray, strata: Strata) -> np.ndarray:
    """How many patches each pixel is in."""
    found = np.zeros(strata.shape, int)
    for start in starts:
        found[tuple(slice(s, s + p) for s, p in zip(start, strata.patch_size, strict=True))] += 1
    return found


@pytest.mark.parametrize(
    ("shape", "patch_size", "grid", "patches"),
    [
        ((64, 64), (8, 8), (8, 8), 64),
        ((43, 71), (8, 8), (5, 9), 48),  # 47.7
        ((15, 8), (8, 8), (2, 1), 2),  # 1.9
        ((14, 8), (8, 8), (1, 1), 2),
        ((10, 6), (4, 5), (2, 1), 3),  # exactly
        ((4, 5), (8, 8), (1, 1), 1),
        ((4, 64), (8, 8), (1, 8), 8),
        ((35, 21, 12), (8, 8, 8), (4, 2, 1), 18),  # 17.2
    ],
)
def test_an_epoch_covers_the_image_once(shape, patch_size, grid, patches):
    strata = Strata(shape, patch_size)
    assert strata.grid == grid
    assert strata.cells() == list(product(*map(range, grid))) == strata.included()
    assert strata.n_patches == patches


@pytest.mark.parametrize("shape", [(40, 50), (35, 20), (16, 24, 21)])
def test_every_start_is_as_likely(shape):
    patch_size = (8,) * len(shape)
    strata = Strata(shape, patch_size)
    starts = starts_of_epochs(strata, 16_000 // strata.n_patches)
    room = [length - 7 for length in shape]
    for axis, count in enumerate(room):
        found = np.bincount(starts[:, axis], minlength=count)
        assert len(found) == count
        expected = len(starts) / count
        # Five standard deviations of a Poisson distribution, the largest there is here.
        assert np.abs(found - expected).max() < 5 * np.sqrt(expected)


def test_a_pixel_is_visited_once_an_epoch_on_average():
    strata = Strata((61, 83), (8, 8))
    epochs = 60
    found = visits(starts_of_epochs(strata, epochs), strata) / epochs
    assert found.mean() == pytest.approx(1, abs=0.02)  # the number of patches is rounded up
    inside = found[8:-8, 8:-8]
    # There are fewer starts than pixels: what all starts reach is visited more often.
    expected = strata.n_patches * 64 / (54 * 76)
    assert inside.mean() == pytest.approx(expected, rel=0.02)
    assert inside.std() < np.sqrt(expected / epochs)


def test_a_bin_gives_less_varied_epochs_than_chance():
    strata = Strata((128, 128), (8, 8))
    rng = np.random.default_rng(3)
    counts = np.zeros((40, *strata.grid))
    for epoch in counts:
        for number in range(strata.n_patches):
            row, column = strata.draw(number, rng)
            epoch[min(row // 8, 15), min(column // 8, 15)] += 1
    # A Poisson distribution has a variance as large as its mean.
    inner = counts[:, :-1, :-1]
    assert inner.var(axis=0).mean() < 0.5 * inner.mean()


def test_no_patch_touches_an_excluded_cell():
    strata = Strata((40, 40), (8, 8))
    strata.exclude([(1, 2), (4, 4), (1, 2)])
    assert strata.n_patches == 23
    assert len(strata.included()) == 23
    starts = starts_of_epochs(strata, 200)
    found = visits(starts, strata)
    assert found[8:16, 16:24].max() == 0
    assert found[32:, 32:].max() == 0
    # All other starts are left, also those next to an excluded cell.
    touching = lambda row, column: (  # noqa: E731
        (0 < row < 16 and 8 < column < 24) or (row > 24 and column > 24)
    )
    left = {(r, c) for r in range(33) for c in range(33) if not touching(r, c)}
    assert set(map(tuple, starts.tolist())) <= left
    assert {(0, c) for c in (9, 16, 23)} | {(16, 16), (24, 25), (25, 24)} <= left
    assert len({tuple(start) for start in starts.tolist()}) > 0.95 * len(left)


@given(st.integers(1, 30), st.integers(1, 30), st.data())
@settings(max_examples=30)
def test_starts_are_those_that_touch_no_excluded_cell(rows: int, columns: int, data):
    strata = Strata((rows, columns), (4, 3))
    excluded = data.draw(st.sets(st.sampled_from(strata.cells()), max_size=4))
    strata.exclude(excluded)
    allowed = []
    for row, column in product(range(max(1, rows - 3)), range(max(1, columns - 2))):
        touched = product({row // 4, (row + 3) // 4}, {column // 3, (column + 2) // 3})
        allowed += [(row, column)] if excluded.isdisjoint(touched) else []
    assert (strata.n_patches > 0) == bool(allowed)
    rng = np.random.default_rng(0)
    drawn = {strata.draw(n, rng) for _ in range(3) for n in range(strata.n_patches)}
    assert drawn <= set(allowed)


def test_where_everything_is_excluded_there_are_no_patches():
    strata = Strata((20, 20), (8, 8))
    strata.exclude(strata.cells())
    assert strata.n_patches == 0
    assert strata.included() == []


def test_a_start_that_is_left_is_a_patch():
    strata = Strata((15, 15, 15), (8, 8, 8))  # 6.6 patches, 8 cells
    strata.exclude([cell for cell in strata.cells() if cell != (0, 0, 0)])
    assert strata.n_patches == 1
    assert strata.draw(0, np.random.default_rng()) == (0, 0, 0)


def test_probabilities_make_regions_rarer():
    strata = Strata((40, 40), (8, 8))
    strata.set_probabilities({(0, 0): 0.25, (2, 2): 0.0, (1, 1): 0.5})
    strata.set_probabilities({(1, 1): 1})
    assert strata.n_patches == 24  # 25 - 0.75 - 1
    starts = starts_of_epochs(strata, 400)
    counts = np.histogram2d(*starts.T, bins=[[0, 8, 16, 24, 32, 33]] * 2)[0]
    assert counts[2, 2] == 0
    assert counts[0, 0] / counts[0, 1] == pytest.approx(0.25, abs=0.05)
    assert counts[1, 1] / counts[0, 1] == pytest.approx(1, abs=0.15)
    assert strata.included() == strata.cells()


def test_probability_of_an_excluded_cell_does_not_count_again():
    strata = Strata((40, 40), (8, 8))
    strata.exclude([(0, 0)])
    strata.set_probabilities({(0, 0): 0.0})
    assert strata.n_patches == 24
    strata.set_probabilities(dict.fromkeys(strata.cells(), 0))
    assert strata.n_patches == 0


@pytest.mark.parametrize("cell", [(5, 0), (0, -1), (0,), (0, 0, 0)])
def test_cells_outside_the_grid_are_refused(cell):
    strata = Strata((40, 40), (8, 8))
    with pytest.raises(IndexingError, match=r"is not one of the grid, which has \(5, 5\) cells"):
        strata.exclude([(4, 4), cell])
    with pytest.raises(IndexingError, match="is not one of the grid"):
        strata.set_probabilities({cell: 0.5})
    assert strata.n_patches == 25


def test_cells_are_integers():
    strata = Strata((40, 40), (8, 8))
    with pytest.raises(TypeError, match="integer"):
        strata.exclude([(0.5, 1)])
    strata.exclude(np.array([[0, 1]]))
    assert strata.excluded == {(0, 1)}


@pytest.mark.parametrize("value", [-0.1, 1.01, np.nan])
def test_probabilities_are_from_0_to_1(value):
    with pytest.raises(UsageError, match=r"probability of cell \(0, 1\): must be from 0 to 1"):
        Strata((40, 40), (8, 8)).set_probabilities({(0, 0): 1, (0, 1): value})


@given(st.lists(st.integers(0, 50), min_size=1, max_size=60).filter(any), st.integers(1, 20))
def test_packing_puts_each_weight_into_one_bin(weights: list[int], n_bins: int):
    bins = pack(np.array(weights, float), n_bins)
    regions = bins.regions.tolist()
    assert sorted(regions) == [i for i, weight in enumerate(weights) if weight]
    assert len(bins.ends) == n_bins
    sums = np.diff([0, *[bins.sums[end - 1] if end else 0 for end in bins.ends]])
    assert sums.sum() == sum(weights)
    assert sums.max() <= bins.capacity
    assert bins.capacity >= max(max(weights), sum(weights) / n_bins)
    assert bins.capacity < sum(weights) / n_bins + max(weights)


def test_packing_takes_the_fullest_bin_with_room():
    # Capacity 10: 7 and 6 open a bin each; 4 fits the second alone, 3 fills the first.
    bins = pack(np.array([3.0, 7, 4, 6]), 2)
    assert bins.capacity == 10
    found = [set(part.tolist()) for part in np.split(bins.regions, bins.ends[:-1])]
    assert sorted(found, key=min) == [{0, 1}, {2, 3}]


def test_packing_grows_the_emptiest_bin():
    bins = pack(np.array([5.0, 5, 5]), 2)
    assert bins.capacity == 10
    assert np.diff([0, *bins.ends]).tolist() in ([1, 2], [2, 1])
