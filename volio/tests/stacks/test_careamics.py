"""The stacks of CAREamics, where it is installed: one import changed, the same patches."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from volio import stacks
from volio.testing.samples import samples_of
from volio.tests.requirements import optional

AXES = ("YX", "XY", "CYX", "TYXZ", "XCSYT", "ZSXTCY", "STCZYX")


def patches(shape: tuple[int, ...], count: int = 20) -> Iterator[dict]:
    """Patches of a stack at random, many of which reach beyond its end."""
    rng = np.random.default_rng(0)
    for _ in range(count):
        channels = sorted(set(rng.integers(0, shape[1], 3).tolist()))
        yield {
            "sample_idx": int(rng.integers(shape[0])),
            "channels": channels if rng.random() < 0.5 else None,
            "coords": [int(rng.integers(n + 1)) for n in shape[2:]],
            "patch_size": [int(rng.integers(1, n + 2)) for n in shape[2:]],
        }


def stacks_of(package: ModuleType, array: np.ndarray, axes: str, folder: Path) -> list:
    """The same array, as every kind of stack of a package that reads it."""
    zarr = optional("zarr")
    group = zarr.open_group(folder / "a.zarr", mode="w")
    group.create_array("a", shape=array.shape, dtype=array.dtype, chunks=array.shape)[...] = array
    np.save(folder / "a.npy", array)
    return [
        package.InMemoryImageStack.from_array(array, axes),
        package.InMemoryImageStack.from_custom_file_type(folder / "a.npy", axes, np.load),
        package.ZarrImageStack(group, "a", axes),
    ]


def check_same(theirs: object, ours: object) -> None:
    """Compare what two stacks say of themselves, and their patches."""
    assert str(ours.source) == str(theirs.source)
    assert list(ours.data_shape) == list(theirs.data_shape)
    assert ours.original_axes == theirs.original_axes
    assert tuple(ours.original_data_shape) == tuple(theirs.original_data_shape)
    for patch in patches(tuple(ours.data_shape)):
        expected = theirs.extract_patch(**patch)
        found = ours.extract_patch(**patch)
        np.testing.assert_array_equal(found, expected)
        assert found.dtype == expected.dtype


@pytest.mark.parametrize("axes", AXES)
def test_arrays(tmp_path, axes):
    careamics = optional("careamics")
    shape = tuple("YXZCTS".index(axis) + 2 for axis in axes)
    array = np.random.default_rng(1).integers(0, 60000, shape).astype(np.uint16)
    theirs = stacks_of(careamics, array, axes, tmp_path)
    ours = stacks_of(stacks, array, axes, tmp_path)
    for pair in zip(theirs, ours, strict=True):
        check_same(*pair)
    assert ours[0].data_dtype == theirs[0].data_dtype


@pytest.mark.parametrize("scene", [0, 1, None])
def test_scenes_of_czi(scene):
    careamics = optional("careamics")
    path = next(sample.path for sample in samples_of("czi") if "scenes" in sample.path.name)
    theirs = careamics.CziImageStack(path, scene)
    ours = stacks.CziImageStack(path, scene)
    check_same(theirs, ours)
    rectangles = careamics.CziImageStack.get_bounding_rectangles(path)
    found = stacks.CziImageStack.get_bounding_rectangles(path)
    assert {key: tuple(value) for key, value in rectangles.items()} == found
