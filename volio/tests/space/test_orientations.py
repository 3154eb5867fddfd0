from __future__ import annotations

import nibabel.orientations as oracle
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from volio.errors import AffineError, OrientationError
from volio.space.affines import from_matvec
from volio.space.eulerangles import euler2mat
from volio.space.orientations import (
    aff2axcodes,
    apply_orientation,
    axcodes2ornt,
    flip_axis,
    inv_ornt_aff,
    io_orientation,
    nearest_axes,
    orientation_affine,
    ornt2axcodes,
    ornt_transform,
    ras_labels,
    reorient_affine,
)
from volio.tests.space.strategies import ALL_ORNTS, affines, shapes, voxel_positions

LOST = [[0, 1], [np.nan, np.nan], [2, -1]]


def _random_matrix(rng):
    """Draw from plain, lossy, nearly tied and non-square matrices."""
    shape = (3, 3) if rng.random() < 0.6 else tuple(rng.integers(1, 6, 2))
    matrix = rng.normal(size=shape)
    quarter_turns = rng.integers(-4, 5, 3) * np.pi / 4
    choices = [
        lambda: matrix,
        lambda: np.round(matrix),
        lambda: np.sign(np.round(matrix)),
        lambda: matrix * (rng.integers(shape[1]) != np.arange(shape[1])),
        lambda: matrix * (rng.integers(shape[0]) != np.arange(shape[0]))[:, None],
        lambda: matrix * 10.0 ** rng.integers(-12, 12, shape[1]),
        lambda: matrix.astype("f4"),
        lambda: matrix[:, [0] * shape[1]] * (1 + 1e-16 * matrix),
        lambda: euler2mat(*quarter_turns) * rng.choice([0.5, 1, 2], 3),
        lambda: euler2mat(*(quarter_turns + matrix.flat[0] * 10.0 ** rng.integers(-17, -3))),
    ]
    return choices[rng.integers(len(choices))]()


@pytest.mark.parametrize("tol", [None, 1e-5, 0.3])
def test_io_orientation_equals_nibabel_with_ties_and_lost_axes(tol):
    rng = np.random.default_rng(20)
    for _ in range(800):
        affine = from_matvec(_random_matrix(rng))
        expected = oracle.io_orientation(affine, tol)
        assert np.array_equal(io_orientation(affine, tol), expected, equal_nan=True), affine


def test_io_orientation_takes_extreme_sizes_and_refuses_nan():
    assert ras_labels(np.diag([1e200, -1e-200, 1, 1])) == "RPS"
    with pytest.raises(AffineError, match="finite"):
        io_orientation(np.full((4, 4), np.nan))


@pytest.mark.parametrize("ornt", ALL_ORNTS, ids=lambda ornt: "".join(ornt2axcodes(ornt)))
def test_all_48_orientations_round_trip(ornt):
    shape = (2, 3, 4)
    codes = ornt2axcodes(ornt)
    assert np.array_equal(axcodes2ornt(codes), ornt)
    assert np.array_equal(axcodes2ornt("".join(codes)), ornt)
    # Turning an array of this orientation by its own ornt makes it RAS.
    affine = np.linalg.inv(inv_ornt_aff(ornt, shape))
    assert aff2axcodes(affine) == codes
    assert ras_labels(affine) == "".join(codes)
    assert np.array_equal(io_orientation(affine), ornt)
    assert aff2axcodes(affine @ inv_ornt_aff(ornt, shape)) == ("R", "A", "S")
    # There and back.
    array = np.arange(24).reshape(shape)
    back = ornt_transform(axcodes2ornt("RAS"), ornt)
    assert np.array_equal(apply_orientation(apply_orientation(array, ornt), back), array)


@pytest.mark.parametrize("ornt", ALL_ORNTS[::5])
def test_turning_equals_nibabel(ornt):
    array = np.arange(120).reshape(2, 3, 4, 5)
    turned = apply_orientation(array, ornt)
    assert np.array_equal(turned, oracle.apply_orientation(array, ornt))
    assert np.shares_memory(turned, array)
    assert np.array_equal(inv_ornt_aff(ornt, array.shape), oracle.inv_ornt_aff(ornt, array.shape))
    for end in ALL_ORNTS:
        assert np.array_equal(ornt_transform(ornt, end), oracle.ornt_transform(ornt, end))


@given(affines(), shapes, st.sampled_from(ALL_ORNTS))
def test_reorienting_leaves_every_voxel_in_place(affine, shape, ornt):
    places = voxel_positions(affine, shape)
    turned = apply_orientation(places, ornt)
    moved = reorient_affine(affine, shape, ornt)
    assert np.allclose(voxel_positions(moved, turned.shape[:3]), turned, rtol=1e-12, atol=1e-9)


@given(affines(), shapes, st.sampled_from(ALL_ORNTS))
def test_any_affine_can_be_brought_to_any_orientation(affine, shape, wanted):
    turn = ornt_transform(io_orientation(affine), wanted)
    moved = reorient_affine(affine, shape, turn)
    assert ras_labels(moved) == "".join(ornt2axcodes(wanted))


def test_lost_axes_have_no_code():
    assert ornt2axcodes(LOST) == ("R", None, "I")
    assert ornt2axcodes([[0, 1], [np.nan, 1], [2, -1]]) == ("R", None, "I")
    assert np.array_equal(axcodes2ornt(("R", None, "I")), LOST, equal_nan=True)
    assert ras_labels(np.diag([1, 0, 1, 1])) == "R?S"


def test_own_labels():
    labels = (("a", "b"), ("c", "d"), ("e", "f"))
    assert ornt2axcodes([[1, -1], [0, 1], [2, 1]], labels) == ("c", "b", "f")
    assert np.array_equal(axcodes2ornt("cbf", labels), [[1, -1], [0, 1], [2, 1]])
    assert aff2axcodes(np.diag([-1, 1, 1, 1]), labels) == ("a", "d", "f")
    assert np.array_equal(axcodes2ornt("RAT", ("LR", "PA", "IS", "tT"))[2], [3, 1])
    assert axcodes2ornt("").shape == (0, 2)


@pytest.mark.parametrize("ornt", [[0, 1], np.eye(3), [[0.5, 1]], [[-1, 1]], [[0, 0]], [[0, 2]]])
def test_not_an_orientation(ornt):
    with pytest.raises(OrientationError, match="ornt"):
        ornt2axcodes(ornt)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: ornt2axcodes([[5, 1]]), "labels: .* do not reach all axes"),
        (lambda: ornt2axcodes([[0, 1], [5, 1]]), "labels: .* do not reach all axes"),
        (lambda: ornt2axcodes([[0, 1], [1, np.nan]]), "directions must be -1 or 1"),
        (lambda: axcodes2ornt("XYZ"), "axcodes: .* not among the labels"),
        (lambda: axcodes2ornt("RAs"), r"axcodes: \['s'\] in"),
        (lambda: axcodes2ornt("ac", ("aa", "cd")), "labels: must be different"),
        (lambda: axcodes2ornt("ac", ("ab", "bd")), "labels: must be different"),
        (lambda: axcodes2ornt("ac", ("abx", "cd")), "labels: must be a pair"),
        (lambda: ornt2axcodes([[0, 1]], ("a",)), "labels: must be a pair"),
        (lambda: ornt_transform(ALL_ORNTS[0], ALL_ORNTS[0][:2]), "end_ornt: .* once"),
        (lambda: ornt_transform(ALL_ORNTS[0], [[2, 1], [2, 1], [0, 1]]), "end_ornt: .* once"),
        (lambda: ornt_transform(LOST, ALL_ORNTS[0]), "start_ornt .*nan.* once"),
        (lambda: apply_orientation(np.zeros((2, 2)), ALL_ORNTS[0]), "arr: has 2 axes"),
        (lambda: apply_orientation(np.zeros((2, 2, 2)), LOST), "each axis once to turn an array"),
        (
            lambda: apply_orientation(np.zeros((2, 2, 2)), [[0, 1], [0, 1], [2, 1]]),
            "each axis once to turn an array",
        ),
        (lambda: inv_ornt_aff(LOST, (2, 3, 4)), "each axis of shape"),
        (lambda: inv_ornt_aff(ALL_ORNTS[0], (2, 3)), "each axis of shape"),
        (lambda: inv_ornt_aff([[0, 1], [2, 1]], (2, 3)), "each axis of shape"),
        (lambda: reorient_affine(np.eye(4), (2, 3), [[0, 1], [1, 1]]), "three rows .* got 2"),
    ],
)
def test_orientation_errors(call, words):
    with pytest.raises(OrientationError, match=words):
        call()


def test_dtype_of_transform_follows_its_arguments():
    whole = np.array([[1, -1], [0, 1]])
    assert ornt_transform(whole, whole).dtype == whole.dtype
    assert ornt_transform(whole.astype(float), whole).dtype == np.float64


def test_old_names_warn():
    with pytest.warns(DeprecationWarning, match=r"numpy\.flip"):
        assert flip_axis(np.arange(3)).tolist() == [2, 1, 0]
    with pytest.warns(DeprecationWarning, match="inv_ornt_aff"):
        old = orientation_affine(ALL_ORNTS[5], (2, 3, 4))
    assert np.array_equal(old, inv_ornt_aff(ALL_ORNTS[5], (2, 3, 4)))


@pytest.mark.parametrize(
    ("columns", "axes", "signs"),
    [
        ([[0, -2, 0], [3, 0, 0.1], [0, 0, 4]], (1, 0, 2), [-1, 1, 1]),
        ([[0, 0, 0], [1, 0, 0], [0, 0, -1]], (1, 0, 2), [1, 1, -1]),
        ([[0, 0, -5], [0, 0, 0], [0, 0, 0]], (2, 0, 1), [-1, 1, 1]),
    ],
)
def test_each_axis_is_nearest_to_one(columns, axes, signs):
    """Axes without a direction get those that are left."""
    affine = np.eye(4)
    affine[:3, :3] = np.transpose(columns)
    found, ways = nearest_axes(affine)
    assert found == axes
    np.testing.assert_array_equal(ways, signs)
