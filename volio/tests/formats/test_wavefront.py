"""Wavefront OBJ: by bytes from its definition, real files, and hostile texts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import volio
from volio.errors import (
    CorruptFileError,
    HeaderDataError,
    LossWarning,
    SaveError,
    TruncatedFileError,
    VolioError,
    VolioWarning,
)
from volio.formats.meshes.wavefront import WavefrontSurface
from volio.surfaces.vertex_data import VertexArray
from volio.tests.real_files import shared_path
from volio.tests.surfaces.shapes import CORNERS, SIDES, icosphere

VERTICES = b"v 0 0 0\nv 2 0 0\nv 0 3 0\nv 0 0 5\n"


@pytest.mark.parametrize(
    "faces",
    [
        b"f 1 3 2\nf 1 2 4\nf 1 4 3\nf 2 3 4\n",
        b"f -4 -2 -3\nf -4 -3 -1\nf -4 -1 -2\nf -3 -2 -1\n",
        b"vn 0 0 1\nf 1//1 3//1 2//1\nf 1//1 2//1 4//1\nf 1//1 4//1 3//1\nf 2//1 3//1 4//1\n",
        b"# a comment\ns off\nf 1 3 \\\n2\nf 1 2 4\r\n\nf 1 4 3 # side\nf 2 3 4\n",
    ],
)
def test_ways_to_name_corners(faces: bytes, tmp_path: Path):
    path = tmp_path / "mesh"
    path.write_bytes(b"# by hand\n" + VERTICES + faces)
    surf = volio.load(path)
    assert type(surf) is WavefrontSurface
    assert surf.vertices.tolist() == CORNERS.tolist()
    assert surf.vertices.dtype == np.float32
    assert surf.faces.tolist() == SIDES.tolist()
    assert (surf.space, surf.colors, dict(surf.data)) == ("unknown", None, {})


def test_negative_numbers_count_from_the_vertices_before_their_line():
    text = b"v 0 0 0\nv 1 0 0\nv 0 1 0\nf -3 -2 -1\nv 0 0 1\nf -1 -2 -4\n"
    assert WavefrontSurface.from_bytes(text).faces.tolist() == [[0, 1, 2], [3, 2, 0]]


def test_what_is_written(tmp_path: Path):
    volio.save(volio.Surface(CORNERS, SIDES), tmp_path / "a.obj")
    assert (tmp_path / "a.obj").read_bytes() == (
        b"# written by volio\nv 0.0 0.0 0.0\nv 2.0 0.0 0.0\nv 0.0 3.0 0.0\nv 0.0 0.0 5.0\n"
        b"f 1 3 2\nf 1 2 4\nf 1 4 3\nf 2 3 4\n"
    )


def test_every_digit_and_level_comes_back(tmp_path: Path):
    vertices, faces = icosphere(2, 70.0)
    vertices = vertices.astype("f4")
    levels = np.random.default_rng(5).permutation(256)[: len(vertices)]
    colours = np.stack([levels, 255 - levels, levels // 2, np.full(len(levels), 255)], 1)
    surf = volio.Surface(vertices, faces, colors=colours.astype("u1"))
    volio.save(surf, tmp_path / "ball.obj")
    found = volio.load(tmp_path / "ball.obj")
    np.testing.assert_array_equal(found.vertices, vertices)
    np.testing.assert_array_equal(found.faces, faces)
    np.testing.assert_array_equal(found.colors, colours)


@pytest.mark.parametrize(
    ("rest", "expected"),
    [
        ("0.2 0.4 1", [51, 102, 255, 255]),
        ("20 40 100", [20, 40, 100, 255]),
        ("0.2 0.4 1 0.6", [51, 102, 255, 153]),
    ],
)
def test_colours_of_vertices(rest: str, expected: list[int]):
    surf = WavefrontSurface.from_bytes(f"v 1 2 3 {rest}\n".encode())
    assert surf.colors.tolist() == [expected]


def test_a_fourth_number_is_a_weight():
    surf = WavefrontSurface.from_bytes(b"v 1 2 3 1.0\n")
    assert (surf.vertices.tolist(), surf.colors) == ([[1, 2, 3]], None)


OBJECTS = b"o left side\nv 0 0 0\nv 1 0 0\no none\no right\nv 0 1 0\nf 1 2 3\n"


def test_several_objects_are_one_mesh(tmp_path: Path):
    surf = WavefrontSurface.from_bytes(OBJECTS)
    assert surf.data["object"].tolist() == [0, 0, 1]
    assert surf.labels.names == ("left side", "right")
    volio.save(surf, tmp_path / "a.obj")
    found = volio.load(tmp_path / "a.obj")
    assert found.data["object"].tolist() == [0, 0, 1]
    assert found.labels == surf.labels
    assert found.faces.tolist() == [[0, 1, 2]]


def test_one_object_has_a_name(tmp_path: Path):
    surf = WavefrontSurface.from_bytes(b"o brain\nv 1 2 3\n")
    assert (dict(surf.meta), dict(surf.data)) == ({"object": "brain"}, {})
    volio.save(surf, tmp_path / "a.obj")
    assert volio.load(tmp_path / "a.obj").meta == {"object": "brain"}


@pytest.mark.parametrize(
    ("values", "names"),
    [([1, 0, 1], ("a", "b")), ([0, 0, 1], ("a", "b#")), ([0, 1, 2], ("a", "b"))],
)
def test_objects_that_lines_of_names_cannot_say(values: list[int], names, tmp_path: Path):
    labels = volio.Labels(volio.Label(key, name) for key, name in enumerate(names))
    surf = volio.Surface([[0, 0, 0], [1, 0, 0], [0, 1, 0]], [[0, 1, 2]])
    surf.data.put(VertexArray("object", np.array(values), labels))
    with pytest.warns(LossWarning, match="the values 'object'"):
        volio.save(surf, tmp_path / "a.obj")
    assert list(volio.load(tmp_path / "a.obj").data) == []


def test_polygons_are_cut_and_it_is_told():
    text = b"v 0 0 0\nv 1 0 0\nv 1 1 0\nv 0 1 0\nv 2 2 2\nf 1 2 5 3 4\nf 1 2 3\n"
    with pytest.warns(VolioWarning, match="1 have more than three corners, and were cut"):
        surf = WavefrontSurface.from_bytes(text)
    assert surf.faces.tolist() == [[0, 1, 4], [0, 4, 2], [0, 2, 3], [0, 1, 2]]


def test_what_is_left_out_is_told(tmp_path: Path):
    text = b"mtllib /etc/passwd\nusemtl red\ng one\nvt 0 1\n" + VERTICES + b"f 1/1 2/1 3/1\nl 1 2\n"
    told = "materials, groups of faces, places in a texture, lines"
    with pytest.warns(LossWarning, match=told):
        surf = WavefrontSurface.from_bytes(text)
    assert surf.faces.tolist() == [[0, 1, 2]]
    clear = volio.Surface([[1, 2, 3]], np.zeros((0, 3), int), colors=np.array([[1, 2, 3, 4]], "u1"))
    with pytest.warns(LossWarning, match="no place for the opacity"):
        volio.save(clear, tmp_path / "a.obj")
    assert volio.load(tmp_path / "a.obj").colors.tolist() == [[1, 2, 3, 255]]
    with pytest.raises(SaveError, match="Wavefront OBJ needs vertices"):
        volio.save(volio.Surface(data={"height": [1.0]}), tmp_path / "c.obj")


@pytest.mark.parametrize(
    ("text", "error", "told"),
    [
        (VERTICES + b"f 1 2 3", TruncatedFileError, "the last line, .* may be cut short"),
        (VERTICES + b"f 1 2\n", CorruptFileError, "face 0 has 2 corners"),
        (VERTICES + b"f 1 2 3\nf 1 0 3\n", HeaderDataError, "line 6 names vertex 0"),
        (VERTICES + b"f 1 2 5\n", HeaderDataError, r"\[0, 1, 4\] of 4 vertices"),
        (VERTICES + b"f 1 2 -5\n", HeaderDataError, r"\[0, 1, -1\] of 4 vertices"),
        (VERTICES + b"f 1 2 3\nf 1 2 x/1\n", CorruptFileError, "faces: line 6, 'x'"),
        (VERTICES + b"f 1 2 3e0\n", CorruptFileError, "faces: line 5, '3e0'"),
        (VERTICES + b"v 1 2\n", CorruptFileError, "line 5 has 2 numbers, line 1 has 3"),
        (VERTICES + b"v 1 2 z\n", CorruptFileError, "vertices: line 5, 'z'"),
        (b"v 1 2\n", CorruptFileError, "3, 4, 6 or 7 numbers in a line, got 2"),
        (VERTICES + b"what is this\n", CorruptFileError, "line 5 begins with b'what'"),
    ],
)
def test_damaged_files(text: bytes, error: type[VolioError], told: str):
    with pytest.raises(error, match=told):
        WavefrontSurface.from_bytes(text)


def test_objects_of_mni_are_not_taken_for_it(tmp_path: Path):
    (tmp_path / "a.obj").write_bytes(b"P 0.3 0.7 0.5 100 1 3\n 0 0 0\n")
    assert volio.identify(tmp_path / "a.obj").name == "mniobj"


@pytest.mark.requires("real files")
def test_a_brain():
    surf = volio.load(shared_path("surfaces/simplify_brain.obj"))
    assert type(surf) is WavefrontSurface
    assert (surf.n_vertices, surf.faces.shape) == (4553, (9064, 3))
    assert surf.vertices[0].tolist() == np.float32([-54.5224, -13.2569, 27.0962]).tolist()
    assert surf.faces[-1].tolist() == [4550, 4548, 4547]
