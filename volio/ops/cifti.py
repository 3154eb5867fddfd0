"""CIFTI-2 images from surfaces and a volume."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from os import PathLike
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from volio.errors import ImageDataError, SpaceError, UsageError
from volio.formats.cifti2 import Cifti2Image
from volio.formats.cifti2.axes import BrainModelAxis, MatrixAxis
from volio.formats.cifti2.axes.names import cifti_name
from volio.formats.cifti2.parts.likeness import NewRows, row_axis
from volio.images.kinds import check_kind
from volio.images.labels import Labels
from volio.images.spatial import SpatialImage
from volio.io import load
from volio.ops.axes import with_axes_of_space
from volio.ops.derive import affine_of
from volio.surfaces.surface import Surface

__all__ = ["STRUCTURES_OF_LABELS", "cifti"]

Array: TypeAlias = NDArray[Any]

#: Structures of the numbers that FreeSurfer's segmentations have, which the masks of the Human
#: Connectome Project (``Atlas_ROIs``) have, too.
#: Source: https://surfer.nmr.mgh.harvard.edu/fswiki/FsTutorial/AnatomicalROI/FreeSurferColorLUT
STRUCTURES_OF_LABELS = {
    8: "cerebellum_left",
    10: "thalamus_left",
    11: "caudate_left",
    12: "putamen_left",
    13: "pallidum_left",
    16: "brain_stem",
    17: "hippocampus_left",
    18: "amygdala_left",
    26: "accumbens_left",
    28: "diencephalon_ventral_left",
    47: "cerebellum_right",
    49: "thalamus_right",
    50: "caudate_right",
    51: "putamen_right",
    52: "pallidum_right",
    53: "hippocampus_right",
    54: "amygdala_right",
    58: "accumbens_right",
    60: "diencephalon_ventral_right",
}


@dataclass(frozen=True)
class ColumnPart:
    """Columns of an image to be.

    Attributes
    ----------
    what : str
        The argument they are from.
    axis : BrainModelAxis
    values : array, shape (rows, columns)
    names : tuple of str
        Of the rows; none where the source does not name each.
    tables : tuple of Labels
        Of the rows, or none.
    step : float or None
        Seconds from row to row, where the source states it.
    """

    what: str
    axis: BrainModelAxis
    values: Array
    names: tuple[str, ...] = ()
    tables: tuple[Labels, ...] = ()
    step: float | None = None


def cifti(
    left: Surface | str | PathLike[str] | None = None,
    right: Surface | str | PathLike[str] | None = None,
    volume: SpatialImage | str | PathLike[str] | None = None,
    *,
    roi_left: Surface | str | PathLike[str] | ArrayLike | None = None,
    roi_right: Surface | str | PathLike[str] | ArrayLike | None = None,
    roi_volume: SpatialImage | str | PathLike[str] | None = None,
    structures: Mapping[int, str] | None = None,
    names: str | Iterable[str] | None = None,
    labels: Labels | Mapping[int, str] | Sequence[Labels | Mapping[int, str]] | None = None,
    step: float | None = None,
) -> Cifti2Image:
    """Make a CIFTI-2 image from the values of surfaces and of a volume.

    Parameters
    ----------
    left, right : Surface, str or path, optional
        Surfaces of the left and the right cortex, or files, with values of each vertex.
    volume : SpatialImage, str or path, optional
        With three axes, or a fourth one with as many volumes as the surfaces have values.
    roi_left, roi_right : Surface, str, path or array, shape (V,), optional
        Which vertices are taken: those that are not 0 or NaN; all by default.
    roi_volume : SpatialImage, str or path
        Which voxels are taken, and what structure each is of: a volume of numbers on the same
        grid, 0 for none. Needed with `volume`.
    structures : mapping of int to str, optional
        The structures that the numbers of `roi_volume` stand for (default: those of FreeSurfer,
        as the masks of the Human Connectome Project have them; 1 is "other" in a mask of 0 and 1).
    names : str or iterable of str, optional
        Of the maps (default: those that the surfaces have).
    labels : Labels, mapping of int to str, or a sequence of these, optional
        What values stand for (default: the tables that the surfaces have).
    step : float, optional
        Seconds from one point of a time series to the next (default: what the volume states).

    Returns
    -------
    Cifti2Image
        Structures in the order of the Human Connectome Project: the cortex, then by name; voxels
        with the first axis fastest.

    Raises
    ------
    UsageError
        If nothing is given, or what the rows are is not known; or numbers have no structure.
    ImageDataError
        If surfaces, volume and masks do not fit each other.
    SpaceError
        If `roi_volume` is on another grid than `volume`.

    Examples
    --------
    >>> left = volio.Surface(data={"thickness": [2.5, 0.0, 2.25, 3.0]}, structure="cortex_left")
    >>> img = volio.cifti(left=left, roi_left=[1, 0, 1, 1])
    >>> img.axes
    (<ScalarAxis 'thickness'>, <BrainModelAxis CORTEX_LEFT: 3>)
    >>> np.asarray(img.dataobj)
    array([[2.5 , 2.25, 3.  ]])
    """
    parts = [*_surface_parts("left", left, roi_left), *_surface_parts("right", right, roi_right)]
    if volume is not None:
        parts += _volume_parts(volume, roi_volume, structures)
    if not parts:
        raise UsageError("left, right, volume: at least one of them is needed")
    rows = _rows(parts, NewRows(names, labels, step))
    columns = parts[0].axis
    for part in parts[1:]:
        columns = columns + part.axis
    values = np.concatenate([part.values for part in parts], axis=1)
    return Cifti2Image(values, (rows, columns))


def _loaded(given: Any) -> Any:
    return load(given) if isinstance(given, str | PathLike) else given


# Surfaces.


def _surface_parts(what: str, given: Any, roi: Any) -> list[ColumnPart]:
    """Return the part of a surface; none where it is not given."""
    if given is not None:
        return [_surface_part(what, given, roi)]
    if roi is not None:
        raise UsageError(f"roi_{what}: is of {what}, which is not given")
    return []


def _surface_part(what: str, given: Any, roi: Any) -> ColumnPart:
    surface = _surface_of(what, given)
    count = surface.n_vertices
    chosen = np.arange(count) if roi is None else _vertices_of(f"roi_{what}", roi, count)
    arrays = surface.data.arrays()
    rows = [np.reshape(array.values, (count, -1)).T[:, chosen] for array in arrays]
    is_series = any(array.values.ndim == 2 for array in arrays)
    return ColumnPart(
        what,
        BrainModelAxis.from_surface(chosen, count, f"cortex_{what}"),
        np.concatenate(rows),
        () if is_series else tuple(array.name for array in arrays),
        tuple(array.labels for array in arrays if array.labels is not None),
    )


def _surface_of(what: str, given: Any) -> Surface:
    """Return a surface with values, loaded where a file is given.

    Raises
    ------
    UsageError
        If it is something else, or of another structure.
    ImageDataError
        If it has no values.
    """
    surface: Surface = _loaded(given)
    check_kind(surface, "surface", f"cifti({what}=)")
    if surface.structure not in ("", f"cortex_{what}"):
        raise UsageError(f"{what}: the surface is of {surface.structure}")
    if not len(surface.data):
        raise ImageDataError(f"{what}: the surface has no values, only a mesh")
    return surface


def _vertices_of(what: str, roi: Any, count: int) -> NDArray[np.intp]:
    """Return the vertices of a mask: those that are not 0 or NaN."""
    found = _loaded(roi)
    if hasattr(found, "kind"):
        check_kind(found, "surface", f"cifti({what}=)")
        values = [array.values for array in found.data.arrays()]
        if len(values) != 1:
            raise ImageDataError(f"{what}: must have one value for each vertex, has {len(values)}")
        found = values[0]
    mask = np.asarray(found)
    if mask.shape != (count,):
        raise ImageDataError(f"{what}: must be of shape {(count,)}, got {mask.shape}")
    return np.flatnonzero(np.nan_to_num(mask))


# Volumes.


def _volume_parts(given: Any, roi: Any, structures: Mapping[int, str] | None) -> list[ColumnPart]:
    """Return a part for each structure of a volume, in the order of their names."""
    if roi is None:
        raise UsageError(
            "roi_volume: is needed with volume=, to say which voxels are taken and what "
            "structure each is of"
        )
    image = _as_volume("volume", given)
    numbers = _numbers_on(image, _as_volume("roi_volume", roi))
    masks = _masks(numbers, structures)
    if not masks:
        raise ImageDataError("roi_volume: is 0 everywhere")
    values = np.asarray(image.dataobj)
    return [_structure_part(image, values, name, masks[name]) for name in sorted(masks)]


def _structure_part(image: Any, values: Array, structure: str, mask: Array) -> ColumnPart:
    """Return the part of the voxels of one structure, the first axis fastest."""
    # Of voxels that are found in an array with its axes reversed the first is fastest.
    voxels = np.argwhere(mask.T)[:, ::-1]
    axis = BrainModelAxis(structure, voxels, affine=affine_of(image), volume_shape=mask.shape)
    rows = np.reshape(values[tuple(voxels.T)], (len(voxels), -1)).T
    names = image.header.metadata().labels
    return ColumnPart("volume", axis, rows, names, step=_step_of(image))


def _as_volume(what: str, given: Any) -> Any:
    image = _loaded(given)
    check_kind(image, "volume", f"cifti({what}=)")
    return with_axes_of_space(image)


def _numbers_on(image: Any, roi: Any) -> Array:
    """Return the numbers of a mask, whole, on the grid of a volume.

    Raises
    ------
    SpaceError
        If its grid is another.
    ImageDataError
        If they are not whole numbers.
    """
    if roi.shape[:3] != image.shape[:3] or np.prod(roi.shape[3:]) != 1:
        raise SpaceError(f"roi_volume: has shape {roi.shape}, volume has {image.shape}")
    if not np.allclose(affine_of(roi), affine_of(image), atol=1e-3):
        raise SpaceError(
            "roi_volume: its affine is not that of volume; volio.resample_from_to(roi, volume, "
            "order=0) brings it there"
        )
    values = np.reshape(np.asarray(roi.dataobj), roi.shape[:3])
    numbers = np.nan_to_num(values).astype(np.int64)
    if not np.array_equal(numbers, np.nan_to_num(values)):
        raise ImageDataError("roi_volume: must have whole numbers, one for each structure")
    return numbers


def _masks(numbers: Array, structures: Mapping[int, str] | None) -> dict[str, Array]:
    """Return the mask of each structure that is there, by name.

    Raises
    ------
    UsageError
        If a number has no structure.
    """
    found = [number for number in np.unique(numbers).tolist() if number]
    if structures is None:
        structures = {1: "other"} if found == [1] else STRUCTURES_OF_LABELS
    if unknown := [number for number in found if number not in structures]:
        raise UsageError(
            f"structures: no structure for the numbers {unknown} of roi_volume; structures="
            "{number: name} states them"
        )
    masks: dict[str, Array] = {}
    for number in found:
        name = cifti_name(structures[number])
        masks[name] = masks.get(name, False) | (numbers == number)
    return masks


def _step_of(image: Any) -> float | None:
    """Return the seconds from one volume to the next; None where that is not stated."""
    metadata = image.header.metadata()
    return metadata.step if metadata.unit == "s" and image.ndim == 4 else None


# Rows.


def _rows(parts: Sequence[ColumnPart], given: NewRows) -> MatrixAxis:
    """Return the axis of the rows, from what is given or what the parts say.

    Raises
    ------
    ImageDataError
        If parts have different numbers of rows.
    """
    count = _common_count(parts)
    if given.step is not None:
        return row_axis(count, given)
    steps = {part.step for part in parts if part.step is not None}
    names = _names_of(parts) if given.names is None else given.names
    if names is None and given.labels is None and steps:
        return row_axis(count, NewRows(step=steps.pop()))
    labels = _tables_of(parts, count) if given.labels is None else given.labels
    return row_axis(count, NewRows(names, labels))


def _common_count(parts: Sequence[ColumnPart]) -> int:
    """Return how many rows each part has."""
    counts = {part.what: len(part.values) for part in parts}
    if len(set(counts.values())) > 1:
        listed = ", ".join(f"{count} in {what}" for what, count in counts.items())
        raise ImageDataError(f"each part must have as many maps or points: {listed}")
    return len(parts[0].values)


def _names_of(parts: Sequence[ColumnPart]) -> tuple[str, ...] | None:
    """Return the names of the first part that has names; the parts are of the same maps."""
    return next((part.names for part in parts if part.names), None)


def _tables_of(parts: Sequence[ColumnPart], count: int) -> list[Labels] | None:
    """Return a table for each row, with the labels of all parts; None without any.

    Raises
    ------
    HeaderDataError
        If parts give one key different names.
    """
    known = [part.tables for part in parts if len(part.tables) == count]
    if not known:
        return None
    tables = list(known[0])
    for others in known[1:]:
        tables = [mine.merge(other) for mine, other in zip(tables, others, strict=True)]
    return tables
