"""Greyordinates: facts of a sample, reading parts, saving, and damaged files."""

from __future__ import annotations

from typing import Any

import numpy as np

from volio.testing.comparison import same_image, same_values, voxels_of
from volio.testing.conformance.case import Case, contents, needs, once
from volio.testing.conformance.damage import survived, survives_flipped_bits
from volio.testing.faults import cut_short

#: Bytes at the beginning of a file that are flipped: headers, the XML, and the first values.
ENOUGH = 2000

#: Indices of a matrix of two axes: each kind that numpy has.
INDICES: tuple[Any, ...] = (
    (1, 2),
    (-1, -2),
    1,
    (slice(None), 2),
    (slice(None, None, -1), slice(1, None, 2)),
    (..., 1),
    (slice(0, 0), 0),
    ([0, 2, 0], slice(None)),
    (slice(None), [2, 0]),
    ([0, 1], [2, 0]),
    (np.newaxis, 0),
)


def check_matrix_facts(case: Case) -> None:
    """Values, and what rows and columns stand for, are what the sample's facts say."""
    facts = case.sample.facts
    img = case.load()
    values = voxels_of(img)
    assert img.shape == values.shape == case.sample.shape
    assert img.get_data_dtype().newbyteorder("=") == case.sample.dtype
    # A sum that depends on the axes and their order.
    numbers = np.arange(1, values.size + 1).reshape(values.shape)
    assert np.isclose(values.sum(dtype=float), facts["total"])
    assert np.isclose((values * numbers).sum(dtype=float), facts["weighted total"])
    axes = [axis_facts(img.header.get_axis(number)) for number in range(img.ndim)]
    assert axes == facts["axes"]
    assert img.nifti_header["intent_code"] == facts["intent"]


def axis_facts(axis: Any) -> list[Any]:
    """Return the kind of an axis, its length, and what its indices stand for."""
    kind = axis.to_mapping(0).indices_map_to_data_type.removeprefix("CIFTI_INDEX_TYPE_")
    if kind == "SERIES":
        return [kind, len(axis), [axis.start, axis.step, axis.unit]]
    if kind == "BRAIN_MODELS":
        structures = []
        for name, part, _ in axis.iter_structures():
            start, stop, _ = part.indices(len(axis))
            structures.append([name, start, stop])
        return [kind, len(axis), structures]
    return [kind, len(axis), axis.name.tolist()]


def check_every_index_reads_what_it_names(case: Case) -> None:
    """Every kind of index gives what numpy gives of the whole matrix."""
    img = case.load()
    values = voxels_of(img)
    for index in INDICES:
        fitting = within(index, values.shape)
        same_values(np.asarray(img.dataobj[fitting]), values[fitting])


def within(index: Any, shape: tuple[int, ...]) -> Any:
    """Return an index whose integers are all inside an array of a shape."""
    if not isinstance(index, tuple):
        return index % shape[0]
    parts: list[Any] = []
    for part in index:
        axis = len([each for each in parts if each is not np.newaxis])
        length = shape[-1] if ... in parts else shape[min(axis, len(shape) - 1)]
        is_number = isinstance(part, int | list)
        parts.append((np.asarray(part) % length).tolist() if is_number else part)
    return tuple(parts)


@needs("writable")
def check_saving_keeps_a_matrix(case: Case) -> None:
    """A saved matrix has the values and the axes that it had; so has one that was changed."""
    img = case.load()
    img.to_filename(case.target())
    same_image(case.load(case.target()), img)
    changed = case.image_class(voxels_of(img) * 0, img.header, img.nifti_header)
    changed.to_filename(case.target("other"))
    found = case.load(case.target("other"))
    assert not voxels_of(found).any()
    assert found.header == img.header


@needs("writable")
def check_untouched_files_keep_their_bytes(case: Case) -> None:
    """Saving what was loaded writes the same bytes, but for an intent that the axes correct."""
    img = case.load()
    img.to_filename(case.target())
    before = bytearray(contents(case.path))
    after = bytearray(contents(case.target()))
    if case.sample.facts["intent"] == 3000:
        intent = slice(504, 524)  # intent_code and intent_name
        assert before[intent] != after[intent]
        before[intent] = after[intent]
    assert bytes(before) == bytes(after)


@needs("writable")
def check_saving_over_itself(case: Case) -> None:
    """A matrix can be saved over the file that it is read from, in another dtype too."""
    img = case.load()
    expected = voxels_of(img).copy()
    img.to_filename(case.path, dtype=np.float64)
    same_values(voxels_of(img), expected, dtype=False)
    same_values(voxels_of(case.load()), expected, dtype=False)


def check_cut_matrices(case: Case) -> None:
    """A file that ends early gives an error, or everything that it held."""
    expected = in_memory(case.load())
    data = case.path.read_bytes()
    for cut in cut_short(data, min(len(data), 600), pieces=12):
        case.path.write_bytes(cut)
        with survived(f"{case.path.name} of {len(cut)} bytes"):
            found = case.load()
            read_all(found)
            same_image(found, expected)
    case.path.write_bytes(data)


@once
def check_flipped_bits_of_matrices(case: Case) -> None:
    """Damaged files give values or an error of volio; damaged compressed ones never others."""
    expected = in_memory(case.load())
    survives_flipped_bits(case, expected, read_all, ENOUGH, 100)


def in_memory(img: Any) -> Any:
    """Return an image of the same values, which reads nothing from the file."""
    read_all(img)
    return type(img)(voxels_of(img).copy(), img.header, img.nifti_header)


def read_all(img: Any) -> None:
    """Read everything that a matrix holds, and ask for what follows from it."""
    voxels_of(img)
    for axis in range(img.ndim):
        assert len(img.header.get_axis(axis)) == img.shape[axis]
    repr(img)
