import io
import warnings

import numpy as np
import pytest

import volio
from volio.arrays.proxy import ArrayProxy
from volio.errors import (
    CastingError,
    FilenameError,
    GeometryWarning,
    HeaderDataError,
    HeaderError,
    ImageFileError,
    PrecisionWarning,
    SourceChangedError,
    TruncatedFileError,
    UsageError,
)
from volio.files.filemap import FileHolder

AFFINE = np.diag([2, 3, 4, 1.0])
VOXELS = np.arange(3 * 4 * 5, dtype=np.int16).reshape(3, 4, 5)


def saved(path, voxels=VOXELS, dtype=None):
    volio.save(volio.Nifti1Image(voxels, AFFINE, dtype=dtype), path)
    return volio.load(path)


def scaled(path, slope, inter):
    """Write a file that states slope and intercept, voxels as they are."""
    header = volio.Nifti1Header()
    header.set_from(VOXELS.shape, np.int16, AFFINE)
    header.set_slope_inter(slope, inter)
    stream = io.BytesIO()
    header.write_to(stream)
    path.write_bytes(stream.getvalue() + VOXELS.tobytes("F"))
    return volio.load(path)


def test_untouched_images_are_copied_byte_for_byte(tmp_path):
    img = scaled(tmp_path / "a.nii", 0.25, -3)
    img.to_filename(tmp_path / "b.nii")
    assert (tmp_path / "b.nii").read_bytes() == (tmp_path / "a.nii").read_bytes()


def test_reading_voxels_does_not_change_what_is_saved(tmp_path):
    img = scaled(tmp_path / "a.nii", 0.1, 7)
    img.get_fdata()
    img.get_data()
    img.to_filename(tmp_path / "b.nii")
    assert (tmp_path / "b.nii").read_bytes() == (tmp_path / "a.nii").read_bytes()


def test_edits_of_the_kept_array_are_saved(tmp_path):
    img = saved(tmp_path / "a.nii.gz")
    img.get_fdata()[1, 2, 3] = 1000
    img.to_filename(tmp_path / "b.nii.gz")
    again = volio.load(tmp_path / "b.nii.gz")
    wanted = VOXELS.copy()
    wanted[1, 2, 3] = 1000
    assert again.get_data_dtype() == np.int16
    np.testing.assert_array_equal(np.asarray(again.dataobj), wanted)


def test_five_rounds_of_edits_leave_other_voxels_alone(tmp_path):
    path = tmp_path / "a.nii"
    first = scaled(path, 0.137, -2.5).get_fdata()
    for turn in range(5):
        img = volio.load(path)
        data = img.get_fdata()
        data[0, 0, turn] = 1.23456
        with pytest.warns(PrecisionWarning, match="largest error"):
            volio.save(volio.Nifti1Image(data, img.affine, img.header), path)
    last = volio.load(path).get_fdata()
    np.testing.assert_array_equal(last[1:], first[1:])
    np.testing.assert_array_equal(last[0, 1:], first[0, 1:])


@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz", "a.hdr", "a.img.bz2"])
@pytest.mark.parametrize("mmap", [False, "c", "r"])
def test_an_image_is_saved_over_its_own_file(tmp_path, name, mmap):
    saved(tmp_path / name)
    img = volio.load(tmp_path / name, mmap=mmap)
    img.to_filename(tmp_path / name)
    np.testing.assert_array_equal(np.asarray(img.dataobj), VOXELS)
    part = img.slicer[1:]
    part.to_filename(tmp_path / name)
    np.testing.assert_array_equal(np.asarray(part.dataobj), VOXELS[1:])
    np.testing.assert_array_equal(np.asarray(volio.load(tmp_path / name).dataobj), VOXELS[1:])
    with pytest.raises(SourceChangedError, match="has changed"):
        np.asarray(img.dataobj)


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        (VOXELS.astype(np.int64), np.uint8),
        (VOXELS.astype(np.int64) * 1000, np.int32),
        (VOXELS.astype(np.uint64) * 1_000_000_000_000, np.int64),
        (VOXELS > 3, np.uint8),
        (VOXELS.astype(np.float16), np.float32),
        (VOXELS.astype(np.float64), np.float64),
    ],
)
def test_dtypes_without_a_header_are_those_that_programs_read(tmp_path, given, stored):
    img = saved(tmp_path / "a.nii", given)
    assert img.get_data_dtype() == stored
    np.testing.assert_array_equal(np.asarray(img.dataobj), given)


def test_64_bit_integers_stay_where_they_were_asked_for(tmp_path):
    assert saved(tmp_path / "a.nii", VOXELS.astype("i8"), np.int64).get_data_dtype() == np.int64
    again = volio.load(tmp_path / "a.nii")
    again.to_filename(tmp_path / "b.nii")
    assert volio.load(tmp_path / "b.nii").get_data_dtype() == np.int64
    volio.save(again, tmp_path / "c.nii", dtype="compat")
    assert volio.load(tmp_path / "c.nii").get_data_dtype() == np.uint8


def test_floats_under_an_integer_header(tmp_path):
    whole = saved(tmp_path / "a.nii", VOXELS * 1.0, np.int16)
    assert not whole.dataobj.is_scaled
    np.testing.assert_array_equal(np.asarray(whole.dataobj), VOXELS)
    with pytest.warns(PrecisionWarning, match="largest error"):
        broken = saved(tmp_path / "b.nii", VOXELS / 7, np.int16)
    np.testing.assert_allclose(broken.get_fdata(), VOXELS / 7, atol=2e-4)


@pytest.mark.parametrize("word", ["exact", "smallest"])
def test_words_for_the_dtype(tmp_path, word):
    img = volio.Nifti1Image(VOXELS * 2.0, AFFINE)
    img.set_data_dtype(word)
    img.to_filename(tmp_path / "a.nii")
    volio.save(volio.Nifti1Image(VOXELS * 2.0, AFFINE), tmp_path / "b.nii", dtype=word)
    for name in ("a.nii", "b.nii"):
        assert volio.load(tmp_path / name).get_data_dtype() == np.uint8


def test_a_save_that_cannot_succeed_leaves_the_old_file(tmp_path):
    path = tmp_path / "a.nii"
    saved(path)
    before = path.read_bytes()
    img = volio.Nifti1Image(VOXELS * 1j, AFFINE)
    with pytest.raises(CastingError, match="int16 was asked for, which is real"):
        img.to_filename(path, dtype=np.int16)
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["a.nii"]


def test_extensions_and_the_offset_survive(tmp_path):
    img = volio.Nifti1Image(VOXELS, AFFINE)
    img.header.extensions.append(volio.nifti1.Nifti1Extension("comment", b"hello"))
    img.header.set_data_offset(1024)
    img.to_filename(tmp_path / "a.nii.gz")
    again = volio.load(tmp_path / "a.nii.gz")
    assert again.header.get_data_offset() == 1024
    assert [extension.get_content() for extension in again.header.extensions] == [b"hello"]
    np.testing.assert_array_equal(np.asarray(again.dataobj), VOXELS)
    again.to_filename(tmp_path / "b.nii")
    volio.load(tmp_path / "b.nii").to_filename(tmp_path / "c.nii")
    assert (tmp_path / "b.nii").read_bytes() == (tmp_path / "c.nii").read_bytes()


def test_bytes_and_streams():
    img = volio.Nifti1Image(VOXELS, AFFINE)
    again = volio.Nifti1Image.from_bytes(img.to_bytes())
    np.testing.assert_array_equal(np.asarray(again.dataobj), VOXELS)
    stream = io.BytesIO(b"before")
    stream.seek(6)
    stream.write(img.to_bytes())
    stream.seek(6)
    np.testing.assert_array_equal(np.asarray(volio.Nifti1Image.from_stream(stream).dataobj), VOXELS)
    stream = io.BytesIO()
    img.to_stream(stream)
    assert stream.getvalue() == img.to_bytes()
    with pytest.raises(UsageError, match="several files"):
        volio.Nifti1Pair(VOXELS, AFFINE).to_bytes()


def test_file_maps(tmp_path):
    img = volio.Nifti1Pair(VOXELS, AFFINE)
    assert img.get_filename() is None
    img.set_filename(tmp_path / "a.img")
    assert img.get_filename() == str(tmp_path / "a.img")
    img.to_file_map()
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a.hdr", "a.img"]
    streams = {part: FileHolder(fileobj=io.BytesIO()) for part in ("header", "image")}
    img.to_file_map(streams)
    again = volio.Nifti1Pair.from_file_map(streams)
    np.testing.assert_array_equal(np.asarray(again.dataobj), VOXELS)
    made = volio.Nifti1Pair.make_file_map({"image": "x.img"})
    assert made["image"].filename == "x.img"
    assert made["header"].filename is None
    with pytest.raises(FilenameError, match=r"end in \.nii"):
        volio.Nifti1Image.filespec_to_file_map("a.txt")


def test_old_names_of_files(tmp_path):
    img = volio.Nifti1Image(VOXELS, AFFINE)
    with pytest.warns(DeprecationWarning, match="to_filename"):
        img.to_filespec(str(tmp_path / "a.nii"))
    with pytest.warns(DeprecationWarning, match="filespec_to_file_map"):
        files = volio.Nifti1Image.filespec_to_files(str(tmp_path / "a.nii"))
    with pytest.warns(DeprecationWarning, match="from_file_map"):
        assert volio.Nifti1Image.from_files(files).shape == VOXELS.shape
    with pytest.warns(DeprecationWarning, match="to_file_map"):
        img.to_files(files)


def test_whether_a_path_may_be_an_image(tmp_path):
    saved(tmp_path / "a.nii.gz")
    (tmp_path / "b.nii").write_bytes(b"something else" * 100)
    maybe, sniff = volio.Nifti1Image.path_maybe_image(tmp_path / "a.nii.gz")
    assert maybe
    assert sniff[1] == str(tmp_path / "a.nii.gz")
    assert volio.Nifti1Image.path_maybe_image(tmp_path / "a.nii.gz", sniff) == (True, sniff)
    assert not volio.Nifti1Image.path_maybe_image(tmp_path / "b.nii")[0]
    assert not volio.Nifti1Image.path_maybe_image(tmp_path / "a.txt")[0]
    assert not volio.Nifti1Image.path_maybe_image(tmp_path / "missing.nii")[0]


def test_a_header_that_makes_no_sense_names_the_file(tmp_path):
    path = tmp_path / "a.nii"
    saved(path)
    block = bytearray(path.read_bytes())
    block[70:72] = b"\x63\x00"  # datatype 99
    path.write_bytes(block)
    with pytest.raises(HeaderDataError, match=r"a\.nii: datatype: must be one of .* got 99"):
        volio.load(path)


def test_a_short_file_is_told_when_it_is_read(tmp_path):
    path = tmp_path / "a.nii"
    saved(path)
    path.write_bytes(path.read_bytes()[:-10])
    img = volio.load(path)
    with pytest.raises(TruncatedFileError, match=r"a\.nii"):
        img.get_fdata()


def test_a_file_that_changed_is_not_read(tmp_path):
    img = saved(tmp_path / "a.nii")
    saved(tmp_path / "a.nii", VOXELS[::-1])
    with pytest.raises(SourceChangedError, match="has changed"):
        img.get_fdata()
    (tmp_path / "a.nii").unlink()
    with pytest.raises(SourceChangedError, match="has vanished"):
        img.get_fdata()


def test_proxies_of_the_class_are_used(tmp_path):
    class Proxy(ArrayProxy):
        pass

    class Image(volio.Nifti1Image):
        ImageArrayProxy = Proxy

    saved(tmp_path / "a.nii")
    assert type(Image.from_filename(tmp_path / "a.nii").dataobj) is Proxy


def test_what_cannot_be_read_or_written_says_so():
    from volio.images.file_image import FileImage

    class Readonly(FileImage):
        header_class = volio.SpatialHeader

    for act in (lambda: Readonly.from_file_map({}), Readonly().to_file_map):
        with pytest.raises(ImageFileError, match="cannot be"):
            act()


def test_no_warning_without_a_reason(tmp_path):
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        saved(tmp_path / "a.nii", VOXELS / 3)
    assert not told


def turned_in_place(stream):
    img = volio.Nifti1Image.from_stream(stream).slicer[::-1, :, ::-1]
    stream.seek(0)
    img.to_stream(stream)
    return img


def test_an_image_is_saved_over_the_file_object_it_is_read_from():
    voxels = np.arange(128 * 128 * 128, dtype=np.int32).reshape(128, 128, 128)
    stream = io.BytesIO(volio.Nifti1Image(voxels, AFFINE).to_bytes())
    img = turned_in_place(stream)
    stream.seek(0)
    again = volio.Nifti1Image.from_stream(stream)
    for each in (again, img):
        np.testing.assert_array_equal(np.asarray(each.dataobj), voxels[::-1, :, ::-1])


def test_an_image_is_saved_through_another_handle_of_its_file(tmp_path):
    img = saved(tmp_path / "a.nii").slicer[::-1]
    with (tmp_path / "a.nii").open("r+b") as stream:
        img.to_stream(stream)
        np.testing.assert_array_equal(np.asarray(img.dataobj), VOXELS[::-1])
    again = volio.load(tmp_path / "a.nii")
    np.testing.assert_array_equal(np.asarray(again.dataobj), VOXELS[::-1])


def test_the_own_file_is_known_from_another_folder(tmp_path, monkeypatch):
    saved(tmp_path / "a.nii")
    monkeypatch.chdir(tmp_path)
    img = volio.load("a.nii")
    (tmp_path / "b").mkdir()
    monkeypatch.chdir(tmp_path / "b")
    img.to_filename(tmp_path / "a.nii")
    np.testing.assert_array_equal(np.asarray(img.dataobj), VOXELS)


def test_a_failed_save_leaves_the_own_file_object_as_it_was(monkeypatch):
    before = volio.Nifti1Image(VOXELS, AFFINE).to_bytes()
    stream = io.BytesIO(before)
    monkeypatch.setattr(volio.Nifti1Image, "_write_rest", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError, match="division by zero"):
        turned_in_place(stream)
    assert stream.getvalue() == before


def test_a_number_alone_is_refused_where_the_header_has_no_place_for_it():
    with pytest.raises(HeaderDataError, match="reshape"):
        volio.Nifti1Image(np.array(3.5), AFFINE)
    assert volio.MGHImage(np.array(3.5), AFFINE).header.get_data_shape() == (1, 1, 1)


@pytest.mark.parametrize("cls", [volio.AnalyzeImage, volio.Spm99AnalyzeImage, volio.Nifti1Pair])
def test_images_without_voxels_are_saved(tmp_path, cls):
    cls(np.zeros((3, 4, 0), np.int16), AFFINE).to_filename(tmp_path / "a.img")
    assert cls.load(tmp_path / "a.img").get_fdata().shape == (3, 4, 0)


@pytest.mark.parametrize(("slope", "inter"), [(0.1, 7), (3.3e-5, -1.2), (0.37, 0)])
def test_edits_of_scaled_floats_move_no_other_voxel(tmp_path, slope, inter):
    header = volio.Nifti1Header()
    header.set_from(VOXELS.shape, np.float32, AFFINE)
    header.set_slope_inter(slope, inter)
    stream = io.BytesIO()
    header.write_to(stream)
    path = tmp_path / "a.nii"
    path.write_bytes(stream.getvalue() + np.sqrt(VOXELS, dtype=np.float32).tobytes("F"))
    before = volio.load(path).get_fdata()
    for number in range(5):
        img = volio.load(path)
        img.get_fdata()[0, 0, number] = before.mean()
        img.to_filename(path)
    after = volio.load(path)
    assert after.get_data_dtype() == np.float32
    np.testing.assert_array_equal(after.get_fdata()[1:], before[1:])
    np.testing.assert_allclose(after.get_fdata()[0, 0], before.mean(), rtol=1e-6)


def test_other_floats_under_a_scaled_header_are_not_scaled(tmp_path):
    img = scaled(tmp_path / "a.nii", 0.1, 7)
    img.header.set_data_dtype(np.float32)
    new = volio.Nifti1Image(np.sqrt(VOXELS), AFFINE, img.header)
    new.to_filename(tmp_path / "b.nii")
    assert not volio.load(tmp_path / "b.nii").dataobj.is_scaled


def test_scaling_that_was_set_is_an_order(tmp_path):
    img = volio.Nifti1Image(VOXELS, AFFINE)
    img.header.set_slope_inter(2, 10)
    img.to_filename(tmp_path / "a.nii")
    again = volio.load(tmp_path / "a.nii")
    np.testing.assert_array_equal(again.dataobj.get_unscaled(), VOXELS)
    np.testing.assert_array_equal(again.get_fdata(), VOXELS * 2.0 + 10)
    volio.save(volio.Nifti2Image.from_image(img), tmp_path / "b.nii")
    np.testing.assert_array_equal(volio.load(tmp_path / "b.nii").get_fdata(), VOXELS * 2.0 + 10)
    again.header.set_slope_inter(0.5, 0)  # of the values that are seen
    again.to_filename(tmp_path / "c.nii")
    np.testing.assert_array_equal(volio.load(tmp_path / "c.nii").get_fdata(), VOXELS + 5.0)


def test_fractions_beside_a_scaling_that_was_set_stay(tmp_path):
    img = volio.Nifti1Image(VOXELS / 7, AFFINE, dtype=np.int16)
    img.header["scl_slope"], img.header["scl_inter"] = 3, 1
    img.to_filename(tmp_path / "a.nii")
    np.testing.assert_array_equal(volio.load(tmp_path / "a.nii").get_fdata(), VOXELS / 7 * 3 + 1)


@pytest.mark.parametrize("factors", [(1, 0), (None, None)])
def test_scaling_that_says_nothing_new_is_no_order(tmp_path, factors):
    first = scaled(tmp_path / "a.nii", 0.25, -3)
    img = volio.Nifti1Image(first.get_fdata(), AFFINE, first.header)
    img.header.set_slope_inter(*factors)
    for target in (img, volio.Nifti2Image.from_image(img)):
        volio.save(target, tmp_path / "b.nii", dtype="exact")
        np.testing.assert_array_equal(volio.load(tmp_path / "b.nii").get_fdata(), first.get_fdata())


# Slope and intercept set to the numbers that the file has: an order like any other.

SCALED_CLASSES = [
    (volio.Nifti1Image, "a.nii", None, 1.5),
    (volio.Nifti2Image, "a.nii", None, 1.5),
    (volio.Spm99AnalyzeImage, "a.img", "spm99", None),
    (volio.Spm2AnalyzeImage, "a.img", "spm2", 1.5),
    (volio.AFNIImage, "a+orig.HEAD", None, None),
    (volio.EcatImage, "a.v", None, None),
    (volio.MifImage, "a.mif", None, 1.5),
    (volio.Minc1Image, "a.mnc", "minc1", 1.5),
    (volio.Minc2Image, "a.mnc", "minc2", 1.5),
]


@pytest.mark.parametrize(
    ("cls", "name", "format", "inter"),
    SCALED_CLASSES,
    ids=[row[0].__name__ for row in SCALED_CLASSES],
)
def test_the_scaling_of_the_file_set_again_is_an_order(tmp_path, cls, name, format, inter):
    stored = np.arange(24, dtype=np.int16).reshape(2, 3, 4)
    values = stored * 3.0 + (inter or 0)
    first = cls(stored, np.eye(4))
    first.header.set_slope_inter(3, inter)
    volio.save(first, tmp_path / name, format=format)
    loaded = volio.load(tmp_path / name)
    np.testing.assert_array_equal(loaded.get_fdata().reshape(values.shape), values)
    raw = loaded.dataobj.get_unscaled()
    # Without an order the array is the values; its header is only a hint.
    volio.save(cls(raw, loaded.affine, loaded.header), tmp_path / name, format=format)
    np.testing.assert_array_equal(volio.load(tmp_path / name).get_fdata(), raw)
    again = cls(raw, loaded.affine, loaded.header)
    again.header.set_slope_inter(3, inter)
    assert again.header.copy().has_new_scaling()
    volio.save(again, tmp_path / name, format=format)
    back = volio.load(tmp_path / name)
    np.testing.assert_array_equal(back.get_fdata().reshape(values.shape), values)
    assert not back.header.has_new_scaling()


def test_fields_of_a_scaling_set_again_are_an_order(tmp_path):
    loaded = scaled(tmp_path / "a.nii", 3, 1.5)
    new = volio.Nifti1Image(loaded.dataobj.get_unscaled(), AFFINE, loaded.header)
    new.header["scl_slope"] = 3
    new.to_filename(tmp_path / "b.nii")
    np.testing.assert_array_equal(volio.load(tmp_path / "b.nii").get_fdata(), VOXELS * 3 + 1.5)
    other = volio.Nifti2Image.from_image(new)  # another class keeps the order, ...
    volio.save(other, tmp_path / "c.nii")
    np.testing.assert_array_equal(volio.load(tmp_path / "c.nii").get_fdata(), VOXELS * 3 + 1.5)
    plain = volio.Nifti2Image.from_image(loaded)  # ... and makes none
    assert not plain.header.has_new_scaling()


@pytest.mark.parametrize("how", ["header", "field", "image"])
def test_the_dtype_of_the_array_set_again_is_an_order(tmp_path, how):
    img = volio.Nifti1Image(np.arange(24).reshape(2, 3, 4), AFFINE)
    img.to_filename(tmp_path / "a.nii")
    assert volio.load(tmp_path / "a.nii").get_data_dtype() == np.uint8
    if how == "header":
        img.header.set_data_dtype(np.int64)
    elif how == "field":
        img.header["datatype"] = 1024
    else:
        img.set_data_dtype(np.int64)
    img.to_filename(tmp_path / "a.nii")
    assert volio.load(tmp_path / "a.nii").get_data_dtype() == np.int64


def test_a_template_with_the_same_scaling(tmp_path):
    """Formats that need all voxels first take them from a scratch file, as they are stored."""
    stored = np.arange(24, dtype=np.int16).reshape(2, 3, 4)
    first = volio.AFNIImage(stored, np.eye(4))
    first.header.set_slope_inter(3)
    volio.save(first, tmp_path / "a+orig.HEAD")
    template = volio.load(tmp_path / "a+orig.HEAD")
    for name in ("b+orig.HEAD", "b.mnc", "b.v", "b.nii.gz"):
        with volio.create(tmp_path / name, header=template, slope=3) as writer:
            writer[...] = template.get_fdata()
        back = volio.load(tmp_path / name)
        np.testing.assert_array_equal(back.get_fdata(), template.get_fdata())
        assert back.get_data_dtype().newbyteorder("=") == np.int16


FLAT = np.array([[1, 0, 1, 0], [0, 1, 0, 0], [0, 0, 0, 0], [0, 0, 0, 1]])


@pytest.mark.parametrize(
    "name", ["a.mha", "a.mif", "a.nrrd", "a.mnc", "a.v", "a+orig.HEAD", "a.ome.zarr"]
)
def test_a_flat_affine_is_refused_before_anything_is_written(tmp_path, name):
    img = volio.SpatialImage(np.zeros((2, 3, 4), np.int16), FLAT)
    with pytest.raises(HeaderError, match="span no volume"):
        volio.save(img, tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_nifti_has_a_flat_affine_with_a_warning(tmp_path):
    with pytest.warns(GeometryWarning, match="not square to each other"):
        volio.Nifti1Image(np.zeros((2, 3, 4), np.int16), FLAT).to_filename(tmp_path / "a.nii")
    with pytest.warns(GeometryWarning, match="must not be 0|span"):
        affine = volio.load(tmp_path / "a.nii").affine
    assert np.linalg.det(affine) != 0


@pytest.mark.parametrize("name", ["CziImage", "N5Image", "PrecomputedImage", "CatmaidImage"])
def test_formats_that_are_only_read_refuse_to_save(name, tmp_path):
    cls = getattr(volio, name)
    img = cls(np.zeros((3, 4, 5), np.uint8), np.eye(4))
    path = tmp_path / f"a{cls.files_types[0][1]}"
    for save in (img.to_file_map, img.to_bytes, lambda: img.to_filename(path)):
        with pytest.raises(ImageFileError, match=f"^{name}: cannot be written, only read"):
            save()
    assert list(tmp_path.iterdir()) == []
