"""The table of names and colours among the tags of MGH files: FreeSurfer's own layout."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import volio
from volio import Label, Labels
from volio.errors import HeaderDataError, LossWarning, VolioWarning
from volio.formats.containers.freesurfer.tags import COLOURS, Tag, tags_in
from volio.formats.mgh import MGHHeader, MGHImage

VOXELS = np.zeros((4, 5, 6), np.int32)
VOXELS[1] = 2
VOXELS[2] = 17
AFFINE = np.diag([2, 2, 3, 1])
PARTS = Labels(
    [
        Label(0, "Unknown"),
        Label(2, "Left-White matter", (245, 245, 245, 255)),
        Label(17, "Left-Hippocampus", (220, 216, 20, 128)),
    ]
)


def tag(number: int, content: bytes) -> bytes:
    """One tag with a length, by hand."""
    return struct.pack(">iq", number, len(content)) + content


def text(words: str) -> bytes:
    """A text with its length and the zero at its end."""
    raw = words.encode() + b"\0"
    return struct.pack(">i", len(raw)) + raw


def table(*rows: tuple[int, str, tuple[int, int, int, int]], highest: int = 18) -> bytes:
    """The table that FreeSurfer writes: version 2, then rows with their numbers."""
    data = struct.pack(">iii", 1, -2, highest) + text("/fs/FreeSurferColorLUT.txt")
    data += struct.pack(">i", len(rows))
    for number, name, levels in rows:
        data += struct.pack(">i", number) + text(name) + struct.pack(">4i", *levels)
    return data


BEFORE = tag(41, b"ROW\0") + tag(42, bytes(300))
COMMANDS = tag(3, b"mri_convert a b\0") + tag(3, b"mri_label2vol\0")
TABLE = table(
    (0, "Unknown", (0, 0, 0, 255)),
    (2, "Left-White matter", (245, 245, 245, 0)),
    (17, "Left-Hippocampus", (220, 216, 20, 127)),
)


def with_tags(tags: bytes) -> MGHImage:
    return MGHImage.from_bytes(MGHImage(VOXELS, AFFINE).to_bytes() + tags)


@pytest.mark.parametrize("tags", [TABLE, BEFORE + TABLE, BEFORE + TABLE + COMMANDS, TABLE + b"\0"])
def test_a_table_of_freesurfer_is_read_and_kept_byte_for_byte(tags: bytes, tmp_path: Path):
    img = with_tags(tags)
    assert img.labels == PARTS
    volio.save(img, tmp_path / "a.mgz")
    assert gzip.decompress((tmp_path / "a.mgz").read_bytes()).endswith(tags)
    # The same labels again change nothing.
    img.labels = Labels(PARTS.rows)
    assert img.header.tags == tags


def test_a_table_of_the_first_version():
    rows = b"".join(text(name) + struct.pack(">4i", 9, level, 0, 0) for name, level in
                    [("a", 1), ("b", 2)])  # fmt: skip
    img = with_tags(struct.pack(">ii", 1, 2) + text("table") + rows + COMMANDS)
    assert img.labels == Labels([Label(0, "a", (9, 1, 0, 255)), Label(1, "b", (9, 2, 0, 255))])
    assert img.header.metadata().history.splitlines() == ["mri_convert a b", "mri_label2vol"]


def test_labels_that_are_set_are_written_as_freesurfer_does():
    img = with_tags(BEFORE + COMMANDS)
    assert img.labels is None
    img.labels = PARTS
    own = TABLE.replace(text("/fs/FreeSurferColorLUT.txt"), text("volio"))
    assert img.header.tags == BEFORE + own + COMMANDS
    again = MGHImage.from_bytes(img.to_bytes())
    assert again.labels == PARTS
    assert again.header.metadata().history == img.header.metadata().history
    # Another table takes the place of the first, and none takes it away.
    again.labels = Labels([Label(3, "c", (1, 2, 3, 255))])
    assert again.header.tags == BEFORE + table(
        (3, "c", (1, 2, 3, 0)), highest=4
    ).replace(text("/fs/FreeSurferColorLUT.txt"), text("volio")) + COMMANDS  # fmt: skip
    again.labels = None
    assert again.header.tags == BEFORE + COMMANDS
    assert again.labels is None


def test_what_a_table_cannot_hold_is_told(tmp_path: Path):
    img = MGHImage(VOXELS, AFFINE)
    img.labels = Labels([Label(-1, "below"), Label(3, "a\0b", (1, 2, 3, 255)), Label(3, "again")])
    told = "no place for the rows of keys -1, 3, the names of key 3 of labels$"
    with pytest.warns(LossWarning, match=told):
        volio.save(img, tmp_path / "a.mgz")
    assert volio.load(tmp_path / "a.mgz").labels == Labels([Label(3, "a", (1, 2, 3, 255))])
    img.labels = Labels([Label(1, "a", (0, 9, 0, 255), {"abbreviation": "A"})])
    with pytest.warns(LossWarning, match="no place for the columns abbreviation of labels"):
        volio.save(img, tmp_path / "a.mgz")


BROKEN = {
    "cut": TABLE[:-5],
    "version": struct.pack(">ii", 1, -7) + bytes(40),
    "count": struct.pack(">iii", 1, -2, 2**31 - 1) + text("t") + struct.pack(">i", 1),
    "length": struct.pack(">iiii", 1, -2, 4, -1),
    "number": table((-4, "a", (0, 0, 0, 0))),
}


@pytest.mark.parametrize("broken", BROKEN)
def test_a_table_that_makes_no_sense(broken: str, tmp_path: Path):
    img = with_tags(BEFORE + BROKEN[broken] + COMMANDS)
    if broken != "cut":  # whose last numbers are taken from what follows
        with pytest.raises(HeaderDataError, match="table of colours among FreeSurfer's tags: "):
            img.labels  # noqa: B018
        with pytest.warns(VolioWarning, match="labels are shown without their names and colours"):
            assert volio.ImageLayer.from_image(img).label_table is None
    # The file is read, and saved as it is; labels take its place, and command lines stay.
    assert MGHImage.from_bytes(img.to_bytes()).header.tags == img.header.tags
    assert img.header.metadata().history.splitlines()[-1] == "mri_label2vol"
    img.labels = PARTS
    assert MGHImage.from_bytes(img.to_bytes()).labels == PARTS
    assert img.header.tags.startswith(BEFORE)


def test_older_tags_are_gone_over():
    name = b"/fs/talairach.xfm"
    old = struct.pack(">ii", 30, len(name) + 1) + name
    flag = struct.pack(">ii", 2, 1)
    for tags in (old + TABLE, old + b"\0" + TABLE, flag + TABLE, flag + old + b"\0" + TABLE):
        assert with_tags(tags + COMMANDS).labels == PARTS
    # After a tag whose end is not known nothing is looked for.
    assert with_tags(struct.pack(">i", 10) + TABLE).labels is None
    assert with_tags(struct.pack(">iq", 41, 2**62) + TABLE).labels is None
    assert list(tags_in(old)) == [Tag(30, 0, 8, len(old))]
    assert [one.number for one in tags_in(old + TABLE)] == [30, COLOURS]


def test_conversions_keep_them(tmp_path: Path):
    img = with_tags(BEFORE + TABLE)
    with pytest.warns(LossWarning, match="lost: tags of FreeSurfer$"):
        nifti = volio.Nifti1Image.from_image(img)
    assert nifti.labels == PARTS
    volio.save(nifti, tmp_path / "a.mgz")  # warnings are errors: nothing is lost
    assert volio.load(tmp_path / "a.mgz").labels == PARTS
    assert volio.load(tmp_path / "a.mgz").slicer[1:3].labels == PARTS
    only = with_tags(TABLE)
    assert volio.Nifti1Image.from_image(only).labels == PARTS  # and no tag is lost
    with pytest.warns(LossWarning, match="MincImage|Minc1Image"):
        volio.save(only, tmp_path / "a.mnc")


def extension_of_freesurfer(tags: bytes) -> volio.nifti1.Nifti1Extension:
    """An extension as FreeSurfer writes it: byte order, intent, version, tags, an end."""
    return volio.nifti1.Nifti1Extension(14, b">\0\0\1" + tags + tag(-1, b"*"))


def test_nifti_files_of_freesurfer_have_them_in_an_extension(tmp_path: Path):
    img = volio.Nifti1Image(VOXELS, AFFINE)
    history = tag(3, b"mri_convert a b\0")
    img.header.extensions.append(extension_of_freesurfer(tag(1, TABLE[4:]) + history))
    volio.save(img, tmp_path / "a.nii")
    found = volio.load(tmp_path / "a.nii")
    assert found.labels == PARTS
    assert found.header.extensions[0].content.startswith(b">\0\0\1" + tag(1, TABLE[4:]))
    with pytest.warns(LossWarning, match="lost: extension freesurfer$"):
        assert MGHImage.from_image(found).labels == PARTS
    # Labels that are set take the place of these; what else there is stays.
    found.labels = Labels([Label(5, "new")])
    again = volio.Nifti1Image.from_bytes(found.to_bytes())
    assert again.labels == Labels([Label(5, "new")])
    assert again.header.extensions[0] == extension_of_freesurfer(history)
    again.labels = None
    assert volio.Nifti1Image.from_bytes(again.to_bytes()).labels is None
    img.header.extensions[:] = [extension_of_freesurfer(tag(1, TABLE[4:60]))]
    with pytest.raises(HeaderDataError, match="table of colours among FreeSurfer's tags"):
        img.labels  # noqa: B018


def test_a_header_alone_has_no_labels():
    assert MGHHeader().label_rows() is None


def test_the_parcellation_of_another_program(shared_data: Path, tmp_path: Path):
    folder = shared_data / "surfaces"
    img = volio.load(folder / "lh.Yeo2011.mgz")
    assert len(img.labels) == 8
    assert img.labels == volio.load(folder / "lh.Yeo2011.gii").labels
    assert img.labels[7] == Label(7, "7Networks_7", (205, 62, 78, 255))
    volio.save(img, tmp_path / "a.mgh")
    raw = gzip.decompress((folder / "lh.Yeo2011.mgz").read_bytes())
    assert (tmp_path / "a.mgh").read_bytes() == raw


@given(
    st.dictionaries(
        st.integers(0, 3000),
        st.tuples(st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=9),
                  st.tuples(*[st.integers(0, 255)] * 4)),
        max_size=8,
    )
)  # fmt: skip
def test_any_table_comes_back(rows):
    img = MGHImage(VOXELS, AFFINE)
    img.labels = Labels([Label(key, *row) for key, row in sorted(rows.items())])
    found = MGHImage.from_bytes(img.to_bytes())
    expected = [Label(key, name, colour if any(colour) else None)
                for key, (name, colour) in sorted(rows.items())]  # fmt: skip
    assert list(found.labels or ()) == expected
