from __future__ import annotations

import gzip
import io
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

import volio
from volio.errors import HeaderDataError, VolioError, VolioWarning
from volio.formats.nifti1 import Nifti1Extension, Nifti1Header, Nifti1Image, Nifti1PairHeader
from volio.formats.nifti2 import Nifti2Header, Nifti2Image, Nifti2Pair, Nifti2PairHeader

AFFINE = np.array([[-2, 3, 0, 10], [1.5, 4, 0, -20.3], [0, 0, 4, 30], [0, 0, 0, 1.0]])
WHEEL = Path(nib.__file__).parent / "tests" / "data"


def full(cls=Nifti1Header):
    """A header with something in every group of fields."""
    header = cls()
    header.set_data_dtype(np.int16)
    header.set_data_shape((3, 4, 5, 2))
    header.set_sform(AFFINE, "mni")
    header.set_qform(AFFINE, "scanner")
    header.set_zooms((*header.get_zooms()[:3], 2.5))
    header.set_xyzt_units("mm", "sec")
    header.set_intent("t test", (7,), name="a name")
    header.set_dim_info(0, 1, 2)
    header.set_slice_duration(0.25)
    header["slice_code"], header["slice_end"] = 3, 4
    header["descrip"], header["aux_file"] = b"some text", b"other"
    header["cal_max"], header["cal_min"], header["toffset"] = 100, -1, 0.5
    header.set_slope_inter(0.5, 3)
    header.extensions.append(Nifti1Extension("comment", b"a comment"))
    header.extensions.append(Nifti1Extension(1234, b"\0\1\2"))
    return header


def test_fresh_headers_are_the_same_bytes():
    for ours, theirs in ((Nifti2Header, nib.Nifti2Image), (Nifti2PairHeader, nib.Nifti2Pair)):
        for order in "<>":
            expected = theirs.header_class(endianness=order)
            assert ours(endianness=order).binaryblock == expected.binaryblock
    assert Nifti2Header.layout.newbyteorder("=") == nib.Nifti2Header.template_dtype.newbyteorder(
        "="
    )
    assert Nifti2Header.layout.itemsize == 540


@pytest.mark.parametrize("one", [Nifti1Header, Nifti1PairHeader])
@pytest.mark.parametrize("two", [Nifti2Header, Nifti2PairHeader])
def test_conversion_keeps_every_field_that_both_have(one, two):
    before = full(one)
    between = two.from_header(before)
    own = {"sizeof_hdr", "magic", "vox_offset"}
    for field in set(before) & set(between) - own:
        np.testing.assert_array_equal(between[field], before[field], err_msg=field)
    assert between.get_slice_times() == before.get_slice_times()
    assert between.extensions == before.extensions
    assert between["magic"] == (two.single_magic if two.is_single else two.pair_magic)
    np.testing.assert_array_equal(between.get_best_affine(), before.get_best_affine())
    assert one.from_header(between) == before


def test_double_precision():
    header = full(Nifti2Header)
    np.testing.assert_array_equal(header.get_sform(), AFFINE)
    assert header.get_sform().dtype == np.float64
    header.set_slope_inter(0.1, 1 / 3)
    assert header.get_slope_inter() == (0.1, 1 / 3)
    header.set_qform(np.diag([2, 3, 4, 1]) @ np.diag([1, 1, 1, 1.0]))
    np.testing.assert_allclose(header.get_qform(), np.diag([2, 3, 4, 1]), atol=1e-15)


def test_no_limits_of_freesurfer_and_int16():
    header = Nifti2Header()
    for shape in ((100_000, 3), (27307, 1, 6), (2**40,), (163842, 1, 1)):
        header.set_data_shape(shape)
        assert header.get_data_shape() == shape
        assert nib.Nifti2Header(header.binaryblock).get_data_shape() == shape
    assert header["dim"][1] == 163842
    header["dim"][1] = -1
    with pytest.raises(HeaderDataError, match="negative"):
        header.check_fix()
    header.set_data_shape((40000, 40000, 2))
    with pytest.raises(HeaderDataError, match="NIfTI-2 holds longer axes"):
        Nifti1Header.from_header(header)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("cls", [Nifti2Image, Nifti2Pair])
def test_round_trips(cls, order, tmp_path):
    data = np.arange(120, dtype=np.int16).reshape(3, 4, 5, 2)
    header = full(cls.header_class).as_byteswapped(order)
    header.set_slope_inter(1, 0)
    path = tmp_path / ("a.nii.gz" if cls is Nifti2Image else "a.img")
    volio.save(cls(data, AFFINE, header), path)
    ours, theirs = volio.load(path), nib.load(path)
    assert type(ours) is cls
    assert type(theirs).__name__ == cls.__name__
    assert ours.header.endianness == theirs.header.endianness == order
    np.testing.assert_array_equal(ours.affine, AFFINE)
    np.testing.assert_array_equal(theirs.affine, AFFINE)
    for img in (ours, theirs):
        np.testing.assert_array_equal(np.asanyarray(img.dataobj), data)
        assert [e.get_code() for e in img.header.extensions] == [6, 1234]
        np.testing.assert_allclose(img.header.get_zooms()[3], 2.5)
    if cls is Nifti2Image:
        assert ours.header.get_data_offset() == 544 + 32 + 16


def test_a_slope_in_double_precision_is_kept_bit_for_bit(tmp_path):
    data = np.arange(24, dtype=np.int16).reshape(2, 3, 4)
    theirs = nib.Nifti2Image(data, AFFINE)
    theirs.header.set_slope_inter(0.1, 0.2)
    raw = bytearray(theirs.to_bytes())
    raw[176:192] = np.array([0.1, 0.2], theirs.header.endianness + "f8").tobytes()
    img = Nifti2Image.from_bytes(bytes(raw))
    assert img.dataobj.slope == 0.1
    assert img.to_bytes() == raw


@pytest.mark.parametrize(
    ("field", "value", "level"),
    [
        ("eol_check", (0, 0, 0, 0), 20),
        ("eol_check", (13, 10, 26, 0), 40),
        ("eol_check", (10, 10, 26, 10), 40),
        ("magic", b"n+1", 45),
        ("vox_offset", 352, 40),
        ("vox_offset", 546, 30),
        ("sizeof_hdr", 348, 30),
    ],
)
def test_checks(field, value, level):
    header = Nifti2Header()
    header[field] = value
    assert max(report.problem_level for report in header.diagnose()) == level
    with pytest.raises(HeaderDataError, match=field):
        header.copy().check_fix(error_level=level)
    theirs = nib.Nifti2Header(header.binaryblock, check=False)
    words = field.replace("vox_", "vox ").replace("eol_", "EOL ")
    with pytest.raises(nib.spatialimages.HeaderDataError, match=words):
        theirs.check_fix(error_level=level)
    if field == "eol_check" and level == 20:
        header.check_fix()
        assert header == Nifti2Header()


def test_the_example_of_the_other_program():
    path = WHEEL / "example_nifti2.nii.gz"
    ours, theirs = volio.load(path), nib.load(path)
    assert type(ours) is Nifti2Image
    assert ours.header.binaryblock == gzip.decompress(path.read_bytes())[:540]
    np.testing.assert_array_equal(ours.affine, theirs.affine)
    np.testing.assert_array_equal(np.asanyarray(ours.dataobj), np.asanyarray(theirs.dataobj))
    assert Nifti1Image.from_image(ours).shape == ours.shape


def test_may_contain_header():
    assert Nifti2Header.may_contain_header(Nifti2PairHeader().binaryblock)
    assert not Nifti2Header.may_contain_header(Nifti1Header().binaryblock + b"\0" * 200)
    assert not Nifti1Header.may_contain_header(Nifti2Header().binaryblock)


@pytest.mark.filterwarnings("ignore:.*(pixdim|dim):volio.errors.GeometryWarning")
@pytest.mark.filterwarnings("ignore:.*magic:volio.errors.VolioWarning")
def test_hostile_headers_raise_errors_of_volio_only():
    good = Nifti2Image(np.arange(24, dtype=np.int16).reshape(2, 3, 4), AFFINE).to_bytes()
    read = 0
    for place in range(544):
        for value in (b"\xff", b"\x7f"):
            try:
                img = Nifti2Image.from_bytes(good[:place] + value + good[place + 1 :])
                repr(img), np.asanyarray(img.dataobj)
                read += 1
            except VolioError:
                pass
    assert read >= 950  # of 1,088
    with pytest.raises(HeaderDataError, match="540"):
        Nifti2Image.from_bytes(good[:500])


def test_extensions_do_not_reach_into_the_voxels():
    img = Nifti2Image(np.full((2, 2, 2), 7, np.uint8), AFFINE)
    for size in (1, 100, 5000):
        img.header.extensions.append(Nifti1Extension("comment", b"x" * size))
    stream = io.BytesIO(img.to_bytes())
    again = Nifti2Image.from_stream(stream)
    assert [len(e.text) for e in again.header.extensions] == [1, 100, 5000]
    assert (again.get_fdata() == 7).all()


@pytest.mark.parametrize("cls", [Nifti2Image, Nifti2Pair])
@pytest.mark.parametrize("intent", [2999, 3000, 3002, 3099, 3100])
@pytest.mark.parametrize("order", ["<", ">"])
def test_cifti_is_named(cls, intent, order, tmp_path):
    header = cls.header_class(endianness=order)
    header["intent_code"] = intent
    path = tmp_path / ("a.dtseries.nii" if cls is Nifti2Image else "a.img")
    volio.save(cls(np.arange(6, dtype=np.float32).reshape(1, 1, 1, 1, 2, 3), None, header), path)
    if not 3000 <= intent < 3100:
        volio.load(path)
        return
    with pytest.warns(VolioWarning, match=r"a\..*: the file is CIFTI-2"):
        img = volio.load(path)
    assert img.get_fdata().ravel().tolist() == [0, 1, 2, 3, 4, 5]


def test_the_extension_of_cifti_is_enough():
    img = Nifti2Image(np.zeros((1, 1, 1, 1, 2, 3), np.float32), None)
    img.header.extensions.append(Nifti1Extension(32, b"<CIFTI Version='2'/>"))
    with pytest.warns(VolioWarning, match="is CIFTI-2"):
        Nifti2Image.from_bytes(img.to_bytes())
