"""Facts of text headers: parsed once, never older than their lines."""

from __future__ import annotations

import copy
import pickle
import threading
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import volio
from volio.cached import cached_property
from volio.errors import HeaderDataError
from volio.images.headers.text.lines import Line
from volio.testing import strategies

CLASSES = (volio.NrrdImage, volio.MetaImage, volio.MifImage)
PAIRS = (volio.NrrdPair, volio.MetaPair, volio.MifPair)
HEADERS = [cls.header_class for cls in CLASSES]
DATA = np.arange(48, dtype=np.int16).reshape(2, 3, 4, 2)
AFFINE = np.array([[0, -2.0, 0, 5], [3, 0, 0, -6], [0, 0, 4, 7], [0, 0, 0, 1]])

#: What is parsed from the lines and can be asked of a header.
FACTS = ("dtype", "shape", "zooms", "time_unit", "endianness", "payload", "axis_map")


def facts(header) -> dict:
    """Return all facts of a header, as values that compare."""
    found = {name: getattr(header, name) for name in FACTS}
    found["affine"] = header.affine.tolist()
    found["scaling"] = header.get_slope_inter()
    found["metadata"] = repr(header.metadata())
    return found


@pytest.fixture
def parsed(monkeypatch) -> Counter:
    """Count how often each line and each fact is parsed."""
    counts: Counter[str] = Counter()

    def counted(name, function):
        def count(*args):
            counts[name] += 1
            return function(*args)

        return count

    owners = {owner for cls in HEADERS for owner in cls.parsed_class.__mro__}
    for owner in owners:
        for name, value in vars(owner).items():
            if isinstance(value, cached_property):
                monkeypatch.setattr(value, "func", counted(name, value.func))
    for cls in HEADERS:
        line = counted("line", cls.parse_line.__func__)
        monkeypatch.setattr(cls, "parse_line", classmethod(line))
    return counts


@pytest.mark.parametrize("cls", [*CLASSES, *PAIRS])
def test_a_load_parses_each_line_and_each_fact_once(tmp_path, parsed, cls):
    path = tmp_path / f"a{cls.files_types[0][1]}"
    cls(DATA, AFFINE).to_filename(path)
    fields = sum(1 for line in volio.load(path).header.lines if line.key)
    parsed.clear()
    image = volio.load(path)
    assert parsed.pop("line") == fields
    assert {"dtype", "shape", "affine", "zooms", "payload", "axis_map"} <= set(parsed)
    assert set(parsed.values()) == {1}
    for _ in range(3):
        facts(image.header)
        facts(image.header.copy())
    assert set(parsed.values()) == {1}


@pytest.mark.parametrize("header_class", HEADERS)
def test_another_line_drops_every_fact(parsed, header_class):
    header = header_class()
    facts(header)
    parsed.clear()
    header["one key"] = "text"
    facts(header)
    assert parsed["shape"] == parsed["dtype"] == parsed["affine"] == 1
    header["one key"] = "text"  # the same text
    facts(header)
    assert parsed["shape"] == 1


CHANGES = [
    (volio.NrrdImage, "sizes", "2 3 5 2", "shape", (2, 3, 4, 2), (2, 3, 5, 2)),
    (volio.NrrdImage, "type", "uchar", "dtype", np.dtype("<i2"), np.dtype("u1")),
    (volio.NrrdImage, "endian", "big", "endianness", "<", ">"),
    (volio.NrrdImage, "spacings", "nan nan nan 9", "zooms", (3, 2, 4, 1), (3, 2, 4, 9)),
    (volio.NrrdImage, "units", '"" "" "" "ms"', "time_unit", None, 1e-3),
    (volio.MetaImage, "DimSize", "2 3 5 2", "shape", (2, 3, 4, 2), (2, 3, 5, 2)),
    (volio.MetaImage, "ElementType", "MET_UCHAR", "dtype", np.dtype("<i2"), np.dtype("u1")),
    (volio.MetaImage, "BinaryDataByteOrderMSB", "True", "endianness", "<", ">"),
    (volio.MetaImage, "ElementSpacing", "3 2 4 9", "zooms", (3, 2, 4, 1), (3, 2, 4, 9)),
    (volio.MifImage, "dim", "2,3,5,2", "shape", (2, 3, 4, 2), (2, 3, 5, 2)),
    (volio.MifImage, "datatype", "UInt8", "dtype", np.dtype("<i2"), np.dtype("u1")),
    (volio.MifImage, "datatype", "Int16BE", "endianness", "<", ">"),
    (volio.MifImage, "vox", "3,2,4,9", "zooms", (3, 2, 4, 1), (3, 2, 4, 9)),
    (volio.MifImage, "vox", "3,2,4,nan", "time_unit", 1.0, None),
]


@pytest.mark.parametrize(("cls", "key", "text", "fact", "before", "after"), CHANGES)
def test_a_field_that_is_set_is_read_through_each_property(cls, key, text, fact, before, after):
    header = cls(DATA, AFFINE, dtype=np.int16).header
    assert getattr(header, fact) == before
    known = header.get(key)
    header[key] = text
    assert getattr(header, fact) == after
    if known is None:
        del header[key]
    else:
        header[key] = known
    assert getattr(header, fact) == before


@pytest.mark.parametrize(
    ("cls", "key", "text"),
    [
        (volio.NrrdImage, "space origin", "(-50,60,70)"),
        (volio.MetaImage, "Offset", "-50 60 70 0"),
        (volio.MifImage, "transform", "0,-1,0,50\n1,0,0,-60\n0,0,1,70"),
    ],
)
def test_an_origin_that_is_set_moves_the_affine(cls, key, text):
    header = cls(DATA, AFFINE).header
    np.testing.assert_array_equal(header.affine, AFFINE)
    header[key] = text
    expected = AFFINE.copy()
    expected[:3, 3] = 50, -60, 70
    np.testing.assert_array_equal(header.affine, expected)


def set_shape(header, draw) -> None:
    """Set a shape of one to five axes."""
    header.shape = shape = draw(st.lists(st.integers(0, 5), min_size=1, max_size=5))
    assert header.shape == tuple(shape)


def set_dtype(header, draw) -> None:
    """Set one of the dtypes of the format."""
    shape = header.shape
    header.dtype = dtype = draw(st.sampled_from(type(header).supported_dtypes()))
    assert header.dtype.newbyteorder("=") == dtype
    assert header.shape == shape


def set_zooms(header, draw) -> None:
    """Set voxel sizes."""
    count = len(header.shape)
    sizes = draw(st.lists(st.floats(0.1, 10), min_size=count, max_size=count))
    header.zooms = sizes
    if "TransformMatrix" not in header:
        # MetaImage keeps two components of the directions of a plane, of which lengths are part.
        np.testing.assert_allclose(header.zooms, sizes)


def set_affine(header, draw) -> None:
    """Set an affine, of which fewer than three axes keep what concerns them."""
    affine = draw(strategies.affines())
    later = header.zooms[3:]
    header.set_affine(affine)
    if len(header.shape) > 2:
        np.testing.assert_allclose(header.affine, affine, atol=1e-9)
    assert header.zooms[3:] == later


def set_key(header, draw) -> None:
    """Set a free key, or take it away."""
    if "one key" in header:
        del header["one key"]
    else:
        header["one key"] = draw(st.sampled_from(["text", "1", "a: b"]))


SETTERS = (set_shape, set_dtype, set_zooms, set_affine, set_key)


@pytest.mark.parametrize("header_class", HEADERS)
@given(data=st.data())
def test_facts_are_those_of_the_bytes_whatever_was_set(header_class, data):
    header = header_class()
    for setter in data.draw(st.lists(st.sampled_from(SETTERS), max_size=5)):
        facts(header)
        setter(header, data.draw)
        header.name_data(None, None)  # a header of MRtrix states where the voxels begin
        text = header.to_bytes()
        again = header_class(text[: header_class.end_of(text, complete=True)])
        assert facts(header) == facts(again)


@pytest.mark.parametrize("header_class", HEADERS)
def test_lines_cannot_be_changed_in_place(header_class):
    header = header_class()
    assert isinstance(header.lines, tuple)
    with pytest.raises(AttributeError, match=r"can't set|cannot assign"):
        header.lines[0].text = "other"
    with pytest.raises(AttributeError, match="append"):
        header.parsed.lines.append(Line("text"))


@pytest.mark.parametrize("cls", CLASSES)
def test_arrays_that_a_header_gives_are_copies(cls):
    header = cls(DATA, AFFINE).header
    header.affine[:] = 0
    header.get_best_affine()[:] = 0
    np.testing.assert_array_equal(header.affine, AFFINE)


def test_the_measurement_frame_that_a_header_gives_is_a_copy():
    header = volio.NrrdImage(DATA, AFFINE).header
    header["measurement frame"] = "(0,1,0) (1,0,0) (0,0,-1)"
    header.measurement_frame[:] = 0
    np.testing.assert_array_equal(header.measurement_frame, [[0, 1, 0], [1, 0, 0], [0, 0, -1]])


@pytest.mark.parametrize("cls", CLASSES)
@pytest.mark.parametrize(
    "copied",
    [lambda header: header.copy(), copy.copy, copy.deepcopy, lambda h: type(h).from_header(h)],
)
def test_copies_have_the_same_lines_and_change_alone(cls, copied):
    header = cls(DATA, AFFINE).header
    known = facts(header)
    other = copied(header)
    assert other == header
    assert facts(other) == known
    other.shape = (2, 3, 4)
    other["one key"] = "text"
    assert other != header
    assert facts(header) == known
    assert "one key" not in header
    header["other key"] = "text"
    assert "other key" not in other


@pytest.mark.parametrize("cls", CLASSES)
def test_pickles_hold_the_lines_and_no_facts(cls):
    header = cls(DATA, AFFINE).header
    plain = pickle.dumps(header)
    known = facts(header)
    assert pickle.dumps(header) == plain
    back = pickle.loads(plain)
    assert back == header
    assert vars(back.parsed) == {"lines": header.lines}
    assert facts(back) == known


@pytest.mark.parametrize("header_class", HEADERS)
def test_parsed_lines_compare_and_hash_by_their_lines(header_class):
    one, other = header_class().parsed, header_class().parsed
    one.check()  # facts do not count
    assert one == other
    assert hash(one) == hash(other)
    changed = header_class()
    changed["one key"] = "text"
    assert changed.parsed != one
    assert one != one.lines
    assert len({one, other, changed.parsed}) == 2
    with pytest.raises(TypeError, match="unhashable"):
        hash(header_class())


def test_lines_of_two_formats_are_not_the_same():
    nrrd, meta = volio.NrrdImage.header_class, volio.MetaImage.header_class
    lines = nrrd().lines
    assert nrrd.parsed_class(lines) != meta.parsed_class(lines)


@pytest.mark.parametrize("header_class", HEADERS)
def test_what_cannot_be_parsed_raises_until_it_is_mended(header_class):
    header = header_class()
    key = {"NrrdHeader": "sizes", "MetaHeader": "DimSize", "MifHeader": "dim"}[
        header_class.__name__
    ]
    known = header[key]
    header[key] = "many"
    for _ in range(2):
        with pytest.raises(HeaderDataError, match=f"{key}.*many"):
            header.get_data_shape()
    header[key] = known
    assert header.shape == (0,)


@pytest.mark.parametrize("cls", CLASSES)
def test_threads_see_the_same_facts(cls):
    text = cls(DATA, AFFINE).header.to_bytes()
    for _ in range(20):
        header = cls.header_class(text, check=False)
        barrier = threading.Barrier(4)
        found = []

        def ask(header=header, barrier=barrier, found=found):
            barrier.wait()
            found.append(facts(header))

        threads = [threading.Thread(target=ask) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(found) == 4
        assert all(each == found[0] for each in found)
