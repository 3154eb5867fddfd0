"""Directions and origins in the space of a file, to RAS+ mm and back."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given

from volio.images.headers.text.geometry import LPS, fitted, from_ras, three, to_ras
from volio.testing import strategies

COLUMNS = [[0, -3, 0.5], [2, 0, 0], [0, 1, 4]]
ORIGIN = [5, -6, 7]


def test_left_and_posterior_point_the_other_way_than_ras():
    expected = [[0, 3, -0.5, -5], [-2, 0, 0, 6], [0, 1, 4, 7], [0, 0, 0, 1]]
    affine = to_ras(COLUMNS, ORIGIN, LPS)
    np.testing.assert_array_equal(affine, expected)
    assert not np.signbit(affine[affine == 0]).any()


def test_a_unit_scales_directions_and_origin():
    expected = [[0, -30, 5, 50], [20, 0, 0, -60], [0, 10, 40, 70], [0, 0, 0, 1]]
    np.testing.assert_array_equal(to_ras(COLUMNS, ORIGIN, [10, 10, 10]), expected)


@given(strategies.affines())
def test_there_and_back(affine):
    for scale in (LPS, np.array([10.0, -10, 10])):
        columns, origin = from_ras(affine, scale)
        np.testing.assert_allclose(to_ras(columns, origin, scale), affine, atol=1e-12)
        np.testing.assert_allclose(columns[:, 1], affine[:3, 1] / scale)


@pytest.mark.parametrize(
    ("numbers", "found"),
    [((), (9, 9, 9)), ((1,), (1, 9, 9)), ((1, 2, 3), (1, 2, 3)), ((1, 2, 3, 4), (1, 2, 3))],
)
def test_three_numbers(numbers, found):
    np.testing.assert_array_equal(three(iter(numbers), 9), found)
    assert three(numbers).dtype == np.float64


def test_matrices_of_another_size():
    given_matrix = [[1, 2], [3, 4]]
    np.testing.assert_array_equal(fitted(given_matrix, 1), [[1]])
    np.testing.assert_array_equal(fitted(given_matrix, 2), given_matrix)
    np.testing.assert_array_equal(fitted(given_matrix, 3), [[1, 2, 0], [3, 4, 0], [0, 0, 1]])
