"""Diffusion gradients of volumes: b-values, and directions in the frames that files use.

Headers hand over directions in scanner RAS+ alone; the frames of files are made on reading and
writing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import ArrayLike

from volio.arrays.dtypes import Floats
from volio.space.affines import check_affine, directions
from volio.space.rotations import nearest_rotation

__all__ = ["Gradient", "Gradients", "same_gradients", "unit_vectors"]

#: Direction of a diffusion gradient in scanner RAS+, x, y and z, and its b-value, s/mm².
Gradient = tuple[float, float, float, float]


class Gradients(NamedTuple):
    """The diffusion gradient of each volume.

    Parameters
    ----------
    bvals : ndarray, shape (volumes,)
        b-values, s/mm².
    scanner : ndarray, shape (volumes, 3)
        Unit vectors in scanner RAS+; zeros for volumes without one.
    """

    bvals: Floats
    scanner: Floats

    @classmethod
    def from_vectors(cls, vectors: ArrayLike, bvals: ArrayLike, frame: ArrayLike) -> Self:
        """Return gradients from vectors of any length in a frame of their own.

        Parameters
        ----------
        vectors : array-like, shape (volumes, 3)
        bvals : array-like, shape (volumes,)
            s/mm².
        frame : array-like, shape (3, 3)
            From the vectors' frame to scanner RAS+.
        """
        turned = np.asarray(vectors, np.float64) @ np.asarray(frame, np.float64).T
        return cls(np.asarray(bvals, np.float64), unit_vectors(turned))

    @classmethod
    def from_bvecs(cls, bvecs: ArrayLike, bvals: ArrayLike, affine: ArrayLike) -> Self:
        """Return gradients from vectors as FSL's .bvec files have them.

        Parameters
        ----------
        bvecs : array-like, shape (volumes, 3)
            Along the voxel axes, by FSL's rule of signs: the first component is reversed where
            the affine has a positive determinant.
        bvals : array-like, shape (volumes,)
            s/mm².
        affine : array-like, shape (4, 4)
            Of the image, voxel indices to scanner RAS+ mm.
        """
        return cls.from_vectors(bvecs, bvals, _frame_of_bvecs(affine))

    @classmethod
    def from_rows(cls, rows: Iterable[Sequence[float]]) -> Self:
        """Return gradients from rows of x, y, z (scanner RAS+) and b-value (s/mm²)."""
        table = np.array([*rows], np.float64).reshape(-1, 4)
        return cls(table[:, 3], table[:, :3])

    def rows(self) -> tuple[Gradient, ...]:
        """Return x, y, z and b-value of each volume, as `Metadata.gradients` has them."""
        table = np.column_stack([self.scanner, self.bvals]).tolist()
        return tuple((x, y, z, b) for x, y, z, b in table)

    def bvecs(self, affine: ArrayLike) -> Floats:
        """Return directions as FSL's .bvec file of an image has them; see `from_bvecs`.

        Returns
        -------
        ndarray, shape (volumes, 3)
        """
        return self.scanner @ _frame_of_bvecs(affine)


def unit_vectors(vectors: ArrayLike) -> Floats:
    """Return vectors, shape (n, 3), with length 1; those of length 0 stay so."""
    given = np.asarray(vectors, np.float64)
    lengths = np.linalg.norm(given, axis=1, keepdims=True)
    return given / np.where(lengths > 0, lengths, 1) + 0.0  # no negative zeros


def same_gradients(one: Sequence[Gradient], other: Sequence[Gradient]) -> bool:
    """Return whether gradients agree to 0.001; where b is 0 directions do not count."""
    if len(one) != len(other):
        return False
    return np.allclose(_table(one), _table(other), rtol=1e-3, atol=1e-6, equal_nan=True)


def _table(rows: Sequence[Gradient]) -> Floats:
    """Return b-values, and directions where b is not 0, shape (volumes, 4)."""
    bvals, scanner = Gradients.from_rows(rows)
    return np.column_stack([bvals, np.where(bvals[:, np.newaxis] == 0, 0.0, scanner)])


def _frame_of_bvecs(affine: ArrayLike) -> Floats:
    """Return the matrix from FSL's gradient vectors to scanner RAS+, shape (3, 3)."""
    # Sheared voxel axes have no right angles; the nearest rotation or reflection has.
    axes: Floats = nearest_rotation(directions(check_affine(affine)))
    return axes * [-1 if np.linalg.det(axes) > 0 else 1, 1, 1]
