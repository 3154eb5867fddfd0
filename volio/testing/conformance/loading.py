"""An image loads from everything that has its bytes, and has the facts of its file."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from numpy.typing import NDArray

import volio
from volio.errors import MissingFileError
from volio.files.filemap import FileHolder
from volio.files.sources.source import BytesSource
from volio.testing.comparison import same_image, same_place, same_values, voxels_of
from volio.testing.conformance.case import Case, fails, needs, once, open_files
from volio.testing.faults import CountingSource

LARGE = (64, 64, 48)  # of a byte each: much more than a header


def check_facts(case: Case) -> None:
    """Shape, dtype, zooms, affine and sum are those that the sample's facts state."""
    img = case.load()
    sample = case.sample
    assert img.shape == sample.shape
    assert all(type(length) is int for length in img.shape)
    assert img.get_data_dtype().newbyteorder("=") == sample.dtype
    np.testing.assert_allclose(img.header.get_zooms(), sample.zooms, rtol=1e-5)
    same_place(img.affine, sample.affine)
    np.testing.assert_allclose(total_of(case.values), sample.total, rtol=1e-6)


def total_of(values: NDArray[Any]) -> complex:
    """Return the sum of all values; of a record of colours, of all of its fields."""
    names = values.dtype.names
    parts = [values[name] for name in names] if names else [values]
    return sum(complex(part.sum(dtype=np.clongdouble)) for part in parts)


def check_loads_by_class_and_by_name(case: Case) -> None:
    """The class and `volio.load` take str and Path, and the name of any of the files."""
    expected = case.load()
    same_image(case.image_class.load(str(case.path)), expected)
    for path in case.files():
        if ".mat" not in path.suffixes:
            found = volio.load(path, format=case.format)
            assert type(found) is case.image_class
            same_image(found, expected)
            same_image(volio.load(str(path), format=case.format), expected)


@needs("one_file")
def check_loads_from_bytes_and_file_objects(case: Case) -> None:
    """Bytes, open files and streams that stand somewhere give the same image."""
    expected = case.load()
    data = case.path.read_bytes()
    same_image(volio.load(data, format=case.format), expected)
    same_image(case.image_class.from_bytes(data), expected)
    with case.path.open("rb") as opened:
        same_image(volio.load(opened, format=case.format), expected)
        assert not opened.closed
    stream = io.BytesIO(b"before" + data)
    stream.seek(6)
    same_image(case.image_class.from_stream(stream), expected)


@needs("one_file")
def check_content_beats_name(case: Case) -> None:
    """Whether a file is compressed is seen in its bytes, not in its name."""
    ending = case.ending("image").removesuffix(case.compression)
    for misnamed in (ending, f"{ending}.gz", f"{ending}.zst"):
        path = case.folder / f"misnamed{misnamed}"
        path.write_bytes(case.path.read_bytes())
        same_image(volio.load(path, format=case.format), case.load())


@once
@needs("plain")
def check_missing_file_is_named(case: Case) -> None:
    """A file that is not there raises an error that names it."""
    absent = case.target("absent")
    with fails(MissingFileError, naming="absent"):
        case.load(absent)
    with fails(FileNotFoundError, naming="absent"):
        volio.load(absent)


@once
@needs("writable", "plain")
def check_opening_reads_a_header_only(case: Case) -> None:
    """Opening a large file reads its header; a slice reads about what it needs."""
    img, source = counted_image(case, LARGE)
    opened = source.count
    assert opened < 16_384, "opening read more than a header"
    index = plane_of(img)
    plane = np.asanyarray(img.dataobj[index])
    if case.stored_plainly:  # of packed chunks every format has its own test
        assert source.count - opened < 3 * plane.nbytes, "a plane read much more than the plane"
    same_values(plane, voxels_of(img)[index])
    assert source.opened == source.closed, "a reader stayed open"


def counted_image(case: Case, shape: tuple[int, ...]) -> tuple[Any, CountingSource]:
    """Load a new image; return it and the source of its voxels, which counts what is read."""
    parts = stored_parts(case, shape)
    sources = {part: CountingSource(BytesSource(data)) for part, data in parts.items()}
    holders = {part: FileHolder(fileobj=source) for part, source in sources.items()}
    return case.image_class.from_file_map(holders), sources["image"]


def plane_of(img: Any) -> tuple[Any, ...]:
    """Return the index of a plane across the axis of space that varies slowest in the file."""
    slowest = next(axis for axis in img.dataobj.layout.order if axis < 3)
    return (*[slice(None)] * slowest, 7)


def check_no_file_stays_open(case: Case) -> None:
    """Images, whether read or not, hold no file open."""
    before = open_files()
    images = [case.load() for _ in range(5)]
    for img in images[:2]:
        voxels_of(img)
    same_values(np.asanyarray(images[2].dataobj[..., -1:]), case.values[..., -1:])
    assert open_files() == before


@needs("plain")
def check_texts_state_the_facts(case: Case) -> None:
    """repr and str name class, shape, dtype and file."""
    img = case.load()
    for text in (repr(img), str(img)):
        states_the_facts(text, img, case.path.name)


@once
@needs("plain")
def check_the_html_table_states_the_facts(case: Case) -> None:
    """The table for notebooks names class, shape, dtype and file."""
    img = case.load()
    text = img._repr_html_()
    states_the_facts(text, img, case.path.name)
    assert text.startswith("<table")


def states_the_facts(text: str, img: Any, name: str) -> None:
    """Assert that a text names class, file, shape and dtype of an image."""
    assert type(img).__name__ in text
    assert name in text
    assert [length for length in img.shape if str(length) not in text] == []
    dtype = np.asanyarray(img.dataobj[:1]).dtype
    assert dtype.name in text or dtype.names  # colours have a name of their own


def stored_parts(case: Case, shape: tuple[int, ...]) -> dict[str, bytes]:
    """Return the bytes of each file of a new image."""
    streams = {part: io.BytesIO() for part, _ in case.image_class.files_types}
    case.make(shape).to_file_map(case.image_class.make_file_map(streams))
    return {part: stream.getvalue() for part, stream in streams.items()}
