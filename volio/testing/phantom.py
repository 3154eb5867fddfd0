"""A head to try things on: drawn from ellipsoids, scanned at an angle.

`head` gives what a T1-weighted scan of a head looks like to software: int16 voxels, thick
slices, an oblique affine, a smooth bias field, noise, and a capsule at the right temple that shows
whether left and right were exchanged. With frames, part of the grey matter at the back rises and
falls slowly, as in a measurement of brain activity.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from volio.space.affines import anchored_affine

__all__ = ["head"]

FIELD_OF_VIEW = (192.0, 224.0, 216.0)  # mm, left-right, back-front, foot-head
ANGLES = (12.0, -4.0, 7.0)  # degrees about the x, y and z axes of the scanner
CENTRE = (3.5, 14.0, -21.0)  # scanner RAS+ mm of the middle of the grid
NOISE = 14.0
FRAME_SECONDS = 2.0
CYCLE_SECONDS = 40.0
MODULATION = 0.05  # of the signal, at the peak

Points = list[NDArray[np.float32]]  # x (right), y (front), z (up), mm; broadcastable


class Ellipsoid(NamedTuple):
    """One tissue: its position in the head (mm right, front, up) and how bright it is."""

    centre: tuple[float, float, float]
    radii: tuple[float, float, float]
    signal: float


SCALP = 820.0
SKULL = 70.0
FLUID = 210.0
GREY = 560.0
WHITE = 900.0
EYE = 300.0

OUTSIDE = (  # painted in this order, each over the ones before
    Ellipsoid((0, 24, -58), (58, 66, 62), 480.0),  # face and neck
    Ellipsoid((0, 20, -58), (40, 40, 66), 380.0),  # muscle
    Ellipsoid((0, 92, -36), (12, 17, 16), 600.0),  # nose
    Ellipsoid((0, 0, 12), (79, 98, 86), SCALP),
    Ellipsoid((0, 0, 12), (74, 93, 81), SKULL),
    Ellipsoid((0, 0, 12), (69, 87, 76), FLUID),
    Ellipsoid((0, -16, -72), (14, 18, 44), 520.0),  # spine
    Ellipsoid((0, 76, -40), (10, 18, 14), 20.0),  # air in the nose
    Ellipsoid((0, 44, -62), (9, 12, 9), 20.0),  # air in the throat
    Ellipsoid((-32, 76, -20), (13, 13, 13), EYE),
    Ellipsoid((32, 76, -20), (13, 13, 13), EYE),
    Ellipsoid((82, 22, 4), (5, 8, 8), 1050.0),  # capsule at the right temple
)
CEREBELLUM = Ellipsoid((0, -44, -30), (46, 26, 20), GREY)
CEREBRUM = Ellipsoid((0, 0, 18), (67, 85, 68), GREY)
CALLOSUM = Ellipsoid((0, 4, 26), (12, 42, 17), WHITE)
INSIDE = (
    Ellipsoid((0, -16, -34), (12, 13, 36), 780.0),  # brain stem
    Ellipsoid((-14, 2, 8), (9, 14, 10), 640.0),  # thalamus and basal ganglia
    Ellipsoid((14, 2, 8), (9, 14, 10), 640.0),
    Ellipsoid((-9, 4, 26), (6, 31, 9), FLUID),  # lateral ventricles
    Ellipsoid((9, 4, 26), (6, 31, 9), FLUID),
    Ellipsoid((-21, -26, 14), (6, 12, 12), FLUID),
    Ellipsoid((21, -26, 14), (6, 12, 12), FLUID),
    Ellipsoid((0, 2, 10), (3.5, 14, 8), FLUID),  # third ventricle
    Ellipsoid((0, -32, -28), (6, 6, 9), FLUID),  # fourth ventricle
)
ACTIVE = Ellipsoid((0, -72, 10), (28, 22, 24), 0.0)  # the back of the cortex


def head(
    shape: tuple[int, int, int] = (96, 112, 48), frames: int | None = None, seed: int = 0
) -> tuple[NDArray[np.int16], NDArray[np.float64]]:
    """Make a phantom head.

    Parameters
    ----------
    shape : tuple of 3 int
        Voxels along the first three axes, which run to the subject's left, front and head. The
        field of view stays the same, so that fewer voxels are larger ones.
    frames : int, optional
        Number of volumes, 2 s apart, along a fourth axis. Without it the array has three axes.
    seed : int
        Of the noise. Equal arguments give equal arrays.

    Returns
    -------
    array : ndarray of int16
        Shape `shape`, or ``(*shape, frames)``.
    affine : ndarray of float64, shape (4, 4)
        From voxel indices to scanner RAS+ mm; oblique, with anisotropic voxels.

    Examples
    --------
    >>> array, affine = head((24, 28, 12))
    >>> array.shape, array.dtype.name
    ((24, 28, 12), 'int16')
    """
    points = _points(shape)
    random = np.random.default_rng(seed)
    clean = _tissue(points) * _bias(points)
    if frames is None:
        return _measured(clean, random), _affine(shape)
    return _series(clean, points, frames, random), _affine(shape)


def _series(
    clean: NDArray[np.float32], points: Points, frames: int, random: np.random.Generator
) -> NDArray[np.int16]:
    """Return volumes of which the active part of the grey matter changes its brightness."""
    array = np.empty((*clean.shape, frames), np.int16, order="F")
    grey = (clean > 1.5 * FLUID) & (clean < 0.8 * WHITE)
    active = clean * (_inside(ACTIVE, points) & grey)
    for frame in range(frames):
        phase = 2 * np.pi * frame * FRAME_SECONDS / CYCLE_SECONDS
        array[..., frame] = _measured(clean + MODULATION * np.sin(phase) * active, random)
    return array


def _voxel_sizes(shape: tuple[int, int, int]) -> NDArray[np.float64]:
    """Sizes in mm along the three axes."""
    return np.asarray(FIELD_OF_VIEW) / shape


def _points(shape: tuple[int, int, int]) -> Points:
    """Place of the voxel centres in the head: x (right), y (front), z (up), mm."""
    axes = [
        ((np.arange(n) - (n - 1) / 2) * size).astype(np.float32)
        for n, size in zip(shape, _voxel_sizes(shape), strict=True)
    ]
    axes[0] = -axes[0]
    return list(np.meshgrid(*axes, indexing="ij", sparse=True))


def _affine(shape: tuple[int, int, int]) -> NDArray[np.float64]:
    """Voxel indices to scanner RAS+ mm: voxel sizes, first axis to the left, then the tilt."""
    turns = [_rotation(axis, np.deg2rad(degrees)) for axis, degrees in enumerate(ANGLES)]
    matrix = np.linalg.multi_dot(turns) * _voxel_sizes(shape) * (-1, 1, 1)
    middle = (np.asarray(shape) - 1) / 2
    return anchored_affine(matrix, middle, CENTRE)


def _rotation(axis: int, angle: float) -> NDArray[np.float64]:
    """Right-handed rotation about one axis, angle in radians."""
    matrix = np.eye(3)
    first = (axis + 1) % 3
    second = (axis + 2) % 3
    matrix[first, first] = matrix[second, second] = np.cos(angle)
    matrix[second, first] = np.sin(angle)
    matrix[first, second] = -np.sin(angle)
    return matrix


def _depth(shape: Ellipsoid, points: Points) -> NDArray[np.float32]:
    """Squared distance from the centre, 1 on the surface."""
    terms = [
        ((axis - centre) / radius) ** 2
        for axis, centre, radius in zip(points, shape.centre, shape.radii, strict=True)
    ]
    total: NDArray[np.float32] = terms[0] + terms[1] + terms[2]
    return total


def _inside(shape: Ellipsoid, points: Points) -> NDArray[np.bool_]:
    return _depth(shape, points) < 1


def _tissue(points: Points) -> NDArray[np.float32]:
    """Signal of every voxel, without bias and noise."""
    signal = np.full([axis.size for axis in points], 4, np.float32)
    for part in OUTSIDE:
        signal[_inside(part, points)] = part.signal
    _paint_folded(signal, CEREBRUM, points, period=4.6)
    _paint_midline(signal, points)
    _paint_folded(signal, CEREBELLUM, points, period=2.2)
    for part in INSIDE:
        signal[_inside(part, points)] = part.signal
    return signal


def _paint_folded(
    signal: NDArray[np.float32], part: Ellipsoid, points: Points, period: float
) -> None:
    """Paint grey matter folded over white matter, with fluid in the furrows."""
    depth = _depth(part, points)
    folds = _folds(points, period)
    inside = depth < 1
    signal[inside] = GREY
    signal[inside & (folds > 0.9 * (2.2 - depth)) & (depth > 0.55)] = FLUID
    signal[depth + 0.13 * folds < 0.68] = WHITE


def _folds(points: Points, period: float) -> NDArray[np.float32]:
    """Bumps between -2 and 2 without a preferred direction."""
    x, y, z = (axis / np.float32(period) for axis in points)
    bumps: NDArray[np.float32] = np.sin(x + 0.6 * z) * np.cos(y - 0.4 * x) + np.sin(
        z + 0.7 * y
    ) * np.cos(x - 0.3 * y)
    return bumps


def _paint_midline(signal: NDArray[np.float32], points: Points) -> None:
    """Part the halves of the cerebrum: grey matter, a gap of fluid, white matter below."""
    x, _, z = points
    above = _inside(CEREBRUM, points) & (z > 8)
    near = above & (np.abs(x) < 5)
    furrows = _folds(points, 4.6) > 1.1
    signal[near] = GREY
    signal[near & furrows] = FLUID
    signal[above & (np.abs(x - 1) < 1.1)] = FLUID
    signal[_inside(CALLOSUM, points)] = CALLOSUM.signal


def _bias(points: Points) -> NDArray[np.float32]:
    """Sensitivity of the coil: brighter near it, at the front right."""
    x, y, z = points
    bias: NDArray[np.float32] = 1 + 0.0011 * x + 0.0009 * y - 0.0006 * z
    return bias


def _measured(clean: NDArray[np.float32], random: np.random.Generator) -> NDArray[np.int16]:
    """Magnitude of a complex signal with noise in both parts, rounded."""
    real = clean + NOISE * random.standard_normal(clean.shape, dtype=np.float32)
    imaginary = NOISE * random.standard_normal(clean.shape, dtype=np.float32)
    voxels: NDArray[np.int16] = np.rint(np.hypot(real, imaginary)).astype(np.int16)
    return voxels
