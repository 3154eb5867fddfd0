"""What is suspicious about greyordinates: in the file, its rows and columns, and its values."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from volio.arrays.slabs import as_array, iterate_slabs
from volio.errors import VolioError
from volio.files.fileobjects import SourceFile
from volio.files.opener import open_source
from volio.formats.cifti2 import Cifti2Image, LabelAxis, LimitedNifti2Header
from volio.formats.cifti2.elements.indices_map import Cifti2MatrixIndicesMap
from volio.formats.cifti2.intents import ending_of, intent_of
from volio.ops.checks.fields import check_issues
from volio.ops.checks.files import size_issues
from volio.ops.checks.issue import Issue, keep
from volio.ops.greyordinates.describe import describe_greyordinates

__all__ = ["greyordinate_issues"]

SHOWN = 8  # of many
MILLIMETRES = -3  # exponent of a metre


def greyordinate_issues(img: Cifti2Image, is_in_file: bool) -> Iterator[Issue]:
    """Find what is suspicious in a matrix, reading all of it in bounded memory.

    Parameters
    ----------
    img : Cifti2Image
    is_in_file : bool
        Whether it was just loaded: the header is looked at as it is in the file.
    """
    yield from size_issues(img)
    yield from _header_issues(_stored_header(img) if is_in_file else img.nifti_header)
    try:
        axes = [img.header.get_axis(number) for number in range(img.ndim)]
    except VolioError as error:
        yield Issue("error", "header", f"cannot be read: {error}", "format='nifti2' reads it")
        return
    yield from _intent_issues(img)
    for mapping in img.header.matrix:
        yield from _map_issues(mapping)
    try:
        for number, axis in enumerate(axes):
            if isinstance(axis, LabelAxis):
                yield from _label_issues(img, axis, number)
        yield from _value_issues(img)
    except VolioError as error:
        yield Issue("error", "file", f"is damaged: {error}", "get the file again")


def _stored_header(img: Cifti2Image) -> LimitedNifti2Header:
    """Return the NIfTI header as it is in the file; loading has repaired it."""
    with SourceFile(open_source(img.file_map["image"])) as raw:
        reader = io.BufferedReader(raw)
        return type(img.nifti_header).from_fileobj(reader, check=False)


def _header_issues(header: LimitedNifti2Header) -> Iterator[Issue]:
    """Run the checks of a NIfTI header; what they repair, saving repairs."""
    for issue in check_issues(header):
        yield issue if issue.repair is None else replace(issue, repair=keep)


def _intent_issues(img: Cifti2Image) -> Iterator[Issue]:
    """Compare intent and file name with the axes, which decide what the file is."""
    matrix = img.header.matrix
    kinds = [matrix.get_index_map(axis).indices_map_to_data_type for axis in range(img.ndim)]
    usual = intent_of(kinds)
    code = int(img.nifti_header["intent_code"])
    if code != usual.code:
        found = f"is {code}, and that of these axes is {usual.code} ({usual.name})"
        yield Issue("suspicious", "intent_code", found, "saving corrects it", keep)
    ending = ending_of(img.get_filename() or "")
    if ending and ending != usual.ending:
        found = f"{ending} is the ending of other axes than the file has"
        advice = f"rename it: {usual.ending}" if usual.ending else ""
        yield Issue("suspicious", "file name", found, advice)


def _map_issues(mapping: Cifti2MatrixIndicesMap) -> Iterator[Issue]:
    volume = mapping.volume
    matrix = None if volume is None else volume.transformation_matrix_voxel_indices_ijk_to_xyz
    if matrix is not None and matrix.meter_exponent != MILLIMETRES:
        found = f"is {matrix.meter_exponent}: many programs take the matrix for mm all the same"
        yield Issue("suspicious", "MeterExponent", found)
    models = list(mapping.brain_models)
    offsets = [model.index_offset for model in models]
    if offsets != sorted(offsets, key=lambda offset: offset or 0):
        found = "the brain models are not in the order of their indices"
        yield Issue(
            "suspicious", "IndexOffset", found, "some programs take them in the order of the file"
        )
    for model in models:
        indices: Any = model.vertex_indices or model.voxel_indices_ijk
        repeated = len(indices) - len(np.unique(np.asarray(indices), axis=0))
        if repeated:
            found = f"has {repeated} of its vertices or voxels twice"
            yield Issue("suspicious", f"brain model {model.brain_structure}", found)
    yield from _parcel_issues(mapping)


def _parcel_issues(mapping: Cifti2MatrixIndicesMap) -> Iterator[Issue]:
    """Find vertices and voxels that several parcels have."""
    lists: dict[str, list[Any]] = {}
    for parcel in mapping.parcels:
        for vertices in parcel.vertices:
            lists.setdefault(str(vertices.brain_structure), []).append(vertices.array)
        if parcel.voxel_indices_ijk:
            lists.setdefault("the volume", []).append(parcel.voxel_indices_ijk.array)
    for where, parts in lists.items():
        together = np.concatenate(parts)
        repeated = len(together) - len(np.unique(together, axis=0))
        if repeated:
            found = f"{repeated} vertices or voxels of {where} are in several parcels"
            yield Issue("suspicious", "parcels", found, "Workbench refuses such files")


def _label_issues(img: Cifti2Image, axis: LabelAxis, number: int) -> Iterator[Issue]:
    """Find values without a label, and labels that share a key."""
    used = _used_values(img, number)
    for name, labels, values in zip(axis.name.tolist(), axis.labels, used, strict=True):
        missing = sorted(value for value in values if value not in labels)
        if missing:
            shown = ", ".join(f"{value:g}" for value in missing[:SHOWN])
            yield Issue("suspicious", f"map {name!r}", f"values that no label has: {shown}")
    for named in img.header.get_index_map(number).named_maps:
        repeated = [] if named.label_table is None else named.label_table.repeated
        if repeated:
            shown = ", ".join(str(label.key) for label in repeated[:SHOWN])
            found = f"keys that several labels have: {shown}"
            yield Issue("suspicious", f"map {named.map_name!r}", found)


def _used_values(img: Cifti2Image, number: int) -> list[set[float]]:
    """Return the values that occur at each index of an axis, read slab by slab."""
    used: list[set[float]] = [set() for _ in range(img.shape[number])]
    for slab in iterate_slabs(as_array(img.dataobj)):
        rows = np.moveaxis(np.asarray(slab.values), number, 0)
        first = slab.where[number].start  # the index of the first row in the whole image
        for index, row in enumerate(rows, first):
            used[index] |= set(np.unique(row).tolist())
    return used


def _value_issues(img: Cifti2Image) -> Iterator[Issue]:
    found = describe_greyordinates(img)
    values = found.values
    for count, what in ((values.nan, "NaN"), (values.infinite, "infinite")):
        if count:
            total = values.count + values.nan + values.infinite
            yield Issue("suspicious", "values", f"{count} of {total} are {what}")
    if values.count > 1 and values.minimum == values.maximum:
        yield Issue("suspicious", "values", f"are all {values.minimum:g}")
        return
    for name, part in found.structures:
        if part.count > 1 and part.minimum == part.maximum == 0:
            yield Issue("info", name, "all of its values are 0")
