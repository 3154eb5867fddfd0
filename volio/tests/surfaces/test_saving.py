"""Saving surfaces: what files have no place for is told once, and vertices move only when asked."""

from __future__ import annotations

import struct
import typing
import warnings
from pathlib import Path

import numpy as np
import pytest

import volio
from volio import io
from volio.errors import GeometryWarning, LossWarning, SaveError, SpaceError, UsageError
from volio.formats.freesurfer import FreeSurferSurface
from volio.formats.gifti import GiftiDataArray
from volio.formats.table import FORMATS
from volio.surfaces.vertex_data import VertexArray
from volio.tests.surfaces.shapes import CORNERS

GEOMETRY = volio.VolumeGeometry(
    (10, 20, 30),
    (1.0, 1.5, 2.0),
    ((0.0, -1.0, 0.0), (0.6, 0.0, 0.8), (-0.8, 0.0, 0.6)),
    (4.0, -5.0, 6.5),
)
#: The sides of a tetrahedron, whose corners are named in order, as those of STL are.
SIDES = np.array([[0, 1, 2], [0, 3, 1], [0, 2, 3], [1, 3, 2]], np.int32)
#: The vertices in the scanner's space, by the formula of the definition.
IN_SCANNER = (GEOMETRY.scanner_from_tkras @ np.column_stack([CORNERS, np.ones(4)]).T)[:3].T

#: Formats that do not say which space vertices are in, by an ending.
UNSTATED = ["mz3", "ply", "stl", "off", "obj", "vtk", "vtp", "tri", "mesh"]
HEIGHT = volio.Surface(data={"height": np.arange(4, dtype=np.float32)})


def surface(**more) -> volio.Surface:
    return volio.Surface(CORNERS, SIDES, **({"space": "tkras", "geometry": GEOMETRY} | more))


def bare(ending: str, folder: Path) -> volio.Surface:
    """A surface of a format, loaded, with what every format holds."""
    volio.save(volio.Surface(CORNERS[SIDES.ravel()[:3]], [[0, 1, 2]]), folder / f"bare.{ending}")
    return volio.load(folder / f"bare.{ending}", kind="surface")


# What files have no place for.


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("lh.white", "FreeSurferSurface: has no place for the values 'height'"),
        ("a.stl", "StlSurface: has no place for the values 'height'"),
        ("a.off", "OffSurface: has no place for the values 'height'"),
        ("a.obj", "WavefrontSurface: has no place for the values 'height'"),
    ],
)
def test_values_added_after_loading_are_told_of_once(name: str, told: str, tmp_path: Path):
    path = tmp_path / name
    space = "tkras" if name == "lh.white" else "unknown"
    volio.save(volio.Surface(CORNERS, SIDES, space=space), path)
    before = path.read_bytes()
    found = volio.load(path, kind="surface").with_data(HEIGHT)
    for save in (lambda: volio.save(found, path), lambda: found.to_filename(path)):
        with pytest.warns(LossWarning, match="has no place for") as caught:
            save()
        assert [str(each.message) for each in caught] == [told]
        assert caught[0].filename == __file__
        assert path.read_bytes() == before


@pytest.mark.parametrize("name", ["a.surf.gii", "a.ply", "a.vtk", "a.vtp", "a.mz3"])
def test_values_are_written_where_there_is_a_place(name: str, tmp_path: Path):
    volio.save(volio.Surface(CORNERS, SIDES), tmp_path / name)
    found = volio.load(tmp_path / name, kind="surface").with_data(HEIGHT)
    volio.save(found, tmp_path / name)
    (values,) = volio.load(tmp_path / name, kind="surface").data.arrays()
    assert values.values.tolist() == [0, 1, 2, 3]


def test_further_values_of_a_file_of_values(tmp_path: Path):
    volio.save(HEIGHT, tmp_path / "lh.height")
    found = volio.load(tmp_path / "lh.height", kind="surface")
    found.data["more"] = np.ones(4)
    with pytest.warns(LossWarning, match="FreeSurferMorphData: has no place for the values 'more'"):
        volio.save(found, tmp_path / "lh.height")
    assert volio.load(tmp_path / "lh.height").data["height"].tolist() == [0, 1, 2, 3]


def test_other_labels_of_an_annotation(tmp_path: Path):
    red = volio.Label(0, "front", (255, 0, 0, 255))
    blue = volio.Label(1, "back", (0, 0, 255, 255))
    parts = VertexArray("parts", np.array([0, 1, 1, 0]), volio.Labels([red, blue]))
    surf = volio.Surface()
    surf.data.put(parts)
    path = tmp_path / "lh.parts.annot"
    volio.save(surf, path)
    found = volio.load(path, kind="surface")
    found.data["more"] = np.ones(4)
    with pytest.warns(LossWarning, match=r"^FreeSurferAnnotation: .* the values 'more'$"):
        volio.save(found, path)
    # A table that was changed is written, not the one that was read.
    found = volio.load(path, kind="surface")
    green = volio.Label(7, "back", (0, 255, 0, 255))
    changed = VertexArray("parts", np.array([0, 7, 7, 0]), volio.Labels([red, green]))
    found.data.put(changed)
    with pytest.warns(LossWarning, match="the keys of the labels of 'parts'"):
        volio.save(found, path)
    raw = np.frombuffer(path.read_bytes(), ">i4", 8, 4).reshape(4, 2)
    assert raw[:, 1].tolist() == [255, 255 << 8, 255 << 8, 255]


def test_nothing_is_told_of_files_that_are_saved_as_they_are(tmp_path: Path):
    for ending in [*UNSTATED, "surf.gii"]:
        volio.save(bare(ending, tmp_path), tmp_path / f"again.{ending}")
    volio.save(surface(), tmp_path / "lh.white")
    volio.save(volio.load(tmp_path / "lh.white"), tmp_path / "lh.again")
    assert (tmp_path / "lh.again").read_bytes() == (tmp_path / "lh.white").read_bytes()


# Copies.


def test_copies_keep_what_only_their_class_has(tmp_path: Path):
    command = b"mris_smooth -n 3\0"
    tags = struct.pack(">iiiq", 2, 0, 3, len(command)) + command
    mesh = CORNERS.astype(">f4").tobytes() + SIDES.astype(">i4").tobytes()
    raw = b"\xff\xff\xfemade by hand\n\n" + struct.pack(">2i", 4, 4) + mesh + tags
    copied = FreeSurferSurface.from_bytes(raw).copy()
    assert (copied.commands, copied.stamp) == (("mris_smooth -n 3",), "made by hand")
    assert copied.to_bytes() == raw
    assert copied.get_filename() is None
    copied.vertices[0] = 9
    copied.meta["a"] = "b"
    assert FreeSurferSurface.from_bytes(raw).vertices[0].tolist() == [0, 0, 0]

    surf = volio.load(saved_gifti(tmp_path), kind="surface")
    twice = surf.copy()
    assert [array.intent for array in twice.darrays] == [1008, 1009, 1008]
    twice.darrays[0].data[0] = 9
    twice.meta["a"] = "b"
    assert surf.vertices[0].tolist() == [0, 0, 0]
    assert dict(surf.meta) == {}


def saved_gifti(folder: Path) -> Path:
    made = volio.GiftiImage.from_image(volio.Surface(CORNERS, SIDES))
    made.darrays.append(GiftiDataArray(CORNERS * 2, 1008))
    made.to_filename(folder / "a.surf.gii")
    return folder / "a.surf.gii"


def test_copies_stay_what_the_surface_is(tmp_path: Path):
    volio.save(surface(), tmp_path / "lh.white")
    found = volio.load(tmp_path / "lh.white", kind="surface")
    found.space = "mni"
    assert found.copy().space == "mni"
    stl = bare("stl", tmp_path)
    stl.data["a"] = [1, 2, 3]
    stl.data["b"] = [1, 2, 3]
    assert list(stl.copy().data) == ["a", "b"]
    with pytest.raises(Exception, match="one value for each of 3 vertices, got 2"):
        stl.copy().data["c"] = [1, 2]


# Spaces.


@pytest.mark.parametrize("ending", UNSTATED)
def test_the_space_may_be_given_where_a_file_does_not_state_it(ending: str, tmp_path: Path):
    bare(ending, tmp_path)
    path = tmp_path / f"bare.{ending}"
    assert volio.load(path).space == "unknown"
    found = volio.load(path, space="scanner", kind="surface")
    assert found.space == "scanner"
    with pytest.raises(UsageError, match=r"space: must be one of .*, got 'MNI'"):
        volio.load(path, space="MNI")
    with pytest.warns(LossWarning, match=r"has no place for the space \(scanner\)$"):
        volio.save(found, path)
    before = path.read_bytes()
    volio.save(found, path, space="scanner")  # as it was asked for, nothing is lost
    volio.save(volio.load(path), path, space="scanner")
    assert path.read_bytes() == before


@pytest.mark.parametrize("ending", UNSTATED)
def test_vertices_move_where_two_spaces_differ(ending: str, tmp_path: Path):
    path = tmp_path / f"a.{ending}"
    moved = r"its vertices are moved from the space 'tkras' to 'scanner'$"
    with (
        pytest.warns(GeometryWarning, match=moved) as caught,
        pytest.warns(LossWarning, match=r"has no place for geometry$"),
    ):
        volio.save(surface(), path, space="scanner")
    assert caught[0].filename == __file__
    found = volio.load(path, space="scanner", kind="surface")
    corners = found.vertices[found.faces]
    np.testing.assert_allclose(corners, IN_SCANNER[SIDES], rtol=1e-6)

    own = volio.load(path, space="scanner", kind="surface")
    own.geometry = GEOMETRY
    with (
        pytest.warns(GeometryWarning, match="moved from the space 'scanner' to 'tkras'"),
        pytest.warns(LossWarning, match=r"has no place for geometry$"),
    ):
        volio.save(own, path, space="tkras")
    back = volio.load(path, kind="surface")
    np.testing.assert_allclose(back.vertices[back.faces], CORNERS[SIDES], atol=1e-5)
    assert own.space == "scanner"  # what is saved is a copy
    np.testing.assert_allclose(own.vertices[own.faces], IN_SCANNER[SIDES], rtol=1e-6)


def test_vertices_do_not_move_otherwise(tmp_path: Path):
    with pytest.warns(LossWarning, match=r"the space \(tkras\)"):
        volio.save(surface(), tmp_path / "a.ply")
    found = volio.load(tmp_path / "a.ply", kind="surface")
    assert found.vertices.tolist() == CORNERS.tolist()
    told = r"FreeSurferSurface: says that vertices are in the space 'tkras', which nothing says; lo"
    with pytest.warns(GeometryWarning, match=told):
        volio.save(found, tmp_path / "lh.white")
    assert volio.load(tmp_path / "lh.white").vertices.tolist() == CORNERS.tolist()
    stated = volio.load(tmp_path / "a.ply", space="scanner")
    volio.save(stated, tmp_path / "lh.white")  # warnings are errors
    assert volio.load(tmp_path / "lh.white").space == "scanner"
    found.space = "tkras"
    volio.save(found, tmp_path / "lh.white")


@pytest.mark.parametrize(
    "name", ["FreeSurferSurface", "FreeSurferAscii", "FreeSurferLabel", "FreeSurferPatch"]
)
def test_a_space_is_made_up_by_no_conversion(name: str):
    cls = getattr(volio.formats.freesurfer, name)
    surf = volio.Surface(CORNERS, SIDES, indices=[0, 1, 2, 3]).with_data(HEIGHT)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        made = cls.from_image(surf)
    told = [each for each in caught if each.category is GeometryWarning]
    assert len(told) == (made.space != "unknown")
    assert made.vertices.tolist() == CORNERS.tolist()


def test_spaces_without_a_way_are_refused(tmp_path: Path):
    with pytest.raises(SpaceError, match="in the space 'tkras', and nothing says how to get to"):
        volio.save(surface(geometry=None), tmp_path / "a.ply", space="mni")
    with pytest.raises(UsageError, match="space: Surface has values, but no vertices"):
        volio.save(HEIGHT, tmp_path / "a.mz3", space="mni")
    with pytest.raises(UsageError, match=r"space: GIFTI has no such choice for saving"):
        volio.save(surface(), tmp_path / "a.surf.gii", space="mni")
    with pytest.raises(SaveError, match="STL needs vertices and faces"):
        volio.save(HEIGHT, tmp_path / "a.stl")
    assert list(tmp_path.iterdir()) == []


def test_freesurfer_has_two_spaces(tmp_path: Path):
    surf = volio.Surface(CORNERS, SIDES, space="aligned")
    surf.matrices["scanner"] = np.array([[2.0, 0, 0, 1], [0, 3, 0, 0], [0, 0, 4, 0], [0, 0, 0, 1]])
    with pytest.warns(GeometryWarning, match="FreeSurferSurface: its vertices are moved from the"):
        volio.save(surf, tmp_path / "lh.white")
    found = volio.load(tmp_path / "lh.white", kind="surface")
    assert found.space == "scanner"
    assert found.vertices.tolist() == (CORNERS * [2, 3, 4] + [1, 0, 0]).tolist()
    surf.matrices = {}
    with pytest.warns(LossWarning, match=r"the space \(aligned\)"):
        volio.save(surf, tmp_path / "lh.white")
    assert volio.load(tmp_path / "lh.white").vertices.tolist() == CORNERS.tolist()


# Kinds, for people and type checkers.


def test_a_file_of_another_kind_is_refused(tmp_path: Path):
    volio.save(volio.Nifti1Image(np.zeros((2, 2, 2), np.uint8), np.eye(4)), tmp_path / "a.nii")
    volio.save(surface(), tmp_path / "lh.white")
    assert volio.load(tmp_path / "a.nii", kind="volume").shape == (2, 2, 2)
    with pytest.raises(UsageError, match=r"a\.nii: is a volume \(NIfTI-1\), and kind='surface'"):
        volio.load(tmp_path / "a.nii", kind="surface")
    with pytest.raises(UsageError, match=r"white: is a surface .*, and kind='volume' asks for a v"):
        volio.load(tmp_path / "lh.white", kind="volume")
    with pytest.raises(UsageError, match=r"kind: must be one of volume, surface, .*, got 'mesh'"):
        volio.load(tmp_path / "lh.white", kind="mesh")


def test_type_checkers_know_the_formats_of_surfaces():
    names = {row.name for row in FORMATS if row.kind == "surface"}
    assert set(typing.get_args(io.SurfaceFormat)) == names
