"""Values on a surface from a volume: at its vertices, or along a line through each of them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from volio.errors import ImageDataError, UsageError
from volio.flags import as_flag
from volio.images.headers.metadata import metadata_of
from volio.images.kinds import check_kind
from volio.ops.axes import with_axes_of_space
from volio.ops.derive import affine_of
from volio.ops.surfaces.points import PointSampler
from volio.ops.volumes import iterate_volumes
from volio.space.affines import apply_affine
from volio.space.meshes import vertex_normals
from volio.space.transforms import invert
from volio.surfaces.surface import Surface

__all__ = ["INTERPOLATIONS", "sample_volume"]

INTERPOLATIONS = ("nearest", "linear")

Positions = NDArray[np.float64]


def sample_volume(
    surf: Surface,
    img: Any,
    interpolation: str | None = None,
    *,
    depths: ArrayLike = 0.0,
    towards: Surface | None = None,
    mean: bool = True,
    outside: float = np.nan,
    space: str = "scanner",
    reference: Any = None,
) -> NDArray[Any]:
    """Return values of a volume at the vertices of a surface; see `Surface.sample`."""
    check_kind(img, "volume", "sample")
    volume = with_axes_of_space(img)
    steps = _checked_depths(depths)
    is_mean = as_flag("mean", mean) and len(steps) > 1
    is_linear = _is_linear(volume, interpolation, is_mean)
    places = _vertices_in(surf, space, reference)[:, np.newaxis]
    if steps.any():
        lines = _lines(surf, towards, space, reference)[:, np.newaxis]
        # At depth 0 a vertex without a normal, NaN, is where it is.
        ways = np.where(steps[:, np.newaxis], steps[:, np.newaxis] * lines, 0)
        places = places + ways
    voxels = apply_affine(invert(affine_of(volume)), places)
    sampler = PointSampler(voxels, volume.shape[:3], is_linear, outside)
    found = _sampled(volume, sampler, is_mean)
    return found if not is_mean and np.ndim(depths) else found[:, 0]


def _sampled(volume: Any, sampler: PointSampler, is_mean: bool) -> NDArray[Any]:
    """Return the samples of all volumes, shape (V, depths) or, of a series, (V, depths, T)."""
    later = volume.shape[3:]
    count, depths = sampler.inside.shape
    dtype = sampler.dtype(volume.dataobj.dtype)
    if is_mean:
        dtype = np.result_type(dtype, np.float64)
    out = np.empty((count, 1 if is_mean else depths, *later), dtype)
    for place, voxels in iterate_volumes(volume.dataobj):
        values = sampler.values(voxels)
        out[(..., *place)] = _mean_inside(values, sampler) if is_mean else values
    return out.reshape(*out.shape[:2], -1) if later else out


def _mean_inside(values: NDArray[Any], sampler: PointSampler) -> NDArray[Any]:
    """Return the mean along each line of what is within the volume, shape (V, 1)."""
    counts = sampler.inside.sum(axis=1, keepdims=True)
    total = np.where(sampler.inside, values, 0).sum(axis=1, keepdims=True)
    means = total / np.maximum(counts, 1)
    return np.where(counts > 0, means, sampler.outside)


def _checked_depths(depths: ArrayLike) -> NDArray[np.float64]:
    """Return depths as an array, shape (n,), of one or more finite numbers."""
    try:
        steps = np.atleast_1d(np.asarray(depths, np.float64))
    except (TypeError, ValueError):
        steps = np.empty(0)
    if steps.ndim != 1 or not steps.size or not np.isfinite(steps).all():
        raise UsageError(f"depths: must be one or more finite numbers, got {depths!r}")
    return steps


def _is_linear(volume: Any, interpolation: str | None, is_mean: bool) -> bool:
    """Return whether to interpolate, if that and means make sense for what the voxels are.

    Raises
    ------
    ImageDataError
        If they are colours.
    UsageError
        If there is no such interpolation, or the voxels are labels.
    """
    if interpolation is not None and interpolation not in INTERPOLATIONS:
        raise UsageError(
            f"interpolation: must be one of {', '.join(INTERPOLATIONS)}, got {interpolation!r}"
        )
    if volume.dataobj.dtype.names:
        raise ImageDataError("sample: the voxels are colours; numbers are needed")
    intents = metadata_of(volume.header).intents
    if not intents or any(intent.name != "label" for intent in intents):
        return interpolation != "nearest"
    if interpolation == "linear" or is_mean:
        wrong = "interpolation: 'linear'" if interpolation == "linear" else "mean: True"
        raise UsageError(f"{wrong}: the voxels are labels, and nothing is between two labels")
    return False


def _vertices_in(surf: Any, space: str, reference: Any) -> Positions:
    """Return the vertices of a surface as float64, in the space of the volume."""
    check_kind(surf, "surface", "sample")
    return np.asarray(surf.vertices_in(space, reference), np.float64)


def _lines(surf: Surface, towards: Surface | None, space: str, reference: Any) -> Positions:
    """Return the way of a depth of 1 from each vertex, mm, shape (V, 3).

    Raises
    ------
    UsageError
        If there are no faces to make normals of.
    ImageDataError
        If the other surface has other vertices.
    """
    vertices = _vertices_in(surf, space, reference)
    if towards is not None:
        others = _vertices_in(towards, space, reference)
        if len(others) != len(vertices):
            raise ImageDataError(
                f"towards: must have the vertices of the surface, {len(vertices)}, got "
                f"{len(others)}"
            )
        return others - vertices
    if surf.faces is None:
        raise UsageError("depths: normals need faces, and the surface has none; give towards=")
    mirrors = np.linalg.det(surf.matrix_to(space, reference)[:3, :3]) < 0
    normals = vertex_normals(vertices, surf.faces)
    return -normals if mirrors else normals
