"""Files that a header names: found in its folder, opened, joined and decoded."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

import volio
from volio.errors import HeaderDataError, ImageFileError, MissingFileError, TruncatedFileError
from volio.files.sources.source import ByteSource

DATA = np.arange(24, dtype=np.int16).reshape(2, 3, 4)
RAW = DATA.tobytes(order="F")
HEAD = "NRRD0005\ntype: short\ndimension: 3\nsizes: 2 3 4\nendian: little\n"


def written(folder: Path, fields: str, payload: bytes = RAW, name: str = "a.nrrd") -> Path:
    """Write a header with its voxels, or alone (.nhdr)."""
    path = folder / name
    end = "" if name.endswith(".nhdr") else "\n"
    path.write_bytes(f"{HEAD}{fields}{end}".encode() + payload)
    return path


def values(path: Path) -> np.ndarray:
    """Return the voxels of a file."""
    return np.asanyarray(volio.load(path).dataobj)


@pytest.mark.parametrize("lines", [b"\n", b"one\n", b"one\n\nthree\n", b"x\n" * 40_000])
def test_lines_before_the_voxels_are_skipped(tmp_path, lines):
    count = lines.count(b"\n")
    path = written(tmp_path, f"encoding: raw\nline skip: {count}\n", lines + RAW)
    np.testing.assert_array_equal(values(path), DATA)


def test_lines_that_are_not_there_are_counted(tmp_path):
    path = written(tmp_path, "encoding: raw\nline skip: 9\n", b"one\ntwo\n" + b"\0" * 48)
    with pytest.raises(HeaderDataError, match=r"a\.nrrd: line skip: 9 lines.*, 7 are missing"):
        volio.load(path)


@pytest.mark.parametrize("encoding", ["raw", "gzip"])
def test_voxels_at_the_end_need_as_many_bytes(tmp_path, encoding):
    pack = gzip.compress if encoding == "gzip" else bytes
    fields = f"encoding: {encoding}\nbyte skip: -1\n"
    np.testing.assert_array_equal(values(written(tmp_path, fields, pack(RAW))), DATA)
    np.testing.assert_array_equal(values(written(tmp_path, fields, pack(b"x" + RAW))), DATA)
    path = written(tmp_path, fields, pack(RAW[1:]))
    with pytest.raises(TruncatedFileError, match=r"a\.nrrd.*24 voxels, int16"):
        volio.load(path)


@pytest.mark.parametrize("count", [5, 7])
def test_voxels_are_shared_evenly(tmp_path, count):
    names = "\n".join(f"{number}.raw" for number in range(count))
    for number in range(count):
        (tmp_path / f"{number}.raw").write_bytes(RAW)
    path = written(tmp_path, f"encoding: raw\ndata file: LIST\n{names}\n", b"", "a.nhdr")
    with pytest.raises(HeaderDataError, match=f"24 voxels cannot be shared.* {count} files"):
        volio.load(path)


def test_each_of_several_files_must_hold_its_share(tmp_path):
    (tmp_path / "x").write_bytes(RAW[:24])
    (tmp_path / "y").write_bytes(RAW[24:-1])
    path = written(tmp_path, "encoding: raw\ndata file: LIST\nx\ny\n", b"", "a.nhdr")
    with pytest.raises(TruncatedFileError, match="y: a share of 24 bytes of the voxels"):
        volio.load(path)
    (tmp_path / "y").write_bytes(RAW[24:])
    np.testing.assert_array_equal(values(path), DATA)


def test_one_name_may_stand_for_several_shares(tmp_path):
    (tmp_path / "x").write_bytes(RAW[:24])
    path = written(tmp_path, "encoding: raw\ndata file: LIST\nx\nx\n", b"", "a.nhdr")
    half = DATA.reshape(-1, order="F")[:12]
    expected = np.concatenate([half, half]).reshape(2, 3, 4, order="F")
    np.testing.assert_array_equal(values(path), expected)


def test_files_that_were_renamed_together_are_found(tmp_path):
    volio.NrrdPair(DATA, np.eye(4)).to_filename(tmp_path / "a.nhdr")
    (tmp_path / "a.nhdr").rename(tmp_path / "b.nhdr")
    np.testing.assert_array_equal(values(tmp_path / "b.nhdr"), DATA)
    (tmp_path / "a.raw").rename(tmp_path / "c.raw")
    with pytest.raises(MissingFileError, match=r"a\.raw.*b\.nhdr names it"):
        values(tmp_path / "b.nhdr")
    (tmp_path / "c.raw").rename(tmp_path / "b.raw")
    image = volio.load(tmp_path / "b.nhdr")
    np.testing.assert_array_equal(image.dataobj, DATA)
    assert Path(image.file_map["image"].filename) == tmp_path / "b.raw"


def test_one_of_several_that_is_missing_is_not_replaced(tmp_path):
    (tmp_path / "a.raw").write_bytes(RAW)
    (tmp_path / "x").write_bytes(RAW)
    path = written(tmp_path, "encoding: raw\ndata file: LIST\nx\ny\n", b"", "a.nhdr")
    with pytest.raises(MissingFileError, match=r"y.*a\.nhdr names it for its voxels"):
        values(path)


@pytest.mark.requires("POSIX")
def test_links_lead_out_of_the_folder_and_names_do_not(tmp_path):
    (tmp_path / "annex").mkdir()
    (tmp_path / "annex" / "key").write_bytes(RAW)
    (tmp_path / "scans").mkdir()
    path = written(tmp_path / "scans", "encoding: raw\ndata file: a.raw\n", b"", "a.nhdr")
    (tmp_path / "scans" / "a.raw").symlink_to("../annex/key")  # as datalad keeps its data
    np.testing.assert_array_equal(values(path), DATA)
    named = "encoding: raw\ndata file: ../annex/key\n"
    path = written(tmp_path / "scans", named, b"", "b.nhdr")
    with pytest.raises(ImageFileError, match=r"'\.\./annex/key' as its data file, outside its own"):
        volio.load(path)


def test_a_header_without_a_folder_has_no_files(tmp_path):
    path = written(tmp_path, "encoding: raw\ndata file: a.raw\n", b"", "a.nhdr")
    with path.open("rb") as stream:
        file_map = volio.NrrdPair.make_file_map({"header": stream})
        with pytest.raises(ImageFileError, match="load the header by its file name"):
            volio.NrrdPair.from_file_map({"header": file_map["header"]})


def heads(source: ByteSource) -> list[bytes | None]:
    """Return the first bytes that a source and those below it keep."""
    below = [getattr(source, name, None) for name in ("base", "file")]
    parts = [*getattr(source, "parts", ()), *below]
    sources = [part for part in parts if isinstance(part, ByteSource)]
    return [source._head, *(head for part in sources for head in heads(part))]


@pytest.mark.parametrize("encoding", ["raw", "gzip", "ascii"])
@pytest.mark.parametrize("cls", [volio.NrrdImage, volio.NrrdPair])
def test_images_keep_no_first_bytes(tmp_path, cls, encoding):
    path = tmp_path / f"a{cls.files_types[0][1]}"
    image = cls(DATA, np.eye(4))
    image.header["encoding"] = encoding
    image.to_filename(path)
    found = [head for source in volio.load(path).dataobj.sources for head in heads(source)]
    assert len(found) >= (1 if encoding == "raw" else 2)
    assert set(found) == {None}


def test_joined_files_keep_no_first_bytes(tmp_path):
    for name, part in (("x", RAW[:24]), ("y", RAW[24:])):
        (tmp_path / name).write_bytes(part)
    path = written(tmp_path, "encoding: raw\ndata file: LIST\nx\ny\n", b"", "a.nhdr")
    found = [head for source in volio.load(path).dataobj.sources for head in heads(source)]
    assert len(found) == 3
    assert set(found) == {None}


@pytest.mark.parametrize(
    ("cls", "name", "data"),
    [
        (volio.NrrdPair, "a.nhdr", "a.raw"),
        (volio.MetaPair, "a.mhd", "a.raw"),
        (volio.MifPair, "a.mih", "a.dat"),
    ],
)
def test_a_data_file_that_was_compressed_after_it_was_named(cls, name, data, tmp_path):
    voxels = np.arange(24, dtype=np.int16).reshape(2, 3, 4)
    volio.save(cls(voxels, np.eye(4)), tmp_path / name)
    packed = tmp_path / f"{data}.gz"
    packed.write_bytes(gzip.compress((tmp_path / data).read_bytes()))
    (tmp_path / data).unlink()
    img = volio.load(tmp_path / name)
    np.testing.assert_array_equal(img.dataobj, voxels)
    assert str(img.file_map["image"].filename) == str(packed)
