"""PatchExtractor: patches of several image stacks, by the number of the stack."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Generic, TypeVar

from volio.arrays.dtypes import Array
from volio.errors import IndexingError, UsageError
from volio.forks import fork_safe_lock
from volio.stacks.file import FileImageStack
from volio.stacks.stack import ImageStack

__all__ = ["LimitFilesPatchExtractor", "PatchExtractor"]

AnyStack = TypeVar("AnyStack", bound=ImageStack)


class PatchExtractor(Generic[AnyStack]):
    """Patches of several image stacks.

    Parameters
    ----------
    image_stacks : sequence of ImageStack
        One or more, with as many channels and spatial axes.

    Attributes
    ----------
    image_stacks : list of ImageStack
    n_spatial_dims : int
        2 or 3.

    Raises
    ------
    UsageError
        If there are none, or they differ in channels or in the number of axes.

    Examples
    --------
    >>> stacks = [
    ...     volio.stacks.InMemoryImageStack.from_array(np.full((n, 8, 8), n), "SYX") for n in (1, 2)
    ... ]
    >>> patches = volio.stacks.PatchExtractor(stacks)
    >>> patches.shapes, patches.n_channels
    ([(1, 1, 8, 8), (2, 1, 8, 8)], 1)
    >>> patches.extract_patch(data_idx=1, sample_idx=0, coords=(4, 7), patch_size=(2, 2))
    array([[[2, 0],
            [2, 0]]])
    """

    def __init__(self, image_stacks: Sequence[AnyStack]) -> None:
        self.image_stacks = list(image_stacks)
        if not self.image_stacks:
            raise UsageError("image_stacks: must be one stack or more, got none")
        first = self.image_stacks[0].data_shape
        self.n_spatial_dims = len(first) - 2  # the other two are samples and channels
        for number, stack in enumerate(self.image_stacks):
            shape = stack.data_shape
            if len(shape) != len(first) or shape[1] != first[1]:
                raise UsageError(
                    f"image_stacks: must have as many channels and axes as the first one, of shape "
                    f"{tuple(first)}; that at index {number} has shape {tuple(shape)}"
                )

    @property
    def shapes(self) -> list[Sequence[int]]:
        """Shape SC(Z)YX of each stack."""
        return [stack.data_shape for stack in self.image_stacks]

    @property
    def n_channels(self) -> int:
        """Number of channels of every stack."""
        return self.image_stacks[0].data_shape[1]

    def extract_patch(
        self, data_idx: int, sample_idx: int, coords: Sequence[int], patch_size: Sequence[int]
    ) -> Array:
        """Return a patch with all channels.

        Parameters
        ----------
        data_idx : int
            Which stack.
        sample_idx : int
            Which sample of it.
        coords : sequence of int
            Position of the first voxel, per spatial axis.
        patch_size : sequence of int
            Lengths of the patch, per spatial axis.

        Returns
        -------
        ndarray, shape (channels, (z,) y, x)

        Raises
        ------
        IndexingError, UsageError
            If there is no such stack, and as `ImageStack.extract_patch`.
        """
        return self.extract_channel_patch(data_idx, sample_idx, None, coords, patch_size)

    def extract_channel_patch(
        self,
        data_idx: int,
        sample_idx: int,
        channels: Sequence[int] | None,
        coords: Sequence[int],
        patch_size: Sequence[int],
    ) -> Array:
        """Return a patch with some of the channels, None for all; see `extract_patch`."""
        return self._stack(data_idx).extract_patch(sample_idx, channels, coords, patch_size)

    def _stack(self, data_idx: int) -> AnyStack:
        count = len(self.image_stacks)
        if not -count <= data_idx < count:
            raise IndexingError(
                f"data_idx: must be {-count} to {count - 1}, for {count} stacks; got {data_idx}"
            )
        return self.image_stacks[data_idx]


class LimitFilesPatchExtractor(PatchExtractor[FileImageStack]):
    """Patches of stacks of files, of which a few are in memory at a time.

    A file is loaded when a patch of it is asked for; that which was loaded first is closed for
    it. Patches that follow each other should be of the same files.

    Parameters
    ----------
    image_stacks : sequence of FileImageStack
    most : int
        How many may be in memory.

    Attributes
    ----------
    loaded_stacks : list of int
        Which are, those that were loaded first in front.

    Raises
    ------
    UsageError
        If `most` is not 1 or more, and as `PatchExtractor`.

    Examples
    --------
    >>> for name in ("a.npy", "b.npy"):
    ...     np.save(name, np.ones((4, 4)))
    >>> stacks = [
    ...     volio.stacks.FileImageStack(name, "YX", (1, 1, 4, 4), np.float64, np.load)
    ...     for name in ("a.npy", "b.npy")
    ... ]
    >>> patches = volio.stacks.LimitFilesPatchExtractor(stacks)
    >>> for number in (0, 1, 1):
    ...     patch = patches.extract_patch(number, 0, (0, 0), (2, 2))
    >>> patches.loaded_stacks
    [1]
    """

    def __init__(self, image_stacks: Sequence[FileImageStack], most: int = 1) -> None:
        super().__init__(image_stacks)
        if most < 1:
            raise UsageError(f"most: must be 1 or more, got {most}")
        self.most = most
        self.loaded_stacks: list[int] = []
        self._lock = fork_safe_lock()

    def extract_channel_patch(
        self,
        data_idx: int,
        sample_idx: int,
        channels: Sequence[int] | None,
        coords: Sequence[int],
        patch_size: Sequence[int],
    ) -> Array:
        """Return a patch with some of the channels, of a file that is loaded if it is not."""
        stack = self._stack(data_idx)
        with self._lock:  # no other thread closes the file meanwhile
            self._load(data_idx % len(self.image_stacks))
            return stack.extract_patch(sample_idx, channels, coords, patch_size)

    def _load(self, number: int) -> None:
        if number in self.loaded_stacks:
            self.image_stacks[number].load()  # where the caller has closed it
            return
        while len(self.loaded_stacks) >= self.most:
            self.image_stacks[self.loaded_stacks.pop(0)].close()
        self.image_stacks[number].load()
        self.loaded_stacks.append(number)

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name != "_lock"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state, _lock=fork_safe_lock())
