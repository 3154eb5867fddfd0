"""Three planes of images at several resolutions: the level and the part that a window shows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure

import volio
from volio.display import Contours, OrthoSlicer3D, OrthoState, Overlay
from volio.display.ortho.section_grid import SeenPart
from volio.files.sources.store import FolderStore
from volio.space.affines import apply_affine
from volio.tests.display.pyramids import counted, pyramid, ramp_at
from volio.tests.requirements import optional

SIDES = [(256, 192, 128), (128, 96, 64), (64, 48, 32)]
MEANS = [(1, 0), (2, 0.5), (4, 1.5)]
PICKED = [(1, 0), (2, 0), (4, 1)]
TURNED = np.array([[0, -0.5, 0, 3], [0, 0, 0.5, -7], [0.5, 0, 0, 11], [0, 0, 0, 1]])
LIMITS = {"vmin": 0, "vmax": 20_000}


def viewer(img, inches: float = 4.0, **options) -> OrthoSlicer3D:
    figure = Figure((inches, inches), dpi=50)
    return OrthoSlicer3D(img, figure=figure, start="centre", **{**LIMITS, **options})


def positions(shown: OrthoSlicer3D, panel: int, rows, columns) -> np.ndarray:
    """The positions in mm of rows and columns of the finest level."""
    section = shown.state.sections[panel]
    voxels = [
        section.voxel(row, column, shown.state.voxel)
        for row, column in zip(rows, columns, strict=True)
    ]
    return apply_affine(section.affine, np.array(voxels))


def values_as_drawn(shown: OrthoSlicer3D, panel: int) -> tuple[np.ndarray, np.ndarray]:
    """The values of pixels, and those of the ramp where the picture has them, along the plane."""
    image = shown._ims[panel].image
    values = shown._ims[panel].get_array()
    left, right, bottom, top = image.get_extent()
    heights, widths = (top - bottom) / values.shape[0], (right - left) / values.shape[1]
    rows, columns = np.indices(values.shape)
    rows = (bottom + (rows + 0.5) * heights).ravel()
    columns = (left + (columns + 0.5) * widths).ravel()
    return values, ramp_at(positions(shown, panel, rows, columns)).reshape(values.shape)


@pytest.mark.parametrize(
    ("steps", "affine", "inches", "level"),
    [
        (MEANS, np.eye(4), 2, 2),
        (MEANS, TURNED, 2, 2),
        (PICKED, TURNED, 2, 2),
        (MEANS, TURNED, 4, 1),
        (PICKED, np.eye(4), 4, 1),
        (PICKED, TURNED, 12, 0),
    ],
)
def test_each_pixel_is_where_its_value_says_at_every_level(steps, affine, inches, level):
    img = pyramid(SIDES, steps, affine)
    shown = viewer(img, inches)
    for panel in range(3):
        assert shown.state.grid(panel).level == level
        values, expected = values_as_drawn(shown, panel)
        # The same for all of them: the slice is up to half a voxel of the level away.
        off = np.asarray(values, float) - expected
        assert np.ptp(off) < 0.05
        assert np.abs(off).max() <= 100 * steps[level][0] / 2 + 0.05
    shown.radiological = True
    values, expected = values_as_drawn(shown, 2)
    assert np.ptp(np.asarray(values, float) - expected) < 0.05


def test_zooming_in_reads_the_finer_level_and_no_more_than_is_seen():
    arrays = counted(img := pyramid(SIDES, MEANS))
    shown = viewer(img, 2)
    panel = shown._ims[2]
    assert arrays[0].count == 0
    assert panel.axes.get_xlim() == (-0.5, 255.5)
    panel.axes.set(xlim=(99.5, 119.5), ylim=(59.5, 74.5))
    assert shown.state.grid(2).level == 0
    assert 20 * 15 <= arrays[0].count <= 27 * 22
    values, expected = values_as_drawn(shown, 2)
    np.testing.assert_allclose(values, expected, rtol=1e-6)
    left, right, bottom, top = panel.image.get_extent()
    assert left <= 99.5 < 119.5 <= right
    assert bottom <= 59.5 < 74.5 <= top
    assert panel.axes.get_xlim() == (99.5, 119.5)
    before = arrays[0].count
    panel.axes.set(xlim=(-0.5, 255.5), ylim=(-0.5, 191.5))
    assert shown.state.grid(2).level == 2
    assert arrays[0].count == before


def test_a_larger_window_shows_a_finer_level():
    arrays = counted(img := pyramid(SIDES, MEANS))
    shown = viewer(img, 2)
    assert (arrays[0].count, shown.state.grid(0).level) == (0, 2)
    shown.figs[0].set_size_inches(4, 4)
    shown._controls.on_resize(None)
    assert [shown.state.grid(panel).level for panel in range(3)] == [1, 1, 1]
    assert arrays[0].count == 0


def test_values_are_said_to_be_of_the_level_that_is_shown():
    img = pyramid(SIDES, MEANS)
    shown = viewer(img, 2)
    shown.set_position(101, 61, 31)
    # Voxel (25, 15, 7) of the second level is at (101.5, 61.5, 29.5).
    value = np.float32(ramp_at((101.5, 61.5, 29.5)))
    assert shown.state.values_here() == [("Pyramid", value)]
    assert shown.state.text().endswith(f"Pyramid = {value:.6g} (level 2)")
    assert shown._ims[2].axes.format_coord(101.2, 60.7).endswith(f"{value:.6g} (level 2)")
    for panel in shown._ims:
        panel.axes.set(xlim=(60, 64), ylim=(30, 34))
    here = np.float32(ramp_at((101, 61, 31)))
    assert shown.state.values_here() == [("Pyramid", here)]  # it is outside of the windows
    assert "level" not in shown.state.text()
    assert shown._ims[2].axes.format_coord(101.2, 60.7).endswith("mm")


def test_the_last_voxels_that_a_level_lacks_have_no_value():
    img = pyramid([(131, 131, 131), (65, 65, 65)], [(1, 0), (2, 0.5)])
    shown = viewer(img, 2)
    shown.set_position(130, 130, 130)
    assert np.isnan(shown.state.values_here()[0][1])
    assert shown._ims[2].get_array().max() == np.float32(ramp_at((128.5, 128.5, 128.5)))


def test_a_multiscale_overlay_over_a_single_image_is_read_at_the_level_that_fits():
    base = volio.Nifti1Image(np.zeros((32, 24, 16), np.int16), np.diag([8.0, 8, 8, 1]))
    shown = viewer(base, 2, vmax=1)
    over = pyramid(SIDES, MEANS, np.diag([1.0, 1, 1, 1]))
    arrays = counted(over)
    shown.add_overlay(Overlay(over, "hot", None, 0.5, 0, 40_000))
    assert arrays[0].count == 0
    assert shown.state.level_shown(1, 2) == 2
    panel = shown._ims[2]
    panel.axes.set(xlim=(9.5, 12.5), ylim=(8.5, 10.5))
    assert shown.state.level_shown(1, 2) == 0
    assert shown.state.level_shown(0, 2) == 0
    grid = shown.state.grid(2)
    # Eight pixels along each side of the voxels seen, and of two beyond each edge.
    assert grid.shape == (8 * 6, 8 * 7)
    values = shown.state.values(1, 2).values
    plane = grid.plane()
    corner = plane.origin + 5 * plane.u + 7 * plane.v
    assert values[5, 7] == np.float32(ramp_at(np.rint(corner)))


def test_a_single_overlay_over_a_multiscale_image_and_contours_are_where_they_are():
    img = pyramid(SIDES, MEANS)
    over = volio.Nifti1Image(np.asarray(img.levels[2].dataobj), img.levels[2].affine)
    shown = viewer(img, 2)
    shown.add_overlay(Overlay(over, "hot", None, 0.5, 0, 40_000))
    values = [shown.state.values(number, 2).values for number in (0, 1)]
    np.testing.assert_array_equal(*values)
    ball = np.linalg.norm(np.indices(SIDES[0]).T - [127.5, 95.5, 63.5], axis=-1).T < 40
    lines = shown.add_contours(Contours(ball.astype(np.uint8), affine=np.eye(4)))
    (found,) = shown.state.outlines(2)
    assert found[0] is lines
    for limits in (((-0.5, 255.5), (-0.5, 191.5)), ((150, 180), (80, 110))):
        shown._ims[2].axes.set(xlim=limits[0], ylim=limits[1])
        (found,) = shown.state.outlines(2)
        rows, columns = np.concatenate(found[1].lines).T
        seen = (columns > limits[0][0]) & (columns < limits[0][1])
        seen &= (rows > limits[1][0]) & (rows < limits[1][1])
        radius = np.hypot(rows - 95.5, columns - 127.5)[seen]
        assert len(radius) > 5
        assert np.abs(radius - 40).max() < 4


def test_a_level_may_be_locked():
    arrays = counted(img := pyramid(SIDES, MEANS))
    layer = volio.ImageLayer.from_image(img, locked_data_level=1, contrast_limits=(0, 20_000))
    shown = OrthoSlicer3D(layer, figure=Figure((2, 2), dpi=50), start="centre")
    shown._ims[0].axes.set(xlim=(10, 20), ylim=(10, 20))
    assert [shown.state.grid(panel).level for panel in range(3)] == [1, 1, 1]
    assert (arrays[0].count, arrays[2].count) == (0, 0)


def test_a_state_without_a_window_has_pictures_of_usual_size():
    sides = [(1024, 32, 32), (512, 16, 16), (256, 8, 8)]
    arrays = counted(img := pyramid(sides, MEANS))
    state = OrthoState(Overlay(img, "gray", None, **LIMITS), start="centre")
    assert state.picture(1).shape == (16, 512, 4)
    assert arrays[0].count == 0
    state.show_part(1, SeenPart((10, 20), (100, 120), 0.5))
    assert state.picture(1).shape == (15, 25, 4)


# 100 GB.


def test_a_large_image_opens_with_few_bytes(tmp_path: Path, monkeypatch):
    """A sparse store of 103 GB is opened in a window, and zoomed into."""
    zarr = optional("zarr")
    side, depth = 8192, 768
    group = zarr.open_group(str(tmp_path / "brain.ome.zarr"), mode="w", zarr_format=3)
    datasets = []
    rng = np.random.default_rng(1)
    for level in range(6):
        shape = (depth >> level, side >> level, side >> level)
        made = group.create_array(
            str(level),
            shape=shape,
            chunks=(64, 64, 64),
            dtype="uint16",
            dimension_names=("z", "y", "x"),
        )
        middle = tuple(slice(n // 2 - 5, n // 2 + 5) for n in shape)
        made[middle] = rng.integers(1, 4000, (10, 10, 10), dtype=np.uint16)
        scale = 2.0**level
        transforms = [
            {"type": "scale", "scale": [scale] * 3},
            {"type": "translation", "translation": [(scale - 1) / 2] * 3},
        ]
        datasets.append({"path": str(level), "coordinateTransformations": transforms})
    axes = [{"name": name, "type": "space", "unit": "micrometer"} for name in "zyx"]
    multiscale = {"axes": axes, "datasets": datasets}
    group.attrs["ome"] = {"version": "0.5", "multiscales": [multiscale]}

    read = []
    get = FolderStore.get

    def counting(self, key, start=None, stop=None):
        found = get(self, key, start, stop)
        read.append(len(found or b""))
        return found

    monkeypatch.setattr(FolderStore, "get", counting)
    img = volio.load(tmp_path / "brain.ome.zarr")
    assert img.shape == (side, side, depth)
    assert np.prod(img.shape) * 2 > 100e9
    shown = img.orthoview(figure=Figure((8, 8), dpi=100), start="centre")
    assert 0 < sum(read) <= 20e6
    assert [shown.state.grid(panel).level for panel in range(3)] == [4, 4, 4]
    shown._ims[2].axes.set(xlim=(4000, 4200), ylim=(4000, 4200))
    assert shown.state.grid(2).level == 0
    assert shown._ims[2].get_array().max() > 0
    assert sum(read) <= 20e6
