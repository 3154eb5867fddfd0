from __future__ import annotations

import nibabel.quaternions as oracle
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from volio.errors import AffineError
from volio.space import quaternions as quats
from volio.space.affines import from_matvec, to_matvec
from volio.space.rotations import nearest_rotation
from volio.tests.space.strategies import affines, angles

numbers = st.floats(-10, 10)
vectors = st.tuples(numbers, numbers, numbers).filter(lambda v: np.linalg.norm(v) > 1e-3)
quaternions = st.tuples(numbers, vectors).map(lambda q: np.array([q[0], *q[1]]))
units = quaternions.map(lambda q: q / np.linalg.norm(q))


@given(quaternions, quaternions, vectors)
def test_algebra_equals_nibabel(p, q, v):
    assert np.allclose(quats.mult(p, q), oracle.mult(p, q))
    assert np.allclose(quats.rotate_vector(v, q), oracle.rotate_vector(v, q))
    assert np.allclose(quats.quat2mat(q), oracle.quat2mat(q))
    for name in ("norm", "conjugate", "inverse"):
        assert np.allclose(getattr(quats, name)(q), getattr(oracle, name)(q))
    assert quats.isunit(q) == oracle.isunit(q)


@given(units, units, vectors)
def test_algebra_is_rotation(p, q, v):
    assert np.allclose(quats.mult(q, quats.inverse(q)), quats.eye())
    assert np.allclose(quats.rotate_vector(v, q), quats.quat2mat(q) @ v)
    assert np.allclose(quats.quat2mat(quats.mult(p, q)), quats.quat2mat(p) @ quats.quat2mat(q))


@given(units)
def test_matrix_round_trip(q):
    back = quats.mat2quat(quats.quat2mat(q))
    assert quats.isunit(back)
    assert back[0] >= 0
    assert quats.nearly_equivalent(back, q, atol=1e-7)
    assert np.allclose(back, oracle.mat2quat(quats.quat2mat(q)))


@given(units)
def test_round_trip_at_float32(q):
    """A NIfTI header keeps x, y, z as float32."""
    canonical = q if q[0] >= 0 else -q
    stored = canonical[1:].astype(np.float32)
    filled = quats.fillpositive(stored)
    assert filled[0] >= 0
    assert np.array_equal(filled[1:], stored.astype(np.longdouble))
    turned = quats.quat2mat(filled.astype(np.float64))
    # Near half turns w is the root of what rounding leaves, hence the root of float32's precision.
    assert np.abs(turned - quats.quat2mat(q)).max() < 2e-3
    if canonical[0] > 0.1:
        assert np.abs(turned - quats.quat2mat(q)).max() < 1e-5


@given(affines(sheared=False))
def test_affine_round_trip_at_float32(affine):
    """Split into a quaternion, sizes and handedness as NIfTI does, all in float32, and join."""
    matrix, origin = to_matvec(affine)
    sizes = np.sqrt((matrix**2).sum(axis=0))
    turn = matrix / sizes
    qfac = np.sign(np.linalg.det(turn))
    q = quats.mat2quat(nearest_rotation(turn * [1, 1, qfac])).astype(np.float32)
    assume(q[0] > 0.1)
    q = quats.fillpositive(q[1:]).astype(np.float64)
    back = from_matvec(quats.quat2mat(q) * sizes.astype(np.float32) * [1, 1, qfac], origin)
    assert np.allclose(back, affine, rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize("dtype", ["f4", "f8", int])
@pytest.mark.parametrize("steps", range(-3, 5))
def test_fillpositive_rounds_like_nibabel(dtype, steps):
    xyz = np.array([0, 1, 0], dtype)
    if xyz.dtype.kind == "f":
        xyz[1] += steps * np.finfo(dtype).eps
    try:
        expected = oracle.fillpositive(xyz)
    except ValueError:
        with pytest.raises(AffineError, match="unit quaternion"):
            quats.fillpositive(xyz)
        return
    filled = quats.fillpositive(xyz)
    assert filled.dtype == expected.dtype
    assert np.array_equal(filled, expected)


@pytest.mark.parametrize("threshold", [0.5, -0.5, 0, 1e-3])
@pytest.mark.parametrize("xyz", [(0.9, 0.43, 0), (0.1, 0.1, 0), (1, 0, 0)])
def test_fillpositive_threshold_equals_nibabel(xyz, threshold):
    expected = oracle.fillpositive(xyz, threshold)
    assert np.allclose(quats.fillpositive(xyz, threshold), expected)


@pytest.mark.parametrize("turn", [np.diag([1, -1, -1]), np.diag([-1, 1, -1]), np.diag([-1, -1, 1])])
def test_half_turns(turn):
    assert np.array_equal(quats.mat2quat(turn), oracle.mat2quat(turn))
    assert np.allclose(quats.quat2mat(quats.mat2quat(turn)), turn)


def test_mat2quat_takes_scaled_and_noisy_rotations():
    turn = quats.quat2mat([1, 2, 3, 4])
    noisy = turn + np.random.default_rng(0).normal(size=(3, 3)) * 1e-3
    assert quats.nearly_equivalent(quats.mat2quat(7 * turn), quats.mat2quat(turn))
    assert np.allclose(quats.quat2mat(quats.mat2quat(noisy)), nearest_rotation(noisy), atol=1e-4)
    assert quats.mat2quat(turn.astype("f4")).dtype == np.float64


@given(angles, vectors)
def test_angle_and_axis_equal_nibabel(angle, axis):
    assert np.allclose(quats.angle_axis2quat(angle, axis), oracle.angle_axis2quat(angle, axis))
    assert np.allclose(quats.angle_axis2mat(angle, axis), oracle.angle_axis2mat(angle, axis))
    unit = np.array(axis) / np.linalg.norm(axis)
    assert np.allclose(
        quats.angle_axis2mat(angle, unit, is_normalized=True),
        quats.quat2mat(quats.angle_axis2quat(angle, unit, is_normalized=True)),
    )


@given(units)
def test_quat2angle_axis_equals_nibabel(q):
    angle, axis = quats.quat2angle_axis(q)
    assert angle == pytest.approx(oracle.quat2angle_axis(q)[0], abs=1e-6)
    assert np.allclose(axis, oracle.quat2angle_axis(q)[1])
    assert quats.nearly_equivalent(quats.angle_axis2quat(angle, axis), q)


@given(st.floats(1e-12, 6.2), vectors)
def test_angle_and_axis_round_trip_small_angles(angle, axis):
    found, vector = quats.quat2angle_axis(quats.angle_axis2quat(angle, axis))
    assert found == pytest.approx(angle, rel=1e-9)
    assert np.allclose(vector, np.array(axis) / np.linalg.norm(axis))


def test_quat2angle_axis_of_no_rotation_and_of_other_lengths():
    for q in ([1, 0, 0, 0], [-1, 0, 0, 0], [0, 0, 0, 0], [1, 1e-16, 0, 0]):
        angle, axis = quats.quat2angle_axis(q)
        assert angle == 0
        assert np.array_equal(axis, [1, 0, 0])
    assert quats.quat2angle_axis([1, 1e-5, 0, 0], 1e-4)[0] == 0
    assert quats.quat2angle_axis([2, 0, 2, 0])[0] == pytest.approx(np.pi / 2)


def test_quat2mat_of_no_length_is_the_identity():
    assert np.array_equal(quats.quat2mat([0, 0, 0, 0]), np.eye(3))
    assert np.array_equal(quats.quat2mat([1e-8, 1e-8, 0, 0]), oracle.quat2mat([1e-8, 1e-8, 0, 0]))
    assert quats.quat2mat(np.array([1, 2, 3, 4], "f4")).dtype == np.float32


def test_opposite_quaternions_are_the_same_rotation():
    assert quats.nearly_equivalent([1, 0, 0, 0], [-1, 0, 0, 0])
    assert not quats.nearly_equivalent([1, 0, 0, 0], [0, 1, 0, 0])


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: quats.fillpositive([1, 0]), "xyz: must have three values"),
        (lambda: quats.fillpositive([np.nan, 0, 0]), r"w\*\*2 would be nan"),
        (lambda: quats.quat2mat([1, 2, 3]), "q: a quaternion has four values"),
        (lambda: quats.mat2quat(np.eye(4)), "M: must be a finite 3x3"),
        (lambda: quats.mat2quat(np.diag([1, 1, np.nan])), "M: must be a finite 3x3"),
        (lambda: quats.inverse([0, 0, 0, 0]), "no length has no inverse"),
        (lambda: quats.angle_axis2quat(1, [0, 0, 0]), "vector: a rotation axis"),
        (lambda: quats.angle_axis2mat(1, [1, 0]), "vector: a rotation axis"),
        (lambda: quats.quat2angle_axis([1, 2]), "q: a quaternion has four values"),
    ],
)
def test_refused(call, words):
    with pytest.raises(AffineError, match=words):
        call()
