"""File names by lists of endings, against nibabel."""

from __future__ import annotations

from pathlib import Path

import nibabel.filename_parser as theirs
import pytest

import volio.compat.nibabel.filename_parser as ours
from volio.errors import FilenameError
from volio.tests.compat.oracle import assert_alike

NAMES = [
    "/p/test.nii",
    "/p/test",
    "/p/test.hdr.gz",
    "/p/test.IMG.gz",
    "/p/test.IMG.GZ",
    "/p/test.foo",
    "/p/test.img.bz2",
    "/p/testext1",
    "/p/test.",
    "/p/test.gz",
    ".nii",
    "/p/.nii",
    "/p/test.mat",
    "a/.b",
    ".gz",
    "a..gz",
    "/p/test.nii.gz",
    "/p.x/t.img",
    "x.IMG",
]
TYPES = [
    (("image", ".nii"),),
    (("header", ".hdr"), ("image", ".img")),
    (("header", ".hdr"), ("image", ".img"), ("mat", ".mat")),
    (("t1", "ext1"), ("t2", "ext2")),
    (("image", None),),
    (("image", ".img"), ("header", ".HDR")),
]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("suffixes", [(".gz", ".bz2"), (), (".foo",)])
def test_names(name: str, suffixes: tuple[str, ...]):
    for match_case in (True, False):
        args = (name, suffixes, match_case)
        assert_alike(theirs.splitext_addext, ours.splitext_addext, *args)
        for types in TYPES:
            args = (name, types, suffixes, match_case)
            assert_alike(theirs.parse_filename, ours.parse_filename, *args)
            for enforce in (True, False):
                args = (name, types, suffixes, enforce, match_case)
                assert_alike(theirs.types_filenames, ours.types_filenames, *args)


def test_the_name_given_stays_as_written():
    types = (("header", ".hdr"), ("image", ".img"))
    assert ours.types_filenames("a.Img", types) == {"header": "a.hdr", "image": "a.Img"}


def test_paths_and_folders_with_dots():
    path = Path("a") / "b.nii.zst"
    assert ours.splitext_addext(path) == (str(Path("a") / "b"), ".nii", ".zst")
    assert ours.splitext_addext("a.b/c") == ("a.b/c", "", "")


def test_errors_say_what_was_found():
    with pytest.raises(FilenameError, match=r"a\.foo: must end in one of \.nii, got \.foo"):
        ours.types_filenames("a.foo", (("image", ".nii"),))
    with pytest.raises(ours.TypesFilenamesError, match=r"a\.gz: needs one of \.nii before \.gz"):
        ours.types_filenames("a.gz", (("image", ".nii"),))
