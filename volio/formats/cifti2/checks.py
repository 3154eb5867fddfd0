"""Checks of what a CIFTI-2 header says: that every index of the matrix stands for one thing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from volio.errors import HeaderDataError
from volio.formats.cifti2.codes import (
    BRAIN_MODELS,
    CIFTI_MAP_TYPES,
    CIFTI_MODEL_TYPES,
    LABELS,
    PARCELS,
    SERIES,
    SURFACE,
)
from volio.formats.cifti2.elements.brain_model import Cifti2BrainModel
from volio.formats.cifti2.elements.indices_map import Cifti2MatrixIndicesMap
from volio.formats.cifti2.elements.matrix import Cifti2Matrix
from volio.formats.cifti2.elements.parcel import Cifti2Parcel
from volio.formats.cifti2.elements.volume import Cifti2Volume

__all__ = ["check_matrix", "check_shape"]


def check_shape(matrix: Cifti2Matrix, shape: Sequence[int]) -> str:
    """Return how a matrix differs from what data of a shape need; "" for not at all.

    Parameters
    ----------
    matrix : Cifti2Matrix
    shape : sequence of int
        Of the data.
    """
    described = matrix.get_data_shape()
    if described == tuple(shape):
        return ""
    return f"data of shape {tuple(shape)} do not match the header, which describes {described}"


def check_matrix(matrix: Cifti2Matrix) -> None:
    """Check that every index of each dimension stands for one thing, which is there.

    Raises
    ------
    HeaderDataError
        Naming the brain model, parcel or map.
    """
    for mapping in matrix:
        kind = mapping.indices_map_to_data_type
        if kind not in CIFTI_MAP_TYPES:
            raise HeaderDataError(
                f"MatrixIndicesMap: IndicesMapToDataType: must be one of {CIFTI_MAP_TYPES}, got "
                f"{kind!r}"
            )
        if kind in CHECKS:
            CHECKS[kind](mapping)


def _check_series(mapping: Cifti2MatrixIndicesMap) -> None:
    points = mapping.length
    if points < 0:
        raise HeaderDataError(f"NumberOfSeriesPoints: must not be negative, got {points}")


def _check_labels(mapping: Cifti2MatrixIndicesMap) -> None:
    for named in mapping.named_maps:
        if not named.label_table:
            raise HeaderDataError(f"map {named.map_name!r}: a map of labels needs a LabelTable")


# Brain models.


def _check_brain_models(mapping: Cifti2MatrixIndicesMap) -> None:
    models = list(mapping.brain_models)
    for model in models:
        _check_brain_model(model, mapping.volume)
    # The file may list them in any order; together they must be 0, 1, 2, ... without a gap.
    start = 0
    for model in sorted(models, key=lambda model: (model.index_offset, model.index_count)):
        if model.index_offset != start:
            raise HeaderDataError(
                f"{_named(model)}: IndexOffset: must be {start}, where the one before ends, got "
                f"{model.index_offset}"
            )
        start += model.index_count or 0


def _check_brain_model(model: Cifti2BrainModel, volume: Cifti2Volume | None) -> None:
    what = _named(model)
    if model.index_offset is None or model.index_count is None:
        raise HeaderDataError(f"{what}: IndexOffset and IndexCount are needed")
    if model.index_count < 1:
        raise HeaderDataError(f"{what}: IndexCount: must be 1 or more, got {model.index_count}")
    if model.model_type not in CIFTI_MODEL_TYPES:
        raise HeaderDataError(
            f"{what}: ModelType: must be one of {CIFTI_MODEL_TYPES}, got {model.model_type!r}"
        )
    is_surface = model.model_type == SURFACE
    indices = model.vertex_indices if is_surface else model.voxel_indices_ijk
    found = 0 if indices is None else len(indices)
    if found != model.index_count:
        raise HeaderDataError(f"{what}: IndexCount: states {model.index_count}, has {found}")
    if is_surface:
        _check_vertices(np.asarray(indices), model.surface_number_of_vertices, what)
    else:
        _check_voxels(np.asarray(indices), volume, what)


def _named(model: Cifti2BrainModel) -> str:
    return f"brain model {model.brain_structure}"


def _check_vertices(vertices: NDArray[Any], count: int | None, what: str) -> None:
    if count is None:
        raise HeaderDataError(f"{what}: SurfaceNumberOfVertices is needed")
    if vertices.size and not 0 <= vertices.min() <= vertices.max() < count:
        wrong = vertices[(vertices < 0) | (vertices >= count)]
        raise HeaderDataError(f"{what}: vertex {wrong[0]}: the surface has {count} vertices")


def _check_voxels(voxels: NDArray[Any], volume: Cifti2Volume | None, what: str) -> None:
    if volume is None or volume.volume_dimensions is None:
        raise HeaderDataError(f"{what}: its voxels need a Volume with VolumeDimensions")
    lengths = tuple(volume.volume_dimensions)
    outside = ((voxels < 0) | (voxels >= lengths)).any(axis=1)
    if outside.any():
        found = tuple(voxels[outside][0].tolist())
        raise HeaderDataError(f"{what}: voxel {found}: the volume has {lengths} voxels")


# Parcels.


def _check_parcels(mapping: Cifti2MatrixIndicesMap) -> None:
    counts = {
        surface.brain_structure: surface.surface_number_of_vertices for surface in mapping.surfaces
    }
    for parcel in mapping.parcels:
        _check_parcel(parcel, counts, mapping.volume)


def _check_parcel(
    parcel: Cifti2Parcel, counts: dict[str | None, int | None], volume: Cifti2Volume | None
) -> None:
    what = f"parcel {parcel.name!r}"
    for vertices in parcel.vertices:
        structure = vertices.brain_structure
        if structure not in counts:
            raise HeaderDataError(f"{what}: there is no Surface {structure}, only {_list(counts)}")
        _check_vertices(vertices.array, counts[structure], f"{what}: {structure}")
    if parcel.voxel_indices_ijk:
        _check_voxels(parcel.voxel_indices_ijk.array, volume, what)


def _list(names: Iterable[str | None]) -> str:
    return ", ".join(map(str, names)) or "none"


CHECKS = {
    BRAIN_MODELS: _check_brain_models,
    PARCELS: _check_parcels,
    SERIES: _check_series,
    LABELS: _check_labels,
}
