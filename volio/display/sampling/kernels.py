"""Interpolation: the weights of voxels at positions between them."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil, pi
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from volio.display.base.choices import INTERPOLATIONS
from volio.errors import UsageError

__all__ = ["CUSTOM", "NAMES", "NEAREST", "Taps", "checked_interpolation", "matrix", "taps"]

Floats = NDArray[np.float64]
NEAREST = "nearest"
LINEAR = "linear"
CUSTOM = "custom"
#: Weights below this are those of a kernel that crosses 0 there.
NO_WEIGHT = 1e-9


class Kernel(NamedTuple):
    """A kernel: its radius in voxels, and its value at distances from 0."""

    radius: float
    value: Callable[[Floats], Floats]


def _cubic(x: Floats) -> Floats:
    """Cubic B-spline."""
    return np.where(x < 1, (4 - 6 * x**2 + 3 * x**3) / 6, (2 - x) ** 3 / 6)


def _two_piece(x: Floats, b: float, c: float) -> Floats:
    """Mitchell and Netravali's family (Computer Graphics 22, 1988)."""
    near = (12 - 9 * b - 6 * c) * x**3 + (-18 + 12 * b + 6 * c) * x**2 + (6 - 2 * b)
    far = (-b - 6 * c) * x**3 + (6 * b + 30 * c) * x**2 - (12 * b + 48 * c) * x + 8 * b + 24 * c
    return np.where(x < 1, near, far) / 6


def _spline16(x: Floats) -> Floats:
    y = x - 1
    return np.where(x < 1, ((x - 9 / 5) * x - 1 / 5) * x + 1, ((-y / 3 + 4 / 5) * y - 7 / 15) * y)


def _spline36(x: Floats) -> Floats:
    y = x - 1
    z = x - 2
    near = ((13 / 11 * x - 453 / 209) * x - 3 / 209) * x + 1
    middle = ((-6 / 11 * y + 270 / 209) * y - 156 / 209) * y
    far = ((z / 11 - 45 / 209) * z + 26 / 209) * z
    return np.where(x < 1, near, np.where(x < 2, middle, far))


def _bessel(x: Floats) -> Floats:
    from scipy.special import j1

    safe = np.maximum(x, 1e-9)
    return np.asarray(np.where(x < 1e-9, pi / 4, j1(pi * safe) / (2 * safe)))


def _blackman(x: Floats) -> Floats:
    return np.sinc(x) * (0.42 + 0.5 * np.cos(pi * x / 4) + 0.08 * np.cos(pi * x / 2))


def _kaiser(x: Floats) -> Floats:
    return np.i0(6.33 * np.sqrt(np.maximum(1 - x**2, 0)))


KERNELS = {
    "bessel": Kernel(3.2383, _bessel),
    "blackman": Kernel(4, _blackman),
    "catrom": Kernel(2, lambda x: _two_piece(x, 0, 0.5)),
    "cubic": Kernel(2, _cubic),
    "gaussian": Kernel(2, lambda x: np.exp(-2 * x**2)),
    "hamming": Kernel(1, lambda x: 0.54 + 0.46 * np.cos(pi * x)),
    "hanning": Kernel(1, lambda x: 0.5 + 0.5 * np.cos(pi * x)),
    "hermite": Kernel(1, lambda x: (2 * x - 3) * x**2 + 1),
    "kaiser": Kernel(1, _kaiser),
    "lanczos": Kernel(4, lambda x: np.sinc(x) * np.sinc(x / 4)),
    "linear": Kernel(1, lambda x: 1 - x),
    "mitchell": Kernel(2, lambda x: _two_piece(x, 1 / 3, 1 / 3)),
    "spline16": Kernel(2, _spline16),
    "spline36": Kernel(3, _spline36),
}
#: Every name; those of matplotlib's imshow mean the same here, 'linear' and 'cubic' are its
#: 'bilinear' and 'bicubic'.
NAMES = INTERPOLATIONS


def checked_interpolation(name: str, custom: bool = True) -> str:
    """Return a name of an interpolation.

    Raises
    ------
    UsageError
        If there is none of this name.
    """
    names = [known for known in NAMES if custom or known != CUSTOM]
    if name not in names:
        raise UsageError(f"interpolation: must be one of {', '.join(names)}, got {name!r}")
    return name


class Taps(NamedTuple):
    """The voxels that count at positions along an axis, and their weights."""

    first: NDArray[np.intp]  # index of the first voxel
    weights: NDArray[np.float32]  # shape (taps, *positions)


def taps(positions: Floats, name: str) -> Taps:
    """Return the voxels that count at positions along one axis.

    Parameters
    ----------
    positions : ndarray
        Indices, voxel centres at integers.
    name : str
        Of `NAMES`, not 'custom'.

    Returns
    -------
    Taps
        Weights sum to 1. Voxels outside of the axis stand for the one at its end.
    """
    if name == NEAREST:
        nearest = np.floor(positions + 0.5).astype(np.intp)
        return Taps(nearest, np.ones((1, *positions.shape), np.float32))
    if name == LINEAR:
        first = np.floor(positions).astype(np.intp)
        share = (positions - first).astype(np.float32)
        return Taps(first, np.stack([1 - share, share]))
    return _kernel_taps(positions, KERNELS[checked_interpolation(name, custom=False)])


def _kernel_taps(positions: Floats, kernel: Kernel) -> Taps:
    reach = ceil(kernel.radius)
    # As many voxels before a position as after it: the last one before it is floor(position).
    first = np.floor(positions).astype(np.intp) + 1 - reach
    distance = np.abs(np.stack([positions - first - tap for tap in range(2 * reach)]))
    weights = np.where(distance < kernel.radius, kernel.value(distance), 0.0)
    weights[np.abs(weights) < NO_WEIGHT] = 0  # the sine of a multiple of pi is not quite 0
    return Taps(first, (weights / weights.sum(axis=0)).astype(np.float32))


def reach_of(name: str) -> int:
    """Return how many voxels beyond the nearest ones count."""
    return 0 if name == NEAREST else ceil(KERNELS[name].radius)


def matrix(positions: Floats, length: int, name: str) -> NDArray[np.float32]:
    """Return the weights of all voxels of an axis at positions, shape (positions, length)."""
    found = taps(positions, name)
    weights = np.zeros((len(positions), length), np.float32)
    rows = np.arange(len(positions))
    for tap, weight in enumerate(found.weights):
        # Voxels outside of the axis stand for the one at its end, which several may be.
        np.add.at(weights, (rows, np.clip(found.first + tap, 0, length - 1)), weight)
    return weights
