"""Hypothesis strategies: affines, shapes, voxels, images and indices to draw from."""

from __future__ import annotations

from itertools import permutations, product
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from hypothesis.strategies import DrawFn, SearchStrategy
from numpy.typing import DTypeLike, NDArray

from volio.space.affines import from_matvec
from volio.space.eulerangles import euler2mat

__all__ = [
    "affines",
    "basic_indices",
    "dtypes",
    "images",
    "orientations",
    "shapes",
    "slicings",
    "voxels",
]


@st.composite
def affines(draw: DrawFn, sheared: bool = True) -> NDArray[np.float64]:
    """Draw an invertible affine, far from singular.

    Parameters
    ----------
    sheared : bool
        Whether axes may be other than perpendicular.

    Returns
    -------
    ndarray, shape (4, 4)
        Rotated, with voxels of 0.1 to 10 mm, perhaps mirrored.
    """
    turn = euler2mat(*draw(_three(-np.pi, np.pi)))
    directions = [draw(st.sampled_from([1, -1])) for _ in range(3)]
    zooms = np.diag(np.multiply(draw(_three(0.1, 10)), directions))
    shear = np.eye(3)
    if sheared:
        shear[np.triu_indices(3, 1)] = draw(_three(-0.5, 0.5))
    return from_matvec(turn @ shear @ zooms, draw(_three(-200, 200)))


def _three(least: float, most: float) -> SearchStrategy[tuple[float, float, float]]:
    """Draw three numbers."""
    number = st.floats(least, most)
    return st.tuples(number, number, number)


def orientations() -> SearchStrategy[NDArray[np.float64]]:
    """Draw one of the 48 ways to reorder and flip three axes, shape (3, 2)."""
    return st.sampled_from(
        [
            np.column_stack([axes, flips]).astype(float)
            for axes in permutations(range(3))
            for flips in product((1, -1), repeat=3)
        ]
    )


def shapes(
    least_axes: int = 3, most_axes: int = 4, most: int = 6
) -> SearchStrategy[tuple[int, ...]]:
    """Draw the shape of a small image."""
    return st.lists(st.integers(1, most), min_size=least_axes, max_size=most_axes).map(tuple)


def dtypes(image_class: type[Any], kinds: str = "iufc") -> SearchStrategy[np.dtype[Any]]:
    """Draw a dtype that an image class stores, of one of these kinds."""
    supported = image_class.header_class.supported_dtypes()
    return st.sampled_from([dtype for dtype in supported if dtype.kind in kinds])


def voxels(shape: tuple[int, ...], dtype: DTypeLike) -> SearchStrategy[NDArray[Any]]:
    """Draw an array; floats are finite."""
    return npst.arrays(dtype, shape, elements=_elements(np.dtype(dtype)))


def _elements(dtype: np.dtype[Any]) -> SearchStrategy[Any]:
    if dtype.kind == "V":
        parts = [npst.from_dtype(dtype[name]) for name in dtype.names or ()]
        return st.tuples(*parts)
    native = dtype.newbyteorder("=")
    if dtype.kind in "fc":
        return npst.from_dtype(native, allow_nan=False, allow_infinity=False)
    return npst.from_dtype(native)


@st.composite
def images(draw: DrawFn, image_class: type[Any], sheared: bool = False, kinds: str = "iuf") -> Any:
    """Draw an image of a class, made from an array of a dtype that the class stores."""
    array = draw(voxels(draw(shapes()), draw(dtypes(image_class, kinds))))
    return image_class(array, draw(affines(sheared)))


def basic_indices(shape: tuple[int, ...]) -> SearchStrategy[Any]:
    """Draw an index of slices (any step), integers, Ellipsis and newaxis."""
    return npst.basic_indices(shape, allow_newaxis=True)


@st.composite
def slicings(draw: DrawFn, shape: tuple[int, ...]) -> tuple[slice, ...]:
    """Draw one slice for each axis, of any step, that leaves at least one index."""
    return tuple(draw(_slices(length)) for length in shape)


def _slices(length: int) -> SearchStrategy[slice]:
    return st.slices(length).filter(lambda part: len(range(*part.indices(length))) > 0)
