"""Files opened by the ending of their name."""

from __future__ import annotations

import gzip
import io
from pathlib import Path

import nibabel.openers as theirs
import pytest

import volio.compat.nibabel.openers as ours
from volio.errors import MissingFileError, UsageError

TEXT = b"hello\nworld\n"
ENDINGS = ["", ".gz", ".bz2", ".zst", ".mgz", ".GZ", ".xz"]


@pytest.mark.parametrize("ending", ENDINGS)
def test_round_trip(tmp_path: Path, ending: str):
    path = tmp_path / f"a.txt{ending}"
    with ours.ImageOpener(path, "wb") as file:
        file.writelines([TEXT[:3], TEXT[3:6]])
        assert file.write(TEXT[6:]) == len(TEXT) - 6
        assert file.tell() == len(TEXT)
        assert file.mode == "wb"
    assert file.closed
    assert (path.read_bytes() == TEXT) == (not ending)
    with ours.ImageOpener(str(path)) as file:
        assert (file.name, file.mode, file.me_opened) == (str(path), "rb", True)
        assert (file.read(3), file.tell()) == (TEXT[:3], 3)
        assert file.seek(0) == 0
        assert list(file) == TEXT.splitlines(keepends=True)
        file.seek(-3, 1)
        buffer = bytearray(5)
        assert file.readinto(buffer) == 3
    if ending != ".xz":
        with theirs.ImageOpener(str(path)) as file:
            assert file.read() == TEXT


@pytest.mark.parametrize("ending", [".gz", ".bz2", ".zst", ".mgz"])
def test_files_of_nibabel(tmp_path: Path, ending: str):
    path = str(tmp_path / f"a.txt{ending}")
    with theirs.ImageOpener(path, "wb") as file:
        file.write(TEXT)
    with ours.ImageOpener(path) as file:
        assert file.read() == TEXT


def test_only_image_openers_know_images(tmp_path: Path):
    path = tmp_path / "a.mgz"
    path.write_bytes(gzip.compress(TEXT))
    with ours.Opener(path) as file:
        assert file.read(2) == b"\x1f\x8b"
    with ours.ImageOpener(path) as file:
        assert file.read(2) == TEXT[:2]


def test_levels_of_compression(tmp_path: Path):
    sizes = []
    for level in (1, 9):
        path = tmp_path / f"{level}.mgz"
        with ours.ImageOpener(path, "wb", compresslevel=level) as file:
            file.write(bytes(range(256)) * 400)
        sizes.append(path.stat().st_size)
    assert sizes[1] < sizes[0]


def test_file_objects_stay_open():
    inner = io.BytesIO(TEXT)
    with ours.Opener(inner) as file:
        assert file.read() == TEXT
        assert (file.name, file.me_opened, file.fobj) == (None, False, inner)
        assert isinstance(inner, ours.Fileish)
    file.close_if_mine()
    assert not inner.closed
    file.close()
    assert inner.closed


def test_modes_and_numbers(tmp_path: Path):
    path = tmp_path / "a.txt"
    path.write_bytes(TEXT)
    with ours.Opener(path, "r") as file:
        assert file.read() == TEXT.decode()
        assert file.fileno() > 0
    file = ours.Opener(path, mode="rb", keep_open=True)
    file.close_if_mine()
    assert file.closed


def test_what_cannot_be_opened(tmp_path: Path):
    with pytest.raises(UsageError, match="file name or file object, got 3"):
        ours.Opener(3)
    with pytest.raises(FileNotFoundError, match=r"nothing\.txt"):
        ours.Opener(tmp_path / "nothing.txt")
    with pytest.raises(MissingFileError, match=r"nothing\.txt\.gz: no such file"):
        ours.Opener(tmp_path / "nothing.txt.gz")
    with ours.Opener(tmp_path / "a.gz", "wb") as file:
        assert file.seek(3) == 3
        with pytest.raises(io.UnsupportedOperation, match="byte 3, cannot seek back"):
            file.seek(2)


def test_endings_can_be_added(tmp_path: Path):
    class Mine(ours.Opener):
        compress_ext_map = {**ours.Opener.compress_ext_map, ".up": (open_upper, ("mode",))}

    path = tmp_path / "a.up"
    path.write_bytes(b"abc")
    with Mine(path) as file:
        assert file.read() == b"ABC"


def open_upper(name: str, mode: str = "rb") -> io.BytesIO:
    """Open a file in capitals."""
    return io.BytesIO(Path(name).read_bytes().upper())


def test_endings_in_their_case(tmp_path: Path):
    class Exact(ours.Opener):
        compress_ext_icase = False

    path = tmp_path / "a.GZ"
    path.write_bytes(gzip.compress(TEXT))
    with Exact(path) as file:
        assert file.read(2) == b"\x1f\x8b"
