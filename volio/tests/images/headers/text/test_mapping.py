"""Lines of text as a mapping from names to text: where lines go, and what survives."""

from __future__ import annotations

import numpy as np
import pytest

import volio
from volio.errors import HeaderDataError

NRRD = (
    "NRRD0005\n# a comment\ntype:short\ndimension:  3\nsizes: 2 3 4\nodd field: of a program\n"
    "endian: little\nencoding: raw\none key:=text\n\n"
)
META = (
    "ObjectType = Image\nNDims : 3\nDimSize = 2 3 4\nMine= x = y\nElementType = MET_SHORT\n"
    "no field at all\nElementDataFile = LOCAL\n"
)
MIF = "mrtrix image\ndim: 2,3,4\n# a comment\nvox: 1,1,1\nlayout: +0,+1,+2\n" + (
    "comments: one\nmine: text\ncomments: two\ndatatype: Int16LE\nfile: . 200\nEND\n"
)
HEADERS = {
    volio.NrrdImage.header_class: NRRD,
    volio.MetaImage.header_class: META,
    volio.MifImage.header_class: MIF,
}


def opened(header_class):
    """Return the header of the text above."""
    return header_class(HEADERS[header_class].encode(), check=False)


@pytest.mark.parametrize("header_class", HEADERS)
def test_an_untouched_header_is_written_as_it_was(header_class):
    header = opened(header_class)
    assert str(header) == HEADERS[header_class].removesuffix("\n")
    assert header.to_bytes().rstrip(b"\0").decode() == HEADERS[header_class]


@pytest.mark.parametrize("header_class", HEADERS)
def test_names_texts_and_lengths_agree(header_class):
    header = opened(header_class)
    keys = [line.key for line in header.lines if line.key]
    assert header.keys() == list(header) == list(dict.fromkeys(keys))
    assert header.items() == list(zip(header.keys(), header.values(), strict=True))
    assert len(header) == len(header.keys())
    assert [header[key] for key in header] == header.values()
    assert header.get("missing") is None
    assert header.get("missing", "text") == "text"
    assert "missing" not in header
    assert 3 not in header
    with pytest.raises(KeyError, match="missing: the header has no such field"):
        header["missing"]
    with pytest.raises(KeyError, match="missing"):
        del header["missing"]


@pytest.mark.parametrize(
    ("header_class", "key", "value", "gone", "new"),
    [
        (volio.NrrdImage.header_class, "sizes", "2 3 5", "sizes: 2 3 4", "sizes: 2 3 5"),
        (volio.NrrdImage.header_class, "type", "short", None, None),
        (volio.MetaImage.header_class, "NDims", "4", "NDims : 3", "NDims = 4"),
        (volio.MetaImage.header_class, "NDims", "3", None, None),
        (volio.MifImage.header_class, "dim", "2,3,5", "dim: 2,3,4", "dim: 2,3,5"),
    ],
)
def test_a_field_that_is_set_changes_its_line_alone(header_class, key, value, gone, new):
    header = opened(header_class)
    before = str(header).split("\n")
    header[key] = value
    after = str(header).split("\n")
    assert len(after) == len(before)
    assert [line for line in before if line not in after] == ([] if gone is None else [gone])
    assert [line for line in after if line not in before] == ([] if new is None else [new])


@pytest.mark.parametrize(
    ("header_class", "key", "value", "follows", "precedes"),
    [
        (volio.NrrdImage.header_class, "kinds", "space space space", "odd field", "endian"),
        (volio.NrrdImage.header_class, "data file", "a.raw", "one key", ""),
        (volio.NrrdImage.header_class, "new key", "text", "one key", ""),
        (volio.MetaImage.header_class, "Offset", "1 2 3", "NDims", "DimSize"),
        (volio.MetaImage.header_class, "new", "text", "", "ElementDataFile"),
        (volio.MifImage.header_class, "transform", "1,0,0,0", "mine", "comments"),
        (volio.MifImage.header_class, "new", "text", "datatype", "file"),
    ],
)
def test_a_new_line_comes_before_the_fields_that_follow_it(
    header_class, key, value, follows, precedes
):
    header = opened(header_class)
    header[key] = value
    keys = [line.key for line in header.lines]
    place = keys.index(key)
    if key != "transform":  # it comes before the first line of comments
        assert keys[place - 1] == follows
    assert keys[place + 1] == precedes


@pytest.mark.parametrize("header_class", HEADERS)
def test_a_field_that_is_set_to_nothing_is_gone(header_class):
    header = opened(header_class)
    key = header.keys()[1]
    count = len(header)
    header.set_field(key, None)
    header.set_field(key, None)  # it is not there any more
    assert key not in header
    assert len(header) == count - 1


def test_lines_of_one_name_are_joined_and_replaced_together():
    header = opened(volio.MifImage.header_class)
    assert header["comments"] == "one\ntwo"
    header["comments"] = "one\ntwo"
    assert str(header) == MIF.removesuffix("\n")
    header["comments"] = "three\nfour"
    keys = [line.key for line in header.lines]
    assert keys.index("comments") == keys.index("mine") - 2
    assert keys.count("comments") == 2
    assert header["comments"] == "three\nfour"


def test_a_free_key_may_have_the_name_of_a_field_in_nrrd():
    text = NRRD.replace("one key:=text", "type:=of the user")
    header = volio.NrrdImage.header_class(text.encode())
    assert header.dtype == np.dtype("<i2")
    assert header["type"] == "short\nof the user"
    header.set_field("type", "uchar")
    assert header.dtype == np.uint8
    assert "type:=of the user" in str(header)


def test_names_in_a_list_are_lines_of_their_own():
    text = META.replace("LOCAL", "LIST\na.raw\n# b.raw\n\nc = d.raw")
    header = volio.MetaImage.header_class(text.encode())
    assert header.payload.names == ("a.raw", "# b.raw", "c = d.raw")
    text = META.replace("LOCAL", "LISTED.raw")
    assert volio.MetaImage.header_class(text.encode()).payload.names == ("LISTED.raw",)


@pytest.mark.parametrize(
    "header_class", [volio.NrrdImage.header_class, volio.MifImage.header_class]
)
def test_the_first_line_is_the_magic_word(header_class):
    text = HEADERS[header_class]
    for first in ("", "NRRD0001x", "mrtrix images", "NRRD1"):
        with pytest.raises(HeaderDataError, match="the first line must be"):
            header_class(text.replace(text.split("\n")[0], first, 1).encode())


@pytest.mark.parametrize(
    ("spelling", "name"),
    [
        ("Data File", "data file"),
        ("datafile", "data file"),
        ("CENTERS", "centerings"),
        ("space  origin", "space origin"),
        ("My Key", "My Key"),
    ],
)
def test_fields_of_nrrd_have_several_spellings(spelling, name):
    assert volio.NrrdImage.header_class.canonical(spelling) == name
