"""BrainVISA's meshes and textures: by bytes from their definition, and hostile files."""

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
from volio.formats.brainvisa import BrainVisaMesh, BrainVisaTexture
from volio.tests.surfaces.shapes import CORNERS, SIDES, icosphere

#: As the definition writes it.
TEXT = b"""ascii
VOID
3
1
0
4 (0,0,0) (2,0,0) (0 ,3e0 ,0) (0,0,5)
4 (-0.8,0.8,0) (0.8,8e-1,0) (-1,-1,0) (0,0,1)
0
4 (0,2,1) (0,1,3) (0,3,2) (1,2,3)
"""
MODES = [("<", b"binarDCBA"), (">", b"binarABCD")]


def numbers(order: str, *values: int) -> bytes:
    return np.array(values, f"{order}u4").tobytes()


def step(order: str, instant: int, vertices=CORNERS, normals: int = 0, faces=SIDES) -> bytes:
    data = numbers(order, instant, len(vertices)) + vertices.astype(f"{order}f4").tobytes()
    data += numbers(order, normals) + bytes(12 * normals)
    return data + numbers(order, 0, len(faces)) + faces.astype(f"{order}u4").tobytes()


def mesh(order: str = "<", *steps: bytes, corners: int = 3, count: int | None = None) -> bytes:
    mode = dict(MODES)[order]
    times = len(steps) if count is None else count
    return mode + numbers(order, 4) + b"VOID" + numbers(order, corners, times) + b"".join(steps)


def is_mesh(surf: volio.Surface) -> None:
    assert type(surf) is BrainVisaMesh
    assert surf.vertices.tolist() == CORNERS.tolist()
    assert surf.faces.tolist() == SIDES.tolist()
    assert (surf.space, dict(surf.data)) == ("unknown", {})


# Meshes.


@pytest.mark.parametrize("name", ["a", "lh.mesh"])
def test_text(name: str, tmp_path: Path):
    (tmp_path / name).write_bytes(TEXT)
    is_mesh(volio.load(tmp_path / name))


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("normals", [0, 4])
def test_binary(order: str, normals: int, tmp_path: Path):
    (tmp_path / "a").write_bytes(mesh(order, step(order, 0, normals=normals)))
    is_mesh(volio.load(tmp_path / "a"))


def test_several_times(tmp_path: Path):
    moved = CORNERS[:3] + 1
    data = mesh("<", step("<", 4), step("<", 9, moved, faces=SIDES[:1]))
    (tmp_path / "a.mesh").write_bytes(data)
    found = volio.load(tmp_path / "a.mesh")
    is_mesh(found)
    assert [each.instant for each in found.steps] == [4, 9]
    assert found.steps[1].vertices.tolist() == moved.tolist()
    assert found.steps[1].faces.tolist() == [[0, 2, 1]]
    copy = found.copy()
    found.further[0].vertices[...] = 0
    volio.save(copy, tmp_path / "b.mesh")
    back = volio.load(tmp_path / "b.mesh")
    assert [each.instant for each in back.steps] == [4, 9]
    assert back.steps[1].vertices.tolist() == moved.tolist()
    with pytest.warns(LossWarning, match="no place for the mesh at 1 further times"):
        volio.save(back, tmp_path / "c.gii")


def test_bytes_that_are_written():
    data = BrainVisaMesh(CORNERS, SIDES).to_bytes()
    assert data[:25] == b"binarDCBA\4\0\0\0VOID\3\0\0\0\1\0\0\0"
    assert data[25:81] == numbers("<", 0, 4) + CORNERS.tobytes()
    assert data[81:85] == numbers("<", 4)
    normals = np.frombuffer(data[85:133], "<f4").reshape(4, 3)
    np.testing.assert_allclose(normals, volio.Surface(CORNERS, SIDES).normals, atol=1e-6)
    assert data[133:] == numbers("<", 0, 4) + SIDES.astype("<u4").tobytes()


def test_every_bit_comes_back(tmp_path: Path):
    vertices, faces = icosphere(2, 70.0)
    volio.save(volio.Surface(vertices.astype("f4"), faces), tmp_path / "a.mesh")
    found = volio.load(tmp_path / "a.mesh")
    np.testing.assert_array_equal(found.vertices, vertices.astype("f4"))
    np.testing.assert_array_equal(found.faces, faces)


def test_quadrangles_are_cut():
    quads = np.array([[0, 2, 1, 3]])
    with pytest.warns(VolioWarning, match="1 have more than three corners"):
        found = BrainVisaMesh.from_bytes(mesh("<", step("<", 0, faces=quads), corners=4))
    assert found.faces.tolist() == [[0, 2, 1], [0, 1, 3]]


def test_what_meshes_have_no_place_for(tmp_path: Path):
    surf = volio.Surface(CORNERS, SIDES, {"height": CORNERS[:, 2]}, space="mni")
    with pytest.warns(LossWarning, match=r"the space \(mni\), the values 'height'"):
        volio.save(surf, tmp_path / "a.mesh")
    with pytest.raises(SaveError, match="a mesh of BrainVISA needs vertices"):
        volio.save(volio.Surface(data={"height": [1.0]}), tmp_path / "c.mesh")


@pytest.mark.parametrize(
    ("data", "error", "told"),
    [
        (b"binarBADC", HeaderDataError, "not with ascii, binarABCD or binarDCBA"),
        (TEXT.replace(b"VOID", b"FLOAT"), HeaderDataError, "a texture of type 'FLOAT'"),
        (mesh("<", count=1, corners=2), HeaderDataError, "is of segments"),
        (mesh("<", count=1, corners=5), HeaderDataError, "must have 3 or 4 corners, got 5"),
        (mesh("<", count=0), HeaderDataError, "has a mesh at no time"),
        (mesh("<", step("<", 0), count=2), TruncatedFileError, "the number of a time: needs"),
        (mesh("<", step("<", 0), count=2**32 - 1), TruncatedFileError, "the number of a time"),
        (
            mesh("<", step("<", 0))[:-1],
            TruncatedFileError,
            "polygons: needs 141 bytes",
        ),
        (mesh("<", step("<", 0)) + b"\0", CorruptFileError, "1 bytes more than the file says"),
        (mesh("<", step("<", 0, normals=3)), HeaderDataError, "as many normals or none, got 3"),
        (
            mesh("<", numbers("<", 0, 2**31)),
            TruncatedFileError,
            "vertices: needs 25769803809 bytes",
        ),
        (mesh("<", numbers("<", 0, 0, 0, 2)), HeaderDataError, "2 textures in a mesh"),
        (mesh("<", step("<", 0, faces=SIDES + 1)), HeaderDataError, "name vertices that are not"),
        (b"binarDCBA" + numbers("<", 65) + bytes(65), HeaderDataError, "65 letters, at most 64"),
        (TEXT[:-9], TruncatedFileError, "polygons: 12 words, the text has 9 more"),
        (TEXT + b"0", CorruptFileError, "1 words more than the text says"),
        (TEXT.replace(b"(1,2,3)", b"(1,2,4)"), HeaderDataError, r"\[1, 2, 4\] of 4 vertices"),
        (TEXT.replace(b"(1,2,3)", b"(1,2,-3)"), CorruptFileError, "'-3', is not a number of type"),
        (TEXT.replace(b"3e0", b"3e99"), CorruptFileError, "word 14, '3e99', is not a number"),
        (TEXT.replace(b"4 (0,0", b"-4 (0,0"), CorruptFileError, "'-4', is not a number of type"),
    ],
)
def test_damaged_meshes(data: bytes, error: type[VolioError], told: str):
    with pytest.raises(error, match=told):
        BrainVisaMesh.from_bytes(data)


# Textures.


@pytest.mark.parametrize(("order", "mode"), MODES)
@pytest.mark.parametrize(
    ("kind", "dtype"), [("FLOAT", "f4"), ("S16", "i2"), ("U32", "u4"), ("S32", "i4")]
)
def test_values_of_each_type(order: str, mode: bytes, kind: str, dtype: str, tmp_path: Path):
    values = np.array([1, 2, 300, 7], f"{order}{dtype}")
    data = mode + numbers(order, len(kind)) + kind.encode() + numbers(order, 1, 0, 4)
    (tmp_path / "a").write_bytes(data + values.tobytes())
    found = volio.load(tmp_path / "a")
    assert type(found) is BrainVisaTexture
    assert found.data["texture"].tolist() == [1, 2, 300, 7]
    assert found.data["texture"].dtype == np.dtype(dtype)
    assert (found.vertices, found.instants) == (None, (0,))


def test_points_at_two_times_as_text(tmp_path: Path):
    """The example of the definition."""
    text = (
        b"ascii\nPOINT2DF\n2\n0\n4 (-0.2,0.8) (0.8,8e-1) (-1,0) (0,0)\n1\n"
        b"4 (-0.8,0.7) (0.7,-0.3) (-0.9,0.1) (0.2,0.3)\n"
    )
    (tmp_path / "a.tex").write_bytes(text)
    found = volio.load(tmp_path / "a.tex")
    assert list(found.data) == ["texture at 0", "texture at 1"]
    first = np.array([[-0.2, 0.8], [0.8, 0.8], [-1, 0], [0, 0]], "f4")
    np.testing.assert_array_equal(found.data["texture at 0"], first)
    volio.save(found, tmp_path / "b.tex")
    back = volio.load(tmp_path / "b.tex")
    np.testing.assert_array_equal(back.data["texture at 1"], found.data["texture at 1"])


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([1, -300], b"S16"),
        ([1, -40000], b"S32"),
        ([1, 2**32 - 1], b"U32"),
        ([0.5, 1.5], b"FLOAT"),
        ([True, False], b"S16"),
    ],
)
def test_types_that_are_written(values: list, kind: bytes, tmp_path: Path):
    volio.save(volio.Surface(data={"a": values}), tmp_path / "a.tex")
    data = (tmp_path / "a.tex").read_bytes()
    assert data[:13] == b"binarDCBA" + numbers("<", len(kind))
    assert data[13 : 13 + len(kind)] == kind
    assert data[13 + len(kind) :][:12] == numbers("<", 1, 0, 2)
    assert volio.load(tmp_path / "a.tex").data["texture"].tolist() == values


def test_times_come_back(tmp_path: Path):
    data = b"binarDCBA" + numbers("<", 3) + b"S16" + numbers("<", 2)
    data += numbers("<", 3, 2) + struct.pack("<2h", 1, 2) + numbers("<", 8, 2)
    (tmp_path / "a.tex").write_bytes(data + struct.pack("<2h", 3, 4))
    found = volio.load(tmp_path / "a.tex")
    assert {name: values.tolist() for name, values in found.data.items()} == {
        "texture at 3": [1, 2],
        "texture at 8": [3, 4],
    }
    assert found.copy().to_bytes() == (tmp_path / "a.tex").read_bytes()


def test_what_textures_have_no_place_for(tmp_path: Path):
    surf = volio.Surface(CORNERS, SIDES, {"a": [1, 2, 3, 4], "b": [1.5, 2, 3, 4]})
    with pytest.warns(LossWarning, match="vertices, faces, the name of 'a', the name of 'b'"):
        volio.save(surf, tmp_path / "a.tex")
    with pytest.warns(PrecisionWarning, match="a: rounded to float32"):
        volio.save(volio.Surface(data={"a": [0.1]}), tmp_path / "b.tex")
    for data, told in [
        ({}, "need values, and there are none"),
        ({"a": [[1.0, 2, 3]]}, "one number for each vertex, or two of all"),
        ({"a": [1.0], "b": [[1.0, 2]]}, "one number for each vertex, or two of all"),
    ]:
        with pytest.raises(SaveError, match=told):
            volio.save(volio.Surface(data=data), tmp_path / "c.tex")
    with pytest.raises(ImageDataError, match="exceed float32"):
        volio.save(volio.Surface(data={"a": [1e300]}), tmp_path / "c.tex")


@pytest.mark.parametrize(
    ("data", "error", "told"),
    [
        (b"ascii\nPOINT3DF\n1\n", HeaderDataError, "must be one of FLOAT, .* got 'POINT3DF'"),
        (b"ascii\nFLOAT\n1\n0\n2\n1.5\n", TruncatedFileError, "values: 2 words, the text has 1"),
        (b"ascii\nFLOAT\n2\n0\n1\n1.5\n1\n2\n1 2\n", ImageDataError, "one value for each of 1"),
        (b"ascii\nS16\n1\n0\n1\n40000\n", CorruptFileError, "'40000', is not a number of type"),
        (b"ascii\nS16\n1\n0\n1\n4 5\n", CorruptFileError, "1 words more than the text says"),
        (
            b"binarDCBA" + numbers("<", 5) + b"FLOAT" + numbers("<", 1, 0, 2**32 - 1),
            TruncatedFileError,
            "values: needs 17179869210 bytes",
        ),
    ],
)
def test_damaged_textures(data: bytes, error: type[VolioError], told: str):
    with pytest.raises(error, match=told):
        BrainVisaTexture.from_bytes(data)
