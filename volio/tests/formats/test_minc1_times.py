"""Frames of MINC files that do not follow each other at equal steps."""

from __future__ import annotations

import io

import numpy as np
import pytest
from scipy.io import netcdf_file

import volio
from volio.errors import HeaderDataError, LossWarning, VolioWarning
from volio.formats.minc.minc1 import Minc1Image
from volio.formats.minc.minc2 import Minc2Image
from volio.tests.requirements import require

STARTS, WIDTHS = [0.0, 10.0, 25.0], [10.0, 15.0, 60.0]


def dynamic(starts=STARTS, widths=WIDTHS, alignment="start_", units="") -> bytes:
    """A file of three frames, as rawtominc writes them, made with scipy."""
    stream = io.BytesIO()
    with netcdf_file(stream, "w") as file:
        names = {"time": 3, "zspace": 2, "yspace": 4, "xspace": 5}
        for name, length in names.items():
            file.createDimension(name, length)
            dims = ("time",) if name == "time" else ()
            variable = file.createVariable(name, "d", dims)
            variable.spacing = "irregular" if name == "time" else "regular__"
        file.variables["time"][:] = starts
        file.variables["time"].alignment = alignment
        if units:
            file.variables["time"].units = units
        if widths is not None:
            file.createVariable("time-width", "d", ("time",))[:] = widths
        image = file.createVariable("image", "h", tuple(names))
        image[:] = np.arange(120).reshape(3, 2, 4, 5)
        image.signtype = "signed__"
        for name, end in (("image-max", 32767), ("image-min", -32768)):
            file.createVariable(name, "d", ())[...] = end
        file.flush()
        return stream.getvalue()


def read(content: bytes, cls: type = Minc1Image):
    return cls.from_bytes(content)


def test_frames_keep_their_times_and_no_step_is_claimed():
    img = read(dynamic())
    assert img.shape == (2, 4, 5, 3)
    assert img.header.get_zooms() == (1, 1, 1, 0)
    assert img.header.time_unit is None
    np.testing.assert_array_equal(img.header.get_frame_times(), np.transpose([STARTS, WIDTHS]))
    np.testing.assert_array_equal(img.get_fdata()[..., 1], np.arange(40, 80).reshape(2, 4, 5))


@pytest.mark.parametrize(
    ("alignment", "part"), [("start_", 0), ("centre", 0.5), ("end___", 1), ("", 0)]
)
def test_times_may_be_those_of_another_part_of_the_frame(alignment, part):
    times = read(dynamic(alignment=alignment or "_")).header.get_frame_times()
    np.testing.assert_array_equal(times[:, 0], np.subtract(STARTS, np.multiply(part, WIDTHS)))


def test_units_are_those_of_the_file():
    times = read(dynamic(units="msec")).header.get_frame_times()
    np.testing.assert_allclose(times, np.transpose([STARTS, WIDTHS]) / 1000)


def test_frames_at_equal_steps_have_one_though_the_file_says_irregular():
    img = read(dynamic(starts=[5.0, 7.0, 9.0], widths=None))
    assert img.header.get_zooms()[3] == 2
    assert img.header.time_unit == 1
    times = img.header.get_frame_times()
    np.testing.assert_array_equal(times[:, 0], [5, 7, 9])
    np.testing.assert_array_equal(times[:, 1], [np.nan] * 3)
    assert volio.Nifti1Image.from_image(img).header["toffset"] == 5


@pytest.mark.parametrize("first", [Minc1Image, Minc2Image])
@pytest.mark.parametrize("second", [Minc1Image, Minc2Image])
def test_both_versions_keep_times(first, second):
    require("h5py")
    img = first.from_image(read(dynamic()))
    back = read(second.from_image(first.from_bytes(img.to_bytes())).to_bytes(), second)
    np.testing.assert_array_equal(back.header.get_frame_times(), np.transpose([STARTS, WIDTHS]))
    assert back.header.get_zooms()[3] == 0
    np.testing.assert_array_equal(back.get_fdata(), img.get_fdata())


def test_scipy_reads_times_that_were_set():
    img = Minc1Image(np.zeros((2, 3, 4, 3), np.int16), np.eye(4))
    img.header.set_frame_times(STARTS, WIDTHS)
    with netcdf_file(io.BytesIO(img.to_bytes()), mmap=False) as file:
        time, width = file.variables["time"], file.variables["time-width"]
        assert (time.dimensions, width.dimensions) == (("time",), ("time",))
        np.testing.assert_array_equal(time[:], STARTS)
        np.testing.assert_array_equal(width[:], WIDTHS)
        assert (time.spacing, time.units) == (b"irregular", b"s")


def test_a_step_makes_frames_regular_again():
    img = read(dynamic())
    img.header.set_zooms((1, 1, 1, 2.5))
    again = read(img.to_bytes())
    assert again.header.get_zooms()[3] == 2.5
    np.testing.assert_array_equal(again.header.get_frame_times()[:, 0], [0, 2.5, 5])


def test_times_follow_the_frames_that_are_chosen():
    img = read(dynamic())
    last = img.slicer[..., 1:].header.get_frame_times()
    np.testing.assert_array_equal(last, np.column_stack([STARTS, WIDTHS])[1:])
    few = Minc1Image(np.zeros((*img.shape[:3], 2)), img.affine, img.header)
    unknown = few.header.get_frame_times()  # nobody knows which frames these are
    np.testing.assert_array_equal(unknown, np.full((2, 2), np.nan))
    one = read(read(dynamic()).slicer[..., 0].to_bytes())
    assert one.shape == (2, 4, 5)
    assert "time" not in one.header.dataset.dims


def test_formats_without_times_of_frames_say_so():
    with pytest.warns(LossWarning, match="lost: times of 3 frames$"):
        assert volio.Nifti1Image.from_image(read(dynamic())).header.get_zooms()[3] == 0


def test_what_cannot_be_said_is_refused():
    img = read(dynamic())
    for starts in ([0.0, 1.0], [0.0, 1.0, np.nan]):
        with pytest.raises(HeaderDataError, match="must be 3 finite numbers"):
            img.header.set_frame_times(starts, 1.0)
    with pytest.raises(HeaderDataError, match="none is time"):
        Minc1Image(np.zeros((2, 2, 2)), np.eye(4)).header.get_frame_times()


def test_spacing_that_minc_does_not_have_is_told():
    with pytest.warns(VolioWarning, match="space: its spacing must be regular__ or irregular"):
        read(dynamic().replace(b"regular__", b"unheard__"))
