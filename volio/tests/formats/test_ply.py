"""PLY: files by hand in every encoding, a real one, and what damaged files ask for."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

import volio
from volio.errors import (
    CorruptFileError,
    HeaderDataError,
    ImageDataError,
    LossWarning,
    PrecisionWarning,
    SaveError,
    TruncatedFileError,
    VolioError,
    VolioWarning,
)
from volio.formats.ply import PlySurface
from volio.surfaces.vertex_data import VertexArray
from volio.tests.surfaces.shapes import CORNERS, SIDES

POSITION = "property float x\nproperty float y\nproperty float z\n"
VERTICES = f"element vertex 4\n{POSITION}"
FACES = "element face 4\nproperty list uchar int vertex_indices\n"
VALUES = np.array([1.5, 2.5, -3.5, 4.25], "f4")
#: Another vertex more than `VERTICES` has.
FIVE = "element vertex 5\n" + POSITION
POINTS = "".join(f"{number} {number + 0.5} {-number}\n" for number in range(5))


def load(data: bytes | str) -> PlySurface:
    return PlySurface.from_bytes(data if isinstance(data, bytes) else data.encode())


def head(elements: str, encoding: str = "ascii", end: str = "\n") -> str:
    return f"ply\nformat {encoding} 1.0\n{elements}end_header\n".replace("\n", end)


def face_bytes(order: str = "<", faces=SIDES, count: str = "B") -> bytes:
    return b"".join(struct.pack(f"{order}{count}{len(face)}i", len(face), *face) for face in faces)


def binary(order: str = "<", elements: str = VERTICES + FACES, end: str = "\n") -> bytes:
    name = {"<": "binary_little_endian", ">": "binary_big_endian"}[order]
    body = CORNERS.astype(f"{order}f4").tobytes() + face_bytes(order)
    return head(elements, name, end).encode() + body


def polygons(*faces: list[int], words: str = "") -> str:
    """A text of five vertices and some faces."""
    lines = "".join(f"{len(face)} {' '.join(map(str, face))}{words}\n" for face in faces)
    count = f"element face {len(faces)}\nproperty list uchar int vertex_index\n"
    return head(FIVE + count) + POINTS + lines


def mesh_is(found: PlySurface) -> None:
    assert found.vertices.tolist() == CORNERS.tolist()
    assert found.vertices.dtype == np.float32
    assert found.faces.tolist() == SIDES.tolist()


# Reading.


@pytest.mark.filterwarnings("ignore:.*5 polygons are split:volio.errors.VolioWarning")
def test_a_real_file(shared_data: Path):
    cube = volio.load(shared_data / "surfaces" / "cube.ply")
    assert (cube.n_vertices, cube.faces.shape, cube.space) == (8, (12, 3), "unknown")
    assert cube.areas.sum() == pytest.approx(6)
    assert cube.colors[5].tolist() == [255, 0, 255, 255]
    assert cube.meta["comment"] == "author: Greg Turk"


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_binary_of_both_orders(order: str, end: str):
    mesh_is(load(binary(order, end=end)))


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_text(end: str):
    rows = [" ".join(map(str, row)) for row in CORNERS.tolist()]
    rows += [f"3 {' '.join(map(str, face))}" for face in SIDES.tolist()]
    mesh_is(load(head(VERTICES + FACES, end=end) + end.join(rows)))
    mesh_is(load(head(VERTICES + FACES, end=end) + "  ".join(rows) + end))


def test_elements_and_properties_come_in_any_order_and_type():
    elements = (
        "element face 4\nproperty uchar flag\nproperty list int uint vertex_indices\n"
        "property float quality\nelement vertex 4\nproperty double z\nproperty short depth\n"
        "property double x\nproperty uint16 size\nproperty double y\n"
    )
    faces = b"".join(struct.pack(">Bi3If", 7, 3, *face, 0.5) for face in SIDES.tolist())
    x, y, z = (CORNERS.astype(float) + 0.1).T
    rows = zip(z, [-5, 6, 7, 8], x, [9, 10, 11, 65535], y, strict=True)
    data = faces + b"".join(struct.pack(">dhdHd", *row) for row in rows)
    with pytest.warns(LossWarning, match="not read: flag of face, quality of face"):
        found = load(head(elements, "binary_big_endian").encode() + data)
    assert found.vertices.tolist() == np.stack([x, y, z], 1).tolist()
    assert found.faces.tolist() == SIDES.tolist()
    assert found.data["depth"].tolist() == [-5, 6, 7, 8]
    assert found.data["size"].tolist() == [9, 10, 11, 65535]
    assert list(found.data) == ["depth", "size"]


@pytest.mark.parametrize("order", ["<", ">"])
def test_polygons_of_different_lengths(order: str):
    elements = FIVE + FACES.replace("4", "3") + "element edge 1\nproperty int vertex1\n"
    name = {"<": "binary_little_endian", ">": "binary_big_endian"}[order]
    points = np.arange(15).reshape(5, 3).astype(f"{order}f4").tobytes()
    faces = face_bytes(order, [[0, 1, 2], [0, 1, 2, 3, 4], [1, 2, 3, 4]])
    data = head(elements, name).encode() + points + faces + struct.pack(f"{order}i", 3)
    with (
        pytest.warns(VolioWarning, match="2 polygons are split into 5 triangles"),
        pytest.warns(LossWarning, match="not read: edge"),
    ):
        found = load(data)
    assert found.vertices.tolist() == np.arange(15).reshape(5, 3).tolist()
    expected = [[0, 1, 2], [0, 1, 2], [0, 2, 3], [0, 3, 4], [1, 2, 3], [1, 3, 4]]
    assert found.faces.tolist() == expected


def test_polygons_of_one_length_and_of_too_few_corners():
    with pytest.warns(VolioWarning, match="2 polygons are split into 4 triangles"):
        found = load(polygons([0, 1, 2, 3], [4, 3, 2, 1]))
    assert found.faces.tolist() == [[0, 1, 2], [0, 2, 3], [4, 3, 2], [4, 2, 1]]
    with pytest.warns(VolioWarning, match="2 faces have fewer than three corners"):
        found = load(polygons([0, 1], [], [4, 3, 2]))
    assert found.faces.tolist() == [[4, 3, 2]]


def test_strips_turn_round_with_every_triangle():
    strips = "element tristrips 1\nproperty list int int vertex_indices\n"
    found = load(head(FIVE + strips) + POINTS + "10 0 1 2 3 -1 4 2 1 1 0")
    # 2 1 1 and 1 1 0 only join.
    assert found.faces.tolist() == [[0, 1, 2], [2, 1, 3], [4, 2, 1]]


def test_colours():
    levels = "property uchar red\nproperty uchar green\nproperty uchar blue\n"
    rows = "0 0 0 1 2 3 4\n1 0 0 5 6 7 8\n"
    two = VERTICES.replace("4", "2")
    found = load(head(two + levels + "property uchar alpha\n") + rows)
    assert found.colors.tolist() == [[1, 2, 3, 4], [5, 6, 7, 8]]
    assert len(found.data) == 0
    found = load(head(two + levels + "property float alpha\n") + rows)
    assert found.colors.tolist() == [[1, 2, 3, 255], [5, 6, 7, 255]]
    assert found.data["alpha"].tolist() == [4, 8]
    found = load(head(two + levels.replace("uchar", "float") + "property uchar alpha\n") + rows)
    assert found.colors is None
    assert list(found.data) == ["red", "green", "blue", "alpha"]


def test_vertices_alone():
    found = load(head(VERTICES) + "1 2 3\n4 5 6\n7 8 9\n10 11 12\n")
    assert found.faces is None
    assert found.vertices.tolist() == [[1, 2, 3], [4, 5, 6], [7, 8, 9], [10, 11, 12]]
    with pytest.warns(LossWarning, match="not read: near of vertex"):
        found = load(
            head(VERTICES.replace("4", "1") + "property list uchar int near\n") + "1 2 3 2 7 8"
        )
    assert found.vertices.tolist() == [[1, 2, 3]]


# Writing.


def test_bytes_that_are_written():
    colours = np.arange(16, dtype=np.uint8).reshape(4, 4)
    surf = volio.Surface(
        CORNERS, SIDES, {"height": VALUES}, colors=colours, meta={"comment": "one\ntwo"}
    )
    made = PlySurface.from_image(surf).to_bytes()
    expected_head = (
        "ply\nformat binary_little_endian 1.0\ncomment one\ncomment two\n"
        f"{VERTICES}property uchar red\nproperty uchar green\nproperty uchar blue\n"
        f"property uchar alpha\nproperty float height\n{FACES}end_header\n"
    )
    rows = [
        struct.pack("<3f4Bf", *corner, *colour, value)
        for corner, colour, value in zip(CORNERS, colours, VALUES, strict=True)
    ]
    assert made == expected_head.encode() + b"".join(rows) + face_bytes()
    assert load(made).meta["comment"] == "one\ntwo"


@pytest.mark.parametrize(
    ("values", "dtype"),
    [
        (np.array([1, -128, 3, 4], "i1"), "i1"),
        (np.array([1, -(2**31), 3, 4], "i8"), "i4"),
        (np.array([1, 2**32 - 1, 3, 4], "u8"), "u4"),
        (np.array([0.1, 1e300, 3, 4]), "f8"),
        (np.array([0.5, 2, 3, 4], ">f2"), "f4"),
        (np.array([True, False, False, True]), "u1"),
    ],
)
def test_types_of_values(values: np.ndarray, dtype: str):
    found = load(PlySurface.from_image(volio.Surface(CORNERS, SIDES, {"v": values})).to_bytes())
    assert found.data["v"].dtype == dtype
    assert found.data["v"].tolist() == values.tolist()


def test_names_of_values_are_one_word():
    data = {
        "x": VALUES,
        "mean curvature": VALUES * 2,
        "mean\ncurvature": VALUES * 3,
        "": VALUES * 4,
    }
    with pytest.warns(LossWarning, match="the name of 'mean curvature'"):
        made = PlySurface.from_image(volio.Surface(CORNERS, SIDES, data))
    found = load(made.to_bytes())
    assert found.vertices.tolist() == CORNERS.tolist()
    assert {name: found.data[name].tolist() for name in found.data} == {
        "x_2": VALUES.tolist(),
        "mean_curvature": (VALUES * 2).tolist(),
        "mean_curvature_2": (VALUES * 3).tolist(),
        "values": (VALUES * 4).tolist(),
    }


def test_what_the_format_cannot_hold_is_told():
    labels = volio.Labels([volio.Label(1, "a")])
    surf = volio.Surface(CORNERS, SIDES, {"series": np.ones((4, 2))}, space="mni")
    surf.data.put(VertexArray("parts", np.array([1, 1, 0, 0]), labels))
    with pytest.warns(LossWarning, match=r"space \(mni\), the values 'series', the labels of 'pa"):
        made = PlySurface.from_image(surf)
    assert made.data["parts"].tolist() == [1, 1, 0, 0]
    with pytest.warns(PrecisionWarning, match="vertices: rounded to float32"):
        PlySurface.from_image(volio.Surface(CORNERS.astype(float) + 0.1, SIDES))
    with pytest.raises(SaveError, match="PLY needs vertices"):
        PlySurface.from_image(volio.Surface(data={"v": VALUES}))
    with pytest.raises(ImageDataError, match="do not fit int32"):
        PlySurface.from_image(volio.Surface(CORNERS, SIDES, {"v": [1, 2, 3, 2**31]}))


# Files that are wrong.


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"ply\nformat ascii 1.0\n", "no header from 'ply' to 'end_header'"),
        (b"plz\nformat ascii 1.0\nend_header\n", "no header from 'ply' to 'end_header'"),
        (b"ply\ncomment a\nend_header\n", "does not say its format"),
        (head("", "ascii2"), "the format is 'ascii2 1.0'"),
        (head("what is this\n"), "'what is this' is not understood"),
        (head("property float x\n"), "'property float x' is not understood"),
        (head("element vertex\n"), "must be a name and a count, got 'vertex'"),
        (head("element vertex -1\n"), "must be a name and a count, got 'vertex -1'"),
        (head(VERTICES + VERTICES), "the element 'vertex' occurs twice"),
        (head(VERTICES + "property float x\n"), "the vertex has 'x' twice"),
        (head(VERTICES + "property half h\n"), "must be a type and a name.*'half h'"),
        (head(VERTICES + "property list int h\n"), "must be a type and a name.*'list int h'"),
        (head(VERTICES + "property list float int h\n"), "length of 'h' must be an integer"),
        (head("element vertex 0\nproperty float x\n"), "the numbers x, y and z"),
        (head("element vertex 0\n" + POSITION + "element face 0\n"), "list of integers called"),
        (polygons([0, 1, 5]), r"\[0, 1, 5\] of 5 vertices"),
        (polygons([0, 1, -1]), "vertices that are not there"),
    ],
)
def test_headers_that_are_wrong(data: bytes | str, message: str):
    with pytest.raises(HeaderDataError, match=message):
        load(data)


def test_headers_have_an_end():
    data = b"ply\nformat ascii 1.0\ncomment " + b"a" * (1 << 20) + b"\nend_header\n"
    with pytest.raises(HeaderDataError, match="'end_header' in 1048576 bytes"):
        load(data)


MANY = "element vertex 2000000000\n" + POSITION


@pytest.mark.parametrize(
    ("data", "error", "message"),
    [
        (head(MANY), TruncatedFileError, "2000000000 of vertex: needs 6000000000 numbers, 0 fol"),
        (head(MANY, "binary_big_endian"), TruncatedFileError, "needs 24000000000 bytes, 0 follow"),
        (head(MANY + FACES) + "1 2 3", TruncatedFileError, "needs 6000000000 numbers, 3 follow"),
        (binary()[:-1], TruncatedFileError, "ends within|needs 52 bytes, 51 follow"),
        (binary()[:-13], TruncatedFileError, "4 of face|ends within vertex_indices"),
        (binary()[:-60], TruncatedFileError, "4 of vertex: needs 48 bytes, 40 follow"),
        (binary() + b"\n\n\n", CorruptFileError, "3 bytes follow what the header announces"),
        (binary() + b"\0", CorruptFileError, "1 bytes follow what the header announces"),
        (polygons([0, 1, 2]) + "3", CorruptFileError, "1 numbers follow what"),
        (polygons([0, 1, 2])[:-3], TruncatedFileError, "needs 4 numbers, 3 follow"),
        (polygons([0, 1, 2], words=" x"), CorruptFileError, "'x', is not a number"),
        (polygons([0, 1, 2], words=" 1_0"), CorruptFileError, "'1_0', is not a number"),
        (polygons([0, 1, 2], words=" " + "1" * 300), CorruptFileError, "1 numbers follow what"),
        (polygons([0, 1, 2]).replace("3 0 1 2", "-3 0 1"), CorruptFileError, "a list of -3"),
        (polygons([0, 1, 2]).replace("3 0 1 2", "2.5 0 1"), CorruptFileError, "a list of 2.5"),
        (polygons([0, 1, 2]).replace("3 0 1 2", "nan 0 1"), CorruptFileError, "a list of nan"),
        (polygons([0, 1, 2]).replace("0 1 2", "0 1 1.5"), ImageDataError, "whole numbers"),
        (polygons([0, 1, 2]).replace("4.5", "1e39"), ImageDataError, "y: values exceed float32"),
        (
            polygons([0, 1, 2]).replace("0 1 2", "0 1 3000000000"),
            ImageDataError,
            "do not fit int32",
        ),
    ],
)
def test_files_that_are_not_what_they_say(data: bytes | str, error: type, message: str):
    with pytest.raises(error, match=message):
        load(data)


def test_lists_beyond_the_file_take_no_memory():
    elements = FACES.replace("uchar", "uint")
    data = head(elements, "binary_little_endian").encode() + struct.pack("<I", 2**32 - 1) * 4
    with pytest.raises(VolioError, match="a list of 4294967295 numbers"):
        load(data)


def test_binary_files_may_end_with_a_line_end():
    mesh_is(load(binary() + b"\r\n"))
