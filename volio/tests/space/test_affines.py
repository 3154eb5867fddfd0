from __future__ import annotations

import nibabel.affines as oracle
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nibabel.volumeutils import shape_zoom_affine as oracle_shape_zoom

from volio.errors import AffineError
from volio.space.affines import (
    anchored_affine,
    append_diag,
    apply_affine,
    check_affine,
    directions,
    dot_reduce,
    from_matvec,
    obliquity,
    rescale_affine,
    shape_zoom_affine,
    spans_space,
    to_matvec,
    voxel_sizes,
    with_voxel_sizes,
)
from volio.testing import strategies as conventional
from volio.tests.space.strategies import affines, shapes

AFFINE = from_matvec(np.diag([2.0, 3, 4]), [1, 2, 3])


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (np.eye(3), "4x4"),
        ([[1, 2], [3]], "numbers"),
        ("affine", "real numbers"),
        (np.eye(4) * 1j, "real numbers"),
        (None, "real numbers"),
        (np.diag([1, 1, np.nan, 1]), "finite"),
        (np.diag([1, 1, 1, 2]), "last row"),
        (np.ones((4, 4)), "last row"),
    ],
)
def test_check_affine_refuses(bad, words):
    with pytest.raises(AffineError, match=words):
        check_affine(bad)


def test_check_affine_copies_into_float64():
    given_affine = np.eye(4, dtype=np.int16)
    checked = check_affine(given_affine)
    assert checked.dtype == np.float64
    checked[0, 0] = 7
    assert given_affine[0, 0] == 1
    assert np.array_equal(check_affine(np.eye(4).tolist()), np.eye(4))


@given(affines(), shapes)
def test_apply_affine_equals_nibabel(affine, shape):
    points = np.random.default_rng(0).normal(size=(*shape, 3))
    assert np.allclose(apply_affine(affine, points), oracle.apply_affine(affine, points))


@pytest.mark.parametrize("points", [[1, 2, 3], np.zeros((0, 3)), np.ones((2, 3), "f4")])
def test_apply_affine_keeps_dtype_and_shape_like_nibabel(points):
    for affine in (AFFINE, AFFINE.astype("f4"), AFFINE.astype(int)):
        ours, theirs = apply_affine(affine, points), oracle.apply_affine(affine, points)
        assert (ours.dtype, ours.shape) == (theirs.dtype, theirs.shape)
        assert np.array_equal(ours, theirs)


@pytest.mark.parametrize("order", ["C", "F"])
def test_apply_affine_in_place(order):
    points = np.array(np.arange(12.0).reshape(2, 2, 3), order=order)
    expected = apply_affine(AFFINE, points)
    assert apply_affine(AFFINE, points, inplace=True) is points
    assert np.array_equal(points, expected)


def test_apply_affine_never_rounds_whole_number_points_in_place():
    points = np.ones((2, 3), int)
    moved = apply_affine(AFFINE + 0.25, points, inplace=True)
    assert moved is not points
    assert np.array_equal(points, np.ones((2, 3)))


def test_apply_affine_takes_points_to_another_number_of_coordinates():
    affine = from_matvec([[1, 0], [0, 0], [0, 2]], [5, 6, 7])
    assert np.array_equal(apply_affine(affine, [3, 4]), [8, 6, 15])


@pytest.mark.parametrize("points", [3, [1, 2], np.ones((3, 4))])
def test_apply_affine_refuses_points_that_do_not_fit(points):
    with pytest.raises(AffineError, match="coordinates"):
        apply_affine(AFFINE, points)


@pytest.mark.parametrize("shape", [(3, 3), (2, 4), (1, 1)])
def test_matvec_round_trip(shape):
    matrix, vector = np.arange(np.prod(shape)).reshape(shape), np.arange(shape[0])
    joined = from_matvec(matrix, vector)
    assert np.array_equal(joined, oracle.from_matvec(matrix, vector))
    assert joined.dtype == matrix.dtype
    for part, expected in zip(to_matvec(joined), (matrix, vector), strict=True):
        assert np.array_equal(part, expected)
    assert np.array_equal(from_matvec(matrix), oracle.from_matvec(matrix))


def test_fractional_vectors_are_not_cut_to_the_matrix_dtype():
    assert from_matvec(np.eye(3, dtype=int), [0.5, 1, 2])[0, 3] == 0.5
    assert append_diag(np.eye(4, dtype=int), [2.5], [0.5])[3, 3] == 2.5


@pytest.mark.parametrize(
    ("matrix", "vector", "words"),
    [
        (np.eye(3), [1, 2], "vector: must have 3 values"),
        ([1, 2], None, "matrix: must have two dimensions"),
        (np.eye(2), np.eye(2), "vector: must have 2 values"),
    ],
)
def test_from_matvec_refuses_shapes_that_do_not_fit(matrix, vector, words):
    with pytest.raises(AffineError, match=words):
        from_matvec(matrix, vector)


@pytest.mark.parametrize("bad", [[1, 2], np.eye(1), np.zeros((2, 2, 2))])
def test_to_matvec_refuses_what_is_no_matrix(bad):
    with pytest.raises(AffineError, match="homogeneous"):
        to_matvec(bad)


@pytest.mark.parametrize(("steps", "starts"), [([5], ()), ([5, 6], [7, 8]), (5, 2), ([5.5], [1])])
def test_append_diag_equals_nibabel(steps, starts):
    assert np.array_equal(
        append_diag(AFFINE, steps, starts), oracle.append_diag(AFFINE, steps, starts)
    )


def test_append_diag_refuses_lengths_that_differ():
    with pytest.raises(AffineError, match="as long as steps"):
        append_diag(AFFINE, [1, 2], [3])


def test_dot_reduce_multiplies_from_the_right():
    parts = [AFFINE, np.diag([1, 2, 3, 4]), np.arange(4)]
    assert np.array_equal(dot_reduce(*parts), parts[0] @ (parts[1] @ parts[2]))
    assert dot_reduce(3, 4, 5) == 60
    assert dot_reduce(3) == 3
    with pytest.raises(AffineError, match="at least one"):
        dot_reduce()


@given(affines())
def test_measures_equal_nibabel(affine):
    assert np.allclose(voxel_sizes(affine), oracle.voxel_sizes(affine), rtol=1e-14)
    assert np.allclose(obliquity(affine), oracle.obliquity(affine), atol=1e-7)


def test_measures_of_odd_affines():
    assert np.allclose(voxel_sizes(np.diag([1e200, 1e-200, 0, 1])), [1e200, 1e-200, 0])
    assert np.array_equal(directions(np.diag([1e200, -1e-200, 0, 1])), np.diag([1, -1, 0]))
    np.testing.assert_array_equal(obliquity(np.diag([1, 1, 0, 1])), [np.nan] * 3)
    tall = np.arange(20).reshape(5, 4)
    assert np.allclose(voxel_sizes(tall), oracle.voxel_sizes(tall))
    flat = tall * (0, 1, 1, 1)
    np.testing.assert_array_equal(obliquity(flat), [np.nan] * 4)
    assert voxel_sizes(np.eye(4, dtype="f4")).dtype == np.float32


@given(affines(), shapes, st.none() | shapes, st.floats(0.2, 5))
def test_rescale_affine_keeps_the_centre_voxel(affine, shape, new_shape, zoom):
    scaled = rescale_affine(affine, shape, zoom, new_shape)
    assert np.allclose(scaled, oracle.rescale_affine(affine, shape, zoom, new_shape), atol=1e-9)
    assert np.allclose(voxel_sizes(scaled), zoom)
    middles = [(np.array(s) - 1) // 2 for s in (shape, new_shape or shape)]
    assert np.allclose(apply_affine(affine, middles[0]), apply_affine(scaled, middles[1]))


@pytest.mark.parametrize(
    ("affine", "arguments", "words"),
    [
        (AFFINE, ((3, 3), (1, 1, 1)), r"got \(3, 3\), \(1, 1, 1\) and None"),
        (AFFINE, ((3, 3, 3), (1, 1)), r"got \(3, 3, 3\), \(1, 1\) and None"),
        (AFFINE, ((3, 3, 3), 1, (3, 3)), r"got \(3, 3, 3\), 1 and \(3, 3\)"),
        (AFFINE, ((3, 3, 3, 3), 1), r"got \(3, 3, 3, 3\), 1 and None"),
        (np.diag([1, 1, 0, 1]), ((3, 3, 3), 1), "a voxel axis of no length"),
    ],
)
def test_rescale_affine_refuses(affine, arguments, words):
    with pytest.raises(AffineError, match=words):
        rescale_affine(affine, *arguments)


@pytest.mark.parametrize("x_flip", [True, False])
@pytest.mark.parametrize(
    ("shape", "zooms"),
    [
        ((3, 5, 7), (3, 2, 1)),
        ((4, 5), (3, 2)),
        ((4,), (2,)),
        ((), ()),
        ((3, 5, 7, 9), (3, 2, 1, 9)),
        ((4, 4, 4), (-1, 1, 1)),
    ],
)
def test_shape_zoom_affine_equals_nibabel(shape, zooms, x_flip):
    expected = oracle_shape_zoom(shape, zooms, x_flip)
    assert np.array_equal(shape_zoom_affine(shape, zooms, x_flip), expected)


def test_shape_zoom_affine_refuses_lengths_that_differ():
    with pytest.raises(AffineError, match="as long as shape"):
        shape_zoom_affine((3, 4, 5), (1, 1))


def test_anchored_affine_leads_from_a_voxel_to_a_position():
    matrix = [[0, -2, 0], [3, 0, 0.5], [0, 0, 4]]
    found = anchored_affine(matrix, (1, 2, 0.5), (10, 20, 30))
    expected = [[0, -2, 0, 14], [3, 0, 0.5, 16.75], [0, 0, 4, 28], [0, 0, 0, 1]]
    np.testing.assert_array_equal(found, expected)
    assert apply_affine(found, (1, 2, 0.5)).tolist() == [10, 20, 30]
    assert apply_affine(anchored_affine(matrix, (1, 2, 0.5)), (1, 2, 0.5)).tolist() == [0, 0, 0]


def test_other_voxel_sizes_along_the_same_directions():
    affine = np.array([[0, -2, 0, 5], [3, 0, 0, 6], [4, 0, 0, 7], [0, 0, 0, 1]])
    found = with_voxel_sizes(affine, (10, 1, 9, 99))
    expected = [[0, -1, 0, 5], [6, 0, 0, 6], [8, 0, 9, 7], [0, 0, 0, 1]]
    np.testing.assert_allclose(found, expected, rtol=1e-15)
    assert with_voxel_sizes(affine, (10,))[:3, 1].tolist() == [-2, 0, 0]
    assert affine[0, 1] == -2
    turned = np.array([[0.1, -0.7, 0, 0], [0.3, 0.2, 0, 0], [0, 0.1, 0, 0], [0, 0, 0, 1]])
    np.testing.assert_array_equal(with_voxel_sizes(turned, voxel_sizes(turned)), turned)


@given(conventional.affines())
def test_other_voxel_sizes_keep_directions_and_origin(affine):
    changed = with_voxel_sizes(affine, (5.0, 6.0))
    np.testing.assert_allclose(voxel_sizes(changed), [5, 6, voxel_sizes(affine)[2]])
    np.testing.assert_allclose(directions(changed), directions(affine), atol=1e-12)
    np.testing.assert_array_equal(changed[:, 3], affine[:, 3])


def test_sizes_of_later_axes_do_not_count_and_flat_axes_get_a_direction():
    flat = np.diag([2.0, 0, 4, 1])
    np.testing.assert_array_equal(with_voxel_sizes(flat, (1, 2, 3, 9)), np.diag([1, 2, 3, 1]))


#: The third column is the first and twice the second, so that no product of two numbers is 0.
NO_ZEROS = np.array([[1, 2, 5], [-3, 5, 7], [4, 7, 18]])
PLANAR = np.array([[1, 0, 0.5], [0, 1, 1], [0, 0, 0]])  # the third axis in the plane of the others


@pytest.mark.parametrize(
    ("linear", "spans"),
    [
        (np.eye(3), True),
        (np.diag([2.0, -3, 4]), True),
        (np.eye(3) * 1e200, True),
        (np.eye(3) * 1e-200, True),
        (np.diag([1.0, 0, 1]), False),
        (PLANAR, False),
        ((PLANAR * np.pi).astype(np.float32) * 100, False),
        (PLANAR + np.diag([0, 0, 1e-7]), False),  # within the rounding of float32
        (PLANAR + np.diag([0, 0, 1e-3]), True),
        (np.eye(2), True),
        (np.ones((2, 2)), False),
        (np.full((3, 3), np.nan), False),
        (NO_ZEROS, False),
        (NO_ZEROS + np.diag([0, 0, 0.5]), True),
        (NO_ZEROS[::-1].T, False),
        (NO_ZEROS[::-1].T + np.diag([0.5, 0, 0]), True),
    ],
)
def test_axes_in_one_plane_do_not_span_space(linear, spans):
    assert spans_space(from_matvec(linear)) is spans
    if spans and len(linear) == 3:
        assert not spans_space(from_matvec(linear, [0, np.inf, 0]))
