"""Voxel sizes of 0, NaN and the like in every format: 1 with a warning, or refused."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest
from scipy.io import netcdf_file

import volio
from volio.errors import GeometryWarning, HeaderDataError
from volio.formats.ecat.fields import BLOCK, FRAME

VOXELS = np.arange(24, dtype=np.int16).reshape(2, 3, 4)
AFFINE = np.diag([2.0, 2, 3, 1])
RAW = VOXELS.tobytes("F")

Writer = Callable[[Path, float], Path]


def in_record(cls: type, field: str, ending: str) -> Writer:
    """Return what writes a file whose record has a size in a field."""

    def write(folder: Path, size: float) -> Path:
        header = cls.header_class()
        header.set_data_dtype(np.int16)
        header.set_data_shape(VOXELS.shape)
        header.set_zooms((2, 2, 3))
        sizes = header[field]
        sizes[1 if len(sizes) == 8 else 0] = size
        path = folder / f"a{ending}"
        if ending == ".hdr":
            path.write_bytes(header.binaryblock)
            path.with_suffix(".img").write_bytes(RAW)
            return path
        start = header.get_data_offset()
        voxels = VOXELS.astype(header.get_data_dtype()).tobytes("F")
        block = header.binaryblock[:start]
        if ending == ".mgh":
            block = block[:90]  # without the footer
        path.write_bytes(block.ljust(start, b"\0") + voxels)
        return path

    return write


def write_afni(folder: Path, size: float) -> Path:
    path = folder / "a+orig.HEAD"
    volio.save(volio.AFNIImage(VOXELS, AFFINE), path)
    text = re.sub(r"(name\s*=\s*DELTA\s+count\s*=\s*3\s+)\S+", rf"\g<1>{size}", path.read_text())
    blocks = [block for block in text.split("\n\n") if "IJK_TO_DICOM" not in block]
    path.write_text("\n\n".join(blocks))
    return path


def write_minc1(folder: Path, size: float) -> Path:
    path = folder / "a.mnc"
    volio.save(volio.Minc1Image(VOXELS, AFFINE), path)
    with netcdf_file(path, "a", mmap=False) as opened:
        opened.variables["xspace"].step = np.float64(size)
    return path


def write_minc2(folder: Path, size: float) -> Path:
    path = folder / "a.mnc"
    volio.save(volio.Minc2Image(VOXELS, AFFINE), path)
    with h5py.File(path, "a") as opened:
        opened["minc-2.0/dimensions/xspace"].attrs["step"] = np.float64(size)
    return path


def write_ecat(folder: Path, size: float) -> Path:
    path = folder / "a.v"
    volio.save(volio.EcatImage(VOXELS, AFFINE), path)
    raw = bytearray(path.read_bytes())
    block = struct.unpack_from(">i", raw, BLOCK + 20)[0] - 1  # of the first frame, counted from 1
    struct.pack_into(">f", raw, block * BLOCK + FRAME.fields["x_pixel_size"][1], size / 10)
    path.write_bytes(raw)
    return path


def as_text(name: str, text: str, start: int = 0) -> Writer:
    """Return what writes a header of text with a size in it, and the voxels after it."""

    def write(folder: Path, size: float) -> Path:
        path = folder / name
        path.write_bytes(text.format(size=size).encode().ljust(start, b"\0") + RAW)
        return path

    return write


NRRD = "NRRD0005\ntype: int16\ndimension: 3\nsizes: 2 3 4\nendian: little\nencoding: raw\n"
META = (
    "ObjectType = Image\nNDims = 3\nBinaryDataByteOrderMSB = False\nElementSpacing = {size} 2 3\n"
    "DimSize = 2 3 4\nElementType = MET_SHORT\nElementDataFile = LOCAL\n"
)
MIF = (
    "mrtrix image\ndim: 2,3,4\nvox: {size},2,3\nlayout: +0,+1,+2\ndatatype: Int16LE\nfile: . 200\n"
)
VECTORS = "space: left-posterior-superior\nspace directions: ({size},0,0) (0,2,0) (0,0,3)\n"

WRITERS = {
    "nifti1": in_record(volio.Nifti1Image, "pixdim", ".nii"),
    "nifti2": in_record(volio.Nifti2Image, "pixdim", ".nii"),
    "analyze": in_record(volio.AnalyzeImage, "pixdim", ".hdr"),
    "mgh": in_record(volio.MGHImage, "delta", ".mgh"),
    "afni": write_afni,
    "minc1": write_minc1,
    "minc2": write_minc2,
    "ecat": write_ecat,
    "nrrd spacings": as_text("a.nrrd", f"{NRRD}spacings: {{size}} 2 3\n\n"),
    "nrrd directions": as_text("a.nrrd", f"{NRRD}{VECTORS}\n"),
    "metaimage": as_text("a.mha", META),
    "mif": as_text("a.mif", f"{MIF}END\n", 200),
}


@pytest.mark.parametrize("writer", WRITERS.values(), ids=WRITERS)
def test_a_voxel_size_of_0_counts_as_1(writer: Writer, tmp_path: Path):
    path = writer(tmp_path, 0.0)
    with pytest.warns(GeometryWarning, match=r"a(\+orig)?\..*voxel sizes.*set to \[1\.0, 2"):
        img = volio.load(path)
    np.testing.assert_allclose(np.abs(np.linalg.det(img.affine)), 6, rtol=1e-6)
    np.testing.assert_allclose(img.header.get_zooms()[:3], (1, 2, 3), rtol=1e-6)
    np.testing.assert_array_equal(np.sort(img.get_fdata(), axis=None), np.arange(24))


#: Where a size that is not finite counts as 1; elsewhere the file is refused.
NAN_IS_1 = ("nifti1", "nifti2", "analyze", "nrrd spacings", "mif")
INFINITY_IS_1 = ("nifti1", "nifti2", "analyze", "nrrd spacings")


@pytest.mark.filterwarnings("ignore:.*voxel sizes:volio.errors.GeometryWarning")
@pytest.mark.parametrize("size", [np.nan, np.inf, -2.0])
@pytest.mark.parametrize("name", WRITERS)
def test_no_voxel_size_makes_an_affine_that_leads_nowhere(name: str, size: float, tmp_path: Path):
    path = WRITERS[name](tmp_path, size)
    if not np.isfinite(size) and name not in (NAN_IS_1 if np.isnan(size) else INFINITY_IS_1):
        with pytest.raises(HeaderDataError, match="must be finite"):
            volio.load(path)
        return
    img = volio.load(path)
    wanted = 2 if size == -2 else 1
    np.testing.assert_allclose(img.header.get_zooms()[:3], (wanted, 2, 3), rtol=1e-6)
    np.testing.assert_allclose(abs(np.linalg.det(img.affine)), 6 * wanted, rtol=1e-6)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.mha", META.replace("ElementS", "TransformMatrix = 1 0 0 1 0 0 0 0 1\nElementS")),
        ("a.nrrd", f"{NRRD}{VECTORS.replace('(0,2,0)', '({size},0,0)')}\n"),
        ("a.mif", f"{MIF}transform: 1,0,0,0\ntransform: 0,1,0,0\ntransform: 0,1,0,0\nEND\n"),
    ],
)
def test_axes_in_one_plane_are_refused(name: str, text: str, tmp_path: Path):
    path = as_text(name, text, 200 if name == "a.mif" else 0)(tmp_path, 2)
    with pytest.raises(HeaderDataError, match=r"a\..*affine: its axes span no volume"):
        volio.load(path)


# Saving.

#: Classes whose headers have sizes of voxels in float32.
SINGLE = (
    *("Nifti1Image", "Nifti1Pair", "AnalyzeImage", "Spm99AnalyzeImage", "Spm2AnalyzeImage"),
    *("MGHImage", "EcatImage"),
)
#: Classes that have them in float64 or in text.
EXACT = (
    *("Nifti2Image", "AFNIImage", "NrrdImage", "MetaImage", "MifImage", "Minc1Image"),
    *("Minc2Image", "OmeZarrImage"),
)
ROWS = {
    **{"Nifti1Image": "nifti1", "Nifti1Pair": "nifti1", "AnalyzeImage": "analyze"},
    **{"Spm99AnalyzeImage": "spm99", "Spm2AnalyzeImage": "spm2", "MGHImage": "mgh"},
    "EcatImage": "ecat",
}
ENDINGS = {
    **dict.fromkeys(("Nifti1Image", "Nifti2Image"), ".nii"),
    **dict.fromkeys(
        ("Nifti1Pair", "AnalyzeImage", "Spm99AnalyzeImage", "Spm2AnalyzeImage"), ".img"
    ),
    **dict.fromkeys(("Minc1Image", "Minc2Image"), ".mnc"),
    **{"MGHImage": ".mgz", "EcatImage": ".v", "AFNIImage": "+orig.HEAD", "NrrdImage": ".nrrd"},
    **{"MetaImage": ".mha", "MifImage": ".mif", "OmeZarrImage": ".ome.zarr"},
}


@pytest.mark.filterwarnings("error::RuntimeWarning")
@pytest.mark.parametrize("name", SINGLE)
def test_sizes_that_float32_does_not_hold_are_refused(name: str, tmp_path: Path):
    cls = getattr(volio, name)
    path = tmp_path / f"a{ENDINGS[name]}"
    for size in (1e-300, 1e-50, 1e-45, 1e-39, 1e40, 1e300):
        for sizes in ((size, size, size), (1, 1, size)):
            with pytest.raises(HeaderDataError, match="fit float32, got"):
                cls(VOXELS, np.diag([*sizes, 1])).to_filename(path)
            with pytest.raises(HeaderDataError, match="fit float32, got"):
                volio.save(
                    volio.SpatialImage(VOXELS, np.diag([*sizes, 1])), path, format=ROWS[name]
                )
            header = cls.header_class()
            header.set_data_shape(VOXELS.shape)
            with pytest.raises(HeaderDataError, match="fit float32, got"):
                header.set_zooms(sizes)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.filterwarnings("error::RuntimeWarning")
@pytest.mark.filterwarnings("ignore:.*the files keep:volio.errors.GeometryWarning")
@pytest.mark.parametrize("name", SINGLE + EXACT)
def test_tiny_and_huge_sizes_come_back(name: str, tmp_path: Path):
    limits = (2e-37, 1e37) if name in SINGLE else (1e-50, 1e38)
    for number, size in enumerate(limits):
        path = tmp_path / f"a{number}{ENDINGS[name]}"
        getattr(volio, name)(VOXELS, np.diag([size, size, size, 1])).to_filename(path)
        loaded = volio.load(path)
        np.testing.assert_allclose(loaded.header.get_zooms()[:3], [size] * 3, rtol=1e-6)
        np.testing.assert_allclose(volio.affines.voxel_sizes(loaded.affine), size, rtol=1e-6)


@pytest.mark.filterwarnings("error::RuntimeWarning")
@pytest.mark.parametrize("name", ["Nifti1Image", "Nifti1Pair", "MGHImage", "EcatImage"])
def test_places_that_float32_does_not_hold_are_refused(name: str, tmp_path: Path):
    affine = np.eye(4)
    affine[1, 3] = -1e40
    words = r"(fit float32|positions and steps up to 3.4e\+38 are read), got \[.*-1\.?0*1?e\+"
    with pytest.raises(HeaderDataError, match=words):
        getattr(volio, name)(VOXELS, affine).to_filename(tmp_path / f"a{ENDINGS[name]}")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_fields_of_float32_do_not_become_infinite():
    header = volio.Nifti1Header()
    for field in ("toffset", "cal_max", "slice_duration", "qoffset_x", "intent_p1"):
        with pytest.raises(HeaderDataError, match=rf"{field}: .* fit float32, got 1e\+39"):
            header[field] = 1e39
        assert header[field] == 0
        header[field] = np.inf  # as it is
        assert header[field] == np.inf


def test_sizes_that_hdf5_would_not_be_read_with_are_not_written(tmp_path: Path):
    volio.save(volio.Hdf5Image(VOXELS, np.diag([1e26, 1, 1, 1])), tmp_path / "large.h5")
    assert volio.load(tmp_path / "large.h5").header.get_zooms() == (1e26, 1, 1)
    with pytest.raises(HeaderDataError, match=r"zooms: must be below 1e\+27 mm, got"):
        volio.save(volio.Hdf5Image(VOXELS, np.diag([1e27, 1, 1, 1])), tmp_path / "a.h5")
    assert [path.name for path in tmp_path.iterdir()] == ["large.h5"]
