"""Runs: indices that follow each other along an axis and are of one structure.

An axis of 91,282 indices has 21 of them. Each holds one array of numbers; names are stored once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from volio.formats.cifti2.axes.axis import Indices

__all__ = [
    "StructureRun",
    "array_of_names",
    "array_of_vertices",
    "array_of_voxels",
    "cut_runs",
    "joined",
    "numbered",
    "runs_of_arrays",
    "selected_runs",
]


@dataclass(frozen=True, slots=True, eq=False)
class StructureRun:
    """Vertices or voxels of one structure.

    Parameters
    ----------
    name : str
        Of the structure, as CIFTI-2 spells it.
    indices : array of int64, shape (n,) or (n, 3)
        Numbers of vertices, or voxel indices (i, j, k). Not changed by anything that holds it.
    """

    name: str
    indices: Indices

    @property
    def is_surface(self) -> bool:
        """Whether it consists of vertices."""
        return self.indices.ndim == 1

    def __len__(self) -> int:
        return len(self.indices)

    def part(self, index: slice | Indices) -> StructureRun:
        """Return the run of some of its indices."""
        return StructureRun(self.name, self.indices[index])

    def follows(self, other: StructureRun) -> bool:
        """Return whether both are of the same structure and kind, and so one run."""
        return self.name == other.name and self.is_surface == other.is_surface

    def equals(self, other: StructureRun) -> bool:
        """Return whether both hold the same."""
        return self.follows(other) and np.array_equal(self.indices, other.indices)


def joined(runs: Iterable[StructureRun]) -> tuple[StructureRun, ...]:
    """Return runs without empty ones, in which no two that follow each other could be one."""
    groups: list[list[StructureRun]] = []
    for run in runs:
        if not len(run):
            continue
        if groups and run.follows(groups[-1][-1]):
            groups[-1].append(run)
        else:
            groups.append([run])
    return tuple([_as_one(group) for group in groups])


def _as_one(group: Sequence[StructureRun]) -> StructureRun:
    if len(group) == 1:
        return group[0]
    return StructureRun(group[0].name, np.concatenate([run.indices for run in group]))


def offsets_of(runs: Sequence[StructureRun]) -> list[int]:
    """Return the index at which each run begins, and the length of all."""
    return list(accumulate(map(len, runs), initial=0))


def numbered(runs: Sequence[StructureRun]) -> Iterator[tuple[int, StructureRun]]:
    """Yield the index at which each run begins, and the run."""
    return zip(offsets_of(runs), runs, strict=False)  # the last offset is the length of all


def cut_runs(runs: Sequence[StructureRun], start: int, stop: int) -> tuple[StructureRun, ...]:
    """Return what the indices from `start` up to `stop` are of; arrays are views."""
    cut = []
    for offset, run in numbered(runs):
        first = max(start - offset, 0)
        last = min(stop - offset, len(run))
        if first < last:
            cut.append(run.part(slice(first, last)))
    return tuple(cut)


def selected_runs(runs: Sequence[StructureRun], chosen: Indices) -> tuple[StructureRun, ...]:
    """Return the runs of some indices of an axis, in any order."""
    if not len(chosen):
        return ()
    offsets = np.array(offsets_of(runs))
    owner = np.searchsorted(offsets, chosen, side="right") - 1  # number of the run of each
    borders = np.flatnonzero(np.diff(owner)) + 1
    parts = []
    for first, last in zip([0, *borders], [*borders, len(chosen)], strict=True):
        number = int(owner[first])
        parts.append(runs[number].part(chosen[first:last] - offsets[number]))
    return joined(parts)


def runs_of_arrays(
    names: NDArray[np.str_], vertices: Indices, voxels: Indices, is_surface: NDArray[np.bool_]
) -> tuple[StructureRun, ...]:
    """Return the runs of an axis that is given index by index.

    Parameters
    ----------
    names : array of str, shape (n,)
    vertices : array of int64, shape (n,)
    voxels : array of int64, shape (n, 3)
    is_surface : array of bool, shape (n,)
    """
    if not len(names):
        return ()
    changes = (names[1:] != names[:-1]) | (is_surface[1:] != is_surface[:-1])
    borders = (np.flatnonzero(changes) + 1).tolist()
    runs = []
    for first, last in zip([0, *borders], [*borders, len(names)], strict=True):
        indices = vertices if is_surface[first] else voxels
        runs.append(StructureRun(str(names[first]), indices[first:last].copy()))
    return tuple(runs)


def array_of_names(runs: Sequence[StructureRun]) -> NDArray[np.str_]:
    """Return the structure of each index of an axis, shape (n,)."""
    if not runs:
        return np.empty(0, dtype="U1")
    return np.repeat([run.name for run in runs], [len(run) for run in runs])


def array_of_vertices(runs: Sequence[StructureRun]) -> Indices:
    """Return the number of the vertex of each index of an axis, shape (n,); -1 for voxels."""
    vertices = np.full(offsets_of(runs)[-1], -1)
    for offset, run in numbered(runs):
        if run.is_surface:
            vertices[offset : offset + len(run)] = run.indices
    return vertices


def array_of_voxels(runs: Sequence[StructureRun]) -> Indices:
    """Return the voxel indices of each index of an axis, shape (n, 3); -1 for vertices."""
    voxels = np.full((offsets_of(runs)[-1], 3), -1)
    for offset, run in numbered(runs):
        if not run.is_surface:
            voxels[offset : offset + len(run)] = run.indices
    return voxels
