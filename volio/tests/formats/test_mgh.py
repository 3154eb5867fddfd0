from __future__ import annotations

import gzip
import io
import math
import struct
import time
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import volio
from volio.errors import (
    GeometryWarning,
    HeaderDataError,
    HeaderTypeError,
    LimitError,
    LossWarning,
    PrecisionWarning,
    VolioError,
)
from volio.files.filemap import FileHolder
from volio.files.sources.source import FileSource
from volio.formats.containers.freesurfer.command_lines import split_tags, tag_of_line
from volio.formats.mgh import DATA_OFFSET, MGHHeader, MGHImage, data_type_codes
from volio.images.headers.metadata import Metadata

AFFINE = np.array([[-2, 0.1, 0, 10], [0.1, 3, 0.2, -20.3], [0, -0.2, 4, 30], [0, 0, 0, 1.0]])
DATA = np.arange(60, dtype=np.int16).reshape(3, 4, 5)
TAGS = struct.pack(">iq", 3, 9) + b"a command"
WHEEL = Path(nib.__file__).parent / "tests" / "data"
GETTERS = ["vox2ras", "vox2ras_tkr", "ras2vox", "affine", "best_affine", "zooms", "data_shape"]
GETTERS += ["data_dtype", "data_offset", "data_size", "data_bytespervox", "footer_offset"]


def other(path: Path):
    """The same file to the other program, which leaves files open."""
    raw = path.read_bytes()
    return nib.MGHImage.from_bytes(gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw)


def alike(ours, theirs) -> None:
    for name in GETTERS:
        found, expected = (getattr(header, f"get_{name}")() for header in (ours, theirs))
        if name == "data_dtype":
            assert found == expected
        else:
            np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-5, err_msg=name)


def test_fields_are_those_of_the_format():
    theirs = nib.MGHImage.header_class
    assert MGHHeader.layout == theirs.template_dtype
    assert data_type_codes.value_set() == nib.freesurfer.mghformat.data_type_codes.value_set()
    assert MGHHeader().endianness == ">"
    assert MGHHeader().diagnose() == []
    # Version, four axes of one voxel, float32, no degrees of freedom; then the flag of a geometry.
    assert struct.unpack(">7ih", MGHHeader().binaryblock[:30]) == (1, 1, 1, 1, 1, 3, 0, 1)
    assert MGHHeader().binaryblock[:30] == theirs().binaryblock[:30]
    assert DATA_OFFSET == nib.freesurfer.mghformat.DATA_OFFSET


@pytest.mark.parametrize("shape", [(3, 4, 5), (3, 4, 5, 2)])
@pytest.mark.parametrize("dtype", ["u1", "i2", "u2", "i4", "f4"])
def test_round_trips_with_the_other_program(shape, dtype, tmp_path):
    data = np.arange(np.prod(shape)).reshape(shape).astype(dtype)
    img = MGHImage(data, AFFINE)
    if len(shape) > 3:
        img.header.set_zooms((*img.header.get_zooms()[:3], 2500))
    img.to_filename(tmp_path / "a.mgh")
    nib.MGHImage(data, AFFINE, other(tmp_path / "a.mgh").header).to_filename(tmp_path / "b.mgz")
    for name in ("a.mgh", "b.mgz"):
        ours, theirs = volio.load(tmp_path / name), other(tmp_path / name)
        alike(ours.header, theirs.header)
        for found in (ours, theirs):
            np.testing.assert_allclose(found.affine, AFFINE, atol=2e-5)
            np.testing.assert_array_equal(np.asanyarray(found.dataobj), data)
            assert found.get_data_dtype() == np.dtype(dtype).newbyteorder(">")


def test_the_sample_of_the_other_program():
    path = WHEEL / "test.mgz"
    ours, theirs = volio.load(path), other(path)
    alike(ours.header, theirs.header)
    np.testing.assert_array_equal(ours.get_fdata(), theirs.get_fdata())
    for field in ours.header:
        np.testing.assert_array_equal(ours.header[field], theirs.header[field])
    assert ours.to_bytes() == gzip.decompress(path.read_bytes())


def test_mgz_is_always_compressed(tmp_path):
    img = MGHImage(DATA, AFFINE)
    for name in ("a.mgz", "B.MGZ", "c.mgh.gz", "d.mgh"):
        img.to_filename(tmp_path / name)
        packed = (tmp_path / name).read_bytes()[:2] == b"\x1f\x8b"
        assert packed == (name != "d.mgh")
        np.testing.assert_array_equal(volio.load(tmp_path / name).get_fdata(), DATA)
    (tmp_path / "plain.mgz").write_bytes((tmp_path / "d.mgh").read_bytes())
    np.testing.assert_array_equal(volio.load(tmp_path / "plain.mgz").get_fdata(), DATA)


@pytest.mark.parametrize(
    ("shape", "stored"),
    [((7,), (7, 1, 1)), ((3, 4), (3, 4, 1)), ((3, 4, 5, 1), (3, 4, 5)), ((163842, 1, 1),) * 2],
)
def test_shapes_that_are_stored_as_others(shape, stored):
    img = MGHImage(np.zeros(shape, np.uint8), AFFINE)
    again = MGHImage.from_bytes(img.to_bytes())
    assert again.shape == stored
    np.testing.assert_allclose(again.affine, AFFINE, atol=1e-2 if max(shape) > 99 else 2e-5)


def test_shapes_that_do_not_fit():
    for shape in ((1,) * 5, (2**31,), (-1, 2)):
        with pytest.raises(HeaderDataError, match="shape"):
            MGHHeader().set_data_shape(shape)
    with pytest.raises(HeaderDataError, match="4 axes"):
        MGHImage(np.zeros((1,) * 5, np.uint8), AFFINE)


def test_dtypes_that_do_not_fit(tmp_path):
    for dtype, held in (("f8", "f4"), ("i8", "i4"), ("u4", "i4"), ("?", "u1"), ("i1", "i2")):
        assert MGHHeader.nearest_dtype(dtype) == held
    for dtype in (np.complex64, [("R", "u1"), ("G", "u1"), ("B", "u1")]):
        with pytest.raises(HeaderDataError, match="cannot hold"):
            MGHImage(np.zeros((2, 2, 2), dtype), AFFINE)
    with pytest.raises(HeaderDataError, match="not supported"):
        MGHHeader().set_data_dtype(np.float64)
    with pytest.warns(PrecisionWarning, match=r"float64.*float32.*largest error"):
        MGHImage(np.full((2, 2, 2), 0.1), AFFINE).to_filename(tmp_path / "a.mgz")
    assert volio.load(tmp_path / "a.mgz").get_fdata()[0, 0, 0] == np.float32(0.1)
    MGHImage(np.full((2, 2, 2), 0.5), AFFINE).to_filename(tmp_path / "a.mgz")  # exact
    MGHImage(np.full((2, 2, 2), 70000, np.int64), AFFINE).to_filename(tmp_path / "a.mgz")
    assert volio.load(tmp_path / "a.mgz").get_data_dtype() == np.dtype(">i4")


def test_no_scaling():
    header = MGHHeader()
    assert header.get_slope_inter() == (None, None)
    with pytest.raises(HeaderTypeError, match="cannot store slope"):
        header.set_slope_inter(2)


def test_no_other_byte_order():
    header = MGHHeader()
    assert header.as_byteswapped(">") == header
    for order in (None, "<", "little"):
        with pytest.raises(HeaderDataError, match="byte order"):
            header.as_byteswapped(order)
    with pytest.raises(HeaderDataError, match="byte order"):
        MGHHeader(endianness="<")


def test_zooms_and_repetition_time():
    header = MGHHeader()
    header.set_data_shape((2, 3, 4, 5))
    header.set_zooms((1, 2, 3))
    header.set_zooms((1, 2, 3, 2500))
    assert header.get_zooms() == (1, 2, 3, 2500)
    assert header["tr"] == 2500
    for bad in ((1, 2), (1, 2, 3, -1), (0, 1, 1, 1), (1, np.nan, 1), (1,) * 5):
        with pytest.raises(HeaderDataError, match="zooms"):
            header.set_zooms(bad)
    header.set_data_shape((2, 3, 4))
    assert header.get_zooms() == (1, 2, 3)


@pytest.mark.parametrize("units", ["sec", "msec", "usec", None])
def test_repetition_time_keeps_its_length_between_formats(units):
    nifti = volio.Nifti1Header()
    nifti.set_data_shape((2, 3, 4, 5))
    nifti.set_xyzt_units("mm", units)
    seconds = {"msec": 1e-3, "usec": 1e-6}.get(units, 1.0)
    nifti.set_zooms((1, 1, 1, 2.5 / seconds))
    header = MGHHeader.from_header(nifti)
    assert header.get_zooms()[3] == 2500
    back = volio.Nifti1Header.from_header(header)
    assert back.get_xyzt_units() == ("mm", "sec")
    assert back.get_zooms()[3] == 2.5


def test_no_geometry_is_a_coronal_volume():
    header = MGHHeader()
    header.set_data_shape((2, 4, 6))
    header.set_zooms((3, 3, 3))
    header["Pxyz_c"], header["goodRASFlag"] = 7, 0
    block = header.binaryblock
    affine = MGHHeader(block).get_best_affine()
    assert volio.aff2axcodes(affine) == ("L", "I", "A")
    np.testing.assert_array_equal(
        affine, [[-1, 0, 0, 1], [0, 0, 1, -3], [0, -1, 0, 2], [0, 0, 0, 1]]
    )
    np.testing.assert_array_equal(affine, header.get_vox2ras_tkr())
    assert header.get_zooms() == (1, 1, 1)
    assert header.binaryblock == block
    header.set_affine(AFFINE)
    assert header["goodRASFlag"] == 1
    np.testing.assert_allclose(header.get_vox2ras(), AFFINE, atol=1e-5)


# Columns whose sizes float32 does not hold with all digits are refused.
numbers = st.floats(-100, 100, width=32).filter(lambda number: number == 0 or abs(number) > 1e-37)


@given(st.lists(numbers, min_size=9, max_size=9), st.lists(numbers, min_size=3, max_size=3))
def test_any_affine_comes_back_at_single_precision(matrix, origin):
    affine = volio.affines.from_matvec(np.reshape(matrix, (3, 3)), origin)
    header = MGHHeader()
    header.set_data_shape((20, 30, 40))
    header.set_affine(affine)
    np.testing.assert_allclose(header.get_best_affine(), affine, atol=2e-3)
    np.testing.assert_allclose(header.get_zooms(), volio.affines.voxel_sizes(affine), rtol=1e-6)


def test_singular_affines_have_no_inverse():
    header = MGHHeader()
    header["Mdc"] = 0
    with pytest.raises(HeaderDataError, match="Mdc"):
        header.get_ras2vox()


def with_rest(rest: bytes, drop: int = 0) -> bytes:
    raw = MGHImage(DATA, AFFINE).to_bytes()
    return raw[: len(raw) - drop] + rest


def test_footer_and_tags_are_kept_byte_for_byte(tmp_path):
    raw = bytearray(with_rest(TAGS))
    raw[-len(TAGS) - 20 : -len(TAGS)] = struct.pack(">5f", 2300, 0.15, 2.9, 900, 256)
    raw[100:110] = b"not unused"
    (tmp_path / "a.mgh").write_bytes(raw)
    img = volio.load(tmp_path / "a.mgh")
    assert img.header.tags == TAGS
    np.testing.assert_allclose(img.header["ti"], 900)
    img.to_filename(tmp_path / "b.mgh")
    assert (tmp_path / "b.mgh").read_bytes() == raw
    img.to_filename(tmp_path / "b.mgz")
    assert gzip.decompress((tmp_path / "b.mgz").read_bytes()) == raw
    assert img.slicer[1:].header.tags == TAGS
    assert MGHImage(DATA * 2, AFFINE, img.header).to_bytes().endswith(TAGS)
    img.to_filename(tmp_path / "a.mgh")
    assert (tmp_path / "a.mgh").read_bytes() == raw


@pytest.mark.parametrize("ending", [".mgh", ".mgz"])
def test_a_footer_is_where_the_file_has_it(ending: str, tmp_path):
    # Shape and dtype may be others before the footer is read.
    img = MGHImage.from_bytes(with_rest(TAGS))
    img.header["te"] = 2.5
    img.to_filename(tmp_path / f"a{ending}")
    cut = volio.load(tmp_path / f"a{ending}").slicer[1:]
    assert (float(cut.header["te"]), cut.header.tags) == (2.5, TAGS)
    for change in (lambda header: header.set_data_shape((1, 1, 1)),
                   lambda header: header.set_data_dtype(np.uint8)):  # fmt: skip
        header = volio.load(tmp_path / f"a{ending}").header
        change(header)
        assert (float(header["te"]), header.tags) == (2.5, TAGS)


@pytest.mark.parametrize("drop", [1, 4, 10, 20])
def test_footers_that_are_short_or_missing(drop):
    img = MGHImage.from_bytes(with_rest(b"", drop))
    np.testing.assert_array_equal(img.get_fdata(), DATA)
    assert len(img.to_bytes()) == 284 + 120 + 20
    with pytest.raises(VolioError, match="needs"):
        MGHImage.from_bytes(with_rest(b"", 21)).get_fdata()


def test_a_bomb_in_place_of_tags(monkeypatch, tmp_path):
    monkeypatch.setattr(MGHHeader, "most_rest", 1000)
    (tmp_path / "a.mgz").write_bytes(gzip.compress(with_rest(b"\0" * 5000)))
    img = MGHImage.load(tmp_path / "a.mgz")
    for _ in range(2):  # a failure leaves no half-read footer behind
        with pytest.raises(LimitError, match="footer"):
            img.header["tr"]


def test_footers_of_streams_are_there_when_the_stream_is_closed():
    stream = io.BytesIO(with_rest(b"tags"))
    img = MGHImage.from_stream(stream)
    stream.close()
    assert img.header.tags == b"tags"


def test_footers_wait_until_they_are_asked_for(tmp_path):
    class Counting(FileSource):
        opened = 0

        def open(self):
            Counting.opened += 1
            return super().open()

    (tmp_path / "a.mgh").write_bytes(with_rest(b"tags"))
    source = Counting(tmp_path / "a.mgh")
    img = MGHImage.from_file_map({"image": FileHolder(fileobj=source)})
    before = Counting.opened
    assert img.shape == DATA.shape
    assert len(img.header.get_zooms()) == 3
    assert img.header.copy() is not None
    assert Counting.opened == before
    assert img.header.copy().tags == b"tags"
    assert img.header["te"] == MGHImage.from_bytes(with_rest(b"tags")).header["te"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("version", 2),
        ("dims", (-1, 2, 3, 1)),
        ("type", 2),
        ("delta", np.nan),
        ("Mdc", np.inf),
        ("Pxyz_c", -np.inf),
    ],
)
def test_checks(field, value):
    header = MGHHeader()
    header[field] = value
    assert header.diagnose()[0].problem_level == 40
    with pytest.raises(HeaderDataError, match=field):
        MGHHeader(header.binaryblock)
    assert field in MGHHeader.diagnose_binaryblock(header.binaryblock)


def test_dims_far_beyond_any_file():
    header = MGHHeader()
    header["dims"] = 2**31 - 1
    raw = header.binaryblock[:90].ljust(400, b"\0")
    with pytest.raises(LimitError, match="too large"):
        MGHImage.from_bytes(raw)


def test_hostile_headers_raise_errors_of_volio_only():
    good, read = MGHImage(DATA, AFFINE).to_bytes(), 0
    for place in range(90):
        for value in (b"\xff", b"\x7f", b"\x80", b"\x00"):
            try:
                img = MGHImage.from_bytes(good[:place] + value + good[place + 1 :])
                repr(img), np.asanyarray(img.dataobj), img.header.get_vox2ras_tkr()
                read += 1
            except VolioError:
                pass
    assert read >= 270  # of 360
    for length in (0, 4, 89):
        with pytest.raises(VolioError, match="takes 110 bytes, got"):
            MGHImage.from_bytes(good[:length])


def test_zooms_against_the_affine_are_told():
    img = MGHImage(DATA, AFFINE)
    before = img.header.get_zooms()
    img.header.set_zooms((1, 1, 1))
    with pytest.warns(GeometryWarning, match="voxel sizes"):
        img.update_header()
    assert img.header.get_zooms() == before


def command(text: bytes) -> bytes:
    return b"\0\0\0\3" + len(text).to_bytes(8, "big") + text


def test_times_and_angles_have_the_units_of_the_format():
    acquisition = {
        "repetition time": 2.3,
        "flip angle": 80.0,
        "echo time": 0.0029,
        "inversion time": 0.9,
        "field of view": 256.0,
    }
    header = MGHImage(DATA, AFFINE).header
    header.set_metadata(Metadata(acquisition=acquisition))
    raw = MGHImage(DATA, AFFINE, header).to_bytes()
    footer = struct.unpack_from(">5f", raw, 284 + DATA.nbytes)
    assert footer == pytest.approx((2300.0, math.radians(80), 2.9, 900.0, 256.0))
    assert MGHImage.from_bytes(raw).header.metadata().acquisition == pytest.approx(acquisition)
    header.set_metadata(Metadata(acquisition={"echo time": 0.003}))
    raw = MGHImage(DATA, AFFINE, header).to_bytes()
    assert struct.unpack_from(">5f", raw, 284 + DATA.nbytes) == (0, 0, 3, 0, 0)


def test_times_of_a_footer_by_hand():
    raw = with_rest(struct.pack(">5f", 2300, math.pi / 4, 2.5, 0, 192), drop=20)
    assert MGHImage.from_bytes(raw).header.metadata().acquisition == {
        "repetition time": 2.3,
        "flip angle": pytest.approx(45),
        "echo time": 0.0025,
        "field of view": 192.0,
    }


def test_the_step_of_frames_is_the_repetition_time():
    header = MGHImage(np.zeros((2, 3, 4, 5), np.uint8), AFFINE).header
    header.set_zooms((1, 1, 1, 2500))
    header.set_metadata(Metadata(step=2.5, unit="s", acquisition={"repetition time": 9.0}))
    assert header.binaryblock[90:94] == struct.pack(">f", 2500)
    found = header.metadata()
    assert (found.step, found.unit, dict(found.acquisition)) == (2.5, "s", {})
    header.set_metadata(Metadata(step=5.0, unit="Hz"))
    assert header.binaryblock[90:94] == bytes(4)


def test_command_lines_are_the_history():
    older = b"\0\0\0\x1e" + b"transform.xfm\0" + command(b"not a command\0")[:14]
    tags = older + command(b"mri_convert a b\0") + command("mri_é\0".encode()) + command(b"")
    assert split_tags(tags) == (["mri_convert a b", "mri_é", ""], older)
    assert split_tags(tags + b"more") == ([], tags + b"more")
    assert split_tags(tags[:-1]) == ([], tags[:-1])
    assert split_tags(b"") == ([], b"")
    assert tag_of_line("mri_é") == command("mri_é\0".encode())


def test_command_lines_within_another_are_its_text():
    tags = command(b"a " + command(b"b") + command(b"c"))
    assert split_tags(tags) == (["a " + (command(b"b") + command(b"c")).decode()], b"")


def test_200_000_broken_command_lines_are_looked_at_once():
    tags = command(b"") * 200_000 + b"end"
    start = time.process_time()
    assert split_tags(tags) == ([], tags)
    assert time.process_time() - start < 10  # hours, if each were followed to the end


# The NIfTI files have a code, but an affine of zeros.
@pytest.mark.filterwarnings("ignore:srow_x:volio.errors.GeometryWarning")
@pytest.mark.filterwarnings("ignore:pixdim:volio.errors.GeometryWarning")
def test_surface_values_of_freesurfer(shared_data):
    path = shared_data / "surfaces" / "lh.Yeo2011.mgz"
    ours, theirs = volio.load(path), other(path)
    np.testing.assert_array_equal(ours.get_fdata(), theirs.get_fdata())
    assert ours.header.tags
    assert ours.to_bytes() == gzip.decompress(path.read_bytes())
    with pytest.warns(LossWarning, match="tags of FreeSurfer"):
        nifti = volio.Nifti1Image.from_image(ours)
    assert nifti.shape == (163842, 1, 1)


def test_a_volume_of_freesurfer_reads_lazily(shared_data):
    path = shared_data / "volumes" / "wm.mgz"
    ours, theirs = volio.load(path), other(path)
    alike(ours.header, theirs.header)
    np.testing.assert_array_equal(ours.dataobj[:, 100, ::9], theirs.dataobj[:, 100, ::9])
    assert not ours.in_memory


@pytest.mark.parametrize("shape", [(5, 2, 1), (5, 1, 2)])
def test_axes_in_one_plane_are_refused_but_of_values_in_one_row(shape):
    def with_third_axis_along_the_first(shape):
        raw = bytearray(MGHImage(np.zeros(shape, np.uint8), AFFINE).to_bytes())
        raw[66:78] = raw[42:54]  # directions of the axes: three floats each, from byte 42 on
        return bytes(raw)

    with pytest.raises(HeaderDataError, match="its axes span no volume"):
        MGHImage.from_bytes(with_third_axis_along_the_first(shape))
    assert MGHImage.from_bytes(with_third_axis_along_the_first((5, 1, 1))).shape == (5, 1, 1)


def test_headers_from_streams_that_stand_somewhere():
    raw = with_rest(TAGS)
    stream = io.BytesIO(b"before" + raw)
    stream.seek(6)
    header = MGHHeader.from_fileobj(stream)
    assert header.tags == TAGS
    assert header == MGHImage.from_bytes(raw).header
    out = io.BytesIO()
    header.write_to(out)
    header.writeftr_to(out)
    assert out.getvalue() == raw[:DATA_OFFSET] + raw[-20 - len(TAGS) :]


def test_one_frame_left_of_several():
    img = MGHImage(np.zeros((3, 4, 5, 2), np.int16), AFFINE)
    assert img.slicer[..., :1].shape == (3, 4, 5, 1)
    assert img.slicer[..., 0].slicer[..., None].shape == (3, 4, 5, 1)


def test_a_header_without_footer():
    header = MGHHeader(MGHHeader().binaryblock[:90])
    assert header == MGHHeader()
    with pytest.raises(HeaderDataError, match="110 bytes"):
        MGHHeader(MGHHeader().binaryblock[:89])


@pytest.mark.parametrize("shape", [(5,), (5, 6)])
def test_images_of_fewer_axes_get_single_voxels(tmp_path, shape):
    data = np.arange(math.prod(shape), dtype=np.int16).reshape(shape)
    volio.save(volio.Nifti1Image(data, np.diag([2, 3, 4, 1])), tmp_path / "a.mgz")
    again = volio.load(tmp_path / "a.mgz")
    assert again.shape == (*shape, 1, 1)[:3]
    assert again.header.get_zooms() == (2, 3, 4)
    np.testing.assert_array_equal(np.asarray(again.dataobj).reshape(shape), data)


@pytest.mark.parametrize("intent", [0, 1, 3, 0xFF])
def test_the_version_has_an_intent_above_its_lowest_byte(intent, tmp_path):
    raw = bytearray(MGHImage(DATA, AFFINE).to_bytes())
    raw[:4] = struct.pack(">I", intent << 8 | 1)
    path = tmp_path / "a.mgh"
    path.write_bytes(raw)
    img = volio.load(path)
    assert type(img) is MGHImage
    np.testing.assert_array_equal(img.dataobj, DATA)
    assert img.to_bytes()[:4] == raw[:4]
    named = (f"intent {intent} of FreeSurfer",) if intent else ()
    assert img.header.metadata().others == named


def test_another_version_is_refused():
    raw = bytearray(MGHImage(DATA, AFFINE).to_bytes())
    raw[:4] = struct.pack(">I", 2)
    with pytest.raises(HeaderDataError, match="version: must be 1, got 2"):
        MGHImage.from_bytes(bytes(raw))
