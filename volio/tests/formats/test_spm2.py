from __future__ import annotations

import itertools

import nibabel as nib
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nibabel.spm2analyze import Spm2AnalyzeHeader as OtherHeader

import volio
from volio.errors import HeaderDataError, PrecisionWarning
from volio.formats.spm2 import Spm2AnalyzeHeader, Spm2AnalyzeImage
from volio.formats.spm99 import Spm99AnalyzeImage

AFFINE = np.array([[-2, 0.1, 0, 10], [0.1, 3, 0.2, -20.3], [0, -0.2, 4, 30], [0, 0, 0, 1.0]])
DATA = np.arange(60, dtype=np.int16).reshape(3, 4, 5)


def test_fresh_headers_are_the_same_bytes():
    assert Spm2AnalyzeHeader.layout.newbyteorder("=") == OtherHeader.template_dtype.newbyteorder(
        "="
    )
    for order in "<>":
        ours, theirs = (cls(endianness=order) for cls in (Spm2AnalyzeHeader, OtherHeader))
        assert ours.binaryblock == theirs.binaryblock


RANGES = [
    (0, 0, 0, 0),
    (255, 0, 100, 0),
    (255, 0, 0, 0),
    (0, 0, 9, 0),
    (0, 255, 9, 1),
    (9, 2, 1, 5),
]


@pytest.mark.parametrize("glmax, glmin, cal_max, cal_min", RANGES)  # noqa: PT006
def test_scaling_is_read_alike(glmax, glmin, cal_max, cal_min):
    numbers = (0, np.nan, np.inf, 2.5, -1)
    for slope, inter in itertools.product(numbers, (*numbers[:3], 3)):
        ours, theirs = Spm2AnalyzeHeader(), OtherHeader()
        for header in (ours, theirs):
            header["scl_slope"], header["scl_inter"] = slope, inter
            header["glmax"], header["glmin"] = glmax, glmin
            header["cal_max"], header["cal_min"] = cal_max, cal_min
        assert ours.get_slope_inter() == theirs.get_slope_inter()


@given(*[st.floats(width=32)] * 2, *[st.integers(-(2**31), 2**31 - 1)] * 2)
def test_scaling_of_any_ranges_is_finite(high, low, greatest, least):
    header = Spm2AnalyzeHeader()
    header["scl_slope"], header["cal_max"], header["cal_min"] = 0, high, low
    header["glmax"], header["glmin"] = greatest, least
    slope, inter = header.get_slope_inter()
    assert (slope is None and inter is None) or np.isfinite([slope, inter]).all()


def test_scaling_is_set():
    header = Spm2AnalyzeHeader()
    for slope, inter in ((2, 3), (-1, 0), (0.5, -7)):
        header.set_slope_inter(slope, inter)
        assert header.get_slope_inter() == OtherHeader(header.binaryblock).get_slope_inter()
        assert header.get_slope_inter() == (slope, inter)
    header.set_slope_inter(2)
    assert header.get_slope_inter() == (2, 0)
    header.set_slope_inter(None)
    assert header.get_slope_inter() == (None, None)
    for slope, inter, field in ((0, 0, "slope"), (np.inf, 0, "slope"), (1, np.inf, "inter")):
        with pytest.raises(HeaderDataError, match=field):
            header.set_slope_inter(slope, inter)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("dtype", Spm2AnalyzeHeader.supported_dtypes(), ids=str)
def test_every_dtype_comes_back(dtype, order, tmp_path):
    data = (np.arange(60 * dtype.itemsize) % 60).astype(np.uint8)
    data = data.view(dtype) if dtype.names else np.arange(60).astype(dtype)
    data = data.reshape(3, 4, 5)
    header = Spm2AnalyzeHeader(endianness=order)
    header.set_data_dtype(dtype)
    Spm2AnalyzeImage(data, AFFINE, header).to_filename(tmp_path / "a.img")
    for found in (volio.load(tmp_path / "a.img"), nib.load(tmp_path / "a.img")):
        assert type(found).__name__ == "Spm2AnalyzeImage"
        assert found.get_data_dtype() == dtype.newbyteorder(order)
        np.testing.assert_array_equal(np.asanyarray(found.dataobj), data)
        np.testing.assert_allclose(found.affine, AFFINE, rtol=0, atol=1e-14)


def test_the_same_affine_after_five_rounds(tmp_path):
    img, path = Spm2AnalyzeImage(DATA, AFFINE), tmp_path / "a.img"
    img.to_filename(path)
    once = volio.load(path).affine
    for _ in range(5):
        volio.load(path).to_filename(path)
    np.testing.assert_allclose(volio.load(path).affine, once, rtol=0, atol=5e-14)
    np.testing.assert_allclose(once, AFFINE, rtol=0, atol=1e-14)


def test_floats_are_scaled_with_an_intercept(tmp_path):
    data = np.linspace(1000, 1001, 60).reshape(3, 4, 5)
    header = Spm2AnalyzeHeader()
    header.set_data_dtype(np.uint8)
    with pytest.warns(PrecisionWarning, match="largest error"):
        Spm2AnalyzeImage(data, AFFINE, header).to_filename(tmp_path / "a.img")
    for program in (volio, nib):
        np.testing.assert_allclose(program.load(tmp_path / "a.img").get_fdata(), data, atol=3e-3)


def test_ranges_are_kept_with_the_stored_voxels(tmp_path):
    header = Spm2AnalyzeHeader()
    Spm2AnalyzeImage(DATA, AFFINE, header).to_filename(tmp_path / "a.img")
    header = Spm2AnalyzeHeader((tmp_path / "a.hdr").read_bytes())
    header["scl_slope"], header["glmax"], header["cal_max"] = 0, 59, 10
    (tmp_path / "a.hdr").write_bytes(header.binaryblock)
    img = volio.load(tmp_path / "a.img")
    assert img.get_fdata().max() == pytest.approx(10)
    img.to_filename(tmp_path / "b.img")
    for part in ("hdr", "img"):
        assert (tmp_path / f"a.{part}").read_bytes() == (tmp_path / f"b.{part}").read_bytes()
    new = Spm2AnalyzeImage(DATA, AFFINE, img.header)
    new.to_filename(tmp_path / "c.img")
    np.testing.assert_array_equal(volio.load(tmp_path / "c.img").get_fdata(), DATA)


def test_conversion_between_the_two_of_spm():
    header = Spm2AnalyzeHeader()
    header.set_data_shape((3, 4, 5))
    header["descrip"] = b"text"
    one = Spm2AnalyzeImage(DATA, AFFINE, header)
    other = Spm99AnalyzeImage.from_image(one)
    np.testing.assert_array_equal(other.affine, AFFINE)
    assert other.header["descrip"] == b"text"
    np.testing.assert_array_equal(other.header["origin"], one.header["origin"])
