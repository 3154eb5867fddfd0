"""Are two arrays, affines or images the same? Checks whose errors state what differs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from volio.images.kinds import Kind, for_kind, kind_of

__all__ = ["same_dtype", "same_image", "same_place", "same_values", "voxels_of", "world_positions"]

Affine = NDArray[np.float64]


def same_values(found: NDArray[Any], expected: NDArray[Any], dtype: bool = True) -> None:
    """Assert that arrays have equal shape and values; NaN equals NaN.

    With `dtype`, that they have the same dtype too, but for byte order.
    """
    assert found.shape == expected.shape, f"shape {found.shape}, expected {expected.shape}"
    if dtype:
        same_dtype(found.dtype, expected.dtype)
    if found.dtype.names:
        for name in found.dtype.names:
            same_values(found[name], expected[name])
    elif not np.array_equal(found, expected):
        # This comparison takes much longer, and its error states where arrays differ.
        np.testing.assert_array_equal(found, expected)


def same_dtype(found: np.dtype[Any], expected: np.dtype[Any]) -> None:
    """Assert that dtypes are the same, but for byte order."""
    is_same = found.newbyteorder("=") == expected.newbyteorder("=")
    assert is_same, f"dtype {found}, expected {expected}"


def same_place(found: Affine | None, expected: Affine | None, tolerance: float = 1e-4) -> None:
    """Assert that two affines, shape (4, 4), agree within a tolerance in mm."""
    if found is None or expected is None:
        assert found is expected, f"affine {found!r}, expected {expected!r}"
    else:
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=tolerance)


def same_image(found: Any, expected: Any, dtype: bool = True) -> None:
    """Assert that two images are of one kind and hold the same.

    Volumes: equal voxels at the same places. Surfaces: equal mesh, space and values. Greyordinates:
    equal values and axes. Tracts: equal lines, space, values and groups. With `dtype`, of the same
    dtype.
    """
    assert kind_of(found) == kind_of(expected), f"{found!r} is not what {expected!r} is"
    for_kind(SAME, expected, "same_image")(found, expected, dtype)


def voxels_of(img: Any) -> NDArray[Any]:
    """Return the voxels of an image, scaled; lazy ones are read."""
    return np.asanyarray(img.dataobj)


def _same_volume(found: Any, expected: Any, dtype: bool) -> None:
    same_values(voxels_of(found), voxels_of(expected), dtype)
    same_place(found.affine, expected.affine)


def _same_surface(found: Any, expected: Any, dtype: bool) -> None:
    """Assert that two surfaces have the same mesh, in the same space, and the same values."""
    for name in ("vertices", "faces", "colors", "indices"):
        one = getattr(found, name)
        other = getattr(expected, name)
        if one is None or other is None:
            assert one is other, f"{name}: {one!r}, expected {other!r}"
        else:
            same_values(one, other, dtype)
    for name in ("space", "structure", "geometry"):
        one = getattr(found, name)
        other = getattr(expected, name)
        assert one == other, f"{name}: {one!r}, expected {other!r}"
    assert list(found.data) == list(expected.data)
    assert found.data.labels == expected.data.labels
    for name in expected.data:
        same_values(found.data[name], expected.data[name], dtype)


def _same_greyordinates(found: Any, expected: Any, dtype: bool) -> None:
    """Assert that two matrices have equal values, and rows and columns that are the same."""
    same_values(voxels_of(found), voxels_of(expected), dtype)
    assert found.header == expected.header, "the headers differ"


def _same_tracts(found: Any, expected: Any, dtype: bool) -> None:
    """Assert that two tracts have the same lines, in the same space, values and groups.

    Points agree but for rounding in single precision.
    """
    same_values(found.lengths_in_points, expected.lengths_in_points)
    if dtype:
        same_dtype(found.points.dtype, expected.points.dtype)
    np.testing.assert_allclose(found.points, expected.points, rtol=1e-6, atol=2e-5)
    assert found.space == expected.space, f"space {found.space}, expected {expected.space}"
    _same_grid(found.reference, expected.reference)
    for which in ("per_point", "per_line", "groups"):
        values = getattr(found, which)
        known = getattr(expected, which)
        assert list(values) == list(known), f"{which}: {list(values)}, expected {list(known)}"
        for name in known:
            same_values(values[name], known[name], dtype)


def _same_grid(found: Any, expected: Any) -> None:
    """Assert that two grids of tracts have the same shape and place, or that there is neither."""
    if found is None or expected is None:
        assert found is expected, f"grid {found}, expected {expected}"
        return
    assert found.shape == expected.shape, f"grid {found.shape}, expected {expected.shape}"
    same_place(found.affine, expected.affine)


#: What asserts that two images of a kind hold the same: ``same(found, expected, dtype)``.
SAME: dict[Kind, Callable[[Any, Any, bool], None]] = {
    "volume": _same_volume,
    "surface": _same_surface,
    "greyordinates": _same_greyordinates,
    "tracts": _same_tracts,
}


def world_positions(affine: NDArray[np.floating[Any]], shape: tuple[int, ...]) -> NDArray[Any]:
    """Return the position of every voxel, by the definition of an affine.

    Parameters
    ----------
    affine : ndarray, shape (4, 4)
    shape : tuple of int
        At least three axes; only the first three count.

    Returns
    -------
    ndarray, shape (i, j, k, 3)
        Scanner RAS+ mm.
    """
    indices = np.moveaxis(np.indices(shape[:3], float), 0, -1)
    positions: NDArray[Any] = indices @ affine[:3, :3].T + affine[:3, 3]
    return positions
