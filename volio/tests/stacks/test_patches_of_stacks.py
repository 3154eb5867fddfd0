"""The rules of a patch hold for every kind of stack."""

from __future__ import annotations

import pickle
from concurrent.futures import ThreadPoolExecutor
from math import prod

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from volio.errors import ImageDataError, IndexingError, UsageError, UsageTypeError
from volio.stacks import ImageStack
from volio.stacks.stack import BaseImageStack, patch_dtype
from volio.tests.stacks.makers import MAKERS, expected_patch

AXES = "YCTXSZ"
SHAPE = (6, 3, 2, 7, 2, 5)


def numbered(shape: tuple[int, ...], dtype: str = "int16") -> np.ndarray:
    """An array in which no two values are equal, and none is 0."""
    return np.arange(1, prod(shape) + 1).reshape(shape).astype(dtype)


@pytest.fixture(params=MAKERS, scope="module")
def stack(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> BaseImageStack:
    """An array of six axes, as a stack of each kind."""
    return MAKERS[request.param](numbered(SHAPE), AXES, tmp_path_factory.mktemp("stack"))


PATCHES = {
    "inside": (1, None, (1, 2, 3), (3, 2, 4)),
    "all of it": (0, None, (0, 0, 0), (5, 6, 7)),
    "before every side": (2, [0, 1], (-2, -1, -3), (4, 4, 4)),
    "beyond every side": (3, [2], (3, 4, 5), (4, 4, 4)),
    "around the image": (1, None, (-1, -2, -1), (8, 9, 9)),
    "wholly before": (0, None, (-9, 0, 0), (4, 4, 4)),
    "wholly beyond": (0, None, (0, 6, 0), (4, 4, 4)),
    "up to the first voxel": (0, None, (0, 0, -4), (4, 4, 4)),
    "-1 is before the image, not its end": (0, None, (-1, -1, -1), (1, 1, 1)),
    "channels in another order": (-1, [2, 0], (0, 0, 0), (2, 2, 2)),
    "a channel twice": (-4, [1, 1, 2, 1], (0, 1, 2), (2, 2, 2)),
    "channels from the end": (1, [-1, -3, -2], (0, 1, 2), (2, 2, 2)),
    "numpy's integers": (np.int64(3), np.array([0, 2]), np.array([1, 1, 1]), np.array([2, 2, 2])),
    "of no voxels": (0, None, (1, 1, 1), (0, 3, 2)),
}


@pytest.mark.parametrize("name", PATCHES)
def test_patch_is_what_numpy_gives(stack, name):
    sample, channels, coords, size = PATCHES[name]
    patch = stack.extract_patch(sample, channels, coords, size)
    expected = expected_patch(numbered(SHAPE), AXES, sample, channels, coords, size)
    np.testing.assert_array_equal(patch, expected)
    assert patch.dtype == np.float32
    assert patch.flags.writeable


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_axes_and_any_box(data, tmp_path):
    letters = data.draw(st.sets(st.sampled_from("STCZ")), "axes")
    axes = "".join(data.draw(st.permutations(sorted(letters | {"Y", "X"})), "order"))
    shape = tuple(data.draw(st.integers(1, 4), axis) for axis in axes)
    lengths = dict(zip(axes, shape, strict=True))
    array = numbered(shape)
    n_samples = lengths.get("S", 1) * lengths.get("T", 1)
    sample = data.draw(st.integers(-n_samples, n_samples - 1), "sample")
    n_channels = lengths.get("C", 1)
    channel = st.integers(-n_channels, n_channels - 1)
    channels = data.draw(st.none() | st.lists(channel, min_size=1, max_size=5), "channels")
    ndim = 3 if "Z" in axes else 2
    coords = data.draw(st.tuples(*[st.integers(-6, 6)] * ndim), "coords")
    size = data.draw(st.tuples(*[st.integers(0, 6)] * ndim), "size")
    expected = expected_patch(array, axes, sample, channels, coords, size)
    for kind in ("memory", "sliced", "lazy"):
        patch = MAKERS[kind](array, axes, tmp_path).extract_patch(sample, channels, coords, size)
        np.testing.assert_array_equal(patch, expected, kind)


def test_facts_of_a_stack(stack):
    assert isinstance(stack, ImageStack)
    assert tuple(stack.data_shape) == (4, 3, 5, 6, 7)
    assert stack.data_dtype == np.int16
    assert stack.original_axes == AXES
    assert tuple(stack.original_data_shape) == SHAPE
    assert "data_shape=(4, 3, 5, 6, 7)" in repr(stack)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((4, None, (0, 0, 0), (1, 1, 1)), "sample_idx: must be -4 to 3, for 4; got 4"),
        ((-5, None, (0, 0, 0), (1, 1, 1)), "got -5"),
        ((0, [3], (0, 0, 0), (1, 1, 1)), "channels: must be -3 to 2, for 3; got 3"),
        ((0, [0, -4], (0, 0, 0), (1, 1, 1)), "got -4"),
        ((0, None, (0, 0), (1, 1, 1)), "coords: must be 3 integers"),
        ((0, None, (0, 0, 0, 0), (1, 1, 1)), "coords: must be 3 integers"),
        ((0, None, (0, 0, 0), (1, 1)), "patch_size: must be 3 integers"),
        ((9, None, (-99, 0, 0), (1, 1, 1)), "sample_idx"),  # even where all of it is outside
    ],
)
def test_indices_that_are_refused(stack, arguments, words):
    with pytest.raises(IndexingError, match=words) as caught:
        stack.extract_patch(*arguments)
    assert isinstance(caught.value, (IndexError, ValueError))


def test_uses_that_are_refused(stack):
    with pytest.raises(UsageError, match="must name one channel or more"):
        stack.extract_patch(0, [], (0, 0, 0), (1, 1, 1))
    with pytest.raises(UsageError, match="lengths must be 0 or more, got"):
        stack.extract_patch(0, None, (0, 0, 0), (1, 1, -1))
    for arguments in (
        (0.5, None, (0, 0, 0), (1, 1, 1)),
        (0, ["0"], (0, 0, 0), (1, 1, 1)),
        (0, None, (0, 1.5, 0), (1, 1, 1)),
        (0, None, (0, 0, 0), (1, None, 1)),
    ):
        with pytest.raises(UsageTypeError, match="must be integers, got"):
            stack.extract_patch(*arguments)


@pytest.mark.parametrize(
    ("stored", "of_patches"),
    [
        *((name, "float32") for name in ("?", "u1", "i1", "<u2", ">i2", "<f2", ">f4")),
        *((name, name) for name in ("u4", "i4", "u8", "i8", "f8", "c8")),
        (">u4", "=u4"),
    ],
)
def test_dtype_of_patches(stored, of_patches):
    assert patch_dtype(stored) == np.dtype(of_patches)


@pytest.mark.parametrize("kind", MAKERS)
@pytest.mark.parametrize("stored", ["u4", "i8", "f8", ">u4"])
def test_numbers_beyond_float32_stay_exact(kind, stored, tmp_path):
    large = np.array([[2**24 + 1, 2**24 + 3], [5, 2**31 + 1]]).astype(stored)
    patch = MAKERS[kind](large, "YX", tmp_path).extract_patch(0, None, (0, 0), (2, 2))
    assert patch.dtype == np.dtype(stored).newbyteorder("=")
    np.testing.assert_array_equal(patch[0], large)


@pytest.mark.parametrize("kind", MAKERS)
def test_another_dtype(kind, tmp_path):
    stack = MAKERS[kind](np.array([[1, 300], [-1, 0]], "i2"), "YX", tmp_path)
    patch = stack.extract_patch(0, None, (-1, 0), (2, 2), dtype=np.float64)
    assert patch.dtype == np.float64
    np.testing.assert_array_equal(patch, [[[0, 0], [1, 300]]])
    with pytest.raises(ImageDataError, match=r"-1|300"):
        stack.extract_patch(0, None, (0, 0), (2, 2), dtype=np.uint8)


def test_threads(stack):
    def take(number: int) -> bool:
        coords = (number % 5 - 2, number % 7 - 3, number % 3)
        patch = stack.extract_patch(number % 4, None, coords, (3, 4, 5))
        expected = expected_patch(numbered(SHAPE), AXES, number % 4, None, coords, (3, 4, 5))
        return bool((patch == expected).all())

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(take, range(40)))


@pytest.mark.parametrize("kind", sorted(set(MAKERS) - {"h5py"}))  # which does not pickle
def test_pickles(kind, tmp_path):
    stack = MAKERS[kind](numbered(SHAPE), AXES, tmp_path)
    again = pickle.loads(pickle.dumps(stack))
    patch = again.extract_patch(1, [1], (1, 1, 1), (2, 2, 2))
    np.testing.assert_array_equal(patch, stack.extract_patch(1, [1], (1, 1, 1), (2, 2, 2)))
    assert again.data_shape == stack.data_shape
