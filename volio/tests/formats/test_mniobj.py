"""MNI objects: text and binary by bytes from their definition, against VTK, and hostile files."""

from __future__ import annotations

import struct
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
    UnknownFormatError,
    VolioError,
    VolioWarning,
)
from volio.formats.meshes.mniobj import MniObjSurface
from volio.formats.meshes.wavefront import WavefrontSurface
from volio.tests.formats.vtk_programs import mesh_of, vtk_reads
from volio.tests.surfaces.shapes import CORNERS, SIDES, icosphere

HEAD = "P 0.3 0.7 0.5 100 1 4\n"
POINTS = " 0 0 0\n 2 0 0\n 0 3 0\n 0 0 5\n\n 0 0 -1\n 1 0 0\n 0 1 0\n 0 0 1\n\n"
ENDS = "\n 3 6 9 12\n\n 0 2 1 0 1 3 0 3\n 2 1 2 3"
ONE = " 4\n 0 0.2 0.4 0.6 0.8\n"
TEXT = f"{HEAD}{POINTS}{ONE}{ENDS}\n".encode()
COLOURS = np.array([[1, 2, 3, 4], [50, 60, 70, 80], [255, 254, 0, 255], [9, 8, 7, 6]], np.uint8)


def binary(order: str, kind: int = 0, colours: np.ndarray = COLOURS[:1]) -> bytes:
    data = b"p" + struct.pack(f"{order}5fi", 0.3, 0.7, 0.5, 100, 1, 4)
    data += CORNERS.astype(f"{order}f4").tobytes() + bytes(48)
    # Colours are bytes from opacity to red, whatever the byte order.
    data += struct.pack(f"{order}2i", 4, kind) + colours[:, ::-1].tobytes()
    return data + np.array([3, 6, 9, 12, *SIDES.ravel()]).astype(f"{order}i4").tobytes()


def is_mesh(surf: volio.Surface) -> None:
    assert type(surf) is MniObjSurface
    assert surf.vertices.tolist() == CORNERS.tolist()
    assert surf.faces.tolist() == SIDES.tolist()
    assert surf.space == "unknown"


def test_text(tmp_path: Path):
    (tmp_path / "a.obj").write_bytes(TEXT)
    found = volio.load(tmp_path / "a.obj")
    is_mesh(found)
    assert found.colors is None
    assert found.colour == pytest.approx((0.2, 0.4, 0.6, 0.8), abs=1e-9)
    assert found.properties == pytest.approx((0.3, 0.7, 0.5, 100, 1))


def test_the_last_line_may_have_no_end():
    is_mesh(MniObjSurface.from_bytes(TEXT.rstrip()))


@pytest.mark.parametrize("order", ["<", ">"])
def test_binary(order: str, tmp_path: Path):
    (tmp_path / "a").write_bytes(binary(order))
    found = volio.load(tmp_path / "a")
    is_mesh(found)
    assert found.colour == pytest.approx((1 / 255, 2 / 255, 3 / 255, 4 / 255))
    found = MniObjSurface.from_bytes(binary(order, 2, COLOURS))
    is_mesh(found)
    assert found.colors.tolist() == COLOURS.tolist()


def test_colours_of_vertices_in_text():
    rows = "\n".join(" ".join(f"{level / 255:.4f}" for level in row) for row in COLOURS.tolist())
    found = MniObjSurface.from_bytes(f"{HEAD}{POINTS} 4\n 2\n{rows}\n{ENDS}\n".encode())
    assert found.colors.tolist() == COLOURS.tolist()


def test_colours_of_polygons_are_left_out():
    rows = "0 0 0 1\n" * 4
    with pytest.warns(LossWarning, match="no place for colours of polygons"):
        found = MniObjSurface.from_bytes(f"{HEAD}{POINTS} 4\n 1 {rows}{ENDS}\n".encode())
    is_mesh(found)


def test_polygons_are_cut():
    ends = "\n 4 8\n\n 0 2 1 3 0 1 2 3\n"
    with pytest.warns(VolioWarning, match="2 have more than three corners"):
        found = MniObjSurface.from_bytes(f"{HEAD}{POINTS} 2\n 0 1 1 1 1\n{ends}".encode())
    assert found.faces.tolist() == [[0, 2, 1], [0, 1, 3], [0, 1, 2], [0, 2, 3]]


def test_what_is_written():
    surf = MniObjSurface.from_bytes(TEXT)
    lines = surf.copy().to_bytes().decode().splitlines()
    assert lines[0] == "P 0.3 0.7 0.5 100 1 4"
    assert lines[1:6] == [" 0.0 0.0 0.0", " 2.0 0.0 0.0", " 0.0 3.0 0.0", " 0.0 0.0 5.0", ""]
    normals = np.array([line.split() for line in lines[6:10]], float)
    np.testing.assert_allclose(normals, surf.normals, atol=1e-6)
    assert lines[10:] == [
        *("", " 4", " 0 0.2 0.4 0.6 0.8", "", " 3 6 9 12", ""),
        *(" 0 2 1 0 1 3 0 3", " 2 1 2 3"),
    ]


def test_vtk_reads_what_is_written(tmp_path: Path):
    vertices, faces = icosphere(1, 70.0)
    colours = np.random.default_rng(5).integers(0, 256, (len(vertices), 4), np.uint8)
    colours[:2] = [[0] * 4, [255] * 4]
    surf = volio.Surface(vertices.astype("f4"), faces, colors=colours)
    volio.save(surf, tmp_path / "a.obj", format="mniobj")
    found = vtk_reads(tmp_path / "a.obj", "vtkIOMINC", "vtkMNIObjectReader")
    points, triangles = mesh_of(found)
    np.testing.assert_array_equal(points, surf.vertices)
    np.testing.assert_array_equal(triangles, faces)
    scalars = found.GetPointData().GetScalars()
    # VTK cuts fractions, and does not round them.
    assert [scalars.GetTuple(n) for n in range(42)] == [tuple(row) for row in colours.tolist()]
    back = volio.load(tmp_path / "a.obj")
    np.testing.assert_array_equal(back.vertices, surf.vertices)
    np.testing.assert_array_equal(back.colors, colours)


@pytest.mark.parametrize("data", [TEXT, binary("<", 2, COLOURS)], ids=["text", "binary"])
def test_vtk_reads_what_is_read_here(data: bytes, tmp_path: Path):
    (tmp_path / "a.obj").write_bytes(data)
    found = vtk_reads(tmp_path / "a.obj", "vtkIOMINC", "vtkMNIObjectReader")
    points, triangles = mesh_of(found)
    assert points.tolist() == CORNERS.tolist()
    assert triangles.tolist() == SIDES.tolist()
    scalars = found.GetPointData().GetScalars()
    expected = [tuple(row) for row in COLOURS.tolist()] if data is not TEXT else []
    assert [scalars.GetTuple(n) for n in range(scalars.GetNumberOfTuples() if scalars else 0)] == (
        expected
    )


def test_the_ending_is_wavefronts_where_nothing_else_is_said(tmp_path: Path):
    volio.save(volio.Surface(CORNERS, SIDES), tmp_path / "a.obj")
    assert type(volio.load(tmp_path / "a.obj")) is WavefrontSurface
    found = MniObjSurface.from_bytes(TEXT)
    volio.save(found, tmp_path / "b.obj")
    is_mesh(volio.load(tmp_path / "b.obj"))


def test_what_mni_objects_have_no_place_for(tmp_path: Path):
    surf = volio.Surface(CORNERS, SIDES, {"height": CORNERS[:, 2]}, space="mni")
    with pytest.warns(LossWarning, match=r"the space \(mni\), the values 'height'"):
        volio.save(surf, tmp_path / "a.obj", format="mniobj")
    with pytest.raises(SaveError, match="an MNI object needs vertices"):
        volio.save(volio.Surface(data={"height": [1.0]}), tmp_path / "c.obj", format="mniobj")


@pytest.mark.parametrize("data", [b"P 1 2\n", b"P one two three four five 6\n", b"p" + bytes(40)])
def test_other_texts_are_not_taken_for_polygons(data: bytes, tmp_path: Path):
    (tmp_path / "a").write_bytes(data)
    with pytest.raises(UnknownFormatError, match="no format of volio recognises it"):
        volio.load(tmp_path / "a")


def text(old: str, new: str) -> bytes:
    changed = TEXT.replace(old.encode(), new.encode())
    assert changed != TEXT
    return changed


@pytest.mark.parametrize(
    ("data", "error", "told"),
    [
        (b"L 0.1 4\n", HeaderDataError, "begins with b'L', not with P"),
        (b"Pp 0.1 4\n", HeaderDataError, "begins with 'Pp', not with P"),
        (text(" 1 4\n", " 1 -4\n"), HeaderDataError, "lengths must not be negative"),
        (text(" 1 4\n", " 1 2000000000\n"), TruncatedFileError, "vertices: 6000000000 words"),
        (text(" 1 4\n", " 1 4.5\n"), CorruptFileError, "word 7, '4.5', is not a number"),
        (text(" 4\n 0 0.2", " 4\n 3 0.2"), HeaderDataError, "must be 0, 1 or 2, got 3"),
        (text("0.2 0.4", "1.2 0.4"), CorruptFileError, "must be from 0 to 1, got 0.4 to 1.2"),
        (text("0.2 0.4", "nan 0.4"), CorruptFileError, "colours: must be from 0 to 1"),
        (text("3 6 9 12", "3 6 5 12"), HeaderDataError, "ends of polygons must rise from 0"),
        (text("3 6 9 12", "-3 6 9 12"), HeaderDataError, "ends of polygons must rise from 0"),
        (text("3 6 9 12", "3 6 9 13"), TruncatedFileError, "13 words, the text has 12 more"),
        (text("3 6 9 12", "2 6 9 12"), CorruptFileError, "face 0 has 2 corners"),
        (text("2 1 2 3", "2 1 2 4"), HeaderDataError, r"\[1, 2, 4\] of 4 vertices"),
        (TEXT + b"P\n", CorruptFileError, "1 words more than the text says"),
        (TEXT[:-3], TruncatedFileError, "12 words, the text has 11 more"),
        (
            binary("<")[:-1],
            TruncatedFileError,
            "corners of polygons: needs 197 bytes, the file has 196",
        ),
        (binary("<") + b"p", CorruptFileError, "1 bytes more than the file says"),
        (b"p" + struct.pack("<5fi", *[1.0] * 5, 2**31 - 1), TruncatedFileError, "vertices: needs"),
    ],
)
def test_damaged_files(data: bytes, error: type[VolioError], told: str):
    with pytest.raises(error, match=told):
        MniObjSurface.from_bytes(data)
