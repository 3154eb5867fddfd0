"""GIFTI: against nibabel, by bytes, and what other readers get wrong."""

from __future__ import annotations

import base64
import zlib
from pathlib import Path

import nibabel
import numpy as np
import pytest

import volio
from volio import VolumeGeometry
from volio.errors import (
    CorruptFileError,
    HeaderDataError,
    ImageDataError,
    ImageFileError,
    LimitError,
    MissingFileError,
    PrecisionWarning,
    TruncatedFileError,
    UsageTypeError,
    VolioError,
)
from volio.formats.gifti import (
    GiftiCoordSystem,
    GiftiDataArray,
    GiftiImage,
    GiftiLabel,
    GiftiLabelTable,
    GiftiMetaData,
)
from volio.tests.surfaces.shapes import CORNERS, SIDES

THEIR_DATA = Path(nibabel.__file__).parent / "gifti" / "tests" / "data"

#: Files of nibabel's, and how many arrays they have.
THEIRS = {
    "ascii.gii": 2,
    "gzipbase64.gii": 1,
    "base64bin.gii": 2,
    "external.gii": 2,
    "label.gii": 1,
    "rh.aparc.annot.gii": 1,
    "rh.shape.curv.gii": 1,
    "task.func.gii": 10,
}


@pytest.mark.parametrize("name", THEIRS)
def test_values_are_those_of_nibabel(name: str):
    path = THEIR_DATA / name
    found = GiftiImage.from_filename(path)
    expected = nibabel.load(path)
    assert found.numDA == expected.numDA == THEIRS[name]
    for ours, theirs in zip(found.darrays, expected.darrays, strict=True):
        assert ours.data.dtype == theirs.data.dtype.newbyteorder("=")
        np.testing.assert_array_equal(ours.data, theirs.data)
        assert ours.data.flags.writeable
        assert (ours.intent, ours.dims) == (theirs.intent, list(theirs.dims))
        assert dict(ours.meta) == dict(theirs.meta)
        np.testing.assert_array_equal(
            ours.coordsys.xform, np.reshape(theirs.coordsys.xform, (4, 4))
        )
    assert dict(found.meta) == dict(expected.meta)
    assert found.labeltable.get_labels_as_dict() == expected.labeltable.get_labels_as_dict()


@pytest.mark.parametrize("encoding", ["ASCII", "B64BIN", "B64GZ", "External"])
@pytest.mark.parametrize("ordering", ["C", "F"])
def test_nibabel_reads_what_is_written(encoding: str, ordering: str, tmp_path: Path):
    rng = np.random.default_rng(5)
    arrays = [
        GiftiDataArray(rng.normal(size=(7, 3)).astype("f4") * 1e-5, 1008, None, encoding,
                       ordering=ordering),
        GiftiDataArray(rng.integers(0, 7, (4, 3)).astype("i4"), 1009, None, encoding,
                       ordering=ordering),
        GiftiDataArray(rng.integers(0, 255, 7).astype("u1"), 2005, None, encoding,
                       meta={"Name": "<ü> & \"more\""}),
    ]  # fmt: skip
    path = tmp_path / "new.gii"
    GiftiImage(darrays=arrays).to_filename(path)
    theirs = nibabel.load(path)
    ours = GiftiImage.from_filename(path)
    for given, read, reread in zip(arrays, theirs.darrays, ours.darrays, strict=True):
        np.testing.assert_array_equal(read.data, given.data)
        np.testing.assert_array_equal(reread.data, given.data)
        assert reread.data.dtype == given.data.dtype
    assert theirs.darrays[2].meta["Name"] == '<ü> & "more"'
    assert sorted(each.name for each in tmp_path.iterdir()) == [
        "new.gii",
        *(["new.gii.data"] if encoding == "External" else []),
    ]


@pytest.mark.parametrize("encoding", ["B64BIN", "B64GZ"])
@pytest.mark.parametrize("ordering", ["C", "F"])
def test_arrays_of_several_pieces(encoding: str, ordering: str, tmp_path: Path):
    values = np.random.default_rng(6).normal(size=(130_001, 3)).astype("f4")
    path = tmp_path / "large.gii"
    GiftiImage(
        darrays=[GiftiDataArray(values, 1008, None, encoding, ordering=ordering)]
    ).to_filename(path)
    np.testing.assert_array_equal(nibabel.load(path).darrays[0].data, values)
    found = GiftiImage.from_filename(path).darrays[0].data
    np.testing.assert_array_equal(found, values)
    assert found.flags.writeable
    assert found.flags.c_contiguous


def test_a_large_text_in_lines():
    values = np.random.default_rng(7).normal(size=100_003).astype("f4")
    text = base64.encodebytes(zlib.compress(values.tobytes()))
    image = GiftiImage.from_bytes(text_of(text, Dim0="100003", Encoding="GZipBase64Binary"))
    np.testing.assert_array_equal(image.darrays[0].data, values)
    broken = text[:-4] + b"????"
    image = GiftiImage.from_bytes(text_of(broken, Dim0="100003", Encoding="GZipBase64Binary"))
    with pytest.raises(CorruptFileError, match=r"data array 0: .* is not base64"):
        _ = image.darrays[0].data


def text_of(data: bytes, **attributes: str) -> bytes:
    """A GIFTI file with one array, by hand."""
    known = {
        "Intent": "NIFTI_INTENT_NONE",
        "DataType": "NIFTI_TYPE_FLOAT32",
        "ArrayIndexingOrder": "RowMajorOrder",
        "Dimensionality": "1",
        "Dim0": "3",
        "Encoding": "ASCII",
        "Endian": "LittleEndian",
        "ExternalFileName": "",
        "ExternalFileOffset": "",
    } | attributes
    words = " ".join(f'{name}="{value}"' for name, value in known.items())
    return (
        b'<?xml version="1.0" encoding="UTF-8"?>\n'
        b'<!DOCTYPE GIFTI SYSTEM "http://www.nitrc.org/frs/download.php/115/gifti.dtd">\n'
        b'<GIFTI Version="1.0" NumberOfDataArrays="1"><DataArray '
        + words.encode()
        + b"><Data>"
        + data
        + b"</Data></DataArray></GIFTI>"
    )


NUMBERS = np.array([1.5, -2.25, 3e38], np.float32)


@pytest.mark.parametrize(
    ("data", "attributes"),
    [
        (b" 1.5\n-2.25\t3e38 ", {}),
        (b"1.5 -2.25 3e38", {}),
        (base64.b64encode(NUMBERS.astype("<f4").tobytes()), {"Encoding": "Base64Binary"}),
        (
            base64.encodebytes(NUMBERS.astype(">f4").tobytes()),
            {"Encoding": "Base64Binary", "Endian": "BigEndian"},
        ),
        (
            base64.b64encode(zlib.compress(NUMBERS.tobytes())),
            {"Encoding": "GZipBase64Binary"},
        ),
        (b"<![CDATA[1.5 -2.25 3e38]]>", {}),
        (b"1.5 <!-- <Data>9</Data> -->-2.25 3e38", {}),
    ],
)
def test_values_by_hand(data: bytes, attributes: dict[str, str]):
    img = GiftiImage.from_bytes(text_of(data, **attributes))
    assert img.darrays[0].data.tolist() == NUMBERS.tolist()


def test_a_data_tag_in_a_comment_is_none():
    raw = text_of(b"1 2 3").replace(b"<DataArray", b"<!-- <Data>4 5 6</Data> --><DataArray", 1)
    assert GiftiImage.from_bytes(raw).darrays[0].data.tolist() == [1, 2, 3]
    wide = text_of(b"1 2 3").decode().replace("UTF-8", "UTF-16").encode("utf-16")
    assert GiftiImage.from_bytes(wide).darrays[0].data.tolist() == [1, 2, 3]


def test_values_are_decoded_when_they_are_asked_for():
    img = GiftiImage.from_bytes(text_of(b"not numbers"))
    assert not img.darrays[0].is_decoded
    assert img.darrays[0].dims == [3]
    with pytest.raises(CorruptFileError, match=r"data array 0: \(3,\) numbers, got 2"):
        img.darrays[0].data  # noqa: B018


@pytest.mark.parametrize(
    ("data", "attributes", "error", "told"),
    [
        (b"1 23  ", {}, CorruptFileError, r"\(3,\) numbers, got 2"),
        (b"1 23", {}, LimitError, "need 12 bytes, its text can hold 8"),
        (b"1 2 3 4", {}, CorruptFileError, r"\(3,\) numbers, got 4"),
        (b"1 2 x", {}, CorruptFileError, "x"),
        (b"1 2 3", {"Dim0": "2147483648"}, LimitError, "its text can hold 12"),
        (b"1 2.5 3", {"DataType": "NIFTI_TYPE_INT32"}, CorruptFileError, "2.5"),
        (b"1 2 256", {"DataType": "NIFTI_TYPE_UINT8"}, CorruptFileError, "number 3, .256."),
        (b"AAAA", {"Encoding": "Base64Binary"}, LimitError, "12 bytes, its text can hold 3"),
        (b"AAAA" * 5, {"Encoding": "Base64Binary"}, CorruptFileError, "12 bytes, got 15"),
        (b"AAA*" * 4, {"Encoding": "Base64Binary"}, CorruptFileError, "is not base64"),
        (b"AAAAA" * 4, {"Encoding": "Base64Binary"}, CorruptFileError, "got 15"),
        (b"A" * 17, {"Encoding": "Base64Binary"}, CorruptFileError, "is not base64"),
        (b"AAAA" * 4, {"Encoding": "GZipBase64Binary"}, CorruptFileError, "not a zlib stream"),
        (
            base64.b64encode(zlib.compress(b"\0" * 12)[:-5]),
            {"Encoding": "GZipBase64Binary"},
            CorruptFileError,
            "zlib stream",
        ),
        (
            base64.b64encode(zlib.compress(b"\0" * 300_000)),
            {"Encoding": "GZipBase64Binary"},
            CorruptFileError,
            "12 bytes, got 13",
        ),
    ],
)
def test_values_that_are_not_what_the_header_says(
    data: bytes, attributes: dict[str, str], error: type[VolioError], told: str, tmp_path: Path
):
    (tmp_path / "bad.gii").write_bytes(text_of(data, **attributes))
    img = GiftiImage.from_filename(tmp_path / "bad.gii")
    with pytest.raises(error, match=rf"bad\.gii: data array 0: .*{told}"):
        img.darrays[0].data  # noqa: B018


@pytest.mark.parametrize(
    ("attributes", "told"),
    [
        ({"Encoding": "Morse"}, "Encoding: 'Morse' is not known"),
        ({"Endian": "MiddleEndian"}, "Endian: 'MiddleEndian' is not known"),
        ({"ArrayIndexingOrder": "Random"}, "ArrayIndexingOrder: 'Random' is not known"),
        ({"Dimensionality": "7"}, "Dimensionality: must be 0 to 6, got 7"),
        ({"Dimensionality": "2"}, "Dim1: must be an integer, got ''"),
        ({"Dim0": "-3"}, "lengths must not be negative"),
        ({"DataType": "NIFTI_TYPE_RGB24"}, "values of 'RGB' are not read"),
        ({"ExternalFileOffset": "x"}, "ExternalFileOffset: must be an integer"),
    ],
)
def test_headers_that_make_no_sense(attributes: dict[str, str], told: str):
    with pytest.raises(HeaderDataError, match=told):
        GiftiImage.from_bytes(text_of(b"1 2 3", **attributes))


@pytest.mark.parametrize("name", ["/etc/passwd", "../x.bin", "C:/x.bin", "~/x", "a/../../b", ""])
def test_values_outside_the_folder_are_not_read(name: str, tmp_path: Path):
    path = tmp_path / "mesh.gii"
    path.write_bytes(text_of(b"", Encoding="ExternalFileBinary", ExternalFileName=name))
    with pytest.raises(ImageFileError, match=r"outside its own folder|is empty"):
        volio.load(path)


def test_a_header_whose_file_of_values_is_missing_is_read(tmp_path: Path):
    path = tmp_path / "mesh.gii"
    path.write_bytes(text_of(b"", Encoding="ExternalFileBinary", ExternalFileName="v.bin"))
    img = volio.load(path)
    assert len(img.darrays) == 1
    told = r"v\.bin: no such file; .*mesh\.gii needs it for its values"
    with pytest.raises(MissingFileError, match=told):
        _ = img.darrays[0].data
    with pytest.raises(MissingFileError, match=told):
        img.to_filename(tmp_path / "other.gii")
    assert not (tmp_path / "other.gii").exists()
    (problem,) = volio.verify(path).problems
    assert "v.bin: no such file" in problem


def test_verify_decodes_every_array(tmp_path: Path):
    path = tmp_path / "mesh.gii"
    packed = bytearray(zlib.compress(NUMBERS.tobytes()))
    packed[-1] ^= 1
    path.write_bytes(text_of(base64.b64encode(packed), Encoding="GZipBase64Binary"))
    (problem,) = volio.verify(path).problems
    assert "data array 0" in problem


def test_values_in_a_file_of_their_own(tmp_path: Path):
    path = tmp_path / "mesh.gii"
    raw = text_of(
        b"", Encoding="ExternalFileBinary", ExternalFileName="v.bin", ExternalFileOffset="2"
    )
    path.write_bytes(raw)
    (tmp_path / "v.bin").write_bytes(b"xx" + NUMBERS.tobytes())
    assert volio.load(path).darrays[0].data.tolist() == NUMBERS.tolist()
    (tmp_path / "v.bin").write_bytes(NUMBERS.tobytes())
    with pytest.raises(
        TruncatedFileError, match=r"v\.bin: .*mesh\.gii: data array 0: needs 14 bytes"
    ):
        volio.load(path).darrays[0].data  # noqa: B018
    with pytest.raises(VolioError, match="load and save it by its file name"):
        GiftiImage.from_bytes(raw)


def test_a_number_of_arrays_that_is_not_there():
    raw = text_of(b"1 2 3").replace(b'DataArrays="1"', b'DataArrays="2"')
    with pytest.warns(volio.errors.VolioWarning, match="NumberOfDataArrays: is '2', .* has 1"):
        assert GiftiImage.from_bytes(raw).numDA == 1


def test_entities_are_refused():
    raw = text_of(b"1 2 3").replace(
        b'SYSTEM "http://www.nitrc.org/frs/download.php/115/gifti.dtd"', b'[<!ENTITY a "1 2 3">]'
    )
    with pytest.raises(HeaderDataError, match="entities"):
        GiftiImage.from_bytes(raw.replace(b"<Data>1 2 3", b"<Data>&a;"))


# As a surface.


def surface(**more) -> volio.Surface:
    return volio.Surface(CORNERS, SIDES, {"height": CORNERS[:, 2]}, **more)


@pytest.mark.parametrize("space", ["scanner", "aligned", "talairach", "mni", "unknown"])
def test_spaces_are_those_of_the_coordinate_system(space: str, tmp_path: Path):
    volio.save(surface(space=space, structure="cortex_left"), tmp_path / "a.surf.gii")
    found = volio.load(tmp_path / "a.surf.gii")
    assert (found.space, found.structure, found.geometry) == (space, "cortex_left", None)
    theirs = nibabel.load(tmp_path / "a.surf.gii")
    assert nibabel.nifti1.xform_codes.label[theirs.darrays[0].coordsys.dataspace] == space
    assert theirs.darrays[0].meta["AnatomicalStructurePrimary"] == "CortexLeft"
    assert list(found.data) == ["height"]
    assert found.data["height"].tolist() == [0, 0, 0, 5]


def test_surface_coordinates_of_freesurfer_are_written_with_their_volume(tmp_path: Path):
    geometry = VolumeGeometry(
        (10, 20, 30),
        (1.0, 1.5, 2.0),
        ((0.0, -1.0, 0.0), (0.6, 0.0, 0.8), (-0.8, 0.0, 0.6)),
        (4.0, -5.0, 6.5),
    )
    volio.save(surface(space="tkras", geometry=geometry), tmp_path / "a.surf.gii")
    found = volio.load(tmp_path / "a.surf.gii")
    assert (found.space, found.geometry) == ("tkras", geometry)
    moved = found.vertices_in("scanner")
    by_hand = geometry.scanner_from_tkras @ np.column_stack([CORNERS, np.ones(4)]).T
    np.testing.assert_allclose(moved, by_hand[:3].T, atol=1e-5)
    meta = nibabel.load(tmp_path / "a.surf.gii").darrays[0].meta
    assert meta["VolGeomWidth"] == "10"
    assert (meta["VolGeomX_R"], meta["VolGeomX_A"], meta["VolGeomX_S"]) == ("0.0", "0.6", "-0.8")
    assert (meta["VolGeomC_R"], meta["VolGeomC_A"], meta["VolGeomC_S"]) == ("4.0", "-5.0", "6.5")


def test_a_matrix_to_another_space(tmp_path: Path):
    surf = surface(space="scanner")
    surf.matrices = {"mni": np.diag([2.0, 3.0, 4.0, 1.0])}
    volio.save(surf, tmp_path / "a.gii")
    found = volio.load(tmp_path / "a.gii")
    assert found.vertices_in("mni").tolist() == (CORNERS * [2, 3, 4]).tolist()
    with pytest.raises(volio.errors.SpaceError, match=r"'scanner', .* 'tkras'; .* leads to mni"):
        found.vertices_in("tkras")


def test_several_coordinate_systems_are_kept():
    unknown = GiftiCoordSystem(0, 3, np.diag([9.0, 9, 9, 1]))
    known = GiftiCoordSystem(1, 4, np.diag([2.0, 2, 2, 1]))
    points = GiftiDataArray(CORNERS, 1008)
    points.coordsystems = [unknown, known]
    found = GiftiImage.from_bytes(GiftiImage(darrays=[points]).to_bytes())
    assert [each.dataspace for each in found.darrays[0].coordsystems] == [0, 1]
    assert found.space == "scanner"
    assert found.vertices_in("mni").tolist() == (2 * CORNERS).tolist()


def test_only_points_have_a_coordinate_system():
    raw = GiftiImage.from_image(surface(space="mni")).to_bytes()
    assert raw.count(b"<CoordinateSystemTransformMatrix>") == 1
    assert raw.index(b"CoordinateSystemTransformMatrix") < raw.index(b"NIFTI_INTENT_TRIANGLE")


def test_time_series_are_columns(tmp_path: Path):
    series = np.arange(12, dtype=np.float32).reshape(4, 3)
    surf = volio.Surface(data={"bold": series, "mean": series.mean(axis=1)})
    volio.save(surf, tmp_path / "a.func.gii")
    theirs = nibabel.load(tmp_path / "a.func.gii")
    np.testing.assert_array_equal(theirs.agg_data("time series"), series)
    found = volio.load(tmp_path / "a.func.gii")
    assert list(found.data) == ["bold", "mean"]
    np.testing.assert_array_equal(found.data["bold"], series)
    np.testing.assert_array_equal(found.agg_data("time series"), series)
    assert found.agg_data("NIFTI_INTENT_POINTSET") == ()
    assert len(found.agg_data(("time series", 2005))) == 2


def test_labels_and_colours(tmp_path: Path):
    labels = volio.Labels(
        [volio.Label(0, "???"), volio.Label(5, "insula & more", (255, 128, 0, 64))]
    )
    surf = surface()
    surf.data.put(type(surf.data.array("height"))("parts", np.array([0, 5, 5, 0]), labels))
    surf.colors = np.arange(16, dtype=np.uint8).reshape(4, 4)
    volio.save(surf, tmp_path / "a.gii")
    found = volio.load(tmp_path / "a.gii")
    assert found.labels == labels
    assert found.data.labels == {"height": None, "parts": labels}
    assert found.colors.tolist() == surf.colors.tolist()
    theirs = nibabel.load(tmp_path / "a.gii").labeltable
    assert theirs.get_labels_as_dict() == {0: "???", 5: "insula & more"}
    assert theirs.labels[1].rgba == pytest.approx((1, 0.501961, 0, 0.25098))


def test_a_label_without_a_name_or_colour():
    table = GiftiLabelTable()
    table.labels = [GiftiLabel(3)]
    img = GiftiImage.from_bytes(GiftiImage(labeltable=table).to_bytes())
    assert img.labeltable.labels[0].label == ""
    assert img.labeltable.labels[0].rgba == (None,) * 4
    assert img.labeltable.as_labels()[3].colour is None
    raw = img.to_bytes().replace(b"Key=", b"Index=")
    assert GiftiImage.from_bytes(raw).labeltable.labels[0].key == 3


@pytest.mark.parametrize("part", range(4))
def test_a_colour_with_a_part_that_is_no_number_is_none(part):
    rgba = [1.0, 0.5, 0.0, 1.0]
    rgba[part] = np.nan
    table = GiftiLabelTable()
    table.labels = [GiftiLabel(3, *rgba)]
    read = GiftiImage.from_bytes(GiftiImage(labeltable=table).to_bytes()).labeltable
    assert read.as_labels()[3].colour is None
    np.testing.assert_array_equal(read.labels[0].rgba, rgba)


def test_colours_beyond_the_brightest_and_the_darkest_are_these():
    table = GiftiLabelTable()
    table.labels = [GiftiLabel(3, np.inf, -np.inf, 2, 0.5)]
    assert table.as_labels()[3].colour == (255, 0, 255, 128)


@pytest.mark.parametrize(
    ("stated", "wrong"), [(b'Key="3"', b'Key="1_0"'), (b'Red="1"', b'Red="0_1"')]
)
def test_keys_and_colours_of_labels_are_digits(stated: bytes, wrong: bytes):
    table = GiftiLabelTable()
    table.labels = [GiftiLabel(3, 1, 0, 0, 1)]
    raw = GiftiImage(labeltable=table).to_bytes()
    assert raw.count(stated) == 1
    raw = raw.replace(stated, wrong)
    with pytest.raises(
        HeaderDataError, match="Label: key and colours must be numbers, and one is not a"
    ):
        GiftiImage.from_bytes(raw)


def test_names_that_occur_twice_get_a_number():
    arrays = [GiftiDataArray(np.full(4, value, "f4"), 2005) for value in (1, 2)]
    img = GiftiImage(darrays=[*arrays, GiftiDataArray(np.zeros(3, "f4"), 0)])
    assert list(img.data) == ["shape", "shape (2)", "values"]
    mesh = GiftiImage(darrays=[GiftiDataArray(CORNERS, 1008), *img.darrays])
    assert list(mesh.data) == ["shape", "shape (2)"]
    assert [values[0] for values in mesh.data.values()] == [1, 2]
    del mesh.data["shape"]
    assert [array.data[0].tolist() for array in mesh.darrays[1:]] == [2, 0]
    mesh.data["new"] = np.arange(4)
    assert mesh.darrays[-1].meta["Name"] == "new"
    with pytest.raises(ImageDataError, match="one value for each of 4 vertices, got 3"):
        mesh.data["short"] = np.arange(3)


def test_faces_beyond_the_vertices_are_refused():
    img = GiftiImage.from_image(surface())
    img.darrays[1].data = np.array([[0, 1, 2], [0, 1, 4]], np.int32)
    with pytest.raises(HeaderDataError, match=r"1 name vertices .* face 1: \[0, 1, 4\] of 4"):
        img.faces  # noqa: B018


def test_what_the_file_says_besides_survives():
    raw = text_of(b"1 2 3", Flavour="sweet").replace(
        b"<DataArray", b"<Extra a='1'><b>text</b></Extra><DataArray", 1
    ).replace(b'Version="1.0"', b'Version="1.0" xmlns:x="urn:x" x:Program="p"', 1).replace(
        b"<Data>", b"<Note>kept</Note><Data>"
    )  # fmt: skip
    again = GiftiImage.from_bytes(raw).to_bytes()
    for kept in (
        b"<b>text</b>",
        b'xmlns:x="urn:x" x:Program="p"',
        b'Flavour="sweet"',
        b"<Note>kept</Note>",
    ):
        assert kept in again


# What nibabel's users do.


def test_dtypes_that_gifti_does_not_have():
    big = GiftiDataArray(np.array([1, 2**31]), datatype="int64")
    img = GiftiImage(darrays=[big])
    with pytest.raises(HeaderDataError, match="mode='compat' converts it"):
        img.to_bytes()
    with pytest.raises(ImageDataError, match="1 to 2147483648 do not fit int32"):
        img.to_bytes(mode="compat")
    with pytest.raises(UsageTypeError, match="mode: must be one of strict, compat, force"):
        img.to_bytes(mode="loose")
    assert GiftiImage.from_bytes(img.to_bytes(mode="force")).darrays[0].data.dtype == np.int64
    huge = GiftiImage(darrays=[GiftiDataArray(np.array([1e300]), datatype="float64")])
    with pytest.raises(ImageDataError, match="exceed float32"):
        huge.to_bytes(mode="compat")
    rounded = GiftiImage(darrays=[GiftiDataArray(np.array([0.1, 0.5]), datatype="float64")])
    with pytest.warns(PrecisionWarning, match="rounded to float32, by up to 1.49e-09"):
        raw = rounded.to_bytes(mode="compat")
    assert GiftiImage.from_bytes(raw).darrays[0].data.dtype == np.float32
    for values in (np.zeros(3), np.zeros(3, "i8"), np.zeros(3, "i2")):
        with pytest.raises(ValueError, match="GIFTI has uint8, int32 and float32"):
            GiftiDataArray(values)
    with pytest.raises(KeyError, match="no place for bool"):
        GiftiDataArray(np.zeros(3, bool))
    pairs = GiftiImage(darrays=[GiftiDataArray(np.zeros(3, "c8"), datatype="complex64")])
    with pytest.raises(TypeError, match="no place for complex64"):
        pairs.to_bytes(mode="compat")


def test_every_array_of_an_intent_is_removed():
    img = GiftiImage(darrays=[GiftiDataArray(np.zeros(2, "f4"), 2005) for _ in range(4)])
    img.add_gifti_data_array(GiftiDataArray(np.ones(2, "f4"), 1002))
    assert len(img.get_arrays_from_intent("shape")) == 4
    img.remove_gifti_data_array_by_intent("NIFTI_INTENT_SHAPE")
    assert [array.intent for array in img.darrays] == [1002]
    img.remove_gifti_data_array(0)
    assert img.numDA == 0
    with pytest.raises(TypeError, match="dataarr: must be GiftiDataArray"):
        img.add_gifti_data_array(np.zeros(2))
    with pytest.raises(TypeError, match="meta: must be GiftiMetaData"):
        img.meta = {}
    with pytest.raises(TypeError, match="labeltable: must be GiftiLabelTable"):
        img.labeltable = []


def test_texts_by_name():
    meta = GiftiMetaData({"a": 1}, b="<2>")
    assert dict(meta) == {"a": 1, "b": "<2>"}
    assert b"<Name>b</Name><Value>&lt;2&gt;</Value>" in meta.to_xml()
    assert nibabel.gifti.GiftiMetaData(a=1, b="<2>").to_xml() == meta.to_xml()
    with pytest.warns(DeprecationWarning, match="items"):
        assert [pair.name for pair in meta.data] == ["a", "b"]
    with pytest.warns(DeprecationWarning, match="dict"):
        assert meta.metadata == dict(meta)


def test_summaries_are_printed(capsys: pytest.CaptureFixture[str]):
    GiftiImage.from_image(surface(space="mni")).print_summary()
    told = capsys.readouterr().out
    for words in ("Number of data arrays:  3", "NIFTI_INTENT_TRIANGLE", "NIFTI_XFORM_MNI_152"):
        assert words in told


def test_names_are_those_of_nibabel():
    for module in ("gifti", "gifti.gifti", "gifti.util", "gifti.parse_gifti_fast", "xmlutils"):
        assert getattr(volio, module.split(".")[0]) is not None
    parser = volio.gifti.parse_gifti_fast.GiftiImageParser()
    parser.parse(string=text_of(b"1 2 3"))
    assert parser.img.darrays[0].data.tolist() == [1, 2, 3]
    with pytest.raises(ValueError, match="exactly one"):
        parser.parse()
    assert volio.gifti.util.gifti_encoding_codes["GZipBase64Binary"] == 3
    assert isinstance(GiftiImage(), volio.xmlutils.XmlSerializable)


@pytest.mark.parametrize("name", ["x.gii", "x.gii.gz", "x.surf.gii.zst"])
def test_files_are_found_by_content_and_compressed(name: str, tmp_path: Path):
    volio.save(surface(space="mni"), tmp_path / name)
    (tmp_path / name).rename(tmp_path / "strange.dat")
    assert volio.identify(tmp_path / "strange.dat").name == "gifti"
    assert volio.load(tmp_path / "strange.dat").space == "mni"
