"""AFNI data sets: attributes, places, factors, views, and what nibabel makes of the same files."""

from __future__ import annotations

import gzip
import io
import pickle
import warnings
from pathlib import Path

import nibabel
import numpy as np
import pytest
from nibabel.brikhead import AFNIImage as Theirs

import volio
from volio.errors import (
    GeometryWarning,
    HeaderDataError,
    HeaderTypeError,
    ImageFileError,
    LimitError,
    LossWarning,
    MissingFileError,
    PrecisionWarning,
    TruncatedFileError,
    VolioError,
)
from volio.files.filemap import FileHolder
from volio.files.opener import open_source
from volio.formats.afni import AFNIHeader, AFNIHeaderError, AFNIImage, AFNIImageError, head
from volio.formats.containers.afni.attributes import metadata_from
from volio.images.headers.metadata import Intent, Metadata, lost_metadata
from volio.space.affines import from_matvec
from volio.space.eulerangles import euler2mat
from volio.testing.faults import CountingSource
from volio.testing.samples import FOLDER

WHEEL = Path(nibabel.__file__).parent / "tests" / "data"
SAMPLE = FOLDER / "afni" / "series+orig.HEAD"
OBLIQUE = from_matvec(euler2mat(0.1, 0.2, 0.3) @ np.diag([-2, 3, 4]), [10, -20, 30])


def header(**attributes) -> AFNIHeader:
    """A header with some attributes set."""
    made = AFNIHeader()
    made.set_data_shape((2, 3, 4, 2))
    return AFNIHeader({**made.attributes, **attributes})


def series(dtype=np.int16) -> AFNIImage:
    """An oblique series of three volumes."""
    return AFNIImage(np.arange(72).reshape(2, 3, 4, 3).astype(dtype), OBLIQUE)


@pytest.mark.parametrize("name", ["example4d+orig", "scaled+tlrc"])
@pytest.mark.parametrize("part", ["HEAD", "BRIK"])
def test_files_of_the_wheel_mean_the_same_to_both(name, part, tmp_path):
    ours, theirs = volio.load(WHEEL / f"{name}.{part}"), Theirs.load(str(WHEEL / f"{name}.HEAD"))
    assert ours.shape == theirs.shape
    assert ours.header.info == theirs.header.info
    assert ours.header.get_zooms() == theirs.header.get_zooms()
    assert ours.header.get_volume_labels() == theirs.header.get_volume_labels()
    assert ours.header.get_space() == theirs.header.get_space()
    np.testing.assert_array_equal(ours.dataobj.scaling, theirs.dataobj.scaling)
    np.testing.assert_array_equal(ours.affine, theirs.affine)
    np.testing.assert_array_equal(np.asarray(ours.dataobj), np.asarray(theirs.dataobj))
    ours.to_filename(tmp_path / f"{name}.HEAD")
    again = Theirs.load(str(tmp_path / f"{name}.HEAD"))
    assert again.header.info == theirs.header.info
    np.testing.assert_array_equal(np.asarray(again.dataobj), np.asarray(theirs.dataobj))


def test_a_scan_of_the_shared_data(shared_data):
    path = shared_data / "volumes" / "DT_FA+orig.HEAD"
    ours, theirs = volio.load(path), Theirs.load(str(path))
    np.testing.assert_array_equal(ours.dataobj[:, 20, ::3], theirs.dataobj[:, 20, ::3])
    np.testing.assert_array_equal(ours.affine, theirs.affine)


def test_bad_files_of_the_wheel():
    with pytest.raises(AFNIHeaderError, match="bad_attribute"):
        volio.load(WHEEL / "bad_attribute+orig.HEAD")
    # Volumes of three types, which nibabel refuses.
    with (WHEEL / "bad_datatype+orig.HEAD").open("rb") as file:
        assert AFNIHeader.from_fileobj(file).get_data_dtype().newbyteorder("=") == np.complex64


def test_attributes_are_typed_and_unknown_ones_survive(tmp_path):
    img = volio.load(SAMPLE)
    attributes = img.header.attributes
    assert attributes["BRICK_TYPES"] == [1, 1, 1]
    assert [type(number) for number in attributes["TAXIS_FLOATS"]] == [float] * 8
    assert attributes["NEW_THING"] == "what no program knows: a ~ and a \u00fc"
    img.header.attributes["NEW_NUMBERS"] = [1.5, 2.0]
    img.header.attributes["MINE"] = "a 'quoted' text\nof two lines\n\nand a third"
    img.to_filename(tmp_path / "a+orig.HEAD")
    again = volio.load(tmp_path / "a+orig.HEAD").header.attributes
    assert again == {**attributes, "NEW_NUMBERS": [1.5, 2.0]}
    assert [type(number) for number in again["NEW_NUMBERS"]] == [float, float]


def test_times_labels_statistics_and_history():
    found = volio.load(SAMPLE).header
    assert found.get_zooms()[3] == 1500
    assert found.time_unit == 1e-3
    assert found.get_volume_labels() == ["mean", "t of it", "F of it"]
    assert found.get_statistics() == [Intent(), Intent("t test", (12,)), Intent("f test", (2, 30))]
    metadata = found.metadata()
    assert (metadata.step, metadata.unit, metadata.slice_times) == (1.5, "s", (0, 0.75))
    assert metadata.history == "[someone] 3dThis -a 1\n[someone] 3dThat 'b'"
    assert set(metadata.attributes) == {"NEW_THING", "NEW_NUMBERS"}
    assert found.view == "orig"


def test_there_and_back_through_nifti_nothing_is_lost(tmp_path):
    img = volio.load(SAMPLE)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", GeometryWarning)  # the sample is sheared
        volio.save(volio.Nifti1Image.from_image(img), tmp_path / "a.nii.gz")
        nifti = volio.load(tmp_path / "a.nii.gz")
        volio.save(nifti, tmp_path / "b+orig.HEAD")
    assert nifti.header.extensions[0].attributes["NEW_NUMBERS"] == [3, 4.5]
    back = volio.load(tmp_path / "b+orig.BRIK")
    assert lost_metadata(img.header.metadata(), back.header.metadata()) == []
    np.testing.assert_array_equal(np.asarray(back.dataobj), np.asarray(img.dataobj))
    np.testing.assert_allclose(back.affine, img.affine, atol=1e-5)


def test_what_mgh_cannot_hold_is_told():
    with pytest.warns(LossWarning, match="labels of volumes .mean, t of it, F of it.*NEW_THING"):
        volio.MGHImage.from_image(volio.load(SAMPLE))


def test_views_follow_the_name(tmp_path):
    img = series()
    img.to_filename(tmp_path / "a+tlrc.BRIK.gz")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a+tlrc.BRIK.gz", "a+tlrc.HEAD"]
    for name in ("a+tlrc.HEAD", "a+tlrc.BRIK", "a+tlrc.BRIK.gz", "a+tlrc"):
        again = AFNIImage.load(tmp_path / name)
        assert again.header.view == "tlrc"
        np.testing.assert_array_equal(again.get_fdata(), img.get_fdata())
    np.testing.assert_array_equal(volio.load(tmp_path / "a+tlrc.BRIK").get_fdata(), img.get_fdata())


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.float32])
def test_nibabel_reads_what_is_written(tmp_path, dtype):
    img = series(dtype)
    img.header.set_zooms((2, 3, 4, 2.5))
    img.to_filename(tmp_path / "a+orig.HEAD")
    theirs = Theirs.load(str(tmp_path / "a+orig.HEAD"))
    np.testing.assert_array_equal(np.asarray(theirs.dataobj), np.asarray(img.dataobj))
    np.testing.assert_allclose(theirs.affine, OBLIQUE, atol=1e-12)
    np.testing.assert_allclose(theirs.header.get_zooms(), (2, 3, 4, 2.5))
    assert theirs.get_data_dtype() == dtype


@pytest.mark.parametrize("kind", ["complex", "rgb"])
def test_kinds_that_nibabel_does_not_read(tmp_path, kind):
    array = (np.arange(24).reshape(2, 3, 4) * (1 + 2j)).astype(np.complex64)
    if kind == "rgb":
        array = np.arange(72, dtype=np.uint8).view([("R", "u1"), ("G", "u1"), ("B", "u1")])
        array = array.reshape(2, 3, 4)
    AFNIImage(array, np.eye(4)).to_filename(tmp_path / "a+orig.HEAD")
    again = volio.load(tmp_path / "a+orig.HEAD")
    assert again.shape == (2, 3, 4, 1)
    np.testing.assert_array_equal(np.asarray(again.dataobj)[..., 0], array)
    assert (tmp_path / "a+orig.BRIK").stat().st_size == array.nbytes


def test_each_volume_has_its_own_factor(tmp_path):
    scales = np.array([1e-3, 1.0, 1e3, 0.0])
    values = np.linspace(-1, 1, 60).reshape(3, 4, 5)[..., None] * scales
    with pytest.warns(PrecisionWarning, match="one slope for each volume") as caught:
        AFNIImage(values, OBLIQUE).to_filename(tmp_path / "a+orig.HEAD", dtype=np.int16)
    assert len(caught) == 1
    found = volio.load(tmp_path / "a+orig.HEAD")
    np.testing.assert_allclose(found.get_fdata(), values, rtol=0, atol=1e3 / 32000)
    for volume, scale in enumerate(scales):
        error = np.abs(found.dataobj[..., volume] - values[..., volume]).max()
        assert error <= scale / 60000
    theirs = Theirs.load(str(tmp_path / "a+orig.HEAD"))
    np.testing.assert_array_equal(np.asarray(theirs.dataobj), np.asarray(found.dataobj))


def test_editing_one_volume_leaves_the_others(tmp_path):
    img = volio.load(SAMPLE)
    values = np.asarray(img.dataobj.unscaled()) * np.array([0.5, 3.0, 1 / 7])
    first = AFNIImage(values, img.affine, img.header)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PrecisionWarning)
        first.to_filename(tmp_path / "a+orig.HEAD")
        again = volio.load(tmp_path / "a+orig.HEAD")
        before = np.asarray(again.dataobj)
        changed = before.copy()
        changed[0, 0, 0, 1] = before[1, 1, 1, 1]
        AFNIImage(changed, again.affine, again.header).to_filename(tmp_path / "b+orig.HEAD")
    found = volio.load(tmp_path / "b+orig.HEAD")
    np.testing.assert_array_equal(np.asarray(found.dataobj), changed)
    np.testing.assert_array_equal(found.header.get_data_scaling(), again.header.get_data_scaling())


def test_ranges_of_other_values_are_not_kept(tmp_path):
    img = volio.load(SAMPLE)
    assert "BRICK_STATS" in img.header.attributes
    AFNIImage(np.zeros(img.shape), img.affine, img.header).to_filename(tmp_path / "a+orig.HEAD")
    assert "BRICK_STATS" not in volio.load(tmp_path / "a+orig.HEAD").header.attributes


def test_single_volumes_of_a_series():
    part = volio.load(SAMPLE).slicer[..., 1:]
    assert part.header.get_data_shape() == (4, 3, 2, 2)
    assert part.header.attributes["BRICK_TYPES"] == [1, 1]
    assert part.header.attributes["TAXIS_NUMS"][0] == 2
    assert part.header.get_volume_labels() == ["t of it", "F of it"]
    assert [str(each) for each in part.header.get_statistics()] == ["t test (12)", "f test (2, 30)"]


def test_oblique_axes_are_told_by_the_nearest_ones():
    found = series().header.attributes
    assert found["ORIENT_SPECIFIC"] == [0, 2, 4]
    np.testing.assert_allclose(found["DELTA"], [2, -3, 4])
    np.testing.assert_allclose(found["ORIGIN"], [-10, 20, 30])


BY_HAND = """
type = integer-attribute
name = DATASET_RANK
count = 2
 3 2

type = integer-attribute
name = DATASET_DIMENSIONS
count = 3
 2 1 3

type = integer-attribute
name = BRICK_TYPES
count = 2
 1 1

type = float-attribute
name = BRICK_FLOAT_FACS
count = 2
 0.5 0

type = integer-attribute
name = ORIENT_SPECIFIC
count = 3
 1 2 4

type = float-attribute
name = ORIGIN
count = 3
 10 20 30

type = float-attribute
name = DELTA
count = 3
 -2 -3 4

type = string-attribute
name = BYTEORDER_STRING
count = 10
'MSB_FIRST~

type = integer-attribute
name = TAXIS_NUMS
count = 3
 2 3 77001

type = float-attribute
name = TAXIS_FLOATS
count = 5
 250 2500 0 0 0

type = float-attribute
name = TAXIS_OFFSETS
count = 3
 0 1000 500
"""


def test_units_and_signs_of_a_file_by_hand(tmp_path):
    (tmp_path / "a+orig.HEAD").write_text(BY_HAND)
    (tmp_path / "a+orig.BRIK").write_bytes(bytes(range(24)))
    img = volio.load(tmp_path / "a+orig.HEAD")
    stored = np.frombuffer(bytes(range(24)), ">i2").reshape((2, 1, 3, 2), order="F")
    np.testing.assert_array_equal(img.get_fdata(), stored * [0.5, 1])
    # L-R, P-A, I-S: the axes of LPS are at 10 - 2i, 20 - 3j, 30 + 4k; R and A are their negatives.
    expected = [[2, 0, 0, -10], [0, 3, 0, -20], [0, 0, 4, 30], [0, 0, 0, 1]]
    np.testing.assert_array_equal(img.affine, expected)
    assert img.header.get_zooms() == (2, 3, 4, 2500)
    assert img.header.time_unit == 1e-3
    found = img.header.metadata()
    assert (found.step, found.unit, found.start) == (2.5, "s", 0.25)
    assert found.slice_times == (0, 1, 0.5)


def test_times_are_written_in_seconds():
    found = header(ORIGIN=[1.0, 2.0, 3.0], DELTA=[1.0, 1.0, 4.0])
    times = Metadata(step=2.5, unit="s", start=0.25, slice_times=(0, 1, 0.5, 2))
    found.set_metadata(times)
    assert found.attributes["TAXIS_NUMS"] == [2, 4, 77002, *[-999] * 5]
    assert found.attributes["TAXIS_FLOATS"] == [0.25, 2.5, 0, 3, 4]
    assert found.attributes["TAXIS_OFFSETS"] == [0, 1, 0.5, 2]
    assert found.metadata().slice_times == times.slice_times
    found.set_zooms((*found.get_zooms()[:3], 3.0))
    assert found.attributes["TAXIS_FLOATS"] == [0.25, 3, 0, 3, 4]
    assert found.attributes["TAXIS_OFFSETS"] == [0, 1, 0.5, 2]
    found.set_metadata(Metadata(step=5.0, unit="Hz"))
    assert found.attributes["TAXIS_NUMS"] == [2, 0, 77003, *[-999] * 5]
    assert "TAXIS_OFFSETS" not in found.attributes
    found = header()
    found.set_zooms((1, 1, 1, 2.5))  # without a unit a step is in seconds
    assert found.attributes["TAXIS_NUMS"] == [2, 0, 77002, *[-999] * 5]
    found.set_metadata(Metadata(step=5.0, unit="ppm"))
    assert not any(name.startswith("TAXIS") for name in found.attributes)


@pytest.mark.parametrize(
    ("numbers", "times"),
    [([2, 3, 77001], (0.5,)), ([2, 3, 77002], (500,)), ([2, 3, 77003], ()), ([2, 3], ())],
)
def test_slice_times_without_a_unit_are_not_known(numbers, times):
    found = header(TAXIS_NUMS=numbers, TAXIS_FLOATS=[0.0, 1.0], TAXIS_OFFSETS=[500.0])
    assert found.metadata().slice_times == times


@pytest.mark.parametrize("codes", [(0, 3, 4), (1, 2, 5), (4, 0, 3), (3, 5, 1), (5, 1, 2)])
def test_axes_without_a_matrix(codes):
    axes = [code // 2 for code in codes]
    delta = [2.0 * (1 if code in (0, 3, 4) else -1) for code in codes]
    found = header(ORIENT_SPECIFIC=list(codes), DELTA=delta, ORIGIN=[1.0, 2.0, 3.0])
    del found.attributes["IJK_TO_DICOM_REAL"]
    affine = found.affine
    for voxel_axis, axis in enumerate(axes):
        sign = -1 if axis < 2 else 1
        assert affine[axis, voxel_axis] == sign * delta[voxel_axis]
        assert affine[axis, 3] == sign * (voxel_axis + 1)
    again = AFNIHeader()
    again.set_affine(affine)
    assert again.attributes["ORIENT_SPECIFIC"] == list(codes)
    assert again.attributes["DELTA"] == delta


@pytest.mark.parametrize(
    ("attributes", "match"),
    [
        ({"DATASET_RANK": [2, 1]}, "DATASET_RANK"),
        ({"DATASET_RANK": [3]}, "DATASET_RANK"),
        ({"DATASET_RANK": [3, 10**15]}, "number of volumes up to"),
        ({"DATASET_DIMENSIONS": [1, -2, 3]}, "DATASET_DIMENSIONS"),
        ({"DATASET_DIMENSIONS": [10**400, 2, 3]}, "finite"),
        ({"BRICK_TYPES": []}, "BRICK_TYPES"),
        ({"BRICK_TYPES": "1"}, "BRICK_TYPES"),
        ({"BRICK_TYPES": [9]}, "BRICK_TYPES"),
        ({"BRICK_TYPES": [1, 6]}, "colours and numbers"),
        ({"DELTA": [1.0, float("nan"), 1.0]}, "DELTA"),
        ({"BRICK_FLOAT_FACS": [1.5]}, "BRICK_FLOAT_FACS: 2 numbers"),
        ({"BRICK_FLOAT_FACS": [1.5, float("inf")]}, "BRICK_FLOAT_FACS"),
        ({"IJK_TO_DICOM_REAL": [1.0]}, "IJK_TO_DICOM_REAL: 12"),
        ({"DELTA": [1.0, 1.0]}, "DELTA: 3 numbers"),
    ],
)
def test_attributes_that_make_no_sense(attributes, match):
    def ask() -> None:
        made = header(**attributes)
        made.get_slope_inter()
        made.get_affine()

    with pytest.raises(VolioError, match=match):
        ask()


@pytest.mark.parametrize("codes", [[6, 2, 4], [0, 2, -1], [0, 2, 1e300]])
def test_directions_that_afni_does_not_have(codes):
    made = header(ORIENT_SPECIFIC=codes)
    del made.attributes["IJK_TO_DICOM_REAL"]
    with pytest.raises(AFNIHeaderError, match="ORIENT_SPECIFIC: codes are 0 to 5"):
        made.get_affine()


def test_views_that_afni_does_not_have():
    for codes in ([7], [-1], [], [float("nan")], "text"):
        assert header(SCENE_DATA=codes).view == "orig"
    assert header(SCENE_DATA=[2.0]).view == "tlrc"


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("", "found 'nothing'"),
        ("hello", "line 1: an attribute"),
        ("type = list-attribute\nname = A\ncount = 1\n1\n", "A: its type"),
        ("type = integer-attribute\nname = A\ncount = 9999999999999999\n1 2\n", "2 found"),
        ("type = integer-attribute\nname = A\ncount = 1\n1.5\n", "A: is not an integer"),
        ("type = integer-attribute\nname = A\ncount = 1\n1\n\nname = B\n", "line 4"),
    ],
)
def test_texts_that_are_none(text, match):
    with pytest.raises(AFNIHeaderError, match=match):
        AFNIHeader.from_fileobj(io.BytesIO(text.encode()))


def test_wrong_counts_of_strings_are_taken():
    text = "type = string-attribute\nname = A\ncount = 99\n'abc~\n\n" + SAMPLE.read_text("utf-8")
    found = AFNIHeader.from_fileobj(io.StringIO(text))
    assert found.attributes["A"] == "abc"
    assert found.get_data_shape() == (4, 3, 2, 3)


def test_headers_without_an_end(monkeypatch):
    monkeypatch.setattr(head, "MOST", 100)
    with pytest.raises(LimitError, match=r"too many for a \.HEAD file of AFNI"):
        volio.load(SAMPLE)


def test_what_afni_cannot_hold():
    with pytest.raises(HeaderDataError, match="4 axes"):
        AFNIImage(np.zeros((2,) * 5, np.uint8), np.eye(4))
    with pytest.raises(HeaderTypeError, match="cannot store slope"):
        AFNIHeader().set_slope_inter(2.0, 1.0)
    with pytest.raises(HeaderDataError, match="finite"):
        AFNIHeader().set_slope_inter(float("nan") * 2)


def test_nibabels_names():
    assert volio.brikhead.AFNIImage is AFNIImage
    info = volio.brikhead.parse_AFNI_header(str(SAMPLE))
    assert info == nibabel.brikhead.parse_AFNI_header(str(SAMPLE))


MIXED = ("<i2", "<i2", "<f4", "u1", "<f4")
CODES, FACTORS = [1, 1, 3, 0, 3], [0.5, 0.0, 0.0, 2.0, 0.0]


def mixed(folder: Path, *, order: str = "<", compressed: bool = False) -> tuple[Path, np.ndarray]:
    """Write volumes of several types, as AFNI's programs for statistics do; and their values."""
    rng = np.random.default_rng(5)
    volumes = [rng.integers(0, 250, (4, 5, 6)).astype(kind.replace("<", order)) for kind in MIXED]
    voxels = b"".join(volume.tobytes(order="F") for volume in volumes)
    made = AFNIHeader()
    made.set_data_shape((4, 5, 6, 5))
    made.attributes |= {
        "BRICK_TYPES": CODES,
        "BRICK_FLOAT_FACS": FACTORS,
        "BRICK_STATS": [0.0] * 10,
        "BYTEORDER_STRING": "LSB_FIRST" if order == "<" else "MSB_FIRST",
    }
    path = folder / "stats+orig.HEAD"
    with path.open("wb") as file:
        made.write_to(file)
    name, data = (".BRIK.gz", gzip.compress(voxels)) if compressed else (".BRIK", voxels)
    path.with_suffix(name).write_bytes(data)
    values = [v * (f or 1.0) for v, f in zip(volumes, FACTORS, strict=True)]
    return path, np.stack([value.astype(np.float64) for value in values], -1)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("compressed", [False, True])
def test_volumes_may_be_of_several_types(tmp_path, order, compressed):
    path, values = mixed(tmp_path, order=order, compressed=compressed)
    image = volio.load(path)
    assert image.get_data_dtype() == np.dtype(f"{order}f4")
    np.testing.assert_array_equal(image.dataobj, values)
    np.testing.assert_array_equal(
        image.dataobj[1:3, ::-2, [0, 3], 1:], values[1:3, ::-2, [0, 3], 1:]
    )
    again = pickle.loads(pickle.dumps(image.dataobj))
    np.testing.assert_array_equal(again[..., 4], values[..., 4])
    stored = image.dataobj.get_unscaled()
    np.testing.assert_array_equal(stored[..., 3] * 2.0, values[..., 3])
    np.testing.assert_array_equal(image.dataobj.scaling, [0.5, 1, 1, 2, 1])


@pytest.mark.parametrize("compressed", [False, True])
def test_untouched_volumes_of_several_types_are_written_as_they_are(tmp_path, compressed):
    path, values = mixed(tmp_path, compressed=compressed)
    brik = path.with_suffix(".BRIK.gz" if compressed else ".BRIK")
    before = gzip.decompress(brik.read_bytes()) if compressed else brik.read_bytes()
    for target in (tmp_path / "copy+orig.HEAD", path):
        volio.save(volio.load(path), target)
        np.testing.assert_array_equal(volio.load(target).dataobj, values)
        assert volio.load(target).header.attributes == volio.load(path).header.attributes
    after = next(tmp_path.glob("copy+orig.BRIK*")).read_bytes()
    assert (gzip.decompress(after) if after.startswith(b"\x1f\x8b") else after) == before


def test_edited_volumes_of_several_types_become_one_type(tmp_path):
    path, values = mixed(tmp_path)
    image = volio.load(path)
    target = tmp_path / "edited+orig.HEAD"
    volio.save(AFNIImage(values + 0.25, image.affine, image.header), target)
    back = volio.load(target)
    assert back.header.types == [3] * 5
    assert "BRICK_STATS" not in back.header.attributes
    np.testing.assert_array_equal(back.get_fdata(), values + 0.25)
    part = volio.load(path).slicer[..., 2:]
    volio.save(part, target)
    np.testing.assert_array_equal(volio.load(target).get_fdata(), values[..., 2:])
    image.set_data_dtype(np.float32)
    volio.save(image, target)
    assert volio.load(target).header.types == [3] * 5
    np.testing.assert_array_equal(volio.load(target).get_fdata(), values)
    with volio.create(target, header=volio.load(path)) as writer:
        writer[...] = values
    np.testing.assert_array_equal(volio.load(target).get_fdata(), values)


def test_only_the_wanted_volume_is_read(tmp_path):
    path, values = mixed(tmp_path)
    brik = path.with_suffix(".BRIK")
    kept = brik.read_bytes()
    brik.write_bytes(kept[:-1])
    with pytest.raises(TruncatedFileError, match=r"5 volumes of shape \(4, 5, 6\)"):
        volio.load(path).get_fdata()
    brik.write_bytes(kept)
    source = CountingSource(open_source(brik))
    file_map = {"header": FileHolder(filename=str(path)), "image": FileHolder(fileobj=source)}
    image = AFNIImage.from_file_map(file_map)
    np.testing.assert_array_equal(image.dataobj[..., 3], values[..., 3])
    assert source.count == 4 * 5 * 6


def test_the_last_type_is_that_of_all_that_follow(tmp_path):
    made = header(BRICK_TYPES=[1])
    assert made.types == [1, 1]
    assert not made.is_mixed
    with pytest.raises(AFNIImageError, match="colours and numbers"):
        header(BRICK_TYPES=[1, 6])


def test_a_prefix_with_a_view_stands_for_both_files(tmp_path):
    path, values = mixed(tmp_path, compressed=True)
    np.testing.assert_array_equal(volio.load(tmp_path / "stats+orig").dataobj, values)
    volio.save(volio.load(path), tmp_path / "again+tlrc")
    assert sorted(p.name for p in tmp_path.glob("again*")) == ["again+tlrc.BRIK", "again+tlrc.HEAD"]
    assert volio.load(tmp_path / "again+tlrc").header.view == "tlrc"


def test_files_that_are_not_there_are_named_with_the_header(tmp_path):
    path, _ = mixed(tmp_path)
    brik = path.with_suffix(".BRIK")
    path.with_suffix(".BRIK.Z").write_bytes(b"\x1f\x9d\x90" + brik.read_bytes())
    brik.unlink()
    for name in (path, path.with_suffix(".BRIK.Z")):
        with pytest.raises(ImageFileError, match="gunzip"):
            volio.load(name)
    path.with_suffix(".BRIK.Z").unlink()
    with pytest.raises(MissingFileError, match=r"orig\.BRIK: no such file; .*orig\.HEAD needs it"):
        np.asarray(volio.load(path).dataobj)


def test_the_acpc_view_is_told_where_it_is_lost(tmp_path):
    img = AFNIImage(np.zeros((3, 4, 5), np.int16), np.eye(4))
    img.to_filename(tmp_path / "a+acpc.HEAD")
    with pytest.warns(LossWarning, match="view acpc"):
        volio.save(volio.load(tmp_path / "a+acpc.HEAD"), tmp_path / "a.nii")


def test_files_written_by_pieces_have_the_view_of_their_name(tmp_path):
    values = np.arange(24, dtype=np.int16).reshape(2, 3, 4)
    with volio.create(tmp_path / "a+tlrc.HEAD", values.shape, np.int16, affine=np.eye(4)) as writer:
        writer[...] = values
    found = volio.load(tmp_path / "a+tlrc.HEAD")
    assert found.header.view == "tlrc"
    np.testing.assert_array_equal(found.dataobj[..., 0], values)


def test_saves_under_names_of_several_views_leave_the_header_as_it_is(tmp_path):
    img = AFNIImage(np.zeros((3, 4, 5), np.int16), np.eye(4))
    before = img.header.view
    for view in ("orig", "tlrc", "orig"):
        volio.save(img, tmp_path / f"a+{view}.HEAD")
        assert img.header.view == before
    views = [volio.load(tmp_path / f"a+{view}.HEAD").header.view for view in ("orig", "tlrc")]
    assert views == ["orig", "tlrc"]


@pytest.mark.parametrize("attributes", [{}, {"BRICK_STATAUX": [0, 3, 1, 12]}])
def test_a_header_that_states_any_number_of_volumes_takes_no_time(attributes):
    few = metadata_from(attributes, 2).intents
    assert few == ((Intent("t test", (12.0,)), Intent()) if attributes else ())
    assert metadata_from(attributes, 10**15).intents == ()
