"""Regions of images of several resolutions keep the coarser ones."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import volio
from volio.testing.samples import samples_of
from volio.tests.arrays.arrays import numbered

SHAPE = (41, 33, 20)
AFFINE = np.array([[0.02, 0, 0, 5], [0, 0.02, 0, -4], [0, 0, 0.02, 1], [0, 0, 0, 1]])


@pytest.fixture
def img(tmp_path: Path) -> volio.OmeZarrImage:
    """An image of three levels: 41 x 33 x 20, 21 x 17 x 10 and 11 x 9 x 5 voxels."""
    array = numbered(SHAPE, np.uint16)
    path = tmp_path / "a.ome.zarr"
    volio.save(volio.OmeZarrImage(array, AFFINE), path, chunks=(10, 10, 10), levels=3)
    return volio.load(path)


def test_levels_of_a_region_are_those_voxels_that_touch_it(img: volio.OmeZarrImage):
    assert [level.shape for level in img.levels] == [(41, 33, 20), (21, 17, 10), (11, 9, 5)]
    part = img.roi([[6, 7, 8], [17, 20, 16]])
    inside = [np.s_[6:17, 7:20, 8:16], np.s_[3:9, 3:10, 4:8], np.s_[1:5, 1:5, 2:4]]
    assert len(part.levels) == 3
    for level, whole, where in zip(part.levels, img.levels, inside, strict=True):
        np.testing.assert_array_equal(level.dataobj, whole.dataobj[where])
        np.testing.assert_allclose(level.affine, whole.slicer[where].affine)


def test_a_region_of_a_level_and_a_region_of_a_region(img: volio.OmeZarrImage):
    part = img.roi([[3, 3, 4], [9, 10, 8]], level=1)
    coarse = img.levels[2].dataobj
    assert len(part.levels) == 2
    np.testing.assert_array_equal(part.levels[1].dataobj, coarse[1:5, 1:5, 2:4])
    again = part.roi([[1, 1, 0], [3, 3, 2]])  # voxels 4 and 5 of each axis, of z too
    np.testing.assert_array_equal(again.dataobj, img.levels[1].dataobj[4:6, 4:6, 4:6])
    np.testing.assert_array_equal(again.levels[1].dataobj, coarse[2:3, 2:3, 2:3])


def test_levels_that_end_before_the_region_are_left_out(img: volio.OmeZarrImage):
    part = img.roi([[40, 0, 0], [41, 33, 20]])
    assert [level.shape for level in part.levels] == [(1, 33, 20), (1, 17, 10), (1, 9, 5)]
    # As other programs halve: the last of an odd number of voxels is left out.
    shorter = [level.slicer[: 41 >> number] for number, level in enumerate(img.levels)]
    part._whole = SimpleNamespace(levels=shorter)
    assert [level.shape for level in part.levels] == [(1, 33, 20)]


def test_the_unit_of_length_stays(tmp_path: Path):
    source = next(each for each in samples_of("precomputed") if "grey" in str(each.path))
    img = volio.load(source.path)
    assert img.header.unit == "nanometer"
    volio.save(img, tmp_path / "a.ome.zarr")
    kept = volio.load(tmp_path / "a.ome.zarr")
    assert kept.header.unit == "nanometer"
    np.testing.assert_allclose(kept.affine, img.affine, rtol=1e-12)
    axes = json.loads((tmp_path / "a.ome.zarr" / "zarr.json").read_text())["attributes"]["ome"]
    units = [axis.get("unit") for axis in axes["multiscales"][0]["axes"] if axis["name"] in "xyz"]
    assert units == ["nanometer"] * 3


def test_what_is_shown_of_an_image_of_nanometers():
    source = next(each for each in samples_of("precomputed") if "grey" in str(each.path))
    lines = str(volio.load(source.path)).splitlines()
    assert lines[1] == " zooms 40 × 40 × 100 (nanometer), orientation unknown"
    assert lines[3] == " levels 2"
    assert "4.2e-04" in lines[4]
    assert "<td style='text-align:left'><pre style='margin:0'>2</pre>" in (
        volio.load(source.path)._repr_html_()
    )
