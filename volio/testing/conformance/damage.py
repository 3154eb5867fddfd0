"""Any bytes give values or an error of volio: no other exception, no vast memory."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from volio.errors import SourceChangedError, VolioError
from volio.testing.comparison import same_image, same_values, voxels_of
from volio.testing.conformance.case import (
    Case,
    contents,
    fails,
    needs,
    once,
    quiet,
    write_file,
)
from volio.testing.faults import bits_flipped, cut_short, fields_at_extremes

MEMORY = 32 << 20  # far more than reading a small file takes, far less than is declared
ENOUGH = 2000  # bytes that headers take, more or less


def check_files_cut_short(case: Case) -> None:
    """A file that ends early gives an error or all of its values, wherever it ends.

    All of them, that is, where nothing but a footer is missing, an affine in a ``.mat`` file, or
    attributes at the end of a text header.
    """
    stored = stored_values(case.load())
    for path in case.files():
        data = path.read_bytes()
        for cut in cut_short(data, min(len(data), 400), pieces=8):
            path.write_bytes(cut)
            with survived(f"{path.name} of {len(cut)} bytes"):
                found = stored_values(case.load())
                # What is left of the last number of a text is a number.
                count = found.size - 1 if case.stored_as_text else found.size
                same_values(found.ravel()[:count], stored.ravel()[:count])
                assert found.shape == stored.shape
        path.write_bytes(data)


def check_voxels_that_are_not_there(case: Case) -> None:
    """Half of the voxels give an error that names the file, never other values."""
    image = image_file(case)
    data = contents(image)
    dataobj = case.load().dataobj
    write_file(image, data[: getattr(dataobj, "offset", 0) + dataobj.nbytes // 16])
    with fails(VolioError, naming="scan"), quiet():
        values_of(case)


@once
def check_flipped_bits(case: Case) -> None:
    """Damaged headers give values or an error of volio; damaged compressed data never others.

    A flipped bit of a header may be a valid header of other values. Compressed data have a
    checksum, which shows the damage.
    """
    path = case.header_file()
    data = path.read_bytes()
    times = 10 if case.compression else 80
    for damaged in bits_flipped(data, len(data) if case.compression else ENOUGH, times):
        path.write_bytes(damaged)
        with survived():
            found = values_of(case)
            if case.compression:
                same_values(found, case.values)


@once
@needs("gzipped")
def check_wrong_checksums(case: Case) -> None:
    """Voxels under a checksum that is not theirs give an error that names the file."""
    image = image_file(case)
    data = bytearray(image.read_bytes())
    data[-8] ^= 1  # the last eight bytes are the checksum and the length of what was compressed
    image.write_bytes(data)
    with fails(VolioError, naming="scan"), quiet():
        values_of(case)


@once
@needs("plain", "declared_header")
def check_headers_at_extremes(case: Case) -> None:
    """Every field at the ends of what it can hold: values that the file can hold, or an error."""
    path = case.header_file()
    header = case.load().header
    rest = path.read_bytes()[header.layout.itemsize :]
    for name, block in fields_at_extremes(header.structarr.copy()):
        path.write_bytes(block + rest)
        with survived(name):
            found = voxels_of(case.load())
            assert found.nbytes < MEMORY, f"{name} gives {found.nbytes} bytes"


@once
@needs("declared_header")
def check_huge_declarations_take_no_memory(case: Case) -> None:
    """A small file that declares a terabyte is refused, before memory is taken."""
    header = case.load().header.copy()
    path = case.header_file()
    rest = contents(path)[len(header.binaryblock) :]
    for shape in ((30000, 30000, 1100), (1, 2, 30000, 30000)):
        header.set_data_shape(shape)
        write_file(path, header.binaryblock + rest)
        with little_memory(), quiet(), fails(VolioError, naming="scan"):
            voxels_of(case.load())


@contextmanager
def little_memory() -> Iterator[None]:
    """Assert that a block never holds more than `MEMORY` bytes."""
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < MEMORY
    finally:
        tracemalloc.stop()


def check_a_changed_file_is_noticed(case: Case) -> None:
    """A file that changes or vanishes after opening raises; it never gives other voxels."""
    img = case.load()
    image = image_file(case)
    image.write_bytes(image.read_bytes() + b"more")
    with fails(SourceChangedError, naming="changed"):
        voxels_of(img)
    with fails(SourceChangedError, naming="changed"):
        np.asanyarray(img.dataobj[0])
    image.unlink()
    with fails(SourceChangedError, naming="vanished"):
        voxels_of(img)


def image_file(case: Case) -> Path:
    """Return the file of the sample that holds the voxels."""
    return Path(case.image_class.filespec_to_file_map(case.path)["image"].filename)


def values_of(case: Case) -> np.ndarray:
    """Load, describe and read the sample as it is now."""
    img = case.load()
    assert str(img)
    return voxels_of(img)


def stored_values(img: Any) -> np.ndarray:
    """Describe an image and read its voxels as they are in the file, without their scaling.

    The scaling of a text header that ends early may be among what is missing.
    """
    assert str(img)
    dataobj = img.dataobj
    return np.asanyarray(dataobj.unscaled() if hasattr(dataobj, "unscaled") else dataobj)


@contextmanager
def survived(name: str = "") -> Iterator[None]:
    """Let errors of volio pass; anything else fails, with the name of the fault."""
    try:
        with quiet():
            yield
    except VolioError as error:
        assert str(error), "an error without a message"
    except (KeyboardInterrupt, AssertionError):
        raise
    except BaseException as error:
        raise AssertionError(f"{name}: {error!r} is not an error of volio") from error


def survives_flipped_bits(
    case: Case, expected: Any, read: Callable[[Any], None], enough: int, times: int
) -> None:
    """Assert that damaged files give values or an error; damaged compressed ones no others.

    Parameters
    ----------
    case : Case
        Its file is damaged again and again.
    expected : image
        What the file gives, in memory.
    read : callable
        Reads everything that an image holds.
    enough : int
        Bytes at the beginning of a file that are damaged; of a compressed one all are.
    times : int
        How often; a compressed file 10 times.
    """
    data = case.path.read_bytes()
    if case.compression:
        enough = len(data)
        times = 10
    for damaged in bits_flipped(data, enough, times):
        case.path.write_bytes(damaged)
        with survived():
            found = case.load()
            read(found)
            if case.compression:
                same_image(found, expected)
