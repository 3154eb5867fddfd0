"""The header of MINC images: its fields in the bytes of both kinds of file, shapes and sizes."""

from __future__ import annotations

import copy
import io
from collections.abc import Callable

import numpy as np
import pytest
from scipy.io import netcdf_file

import volio
from volio.errors import HeaderDataError, VolioWarning
from volio.formats.minc.header import MincHeader
from volio.formats.minc.minc1 import Minc1Header, Minc1Image
from volio.formats.minc.minc2 import Minc2Image
from volio.images.headers.metadata import Metadata
from volio.space.affines import from_matvec
from volio.space.eulerangles import euler2mat
from volio.testing.samples import FOLDER
from volio.tests.requirements import optional

h5py = optional("h5py")
Look = Callable[[str, str], object]


def by_scipy(content: bytes) -> Look:
    """Return what finds an attribute ("" for that of the whole) in a MINC1 file."""
    file = netcdf_file(io.BytesIO(content), mmap=False)
    return lambda name, key: getattr(file.variables[name] if name else file, key, None)


def by_h5py(content: bytes) -> Look:
    """The same for a MINC2 file."""
    with h5py.File(io.BytesIO(content)) as file:
        root = file["minc-2.0"]
        found = {"": dict(root.attrs)}
        groups = [root[group].items() for group in ("dimensions", "info", "image/0")]
        found |= {name: dict(node.attrs) for items in groups for name, node in items}
    return lambda name, key: found[name].get(key)


KINDS = pytest.mark.parametrize(
    ("cls", "look"), [(Minc1Image, by_scipy), (Minc2Image, by_h5py)], ids=["minc1", "minc2"]
)

#: What other formats hand over.
METADATA = Metadata(
    step=2.5,
    unit="s",
    start=7.5,
    space="talairach",
    description="a phantom",
    history="made it\nturned it",
    acquisition={
        "repetition time": 2.0,
        "echo time": 0.03,
        "inversion time": 0.9,
        "flip angle": 80.0,
        "field of view": 240.0,
    },
    keys={"site": "Bern", "study:protocol": "T1w", "xspace:units": "miles", "image:no": "no"},
)

#: The attributes of a file that hold it: seconds, degrees, mm.
WRITTEN = {
    ("", "title"): b"a phantom",
    ("", "history"): b"made it\nturned it\n",
    ("", "site"): b"Bern",
    ("study", "protocol"): b"T1w",
    ("acquisition", "repetition_time"): 2.0,
    ("acquisition", "echo_time"): 0.03,
    ("acquisition", "inversion_time"): 0.9,
    ("acquisition", "flip_angle"): 80.0,
    ("time", "step"): 2.5,
    ("time", "start"): 7.5,
    ("time", "units"): b"s",
    ("xspace", "spacetype"): b"talairach_",
    ("xspace", "units"): b"mm",
    ("image", "no"): None,
    ("acquisition", "field_of_view"): None,
}


@KINDS
def test_metadata_are_these_attributes_of_the_file(cls, look):
    img = cls(np.arange(48, dtype=np.int16).reshape(2, 3, 4, 2), np.eye(4))
    img.header.set_metadata(METADATA)
    find = look(img.to_bytes())
    found = {place: find(*place) for place in WRITTEN}
    assert found == WRITTEN


def scan(change) -> bytes:
    """A MINC1 file of scipy with time in ms; `change` gets it before it is written."""
    stream = io.BytesIO()
    with netcdf_file(stream, "w") as file:
        for name, length in {"time": 2, "zspace": 3, "yspace": 4, "xspace": 5}.items():
            file.createDimension(name, length)
            file.createVariable(name, "d", ())
        file.createVariable("image", "h", ("time", "zspace", "yspace", "xspace"))[:] = 7
        change(file)
        file.flush()
        return stream.getvalue()


def test_attributes_of_a_file_are_these_metadata():
    def change(file):
        file.history = "first>>> a program\nsecond>>> another\n"
        file.title = "a   title\nof two lines"
        file.note = "kept"
        file.lab = np.int32([3, 4])
        time = file.variables["time"]
        time.units, time.step, time.start = "msec", 1500.0, 250.0
        for name in ("xspace", "yspace", "zspace"):
            file.variables[name].spacetype = "native____"
        acquisition = file.createVariable("acquisition", "i", ())
        acquisition.echo_time = np.float64(0.004)
        acquisition.flip_angle = 12.0
        acquisition.num_dyn = 99.0
        acquisition.repetition_time = np.nan
        acquisition.scanning_sequence = "GR"
        file.createVariable("table", "d", ("time",))[:] = [1, 2]

    header = Minc1Image.from_bytes(scan(change)).header
    assert header.get_zooms() == (1, 1, 1, 1500)
    assert header.metadata() == Metadata(
        step=1.5,
        unit="s",
        start=0.25,
        space="scanner",
        description="a title of two lines",
        history="first>>> a program\nsecond>>> another",
        acquisition={"echo time": 0.004, "flip angle": 12.0},
        keys={"note": "kept", "acquisition:scanning_sequence": "GR"},
        others=("variable table", "attribute lab", "variable acquisition"),
    )


def test_a_fourth_axis_that_is_no_time_keeps_its_unit():
    def change(file):
        file.variables["time"].units, file.variables["time"].step = "Hz", 3.0

    header = Minc1Image.from_bytes(scan(change)).header
    assert header.time_unit is None
    assert (header.metadata().step, header.metadata().unit) == (3.0, "Hz")


@pytest.mark.parametrize("shape", [(2, 3, 4, 3), (2, 3, 4, 2, 3), (2, 3, 4), (5, 6, 7, 2), (2, 3)])
@pytest.mark.parametrize("name", ["vectors", "series", "slices"])
def test_shapes_are_what_was_set(name, shape):
    header = volio.load(FOLDER / "minc1" / f"{name}.mnc").header
    header.set_data_shape(shape)
    assert header.get_data_shape() == (*shape, 1)[: max(3, len(shape))]
    img = Minc1Image(np.ones(header.get_data_shape(), np.float32), np.eye(4), header)
    assert volio.load(img.to_bytes()).shape == header.get_data_shape()


def test_shapes_that_minc_cannot_hold_are_refused():
    for shape in ((1, 2, 3, 4, 5, 6), (1, 2, -1), (2**31, 1, 1)):
        with pytest.raises(HeaderDataError, match="fit MINC"):
            Minc1Header().set_data_shape(shape)


def test_sizes_keep_the_direction_of_steps():
    """Also of a file that does not have variables of its dimensions."""

    def change(file):
        del file.variables["xspace"]
        file.variables["yspace"].step = -2.0
        file.variables["zspace"].step, file.variables["zspace"].direction_cosines = 1.0, [0, 0, 2.0]

    header = Minc1Image.from_bytes(scan(change)).header
    assert header.get_zooms() == (2, 2, 1, 1)
    header.set_zooms((6, 3, 1.5, 0.5))
    steps = {name: header.dataset.get(name).number("step", 0) for name in header.axes}
    assert steps == {"zspace": 3, "yspace": -3, "xspace": 1.5, "time": 0.5}
    assert header.get_zooms() == (6, 3, 1.5, 0.5)


@pytest.mark.parametrize("signs", [(1, 1, 1), (-1, 1, -1)])
def test_affines_are_these_numbers_of_the_file(signs):
    """A voxel is at the sum of (start + step * index) * cosines of each dimension."""
    turn = euler2mat(0.1, 0.2, 0.3)
    affine = from_matvec(turn @ np.diag(np.multiply(signs, [2, 3, 4])), [10, -20, 30])
    find = by_scipy(Minc1Image(np.zeros((2, 3, 4), np.int16), affine).to_bytes())
    index = np.array([1, 2, 3])
    position = 0
    for axis, name in enumerate(("xspace", "yspace", "zspace")):
        step, start = find(name, "step"), find(name, "start")
        assert step == pytest.approx(signs[axis] * (axis + 2))
        position += (start + step * index[axis]) * np.array(find(name, "direction_cosines"))
    np.testing.assert_allclose(position, (affine @ [*index, 1])[:3], rtol=1e-12)


def test_axes_of_no_size_get_the_dimension_that_is_left():
    affine = np.diag([2.0, 0, 3, 1])
    header = Minc1Header()
    header.set_affine(affine)
    assert header.axes == ("xspace", "yspace", "zspace")
    np.testing.assert_array_equal(header.affine, affine)


def test_headers_are_printed_with_their_attributes():
    text = str(volio.load(FOLDER / "minc1" / "slices.mnc").header)
    assert text.splitlines()[0] == "Minc1Header: zspace 3, yspace 4, xspace 5"
    for line in (
        "history: 'made>>> by hand\\n'",
        "lab_number: [17, 4]",
        "image: int16, over zspace, yspace, xspace",
        "image-max: float64, over zspace",
        "patient: int32, over nothing",
        "    full_name: 'someone'",
        "    age: [41.5]",
    ):
        assert line in text.splitlines()
    header = Minc1Header()
    header.dataset.set(history="x" * 1000)
    assert max(map(len, str(header).splitlines())) < 250


def test_headers_are_alike_if_all_variables_are():
    first = volio.load(FOLDER / "minc1" / "slices.mnc").header
    second = first.copy()
    assert first == second
    second.dataset.variables["patient"].set(age=42.5)
    assert first != second
    assert first.dataset.get("patient").number("age", 0) == 41.5, "the copy has its own"
    third, fourth = first.copy(), first.copy()
    for header in (third, fourth):
        header.dataset.set(unknown=np.nan)
    assert third == fourth
    fourth.dataset.dims["another"] = 3
    assert third != fourth
    assert first != Minc2Image.from_image(volio.load(FOLDER / "minc1" / "slices.mnc")).header


def test_copies_of_headers_do_not_copy_the_file():
    header = volio.load((FOLDER / "minc1" / "slices.mnc").read_bytes()).header
    assert copy.deepcopy(header).voxels[0] is header.voxels[0]


def test_text_of_minc2_goes_to_minc1(tmp_path):
    stream = io.BytesIO((FOLDER / "minc2" / "slices.mnc").read_bytes())
    with h5py.File(stream, "r+") as file:
        info = file["minc-2.0/info"]
        info["site"] = np.bytes_(b"Bern")
        info["long"] = h5py.Empty("f4")
        info.create_dataset("any", data="any length", dtype=h5py.string_dtype())
        info["count"] = np.int64(1 << 40)
    img = volio.load(stream.getvalue())
    with netcdf_file(io.BytesIO(Minc1Image.from_image(img).to_bytes()), mmap=False) as file:
        assert file.variables["site"][:].tobytes() == b"Bern"
        assert b"any length" in file.variables["any"][:].tobytes()
        assert file.variables["count"].getValue() == 1 << 40
    for again in (img, Minc1Image.from_image(img)):
        with h5py.File(io.BytesIO(Minc2Image.from_image(again).to_bytes())) as file:
            assert file["minc-2.0/info/site"][()] == b"Bern"
            assert file["minc-2.0/info/any"][()] == b"any length"
            assert file["minc-2.0/info/count"][()] == 1 << 40


def test_spacing_that_minc_does_not_have_points_at_the_caller(tmp_path):
    def change(file):
        file.variables["yspace"].spacing = "unheard__"

    (tmp_path / "a.mnc").write_bytes(scan(change))
    with pytest.warns(VolioWarning, match=r"a\.mnc.*yspace: its spacing") as caught:
        volio.load(tmp_path / "a.mnc")
    assert caught[0].filename == __file__


def test_scaling_of_floats_is_refused():
    header = MincHeader()
    with pytest.raises(TypeError, match="cannot store slope"):
        header.set_slope_inter(2.0)
    header.set_slope_inter(1.0)
    header.set_data_dtype(np.int16)
    for pair in ((np.nan, 0), (1, np.inf)):
        with pytest.raises(HeaderDataError, match="must be finite"):
            header.set_slope_inter(*pair)
    header.set_slope_inter(2.0, 3.0)
    assert header.get_slope_inter() == (2.0, 3.0)
