"""Surfaces: checks, spaces, joining, converting, comparing."""

from __future__ import annotations

from pathlib import Path

import nibabel
import numpy as np
import pytest

import volio
from volio import Label
from volio.cli import main
from volio.errors import (
    HeaderDataError,
    ImageDataError,
    LossWarning,
    SpaceError,
    UsageError,
)
from volio.formats.gifti import GiftiDataArray, GiftiImage
from volio.ops.examine import examine
from volio.ops.label_counts import LabelCounts
from volio.ops.surfaces.compare import compare_surfaces
from volio.ops.surfaces.describe import describe_arrays, describe_mesh
from volio.surfaces.structures import camel_case, hemisphere_of_name, structure_named
from volio.surfaces.vertex_data import VertexArray, distinct_name
from volio.tests.surfaces.shapes import CORNERS, SIDES, icosphere

GEOMETRY = volio.VolumeGeometry.standard((10, 12, 14), centre=(1.0, -2.0, 3.0))


def tetrahedron(**more) -> volio.Surface:
    return volio.Surface(CORNERS, SIDES, {"height": CORNERS[:, 2]}, **more)


def test_what_a_surface_holds():
    surf = tetrahedron(space="mni", structure="cortex_left", meta={"a": "b"})
    assert (surf.n_vertices, surf.faces.dtype, surf.vertices.dtype) == (4, np.int32, np.float32)
    assert surf.bounds.tolist() == [[0, 0, 0], [2, 3, 5]]
    assert surf.areas.sum() == pytest.approx(15.5 + 0.5 * np.linalg.norm([15, 10, 6]))
    assert surf.normals[0] == pytest.approx([-(3**-0.5)] * 3)
    assert repr(surf) == "<Surface 4 vertices, 4 faces, mni, cortex_left; 'height'>"
    assert repr(volio.Surface(data={"a": [1, 2]})) == "<Surface 2 values; 'a'>"
    assert surf.meta == {"a": "b"}
    assert surf.kind == "surface"


@pytest.mark.parametrize(
    ("make", "error", "told"),
    [
        (lambda: volio.Surface([[1, 2]]), ImageDataError, r"vertices: .* shape \(V, 3\)"),
        (lambda: volio.Surface(CORNERS, [[0, 1]]), ImageDataError, r"faces: .* shape \(F, 3\)"),
        (lambda: volio.Surface(CORNERS, [[0.0, 1, 2]]), ImageDataError, "faces: must be integers"),
        (lambda: volio.Surface(CORNERS, [[0, 1, 4]]), HeaderDataError, r"\[0, 1, 4\] of 4 vert"),
        (lambda: volio.Surface(CORNERS, [[0, 1, -1]]), HeaderDataError, "face 0"),
        (lambda: volio.Surface(None, SIDES), HeaderDataError, "4 name vertices that are not there"),
        (
            lambda: volio.Surface(CORNERS, data={"a": [1]}),
            ImageDataError,
            "each of 1 vertices, got",
        ),
        (lambda: volio.Surface(data={"a": [[[1]]]}), ImageDataError, r"shape \(V,\) or \(V, T\)"),
        (lambda: volio.Surface(data={"a": ["x"]}), ImageDataError, "values per vertex are numbers"),
        (lambda: volio.Surface(data=[1, 2]), UsageError, "data: must be a mapping"),
        (lambda: volio.Surface(CORNERS, space="here"), UsageError, "space: must be one of unknown"),
        (lambda: tetrahedron(colors=[[1, 2, 3]]), ImageDataError, r"colors: .* \(V, 4\)"),
        (lambda: tetrahedron(colors=[[0.5] * 4] * 4), ImageDataError, "colors: must be uint8"),
        (lambda: tetrahedron(indices=[1, 2]), ImageDataError, "indices: one for each of 4"),
        (lambda: tetrahedron(indices=[0.5] * 4), ImageDataError, "indices: must be integers"),
    ],
)
def test_what_does_not_fit_is_refused(make, error, told):
    with pytest.raises(error, match=told):
        make()


def test_values_without_a_mesh_have_no_normals():
    surf = volio.Surface(data={"a": [1, 2]})
    assert (surf.normals, surf.areas, surf.bounds) == (None, None, None)
    with pytest.raises(UsageError, match=r"Surface: has values, but no vertices; mesh.with_data"):
        surf.vertices_in("scanner")
    points = volio.Surface(CORNERS)
    assert (points.normals, points.areas) == (None, None)
    assert points.bounds[1].tolist() == [2, 3, 5]
    assert volio.Surface(np.full((2, 3), np.nan)).bounds is None


# Spaces.


def test_vertices_move_between_the_spaces_that_a_geometry_ties():
    surf = tetrahedron(space="tkras", geometry=GEOMETRY)
    assert surf.vertices_in("tkras") is surf.vertices
    moved = surf.to_space("scanner")
    np.testing.assert_allclose(moved.vertices, CORNERS + np.array([1, -2, 3]), atol=1e-6)
    assert (moved.space, moved.vertices.dtype, surf.space) == ("scanner", np.float32, "tkras")
    np.testing.assert_allclose(moved.to_space("tkras").vertices, CORNERS, atol=1e-6)


def test_spaces_are_never_guessed():
    with pytest.raises(SpaceError, match=r"in the space 'tkras', and nothing says .*'orig.mgz'"):
        tetrahedron(space="tkras").vertices_in("scanner")
    for unknown in (tetrahedron(geometry=GEOMETRY), tetrahedron()):
        with pytest.raises(SpaceError, match="in the space 'unknown'"):
            unknown.vertices_in("scanner")
        with pytest.raises(SpaceError, match="nothing says how to get to 'unknown'"):
            unknown.vertices_in("unknown")
    with pytest.raises(UsageError, match="space: must be one of"):
        tetrahedron().vertices_in("nowhere")


def test_a_volume_can_say_where_it_is():
    img = volio.Nifti1Image(np.zeros((10, 12, 14), "u1"), GEOMETRY.vox2ras)
    moved = tetrahedron(space="tkras").to_space("scanner", reference=img)
    np.testing.assert_allclose(moved.vertices, CORNERS + np.array([1, -2, 3]), atol=1e-5)
    with pytest.raises(UsageError, match="reference takes volumes"):
        tetrahedron().to_space("scanner", reference=tetrahedron())


# Joining and copying.


def test_values_of_other_files_are_joined():
    thick = volio.Surface(data={"height": [1, 2, 3, 4]}, structure="cortex_left")
    joined = tetrahedron().with_data(thick, thick)
    assert list(joined.data) == ["height", "height (2)", "height (3)"]
    assert joined.data["height (2)"].tolist() == [1, 2, 3, 4]
    with pytest.raises(ImageDataError, match="has 3 values, Surface has 4 vertices"):
        tetrahedron().with_data(volio.Surface(data={"a": [1, 2, 3]}))
    with pytest.raises(ImageDataError, match="is of cortex_left, Surface of cortex_right"):
        tetrahedron(structure="cortex_right").with_data(thick)


def test_setting_values_keeps_their_labels():
    labels = volio.Labels([volio.Label(1, "a")])
    surf = tetrahedron()
    surf.data.put(VertexArray("parts", np.array([1, 1, 0, 0]), labels, {"by": "hand"}))
    surf.data["parts"] = [0, 1, 0, 1]
    assert surf.data.array("parts").labels == labels
    assert surf.data.array("parts").meta == {"by": "hand"}
    assert surf.labels == labels
    surf.data.put(VertexArray("more", np.zeros(4, int), labels))
    assert surf.labels is None
    with pytest.raises(ImageDataError, match="one value for each of 4 vertices, got 5"):
        surf.data["height"] = np.zeros(5)
    assert "'parts': int64 (4,)" in repr(surf.data)


# Formats.


def test_losses_are_told_once(tmp_path: Path):
    surf = tetrahedron(space="template:fsaverage", meta={"a": "b"})
    told = r"^GiftiImage: has no place for the space \(template:fsaverage\)$"
    with pytest.warns(LossWarning, match=told):
        volio.save(surf, tmp_path / "a.surf.gii")
    assert volio.load(tmp_path / "a.surf.gii").meta == {"a": "b"}


def test_surfaces_and_volumes_are_not_saved_as_each_other(tmp_path: Path):
    with pytest.raises(UsageError, match="NIfTI-1 is for volumes, and this is a surface"):
        volio.save(tetrahedron(), tmp_path / "a.nii")
    img = volio.Nifti1Image(np.zeros((2, 2, 2), "u1"), np.eye(4))
    with pytest.raises(UsageError, match="GIFTI is for surfaces, and this is a volume"):
        volio.save(img, tmp_path / "a.gii")
    assert list(tmp_path.iterdir()) == []


# Looking at them.


def test_statistics():
    vertices, faces = icosphere(3, 2.0)
    values = np.arange(len(vertices), dtype=float)
    values[3] = np.nan
    surf = volio.Surface(vertices, faces, {"a": values})
    mesh = describe_mesh(surf)
    assert (mesh.vertices, mesh.faces, mesh.euler) == (642, 1280, 2)
    assert mesh.area == pytest.approx(16 * np.pi, rel=0.02)
    assert mesh.volume == pytest.approx(32 / 3 * np.pi, rel=0.02)
    assert np.allclose(mesh.bounds, [[-2] * 3, [2] * 3], atol=0.05)
    found = next(describe_arrays(surf))
    assert (found.minimum, found.maximum, found.nan, found.dtype) == (0, 641, 1, "float64")
    assert found.mean == pytest.approx(np.nanmean(values))
    assert found.std == pytest.approx(np.nanstd(values))
    assert found.labels is None
    assert describe_mesh(volio.Surface(data={"a": [1]})) is None
    assert describe_mesh(volio.Surface(vertices, faces[1:])).volume is None
    nothing = next(describe_arrays(volio.Surface(data={"a": [np.nan]})))
    assert np.isnan([nothing.minimum, nothing.mean]).all()


def labelled(values: list[int]) -> volio.Surface:
    surf = volio.Surface(data={"parts": values}, indices=[7, 8, 9, 11])
    surf.data.set_labels(
        "parts", volio.Labels([Label(0, "wall"), Label(3, "front"), Label(5, "back")])
    )
    return surf


def test_labels_are_counted():
    found = next(describe_arrays(labelled([3, 3, 0, 4]))).labels
    assert found == LabelCounts(rows=3, used=2, largest="front", count=2, without=1)
    nothing = next(describe_arrays(labelled([1, 1, 1, 1]))).labels
    assert nothing == LabelCounts(rows=3, used=0, largest="", count=0, without=4)


def test_differences_of_labels():
    found = compare_surfaces(labelled([3, 3, 0, 0]), labelled([3, 3, 5, 4]))
    assert found.arrays == {"parts": "2 of 4 have other labels; vertex 9: 0 'wall' and 5 'back'"}
    found = compare_surfaces(labelled([3, 3, 0, 0]), labelled([3, 3, 0, 4]))
    assert found.arrays == {
        "parts": "1 of 4 have other labels; vertex 11: 0 'wall' and 4 (no label)"
    }


def test_the_place_of_a_difference():
    one = volio.Surface(data={"a": [[1, 2], [3, np.nan]]})
    other = volio.Surface(data={"a": [[1, 8], [3, 4]]})
    told = compare_surfaces(one, other).arrays["a"]
    assert told == "2 of 4 differ, by 6 at most; vertex 1, row 1: nan and 4"
    infinite = volio.Surface(data={"a": [[np.inf, 2], [3.5, np.nan]]})
    told = compare_surfaces(infinite, volio.Surface(data={"a": [[np.inf, 2], [3, np.nan]]}))
    assert told.arrays["a"] == "1 of 4 differ, by 0.5 at most; vertex 1, row 0: 3.5 and 3"
    other = volio.Surface(data={"a": [1, 2]})
    assert compare_surfaces(one, other).arrays["a"] == "shapes (2, 2) and (2,)"


def test_differences():
    surf = tetrahedron(space="mni")
    same = compare_surfaces(surf, surf.copy())
    assert (same.mm, same.same_faces, same.arrays, same.fields) == (0, True, {}, {})
    other = tetrahedron(space="scanner", meta={"a": "b"})
    other.vertices = CORNERS + np.float32([0, 3, 4])
    other.faces = SIDES[::-1]
    other.data["height"] = [0, 0, 0, 4.5]
    other.data["more"] = [1, 2, 3, 4]
    found = compare_surfaces(surf, other)
    assert found.mm == pytest.approx(5)
    assert not found.same_faces
    assert found.spaces == ("mni", "scanner")
    assert found.arrays == {
        "height": "1 of 4 differ, by 0.5 at most; vertex 3: 5 and 4.5",
        "more": "in the second only",
    }
    assert found.fields == {"a": ("", "b")}
    assert compare_surfaces(surf, other, atol=0.5).arrays == {"more": "in the second only"}
    assert compare_surfaces(other, surf).arrays["more"] == "in the first only"
    gap = tetrahedron()
    gap.vertices = np.where(np.arange(4)[:, np.newaxis] == 1, np.nan, CORNERS)
    assert compare_surfaces(surf, gap).mm == np.inf
    assert compare_surfaces(gap, gap).mm == 0
    with pytest.raises(UsageError, match="must not be negative"):
        compare_surfaces(surf, surf, rtol=-1)


def issues(surf: volio.Surface) -> dict[str, str]:
    return {found.where: str(found) for found in examine(surf)}


def test_what_is_odd():
    vertices, faces = icosphere(1)
    assert issues(volio.Surface(vertices, faces, space="mni")) == {}
    inside_out = issues(volio.Surface(vertices, faces[:, ::-1], space="mni"))
    assert inside_out == {
        "faces": "suspicious: faces: the surface is inside out: its faces look inwards"
    }
    assert "open: 3 edges" in issues(volio.Surface(vertices, faces[1:], space="mni"))["faces"]
    torn = vertices.copy()
    torn[5] = np.nan
    assert (
        "1 vertex without a position, the first is 5"
        in issues(volio.Surface(torn, faces, space="mni"))["vertices"]
    )
    assert "does not say in what space" in issues(volio.Surface(vertices, faces))["space"]
    twice = np.concatenate([faces, [[0, 0, 1]]])
    told = [str(found) for found in examine(volio.Surface(vertices, twice, space="mni"))]
    assert any("1 face has a vertex twice, the first is face 80" in each for each in told)
    spare = volio.Surface(np.concatenate([vertices, [[9, 9, 9]]]), faces, space="mni")
    assert "1 vertex is in no face, the first is 42" in issues(spare)["faces"]
    labelled = volio.Surface(data={"a": [1, 2]})
    labelled.data.put(VertexArray("a", np.array([1, 2]), volio.Labels([volio.Label(1, "x")] * 2)))
    told = [str(found) for found in examine(labelled)]
    assert told == [
        "suspicious: a: values that no label has: 2",
        "suspicious: a: keys that several labels have: 1",
        "info: a: names that several labels have: x",
    ]


def test_arrays_that_are_not_values_of_the_vertices_are_named():
    vertices, faces = icosphere(1)
    surf = GiftiImage.from_contents(volio.Surface(vertices, faces, space="mni").contents())
    surf.add_gifti_data_array(GiftiDataArray(np.zeros(80, np.float32), "shape"))
    assert list(surf.data) == []
    assert issues(surf) == {
        "data": "suspicious: data: data array 2, 'shape', of shape (80,) does not have a value for "
        "each of 42 vertices"
    }


def test_commands(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch):
    monkeypatch.chdir(tmp_path)
    volio.save(tetrahedron(space="mni", structure="cortex_left"), "a.surf.gii")
    assert main(["ls", "-s", "a.surf.gii"]) == 0
    listed = capsys.readouterr().out.splitlines()[1].split()
    assert listed == [
        "a.surf.gii",
        "gifti",
        "4",
        "4",
        "mni",
        "cortex_left",
        "height",
        "0",
        "to",
        "5",
    ]
    assert main(["ls", "-v", "a.surf.gii"]) == 0
    assert "height: float32 (4,)" in capsys.readouterr().out
    assert main(["stats", "a.surf.gii"]) == 0
    told = capsys.readouterr().out
    assert "vertices  4" in told
    assert "volume    5 mm3" in told
    assert "height    min 0, max 5, mean 1.25" in told
    assert main(["convert", "a.surf.gii", "b.surf.gii.gz"]) == 0
    assert main(["diff", "a.surf.gii", "b.surf.gii.gz"]) == 0
    surf = volio.load("b.surf.gii.gz")
    surf.data["height"] = [0, 0, 0, 6]
    volio.save(surf, "b.surf.gii.gz")
    assert main(["diff", "a.surf.gii", "b.surf.gii.gz"]) == 1
    assert "height: 1 of 4 differ, by 1 at most" in capsys.readouterr().out
    assert main(["diff", "--json", "a.surf.gii", "b.surf.gii.gz"]) == 1
    assert main(["verify", "a.surf.gii"]) == 0
    assert main(["doctor", "a.surf.gii"]) == 0
    capsys.readouterr()
    assert main(["stats", "--volume", "a.surf.gii"]) == 2
    assert "--volume are for volumes, and this is a surface" in capsys.readouterr().err
    assert main(["ls", "-c", "a.surf.gii"]) == 2
    assert "--counts are for volumes" in capsys.readouterr().err


def test_names_of_structures():
    assert structure_named("") == ""
    for text in ("CortexLeft", "cortex left", "left_cortex", "CIFTI_STRUCTURE_CORTEX_LEFT"):
        assert structure_named(text) == "cortex_left"
    assert camel_case("cortex_left") == "CortexLeft"
    names = {
        "lh.pial": "left",
        "rh.white.gii": "right",
        "sub-01_hemi-L_pial.surf.gii": "left",
        "100307.R.pial.32k.surf.gii": "right",
        "brain.gii": "",
        "Label.gii": "",
    }
    assert {name: hemisphere_of_name(name) for name in names} == names


def test_nibabel_is_not_needed_to_describe_what_it_wrote(tmp_path: Path):
    points = nibabel.gifti.GiftiDataArray(CORNERS, "NIFTI_INTENT_POINTSET")
    faces = nibabel.gifti.GiftiDataArray(SIDES, "NIFTI_INTENT_TRIANGLE")
    nibabel.save(nibabel.gifti.GiftiImage(darrays=[points, faces]), tmp_path / "a.gii")
    surf = volio.load(tmp_path / "a.gii")
    assert surf.vertices.tolist() == CORNERS.tolist()
    assert surf.faces.tolist() == SIDES.tolist()
    assert surf.space == "unknown"


def test_names_are_told_apart_by_numbers():
    known: dict[str, int] = {}
    for _ in range(20_000):
        known[distinct_name("a", known)] = 0
    assert list(known)[:3] == ["a", "a (2)", "a (3)"]
    assert list(known)[-1] == "a (20000)"
    assert distinct_name("b", ["a"]) == "b"
    assert distinct_name("a", ["a", "a (2)", "a (4)"]) in {"a (3)", "a (5)"}
