"""Axes and sizes of a data set: from attributes, labels of dimensions, or their scales."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from volio.errors import HeaderDataError
from volio.formats.containers.hdf5.file import OpenedFile
from volio.formats.hdf5.attribute_text import read_text
from volio.formats.hdf5.contents import matrix_of
from volio.images.headers.units import millimetres_in, seconds_in
from volio.images.named_axes import FileAxis, axes_of_letters, axes_of_names, unnamed_axes
from volio.json_text import parse_json

__all__ = ["LARGEST_SIZE", "AxisSteps", "read_axes"]

ELEMENT_SIZE = "element_size_um"
AXISTAGS = "axistags"
LARGEST_SIZE = 1e30  # of a voxel, in the unit of the file
EVEN = 1e-6  # part of a step by which those of a scale may differ
LONGEST_SCALE = 1 << 20  # values


class Step(NamedTuple):
    """Where the voxels along an axis are.

    Attributes
    ----------
    size : float
        From one to the next; 0 where it is not known.
    first : float
        Position of the first.
    unit : str
    """

    size: float
    first: float
    unit: str


UNKNOWN = Step(0.0, 0.0, "")

#: The axes of a data set, and voxel indices to positions.
AxisSteps = tuple[tuple[FileAxis, ...], NDArray[np.float64] | None]


def read_axes(opened: OpenedFile, node: Any, letters: str | None) -> AxisSteps:
    """Return the axes of a data set, and voxel indices to positions; None where nothing is known.

    Parameters
    ----------
    opened : OpenedFile
    node : h5py.Dataset
    letters : str or None
        Of the axes, as the user names them.

    Raises
    ------
    UsageError
        If the letters do not fit.
    HeaderDataError
        If attributes make no sense.
    """
    what = f"{opened.source.name}: {node.name}"
    tags = _axistags(node, what)
    named = _named_axes(node, tags, letters)
    stated = [] if letters is not None else _steps_of_tags(tags, named, what)
    steps = [
        _scale(opened, node, n) or step for n, step in enumerate(stated or [UNKNOWN] * len(named))
    ]
    with_units = [axis._replace(unit=step.unit) for axis, step in zip(named, steps, strict=True)]
    lengths = np.array([step.size for step in steps])
    axes = _add_element_sizes(node, tuple(with_units), lengths, what)
    return axes, _matrix(axes, lengths, [step.first for step in steps])


def _matrix(
    axes: Sequence[FileAxis], lengths: NDArray[np.float64], first: list[float]
) -> NDArray[np.float64] | None:
    """Return voxel indices to positions; None where the size of no axis of space is known."""
    if not any(lengths[n] > 0 for n, axis in enumerate(axes) if axis.kind == "space"):
        return None
    return matrix_of(np.where(lengths > 0, lengths, 1.0).tolist(), first)


def _steps_of_tags(
    tags: Sequence[dict[str, Any]], axes: Sequence[FileAxis], what: str
) -> list[Step]:
    """Return what axistags say of each axis; nothing where there are none."""
    pairs = zip(tags, axes, strict=True) if tags else ()
    return [Step(_resolution(tag, what), 0.0, _unit_of(tag, axis)) for tag, axis in pairs]


def _with_unit(axes: tuple[FileAxis, ...], n: int, unit: str) -> tuple[FileAxis, ...]:
    return (*axes[:n], axes[n]._replace(unit=unit), *axes[n + 1 :])


def _named_axes(node: Any, tags: list[dict[str, Any]], letters: str | None) -> tuple[FileAxis, ...]:
    ndim = node.ndim
    if letters is not None:
        return axes_of_letters(letters, ndim)
    if tags:
        return axes_of_names([tag["key"] for tag in tags])
    labels = [node.dims[n].label or _scale_name(node, n) for n in range(ndim)]
    if all(labels) and len(set(labels)) == ndim:
        return axes_of_names(labels)
    return unnamed_axes(ndim)


def _axistags(node: Any, what: str) -> list[dict[str, Any]]:
    """Return the axes that an attribute of ilastik names; none where it does not."""
    text = read_text(node, AXISTAGS)
    if not text:
        return []
    found = parse_json(text, f"{what}: {AXISTAGS}")
    try:
        tags = [dict(tag) for tag in found["axes"]]
        keys = [str(tag["key"]) for tag in tags]
    except (ValueError, TypeError, LookupError) as error:
        raise HeaderDataError(f"{what}: {AXISTAGS}: makes no sense: {text!r:.60}") from error
    if len(keys) != node.ndim or len(set(keys)) != len(keys):
        raise HeaderDataError(f"{what}: {AXISTAGS}: must name {node.ndim} axes, got {keys}")
    return [{**tag, "key": key} for tag, key in zip(tags, keys, strict=True)]


def _resolution(tag: dict[str, Any], what: str) -> float:
    found = tag.get("resolution", 0)
    is_number = isinstance(found, int | float) and not isinstance(found, bool)
    if not is_number or not 0 <= found < LARGEST_SIZE:
        limits = f"0 or more, below {LARGEST_SIZE:g}"
        raise HeaderDataError(f"{what}: {AXISTAGS}: resolution: must be {limits}, got {found!r}")
    return float(found)


def _unit_of(tag: dict[str, Any], axis: FileAxis) -> str:
    """Return the unit that the description of an axis is, if it is one."""
    text = str(tag.get("description", ""))
    known = seconds_in if axis.kind == "time" else millimetres_in
    return text if known(text) else ""


def _scale_name(node: Any, n: int) -> str:
    scales = node.dims[n]
    return str(scales[0].name).rpartition("/")[2] if len(scales) else ""


def _scale(opened: OpenedFile, node: Any, n: int) -> Step | None:
    """Return step, first position and unit of the scale of a dimension; None where it has none.

    One whose steps differ is not taken.
    """
    scales = node.dims[n]
    if not len(scales):
        return None
    scale = scales[0]
    length = node.shape[n]
    if (
        scale.shape != (length,)
        or not 2 <= length <= LONGEST_SCALE
        or scale.dtype.kind not in "iuf"
    ):
        return None
    opened.check_held(scale)
    values = np.asarray(scale[()], np.float64)
    step = float(values[-1] - values[0]) / (length - 1)
    if not np.isfinite(values).all() or step <= 0:
        return None
    if not np.allclose(np.diff(values), step, rtol=EVEN, atol=0):
        return None
    unit = read_text(scale, "units") or read_text(scale, "unit")
    return Step(step, float(values[0]), unit)


def _add_element_sizes(
    node: Any, axes: tuple[FileAxis, ...], sizes: NDArray[np.float64], what: str
) -> tuple[FileAxis, ...]:
    """Put the sizes of an attribute in micrometres in their places; return axes with that unit."""
    found = _element_sizes(node, what)
    in_space = [n for n, axis in enumerate(axes) if axis.kind == "space"]
    if not found:
        return axes
    # z, y, x, of which images may lack the first ones.
    if len(found) < len(in_space):
        raise HeaderDataError(f"{what}: {ELEMENT_SIZE}: must be 3 sizes, got {found}")
    for n, size in zip(reversed(in_space), reversed(found), strict=False):
        sizes[n] = size
        axes = _with_unit(axes, n, "micrometer")
    return axes


def _element_sizes(node: Any, what: str) -> Sequence[float]:
    if ELEMENT_SIZE not in node.attrs:
        return ()
    value = node.attrs[ELEMENT_SIZE]
    sizes = np.asarray(value)
    if sizes.dtype.kind not in "iuf" or sizes.ndim != 1 or not 1 <= sizes.size <= 3:
        raise HeaderDataError(f"{what}: {ELEMENT_SIZE}: must be 3 sizes, got {value!r:.60}")
    numbers: list[float] = sizes.astype(float).tolist()
    if not all(0 < size < LARGEST_SIZE for size in numbers):
        limits = f"above 0, below {LARGEST_SIZE:g}"
        raise HeaderDataError(f"{what}: {ELEMENT_SIZE}: must be {limits}, got {numbers}")
    return numbers
