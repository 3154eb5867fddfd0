"""CIFTI-2 from surfaces and a volume: against nibabel's axes, and parts that come together."""

from __future__ import annotations

from pathlib import Path

import nibabel
import numpy as np
import pytest

import volio
from volio.errors import HeaderDataError, ImageDataError, SpaceError, UsageError
from volio.formats.cifti2.axes import LabelAxis, ScalarAxis, SeriesAxis
from volio.surfaces.vertex_data import StoredVertexData, VertexArray
from volio.tests.formats.cifti2.greyordinates import COUNTS, peer_axes

SHAPE = (3, 4, 5)
AFFINE = np.array([[0, -2.0, 0, 90], [3, 0, 0, -126], [0, 0, 4, -72], [0, 0, 0, 1]])

MOVED = np.add(AFFINE, [[0, 0, 0, 0.1], [0] * 4, [0] * 4, [0] * 4])


def surface(hemisphere: str = "left", count: int = 5) -> volio.Surface:
    first = {"left": 0, "right": 100}[hemisphere]
    data = {"one": np.arange(count) + first + 0.5, "two": np.arange(count) + first + 50.5}
    return volio.Surface(data=data, structure=f"cortex_{hemisphere}")


def volume(maps: int = 2) -> volio.Nifti1Image:
    return volio.Nifti1Image(np.arange(60.0 * maps).reshape(*SHAPE, maps), AFFINE)


def numbers(*places: tuple[tuple[int, int, int], int]) -> volio.Nifti1Image:
    found = np.zeros(SHAPE, np.uint8)
    for place, number in places:
        found[place] = number
    return volio.Nifti1Image(found, AFFINE)


#: Two voxels of the left thalamus, (2, 0, 1) before (0, 3, 1) as the first axis is fastest; one
#: of the brain stem.
ROI = numbers(((0, 3, 1), 10), ((2, 0, 1), 10), ((1, 1, 4), 16))


def test_all_three_parts(tmp_path: Path):
    right = surface("right", 4)
    img = volio.cifti(surface(), right, volume(), roi_left=[1, 0, 2, -1, 0], roi_volume=ROI)
    volio.save(img, tmp_path / "made.dscalar.nii")
    read = nibabel.load(tmp_path / "made.dscalar.nii")
    left = peer_axes.BrainModelAxis.from_surface([0, 2, 3], 5, "cortex_left")
    right = peer_axes.BrainModelAxis.from_surface([0, 1, 2, 3], 4, "cortex_right")
    voxels = {"affine": AFFINE, "volume_shape": SHAPE}
    stem = peer_axes.BrainModelAxis("brain_stem", [[1, 1, 4]], **voxels)
    thalamus = peer_axes.BrainModelAxis("thalamus_left", [[2, 0, 1], [0, 3, 1]], **voxels)
    assert read.header.get_axis(1) == left + right + stem + thalamus
    assert read.header.get_axis(0) == peer_axes.ScalarAxis(["one", "two"])
    values = volume().get_fdata()
    deep = np.array([values[1, 1, 4], values[2, 0, 1], values[0, 3, 1]]).T
    cortex = [[0.5, 2.5, 3.5, 100.5, 101.5, 102.5, 103.5]]
    expected = np.hstack([[cortex[0], np.add(cortex[0], 50)], deep])
    assert np.array_equal(read.get_fdata(), expected)


def test_parts_that_were_taken_apart_come_together(tmp_path: Path):
    right = surface("right")
    img = volio.cifti(surface(), right, volume(), roi_left=[0, 1, 1, 0, 1], roi_volume=ROI)
    volio.save(img.left, tmp_path / "L.func.gii")
    volio.save(img.right, tmp_path / "R.func.gii")
    volio.save(img.volume, tmp_path / "deep.nii.gz")
    full = volio.cifti(
        tmp_path / "L.func.gii",
        str(tmp_path / "R.func.gii"),
        tmp_path / "deep.nii.gz",
        roi_left=volio.Surface(data={"roi": [0.0, 1.0, 0.5, np.nan, 1.0]}),
        roi_volume=ROI,
    )
    assert full.header == img.header
    assert np.array_equal(full.dataobj, img.dataobj)


def test_structures_are_in_the_order_of_the_human_connectome_project():
    every = np.array([0, *sorted(volio.ops.cifti.STRUCTURES_OF_LABELS)], np.uint8)
    roi = volio.Nifti1Image(np.resize(every, SHAPE), AFFINE)
    img = volio.cifti(volume=volume(1), roi_volume=roi, names="one")
    assert list(img.structures) == [name for name in COUNTS if not name.startswith("cortex")]
    inside = np.asarray(roi.dataobj) > 0
    assert np.array_equal(
        img.volume.get_fdata(), np.where(inside, volume(1).get_fdata()[..., 0], 0)
    )


def test_what_the_rows_are():
    left, four = surface(), volume(2)
    four.header.set_xyzt_units("mm", "sec")
    four.header.set_zooms((*four.header.get_zooms()[:3], 2.5))
    assert volio.cifti(left).axes[0] == ScalarAxis(["one", "two"])
    assert volio.cifti(left, names=["a", "b"]).axes[0] == ScalarAxis(["a", "b"])
    assert volio.cifti(left, step=0.8).axes[0] == SeriesAxis(0, 0.8, 2)
    assert volio.cifti(volume=four, roi_volume=ROI).axes[0] == SeriesAxis(0, 2.5, 2)
    series = volio.Surface(data={"bold": np.arange(10.0).reshape(5, 2)})
    both = volio.cifti(series, volume=four, roi_volume=ROI)
    assert both.axes[0] == SeriesAxis(0, 2.5, 2)
    assert np.array_equal(both.left.compact, np.arange(10.0).reshape(5, 2).T)
    with pytest.raises(UsageError, match="names: what the rows are must be stated"):
        volio.cifti(series)
    with pytest.raises(UsageError, match="names: what the rows are must be stated"):
        volio.cifti(volume=volume(), roi_volume=ROI)


def labelled(*rows: tuple[int, str]) -> volio.Surface:
    table = volio.Labels(volio.Label(key, name, (key, 0, 0, 255)) for key, name in rows)
    keys = np.array([key for key, _ in rows], np.int32)
    return volio.Surface(data=StoredVertexData([VertexArray("parts", keys, table)]))


def test_tables_of_labels_are_joined(tmp_path: Path):
    left, right = labelled((1, "cuneus"), (7, "insula")), labelled((7, "insula"), (51, "pole"))
    volio.save(left, tmp_path / "L.label.gii")
    img = volio.cifti(tmp_path / "L.label.gii", right)
    axis = img.axes[0]
    assert isinstance(axis, LabelAxis)
    assert {key: name for key, (name, _) in axis.label[0].items()} == {
        1: "cuneus",
        7: "insula",
        51: "pole",
    }
    assert axis.label[0][51] == ("pole", (0.2, 0.0, 0.0, 1.0))
    assert np.asarray(img.dataobj).tolist() == [[1, 7, 7, 51]]
    with pytest.raises(HeaderDataError, match="key 7 is 'insula' in one table and 'pole'"):
        volio.cifti(left, labelled((7, "pole")))


def test_masks_of_zeros_and_ones():
    img = volio.cifti(volume=volume(1), roi_volume=numbers(((0, 3, 1), 1)), names="one")
    assert list(img.structures) == ["other"]
    named = volio.cifti(
        volume=volume(1),
        roi_volume=numbers(((0, 3, 1), 1), ((1, 3, 1), 2), ((2, 3, 1), 3)),
        structures={1: "ThalamusLeft", 2: "cerebellum", 3: "thalamus left"},
        names="one",
    )
    assert {name: part.stop - part.start for name, part in named.structures.items()} == {
        "cerebellum": 1,
        "thalamus_left": 2,
    }


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({}, UsageError, "left, right, volume: at least one of them is needed"),
        ({"roi_left": [1]}, UsageError, "roi_left: is of left, which is not given"),
        ({"left": surface("right")}, UsageError, "left: the surface is of cortex_right"),
        ({"left": volio.Surface([[0, 0, 0]])}, ImageDataError, "left: the surface has no values"),
        ({"left": volume()}, UsageError, r"is a volume, and cifti\(left=\) takes surfaces"),
        (
            {"left": surface(), "roi_left": [1, 0]},
            ImageDataError,
            r"roi_left: .*\(5,\), got \(2,\)",
        ),
        ({"left": surface(), "roi_left": surface()}, ImageDataError, "roi_left: .* one value .* 2"),
        (
            {"left": surface(), "roi_left": volume()},
            UsageError,
            r"cifti\(roi_left=\) takes surfaces",
        ),
        ({"volume": volume()}, UsageError, "roi_volume: is needed with volume="),
        ({"volume": volume(), "roi_volume": numbers()}, ImageDataError, "roi_volume: is 0 every"),
        (
            {"volume": volume(), "roi_volume": numbers(((0, 0, 0), 99))},
            UsageError,
            r"no structure for the numbers \[99\] of roi_volume",
        ),
        (
            {"volume": volume(), "roi_volume": volio.Nifti1Image(np.ones((3, 4, 4)), AFFINE)},
            SpaceError,
            r"roi_volume: has shape \(3, 4, 4\), volume has \(3, 4, 5, 2\)",
        ),
        (
            {"volume": volume(), "roi_volume": volume()},
            SpaceError,
            r"roi_volume: has shape \(3, 4, 5, 2\)",
        ),
        (
            {"volume": volume(), "roi_volume": volio.Nifti1Image(np.ones(SHAPE), MOVED)},
            SpaceError,
            "roi_volume: its affine is not that of volume",
        ),
        (
            {"volume": volume(), "roi_volume": volio.Nifti1Image(np.full(SHAPE, 0.5), AFFINE)},
            ImageDataError,
            "roi_volume: must have whole numbers",
        ),
        (
            {"left": surface(), "volume": volume(3), "roi_volume": ROI},
            ImageDataError,
            "as many maps or points: 2 in left, 3 in volume",
        ),
    ],
)
def test_what_does_not_fit(options, error, message):
    with pytest.raises(error, match=message):
        volio.cifti(**options)


@pytest.mark.filterwarnings("ignore::volio.errors.LossWarning")
def test_real_maps_come_together_again(shared_data: Path, tmp_path: Path):
    path = shared_data / "cifti" / "Conte69.MyelinAndCorrThickness.32k_fs_LR.dscalar.nii"
    img = volio.load(path)
    for part, name in ((img.left, "L"), (img.right, "R")):
        volio.save(part, tmp_path / f"{name}.func.gii")
    rois = [~np.isnan(part.dataobj[0]) for part in (img.left, img.right)]
    again = volio.cifti(
        tmp_path / "L.func.gii", tmp_path / "R.func.gii", roi_left=rois[0], roi_right=rois[1]
    )
    assert again.axes[1] == img.axes[1]
    assert again.axes[0].name.tolist() == img.axes[0].name.tolist()
    assert np.array_equal(again.dataobj, img.dataobj)
