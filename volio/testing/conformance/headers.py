"""Headers are mappings over bytes, and facts about voxels."""

from __future__ import annotations

import io
from typing import Any

import numpy as np

from volio.errors import HeaderError
from volio.testing.comparison import same_place
from volio.testing.conformance.case import Case, fails, needs, once


@needs("plain")
def check_copies_are_equal_and_independent(case: Case) -> None:
    """A copy equals its header until one of them changes."""
    header = case.load().header
    copied = header.copy()
    assert type(copied) is type(header)
    assert copied == header
    copied.set_data_shape((3, 5, 7))
    assert copied != header
    assert header != "header"
    assert type(header).from_header(header) == header


@needs("plain")
def check_an_image_owns_its_header(case: Case) -> None:
    """A header given to an image is copied."""
    header = case.load().header
    img = case.image_class(case.values, case.load().affine, header)
    before = img.header.copy()
    header.set_data_shape((2, 3, 4))
    assert img.header == before


@needs("plain", "declared_header")
def check_a_header_is_a_mapping(case: Case) -> None:
    """Fields by name, in the order of the bytes."""
    header = case.load().header
    names, values = zip(*header.items(), strict=True)
    assert list(header) == header.keys() == list(names)
    assert len(header.values()) == len(values)
    assert header.get("no such field", 5) == 5
    assert "no such field" not in header
    with fails(KeyError, ValueError, naming="no such field"):
        header["no such field"]
    for name in header.structarr.dtype.names:
        np.testing.assert_array_equal(header[name], header.structarr[name])
        assert name in str(header)


@needs("plain", "declared_header")
def check_bytes_make_the_same_header(case: Case) -> None:
    """Bytes and streams of a header give an equal header back, in either byte order."""
    header = case.load().header
    cls = type(header)
    block = header.binaryblock
    assert cls(block, header.endianness, check=False).binaryblock == block
    for order in cls.byte_orders:
        swapped = header.as_byteswapped(order)
        assert swapped.endianness == order
        assert swapped == header
        assert cls(swapped.binaryblock).endianness == order
        comes_back(swapped)


def comes_back(header: Any) -> None:
    """Assert that a header that is written to a stream and read again has its facts."""
    stream = io.BytesIO()
    header.write_to(stream)
    stream.seek(0)
    again = type(header).from_fileobj(stream)
    assert again.get_data_dtype() == header.get_data_dtype()
    assert again.get_data_shape() == header.get_data_shape()
    same_place(again.get_best_affine(), header.get_best_affine())


@needs("plain", "declared_header")
def check_a_block_of_another_length_is_refused(case: Case) -> None:
    """Too few and too many bytes raise an error that states both numbers."""
    block = case.load().header.binaryblock
    for wrong in (b"", block[:-1], block + b"\0"):
        with fails(HeaderError, naming=str(len(wrong))):
            case.image_class.header_class(wrong)


@needs("plain", "declared_header")
def check_checks_report_and_leave_alone(case: Case) -> None:
    """A new header has nothing to report; diagnosing changes nothing."""
    header = case.load().header
    before = header.binaryblock
    text = type(header).diagnose_binaryblock(before, header.endianness)
    assert isinstance(text, str)
    header.check_fix()
    assert header.binaryblock == before
    new = case.image_class.header_class()
    assert type(header).diagnose_binaryblock(new.binaryblock, new.endianness) == ""


@once
@needs("plain", "writable")
def check_shapes_dtypes_and_zooms_are_kept(case: Case) -> None:
    """What is set is what is got."""
    header = case.image_class.header_class()
    for shape, zooms in (((3, 4, 5), (1.5, 2, 2.5)), ((3, 4, 5, 2), (1.5, 2, 2.5, 3))):
        header.set_data_shape(shape)
        assert header.get_data_shape() == shape
        header.set_zooms(zooms)
        np.testing.assert_allclose(header.get_zooms(), zooms)
    for dtype in type(header).supported_dtypes():
        header.set_data_dtype(dtype)
        assert header.get_data_dtype().newbyteorder("=") == dtype


@once
@needs("plain", "writable")
def check_what_makes_no_sense_is_refused(case: Case) -> None:
    """Zooms of another number or sign, and dtypes of no voxels."""
    header = case.image_class.header_class()
    header.set_data_shape((3, 4, 5))
    for zooms in ((1, 1), (1, 1, 1, 1), (1, -1, 1), (1, np.nan, 1)):
        with fails(HeaderError, naming="zooms"):
            header.set_zooms(zooms)
    for dtype in ("S3", object, "M8[s]", "no dtype"):
        with fails(HeaderError, naming="dtype"):
            header.set_data_dtype(dtype)
    assert header.get_data_shape() == (3, 4, 5)
