"""What volio reads and writes, against what other programs read in the same files."""

from __future__ import annotations

from pathlib import Path

import nibabel
import numpy as np
import pytest

import volio
from volio.formats.format import FileLayout, Format
from volio.formats.lookup import layouts
from volio.space.affines import from_matvec, shape_zoom_affine, voxel_sizes
from volio.space.eulerangles import euler2mat
from volio.testing.comparison import same_values
from volio.tests.real_files import (
    ORIENTATIONS,
    SHARED_FILES,
    WHEEL_FILES,
    RealFile,
    wheel_path,
)
from volio.tests.requirements import REAL_FILES, optional

# A format that the second reader does not know is held by its samples alone.
WRITTEN = [
    (row, layout)
    for row, layout in layouts()
    if row.write
    and row.kind == "volume"
    and getattr(getattr(nibabel, layout.image, None), "rw", False)
]
BYTE_ORDERS = "<>"
VOLUMES = {layout.image for row, layout in layouts() if row.kind == "volume"}

# nibabel leaves files open until its images are collected.
pytestmark = [
    pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore:.*pixdim:volio.errors.GeometryWarning"),
]


def places_of(name: str) -> list:
    """Return the modules of the second reader that have a class of this name."""
    places = (nibabel, nibabel.brikhead, nibabel.parrec)
    return [place for place in places if hasattr(place, name)]


def of_images(*names: str) -> list:
    """Return the real files that hold images of these classes, by default of all volumes."""
    files = [(file, wheel_path(file.name), ()) for file in WHEEL_FILES]
    real = pytest.mark.requires("real files")
    files += [(file, REAL_FILES / file.name, real) for file in SHARED_FILES]
    return [
        pytest.param(file, path, marks=marks, id=file.name)
        for file, path, marks in files
        if file.image in (names or VOLUMES)
    ]


def second_class(image_class: type) -> type:
    """Return the class of the same name of the second reader."""
    name = image_class.__name__
    return getattr(places_of(name)[0], name)


def names(pair: tuple[Format, FileLayout]) -> str:
    """Row and layout for the list of tests."""
    return f"{pair[0].name}-{pair[1].image}"


@pytest.mark.parametrize(("file", "path"), of_images())
def test_files_of_others_mean_the_same_to_both(file: RealFile, path: Path):
    ours = volio.load(path)
    assert type(ours).__name__ == file.image
    theirs = second_class(type(ours)).from_filename(path)
    voxels, sizes = np.asanyarray(theirs.dataobj), np.abs(theirs.header.get_zooms())
    known = len(sizes)
    if path.suffix == ".mnc" and voxels.ndim == 4:
        # volio has time behind space; the other gives a size of space for the step of time.
        voxels, sizes, known = np.moveaxis(voxels, 0, -1), np.roll(sizes, -1), 3
    assert ours.shape == voxels.shape == file.shape
    assert ours.get_data_dtype() == theirs.get_data_dtype() == np.dtype(file.dtype)
    np.testing.assert_allclose(ours.affine, theirs.affine, rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(ours.header.get_zooms()[:known], sizes[:known], rtol=1e-6)
    found = np.asanyarray(ours.dataobj)
    same_values(found, voxels)
    np.testing.assert_allclose(complex(found.sum(dtype=np.complex128)), file.total, rtol=1e-6)


@pytest.mark.parametrize(("file", "path"), of_images("Nifti1Image", "Nifti2Image", "MGHImage"))
def test_headers_of_others_have_the_same_fields(file: RealFile, path: Path):
    """Each field is as it is in the file, or mended as the second reader mends it."""
    ours = volio.load(path).header
    kind = getattr(nibabel, file.image).header_class
    theirs = []
    for check in (False, True):
        with nibabel.openers.ImageOpener(path) as opened:
            theirs.append(kind.from_fileobj(opened, check=check))
    assert list(ours) == list(theirs[0])
    for field in ours:
        stored, mended = (np.asarray(header[field]) for header in theirs)
        left = np.asarray(ours[field]) == stored
        assert np.all(left | (np.asarray(ours[field]) == mended)), field


@pytest.mark.parametrize("name", ["analyze.hdr", "nifti1.hdr", "nifti2.hdr"])
def test_lone_headers_of_the_wheel_have_the_same_fields(name: str):
    path = wheel_path(name)
    row = volio.identify(path)
    with path.open("rb") as opened:
        ours = row.image_class(row.layouts[-1]).header_class.from_fileobj(opened)
    with path.open("rb") as opened:
        theirs = nibabel.load(path).header_class.from_fileobj(opened)
    assert ours.get_data_shape() == theirs.get_data_shape()
    assert ours.get_data_dtype() == theirs.get_data_dtype()
    np.testing.assert_allclose(ours.get_best_affine(), theirs.get_best_affine(), atol=1e-6)
    assert ours.binaryblock == theirs.binaryblock


def test_one_head_in_many_orientations_is_one_image(shared_data: Path):
    paths = [shared_data / name for name in ORIENTATIONS]
    turned = [volio.as_closest_canonical(volio.load(path)) for path in paths]
    for path, image in zip(paths, turned, strict=True):
        assert "".join(volio.aff2axcodes(volio.load(path).affine)) == path.name[:3]
        assert volio.aff2axcodes(image.affine) == ("R", "A", "S")
        np.testing.assert_allclose(image.affine, turned[0].affine, atol=1e-5)
        same_values(np.asanyarray(image.dataobj), np.asanyarray(turned[0].dataobj))


def sample_array(dtype: np.dtype) -> np.ndarray:
    """Voxels of any dtype, at the ends of what it holds too; shape (3, 4, 5)."""
    if dtype.names:
        flat = np.arange(60 * len(dtype.names), dtype=dtype[0])
        return flat.view(dtype).reshape(3, 4, 5)
    array = np.arange(60).reshape(3, 4, 5).astype(dtype)
    info = np.iinfo(dtype) if dtype.kind in "iu" else np.finfo(dtype)
    array.flat[:2] = info.min, info.max
    return array


def each_dtype() -> list:
    """Return every layout that writes, with every dtype and byte order that its class stores."""
    return [
        pytest.param(row, layout, dtype, order, id=f"{row.name}-{layout.image}-{name}{order}")
        for row, layout in WRITTEN
        for order in row.image_class(layout).header_class.byte_orders
        for dtype in row.image_class(layout).header_class.supported_dtypes()
        for name in [dtype_name(dtype)]
    ]


def dtype_name(dtype: np.dtype) -> str:
    """Return a short name: RGB for three fields of bytes."""
    return "".join(dtype.names) if dtype.names else str(dtype)


AFFINE = from_matvec(euler2mat(0.1, 0.2, 0.3) @ np.diag([-2, 3, 4]), [10, -20, 30])


def affine_for(row: Format) -> np.ndarray:
    """Return an oblique affine, or for a format that holds none the one its voxel sizes imply."""
    return AFFINE if row.name != "analyze" else shape_zoom_affine((3, 4, 5), (2, 3, 4))


@pytest.mark.parametrize(("row", "layout", "dtype", "order"), each_dtype())
def test_the_second_reader_reads_what_volio_writes(tmp_path, row, layout, dtype, order):
    array, path = sample_array(dtype), tmp_path / f"a{layout.files[0]}"
    image_class = row.image_class(layout)
    header = image_class.header_class(endianness=order)
    header.set_data_dtype(dtype)
    ours = image_class(array, affine_for(row), header)
    volio.save(ours, path, format=row.name)
    theirs = second_class(type(ours)).from_filename(path)
    assert getattr(theirs.header, "endianness", order) == order
    assert theirs.get_data_dtype().newbyteorder("=") == dtype
    same_values(np.asanyarray(theirs.dataobj), array)
    np.testing.assert_allclose(theirs.affine, ours.affine, atol=1e-5)
    np.testing.assert_allclose(theirs.header.get_zooms(), voxel_sizes(ours.affine), rtol=1e-6)


@pytest.mark.parametrize(("row", "layout", "dtype", "order"), each_dtype())
def test_volio_reads_what_the_second_reader_writes(tmp_path, row, layout, dtype, order):
    image_class, array = second_class(row.image_class(layout)), sample_array(dtype)
    several = len(row.image_class(layout).header_class.byte_orders) > 1
    header = image_class.header_class(**{"endianness": order} if several else {})
    header.set_data_dtype(dtype)
    image_class(array, affine_for(row), header).to_filename(tmp_path / f"a{layout.files[0]}")
    ours = volio.load(tmp_path / f"a{layout.files[0]}", format=row.name)
    assert ours.header.endianness == order
    assert ours.get_data_dtype().newbyteorder("=") == dtype
    same_values(np.asanyarray(ours.dataobj), array)
    np.testing.assert_allclose(ours.affine, affine_for(row), atol=1e-5)


SCALED = [pair for pair in WRITTEN if pair[0].image_class(pair[1]).header_class.can_scale != "none"]


@pytest.mark.parametrize("pair", SCALED, ids=names)
def test_scaled_voxels_mean_the_same_to_both(tmp_path, pair):
    row, layout = pair
    image_class, path = row.image_class(layout), tmp_path / f"a{layout.files[0]}"
    array = np.linspace(-3.7, 12.2, 60).reshape(3, 4, 5)
    with pytest.warns(volio.errors.PrecisionWarning, match="rounded to fit int16"):
        image_class(array, affine_for(row)).to_filename(path, dtype=np.int16)
    ours, theirs = image_class.from_filename(path), second_class(image_class).from_filename(path)
    assert ours.get_data_dtype() == theirs.get_data_dtype() == np.int16
    np.testing.assert_allclose(ours.get_fdata(), theirs.get_fdata(), rtol=1e-7)
    np.testing.assert_allclose(ours.get_fdata(), array, atol=16 / 65000)


@pytest.mark.parametrize("ending", [".nii", ".nii.gz", ".img"])
@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.int32, np.float32, np.float64])
def test_itk_reads_what_volio_writes(tmp_path, ending, dtype):
    sitk = optional("SimpleITK")
    affine = from_matvec(euler2mat(0.1, 0.2, 0.3) @ np.diag([-1.5, 2, 2.5]), [5, -6, 7])
    array, path = np.arange(60).reshape(3, 4, 5).astype(dtype), str(tmp_path / f"a{ending}")
    volio.save(volio.Nifti1Image(array, affine), path, format="nifti1")
    read = sitk.ReadImage(path)
    np.testing.assert_array_equal(sitk.GetArrayFromImage(read).T, array)
    lps = np.diag([-1, -1, 1]) @ affine[:3]
    np.testing.assert_allclose(read.GetSpacing(), voxel_sizes(affine), rtol=1e-6)
    np.testing.assert_allclose(read.GetOrigin(), lps[:, 3], atol=1e-5)
    direction = np.reshape(read.GetDirection(), (3, 3)) * read.GetSpacing()
    np.testing.assert_allclose(direction, lps[:, :3], atol=1e-5)
