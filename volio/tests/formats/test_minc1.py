"""MINC1: NetCDF headers, ranges of slices, places, and what nibabel and scipy make of the files."""

from __future__ import annotations

import gzip
import io
import struct
import warnings
from pathlib import Path

import nibabel
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nibabel.minc1 import Minc1File as Theirs
from nibabel.minc1 import Minc1Image as TheirImage
from scipy.io import netcdf_file

import volio
from volio.errors import (
    HeaderDataError,
    LossWarning,
    PrecisionWarning,
    VolioError,
)
from volio.files.sources.source import BytesSource
from volio.formats.containers.dataset import Dataset, Variable
from volio.formats.containers.netcdf import read_netcdf, write_netcdf
from volio.formats.minc.minc1 import Minc1Header, Minc1Image, MincError
from volio.formats.minc.scaling import read_scaling, write_scaling
from volio.space.affines import from_matvec
from volio.space.eulerangles import euler2mat
from volio.testing.samples import FOLDER

WHEEL = Path(nibabel.__file__).parent / "tests" / "data"
SAMPLE = FOLDER / "minc1" / "slices.mnc"
OBLIQUE = from_matvec(euler2mat(0.1, 0.2, 0.3) @ np.diag([-2, 3, 4]), [10, -20, 30])


def netcdf(change=None, **dims) -> bytes:
    """A MINC1 file made with scipy; `change` gets its variables before it is written."""
    stream = io.BytesIO()
    with netcdf_file(stream, "w") as file:
        names = dims or {"zspace": 2, "yspace": 3, "xspace": 4}
        for name, length in names.items():
            file.createDimension(name, length)
            file.createVariable(name, "d", ()).spacing = "regular__"
        shape = tuple(length or 2 for length in names.values())
        image = file.createVariable("image", "h", tuple(names))
        image[:] = np.arange(np.prod(shape)).reshape(shape)
        image.signtype = "signed__"
        for name in ("image-max", "image-min"):
            file.createVariable(name, "d", ())[...] = 32767 if "max" in name else -32768
        if change:
            change(file)
        file.flush()
        return stream.getvalue()


def in_order_of_axes(img) -> np.ndarray:
    """nibabel's voxels with time as the last axis, as volio has it."""
    data = np.asanyarray(img.dataobj)
    return np.moveaxis(data, 0, 3) if data.ndim == 4 else data


@pytest.mark.parametrize("name", ["tiny", "minc1_1_scale", "minc1_4d", "minc1-no-att"])
def test_reads_what_nibabel_reads(name):
    path = WHEEL / f"{name}.mnc"
    ours, theirs = volio.load(path), TheirImage.from_filename(path)
    np.testing.assert_array_equal(np.asanyarray(ours.dataobj), in_order_of_axes(theirs))
    np.testing.assert_array_equal(ours.affine, theirs.affine)
    assert ours.to_bytes() == path.read_bytes()


def test_4d_files_have_time_last():
    img = volio.load(WHEEL / "minc1_4d.mnc")
    assert img.shape == (10, 20, 20, 2)
    assert img.header.axes == ("zspace", "yspace", "xspace", "time")
    np.testing.assert_allclose(img.header.get_zooms()[:3], 2)
    assert img.header.time_unit == 1
    sample = volio.load(FOLDER / "minc1" / "series.mnc")
    assert sample.header.get_zooms() == (3, 2, 1.5, 2.5)
    assert sample.header.metadata().step == 2.5
    assert sample.header.metadata().start == 1.25


def test_values_beyond_the_valid_range_are_its_ends():
    path = FOLDER / "minc1" / "series.mnc"
    img = volio.load(path)
    raw = netcdf_file(path, mmap=False).variables["image"].data.view(np.uint8)
    expected = np.minimum(np.moveaxis(raw, 0, 3), 150) * 0.5
    assert img.header.valid_range == (0, 150)
    np.testing.assert_array_equal(np.asanyarray(img.dataobj), expected)
    np.testing.assert_array_equal(img.dataobj[1, :, 2], expected[1, :, 2])
    np.testing.assert_array_equal(np.asanyarray(img.dataobj.reshape(-1)), expected.reshape(-1))
    unscaled = netcdf(lambda file: setattr(file.variables["image"], "valid_range", [0.0, 9.0]))
    found = Minc1Image.from_bytes(unscaled)
    slope = (32767 + 32768) / 9
    np.testing.assert_allclose(found.get_fdata().max(), 9 * slope - 32768)


def test_edited_values_beyond_a_valid_range_come_back():
    img = volio.load(FOLDER / "minc1" / "series.mnc")
    data = img.get_fdata()
    data[0, 0, 0, 0] = 120
    again = Minc1Image.from_bytes(img.to_bytes())
    np.testing.assert_array_equal(again.get_fdata(), data)
    assert again.header.valid_range is None


def test_attributes_history_and_unknown_variables_survive(tmp_path):
    img = volio.load(SAMPLE)
    Minc1Image(img.get_fdata() * 2, img.affine, img.header).to_filename(tmp_path / "new.mnc")
    with netcdf_file(tmp_path / "new.mnc", mmap=False) as file:
        assert file.history == b"made>>> by hand\n"
        np.testing.assert_array_equal(file.lab_number, [17, 4])
        assert file.variables["patient"].full_name == b"someone"
        assert file.variables["patient"].age == 41.5
    assert img.header.metadata().history == "made>>> by hand"
    assert img.header.metadata().keys == {"patient:full_name": "someone"}


@pytest.mark.parametrize("shape", [(3, 4, 5), (3, 4, 5, 2), (2, 3, 1, 4, 3)])
@pytest.mark.parametrize("dtype", ["u1", "i1", "i2", "u2", "i4", "u4", "f4", "f8"])
def test_nibabel_and_scipy_read_what_is_written(tmp_path, shape, dtype):
    data = (np.arange(np.prod(shape)).reshape(shape) % 100).astype(dtype)
    img = Minc1Image(data, OBLIQUE)
    img.to_filename(tmp_path / "new.mnc")
    again = Minc1Image.from_filename(tmp_path / "new.mnc")
    np.testing.assert_array_equal(np.asanyarray(again.dataobj), data)
    np.testing.assert_allclose(again.affine, OBLIQUE, atol=1e-12)
    assert again.get_data_dtype() == np.dtype(dtype)
    with netcdf_file(tmp_path / "new.mnc", mmap=False) as file:
        stored = file.variables["image"].data.view(f">{dtype}")
        assert file.variables["image"].dimensions[: len(shape) - 3] in (
            (),
            ("time",),
            ("time", "xspace"),
        )
        moved = np.moveaxis(data, 3, 0) if len(shape) > 3 else data
        np.testing.assert_array_equal(stored, moved)
    if len(shape) < 5:  # nibabel has no vectors
        theirs = nibabel.load(tmp_path / "new.mnc")
        np.testing.assert_allclose(in_order_of_axes(theirs), data)
        np.testing.assert_allclose(theirs.affine, OBLIQUE, atol=1e-12)


def test_rounded_values_have_a_range_for_each_slice(tmp_path):
    data = (
        np.random.default_rng(3).normal(size=(3, 4, 5)) * np.array([1, 100, 10000])[:, None, None]
    )
    with pytest.warns(PrecisionWarning, match="each slice"):
        Minc1Image(data, OBLIQUE).to_filename(tmp_path / "new.mnc", dtype=np.int16)
    img = volio.load(tmp_path / "new.mnc")
    assert img.header.get_slope_inter()[0].shape == (3, 1, 1)
    error = np.abs(img.get_fdata() - data).max(axis=(1, 2))
    assert (error <= np.ptp(data, axis=(1, 2)) / 65535).all()
    np.testing.assert_array_equal(nibabel.load(tmp_path / "new.mnc").get_fdata(), img.get_fdata())
    # A second time nothing is rounded: the ranges are found again, also of slices elsewhere.
    turned = img.slicer[::-1, 1:]
    again = Minc1Image.from_bytes(turned.to_bytes())
    np.testing.assert_array_equal(again.get_fdata(), img.get_fdata()[::-1, 1:])


def test_a_slice_is_scaled_for_all_of_its_values():
    data = np.zeros((2, 30, 30))
    data[0] = np.arange(900).reshape(30, 30)
    data[1, 18:] = np.linspace(0, 0.3, 360).reshape(12, 30)  # more than 512 zeros are before them
    img = Minc1Image(data, OBLIQUE)
    with pytest.warns(PrecisionWarning, match="each slice"):
        found = Minc1Image.from_bytes(img.to_bytes(dtype=np.int16)).get_fdata()
    np.testing.assert_array_equal(found[0], data[0])
    np.testing.assert_allclose(found[1], data[1], rtol=0, atol=0.3 / 65535)


def test_slices_of_one_value_and_of_none_that_is_finite():
    data = np.full((3, 2, 2), 0.1)
    data[1] = [[np.nan, np.inf], [1, 2]]
    with pytest.warns(PrecisionWarning, match="NaN"):
        found = Minc1Image.from_bytes(
            Minc1Image(data, OBLIQUE).to_bytes(dtype=np.int16)
        ).get_fdata()
    np.testing.assert_allclose(found[[0, 2]], 0.1, atol=1e-9)
    np.testing.assert_allclose(found[1, 1], [1, 2], atol=1e-4)
    assert np.isfinite(found).all()


@settings(max_examples=40)
@given(
    slope=st.floats(1e-6, 1e6),
    inter=st.floats(-1e6, 1e6),
    dtype=st.sampled_from(["u1", "i2", "i4"]),
)
def test_factors_come_back_from_the_ends_of_their_range(slope, inter, dtype):
    dataset = Dataset({"xspace": 2}, {}, {"image": Variable(("xspace",), np.dtype(dtype))})
    write_scaling(dataset, slope, inter)
    found = read_scaling(dataset)
    least, greatest = (dataset.variables[name].values for name in ("image-min", "image-max"))
    low, high = (float(end) for end in (np.iinfo(dtype).min, np.iinfo(dtype).max))
    # What the ends cannot hold: half a unit in the last place of each, and rounding on the way.
    rounding = 2 * np.spacing(max(abs(least), abs(greatest)))
    np.testing.assert_allclose(found[0], slope, rtol=0, atol=rounding / (high - low))
    np.testing.assert_allclose(found[1], inter, rtol=0, atol=2 * rounding)


def test_irregular_spacing_is_an_error_that_says_so():
    def change(file):
        file.variables["yspace"].spacing = "irregular"

    with pytest.raises(MincError, match="yspace: its spacing is irregular"):
        Minc1Image.from_bytes(netcdf(change))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda file: setattr(file.variables["xspace"], "step", np.nan), "finite"),
        (
            lambda file: setattr(file.variables["xspace"], "direction_cosines", [1.0, 0]),
            "3 numbers",
        ),
        (lambda file: setattr(file.variables["image"], "valid_range", [5.0, 1e9]), "valid_range"),
        (lambda file: setattr(file.variables["image"], "valid_range", [1.0, 2, 3]), "valid_range"),
        (lambda file: file.variables["image-max"].__setitem__(..., np.inf), "finite"),
        (lambda file: file.variables.pop("image"), "no such variable"),
    ],
)
def test_nonsense_is_named(change, words):
    with pytest.raises(HeaderDataError, match=words):
        Minc1Image.from_bytes(netcdf(change))


def test_three_dimensions_of_space_are_needed():
    with pytest.raises(MincError, match="xspace, yspace, zspace once each"):
        Minc1Image.from_bytes(netcdf(yspace=3, xspace=4))


def test_defaults_where_nothing_is_said():
    def change(file):
        del file.variables["image-max"], file.variables["image-min"]

    img = Minc1Image.from_bytes(netcdf(change))
    np.testing.assert_array_equal(img.affine, np.eye(4)[[2, 1, 0, 3]])
    assert img.get_fdata().min() == pytest.approx(32768 / 65535)


def test_unlimited_time_with_several_variables_in_its_records():
    def change(file):
        for name in [name for name in file.variables if name != "image"]:
            del file.variables[name]  # which scipy lays among the records
        for name, ends in (("image-max", [32767, 65534]), ("image-min", [-32768, -65536])):
            file.createVariable(name, "d", ("time",))[:] = ends
        file.createVariable("other", "h", ("time",))[:] = [7, 8]

    raw = netcdf(change, time=None, zspace=3, yspace=3, xspace=3)  # records with padding
    img = Minc1Image.from_bytes(raw)
    expected = np.moveaxis(np.arange(54.0).reshape(2, 3, 3, 3), 0, 3) * [1, 2]
    np.testing.assert_array_equal(np.asanyarray(img.dataobj), expected)
    np.testing.assert_array_equal(img.header.dataset.variables["other"].values, [7, 8])
    again = Minc1Image.from_bytes(img.to_bytes())
    np.testing.assert_array_equal(np.asanyarray(again.dataobj), expected)
    unknown = raw[:4] + b"\xff" * 4 + raw[8:]  # as a program that was killed leaves it
    np.testing.assert_array_equal(np.asanyarray(Minc1Image.from_bytes(unknown).dataobj), expected)


def test_large_files_get_64_bit_offsets():
    header = Minc1Header()
    header.set_data_shape((2000, 1000, 600))
    assert write_netcdf(header.dataset, "image")[0][:4] == b"CDF\x02"
    header.set_data_dtype("f8")  # more than 4 GiB: the voxels are the last variable
    before, after = write_netcdf(header.dataset, "image")
    assert read_netcdf(BytesSource(before), "image")[1]["image"][1] == len(before)
    assert after == b""


def test_headers_beyond_a_compressed_file_are_refused():
    """A name of 32 MiB in a file of 1 MiB."""
    content = b"CDF\1" + struct.pack(">iiII", 0, 10, 1, 2**25) + bytes(1 << 20)
    with pytest.raises(VolioError, match="ends within its header"):
        volio.load(gzip.compress(content))


def test_compressed_files_are_read(tmp_path):
    (tmp_path / "a.mnc.gz").write_bytes(gzip.compress(SAMPLE.read_bytes()))
    img = volio.load(tmp_path / "a.mnc.gz")
    assert isinstance(img, Minc1Image)
    np.testing.assert_array_equal(img.get_fdata(), volio.load(SAMPLE).get_fdata())


def test_conversions_keep_what_both_hold():
    data = np.arange(48, dtype=np.int16).reshape(2, 3, 4, 2)
    img = volio.Nifti1Image(data, OBLIQUE)
    img.header.set_xyzt_units("mm", "msec")
    img.header.set_zooms((*img.header.get_zooms()[:3], 1500))
    img.header["descrip"] = b"a scan"
    minc = Minc1Image.from_image(img)
    assert minc.header.get_zooms()[3] == 1.5
    metadata = Minc1Image.from_bytes(minc.to_bytes()).header.metadata()
    assert (metadata.step, metadata.unit, metadata.description) == (1.5, "s", "a scan")
    back = volio.Nifti1Image.from_image(minc)
    assert back.header.get_zooms()[3] == 1.5
    assert back.header.get_xyzt_units() == ("mm", "sec")
    np.testing.assert_array_equal(back.get_fdata(), data)


def test_what_other_formats_do_not_hold_is_told():
    with pytest.warns(LossWarning, match="variable patient"):
        volio.Nifti1Image.from_image(volio.load(SAMPLE))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        nrrd = volio.NrrdImage.from_image(volio.load(SAMPLE))
    assert "patient:full_name" not in str([each.message for each in caught])
    assert nrrd.header["patient:full_name"] == "someone"
    back = Minc1Image.from_image(nrrd).header.dataset
    assert back.variables["patient"].text("full_name") == "someone"


def test_axes_in_one_plane_are_refused():
    affine = np.eye(4)
    affine[:3, 1] = affine[:3, 0]
    with pytest.raises(HeaderDataError, match="one plane"):
        Minc1Image(np.zeros((2, 2, 2), "f4"), affine + np.diag([0, 0, 0, 0]) + _shift())


def _shift() -> np.ndarray:
    return np.array([[0, 0, 0, 1], [0, 0, 0, 2], [0, 0, 0, 3], [0, 0, 0, 0.0]])


@pytest.mark.parametrize("name", ["tiny", "minc1_4d"])
def test_nibabels_class_of_the_file_is_served(name):
    from volio.compat.nibabel.minc1 import Minc1File

    path = WHEEL / f"{name}.mnc"
    ours, theirs = Minc1File(path), Theirs(netcdf_file(path, mmap=False))
    assert Minc1File(netcdf_file(path, mmap=False)).get_data_shape() == theirs.get_data_shape()
    assert ours.get_data_shape() == theirs.get_data_shape()
    assert ours.get_data_dtype() == theirs.get_data_dtype()
    assert ours.get_zooms() == theirs.get_zooms()
    np.testing.assert_array_equal(ours.get_affine(), theirs.get_affine())
    for index in ((), np.s_[1], np.s_[..., 2:5], np.s_[0, ::2]):
        np.testing.assert_array_equal(ours.get_scaled_data(index), theirs.get_scaled_data(index))


def test_voxels_that_are_text_are_refused():
    dims = {"zspace": 2, "yspace": 3, "xspace": 4}
    image = Variable(tuple(dims), np.dtype("S1"), values=np.full((2, 3, 4), b"x", "S1"))
    raw = b"".join(write_netcdf(Dataset(dims, {}, {"image": image}), "image"))
    with pytest.raises(MincError, match=r"image: voxels of type \|S1 cannot be read"):
        Minc1Image.from_bytes(raw + b"x" * 24)


@pytest.mark.parametrize("text", [b"", b"x", b"7"])
@pytest.mark.parametrize("name", ["image-max", "image-min"])
def test_text_in_place_of_the_ends_is_named(name: str, text: bytes):
    dims = {"zspace": 2, "yspace": 3, "xspace": 4}
    ends = np.full(2, text, "S1")
    variables = {
        "image": Variable(tuple(dims), np.dtype(np.int16), {}, np.zeros((2, 3, 4), np.int16)),
        "image-max": Variable(("zspace",), values=np.ones(2)),
        "image-min": Variable(("zspace",), values=np.zeros(2)),
    }
    variables[name] = Variable(("zspace",), np.dtype("S1"), values=ends)
    with pytest.raises(HeaderDataError, match=f"{name}: must be numbers, is text"):
        read_scaling(Dataset(dims, {}, variables))
