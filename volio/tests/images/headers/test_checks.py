"""Checks that formats make of their fields: what passes, what does not, and in which words."""

from __future__ import annotations

import re

import numpy as np
import pytest

from volio.arrays.dtypes import dtype_table
from volio.errors import HeaderDataError
from volio.images.headers.binary import BinaryHeader
from volio.images.headers.checks import (
    finite_check,
    known_code_check,
    not_negative_check,
    value_check,
)

CODES = dtype_table("1 | uint8 | uint8\n2 | int16 | int16\n9 | odd |")


class Header(BinaryHeader):
    layout = np.dtype(
        [("magic", "S2"), ("dims", "<i4", 3), ("type", "<i2"), ("size", "<f4", 2), ("more", "<f4")]
    )
    data_types = CODES
    type_field = "type"
    defaults = {"magic": b"OK", "dims": 1, "type": 2}
    shape = (1, 1, 1)
    checks = (
        value_check("magic", b"OK"),
        not_negative_check("dims"),
        known_code_check("type"),
        finite_check("size", "more"),
    )


def test_default_fields_pass():
    assert Header().diagnose() == []
    assert Header().binaryblock[:6] == b"OK\1\0\0\0"
    assert Header(endianness=">").binaryblock[2:6] == b"\0\0\0\1"


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("magic", b"NO", "magic: must be b'OK', got b'NO'"),
        ("dims", (1, 2, -3), "dims: must not be negative, got [1, 2, -3]"),
        ("dims", (-1, 2, 3), "dims: must not be negative, got [-1, 2, 3]"),
        ("type", 9, "type: must be one of [1, 2], got 9"),
        ("type", 3, "type: must be one of [1, 2], got 3"),
        ("size", (1, np.nan), "size: must be finite, got [1.0, nan]"),
        ("more", -np.inf, "size: more must be finite, got -inf"),
    ],
)
def test_what_does_not_pass_is_an_error(field, value, message):
    header = Header()
    header[field] = value
    (report,) = header.diagnose()
    assert (report.problem_level, report.problem_msg) == (40, message)
    with pytest.raises(HeaderDataError, match=f"^{re.escape(message)}$"):
        Header(header.binaryblock)


def test_the_field_of_the_type_says_the_dtype():
    header = Header(endianness=">")
    assert header.dtype == np.dtype(">i2")
    header.dtype = np.uint8
    assert header["type"] == 1
    with pytest.raises(HeaderDataError, match="float32 is not supported by Header"):
        header.dtype = np.float32
