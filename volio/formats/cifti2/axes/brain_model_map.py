"""Runs of an axis from the brain models of a header, and back."""

from __future__ import annotations

from collections.abc import Sequence

from volio.errors import HeaderDataError
from volio.formats.cifti2.axes.axis import Indices
from volio.formats.cifti2.axes.runs import StructureRun, numbered
from volio.formats.cifti2.codes import CIFTI_MODEL_TYPES, SURFACE, VOXELS
from volio.formats.cifti2.elements.brain_model import Cifti2BrainModel
from volio.formats.cifti2.elements.element import required
from volio.formats.cifti2.elements.indices import Cifti2VertexIndices
from volio.formats.cifti2.elements.indices_map import Cifti2MatrixIndicesMap
from volio.formats.cifti2.elements.volume import (
    MILLIMETRES,
    Cifti2TransformationMatrixVoxelIndicesIJKtoXYZ,
    Cifti2Volume,
)
from volio.formats.cifti2.elements.voxels import Cifti2VoxelIndicesIJK

__all__ = ["model_of_run", "runs_of_map", "vertex_counts", "volume_of"]


def runs_of_map(mim: Cifti2MatrixIndicesMap) -> list[StructureRun]:
    """Return a run for each brain model of a map of indices, in the order of the axis.

    Raises
    ------
    HeaderDataError
        If the brain models leave indices out, share some, or do not say what theirs are.
    """
    models = sorted(mim.brain_models, key=_offset)
    runs = [_run(model) for model in models]
    for model, (expected, run) in zip(models, numbered(runs), strict=True):
        if _offset(model) != expected:
            raise HeaderDataError(
                f"brain model {run.name}: IndexOffset: must be {expected}, where the one before "
                f"it ends, got {_offset(model)}"
            )
    return runs


def _offset(model: Cifti2BrainModel) -> int:
    return required(model.index_offset, f"brain model {model.brain_structure}: IndexOffset")


def _run(model: Cifti2BrainModel) -> StructureRun:
    name = required(model.brain_structure, "brain model: BrainStructure")
    what = f"brain model {name}"
    if model.model_type not in CIFTI_MODEL_TYPES:
        raise HeaderDataError(
            f"{what}: ModelType: must be {' or '.join(CIFTI_MODEL_TYPES)}, got {model.model_type!r}"
        )
    run = StructureRun(name, _indices(model, what))
    if model.index_count not in (None, len(run)):
        raise HeaderDataError(
            f"{what}: IndexCount: is {model.index_count}, and there are {len(run)} indices"
        )
    return run


def _indices(model: Cifti2BrainModel, what: str) -> Indices:
    """Return the vertices or the voxels of a brain model, whichever its type asks for."""
    if model.model_type == SURFACE:
        return required(model.vertex_indices, f"{what}: VertexIndices").array
    return required(model.voxel_indices_ijk, f"{what}: VoxelIndicesIJK").array


def vertex_counts(models: Sequence[Cifti2BrainModel]) -> dict[str, int]:
    """Return the number of vertices of the whole surface of each structure.

    Raises
    ------
    HeaderDataError
        If a brain model does not state it, or two state different ones.
    """
    counts: dict[str, int] = {}
    for model in models:
        if model.model_type != SURFACE:
            continue
        name = required(model.brain_structure, "brain model: BrainStructure")
        what = f"brain model {name}: SurfaceNumberOfVertices"
        count = required(model.surface_number_of_vertices, what)
        if counts.setdefault(name, count) != count:
            raise HeaderDataError(f"{what}: is {counts[name]} first, then {count}")
    return counts


def model_of_run(run: StructureRun, offset: int, count: int | None) -> Cifti2BrainModel:
    """Return the brain model of a run that begins at an index.

    Parameters
    ----------
    run : StructureRun
    offset : int
    count : int or None
        Vertices of the whole surface; None for voxels.
    """
    made = Cifti2BrainModel(offset, len(run), SURFACE if run.is_surface else VOXELS, run.name)
    if run.is_surface:
        made.surface_number_of_vertices = count
        made.vertex_indices = Cifti2VertexIndices(run.indices)
    else:
        made.voxel_indices_ijk = Cifti2VoxelIndicesIJK(run.indices)
    return made


def volume_of(affine: Indices, shape: Sequence[int]) -> Cifti2Volume:
    """Return the volume of an affine in mm and a shape in voxels."""
    matrix = Cifti2TransformationMatrixVoxelIndicesIJKtoXYZ(MILLIMETRES, affine)
    return Cifti2Volume(tuple(shape), matrix)
