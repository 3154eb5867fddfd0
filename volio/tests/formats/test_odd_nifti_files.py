"""NIfTI and Analyze files that break a rule and still have one right reading."""

from __future__ import annotations

import bz2
import gzip
import itertools
import lzma
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import volio
from volio.errors import GeometryWarning, HeaderDataError, VolioWarning
from volio.ops.examine import examine, repair

VOXELS = np.arange(24, dtype=np.int16).reshape(2, 3, 4)
AFFINE = np.array([[2.0, 0, 0, -10], [0, 2, 0, -20], [0, 0, 3, -30], [0, 0, 0, 1]])
QFORM = np.array([[2.0, 0, 0, 1], [0, 2, 0, 2], [0, 0, 3, 3], [0, 0, 0, 1]])

CLASSES = [volio.Nifti1Image, volio.Nifti1Pair, volio.Nifti2Image, volio.Nifti2Pair]


def write(cls: type[Any], folder: Path, **fields: Any) -> Path:
    """Write voxels under a header with some fields changed after it was made."""
    header = cls.header_class()
    header.set_data_dtype(np.int16)
    header.set_data_shape(VOXELS.shape)
    header.set_qform(QFORM, "scanner")
    header.set_sform(AFFINE, "scanner")
    for name, value in fields.items():
        header[name] = value
    ending = ".nii" if header.is_single else ".hdr"
    path = folder / f"odd{ending}"
    voxels = VOXELS.tobytes("F")
    with path.open("wb") as stream:
        header.write_to(stream)
        if header.is_single:
            stream.write(voxels)
    if not header.is_single:
        path.with_suffix(".img").write_bytes(voxels)
    return path


@pytest.mark.parametrize("cls", CLASSES)
@pytest.mark.parametrize("code", [1, 5, 6, 9, 77, 32767])
def test_any_code_above_0_counts_and_is_kept(cls: type[Any], code: int, tmp_path: Path):
    path = write(cls, tmp_path, sform_code=code, qform_code=0)
    img = volio.load(path)
    np.testing.assert_array_equal(img.affine, AFFINE)
    volio.save(img, tmp_path / "again.nii", format="nifti1")
    again = volio.load(tmp_path / "again.nii")
    np.testing.assert_array_equal(again.affine, AFFINE)
    assert int(again.header["sform_code"]) == code
    cut = volio.load(path).slicer[1:]
    assert int(cut.header["sform_code"]) == code
    assert cut.affine[0, 3] == AFFINE[0, 3] + 2


@pytest.mark.parametrize("code", [6, 9, 77])
def test_a_qform_of_any_code_counts_without_an_sform(code: int, tmp_path: Path):
    path = write(volio.Nifti1Image, tmp_path, sform_code=0, qform_code=code)
    img = volio.load(path)
    np.testing.assert_allclose(img.affine, QFORM)
    assert int(img.header["qform_code"]) == code


def test_an_unknown_code_is_reported_but_cannot_be_set():
    header = volio.Nifti1Header()
    header["sform_code"] = 9
    reports = [report for report in header.diagnose() if report.field == "sform_code"]
    assert [report.problem_level for report in reports] == [20]
    with pytest.raises(volio.VolioError, match="xform code"):
        header.set_sform(AFFINE, 10)


FLAT = {"srow_x": (0, 0, 0, 0), "srow_y": (0, 0, 0, 0), "srow_z": (0, 0, 0, 0)}
NOT_FINITE = {"srow_x": (np.nan, 0, 0, 0)}
IN_A_PLANE = {"srow_x": (1, 0, 1, 0), "srow_y": (0, 1, 0, 0), "srow_z": (0, 0, 0, 0)}


@pytest.mark.parametrize("rows", [FLAT, NOT_FINITE, IN_A_PLANE], ids=["flat", "nan", "plane"])
@pytest.mark.parametrize("cls", CLASSES)
def test_an_sform_without_space_gives_way_to_the_qform(
    cls: type[Any], rows: dict[str, Any], tmp_path: Path
):
    path = write(cls, tmp_path, sform_code=1, qform_code=1, **rows)
    with pytest.warns(GeometryWarning, match=r"odd.*srow_x: the affine .*the qform counts"):
        img = volio.load(path)
    np.testing.assert_allclose(img.affine, QFORM)
    np.testing.assert_array_equal(img.dataobj, VOXELS)


def test_an_sform_without_space_and_no_qform_leave_the_voxel_sizes(tmp_path: Path):
    path = write(volio.Nifti1Image, tmp_path, sform_code=1, qform_code=0, **FLAT)
    with pytest.warns(GeometryWarning, match="affine of the voxel sizes counts"):
        img = volio.load(path)
    assert np.linalg.det(img.affine) != 0
    np.testing.assert_array_equal(volio.affines.voxel_sizes(img.affine), (2, 2, 3))


def test_an_sform_that_is_not_finite_is_refused_where_nothing_else_counts(tmp_path: Path):
    path = write(volio.Nifti1Image, tmp_path, sform_code=1, qform_code=0, **NOT_FINITE)
    with pytest.raises(HeaderDataError, match="srow_x: must be finite"):
        volio.load(path)


def test_a_qform_that_is_not_finite_is_refused_where_it_counts(tmp_path: Path):
    path = write(volio.Nifti1Image, tmp_path, sform_code=0, qform_code=1, qoffset_y=np.inf)
    with pytest.raises(HeaderDataError, match="qoffset_x: must be finite"):
        volio.load(path)
    path = write(volio.Nifti1Image, tmp_path, sform_code=1, qform_code=1, qoffset_y=np.inf)
    np.testing.assert_array_equal(volio.load(path).affine, AFFINE)


@pytest.mark.parametrize("cls", CLASSES)
@pytest.mark.parametrize("dim", [(4, 2, 3, 4, 0, 1, 1, 1), (5, 2, 3, 4, 0, 0, 1, 1)])
def test_lengths_of_0_count_as_1_where_the_file_has_voxels(
    cls: type[Any], dim: tuple[int, ...], tmp_path: Path
):
    img = volio.load(write(cls, tmp_path, dim=dim))
    assert img.shape == (2, 3, 4, *[1] * (dim[0] - 3))
    np.testing.assert_array_equal(np.asarray(img.dataobj).reshape(VOXELS.shape), VOXELS)


def test_lengths_of_0_count_as_1_in_analyze(tmp_path: Path):
    header = volio.AnalyzeHeader()
    header.set_data_dtype(np.int16)
    header["dim"] = (4, 2, 3, 4, 0, 1, 1, 1)
    (tmp_path / "odd.hdr").write_bytes(header.binaryblock)
    (tmp_path / "odd.img").write_bytes(VOXELS.tobytes("F"))
    img = volio.load(tmp_path / "odd.hdr")
    assert img.shape == (2, 3, 4, 1)


@pytest.mark.parametrize("cls", CLASSES)
def test_negative_lengths_count_as_1_after_the_first_axis(cls: type[Any], tmp_path: Path):
    path = write(cls, tmp_path, dim=(5, 2, 3, 4, -1, -3, 1, 1))
    with pytest.warns(GeometryWarning, match=r"dim: .*negative, got \[-1, -3\]; they count as 1"):
        img = volio.load(path)
    assert img.shape == (2, 3, 4, 1, 1)
    np.testing.assert_array_equal(np.asarray(img.dataobj).reshape(VOXELS.shape), VOXELS)
    with pytest.warns(GeometryWarning, match="they count as 1"):
        assert "dim" in {issue.where for issue in examine(path)}
    path = write(cls, tmp_path, dim=(3, -2, 3, 4, 1, 1, 1, 1))
    with pytest.raises(HeaderDataError, match="must not be negative"):
        volio.load(path)


def test_negative_lengths_count_as_1_in_analyze(tmp_path: Path):
    header = volio.AnalyzeHeader()
    header.set_data_dtype(np.int16)
    header["dim"] = (4, 2, 3, 4, -2, 1, 1, 1)
    (tmp_path / "odd.hdr").write_bytes(header.binaryblock)
    (tmp_path / "odd.img").write_bytes(VOXELS.tobytes("F"))
    with pytest.warns(GeometryWarning, match="they count as 1"):
        assert volio.load(tmp_path / "odd.hdr").shape == (2, 3, 4, 1)


def test_an_image_without_voxels_keeps_its_axes(tmp_path: Path):
    for number, shape in enumerate(itertools.permutations((2, 3, 0))):
        path = tmp_path / f"{number}.nii.gz"
        volio.save(volio.Nifti1Image(np.zeros(shape, np.int16), np.eye(4)), path)
        assert volio.load(path).shape == shape


SINGLE = [volio.Nifti1Image, volio.Nifti2Image]


def move_voxels(path: Path, cls: type[Any], start: int, more: bytes = b"") -> None:
    """Let the voxels of a single file begin at another byte."""
    content = path.read_bytes()
    fields = content[: cls.header_class.sizeof_hdr]
    between = content[len(fields) : start]
    path.write_bytes(fields + between + VOXELS.tobytes("F") + more)


@pytest.mark.parametrize("cls", SINGLE)
@pytest.mark.parametrize("flag", [0, 4])
def test_an_offset_at_the_end_of_the_fields(cls: type[Any], flag: int, tmp_path: Path):
    size = cls.header_class.sizeof_hdr
    path = write(cls, tmp_path)
    content = bytearray(path.read_bytes())
    header = cls.header_class(bytes(content[:size]))
    header["vox_offset"] = size
    content[:size] = header.binaryblock
    path.write_bytes(bytes(content))
    move_voxels(path, cls, size + flag)
    with pytest.warns(VolioWarning, match=f"voxels begin at byte {size + flag}"):
        img = volio.load(path)
    np.testing.assert_array_equal(img.dataobj, VOXELS)
    again = tmp_path / "again.nii"
    volio.save(img, again)
    assert again.read_bytes()[size : size + 4] == bytes(4)
    np.testing.assert_array_equal(volio.load(again).dataobj, VOXELS)


@pytest.mark.parametrize("cls", SINGLE)
def test_an_offset_of_0_and_voxels_at_the_end_of_the_fields(cls: type[Any], tmp_path: Path):
    size = cls.header_class.sizeof_hdr
    path = write(cls, tmp_path)
    content = bytearray(path.read_bytes())
    header = cls.header_class(bytes(content[:size]))
    header["vox_offset"] = 0
    content[:size] = header.binaryblock
    path.write_bytes(bytes(content))
    np.testing.assert_array_equal(volio.load(path).dataobj, VOXELS)
    move_voxels(path, cls, size)
    with pytest.warns(VolioWarning, match=f"states 0; .* begin at byte {size}"):
        img = volio.load(path)
    np.testing.assert_array_equal(img.dataobj, VOXELS)


@pytest.mark.parametrize("cls", SINGLE)
def test_an_offset_at_the_end_of_the_fields_of_a_file_of_another_size(
    cls: type[Any], tmp_path: Path
):
    size = cls.header_class.sizeof_hdr
    path = write(cls, tmp_path)
    content = bytearray(path.read_bytes())
    header = cls.header_class(bytes(content[:size]))
    header["vox_offset"] = size
    content[:size] = header.binaryblock
    path.write_bytes(bytes(content) + b"more")
    with pytest.raises(HeaderDataError, match="leaves the place of the voxels open"):
        volio.load(path)


def mended(path: Path, field: str, folder: Path) -> list[str]:
    """Return the fields odd in a repaired copy, of a file in which a field is odd."""
    with pytest.warns(VolioWarning, match=r"odd\.|a\.(hdr|img)"):
        issues = examine(path)
    with pytest.warns(VolioWarning, match=r"odd\.|a\.(hdr|img)"):
        img = volio.load(path)
    assert [issue.fixable for issue in issues if issue.where == field] == [True]
    mended = folder / f"mended{type(img).files_types[0][1]}"
    volio.save(repair(img, issues), mended)
    np.testing.assert_array_equal(volio.load(mended).dataobj, VOXELS)
    return [issue.where for issue in examine(mended) if issue.level != "info"]


def write_magic(cls: type[Any], folder: Path, magic: bytes, **fields: Any) -> Path:
    """Write an image whose magic number is another; the header of NIfTI cannot hold each."""
    path = write(cls, folder, **fields)
    content = bytearray(path.read_bytes())
    at = cls.header_class.layout.fields["magic"][1]
    content[at : at + 4] = magic.ljust(4, b"\0")
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_no_voxels_at_the_farthest_offset(pack: Any, tmp_path: Path):
    dim = (3, 0, 3, 4, 1, 1, 1, 1)
    path = write(volio.Nifti2Pair, tmp_path, vox_offset=2**63 - 1, dim=dim)
    voxels = path.with_suffix(".img")
    voxels.write_bytes(pack(voxels.read_bytes()))
    assert volio.load(path).get_fdata().shape == (0, 3, 4)


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_no_offset_and_more_voxels_than_any_file_has(pack: Any, tmp_path: Path):
    path = write(volio.Nifti2Image, tmp_path, vox_offset=0, dim=(3, 2**40, 2**40, 1, 1, 1, 1, 1))
    path.write_bytes(pack(path.read_bytes()))
    with pytest.raises(volio.VolioError, match=r"odd\.nii"):
        volio.load(path)


@pytest.mark.parametrize("cls", SINGLE)
@pytest.mark.parametrize("is_pair", [True, False])
@pytest.mark.parametrize("offset", [0, None])
def test_a_single_file_without_its_magic_number(
    cls: type[Any], is_pair: bool, offset: int | None, tmp_path: Path
):
    magic = cls.header_class.pair_magic if is_pair else b""
    path = write_magic(cls, tmp_path, magic)
    if offset == 0:
        content = bytearray(path.read_bytes())
        layout = cls.header_class.layout
        at = layout.fields["vox_offset"][1]
        content[at : at + layout["vox_offset"].itemsize] = bytes(layout["vox_offset"].itemsize)
        path.write_bytes(content)
    with pytest.warns(VolioWarning, match=r"odd\.nii: magic: must be b'n\+\d' .*; set to b'n\+"):
        img = volio.load(path)
    assert type(img) is cls
    np.testing.assert_array_equal(img.dataobj, VOXELS)
    np.testing.assert_array_equal(img.affine, AFFINE)
    assert mended(path, "magic", tmp_path) == []


@pytest.mark.parametrize("cls", SINGLE)
def test_a_single_file_without_its_magic_number_in_the_other_byte_order(
    cls: type[Any], tmp_path: Path
):
    img = cls(VOXELS, AFFINE, cls.header_class(endianness=">"), dtype=np.int16)
    content = bytearray(img.to_bytes())
    at = cls.header_class.layout.fields["magic"][1]
    content[at : at + 4] = cls.header_class.pair_magic + b"\0"
    path = tmp_path / "odd.nii.gz"
    path.write_bytes(gzip.compress(bytes(content)))
    with pytest.warns(VolioWarning, match="magic"):
        read = volio.load(path)
    np.testing.assert_array_equal(read.dataobj, VOXELS)
    with pytest.warns(VolioWarning, match="magic"):
        read = volio.load(bytes(content))
    np.testing.assert_array_equal(read.dataobj, VOXELS)


@pytest.mark.parametrize("cls", [*SINGLE, volio.Nifti2Pair])
@pytest.mark.parametrize("magic", [b"abcd", b"N+1", b"n+3", b"n+1\n", b"\xff\xff\xff\xff"])
def test_an_unknown_magic_number_of_what_can_only_be_nifti(
    cls: type[Any], magic: bytes, tmp_path: Path
):
    path = write_magic(cls, tmp_path, magic)
    with pytest.warns(VolioWarning, match=r"odd\..*: magic: must be one of .*; set to b'n[+i]"):
        img = volio.load(path)
    assert type(img) is cls
    np.testing.assert_array_equal(img.dataobj, VOXELS)
    assert mended(path, "magic", tmp_path) == []
    # The header alone has no name that leaves one answer to its class.
    header = cls.header_class()
    header["magic"] = magic
    with pytest.raises(HeaderDataError, match="magic"):
        header.check_fix()


def test_a_header_of_348_bytes_with_an_unknown_magic_number_stays_analyze(tmp_path: Path):
    path = write_magic(volio.Nifti1Pair, tmp_path, b"abcd")
    img = volio.load(path)
    assert isinstance(img, volio.Spm99AnalyzeImage)
    np.testing.assert_array_equal(img.dataobj, VOXELS)


@pytest.mark.parametrize("cls", SINGLE)
def test_a_wrong_magic_number_of_a_damaged_header_is_refused(cls: type[Any], tmp_path: Path):
    path = write_magic(cls, tmp_path, b"abcd", datatype=77)
    with pytest.raises(HeaderDataError, match="datatype"):
        volio.load(path)


@pytest.mark.parametrize("cls", [volio.Nifti1Pair, volio.Nifti2Pair])
@pytest.mark.parametrize("offset", [0, 352])
def test_a_pair_with_the_magic_number_of_a_single_file(cls: type[Any], offset: int, tmp_path: Path):
    path = write_magic(cls, tmp_path, cls.header_class.single_magic, vox_offset=offset)
    for name in (path, path.with_suffix(".img")):
        with pytest.warns(VolioWarning, match=r"magic: must be|begin at byte 0") as given:
            img = volio.load(name)
        assert any("magic: must be" in str(each.message) for each in given)
        assert any("begin at byte 0" in str(each.message) for each in given) == bool(offset)
        assert type(img) is cls
        np.testing.assert_array_equal(img.dataobj, VOXELS)
    assert mended(path, "magic", tmp_path) == []


def test_a_pair_with_both_oddities(tmp_path: Path):
    path = write_magic(volio.Nifti1Pair, tmp_path, b"n+1")
    voxels = path.with_suffix(".img")
    Path(f"{voxels}.gz").write_bytes(gzip.compress(voxels.read_bytes()))
    voxels.unlink()
    with pytest.warns(VolioWarning, match=r"magic: must be b'ni1'|odd\.img is not there"):
        img = volio.load(path)
    np.testing.assert_array_equal(img.dataobj, VOXELS)


CODECS = {"": bytes, ".gz": gzip.compress, ".bz2": bz2.compress, ".xz": lzma.compress}
MIXED = [("", ".gz"), (".gz", ""), (".bz2", ".xz"), ("", ".xz"), (".xz", ".gz")]


@pytest.mark.parametrize(("of_header", "of_voxels"), MIXED)
@pytest.mark.parametrize("cls", [volio.Nifti1Pair, volio.AnalyzeImage])
def test_pairs_whose_files_differ_in_their_compression(
    cls: type[Any], of_header: str, of_voxels: str, tmp_path: Path
):
    img = cls(VOXELS, None)
    volio.save(img, tmp_path / "a.hdr")
    (tmp_path / "a.mat").unlink(missing_ok=True)
    header, voxels = tmp_path / f"a.hdr{of_header}", tmp_path / f"a.img{of_voxels}"
    for name, codec in ((header, of_header), (voxels, of_voxels)):
        plain = tmp_path / f"a{name.suffixes[0]}"
        content = plain.read_bytes()
        plain.unlink()
        name.write_bytes(CODECS[codec](content))
    for name in (header, voxels):
        with pytest.warns(VolioWarning, match=r"a\..*: file name: is read, a\..* is not there"):
            img = volio.load(name)
        np.testing.assert_array_equal(img.dataobj, VOXELS)
        names = [str(holder.filename) for part, holder in img.file_map.items() if part != "mat"]
        assert names == [str(header), str(voxels)]
    assert "file name" not in mended(header, "file name", tmp_path)


def test_files_in_two_compressions_are_not_chosen_from(tmp_path: Path):
    volio.save(volio.Nifti1Pair(VOXELS, np.eye(4)), tmp_path / "a.hdr")
    content = (tmp_path / "a.img").read_bytes()
    (tmp_path / "a.img").unlink()
    for codec in (".gz", ".bz2"):
        (tmp_path / f"a.img{codec}").write_bytes(CODECS[codec](content))
    with pytest.raises(volio.errors.MissingFileError, match=r"a\.img: no such file"):
        np.asarray(volio.load(tmp_path / "a.hdr").dataobj)
