from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given

from volio.errors import AffineError
from volio.space.affines import apply_affine, from_matvec
from volio.space.transforms import compose, invert
from volio.tests.space.strategies import affines

POINTS = np.random.default_rng(0).normal(size=(20, 3))


@given(affines(), affines())
def test_compose_applies_the_last_first(a, b):
    expected = apply_affine(a, apply_affine(b, POINTS))
    assert np.allclose(apply_affine(compose(a, b), POINTS), expected)


def test_compose_of_nothing_and_of_no_affine():
    assert np.array_equal(compose(), np.eye(4))
    with pytest.raises(AffineError, match="4x4"):
        compose(np.eye(4), np.eye(3))


@given(affines())
def test_invert_leads_back(affine):
    assert np.allclose(apply_affine(invert(affine), apply_affine(affine, POINTS)), POINTS)
    assert np.array_equal(invert(affine)[3], [0, 0, 0, 1])


def test_invert_takes_scales_apart_and_other_sizes():
    scales = np.array([1e-150, 1e150, 1])
    assert np.allclose(invert(from_matvec(np.diag(scales))), from_matvec(np.diag(1 / scales)))
    assert np.allclose(invert(np.array([[2, 6], [0, 1]])), [[0.5, -3], [0, 1]])


@pytest.mark.parametrize(
    ("lost", "words"),
    [
        (np.diag([1.0, 0, 1, 1]), "do not span space"),
        (from_matvec(np.arange(1, 10).reshape(3, 3)), "do not span space"),
        (np.ones((3, 4)), "square and finite"),
        (np.diag([1, np.inf, 1, 1]), "square and finite"),
    ],
)
def test_invert_refuses(lost, words):
    with pytest.raises(AffineError, match=words):
        invert(lost)
