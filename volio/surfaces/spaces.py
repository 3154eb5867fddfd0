"""The spaces that vertices can be in, and moving vertices between them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from volio.errors import SpaceError, UsageError
from volio.images.kinds import check_kind
from volio.space.affines import apply_affine
from volio.space.volume_geometry import VolumeGeometry

__all__ = ["SPACES", "TEMPLATE", "check_space", "matrices_from", "matrix_between", "move_vertices"]

#: The spaces that have a name of their own; further ones are ``template:NAME``.
SPACES = ("unknown", "scanner", "aligned", "talairach", "mni", "tkras")
TEMPLATE = "template:"

Matrix = NDArray[np.float64]


def check_space(name: Any) -> str:
    """Return the name of a space.

    Raises
    ------
    UsageError
        If there is no such space.
    """
    if isinstance(name, str) and (name in SPACES or name.startswith(TEMPLATE)):
        return name
    raise UsageError(f"space: must be one of {', '.join(SPACES)} or template:NAME, got {name!r}")


def geometry_from(reference: Any, known: VolumeGeometry | None) -> VolumeGeometry | None:
    """Return the geometry of a volume; what is known already without one.

    Raises
    ------
    UsageError
        If it is not a volume.
    """
    if reference is None:
        return known
    check_kind(reference, "volume", "reference")
    return VolumeGeometry.from_affine(reference.affine, reference.shape)


def matrices_from(
    space: str, geometry: VolumeGeometry | None, stated: Mapping[str, ArrayLike]
) -> dict[str, Matrix]:
    """Return the matrices that lead from a space to others.

    Parameters
    ----------
    space : str
    geometry : VolumeGeometry, optional
        Leads from tkRAS to the scanner and back.
    stated : mapping of str to array-like, shape (4, 4)
        Matrices that a file states, by the space they lead to.

    Returns
    -------
    dict of str to array, shape (4, 4)
        mm to mm, by the space they lead to.
    """
    found = {name: np.asarray(matrix, float) for name, matrix in stated.items()}
    found.pop("unknown", None)
    if geometry is not None and space == "tkras":
        found["scanner"] = geometry.scanner_from_tkras
    elif geometry is not None and space == "scanner":
        found["tkras"] = np.linalg.inv(geometry.scanner_from_tkras)
    found[space] = np.eye(4)
    return found


def move_vertices(
    vertices: NDArray[Any], space: str, to: str, matrices: Mapping[str, Matrix]
) -> NDArray[Any]:
    """Return vertices in another space; as they are where they are in it.

    Raises
    ------
    SpaceError
        If nothing says how to get there.
    """
    if to == space and to != "unknown":
        return vertices
    moved: NDArray[Any] = apply_affine(matrix_between(space, to, matrices), vertices)
    return moved.astype(vertices.dtype)


def matrix_between(space: str, to: str, matrices: Mapping[str, Matrix]) -> Matrix:
    """Return the matrix (4, 4) from a space to another, mm to mm.

    Raises
    ------
    SpaceError
        If nothing says how to get there.
    """
    if to not in matrices or "unknown" in (to, space):
        ways = [name for name in matrices if name not in (space, "unknown")]
        known = f"; what it says leads to {', '.join(ways)}" if ways else ""
        if space == "unknown":
            known += "; set surf.space where you know it"
        elif {space, to} == {"tkras", "scanner"}:
            known += "; reference=volio.load('orig.mgz') does: the volume the surface was made from"
        raise SpaceError(
            f"space: the vertices are in the space {space!r}, and nothing says how to get to "
            f"{to!r}{known}"
        )
    return matrices[to]
