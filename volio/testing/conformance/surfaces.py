"""Surfaces: facts of a sample, what is handed to other classes, and damaged files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from volio.surfaces.surface import Surface
from volio.testing.comparison import same_image
from volio.testing.conformance.case import Case, needs, once
from volio.testing.conformance.damage import survived, survives_flipped_bits
from volio.testing.faults import cut_short

#: Bytes at the beginning of a file that are flipped: headers, and the first values.
ENOUGH = 4000


def check_surface_facts(case: Case) -> None:
    """Mesh, space, structure and values are what the sample's facts say."""
    facts = case.sample.facts
    surf = case.load()
    assert surf.n_vertices == facts["vertices"]
    assert surf.space == facts["space"]
    assert surf.structure == facts["structure"]
    if facts["faces"] is None:
        assert surf.faces is None
        assert surf.vertices is None
    else:
        _check_mesh(surf, facts)
    totals = {name: float(np.nansum(surf.data[name], dtype=float)) for name in surf.data}
    assert list(totals) == list(facts["data"])
    np.testing.assert_allclose(list(totals.values()), list(facts["data"].values()), rtol=1e-5)
    tables = {name: labels for name, labels in surf.data.labels.items() if labels is not None}
    assert {name: len(labels) for name, labels in tables.items()} == facts["labels"]


def _check_mesh(surf: Surface, facts: Mapping[str, Any]) -> None:
    """Check vertices and faces, by sums that tell axes and the order of vertices apart."""
    faces = np.zeros((0, 3), np.int32) if surf.faces is None else surf.faces
    assert faces.shape == (facts["faces"], 3)
    assert faces.dtype == np.int32
    assert int((faces * [1, 2, 3]).sum()) == facts["face sum"]
    assert surf.vertices is not None
    assert surf.vertices.shape == (facts["vertices"], 3)
    numbered = surf.vertices * np.arange(surf.n_vertices)[:, np.newaxis]
    np.testing.assert_allclose(surf.vertices.sum(axis=0), facts["sums"][0], rtol=1e-5)
    np.testing.assert_allclose(numbered.sum(axis=0), facts["sums"][1], rtol=1e-5)


def check_contents_are_all_there_is(case: Case) -> None:
    """What is handed to other classes is what the surface has, and makes the same surface."""
    surf = case.load()
    same_image(Surface.from_contents(surf.contents()), surf)
    same_image(case.image_class.from_contents(surf.contents()), surf)


def check_copies_are_their_own(case: Case) -> None:
    """Changing a copy leaves the surface what it was."""
    surf = case.load()
    copy = surf.copy()
    same_image(copy, surf)
    for array in (copy.vertices, *(copy.data[name] for name in copy.data)):
        if array is not None:
            array[...] = 99
    same_image(surf, case.load())


@needs("writable")
def check_saving_keeps_a_surface(case: Case) -> None:
    """A saved surface has the mesh, the space and the values that it had."""
    surf = case.load()
    surf.to_filename(case.target())
    same_image(case.load(case.target()), surf)


def check_cut_surfaces(case: Case) -> None:
    """A file that ends early gives an error, or everything that it held.

    Of a format that does not state how much there is to come, the beginning of what it held.
    """
    agrees = same_image if case.sample.facts.get("states its length", True) else is_beginning
    expected = case.load()
    read_all(expected)
    data = case.path.read_bytes()
    for cut in cut_short(data, min(len(data), 400), pieces=8):
        case.path.write_bytes(cut)
        with survived(f"{case.path.name} of {len(cut)} bytes"):
            found = case.load()
            read_all(found)
            agrees(found, expected)
    case.path.write_bytes(data)


def is_beginning(found: Any, expected: Any) -> None:
    """Assert that a surface has the first vertices and faces of another, and nothing else."""
    assert found.vertices.tolist() == expected.vertices[: found.n_vertices].tolist()
    assert found.faces.tolist() == expected.faces[: len(found.faces)].tolist()


@once
def check_flipped_bits_of_surfaces(case: Case) -> None:
    """Damaged files give values or an error of volio; damaged compressed ones never others."""
    expected = case.load()
    read_all(expected)
    survives_flipped_bits(case, expected, read_all, ENOUGH, 80)


def read_all(surf: Any) -> None:
    """Read everything that a surface holds, and ask for what follows from it."""
    surf.contents()
    repr(surf)
