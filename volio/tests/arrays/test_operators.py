"""Lazy arrays in expressions: what numpy gives for the same array in memory."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np
import pytest

import volio
from volio.arrays.lazy import LazyArray
from volio.tests.arrays.arrays import Counting

DATA = np.arange(-12, 12, dtype=np.int16).reshape(2, 3, 4)
IMG = volio.Nifti1Image(DATA, np.diag([2.0, 2, 2, 1]))


def lazy_images() -> dict[str, Any]:
    """Images that operations made, and one from a file: their arrays are lazy."""
    loaded = volio.Nifti1Image.from_bytes(IMG.to_bytes())
    return {
        "file": loaded,
        "concat": volio.concat_images([loaded, loaded]),
        "slicer": loaded.slicer[:, ::-1, 1:],
        "canonical": volio.as_closest_canonical(
            volio.Nifti1Image(loaded.dataobj, np.diag([-2.0, 2, 2, 1]))
        ),
        "squeezed": volio.squeeze_image(volio.concat_images([loaded])),
        "volume": volio.four_to_three(volio.concat_images([loaded, loaded]))[1],
        "reshaped": volio.Nifti1Image(loaded.dataobj.reshape(3, 2, 4), np.eye(4)),
    }


IMAGES = lazy_images()
EVERY = pytest.mark.parametrize("name", IMAGES)


@EVERY
def test_operators_give_arrays(name: str):
    lazy = IMAGES[name].dataobj
    assert isinstance(lazy, LazyArray)
    array = np.asarray(lazy)
    binary = (">", "<=", "==", "!=", "+", "-", "*", "/", "//", "%", "**")
    functions = (
        *(operator.gt, operator.le, operator.eq, operator.ne, operator.add, operator.sub),
        *(operator.mul, operator.truediv, operator.floordiv, operator.mod, operator.pow),
    )
    assert len(binary) == len(functions)
    for function in functions:
        found = function(lazy, 3)
        assert type(found) is np.ndarray
        np.testing.assert_array_equal(found, function(array, 3))
    for function in (operator.add, operator.sub, operator.mul, operator.gt):
        np.testing.assert_array_equal(function(7, lazy), function(7, array))
        np.testing.assert_array_equal(function(array, lazy), function(array, array))
        np.testing.assert_array_equal(function(lazy, array), function(array, array))
        np.testing.assert_array_equal(function(lazy, lazy), function(array, array))
    np.testing.assert_array_equal(-lazy, -array)
    np.testing.assert_array_equal(abs(lazy), abs(array))
    np.testing.assert_array_equal(~lazy & 3, ~array & 3)


@EVERY
def test_methods_give_what_numpy_gives(name: str):
    lazy = IMAGES[name].dataobj
    array = np.asarray(lazy)
    for method in (
        *("all", "any", "argmax", "argmin", "argsort", "copy", "conj", "conjugate", "cumprod"),
        *("cumsum", "diagonal", "flatten", "max", "mean", "min", "nonzero", "prod", "ravel"),
        *("round", "squeeze", "std", "sum", "tobytes", "tolist", "trace", "transpose", "var"),
    ):
        np.testing.assert_array_equal(getattr(lazy, method)(), getattr(array, method)())
    for method, arguments in (
        *(
            ("mean", (0,)),
            ("compress", ([True], 0)),
            ("sum", (-1,)),
            ("astype", ("f4",)),
            ("clip", (0, 3)),
            ("item", (5,)),
        ),
        *(("repeat", (2,)), ("swapaxes", (0, 1)), ("take", ([1, 2],)), ("transpose", (1, 0, 2))),
    ):
        if method == "transpose" and array.ndim != 3:
            continue
        expected = getattr(array, method)(*arguments)
        found = getattr(lazy, method)(*arguments)
        np.testing.assert_array_equal(found, expected)
        assert np.asarray(found).dtype == np.asarray(expected).dtype
    np.testing.assert_array_equal(lazy.dot(np.ones(array.shape[-1])), array.sum(-1))
    np.testing.assert_array_equal(lazy.T, array.T)
    np.testing.assert_array_equal(lazy.real, array)
    np.testing.assert_array_equal(lazy.imag, 0 * array)
    assert list(lazy.flat) == list(array.flat)
    assert array.max() in lazy
    assert array.max() + 1 not in lazy
    assert (lazy.itemsize, lazy.nbytes, lazy.size) == (2, array.nbytes, array.size)


@EVERY
def test_functions_of_numpy(name: str):
    lazy = IMAGES[name].dataobj
    array = np.asarray(lazy)
    functions = np.mean, np.sum, np.abs, np.transpose, np.unique, np.ravel, np.nonzero, np.sqrt
    for function in functions:
        with np.errstate(invalid="ignore"):
            np.testing.assert_array_equal(function(lazy), function(array))
    np.testing.assert_array_equal(np.where(lazy > 0, lazy, -1), np.where(array > 0, array, -1))
    np.testing.assert_array_equal(np.stack([lazy, lazy]), np.stack([array, array]))


def test_reshape_counts_as_nibabel_does():
    """Voxels of a file in its order; those of operations, which are arrays there, in numpy's."""
    for name, img in IMAGES.items():
        array = np.asarray(img.dataobj)
        order = "F" if name in ("file", "reshaped") else "C"
        expected = array.reshape(-1, order=order)  # type: ignore[call-overload]
        np.testing.assert_array_equal(img.dataobj.reshape(-1), expected)
        for given in ("C", "F"):
            expected = array.reshape((2, -1), order=given)  # type: ignore[call-overload]
            np.testing.assert_array_equal(img.dataobj.reshape((2, -1), order=given), expected)


def test_looking_at_an_array_reads_nothing():
    lazy = Counting(DATA)
    assert all(hasattr(lazy, name) for name in ("mean", "astype", "copy", "transpose"))
    assert len({lazy: 1, Counting(DATA): 2}) == 2  # as keys they are themselves
    assert lazy.boxes == []
    assert lazy.sum() == DATA.sum()
    assert lazy.asked == DATA.size


def test_arrays_in_files_are_not_changed_in_place():
    lazy: Any = IMAGES["file"].dataobj
    with pytest.raises(TypeError, match="return arrays must be of ArrayType"):
        lazy += 1
    with pytest.raises(TypeError, match="does not support item assignment"):
        lazy[0] = 1
    assert not hasattr(lazy, "sort")
