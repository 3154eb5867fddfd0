"""Doctor: each issue is found, explained and, where that is sound, mended."""

from __future__ import annotations

import gzip
import struct
from operator import attrgetter

import numpy as np
import pytest

import volio
from volio.arrays.lazy import LazyArray
from volio.errors import MissingFileError, UsageError
from volio.ops.examine import examine, repair
from volio.space.affines import voxel_sizes
from volio.space.rotations import is_sheared
from volio.testing.samples import samples_of

AFFINE = np.array([[-2.0, 0, 0, 90], [0, 2, 0, -120], [0, 0, 3, -70], [0, 0, 0, 1]])


def image(shape=(4, 5, 6), dtype=np.int16, affine=AFFINE):
    """An image with nothing odd in it."""
    data = np.random.default_rng(0).integers(0, 200, shape).astype(dtype)
    img = volio.Nifti1Image(data, affine)
    img.header.set_sform(affine, "scanner")
    img.header.set_qform(affine, "scanner")
    img.header.set_xyzt_units("mm", "sec")
    if len(shape) > 3:
        img.header.set_zooms((*voxel_sizes(affine), 2.0))
    return img


def found_in(where, field):
    """The issues about one field."""
    return [issue for issue in examine(where) if field in issue.where]


def header_changed(img, **fields):
    """The bytes of a file whose header says something else."""
    raw = bytearray(img.to_bytes())
    record = np.ndarray((), img.header.structarr.dtype, raw)
    for field, value in fields.items():
        record[field] = value
    return bytes(raw)


@pytest.mark.parametrize("shape", [(4, 5, 6), (4, 5, 6, 3)])
@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz", "a.nii.bz2"])
def test_nothing_odd(tmp_path, shape, name):
    volio.save(image(shape), tmp_path / name)
    assert examine(tmp_path / name) == []
    assert examine(volio.load(tmp_path / name)) == []


@pytest.mark.parametrize("name", ["a.mgh", "a.mgz", "a.hdr", "a.img.gz"])
def test_nothing_odd_in_other_formats(tmp_path, name):
    volio.save(image(), tmp_path / name)
    assert examine(tmp_path / name) == []


def test_missing_files_and_arguments(tmp_path):
    with pytest.raises(MissingFileError, match=r"a\.nii: no such file"):
        examine(tmp_path / "a.nii")
    with pytest.raises(UsageError, match="where: must be a path"):
        examine(12)


def test_files_that_cannot_be_loaded(tmp_path):
    path = tmp_path / "a.nii"
    path.write_bytes(b"no image at all")
    (issue,) = examine(path)
    assert issue.level == "error"
    assert "cannot be loaded" in issue.found
    path.write_bytes(header_changed(image(), datatype=77))
    assert any(issue.where == "datatype" for issue in examine(path))


def test_pair_without_its_other_file(tmp_path):
    volio.save(image(), tmp_path / "a.img")
    (tmp_path / "a.img").unlink()
    issues = examine(tmp_path / "a.hdr")
    assert issues[0].level == "error"
    assert "a.img" in issues[0].found


def test_plain_file_with_a_compressed_name(tmp_path):
    volio.save(image(), tmp_path / "a.nii")
    path = (tmp_path / "a.nii").rename(tmp_path / "a.nii.gz")
    (issue,) = examine(path)
    assert issue.where == "file name"
    assert "gzip by its name" in issue.found
    volio.save(repair(volio.load(path), [issue]), path)
    assert path.read_bytes()[:2] == b"\x1f\x8b"
    assert examine(path) == []


def test_compressed_file_with_a_plain_name(tmp_path):
    (tmp_path / "a.nii").write_bytes(gzip.compress(image().to_bytes()))
    (issue,) = examine(tmp_path / "a.nii")
    assert "is gzip" in issue.found


def test_name_of_another_format(tmp_path):
    (tmp_path / "a.mgh").write_bytes(image().to_bytes())
    (issue,) = examine(tmp_path / "a.mgh")
    assert "Nifti1Image" in issue.found


@pytest.mark.parametrize("ending", [".nii", ".nii.gz"])
def test_files_of_the_wrong_size(tmp_path, ending):
    path, raw = tmp_path / f"a{ending}", image().to_bytes()
    write = gzip.compress if ending.endswith("gz") else bytes
    path.write_bytes(write(raw + b"more"))
    (issue,) = examine(path)
    assert issue.found.startswith("4 bytes after the voxels")
    path.write_bytes(write(raw[:-10]))
    issues = examine(path)
    assert issues
    assert {issue.level for issue in issues} == {"error"}


def test_damaged_gzip(tmp_path):
    raw = bytearray(gzip.compress(image().to_bytes()))
    raw[-6] ^= 1  # of the checksum
    (tmp_path / "a.nii.gz").write_bytes(raw)
    assert "error" in {issue.level for issue in examine(tmp_path / "a.nii.gz")}


@pytest.mark.parametrize(
    ("field", "value", "mended"),
    [("bitpix", 7, 16), ("sizeof_hdr", 300, 348), ("sform_code", -1, 0)],
)
def test_checks_of_the_header(tmp_path, field, value, mended):
    path = tmp_path / "a.nii"
    path.write_bytes(header_changed(image(), **{field: value}))
    issues = examine(path)
    (issue,) = [issue for issue in issues if issue.where == field]
    assert issue.fixable
    volio.save(repair(volio.load(path), issues), path)
    assert volio.load(path).header[field] == mended
    assert found_in(path, field) == [] or field == "sform_code"


@pytest.mark.parametrize(
    ("slope", "inter", "fixable"),
    [(0, 5, True), (np.nan, 5, True), (np.inf, 0, True), (1e-20, 0, False)],
)
def test_scaling(slope, inter, fixable):
    raw = header_changed(image(), scl_slope=slope, scl_inter=inter)
    issues = found_in(raw, "scl_slope")
    assert [issue.fixable for issue in issues] == [fixable]
    if fixable:
        img = volio.load(raw)
        mended = repair(img, issues)
        np.testing.assert_array_equal(mended.dataobj, img.dataobj)
        assert found_in(mended.to_bytes(), "scl_slope") == []


@pytest.mark.parametrize(("slope", "inter"), [(0, 0), (np.nan, np.nan), (1, 0), (0.01, -3)])
def test_scaling_that_is_fine(slope, inter):
    raw = header_changed(image(), scl_slope=slope, scl_inter=inter)
    assert found_in(raw, "scl") == []


def test_lengths_of_axes():
    raw = header_changed(image((4, 5, 6, 2)), dim=[3, 4, 5, 6, 2, 1, 1, 1])
    assert "dim[0] says 3 axes" in found_in(raw, "dim")[0].found
    assert any("bytes after" in issue.found for issue in examine(raw))
    assert found_in(image((4, 5)), "dim")[0].level == "info"


def test_extensions():
    img = image()
    img.header.extensions.append(volio.nifti1.Nifti1Extension("comment", b"fine"))
    assert examine(img) == []
    img.header.extensions.append(volio.nifti1.Nifti1Extension("comment", b""))
    img.header.extensions += [volio.nifti1.extension_codes.handler["mrs"]("mrs", b"{no json")]
    empty, broken = found_in(img, "extension")
    assert (empty.level, broken.level) == ("info", "suspicious")


def test_unknown_space():
    raw = header_changed(image(), sform_code=0, qform_code=0)
    (issue,) = examine(raw)
    assert issue.where == "sform_code, qform_code"
    assert not issue.fixable


@pytest.mark.parametrize(("mm", "level"), [(0.5, "suspicious"), (9, "error")])
def test_affines_that_disagree(mm, level):
    img = image()
    moved = AFFINE.copy()
    moved[0, 3] += mm
    img.set_qform(moved, "scanner", update_affine=False)
    (issue,) = examine(img)
    assert (issue.level, issue.where) == (level, "sform, qform")
    assert f"{mm:g} mm" in issue.found
    mended = repair(img, [issue])
    assert examine(mended) == []
    np.testing.assert_allclose(mended.get_qform(), AFFINE, atol=1e-4)
    np.testing.assert_allclose(img.get_qform(), moved, atol=1e-4)  # the image itself stays


def test_affines_to_different_spaces():
    img = image()
    img.set_qform(np.diag([2.0, 2, 3, 1]), "talairach", update_affine=False)
    (issue,) = examine(img)
    assert (issue.level, issue.fixable) == ("info", False)
    assert "talairach" in issue.found


def test_voxel_sizes_that_disagree():
    img = image()
    img.header.set_qform(None, 0)
    raw = header_changed(img, pixdim=[1, 1, 1, 1, 0, 0, 0, 0])
    (issue,) = examine(raw)
    assert issue.where == "voxel sizes"
    mended = repair(volio.load(raw), [issue])
    assert examine(mended) == []
    np.testing.assert_allclose(mended.header.get_zooms(), (2, 2, 3))
    assert found_in(image(affine=np.diag([200.0, 200, 300, 1])), "voxel sizes")


@pytest.mark.parametrize(("shear", "fixable"), [(0.002, True), (0.3, False)])
def test_shear(shear, fixable):
    affine = AFFINE.copy()
    affine[0, 1] = shear
    img = image(affine=affine)
    (issue,) = examine(img)
    assert (issue.where, issue.fixable) == ("affine", fixable)
    if fixable:
        mended = repair(img, [issue])
        assert not is_sheared(mended.affine)
        assert examine(mended) == []
        assert is_sheared(img.affine)


def test_places_that_are_none():
    assert "unknown" in found_in(volio.SpatialImage(np.ones((2, 2, 2)), None), "affine")[0].found
    flat = volio.SpatialImage(np.arange(8).reshape(2, 2, 2), np.diag([1.0, 1, 0, 1]))
    assert found_in(flat, "affine")[0].level == "error"
    assert isinstance(examine(volio.SpatialImage(np.ones((2, 0, 2)), np.eye(4))), list)


@pytest.mark.parametrize(
    ("step", "unit", "volumes", "mended"),
    [
        (2000, "sec", 12, "msec"),
        (2000, "sec", 2, None),
        (2, "msec", 5, "sec"),
        (0, "sec", 5, None),
        (2, "unknown", 5, None),
    ],
)
def test_times(step, unit, volumes, mended):
    img = image((2, 3, 4, volumes))
    img.header.set_xyzt_units("mm", unit)
    img.header.set_zooms((2, 2, 3, step))
    (issue,) = examine(img)
    assert issue.fixable == (mended is not None)
    if mended:
        assert repair(img, [issue]).header.get_xyzt_units() == ("mm", mended)


def test_units_of_space():
    img = image()
    img.header.set_xyzt_units("micron", "sec")
    assert found_in(img, "xyzt_units")[0].level == "suspicious"
    img.header.set_xyzt_units(None, "sec")
    assert found_in(img, "xyzt_units")[0].level == "info"


@pytest.mark.parametrize(
    ("unit", "size", "mended"),
    [("meter", 2e-3, 2.0), ("micron", 2e3, 2.0), ("meter", 2.0, 2.0), ("micron", 1.0, None)],
)
def test_lengths_in_other_units_than_mm(unit, size, mended):
    voxels = np.arange(24, dtype=np.int16).reshape(2, 3, 4)
    img = volio.Nifti1Image(voxels, np.diag([size, size, size, 1]))
    img.header.set_xyzt_units(unit, "sec")
    img.set_sform(img.affine, "scanner")
    img.set_qform(img.affine, "scanner")
    (issue,) = [each for each in examine(img) if each.level != "info"]
    assert issue.where == "xyzt_units"
    assert issue.fixable == (mended is not None)
    if mended:
        fixed = repair(img, [issue])
        assert fixed.header.get_xyzt_units() == ("mm", "sec")
        expected = np.diag([mended, mended, mended, 1])
        forms = [fixed.affine, fixed.header.get_sform(), fixed.header.get_qform()]
        np.testing.assert_allclose(forms, [expected] * 3, rtol=1e-6)
        assert fixed.header.get_zooms() == pytest.approx((mended,) * 3)
        assert [each for each in examine(fixed) if each.level != "info"] == []


def test_lengths_of_0_that_count_as_1(tmp_path):
    img = image((2, 3, 4, 1))
    path = tmp_path / "a.nii"
    path.write_bytes(header_changed(img, dim=[4, 2, 3, 4, 0, 1, 1, 1]))
    (issue,) = found_in(path, "dim")
    assert (issue.level, issue.fixable) == ("suspicious", True)


def test_values():
    img = image(dtype=np.float32)
    img.dataobj[0, 0, :2] = np.nan, np.inf
    assert [issue.found.split()[-1] for issue in found_in(img, "voxels")] == ["NaN", "infinite"]
    for value, said in ((0, "all 0"), (7, "all 7")):
        img.dataobj[:] = value
        assert said in found_in(img, "voxels")[0].found
    img = image()
    img.dataobj[0, 0, :2] = 32767, -32768
    assert "wrapped" in found_in(img, "voxels")[0].found
    rgb = np.zeros((2, 3, 4), [("R", "u1"), ("G", "u1"), ("B", "u1")])
    assert found_in(volio.Nifti1Image(rgb, AFFINE), "voxels") == []


def test_repair_keeps_voxels_lazy(tmp_path):
    volio.save(image(), tmp_path / "a.nii.gz")
    img = volio.load(tmp_path / "a.nii.gz")
    mended = repair(img, examine(img))
    assert mended is not img
    assert isinstance(mended.dataobj, LazyArray)
    assert mended.header == img.header


def test_issues_read_well():
    (issue,) = examine(header_changed(image(), sform_code=0, qform_code=0))
    assert str(issue).startswith("suspicious: sform_code, qform_code: are both 0")


@pytest.mark.parametrize("seed", range(5))
def test_any_header_gives_issues(seed):
    raw = bytearray(image().to_bytes())
    random = np.random.default_rng(seed)
    for place in random.integers(4, 344, 8):
        raw[place] = random.integers(256)
    assert all(str(issue) for issue in examine(bytes(raw)))
    assert all(str(issue) for issue in examine(struct.pack("<i", 348) + bytes(500)))


#: How large images of each kind are.
EXTENTS = {
    "volume": attrgetter("shape"),
    "surface": attrgetter("n_vertices"),
    "greyordinates": attrgetter("shape"),
    "tracts": len,
}

EVERY_SAMPLE = [sample for row in volio.FORMATS for sample in samples_of(row.name)]


@pytest.mark.parametrize("sample", EVERY_SAMPLE, ids=lambda sample: sample.path.name)
@pytest.mark.filterwarnings("ignore::volio.errors.VolioWarning")
def test_files_of_every_format_are_examined_and_repaired(sample):
    issues = examine(sample.path)
    assert "error" not in {issue.level for issue in issues}
    img = volio.load(sample.path)
    mended = repair(img, issues)
    assert EXTENTS[img.kind](mended) == EXTENTS[img.kind](img)


def test_frames_of_ecat_that_are_not_there_are_found(tmp_path):
    path = tmp_path / "pet.v"
    volio.EcatImage(np.zeros((2, 3, 4, 2), np.int16), None).to_filename(path)
    raw = bytearray(path.read_bytes())
    field = volio.EcatHeader.layout.fields["num_frames"]
    raw[field[1] : field[1] + 2] = (3).to_bytes(2, "big")
    path.write_bytes(raw)
    (issue,) = found_in(path, "num_frames")
    assert "has 3 frames, the directory of the file 2" in issue.found
    assert volio.load(path).shape == (2, 3, 4, 2)


def test_a_text_field_called_dim_is_not_that_of_nifti(tmp_path):
    path = tmp_path / "a.mif"
    voxels = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
    volio.save(volio.MifImage(voxels, np.eye(4)), path)
    assert examine(path) == []
