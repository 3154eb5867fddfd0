"""Axes of files in any order and direction."""

from __future__ import annotations

from itertools import permutations, product

import numpy as np
import pytest

from volio.arrays.axis_map import AxisMap
from volio.arrays.proxy import ArrayProxy
from volio.arrays.views import lazy_flip, lazy_slice, lazy_transpose

STORED = np.arange(2 * 3 * 4, dtype=np.uint8).reshape(2, 3, 4, order="F")


def proxy() -> ArrayProxy:
    """The array as it lies in a file."""
    return ArrayProxy(STORED.tobytes(order="F"), (STORED.shape, np.uint8))


@pytest.mark.parametrize("axes", list(permutations(range(3))))
def test_every_order_and_direction_comes_back(axes):
    for flips in product((0, 1), repeat=3):
        axis_map = AxisMap(axes, frozenset(np.flatnonzero(flips).tolist()))
        expected = np.flip(STORED.transpose(axes), np.flatnonzero(flips))
        image = axis_map.view(proxy())
        assert image.shape == axis_map.image_shape(STORED.shape) == expected.shape
        np.testing.assert_array_equal(np.asarray(image), expected)
        np.testing.assert_array_equal(image[::-2, 1:], expected[::-2, 1:])
        np.testing.assert_array_equal(axis_map.stored(expected), STORED)
        assert isinstance(axis_map.stored(image), ArrayProxy)


def test_axes_that_the_file_has_not_are_of_length_one():
    axis_map = AxisMap((1, 2, None, 0))
    image = axis_map.view(proxy())
    assert image.shape == axis_map.image_shape((2, 3, 4)) == (3, 4, 1, 2)
    np.testing.assert_array_equal(np.asarray(image)[:, :, 0], STORED.transpose(1, 2, 0))
    np.testing.assert_array_equal(axis_map.stored(np.asarray(image)), STORED)
    assert isinstance(axis_map.stored(image), ArrayProxy)


def test_views_of_views_are_one_view():
    whole = proxy()
    turned = lazy_flip(lazy_transpose(whole, (2, 0, 1)), 0)
    assert turned.base is whole
    assert lazy_transpose(lazy_flip(turned, 0), (1, 2, 0)) is whole
    part = lazy_slice(turned, np.s_[1:, None, :, ::-1])
    assert part.base is whole
    np.testing.assert_array_equal(
        np.asarray(part), STORED.transpose(2, 0, 1)[::-1][1:, None, :, ::-1]
    )
    assert lazy_slice(part, np.s_[:, :0]).shape == (3, 0, 2, 3)
    assert np.asarray(lazy_slice(part, np.s_[:, :0])).size == 0
