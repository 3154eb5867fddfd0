"""Patches of several stacks."""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from volio.errors import IndexingError, UsageError
from volio.stacks import (
    FileImageStack,
    ImageStack,
    InMemoryImageStack,
    LimitFilesPatchExtractor,
    PatchExtractor,
)


def stack_of(value: int, shape: tuple[int, ...] = (2, 3, 4, 5)) -> InMemoryImageStack:
    """A stack in which all values are one, but for those of the second channel."""
    data = np.full(shape, value, np.int16)
    data[:, 1:2] += 100
    return InMemoryImageStack(str(value), data)


def test_patches_come_from_the_stack_that_is_named():
    patches = PatchExtractor([stack_of(1), stack_of(2, (1, 3, 9, 9)), stack_of(3)])
    assert patches.shapes == [(2, 3, 4, 5), (1, 3, 9, 9), (2, 3, 4, 5)]
    assert (patches.n_channels, patches.n_spatial_dims) == (3, 2)
    patch = patches.extract_patch(data_idx=1, sample_idx=0, coords=(8, 0), patch_size=(2, 1))
    assert patch.tolist() == [[[2], [0]], [[102], [0]], [[2], [0]]]
    patch = patches.extract_channel_patch(-1, 1, [1], (0, 0), (1, 1))
    assert patch.tolist() == [[[103]]]
    assert patches.extract_channel_patch(0, 0, None, (0, 0), (1, 1)).shape == (3, 1, 1)


@pytest.mark.parametrize("number", [3, -4])
def test_stacks_that_are_not_there(number):
    patches = PatchExtractor([stack_of(1)] * 3)
    with pytest.raises(IndexingError, match=f"data_idx: must be -3 to 2, for 3.*got {number}"):
        patches.extract_patch(number, 0, (0, 0), (1, 1))


@pytest.mark.parametrize("shape", [(2, 2, 4, 5), (2, 3, 1, 4, 5)])
def test_stacks_that_differ_are_refused(shape):
    stacks = [stack_of(1), stack_of(2), stack_of(3, shape)]
    with pytest.raises(UsageError, match="that at index 2 has shape"):
        PatchExtractor(stacks)


def test_no_stacks_are_refused():
    with pytest.raises(UsageError, match="one stack or more"):
        PatchExtractor([])


class OfTheUser:
    """A stack that knows nothing of those of volio."""

    source = "mine"
    data_shape = (1, 1, 8, 8)
    data_dtype = np.float32
    original_axes = "YX"
    original_data_shape = (8, 8)

    def extract_patch(
        self,
        sample_idx: int,
        channels: Sequence[int] | None,
        coords: Sequence[int],
        patch_size: Sequence[int],
    ) -> np.ndarray:
        """Return a patch of sevens."""
        return np.full((1, *patch_size), 7, np.float32)


def test_stacks_of_the_user():
    assert isinstance(OfTheUser(), ImageStack)
    assert not isinstance(np.zeros(3), ImageStack)
    patches = PatchExtractor([OfTheUser()])
    assert (patches.shapes, patches.n_channels) == ([(1, 1, 8, 8)], 1)
    assert patches.extract_patch(0, 0, (0, 0), (1, 2)).tolist() == [[[7, 7]]]


def files(folder: Path, count: int, calls: list[str]) -> list[FileImageStack]:
    """Stacks of files, each full of its number."""

    def read(path: Path) -> np.ndarray:
        calls.append(path.stem)
        return np.load(path)

    stacks = []
    for number in range(count):
        path = folder / f"{number}.npy"
        np.save(path, np.full((4, 4), number, np.int16))
        stacks.append(FileImageStack(path, "YX", (1, 1, 4, 4), np.int16, read))
    return stacks


def test_a_number_of_files_are_in_memory(tmp_path):
    calls: list[str] = []
    stacks = files(tmp_path, 3, calls)
    patches = LimitFilesPatchExtractor(stacks, most=2)
    for number in (0, 1, 0, 2, 2, 1, -3):
        patch = patches.extract_patch(number, 0, (0, 0), (1, 1))
        assert patch.item() == number % 3
        assert sum(stack.is_loaded for stack in stacks) == len(patches.loaded_stacks) <= 2
    # 0 is closed for 2, although it was used later than 1; then 1 for 0.
    assert calls == ["0", "1", "2", "0"]
    assert patches.loaded_stacks == [2, 0]


def test_one_file_is_in_memory_where_nothing_else_is_asked_for(tmp_path):
    calls: list[str] = []
    patches = LimitFilesPatchExtractor(files(tmp_path, 2, calls))
    assert patches.extract_channel_patch(0, 0, [0], (0, 0), (1, 1)).item() == 0
    assert patches.extract_channel_patch(1, 0, [0], (0, 0), (1, 1)).item() == 1
    assert [stack.is_loaded for stack in patches.image_stacks] == [False, True]
    patches.image_stacks[1].close()  # by the user: read again
    assert patches.extract_patch(1, 0, (0, 0), (1, 1)).item() == 1
    with pytest.raises(UsageError, match="most: must be 1 or more, got 0"):
        LimitFilesPatchExtractor(patches.image_stacks, most=0)


def test_files_are_not_closed_under_a_thread(tmp_path):
    patches = LimitFilesPatchExtractor(files(tmp_path, 3, []))

    def take(number: int) -> float:
        return patches.extract_patch(number % 3, 0, (0, 0), (4, 4)).mean()

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(take, range(60))) == [number % 3 for number in range(60)]


def test_extractors_pickle(tmp_path):
    np.save(tmp_path / "0.npy", np.eye(4))
    stack = FileImageStack(tmp_path / "0.npy", "YX", (1, 1, 4, 4), np.float64, np.load)
    patches = LimitFilesPatchExtractor([stack])
    patches.extract_patch(0, 0, (0, 0), (1, 1))
    again = pickle.loads(pickle.dumps(patches))
    assert again.extract_patch(0, 0, (3, 2), (1, 2)).tolist() == [[[0, 1]]]
    assert again.loaded_stacks == [0]
