from __future__ import annotations

import io
import struct

import numpy as np
import pytest
import scipy.io
from hypothesis import given
from hypothesis import strategies as st

from volio.errors import CorruptFileError
from volio.formats.containers.matlab import read_matrices, write_matrices

MATRIX = np.arange(12).reshape(3, 4) * 1.5
OTHERS = {"text": "words", "list": [1, "a"], "record": {"x": 1}, "z": np.eye(2) * 1j}


Z_OF_VERSION_4 = (
    {"z": np.eye(2) * 1j},
    {"z": scipy.sparse.csc_array(np.eye(3))},
    {"z": scipy.sparse.csc_array(np.eye(3)) * 1j},
    {"z": "text"},
)


def mat_file(version: str = "5", compressed: bool = False, **variables) -> bytes:
    stream = io.BytesIO()
    scipy.io.savemat(stream, variables, format=version, do_compression=compressed)
    return stream.getvalue()


def test_written_files_are_those_of_scipy():
    variables = {"M": MATRIX, "mat": MATRIX.T}
    assert write_matrices(variables) == mat_file("4", **variables)


@pytest.mark.parametrize("dtype", ["f8", "f4", "i4", "i2", "u2", "u1", "i1", "u4"])
@pytest.mark.parametrize("name", ["m", "mat", "a_name_of_some_length"])
def test_matrices_of_scipy(dtype, name):
    matrix = MATRIX.astype(dtype)
    for content in (
        mat_file(**OTHERS, **{name: matrix}),
        mat_file(compressed=True, **{name: matrix}, **OTHERS),
        mat_file("4", text="words", **{name: matrix}),
    ):
        if dtype in ("i1", "u4") and content[126:128] != b"IM":
            continue  # version 4 has none
        found = read_matrices(content, (name, "missing"))
        assert list(found) == [name]
        np.testing.assert_array_equal(found[name], matrix)
        assert found[name].dtype == np.float64


def test_more_axes_and_none():
    stack = np.arange(48.0).reshape(4, 4, 3)
    np.testing.assert_array_equal(read_matrices(mat_file(mat=stack), ["mat"])["mat"], stack)
    assert read_matrices(mat_file(mat=np.zeros((0, 4))), ["mat"])["mat"].shape == (0, 4)
    assert read_matrices(b"", ["mat"]) == {}


def test_big_endian_files():
    head = struct.pack(">5i", 1000, 3, 4, 0, 2) + b"m\0"
    content = head + MATRIX.astype(">f8").tobytes("F")
    np.testing.assert_array_equal(read_matrices(content, ["m"])["m"], MATRIX)
    parts = [
        struct.pack(">4I", 6, 8, 6, 0),
        struct.pack(">2I2i", 5, 8, 3, 4),
        struct.pack(">2H4s", 1, 1, b"m"),
        struct.pack(">2I", 9, 96) + MATRIX.astype(">f8").tobytes("F"),
    ]
    body = b"".join(parts)
    content = (
        b" " * 124 + struct.pack(">H", 0x0100) + b"MI" + struct.pack(">2I", 14, len(body)) + body
    )
    np.testing.assert_array_equal(read_matrices(content, ["m"])["m"], MATRIX)


@pytest.mark.parametrize("name", OTHERS)
def test_other_kinds_are_refused_by_name_and_passed_over_else(name):
    content = mat_file(**OTHERS)
    assert read_matrices(content, ["mat"]) == {}
    with pytest.raises(CorruptFileError, match=name):
        read_matrices(content, [name])


def test_sparse_and_complex_of_version_4():
    for variables in Z_OF_VERSION_4:
        with pytest.raises(CorruptFileError, match="real numbers"):
            read_matrices(mat_file("4", **variables), ["z"])
        content = mat_file("4", **variables, m=MATRIX)
        np.testing.assert_array_equal(read_matrices(content, ["m"])["m"], MATRIX)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"no MATLAB file", "MATLAB file"),
        (b"x" * 2000, "MATLAB file"),
        (bytes(1 << 20), "MATLAB file"),  # variables without a name would be a million
        (b" " * 124 + b"\0\2IM" + b"\x89HDF\r\n\x1a\n", "-v6"),
        (mat_file("4", m=MATRIX)[:-1], "in 95 bytes"),
        (mat_file(m=MATRIX)[:-10], "in 86 bytes"),
        (struct.pack("<5i", 0, 2**30, 2**30, 0, 2) + b"m\0", "in 0 bytes"),
        (struct.pack("<5i", 0, -4, 4, 0, 2) + b"m\0", "MATLAB file"),
        (mat_file(compressed=True, m=MATRIX)[:-20], "in 55 bytes"),
    ],
)
def test_what_is_no_complete_file(content, words):
    with pytest.raises(CorruptFileError, match=words):
        read_matrices(content, ["m"])


GOOD = [mat_file("4", m=MATRIX), mat_file(m=MATRIX, **OTHERS), mat_file(compressed=True, m=MATRIX)]


@given(st.sampled_from(GOOD), st.data())
def test_damaged_bytes_give_arrays_or_an_error(good, data):
    damaged = bytearray(good)
    for _ in range(data.draw(st.integers(1, 4))):
        damaged[data.draw(st.integers(0, len(good) - 1))] = data.draw(st.integers(0, 255))
    try:
        found = read_matrices(bytes(damaged), ["m", "z", "text"])
    except CorruptFileError:
        return
    assert all(array.dtype == np.float64 for array in found.values())


@given(st.binary(max_size=400))
def test_any_bytes_give_arrays_or_an_error(content):
    for start in (b"", b" " * 124 + b"\0\1IM", b" " * 124 + b"\1\0MI"):
        try:
            assert isinstance(read_matrices(start + content, ["m"]), dict)
        except CorruptFileError:
            continue
