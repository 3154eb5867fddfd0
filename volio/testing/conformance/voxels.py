"""Voxels that stay in their file until they are asked for."""

from __future__ import annotations

import copy
import pickle
from concurrent.futures import ThreadPoolExecutor
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from volio.arrays.lazy import is_proxy
from volio.arrays.proxy import ArrayProxy
from volio.testing.comparison import same_image, same_values, voxels_of
from volio.testing.conformance.case import Case, needs, once

INDICES = (
    np.s_[0],
    np.s_[-1],
    np.s_[..., 0],
    np.s_[..., -1:],
    np.s_[1:],
    np.s_[::-1],
    np.s_[::2, 1::3],
    np.s_[-2::-1, ..., ::-2],
    np.s_[:, 0, np.newaxis],
    np.s_[:0],
    np.s_[...],
    np.s_[()],
    np.s_[[0, -1, 0]],
    np.s_[:, [0, 0]],
)


def check_slices_equal_slices_of_the_whole(case: Case) -> None:
    """Every index gives what numpy gives of the array in memory."""
    dataobj = case.load().dataobj
    whole = case.values
    corner = tuple([length - 1 for length in whole.shape])
    indices: tuple[Any, ...] = (*INDICES, corner, *masks(whole.shape))
    for index in indices:
        found = dataobj[index]
        same_values(np.asanyarray(found), np.asanyarray(whole[index]))
        assert np.isscalar(found) == np.isscalar(whole[index])


def masks(shape: tuple[int, ...]) -> list[NDArray[np.bool_]]:
    """Return a mask over the first two axes, and one over all."""
    of_rows = np.zeros(shape[:2], bool)
    of_rows[::2, ::3] = True
    of_all = np.arange(prod(shape)).reshape(shape) % 7 == 3
    return [of_rows, of_all]


@needs("plain")
def check_lazy_arrays_say_what_they_are(case: Case) -> None:
    """A lazy array has the attributes of the array that it stands for."""
    dataobj = case.load().dataobj
    whole = case.values
    assert is_proxy(dataobj)
    assert not is_proxy(whole)
    for name in ("shape", "ndim", "size", "dtype", "nbytes", "__len__"):
        assert fact(dataobj, name) == fact(whole, name), name
    same_values(np.stack(list(dataobj)), whole)
    flat = dataobj.reshape(-1)
    assert is_proxy(flat)
    same_values(np.asanyarray(flat), whole.reshape(-1, order=dataobj.order))


def fact(array: Any, name: str) -> Any:
    """Return an attribute of an array, or what that method returns."""
    found = getattr(array, name)
    return found() if callable(found) else found


@needs("numbers", "plain")
def check_dtypes_are_what_is_asked_for(case: Case) -> None:
    """Scaled voxels are float64 unless another dtype is asked for; unscaled keep theirs."""
    img = case.load()
    whole = case.values
    assert whole.dtype.isnative
    assert whole.dtype in (img.get_data_dtype().newbyteorder("="), np.dtype(np.float64))
    for dtype in (np.float32, np.float64):
        arrays: list[NDArray[Any]] = [
            img.get_fdata("unchanged", dtype),
            np.asarray(img.dataobj, dtype),
        ]
        for found in arrays:
            assert found.dtype == dtype
            np.testing.assert_allclose(found, whole.astype(dtype), rtol=1e-6)


@needs("plain")
def check_stored_and_scaled_values_agree(case: Case) -> None:
    """value = stored * slope + inter."""
    proxy = case.load().dataobj
    if isinstance(proxy, ArrayProxy):
        stored = proxy.get_unscaled()
        assert stored.dtype == proxy.on_disk_dtype.newbyteorder("=")
        scaled = stored if not proxy.is_scaled else stored * proxy.slope + proxy.inter
        np.testing.assert_array_equal(proxy.get_scaled(), case.values)
        np.testing.assert_array_equal(scaled, case.values)


@needs("plain")
def check_memory_maps_give_the_same_values(case: Case) -> None:
    """mmap changes nothing but where the voxels are; changes never reach the file."""
    before = [path.read_bytes() for path in case.files()]
    for mode in (True, "c", "r"):
        voxels = voxels_of(case.load(mmap=mode))
        same_values(np.asarray(voxels), case.values)
        if mode != "r" and voxels.size:
            voxels.flat[0] = voxels.flat[-1]
    assert [path.read_bytes() for path in case.files()] == before


@once
def check_images_and_proxies_pickle_as_places(case: Case) -> None:
    """A pickle states where the voxels are and holds none; it reads from the same file."""
    img = case.load()
    voxels_of(img)
    pickled = pickle.dumps(img.dataobj)
    assert len(pickled) < 4000
    proxy = pickle.loads(pickled)
    assert is_proxy(proxy)
    same_values(np.asanyarray(proxy), case.values)
    again = pickle.loads(pickle.dumps(img))
    assert type(again) is type(img)
    assert again.header == img.header
    same_image(again, img)


@needs("plain")
def check_deep_copies_are_independent(case: Case) -> None:
    """A deep copy has a header, an affine and a cache of its own."""
    img = case.load()
    other = copy.deepcopy(img)
    same_image(other, img)
    assert other.header == img.header
    assert other.header is not img.header
    if img.affine is not None:
        other.affine[:3, 3] += 1
        assert not np.array_equal(other.affine, img.affine)


@once
def check_many_threads_read_at_once(case: Case) -> None:
    """Threads that read from one lazy array each get the right voxels."""
    dataobj = case.load().dataobj
    whole = case.values
    indices = [np.s_[n % len(whole) :: 2, ..., ::step] for n in range(12) for step in (1, -1)]
    with ThreadPoolExecutor(8) as pool:
        parts = list(pool.map(dataobj.__getitem__, indices))
    for index, part in zip(indices, parts, strict=True):
        same_values(part, whole[index])
