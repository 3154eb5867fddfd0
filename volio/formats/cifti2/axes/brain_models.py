"""BrainModelAxis: vertices and voxels of brain structures."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from volio.errors import HeaderDataError
from volio.formats.cifti2.axes.axis import Indices, MatrixAxis, check_per_index, positions
from volio.formats.cifti2.axes.brain_model_map import (
    model_of_run,
    runs_of_map,
    vertex_counts,
    volume_of,
)
from volio.formats.cifti2.axes.grid import InSpace, cifti_counts, merged_counts
from volio.formats.cifti2.axes.names import cifti_name
from volio.formats.cifti2.axes.runs import (
    StructureRun,
    array_of_names,
    array_of_vertices,
    array_of_voxels,
    cut_runs,
    joined,
    numbered,
    runs_of_arrays,
    selected_runs,
)
from volio.formats.cifti2.codes import BRAIN_MODELS, SURFACE, VOXELS
from volio.formats.cifti2.elements.indices_map import Cifti2MatrixIndicesMap

__all__ = ["BrainModelAxis"]


class BrainModelAxis(InSpace, MatrixAxis):
    """Vertices and voxels of brain structures, one for each index.

    Kept as runs; `name`, `vertex` and `voxel` are made when they are asked for, and count from
    then on, so that they can be changed in place.

    Parameters
    ----------
    name : str or array-like of str, shape (n,)
        The structure of all, or of each.
    voxel : array-like of int, shape (n, 3), optional
        Voxel indices (i, j, k); -1 where an index is a vertex.
    vertex : array-like of int, shape (n,), optional
        Numbers of vertices; -1 where an index is a voxel.
    affine : array-like, shape (4, 4), optional
        Voxel indices to mm; needed with voxels.
    volume_shape : (int, int, int), optional
        Shape of the volume; needed with voxels.
    nvertices : mapping of str to int, optional
        Vertices of each whole surface, by structure; needed with vertices. Structures that do not
        occur are left out.

    Raises
    ------
    HeaderDataError
        If shapes do not fit each other, or a vertex or voxel is not there.
    UsageError
        If CIFTI-2 has no structure of that name.

    Examples
    --------
    >>> left = BrainModelAxis.from_surface([0, 2, 3], 4, "cortex_left")
    >>> thalamus = BrainModelAxis.from_mask(np.ones((2, 2, 2)), "thalamus_left")
    >>> axis = left + thalamus
    >>> [(name, part) for name, part, _ in axis.iter_structures()][1]
    ('CIFTI_STRUCTURE_THALAMUS_LEFT', slice(3, None, None))
    """

    def __init__(
        self,
        name: Any,
        voxel: ArrayLike | None = None,
        vertex: ArrayLike | None = None,
        affine: ArrayLike | None = None,
        volume_shape: Any = None,
        nvertices: Mapping[Any, int] | None = None,
    ) -> None:
        given = voxel if vertex is None else vertex
        if given is None:
            raise HeaderDataError("voxel, vertex: at least one of them is needed")
        count = len(np.asanyarray(given))
        voxels = _filled(voxel, (count, 3), "voxel")
        vertices = _filled(vertex, (count,), "vertex")
        names = _names(name, count)
        self._changeable: dict[str, NDArray[Any]] = {}
        self.nvertices = cifti_counts(nvertices)
        is_surface = _is_surface(names, vertices, voxels, self.nvertices)
        self._check_counts(names, ~is_surface & (vertices >= 0) & (voxels < 0).any(axis=1))
        self._runs = runs_of_arrays(names, vertices, voxels, is_surface)
        self._drop_unused_counts()
        if not is_surface.all():
            self.affine = affine
            self.volume_shape = volume_shape
        self._check()

    def _check_counts(self, names: NDArray[np.str_], lacking: NDArray[np.bool_]) -> None:
        """Raise an error for vertices of surfaces whose number of vertices is not given."""
        if lacking.any():
            name = names[lacking][0]
            raise HeaderDataError(f"nvertices: the number of vertices of {name} is not stated")

    def _check(self) -> None:
        for offset, run in numbered(self.runs):
            what = f"{run.name} at index {offset}"
            if run.is_surface:
                self.check_vertices(run.name, run.indices, what)
            else:
                self.check_voxels(run.indices, what)

    def _drop_unused_counts(self) -> None:
        used = {run.name for run in self._runs if run.is_surface}
        self.nvertices = {name: n for name, n in self.nvertices.items() if name in used}

    # Making an axis.

    @classmethod
    def from_runs(
        cls,
        runs: Iterable[StructureRun],
        affine: ArrayLike | None = None,
        volume_shape: Any = None,
        nvertices: Mapping[str, int] | None = None,
    ) -> Self:
        """Return the axis of runs, which are not checked; see the class for the other arguments.

        The volume is left out where no run has voxels.
        """
        made = cls.__new__(cls)
        made._changeable = {}
        made._runs = joined(runs)
        made.nvertices = dict(nvertices or {})
        made._drop_unused_counts()
        if not all(run.is_surface for run in made._runs):
            made.affine = affine
            made.volume_shape = volume_shape
        return made

    @classmethod
    def from_mask(
        cls, mask: ArrayLike, name: Any = "other", affine: ArrayLike | None = None
    ) -> Self:
        """Return the axis of what is not 0 in a mask.

        Parameters
        ----------
        mask : array-like, shape (vertices,) or (i, j, k)
            Of a surface or a volume.
        name : str
            Of the structure.
        affine : array-like, shape (4, 4), optional
            Voxel indices to mm (default: the identity). Without a meaning for surfaces.

        Raises
        ------
        HeaderDataError
            If mask or affine have another number of axes.
        """
        array = np.asanyarray(mask)
        matrix = np.eye(4) if affine is None else np.asanyarray(affine)
        if matrix.shape != (4, 4):
            raise HeaderDataError(f"affine: must be of shape (4, 4), got {matrix.shape}")
        if array.ndim == 1:
            return cls.from_surface(np.flatnonzero(array), array.size, name)
        if array.ndim != 3:
            raise HeaderDataError(
                f"mask: has one axis for a surface and three for a volume, got {array.ndim}"
            )
        voxels = np.argwhere(array)
        return cls(cifti_name(name), voxel=voxels, affine=matrix, volume_shape=array.shape)

    @classmethod
    def from_surface(cls, vertices: ArrayLike, nvertex: int, name: Any = "Other") -> Self:
        """Return the axis of some vertices of a surface.

        Parameters
        ----------
        vertices : array-like of int, shape (n,)
        nvertex : int
            Number of vertices of the whole surface.
        name : str
            Of the structure.
        """
        spelled = cifti_name(name)
        return cls(spelled, vertex=vertices, nvertices={spelled: nvertex})

    @staticmethod
    def to_cifti_brain_structure_name(name: Any) -> str:
        """Return the name of a structure as CIFTI-2 spells it.

        Parameters
        ----------
        name : str or sequence of str
            ``CortexLeft``, ``left_cortex``, ``("cortex", "left")``, ...

        Raises
        ------
        UsageError
            If CIFTI-2 has no such structure.
        """
        return cifti_name(name)

    # What there is for each index.

    @property
    def runs(self) -> tuple[StructureRun, ...]:
        """The runs of the axis; where arrays were handed out, what these say by now."""
        if not self._changeable:
            return self._runs
        names, vertices, voxels = map(self._array, ("name", "vertex", "voxel"))
        is_surface = _is_surface(names, vertices, voxels, self.nvertices)
        return runs_of_arrays(names, vertices, voxels, is_surface)

    def _array(self, what: str) -> NDArray[Any]:
        """Return what there is for each index: what was handed out, or a new array."""
        if what in self._changeable:
            return self._changeable[what]
        makers = {"name": array_of_names, "vertex": array_of_vertices, "voxel": array_of_voxels}
        return makers[what](self._runs)

    def _handed_out(self, what: str) -> NDArray[Any]:
        """Return an array that the caller may change, and that counts from now on."""
        self._changeable[what] = self._array(what)
        return self._changeable[what]

    @property
    def name(self) -> NDArray[np.str_]:
        """Structure of each index, as CIFTI-2 spells it, shape (n,)."""
        return self._handed_out("name")

    @name.setter
    def name(self, names: ArrayLike) -> None:
        self._changeable["name"] = _names(names, len(self))

    @property
    def vertex(self) -> Indices:
        """Number of the vertex of each index, shape (n,); -1 for voxels."""
        return self._handed_out("vertex")

    @vertex.setter
    def vertex(self, vertices: ArrayLike) -> None:
        self._changeable["vertex"] = _filled(vertices, (len(self),), "vertex")

    @property
    def voxel(self) -> Indices:
        """Voxel indices of each index, shape (n, 3); -1 for vertices."""
        return self._handed_out("voxel")

    @voxel.setter
    def voxel(self, voxels: ArrayLike) -> None:
        self._changeable["voxel"] = _filled(voxels, (len(self), 3), "voxel")

    @property
    def surface_mask(self) -> NDArray[np.bool_]:
        """Which indices are vertices, shape (n,)."""
        runs = self.runs
        lengths = [len(run) for run in runs]
        return np.repeat(np.array([run.is_surface for run in runs], bool), lengths)

    @property
    def volume_mask(self) -> NDArray[np.bool_]:
        """Which indices are voxels, shape (n,)."""
        return ~self.surface_mask

    def iter_structures(self) -> Iterator[tuple[str, slice, Self]]:
        """Yield each structure in the order of the axis.

        A structure that comes twice, with another between, is yielded twice.

        Yields
        ------
        name : str
            As CIFTI-2 spells it.
        where : slice
            Of its indices; the last one has no end.
        axis : BrainModelAxis
            Of it alone.
        """
        runs = self.runs
        for offset, run in numbered(runs):
            is_last = run is runs[-1]
            where = slice(offset, None if is_last else offset + len(run))
            yield run.name, where, self._with_runs([run])

    def _with_runs(self, runs: Iterable[StructureRun]) -> Self:
        return type(self).from_runs(runs, self.affine, self.volume_shape, self.nvertices)

    # As an axis.

    def __len__(self) -> int:
        return sum(map(len, self._runs))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, BrainModelAxis) or len(self) != len(other):
            return False
        if not self.has_space_of(other) or self.nvertices != other.nvertices:
            return False
        if len(self.runs) != len(other.runs):
            return False
        return all(map(StructureRun.equals, self.runs, other.runs))

    def __add__(self, other: Any) -> Self:
        """Return the axis with another after it.

        Raises
        ------
        UsageError
            If the two have different volumes, or counts of vertices for one structure.
        """
        if not isinstance(other, BrainModelAxis):
            return NotImplemented
        affine, shape = self.joined_space(other)
        counts = merged_counts(self, other)
        return type(self).from_runs((*self.runs, *other.runs), affine, shape, counts)

    def part(self, index: Any) -> Self:
        """Return the axis of what a slice, a mask or an array of indices selects."""
        if isinstance(index, slice) and index.step in (None, 1):
            start, stop, _ = index.indices(len(self))
            return self._with_runs(cut_runs(self.runs, start, stop))
        return self._with_runs(selected_runs(self.runs, positions(index, len(self))))

    def get_element(self, index: int) -> tuple[str, Any, str]:
        """Return what one index stands for.

        Returns
        -------
        model : str
            ``CIFTI_MODEL_TYPE_SURFACE`` or ``CIFTI_MODEL_TYPE_VOXELS``.
        where : int or array of int, shape (3,)
            Number of the vertex, or voxel indices.
        name : str
            Of the structure.
        """
        place = self.check_index(index)
        (run,) = cut_runs(self.runs, place, place + 1)
        return SURFACE if run.is_surface else VOXELS, run.indices[0], run.name

    def __repr__(self) -> str:
        shown = [f"{run.name.rpartition('STRUCTURE_')[2]}: {len(run)}" for run in self.runs[:4]]
        more = [f"… {len(self.runs)} structures"] if len(self.runs) > 4 else []
        return f"<{type(self).__name__} {', '.join(shown + more)}>"

    @classmethod
    def from_index_mapping(cls, mim: Cifti2MatrixIndicesMap) -> Self:
        """Return the axis of the brain models of a map of indices.

        Raises
        ------
        HeaderDataError
            If brain models leave indices out or share some, or a vertex or voxel is not there.
        """
        runs = runs_of_map(mim)
        volume = None if all(run.is_surface for run in runs) else mim.volume
        affine = None if volume is None else volume.affine
        shape = None if volume is None else volume.volume_dimensions
        made = cls.from_runs(runs, affine, shape, vertex_counts(list(mim.brain_models)))
        made._check()
        return made

    def to_mapping(self, dim: int) -> Cifti2MatrixIndicesMap:
        """Return the map of indices with these structures.

        Raises
        ------
        HeaderDataError
            If a vertex or voxel is not there.
        """
        self._check()
        made = Cifti2MatrixIndicesMap([dim], BRAIN_MODELS)
        if self.affine is not None and self.volume_shape is not None:
            made.append(volume_of(self.affine, self.volume_shape))
        for offset, run in numbered(self.runs):
            made.append(model_of_run(run, offset, self.nvertices.get(run.name)))
        return made


def _filled(given: ArrayLike | None, shape: tuple[int, ...], what: str) -> Indices:
    """Return indices as int64, -1 where none are given.

    Raises
    ------
    HeaderDataError
        If they are of another shape, or not whole numbers.
    """
    if given is None:
        return np.full(shape, -1)
    array = np.asanyarray(given)
    check_per_index(what, array, shape)
    if array.size and array.dtype.kind not in "iu":
        raise HeaderDataError(f"{what}: must be whole numbers, got {array.dtype}")
    return array.astype(np.int64)


def _names(given: Any, count: int) -> NDArray[np.str_]:
    """Return the name of each index as CIFTI-2 spells it."""
    if isinstance(given, str):
        return np.full(count, cifti_name(given))
    array = np.asanyarray(given, dtype=np.str_)
    check_per_index("name", array, (count,))
    if not count:
        return array
    # Mostly the same name comes many times: each is worked out where it begins.
    firsts = np.concatenate(([0], np.flatnonzero(array[1:] != array[:-1]) + 1))
    spelled = [cifti_name(name) for name in array[firsts].tolist()]
    return np.repeat(spelled, np.diff([*firsts, count]))


def _is_surface(
    names: NDArray[np.str_], vertices: Indices, voxels: Indices, nvertices: Mapping[str, int]
) -> NDArray[np.bool_]:
    """Return which indices are vertices: those of surfaces, unless only a voxel is stated."""
    of_surface = np.zeros(len(names), bool)
    for name in nvertices:
        of_surface |= names == name
    only_voxel = (vertices < 0) & (voxels >= 0).all(axis=1)
    return of_surface & ~only_voxel
