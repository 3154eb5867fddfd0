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
from volio.space.affines import Affine, anchored_affine
from volio.space.eulerangles import euler2mat

__all__ = ["ACQ_TO_PSL", "PSL_TO_RAS", "affine_of_slices"]

#: Posterior, superior, left to right, anterior, superior; shape (4, 4).
PSL_TO_RAS = np.array([[0, 0, -1, 0], [-1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 1]])

#: Columns, rows and slices of each slice orientation to PSL; shape (4, 4).
ACQ_TO_PSL: dict[str, NDArray[np.int_]] = {
    "transverse": np.array([[0, 1, 0, 0], [0, 0, 1, 0], [1, 0, 0, 0], [0, 0, 0, 1]]),
    "sagittal": np.diag([1, -1, -1, 1]),
    "coronal": np.array([[0, 0, 1, 0], [0, -1, 0, 0], [1, 0, 0, 0], [0, 0, 0, 1]]),
}


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
    if not (np.isfinite(angulation).all() and np.isfinite(off_center).all()):
        found = f"got {angulation!r}, {off_center!r}"
        raise PARRECError(f"angulation, off_center: must be stated and finite, {found}")
    if origin not in ("scanner", "fov"):
        raise UsageError(f"origin: must be 'scanner' or 'fov', got {origin!r}")
    ap, fh, rl = np.deg2rad(angulation)
    rotation = euler2mat(z=rl) @ euler2mat(x=ap) @ euler2mat(y=fh)
    matrix = rotation @ ACQ_TO_PSL[orientation][:3, :3] * zooms[:3]
    middle = (np.array(shape[:3]) - 1) / 2
    centre = off_center if origin == "scanner" else (0, 0, 0)
    return np.asarray(PSL_TO_RAS @ anchored_affine(matrix, middle, centre), np.float64)
