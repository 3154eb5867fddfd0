"""MetaImage: what is special about it; the conformance suite tests what every format must do."""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path

import numpy as np
import pytest

import volio
from volio.errors import (
    GeometryWarning,
    HeaderDataError,
    ImageFileError,
    MissingFileError,
    VolioError,
)
from volio.files.codecs import gzip_checkpoints
from volio.formats.metaimage.fields import TYPES
from volio.space.affines import from_matvec
from volio.tests.formats.peers import TURNED, itk
from volio.tests.requirements import optional

DATA = np.arange(24, dtype=np.int16).reshape(2, 3, 4)
RAW = DATA.tobytes(order="F")
HEAD = "ObjectType = Image\nNDims = 3\nDimSize = 2 3 4\nElementType = MET_SHORT\n"


def written(folder: Path, more: str = "", payload: bytes = RAW, data: str = "LOCAL") -> Path:
    """Write a file, .mhd where the voxels are in other files."""
    path = folder / ("a.mha" if data == "LOCAL" else "a.mhd")
    path.write_bytes(f"{HEAD}{more}ElementDataFile = {data}\n".encode() + payload)
    return path


def values(path: Path, **options) -> np.ndarray:
    """Return the voxels of a file."""
    return np.asanyarray(volio.load(path, **options).dataobj)


@pytest.mark.parametrize("field", [None, "CompressedData", "BinaryData"])
@pytest.mark.parametrize("cls", [volio.MetaImage, volio.MetaPair])
def test_itk_reads_what_volio_writes(tmp_path, field, cls):
    path = tmp_path / f"a{cls.files_types[0][1]}"
    for dtype in dict.fromkeys(TYPES.values()):
        image = cls(DATA.astype(dtype), TURNED, dtype=dtype)
        if field:
            image.header[field] = str(field == "CompressedData")
        image.to_filename(path)
        found, affine = itk(path)
        assert found.dtype == dtype
        np.testing.assert_array_equal(found, DATA)
        np.testing.assert_allclose(affine, TURNED, atol=1e-9)
        back = volio.load(path)
        assert type(back) is cls
        np.testing.assert_array_equal(np.asanyarray(back.dataobj), DATA)
        np.testing.assert_allclose(back.affine, TURNED, atol=1e-12)


@pytest.mark.parametrize("name", TYPES)
def test_every_type_in_both_orders(tmp_path, name):
    for order, word in (("<", "False"), (">", "True")):
        dtype = TYPES[name].newbyteorder(order)
        more = f"BinaryDataByteOrderMSB = {word}\nElementType = {name}\n"
        path = tmp_path / "a.mha"
        text = HEAD.replace("ElementType = MET_SHORT\n", more) + "ElementDataFile = LOCAL\n"
        path.write_bytes(text.encode() + DATA.astype(dtype).tobytes(order="F"))
        np.testing.assert_array_equal(values(path), DATA)
        np.testing.assert_array_equal(itk(path)[0], DATA)


@pytest.mark.parametrize("matrix", ["TransformMatrix", "Rotation", "Orientation"])
@pytest.mark.parametrize("origin", ["Offset", "Position", "Origin"])
@pytest.mark.parametrize("sizes", ["ElementSpacing", "ElementSize"])
def test_names_of_places_are_known(tmp_path, matrix, origin, sizes):
    more = f"{matrix} = 0 1 0 -1 0 0 0 0 1\n{origin} = 1 2 3\n{sizes} = 2 3 4\n"
    path = written(tmp_path, f"{more}CenterOfRotation = 5 6 7\nAnatomicalOrientation = RAI\n")
    image = volio.load(path)
    np.testing.assert_allclose(image.affine, itk(path)[1])
    np.testing.assert_allclose(image.header.get_zooms(), (2, 3, 4))
    volio.MetaImage(DATA, TURNED, image.header).to_filename(path)
    again = volio.load(path)
    np.testing.assert_allclose(again.affine, TURNED)
    np.testing.assert_allclose(itk(path)[1], TURNED, atol=1e-9)
    assert [name in again.header for name in (matrix, origin, sizes)] == [True] * 3
    assert again.header["CenterOfRotation"] == "5 6 7"
    assert again.header["AnatomicalOrientation"] == "".join(
        dict(zip("RLAPSI", "LRPAIS", strict=True))[code] for code in volio.aff2axcodes(TURNED)
    )


def test_orientation_is_described_as_itk_does(tmp_path, shared_data):
    image = volio.load(shared_data / "volumes" / "mha.mha")
    before = image.header["AnatomicalOrientation"]
    image.header.set_affine(image.affine)
    assert image.header["AnatomicalOrientation"] == before


@pytest.mark.parametrize("channels", [2, 5])
def test_channels_are_the_last_axis(tmp_path, channels):
    array = np.arange(24 * channels, dtype=np.int16).reshape(2, 3, 4, channels)
    payload = np.moveaxis(array, -1, 0).tobytes(order="F")
    path = written(tmp_path, f"ElementNumberOfChannels = {channels}\n", payload)
    image = volio.load(path)
    np.testing.assert_array_equal(np.asanyarray(image.dataobj), array)
    np.testing.assert_array_equal(itk(path)[0], array)
    np.testing.assert_array_equal(image.dataobj[..., 1], array[..., 1])
    image.to_filename(tmp_path / "again.mha")
    assert (tmp_path / "again.mha").read_bytes() == path.read_bytes()
    part = tmp_path / "part.mha"
    image.slicer[1:, ..., 1:].to_filename(part)
    np.testing.assert_array_equal(values(part).reshape(1, 3, 4, -1), array[1:, ..., 1:])
    image.slicer[..., 1].to_filename(part)
    np.testing.assert_array_equal(itk(part)[0], array[..., 1])


def test_planes_with_channels_have_one_slice(tmp_path):
    stored = np.arange(24, dtype=np.int16).reshape(4, 2, 3)
    text = HEAD.replace("NDims = 3", "NDims = 2").replace("2 3 4", "2 3")
    path = tmp_path / "a.mha"
    text += "ElementNumberOfChannels = 4\nElementDataFile = LOCAL\n"
    path.write_bytes(text.encode() + stored.tobytes(order="F"))
    image = volio.load(path)
    np.testing.assert_array_equal(np.asanyarray(image.dataobj)[:, :, 0], np.moveaxis(stored, 0, -1))
    image.to_filename(tmp_path / "again.mha")
    assert (tmp_path / "again.mha").read_bytes() == path.read_bytes()


def test_channels_of_a_series_keep_its_four_axes(tmp_path):
    array = np.arange(240, dtype=np.int16).reshape(2, 3, 4, 5, 2)
    text = HEAD.replace("NDims = 3", "NDims = 4").replace("2 3 4", "2 3 4 5")
    path = tmp_path / "a.mha"
    text += "ElementNumberOfChannels = 2\nElementDataFile = LOCAL\n"
    path.write_bytes(text.encode() + np.moveaxis(array, -1, 0).tobytes(order="F"))
    part = volio.load(path).slicer[:, :, :, 1:4]
    assert part.header.get_data_shape() == part.shape == (2, 3, 4, 3, 2)
    part.to_filename(path)
    assert volio.load(path).header["ElementNumberOfChannels"] == "2"
    np.testing.assert_array_equal(values(path), array[:, :, :, 1:4])


def test_colours_are_voxels(tmp_path):
    for name, count in (("RGB", 3), ("RGBA", 4)):
        dtype = volio.MetaImage.header_class.type_names[name]
        array = np.arange(24 * count, dtype=np.uint8).view(dtype).reshape(2, 3, 4)
        path = tmp_path / "a.mha"
        volio.MetaImage(array, TURNED).to_filename(path)
        np.testing.assert_array_equal(values(path), array)
        np.testing.assert_array_equal(itk(path)[0][..., 2], array["B"])


@pytest.mark.parametrize("size", [True, False])
def test_compressed_voxels_end_where_the_header_says(tmp_path, size):
    payload = zlib.compress(RAW)
    more = f"CompressedData = True\nCompressedDataSize = {len(payload)}\n" if size else ""
    path = written(tmp_path, more or "CompressedData = True\n", payload + b"more" * size)
    np.testing.assert_array_equal(values(path), DATA)


@pytest.mark.parametrize(
    ("data", "files"),
    [
        ("LIST\nw\nx\ny\nz", "wxyz"),
        ("LIST 2D\na\nb\nc\nd", "abcd"),
        ("s%03d.raw 1 4 1", ["s001.raw", "s002.raw", "s003.raw", "s004.raw"]),
        ("s%d.raw 2 8 2", ["s2.raw", "s4.raw", "s6.raw", "s8.raw"]),
    ],
)
@pytest.mark.parametrize("skip", [0, 7, -1])
def test_several_files_hold_the_voxels(tmp_path, data, files, skip):
    share = len(RAW) // len(files)
    for place, name in enumerate(files):
        before = b"x" * (skip if skip > 0 else -skip * 3)
        (tmp_path / name).write_bytes(before + RAW[place * share : (place + 1) * share])
    path = written(tmp_path, f"HeaderSize = {skip}\n" if skip else "", b"", data)
    image = volio.load(path)
    np.testing.assert_array_equal(np.asanyarray(image.dataobj), DATA)
    if not skip:
        np.testing.assert_array_equal(itk(path)[0], DATA)
    image.to_filename(tmp_path / "new.mhd")
    np.testing.assert_array_equal(itk(tmp_path / "new.mhd")[0], DATA)
    assert "HeaderSize" not in volio.load(tmp_path / "new.mhd").header


def test_files_outside_the_folder_are_read_only_when_asked_for(tmp_path):
    (tmp_path / "inside").mkdir()
    (tmp_path / "b.raw").write_bytes(RAW)
    for name in ("../b.raw", str(tmp_path / "b.raw")):
        path = written(tmp_path / "inside", "", b"", name)
        with pytest.raises(ImageFileError, match="allow_external"):
            volio.load(path)
        np.testing.assert_array_equal(values(path, allow_external=True), DATA)


def test_four_axes_have_a_time_step(tmp_path):
    array = np.arange(48, dtype=np.float32).reshape(2, 3, 4, 2)
    image = volio.Nifti1Image(array, TURNED)
    image.header.set_xyzt_units("mm", "msec")
    image.header.set_zooms((*image.header.get_zooms()[:3], 1500))
    path = tmp_path / "a.mha"
    volio.save(image, path)
    back = volio.load(path)
    np.testing.assert_allclose(back.header.get_zooms()[3], 1.5)
    np.testing.assert_array_equal(itk(path)[0], array)
    np.testing.assert_allclose(itk(path)[1], TURNED, atol=1e-6)


def test_unknown_fields_survive(tmp_path):
    path = written(tmp_path, "Modality = MET_MOD_MR\nComment = a head\nMine = x = y\n")
    header = volio.load(path).header
    assert header["Mine"] == "x = y"
    volio.MetaImage(DATA[:1], TURNED, header).to_filename(path)
    again = volio.load(path).header
    assert (again["Modality"], again["Mine"], again["Comment"]) == ("MET_MOD_MR", "x = y", "a head")
    assert list(again)[-1] == "ElementDataFile"


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("MET_SHORT", "MET_STRING", "ElementType.*MET_STRING"),
        ("2 3 4", "2 3", "DimSize"),
        ("2 3 4", "2 3 -4", "DimSize"),
        ("NDims = 3", "NDims = many", "NDims.*many"),
        ("NDims = 3", "NDims = 99", "NDims"),
        ("NDims = 3\n", "", "NDims"),
        ("2 3 4\n", "2 3 4\nBinaryData = perhaps\n", "BinaryData.*perhaps"),
        ("2 3 4\n", "2 3 4\nElementNumberOfChannels = 0\n", "Channels"),
        ("2 3 4\n", "2 3 4\nHeaderSize = -5\n", "HeaderSize"),
        ("2 3 4\n", "2 3 4\nOffset = 1 2 nan\n", "Offset.*finite"),
        ("2 3 4\n", "2 3 4\nTransformMatrix = 1 0 0\n", "TransformMatrix.*9"),
        ("2 3 4\n", "2 3 4\nElementSpacing = 1 2 x\n", "ElementSpacing.*x"),
    ],
)
def test_fields_that_make_no_sense_are_named(tmp_path, old, new, words):
    path = written(tmp_path)
    path.write_bytes(path.read_bytes().replace(old.encode(), new.encode(), 1))
    with pytest.raises(HeaderDataError, match=f"a.mha.*{words}"):
        volio.load(path)


@pytest.mark.parametrize("data", ["missing.raw", "LIST\nx\ny", "s%d.raw 0 9999999 1", "s%s 1 2 1"])
def test_files_that_are_not_there_are_named(tmp_path, data):
    with pytest.raises(VolioError, match=r"a\.mhd"):
        np.asarray(volio.load(written(tmp_path, "", b"", data)).dataobj)
    assert issubclass(MissingFileError, VolioError)


def test_the_real_scan_is_what_itk_reads(shared_data: Path):
    path = shared_data / "volumes" / "mha.mha"
    image = volio.load(path)
    found, affine = itk(path)
    np.testing.assert_array_equal(np.asanyarray(image.dataobj), found)
    np.testing.assert_allclose(image.affine, affine, atol=1e-9)


def loaded(folder: Path, fields: str, payload: bytes, name: str = "a.mha") -> volio.MetaImage:
    """Write and load a file with further fields."""
    head = "ObjectType = Image\nNDims = 3\nDimSize = 2 3 4\nElementType = MET_SHORT\n"
    names = [line.partition(" ")[0] for line in fields.splitlines()]
    kept = [line for line in head.splitlines() if line.partition(" ")[0] not in names]
    path = folder / name
    lines = "\n".join([*kept, *fields.splitlines(), "ElementDataFile = LOCAL\n"])
    path.write_bytes(lines.encode() + payload)
    return volio.load(path)


SHORTS = np.arange(24, dtype="<i2").tobytes()


@pytest.mark.parametrize(
    ("fields", "origin"),
    [
        ("Offset = 1 1 1\nPosition = 2 2 2", 1),
        ("Position = 1 1 1\nOffset = 2 2 2", 2),
        ("Offset = 1 1 1\nOrigin = 2 2 2", 2),
        ("Origin = 1 1 1\nPosition = 2 2 2", 1),
        ("Offset = 1 1 1\nOffset = 2 2 2", 2),
        ("Offset : 3 3 3", 3),
        ("Offset= 4 4 4", 4),
    ],
)
def test_of_several_names_that_counts_which_itk_takes(tmp_path, fields, origin):
    image = loaded(tmp_path, fields, SHORTS)
    np.testing.assert_array_equal(image.affine[:3, 3], [-origin, -origin, origin])
    np.testing.assert_array_equal(image.affine, itk(tmp_path / "a.mha")[1])


@pytest.mark.parametrize(
    ("matrix", "rows"),
    [("", np.eye(3)), ("0 1 1 0", [[0, 1, 0], [1, 0, 0], [0, 0, 1]]), ("0 1 0 0 0 1 1 0 0", None)],
)
def test_planes_may_lie_in_space(tmp_path, matrix, rows):
    fields = "NDims = 2\nDimSize = 6 4\nOffset = 1 2 9\nElementSpacing = 2 3 5"
    fields += f"\nTransformMatrix = {matrix}" * bool(matrix)
    image = loaded(tmp_path, fields, SHORTS)
    rows = np.reshape([*map(int, matrix.split())], (3, 3)) if rows is None else np.array(rows)
    expected = from_matvec(np.transpose(rows) * [2, 3, 5], [1, 2, 9])
    np.testing.assert_array_equal(image.affine, np.diag([-1, -1, 1, 1]) @ expected)
    assert image.header.get_zooms() == (2, 3)
    part = image.slicer[2:, ::-1]
    part.to_filename(tmp_path / "part.mha")
    np.testing.assert_allclose(volio.load(tmp_path / "part.mha").affine, part.affine)


@pytest.mark.parametrize("name", ["MET_FLOAT_ARRAY", "MET_FLOAT"])
def test_older_names_of_vectors(tmp_path, name):
    array = np.arange(24, dtype="<f4")
    fields = f"DimSize = 2 2 2\nElementNumberOfChannels = 3\nElementType = {name}"
    image = loaded(tmp_path, fields, array.tobytes())
    assert image.shape == (2, 2, 2, 3)
    np.testing.assert_array_equal(image.dataobj, itk(tmp_path / "a.mha")[0])


def test_compressed_voxels_may_be_gzip(tmp_path):
    packed = gzip.compress(SHORTS)
    fields = f"CompressedData = True\nCompressedDataSize = {len(packed)}"
    image = loaded(tmp_path, fields, packed)
    np.testing.assert_array_equal(image.dataobj, itk(tmp_path / "a.mha")[0])


def test_values_are_those_of_the_file_whatever_the_intensity_function(tmp_path):
    fields = "ElementToIntensityFunctionSlope = 2\nElementToIntensityFunctionOffset = 5"
    image = loaded(tmp_path, fields, SHORTS)
    np.testing.assert_array_equal(image.dataobj, itk(tmp_path / "a.mha")[0])
    image.to_filename(tmp_path / "b.mha")
    assert volio.load(tmp_path / "b.mha").header["ElementToIntensityFunctionSlope"] == "2"


@pytest.mark.parametrize(("name", "cls"), [("a.mha", volio.MetaImage), ("a.mhd", volio.MetaPair)])
def test_a_slice_of_a_compressed_file_decodes_its_chunks_alone(tmp_path, decoded_bytes, name, cls):
    array = np.random.default_rng(2).integers(0, 900, (64, 64, 400), np.int16)
    image = cls(array, TURNED)
    image.header["CompressedData"] = "True"
    image.to_filename(tmp_path / name)
    lazy = volio.load(tmp_path / name)
    assert not decoded_bytes
    np.testing.assert_array_equal(lazy.dataobj[..., 399], array[..., 399])
    chunk = 100 * array[..., 0].nbytes
    assert sum(decoded_bytes) == chunk
    np.testing.assert_array_equal(lazy.dataobj[..., 390], array[..., 390])
    assert sum(decoded_bytes) == 2 * chunk
    np.testing.assert_array_equal(lazy.dataobj, array)
    np.testing.assert_array_equal(itk(tmp_path / name)[0], array)


def test_places_are_noted_in_what_itk_compressed(tmp_path, decoded_bytes):
    sitk = optional("SimpleITK")
    array = np.random.default_rng(2).normal(0, 90, (800, 64, 64)).astype(np.int16)
    sitk.WriteImage(sitk.GetImageFromArray(array), str(tmp_path / "a.mha"), True)
    volio.load(tmp_path / "a.mha").dataobj[..., 700]
    decoded_bytes.clear()
    again = volio.load(tmp_path / "a.mha").dataobj[..., 701]  # of another image of the file
    assert array[701].nbytes <= sum(decoded_bytes) < gzip_checkpoints.SPACING
    np.testing.assert_array_equal(again, array[701].T)


def test_planes_that_do_not_lie_flat_are_told(tmp_path):
    plane = volio.Nifti1Image(np.ones((6, 5), np.int16), TURNED)
    with pytest.warns(GeometryWarning, match=r"2 axes alone: .* mm away; .* third axis"):
        volio.save(plane, tmp_path / "a.mha")
    flat = from_matvec(np.diag([-2.0, -3, 1]), [4, 5, 0])
    volio.save(volio.Nifti1Image(np.ones((6, 5), np.int16), flat), tmp_path / "a.mha")
    np.testing.assert_array_equal(volio.load(tmp_path / "a.mha").affine, flat)
    for name in ("a.nrrd", "a.mif"):  # which have directions in space for planes too
        volio.save(plane, tmp_path / name)
        found = volio.load(tmp_path / name).affine
        np.testing.assert_allclose(found[:, [0, 1, 3]], TURNED[:, [0, 1, 3]], atol=1e-6)


KEYS = (*HEAD.splitlines(), "ID = 7", "Name = knee", "CompressedData = False", "BinaryData = True")


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["plain", "mark"])
@pytest.mark.parametrize("first", range(len(KEYS)))
def test_keys_in_any_order_and_a_byte_order_mark(first: int, mark: bytes, tmp_path: Path):
    lines = [*KEYS[first:], *KEYS[:first], "ElementSpacing = 2 2 3"]
    text = "\n".join([*lines, "ElementDataFile = LOCAL\n"])
    path = tmp_path / "a.bin"  # only what is in the file speaks for its format
    path.write_bytes(mark + text.encode() + RAW)
    img = volio.load(path)
    assert type(img) is volio.MetaImage
    assert img.header.get_zooms() == (2, 2, 3)
    assert str(img.header) == text.removesuffix("\n")
    np.testing.assert_array_equal(img.dataobj, DATA)
    volio.save(img, tmp_path / "b.mha")
    np.testing.assert_array_equal(values(tmp_path / "b.mha"), DATA)


def test_other_text_with_keys_is_no_metaimage(tmp_path: Path):
    path = tmp_path / "a.bin"
    path.write_bytes(b"Name: knee\nDimSize: 2 3 4\n")
    with pytest.raises(volio.errors.UnknownFormatError, match="no format of volio recognises it"):
        volio.load(path)
