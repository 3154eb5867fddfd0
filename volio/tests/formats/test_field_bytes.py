"""Fields that are converted on their way into a file: units, signs and orders, as bytes.

A value that is written and read back shows that two functions agree. Here the bytes are compared
with the definition of each format; `test_conversion.py` then shows that they are read as they are
written. Those of MGH, ECAT and PAR/REC are in the tests of these formats.
"""

from __future__ import annotations

import io
import struct

import h5py
import numpy as np
import pytest
from scipy.io import netcdf_file

import volio
from volio.formats.lookup import format_named
from volio.images.headers.metadata import Intent, Metadata

SHAPE = (3, 4, 5, 3)
#: The first axis to the left, the second to the front, the third up.
AFFINE = np.array([[-2.0, 0, 0, 30], [0, 2.5, 0, -40], [0, 0, 3, 12], [0, 0, 0, 1]])
TIMES = Metadata(step=2.0, unit="s", start=4.0)
TEXTS = Metadata(
    description="a scan", history="first -x\nsecond -y", keys={"site": "here"}, step=2.0, unit="s"
)
# Two directions in scanner RAS+, with b-values in s/mm².
GRADIENTS = Metadata(
    step=2.0,
    unit="s",
    gradients=((0.0, 0.0, 1.0, 0.0), (1.0, 0.0, 0.0, 1000.0), (0.0, 0.6, 0.8, 500.0)),
)


def image(name: str, metadata: Metadata):
    """Return an image of a format with metadata; its volumes are 2 s apart."""
    img = format_named(name).image_class()(np.zeros(SHAPE, np.int16), AFFINE)
    header = img.header
    header.set_zooms((*header.get_zooms()[:3], 2.0 / (header.time_unit or 1.0)))
    header.set_metadata(metadata)
    return img


def text_of(name: str, metadata: Metadata) -> list[str]:
    """Return the lines of a text header, before the voxels."""
    lines = image(name, metadata).to_bytes().split(b"\n")
    return [line.decode("latin1") for line in lines]


# NIfTI: bits 0 to 2 of xyzt_units are the unit of length, bits 3 to 5 that of time.
UNITS = pytest.mark.parametrize(
    ("units", "per_second"),
    [(2 | 8, 1), (2 | 16, 1000), (2 | 24, 1_000_000)],
    ids=["s", "ms", "us"],
)


@UNITS
def test_times_of_nifti1_have_the_unit_of_the_header(units, per_second):
    raw = bytearray(image("nifti1", TIMES).to_bytes())
    assert raw[123] == 2 | 8
    assert struct.unpack_from("<f", raw, 76 + 4 * 4) == (2,)  # pixdim[4]
    assert struct.unpack_from("<f", raw, 136) == (4,)  # toffset
    raw[123] = units
    struct.pack_into("<f", raw, 76 + 4 * 4, 2 * per_second)
    struct.pack_into("<f", raw, 136, 4 * per_second)
    found = volio.Nifti1Image.from_bytes(bytes(raw)).header.metadata()
    assert (found.step, found.unit, found.start) == (2, "s", 4)


@UNITS
def test_times_of_nifti2_have_the_unit_of_the_header(units, per_second):
    raw = bytearray(image("nifti2", TIMES).to_bytes())
    assert struct.unpack_from("<i", raw, 500) == (2 | 8,)
    assert struct.unpack_from("<d", raw, 104 + 4 * 8) == (2,)
    assert struct.unpack_from("<d", raw, 216) == (4,)
    struct.pack_into("<i", raw, 500, units)
    struct.pack_into("<d", raw, 104 + 4 * 8, 2 * per_second)
    struct.pack_into("<d", raw, 216, 4 * per_second)
    found = volio.Nifti2Image.from_bytes(bytes(raw)).header.metadata()
    assert (found.step, found.unit, found.start) == (2, "s", 4)


@UNITS
def test_slice_times_of_nifti1_are_a_code_and_a_duration(units, per_second):
    metadata = Metadata(step=2.0, unit="s", slice_times=(0.0, 1.2, 0.4, 1.6, 0.8))
    raw = bytearray(image("nifti1", metadata).to_bytes())
    assert raw[122] == 3  # slice_code: alternating, increasing
    assert struct.unpack_from("<h", raw, 74) == (0,)  # slice_start
    assert struct.unpack_from("<h", raw, 120) == (4,)  # slice_end
    assert struct.unpack_from("<f", raw, 132)[0] == pytest.approx(0.4)
    assert raw[39] >> 4 == 3  # dim_info: slices are along the third axis
    raw[123] = units
    struct.pack_into("<f", raw, 132, 0.4 * per_second)
    found = volio.Nifti1Image.from_bytes(bytes(raw)).header.metadata()
    assert found.slice_times == pytest.approx(metadata.slice_times)


def test_windows_spaces_and_statistics_of_nifti1():
    metadata = Metadata(
        space="mni", window=(1.0, 200.0), description="a scan", intents=(Intent("t test", (12.0,)),)
    )
    raw = image("nifti1", metadata).to_bytes()
    assert struct.unpack_from("<2f", raw, 124) == (200, 1)  # cal_max, cal_min
    assert struct.unpack_from("<2h", raw, 252) == (0, 4)  # qform_code, sform_code
    assert struct.unpack_from("<h", raw, 68) == (3,)  # intent_code
    assert struct.unpack_from("<3f", raw, 56) == (12, 0, 0)  # its parameters
    assert raw[148:228].rstrip(b"\0") == b"a scan"


@pytest.mark.filterwarnings("ignore::volio.errors.GeometryWarning")
def test_windows_of_analyze():
    img = image("analyze", Metadata(step=2.0, window=(1.0, 200.0), description="a scan"))
    files = {part: io.BytesIO() for part in ("header", "image")}
    img.to_file_map(img.make_file_map(files))
    raw = files["header"].getvalue()
    assert struct.unpack_from("<2f", raw, 124) == (200, 1)  # cal_max, cal_min
    assert struct.unpack_from("<f", raw, 76 + 4 * 4) == (2,)
    assert raw[148:228].rstrip(b"\0") == b"a scan"


def attributes_of_afni(metadata: Metadata) -> dict[str, str]:
    """Return the attributes of a .HEAD file, by their definition: name, count, values."""
    img = image("afni", metadata)
    files = {part: io.BytesIO() for part in ("header", "image")}
    img.to_file_map(img.make_file_map(files))
    blocks = files["header"].getvalue().decode().strip().split("\n\n")
    parts = (block.split("\n", 3) for block in blocks)
    return {name.removeprefix("name = "): value for _, name, _, value in parts}


def test_times_positions_and_statistics_of_afni():
    metadata = Metadata(
        step=2.0,
        unit="s",
        start=4.0,
        slice_times=(0.0, 0.8, 0.4, 1.2, 1.0),
        labels=("mean", "t", "F"),
        intents=(Intent(), Intent("t test", (12.0,)), Intent("f test", (2.0, 30.0))),
        history="first -x\nsecond -y",
    )
    found = attributes_of_afni(metadata)
    numbers = {name: value.split() for name, value in found.items()}
    assert numbers["TAXIS_NUMS"][:3] == ["3", "5", "77002"]  # times, slices with offsets, seconds
    # Start, step, duration, and where slices are along z.
    assert numbers["TAXIS_FLOATS"] == ["4.0", "2.0", "0.0", "12.0", "3.0"]
    assert numbers["TAXIS_OFFSETS"] == ["0.0", "0.8", "0.4", "1.2", "1.0"]
    # DICOM's axes: to the left, to the back, up.
    assert numbers["ORIGIN"] == ["-30.0", "40.0", "12.0"]
    assert numbers["DELTA"] == ["2.0", "-2.5", "3.0"]
    assert numbers["ORIENT_SPECIFIC"] == ["0", "2", "4"]  # right to left, posterior to anterior
    # Volume 1 is a t of 12 degrees of freedom, volume 2 an F of 2 and 30.
    statistics = ["1.0", "3.0", "1.0", "12.0", "2.0", "4.0", "2.0", "2.0", "30.0"]
    assert numbers["BRICK_STATAUX"] == statistics
    assert found["BRICK_LABS"] == "'mean~t~F~"
    assert found["HISTORY_NOTE"] == "'first -x\\nsecond -y~"


def test_times_of_afni_in_milliseconds_are_read_in_seconds(tmp_path):
    times = (0.0, 0.8, 0.4, 1.2, 1.0)
    img = image("afni", Metadata(step=2.0, unit="s", start=4.0, slice_times=times))
    img.to_filename(tmp_path / "a+orig.HEAD")
    text = (tmp_path / "a+orig.HEAD").read_text()
    (tmp_path / "a+orig.HEAD").write_text(text.replace(" 3 5 77002", " 3 5 77001"))
    found = volio.load(tmp_path / "a+orig.HEAD").header.metadata()
    assert (found.step, found.unit, found.start) == (0.002, "s", 0.004)
    assert found.slice_times == pytest.approx(np.array(times) / 1000)


MINC = Metadata(
    step=2.0,
    unit="s",
    start=4.0,
    space="talairach",
    description="a scan",
    history="first -x\nsecond -y",
    acquisition={"echo time": 0.03, "repetition time": 2.0, "flip angle": 80.0},
)


def test_times_spaces_and_history_of_minc1():
    with netcdf_file(io.BytesIO(image("minc1", MINC).to_bytes()), mmap=False) as file:
        assert (file.history, file.title) == (b"first -x\nsecond -y\n", b"a scan")
        time, acquisition = file.variables["time"], file.variables["acquisition"]
        assert (time.step, time.start, time.units) == (2, 4, b"s")
        # Seconds and degrees.
        assert (acquisition.echo_time, acquisition.flip_angle) == (0.03, 80)
        steps = {name: file.variables[f"{name}space"] for name in "xyz"}
        assert [axis.step for axis in steps.values()] == [-2, 2.5, 3]
        assert [axis.start for axis in steps.values()] == [30, -40, 12]
        assert {axis.spacetype for axis in steps.values()} == {b"talairach_"}


def test_times_spaces_and_history_of_minc2():
    with h5py.File(io.BytesIO(image("minc2", MINC).to_bytes())) as file:
        root = file["minc-2.0"]
        assert (root.attrs["history"], root.attrs["title"]) == (b"first -x\nsecond -y\n", b"a scan")
        time = root["dimensions/time"].attrs
        assert (time["step"], time["start"], time["units"]) == (2, 4, b"s")
        acquisition = root["info/acquisition"].attrs
        assert (acquisition["echo_time"], acquisition["flip_angle"]) == (0.03, 80)
        assert root["dimensions/xspace"].attrs["spacetype"] == b"talairach_"


def test_positions_and_gradients_of_nrrd_are_in_its_space():
    lines = text_of("nrrd", GRADIENTS)
    assert "space: left-posterior-superior" in lines
    assert "space directions: (2,0,0) (0,-2.5,0) (0,0,3) none" in lines
    assert "space origin: (-30,40,12)" in lines
    assert 'units: "" "" "" "s"' in lines
    assert "spacings: nan nan nan 2" in lines
    # Of a b-value less than the largest the gradient is as much shorter, by the square root.
    vectors = [line.partition(":=")[2] for line in lines if line.startswith("DWMRI_gradient")]
    expected = [(0, 0, 0), (-1, 0, 0), np.array((0, -0.6, 0.8)) * np.sqrt(0.5)]
    np.testing.assert_allclose([np.fromstring(each, sep=" ") for each in vectors], expected)
    assert "DWMRI_b-value:=1000" in lines


def test_texts_of_nrrd():
    assert {"content: a scan", "site:=here"} <= set(text_of("nrrd", TEXTS))


def test_positions_and_texts_of_metaimage():
    lines = text_of("metaimage", TEXTS)
    assert "TransformMatrix = 1 0 0 0 0 -1 0 0 0 0 1 0 0 0 0 1" in lines  # to the left, back, up
    assert "Offset = -30 40 12 0" in lines
    assert "ElementSpacing = 2 2.5 3 2" in lines
    assert {"Comment = a scan", "site = here"} <= set(lines)


def test_positions_and_gradients_of_mif_are_in_the_scanner():
    lines = text_of("mif", GRADIENTS)
    assert "vox: 2,2.5,3,2" in lines
    transform = [line for line in lines if line.startswith("transform")]
    assert transform == ["transform: -1,0,0,30", "transform: 0,1,0,-40", "transform: 0,0,1,12"]
    scheme = [line for line in lines if line.startswith("dw_scheme")]
    assert scheme == ["dw_scheme: 0,0,1,0", "dw_scheme: 1,0,0,1000", "dw_scheme: 0,0.6,0.8,500"]


def test_texts_of_mif():
    lines = text_of("mif", TEXTS)
    assert {"comments: a scan", "site: here"} <= set(lines)
    history = [line for line in lines if line.startswith("command_history")]
    assert history == ["command_history: first -x", "command_history: second -y"]
