"""MRtrix images: what is special about them; the conformance suite tests what every format must."""

from __future__ import annotations

import gzip
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest

import volio
from volio.errors import HeaderDataError, ImageFileError, TruncatedFileError
from volio.tests.formats.peers import TURNED

DATA = np.arange(24, dtype=np.int16).reshape(2, 3, 4)
HEAD = "mrtrix image\ndim: 2,3,4\nvox: 2,3,4\nlayout: +0,+1,+2\ndatatype: Int16LE\n"
RAW = DATA.tobytes(order="F")


def written(folder: Path, head: str = HEAD, payload: bytes = RAW, start: int = 300) -> Path:
    """Write a file in one, with its voxels at a byte."""
    path = folder / "a.mif"
    text = f"{head}file: . {start}\nEND\n".encode()
    path.write_bytes(text.ljust(start, b"\0") + payload)
    return path


def values(path: Path, **options) -> np.ndarray:
    """Return the voxels of a file."""
    return np.asanyarray(volio.load(path, **options).dataobj)


@pytest.mark.parametrize("ranks", list(permutations(range(3))))
@pytest.mark.parametrize("signs", ["+++", "-++", "+-+", "---"])
def test_every_layout_is_read_and_kept(tmp_path, ranks, signs):
    layout = ",".join(f"{sign}{rank}" for sign, rank in zip(signs, ranks, strict=True))
    flipped = np.flip(DATA, [axis for axis in range(3) if signs[axis] == "-"])
    stored = flipped.transpose(np.argsort(ranks))
    path = written(tmp_path, HEAD.replace("+0,+1,+2", layout), stored.tobytes(order="F"))
    image = volio.load(path)
    np.testing.assert_array_equal(np.asanyarray(image.dataobj), DATA)
    np.testing.assert_array_equal(image.dataobj[1, ::-1, 2:], DATA[1, ::-1, 2:])
    image.to_filename(tmp_path / "again.mif")
    assert (tmp_path / "again.mif").read_bytes() == path.read_bytes()
    volume = image.slicer[:, 1:, :]
    volume.to_filename(tmp_path / "part.mif")
    np.testing.assert_array_equal(values(tmp_path / "part.mif"), DATA[:, 1:])
    assert volio.load(tmp_path / "part.mif").header["layout"] == layout


def test_layouts_may_leave_numbers_out(tmp_path):
    path = written(tmp_path, HEAD.replace("+0,+1,+2", "+2,+5,+9"))
    np.testing.assert_array_equal(values(path), DATA)


@pytest.mark.parametrize("name", list(volio.MifImage.header_class.type_names))
@pytest.mark.parametrize("order", ["LE", "BE", ""])
def test_every_type_in_both_orders(tmp_path, name, order):
    known = volio.MifImage.header_class.type_names[name]
    array = (DATA % 2).astype(known)
    dtype = known.newbyteorder({"LE": "<", "BE": ">", "": "="}[order])
    payload = array.astype(dtype).tobytes(order="F")
    if name == "Bit":
        payload = np.packbits(array.reshape(-1, order="F")).tobytes()
    path = written(tmp_path, HEAD.replace("Int16LE", name + order), payload)
    np.testing.assert_array_equal(values(path), array)
    image = volio.load(path)
    assert image.get_data_dtype().newbyteorder("=") == known
    np.testing.assert_array_equal(image.dataobj[1, 1:, ::2], array[1, 1:, ::2])
    image.to_filename(tmp_path / "again.mif")
    assert (tmp_path / "again.mif").read_bytes() == path.read_bytes()


def test_places_are_sizes_times_directions(tmp_path):
    rows = "transform: 0,-1,0,5\ntransform: 1,0,0,6\ntransform: 0,0,1,7\n"
    image = volio.load(written(tmp_path, HEAD + rows))
    np.testing.assert_allclose(
        image.affine, [[0, -3, 0, 5], [2, 0, 0, 6], [0, 0, 4, 7], [0, 0, 0, 1]]
    )
    image = volio.load(written(tmp_path))
    np.testing.assert_allclose(image.affine @ [0.5, 1, 1.5, 1], [0, 0, 0, 1])
    volio.MifImage(DATA, TURNED, image.header).to_filename(tmp_path / "b.mif")
    np.testing.assert_allclose(volio.load(tmp_path / "b.mif").affine, TURNED)


def test_scaling_is_offset_and_scale(tmp_path):
    image = volio.load(written(tmp_path, f"{HEAD}scaling: -5,0.25\n"))
    np.testing.assert_array_equal(image.get_fdata(), DATA * 0.25 - 5)
    image.to_filename(tmp_path / "b.mif")
    assert volio.load(tmp_path / "b.mif").header.get_slope_inter() == (0.25, -5)


def test_voxels_in_other_files(tmp_path):
    (tmp_path / "x.dat").write_bytes(b"1234" + RAW[:24])
    (tmp_path / "y.dat").write_bytes(RAW[24:])
    path = tmp_path / "a.mih"
    path.write_text(f"{HEAD}file: x.dat 4\nfile: y.dat\nEND\n")
    image = volio.load(path)
    assert isinstance(image, volio.MifPair)
    np.testing.assert_array_equal(np.asanyarray(image.dataobj), DATA)
    image.to_filename(tmp_path / "b.mih")
    assert volio.load(tmp_path / "b.mih").header["file"] == "b.dat"
    np.testing.assert_array_equal(values(tmp_path / "b.mih"), DATA)
    np.testing.assert_array_equal(values(tmp_path / "b.dat"), DATA)
    path.write_text(f"{HEAD}file: ../x.dat 4\nEND\n")
    with pytest.raises(ImageFileError, match="allow_external"):
        volio.load(path)


def test_compressed_files_are_read_and_written(tmp_path):
    path = tmp_path / "a.mif.gz"
    path.write_bytes(gzip.compress(written(tmp_path).read_bytes()))
    image = volio.load(path)
    np.testing.assert_array_equal(np.asanyarray(image.dataobj), DATA)
    image.to_filename(tmp_path / "b.mif.gz")
    data = gzip.decompress((tmp_path / "b.mif.gz").read_bytes())
    assert data == gzip.decompress(path.read_bytes())


def test_keys_survive_and_voxels_move_behind_a_longer_header(tmp_path):
    more = "comments: one\ncomments: two\nmine: a: b\ncommand_history: mrconvert a b\n"
    path = written(tmp_path, f"{HEAD}{more}dw_scheme: 0,0,1,0\ndw_scheme: 1,0,0,700\n")
    image = volio.load(path)
    header = image.header
    assert (header["comments"], header["mine"]) == ("one\ntwo", "a: b")
    assert header.gradients == ((0, 0, 1, 0), (1, 0, 0, 700))
    header["comments"] = "\n".join(f"line {n}" for n in range(99))
    image.to_filename(tmp_path / "b.mif")
    again = volio.load(tmp_path / "b.mif")
    assert int(again.header["file"].split()[1]) > 1000
    assert again.header["command_history"] == "mrconvert a b"
    assert again.header["dw_scheme"] == "0,0,1,0\n1,0,0,700"
    np.testing.assert_array_equal(np.asanyarray(again.dataobj), DATA)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("Int16LE", "Int24LE", "datatype.*Int24LE"),
        ("2,3,4\nvox", "2,3,-4\nvox", "dim"),
        ("2,3,4\nvox", "\nvox", "dim"),
        ("vox: 2,3,4", "vox: 2,3", "vox.*3 entries"),
        ("vox: 2,3,4", "vox: 2,3,inf", "finite"),
        ("+0,+1,+2", "+0,+1,+1", "layout"),
        ("+0,+1,+2", "+0,+1", "layout"),
        ("LE\n", "LE\ntransform: 1,0,0,0\n", "transform"),
        ("LE\n", "LE\nscaling: 1\n", "scaling"),
        ("LE\n", "LE\nnonsense\n", "line 6"),
        ("file: . 300", "file: . 30", "byte 30"),
        ("file: . 300", "file:", "file"),
    ],
)
def test_fields_that_make_no_sense_are_named(tmp_path, old, new, words):
    path = written(tmp_path)
    path.write_bytes(path.read_bytes().replace(old.encode(), new.encode(), 1))
    with pytest.raises(HeaderDataError, match=f"a.mif.*{words}"):
        volio.load(path)


def test_bits_that_are_not_there_are_missed(tmp_path):
    path = written(tmp_path, HEAD.replace("Int16LE", "Bit"), b"\0\1")
    with pytest.raises(TruncatedFileError, match=r"a\.mif"):
        values(path)


def test_gradients_go_to_nrrd_and_back_and_are_told_where_they_are_lost(tmp_path):
    array = np.zeros((2, 2, 2, 3), np.int16)
    image = volio.MifImage(array, TURNED)
    image.header["dw_scheme"] = "0,0,0,0\n0.6,0.8,0,1000\n0,0,1,250"
    volio.save(image, tmp_path / "a.mif")
    volio.save(volio.load(tmp_path / "a.mif"), tmp_path / "a.nrrd")
    middle = volio.load(tmp_path / "a.nrrd")
    np.testing.assert_allclose(
        middle.header.metadata().gradients, image.header.gradients, atol=1e-9
    )
    assert middle.header["DWMRI_gradient_0001"] == "-0.6 -0.8 0"  # in LPS
    volio.save(middle, tmp_path / "b.mif")
    found = volio.load(tmp_path / "b.mif").header.gradients
    np.testing.assert_allclose(found, image.header.gradients, atol=1e-9)
    with pytest.warns(volio.errors.LossWarning, match="gradients of 3 volumes"):
        volio.save(middle, tmp_path / "a.nii")


def test_text_and_time_go_along(tmp_path):
    image = volio.Nifti1Image(np.zeros((2, 3, 4, 2), np.int16), TURNED)
    image.header.set_xyzt_units("mm", "sec")
    image.header.set_zooms((*image.header.get_zooms()[:3], 2.5))
    image.header["descrip"] = b"a head"
    for name in ("a.mif", "a.nrrd", "a.mha"):
        volio.save(image, tmp_path / name)
        found, again = volio.load(tmp_path / name), tmp_path / "again.nii"
        assert found.header.get_zooms()[3] == 2.5
        volio.save(found, again)
        header = volio.load(again).header
        assert (header["descrip"].item(), header.get_zooms()[3]) == (b"a head", 2.5)
        assert header.get_xyzt_units() == ("mm", "sec")


def test_free_keys_go_from_format_to_format(tmp_path):
    image = volio.NrrdImage(DATA, TURNED)
    image.header["one key"] = "some: text = here"
    for name in ("b.mif", "c.mha", "d.nrrd"):
        volio.save(image, tmp_path / name)
        image = volio.load(tmp_path / name)
        assert image.header["one key"] == "some: text = here"


@pytest.mark.parametrize(
    ("sizes", "zooms"), [("2,3,4", (2, 3, 4, 1)), ("2,3,4,5", (2, 3, 4, 5)), ("2,3,4,5,6", None)]
)
def test_sizes_of_later_axes_need_not_be_there_and_more_are_left_out(tmp_path, sizes, zooms):
    head = HEAD.replace("2,3,4\nvox", "2,3,2,2\nvox").replace("+2", "+2,+3")
    path = written(tmp_path, head.replace("vox: 2,3,4", f"vox: {sizes}"))
    found = volio.load(path).header
    assert found.get_zooms() == (zooms or (2, 3, 4, 5))
    assert (found.time_unit is None) == (sizes == "2,3,4")
    with pytest.raises(HeaderDataError, match="vox: must have 4"):
        volio.load(written(tmp_path, head.replace("vox: 2,3,4", "vox: 2,3")))


def test_gradients_may_have_further_columns(tmp_path):
    image = volio.MifImage(np.zeros((2, 3, 4, 2), np.int16), np.eye(4))
    image.header["dw_scheme"] = "0,0,0,0,7\n1,0,0,1000,7"
    assert image.header.gradients == ((0, 0, 0, 0), (1, 0, 0, 1000))
    image.to_filename(tmp_path / "a.mif")
    assert volio.load(tmp_path / "a.mif").header["dw_scheme"] == "0,0,0,0,7\n1,0,0,1000,7"


@pytest.mark.parametrize(
    ("old", "new", "zooms"),
    [
        ("dim: 2,3,4", "dim: 2:4", (2, 3, 4)),
        ("dim: 2,3,4", "dim: 2 : 1 : 4", (2, 3, 4)),
        ("vox: 2,3,4", "vox: 2:0.5:3", (2, 2.5, 3)),
        ("vox: 2,3,4", "vox: 3:1", (3, 2, 1)),
        ("vox: 2,3,4", "vox: 1:1.5,4:4,1", (1, 4, 1)),
        ("vox: 2,3,4", "vox: 2,,3", (2, 1, 3)),
    ],
)
def test_ranges_of_numbers_as_in_mrtrix(tmp_path, old, new, zooms):
    img = volio.load(written(tmp_path, HEAD.replace(old, new)))
    np.testing.assert_array_equal(img.dataobj, DATA)
    assert img.header.get_zooms() == zooms


@pytest.mark.parametrize(
    "text", ["2:1e9", "2:4:5:6", "2:", ":4", "2:nan", "0:inf", "2:0:4", "2:0.5:3", "2:x"]
)
def test_what_is_not_a_range_of_lengths_is_an_error(tmp_path, text):
    with pytest.raises(HeaderDataError, match=r"a\.mif: dim"):
        volio.load(written(tmp_path, HEAD.replace("2,3,4", text, 1)))


def test_times_and_angles_are_keys_of_bids():
    mgh = volio.MGHImage(np.zeros((2, 3, 4), np.int16), np.eye(4))
    mgh.header["te"] = 30
    mgh.header["flip_angle"] = np.pi / 2
    header = volio.MifImage.from_image(mgh).header
    assert header["EchoTime"] == "0.03"
    assert float(header["FlipAngle"]) == pytest.approx(90)
    assert header.metadata().acquisition == pytest.approx({"echo time": 0.03, "flip angle": 90})
    back = volio.MGHImage.from_image(volio.MifImage(mgh.dataobj, mgh.affine, header))
    assert back.header["te"] == pytest.approx(30)


def test_times_of_several_echoes_stay_a_key():
    header = volio.MifImage(np.zeros((2, 3, 4), np.int16), np.eye(4)).header
    header["EchoTime"] = "0.01,0.02"
    header["RepetitionTime"] = "2.5"
    found = header.metadata()
    assert found.keys == {"EchoTime": "0.01,0.02"}
    assert found.acquisition == {"repetition time": 2.5}
