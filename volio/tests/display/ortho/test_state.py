"""Where a viewer looks and what it shows, without anything that draws."""

from __future__ import annotations

import gc
import subprocess
import sys
import weakref
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import volio
from volio.display import Contours, OrthoState, Overlay
from volio.errors import AffineError, UsageError
from volio.files.opener import open_source
from volio.testing.faults import CountingSource

SHAPE = (6, 7, 8)
TURNED = np.array([[0, 0, -3.0, 20], [-2, 0, 0, 30], [0, 1.5, 0, -10], [0, 0, 0, 1]])


def noise(shape=SHAPE) -> np.ndarray:
    return np.random.default_rng(0).uniform(0, 100, shape)


def state(voxels=None, affine=None, **options) -> OrthoState:
    return OrthoState(
        Overlay(noise() if voxels is None else voxels, "gray", None, affine=affine), **options
    )


def test_no_matplotlib_is_needed_to_look_at_gray_values():
    code = (
        "import sys, numpy; from volio.display import OrthoState, Overlay;"
        "s = OrthoState(Overlay(numpy.eye(4).reshape(4, 4, 1) + numpy.zeros(5), 'gray'));"
        "s.set_position(1, 2, 3); assert s.picture(0).shape == (5, 4, 4);"
        "print('matplotlib' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_it_starts_at_the_origin_if_that_is_inside():
    assert state().position.tolist() == [0, 0, 0]
    inside = np.diag([2, 2, 2, 1.0])
    inside[:3, 3] = [-4, -5.2, -8]
    assert state(affine=inside).voxel.tolist() == [2, 3, 4]
    far = np.eye(4)
    far[:3, 3] = 100
    assert state(affine=far).position.tolist() == [103, 103, 104]
    assert state(start="centre").voxel.tolist() == [3, 3, 4]
    assert state(start=(1, 2, 3.2)).voxel.tolist() == [1, 2, 3]
    with pytest.raises(UsageError, match="'origin', 'centre'"):
        state(start="end")
    with pytest.raises(AffineError, match="cannot be inverted"):
        state(affine=np.diag([1, 1, 0, 1.0]))


def test_positions_are_kept_and_the_nearest_voxel_is_shown():
    one = state(affine=TURNED)
    seen = []
    one.events.position.connect(lambda event: seen.append(event.value.tolist()))
    one.set_position(5, None, 900)
    assert seen == [[5, 24, 900]]
    assert one.voxel.tolist() == [3, 6, 5]
    one.set_position(5, 24, 900)
    assert len(seen) == 1
    with pytest.raises(UsageError, match="finite"):
        one.set_position(np.nan)


def test_sections_hold_the_voxels_of_their_dtype():
    voxels = noise()
    one = state(voxels, TURNED, start="centre")
    i, j, k = one.voxel
    # x runs against k, y against i, z along j.
    np.testing.assert_array_equal(one.values(0, 0).values, voxels[::-1, :, k].T)
    np.testing.assert_array_equal(one.values(0, 1).values, voxels[i, :, ::-1])
    np.testing.assert_array_equal(one.values(0, 2).values, voxels[::-1, j, ::-1])
    assert one.values(0, 0).values.dtype == np.float64
    one.radiological = True
    np.testing.assert_array_equal(one.values(0, 1).values, voxels[i])
    np.testing.assert_array_equal(one.values(0, 0).values, voxels[::-1, :, k].T)
    assert [one.sections[n].letters for n in range(3)] == [
        ("S", "A", "I", "P"),
        ("S", "L", "I", "R"),
        ("A", "L", "P", "R"),
    ]


def test_letters_name_the_axes_of_voxels_if_their_place_is_not_known():
    unknown = state(known=False)
    assert unknown.sections[2].letters == ("+j", "+i", "-j", "-i")
    assert state().sections[2].letters == ("A", "R", "P", "L")


def test_images_of_microscopes_have_no_left_and_right():
    voxels = np.zeros((4, 3, 2), np.uint8)
    img = volio.OmeZarrImage(voxels, np.diag([0.1, 0.1, 0.3, 1]))
    assert OrthoState(Overlay(img, threshold=None)).sections[2].letters == ("A", "R", "P", "L")
    facts = replace(img.header.facts, anatomical=False)
    slide = volio.OmeZarrImage(voxels, img.affine, type(img.header)(facts))
    shown = OrthoState(Overlay(slide, threshold=None))
    assert shown.sections[2].letters == ("+y", "+x", "-y", "-x")
    shown.radiological = True
    assert shown.sections[2].letters == ("+y", "-x", "-y", "+x")


@pytest.mark.parametrize("radiological", [False, True])
def test_points_of_sections_are_voxels(radiological):
    one = state(affine=TURNED, radiological=radiological)
    rng = np.random.default_rng(3)
    for panel in (0, 1, 2):
        section = one.sections[panel]
        row, column = (int(rng.integers(n)) for n in section.shape)
        one.move_to(panel, row + 0.3, column - 0.3)
        assert section.at(one.voxel.tolist()) == (row, column)
        assert one.values(0, panel).values[row, column] == one.values_here()[0][1]
    one.move_to(2, 400, -400)
    assert section.at(one.voxel.tolist()) == (section.shape[0] - 1, 0)


def test_steps_go_to_the_right_the_front_and_the_top():
    one = state(affine=TURNED, start="centre")
    for panel in (0, 1, 2):
        before = one.position.copy()
        one.step(panel, 1)
        moved = one.position - before
        assert moved[panel] > 0
        assert np.count_nonzero(np.round(moved, 9)) == 1
        one.step(panel, -1)
    one.step(0, 400)
    assert one.position[0] == pytest.approx(20)


def test_volumes_are_those_of_all_later_axes():
    voxels = noise((*SHAPE, 2, 3))
    one = state(voxels)
    assert one.n_volumes == 6
    one.set_volume(4)
    np.testing.assert_array_equal(one.values(0, 2).values, voxels[:, :, 0, 1, 1].T)
    np.testing.assert_array_equal(one.time_course(), voxels[0, 0, 0].ravel())
    one.set_volume(70)
    assert one.volume == 5
    one.set_volume(-3)
    assert one.volume == 0
    with pytest.raises(UsageError, match="volume"):
        one.set_volume(np.nan)


def test_overlays_follow_the_volume_if_they_can():
    one = state(noise((*SHAPE, 3)))
    series, single = noise((*SHAPE, 3)) + 1, noise() + 2
    one.add(Overlay(series, name="series"))
    one.add(Overlay(single, name="single"))
    one.set_volume(2)
    assert [name for name, _ in one.values_here()] == ["Image", "series", "single"]
    assert [float(value) for _, value in one.values_here()[1:]] == [
        series[0, 0, 0, 2],
        single[0, 0, 0],
    ]
    assert one.text().startswith("(0.0, 0.0, 0.0) mm    voxel [0, 0, 0, 2]\nImage = ")


def test_finer_overlays_make_finer_pictures():
    one = state(np.zeros(SHAPE), np.diag([4, 4, 4, 1.0]), start=(8, 8, 8))
    fine = np.zeros((24, 28, 32))
    fine[9, 10] = 1
    place = np.eye(4)
    place[:3, 3] = -1.5
    one.add(Overlay(fine, "gray", vmin=0, vmax=1, affine=place))
    picture = one.picture(2)
    assert picture.shape == (28, 24, 4)
    assert np.argwhere(picture[..., 0] == 255).tolist() == [[10, 9]]
    one.remove(one.layers[1])
    assert one.picture(2).shape == (7, 6, 4)
    with pytest.raises(UsageError, match="only overlays"):
        one.remove(one.layers[0])


def test_every_change_of_looks_is_told():
    one = state()
    over, lines = Overlay(noise()), Contours(noise(), 50)
    seen = []
    one.events.looks.connect(lambda: seen.append(1))
    one.add(over)
    one.add(lines)
    over.layer.opacity = 0.5
    over.layer.colormap = "red"
    one.set_limits((0, 5))
    lines.layer.visible = False
    assert len(seen) == 6
    one.remove(lines)
    lines.layer.visible = True
    assert len(seen) == 7


def test_hidden_layers_do_not_count():
    one = state(np.ones(SHAPE))
    one.layers[0].layer.visible = False
    assert one.picture(0)[..., :3].max() == 0


def test_linked_states_look_at_the_same_place():
    first, second, third = state(), state(affine=np.diag([2, 2, 2, 1.0])), state(noise((*SHAPE, 4)))
    first.set_position(3, 2, 1)
    first.link(second)
    second.link(third, limits=True)
    assert second.position.tolist() == third.position.tolist() == [3, 2, 1]
    third.set_position(4, 4, 4)
    assert first.position.tolist() == [4, 4, 4]
    assert second.voxel.tolist() == [2, 2, 2]
    third.set_volume(2)
    assert (first.volume, second.volume) == (0, 0)
    second.set_limits((1, 2))
    assert third.layers[0].layer.contrast_limits == [1, 2]
    assert first.layers[0].layer.contrast_limits != [1, 2]
    second.unlink()
    third.set_position(0, 0, 0)
    assert first.position.tolist() == [4, 4, 4]


def test_links_keep_nothing_alive():
    first, second = state(), state()
    first.link(second)
    gone = weakref.ref(second)
    del second
    gc.collect()
    assert gone() is None
    first.set_position(1, 1, 1)
    assert first.voxel.tolist() == [1, 1, 1]


@pytest.fixture
def counted(tmp_path: Path):
    """An uncompressed series, and the source that counts what is read of it."""
    voxels = np.random.default_rng(1).integers(0, 900, (20, 22, 24, 5)).astype(np.int16)
    volio.save(volio.Nifti1Image(voxels, np.eye(4)), tmp_path / "bold.nii")
    source = CountingSource(open_source(str(tmp_path / "bold.nii")))
    img = volio.Nifti1Image.from_file_map({"image": volio.FileHolder(fileobj=source)})
    source.count = 0
    return img, source


def test_a_step_reads_one_slice(counted):
    img, source = counted
    one = OrthoState(Overlay(img, "gray", None, vmin=0, vmax=900), start=(10, 11, 12))
    pictures = [one.picture(panel) for panel in range(3)]
    assert len(pictures) == 3
    # As near as the file lets them be read, from the first of their voxels to the last.
    row = 20 * 2
    plane = 22 * row
    axial = plane
    coronal = 23 * plane + row
    sagittal = 24 * plane - row + 2
    assert source.count == axial + coronal + sagittal
    source.count = 0
    one.step(2, 1)
    for panel in range(3):
        one.picture(panel)
    assert source.count == 20 * 22 * 2
    source.count = 0
    one.values_here()
    one.text()
    assert source.count == 0
