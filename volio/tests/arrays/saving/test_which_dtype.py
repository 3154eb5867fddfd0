"""Which dtype, slope and intercept are chosen: the rules, each at its borders."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from volio.arrays.saving.dtype_choice import DtypeChoice, choose_dtype
from volio.arrays.saving.writing import to_stored
from volio.arrays.scaling import SMALLEST_SLOPE
from volio.errors import CastingError, ScalingError

NIFTI = ["u1", "i1", "i2", "u2", "i4", "u4", "i8", "u8", "f4", "f8", "c8", "c16"]
SPM = ["u1", "i2", "i4", "f4", "f8", "c8"]
MGH = ["u1", "i2", "i4", "u2", "f4"]
RGB = np.dtype([("R", "u1"), ("G", "u1"), ("B", "u1")])
ENDING = " dtype='exact' keeps every value."


def chosen(values: Any, header: Any, *, supported: Any = NIFTI, **options: Any) -> DtypeChoice:
    return choose_dtype(np.asarray(values), header, supported=supported, **options)


# Without a request.


@pytest.mark.parametrize(
    ("values", "header", "dtype"),
    [
        ([0, 255], "u1", "u1"),
        ([0, 256], "u1", "i2"),
        ([-1, 255], "u1", "i2"),
        ([0, 5], "i4", "i4"),
        ([0, 2**31], "i4", "u4"),
        ([-1, 2**31], "i4", "i8"),
        ([0, 2**63], "i4", "u8"),
        ([0, 5], "i8", "u1"),  # which few programs read
        ([0, 2**40], "i8", "i8"),
        ([0, 5], "f4", "f4"),
        ([0, 2**24 + 1], "f4", "i4"),
        ([0, 2**24 + 1], "f8", "f8"),
        ([0, 5], RGB, "u1"),
    ],
)
def test_integers(values: Any, header: Any, dtype: str):
    supported = [*NIFTI, RGB]
    array = np.array(values, "u8" if max(values) == 2**63 else "i8")
    assert chosen(array, header, supported=supported) == DtypeChoice(np.dtype(dtype))


@pytest.mark.parametrize(
    ("values", "dtype"),
    [([0, 2**31 - 1], "i4"), ([0, 2**40], "f4"), ([0, 2**40 + 1], "f8")],
)
def test_integers_of_a_format_with_few_dtypes(values: Any, dtype: str):
    for header in ("i2", "u2", "i8"):
        assert chosen(values, header, supported=SPM) == DtypeChoice(np.dtype(dtype))


def test_integers_of_a_dtype_that_the_format_lacks():
    for header in ("i1", "f2"):
        assert chosen(np.array([-1, 5], "i1"), header, supported=SPM).dtype == np.int16


def test_integers_that_nothing_holds():
    with pytest.raises(CastingError, match=r"1 to 9007199254740993 fit none; save them as a float"):
        chosen([1, 2**53 + 1], "i2", supported=SPM)
    with pytest.raises(CastingError, match="0 to 16777217 fit none"):
        chosen([0, 2**24 + 1], "i2", supported=["i2", "f4"])


@pytest.mark.parametrize(
    ("values", "header", "supported", "dtype"),
    [
        ([0.1, 3], "f4", NIFTI, "f4"),
        ([0.1, 3], "f8", NIFTI, "f8"),
        ([0.1, 1e300], "f4", NIFTI, "f8"),
        ([0.1, 3], "f8", MGH, "f4"),  # narrower
        ([0.1, 3], "u2", SPM, "f8"),  # which SPM has not: the dtype of the array counts
        ([0.1, 3j], "i2", NIFTI, "c16"),
        ([0.1, 3j], "f8", NIFTI, "c16"),
        ([0.1, 3j], "c8", NIFTI, "c8"),
        ([0.1, 3j], "c8", ["c16"], "c16"),  # wider
        ([0.1, 1e300j], "c8", NIFTI, "c16"),
        ([0.1, 3], RGB, [*NIFTI, RGB], "f8"),
        (np.array([0.5], "f2"), "f2", NIFTI, "f4"),
    ],
)
def test_floats_under_a_header_of_floats(values: Any, header: Any, supported: Any, dtype: str):
    found = chosen(values, header, supported=supported)
    assert found.dtype == np.dtype(dtype)
    assert (found.slope, found.inter, found.notes) == (1.0, 0.0, ())


def test_the_next_wider_float_is_taken_before_narrower_ones():
    values = np.array([0.1, 70000], np.float32)
    floats = ["f2", "f4", "f8"]
    assert chosen(values, "f2", supported=floats).dtype == np.float32
    assert chosen(values, "f4", supported=["f2", "f8"]).dtype == np.float64
    small = np.array([0.1, 7], np.longdouble)
    assert chosen(small, "g", supported=["f2", "f4"]).dtype == np.float32


def test_values_that_no_float_holds():
    with pytest.raises(CastingError, match=r"no dtype holds values up to 1e\+300; scale them down"):
        chosen([0.1, 1e300], "f4", supported=MGH)
    with pytest.raises(CastingError, match="save their real part"):
        chosen([0.1, 1e300j], "f4", supported=["f4", "c8"])


def test_floats_keep_the_slope_they_were_read_with():
    stored = np.random.default_rng(0).normal(size=50).astype("f4").astype("f8")
    values = stored * 0.1
    options = {"factor_dtype": "f8", "earlier": (0.1, 0.0)}
    assert chosen(values, "f4", **options) == DtypeChoice(np.dtype("f4"), 0.1, 0.0)
    assert chosen(values, "f8", **options) == DtypeChoice(np.dtype("f8"))
    # A float dtype that the format lacks keeps none.
    assert chosen(values, "f4", supported=["f8"], **options) == DtypeChoice(np.dtype("f8"))


@pytest.mark.parametrize(
    ("values", "header", "dtype"),
    [
        ([0.0, 255.0], "u1", "u1"),
        ([0.0, 256.0], "i8", "i2"),
        ([0.0, 2.0**40 + 1], "i8", "i4"),
        ([0.1, 1.0], "i8", "i4"),  # the widest of 32 bits, with a sign
        ([0.1, 1.0], "u8", "i4"),
        ([0.1, 1.0], "u4", "u4"),
        ([0.1, 1.0], "i2", "i2"),
    ],
)
def test_floats_under_a_header_of_integers(values: Any, header: str, dtype: str):
    found = chosen(values, header)
    assert found.dtype == np.dtype(dtype)
    is_exact = float(values[0]).is_integer() and values[1] < 2**31
    assert (found.slope == 1) is is_exact
    assert (found.notes == ()) is is_exact


def test_whole_numbers_need_no_scaling():
    for can_scale in ("slope", "none"):
        found = chosen([0.0, 255.0], "u1", supported=MGH, can_scale=can_scale)
        assert found == DtypeChoice(np.dtype("u1"))


def test_64_bits_stay_where_a_format_has_no_other_integers():
    assert chosen([0.1, 1.0], "i8", supported=["i8", "f8"]).dtype == np.int64


def test_nan_in_whole_numbers():
    nan_note = (f"NaN is stored as 0.{ENDING}",)
    for header, dtype in (("u1", "u1"), ("i8", "u1")):
        found = chosen([np.nan, 7.0], header)
        assert found == DtypeChoice(np.dtype(dtype), notes=nan_note)
    # Also where they were read with a slope that would fit.
    found = chosen([np.nan, 6.0, 8.0], "u1", earlier=(2.0, 0.0))
    assert found == DtypeChoice(np.dtype("u1"), notes=nan_note)
    without_scaling = chosen([np.nan, 7.0], "u1", supported=MGH, can_scale="none")
    assert without_scaling == DtypeChoice(np.dtype("f4"))


def test_infinite_values():
    note = f"infinite values are stored as the largest and smallest value.{ENDING}"
    assert chosen([np.inf, 7.0], "u1") == DtypeChoice(np.dtype("u1"), notes=(note,))


def test_rounding_is_noted_with_what_it_does():
    values = np.linspace(0, 255, 1001)
    found = chosen(values, "u1", earlier=None)
    assert found.notes == (
        "values are rounded to fit uint8 (slope 1, intercept 0), largest error "
        f"{found.error:.3g}.{ENDING}",
    )
    assert found.error == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("values", "dtype"), [([-0.5, 1.5], "f4"), ([-0.1, 1.5], "f8"), ([-1.0, 300.0], "f4")]
)
def test_floats_are_the_way_out_of_a_scaling_that_does_not_exist(values: Any, dtype: str):
    """A slope alone does not bring two signs into uint8."""
    found = chosen(values, "u1", supported=SPM, can_scale="slope")
    assert found == DtypeChoice(np.dtype(dtype))
    found = chosen(values, "u1", supported=SPM, can_scale="none")
    assert found == DtypeChoice(np.dtype(dtype))


def test_the_widest_float_is_the_last_way_out():
    values = np.array([-1, 1 + np.finfo(np.longdouble).eps], np.longdouble)
    for can_scale in ("slope", "none"):
        found = chosen(values, "u1", supported=SPM, can_scale=can_scale)
        assert found.dtype == np.float64
        assert 0 < found.error < 1e-15
        assert found.notes == ()


def test_formats_without_floats_refuse():
    integers = ["u1", "i2"]
    with pytest.raises(ScalingError, match="both signs"):
        chosen([-0.5, 1.5], "u1", supported=integers, can_scale="slope")
    with pytest.raises(CastingError, match="need scaling or a float dtype, and this format has ne"):
        chosen([-0.5, 1.5], "u1", supported=integers, can_scale="none")
    # NaN needs no scaling, but a float.
    with pytest.raises(CastingError, match="need scaling or a float dtype"):
        chosen([np.nan, 1], "u1", supported=integers, can_scale="none")


@pytest.mark.parametrize(
    ("largest", "header", "dtype"),
    [
        (100, "i2", "i2"),
        (2**15, "i2", "i4"),
        (2**15, "u2", "u2"),
        (2**16, "u2", "i4"),
        (100, "i1", "i1"),
        (2**31, "u2", "u4"),
        (2**31, "i4", "i4"),  # with an intercept that keeps every value
        (2**40, "i2", "f4"),  # no other one of 32 bits: floats lose nothing, a new slope would
    ],
)
def test_earlier_slopes_lead_to_wider_integers(largest: int, header: str, dtype: str):
    values = np.append(np.arange(50), largest) * 0.5
    found = chosen(values, header, earlier=(0.5, 0.0))
    assert found.dtype == np.dtype(dtype)
    assert (found.slope == 0.5) is (largest < 2**40)


def test_integers_whose_scaling_a_format_cannot_store_become_floats():
    """Not others by a new slope, which would lose more of them."""
    stored = np.arange(-40, 200)
    for header in ("u1", "i4"):  # float32 loses less than the first, more than the second
        found = chosen(
            stored * 0.1 + 100.03, header, supported=SPM, can_scale="slope", earlier=(0.1, 100.03)
        )
        assert found == DtypeChoice(np.dtype("f8"))
    edited = np.append(stored * 0.1 + 100.03, 7.7)
    found = chosen(edited, "u1", supported=SPM, can_scale="slope", earlier=(0.1, 100.03))
    assert found.dtype == np.uint8


def test_values_whose_slope_programs_take_for_none_become_floats():
    values = np.array([0.0, 1e-13, 3e-13])
    assert chosen(values * 1e-10, "i2").dtype == np.float64
    assert chosen(values, "i2").dtype == np.float64  # a slope of 5e-18
    assert chosen(values * 1e5, "i2").dtype == np.int16
    assert chosen(values, "i2", request="i2").dtype == np.int16


@pytest.mark.parametrize(
    "value", [0.5, -3.7, 0.1, 1e-9, 1e-20, -1e-20, 1e20, 300.0, -1.0, 16777217.0]
)
@pytest.mark.parametrize("others", [{}, {"can_scale": "slope"}], ids=["both", "slope"])
@pytest.mark.parametrize("header", ["u1", "i2"])
def test_one_value_is_stored_for_all_programs(value: float, others: Any, header: str):
    """No slope is one that a program takes for 0, and the error is what the choice states."""
    found = chosen([value] * 3, header, **others)
    stored = to_stored(np.array([value]), found.dtype, found.slope, found.inter)
    back = float(stored[0]) * found.slope + found.inter
    assert abs(back - value) <= found.error + abs(value) * 2**-52
    assert found.error <= abs(value) * 2.0**-24
    assert found.slope >= min(2.0**-21, 0.999 * abs(value))
    assert found.slope >= SMALLEST_SLOPE
    assert not 0 < abs(found.inter) < SMALLEST_SLOPE
    assert bool(found.error) is bool(found.notes)


@pytest.mark.parametrize("value", [0.0, 7.0, 300.0, 16777217.0, 1e9])
def test_one_integer_is_stored_exactly_with_a_slope_of_one(value: float):
    found = chosen([value, value], "i2")
    assert (found.slope, found.error, found.notes) == (1.0, 0.0, ())
    assert found.dtype == np.int16


def test_nothing_but_nan_is_zeros():
    found = chosen([np.nan, np.nan], "i2")
    assert found == DtypeChoice(np.dtype("i2"), notes=(f"NaN is stored as 0.{ENDING}",))


@pytest.mark.parametrize("value", [1e300, -1e300, 1e-300])
def test_one_value_beyond_the_factors_is_a_float(value: float):
    assert chosen([value] * 2, "i2") == DtypeChoice(np.dtype("f8"))
    with pytest.raises(ScalingError, match=r"too (large|small)"):
        chosen([value] * 2, "i2", request="i2")


def test_the_error_that_is_stated_is_measured():
    """Half a step is only the largest that it could be."""
    values = np.array([0.0, 0.26, 0.5, 0.75, 127.5])
    found = chosen(values, "u1")
    assert found.slope == 0.5
    assert found.error == pytest.approx(0.25)
    assert chosen([0.0, 0.5, 127.5], "u1") == DtypeChoice(np.dtype("u1"), 0.5)


# With a request.


@pytest.mark.parametrize("request_", [None, "exact", "smallest", RGB])
def test_records(request_: Any):
    found = chosen(np.zeros(2, RGB), "i2", supported=[*NIFTI, RGB], request=request_)
    assert found == DtypeChoice(RGB)


def test_records_that_a_format_lacks():
    with pytest.raises(CastingError, match="save one field of them"):
        chosen(np.zeros(2, RGB), "i2")


@pytest.mark.parametrize("request_", ["u1", np.uint8, np.dtype("u1")])
def test_records_become_nothing_else(request_: Any):
    with pytest.raises(CastingError, match="save one field of them"):
        chosen(np.zeros(2, RGB), "i2", supported=[*NIFTI, RGB], request=request_)


@pytest.mark.parametrize(
    ("values", "request_", "error", "noted"),
    [
        ([0.5, 3], "f4", 0.0, False),
        ([0.1, 3], "f4", 3 * 2.0**-24, False),  # floats: as asked for
        ([1, 2**24 + 1], "f4", 2**24 * 2.0**-24, True),
        ([0.1, 3], "c8", 3 * 2.0**-24, False),
        ([0.1, 3j], "c8", 3 * 2.0**-24, False),
        ([0.1, 3], "f8", 0.0, False),
        ([0, 255], "u1", 0.0, False),
        ([0.0, 255.0], "u1", 0.0, False),
    ],
)
def test_requests(values: Any, request_: str, error: float, noted: bool):
    found = chosen(values, "i2", request=request_)
    assert found.dtype == np.dtype(request_)
    assert found.error == pytest.approx(error, rel=1e-6)
    assert (found.notes != ()) is noted


def test_requests_with_a_scaling_use_the_earlier_one():
    values = np.append(np.arange(50), 100) * 0.3
    assert chosen(values, "i2", request="u1", earlier=(0.3, 0.0)).slope == np.float32(0.3)
    assert chosen(values, "i2", request="u1").slope != np.float32(0.3)


@pytest.mark.parametrize(
    ("values", "dtype", "scaling"),
    [
        (np.arange(24.0) / 2, "u1", (0.5, 0.0)),
        (np.arange(-3.0, 20) / 8, "i1", (0.125, 0.0)),
        (np.arange(256) / 4 + 1000, "u1", (0.25, 1000.0)),
        (np.array([0.0, 1, 200]) * 2.0**70, "u1", (2.0**70, 0.0)),
        (np.append(np.zeros(10), 2.0**-40), "u1", (2.0**-40, 0.0)),
    ],
)
def test_values_in_steps_of_a_power_of_two_are_kept(
    values: Any, dtype: str, scaling: tuple[float, float]
):
    for found in (chosen(values, dtype), chosen(values, "f8", request=dtype)):
        assert found == DtypeChoice(np.dtype(dtype), *scaling)
    smallest = chosen(values, "f8", request="smallest")
    assert (smallest.dtype.itemsize, smallest.slope, smallest.error) == (1, scaling[0], 0)


@pytest.mark.parametrize(
    "values",
    [
        np.append(np.arange(255), 2**16 + 1) / 2,  # more steps than the dtype has
        np.append(np.arange(20) / 2, 0.1),
        np.append(np.arange(20) / 2, np.inf),
        np.arange(2) * 2.0**-60,  # programs take such slopes for none
    ],
)
def test_other_values_are_rounded_or_floats(values: Any):
    found = chosen(values, "u1")
    assert found.dtype.kind == "f" or found.notes


def test_steps_need_a_scaling_that_the_format_has():
    values = np.arange(256) / 4 + 1000
    assert chosen(values, "u1", can_scale="slope").notes
    assert chosen(values, "u1", can_scale="none").dtype == np.float32


@pytest.mark.parametrize(
    ("values", "request_", "message"),
    [
        ([0.1, 3j], "f8", "float64 was asked for, which is real; save the real part"),
        ([0.1, 3j], "i4", "int32 was asked for, which is real"),
        ([0.1, 1e300], "f4", r"float32 was asked for, values reach 1e\+300"),
        ([0.1, 1e300], "c8", "complex64 was asked for, values reach"),
        ([0.1], "f2", "dtype float16 was asked for; this format stores"),
    ],
)
def test_requests_that_are_refused(values: Any, request_: str, message: str):
    with pytest.raises(CastingError, match=message):
        chosen(values, "i2", request=request_)


# The smallest dtype: exact, or within a tolerance.


@pytest.mark.parametrize(
    ("values", "dtype"),
    [
        ([0, 100], "u1"),  # not int8, which fewer programs read
        ([-1, 100], "i1"),
        ([0, 2**15 - 1], "i2"),  # not uint16
        ([0, 2**15], "u2"),
        ([0, 2**20], "i4"),  # not uint32, nor float32, which is exact too
        ([0, 2**31], "u4"),
        ([0, 2**40 + 1], "i8"),  # not float64
        ([0.0, 2**20], "i4"),
        ([0.5, 2**20], "f4"),
        ([np.nan, 7], "f4"),
        ([0.1, 7], "f8"),
        ([1j, 7], "c8"),
        ([0.1j, 7], "c16"),
        ([7 + 0j, 1], "c8"),
    ],
)
def test_which_of_several_exact_dtypes(values: Any, dtype: str):
    for request in ("exact", "smallest"):
        found = chosen(values, "i2", request=request, tolerance=0)
        assert found == DtypeChoice(np.dtype(dtype))
    reverse = chosen(values, "i2", supported=NIFTI[::-1], request="exact")
    assert reverse.dtype == np.dtype(dtype)


@pytest.mark.parametrize(
    ("values", "tolerance", "dtype", "rounds"),
    [
        (np.linspace(0, 1, 1001), 1e-2, "u1", True),
        (np.linspace(0, 1, 1001), 1e-3, "i2", True),
        (np.linspace(0, 1000, 1002), 1e-2, "u1", True),  # of the largest magnitude
        (np.linspace(0, 1, 1001), 1e-6, "f4", True),  # before int32 of the same size
        (np.linspace(0, 1, 1001), 1e-9, "i4", True),
        (np.linspace(0, 1, 1001), 1e-15, "f8", False),
        (np.linspace(0, 1, 1001) + 1j, 1e-6, "c8", True),
        (np.linspace(0, 1, 1001) + 1j, 1e-9, "c16", False),
        (np.append(np.linspace(0, 1, 1001), np.nan), 1e-2, "f4", True),
        (np.append(np.linspace(0, 1, 1001), np.inf), 1e-2, "f4", True),
        (np.arange(300), 1e-2, "i2", False),  # integers are not rounded
        (np.arange(300.0) + 0.5, 1e-9, "i2", False),  # in steps of a half
        (np.arange(70000.0) + 0.5, 1e-9, "f4", False),  # exact before rounded ones
        (np.array([0, 0.5, 2.0**25 + 0.5]), 1e-6, "i4", False),  # scaled, and exact
        (np.array([0, 2.0**31 + 1]), 1e-6, "u4", False),  # also where float32 is off by 1
    ],
)
def test_the_smallest_within_a_tolerance(values: Any, tolerance: float, dtype: str, rounds: bool):
    found = chosen(values, "i2", request="smallest", tolerance=tolerance)
    assert found.dtype == np.dtype(dtype)
    assert (found.error > 0) is rounds
    assert found.error <= tolerance * np.abs(values[np.isfinite(values)]).max()
    assert (found.notes != ()) is (rounds and found.dtype.kind in "iu")


def test_the_error_may_be_as_large_as_the_tolerance():
    values = np.array([0.1, 1.0])
    error = chosen(values, "f4").error
    assert (
        chosen(values, "i2", supported=["f4"], request="smallest", tolerance=error).error == error
    )
    with pytest.raises(CastingError, match="dtype='smallest' was asked for and no dtype is exact"):
        chosen(values, "i2", supported=["f4"], request="smallest", tolerance=error * 0.999)


def test_nothing_small_enough():
    with pytest.raises(CastingError, match="dtype='smallest' was asked for and no dtype is exact"):
        chosen([-0.1, 1e300], "f4", supported=MGH, can_scale="slope", request="smallest")
    with pytest.raises(CastingError, match="dtype='exact'"):
        chosen([0.1 + 1j], "f4", supported=["f8", "i2"], request="exact")
    with pytest.raises(CastingError, match="dtype='smallest'"):
        chosen([0.1 + 1j], "f4", supported=["f8", "i2", RGB], request="smallest")
