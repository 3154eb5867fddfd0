"""The phantom is a head, and equal arguments give equal heads."""

from __future__ import annotations

import numpy as np
import pytest

from volio.space.affines import apply_affine, obliquity, voxel_sizes
from volio.space.orientations import aff2axcodes
from volio.testing.phantom import CENTRE, head


def test_head_has_the_shape_and_dtype_asked_for():
    array, affine = head((20, 24, 10), frames=3)
    assert array.shape == (20, 24, 10, 3)
    assert array.dtype == np.int16
    assert array.min() >= 0
    assert affine.shape == (4, 4)


def test_head_lies_oblique_with_anisotropic_voxels():
    shape = (48, 56, 24)
    _, affine = head(shape)
    np.testing.assert_allclose(voxel_sizes(affine), (4, 4, 9))
    assert np.rad2deg(obliquity(affine)).min() > 5
    assert aff2axcodes(affine) == ("L", "A", "S")
    np.testing.assert_allclose(apply_affine(affine, (np.array(shape) - 1) / 2), CENTRE)


@pytest.mark.parametrize("frames", [None, 2])
def test_equal_arguments_give_equal_heads(frames: int | None):
    first, _ = head((12, 14, 8), frames)
    np.testing.assert_array_equal(head((12, 14, 8), frames)[0], first)
    assert not np.array_equal(head((12, 14, 8), frames, seed=1)[0], first)


def test_the_capsule_marks_the_right_side():
    array, affine = head()
    bright = np.argwhere(array > 1000)
    assert apply_affine(affine, bright.mean(axis=0))[0] > 70


def test_air_is_dark_and_the_brain_is_not():
    array, _ = head((48, 56, 24))
    corners = array[::47, ::55, ::23]
    assert corners.max() < 100
    assert 700 < np.median(array[16:32, 20:36, 10:14]) < 1000


def test_the_back_of_the_cortex_rises_and_falls():
    array, _ = head((48, 56, 24), frames=20)
    size = np.abs(np.fft.rfft(array.astype(float), axis=-1))
    cycle = size[..., 1]  # 20 frames of 2 s hold one cycle of 40 s
    active = np.argwhere(cycle > 240)
    assert len(active) > 100
    assert np.percentile(active[:, 1], 95) < 20
