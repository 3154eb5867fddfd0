"""Volumes of a series: their number, their index, and which there are."""

from __future__ import annotations

import numpy as np
import pytest

from volio.display.base.series import check_volume, volume_count, volume_index
from volio.errors import UsageError


@pytest.mark.parametrize(
    ("shape", "count"), [((4, 5, 6), 1), ((4, 5, 6, 1), 1), ((4, 5, 6, 7), 7), ((4, 5, 6, 2, 3), 6)]
)
def test_axes_after_the_third_are_one_and_the_last_is_fastest(shape, count):
    assert volume_count(shape) == count
    data = np.arange(count).reshape(shape[3:])
    found = [int(data[volume_index(volume, shape)]) for volume in range(count)]
    assert found == list(range(count))
    assert all(type(n) is int for n in volume_index(count - 1, shape))


def test_images_with_fewer_volumes_stay_at_their_last():
    assert volume_index(9, (4, 5, 6, 2, 3)) == (1, 2)
    assert volume_index(9, (4, 5, 6)) == ()


def test_volumes_that_are_not_there_are_refused():
    check_volume(0, (4, 5, 6))
    check_volume(5, (4, 5, 6, 2, 3))
    for volume in (-1, 6):
        with pytest.raises(UsageError, match=f"volume: must be from 0 to 5, got {volume}"):
            check_volume(volume, (4, 5, 6, 2, 3))
