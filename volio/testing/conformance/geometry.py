"""Voxels keep their place in the world, whatever is cut and turned."""

from __future__ import annotations

from itertools import permutations, product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from volio.arrays.lazy import is_proxy
from volio.errors import IndexingError
from volio.testing.comparison import same_values, voxels_of, world_positions
from volio.testing.conformance.case import Case, fails, needs, once

SLICINGS = (
    np.s_[:],
    np.s_[1:],
    np.s_[::-1],
    np.s_[:, ::2, ::-1],
    np.s_[-2:, ::-2],
    np.s_[..., -1:],
    np.s_[:1, :1, :1],
)


@needs("plain")
def check_slicing_moves_nothing(case: Case) -> None:
    """`slicer` gives an image of the same class, lazy still, with every voxel in its place."""
    img = case.load()
    for slicing in SLICINGS:
        part = img.slicer[slicing]
        assert type(part) is type(img)
        assert is_proxy(part.dataobj)
        same_values(voxels_of(part), case.values[slicing])
        np.testing.assert_allclose(part.header.get_zooms()[:3], sizes_of(part), rtol=1e-4)
        expected = positions_of(img)[img.slicer.check_slicing(slicing)[:3]]
        np.testing.assert_allclose(positions_of(part), expected, atol=1e-3)


@once
@needs("plain")
def check_reorienting_moves_nothing(case: Case) -> None:
    """All 48 orders and directions of the axes: an image of the same class, lazy still."""
    img = case.load()
    positions = positions_of(img)
    for axes, flips in product(permutations(range(3)), product((1, -1), repeat=3)):
        turned = img.as_reoriented(np.column_stack([axes, flips]))
        assert type(turned) is type(img)
        assert is_proxy(turned.dataobj)
        same_values(voxels_of(turned), reorder(case.values, axes, flips))
        expected = reorder(positions, axes, flips)
        np.testing.assert_allclose(positions_of(turned), expected, atol=1e-3)


@needs("plain")
def check_slicing_refuses_what_moves_voxels(case: Case) -> None:
    """Integers along the axes of space, index arrays and empty slices raise an error."""
    img = case.load()
    for index in (np.s_[0], np.s_[:, [0, 1]], np.s_[:0], np.s_[:, np.newaxis], "a"):
        with fails(IndexingError):
            img.slicer[index]
    with fails(TypeError, naming="slicer"):
        img[0]


@needs("plain")
def check_header_and_affine_agree(case: Case) -> None:
    """The header's voxel sizes are the affine's; `update_header` has nothing to change."""
    img = case.load()
    sizes = sizes_of(img)[: img.ndim]
    np.testing.assert_allclose(img.header.get_zooms()[:3], sizes, rtol=1e-4)
    before = img.header.copy()
    img.update_header()
    assert img.header == before


def positions_of(img: Any) -> NDArray[Any]:
    """Return the position of every voxel, shape (i, j, k, 3), scanner RAS+ mm."""
    return world_positions(img.affine, img.shape)


def sizes_of(img: Any) -> NDArray[Any]:
    """Return the sizes of voxels by the definition of an affine, mm, shape (3,)."""
    sizes: NDArray[Any] = np.sqrt((img.affine[:3, :3] ** 2).sum(axis=0))
    return sizes


def reorder(grid: Any, axes: tuple[int, ...], flips: tuple[int, ...]) -> Any:
    """Reorder and flip the first three axes: axis n becomes axes[n]."""
    for axis, flip in enumerate(flips):
        grid = np.flip(grid, axis) if flip < 0 else grid
    return grid.transpose([*np.argsort(axes), *range(3, grid.ndim)])
