"""The time of the first volume follows cuts of the time axis, or is not known."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import volio
from volio.images.headers.volume_metadata import start_time_of

VOXELS = np.arange(2 * 3 * 4 * 6, dtype="<i2").reshape(2, 3, 4, 6)

#: Start 10 s, step 2 s.
CLASSES = [
    (volio.Nifti1Image, "a.nii", None),
    (volio.Nifti2Image, "a.nii", None),
    (volio.AFNIImage, "a+orig.HEAD", None),
    (volio.Minc1Image, "a.mnc", "minc1"),
    (volio.EcatImage, "a.v", None),
]
CUTS = [
    (np.s_[..., 2:], 14.0),
    (np.s_[..., :4], 10.0),
    (np.s_[..., 1::2], 12.0),
    (np.s_[..., 5:], 20.0),
    (np.s_[1:, :, 2:], 10.0),
]
BACKWARDS = [np.s_[..., ::-1], np.s_[..., 4:1:-1]]


def series(cls: Any, name: str, format: str | None, folder: Path) -> Any:
    source = volio.Nifti1Image(VOXELS, np.eye(4))
    source.header.set_zooms((1, 1, 1, 2.0))
    source.header.set_xyzt_units("mm", "sec")
    source.header["toffset"] = 10
    volio.save(cls.from_image(source), folder / name, format=format)
    return volio.load(folder / name)


def again(img: Any, given: Any, folder: Path) -> Any:
    target = folder / f"again_{given[1]}"
    volio.save(img, target, format=given[2])
    return volio.load(target)


@pytest.mark.parametrize("given", CLASSES, ids=[row[0].__name__ for row in CLASSES])
def test_the_start_follows_the_volumes(given: Any, tmp_path: Path):
    img = series(*given, tmp_path)
    assert img.header.metadata().start == 10
    for cut, start in CUTS:
        part = img.slicer[cut]
        for found in (part, again(part, given, tmp_path)):
            metadata = found.header.metadata()
            if metadata.frames:  # of ECAT, where frames lie apart
                assert metadata.frames[0][0] == start
            else:
                assert metadata.start == start
    for cut in BACKWARDS:
        metadata = img.slicer[cut].header.metadata()
        assert metadata.start == 0 or metadata.frames
    assert img.header.metadata().start == 10


def test_bytes_of_the_start(tmp_path: Path):
    img = series(*CLASSES[0], tmp_path).slicer[..., 2:]
    assert np.frombuffer(img.to_bytes(), "<f4", 1, 136).tolist() == [14.0]
    afni = series(*CLASSES[2], tmp_path).slicer[..., 2:]
    assert afni.header.attributes["TAXIS_FLOATS"][:2] == [14.0, 2.0]
    minc = series(*CLASSES[3], tmp_path).slicer[..., 2:]
    assert minc.header.dataset.variables["time"].attributes["start"] == 14.0


def test_single_volumes_have_their_own_time(tmp_path: Path):
    img = series(*CLASSES[0], tmp_path)
    assert img.slicer[..., 3].header["toffset"] == 16
    volumes = volio.four_to_three(img)
    assert [float(each.header["toffset"]) for each in volumes] == [10, 12, 14, 16, 18, 20]
    joined = volio.concat_images(volumes[2:])
    assert joined.header["toffset"] == 14
    assert volio.concat_images([img.slicer[..., 4:], img.slicer[..., :2]], axis=3).header[
        "toffset"
    ] == pytest.approx(18)
    assert volio.concat_images(volumes[:1:-1]).header["toffset"] == 0
    # AFNI writes one volume as a series of one.
    afni = again(series(*CLASSES[2], tmp_path).slicer[..., 3], CLASSES[2], tmp_path)
    assert afni.header.metadata().start == 16


def test_what_is_not_known_stays_so(tmp_path: Path):
    img = volio.Nifti1Image(VOXELS, np.eye(4))
    assert img.slicer[..., 2:].header["toffset"] == 0
    img.header["toffset"] = 10
    img.header["pixdim"][4] = 0  # no step
    assert img.slicer[..., :2].header["toffset"] == 10
    assert img.slicer[..., 2:].header["toffset"] == 0
    assert start_time_of([]) == 0
    five = volio.Nifti1Image(VOXELS[..., None] * [1, 2], np.eye(4))
    five.header.set_zooms((1, 1, 1, 2.0, 1))
    five.header["toffset"] = 10
    assert five.slicer[..., 1].header["toffset"] == 10
    assert five.slicer[..., 2:, 1].header["toffset"] == 14


NRRD = b"""NRRD0005
type: int16
dimension: 4
sizes: 2 3 4 6
space: RAS
space directions: (1,0,0) (0,1,0) (0,0,1) none
space origin: (0,0,0)
spacings: nan nan nan 2
axis mins: nan nan nan 10
axis maxs: nan nan nan 22
endian: little
encoding: raw

"""
META = b"""ObjectType = Image
NDims = 4
BinaryData = True
BinaryDataByteOrderMSB = False
TransformMatrix = 1 0 0 0 0 1 0 0 0 0 1 0 0 0 0 1
Offset = 0 0 0 10
ElementSpacing = 1 1 1 2
DimSize = 2 3 4 6
ElementType = MET_SHORT
ElementDataFile = LOCAL
"""


@pytest.mark.parametrize(
    ("cls", "text", "field", "cut", "backwards"),
    [
        (volio.NrrdImage, NRRD, "axis mins", "nan nan nan 14", "nan nan nan nan"),
        (volio.NrrdImage, NRRD, "axis maxs", "nan nan nan nan", "nan nan nan nan"),
        (volio.MetaImage, META, "Offset", "0 0 0 14", "0 0 0 0"),
    ],
    ids=["mins", "maxs", "offset"],
)
def test_positions_along_the_fourth_axis_of_text_headers(
    cls: Any, text: bytes, field: str, cut: str, backwards: str
):
    img = cls.from_bytes(text + VOXELS.tobytes("F"))
    assert img.slicer[..., 2:].header.field(field) == cut
    assert img.slicer[..., ::-1].header.field(field) == backwards
    assert img.slicer[..., :3].header.field(field).split()[:3] == cut.split()[:3]
    volumes = img.slicer[..., 2]
    assert volumes.shape == (2, 3, 4)


#: As teem writes a space with time: step and start along its fourth axis.
NRRD_TIME = b"""NRRD0005
type: int16
dimension: 4
space: RAS-time
sizes: 2 3 4 6
space directions: (1,0,0,0) (0,1,0,0) (0,0,1,0) (0,0,0,2000)
space units: "mm" "mm" "mm" "ms"
space origin: (5,6,7,10000)
endian: little
encoding: raw

"""
NRRD_MS = (
    NRRD.replace(b"nan 2\n", b"nan 2000\n")
    .replace(b"nan 10\n", b"nan 10000\n")
    .replace(b"axis maxs: nan nan nan 22", b'units: "" "" "" "ms"')
)


def of_text(cls: Any, text: bytes) -> Any:
    return cls.from_bytes(text + VOXELS.tobytes("F"))


@pytest.mark.parametrize(
    ("cls", "text"),
    [
        (volio.NrrdImage, NRRD),
        (volio.NrrdImage, NRRD_MS),
        (volio.NrrdImage, NRRD_TIME),
        (volio.MetaImage, META),
    ],
    ids=["spacings", "ms", "space with time", "offset"],
)
def test_starts_of_text_headers_go_to_other_formats_and_back(cls: Any, text: bytes, tmp_path: Path):
    img = of_text(cls, text)
    assert img.header.metadata().start == pytest.approx(10)
    assert img.header.metadata().step == pytest.approx(2)
    for start, part in ((10, img), (14, img.slicer[..., 2:]), (12, img.slicer[1:, ..., 1::2])):
        nifti = volio.Nifti1Image.from_image(part)
        assert float(nifti.header["toffset"]) == start
        for target, name, format in [*CLASSES[2:4], (volio.NrrdImage, "a.nrrd", None)]:
            volio.save(part, tmp_path / name, format=format)
            assert volio.load(tmp_path / name).header.metadata().start == pytest.approx(start)
            assert type(volio.load(tmp_path / name)) is target
        for other in (volio.NrrdImage, volio.MetaImage):
            back = other.from_bytes(other.from_image(nifti).to_bytes())
            assert back.header.metadata().start == start
            assert back.header.get_zooms()[3] == pytest.approx(nifti.header.get_zooms()[3])


def test_a_space_with_time_keeps_its_start_through_cuts_and_turns():
    img = of_text(volio.NrrdImage, NRRD_TIME)
    header = img.header.copy()
    header.start_time = 14000
    assert header.field("space origin") == "(5,6,7,14000)"
    assert header.field("axis mins") is None
    assert img.slicer[..., ::-1].header.metadata().start == 0
    # In the space without time that is written then, the axis has its start and unit.
    moved = img.slicer[1:, ..., 2:]
    assert moved.header.field("axis mins") == "nan nan nan 14000"
    assert moved.header.metadata().start == 14
    backwards = of_text(volio.NrrdImage, NRRD_TIME.replace(b"(0,0,0,2000)", b"(0,0,0,-2000)"))
    assert backwards.header.metadata().start == 0
    assert backwards.header.metadata().step == 2


def test_positions_that_are_not_of_time_are_no_start(tmp_path: Path):
    text = NRRD.replace(b"axis maxs: nan nan nan 22", b'units: "" "" "" "ppm"')
    img = of_text(volio.NrrdImage, text)
    assert img.header.metadata().start == 0
    assert volio.Nifti1Image.from_image(img).header["toffset"] == 0
    assert img.slicer[..., 2:].header.field("axis mins") == "nan nan nan 14"


@pytest.mark.requires("SimpleITK")
def test_itk_finds_the_start_where_meta_image_has_it(tmp_path: Path):
    import SimpleITK

    volio.save(series(*CLASSES[0], tmp_path), tmp_path / "a.mha")
    found = SimpleITK.ReadImage(tmp_path / "a.mha")
    assert found.GetOrigin()[3] == 10
    assert found.GetSpacing()[3] == 2


@pytest.mark.parametrize("version", ["0.4", "0.5", "0.6"])
def test_the_start_of_a_zarr_is_where_its_axis_of_time_begins(tmp_path: Path, version: str):
    img = series(*CLASSES[0], tmp_path)
    volio.save(img, tmp_path / "a.ome.zarr", version=version)
    lazy = volio.load(tmp_path / "a.ome.zarr")
    assert lazy.header.metadata().start == 10
    assert volio.Nifti1Image.from_image(lazy.slicer[..., 3:]).header["toffset"] == 16
    assert volio.load(tmp_path / "a.ome.zarr", level=0).slicer[..., 1].shape == (2, 3, 4)


def test_formats_without_a_place_for_the_start_say_so(tmp_path: Path):
    img = series(*CLASSES[0], tmp_path)
    for name in ("a.mif", "a.mgz"):
        with pytest.warns(volio.errors.LossWarning, match=r"time of the first volume \(10 s\)"):
            volio.save(img, tmp_path / name)


@pytest.mark.requires("h5py")
@pytest.mark.parametrize("start", [10.0, -1e37])
def test_hdf5_reads_the_start_that_it_was_given(start: float, tmp_path: Path):
    img = series(*CLASSES[0], tmp_path)
    img.header.start_time = start
    volio.save(img, tmp_path / "a.h5")
    assert volio.load(tmp_path / "a.h5").header.metadata().start == pytest.approx(start, rel=1e-6)
