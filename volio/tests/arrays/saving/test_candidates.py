"""How exactly dtypes store values, and when an earlier slope and intercept serve again."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from volio.arrays.saving.candidates import Candidates
from volio.arrays.scaling import Scaling

NIFTI = ["u1", "i1", "i2", "u2", "i4", "u4", "i8", "u8", "f4", "f8", "c8", "c16"]
RGB = np.dtype([("R", "u1"), ("G", "u1"), ("B", "u1")])


def candidates(
    values: Any,
    earlier: Any = None,
    *,
    supported: Any = NIFTI,
    can_scale: Any = "slope+inter",
    factors: Any = "f8",
) -> Candidates:
    return Candidates(np.asarray(values), supported, can_scale, np.dtype(factors), earlier)


# Dtypes of a format.


def test_dtypes_are_listed_for_the_kind_of_values():
    real = candidates([0.5])
    assert real.integers() == ["u1", "i2", "i4", "i1", "u2", "u4", "i8", "u8"]
    assert real.floats() == ["f4", "f8"]
    assert candidates([0.5j]).floats() == ["c8", "c16"]
    assert candidates([0.5], supported=["f8", "i2", "f4"]).floats() == ["f4", "f8"]


def test_booleans_count_as_small_integers():
    assert candidates([True, False]).source == np.uint8


# Exact dtypes.


@pytest.mark.parametrize(
    ("values", "dtype", "exact"),
    [
        ([-128, 127], "i1", True),
        ([-129, 127], "i1", False),
        ([-128, 128], "i1", False),
        ([0.0, 255.0], "u1", True),
        ([-1.0, 255.0], "u1", False),
        ([0.5, 3.0], "u1", False),
        ([np.nan, 3.0], "u1", False),
        ([np.inf, 3.0], "u1", False),
        ([3 + 0j], "u1", False),
        ([2**24], "f4", True),
        ([2**24 + 1], "f4", False),
        ([2**24 + 1], "f8", True),
        ([2**53 + 1], "f8", False),
        ([0.5, np.nan, np.inf], "f4", True),
        ([0.1], "f4", False),
        ([0.1], "f8", True),
        ([np.float32(0.5)], "f2", True),
        ([np.float32(0.1)], "f2", False),
        ([np.float32(70000)], "f2", False),
        ([0.5 + 0.1j], "c8", False),
        ([0.5 + 1j], "c8", True),
        ([0.5 + 0j], "f8", False),
        ([2**24 + 1], "c16", True),
        ([1, 2], RGB, False),
    ],
)
def test_exact_dtypes(values: Any, dtype: Any, exact: bool):
    assert candidates(values).exact_in(np.dtype(dtype)) is exact


@pytest.mark.parametrize(
    ("values", "exact"),
    [
        ([np.nan, np.inf, 3.0], True),
        ([np.nan, 255.0], True),
        ([np.nan, 256.0], False),
        ([np.nan, -1.0], False),
        ([np.nan, 0.5], False),
        ([3 + 0j], False),
    ],
)
def test_integer_dtypes_for_the_finite_values(values: Any, exact: bool):
    assert candidates(values).finite_exact_in(np.dtype("u1")) is exact


# Rounding to floats.


@pytest.mark.parametrize(
    "value",
    [
        1 + 2.0**-24,  # halfway between two float32
        -1 - 2.0**-24,
        2.0**-150,  # half of the smallest one
        1e-46,
        0.1,
        1e38 / 3,
    ],
)
def test_the_error_of_rounding_is_an_upper_bound_and_close(value: float):
    error = candidates([value]).rounding(np.dtype("f4"))
    assert error is not None
    assert abs(float(np.float32(value)) - value) <= error
    assert error <= abs(value) * 2.0**-24 + 2.0**-149


def test_values_that_overflow_cannot_be_rounded():
    largest = float(np.finfo("f4").max)
    assert candidates([largest, 0.1]).rounding(np.dtype("f4")) is not None
    assert candidates([2 * largest, 0.1]).rounding(np.dtype("f4")) is None
    assert candidates([-2 * largest, 0.1]).rounding(np.dtype("f4")) is None
    assert candidates([0.5]).rounding(np.dtype("f4")) == 0


# Which earlier slopes and intercepts a format can store.


@pytest.mark.parametrize(
    ("earlier", "options", "stored"),
    [
        ((0.5, 3.0), {}, (0.5, 3.0)),
        ((-0.5, -3.0), {}, (-0.5, -3.0)),
        ((0.0, 3.0), {}, None),
        ((np.nan, 3.0), {}, None),
        ((0.5, np.nan), {}, None),
        ((np.inf, 3.0), {}, None),
        ((0.5, np.inf), {}, None),
        ((0.5, 3.0), {"can_scale": "none"}, None),
        ((0.5, 3.0), {"can_scale": "slope"}, (0.5, 0.0)),  # six steps more
        ((0.5, 3.1), {"can_scale": "slope"}, None),
        ((0.5, 0.0), {"can_scale": "slope"}, (0.5, 0.0)),
        ((0.1, 3.0), {"factors": "f4"}, (float(np.float32(0.1)), 3.0)),
        ((0.5, 0.1), {"factors": "f4"}, (0.5, float(np.float32(0.1)))),
        ((0.5, 1e300), {"factors": "f4"}, None),
        ((1e300, 0.5), {"factors": "f4"}, None),
        ((1e-300, 0.5), {"factors": "f4"}, None),
        ((0.5, 3.0), {"factors": "f4"}, (0.5, 3.0)),
        ((0.1, 1e300), {"factors": "f8"}, (0.1, 1e300)),
    ],
)
def test_scalings_as_a_format_stores_them(earlier: Any, options: Any, stored: Any):
    assert candidates([0.3], earlier, **options).earlier_as_stored == stored


# Integers by an earlier scaling.


def test_values_that_all_come_back_keep_their_scaling():
    stored = np.array([-128, 0, 7, 127])
    for slope, inter in ((0.5, 3.0), (-0.5, 3.0), (100.0, 0.0)):
        found = candidates(stored * slope + inter, (slope, inter))
        assert found.earlier_scaling(np.dtype("i1")) == Scaling(slope, inter, 0.0)
    whole = candidates(stored * 10, (10.0, 0.0))
    assert whole.earlier_scaling(np.dtype("i1")) == Scaling(10.0, 0.0, 0.0)
    assert candidates(stored * 0.5).earlier_scaling(np.dtype("i1")) is None
    assert candidates(stored * 0.5j, (0.5, 0.0)).earlier_scaling(np.dtype("i1")) is None


LABELS = np.arange(13) * (152 / 255)


def test_integers_keep_their_scaling_where_rounding_it_moves_values_least():
    rounded = float(np.float32(152 / 255))
    found = candidates(LABELS, (152 / 255, 0.0), factors="f4")
    slope, inter, error = found.earlier_scaling(np.dtype("u1"))
    assert (slope, inter) == (rounded, 0.0)
    assert error == pytest.approx(12 * abs(rounded - 152 / 255), rel=1e-6)
    # All of 32 bits for this range moves them less.
    assert found.scaling(np.dtype("i4")).error < error
    assert found.earlier_scaling(np.dtype("i4")) is None


def test_rounding_a_slope_and_an_intercept_moves_values_by_both():
    slope, inter = (float(np.float32(factor)) for factor in (0.1, 0.7))
    found = candidates(np.arange(13) * 0.1 + 0.7, (0.1, 0.7), factors="f4")
    moved = max(abs(n * slope + inter - (n * 0.1 + 0.7)) for n in (0, 12))
    assert found.earlier_scaling(np.dtype("u1")) == Scaling(slope, inter, pytest.approx(moved))
    assert 0 < moved < 1e-7


def test_edited_integers_keep_a_scaling_that_is_rounded():
    edited = np.append(LABELS, 1.0)
    found = candidates(edited, (152 / 255, 0.0), factors="f4")
    slope = float(np.float32(152 / 255))
    assert found.earlier_scaling(np.dtype("u1")) == Scaling(slope, 0.0, error=slope / 2)


def test_an_intercept_of_whole_steps_goes_into_the_integers():
    stored = np.array([-100, 0, 100])
    found = candidates(stored * 0.1 + 12.8, (0.1, 12.8), factors="f4", can_scale="slope")
    slope, inter, error = found.earlier_scaling(np.dtype("i2"))
    assert (slope, inter) == (float(np.float32(0.1)), 0.0)
    assert error == pytest.approx(228 * abs(slope - 0.1), rel=1e-5)
    assert found.earlier_scaling(np.dtype("i1")) is None  # 228 does not fit


def test_one_value_does_not_keep_a_slope_that_programs_take_for_none():
    for slope, kept in ((1e-17, False), (1e-15, True)):
        found = candidates([3.5 * slope * 2] * 3, (slope, 0.0)).earlier_scaling(np.dtype("u1"))
        assert (found is not None) is kept


def on_grid(count: int, others: int, largest: float = 50.0) -> Any:
    """Values of which so many are multiples of 0.5, up to the largest, and others not."""
    grid = np.linspace(0, largest, count, endpoint=False) // 0.5 * 0.5 + 0.5
    grid[-1] = largest
    grid[0] = 0.5
    return np.append(grid, np.full(others, 0.7))


@pytest.mark.parametrize(
    ("values", "kept"),
    [
        (on_grid(9, 1), True),  # nine in ten are enough
        (on_grid(8, 1), False),
        (np.append(on_grid(9, 1), [0, 0, 0, np.nan, np.inf]), True),
        (np.append(on_grid(8, 1), [0, 0, 0, np.nan, np.inf]), False),  # zeros do not count
        (on_grid(18, 2, largest=5.5), True),  # steps of a tenth of the range
        (on_grid(18, 2, largest=5.0), False),
    ],
    ids=["nine in ten", "eight in nine", "more", "zeros", "fine steps", "coarse steps"],
)
def test_values_that_nearly_all_come_back_keep_their_scaling(values: Any, kept: bool):
    found = candidates(values, (0.5, 0.0)).earlier_scaling(np.dtype("i2"))
    assert found == (Scaling(0.5, 0.0, error=0.25) if kept else None)
    mirrored = candidates(-values, (-0.5, 0.0)).earlier_scaling(np.dtype("i2"))
    assert mirrored == (Scaling(-0.5, 0.0, error=0.25) if kept else None)


@pytest.mark.parametrize(
    ("ends", "fit"),
    [
        ((0.0, 255.0), True),
        ((-0.5, 255.5), True),  # which are rounded to the ends, or clipped to them
        ((-0.6, 255.0), False),
        ((0.0, 255.6), False),
    ],
)
def test_values_outside_the_dtype_do_not_keep_their_scaling(ends: Any, fit: bool):
    stored = np.append(np.arange(1.0, 100), ends)
    for slope in (2.0, -2.0):
        found = candidates(stored * slope + 3, (slope, 3.0)).earlier_scaling(np.dtype("u1"))
        assert (found is not None) is fit


@pytest.mark.parametrize(
    ("values", "inter", "fit"),
    [
        ([np.nan, 5.0, 7.0], 1.0, False),  # 0 would be -2
        ([5.0, 7.0], 1.0, True),
        ([np.nan, 5.0, 7.0], 0.0, True),
        ([np.nan, -5.0, -7.0], -127.5, True),  # 0 is 255
        ([np.nan, -5.0, -7.0], -128.0, False),  # 0 would be 256
        ([-5.0, -7.0], -128.0, True),
    ],
)
def test_a_scaling_is_kept_only_with_a_place_for_nan(values: Any, inter: float, fit: bool):
    found = candidates(values, (0.5, inter)).earlier_scaling(np.dtype("u1"))
    assert (found is not None) is fit


def test_new_scalings_have_a_place_for_nan():
    slope, inter, _ = candidates([np.nan, 5.0, 7.0]).scaling(np.dtype("u1"))
    assert 0 <= round(-inter / slope) <= 255
    slope, inter, _ = candidates([np.nan, -5.0, -7.0]).scaling(np.dtype("u1"))
    assert 0 <= round(-inter / slope) <= 255
    assert candidates([1000.0, 1001.0]).scaling(np.dtype("u1")).slope == pytest.approx(1 / 255)


# Floats by an earlier scaling.

STORED = np.random.default_rng(0).normal(size=20).astype("f4").astype("f8")
F4 = np.dtype("f4")


def test_floats_that_come_back_up_to_the_end_of_the_range_keep_their_scaling():
    largest = 2.0 * float(np.finfo(F4).max)
    values = np.array([-largest, 0.0, largest])
    assert candidates(values, (2.0, 0.0)).earlier_float_scaling(F4) == Scaling(2.0, 0.0, 0.0)


@pytest.mark.parametrize("earlier", [(0.1, 0.0), (-0.1, 0.0), (1.0, 0.1), (0.1, 7.0), (2.0, 0.1)])
def test_floats_that_come_back_keep_their_scaling(earlier: Any):
    slope, inter = earlier
    values = STORED * slope + inter
    assert not candidates(values).exact_in(F4)
    assert candidates(values, earlier).earlier_float_scaling(F4) == Scaling(slope, inter, 0.0)


@pytest.mark.parametrize(
    ("values", "earlier", "dtype"),
    [
        (STORED * 0.1, None, "f4"),
        (STORED * 0.1, (1.0, 0.0), "f4"),  # changes nothing
        (np.append(STORED[:18] * 0.5, [0.1, 0.7]), (1.0, 0.0), "f4"),
        (STORED * 0.5, (0.5, 0.0), "f4"),  # is not needed
        (STORED * 0.1, (0.1, 0.0), "c8"),
        (STORED * 0.1, (0.1, 0.0), "i2"),
        (STORED * 0.1j, (0.1, 0.0), "f4"),
        (np.array([2**30 + 1]), (0.5, 0.0), "f4"),
        (STORED * 0.3, (0.1, 0.1), "f4"),  # others
        (np.append(STORED * 0.1, 1e38), (0.1, 0.0), "f4"),  # overflows
        (np.append(STORED * 0.1 + 3e37, 0.0), (0.1, 3e37), "f4"),
    ],
    ids=[
        *(
            "none",
            "neutral",
            "neutral for most",
            "exact",
            "complex dtype",
            "integer dtype",
            "complex",
            "integers",
        ),
        *("others", "overflow", "overflow of the intercept"),
    ],
)
def test_floats_that_do_not_need_or_fit_a_scaling(values: Any, earlier: Any, dtype: Any):
    assert candidates(values, earlier).earlier_float_scaling(np.dtype(dtype)) is None


@pytest.mark.parametrize(("others", "kept"), [(2, True), (3, False)])
def test_edited_floats_keep_their_scaling_with_a_bound_of_the_error(others: int, kept: bool):
    edited = np.linspace(5, 5.001, others + 1)[1:] / 3
    values = np.append(STORED[:18] * 0.1 + 7, edited)
    found = candidates(values, (0.1, 7.0)).earlier_float_scaling(F4)
    assert (found is not None) is kept
    if found is None:
        return
    slope, inter, error = found
    back = ((values - inter) / slope).astype("f4").astype("f8") * slope + inter
    difference = np.abs(back - values).max()
    assert 0 < difference <= error
    assert error == (np.abs(values).max() + 7) * np.finfo("f4").eps / 2


@pytest.mark.parametrize(
    ("values", "can_scale", "scaling"),
    [
        (np.array([0.0, 0.5, 100.5]), "slope+inter", (0.5, 0.0)),
        (np.array([0.0, 0.5, 100.5], "f2"), "slope", (0.5, 0.0)),
        (np.array([0.0, 0.5, 100.5]), "none", None),
        (np.array([0, 256, 512]), "slope+inter", None),  # integers stay what they are
        (np.array([0, 0.5, 100.5], np.longdouble), "slope+inter", None),
        (np.array([0.0, 0.5, 127.5]), "slope+inter", (0.5, 0.0)),
        (np.array([0.0, 0.5, 128.0]), "slope+inter", None),  # 257 steps
        (np.array([1000.0, 1000.5, 1127.5]), "slope+inter", (0.5, 1000.0)),
        (np.array([1000.0, 1000.5, 1127.5]), "slope", None),
        (np.array([0.0, 0.5, np.nan]), "slope+inter", None),
        (np.array([0.5, 0.5]), "slope+inter", None),
    ],
)
def test_scalings_that_keep_steps_of_a_power_of_two(values: Any, can_scale: Any, scaling: Any):
    found = candidates(values, can_scale=can_scale).exact_scaling(np.dtype("u1"))
    assert (found and (found.slope, found.inter)) == scaling
