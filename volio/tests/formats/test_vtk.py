"""Legacy VTK: by bytes from its definition, a real file of version 5.1, and hostile files."""

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
from volio.formats.meshes.vtk import VtkSurface
from volio.tests.real_files import shared_path
from volio.tests.surfaces.shapes import CORNERS, SIDES, icosphere


def head(version: str = "3.0", kind: str = "ASCII", dataset: str = "POLYDATA") -> bytes:
    return f"# vtk DataFile Version {version}\nby hand\n{kind}\nDATASET {dataset}\n".encode()


POINTS = b"POINTS 4 float\n0 0 0 2 0 0\n0 3 0 0 0 5\n"
POLYGONS = b"POLYGONS 4 16\n3 0 2 1\n3 0 1 3\n3 0 3 2\n3 1 2 3\n"
MESH = head() + POINTS + POLYGONS


def binary(dtype: str, values) -> bytes:
    return np.array(values).astype(dtype).tobytes() + b"\n"


def test_text():
    surf = VtkSurface.from_bytes(MESH)
    assert surf.vertices.tolist() == CORNERS.tolist()
    assert surf.vertices.dtype == np.float32
    assert surf.faces.tolist() == SIDES.tolist()
    assert (surf.space, dict(surf.data), dict(surf.meta)) == ("unknown", {}, {"title": "by hand"})


@pytest.mark.parametrize(("kind", "dtype"), [("vtktypeint64", ">i8"), ("vtktypeint32", ">i4")])
def test_version_5_has_offsets(kind: str, dtype: str):
    text = (
        head("5.1", "BINARY") + b"POINTS 4 double\n" + binary(">f8", CORNERS + 0.1)
        + b"METADATA\nINFORMATION 1\nNAME L2_NORM_RANGE LOCATION vtkDataArray\nDATA 2 0 5\n\n"
        + f"POLYGONS 5 12\nOFFSETS {kind}\n".encode() + binary(dtype, [0, 3, 6, 9, 12])
        + f"CONNECTIVITY {kind}\n".encode() + binary(dtype, SIDES)
    )  # fmt: skip
    surf = VtkSurface.from_bytes(text)
    assert surf.vertices.tolist() == (np.float64(CORNERS + 0.1)).tolist()
    assert surf.vertices.dtype == np.float64
    assert surf.faces.tolist() == SIDES.tolist()


def test_what_is_written(tmp_path: Path):
    surf = volio.Surface(CORNERS, SIDES, {"a b": np.int16([1, -2, 3, 4])})
    volio.save(surf, tmp_path / "a.vtk")
    cells = np.column_stack([[3] * 4, SIDES])
    assert (tmp_path / "a.vtk").read_bytes() == (
        b"# vtk DataFile Version 3.0\nsurface\nBINARY\nDATASET POLYDATA\n"
        b"POINTS 4 float\n" + binary(">f4", CORNERS) + b"POLYGONS 4 16\n" + binary(">i4", cells)
        + b"POINT_DATA 4\nFIELD FieldData 1\na%20b 1 4 short\n" + binary(">i2", [1, -2, 3, 4])
    )  # fmt: skip


def test_every_bit_comes_back(tmp_path: Path):
    vertices, faces = icosphere(1, 70.0)
    rng = np.random.default_rng(5)
    arrays = {
        f"as {dtype}": rng.integers(0, 100, (len(vertices), width)).astype(dtype).squeeze(1)
        if width == 1
        else rng.integers(0, 100, (len(vertices), width)).astype(dtype)
        for width, dtype in enumerate(("u1", "i1", "u2", "u4", "i4", "u8", "i8", "f4", "f8"), 1)
    }
    colours = rng.integers(0, 256, (len(vertices), 4), np.uint8)
    volio.save(volio.Surface(vertices, faces, arrays, colors=colours), tmp_path / "ball.vtk")
    found = volio.load(tmp_path / "ball.vtk")
    np.testing.assert_array_equal(found.vertices, vertices)
    assert found.vertices.dtype == np.float64
    np.testing.assert_array_equal(found.faces, faces)
    np.testing.assert_array_equal(found.colors, colours)
    assert list(found.data) == list(arrays)
    for name, values in arrays.items():
        np.testing.assert_array_equal(found.data[name], values)
        assert found.data[name].dtype == values.dtype


@pytest.mark.parametrize("name", [b"a\x80b", "ä b%".encode(), b"\xff\xfe"])
def test_names_that_are_not_text_come_back(name: bytes):
    quoted = "".join(f"%{byte:02X}" for byte in name).encode()
    data = MESH + b"POINT_DATA 4\nSCALARS %s int\nLOOKUP_TABLE default\n1 2 3 4\n" % quoted
    surf = VtkSurface.from_bytes(data)
    assert list(surf.data) == [name.decode("utf-8", "surrogateescape")]
    assert list(VtkSurface.from_bytes(surf.to_bytes()).data) == list(surf.data)


def test_points_alone():
    surf = VtkSurface.from_bytes(head() + POINTS + b"POLYGONS 0 0\n")
    assert (surf.n_vertices, surf.faces.shape) == (4, (0, 3))


def test_strips_of_triangles_turn_every_second_over():
    text = head() + POINTS + b"TRIANGLE_STRIPS 1 5\n4 0 1 2 3\n"
    assert VtkSurface.from_bytes(text).faces.tolist() == [[0, 1, 2], [2, 1, 3]]


def test_polygons_are_cut_and_it_is_told():
    text = head() + POINTS + b"POLYGONS 2 9\n4 0 1 3 2\n3 0 1 2\n"
    with pytest.warns(VolioWarning, match="1 have more than three corners, and were cut"):
        surf = VtkSurface.from_bytes(text)
    assert surf.faces.tolist() == [[0, 1, 3], [0, 3, 2], [0, 1, 2]]


def test_arrays_of_vertices():
    text = (
        MESH + b"POINT_DATA 4\nSCALARS one double\nLOOKUP_TABLE default\n.1 .2 .3 .4\n"
        b"SCALARS two int 2\nLOOKUP_TABLE default\n1 2 3 4 5 6 7 8\n"
        b"NORMALS n float\n1 0 0 0 1 0 0 0 1 0 0 2\n"
        b"FIELD FieldData 2\none 1 4 unsigned_char\n9 8 7 6\n"
        b"METADATA\nINFORMATION 0\n\nlong%20name 2 4 long\n1 2 3 4 5 6 7 9000000000\n"
        b"COLOR_SCALARS c 3\n0 .2 .4 1 1 1 .6 0 0 0 0 1\n"
    )
    surf = VtkSurface.from_bytes(text)
    assert list(surf.data) == ["one", "two", "n", "one (2)", "long name"]
    assert surf.data["one"].tolist() == [0.1, 0.2, 0.3, 0.4]
    assert surf.data["two"].tolist() == [[1, 2], [3, 4], [5, 6], [7, 8]]
    assert surf.data["n"].tolist() == [[1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 0, 2]]
    assert surf.data["one (2)"].tolist() == [9, 8, 7, 6]
    assert surf.data["long name"].tolist() == [[1, 2], [3, 4], [5, 6], [7, 9000000000]]
    assert surf.colors.tolist() == [
        [0, 51, 102, 255], [255, 255, 255, 255], [153, 0, 0, 255], [0, 0, 255, 255]
    ]  # fmt: skip


def test_bits_and_lookup_tables_of_binary_files():
    text = (
        head("3.0", "BINARY") + b"POINTS 4 float\n" + binary(">f4", CORNERS)
        + b"POINT_DATA 4\nSCALARS b bit\nLOOKUP_TABLE t\n\xa0\n"
        + b"LOOKUP_TABLE t 2\n" + binary("u1", range(8))
    )  # fmt: skip
    with pytest.warns(LossWarning, match="no place for the lookup table 't'"):
        surf = VtkSurface.from_bytes(text)
    assert surf.data["b"].tolist() == [1, 0, 1, 0]


def test_what_is_left_out_is_told():
    text = head() + POINTS + b"LINES 1 3\n2 0 1\n" + POLYGONS
    text += b"CELL_DATA 4\nSCALARS region int\nLOOKUP_TABLE default\n1 2 3 4\n"
    with pytest.warns(LossWarning, match="the array 'region', 1 cells of LINES"):
        surf = VtkSurface.from_bytes(text)
    assert list(surf.data) == []
    assert surf.faces.tolist() == SIDES.tolist()


@pytest.mark.parametrize(
    ("kind", "strings"),
    [
        ("ASCII", b"one\ntwo%20words\n"),
        ("BINARY", b"\xc3one\x80\x09two words\n"),
        ("BINARY", b"\x40\0\0\x03one" + b"\0" * 7 + b"\x03two\n"),
    ],
)
def test_strings_are_left_out(kind: str, strings: bytes):
    text = head(kind=kind) + b"FIELD FieldData 1\ns%20x 1 2 string\n" + strings
    numbers = binary(">f4", CORNERS[:1]) if kind == "BINARY" else b"0 0 0\n"
    with pytest.warns(LossWarning, match="no place for the strings 's x'"):
        surf = VtkSurface.from_bytes(text + b"POINTS 1 float\n" + numbers)
    assert surf.vertices.tolist() == [[0, 0, 0]]


def test_what_vtk_has_no_place_for(tmp_path: Path):
    with pytest.raises(SaveError, match="VTK needs vertices"):
        volio.save(volio.Surface(data={"height": [1.0]}), tmp_path / "a.vtk")
    with pytest.raises(SaveError, match="z: VTK has no complex values"):
        volio.save(volio.Surface(CORNERS, SIDES, {"z": [1j] * 4}), tmp_path / "b.vtk")
    with pytest.warns(LossWarning, match=r"the space \(mni\)"):
        volio.save(volio.Surface(CORNERS, SIDES, space="mni"), tmp_path / "c.vtk")


V5 = head("5.1") + POINTS


@pytest.mark.parametrize(
    ("text", "error", "told"),
    [
        (head(dataset="STRUCTURED_POINTS"), HeaderDataError, "only DATASET POLYDATA are surfaces"),
        (head() + POINTS + b"LINES 1 3\n2 0 1\n", HeaderDataError, "streamlines, perhaps"),
        (head(kind="XML"), HeaderDataError, "must be ASCII or BINARY, got 'XML'"),
        (b"# vtk DataFile Version x\n", HeaderDataError, "must begin with"),
        (MESH + b"WHAT 4\n", HeaderDataError, "the block 'WHAT' is not known here"),
        (MESH + b"POINT_DATA 4\nWHAT x int\n", HeaderDataError, "the block 'WHAT' is not known"),
        (MESH + b"POINT_DATA 5\n", HeaderDataError, "POINT_DATA of 5, there are 4 vertices"),
        (MESH + b"POINT_DATA -4\n", HeaderDataError, "POINT_DATA: must be a count, got '-4'"),
        (MESH + b"POINT_DATA 4\nSCALARS x int\n1 2\n", HeaderDataError, "LOOKUP_TABLE and a name"),
        (MESH + b"POINT_DATA 4\nVECTORS x\n", HeaderDataError, "must have 3 words"),
        (MESH + b"POINT_DATA 4\nVECTORS x what\n", HeaderDataError, "the type what is not known"),
        (MESH + b"FIELD f 1\nx 1 2 string\nabc\n", TruncatedFileError, "in the middle of a line"),
        (
            head(kind="BINARY") + b"FIELD f 1\nx 1 1 string\n\xc4abc",
            TruncatedFileError,
            "x: needs",
        ),
        (MESH[:-2], TruncatedFileError, "POLYGONS: needs 143 bytes, the file has 141"),
        (MESH[:-1], TruncatedFileError, "POLYGONS: needs 143 bytes"),
        (MESH[:-5] + b"       ", TruncatedFileError, "in the middle of POLYGONS, 16 numbers"),
        (head() + b"POINTS 2000000000 float\n0 0 0\n", TruncatedFileError, "POINTS: needs"),
        (head(kind="BINARY") + b"POINTS 2000000000 float\n\0", TruncatedFileError, "POINTS: needs"),
        (head() + POINTS + b"POLYGONS 9 -2\n", HeaderDataError, "-2 numbers cannot be"),
        (head() + POINTS + b"POLYGONS 1\n", HeaderDataError, "two numbers must follow"),
        (head() + POINTS + b"POLYGONS 2 4\n3 0 1 2\n", HeaderDataError, "not those of 2 cells"),
        (head() + POINTS + b"POLYGONS 1 4\n9 0 1 2\n", HeaderDataError, "not those of 1 cells"),
        (head() + POINTS + b"POLYGONS 1 3\n2 0 1\n", CorruptFileError, "face 0 has 2 corners"),
        (head() + POINTS + b"POLYGONS 1 4\n3 0 1 4\n", HeaderDataError, r"\[0, 1, 4\] of 4"),
        (head() + POINTS + b"POLYGONS 1 4\n3 0 1 z\n", CorruptFileError, "number 4 after byte"),
        (V5 + b"POLYGONS 2 3\n3 0 1 2\n", HeaderDataError, "OFFSETS and a type must follow"),
        (
            V5 + b"POLYGONS 2 3\nOFFSETS int\n0 2\nCONNECTIVITY int\n0 1 2\n",
            HeaderDataError,
            "offsets must rise from 0 to 3",
        ),
        (
            V5 + b"POLYGONS 3 3\nOFFSETS int\n0 5 3\nCONNECTIVITY int\n0 1 2\n",
            HeaderDataError,
            "offsets must rise from 0 to 3",
        ),
        (  # whose difference overflows to a positive number
            V5
            + b"POLYGONS 4 3\nOFFSETS vtktypeint64\n0 9000000000000000000 -9000000000000000000 3\n"
            + b"CONNECTIVITY int\n0 1 2\n",
            HeaderDataError,
            "offsets must rise from 0 to 3",
        ),
        (
            V5 + b"POLYGONS 0 3\nOFFSETS int\n\nCONNECTIVITY int\n0 1 2\n",
            HeaderDataError,
            "3 corners of no cells",
        ),
    ],
)
def test_damaged_files(text: bytes, error: type[VolioError], told: str):
    with pytest.raises(error, match=told):
        VtkSurface.from_bytes(text)


@pytest.mark.requires("real files")
def test_a_file_of_version_5_1():
    surf = volio.load(shared_path("surfaces/issue1298.vtk"))
    assert type(surf) is VtkSurface
    assert (surf.n_vertices, surf.faces.shape) == (260, (500, 3))
