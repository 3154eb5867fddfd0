"""NetCDF files: bytes by hand from the format's definition, scipy's reader, hostile headers."""

from __future__ import annotations

import gzip
import io
import struct

import numpy as np
import pytest
from scipy.io import netcdf_file

from volio.errors import HeaderDataError, LimitError, TruncatedFileError
from volio.files.opener import open_source
from volio.files.sources.source import BytesSource
from volio.formats.containers.dataset import Dataset, Variable
from volio.formats.containers.netcdf import MOST_RECORDS, read_netcdf, write_netcdf


def numbers(*values: int) -> bytes:
    """32-bit integers as NetCDF has them."""
    return struct.pack(f">{len(values)}i", *values)


def name(text: str) -> bytes:
    """A name: its length, then its bytes and zeros up to a multiple of four."""
    return numbers(len(text)) + text.encode().ljust(-(-len(text) // 4) * 4, b"\0")


def header(*, begin: bytes, version: int = 1) -> bytes:
    """A file of one variable ``v`` of 3 int16 over ``x``, written out from the definition."""
    dimensions = numbers(10, 1) + name("x") + numbers(3)
    attributes = numbers(12, 1) + name("title") + numbers(2, 5) + b"hello\0\0\0"
    scale = numbers(12, 1) + name("scale") + numbers(6, 1) + struct.pack(">d", 0.5)
    variable = name("v") + numbers(1, 0) + scale + numbers(3, 8) + begin
    return (
        b"CDF" + bytes([version]) + numbers(0) + dimensions + attributes + numbers(11, 1) + variable
    )


VALUES = struct.pack(">3h", 1, -2, 3) + b"\0\0"


@pytest.mark.parametrize(("version", "begin"), [(1, ">i"), (2, ">q")])
def test_bytes_are_those_of_the_definition(version, begin):
    dataset = Dataset({"x": 3}, {"title": b"hello"}, version=version)
    scale = {"scale": np.array([0.5])}
    values = np.array([1, -2, 3], np.int16)
    dataset.variables["v"] = Variable(("x",), np.dtype(np.int16), scale, values)
    length = len(header(begin=struct.pack(begin, 0), version=version))
    expected = header(begin=struct.pack(begin, length), version=version)
    assert write_netcdf(dataset, "v") == (expected, b"\0\0")
    source = BytesSource(expected + VALUES)
    found, locations = read_netcdf(source, "none")
    assert found == dataset
    assert (found.version, locations) == (version, {"v": (source, length)})
    without = read_netcdf(source, "v")[0].variables["v"]
    assert (without.dims, without.values.shape) == (("x",), ())


def test_attributes_of_all_types_come_back():
    values = {
        "text": b"ab\xc3\xbc",
        "empty": b"",
        "bytes": np.array([1, -2], "i1"),
        "shorts": np.array([1, -2, 3], "i2"),
        "ints": np.array([1 << 30], "i4"),
        "floats": np.array([0.5], "f4"),
        "doubles": np.array([0.1, np.nan]),
    }
    dataset = Dataset({"xspace": 2}, dict(values))
    dataset.variables["chars"] = Variable(
        ("xspace",), np.dtype("S1"), values, np.array([b"a", b"b"])
    )
    for version in (1, 2):
        dataset.version = version
        before, after = write_netcdf(dataset, "chars")
        found, locations = read_netcdf(BytesSource(before + b"ab" + after), "none")
        assert found == dataset
        assert (found.version, locations["chars"][1]) == (version, len(before))


@pytest.mark.parametrize("dtype", ["i1", "u1", "i2", "u2", "i4", "u4", "f4", "f8", "S1"])
def test_variables_of_all_types_are_written(dtype):
    """scipy knows no signs of integers: an attribute has them."""
    values = np.array([1, 250, 3]).astype(dtype)
    dataset = Dataset({"x": 3}, {}, {"other": Variable(("x",), values.dtype, {}, values)})
    dataset.variables["v"] = Variable((), np.dtype("i4"))
    before, after = write_netcdf(dataset, "v")
    content = before + numbers(7) + after
    with netcdf_file(io.BytesIO(content), mmap=False) as file:
        other = file.variables["other"]
        sign = getattr(other, "signtype", None)
        np.testing.assert_array_equal(other[:].view(f">{dtype}"), values)
        assert file.variables["v"].getValue() == 7
    assert sign == {"i1": b"signed__", "u2": b"unsigned", "u4": b"unsigned"}.get(dtype)
    found = read_netcdf(BytesSource(content), "v")[0].variables["other"]
    assert found.dtype == values.dtype
    np.testing.assert_array_equal(found.values, values)


@pytest.mark.parametrize(
    ("value", "dtype"),
    [
        (np.array([1, 255], "u1"), "i4"),
        (np.array([2**31 - 1], "u4"), "i4"),
        (np.array([2**31], "u4"), "f8"),
        (np.array([-(2**31) + 1, 5]), "i4"),
        (np.array([1 << 40]), "f8"),
        (np.array([0.5], "f2"), "f8"),
    ],
)
def test_attributes_of_other_types_keep_their_values(value, dtype):
    dataset = Dataset({}, {"a": value}, {"v": Variable()})
    before, after = write_netcdf(dataset, "v")
    found = read_netcdf(BytesSource(before + bytes(8) + after), "v")[0].attributes["a"]
    assert found.dtype == np.dtype(dtype)
    np.testing.assert_array_equal(found, value)


def records(lengths: list[int], count: int = 3) -> bytes:
    """A file whose variables are records of bytes, made by scipy."""
    stream = io.BytesIO()
    with netcdf_file(stream, "w") as file:
        file.createDimension("time", None)
        for number, length in enumerate(lengths):
            file.createDimension(f"n{number}", length)
            variable = file.createVariable(f"v{number}", "b", ("time", f"n{number}"))
            variable[:] = np.arange(count * length).reshape(count, length) + 50 * number
        file.flush()
        return stream.getvalue()


@pytest.mark.parametrize("lengths", [[3], [4], [3, 5], [4, 8, 1]])
@pytest.mark.parametrize("unknown", [False, True])
def test_records_are_put_together(lengths, unknown):
    """A variable that is alone in its records has no padding, several have."""
    content = records(lengths)
    if unknown:  # as a program that was killed leaves the number of records
        content = content[:4] + b"\xff" * 4 + content[8:]
    for data in (content, gzip.compress(content)):
        found, _ = read_netcdf(open_source(data), "none")
        for number, length in enumerate(lengths):
            expected = np.arange(3 * length).reshape(3, length) + 50 * number
            np.testing.assert_array_equal(found.variables[f"v{number}"].values, expected)


def test_more_records_than_the_file_has_are_refused():
    content = records([3, 5])
    for count, error in ((10, TruncatedFileError), (MOST_RECORDS + 1, LimitError)):
        with pytest.raises(error, match="records"):
            read_netcdf(BytesSource(content[:4] + numbers(count) + content[8:]), "none")


def counted(count: int) -> bytes:
    """The beginning of a file with so many dimensions."""
    return b"CDF\1" + struct.pack(">iiI", 0, 10, count)


GOOD = header(begin=numbers(100))


@pytest.mark.parametrize(
    ("data", "error", "words"),
    [
        (b"CDF\5" + bytes(60), HeaderDataError, "must be CDF and 1 or 2"),
        (b"CD", TruncatedFileError, "ends within its header, at byte 2"),
        (b"CDF\3", HeaderDataError, "must be CDF and 1 or 2"),
        (counted(2**31), TruncatedFileError, "at byte 16"),
        (counted(1) + struct.pack(">I", 2**32 - 8) + bytes(5000), LimitError, "header of more"),
        (counted(1) + struct.pack(">I", 2**25) + bytes(5000), TruncatedFileError, "ends within"),
        (b"CDF\1" + numbers(0, 77, 3), HeaderDataError, "byte 8: a list of dimensions"),
        (b"CDF\1" + numbers(0, 0, 1), HeaderDataError, "byte 8: a list of dimensions"),
        (GOOD.replace(name("v") + numbers(1, 0), name("v") + numbers(1, 1)), HeaderDataError,
         r"v: has dimensions \[1\], the file 1"),
        (GOOD.replace(numbers(2, 5), numbers(7, 5)), HeaderDataError, "title: its type .* got 7"),
        (GOOD.replace(numbers(2, 5), numbers(0, 5)), HeaderDataError, "title: its type .* got 0"),
        (GOOD.replace(name("v") + numbers(1, 0), name("v") + numbers(33) + bytes(132)),
         HeaderDataError, r"v: has dimensions \[0, 0"),
        (header(begin=numbers(1000)), TruncatedFileError, "needs 1006 bytes"),
    ],
)  # fmt: skip
def test_hostile_headers_are_refused(data, error, words):
    with pytest.raises(error, match=words):
        read_netcdf(BytesSource(data), "image")


def test_two_variables_of_one_name_are_refused():
    one = GOOD[GOOD.index(name("v")) :]
    data = GOOD.replace(numbers(11, 1), numbers(11, 2)) + one
    with pytest.raises(HeaderDataError, match="v: the file has two variables"):
        read_netcdf(BytesSource(data), "v")


def test_two_dimensions_of_one_name_are_refused():
    one = name("x") + numbers(3)
    data = GOOD.replace(numbers(10, 1) + one, numbers(10, 2) + one + one)
    with pytest.raises(HeaderDataError, match="x: the file has two dimensions"):
        read_netcdf(BytesSource(data), "v")


def test_large_variables_are_refused_before_they_are_read():
    dataset = Dataset({"x": 65 << 20})
    dataset.variables["large"] = Variable(("x",), np.dtype("i1"))
    before, _ = write_netcdf(dataset, "large")
    with pytest.raises(LimitError, match="too large"):
        read_netcdf(BytesSource(before + bytes(65 << 20)), "none")
