import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import volio
from volio.testing import strategies
from volio.testing.comparison import same_values, world_positions


@given(affine=strategies.affines())
def test_affines_are_far_from_singular(affine):
    assert np.linalg.cond(affine[:3, :3]) < 1e3
    assert affine[3].tolist() == [0, 0, 0, 1]


@given(affine=strategies.affines(sheared=False))
def test_axes_are_perpendicular_unless_sheared(affine):
    axes = affine[:3, :3] / np.linalg.norm(affine[:3, :3], axis=0)
    np.testing.assert_allclose(axes.T @ axes, np.eye(3), atol=1e-9)


@given(image=strategies.images(volio.MGHImage))
def test_images_are_of_their_class(image):
    assert type(image) is volio.MGHImage
    assert image.dataobj.dtype in volio.MGHHeader.supported_dtypes()


@given(data=st.data(), shape=strategies.shapes())
def test_slicings_leave_something(data, shape):
    part = np.zeros(shape)[data.draw(strategies.slicings(shape))]
    assert part.size > 0
    assert part.ndim == len(shape)


@given(data=st.data(), shape=strategies.shapes())
def test_indices_fit(data, shape):
    index = data.draw(strategies.basic_indices(shape))
    assert np.zeros(shape)[index].size <= np.prod(shape)


@given(data=st.data())
def test_colours_can_be_drawn(data):
    dtype = np.dtype([(name, "u1") for name in "RGB"])
    assert data.draw(strategies.voxels((2, 2), dtype)).dtype == dtype


def test_comparison_finds_differences():
    one = np.array([1.0, np.nan])
    same_values(one, one.astype(">f8"))
    same_values(one, one.astype("f4"), dtype=False)
    for other, words in (
        (np.array([1.0, 2]), "Arrays are not equal"),
        (one.astype("f4"), "dtype float64, expected float32"),
        (one[:1], "shape"),
    ):
        with pytest.raises(AssertionError, match=words):
            same_values(one, other)


def test_world_positions_follow_the_affine():
    places = world_positions(np.diag([2.0, 3, 4, 1]), (2, 2, 2, 5))
    assert places.shape == (2, 2, 2, 3)
    assert places[1, 1, 1].tolist() == [2, 3, 4]
