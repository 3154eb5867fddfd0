import io
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from volio.arrays.proxy import ArrayProxy
from volio.arrays.saving.dtype_choice import DtypeChoice, choose_dtype
from volio.arrays.saving.writing import write_array
from volio.errors import CastingError, ScalingError, UsageError, WriterError
from volio.tests.arrays.arrays import Counting

NIFTI = ["u1", "i1", "i2", "u2", "i4", "u4", "i8", "u8", "f4", "f8", "c8", "c16"]
ANALYZE = ["u1", "i2", "i4", "f4", "f8", "c8"]
MGH = ["u1", "i2", "i4", "u2", "f4"]
FORMATS = {
    "nifti": {"supported": NIFTI},
    "spm": {"supported": ANALYZE, "can_scale": "slope"},
    "analyze": {"supported": ANALYZE, "can_scale": "none"},
    "mgh": {"supported": MGH, "can_scale": "none"},
}


def saved(data, found, byteorder="<"):
    """Write as chosen and read back."""
    dtype = found.dtype.newbyteorder(byteorder)
    file = io.BytesIO()
    write_array(file, data, dtype, found.slope, found.inter)
    return ArrayProxy(file, (np.shape(data), dtype, 0, found.slope, found.inter)).read()


@given(
    st.data(),
    st.sampled_from(["?", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8"]),
    st.sampled_from(NIFTI),
    st.sampled_from("<>"),
)
def test_integers_stay_integers(data, source, header, byteorder):
    array = data.draw(hnp.arrays(source, hnp.array_shapes(max_dims=3, max_side=4)))
    found = choose_dtype(array, header, supported=NIFTI)
    assert found == DtypeChoice(found.dtype)
    back = saved(array, found, byteorder)
    assert back.tolist() == array.tolist()
    header = np.dtype(header)
    if header.kind in "iu" and header.itemsize < 8:
        fits = np.iinfo(header).min <= array.min() and array.max() <= np.iinfo(header).max
        assert not fits or found.dtype == header


@given(st.data(), st.sampled_from(["f2", "f4", "f8"]), st.sampled_from(NIFTI))
def test_floats_that_hold_integers_are_stored_exactly(data, source, header):
    whole = st.integers(0, 100).map(float)
    array = data.draw(hnp.arrays(source, 5, elements=whole))
    found = choose_dtype(array, header, supported=NIFTI)
    assert found == DtypeChoice(found.dtype)
    assert saved(array, found).tolist() == array.tolist()
    assert np.dtype(header).itemsize == 8 or found.dtype == np.dtype(header)


@given(
    st.data(),
    st.sampled_from(["f2", "f4", "f8", "i8", "u8", "i2"]),
    st.sampled_from(NIFTI),
    st.sampled_from(list(FORMATS)),
    st.sampled_from([None, "exact", "smallest", "i2", "f4"]),
)
def test_any_choice_keeps_its_promise(data, source, header, name, request):
    array = data.draw(hnp.arrays(source, 6))
    try:
        found = choose_dtype(array, header, request=request, **FORMATS[name])
    except (CastingError, ScalingError):
        # The header's dtype is refused only where nothing holds the values.
        large = np.abs(array.astype(float)).max() > 2**24
        assert request is not None or large
        return
    assert found.dtype in [np.dtype(each) for each in FORMATS[name]["supported"]]
    back = saved(array, found)
    finite = np.isfinite(array)
    difference = np.abs(back[finite].real.astype("g") - array[finite].astype("g"))
    assert difference.max(initial=0) <= found.error
    if request == "exact":
        np.testing.assert_array_equal(back, array)
    if request in ("i2", "f4"):
        assert found.dtype == np.dtype(request)


def test_floats_under_an_integer_header_are_scaled_with_a_note():
    array = np.linspace(-1, 1, 1001)
    found = choose_dtype(array, "i2", supported=NIFTI)
    assert re.search(r"rounded to fit int16 .* largest error 1\.5.e-05", *found.notes)
    assert found.dtype == np.int16
    assert saved(array, found)[500] == 0


@pytest.mark.parametrize(("name", "dtype"), [("spm", "f8"), ("analyze", "f8"), ("mgh", "f4")])
def test_floats_are_stored_as_floats_where_the_format_cannot_scale_them(name, dtype):
    found = choose_dtype(np.array([-0.1, 0.3]), "u1", **FORMATS[name])
    assert found.dtype == np.dtype(dtype)


@pytest.mark.parametrize(
    ("source", "header", "stored"),
    [
        ("?", "?", "u1"),
        ("f2", "f2", "f4"),
        ("f8", "f4", "f4"),
        ("f4", "i8", "i2"),
        ("i8", "i8", "u1"),
        ("i8", "i4", "i4"),
        ("u8", "f8", "f8"),
        ("c16", "i2", "c16"),
        ("c8", "f4", "c8"),
        ("f8", "c8", "c8"),
    ],
)
def test_dtype_for_a_header(source, header, stored):
    array = np.array([0, 1, 200] if source != "f4" else [0, 1, 300]).astype(source)
    assert choose_dtype(array, header, supported=NIFTI) == DtypeChoice(np.dtype(stored))


def test_floats_that_overflow_get_a_wider_dtype():
    array = np.array([1e300, 0.1])
    assert choose_dtype(array, "f4", supported=NIFTI).dtype == np.float64
    assert choose_dtype(array, "i2", supported=NIFTI).dtype == np.float64
    with pytest.raises(CastingError, match=r"values up to 1e\+300; scale them down"):
        choose_dtype(array, "f4", **FORMATS["mgh"])


def test_nan_and_infinite_values():
    array = np.array([np.nan, 1000.25, 1001.0, np.inf])
    found = choose_dtype(array, "i2", supported=NIFTI)
    assert re.search("rounded .*; NaN is stored as 0; infinite values are stored as", *found.notes)
    back = saved(array, found)
    assert back[0] == 0
    assert abs(back[3] - 1001) < 0.02
    assert choose_dtype(array, "i2", supported=NIFTI, request="exact").dtype == np.float32
    assert choose_dtype(np.array([np.nan, 3]), "u1", supported=NIFTI) == DtypeChoice(
        np.dtype("u1"), notes=("NaN is stored as 0. dtype='exact' keeps every value.",)
    )
    assert np.isnan(saved(array, choose_dtype(array, "u1", **FORMATS["mgh"])))[0]


@pytest.mark.parametrize(
    ("array", "dtype"),
    [
        (np.arange(60000), "u2"),
        (np.arange(200.0), "u1"),
        (np.array([-1.0, 5]), "i1"),
        (np.array([0.5]), "f4"),
        (np.array([0.1]), "f8"),
        (np.array([1, np.nan]), "f4"),
        (np.array([1 + 0.5j]), "c8"),
    ],
)
def test_exact_is_the_smallest_dtype_that_keeps_every_value(array, dtype):
    assert choose_dtype(array, "i2", supported=NIFTI, request="exact") == DtypeChoice(
        np.dtype(dtype)
    )


def test_exact_is_refused_where_nothing_is():
    with pytest.raises(CastingError, match="dtype='exact' was asked for"):
        choose_dtype(np.array([0.1]), "f4", request="exact", **FORMATS["mgh"])


def test_smallest_stays_within_the_tolerance():
    array = np.abs(np.sin(np.arange(1000.0)))
    for tolerance, dtype in ((1e-2, "u1"), (1e-5, "i2"), (1e-7, "f4"), (1e-9, "i4"), (0, "f8")):
        found = choose_dtype(array, "f8", supported=NIFTI, request="smallest", tolerance=tolerance)
        assert found.dtype == np.dtype(dtype)
        assert found.error <= tolerance
    assert (
        choose_dtype(np.array([1.5, np.nan]), "i2", supported=NIFTI, request="smallest").dtype
        == "f4"
    )


def test_a_dtype_that_was_asked_for():
    array = np.arange(1000)
    found = choose_dtype(array, "i2", supported=NIFTI, request="u1")
    assert found.dtype == np.uint8
    assert re.search("rounded to fit uint8", *found.notes)
    assert choose_dtype(array, "i2", supported=NIFTI, request=np.int64).dtype == np.int64
    assert choose_dtype(array, "i2", supported=NIFTI, request=">i4").dtype == np.dtype("=i4")
    found = choose_dtype(np.array([2**24 + 1]), "i4", supported=NIFTI, request="f4")
    assert re.search("rounded to fit float32", *found.notes)
    for bad, options, error, message in (
        (array, {"request": "f2"}, CastingError, "float16 was asked for; this format stores"),
        (array * 1j, {"request": "f4"}, CastingError, "save the real part"),
        (array * 1e300, {"request": "f4"}, CastingError, "values reach"),
        (array, {"request": "u1", "can_scale": "none"}, ScalingError, "need scaling"),
        (array, {"request": "tiny"}, UsageError, "'tiny'"),
    ):
        with pytest.raises(error, match=message):
            choose_dtype(bad, "i2", supported=NIFTI, **options)


def test_records_are_stored_as_they_are():
    rgb = np.dtype([("R", "u1"), ("G", "u1"), ("B", "u1")])
    array = np.zeros((2, 2), rgb)
    assert choose_dtype(array, "i2", supported=[*NIFTI, rgb]) == DtypeChoice(rgb)
    assert choose_dtype(np.zeros(2), rgb, supported=[*NIFTI, rgb]).dtype == np.float64
    with pytest.raises(CastingError, match="save one field"):
        choose_dtype(array, "i2", supported=NIFTI)
    with pytest.raises(CastingError, match="save one field"):
        choose_dtype(array, "i2", supported=[*NIFTI, rgb], request="u1")


def test_nothing_is_read_where_dtypes_tell():
    lazy = Counting(np.arange(6, dtype="i2"))
    for header, request in (("i2", None), ("i4", None), ("f4", None), ("i2", "f8")):
        assert choose_dtype(lazy, header, supported=NIFTI, request=request).error == 0
    assert lazy.boxes == []
    assert choose_dtype(lazy, "u1", supported=NIFTI).dtype == np.uint8
    assert lazy.asked == 6


def test_editing_leaves_other_voxels_bit_identical():
    random = np.random.default_rng(0)
    array = random.normal(size=(6, 7, 8)) * 3 + 2
    found = choose_dtype(array, "i2", supported=NIFTI)
    array = saved(array, found)
    assert choose_dtype(array, "i2", supported=NIFTI, earlier=found[1:3]) == found._replace(
        error=0, notes=()
    )
    for turn in range(5):
        edited = array.copy()
        edited[turn, 0, 0] = random.normal() * (1 if turn < 3 else 1000)
        found = choose_dtype(edited, found.dtype, supported=NIFTI, earlier=found[1:3])
        back = saved(edited, found)
        assert abs(back[turn, 0, 0] - edited[turn, 0, 0]) <= found.error
        back[turn, 0, 0] = array[turn, 0, 0]
        np.testing.assert_array_equal(back, array)
        array = saved(edited, found)
    assert found.dtype == np.int32  # the last edits lie outside the range of int16


@pytest.mark.parametrize("earlier", [(0.0, 0.0), (np.nan, 0.0), (0.1, 0.0), (1e3, 0.0)])
def test_factors_that_do_not_fit_are_not_kept(earlier):
    array = np.random.default_rng(0).normal(size=100)
    assert choose_dtype(array, "i2", supported=NIFTI, earlier=earlier).slope not in earlier


def test_a_scaling_without_its_intercept_gives_way_to_floats_only_if_they_lose_less():
    values = np.array([-70000, 0, 5, 123456, 99999999]) * 0.1 + 0.05
    options = {"can_scale": "slope", "earlier": (0.1, 0.05)}
    wide = choose_dtype(values, "i4", supported=["i4", "f4"], **options)
    assert wide.dtype == np.int32
    assert wide.error < 2e-3  # half of a step; float32 loses 0.6
    assert choose_dtype(values, "i2", supported=["i2", "f4"], **options).dtype == np.float32


@pytest.mark.parametrize("scale", [1, 10])
def test_factors_are_not_kept_for_other_values(scale):
    background = np.zeros(1000)
    background[:100] = np.linspace(0, 1, 100)  # zeros lie on any grid
    assert choose_dtype(background, "i2", supported=NIFTI, earlier=(float(scale), 0.0)).error < 1e-4
    mask = np.append(np.ones(990), np.full(10, 0.3))  # its steps would be as large as its range
    assert choose_dtype(mask, "i2", supported=NIFTI, earlier=(1.0, 0.0)).error < 1e-4


@given(st.floats(-1e-3, 1e3), st.sampled_from([np.nan, np.inf, 1e9]))
def test_what_nothing_holds_is_refused_before_writing(number, other):
    with pytest.raises(WriterError, match="cannot be stored as uint8"):
        write_array(io.BytesIO(), np.array([number, 1e9, other]), "u1")
