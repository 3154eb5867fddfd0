"""Contrast limits: each rule, and how little is read for them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from volio.display import ImageLayer, find_limits
from volio.display.colour.contrast import RULES
from volio.display.colour.samples import subsample
from volio.errors import UsageError
from volio.tests.arrays.arrays import Counting

RANDOM = np.random.default_rng(3)


def test_robust_limits_cut_outliers_and_only_outliers():
    even = RANDOM.uniform(0, 100, (40, 40, 40))
    assert find_limits(even) == pytest.approx((even.min(), even.max()))
    even[3, 3, 3] = 1e6
    low, high = find_limits(even)
    assert low == pytest.approx(np.percentile(even, 0.5))
    assert high == pytest.approx(np.percentile(even, 99.5))
    mask = np.zeros((50, 50), np.uint8)
    mask[20, 20] = 1
    assert find_limits(mask) == (0, 1)


def test_robust_limits_of_large_arrays_look_at_a_part():
    data = RANDOM.normal(100, 10, (160, 150, 140)).astype(np.float32)
    data[0, 0, 0] = 1e6
    sample = subsample(data)
    assert 2**16 < sample.size < 2**20
    np.testing.assert_allclose(find_limits(data), np.percentile(data, (0.5, 99.5)), rtol=0.01)


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize(
    "data",
    [
        np.full((3, 3), np.nan),
        np.array([[np.inf, -np.inf]]),
        np.full((3, 3), 7),
        np.full((3, 3), -7.0),
        np.zeros((3, 3), bool),
        np.array([[1.5, np.nan, np.inf]]),
        np.array([[1, 60000]], np.float16),
        np.array([[-(2**62), 2**62]]),
    ],
    ids=lambda data: f"{data.dtype}{data.ravel()[0]}",
)
def test_limits_always_rise_and_are_finite(rule, data):
    low, high = find_limits(data, rule)
    assert low < high
    assert np.isfinite((low, high)).all()


@given(st.lists(st.floats(width=32), min_size=1, max_size=30))
def test_exact_limits_are_least_and_greatest_finite_value(values):
    data = np.array(values, np.float32)[None]
    finite = data[np.isfinite(data)]
    low, high = find_limits(data, "exact")
    if finite.size and finite.min() < finite.max():
        assert (low, high) == (finite.min(), finite.max())
    elif finite.size:
        assert low <= finite.min() <= high
    else:
        assert (low, high) == (0, 1)


def test_limits_by_dtype_and_unknown_rules():
    assert find_limits(np.zeros((2, 2), np.int16), "dtype") == (-32768, 32767)
    assert find_limits(np.zeros((2, 2), np.uint8), "napari") == (0, 255)
    with pytest.raises(UsageError, match="rule"):
        find_limits(np.zeros((2, 2)), "loud")


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0)])
def test_exact_limits_of_lazy_arrays_and_few_slices_for_robust_ones(order):
    data = RANDOM.random((30, 31, 32))
    lazy = Counting(data, order)
    assert find_limits(lazy, "exact") == (data.min(), data.max())
    lazy.boxes.clear()
    low, high = find_limits(lazy)
    assert data.min() <= low < 0.01
    assert data.max() >= high > 0.99
    slowest = order[0]
    assert len({box[slowest] for box in lazy.boxes}) <= 8
    assert lazy.asked <= 8 * data.size / data.shape[slowest]


def test_series_are_looked_at_in_one_volume():
    lazy = Counting(RANDOM.random((5, 6, 20, 9)), (3, 2, 1, 0))
    find_limits(lazy)
    assert {box[3] for box in lazy.boxes} == {(4, 5)}
    assert lazy.asked <= 8 * 30


def test_making_a_layer_reads_nothing_and_showing_it_one_slice_and_a_sample():
    lazy = Counting(RANDOM.random((40, 30, 20)), (0, 1, 2))
    layer = ImageLayer(lazy, scale=(1, 2, 3), rendering="iso")
    layer.as_layer_data_tuple  # noqa: B018
    assert layer.extent.world.shape == (2, 3)
    assert lazy.boxes == []
    layer.slice_values()
    assert lazy.boxes == [((0, 1), (0, 30), (0, 20))]
    layer.thumbnail  # noqa: B018
    layer.get_value((0, 3, 3))
    assert len(lazy.boxes) <= 1 + 8
    lazy.boxes.clear()
    assert layer.get_value((5, 3, 3)) == lazy.array[5, 3, 3]
    assert lazy.boxes == [((5, 6), (3, 4), (3, 4))]
    lazy.boxes.clear()
    layer.pick((-3, 4, 5), (1, 0, 0), (0, 1, 2))
    assert lazy.asked <= 2 * 40


def test_the_rule_of_the_peer_looks_at_one_slice_of_lazy_arrays():
    lazy = Counting(RANDOM.random((40, 30, 20)), (0, 1, 2))
    layer = ImageLayer(lazy, contrast_rule="napari")
    assert layer.contrast_limits == [lazy.array[0].min(), lazy.array[0].max()]
    assert lazy.boxes == [((0, 1), (0, 30), (0, 20))]
