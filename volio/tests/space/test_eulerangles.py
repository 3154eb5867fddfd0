from __future__ import annotations

import nibabel.eulerangles as oracle
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from volio.errors import AffineError
from volio.space import eulerangles as euler
from volio.space.quaternions import angle_axis2mat, nearly_equivalent, quat2mat
from volio.tests.space.strategies import angles

triples = st.tuples(angles, angles, angles)


@given(triples)
def test_conversions_equal_nibabel(zyx):
    matrix = euler.euler2mat(*zyx)
    assert np.allclose(matrix, oracle.euler2mat(*zyx))
    assert nearly_equivalent(euler.euler2quat(*zyx), oracle.euler2quat(*zyx))
    assert np.allclose(euler.mat2euler(matrix), oracle.mat2euler(matrix), atol=1e-6)


@given(triples)
def test_every_way_there_and_back_is_the_same_rotation(zyx):
    matrix = euler.euler2mat(*zyx)
    assert np.allclose(quat2mat(euler.euler2quat(*zyx)), matrix)
    assert np.allclose(angle_axis2mat(*euler.euler2angle_axis(*zyx)), matrix)
    for back in (
        euler.mat2euler(matrix),
        euler.quat2euler(euler.euler2quat(*zyx)),
        euler.angle_axis2euler(*euler.euler2angle_axis(*zyx)),
    ):
        assert np.allclose(euler.euler2mat(*back), matrix, atol=1e-6)
        assert abs(back[1]) <= np.pi / 2


@given(triples)
def test_round_trip_at_float32(zyx):
    stored = euler.euler2mat(*zyx).astype(np.float32)
    assert np.allclose(euler.euler2mat(*euler.mat2euler(stored)), stored, atol=1e-3)


@pytest.mark.parametrize("y", [np.pi / 2, -np.pi / 2, np.pi / 2 - 1e-8, np.pi / 2 + 0.3])
@pytest.mark.parametrize("threshold", [None, 0.5])
def test_gimbal_lock_equals_nibabel(y, threshold):
    matrix = oracle.euler2mat(0.3, y, 0.2)
    expected = oracle.mat2euler(matrix, threshold)
    assert np.allclose(euler.mat2euler(matrix, threshold), expected)


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("steps", range(1, 8))
def test_gimbal_lock_threshold_follows_the_dtype(dtype, steps):
    matrix = np.array([[0.3, 0.2, 1], [0.1, 1, 0], [0, 0, steps * np.finfo(dtype).eps]], dtype)
    assert np.allclose(euler.mat2euler(matrix), oracle.mat2euler(matrix))


def test_left_out_angles_are_0():
    assert np.array_equal(euler.euler2mat(), np.eye(3))
    assert np.array_equal(euler.euler2quat(), [1, 0, 0, 0])
    angle, axis = euler.euler2angle_axis()
    assert (angle, axis.tolist()) == (0, [1, 0, 0])
    assert euler.mat2euler(np.eye(3, dtype=int)) == (0, 0, 0)
    assert euler.angle_axis2euler(0.5, [0, 0, 1], is_normalized=True) == (0.5, 0, 0)


def test_refuses_other_shapes():
    with pytest.raises(AffineError, match="3x3"):
        euler.mat2euler(np.eye(4))
