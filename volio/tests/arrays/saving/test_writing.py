import gzip
import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from volio.arrays.proxy import ArrayProxy
from volio.arrays.saving.survey import Survey, grid_share, survey
from volio.arrays.saving.writing import copy_raw, rounding_error, write_array
from volio.arrays.slabs import iterate_slabs, natural_order
from volio.arrays.views import lazy_flip
from volio.errors import CorruptFileError, TruncatedFileError, UsageError, WriterError
from volio.tests.arrays.arrays import Counting, numbered, shapes
from volio.tests.arrays.test_proxy import CountingSource


class Pieces(io.BytesIO):
    """A stream that notes the size of what is written to it at once."""

    largest = 0

    def write(self, data):
        self.largest = max(self.largest, len(data))
        return super().write(data)


@given(shapes, st.sampled_from(["u1", ">i2", "<i4", ">f4", "<c16"]), st.sampled_from("CF"))
def test_bytes_are_those_of_numpy(shape, dtype, order):
    array = numbered(shape, "i2") % 256
    for data in (array, Counting(array), array.tolist()):
        file = io.BytesIO()
        write_array(file, data, dtype, order=order)
        assert file.getvalue() == array.astype(dtype).tobytes(order)


@pytest.mark.parametrize(("slope", "inter"), [(2, 0), (1, 3), (4, 0), (1, 0)])
@pytest.mark.parametrize("source", ["f8", "i8", "c16"])
def test_rounding_errors_are_those_of_what_is_read_back(source, slope, inter):
    array = np.array([0, 8, 23, 100]).astype(source)
    target = "c8" if source == "c16" else "i2"
    stored = (array - inter) / slope
    stored = stored.astype("c8") if source == "c16" else np.rint(stored)
    expected = np.abs(stored * slope + inter - array).max()
    assert rounding_error(array, target, slope, inter) == pytest.approx(expected, abs=1e-12)
    assert (expected > 0) == (source != "c16" and slope > 1)


def test_large_arrays_are_written_in_pieces():
    array = numbered((700, 800, 3), "f8")
    source = CountingSource(array.tobytes("F"))
    for data in (array, ArrayProxy(source, (array.shape, "f8")), lazy_flip(array, (0, 2))):
        file = Pieces()
        write_array(file, data, "i4", slope=2, inter=-1)
        expected = np.rint((np.asarray(data) + 1) / 2).astype("i4")
        assert file.getvalue() == expected.tobytes("F")
        assert file.largest <= 1 << 20
    assert source.opened == 2  # once by write_array, once here


def test_floats_are_rounded_to_the_nearest_integer():
    file = io.BytesIO()
    values = np.array([0.6, -1.4, 2.5, np.nan, -0.0])
    write_array(file, values, "i2")
    assert np.frombuffer(file.getvalue(), "i2").tolist() == [1, -1, 2, 0, 0]


def test_scaled_values_are_clipped_to_the_range():
    file = io.BytesIO()
    write_array(file, [np.inf, -np.inf, np.nan, 130.0], ">u1", slope=0.5, inter=10)
    assert list(file.getvalue()) == [255, 0, 0, 240]
    file = io.BytesIO()
    write_array(file, [np.inf, -np.inf], "<i8", slope=0.5)
    assert np.frombuffer(file.getvalue(), "<i8").tolist() == [2**63 - 1024, -(2**63)]


@pytest.mark.parametrize(
    ("values", "dtype", "message"),
    [
        ([300.0], "u1", "300.0 cannot be stored as uint8 without scaling"),
        ([300], "u1", "cannot be stored"),
        ([1e300], "f4", "cannot be stored"),
        ([1j], "f4", "complex"),
    ],
)
def test_values_outside_the_dtype_are_refused(values, dtype, message):
    with pytest.raises(WriterError, match=message):
        write_array(io.BytesIO(), values, dtype)


def test_slope_and_intercept_per_slice():
    array = numbered((3, 4, 5), "f8")
    slope, inter = np.linspace(1, 2, 5), np.linspace(-1, 1, 4)[:, None]
    file = io.BytesIO()
    write_array(file, array, "<i2", slope, inter)
    found = ArrayProxy(file, (array.shape, "<i2", 0, slope, inter))[:]
    assert np.abs(found - array).max() <= 1


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("packed", [False, True])
def test_raw_copies(order, packed):
    raw = numbered((40, 30, 20), ">i2")
    data = b"head" + raw.tobytes(order)
    data = gzip.compress(data) if packed else data
    proxy = ArrayProxy(data, (raw.shape, ">i2", 4, 2.0), order=order)
    same, swapped = io.BytesIO(), io.BytesIO()
    copy_raw(proxy, same)
    copy_raw(proxy, swapped, "<i2")
    assert same.getvalue() == raw.tobytes(order)
    assert swapped.getvalue() == raw.astype("<i2").tobytes(order)
    with pytest.raises(UsageError, match="cannot be copied as int32"):
        copy_raw(proxy, same, "i4")


def test_raw_copies_of_broken_files_fail():
    packed = bytearray(gzip.compress(bytes(50)))
    packed[-6] ^= 1
    with pytest.raises(CorruptFileError, match="Incorrect checksum"):
        copy_raw(ArrayProxy(bytes(packed), ((50,), "u1")), io.BytesIO())
    with pytest.raises(TruncatedFileError, match="needs 50 bytes, the file has 5"):
        copy_raw(ArrayProxy(bytes(5), ((50,), "u1")), io.BytesIO())


@given(shapes, st.sampled_from("CF"), st.sampled_from([1, 40, 1 << 20]))
def test_slabs_are_the_array_in_order(shape, order, nbytes):
    array = numbered(shape)
    for data in (array, Counting(array)):
        slabs = list(iterate_slabs(data, order=order, nbytes=nbytes))
        flat = [slab.values.ravel(order) for slab in slabs]
        np.testing.assert_array_equal(np.concatenate([[], *flat]), array.ravel(order))
        for where, values in slabs:
            np.testing.assert_array_equal(array[(..., *where)], values)
            assert values.nbytes <= max(8, nbytes)


def test_slabs_of_a_packed_file_open_it_once():
    array = numbered((64, 64, 64), "f8")
    source = CountingSource(array.tobytes("F"))
    proxy = ArrayProxy(source, (array.shape, "f8"))
    assert sum(slab.values.sum() for slab in iterate_slabs(proxy)) == array.sum()
    assert source.opened == 1
    with pytest.raises(UsageError, match="order: must be"):
        next(iterate_slabs(array, order="A"))


def test_natural_order():
    array = numbered((3, 4))
    assert natural_order(array) == "C"
    assert natural_order(array.T) == "F"
    assert natural_order(Counting(array, order=(1, 0))) == "F"


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1, -5], Survey(-5, 1)),
        ([True], Survey(1, 1)),
        ([2**24 + 1], Survey(2**24 + 1, 2**24 + 1, fits_float32=False)),
        ([0.5, np.nan], Survey(0.5, 0.5, nan=True, integer_valued=False)),
        ([np.inf, 3.0], Survey(3, 3, infinite=True)),
        ([0.1], Survey(0.1, 0.1, integer_valued=False, fits_float32=False)),
        ([1 - 2.5j], Survey(-2.5, 1, integer_valued=False)),
        ([], Survey()),
    ],
)
def test_survey(values, expected):
    assert survey(np.array(values)) == expected


@given(hnp.arrays("f8", (3, 4, 5)))
def test_survey_of_pieces_is_that_of_all(array):
    assert survey(Counting(array)) == survey(array)


def test_grid_share():
    grid = np.arange(10, dtype="u1") * np.float32(0.3) + 7
    assert grid_share(grid.astype("f8"), 1, 7.0) < 1
    stored = np.arange(10) * 0.3 + 7
    assert grid_share(stored, 0.3, 7) == 1
    stored[3] += 0.01
    assert grid_share(np.append(stored, np.nan), 0.3, 7) == 0.9
    assert grid_share(np.array([np.nan]), 1, 0) == 1
