"""Which format a file or folder is recognised as, and what errors say of the others."""

from __future__ import annotations

import struct
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

import numpy as np
import pytest

import volio
from volio.cli.options.inputs import find_inputs
from volio.errors import AmbiguousFormatError, ImageFileError, UnknownFormatError
from volio.files.sources.source import BytesSource
from volio.formats.format import FileLayout, Format
from volio.formats.lookup import format_named, format_of
from volio.formats.peek import Peek
from volio.formats.recognise import recognise
from volio.formats.signatures import WEAK, magic
from volio.testing.registering import registered

PREAMBLE = struct.pack("<i", 348).ljust(128, b"\0")
NIFTI = volio.Nifti1Header().binaryblock


class NamesImage(volio.SpatialImage):
    """A folder or zip file whose image counts the names in it."""

    @classmethod
    def from_file_map(cls, file_map: Any, **options: Any) -> Self:
        listing = Peek(file_map["image"].filename, None).listing
        return cls(np.zeros((len(listing), 1, 1)), None, file_map=file_map)


def seen(head: bytes, name: str = "") -> Peek:
    """A peek at a file that begins with these bytes."""
    return Peek(name, BytesSource(head))


def row(score: Callable[[Peek], int], name: str = "names", **options: Any) -> Format:
    """A format with one layout, whose files end in .names."""
    layout = FileLayout("NamesImage", (".names",), score, **options)
    return Format(name, name.title(), "volume", (layout,), write=False, module_name=__name__)


def must_not_be_asked(peek: Peek) -> int:
    raise AssertionError(f"was asked about {peek.name}")


def test_equally_good_formats_are_refused() -> None:
    with (
        registered(row(magic(344, b"n+1"), by_name=False)),
        pytest.raises(
            AmbiguousFormatError, match=r"^a\.dat: looks like NIfTI-1 and Names; .*format="
        ),
    ):
        recognise(seen(NIFTI, "a.dat"))


@pytest.mark.parametrize(("name", "format"), [("a.nii", "nifti1"), ("a.names.gz", "names")])
def test_a_name_settles_a_tie(name: str, format: str) -> None:
    with registered(row(magic(344, b"n+1"))):
        assert recognise(seen(NIFTI, name))[0].name == format


def test_better_content_beats_the_name() -> None:
    with registered(row(lambda peek: 99)):
        assert recognise(seen(NIFTI, "a.names"))[0].name == "nifti1"
    with registered(row(lambda peek: 101)):
        assert recognise(seen(NIFTI, "a.nii"))[0].name == "names"


@pytest.mark.parametrize("size", [0, 5, 4095, 4096, 9000])
def test_a_layout_without_magic_goes_by_name_and_size(size: int) -> None:
    with registered(row(lambda peek: WEAK * (peek.size == size), by_name=True)):
        assert recognise(seen(b"\5" * size, "a.names"))[0].name == "names"
        with pytest.raises(UnknownFormatError, match="no format of volio recognises it"):
            recognise(seen(b"\5" * (size + 1), "a.names"))


@pytest.mark.parametrize(
    ("head", "format"), [(NIFTI, "nifti1"), (PREAMBLE.ljust(348, b"\0"), "spm2")]
)
def test_a_name_alone_never_beats_content(head: bytes, format: str) -> None:
    with registered(row(must_not_be_asked, by_name=True)):
        assert recognise(seen(head, "a.names"))[0].name == format
        with pytest.raises(UnknownFormatError, match="looks like PNG"):
            recognise(seen(b"\x89PNG", "a.names"))


def test_a_layout_without_magic_is_not_asked_about_other_names() -> None:
    with (
        registered(row(must_not_be_asked, by_name=True)),
        pytest.raises(UnknownFormatError, match="no format of volio recognises it"),
    ):
        recognise(seen(b"\5" * 400, "a.nii"))


def test_two_layouts_without_magic_are_a_tie() -> None:
    twins = [row(lambda peek: WEAK, name, by_name=True) for name in ("one", "two")]
    with registered(*twins), pytest.raises(AmbiguousFormatError, match="One and Two"):
        recognise(seen(b"\5" * 400, "a.names"))


@pytest.mark.parametrize("format", [None, "nifti1", "parrec"])
@pytest.mark.parametrize("ending", ["", ".nii", "/"])
def test_a_folder_that_no_format_takes(tmp_path: Path, ending: str, format: str | None) -> None:
    folder = tmp_path / f"scans{ending.strip('/')}"
    folder.mkdir()
    (folder / "a.nii").write_bytes(NIFTI)
    given = f"{folder}/" if ending == "/" else folder
    with pytest.raises(ImageFileError, match=rf"^{folder}: is a folder, a file is needed$"):
        volio.load(given, format=format)


@pytest.mark.parametrize("given", [str, Path, lambda path: f"{path}/"])
def test_a_folder_is_an_image_where_a_format_takes_it(tmp_path: Path, given: Any) -> None:
    folder = tmp_path / "scan.names"
    folder.mkdir()
    for name in ("b", "names.json", "a"):
        (folder / name).touch()
    taken = row(lambda peek: 100 * ("names.json" in (peek.listing or ())), folder=True)
    other = row(must_not_be_asked, "other")
    with registered(other, taken):
        img = volio.load(given(folder))
        assert type(img) is NamesImage
        assert img.shape == (3, 1, 1)
        assert img.get_filename() is not None
        assert Path(img.get_filename()) == folder
        assert volio.identify(given(folder)) is taken
        (folder / "names.json").unlink()
        with pytest.raises(ImageFileError, match="is a folder, a file is needed"):
            volio.load(given(folder))
        assert volio.load(given(folder), format="names").shape == (2, 1, 1)


def test_a_folder_that_is_an_image_counts_as_a_file(tmp_path: Path) -> None:
    (tmp_path / "deep" / "scan.names").mkdir(parents=True)
    (tmp_path / "other.names").mkdir()
    for name in ("deep/scan.names/a.nii", "deep/b.nii", "other.names/c.nii"):
        (tmp_path / name).write_bytes(NIFTI)

    def found(*words: Any, recursive: bool = False) -> list[str]:
        return [str(each.name) for each in find_inputs(map(str, words), recursive)]

    deep = tmp_path / "deep"
    assert found(deep / "scan.names") == ["a.nii"]
    assert found(deep) == ["b.nii"]
    taken = row(lambda peek: 100 * peek.name.endswith("scan.names"), folder=True)
    with registered(taken):
        assert found(deep / "scan.names") == found(f"{deep}/scan.names/") == ["scan.names"]
        assert found(deep) == ["b.nii", "scan.names"]
        assert found(tmp_path) == []
        everything = ["deep/b.nii", "deep/scan.names", "other.names/c.nii"]
        assert found(tmp_path, recursive=True) == everything


def test_formats_are_found_by_their_classes() -> None:
    assert format_of(volio.MGHImage) is format_named("mgh")
    assert format_of(volio.Minc1Image) is format_named("minc1")
    assert format_of(type("Mine", (volio.Nifti2Pair,), {})) is format_named("nifti2")
    assert format_of(volio.Nifti2Header) is format_named("nifti2")
    assert format_of(volio.SpatialImage) is None
    assert format_of(type("MGHImage", (), {})) is None
    with registered(mine := row(lambda peek: 0)):
        assert format_of(NamesImage) is mine
    assert format_of(NamesImage) is None


@pytest.mark.parametrize(
    ("name", "head", "title"),
    [
        ("a.dfs", b"DFS_LE v2.0\0", "a surface of BrainSuite"),
        ("a.nv", b"8\n0 0 0\n", "a surface of BrainNet Viewer"),
        ("a.wrl", b"#VRML V2.0 utf8\n", "a scene in VRML"),
        ("a.x3d", b'<?xml version="1.0"?>\n<!DOCTYPE X3D PUBLIC "x">\n<X3D>', "a scene in X3D"),
    ],
)
def test_surfaces_that_are_not_read_are_named(name: str, head: bytes, title: str) -> None:
    with pytest.raises(UnknownFormatError, match=f"{name}: looks like {title}, which volio does"):
        recognise(seen(head, name))


def test_kinds_of_files_that_have_a_format_are_not_called_unread() -> None:
    png = b"\x89PNG"
    scan = b"\0" * 128 + b"DICM"
    with pytest.raises(UnknownFormatError, match="looks like DICOM"):
        recognise(seen(scan))
    reader = row(lambda peek: WEAK * peek.head.startswith(scan), "dicom")
    with registered(reader):
        assert recognise(seen(scan)) == (reader, reader.layouts[0])
        with pytest.raises(UnknownFormatError, match="looks like PNG"):
            recognise(seen(png))
    with (
        registered(replace(reader, name="dicom")),
        pytest.raises(UnknownFormatError, match="the first bytes are 05 05") as told,
    ):
        recognise(seen(b"\5\5", "a.dcm"))
    assert "looks like" not in str(told.value)


@pytest.mark.parametrize(
    ("head", "title"),
    [
        (b"\0" * 128 + b"DICM\x02\0\0\0", "DICOM"),
        (PREAMBLE + b"DICM".ljust(400, b"\0"), "DICOM"),  # looks like Analyze by its size
        (b"CDF\x05\0\0\0\0", "NetCDF"),
        (b"mrtrix track scalars\n", "values per point of an MRtrix .tck"),
        (b"<!DOCTYPE html><html>", "web page"),
        (b"version https://git-lfs.github.com/spec/v1\n", "git lfs pull"),
        (b"../.git/annex/objects/fX/1j/MD5E-s12--ab.nii.gz", "git annex get"),
    ],
)
def test_the_first_bytes_name_the_format(head: bytes, title: str) -> None:
    with pytest.raises(UnknownFormatError, match=title):
        recognise(seen(head, "scan.nii"))


@pytest.mark.parametrize(("name", "title"), [("a+orig.BRIK.gz", "AFNI"), ("T1.REC", "PAR/REC")])
def test_a_name_tells_where_the_bytes_do_not(name: str, title: str) -> None:
    with pytest.raises(UnknownFormatError, match=title):
        recognise(seen(b"\5" * 400, name))


def test_an_image_without_its_header_says_so(tmp_path: Path) -> None:
    (tmp_path / "scan.img").write_bytes(bytes(1000))
    with pytest.raises(UnknownFormatError, match=r"the \.hdr file .* is not there"):
        volio.load(tmp_path / "scan.img")


@pytest.mark.parametrize("text", [b"\n", b" ", b"\n ", b" \n", b"\r\n", b"a\n", b"a=1\n"])
def test_long_texts_of_no_format_are_looked_at_in_an_instant(text: bytes, tmp_path: Path) -> None:
    where = tmp_path / "text"
    where.write_bytes(text * (4096 // len(text)))
    begun = time.process_time()
    with pytest.raises(UnknownFormatError, match="text"):
        volio.load(where)
    assert time.process_time() - begun < 2.0
