"""Positions in the world, without a layer."""

from __future__ import annotations

import numpy as np
import pytest

from volio.display.layers.parts.placement import Placement
from volio.errors import UsageError
from volio.tests.display.layers.parts.recording import Recorder

#: x to y, y to -x, and 100 further along x; what is before it scales by 2 and 3 and moves by 1.
QUARTER_TURN = [[0, -1, 100], [1, 0, 0], [0, 0, 1]]


def test_data_go_to_physical_and_then_to_world_coordinates():
    placement = Placement(2, scale=(2, 3), translate=(1, 0), affine=QUARTER_TURN)
    # (4, 5) is at (2 * 4 + 1, 3 * 5) = (9, 15) physically, turned to (-15, 9), then moved.
    np.testing.assert_allclose(placement.data_to_world((4, 5)), (85, 9))
    np.testing.assert_allclose(placement.world_to_data((85, 9)), (4, 5))
    np.testing.assert_allclose(placement.data_to_world_matrix, [[0, -3, 100], [2, 0, 1], [0, 0, 1]])
    np.testing.assert_allclose(placement.voxel_sizes, (2, 3))


def test_positions_of_other_lengths_are_about_the_last_axes():
    placement = Placement(3, scale=(2, 3, 5))
    np.testing.assert_array_equal(placement.as_position((7, 1, 2, 3)), (1, 2, 3))
    np.testing.assert_array_equal(placement.as_position(4), (0, 0, 4))
    np.testing.assert_allclose(placement.data_to_world((1, 1)), (0, 3, 5))
    with pytest.raises(UsageError, match="position: must be numbers"):
        placement.as_position("here")


def test_extents_reach_to_the_centres_or_the_edges():
    placement = Placement(2, scale=(2, -3), translate=(10, 0))
    centres = placement.extent((4, 5))
    np.testing.assert_allclose(centres.data, [(0, 0), (3, 4)])
    np.testing.assert_allclose(centres.world, [(10, -12), (16, 0)])
    np.testing.assert_allclose(centres.step, (2, 3))
    np.testing.assert_allclose(placement.extent((4, 5), 0.5).world, [(9, -13.5), (17, 1.5)])


def test_lines_of_sight_in_voxels_have_a_direction_of_length_1():
    placement = Placement(2, scale=(2, 4))
    point, along = placement.line_in_data((8, 8), (1, 1), world=True)
    np.testing.assert_allclose(point, (4, 2))
    np.testing.assert_allclose(along, np.array([2, 1]) / np.sqrt(5))
    point, along = placement.line_in_data((8, 8), (0, 3), world=False)
    np.testing.assert_allclose((point, along), [(8, 8), (0, 1)])


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [
        ("scale", (2, 3), [2, 3]),
        ("translate", 5, [0, 5]),
        ("rotate", 90, [[0, -1], [1, 0]]),
        ("shear", [0.5], [0.5]),
        ("affine", QUARTER_TURN, QUARTER_TURN),
        ("translate_grid", 5, [0, 5]),
    ],
)
def test_every_component_is_reported_with_its_value(name, value, kept):
    placement = Placement(2)
    log = Recorder(placement)
    setattr(placement, name, value)
    np.testing.assert_allclose(np.array(getattr(placement, name)), kept, atol=1e-12)
    assert log.names == [name]
    np.testing.assert_allclose(np.array(log.events[0][1]), kept, atol=1e-12)


def test_labels_and_units():
    placement = Placement(3, units="mm")
    assert placement.axis_labels == ("-3", "-2", "-1")
    assert placement.units == ("mm", "mm", "mm")
    log = Recorder(placement)
    placement.units = ("um", "mm", "s")
    placement.axis_labels = "tyx"
    placement.units = None
    assert log.events == [
        ("units", ("um", "mm", "s")),
        ("axis_labels", ("t", "y", "x")),
        ("units", ("pixel",) * 3),
    ]
    for name, wrong in (("units", ("mm", "mm")), ("axis_labels", "zyxt"), ("axis_labels", 3)):
        with pytest.raises(UsageError, match=f"{name}: must be 3 texts"):
            setattr(placement, name, wrong)


def test_other_numbers_of_axes_add_or_leave_out_leading_ones():
    placement = Placement(2, scale=(2, 3), translate=(5, 7), units=("um", "mm"))
    placement.resize(3)
    np.testing.assert_allclose(placement.data_to_world((4, 1, 1)), (4, 7, 10))
    assert placement.units == ("um", "um", "mm")
    assert (placement.ndim, placement.axis_labels[0], placement.translate_grid.size) == (3, "-3", 3)
    placement.resize(1)
    np.testing.assert_allclose(placement.data_to_world((1,)), (10,))
    assert placement.units == ("mm",)
