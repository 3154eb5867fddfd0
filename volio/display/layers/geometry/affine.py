"""Affines of any number of axes, made of components or as a matrix, and extents."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from volio.cached import cached_property
from volio.display.base.choices import as_numbers
from volio.errors import UsageError, UsageTypeError
from volio.space.affines import apply_affine, from_matvec, to_matvec
from volio.space.transforms import invert

__all__ = ["Affine", "Extent", "box_of", "direction", "padded"]

Matrix = NDArray[np.float64]

COMPONENTS = ("scale", "translate", "rotate", "shear")
#: Difference from 0 and 1 of the last row of an affine.
ROUNDING = 1e-8


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
        Number of axes; shorter components are about the last axes.
    scale : number or (m,) array-like, optional
        None of them 0.
    translate : number or (m,) array-like, optional
    rotate : number, (3,) or (m, m) array-like, optional
        Degrees in the plane of the last two axes; three angles in degrees, in the planes of axes
        (0, 1), (2, 0) and (1, 2) of the last three, applied from the last to the first; or a
        matrix.
    shear : (m (m - 1) / 2,) or (m, m) array-like, optional
        The numbers above the diagonal of an upper triangular matrix, row by row; or a
        triangular matrix.
    matrix : (m + 1, m + 1) array-like, optional
        All of it in one; instead of the others.

    Raises
    ------
    UsageError
        If a component has the wrong shape or takes away an axis.
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
        scale: ArrayLike | None = None,
        translate: ArrayLike | None = None,
        rotate: ArrayLike | None = None,
        shear: ArrayLike | None = None,
        matrix: ArrayLike | None = None,
    ) -> None:
        self.ndim = ndim
        #: Whether the shear is lower triangular.
        self._lower = False
        if matrix is not None:
            self.affine_matrix = _with_leading_axes(_homogeneous(matrix), ndim)
            return
        rotation = _rotation(rotate, ndim)
        sheared = _shear(shear, ndim)
        sizes = _scale(scale, ndim)
        linear = rotation @ sheared @ np.diag(sizes)
        self.affine_matrix = from_matvec(linear, padded("translate", translate, ndim, 0.0))
        self._lower = bool(np.tril(sheared, -1).any())
        if not self._lower:  # as they were given: the decomposition may change signs
            self.__dict__["_components"] = (rotation, sizes, sheared)

    @cached_property
    def inverse_matrix(self) -> Matrix:
        """The inverse matrix, (n+1, n+1)."""
        return invert(self.affine_matrix)

    @cached_property
    def _components(self) -> tuple[Matrix, Matrix, Matrix]:
        return decompose(self.linear_matrix, self._lower)

    @property
    def linear_matrix(self) -> Matrix:
        """The matrix without the translation, (n, n)."""
        return to_matvec(self.affine_matrix)[0]

    @property
    def rotate(self) -> Matrix:
        """The rotation, a matrix (n, n)."""
        return self._components[0]

    @property
    def scale(self) -> Matrix:
        """The scale of each axis, (n,)."""
        return self._components[1]

    @property
    def shear(self) -> Matrix:
        """The shear above the diagonal, row by row; the matrix (n, n) of a lower triangular one."""
        sheared = self._components[2]
        return sheared if self._lower else sheared[np.triu_indices(self.ndim, 1)]

    @property
    def translate(self) -> Matrix:
        """The translation, (n,)."""
        return to_matvec(self.affine_matrix)[1]

    def replaced(self, **component: ArrayLike) -> Affine:
        """Return this affine with one of its components replaced."""
        kept = {name: getattr(self, name) for name in COMPONENTS}
        return Affine(self.ndim, **{**kept, **component})

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
        """The inverse affine."""
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
        If they are not finite numbers, or too many.
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
    diagonal = np.diag(linear)
    unchanged = np.eye(len(linear))
    if np.array_equal(linear, np.diag(diagonal)):  # without rotation: flips are in the scale
        return unchanged, diagonal.copy(), unchanged.copy()
    if not lower:
        return _decompose_upper(linear)
    # With the axes in reverse order a lower triangular factor is an upper one.
    rotate, scale, shear = _decompose_upper(linear[::-1, ::-1])
    return rotate[::-1, ::-1], scale[::-1], shear[::-1, ::-1]


def _decompose_upper(linear: Matrix) -> tuple[Matrix, Matrix, Matrix]:
    """Split a matrix into rotation, positive scale and an upper triangular shear."""
    rotate, upper = np.linalg.qr(linear)
    signs = np.where(np.diag(upper) < 0, -1.0, 1.0)
    upper = upper * signs[:, None]
    scale = np.diag(upper).copy()
    return rotate * signs, scale, upper / scale


def box_of(matrix: Matrix, low: ArrayLike, high: ArrayLike) -> Matrix:
    """Return the box (2, n) around a box that an affine maps."""
    first = np.asarray(low, np.float64)
    last = np.asarray(high, np.float64)
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
    """Return a square matrix with the last row of an affine."""
    given = getattr(matrix, "affine_matrix", matrix)
    if isinstance(given, str | dict) or not isinstance(given, Sequence | np.ndarray):
        raise UsageTypeError(f"affine: must be a matrix or an Affine, got {type(matrix).__name__}")
    square = as_numbers("affine", given)
    if square.ndim != 2 or square.shape[0] != square.shape[1] or square.shape[0] < 2:
        raise UsageError(f"affine: must be a square (n+1, n+1) matrix, got {square.shape}")
    _check_affine(square)
    return square


def _check_affine(square: Matrix) -> None:
    last_row = np.eye(len(square))[-1]
    is_affine = np.allclose(square[-1], last_row, rtol=0, atol=ROUNDING)
    if not is_affine or not np.isfinite(square).all():
        raise UsageError(
            f"affine: must be finite with {last_row.tolist()} last, got {square.tolist()}"
        )


def _with_leading_axes(square: Matrix, ndim: int) -> Matrix:
    """Return the affine of n axes that does what a smaller one does with the last axes."""
    if len(square) > ndim + 1:
        raise UsageError(f"affine: is for {len(square) - 1} axes, the layer has {ndim}")
    matrix = _last_axes(square, ndim + 1)
    invert(matrix)  # raises where a direction is lost
    return matrix


def _last_axes(block: Matrix, size: int) -> Matrix:
    """Return a matrix that does something with the last axes and nothing with those before."""
    first = size - len(block)
    matrix = np.eye(size)
    matrix[first:, first:] = block
    return matrix


def _scale(scale: Any, ndim: int) -> Matrix:
    sizes = padded("scale", scale, ndim, 1.0)
    if not sizes.all():
        raise UsageError(f"scale: must not be 0, got {sizes.tolist()}")
    return sizes


def _rotation(rotate: Any, ndim: int) -> Matrix:
    """Return the rotation of one or three angles in degrees, or of a matrix."""
    if rotate is None:
        return np.eye(ndim)
    given = as_numbers("rotate", rotate)
    rotation = _rotation_of_angles(given)
    if rotation is None:
        rotation = given
    if rotation.ndim != 2 or rotation.shape[0] != rotation.shape[1]:
        raise UsageError(f"rotate: must be an angle, three, or a matrix, got shape {given.shape}")
    if len(rotation) > ndim or not np.isfinite(rotation).all():
        raise UsageError(f"rotate: does not fit {ndim} axes: {given.tolist()}")
    return _last_axes(rotation, ndim)


def _rotation_of_angles(degrees: Matrix) -> Matrix | None:
    """Return the rotation of one or three angles; None for other numbers of them."""
    if degrees.shape in ((), (1,)):
        return _plane_rotation(2, 0, 1, float(degrees.ravel()[0]))
    if degrees.shape != (3,):
        return None
    first, second, third = degrees
    # The middle angle rotates the last axis towards the first.
    middle = _plane_rotation(3, 0, 2, -second)
    return _plane_rotation(3, 0, 1, first) @ middle @ _plane_rotation(3, 1, 2, third)


def _plane_rotation(size: int, one: int, other: int, degrees: float) -> Matrix:
    """Return the rotation in the plane of two axes."""
    radians = np.deg2rad(degrees)
    cosine = np.cos(radians)
    sine = np.sin(radians)
    matrix = np.eye(size)
    matrix[np.ix_([one, other], [one, other])] = [[cosine, -sine], [sine, cosine]]
    return matrix


def _shear(shear: Any, ndim: int) -> Matrix:
    """Return the triangular shear of the numbers above its diagonal, or of a matrix."""
    if shear is None:
        return np.eye(ndim)
    given = as_numbers("shear", shear)
    matrix = _upper_triangle(given, ndim) if given.ndim == 1 else given
    if matrix is None or matrix.ndim != 2 or not matrix.shape[0] == matrix.shape[1] <= ndim:
        raise UsageError(
            f"shear: must be {ndim * (ndim - 1) // 2} numbers or a triangular matrix, got "
            f"{given.tolist()}"
        )
    if np.tril(matrix, -1).any() and np.triu(matrix, 1).any():
        raise UsageError(f"shear: must be triangular, got {given.tolist()}")
    return _last_axes(matrix, ndim)


def _upper_triangle(numbers: Matrix, ndim: int) -> Matrix | None:
    """Return the matrix of at most n axes with these numbers above its diagonal, None if none."""
    for size in range(2, ndim + 1):
        above = np.triu_indices(size, 1)
        if len(above[0]) == numbers.size:
            matrix = np.eye(size)
            matrix[above] = numbers
            return matrix
    return None
