"""A filter learns from patches of 1,000 volumes that four processes read, and is applied by tiles.

`PatchDataset` is what torch calls a map-style dataset, and `Loader` does what its ``DataLoader``
does: processes that are spawned read batches ahead, each with random numbers of its own.
"""

import multiprocessing
from collections import deque
from concurrent.futures import ProcessPoolExecutor
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from gallery import Example

import volio
from volio.stacks import (
    LazyImageStack,
    PatchExtractor,
    StratifiedPatching,
    TiledPatching,
    open_stacks,
    stitch,
)
from volio.testing import phantom

EPOCHS = 3
PATCH = (16, 16, 16)


class PatchDataset:
    """Patches of many files, drawn at random but evenly; they are opened, not read."""

    def __init__(self, paths):
        self.patches = PatchExtractor([stack for path in paths for stack in open_stacks(path)])
        self.seed(0)

    def seed(self, seed):
        """Begin the random numbers of this copy; every process needs others."""
        self.patching = StratifiedPatching(self.patches.shapes, PATCH, seed)

    def __len__(self):
        return self.patching.n_patches

    def __getitem__(self, index):
        return self.patches.extract_patch(**self.patching.get_patch_spec(index))


class Loader:
    """Batches of a dataset, read ahead by processes.

    Process n reads the batches n, n + workers, ...: the seed decides what is in every batch,
    whichever process is faster.
    """

    def __init__(self, dataset, workers=4, batch_size=32, seed=0):
        self.dataset = dataset
        self.batch_size = batch_size
        self.shuffle = np.random.default_rng(seed)
        spawn = multiprocessing.get_context("spawn")
        seeds = np.random.SeedSequence(seed).spawn(workers)
        self.workers = [
            ProcessPoolExecutor(1, spawn, initializer=start_worker, initargs=(dataset, own))
            for own in seeds
        ]

    def epoch(self):
        """Yield the batches of an epoch."""
        indices = self.shuffle.permutation(len(self.dataset))
        starts = range(0, len(indices), self.batch_size)
        waiting = deque()
        for number, start in enumerate(starts):
            batch = indices[start : start + self.batch_size].tolist()
            worker = self.workers[number % len(self.workers)]
            waiting.append(worker.submit(read_batch, batch))
            if len(waiting) > 2 * len(self.workers):
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()

    def close(self):
        """End the processes."""
        for worker in self.workers:
            worker.shutdown()


def start_worker(dataset, seed):
    """Keep a dataset in this process."""
    dataset.seed(seed)
    globals()["DATASET"] = dataset


def read_batch(indices):
    """Read patches of the dataset of this process, as float32 (patches, channels, z, y, x)."""
    return np.stack([DATASET[index] for index in indices])  # noqa: F821


def neighbours(voxels):
    """Return the 26 neighbours of all voxels but those at the edge, and these voxels."""
    shifts = list(product((0, 1, 2), repeat=3))
    z, y, x = (n - 2 for n in voxels.shape[-3:])
    shifted = [voxels[..., i : i + z, j : j + y, k : k + x] for i, j, k in shifts]
    middle = shifted.pop(shifts.index((1, 1, 1)))
    return np.stack(shifted, axis=-1), middle


def train(weights, batch):
    """Make one step towards the filter that predicts voxels from their neighbours."""
    around, wanted = neighbours(batch / 1000)
    around = around.reshape(-1, 26)
    missed = wanted.ravel() - around @ weights
    gradient = around.T @ missed
    return weights + gradient / np.square(around).sum(), np.mean(missed**2)


def apply(weights, image):
    """Filter an image tile by tile; a tile gives all but its edge, where it lacks neighbours."""
    patches = PatchExtractor([LazyImageStack("image", image.dataobj, "XYZ")])
    tiling = TiledPatching(patches.shapes, PATCH, overlaps=(2, 2, 2))

    def filtered():
        for spec in map(tiling.get_patch_spec, range(tiling.n_patches)):
            # One voxel more on each side; those outside the image are 0.
            corner = [first - 1 for first in spec["coords"]]
            size = [length + 2 for length in spec["patch_size"]]
            patch = patches.extract_patch(spec["data_idx"], spec["sample_idx"], corner, size)
            yield neighbours(patch)[0] @ weights, spec

    (result,) = stitch(filtered(), patches.shapes, dtype=np.float32)
    return volio.Nifti1Image(result[0, 0].T, image.affine)  # axes x, y, z


def write_volumes(folder, count):
    """Write noisy volumes of a head, each moved a little."""
    voxels, affine = phantom.head((24, 28, 20))
    rng = np.random.default_rng(0)
    paths = [folder / f"{number}.nii" for number in range(count)]
    for path in paths:
        moved = np.roll(voxels, rng.integers(-3, 4, 3), axis=(0, 1, 2))
        noisy = moved + rng.normal(0, 80, voxels.shape)
        volio.save(volio.Nifti1Image(noisy.astype(np.int16), affine), path)
    return paths


def main():
    """Write volumes, train on them, and draw a noisy image and the filtered one."""
    example = Example(__doc__, volumes=1000)
    weights = np.zeros(26)
    with TemporaryDirectory() as folder:
        loader = Loader(PatchDataset(write_volumes(Path(folder), example.counts["volumes"])))
        for epoch in range(EPOCHS):
            losses = []
            for batch in loader.epoch():
                weights, loss = train(weights, batch)
                losses.append(loss)
            print(f"epoch {epoch}: {len(losses)} batches, loss {np.mean(losses):.4f}")
        loader.close()
    voxels = np.asarray(example.image.dataobj, np.float32)
    noise = np.random.default_rng(1).normal(0, 80, voxels.shape)
    noisy = volio.Nifti1Image((voxels + noise).astype(np.float32), example.image.affine)
    both = [noisy.dataobj, apply(weights, noisy).dataobj]
    slices = np.concatenate([each[..., voxels.shape[2] // 2] for each in both]).T[::-1]
    grey = np.clip(slices / 1000 * 255, 0, 255).astype(np.uint8)
    example.save("training.png", np.repeat(grey[..., np.newaxis], 3, axis=-1))


if __name__ == "__main__":
    main()
