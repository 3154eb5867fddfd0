import sys
from pathlib import Path

import numpy as np
import pytest

import volio
from volio.cli import main
from volio.errors import FilenameError, UsageError
from volio.files.names import companion_names, expanded, split_compression, split_ending
from volio.files.remote.addresses import is_address

PAIR = (("header", ".hdr"), ("image", ".img"))


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("a.nii.gz", ("a.nii", ".gz")),
        ("d.gz/A.NII.GZ", ("d.gz/A.NII", ".GZ")),
        ("a.mgh.zst", ("a.mgh", ".zst")),
        ("d.gz/a.nii", ("d.gz/a.nii", "")),
        (".gz", (".gz", "")),
        ("", ("", "")),
    ],
)
def test_split_compression(name, parts):
    assert split_compression(name) == parts


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("d/a.nii.gz", ("d/a", ".nii", ".gz")),
        ("a.dtseries.nii", ("a", ".dtseries.nii", "")),
        ("a.Nii", ("a", ".Nii", "")),
        ("a.mgz", ("a.mgz", "", "")),
        (".nii", (".nii", "", "")),
    ],
)
def test_split_ending(name, parts):
    assert split_ending(name, (".nii", ".dtseries.nii")) == parts


@pytest.mark.parametrize(
    ("name", "header", "image"),
    [
        ("a.img", "a.hdr", "a.img"),
        ("d.x/a.hdr.gz", "d.x/a.hdr.gz", "d.x/a.img.gz"),
        ("A.IMG.gz", "A.HDR.gz", "A.IMG.gz"),
        ("A.Img", "A.hdr", "A.Img"),
        ("d.x/a", "d.x/a.hdr", "d.x/a.img"),
        ("a.gz", "a.hdr.gz", "a.img.gz"),
    ],
)
def test_companion_names(name, header, image):
    assert companion_names(name, PAIR) == {"header": header, "image": image}


@pytest.mark.parametrize("name", ["a.foo", "a.foo.gz", "", "d/"])
def test_other_endings_are_refused(name):
    with pytest.raises(FilenameError, match=r"must end in \.hdr or \.img"):
        companion_names(name, PAIR)


def test_without_default_the_ending_is_needed():
    with pytest.raises(FilenameError, match=r"^a: "):
        companion_names("a", PAIR, default=False)


@pytest.fixture
def no_fsspec(monkeypatch: pytest.MonkeyPatch) -> None:
    """Local files need no package for addresses."""
    monkeypatch.setitem(sys.modules, "fsspec", None)
    monkeypatch.setitem(sys.modules, "fsspec.core", None)


@pytest.mark.usefixtures("no_fsspec")
@pytest.mark.parametrize("name", ["a b.nii.gz", "a.hdr", "a%20b.nii", "a.ome.zarr", "a.mnc"])
@pytest.mark.parametrize("begin", ["file://", "file://localhost", "FILE://"])
def test_addresses_of_local_files_need_no_package(begin: str, name: str, tmp_path: Path):
    img = volio.Nifti1Image(np.arange(24, dtype=np.int16).reshape(2, 3, 4), np.eye(4))
    volio.save(img, tmp_path / name)
    address = f"{begin}{tmp_path.as_posix()}/{name}"
    assert not is_address(address)
    assert np.array_equal(np.asanyarray(volio.load(address).dataobj), img.get_fdata())
    assert volio.identify(address).name == volio.identify(tmp_path / name).name
    target = f"{begin}{tmp_path.as_posix()}/new{name}".replace("%20", "").replace(" ", "%20")
    volio.convert(address, target)
    volio.convert(address, target)  # in place of what is there
    new = tmp_path / f"new{name}".replace("%20", "")
    assert np.array_equal(np.asanyarray(volio.load(new).dataobj), img.get_fdata())
    assert not (tmp_path / "file:").exists()


@pytest.mark.usefixtures("no_fsspec")
def test_commands_take_addresses_of_local_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    img = volio.Nifti1Image(np.arange(24, dtype=np.int16).reshape(2, 3, 4), np.eye(4))
    volio.save(img, tmp_path / "a.nii")
    address = f"file://{tmp_path.as_posix()}/"
    assert main(["ls", f"{address}a.nii"]) == 0
    assert "a.nii" in capsys.readouterr().out
    assert main(["convert", f"{address}a.nii", f"{address}b.mgz"]) == 0
    assert np.array_equal(volio.load(tmp_path / "b.mgz").get_fdata(), img.get_fdata())
    assert main(["convert", f"{address}a.nii", f"{address}b.mgz"]) != 0
    assert "exists already" in capsys.readouterr().err
    assert main(["convert", f"{address}a.nii", "-o", f"{address}out", "--ext", ".mgz"]) == 0
    assert (tmp_path / "out" / "a.mgz").is_file()


def test_methods_of_images_take_addresses_of_local_files(tmp_path: Path):
    img = volio.Nifti1Image(np.arange(24, dtype=np.int16).reshape(2, 3, 4), np.eye(4))
    address = f"file://{tmp_path.as_posix()}/a.nii"
    img.to_filename(address)
    found = volio.Nifti1Image.from_filename(address)
    assert np.array_equal(found.get_fdata(), img.get_fdata())
    assert (tmp_path / "a.nii").is_file()


def test_files_of_other_computers_are_refused():
    with pytest.raises(UsageError, match=r"names a file of the computer 'server'; of this one"):
        volio.load("file://server/share/a.nii")


@pytest.mark.parametrize(
    ("address", "path"),
    [("file:///C:/a%20b.nii", "C:/a b.nii"), ("file:///a", "/a"), ("a.nii", "a.nii")],
)
def test_paths_of_addresses(address: str, path: str):
    assert expanded(address) == path
