"""Writing one data set with its axes, sizes and voxels."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from volio.arrays.saving.slab_stream import array_stream
from volio.errors import HeaderDataError, SaveError
from volio.files.codecs.presets import Levels
from volio.formats.containers.hdf5.writing import (
    create_hdf5,
    storage_in_chunks,
    write_attributes,
)
from volio.formats.hdf5.axes import LARGEST_SIZE
from volio.formats.hdf5.own_facts import NAME, own_facts_of
from volio.images.microscopy import MicroscopyHeader
from volio.images.saving.axis_order import stored_names
from volio.images.saving.plan import SavePlan

__all__ = ["LEVELS", "write_dataset"]

DATA = "data"
#: Of deflate.
LEVELS = Levels(0, 9, 1, 5, 9)
EDGE = 64  # voxels of a chunk along each axis of space

#: Kinds of axes as axistags has them.
KINDS = {"x": 2, "y": 2, "z": 2, "t": 8, "c": 1}
LONGEST = 60_000  # bytes of an attribute in the header of a data set


def write_dataset(
    stream: Any, header: MicroscopyHeader, plan: SavePlan, level: int, shape: Sequence[int]
) -> None:
    """Write a file with one data set, "data".

    Parameters
    ----------
    stream : binary file object
    header : MicroscopyHeader
        With dtype, sizes and affine of what is written.
    plan : SavePlan
        Of the voxels, axes in the order of the file.
    level : int
        Of deflate; 0 for none.
    shape : sequence of int
        Of the image.

    Raises
    ------
    SaveError, HeaderDataError
        If HDF5 cannot hold it.
    """
    names = stored_names(shape)
    stored = plan.voxels.shape
    facts = own_facts_of(header).text()
    if len(facts) > LONGEST:
        raise SaveError(f"channels: their names take {len(facts)} bytes, at most {LONGEST} fit")
    if not 1000 * max(header.get_zooms()) < LARGEST_SIZE:  # micrometres, in which they are stored
        limit = LARGEST_SIZE / 1000
        raise HeaderDataError(f"zooms: must be below {limit:g} mm, got {header.get_zooms()}")
    with create_hdf5(stream) as file:
        # Cubes, of which any slice of space needs few.
        edges = (*[1] * (len(stored) - 3), EDGE, EDGE, EDGE)
        options = storage_in_chunks(stored, edges, level)
        node = file.create_dataset(DATA, stored, header.dtype, track_times=False, **options)
        write_attributes(node, {NAME: facts.encode()})
        _write_axes(node, header, names)
        plan.write(array_stream(node), header.dtype)  # type: ignore[arg-type]  # only written to


def _write_axes(node: Any, header: MicroscopyHeader, names: Sequence[str]) -> None:
    """Write the names of axes and the sizes of voxels, for every program in its way."""
    for dim, name in zip(node.dims, names, strict=True):
        dim.label = name
    sizes = dict(zip("xyzt", [*header.get_zooms(), 1.0, 1.0, 1.0], strict=False))
    micrometres = np.array([1000 * sizes[name] for name in "zyx"])
    axistags = _axistags(names, sizes, header.time_unit)
    write_attributes(node, {"axistags": axistags.encode(), "element_size_um": micrometres})


def _axistags(names: Sequence[str], sizes: dict[str, float], time_unit: float | None) -> str:
    """Return the axes as ilastik has them; the description is the unit of the resolution."""
    units = {**dict.fromkeys("xyz", "millimeter"), "t": "second" if time_unit else "", "c": ""}
    steps = {**sizes, "t": sizes["t"] * (time_unit or 1.0), "c": 0.0}
    axes = [
        {
            "key": name,
            "typeFlags": KINDS[name],
            "resolution": steps[name],
            "description": units[name],
        }
        for name in names
    ]
    return json.dumps({"axes": axes})
