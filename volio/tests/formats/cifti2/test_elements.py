"""Elements of CIFTI-2 headers: their fields, their lists and their XML."""

from __future__ import annotations

import nibabel
import numpy as np
import pytest
from nibabel import cifti2 as nib_cifti2

from volio.arrays.encodings.text_numbers import parse_indices
from volio.errors import CorruptFileError, HeaderDataError, NotServedError, UsageError
from volio.files.xml_events import parse_xml
from volio.formats import cifti2
from volio.images.labels import Label, Labels
from volio.tests.real_files import shared_path, wheel_path

FILES = [
    "cifti/Conte69.MyelinAndCorrThickness.32k_fs_LR.dscalar.nii",
    "cifti/Conte69.MyelinAndCorrThickness.32k_fs_LR.ptseries.nii",
    "cifti/fs_LR.32k.LR.curvature.dscalar.nii",
]


def header_text(path):
    """Return the XML of a CIFTI-2 file, as nibabel finds it."""
    img = nibabel.Nifti2Image.from_filename(path)
    (extension,) = [each for each in img.header.extensions if each.get_code() == 32]
    return extension.get_content().to_xml()


@pytest.mark.parametrize("name", FILES)
def test_the_xml_of_real_files_comes_back(name):
    path = shared_path(name)
    text = header_text(path)
    header = cifti2.Cifti2Header.from_xml(text)
    assert header.to_xml() == text
    assert header.matrix.get_data_shape() == nibabel.load(path).shape


def test_what_nibabel_does_not_know_is_written_back():
    text = (
        b'<CIFTI Version="2" Made="here"><Matrix><MatrixIndicesMap '
        b'AppliesToMatrixDimension="0" IndicesMapToDataType="CIFTI_INDEX_TYPE_SCALARS">'
        b'<NamedMap Seen="1"><MapName>one</MapName><Further a="b">text</Further></NamedMap>'
        b"</MatrixIndicesMap><Note /></Matrix></CIFTI>"
    )
    root = parse_xml(cifti2.Cifti2Header.from_xml(text).to_xml())
    assert root.attrib == {"Version": "2", "Made": "here"}
    assert root.find(".//NamedMap").attrib == {"Seen": "1"}
    assert root.find(".//NamedMap/Further").attrib == {"a": "b"}
    assert root.find(".//NamedMap/Further").text == "text"
    assert root.find("Matrix/Note") is not None


def test_a_matrix_on_one_line():
    img = nibabel.Nifti2Image.from_filename(wheel_path("row_major.dconn.nii"))
    (extension,) = img.header.extensions
    header = cifti2.Cifti2Header.from_xml(extension.get_content().to_xml())
    volume = header.get_index_map(0).volume
    text = (
        b"<CIFTI Version='2'><Matrix><MatrixIndicesMap AppliesToMatrixDimension='0'><Volume "
        b"VolumeDimensions='2,3,4'><TransformationMatrixVoxelIndicesIJKtoXYZ MeterExponent='-3'>"
        b"1 2 3 4 5 6 7 8 9 10 11 12 0 0 0 1</TransformationMatrixVoxelIndicesIJKtoXYZ></Volume>"
        b"</MatrixIndicesMap></Matrix></CIFTI>"
    )
    assert volume.affine.shape == (4, 4)
    volume = cifti2.Cifti2Header.from_xml(text).get_index_map(0).volume
    assert volume.volume_dimensions == (2, 3, 4)
    assert volume.affine[1].tolist() == [5, 6, 7, 8]


@pytest.mark.parametrize(
    ("exponent", "factor"), [(None, 1), (-3, 1), (0, 1000), (-2, 10), (-6, 0.001)]
)
def test_affines_are_in_mm_whatever_the_unit(exponent, factor):
    stored = np.diag([0.1, 0.7, 3, 1])
    stored[:3, 3] = -0.3, 5, 7
    matrix = cifti2.Cifti2TransformationMatrixVoxelIndicesIJKtoXYZ(exponent, stored)
    expected = stored.copy()
    expected[:3] *= factor
    assert matrix.affine_mm == pytest.approx(expected, rel=1e-15)
    assert matrix.affine_mm[3].tolist() == [0, 0, 0, 1]
    assert np.array_equal(matrix.matrix, stored)


def test_numbers_of_a_matrix_keep_every_digit():
    matrix = np.eye(4)
    matrix[0] = 1 / 3, 1e-12, np.pi, -2.5
    given = cifti2.Cifti2TransformationMatrixVoxelIndicesIJKtoXYZ(-3, matrix)
    back = given.from_element(parse_xml(given.to_xml()))
    assert np.array_equal(back.matrix, matrix)
    assert given.to_xml().splitlines()[1] == b"0 1 0 0"


# Lists of indices.


def test_lists_of_indices_are_lists_and_arrays():
    vertices = cifti2.Cifti2VertexIndices(np.arange(4, dtype=np.int32))
    vertices.append(9)
    vertices.insert(0, 7)
    vertices.extend(np.array([5, 6]))
    vertices[1] = 8.0
    del vertices[-1]
    assert list(vertices) == [7, 8, 1, 2, 3, 9, 5]
    assert vertices[1:3] == [8, 1]
    assert type(vertices[0]) is int
    assert vertices.array.dtype == np.int64
    assert np.asarray(vertices).tolist() == [7, 8, 1, 2, 3, 9, 5]
    with pytest.raises(ValueError, match="read-only"):
        vertices.array[0] = 1


def test_arrays_given_stay_the_callers():
    given = np.arange(3)
    vertices = cifti2.Cifti2VertexIndices(given)
    given[0] = 99
    assert list(vertices) == [0, 1, 2]
    voxels = cifti2.Cifti2VoxelIndicesIJK(given[np.newaxis])
    given[1] = 98
    assert voxels[0] == [99, 1, 2]


@pytest.mark.parametrize("wrong", [[0.5], ["a"], [[1, 2]], [True, False]])
def test_indices_that_are_not_integers_are_refused(wrong):
    with pytest.raises(HeaderDataError, match="integers"):
        cifti2.Cifti2VertexIndices(wrong)


def test_voxels_are_rows():
    voxels = cifti2.Cifti2VoxelIndicesIJK([[0, 1, 2], [3, 4, 5]])
    voxels.append((6, 7, 8))
    voxels[0] = [9, 9, 9]
    voxels[1, 2] = 55
    voxels.extend([[1, 1, 1]])
    assert voxels[0] == [9, 9, 9]
    assert voxels[1, 1:] == [4, 55]
    assert voxels[np.int64(2)] == [6, 7, 8]
    assert voxels[2:] == [[6, 7, 8], [1, 1, 1]]
    assert voxels.array.tolist() == [[9, 9, 9], [3, 4, 55], [6, 7, 8], [1, 1, 1]]
    assert voxels.to_xml().splitlines()[1] == b"3 4 55"
    with pytest.raises(UsageError, match="must be a row, or a row and a column"):
        voxels[0, 0, 0]
    with pytest.raises(NotServedError, match=r"use \.array"):
        voxels[:, 0]
    with pytest.raises(HeaderDataError, match="three integers"):
        voxels[0] = [1, 2]
    with pytest.raises(HeaderDataError, match="rows of three integers"):
        cifti2.Cifti2VoxelIndicesIJK([[1, 2]])


@pytest.mark.parametrize(
    ("text", "expected"),
    [("", []), (" \n", []), ("7", [7]), ("\t0 1\r\n22 ", [0, 1, 22]), ("007", [7])],
)
def test_indices_in_text(text, expected):
    assert parse_indices(text, "vertices").tolist() == expected


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("1 2 x3", "number 3, 'x3'"),
        ("1 -2", "number 2, '-2'"),
        ("1.0", "number 1, '1.0'"),
        ("1 9223372036854775807", "number 2, '9223372036854775807'"),
        ("99999999999999999999999", "number 1, '9999"),
        ("1,2", "number 1, '1,2'"),
        ("1 \u0661", "number 2"),
        ("1\x0b2", "white space other than"),
    ],
)
def test_text_that_is_not_indices_is_refused_with_its_place(text, named):
    with pytest.raises(CorruptFileError, match=named):
        parse_indices(text, "vertices")


def test_a_wrong_number_of_indices_is_refused():
    assert parse_indices("1 2", "vertices", 2).tolist() == [1, 2]
    with pytest.raises(HeaderDataError, match="vertices: must be 3 numbers, got 2"):
        parse_indices("1 2", "vertices", 3)


# Labels.


def test_labels_become_those_of_every_format():
    table = cifti2.Cifti2LabelTable()
    table[3] = ("three", 1, 0.2, 0, 0.5)
    table[-1] = cifti2.Cifti2Label(-1, "below", 0, 0, 1, 1)
    expected = Labels([Label(3, "three", (255, 51, 0, 128)), Label(-1, "below", (0, 0, 255, 255))])
    assert table.as_labels() == expected
    assert cifti2.Cifti2LabelTable.from_labels(expected).as_labels() == expected


def test_a_key_that_comes_twice_keeps_both_labels():
    text = (
        b'<LabelTable><Label Key="1" Red="0" Green="0.1" Blue="1" Alpha="1">first</Label>'
        b'<Label Key="1" Red="1" Green="0" Blue="0" Alpha="1">second</Label></LabelTable>'
    )
    table = cifti2.Cifti2LabelTable.from_element(parse_xml(text))
    assert table[1].label == "first"
    assert [label.label for label in table.repeated] == ["second"]
    assert table.as_labels().names == ("first", "second")
    assert table.to_xml() == text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b'<Label Red="0" Green="0" Blue="0" Alpha="0">a</Label>', "Key: is missing"),
        (b'<Label Key="x" Red="0" Green="0" Blue="0" Alpha="0">a</Label>', "Key: must be an int"),
        (b'<Label Key="1" Red="0" Green="0" Blue="0">a</Label>', "Label 1: colours"),
        (b'<Label Key="1" Red="2" Green="0" Blue="0" Alpha="0">a</Label>', "from 0 to 1, got '2'"),
        (b'<Label Key="1" Red="nan" Green="0" Blue="0" Alpha="0">a</Label>', "got 'nan'"),
    ],
)
def test_labels_that_make_no_sense_are_refused(text, message):
    with pytest.raises(HeaderDataError, match=message):
        cifti2.Cifti2Label.from_element(parse_xml(text))


# The matrix.


def mapping(*dimensions, kind="CIFTI_INDEX_TYPE_SCALARS", maps=()):
    return cifti2.Cifti2MatrixIndicesMap(dimensions, kind, maps=maps)


def test_a_dimension_is_mapped_once():
    matrix = cifti2.Cifti2Matrix()
    matrix.append(mapping(0))
    with pytest.raises(HeaderDataError, match=r"dimensions \(1, 0\): a dimension is mapped once"):
        matrix.append(mapping(1, 0))
    with pytest.raises(HeaderDataError, match="mapped once"):
        matrix.append(mapping(1, 1))
    with pytest.raises(HeaderDataError, match="dimensions 0 to 2"):
        matrix.append(mapping(3))
    with pytest.raises(HeaderDataError, match="dimension 1 of the matrix has no"):
        matrix.get_index_map(1)
    matrix.append(mapping(2))
    assert matrix.mapped_indices == [0, 2]


def test_lengths_of_the_kinds_of_mappings():
    series = cifti2.Cifti2MatrixIndicesMap(0, "CIFTI_INDEX_TYPE_SERIES", 17, 0, 0.0, 1.0, "SECOND")
    names = [cifti2.Cifti2NamedMap(name) for name in "abc"]
    models = [cifti2.Cifti2BrainModel(0, 4), cifti2.Cifti2BrainModel(4, 6)]
    matrix = cifti2.Cifti2Matrix()
    matrix.append(series)
    assert matrix.get_data_shape() == (17,)
    matrix.append(mapping(2, kind="CIFTI_INDEX_TYPE_LABELS", maps=names))
    assert matrix.get_data_shape() == (17, None, 3)
    matrix.append(mapping(1, kind="CIFTI_INDEX_TYPE_BRAIN_MODELS", maps=models))
    assert matrix.get_data_shape() == (17, 10, 3)
    assert mapping(0, kind="CIFTI_INDEX_TYPE_PARCELS", maps=[cifti2.Cifti2Parcel("p")]).length == 1
    with pytest.raises(HeaderDataError, match="'CIFTI_INDEX_TYPE_OTHER' is not known"):
        _ = mapping(0, kind="CIFTI_INDEX_TYPE_OTHER").length


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"<CIFTI Version='1.0'><Matrix /></CIFTI>", "Version: only CIFTI-2 is read, got '1.0'"),
        (b"<CIFTI><Matrix /></CIFTI>", "-cifti-version-convert"),
        (b"<CIFTI Version='2'></CIFTI>", "Matrix is missing"),
        (b"<Matrix />", "the root element is 'Matrix'"),
        (b"<CIFTI Version='2'><Matrix></CIFTI>", "not well-formed"),
    ],
)
def test_headers_that_are_not_cifti_2_are_refused(text, message):
    with pytest.raises(HeaderDataError, match=message):
        cifti2.Cifti2Header.from_xml(text)


def test_headers_are_equal_by_their_xml():
    text = header_text(shared_path(FILES[1]))
    header = cifti2.Cifti2Header.from_xml(text)
    copy = header.copy()
    assert copy == header
    copy.matrix[1][2].name = "other"
    assert copy != header
    assert header.to_xml() == text


def test_structures_are_those_of_nibabel():
    ours = cifti2.CIFTI_BRAIN_STRUCTURES
    theirs = nib_cifti2.CIFTI_BRAIN_STRUCTURES
    assert list(ours.keys()) == list(theirs.keys())
    for spelling in ours:
        assert ours.ciftiname[spelling] == theirs.ciftiname[spelling]
        assert ours.guiname[spelling] == theirs.guiname[spelling]
    assert cifti2.CIFTI_MAP_TYPES == nib_cifti2.cifti2.CIFTI_MAP_TYPES
    assert cifti2.CIFTI_MODEL_TYPES == nib_cifti2.cifti2.CIFTI_MODEL_TYPES
    assert cifti2.CIFTI_SERIESUNIT_TYPES == nib_cifti2.cifti2.CIFTI_SERIESUNIT_TYPES
