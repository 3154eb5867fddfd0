"""Surfaces cut to some of their vertices, and put together from several."""

from __future__ import annotations

import re
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import volio
from volio import Label, Labels
from volio.errors import HeaderDataError, ImageDataError, IndexingError, LossWarning, SpaceError
from volio.tests.surfaces.shapes import icosphere

POINTS, FACES = icosphere(2)
VERTICES = POINTS.astype(np.float32)
COUNT = len(VERTICES)
GEOMETRY = volio.VolumeGeometry.standard((10, 12, 14), centre=(1.0, -2.0, 3.0))


def sphere(side: str = "left", **more) -> volio.Surface:
    data = {"number": np.arange(COUNT), "pairs": np.arange(2 * COUNT).reshape(-1, 2)}
    options = {"space": "mni", "structure": f"cortex_{side}", **more}
    return volio.Surface(VERTICES, FACES, data, **options)


def triangles(surf: volio.Surface) -> set[bytes]:
    """The corners of each face: positions, the lowest first, in the direction of the face."""
    found = set()
    for corners in surf.vertices[surf.faces]:
        first = min(range(3), key=lambda place: tuple(corners[place]))
        found.add(np.roll(corners, -first, axis=0).tobytes())
    return found


@given(st.lists(st.booleans(), min_size=COUNT, max_size=COUNT).map(np.array))
def test_a_part_and_the_rest_have_the_faces_that_lie_within_one_of_them(mask):
    whole = sphere()
    part = whole.cut(mask)
    rest = whole.cut(~mask)
    assert part.n_vertices + rest.n_vertices == COUNT
    assert not triangles(part) & triangles(rest)
    inside = mask[FACES]
    within = inside.all(axis=1) | ~inside.any(axis=1)
    assert len(triangles(part) | triangles(rest)) == within.sum()
    assert triangles(part) | triangles(rest) <= triangles(whole)
    for surf in (part, rest):
        np.testing.assert_array_equal(surf.vertices, whole.vertices[surf.indices])
        np.testing.assert_array_equal(surf.data["number"], surf.indices)
        np.testing.assert_array_equal(surf.data["pairs"][:, 1], 2 * surf.indices + 1)


def test_parts_of_parts_are_numbered_in_the_whole():
    colours = np.arange(4 * COUNT, dtype=np.uint8).reshape(-1, 4)
    whole = sphere(colors=colours, geometry=GEOMETRY, meta={"a": "b"})
    part = whole.cut([9, 3, 5, 40]).cut([3, 0])
    assert part.indices.tolist() == [40, 9]
    assert part.data["number"].tolist() == [40, 9]
    assert part.colors.tolist() == colours[[40, 9]].tolist()
    assert (part.space, part.structure, part.geometry) == ("mni", "cortex_left", GEOMETRY)
    assert part.meta == {"a": "b"}
    part.vertices[:] = 0
    assert whole.vertices[40].any(), "the part has arrays of its own"


def test_labels_go_with_the_part():
    whole = sphere()
    labels = Labels([Label(0, "front"), Label(1, "back")])
    whole.data["side"] = np.arange(COUNT) % 2
    whole.data.set_labels("side", labels)
    part = whole.cut(whole.data["side"] == labels.key_of("back"))
    assert set(part.data["side"].tolist()) == {1}
    assert part.data.labels["side"] == labels


def test_values_without_a_mesh_are_cut():
    part = volio.Surface(data={"a": [4.0, 5.0, 6.0]}).cut([False, True, True])
    assert (part.vertices, part.faces) == (None, None)
    assert part.data["a"].tolist() == [5, 6]


def test_nothing_may_be_left():
    part = sphere().cut([])
    assert (part.n_vertices, part.faces.shape) == (0, (0, 3))
    with pytest.raises(IndexingError, match="must be none, for there are no vertices, got 0"):
        part.cut([0])


@pytest.mark.parametrize(
    ("where", "told"),
    [
        ([True], r"one for each of 162 vertices, got \(1,\)"),
        ([0, 162], "must be vertices 0 to 161, got 162"),
        ([-1], "must be vertices 0 to 161, got -1"),
        ([3, 4, 3], "vertex 3 is named twice"),
        ([0.5], "must be numbers of vertices or a mask, got float64"),
        ([[0, 1]], r"got int64 \(1, 2\)"),
    ],
)
def test_vertices_that_are_not_there_are_refused(where, told):
    with pytest.raises(IndexingError, match=told):
        sphere().cut(where)


def test_parts_are_saved_as_patches(tmp_path):
    part = sphere(space="tkras").cut(VERTICES[:, 2] > 0)
    with pytest.warns(LossWarning, match="no place for faces, the space"):
        volio.save(part, tmp_path / "lh.top.patch")
    again = volio.load(tmp_path / "lh.top.patch")
    assert again.indices.tolist() == part.indices.tolist()


def test_both_hemispheres():
    left = sphere("left")
    right = sphere("right")
    right.vertices = np.add(VERTICES, np.float32([9, 0, 0]))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        both = left.join(right)
    assert triangles(both) == triangles(left) | triangles(right)
    assert both.data["number"].tolist() == [*range(COUNT), *range(COUNT)]
    assert both.data["pairs"].shape == (2 * COUNT, 2)
    assert (both.space, both.structure) == ("mni", "cortex")
    again = both.cut(both.vertices[:, 0] > 5)
    assert triangles(again) == triangles(right)


def test_what_only_some_have_is_told():
    left = sphere("left", colors=np.zeros((COUNT, 4), np.uint8), meta={"same": "x", "of": "left"})
    right = sphere("right", meta={"same": "x", "of": "right"}).cut(np.arange(5))
    del right.data["pairs"]
    lost = (
        "Surface: is joined without the values 'pairs' (not of all surfaces), colors (not of all "
        "surfaces), indices (of vertices in several surfaces)"
    )
    with pytest.warns(LossWarning, match=re.escape(lost)) as told:
        both = left.join(right)
    assert len(told) == 1
    assert list(both.data) == ["number"]
    assert (both.colors, both.indices) == (None, None)
    assert both.meta == {"same": "x"}


def test_values_of_several_widths_are_told():
    right = sphere("right")
    right.data["number"] = np.zeros((COUNT, 3))
    with pytest.warns(LossWarning, match=r"without the values 'number' \(of several kinds\)$"):
        assert list(sphere().join(right).data) == ["pairs"]


def test_tables_of_labels_are_joined():
    surfaces = []
    for key, name in ((1, "front"), (2, "back")):
        surf = volio.Surface(data={"side": [key, key]})
        surf.data.set_labels("side", Labels([Label(0, "none"), Label(key, name)]))
        surfaces.append(surf)
    left, right = surfaces
    both = left.join(right)
    assert both.data.labels["side"].names_of(both.data["side"]) == ["front"] * 2 + ["back"] * 2
    right.data.set_labels("side", Labels([Label(1, "top")]))
    with pytest.raises(HeaderDataError, match="key 1 is 'front' in one table and 'top'"):
        left.join(right)


@pytest.mark.parametrize(
    ("structures", "expected"),
    [
        (("cortex_left", "cortex_left"), "cortex_left"),
        (("cortex_left", "cortex_right"), "cortex"),
        (("cortex_left", "thalamus_right"), ""),
        (("cortex_left", ""), ""),
    ],
)
def test_the_structure_of_all(structures, expected):
    left, right = [volio.Surface(VERTICES, FACES, structure=name) for name in structures]
    assert left.join(right).structure == expected


def test_what_all_know_of_other_spaces_is_kept():
    surfaces = [sphere(side, space="tkras", geometry=GEOMETRY) for side in ("left", "right")]
    both = surfaces[0].join(surfaces[1])
    expected = np.concatenate([surf.vertices_in("scanner") for surf in surfaces])
    np.testing.assert_array_equal(both.vertices_in("scanner"), expected)
    surfaces[1].geometry = None
    assert surfaces[0].join(surfaces[1]).geometry is None


def test_surfaces_that_do_not_go_together_are_refused():
    with pytest.raises(SpaceError, match="is in the space 'tkras', Surface in 'mni'"):
        sphere().join(sphere(space="tkras"))
    with pytest.raises(ImageDataError, match="faces: all surfaces must have them, or none"):
        sphere().join(volio.Surface(VERTICES, space="mni"))
    with pytest.raises(ImageDataError, match="vertices: all surfaces must have them, or none"):
        volio.Surface(data={"a": [1]}, space="mni").join(sphere())
    with pytest.raises(volio.errors.UsageError, match="join"):
        sphere().join(volio.Nifti1Image(np.zeros((2, 2, 2)), np.eye(4)))
