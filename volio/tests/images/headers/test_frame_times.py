"""Times of frames: one step for all, or start and duration of each, in seconds."""

from __future__ import annotations

import numpy as np
import pytest

from volio.errors import HeaderDataError
from volio.images.headers.frame_times import FrameTimes, common_step
from volio.images.headers.metadata import Metadata


def test_one_step_is_the_mean_of_those_that_are_alike():
    assert common_step(np.array([10.0, 12.0, 14.1]), 0.2) == pytest.approx(2.05)
    assert common_step(np.array([10.0, 12.0, 14.3]), 0.2) == 0
    assert common_step(np.array([10.0, 12.0, 14.1, 16.0]), 0.11) == 2
    assert common_step(np.array([4.0, 2.0, 0.0]), 0.2) == 0
    assert common_step(np.array([4.0]), 0.2) == common_step(np.zeros(0), 0.2) == 0


def test_regular_frames_follow_without_a_gap():
    times = FrameTimes.regular(3, 2.5, start=10.0)
    assert times.table().tolist() == [[10.0, 2.5], [12.5, 2.5], [15.0, 2.5]]


@pytest.mark.parametrize("durations", [2.0, [2.0, 2.0]])
def test_one_duration_stands_for_all(durations):
    assert FrameTimes.checked([0, 5], durations, 2).table().tolist() == [[0.0, 2.0], [5.0, 2.0]]


@pytest.mark.parametrize(
    ("starts", "durations"),
    [
        ([0, 5], 2.0),
        ([0, 5, np.nan], 2.0),
        ([0, 5, 7], [2.0, np.inf, 2.0]),
        ([0, 5, 7], [2.0, 2.0]),
        ([[0], [5], [7]], 2.0),
    ],
)
def test_other_numbers_of_frames_are_refused(starts, durations):
    with pytest.raises(HeaderDataError, match=r"^times of frames: must be 3 finite numbers, s"):
        FrameTimes.checked(starts, durations, 3)


def test_metadata_states_frames_or_a_step():
    frames = ((0.0, 1.0), (1.5, np.nan))
    stated = FrameTimes.from_metadata(Metadata(step=9.0, unit="s", frames=frames), 2)
    assert stated is not None
    np.testing.assert_array_equal(stated.table(), frames)
    other = FrameTimes.from_metadata(Metadata(step=9.0, start=1.0, frames=frames), 3)
    assert other is not None
    assert other.table().tolist() == [[1.0, 9.0], [10.0, 9.0], [19.0, 9.0]]


@pytest.mark.parametrize(
    "metadata",
    [Metadata(), Metadata(step=0.0, unit="s"), Metadata(step=2.0, unit="Hz")],
)
def test_metadata_without_a_step_of_time_states_no_frames(metadata):
    assert FrameTimes.from_metadata(metadata, 3) is None


def test_uneven_frames_are_those_that_one_step_does_not_say():
    times = FrameTimes(np.array([0.0, 2.0]), np.array([2.0, np.nan]))
    assert times.uneven(2.0, 0.01) == ()
    assert times.uneven(1.9, 0.2) == ()
    np.testing.assert_array_equal(times.uneven(1.9, 0.01), [[0.0, 2.0], [2.0, np.nan]])
    np.testing.assert_array_equal(times.uneven(0.0, 0.01), [[0.0, 2.0], [2.0, np.nan]])
