"""Voxels at one resolution or several, without a layer."""

from __future__ import annotations

import numpy as np
import pytest

from volio.display.layers.parts.voxels import VoxelLevels
from volio.errors import ImageDataError, UsageError
from volio.tests.display.layers.parts.recording import Recorder

COLOUR = np.dtype([("R", "u1"), ("G", "u1"), ("B", "u1")])


def levels(*sides: int) -> list[np.ndarray]:
    return [np.full((side, 2 * side), side, np.int16) for side in sides]


def test_levels_from_the_finest_to_the_coarsest():
    given = levels(8, 4, 2)
    voxels = VoxelLevels(given)
    assert voxels.multiscale
    assert voxels.finest is given[0]
    assert voxels.coarsest is given[2]
    assert (voxels.shape, voxels.ndim, voxels.dtype) == ((8, 16), 2, np.int16)
    assert voxels.level_shapes.tolist() == [[8, 16], [4, 8], [2, 4]]
    assert voxels.downsample_factors.tolist() == [[1, 1], [2, 2], [4, 4]]
    assert voxels.read((slice(None), 3), 1).tolist() == [4, 4, 4, 4]
    assert voxels.data_level == 2


def test_levels_are_shown_or_locked():
    voxels = VoxelLevels(levels(8, 4, 2))
    log = Recorder(voxels)
    voxels.data_level = 0
    voxels.data_level = 0
    voxels.locked_data_level = 1
    assert voxels.data_level == 1
    voxels.locked_data_level = None
    assert voxels.data_level == 0
    assert log.events == [
        ("data_level", 0),
        ("locked_data_level", 1),
        ("locked_data_level", None),
    ]
    for wrong in (3, -1, 0.5, "fine"):
        with pytest.raises(UsageError, match="level"):
            voxels.data_level = wrong
    with pytest.raises(UsageError, match="level: there are 0 to 2, got 3"):
        VoxelLevels(levels(8, 4, 2), locked_data_level=3)


def test_new_data_may_have_fewer_levels():
    voxels = VoxelLevels(levels(8, 4, 2), locked_data_level=2)
    log = Recorder(voxels)
    new = levels(6, 3)
    voxels.data = new
    assert (voxels.data_level, voxels.locked_data_level, voxels.shape) == (1, 1, (6, 12))
    voxels.locked_data_level = None
    assert voxels.data_level == 1
    assert log.names == ["data", "locked_data_level"]
    assert log.events[0][1] is voxels.data
    assert voxels.raw is new
    with pytest.raises(UsageError, match="two axes or more"):
        voxels.data = np.zeros(3)
    assert voxels.shape == (6, 12)


def test_colours_are_fields_or_a_last_axis_that_is_said_to_be_one():
    records = np.zeros((2, 3), COLOUR)
    records["G"] = 7
    voxels = VoxelLevels(records)
    assert (voxels.rgb, voxels.ndim, voxels.dtype) == (True, 2, np.uint8)
    assert voxels.read((0, 0), 0).tolist() == [0, 7, 0]
    picture = np.zeros((40, 50, 3), np.uint8)
    assert (VoxelLevels(picture).rgb, VoxelLevels(picture).ndim) == (False, 3)
    voxels = VoxelLevels(picture, rgb=True)
    assert (voxels.rgb, voxels.ndim, voxels.shape) == (True, 2, (40, 50))
    voxels.data = np.zeros((9, 8, 4), np.uint8)
    assert (voxels.rgb, voxels.shape) == (True, (9, 8))
    assert VoxelLevels(picture, rgb="guess").rgb
    assert not VoxelLevels(picture[:30], rgb="guess").rgb


@pytest.mark.parametrize(
    ("data", "options", "error", "message"),
    [
        (np.zeros((2, 2), complex), {}, ImageDataError, "complex"),
        (np.zeros((2, 2), "U1"), {}, ImageDataError, "must be numbers"),
        (np.zeros((2, 0)), {}, ImageDataError, "no voxels"),
        (np.zeros((2, 2), COLOUR), {"rgb": False}, ImageDataError, r"show one: data\['R'\]"),
        (np.zeros((2, 2), [("a", "f4")]), {}, ImageDataError, r"show one: data\['a'\]"),
        (np.zeros((4, 3)), {"rgb": True}, UsageError, "rgb: needs 3 or 4 channels"),
        (np.zeros((4, 3, 2)), {"rgb": True}, UsageError, "rgb: needs 3 or 4 channels"),
        (np.zeros(4), {}, UsageError, "two axes or more"),
    ],
)
def test_data_that_cannot_be_shown(data, options, error, message):
    with pytest.raises(error, match=message):
        VoxelLevels(data, **options)
