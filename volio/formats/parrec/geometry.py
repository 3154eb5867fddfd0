"""The affine of the slices of Philips scans, and the axes of their diffusion gradients.

Angles, offsets and gradients of the files are in the scanner's axes ap, fh, rl, which are
posterior, superior, left (PSL+ mm).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from volio.errors import UsageError
from volio.formats.parrec.parse import PARRECError
from volio.images.headers.shape_checks import check_finite
from volio.space.affines import Affine, anchored_affine
from volio.space.eulerangles import euler2mat

__all__ = ["ACQ_TO_PSL", "NEAR", "PSL_TO_RAS", "affine_of_slices", "slice_step"]

#: How far slices may be from their places, as a part of the distance between them.
NEAR = 0.1

#: Posterior, superior, left to right, anterior, superior; shape (4, 4).
PSL_TO_RAS = np.array([[0, 0, -1, 0], [-1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 1]])

#: Columns, rows and slices of each slice orientation to PSL; shape (4, 4).
ACQ_TO_PSL: dict[str, NDArray[np.int_]] = {
    "transverse": np.array([[0, 1, 0, 0], [0, 0, 1, 0], [1, 0, 0, 0], [0, 0, 0, 1]]),
    "sagittal": np.diag([1, -1, -1, 1]),
    "coronal": np.array([[0, 0, 1, 0], [0, -1, 0, 0], [1, 0, 0, 0], [0, 0, 0, 1]]),
}


def _axes_of_slices(orientation: str, angulation: ArrayLike) -> NDArray[np.float64]:
    """Return columns, rows and slices of slices at angles to PSL, shape (3, 3)."""
    ap, fh, rl = np.deg2rad(angulation)
    rotation = euler2mat(z=rl) @ euler2mat(x=ap) @ euler2mat(y=fh)
    return np.asarray(rotation @ ACQ_TO_PSL[orientation][:3, :3], np.float64)


def slice_step(positions: NDArray[np.float64], orientation: str, angulation: ArrayLike) -> float:
    """Return the distance from slice to slice by their positions, mm.

    Parameters
    ----------
    positions : (slices, 3) array
        Centre of each slice along ap, fh, rl, mm.
    orientation, angulation
        As for `affine_of_slices`.

    Returns
    -------
    float
        Negative where the slices run against the third axis of their orientation; NaN where the
        positions are not on that axis at equal steps.
    """
    is_known = np.isfinite(positions).all() and np.isfinite(angulation).all()
    if len(positions) < 2 or not is_known:
        return np.nan
    through = _axes_of_slices(orientation, angulation)[:, 2]  # of length 1
    whole = positions[-1] - positions[0]
    step = float(whole @ through) / (len(positions) - 1)
    # How far each step from slice to slice is from being that one, mm along ap, fh, rl.
    errors = np.abs(np.diff(positions, axis=0) - step * through)
    return step if errors.max() < NEAR * abs(step) else np.nan


def affine_of_slices(
    shape: Sequence[int],
    zooms: Sequence[float],
    orientation: str,
    angulation: ArrayLike,
    off_center: ArrayLike,
    origin: str = "scanner",
) -> Affine:
    """Return voxel indices to RAS+ mm, shape (4, 4).

    Parameters
    ----------
    shape, zooms : sequence of three numbers
    orientation : str
        A key of `ACQ_TO_PSL`.
    angulation : array-like, shape (3,)
        Degrees about ap, fh, rl.
    off_center : array-like, shape (3,)
        Centre of the volume along ap, fh, rl, mm.
    origin : {'scanner', 'fov'}
        Whether 0 is the isocentre or the centre of the volume.

    Raises
    ------
    PARRECError
        If angles or offsets are not finite.
    UsageError
        For another origin.
    """
    check_finite("angulation, off_center", angulation, off_center, error=PARRECError)
    if origin not in ("scanner", "fov"):
        raise UsageError(f"origin: must be 'scanner' or 'fov', got {origin!r}")
    matrix = _axes_of_slices(orientation, angulation) * zooms[:3]
    middle = (np.array(shape[:3]) - 1) / 2
    centre = off_center if origin == "scanner" else (0, 0, 0)
    return np.asarray(PSL_TO_RAS @ anchored_affine(matrix, middle, centre), np.float64)
