import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from volio.arrays.dtypes import integer_limits
from volio.arrays.scaling import Conversion, apply_scaling, fit_scaling, scale_factor, scaled_dtype
from volio.errors import ImageDataError, ScalingError

INTEGERS = ["u1", "i1", "i2", "u2", "i4", "u4"]
values = st.floats(-1e30, 1e30).filter(lambda x: x == 0 or abs(x) > 1e-20)


def ends(low, high, scaling):
    return sorted((np.array([low, high]) - scaling.inter) / scaling.slope)


@pytest.mark.parametrize(("above", "has_slope_one"), [(255, True), (256, False)])
def test_a_large_value_is_a_number_of_float32_and_an_integer_up_to_the_last(above, has_slope_one):
    """Numbers of float32 near 2**33 are 1024 apart: what is left must fit the dtype."""
    value = 2.0**33 + above
    slope, inter, _ = fit_scaling(value, value, "u1", "slope+inter", np.float32)
    assert (slope == 1.0) is has_slope_one
    assert round((value - inter) / slope) * slope + inter == value


@given(values, values, st.sampled_from(INTEGERS), st.sampled_from([np.float32, np.float64]))
def test_values_fit_and_come_back_within_the_error(first, second, dtype, factors):
    low, high = sorted((first, second))
    scaling = fit_scaling(low, high, dtype, factor_dtype=factors)
    assert [float(factors(f)) for f in scaling[:2]] == list(scaling[:2])
    least, greatest = integer_limits(dtype)
    stored = ends(low, high, scaling)
    assert least - 0.5 < stored[0]
    assert stored[1] < greatest + 0.5
    points = np.linspace(low, high, 11)
    back = np.rint((points - scaling.inter) / scaling.slope) * scaling.slope + scaling.inter
    assert np.abs(back - points).max() <= scaling.error


@given(st.floats(1e-6, 1e6), st.floats(1e-6, 1e6), st.sampled_from(INTEGERS))
def test_zero_comes_back_as_zero(below, above, dtype):
    slope, inter, _ = fit_scaling(-below, above, dtype)
    stored = np.rint(-inter / slope)
    assert stored * slope + inter == 0
    assert np.float32(stored * slope) + np.float32(inter) == 0
    least, greatest = integer_limits(dtype)
    assert least <= stored <= greatest


@given(st.floats(0.1, 10), st.sampled_from(["i2", "u2", "i4"]))
def test_the_whole_integer_range_is_used(ratio, dtype):
    scaling = fit_scaling(-ratio, 1.0, dtype)
    least, greatest = integer_limits(dtype)
    stored = ends(-ratio, 1.0, scaling)
    assert stored[1] - stored[0] > 0.995 * (greatest - least)


@given(st.floats(0.5, 2))
def test_a_slope_has_every_bit_where_zero_takes_none_of_them(size):
    """A product of slope and 128, a power of two, has no more bits than the slope."""
    scaling = fit_scaling(-size, 0.99 * size, "u1")
    assert scaling.inter == -128 * scaling.slope
    needed = size / 128
    assert needed <= scaling.slope <= np.nextafter(np.float32(needed), np.float32(1))


@given(values, values)
def test_slope_alone_keeps_zero(first, second):
    low, high = sorted((first, second))
    scaling = fit_scaling(low, high, "i2", "slope")
    assert scaling.inter == 0
    assert max(map(abs, ends(low, high, scaling))) <= 32768


def test_values_far_from_zero_have_an_intercept_near_them():
    slope, inter, error = fit_scaling(1000.0, 1001.0, "i2")
    assert 1000 <= inter <= 1001
    assert error < 1e-5
    assert fit_scaling(0.1, 0.1, "i2").error < 1e-12
    assert slope < 2e-5


@pytest.mark.parametrize(
    ("low", "high", "dtype", "kind", "message"),
    [
        (0, 1, "i2", "none", "this format has none; save with a float dtype"),
        (-1, 1, "u1", "slope", "both signs"),
        (-1, 0, "u1", "slope", "save as int16"),
        (0, 1e300, "i2", "slope+inter", "too large"),
        (1e300, 1.1e300, "i2", "slope+inter", "too large"),
        (0, 1e-42, "i2", "slope+inter", "too small"),
        (0, np.inf, "i2", "slope+inter", "exceed the range of float64"),
        (-np.inf, 0, "i2", "slope", "exceed the range of float64"),
        (np.nan, 1, "i2", "slope+inter", "exceed the range of float64"),
    ],
)
def test_what_cannot_be_scaled_is_refused(low, high, dtype, kind, message):
    with pytest.raises(ScalingError, match=message):
        fit_scaling(low, high, dtype, kind)


def test_64_bit_integers_are_used_as_far_as_float64_tells_them_apart():
    slope, inter, error = fit_scaling(0.0, 1.0, "u8", factor_dtype=np.float64)
    assert (slope, inter) == (2.0**-53, 0)
    assert error == slope / 2 + 2.0**-52
    both = fit_scaling(-1.0, 1.0, "i8", factor_dtype=np.float64)
    assert both[:2] == (2.0**-53, 0)
    assert fit_scaling(-1.0, 0.0, "i8", "slope", np.float64)[:2] == (2.0**-53, 0)
    # Narrower ones are used whole.
    assert fit_scaling(0.0, 2.0**32 - 1, "u4", factor_dtype=np.float64)[:2] == (1, 0)
    assert fit_scaling(-(2.0**31), 2.0**31 - 1, "i4", factor_dtype=np.float64)[:2] == (1, 0)


def test_zero_is_stored_where_the_range_is_as_wide_as_its_distance_from_zero():
    assert fit_scaling(1.0, 2.0, "u1").inter == 0
    slope, inter, _ = fit_scaling(-2.0, -1.0, "u1")
    assert 255 * slope + inter == 0
    # Narrower ranges have all integers for themselves.
    assert fit_scaling(1.0, 1.99, "u1").slope == pytest.approx(0.99 / 255)
    assert fit_scaling(-1.99, -1.0, "u1").slope == pytest.approx(0.99 / 255)


def test_the_largest_slopes_that_fit():
    largest = float(np.finfo(np.float32).max)
    assert fit_scaling(0.0, largest * 255, "u1", "slope")[:2] == (largest, 0)
    with pytest.raises(ScalingError, match="too large"):
        fit_scaling(0.0, largest * 255.1, "u1", "slope")


def test_conversions_of_a_part():
    slope = np.arange(1.0, 7).reshape(2, 3)
    whole = Conversion(True, slope, 1.0)
    part = whole.of(np.s_[1:, :2])
    out = np.empty((1, 2))
    part.convert(out, np.array([[10, 100]], "i2"))
    assert out.tolist() == [[41, 501]]
    assert Conversion(True, 2.0, slope).of(np.s_[:1, 2:]).inter.tolist() == [[3]]
    same = Conversion(True, 2.0, 3.0)
    assert same.of(np.s_[1:, :2]) is same


def test_conversions_know_whether_they_change_anything():
    assert Conversion().changes_nothing
    assert not Conversion(True, 2.0).changes_nothing
    assert not Conversion(valid_range=(0, 9)).changes_nothing
    out = np.empty(3, "i2")
    Conversion(valid_range=(2, 9)).convert(out, np.array([1, 5, 10], ">i2"))
    assert out.tolist() == [2, 5, 9]
    scaled = np.empty(3)
    Conversion(True, 0.5, 1.0, (2, 9)).convert(scaled, np.array([1, 5, 10], ">i2"))
    assert scaled.tolist() == [2, 3.5, 5.5]


def test_nothing_but_zeros_needs_no_scaling():
    assert fit_scaling(0.0, 0.0, "u1") == (1, 0, 0)


@pytest.mark.parametrize("dtype", ["u1", ">i2", "f4", "c8", "g", "u8"])
def test_scaling_is_computed_in_float64_or_wider(dtype):
    stored = np.array([1, 2, 100]).astype(dtype)
    work = scaled_dtype(dtype)
    assert work == np.result_type(dtype, np.float64)
    out = np.empty(3, work)
    apply_scaling(out, stored, 0.1, 0.3)
    np.testing.assert_array_equal(out, stored.astype(work) * 0.1 + 0.3)
    narrow = np.empty(3, np.complex64 if work.kind == "c" else np.float32)
    apply_scaling(narrow, stored, 0.1, 0.3)
    np.testing.assert_array_equal(narrow, out.astype(narrow.dtype))


@given(st.floats(-1e3, 1e3), st.floats(-1e3, 1e3))
def test_scaled_values_outside_an_integer_dtype_are_refused(slope, inter):
    assume(slope)
    stored = np.arange(5, dtype="u1")
    exact = stored * slope + inter
    out = np.empty(5, "u1")
    if exact.min() > -1 and exact.max() < 256:
        apply_scaling(out, stored, slope, inter)
        np.testing.assert_array_equal(out, exact.astype("u1"))
    else:
        with pytest.raises(ImageDataError, match="do not fit uint8"):
            apply_scaling(out, stored, slope, inter)


def test_scale_factors():
    assert scale_factor(None, 1.0) == 1.0
    assert scale_factor(np.float32(2), 1.0) == 2.0
    assert scale_factor([1, 2], 1.0).dtype == np.float64


@given(values.filter(bool), st.sampled_from(INTEGERS), st.sampled_from(["slope", "slope+inter"]))
def test_a_single_value_has_an_ordinary_slope(value, dtype, kind):
    least, greatest = integer_limits(dtype)
    assume(kind == "slope+inter" or value > 0 or least)
    slope, inter, error = fit_scaling(value, value, dtype, kind)
    stored = np.rint((value - inter) / slope)
    assert least <= stored <= greatest
    assert abs(stored * slope + inter - value) <= error
    assert error <= abs(value) * 2.0**-23
    assert kind == "slope+inter" or abs(stored) < 2**15
    assert slope >= min(abs(value), 2.0**-21) * (1 - 2.0**-23)  # as float32 holds it
    if kind == "slope+inter":
        assert slope >= 2.0**-21


@pytest.mark.parametrize(("value", "dtype"), [(-0.1, "u1"), (-3e8 - 0.1, "u2"), (1e10 + 1, "u1")])
def test_a_single_value_of_any_sign_fits_integers_of_one(value, dtype):
    slope, inter, error = fit_scaling(value, value, dtype)
    stored = np.rint((value - inter) / slope)
    assert 0 <= stored <= integer_limits(dtype)[1]
    assert abs(stored * slope + inter - value) <= error <= abs(value) * 2.0**-24


def test_a_single_value_is_an_intercept_where_that_is_exact():
    for value in (300.0, 7.0):
        assert fit_scaling(value, value, "u1", "slope+inter")[:2] == (1.0, value)
    assert fit_scaling(0.1, 0.1, "u1", "slope+inter").inter == 0  # float32 has no 0.1


@pytest.mark.parametrize("low", [2.0**24 + 3, 2.0**25 + 7])
def test_no_value_is_below_the_intercept_of_unsigned_integers(low):
    assert float(np.float32(low)) > low  # rounded up
    slope, inter, error = fit_scaling(low, low + 255, "u1", "slope+inter")
    assert inter <= low
    stored = np.rint((np.array([low, low + 255]) - inter) / slope)
    assert 0 <= stored[0] < stored[1] <= 255
    assert np.abs(stored * slope + inter - (low, low + 255)).max() <= error


def test_an_intercept_that_is_the_lowest_value_is_kept():
    assert fit_scaling(1000.0, 1255.0, "u1", "slope+inter")[:2] == (1.0, 1000.0)
