"""Values out = values in: what the guide promises about saving, sentence by sentence."""

import re
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import volio
from volio.errors import CastingError, PrecisionWarning, SaveError
from volio.files.opener import open_source
from volio.formats.lookup import layouts

AFFINE = np.diag([2.0, 3, 4, 1])
WRITTEN = [
    pytest.param(row, layout, id=f"{row.name}-{layout.image}")
    for row, layout in layouts()
    if row.write and row.kind == "volume" and row.image_class(layout).makeable
]
INTEGERS = [np.dtype(kind) for kind in ("i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8")]


def again(img, path, **options):
    volio.save(img, path, **options)
    return volio.load(path)


def image(data, dtype=None):
    img = volio.Nifti1Image(data, AFFINE)
    if dtype is not None:
        img.set_data_dtype(dtype)
    return img


def voxels(img):
    return np.asanyarray(img.dataobj)


# Integers stay integers.


def ranges(dtype):
    """Ends of values of an integer dtype: small ones, all, and half of all and one more.

    The last fit a signed dtype of the same size only just not, so that the next one is needed.
    """
    limits = np.iinfo(dtype)
    return [(0, 100), (limits.min, limits.max), (0, limits.max // 2 + 1)]


@pytest.mark.filterwarnings("ignore::volio.errors.GeometryWarning")  # Analyze
@pytest.mark.parametrize("dtype", [np.dtype(bool), *INTEGERS], ids=str)
@pytest.mark.parametrize(("row", "layout"), WRITTEN)
def test_integers_stay_integers_or_are_refused(row, layout, dtype, tmp_path):
    """In integers where the format has any that hold them, the same numbers, else refused."""
    cls = row.image_class(layout)
    kept = [np.iinfo(each) for each in cls.header_class.supported_dtypes() if each.kind in "iu"]
    path = tmp_path / f"a{layout.files[-1]}"
    for low, high in [(0, 1)] if dtype.kind == "b" else ranges(dtype):
        data = np.array([low, high, high // 3, low, high // 7, high // 11], dtype)
        data = data.reshape(1, 2, 3)
        fits = any(info.min <= low and high <= info.max for info in kept)
        refused = ""
        try:
            cls(data, AFFINE).to_filename(path)  # a PrecisionWarning would be an error
        except SaveError as error:
            refused = str(error)
        if refused:
            assert not fits, (low, high)
            assert re.search(r"save them as|stores", refused)
        else:
            found = voxels(volio.load(path, format=row.name))
            assert found.dtype.kind in "iu" or not fits, (low, high)
            found = found.reshape(data.shape)  # AFNI has four axes
            np.testing.assert_array_equal(found.astype(object), data.astype(object))


@settings(max_examples=25, deadline=None)
@given(
    values=st.lists(st.integers(-(2**15), 2**15 - 1), min_size=1, max_size=20),
    source=st.sampled_from(["f4", "f8", "i2", "i8"]),
    stored=st.sampled_from(["i2", "i4", "u1", "f4"]),
)
def test_whole_numbers_are_stored_without_scaling(values, source, stored):
    """Whatever the array's dtype, in the header's where it fits."""
    data = np.array(values, source).reshape(-1, 1, 1)
    img = image(data, stored)
    saved = volio.Nifti1Image.from_bytes(img.to_bytes())
    np.testing.assert_array_equal(voxels(saved), data)
    limits = np.iinfo(stored) if stored != "f4" else None
    if limits is None or limits.min <= min(values) <= max(values) <= limits.max:
        assert saved.get_data_dtype() == stored
        assert (saved.dataobj.slope, saved.dataobj.inter) == (1, 0)


# Untouched voxels are copied raw.


@settings(max_examples=25, deadline=None)
@given(
    slope=st.floats(np.float32(1e-30), np.float32(1e30), width=32),
    inter=st.floats(np.float32(-1e30), np.float32(1e30), width=32),
    order=st.sampled_from("<>"),
)
def test_untouched_voxels_and_their_scaling_are_copied_bit_for_bit(slope, inter, order):
    data = np.random.default_rng(0).integers(-(2**15), 2**15, (4, 5, 6)).astype(np.int16)
    header = volio.Nifti1Header(endianness=order)
    img = volio.Nifti1Image(data, AFFINE, header)
    img.set_data_dtype(np.int16)
    raw = bytearray(img.to_bytes())
    raw[112:120] = np.array([slope, inter], f"{order}f4").tobytes()
    before = volio.Nifti1Image.from_bytes(bytes(raw))
    assert before.to_bytes() == bytes(raw)
    twice = volio.Nifti1Image.from_bytes(before.to_bytes())
    assert twice.to_bytes() == bytes(raw)


@pytest.mark.parametrize("target", ["a.nii.gz", "a.img", "a.mgz", "a.nii.zst"])
def test_the_voxels_of_a_file_are_copied_into_another(tmp_path, target):
    data = np.random.default_rng(0).integers(-(2**15), 2**15, (4, 5, 6)).astype(np.int16)
    source = again(image(data), tmp_path / "source.nii")
    saved = again(source, tmp_path / target)
    raw = open_source(saved.file_map["image"])
    stored = raw.read(saved.dataobj.offset, data.nbytes)
    assert stored == data.astype(saved.header.get_data_dtype()).tobytes(order="F")


# What has to be scaled, and what is said about it.


@settings(max_examples=25, deadline=None)
@given(
    scale=st.floats(1e-6, 1e6),
    shift=st.floats(-1e6, 1e6),
    stored=st.sampled_from(["u1", "i2", "i4"]),
    seed=st.integers(0, 2**32 - 1),
)
def test_the_warning_states_the_largest_error(scale, shift, stored, seed):
    data = np.random.default_rng(seed).normal(shift, scale, (5, 6, 7))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        raw = image(data, stored).to_bytes()
    found = np.abs(volio.Nifti1Image.from_bytes(raw).get_fdata() - data).max()
    if not caught:  # a step of int32 may be as fine as float64 is there
        assert found == 0
        return
    assert [warning.category for warning in caught] == [PrecisionWarning]
    told = float(re.search(r"largest error ([-+.e\d]+)\. ", str(caught[0].message))[1])
    assert found <= told * 1.01
    assert told <= 20 * found + 1e-15 * np.abs(data).max()


def test_exact_and_smallest(tmp_path):
    data = np.linspace(0, 1, 5000).reshape(10, 20, 25) * 1234
    exact = again(image(data, "i2"), tmp_path / "exact.nii", dtype="exact")
    assert exact.get_data_dtype() == np.float64
    np.testing.assert_array_equal(exact.get_fdata(), data)
    whole = again(image(np.rint(data), "f8"), tmp_path / "whole.nii", dtype="exact")
    assert whole.get_data_dtype() == np.int16
    np.testing.assert_array_equal(whole.get_fdata(), np.rint(data))
    with pytest.warns(PrecisionWarning, match="rounded to fit int16"):
        smallest = again(image(data, "f8"), tmp_path / "smallest.nii", dtype="smallest")
    assert smallest.get_data_dtype() == np.int16
    np.testing.assert_allclose(smallest.get_fdata(), data, atol=1e-5 * 1234)
    single = again(image(data), tmp_path / "single.nii", dtype=np.float32)
    np.testing.assert_array_equal(single.get_fdata(), data.astype(np.float32))


# Dtypes that few programs read.


@pytest.mark.parametrize(
    ("values", "source", "stored"),
    [
        ([0, 1], np.bool_, "uint8"),
        ([0.5, 2], np.float16, "float32"),
        ([0, 100], np.int64, "int32"),
        ([-(2**31), 2**31 - 1], np.int64, "int32"),
        ([0, 2**32 - 1], np.int64, "uint32"),
        ([0, 2**32 - 1], np.uint64, "uint32"),
        ([0, 2**40], np.int64, "float64"),
    ],
)
def test_dtypes_are_narrowed_to_those_that_are_widely_read(values, source, stored, tmp_path):
    data = np.array(values, source).reshape(1, 1, 2)
    saved = again(volio.Nifti1Image(data, AFFINE), tmp_path / "a.nii.gz")
    found = saved.get_data_dtype()
    np.testing.assert_array_equal(voxels(saved), data)
    wide = np.dtype(stored).itemsize
    assert found == stored or (found.kind in "iu" and found.itemsize <= wide)


def test_what_fits_nothing_is_refused_with_the_fix(tmp_path):
    data = np.array([-(2**63), 2**63 - 1, 3], np.int64).reshape(1, 1, 3)
    with pytest.raises(CastingError, match="save them as a float array"):
        volio.MGHImage(data, AFFINE).to_filename(tmp_path / "a.mgz")
    assert list(tmp_path.iterdir()) == []


# Load, edit, save, five times.


@pytest.mark.parametrize("ending", [".nii", ".nii.gz", ".img"])
@pytest.mark.parametrize("stored", ["u1", "i2", "f4"])
def test_five_rounds_leave_scaled_voxels_bit_identical(tmp_path, ending, stored):
    data = np.random.default_rng(1).normal(100, 30, (8, 9, 10))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PrecisionWarning)
        volio.save(image(data, stored), tmp_path / f"a{ending}")
    first = volio.load(tmp_path / f"a{ending}")
    scaling = (first.dataobj.slope, first.dataobj.inter)
    expected, raw = first.get_fdata().copy(), first.dataobj.get_unscaled()
    for turn in range(5):
        img = volio.load(tmp_path / f"a{ending}")
        edited = img.get_fdata()
        edited[turn, 0, 0] = expected[turn, 0, 0] = expected[-1, -1, turn]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", PrecisionWarning)
            volio.save(volio.Nifti1Image(edited, img.affine, img.header), tmp_path / f"a{ending}")
    last = volio.load(tmp_path / f"a{ending}")
    np.testing.assert_array_equal(last.get_fdata(), expected)
    np.testing.assert_array_equal(last.dataobj.get_unscaled()[5:], raw[5:])
    assert (last.dataobj.slope, last.dataobj.inter) == scaling


# An untouched header is written as it was: see also the conformance suite.


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_odd_fields_of_an_untouched_header_survive(data):
    raw = bytearray(image(np.arange(24, dtype=np.int16).reshape(2, 3, 4)).to_bytes())
    fields = ((4, 35), (140, 8), (148, 104), (328, 16))  # names, numbers, words
    for start, length in fields:
        raw[start : start + length] = data.draw(st.binary(min_size=length, max_size=length))
    img = volio.Nifti1Image.from_bytes(bytes(raw))
    assert img.to_bytes() == bytes(raw)
