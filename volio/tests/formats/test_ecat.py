"""ECAT7: frames, directories, orientations, and what nibabel makes of the same files."""

from __future__ import annotations

import io
import struct
from pathlib import Path

import nibabel
import numpy as np
import pytest
from nibabel import ecat as theirs

import volio
from volio import ecat as names
from volio.errors import (
    GeometryWarning,
    HeaderDataError,
    ImageDataError,
    LossWarning,
    PrecisionWarning,
    TruncatedFileError,
    UsageError,
)
from volio.formats.ecat import EcatHeader, EcatImage
from volio.formats.ecat.directory import MOST_FRAMES, directory_block, read_directory
from volio.formats.ecat.fields import BLOCK, MAIN, SUBHEADER
from volio.ops.examine import examine
from volio.testing.samples import FOLDER, samples_of

TINY = Path(nibabel.__file__).parent / "tests" / "data" / "tinypet.v"
SAMPLES = [sample.path for sample in samples_of("ecat")]
SERIES = FOLDER / "ecat" / "series.v"
STRAIGHT = np.array([[2.0, 0, 0, -9], [0, 2.5, 0, 4], [0, 0, 3, 12], [0, 0, 0, 1]])


def patched(path: Path, offset: int, values) -> bytes:
    """A file with some numbers set."""
    data = bytearray(path.read_bytes())
    raw = np.asarray(values).tobytes()
    data[offset : offset + len(raw)] = raw
    return bytes(data)


def read_theirs(where: Path | bytes) -> theirs.EcatImage:
    """nibabel's image, from memory: it leaves files open."""
    stream = io.BytesIO(where if isinstance(where, bytes) else where.read_bytes())
    holder = nibabel.FileHolder(fileobj=stream)
    return theirs.EcatImage.from_file_map({"image": holder, "header": holder})


def at(field: str, frame_block: int = 3) -> int:
    """Where a field of a sub-header lies."""
    return (frame_block - 1) * BLOCK + SUBHEADER.fields[field][1]


@pytest.mark.parametrize("path", [TINY, *SAMPLES], ids=lambda path: path.stem)
def test_reads_and_writes_what_nibabel_reads(path, tmp_path):
    ours, other = volio.load(path), read_theirs(path)
    expected = np.asanyarray(other.dataobj)
    np.testing.assert_allclose(ours.get_fdata(), expected, rtol=1e-15)
    np.testing.assert_allclose(ours.affine, other.affine, rtol=1e-6)
    for index in (np.s_[..., 0], np.s_[1, ::-1], np.s_[:, :, 1]):
        np.testing.assert_allclose(ours.dataobj[index], expected[index], rtol=1e-15)
    ours.to_filename(tmp_path / "new.v")
    again = read_theirs(tmp_path / "new.v")
    np.testing.assert_array_equal(np.asanyarray(again.dataobj), expected)
    assert again.header["isotope_name"] == other.header["isotope_name"]
    for one, two in zip(again.get_subheaders().subheaders, ours.header.frames, strict=True):
        assert one.tobytes() == two.tobytes()[: SUBHEADER.itemsize]


def test_frames_and_their_times():
    img = volio.load(FOLDER / "ecat" / "many.v")
    assert img.shape[3] == 33
    assert img.header.get_zooms()[3] == 1.5
    times = img.get_frame_times()
    np.testing.assert_allclose(times[:, 0], 0.5 + 1.5 * np.arange(33))
    np.testing.assert_allclose(times[:, 1], 1.5)
    np.testing.assert_array_equal(img.get_frame(32), img.get_fdata()[..., 32])
    metadata = img.header.metadata()
    assert (metadata.step, metadata.unit, metadata.start) == (1.5, "s", 0.5)
    assert metadata.description == "a study"


def test_frames_of_other_lengths_have_no_single_step():
    start = np.array([7000], ">u4")
    img = volio.load(patched(SERIES, at("frame_start_time", 5), start))
    assert img.header.get_zooms()[3] == 0
    assert img.header.time_unit is None
    with pytest.warns(LossWarning, match="times of 3 frames"):
        volio.Nifti1Image.from_image(img)


@pytest.mark.parametrize("count", [1, 31, 32, 62, 63])
def test_any_number_of_frames_goes_round(count, tmp_path):
    data = (np.arange(12 * count) % 250).reshape(2, 3, 2, count).astype(np.int16)
    EcatImage(data, STRAIGHT).to_filename(tmp_path / "new.v")
    again = volio.load(tmp_path / "new.v")
    np.testing.assert_array_equal(np.asanyarray(again.dataobj), data)
    np.testing.assert_allclose(again.affine, STRAIGHT, rtol=1e-6)
    other = read_theirs(tmp_path / "new.v")
    np.testing.assert_array_equal(np.asanyarray(other.dataobj), data)
    assert len(other.get_mlist()) == count
    with pytest.raises(HeaderDataError, match="frames"):
        EcatHeader().set_data_shape((1, 1, 1, MOST_FRAMES + 1))


def test_the_chain_of_the_directory_by_hand():
    header = EcatHeader()
    header.set_data_shape((1, 1, 1, 63))
    raw = EcatImage(np.zeros((1, 1, 1, 63), np.int16), STRAIGHT, header).to_bytes()
    # Two blocks a frame; a block of the directory before frames 1, 32 and 63.
    first, second, third = 2, 3 + 31 * 2, 4 + 62 * 2
    heads = [struct.unpack_from(">4i", raw, (n - 1) * BLOCK) for n in (first, second, third)]
    assert heads == [(0, second, 0, 31), (0, third, first, 31), (30, 2, second, 1)]
    entry = struct.unpack_from(">4i", raw, (second - 1) * BLOCK + 16)
    assert entry == (0x1010000 + 32, second + 1, second + 2, 1)
    assert len(raw) == (third + 2) * BLOCK


@pytest.mark.parametrize("dtype", ["u1", "i2", "i4", "f4"])
def test_dtypes_go_round(dtype):
    data = np.arange(24).reshape(2, 3, 4).astype(dtype)
    again = EcatImage.from_bytes(EcatImage(data, STRAIGHT).to_bytes())
    assert again.get_data_dtype() == np.dtype(dtype).newbyteorder(">")
    np.testing.assert_array_equal(np.asanyarray(again.dataobj)[..., 0], data)


def test_each_frame_has_its_scale():
    rng = np.random.default_rng(1)
    data = rng.normal(size=(4, 3, 2, 3)) * np.array([1, 50, 3000])
    with pytest.warns(PrecisionWarning, match="one slope for each volume"):
        raw = EcatImage(data, STRAIGHT).to_bytes(dtype=np.int16)
    again = EcatImage.from_bytes(raw)
    error = np.abs(again.get_fdata() - data).max(axis=(0, 1, 2))
    assert (error <= np.abs(data).max(axis=(0, 1, 2)) / 65000).all()
    other = read_theirs(raw)
    np.testing.assert_allclose(np.asanyarray(other.dataobj), again.get_fdata(), rtol=1e-15)


def test_editing_a_frame_leaves_the_others():
    img = volio.load(SERIES)
    expected = img.get_fdata().copy()
    data = expected.copy()
    data[0, 0, 0, 1] = data[1, 1, 1, 1]
    again = EcatImage.from_bytes(EcatImage(data, img.affine, img.header).to_bytes())
    np.testing.assert_array_equal(again.get_fdata(), data)
    assert again.header["ecat_calibration_factor"] == 4


def test_orientations_turn_the_axes():
    where = MAIN.fields["patient_orientation"][1]
    plain = volio.load(patched(SERIES, where, np.array([8], ">u2"))).get_fdata()
    for code, turn in ((1, np.s_[::-1, ::-1, ::-1]), (2, np.s_[:, ::-1, ::-1])):
        img = volio.load(patched(SERIES, where, np.array([code], ">u2")))
        np.testing.assert_array_equal(img.get_fdata(), plain[turn])
        again = EcatImage.from_bytes(EcatImage(img.get_fdata(), img.affine, img.header).to_bytes())
        np.testing.assert_array_equal(again.get_fdata(), plain[turn])


def test_offsets_are_in_cm():
    img = volio.load(patched(TINY, at("x_offset"), np.array([1.5], ">f4")))
    before = volio.load(TINY)
    np.testing.assert_allclose(img.affine[:3, 3] - before.affine[:3, 3], [15, 0, 0])


def by_hand() -> bytes:
    """A file of one frame, 2 x 1 x 1 voxels, with the fields that are converted."""
    main = bytearray(BLOCK)
    main[:9] = b"MATRIX72v"
    struct.pack_into(">HHH", main, 46, 74, 0, 7)  # software version, system, file type
    main[MAIN.fields["patient_orientation"][1] + 1] = 8  # unknown: nothing is flipped
    struct.pack_into(">f", main, MAIN.fields["ecat_calibration_factor"][1], 2.5)
    directory = struct.pack(">4i", 30, 2, 0, 1) + struct.pack(">4i", 0x1010001, 3, 4, 1)
    frame = bytearray(BLOCK)
    struct.pack_into(">5H", frame, 0, 6, 3, 2, 1, 1)  # int16, three axes and their lengths
    struct.pack_into(">5f", frame, 10, 1.5, -2.0, 3.0, 1.0, 0.5)  # offsets, cm; zoom; scale
    struct.pack_into(">hh3fII", frame, 30, 0, 9, 0.25, 0.3, 0.5, 90_000, 1_500)  # cm, ms
    voxels = struct.pack(">2h", 4, 8).ljust(BLOCK, b"\0")
    return bytes(main) + directory.ljust(BLOCK, b"\0") + bytes(frame) + voxels


def test_units_of_a_file_by_hand():
    img = volio.load(by_hand())
    assert img.get_fdata().ravel().tolist() == [4 * 0.5 * 2.5, 8 * 0.5 * 2.5]
    assert img.shape == (2, 1, 1, 1)
    np.testing.assert_allclose(img.header.get_zooms(), (2.5, 3, 5, 90), rtol=1e-6)
    expected = [[2.5, 0, 0, 13.75], [0, 3, 0, -20], [0, 0, 5, 30], [0, 0, 0, 1]]
    np.testing.assert_allclose(img.affine, expected, rtol=1e-6)
    assert img.get_frame_times().tolist() == [[1.5, 90.0]]
    assert img.header.metadata().start == 1.5
    assert img.to_bytes() == by_hand()


def test_units_that_are_written():
    img = EcatImage(np.array([10, 20], np.int16).reshape(2, 1, 1, 1), np.eye(4))
    affine = [[2.5, 0, 0, 13.75], [0, 3, 0, -20], [0, 0, 5, 30], [0, 0, 0, 1]]
    img = EcatImage(img.dataobj, affine, img.header)
    img.header.set_frame_times([1.5], [90])
    raw = img.to_bytes()
    x, y, z = struct.unpack_from(">3f", raw, 2 * BLOCK + 10)
    assert (x, y, z) == pytest.approx((1.5, -2.0, 3.0))
    assert struct.unpack_from(">3f", raw, 2 * BLOCK + 34) == pytest.approx((0.25, 0.3, 0.5))
    assert struct.unpack_from(">II", raw, 2 * BLOCK + 46) == (90_000, 1_500)
    assert struct.unpack_from(">f", raw, MAIN.fields["plane_separation"][1])[0] == 0.5


@pytest.mark.parametrize("slope", [0.1, 0.7, -0.7, 1e-3, 7.0])
def test_slopes_are_the_product_of_two_factors(slope):
    header = EcatHeader()
    header["ecat_calibration_factor"] = 3
    header.set_slope_inter(slope)
    scale = header.frames["scale_factor"][0]
    product = float(scale) * float(header["ecat_calibration_factor"])
    assert header.get_slope_inter() == (product, None)
    assert 1 <= product / slope <= 1 + 2e-7  # never less: the range would be cut


@pytest.mark.parametrize("slope", [0.0, np.nan, np.inf, -np.inf, 1e39])
def test_slopes_that_do_not_fit(slope):
    with pytest.raises(HeaderDataError, match=r"scale_factor: must be finite and not 0"):
        EcatHeader().set_slope_inter(slope)


@pytest.mark.parametrize(
    ("shape", "words"),
    [
        ((65536, 1, 1), "lengths from 0 to 65535 fit ECAT"),
        ((1, 1, -1), "lengths from 0 to 65535 fit ECAT"),
        ((1,) * 5, "at most 4 axes fit ECAT"),
        ((1, 1, 1, 0), "frames of ECAT: must be 1 to 511, got 0"),
    ],
)
def test_shapes_that_do_not_fit(shape, words):
    with pytest.raises(HeaderDataError, match=words):
        EcatHeader().set_data_shape(shape)
    header = EcatHeader()
    header.set_data_shape((65535, 0))
    assert header.get_data_shape() == (65535, 0, 1)


@pytest.mark.parametrize(
    ("starts", "durations", "words"),
    [
        ([0, 1], 1, "3 finite numbers"),
        ([0, 1, np.nan], 1, "3 finite numbers"),
        ([0, 1, -1], 1, "0 to 4294967295 ms"),
        ([0, 1, 2], 2**32 / 1000, "0 to 4294967295 ms"),
    ],
)
def test_times_that_do_not_fit(starts, durations, words):
    header = volio.load(SERIES).header
    with pytest.raises(HeaderDataError, match=words):
        header.set_frame_times(starts, durations)
    header.set_frame_times([0, 1, 2**32 / 1000 - 1e-3], 1)
    assert header.frames["frame_start_time"].tolist() == [0, 1000, 2**32 - 1]


def test_vax_integers_are_little_endian():
    raw = bytearray(TINY.read_bytes())
    raw[at("data_type") : at("data_type") + 2] = b"\0\2"
    voxels = np.frombuffer(bytes(raw[3 * BLOCK :]), ">i2")
    raw[3 * BLOCK :] = voxels.astype("<i2").tobytes()
    np.testing.assert_array_equal(volio.load(bytes(raw)).get_fdata(), volio.load(TINY).get_fdata())
    with pytest.raises(HeaderDataError, match="ECAT7_VAXR4"):
        volio.load(patched(TINY, at("data_type"), np.array([4], ">u2")))


def test_what_ecat_cannot_say_of_a_place_is_told():
    affine = STRAIGHT.copy()
    affine[0, 0] = -2
    with pytest.warns(GeometryWarning, match="centre"):
        EcatImage(np.zeros((2, 3, 4), np.int16), affine).to_bytes()


def test_frames_at_other_places_are_told():
    with pytest.warns(GeometryWarning, match="different places"):
        img = volio.load(patched(SERIES, at("z_offset", 5), np.array([3.0], ">f4")))
    assert img.get_frame_affine(1)[2, 3] == pytest.approx(img.affine[2, 3] + 30)


@pytest.mark.parametrize(
    ("offset", "values", "words"),
    [
        (at("x_dimension", 5), np.array([3], ">u2"), "x_dimension: must be the same"),
        (at("scale_factor"), np.array([np.nan], ">f4"), "scale_factor"),
        (at("x_pixel_size"), np.array([np.inf], ">f4"), "x_pixel_size"),
        (MAIN.fields["file_type"][1], np.array([11], ">u2"), "ECAT7_3DSCAN"),
        (
            BLOCK + 12,
            np.array([32], ">i4"),
            r"block \(byte 524\): must be 0 to 31, got 32",
        ),
        (BLOCK + 12, np.array([0], ">i4"), "frames that exist: must be 1 to 8176, got 0"),
    ],
)
def test_nonsense_is_named(offset, values, words):
    with pytest.raises(HeaderDataError, match=words):
        volio.load(patched(SERIES, offset, values))


def test_directories_that_come_back_to_themselves_are_refused():
    blocks = directory_block([], 3, 2) + directory_block([], 4, 2) + directory_block([], 3, 3)
    source = volio.files.sources.source.BytesSource(bytes(BLOCK) + blocks)
    with pytest.raises(HeaderDataError, match="comes back"):
        read_directory(source)
    with pytest.raises(TruncatedFileError, match="needed 512 bytes at byte 4096"):
        read_directory(
            volio.files.sources.source.BytesSource(bytes(BLOCK) + directory_block([], 9, 2))
        )


def test_frames_that_are_deleted_or_out_of_order():
    raw = bytearray(SERIES.read_bytes())
    rows = np.frombuffer(raw, ">i4", 128, BLOCK).reshape(32, 4).copy()
    rows[1:4] = rows[[3, 1, 2]]
    rows[3, 3] = -1  # the second frame
    raw[BLOCK : 2 * BLOCK] = rows.tobytes()
    img, whole = volio.load(bytes(raw)), volio.load(SERIES)
    np.testing.assert_array_equal(img.get_fdata(), whole.get_fdata()[..., [0, 2]])


def test_nibabels_functions_are_served():
    for path in (TINY, SERIES, FOLDER / "ecat" / "many.v"):
        with path.open("rb") as file:
            mlist = names.read_mlist(file, ">")
            np.testing.assert_array_equal(mlist, theirs.read_mlist(file, ">"))
            assert names.get_frame_order(mlist).keys() == theirs.get_frame_order(mlist).keys()
            found = names.get_series_framenumbers(mlist)
            assert found == theirs.get_series_framenumbers(mlist)
            one, two = (module.read_subheaders(file, mlist, ">") for module in (names, theirs))
            assert [each.tobytes() for each in one] == [each.tobytes() for each in two]
            ours = names.EcatSubHeader(volio.load(path).header, mlist, file)
            other = theirs.EcatSubHeader(read_theirs(path).header, mlist, file)
            assert ours.get_shape() == other.get_shape()
            assert ours.get_nframes() == other.get_nframes()
            for orientation in (None, "neurological", "radiological"):
                np.testing.assert_array_equal(
                    ours.data_from_fileobj(0, orientation), other.data_from_fileobj(0, orientation)
                )
    for name in ("hdr_dtype", "subhdr_dtype", "file_type_codes", "patient_orient_codes"):
        assert getattr(names, name) == getattr(theirs, name)


def test_frames_and_sub_headers_as_nibabel_gives_them():
    for path in (TINY, SERIES):
        ours, other = volio.load(path), read_theirs(path)
        np.testing.assert_array_equal(ours.get_mlist(), other.get_mlist())
        sub, their_sub = ours.get_subheaders(), other.get_subheaders()
        assert (sub.get_shape(), sub.get_nframes()) == (their_sub.get_shape(), ours.shape[3])
        assert sub.get_zooms() == their_sub.get_zooms()
        np.testing.assert_array_equal(sub.get_frame_affine(0), ours.get_frame_affine(0))
        last = ours.shape[3] - 1
        for way in (None, "neurological", "radiological"):
            expected = other.get_frame(last, way)
            np.testing.assert_allclose(ours.get_frame(last, way), expected, rtol=1e-15)
            np.testing.assert_allclose(sub.data_from_fileobj(last, way), expected, rtol=1e-15)
        assert sub.raw_data_from_fileobj(last).dtype == their_sub.raw_data_from_fileobj(last).dtype
    with pytest.raises(UsageError, match="orientation: must be None, 'neurological' or"):
        ours.get_frame(0, "logical")


def test_images_take_sub_headers():
    img = volio.load(SERIES)
    again = EcatImage(
        img.get_fdata(), img.affine, img.header, img.get_subheaders(), img.get_mlist()
    )
    np.testing.assert_array_equal(again.get_frame_times(), img.get_frame_times())
    bare = EcatImage(img.get_fdata(), img.affine, None, img.get_subheaders())
    np.testing.assert_array_equal(bare.get_frame_times(), img.get_frame_times())
    np.testing.assert_array_equal(bare.header.frames["annotation"], img.header.frames["annotation"])
    with pytest.raises(ImageDataError, match="is not in a file"):
        bare.get_subheaders().raw_data_from_fileobj(0)
    np.testing.assert_array_equal(bare.get_frame(1), img.get_frame(1))


@pytest.mark.parametrize("code", [1, 3, 4, 5, 11, 13, 99])
def test_files_that_hold_no_images_are_named(code):
    kind = names.file_type_codes.get(code, "none that is known")
    where = MAIN.fields["file_type"][1]
    with pytest.raises(HeaderDataError, match=f"file_type: is {code}, {kind}; .* no sinograms"):
        volio.load(patched(SERIES, where, np.array(code, ">u2")))


def test_planes_in_matrices_of_their_own_are_refused():
    number = np.array(1 << 24 | 2 << 16 | 1, ">i4")  # plane 2 of frame 1, where frame 2 was
    with pytest.raises(HeaderDataError, match="planes in matrices of their own are not read"):
        volio.load(patched(SERIES, BLOCK + 32, number))


def test_positions_of_the_bed_are_told():
    number = np.array(1 << 24 | 1 << 16 | 1 << 12 | 2, ">i4")  # frame 2 at the next position
    with pytest.warns(GeometryWarning, match="different places, at 2 positions of the bed"):
        volio.load(patched(SERIES, BLOCK + 32, number))


def test_conversion_keeps_time_and_place():
    with pytest.warns(LossWarning, match=r"lost: fields of ECAT \(isotope name\)$"):
        nifti = volio.Nifti1Image.from_image(volio.load(SERIES))
    assert nifti.header.get_zooms()[3] == 1.5
    assert nifti.header.get_xyzt_units()[1] == "sec"
    back = EcatImage.from_image(nifti)
    assert back.header.get_zooms()[3] == 1.5
    np.testing.assert_allclose(back.affine, nifti.affine, rtol=1e-6)


@pytest.mark.parametrize("order", ["<", ">"])
def test_files_made_from_other_formats_are_big_endian_and_whole(order, tmp_path):
    data = np.arange(24, dtype=np.int16).reshape(2, 3, 4)
    img = volio.Nifti1Image(data, STRAIGHT, volio.Nifti1Header(endianness=order))
    path = tmp_path / "a.v"
    volio.save(img, path)
    raw = path.read_bytes()
    assert struct.unpack_from(">hhhh", raw, 46)[0] == 74  # the version, after 46 bytes of text
    read = volio.load(path).get_fdata()
    np.testing.assert_array_equal(read_theirs(raw).get_fdata(), read)
    np.testing.assert_array_equal(np.sort(read, axis=None), np.arange(24))
    assert len(raw) % 512 == 0
    assert volio.verify(path).problems == ()
    assert "file size" not in [finding.where for finding in examine(path)]
    path.write_bytes(raw + bytes(512))
    assert [problem for problem in volio.verify(path).problems if "after the voxels" in problem]


def test_files_are_big_endian_whatever_the_order_of_the_header():
    voxels = np.arange(48, dtype=np.int16).reshape(2, 3, 4, 2)
    img = volio.EcatImage(voxels, np.eye(4))
    swapped = volio.EcatImage(voxels, img.affine, img.header.as_byteswapped("<"))
    assert swapped.header.endianness == "<"
    raw = swapped.to_bytes()
    assert raw == img.to_bytes()
    assert raw[512 + 12 : 512 + 16] == b"\x00\x00\x00\x02"  # two frames in the directory
    back = volio.load(raw)
    assert back.header.endianness == ">"
    np.testing.assert_array_equal(back.get_fdata(), voxels)


@pytest.mark.parametrize("size", [0.9, 2.2, 1.1, 0.7])
def test_voxel_sizes_of_32_bits_are_stored_as_they_were_typed(size, tmp_path):
    affine = np.diag([size, size, size, 1]).astype(np.float32)
    nifti = volio.Nifti1Image(np.zeros((2, 3, 4), np.int16), affine)
    volio.save(nifti, tmp_path / "a.nii")
    volio.save(volio.load(tmp_path / "a.nii"), tmp_path / "a.v")
    assert volio.load(tmp_path / "a.v").header.get_zooms()[:3] == (size, size, size)
