"""Fields of records as plain values are those that numpy gives one by one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from volio.formats.analyze import AnalyzeHeader
from volio.formats.mgh import MGHHeader
from volio.formats.nifti1 import Nifti1Header
from volio.formats.nifti2 import Nifti2Header
from volio.images.headers.unpack import Unpacker

HEADERS = [AnalyzeHeader, MGHHeader, Nifti1Header, Nifti2Header]


def same(plain, value) -> bool:
    """Whether a plain value is what numpy's ``tolist`` gives, NaN and all."""
    return repr(plain) == repr(tuple(value) if isinstance(plain, tuple) else value)


@pytest.mark.parametrize("cls", HEADERS)
@given(data=st.data())
def test_any_bytes_give_what_numpy_gives(cls, data):
    block = data.draw(st.binary(min_size=cls.layout.itemsize, max_size=cls.layout.itemsize))
    for order in cls.byte_orders:
        header = cls(block, order, check=False)
        record = np.ndarray((), cls.layout.newbyteorder(order), block)
        wrong = [
            name
            for name in cls.layout.names
            if not same(header.unpacked[name], record[name].tolist())
        ]
        assert wrong == []


ODD = {
    "gaps": np.dtype(
        {"names": ["a", "b"], "formats": ["<i2", "S3"], "offsets": [3, 8], "itemsize": 20}
    ),
    "overlap": np.dtype(
        {"names": ["a", "b"], "formats": ["<i4", "<i2"], "offsets": [0, 2], "itemsize": 6}
    ),
    "both orders": np.dtype([("a", "<i4"), ("b", ">f8"), ("c", ">i2", (3,)), ("d", "u1")]),
    "matrix": np.dtype([("rows", "<f8", (3, 4)), ("n", "<i4")]),
    "nested": np.dtype([("in", [("x", "<i2"), ("y", "<f4")]), ("z", "<c8"), ("s", "S2", (2,))]),
    "one": np.dtype([("only", ">u8")]),
    "half and long": np.dtype([("h", "<f2"), ("g", "<f16"), ("flag", "?")]),
}


@pytest.mark.parametrize("layout", ODD.values(), ids=ODD)
def test_odd_layouts(layout):
    block = np.random.default_rng(4).integers(0, 2, layout.itemsize, np.uint8).tobytes()
    plain, record = Unpacker(layout)(block), np.ndarray((), layout, block)
    assert set(plain) == set(layout.names)
    assert [name for name in layout.names if not same(plain[name], record[name].tolist())] == []


def test_edits_show_also_those_made_through_views():
    header = Nifti1Header()
    assert header.unpacked["descrip"] == b""
    header["descrip"] = b"new"
    header["pixdim"][2] = 7
    header.structarr["srow_x"][:] = 1, 2, 3, 4
    assert header.unpacked["descrip"] == b"new"
    assert header.unpacked["pixdim"][2] == 7
    assert header.unpacked["srow_x"] == (1, 2, 3, 4)


def test_copies_do_not_share_fields():
    header = Nifti1Header()
    twin = header.copy()
    twin["pixdim"][1] = 3
    assert (header.unpacked["pixdim"][1], twin.unpacked["pixdim"][1]) == (1, 3)


def test_a_header_that_passed_is_checked_again_once_it_is_changed():
    header = Nifti1Header(Nifti1Header().binaryblock)
    header["sform_code"] = -1
    header.check_read()
    assert header["sform_code"] == 0
