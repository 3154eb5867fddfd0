"""Times and angles of an acquisition that NIfTI has no fields for."""

from __future__ import annotations

import math

import numpy as np
import pytest

import volio
from volio.errors import LossWarning
from volio.images.headers.metadata import Metadata

VOXELS = np.arange(24, dtype=np.int16).reshape(2, 3, 4)


def volume(size: float, time: str | None, description: bytes = b"") -> volio.Nifti1Image:
    """Return a 3-D image with a fourth size, a unit of time and a description."""
    img = volio.Nifti1Image(VOXELS, np.eye(4))
    img.header["pixdim"][4] = size
    img.header.set_xyzt_units("mm", time)
    img.header["descrip"] = description
    return img


@pytest.mark.parametrize(
    ("size", "time", "seconds"),
    [
        (2.3, "sec", 2.3),
        (2300, "msec", 2.3),
        (2.3, None, None),  # of what unit?
        (1, "sec", None),  # what is there where nothing is known
        (0, "sec", None),
        (-2.3, "sec", None),
        (math.nan, "sec", None),
        (2.3, "hz", None),
    ],
)
def test_the_repetition_time_of_a_volume(size, time, seconds):
    img = volume(size, time)
    found = img.header.metadata().acquisition
    assert found == ({} if seconds is None else {"repetition time": pytest.approx(seconds)})
    mgh = volio.MGHImage.from_image(img)
    assert float(mgh.header["tr"]) == pytest.approx((seconds or 0) * 1000)
    assert float(volio.Nifti1Image.from_image(mgh).header["pixdim"][4]) == pytest.approx(
        seconds or 1
    )


def test_the_repetition_time_survives_cuts_and_is_lost_with_a_warning():
    img = volume(2.3, "sec")
    assert float(img.slicer[1:].header["pixdim"][4]) == pytest.approx(2.3)
    with pytest.warns(LossWarning, match=r"repetition time \(2.3\)"):
        volio.NrrdImage.from_image(img)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (b"TE=30;Time=115405.000", {"echo time": 0.03}),
        (b"TE=2.98;Time=120000.000;phase=1", {"echo time": 0.00298}),
        (b"TE=30", {}),
        (b"TE=30ms", {"echo time": 0.03}),
        (
            b"3T 3D GR TR=9.7ms/TE=4.6ms/FA=8deg 12-Jan-2010",
            {"repetition time": 0.0097, "echo time": 0.0046, "flip angle": 8},
        ),
        (b"TI=900ms FA=9", {"inversion time": 0.9}),
        (b"MATE=30ms TE=30mss FA=8ms", {}),
    ],
)
def test_what_a_description_states(text, found):
    header = volume(1, "sec", text).header
    assert header.metadata().acquisition == pytest.approx(found)


def test_times_and_angles_go_to_an_empty_description_and_back():
    mgh = volio.MGHImage(VOXELS, np.eye(4))
    fields = {"tr": 2300, "te": 2.98, "ti": 900, "flip_angle": math.radians(9)}
    for name, value in fields.items():
        mgh.header[name] = value
    nifti = volio.Nifti1Image.from_image(mgh)
    assert nifti.header["descrip"].item() == b"TE=2.98ms/TI=900ms/FA=9deg"
    assert float(nifti.header["pixdim"][4]) == pytest.approx(2.3)
    assert nifti.header.get_xyzt_units() == ("mm", "sec")
    back = volio.MGHImage.from_image(nifti)
    assert {name: float(back.header[name]) for name in fields} == pytest.approx(fields)


def test_a_description_that_is_there_stays():
    minc = volio.Minc1Image(VOXELS, np.eye(4))
    acquisition = {"echo time": 0.03, "flip angle": 80.0}
    minc.header.set_metadata(Metadata(description="mine", acquisition=acquisition))
    nifti = volio.Nifti1Image.from_image(minc)
    assert nifti.header["descrip"].item() == b"mine TE=30ms/FA=80deg"
    found = nifti.header.metadata()
    assert found.description == "mine"
    assert found.acquisition == pytest.approx(acquisition)
    again = volio.Nifti1Image.from_image(volio.Minc1Image.from_image(nifti))
    assert again.header["descrip"].item() == b"mine TE=30ms/FA=80deg"
    inside = nifti.header.copy()
    inside["descrip"] = b"3T 2D EPI TR=9ms/TE=4ms today"
    assert inside.metadata().description == "3T 2D EPI TR=9ms/TE=4ms today"


def test_a_description_that_leaves_no_room_stays():
    text = "x" * 72  # with " TE=30ms" all 80 bytes
    minc = volio.Minc1Image(VOXELS, np.eye(4))
    minc.header.set_metadata(Metadata(description=text, acquisition={"echo time": 0.03}))
    assert volio.Nifti1Image.from_image(minc).header["descrip"].item() == f"{text} TE=30ms".encode()
    minc.header.set_metadata(Metadata(description=text + "x"))
    with pytest.warns(LossWarning, match=r"echo time \(0.03\)"):
        nifti = volio.Nifti1Image.from_image(minc)
    assert nifti.header["descrip"].item() == (text + "x").encode()


def test_what_a_description_says_is_not_added_to_it():
    minc = volio.Minc1Image(VOXELS, np.eye(4))
    acquisition = {"echo time": 0.004, "flip angle": 80.0}
    minc.header.set_metadata(Metadata(description="EPI TE=4ms", acquisition=acquisition))
    nifti = volio.Nifti1Image.from_image(minc)
    assert nifti.header["descrip"].item() == b"EPI TE=4ms FA=80deg"
