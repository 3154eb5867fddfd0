"""Layers of images and their files."""

from __future__ import annotations

import warnings
from pathlib import Path

import nibabel
import numpy as np
import pytest

import volio
from volio.display import ImageLayer
from volio.errors import FilenameError, GeometryWarning, ImageDataError, SaveError, UsageError
from volio.files.opener import open_source
from volio.formats.table import FORMATS
from volio.testing.faults import CountingSource

AFFINE = np.array([[0, -2, 0, 90], [1.5, 0, 0, -70], [0, 0, 3, 10], [0, 0, 0, 1.0]])


@pytest.fixture
def bold(tmp_path: Path) -> Path:
    voxels = np.random.default_rng(1).integers(0, 900, (20, 22, 24, 5)).astype(np.int16)
    img = volio.Nifti1Image(voxels, AFFINE)
    img.header.set_zooms((*img.header.get_zooms()[:3], 2.5))
    img.header.set_xyzt_units("mm", "sec")
    volio.save(img, tmp_path / "sub-01_bold.nii")
    return tmp_path / "sub-01_bold.nii"


def test_layers_of_images_have_their_axes_and_their_world(bold: Path):
    img = volio.load(bold)
    layer = ImageLayer.from_image(img)
    assert layer.data is img.dataobj
    assert layer.name == "sub-01_bold"
    assert layer.source.path == str(bold)
    assert layer.metadata["header"] is img.header
    assert layer.units == ("mm", "mm", "mm", "s")
    np.testing.assert_allclose(layer.data_to_world_matrix[:3, [0, 1, 2, 4]], AFFINE[:3], rtol=1e-6)
    np.testing.assert_allclose(layer.data_to_world((3, 4, 5, 2))[3], 5)
    assert layer.dims_displayed == (0, 1)
    np.testing.assert_array_equal(layer.slice_values(), img.dataobj[:, :, 12, 0])
    world = layer.data_to_world((3, 4, 5, 2))
    assert layer.get_value(world, world=True) == img.dataobj[3, 4, 5, 2]


def test_showing_a_file_reads_a_slice_and_a_sample(bold: Path):
    source = CountingSource(open_source(str(bold)))
    header = volio.Nifti1Image.from_file_map({"image": volio.FileHolder(fileobj=source)})
    source.count = 0
    layer = ImageLayer.from_image(header)
    assert source.count == 0
    layer.slice_values()
    assert source.count == 20 * 22 * 2
    layer.thumbnail  # noqa: B018
    assert source.count == 20 * 22 * 2 * (1 + 24 * 5)  # few voxels: limits are those of all


def test_options_are_those_of_the_layer(bold: Path):
    layer = ImageLayer.from_image(volio.load(bold), name="x", affine=np.eye(5), colormap="red")
    assert (layer.name, layer.colormap.name) == ("x", "red")
    assert np.array_equal(layer.data_to_world_matrix, np.eye(5))


def test_images_without_affine_complex_ones_and_pictures():
    voxels = np.arange(60).reshape(3, 4, 5)
    layer = ImageLayer.from_image(volio.Nifti1Image(voxels, None))
    assert layer.units == ("pixel",) * 3
    assert layer.name == "Nifti1Image"
    wave = (voxels * (3 + 4j)).astype(np.complex64)
    layer = ImageLayer.from_image(volio.Nifti1Image(wave, np.eye(4)))
    np.testing.assert_allclose(layer.data, np.abs(wave))
    flat = ImageLayer.from_image(volio.Nifti1Image(voxels[0], AFFINE))
    assert (flat.ndim, flat.dims_displayed) == (2, (0, 1))
    with pytest.raises(ImageDataError, match="two axes"):
        ImageLayer.from_image(volio.Nifti1Image(voxels[0, 0], None))


def test_complex_files_are_shown_by_magnitude_and_stay_lazy(tmp_path: Path):
    wave = (np.arange(60).reshape(3, 4, 5) * (3 - 4j)).astype(np.complex64)
    volio.save(volio.Nifti1Image(wave, np.eye(4)), tmp_path / "wave.nii")
    layer = ImageLayer.from_image(volio.load(tmp_path / "wave.nii"))
    assert volio.is_proxy(layer.data)
    assert layer.dtype == np.float32
    np.testing.assert_allclose(layer.data[1, ::2], np.abs(wave)[1, ::2])
    assert layer.contrast_limits == pytest.approx([0, 59 * 5])


def test_images_of_other_packages(bold: Path, tmp_path: Path):
    img = nibabel.load(bold)
    layer = ImageLayer.from_image(img)
    assert layer.data is img.dataobj
    np.testing.assert_array_equal(layer.slice_values(), np.asarray(img.dataobj)[:, :, 12, 0])
    assert layer.contrast_limits[1] > 800
    layer.save(tmp_path / "again.nii")
    again = volio.load(tmp_path / "again.nii")
    np.testing.assert_array_equal(again.dataobj, img.dataobj)
    np.testing.assert_allclose(again.affine, img.affine)


def test_layers_are_saved_as_the_image_they_came_from(bold: Path, tmp_path: Path):
    img = volio.load(bold)
    layer = ImageLayer.from_image(img)
    assert layer.to_image() is img
    for name in ("copy.nii.gz", "copy.nii"):
        assert layer.save(tmp_path / name) == [str(tmp_path / name)]
        again = volio.load(tmp_path / name)
        np.testing.assert_array_equal(again.dataobj, img.dataobj)
        np.testing.assert_array_equal(again.affine, img.affine)
        assert again.header.get_zooms() == img.header.get_zooms()
        assert again.get_data_dtype() == np.int16
    layer.translate = (1, 0, 0, 0)
    layer.save(tmp_path / "moved.mgz")
    moved = volio.load(tmp_path / "moved.mgz")
    np.testing.assert_allclose(moved.affine[:3, 3], (img.affine @ (1, 0, 0, 1))[:3])
    np.testing.assert_array_equal(moved.dataobj, img.dataobj)


def test_layers_of_arrays_are_saved_with_their_place(tmp_path: Path):
    layer = ImageLayer(
        np.random.default_rng(0).random((4, 5, 6, 2)), scale=(2, 3, 4, 7), translate=(1, 2, 3, 0)
    )
    [written] = layer.save(tmp_path / "array")
    assert written.endswith("array.nii.gz")
    again = volio.load(written)
    kept = [0, 1, 2, 4]
    np.testing.assert_allclose(again.affine, layer.data_to_world_matrix[np.ix_(kept, kept)])
    assert again.header.get_zooms() == (2, 3, 4, 7)
    np.testing.assert_array_equal(again.dataobj, layer.data)
    ImageLayer(np.ones((4, 5)), scale=(2, 3)).save(tmp_path / "flat.nii")
    np.testing.assert_allclose(volio.load(tmp_path / "flat.nii").affine, np.diag([2, 3, 1, 1]))


WRITTEN = sorted(
    {
        layout.files[0]
        for row in FORMATS
        if row.kind == "volume" and row.write
        for layout in row.layouts
    }
)


@pytest.mark.parametrize("ending", WRITTEN)
def test_every_format_that_is_written_keeps_voxels_and_affine(tmp_path: Path, ending: str):
    voxels = np.random.default_rng(2).integers(0, 900, (3, 4, 5)).astype(np.int16)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", GeometryWarning)  # told by formats without orientation
        [written] = ImageLayer(voxels, affine=AFFINE).save(tmp_path / f"layer{ending}")
    again = volio.load(written)
    np.testing.assert_allclose(np.asarray(again.dataobj).reshape(voxels.shape), voxels, atol=1e-6)
    if ending in (".v", ".tif"):  # have no orientation
        assert again.header.get_zooms()[:3] == pytest.approx((1.5, 2, 3))
    else:
        np.testing.assert_allclose(again.affine, AFFINE, atol=1e-4)


def test_colours_and_levels_are_saved(tmp_path: Path):
    picture = np.random.default_rng(0).integers(0, 255, (4, 5, 6, 3)).astype(np.uint8)
    ImageLayer(picture, rgb=True).save(tmp_path / "rgb.nii")
    found = np.asarray(volio.load(tmp_path / "rgb.nii").dataobj)
    np.testing.assert_array_equal(np.stack([found[c] for c in "RGB"], axis=-1), picture)
    with pytest.raises(SaveError, match="8 bits"):
        ImageLayer(picture / 255, rgb=True).save(tmp_path / "rgb.nii")
    levels = [np.ones((8, 8, 8)), np.ones((4, 4, 4))]
    ImageLayer(levels).save(tmp_path / "levels.nii")
    assert volio.load(tmp_path / "levels.nii").shape == (8, 8, 8)


def test_pictures_of_slices(tmp_path: Path):
    from matplotlib.image import imread

    layer = ImageLayer(np.arange(60.0).reshape(3, 4, 5), colormap="red")
    layer.save(tmp_path / "slice.png")
    picture = imread(tmp_path / "slice.png")
    np.testing.assert_allclose(picture, layer.slice_colours(), atol=0.5 / 255)
    layer.dims_displayed = (0, 1, 2)
    with pytest.raises(UsageError, match=r"slice\.png"):
        layer.save(tmp_path / "slice.png")
    layer.dims_displayed, layer.dims_point = (1, 2), (9, 0, 0)
    with pytest.raises(UsageError, match="outside"):
        layer.save(tmp_path / "slice.png")


def test_what_cannot_be_saved_says_why(tmp_path: Path):
    layer = ImageLayer(np.ones((3, 4, 5)))
    with pytest.raises(FilenameError, match=r"\.doc"):
        layer.save(tmp_path / "layer.doc")
    with pytest.raises(UsageError, match="plugin"):
        layer.save(tmp_path / "layer.nii", plugin="other")
    mixed = ImageLayer(np.ones((3, 4, 5, 6)), rotate=30)
    with pytest.raises(SaveError, match="mixes"):
        mixed.save(tmp_path / "mixed.nii")
    assert list(tmp_path.iterdir()) == []


def test_a_real_head(shared_data: Path):
    path = shared_data / "volumes" / "chris_t1.nii.gz"
    layer = ImageLayer.from_image(volio.load(path))
    low, high = layer.contrast_limits
    assert low < 20 < 100 < high
    assert layer.thumbnail[..., :3].std() > 10
    assert layer.extent.step == pytest.approx([0.88] * 3)
