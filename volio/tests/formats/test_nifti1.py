from __future__ import annotations

import itertools
import logging

import nibabel as nib
import numpy as np
import pytest

import volio
from volio.errors import HeaderDataError, HeaderError, UsageError, VolioError
from volio.formats.nifti1 import (
    Nifti1Extension,
    Nifti1Header,
    Nifti1Image,
    Nifti1PairHeader,
    data_type_codes,
    intent_codes,
    slice_order_codes,
    unit_codes,
    xform_codes,
)
from volio.images.headers.error_levels import ErrorLevel
from volio.tests.formats.nifti1_cases import AFFINE, ORACLE, both, saved

# Fields.


def test_fresh_headers_are_the_same_bytes():
    for ours, theirs in ((Nifti1Header, nib.Nifti1Header), (Nifti1PairHeader, nib.Nifti1Pair)):
        theirs = theirs.header_class if hasattr(theirs, "header_class") else theirs
        for order in "<>":
            # nibabel states RGB-free float32 and no axes; an identity slope; so does volio.
            assert ours(endianness=order).binaryblock == theirs(endianness=order).binaryblock


def test_fields_and_their_bytes():
    theirs = ORACLE.template_dtype
    assert Nifti1Header.layout.newbyteorder("=") == theirs.newbyteorder("=")
    header = Nifti1Header()
    assert header.keys() == list(theirs.names)
    header["descrip"] = "a text"
    assert ORACLE(header.binaryblock)["descrip"] == b"a text"


@pytest.mark.parametrize("order", ["<", ">"])
def test_byte_order_is_guessed(order):
    header = Nifti1Header(endianness=order)
    assert Nifti1Header(header.binaryblock).endianness == order
    header["sizeof_hdr"] = 0  # then by the number of axes
    header.set_data_shape((3, 4, 5))
    assert Nifti1Header(header.binaryblock, check=False).endianness == order


def test_as_byteswapped_keeps_the_facts():
    header, _ = both(descrip=b"x")
    header.set_sform(AFFINE, "mni")
    swapped = header.as_byteswapped()
    assert {header.endianness, swapped.endianness} == {"<", ">"}
    assert swapped == header
    assert swapped.binaryblock != header.binaryblock
    assert swapped.as_byteswapped().binaryblock == header.binaryblock
    np.testing.assert_array_equal(swapped.get_sform(), header.get_sform())
    with pytest.raises(HeaderDataError, match="byte order"):
        header.as_byteswapped("upside down")


def test_comparison():
    one, other = Nifti1Header(), Nifti1Header()
    assert one == other
    other["cal_max"] = 1
    assert one != other
    assert one != Nifti1Header().binaryblock
    other = Nifti1Header()
    other.extensions.append(Nifti1Extension("comment", b"x"))
    assert one != other
    assert one != volio.AnalyzeImage.header_class()


# dtype, shape, zooms, offset, scaling.


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("dtype", Nifti1Header.supported_dtypes(), ids=str)
def test_every_dtype_comes_back(dtype, order):
    size = 24 * dtype.itemsize
    data = (np.arange(size) % 50).astype(np.uint8).view(dtype).reshape(2, 3, 4)
    if dtype.kind in "fc":
        data = np.arange(24).reshape(2, 3, 4).astype(dtype) * dtype.type(1.5)
    header = Nifti1Header(endianness=order)
    header.set_data_dtype(dtype)
    raw = saved(Nifti1Image(data, AFFINE, header))
    ours, theirs = Nifti1Image.from_bytes(raw), nib.Nifti1Image.from_bytes(raw)
    assert ours.get_data_dtype() == theirs.get_data_dtype() == dtype.newbyteorder(order)
    assert theirs.header["bitpix"] == dtype.itemsize * 8
    for found in (ours, theirs):
        found = np.asanyarray(found.dataobj)
        assert found.dtype.newbyteorder("=") == dtype
        assert found.tobytes("F") == data.astype(found.dtype).tobytes("F")


def test_dtype_by_code_and_name():
    header = Nifti1Header()
    for name in (4, "int16", np.int16, np.dtype(">i2"), "NIFTI_TYPE_INT16", "<i2"):
        header.set_data_dtype(np.uint8)
        header.set_data_dtype(name)
        assert header.get_data_dtype() == np.int16
    for bad in ("nothing", 7, 1, "S3", object, "binary"):
        with pytest.raises(HeaderDataError, match="dtype"):
            header.set_data_dtype(bad)
    header["datatype"] = 1
    with pytest.raises(HeaderDataError, match="binary"):
        header.get_data_dtype()


def test_dtype_codes_are_those_of_the_standard():
    assert data_type_codes.value_set() == nib.nifti1.data_type_codes.value_set()
    for code in data_type_codes.value_set():
        assert data_type_codes.label[code] == nib.nifti1.data_type_codes.label[code]


@pytest.mark.parametrize(
    "table", ["xform_codes", "unit_codes", "slice_order_codes", "intent_codes"]
)
def test_codes_are_those_of_the_standard(table):
    ours = {
        "xform_codes": xform_codes,
        "unit_codes": unit_codes,
        "slice_order_codes": slice_order_codes,
        "intent_codes": intent_codes,
    }[table]
    theirs = getattr(nib.nifti1, table)
    for key in theirs.keys():  # noqa: SIM118  no iteration there
        name = key.strip() if isinstance(key, str) else key  # one label has a space at its end
        if isinstance(key, tuple):
            continue  # parameters, which several intents have
        assert ours[name] == theirs[key]
        assert ours.label[name] == theirs.label[key].strip()


def test_shape_limits():
    header = Nifti1Header()
    assert header.get_data_shape() == (0,)
    for shape in ((), (1,) * 7, (32767,), (0, 3)):
        header.set_data_shape(shape)
        assert header.get_data_shape() == (shape or (0,))
    for shape in ((1,) * 8, (32768,), (3, -1)):
        with pytest.raises(HeaderDataError, match="shape"):
            header.set_data_shape(shape)
    header["dim"][0] = 8
    with pytest.raises(HeaderDataError, match="dim"):
        header.get_data_shape()


@pytest.mark.parametrize(
    "shape", [(163842, 1, 1), (163842, 1, 1, 2), (40000, 1, 1), (70000, 1, 1, 3)]
)
def test_freesurfer_long_vectors(shape):
    header = Nifti1Header()
    header.set_data_shape(shape)
    assert header.get_data_shape() == shape
    assert ORACLE(header.binaryblock).get_data_shape() == shape
    data = np.zeros(shape, np.uint8)
    data[-1] = 7
    img = Nifti1Image.from_bytes(saved(Nifti1Image(data, np.eye(4))))
    np.testing.assert_array_equal(np.asanyarray(img.dataobj), data)


def test_freesurfer_vector_without_its_length():
    header = Nifti1Header()
    header["dim"][:4] = 3, -1, 1, 1
    with pytest.raises(HeaderDataError, match="glmin"):
        header.get_data_shape()


def test_zooms():
    header, theirs = both()
    header.set_zooms((1, 2, 3, 0.5))
    assert header.get_zooms() == (1, 2, 3, 0.5)
    assert ORACLE(header.binaryblock).get_zooms() == header.get_zooms()
    for bad in ((1, 2), (1, -1, 1, 1), (1, 1, 1, np.nan)):
        with pytest.raises(HeaderDataError, match="zooms"):
            header.set_zooms(bad)
    assert theirs.get_zooms() == (1, 1, 1, 1)


@pytest.mark.parametrize("slope", [0, 1, 2.5, -1, np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("inter", [0, 3.5, np.nan, np.inf])
def test_scaling_is_read_alike(slope, inter):
    ours, theirs = both(scl_slope=slope, scl_inter=inter)
    try:
        expected = theirs.get_slope_inter()
    except nib.spatialimages.HeaderDataError:
        with pytest.raises(HeaderDataError, match="scl_inter"):
            ours.get_slope_inter()
    else:
        assert ours.get_slope_inter() == expected


@pytest.mark.parametrize("slope", [None, 0, 1, 2.5, -1, np.nan, np.inf])
@pytest.mark.parametrize("inter", [None, 0, 3.5, np.nan, np.inf])
def test_scaling_is_set_alike(slope, inter):
    ours, theirs = both()
    if inter is None and slope is not None and not np.isnan(slope):
        inter = 0  # None alone means no intercept here
    try:
        theirs.set_slope_inter(slope, inter)
    except nib.spatialimages.HeaderDataError:
        with pytest.raises(HeaderDataError, match="scl_"):
            ours.set_slope_inter(slope, inter)
    else:
        ours.set_slope_inter(slope, inter)
        np.testing.assert_array_equal(ours["scl_slope"], theirs["scl_slope"])
        np.testing.assert_array_equal(ours["scl_inter"], theirs["scl_inter"])


def test_offset():
    header = Nifti1Header()
    assert header.get_data_offset() == 352
    assert Nifti1PairHeader().get_data_offset() == 0
    header.set_data_offset(400)
    img = Nifti1Image(np.ones((2, 2, 2), np.uint8), AFFINE, header)
    raw = saved(img)
    assert len(raw) == 400 + 8 * 4
    assert nib.Nifti1Image.from_bytes(raw).get_fdata().sum() == 8
    header["vox_offset"] = np.nan
    with pytest.raises(HeaderDataError, match="vox_offset"):
        header.get_data_offset()


# Intent, units.


@pytest.mark.parametrize("code", sorted(intent_codes.value_set()))
def test_every_intent(code):
    ours, theirs = both()
    params = tuple(float(n) for n in range(1, len(intent_codes.parameters[code]) + 1))
    for name in (code, intent_codes.label[code], intent_codes.niistring[code]):
        ours.set_intent(name, params, name="a name")
        assert ours.get_intent() == (intent_codes.label[code], params, "a name")
        assert ours.get_intent("code") == (code, params, "a name")
        if code != 18:  # two of the three parameters are one there
            theirs.set_intent(code, params, name="a name")
            assert ours.binaryblock == theirs.binaryblock


def test_intents_that_are_refused():
    header = Nifti1Header()
    for bad in ("no such", 5000):
        with pytest.raises(HeaderDataError, match="intent"):
            header.set_intent(bad)
    with pytest.raises(HeaderDataError, match="takes 1 parameters"):
        header.set_intent("t test", (1, 2))
    header.set_intent(9999, allow_unknown=True)
    assert header.get_intent("code")[0] == 9999
    assert "9999" in header.get_intent()[0]


@pytest.mark.parametrize("xyz", [None, 0, "meter", "mm", 3])
@pytest.mark.parametrize("t", [None, 0, "sec", "msec", 24, "hz", "ppm", "rads"])
def test_units(xyz, t):
    ours, theirs = both()
    ours.set_xyzt_units(xyz, t)
    theirs.set_xyzt_units(xyz, t)
    assert ours.get_xyzt_units() == theirs.get_xyzt_units()
    assert ours.binaryblock == theirs.binaryblock


def test_units_of_the_wrong_kind():
    header = Nifti1Header()
    for wrong in (("sec", None), (None, "mm")):
        with pytest.raises(HeaderDataError, match="xyzt_units"):
            header.set_xyzt_units(*wrong)


# Checks.


PROBLEMS = [
    ({"sizeof_hdr": 1}, 30, "sizeof_hdr"),
    ({"datatype": 999}, 40, "datatype"),
    ({"bitpix": 3}, 10, "bitpix"),
    ({"magic": b"nii"}, 45, "magic"),
    ({"vox_offset": 10}, 40, "vox_offset"),
    ({"vox_offset": 353}, 30, "vox_offset"),
    ({"vox_offset": -1}, 40, "vox_offset"),
    ({"qform_code": -1}, 30, "qform_code"),
    ({"sform_code": -1}, 30, "sform_code"),
    ({"pixdim": (0, 1, 1, 1, 1, 1, 1, 1)}, 20, "pixdim"),
    ({"pixdim": (1, -1, 1, 1, 1, 1, 1, 1)}, 35, "pixdim"),
    ({"pixdim": (1, 0, 1, 1, 1, 1, 1, 1)}, 30, "pixdim"),
    ({"pixdim": (1, np.nan, 1, 1, 1, 1, 1, 1)}, 35, "pixdim"),
    ({"dim": (9, 1, 1, 1, 1, 1, 1, 1)}, 40, "dim"),
    ({"dim": (3, 1, -4, 1, 1, 1, 1, 1)}, 35, "dim"),
    ({"sform_code": 1, "srow_x": (np.nan, 0, 0, 0)}, 40, "srow_x"),
]


@pytest.mark.filterwarnings("default:pixdim:volio.errors.GeometryWarning")
@pytest.mark.parametrize(("fields", "level", "name"), PROBLEMS)
def test_checks(fields, level, name, caplog, recwarn):
    header, _ = both(**fields)
    reports = [report for report in header.diagnose() if report.field == name]
    assert max(report.problem_level for report in reports) == level
    assert name in Nifti1Header.diagnose_binaryblock(header.binaryblock, "<")
    assert header.diagnose() != []
    with pytest.raises(HeaderDataError, match=name):
        header.copy().check_fix(error_level=level)
    lenient = header.copy()
    with caplog.at_level(logging.DEBUG, logger="volio"):
        lenient.check_fix(error_level=100)
    assert name in caplog.text or [each for each in recwarn if name in str(each.message)]
    if level < 40 and "offset" not in name:
        assert name not in {report.field for report in lenient.diagnose()}
    with ErrorLevel(100):
        Nifti1Header(header.binaryblock, "<")


@pytest.mark.parametrize(
    "fields", [{"pixdim": (0, 1, 1, 1, 1, 1, 1, 1)}, {"bitpix": 3}, {"scl_slope": np.nan}]
)
def test_what_is_only_odd_is_written_as_it_was(fields):
    header, _ = both(vox_offset=352, **fields)
    raw = header.binaryblock + bytes(4 + header.get_data_dtype().itemsize * 120)
    img = Nifti1Image.from_bytes(raw)
    assert img.to_bytes() == raw
    assert np.linalg.det(img.affine) < 0


def test_levels_are_those_of_the_other_program():
    for fields, level, _ in PROBLEMS:
        if fields.get("vox_offset") == -1 or "dim" in fields or "srow_x" in fields:
            continue  # not seen there
        if np.isnan(fields.get("pixdim", [0])).any():
            continue
        ours, theirs = both(**fields)
        try:
            theirs.copy().check_fix(error_level=level)
        except nib.spatialimages.HeaderDataError:
            theirs.copy().check_fix(error_level=level + 1)
        else:
            pytest.fail(f"{fields}: another level there")
        assert max(report.problem_level for report in ours.diagnose()) == level


def test_a_good_header_has_no_problems():
    header, _ = both()
    assert header.diagnose() == []
    assert Nifti1Header.diagnose_binaryblock(header.binaryblock) == ""


@pytest.mark.filterwarnings("ignore::volio.errors.GeometryWarning")
@pytest.mark.filterwarnings("ignore:.*magic:volio.errors.VolioWarning")
def test_hostile_headers_raise_errors_of_volio_only(caplog):
    good = saved(Nifti1Image(np.arange(24, dtype=np.int16).reshape(2, 3, 4), AFFINE))
    seen = []
    values = (b"\xff", b"\x00", b"\x80", b"\x7f")
    for place, value in itertools.product(range(0, 352), values):
        raw = good[:place] + value + good[place + 1 :]
        try:
            img = Nifti1Image.from_bytes(raw)
            assert np.asanyarray(img.dataobj).shape == img.shape
            img.header.get_qform(coded=True)
            repr(img), str(img.header)
            seen.append("read")
        except VolioError as error:
            seen.append(type(error).__name__)
    assert seen.count("read") >= 1320  # of 1,408
    assert set(seen) == {"read", "HeaderDataError", "TruncatedFileError"}


def test_short_headers():
    for length in (0, 4, 347):
        with pytest.raises(HeaderError, match="348"):
            Nifti1Image.from_bytes(b"\0" * length)


# Other headers.


def test_conversion_between_single_file_and_pair():
    single = Nifti1Header()
    single.set_data_shape((2, 3, 4))
    single.set_qform(AFFINE, "scanner")
    single["descrip"] = b"kept"
    single.extensions.append(Nifti1Extension("comment", b"kept"))
    pair = Nifti1PairHeader.from_header(single)
    assert (pair["magic"], single["magic"]) == (b"ni1", b"n+1")
    assert pair["descrip"] == b"kept"
    assert pair.extensions == single.extensions
    np.testing.assert_array_equal(pair.get_qform(), single.get_qform())
    assert Nifti1Header.from_header(pair) == single


def test_a_foreign_header_gives_dtype_shape_zooms_and_affine():
    theirs = nib.Nifti1Header()
    theirs.set_data_shape((2, 3, 4))
    theirs.set_sform(AFFINE, "mni")
    theirs.set_data_dtype(np.int16)
    img = Nifti1Image(np.zeros((2, 3, 4), np.int16), AFFINE, theirs)
    assert img.get_data_dtype() == np.int16
    np.testing.assert_allclose(img.affine, AFFINE)
    np.testing.assert_allclose(img.get_sform(), AFFINE)


def test_may_contain_header():
    for header in (Nifti1Header(), Nifti1PairHeader(), Nifti1Header(endianness=">")):
        assert Nifti1Header.may_contain_header(header.binaryblock)
        assert not Nifti1Header.may_contain_header(header.binaryblock[:-1])
    assert not Nifti1Header.may_contain_header(volio.AnalyzeImage.header_class().binaryblock)
    assert not Nifti1Header.may_contain_header(b"\0" * 400)


def test_labels():
    header, theirs = both()
    header.set_intent("t test", (3,))
    assert header.get_value_label("intent_code") == "t test"
    assert header.get_value_label("datatype") == theirs.get_value_label("datatype")
    header["intent_code"] = 4321
    assert header.get_value_label("intent_code") == "<unknown code 4321>"
    with pytest.raises(UsageError, match="holds no code"):
        header.get_value_label("dim")
    assert "float32" in str(header)


def test_text_in_fields_is_latin_1():
    header = volio.Nifti1Header()
    header["descrip"] = "déjà vu"
    assert bytes(header["descrip"].item()) == "déjà vu".encode("latin-1")
    header.set_intent("t test", (3,), name="\xad¤Û")
    assert header.get_intent()[2] == "\xad¤Û"
    with pytest.raises(
        HeaderDataError, match="descrip: must be text in Latin-1, or bytes, got 'č'"
    ):
        header["descrip"] = "č"


def test_names_of_intents_that_are_not_ascii_go_into_other_formats(tmp_path):
    img = volio.Nifti1Image(np.zeros((2, 3, 4), np.int16), np.eye(4))
    img.header["intent_name"] = b"\x01\x02\xad\xa4\xdb\xbd"  # as the guided fuzzer had it
    for name in ("a.nii", "a.ome.zarr", "a.img"):
        volio.save(volio.Nifti1Image.from_bytes(img.to_bytes()), tmp_path / name)
        assert volio.load(tmp_path / name).shape == (2, 3, 4)
    assert volio.load(tmp_path / "a.ome.zarr").header.nifti.get_intent()[2] == "\x01\x02\xad¤Û½"
