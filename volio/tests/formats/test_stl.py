"""STL: files by hand, binary and text, and which of the two a file is."""

from __future__ import annotations

import gzip
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
    UnknownFormatError,
)
from volio.formats.stl import StlSurface
from volio.space.meshes import enclosed_volume, euler_number
from volio.tests.surfaces.shapes import CORNERS, SIDES, icosphere

#: The corners of `CORNERS`, as the faces name them first: 0, 2, 1, 3.
ORDERED = CORNERS[[0, 2, 1, 3]]
RENUMBERED = [[0, 1, 2], [0, 2, 3], [0, 3, 1], [2, 1, 3]]
NORMALS = [(0, 0, -1), (0, -1, 0), (-1, 0, 0), tuple(np.array([15, 10, 6]) / 19)]


def load(data: bytes) -> StlSurface:
    return StlSurface.from_bytes(data)


def binary(title: bytes = b"", attribute: int = 0, count: int = 4) -> bytes:
    data = title.ljust(80, b"\0") + struct.pack("<I", count)
    for face, normal in zip(SIDES, NORMALS, strict=True):
        data += struct.pack("<12fH", *normal, *CORNERS[face].ravel(), attribute)
    return data


def text(name: str = "a part", faces=SIDES, end: str = "\n") -> bytes:
    lines = [f"solid {name}"]
    for face in faces:
        lines += ["  facet normal 0 0 0", "    outer loop"]
        lines += [f"      vertex {' '.join(map(str, CORNERS[corner]))}" for corner in face]
        lines += ["    endloop", "  endfacet"]
    return end.join([*lines, f"endsolid {name}", ""]).encode()


def mesh_is(found: StlSurface) -> None:
    assert found.vertices.tolist() == ORDERED.tolist()
    assert found.faces.tolist() == RENUMBERED
    assert found.space == "unknown"


# Reading.


def test_binary():
    found = load(binary(b"made by hand"))
    mesh_is(found)
    assert found.meta["title"] == "made by hand"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_text(end: str):
    found = load(text(end=end))
    mesh_is(found)
    assert found.meta["title"] == "a part"
    mesh_is(load(text().upper()))
    mesh_is(load(b"\n " + text("facet")))


def test_several_solids_are_one_mesh():
    found = load(text("one", SIDES[:2]) + b"\n" + text("two", SIDES[2:]))
    mesh_is(found)
    assert found.meta["title"] == "one"


@pytest.mark.parametrize("title", [b"solid of a program", b"SOLID facet endsolid", b"solid"])
def test_binary_files_may_begin_as_texts_do(title: bytes, tmp_path: Path):
    (tmp_path / "a.stl").write_bytes(binary(title))
    mesh_is(volio.load(tmp_path / "a.stl"))
    (tmp_path / "a.stl.gz").write_bytes(gzip.compress(binary(title)))
    mesh_is(volio.load(tmp_path / "a.stl.gz"))


def test_corners_that_are_equal_bit_for_bit_are_one_vertex():
    sphere, faces = icosphere(2)
    corners = sphere.astype("f4")
    data = b"\0" * 80 + struct.pack("<I", len(faces))
    data += b"".join(struct.pack("<12fH", 0, 0, 0, *corners[face].ravel(), 0) for face in faces)
    found = load(data)
    assert (found.n_vertices, len(found.faces), euler_number(found.faces)) == (162, 320, 2)
    np.testing.assert_array_equal(found.vertices[found.faces], corners[faces])
    assert enclosed_volume(found.vertices, found.faces) > 3.9
    # 0 and -0 are different bits.
    apart = text().replace(b"vertex 0.0 0.0 5.0", b"vertex -0.0 0.0 5.0", 1)
    assert load(apart).n_vertices == 5


def test_attributes_are_told():
    with pytest.warns(LossWarning, match="not read: the attributes of 4 triangles"):
        mesh_is(load(binary(attribute=31)))


def test_names_do_not_count(tmp_path: Path):
    for data in (binary(), text()):
        (tmp_path / "a").write_bytes(data)
        assert isinstance(volio.load(tmp_path / "a"), StlSurface)
    (tmp_path / "a").write_bytes(b"solid ground is what it stands on")
    with pytest.raises(UnknownFormatError, match="a: "):
        volio.load(tmp_path / "a")


def test_files_without_triangles():
    for data in (b"\0" * 84, b"solid a\nendsolid a\n"):
        found = load(data)
        assert found.vertices.shape == found.faces.shape == (0, 3)


# Writing.


def test_bytes_that_are_written():
    surf = volio.Surface(CORNERS, SIDES, meta={"title": "made by hand"})
    with pytest.warns(LossWarning, match="the numbers of vertices"):
        made = StlSurface.from_image(surf).to_bytes()
    assert made[:84] == binary(b"made by hand")[:84]
    rows = np.frombuffer(made[84:], [("numbers", "<f4", (12,)), ("attribute", "<u2")])
    np.testing.assert_array_equal(rows["numbers"][:, 3:], CORNERS[SIDES].reshape(4, 9))
    np.testing.assert_allclose(rows["numbers"][:, :3], NORMALS, atol=1e-7)
    assert rows["attribute"].tolist() == [0] * 4
    mesh_is(load(made))


def test_titles_are_cut_and_never_make_a_text():
    surf = volio.Surface(ORDERED, RENUMBERED, meta={"title": "Solid thing"})
    made = StlSurface.from_image(surf).to_bytes()
    assert made.startswith(b" Solid thing\0")
    assert load(made).meta["title"] == "Solid thing"
    surf.meta["title"] = "a" * 90
    with pytest.warns(LossWarning, match=r"texts \(title\)"):
        assert StlSurface.from_image(surf).meta["title"] == "a" * 80


def test_triangles_without_an_area_have_no_normal():
    flat = volio.Surface([[0, 0, 0], [1, 0, 0], [2, 0, 0]], [[0, 1, 2]])
    made = StlSurface.from_image(flat).to_bytes()
    assert struct.unpack("<3f", made[84:96]) == (0, 0, 0)
    assert load(made).vertices.tolist() == [[0, 0, 0], [1, 0, 0], [2, 0, 0]]


def test_what_the_format_cannot_hold_is_told():
    more = np.concatenate([ORDERED, [[9, 9, 9]]]).astype("f4")
    surf = volio.Surface(more, RENUMBERED, {"height": [1, 2, 3, 4, 5]}, space="scanner")
    told = r"1 vertices without a face.*space \(scanner\).*values 'height'"
    with pytest.warns(LossWarning, match=told):
        StlSurface.from_image(surf)
    with pytest.warns(PrecisionWarning, match="vertices: rounded to float32"):
        StlSurface.from_image(volio.Surface(ORDERED.astype(float) + 0.1, RENUMBERED))
    with pytest.raises(SaveError, match="STL needs vertices and faces"):
        StlSurface.from_image(volio.Surface(CORNERS))
    with pytest.raises(ImageDataError, match="exceed float32"):
        StlSurface.from_image(volio.Surface(ORDERED.astype(float) + 1e300, RENUMBERED))


# Files that are wrong.


@pytest.mark.parametrize(
    ("data", "error", "message"),
    [
        (b"\0" * 83, TruncatedFileError, "needs 84 bytes at least, the file has 83"),
        (binary()[:-1], TruncatedFileError, "4 triangles need 284 bytes, the file has 283"),
        (binary() + b"\0", CorruptFileError, "4 triangles are 284 bytes, the file has 285"),
        (binary(count=2**32 - 1), TruncatedFileError, "4294967295 triangles need 214748364834"),
        (binary(count=3), CorruptFileError, "3 triangles are 234 bytes, the file has 284"),
        (b"solidarity" + b" " * 90, HeaderDataError, "not with 'solid'"),
        (text()[:-20], TruncatedFileError, "ends before the 'endsolid'"),
        (
            b"solid a\nfacet\nendsolid",
            CorruptFileError,
            "a triangle is 21 words, 1 are not a multiple",
        ),
        (text().replace(b"loop", b"lop", 1), CorruptFileError, "0: must have 'loop' as word 7"),
        (text().replace(b"0.0", b"zero", 1), CorruptFileError, "triangle 0, 'zero', is not a numb"),
        (text().replace(b"2.0", b"2_0", 1), CorruptFileError, "triangle ., '2_0', is not a numb"),
        (text().replace(b"0.0", b"1" * 65, 1), ImageDataError, "coordinates exceed float32"),
        (text().replace(b"2.0", b"1e39", 1), ImageDataError, "coordinates exceed float32"),
    ],
)
def test_files_that_are_not_what_they_say(data: bytes, error: type, message: str):
    with pytest.raises(error, match=message):
        load(data)


def test_damaged_files_of_the_name_are_called_damaged(tmp_path: Path):
    (tmp_path / "a.stl").write_bytes(binary()[:-1])
    with pytest.raises(TruncatedFileError, match=r"a\.stl: STL: 4 triangles need 284 bytes"):
        volio.load(tmp_path / "a.stl")
