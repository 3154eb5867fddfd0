"""CIFTI-2 files: read and written, held against nibabel and against bytes."""

from __future__ import annotations

import gzip
import io
import pickle
import struct
import warnings

import nibabel
import numpy as np
import pytest
from nibabel.cifti2 import cifti2_axes as peer_axes

import volio
from volio.arrays.lazy import LazyArray
from volio.errors import (
    HeaderDataError,
    LimitError,
    MissingFileError,
    TruncatedFileError,
    UsageError,
    UsageTypeError,
    VolioWarning,
)
from volio.files.sources.source import BytesSource
from volio.formats.cifti2 import (
    BrainModelAxis,
    Cifti2Extension,
    Cifti2Header,
    Cifti2Image,
    LimitedNifti2Header,
    ParcelsAxis,
    ScalarAxis,
    SeriesAxis,
)
from volio.formats.cifti2 import axes as own_axes
from volio.formats.nifti1 import Nifti1Extension
from volio.testing.faults import CountingSource
from volio.testing.samples import samples_of
from volio.tests.arrays.arrays import Counting
from volio.tests.formats.cifti2.greyordinates import small_axes, small_axis
from volio.tests.real_files import SHARED_FILES, shared_path, wheel_path

SAMPLES = {sample.path.name: sample.path for sample in samples_of("cifti2")}
REAL = [file for file in SHARED_FILES if file.image == "Cifti2Image"]
OFFSET_AT = 168  # vox_offset in a header of NIfTI-2
INTENT_AT = 504


def matrix(points=5, **options):
    """A series whose values are all different, at nine vertices and voxels."""
    values = np.arange(points * 9, dtype=np.float32).reshape(points, 9)
    return Cifti2Image(values, (SeriesAxis(0, 0.72, points), small_axis()), **options)


def peer_matrix(values, **options):
    """The same of nibabel."""
    axes = (peer_axes.SeriesAxis(0, 0.72, len(values)), small_axis(peer_axes))
    return nibabel.Cifti2Image(values, axes, **options)


def replaced(data, old, new):
    """Return the bytes of a file with other text, of the same length, in its XML."""
    assert data.count(old) == 1
    assert len(old) == len(new)
    return data.replace(old, new)


# Reading.


@pytest.mark.requires("real files")
@pytest.mark.parametrize("file", REAL, ids=lambda file: file.name)
def test_real_files_are_what_nibabel_reads(file):
    path = shared_path(file.name)
    ours = volio.load(path)
    theirs = nibabel.load(path)
    assert type(ours) is Cifti2Image
    assert ours.shape == file.shape
    np.testing.assert_array_equal(np.asanyarray(ours.dataobj), theirs.get_fdata(dtype=np.float32))
    assert float(np.sum(ours.dataobj, dtype=float)) == pytest.approx(file.total, rel=1e-6)
    assert ours.header.to_xml() == theirs.header.to_xml()
    assert ours.nifti_header.get_intent() == theirs.nifti_header.get_intent()
    assert ours.to_bytes() == path.read_bytes()


def test_a_matrix_of_the_wheel():
    ours = volio.load(wheel_path("row_major.dconn.nii"))
    theirs = nibabel.load(wheel_path("row_major.dconn.nii"))
    np.testing.assert_array_equal(np.asarray(ours.dataobj), theirs.get_fdata())
    assert ours.header.get_axis(0) == ours.header.get_axis(1)
    np.testing.assert_array_equal(ours.header.get_axis(0).affine, theirs.header.get_axis(0).affine)


def test_opening_parses_no_xml(monkeypatch):
    def fail(text):
        raise AssertionError("the XML was parsed")

    monkeypatch.setattr(Cifti2Header, "from_xml", fail)
    img = volio.load(SAMPLES["series.nii"])
    assert (img.shape, img.dataobj.dtype, img.get_data_dtype()) == ((5, 16), "f4", "f4")
    assert np.asarray(img.dataobj[2]).shape == (16,)
    with pytest.raises(AssertionError, match="was parsed"):
        _ = img.header


def test_parts_read_only_their_bytes():
    data = matrix(200).to_bytes()
    source = CountingSource(BytesSource(data, "a.dtseries.nii"))
    proxy = volio.load(data).dataobj
    whole = np.asarray(proxy)
    proxy = volio.ArrayProxy(source, (proxy.shape, "<f4", proxy.offset), order="F")
    np.testing.assert_array_equal(proxy[:, 4], whole[:, 4])
    assert source.count == 200 * 4
    source.count = 0
    np.testing.assert_array_equal(proxy[:, 2:5], whole[:, 2:5])
    assert source.count == 3 * 200 * 4


def test_big_endian_scaled_integers_are_read_by_the_definition():
    data = SAMPLES["scalars.nii"].read_bytes()
    start = struct.unpack_from(">q", data, OFFSET_AT)[0]
    stored = np.frombuffer(data, ">i2", 15, start).reshape(3, 5, order="F")
    img = volio.load(SAMPLES["scalars.nii"])
    np.testing.assert_array_equal(np.asarray(img.dataobj), stored * 0.25 - 3)
    assert float(img.dataobj[1, 2]) == stored[1, 2] * 0.25 - 3
    stem, right = img.header.get_axis(1).iter_structures()
    assert stem[0] == "CIFTI_STRUCTURE_BRAIN_STEM"
    assert stem[2].voxel.tolist() == [[0, 1, 2], [1, 0, 3]]
    np.testing.assert_allclose(
        stem[2].affine, [[2, 0, 0, -10], [0, 3, 0, 20], [0, 0, 4, 30], [0, 0, 0, 1]]
    )
    assert right[2].vertex.tolist() == [1, 4, 8]


@pytest.mark.parametrize("ending", [".gz", ".zst"])
def test_compressed_files_are_read_and_written(tmp_path, ending):
    path = tmp_path / f"a.dtseries.nii{ending}"
    img = matrix(40)
    volio.save(img, path)
    loaded = volio.load(path)
    assert type(loaded) is Cifti2Image
    np.testing.assert_array_equal(loaded.dataobj[:, 3], img.dataobj[:, 3])
    assert loaded.header == img.header
    if ending == ".gz":
        assert gzip.decompress(path.read_bytes()) == img.to_bytes()
    before = path.read_bytes()
    volio.save(loaded, path)
    assert path.read_bytes() == before


def test_images_pickle_and_keep_their_files(tmp_path):
    path = tmp_path / "a.dtseries.nii"
    volio.save(matrix(), path)
    img = volio.load(path)
    assert img.get_filename() == str(path)
    again = pickle.loads(pickle.dumps(img))
    np.testing.assert_array_equal(np.asarray(again.dataobj), np.asarray(img.dataobj))
    assert again.header == img.header


def test_as_plain_nifti_the_matrix_is_there_with_a_warning():
    with pytest.warns(VolioWarning, match="the file is CIFTI-2, read as plain NIfTI-2"):
        img = volio.load(SAMPLES["series.nii"], format="nifti2")
    assert type(img) is volio.Nifti2Image
    assert img.shape == (1, 1, 1, 1, 5, 16)
    (extension,) = img.header.extensions
    assert type(extension) is Cifti2Extension
    assert extension.get_content() == volio.load(SAMPLES["series.nii"]).header


@pytest.mark.parametrize("order", "<>")
def test_files_without_an_intent_are_known_by_their_extension(order):
    header = LimitedNifti2Header(endianness=order)
    data = bytearray(matrix(nifti_header=header).to_bytes())
    struct.pack_into(f"{order}i16x", data, INTENT_AT, 0)
    assert volio.identify(bytes(data)).name == "cifti2"
    assert volio.load(bytes(data)).header.get_axis(0).step == 0.72
    struct.pack_into(f"{order}i", data, 548, 6)  # a comment, and no intent
    assert volio.identify(bytes(data)).name == "nifti2"


def test_an_intent_without_extensions_is_plain_nifti():
    img = volio.Nifti2Image(np.zeros((1, 1, 1, 1, 2, 3), np.float32), None)
    img.header["intent_code"] = 3006
    assert volio.identify(img.to_bytes()).name == "nifti2"


def test_an_image_tells_what_it_is():
    img = volio.load(SAMPLES["scalars.nii"])
    assert repr(img).splitlines() == [
        "<Cifti2Image 3 × 5 float64 (stored as int16), on disk",
        " axis 0 ScalarAxis 'first', 'second', 'third'",
        " axis 1 BrainModelAxis BRAIN_STEM: 2, CORTEX_RIGHT: 3",
        f" file {SAMPLES['scalars.nii']}>",
    ]
    assert "in memory" in repr(matrix())
    html = matrix()._repr_html_()
    assert "<b>Cifti2Image</b>" in html
    assert "SeriesAxis(start=0" in html
    data = replaced(SAMPLES["series.nii"].read_bytes(), b'IndexOffset="6"', b'IndexOffset="7"')
    assert "axis 0 cannot be read: " in repr(volio.load(data))


# Writing.


def test_nibabel_reads_what_is_written():
    img = matrix()
    theirs = nibabel.Cifti2Image.from_bytes(img.to_bytes())
    np.testing.assert_array_equal(theirs.get_fdata(), img.dataobj)
    axes = (peer_axes.SeriesAxis(0, 0.72, 5), small_axis(peer_axes))
    assert theirs.header.get_axis(0) == axes[0]
    assert theirs.header.get_axis(1) == axes[1]
    assert theirs.nifti_header.get_intent() == ("ConnDenseSeries", (), "ConnDenseSeries")


def test_what_nibabel_writes_is_written_alike():
    values = np.arange(45, dtype=np.float32).reshape(5, 9)
    theirs = peer_matrix(values)
    theirs.nifti_header.set_intent(3002, name="ConnDenseSeries")
    data = theirs.to_bytes()
    assert volio.load(data).to_bytes() == data


def test_where_values_are_in_the_file():
    data = matrix().to_bytes()
    assert data[4:8] == b"n+2\0"
    assert struct.unpack_from("<8q", data, 16) == (6, 1, 1, 1, 1, 5, 9, 1)
    start = struct.unpack_from("<q", data, OFFSET_AT)[0]
    assert start % 16 == 0
    size, code = struct.unpack_from("<2i", data, 544)
    assert (code, size % 16, 544 + size) == (32, 0, start)
    # dim[5] varies fastest: points of one vertex are next to each other.
    assert struct.unpack_from("<5f", data, start) == (0, 9, 18, 27, 36)
    assert len(data) == start + 45 * 4


DENSE, PARCELS, SCALARS, LABELS, SERIES = range(5)


@pytest.mark.parametrize(
    ("kinds", "code", "name", "ending"),
    [
        ((DENSE, DENSE), 3001, b"ConnDense", ".dconn.nii"),
        ((SERIES, DENSE), 3002, b"ConnDenseSeries", ".dtseries.nii"),
        ((PARCELS, PARCELS), 3003, b"ConnParcels", ".pconn.nii"),
        ((SERIES, PARCELS), 3004, b"ConnParcelSries", ".ptseries.nii"),
        ((SCALARS, DENSE), 3006, b"ConnDenseScalar", ".dscalar.nii"),
        ((LABELS, DENSE), 3007, b"ConnDenseLabel", ".dlabel.nii"),
        ((SCALARS, PARCELS), 3008, b"ConnParcelScalr", ".pscalar.nii"),
        ((DENSE, PARCELS), 3009, b"ConnParcelDense", ".pdconn.nii"),
        ((PARCELS, DENSE), 3010, b"ConnDenseParcel", ".dpconn.nii"),
        ((PARCELS, PARCELS, SERIES), 3011, b"ConnPPSr", ".pconnseries.nii"),
        ((PARCELS, PARCELS, SCALARS), 3012, b"ConnPPSc", ".pconnscalar.nii"),
        ((LABELS, PARCELS), 3000, b"ConnUnknown", ".plabel.nii"),
    ],
)
def test_axes_decide_intent_and_ending(tmp_path, kinds, code, name, ending):
    # brain models, parcels, scalars, labels, series; parcels of one grid
    known = small_axes()
    brain, parcels, scalars, labels, series = (known[number] for number in (0, 1, 2, 3, 4))
    axes = [(brain, parcels, scalars, labels, series)[kind] for kind in kinds]
    img = Cifti2Image(np.ones([len(axis) for axis in axes], np.float32), axes)
    path = tmp_path / f"a{ending}"
    volio.save(img, path)  # without a warning
    data = path.read_bytes()
    assert struct.unpack_from("<i16s", data, INTENT_AT) == (code, name.ljust(16, b"\0"))
    assert volio.load(path).nifti_header.get_intent()[0] == name.decode()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of files that nibabel leaves open
        theirs = nibabel.load(path)
    for number, axis in enumerate(axes):
        assert len(theirs.header.get_axis(number)) == len(axis)
    wrong = ".dscalar.nii" if ending != ".dscalar.nii" else ".dtseries.nii"
    with pytest.warns(VolioWarning, match="is the ending of other axes; this is Conn") as caught:
        volio.save(img, tmp_path / f"b{wrong}")
    assert [warning.filename for warning in caught] == [__file__]


def test_an_intent_that_volio_does_not_know_stays():
    labels, parcels = small_axes()[3], small_axes()[1]
    img = Cifti2Image(np.ones((2, 3), np.uint8), (labels, parcels))
    img.nifti_header["intent_code"] = 3050
    assert struct.unpack_from("<i", img.to_bytes(), INTENT_AT) == (3050,)
    img.nifti_header["intent_code"] = 3006
    assert struct.unpack_from("<i", img.to_bytes(), INTENT_AT) == (3000,)


@pytest.mark.parametrize(
    ("dtype", "stored"),
    [
        ("f8", "f8"),
        ("f4", "f4"),
        ("f2", "f4"),
        ("i8", "u1"),
        ("u1", "u1"),
        ("?", "u1"),
        ("i2", "i2"),
    ],
)
def test_dtypes_in_the_file(dtype, stored):
    values = (np.arange(45).reshape(5, 9) % 2).astype(dtype)
    axes = (SeriesAxis(0, 1, 5), small_axis())
    loaded = volio.load(Cifti2Image(values, axes).to_bytes())
    assert loaded.dataobj.on_disk_dtype.newbyteorder("=") == np.dtype(stored)
    np.testing.assert_array_equal(np.asarray(loaded.dataobj), values)
    asked = volio.load(Cifti2Image(values, axes, dtype="float32").to_bytes())
    assert asked.get_data_dtype() == np.float32


def test_dtypes_that_are_chosen_later(tmp_path):
    img = matrix()
    img.set_data_dtype("smallest")
    assert img.get_data_dtype() == "smallest"
    assert img.get_data_dtype(finalize=True) == np.uint8
    assert img.get_data_dtype() == np.uint8
    volio.save(matrix(), tmp_path / "a.nii", dtype="int16")
    assert volio.load(tmp_path / "a.nii").get_data_dtype() == np.int16
    with pytest.raises(HeaderDataError, match="complex64 is not supported"):
        img.set_data_dtype(np.complex64)
    img.set_data_dtype("mask")
    assert img.get_data_dtype() == np.uint8


def test_lazy_sources_are_written_slab_by_slab(tmp_path):
    values = np.arange(300 * 9, dtype=np.float32).reshape(300, 9)
    lazy = Counting(values)
    assert isinstance(lazy, LazyArray)
    img = Cifti2Image(lazy, (SeriesAxis(0, 1, 300), small_axis()))
    volio.save(img, tmp_path / "a.dtseries.nii")
    np.testing.assert_array_equal(
        np.asarray(volio.load(tmp_path / "a.dtseries.nii").dataobj), values
    )


def test_a_file_is_saved_over_itself_with_other_axes(tmp_path):
    path = tmp_path / "a.dtseries.nii"
    volio.save(matrix(300), path)
    expected = np.arange(300 * 9, dtype=np.float32).reshape(300, 9)
    img = volio.load(path)
    img.header.matrix[0].series_step = 2.5
    volio.save(img, path)
    np.testing.assert_array_equal(np.asarray(img.dataobj), expected)
    loaded = volio.load(path)
    np.testing.assert_array_equal(np.asarray(loaded.dataobj), expected)
    assert loaded.header.get_axis(0).step == 2.5


def test_values_that_were_read_and_edited_are_saved():
    img = volio.load(matrix().to_bytes())
    img.get_fdata()[0, 0] = 99
    assert volio.load(img.to_bytes()).dataobj[0, 0] == 99


def test_other_extensions_survive_and_the_xml_keeps_its_place():
    img = volio.load(SAMPLES["scalars.nii"])
    img.header.matrix[0][0].map_name = "another, longer name"
    loaded = volio.load(img.to_bytes())
    assert loaded.nifti_header.extensions.get_codes() == [6, 32]
    assert loaded.nifti_header.extensions[0].content.startswith(b"a comment of another program")
    assert loaded.header.get_axis(0).name.tolist() == ["another, longer name", "second", "third"]


def with_gap(size=64):
    """Return a file with zeros between extensions and values."""
    data = bytearray(matrix().to_bytes())
    start = struct.unpack_from("<q", data, OFFSET_AT)[0]
    data[start:start] = bytes(size)
    struct.pack_into("<q", data, OFFSET_AT, start + size)
    return bytes(data), start


def test_an_untouched_file_keeps_its_offset_and_an_edited_one_has_no_gap():
    data, start = with_gap()
    img = volio.load(data)
    assert img.to_bytes() == data
    img.header.matrix[0].series_step = 2.5
    saved = img.to_bytes()
    # nibabel, for one, does not read files with a gap.
    theirs = nibabel.Cifti2Image.from_bytes(saved)
    np.testing.assert_array_equal(theirs.get_fdata(), matrix().dataobj)
    assert abs(struct.unpack_from("<q", saved, OFFSET_AT)[0] - start) <= 16


def test_an_extension_that_is_taken_away_leaves_no_gap():
    img = volio.load(SAMPLES["scalars.nii"])
    del img.nifti_header.extensions[0]
    saved = img.to_bytes()
    start = struct.unpack_from(">q", saved, OFFSET_AT)[0]
    size, code = struct.unpack_from(">2i", saved, 544)
    assert (code, 544 + size) == (32, start)
    np.testing.assert_array_equal(volio.load(saved).get_fdata(), img.get_fdata())


def test_a_header_of_another_file_goes_along():
    given = volio.load(SAMPLES["series.nii"])
    given.nifti_header["descrip"] = b"a text"
    given.nifti_header.extensions.append(Nifti1Extension("comment", b"kept"))
    made = Cifti2Image(np.zeros((5, 16), np.float32), given.header, given.nifti_header)
    loaded = volio.load(made.to_bytes())
    assert loaded.nifti_header["descrip"] == b"a text"
    assert loaded.nifti_header.extensions.get_codes() == [32, 6]
    plain = volio.Nifti1Header()
    plain["descrip"] = b"of NIfTI-1"
    assert matrix(nifti_header=plain).nifti_header["descrip"] == b"of NIfTI-1"


# What is refused.


def test_a_shape_that_does_not_match_warns_and_is_not_saved(tmp_path):
    values = np.zeros((4, 9), np.float32)
    with pytest.warns(VolioWarning, match=r"shape \(4, 9\) do not match .* \(5, 9\)") as caught:
        img = Cifti2Image(values, (SeriesAxis(0, 1, 5), small_axis()))
    assert caught[0].filename == __file__
    with pytest.raises(HeaderDataError, match=r"shape \(4, 9\) do not match"):
        volio.save(img, tmp_path / "a.nii")
    assert list(tmp_path.iterdir()) == []


def test_arguments_of_the_wrong_kind_are_refused():
    with pytest.raises(UsageTypeError, match="must be an array"):
        Cifti2Image(None)
    img = matrix()
    assert Cifti2Image.from_image(img) is img
    with pytest.raises(UsageError, match="cannot be made from Nifti1Image"):
        Cifti2Image.from_image(volio.Nifti1Image(np.zeros((2, 2, 2)), np.eye(4)))
    with pytest.raises(UsageError, match=r"img\.volume is its volume"):
        volio.save(img, "a.mgz")
    with pytest.raises(UsageError, match=r"img\.left and img\.right are its surfaces"):
        volio.save(img, "a.gii")
    with pytest.raises(MissingFileError, match="no such file"):
        Cifti2Image.from_filename("not_there.dtseries.nii")


BROKEN = {
    "a gap": (b'IndexOffset="6"', b'IndexOffset="7"', "CORTEX_RIGHT: IndexOffset: must be 6"),
    "an overlap": (b'IndexOffset="6"', b'IndexOffset="5"', "CORTEX_RIGHT: IndexOffset: must be 6"),
    "a negative offset": (b'IndexOffset="10"', b'IndexOffset="-1"', "IndexOffset: must be 0"),
    "a count too many": (b'IndexCount="4"', b'IndexCount="5"', "must be 5 numbers, got 4"),
    "no count": (b'IndexCount="4"', b'IndexCoun_="4"', "IndexOffset and IndexCount are needed"),
    "a vertex outside": (b"1 2 4 8", b"1 2 4 12", "CORTEX_RIGHT: vertex 12: the surface has 12"),
    "a negative vertex": (b"1 2 4 8", b"1 2 4 -8", "'-8'"),
    "a word": (b"1 2 4 8", b"1 2 4 x", "'x'"),
    "another model": (b"MODEL_TYPE_VOXELS", b"MODEL_TYPE_VOXELZ", "ModelType: must be one of"),
    "another kind": (b"INDEX_TYPE_SERIES", b"INDEX_TYPE_SERIEZ", "IndicesMapToDataType"),
    "too few points": (b'SeriesPoints="5"', b'SeriesPoints="4"', "do not match the header"),
    "a voxel outside": (b'"4,5,6"', b'"4,5,5"', r"THALAMUS_LEFT: voxel \(1, 2, 5\): the volume"),
    "two lengths": (b'"4,5,6"', b'"4,5"', "VolumeDimensions: must be three lengths"),
    "no volume": (b"<Volume ", b"<Volumf ", "not well-formed"),
    "CIFTI-1": (b'Version="2.0"', b'Version="1.0"', r"only CIFTI-2 is read.*-version-convert"),
    "another root": (b"<CIFTI Version", b"<CIFTY Version", "not well-formed"),
}


@pytest.mark.parametrize("what", BROKEN)
def test_headers_that_make_no_sense_are_refused_by_name(what):
    old, new, message = BROKEN[what]
    data = SAMPLES["series.nii"].read_bytes()
    assert data.count(old) == 1
    start = struct.unpack_from("<q", data, OFFSET_AT)[0]
    changed = data[:start].replace(old, new)
    # The extension is padded: what a longer text takes from it, and a shorter one leaves to it.
    changed = changed[:start] if len(changed) >= start else changed.ljust(start, b"\0")
    source = io.BytesIO(changed + data[start:])
    source.name = "rest.dtseries.nii"
    with pytest.raises((HeaderDataError, volio.errors.CorruptFileError), match=message) as caught:
        _ = volio.load(source).header
    assert str(caught.value).startswith("rest.dtseries.nii: ")


def test_cifti_1_is_refused_when_it_is_opened():
    data = replaced(SAMPLES["series.nii"].read_bytes(), b'Version="2.0"', b'Version="1.0"')
    with pytest.raises(HeaderDataError, match="wb_command -file-convert"):
        volio.load(data)


def test_axes_of_space_are_refused():
    data = bytearray(matrix().to_bytes())
    struct.pack_into("<8q", data, 16, 6, 5, 1, 1, 1, 1, 9, 1)
    with pytest.raises(HeaderDataError, match=r"four axes of length 1, .*format='nifti2'"):
        volio.load(bytes(data))


def test_a_file_without_the_xml_is_refused():
    img = volio.Nifti2Image(np.zeros((1, 1, 1, 1, 2, 3), np.float32), None)
    img.header["intent_code"] = 3006
    img.header.extensions.append(Nifti1Extension("comment", b"no XML"))
    with pytest.raises(
        HeaderDataError, match=r"code 32, the XML of CIFTI-2, is needed, found \[6\]"
    ):
        volio.load(img.to_bytes())


def test_an_extension_longer_than_the_room_before_the_values_is_refused():
    data = bytearray(matrix().to_bytes())
    struct.pack_into("<i", data, 544, 1 << 20)
    with (
        pytest.warns(VolioWarning, match="its size must be 8 to"),
        pytest.raises(HeaderDataError, match=r"is needed, found \[\]"),
    ):
        volio.load(bytes(data))


def test_files_that_cannot_hold_what_they_declare_are_refused():
    data = matrix().to_bytes()
    with pytest.raises(TruncatedFileError, match="voxels of shape"):
        np.asarray(volio.load(data[:-1]).dataobj)
    huge = bytearray(data)
    struct.pack_into("<2q", huge, 16 + 5 * 8, 2**31, 2**20)
    with pytest.raises((LimitError, TruncatedFileError), match=r"voxels of shape|too large"):
        np.asarray(volio.load(bytes(huge)).dataobj)


def test_entities_are_refused():
    data = matrix().to_bytes()
    start = struct.unpack_from("<q", data, OFFSET_AT)[0]
    bomb = b'<!DOCTYPE CIFTI [<!ENTITY a "aaaa">]><CIFTI Version="2"><Matrix>&a;</Matrix></CIFTI>'
    assert len(bomb) < start - 552
    changed = data[:552] + bomb.ljust(start - 552, b"\0") + data[start:]
    with pytest.raises(HeaderDataError, match="entities of its own are not read"):
        _ = volio.load(changed).header


# The extension.


def test_the_extension_gives_one_header_and_keeps_its_bytes():
    text = matrix().header.to_xml() + b"\n\0\0"
    extension = Cifti2Extension(content=text)
    assert extension.get_code() == 32
    header = extension.get_content()
    assert extension.get_content() is header
    assert extension.content == text
    header.matrix[0].series_step = 9.0
    assert b'SeriesStep="9.0"' in extension.content
    assert Cifti2Extension.from_object(header).content == header.to_xml()
    with pytest.raises(HeaderDataError, match="must be a Cifti2Header, got int"):
        _ = Cifti2Extension(object=3).content


def test_headers_are_recognised_by_their_first_bytes():
    data = SAMPLES["series.nii"].read_bytes()
    assert Cifti2Header.may_contain_header(data[:540])
    assert not Cifti2Header.may_contain_header(data[:539])
    plain = volio.Nifti2Image(np.zeros((2, 2, 2)), np.eye(4)).to_bytes()
    assert not Cifti2Header.may_contain_header(plain)
    assert not Cifti2Header.may_contain_header(volio.Nifti1Header().binaryblock.ljust(540, b"\0"))


def test_one_dimension_and_three():
    scalars = ScalarAxis(["a", "b", "c"])
    img = volio.load(Cifti2Image(np.arange(3.0), [scalars]).to_bytes())
    assert img.dataobj[1] == 1
    parcels = ParcelsAxis.from_brain_models([("x", BrainModelAxis.from_surface([0], 2, "cortex"))])
    values = np.arange(3.0).reshape(1, 1, 3)
    img = volio.load(Cifti2Image(values, (parcels, parcels, scalars)).to_bytes())
    np.testing.assert_array_equal(np.asarray(img.dataobj), values)
    assert own_axes.from_index_mapping(img.header.get_index_map(2)) == scalars
