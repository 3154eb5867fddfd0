"""Where a layer lies: affines of any number of axes, made of parts or as a matrix, and extents."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from volio.display.base.choices import as_numbers
from volio.errors import UsageError
from volio.space.affines import apply_affine, from_matvec, to_matvec
from volio.space.transforms import invert

__all__ = ["Affine", "Extent", "box_of", "direction", "padded"]

Matrix = NDArray[np.float64]


class Extent(NamedTuple):
    """How far a layer reaches.

    Parameters
    ----------
    data : (2, n) array
        First and last voxel.
    world : (2, n) array
        The box in world coordinates around them.
    step : (n,) array
        Voxel sizes in world units.

    Examples
    --------
    >>> voxels = np.random.default_rng(0).integers(0, 200, (8, 9, 10)).astype(np.int16)
    >>> img = volio.Nifti1Image(voxels, np.eye(4))
    >>> extent = volio.ImageLayer.from_image(img).extent
    >>> extent.world.shape
    (2, 3)
    """

    data: Matrix
    world: Matrix
    step: Matrix


class Affine:
    """An affine of n axes: ``rotate @ shear @ diag(scale) @ point + translate``.

    Parameters
    ----------
    ndim : int
        Number of axes; parts that say less are about the last axes.
    scale : number or (m,) array-like, optional
        None of them 0.
    translate : number or (m,) array-like, optional
    rotate : number, (3,) or (m, m) array-like, optional
        Degrees in the plane of the last two axes; three angles in degrees, in the planes of axes
        (0, 1), (2, 0) and (1, 2) of the last three, applied from the last to the first; or a
        matrix.
    shear : (m (m - 1) / 2,) or (m, m) array-like, optional
        What is above the diagonal of an upper triangular matrix, row by row; or a triangular
        matrix.
    matrix : (m + 1, m + 1) array-like, optional
        All of it in one; instead of the others.

    Raises
    ------
    UsageError
        If a part has the wrong shape or takes away an axis.
    AffineError
        If `matrix` cannot be inverted.

    Examples
    --------
    >>> affine = volio.display.Affine(2, scale=(2, 3), translate=(10, 0))
    >>> affine((1, 1))
    array([12.,  3.])
    """

    def __init__(
        self,
        ndim: int,
        scale: Any = None,
        translate: Any = None,
        rotate: Any = None,
        shear: Any = None,
        matrix: Any = None,
    ) -> None:
        self.ndim = ndim
        self._lower = False
        if matrix is not None:
            self.affine_matrix = _grown(_homogeneous(matrix), ndim)
            return
        sheared = _shear(shear, ndim)
        self._lower = bool(np.tril(sheared, -1).any())
        sizes = _scale(scale, ndim)
        linear = _rotation(rotate, ndim) @ sheared @ np.diag(sizes)
        self.affine_matrix = from_matvec(linear, padded("translate", translate, ndim, 0.0))
        if not self._lower:  # as they were given: the decomposition may turn signs
            self.__dict__["_parts"] = (_rotation(rotate, ndim), sizes, sheared)

    @cached_property
    def inverse_matrix(self) -> Matrix:
        """The way back, (n+1, n+1)."""
        return invert(self.affine_matrix)

    @cached_property
    def _parts(self) -> tuple[Matrix, Matrix, Matrix]:
        return decompose(self.linear_matrix, self._lower)

    @property
    def linear_matrix(self) -> Matrix:
        """The matrix without the translation, (n, n)."""
        return to_matvec(self.affine_matrix)[0]

    @property
    def rotate(self) -> Matrix:
        """The rotation, a matrix (n, n)."""
        return self._parts[0]

    @property
    def scale(self) -> Matrix:
        """The scale of each axis, (n,)."""
        return self._parts[1]

    @property
    def shear(self) -> Matrix:
        """What is above the diagonal, row by row; the matrix (n, n) of a lower triangular one."""
        sheared = self._parts[2]
        return sheared if self._lower else sheared[np.triu_indices(self.ndim, 1)]

    @property
    def translate(self) -> Matrix:
        """The translation, (n,)."""
        return to_matvec(self.affine_matrix)[1]

    def replaced(self, **part: Any) -> Affine:
        """Return this affine with one of its parts replaced."""
        parts = {name: getattr(self, name) for name in ("scale", "translate", "rotate", "shear")}
        return Affine(self.ndim, **{**parts, **part})

    def resized(self, ndim: int) -> Affine:
        """Return the affine for another number of axes: leading ones are added or left out."""
        if ndim == self.ndim:
            return self
        if ndim > self.ndim:
            return Affine(ndim, matrix=self.affine_matrix)
        first = self.ndim - ndim
        return Affine(ndim, matrix=self.affine_matrix[first:, first:])

    @property
    def inverse(self) -> Affine:
        """The way back."""
        return Affine(self.ndim, matrix=self.inverse_matrix)

    def __call__(self, points: ArrayLike) -> Matrix:
        """Map points (..., n)."""
        return apply_affine(self.affine_matrix, np.asarray(points, np.float64))

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        return np.array(self.affine_matrix, dtype)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Affine) and np.array_equal(self.affine_matrix, other.affine_matrix)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Affine({self.affine_matrix.tolist()})"


def padded(name: str, values: Any, ndim: int, fill: float) -> Matrix:
    """Return numbers for n axes: missing ones lead and get a value, one too many is an error.

    Raises
    ------
    UsageError
        If they are no finite numbers, or too many.
    """
    given = np.atleast_1d(as_numbers(name, () if values is None else values))
    if given.ndim != 1 or given.size > ndim or not np.isfinite(given).all():
        raise UsageError(f"{name}: must be at most {ndim} finite numbers, got {values!r}")
    return np.concatenate([np.full(ndim - given.size, fill), given])


def decompose(linear: Matrix, lower: bool = False) -> tuple[Matrix, Matrix, Matrix]:
    """Split a matrix into rotation, scale and a triangular shear with 1 on its diagonal.

    Parameters
    ----------
    linear : (n, n) array
    lower : bool
        Whether the shear is lower triangular.

    Returns
    -------
    rotate : (n, n) array
        Orthogonal; with a reflection if `linear` has one.
    scale : (n,) array
        Positive, but where `linear` is diagonal: then its diagonal, and no rotation.
    shear : (n, n) array
    """
    along = np.diag(linear)
    if np.array_equal(linear, np.diag(along)):  # no turn: flips are in the scale
        return np.eye(len(linear)), along.copy(), np.eye(len(linear))
    turn = slice(None, None, -1) if lower else slice(None)
    # With the axes in reverse order a lower triangular factor is an upper one.
    rotate, upper = np.linalg.qr(linear[turn, turn])
    signs = np.where(np.diag(upper) < 0, -1.0, 1.0)
    rotate, upper = (rotate * signs)[turn, turn], (upper * signs[:, None])[turn, turn]
    scale = np.diag(upper).copy()
    return rotate, scale, upper / scale


def box_of(matrix: Matrix, low: ArrayLike, high: ArrayLike) -> Matrix:
    """Return the box (2, n) around a box that an affine maps."""
    first, last = np.asarray(low, np.float64), np.asarray(high, np.float64)
    centre = apply_affine(matrix, (first + last) / 2)
    half = np.abs(to_matvec(matrix)[0]) @ ((last - first) / 2)
    return np.array([centre - half, centre + half])


def direction(matrix: Matrix, vector: ArrayLike) -> Matrix:
    """Return a direction (n,) that an affine maps, with length 1.

    Raises
    ------
    UsageError
        If it has no length.
    """
    mapped = to_matvec(matrix)[0] @ np.asarray(vector, np.float64)
    length = np.linalg.norm(mapped)
    if not length > 0:
        raise UsageError(f"direction: {np.asarray(vector).tolist()} has no length")
    unit: Matrix = mapped / length
    return unit


def _homogeneous(matrix: Any) -> Matrix:
    given = getattr(matrix, "affine_matrix", matrix)
    if isinstance(given, str | dict) or not isinstance(given, Sequence | np.ndarray):
        raise TypeError(f"affine: must be a matrix or an Affine, got {type(matrix).__name__}")
    square = as_numbers("affine", given)
    if square.ndim != 2 or square.shape[0] != square.shape[1] or square.shape[0] < 2:
        raise UsageError(f"affine: must be a square (n+1, n+1) matrix, got {square.shape}")
    last = np.zeros(len(square))
    last[-1] = 1
    if not np.isfinite(square).all() or not np.allclose(square[-1], last, rtol=0, atol=1e-8):
        raise UsageError(f"affine: must be finite with {last.tolist()} last, got {given!r}")
    return square


def _grown(square: Matrix, ndim: int) -> Matrix:
    missing = ndim + 1 - len(square)
    if missing < 0:
        raise UsageError(f"affine: is for {len(square) - 1} axes, the layer has {ndim}")
    whole = _last_axes(square, ndim + 1)
    invert(whole)  # a direction that is lost is told now
    return whole


def _last_axes(part: Matrix, size: int) -> Matrix:
    """Return a matrix that does something with the last axes and nothing with those before."""
    whole = np.eye(size)
    whole[size - len(part) :, size - len(part) :] = part
    return whole


def _scale(scale: Any, ndim: int) -> Matrix:
    sizes = padded("scale", scale, ndim, 1.0)
    if not sizes.all():
        raise UsageError(f"scale: must not be 0, got {sizes.tolist()}")
    return sizes


def _rotation(rotate: Any, ndim: int) -> Matrix:
    if rotate is None:
        return np.eye(ndim)
    given = as_numbers("rotate", rotate)
    if given.ndim == 0 or given.shape == (1,):
        part = _turn(2, 0, 1, float(given.ravel()[0]))
    elif given.shape == (3,):
        first, second, third = given
        # The middle angle turns the last axis towards the first.
        part = _turn(3, 0, 1, first) @ _turn(3, 0, 2, -second) @ _turn(3, 1, 2, third)
    elif given.ndim == 2 and given.shape[0] == given.shape[1]:
        part = given
    else:
        raise UsageError(f"rotate: must be an angle, three, or a matrix, got shape {given.shape}")
    if len(part) > ndim or not np.isfinite(part).all():
        raise UsageError(f"rotate: does not fit {ndim} axes: {given.tolist()}")
    return _last_axes(part, ndim)


def _turn(size: int, one: int, other: int, degrees: float) -> Matrix:
    cosine, sine = np.cos(np.deg2rad(degrees)), np.sin(np.deg2rad(degrees))
    matrix = np.eye(size)
    matrix[one, one] = matrix[other, other] = cosine
    matrix[one, other], matrix[other, one] = -sine, sine
    return matrix


def _shear(shear: Any, ndim: int) -> Matrix:
    if shear is None:
        return np.eye(ndim)
    given = as_numbers("shear", shear)
    sizes = {len(list(combinations(range(n), 2))): n for n in range(2, ndim + 1)}
    if given.ndim == 1 and given.size in sizes:
        part = np.eye(sizes[given.size])
        part[np.triu_indices(len(part), 1)] = given
    elif given.ndim == 2 and given.shape[0] == given.shape[1] <= ndim:
        part = given
    else:
        raise UsageError(
            f"shear: must be {ndim * (ndim - 1) // 2} numbers or a triangular matrix, got "
            f"{given.tolist()}"
        )
    if np.tril(part, -1).any() and np.triu(part, 1).any():
        raise UsageError(f"shear: must be triangular, got {given.tolist()}")
    return _last_axes(part, ndim)
