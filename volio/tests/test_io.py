import bz2
import gzip
import io
import lzma
import os
import pickle
import re
import warnings
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import nibabel
import numpy as np
import pytest

import volio
from volio.display import ImageLayer, plot_ortho, save_gif, save_png
from volio.errors import (
    FilenameError,
    ImageFileError,
    MissingFileError,
    RemoteError,
    UnknownFormatError,
    UsageError,
    VolioWarning,
)
from volio.formats.table import FORMATS

AFFINE = np.diag([2, 3, 4, 1.0])
VOXELS = np.arange(3 * 4 * 5, dtype=np.int16).reshape(3, 4, 5)


@pytest.fixture
def plain(tmp_path):
    path = tmp_path / "a.nii"
    nibabel.Nifti1Image(VOXELS, AFFINE).to_filename(path)
    return path


def values(img):
    return np.asarray(img.dataobj)


@pytest.mark.parametrize("given", [str, lambda p: p, lambda p: p.read_bytes()])
def test_load_takes_names_paths_and_bytes(plain, given):
    np.testing.assert_array_equal(values(volio.load(given(plain))), VOXELS)


def test_load_takes_open_files(plain):
    with plain.open("rb") as file:
        np.testing.assert_array_equal(values(volio.load(file)), VOXELS)
    stream = io.BytesIO(b"xyz" + plain.read_bytes())
    stream.seek(3)
    np.testing.assert_array_equal(values(volio.load(stream)), VOXELS)


@pytest.fixture
def served(plain):
    """Return the address at which the folder of `plain` is served."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *arguments):
            pass

    handler = partial(Quiet, directory=str(plain.parent))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_load_takes_addresses(plain, served):
    (plain.parent / "b.nii.gz").write_bytes(gzip.compress(plain.read_bytes()))
    for name in ("a.nii", "b.nii.gz"):
        img = volio.load(f"{served}/{name}")
        np.testing.assert_array_equal(values(img), VOXELS)
        assert img.get_filename() == f"{served}/{name}"
    again = volio.Nifti1Image.from_url(f"{served}/b.nii.gz")
    np.testing.assert_array_equal(values(again), VOXELS)
    with pytest.raises(RemoteError, match=r"c\.nii.*404"):
        volio.load(f"{served}/c.nii")


def test_load_takes_pipes(plain):
    read, write = os.pipe()
    with os.fdopen(read, "rb") as source, os.fdopen(write, "wb") as sink:
        sink.write(plain.read_bytes())
        sink.close()
        np.testing.assert_array_equal(values(volio.load(source)), VOXELS)


@pytest.mark.parametrize("pack", [bytes, gzip.compress, bz2.compress, lzma.compress])
@pytest.mark.parametrize("name", ["b.nii", "b.nii.gz", "b.nii.zst", "b.dat", "b"])
def test_content_beats_the_name(plain, pack, name):
    path = plain.parent / name
    path.write_bytes(pack(plain.read_bytes()))
    img = volio.load(path)
    assert type(img) is volio.Nifti1Image
    np.testing.assert_array_equal(values(img), VOXELS)


def test_home_is_found(plain, monkeypatch):
    monkeypatch.setenv("HOME", str(plain.parent))
    assert volio.load("~/a.nii").shape == VOXELS.shape


def test_a_format_can_be_forced(tmp_path):
    nibabel.AnalyzeImage(VOXELS, None).to_filename(tmp_path / "a.img")
    for name, cls in (
        ("analyze", volio.AnalyzeImage),
        ("spm99", volio.Spm99AnalyzeImage),
        ("spm2", volio.Spm2AnalyzeImage),
    ):
        assert type(volio.load(tmp_path / "a.img", format=name)) is cls
    with pytest.raises(UsageError, match="format: must be one of"):
        volio.load(tmp_path / "a.img", format="dicom5")


@pytest.mark.parametrize("name", ["a.hdr", "a.img"])
def test_either_file_of_a_pair_is_named(tmp_path, name):
    nibabel.Nifti1Pair(VOXELS, AFFINE).to_filename(tmp_path / "a.img")
    img = volio.load(tmp_path / name)
    assert type(img) is volio.Nifti1Pair
    np.testing.assert_array_equal(values(img), VOXELS)


def test_the_header_of_a_pair_alone_is_no_image(tmp_path):
    nibabel.Nifti1Pair(VOXELS, AFFINE).to_filename(tmp_path / "a.img")
    with pytest.raises(ImageFileError, match="header of a pair"):
        volio.load((tmp_path / "a.hdr").read_bytes())


def test_what_is_not_there_and_what_is_nothing(tmp_path):
    with pytest.raises(MissingFileError, match=r"nope\.nii"):
        volio.load(tmp_path / "nope.nii")
    with pytest.raises(FileNotFoundError, match=r"nope\.nii: no such file"):
        volio.load(tmp_path / "nope.nii")
    (tmp_path / "b.nii").write_bytes(b"no image at all" * 99)
    with pytest.raises(UnknownFormatError, match=r"b\.nii.*first bytes are 6e 6f.*NIfTI-1"):
        volio.load(tmp_path / "b.nii")
    (tmp_path / "c.nii").write_bytes(b"")
    with pytest.raises(UnknownFormatError, match="empty"):
        volio.load(tmp_path / "c.nii")


def test_formats_are_identified(plain):
    assert volio.identify(plain).name == "nifti1"
    assert volio.identify(plain.read_bytes()).title == "NIfTI-1"
    volio.save(volio.load(plain), plain.parent / "a.mgz")
    assert volio.identify(plain.parent / "a.mgz").name == "mgh"


@pytest.mark.parametrize(
    ("name", "cls"),
    [
        ("b.nii", "Nifti1Image"),
        ("b.nii.gz", "Nifti1Image"),
        ("b.hdr", "Nifti1Pair"),
        ("b.img.xz", "Nifti1Pair"),
        ("b.mgh", "MGHImage"),
        ("b.mgz", "MGHImage"),
        ("b.mgh.zst", "MGHImage"),
    ],
)
def test_the_ending_says_the_format(plain, name, cls):
    volio.save(volio.load(plain), plain.parent / name)
    img = volio.load(plain.parent / name)
    assert type(img).__name__ == cls
    np.testing.assert_array_equal(values(img), VOXELS)
    np.testing.assert_allclose(img.affine, AFFINE)


def test_an_image_keeps_its_format_under_its_ending(plain):
    img = volio.Nifti2Image.from_image(volio.load(plain))
    volio.save(img, plain.parent / "b.nii.gz")
    assert type(volio.load(plain.parent / "b.nii.gz")) is volio.Nifti2Image
    volio.save(img, plain.parent / "b.hdr")
    assert type(volio.load(plain.parent / "b.hdr")) is volio.Nifti2Pair
    volio.save(img, plain.parent / "c.nii", format="nifti1")
    assert type(volio.load(plain.parent / "c.nii")) is volio.Nifti1Image


def test_axes_too_long_for_nifti1_go_into_nifti2(tmp_path):
    long = np.zeros((2, 40000, 1), np.uint8)
    img = volio.MGHImage(long, AFFINE)
    volio.save(img, tmp_path / "a.nii.gz")
    again = volio.load(tmp_path / "a.nii.gz")
    assert type(again) is volio.Nifti2Image
    assert again.shape == long.shape


def test_endings_that_nothing_writes(plain):
    with pytest.raises(FilenameError, match=r"'\.txt'; endings that can be written: \.nii"):
        volio.save(volio.load(plain), plain.parent / "b.txt")
    with pytest.raises(FilenameError, match="as mgh"):
        volio.save(volio.load(plain), plain.parent / "b.nii", format="mgh")


def test_convert(plain):
    target = plain.parent / "b.mgz"
    volio.convert(plain, target, dtype=np.float32)
    assert volio.load(target).get_data_dtype() == np.dtype(">f4")
    with pytest.raises(UsageError, match="exists already"):
        volio.convert(plain, target, overwrite=False)


def test_images_of_other_packages_are_saved(tmp_path):
    theirs = nibabel.Nifti1Image(np.arange(24, dtype=np.int16).reshape(2, 3, 4), np.eye(4))
    for name in ("a.nii.gz", "a.mgz"):
        volio.save(theirs, tmp_path / name)
        np.testing.assert_array_equal(volio.load(tmp_path / name).get_fdata(), theirs.get_fdata())


@pytest.mark.parametrize("thing", [None, np.zeros((2, 3, 4)), "a.nii"])
def test_what_is_no_image_is_not_saved(tmp_path, thing):
    with pytest.raises(UsageError, match="must be an image"):
        volio.save(thing, tmp_path / "a.nii")
    assert not list(tmp_path.iterdir())


def test_floats_are_not_narrowed_by_a_format_between():
    voxels = np.arange(24).reshape(2, 3, 4) / 7
    narrow = volio.MGHImage(voxels, np.eye(4))
    assert narrow.get_data_dtype().name == "float32"
    assert volio.Nifti1Image.from_image(narrow).get_data_dtype().name == "float64"
    narrow.header.set_data_dtype(np.int16)
    assert volio.Nifti1Image.from_image(narrow).get_data_dtype().name == "int16"


@pytest.mark.parametrize("ending", ["", *sorted({end for row in FORMATS for end in row.endings})])
def test_names_that_no_file_can_have_are_told(ending):
    with pytest.raises(ImageFileError, match=r"cannot be opened: .*too long"):
        volio.load("9" * 999 + ending)


# Names without an ending.


@pytest.mark.parametrize(
    ("cls", "names"),
    [
        (volio.Nifti1Image, ["scan.nii"]),
        (volio.Nifti2Image, ["scan.nii"]),
        (volio.Nifti1Pair, ["scan.hdr", "scan.img"]),
        (volio.MGHImage, ["scan.mgh"]),
        (volio.AFNIImage, ["scan.BRIK", "scan.HEAD"]),
        (volio.NrrdPair, ["scan.nhdr", "scan.raw"]),
        (volio.Minc1Image, ["scan.mnc"]),
        (volio.EcatImage, ["scan.v"]),
        (volio.MifImage, ["scan.mif"]),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
@pytest.mark.parametrize("how", ["save", "to_filename"])
def test_a_name_without_ending_gets_that_of_the_class(tmp_path, cls, names, how):
    img = cls(np.arange(24, dtype=np.int16).reshape(2, 3, 4), np.eye(4))
    if how == "save":
        volio.save(img, tmp_path / "scan")
    else:
        img.to_filename(tmp_path / "scan")
    assert sorted(path.name for path in tmp_path.iterdir()) == names
    back = volio.load(tmp_path / names[-1])
    assert type(back) is cls
    assert back.get_fdata().sum() == 276


@pytest.mark.parametrize("how", [volio.save, lambda img, name: img.to_filename(name)])
@pytest.mark.parametrize(
    ("cls", "names"),
    [
        (volio.Nifti1Image, ["scan.nii.gz"]),
        (volio.Nifti1Pair, ["scan.hdr.gz", "scan.img.gz"]),
        (volio.MGHImage, ["scan.mgh.gz"]),
        (volio.AFNIImage, ["scan.BRIK.gz", "scan.HEAD"]),
    ],
)
def test_a_name_of_a_compression_alone_gets_the_ending_of_the_class(tmp_path, cls, names, how):
    voxels = np.arange(24, dtype=np.int16).reshape(2, 3, 4, 1)
    how(cls(voxels, np.eye(4)), str(tmp_path / "scan.gz"))
    assert sorted(path.name for path in tmp_path.iterdir()) == names
    found = volio.load(tmp_path / names[0]).get_fdata()
    np.testing.assert_array_equal(found.reshape(voxels.shape), voxels)


@pytest.mark.parametrize(
    ("header", "voxels"),
    [("a.HDR", "a.img"), ("a.hdr", "a.IMG"), ("a.Hdr", "a.IMG.gz"), ("a.hdr", "a.img.GZ")],
)
def test_files_of_an_image_may_differ_in_upper_and_lower_case(tmp_path, header, voxels):
    volio.save(volio.Nifti1Pair(VOXELS, AFFINE), tmp_path / "b.hdr")
    content = (tmp_path / "b.img").read_bytes()
    packed = gzip.compress(content) if voxels.lower().endswith("gz") else content
    (tmp_path / voxels).write_bytes(packed)
    (tmp_path / "b.hdr").rename(tmp_path / header)
    (tmp_path / "b.img").unlink()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for name in (header, voxels):
            np.testing.assert_array_equal(volio.load(tmp_path / name).dataobj, VOXELS)
    # Another compression is worth a word, as before; another case is not.
    assert {each.category for each in caught} <= {VolioWarning}
    assert bool(caught) == voxels.lower().endswith("gz")
    (tmp_path / "a.imG").write_bytes(content)
    (tmp_path / "a.iMg").write_bytes(content)
    (tmp_path / voxels).unlink()
    with pytest.raises(MissingFileError, match="no such file"):
        np.asarray(volio.load(tmp_path / header).dataobj)


HEADER_FILES = {"a.hdr": "a.img", "a+orig.HEAD": "a+orig.BRIK", "a.nhdr": "a.raw", "a.mhd": "a.raw"}


@pytest.mark.parametrize("header", HEADER_FILES)
def test_headers_without_their_voxels_are_read(header, tmp_path):
    volio.save(volio.Nifti1Image(VOXELS, AFFINE), tmp_path / header)
    missing = next(path for path in tmp_path.iterdir() if path.suffix != Path(header).suffix)
    missing.unlink()
    assert missing.name.startswith(HEADER_FILES[header])
    img = volio.load(tmp_path / header)
    assert img.shape[:3] == VOXELS.shape  # AFNI has an axis of volumes
    assert img.get_data_dtype() == VOXELS.dtype
    np.testing.assert_allclose(img.affine, AFFINE)
    message = rf"{re.escape(missing.name)}: no such file.*{re.escape(header)} (needs|names) it"
    for again in (img, pickle.loads(pickle.dumps(img))):
        with pytest.raises(MissingFileError, match=message):
            np.asarray(again.dataobj)
    with pytest.raises(MissingFileError, match=message):
        volio.save(img, tmp_path / "b.nii.gz")
    assert sorted(path.name for path in tmp_path.iterdir()) == [header]


def test_a_name_without_ending_that_could_be_several_is_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    data = np.zeros((2, 3, 4), np.int16)
    img = volio.Nifti1Image(data, np.eye(4))
    for other in (volio.SpatialImage(data, np.eye(4)), nibabel.Nifti1Image(data, np.eye(4))):
        with pytest.raises(FilenameError, match="scan: has no ending; endings that can be written"):
            volio.save(other, "scan")
    with pytest.raises(FilenameError, match=r"scan: has no ending; .*: \.mif, \.mih, \.dat"):
        volio.save(img, "scan", format="mif")
    with pytest.raises(FilenameError, match=r"scan\.gz: has no ending"):
        volio.save(volio.SpatialImage(data, np.eye(4)), "scan.gz")
    volio.save(img, "one.nii")
    with pytest.raises(FilenameError, match="two: has no ending"):
        volio.convert("one.nii", "two")
    assert [path.name for path in tmp_path.iterdir()] == ["one.nii"]
    volio.save(img, "two", format="ecat")  # which has one ending
    volio.save(img, "three", format="nifti1")  # that of the image
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one.nii", "three.nii", "two.v"]


PICTURE = np.zeros((4, 5, 4), np.uint8)

#: Arguments in the wrong order, or of another kind; and what the error says of them.
SWAPPED = {
    "save": (lambda img: volio.save("a.nii", img), "filename: must be a path, got Nifti1Image"),
    "save to a number": (lambda img: volio.save(img, 3), "filename: must be a path, got int"),
    "to_filename": (lambda img: img.to_filename(img), "filename: must be a path, got Nifti1Image"),
    "to_html": (lambda img: img.to_html([], "a.html"), "path: must be a path, got list"),
    "save_png": (lambda img: save_png("a.png", PICTURE), "path: must be a path, got ndarray"),
    "save_png to nothing": (lambda img: save_png(PICTURE, None), "path: must be a path, got None"),
    "save_png of an image": (lambda img: save_png(img, "a.png"), "is a volume, not an array"),
    "save_gif": (lambda img: save_gif("a.gif", [PICTURE]), "path: must be a path, got list"),
    "output_file": (lambda img: plot_ortho(img, output_file=img), "output_file: must be a path"),
    "layer.save": (lambda img: ImageLayer.from_image(img).save(img), "path: must be a path"),
    "create": (lambda img: volio.create(img, (2, 3, 4)), "filename: must be a path"),
    "convert": (lambda img: volio.convert(img, "a.nii"), "where: must be a path"),
    "load": (lambda img: volio.load(img), "where: must be a path"),
    "concat_images": (lambda img: volio.concat_images(img), "images: must be several"),
    "concat_images of a name": (
        lambda img: volio.concat_images("a.nii"),
        "images: must be several",
    ),
    "resample": (lambda img: volio.resample_from_to(img, "a.nii"), "to_vox_map: must be an image"),
    "from_image": (lambda img: type(img).from_image("a.nii"), "img: must be an image, got str"),
    "from_bytes": (lambda img: type(img).from_bytes("a.nii"), "bytestring: must be bytes, got str"),
}


@pytest.mark.parametrize("name", SWAPPED)
def test_swapped_arguments_are_errors_that_name_them(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    call, message = SWAPPED[name]
    img = volio.Nifti1Image(np.arange(24, dtype=np.int16).reshape(2, 3, 4), np.eye(4))
    with pytest.raises(UsageError, match=message):
        call(img)
    assert list(tmp_path.iterdir()) == []
