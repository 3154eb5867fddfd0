"""TRI: both layouts by bytes from their definition, against MNE, and hostile texts."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

import volio
from volio.errors import (
    CorruptFileError,
    HeaderDataError,
    LossWarning,
    PrecisionWarning,
    SaveError,
    TruncatedFileError,
    VolioError,
)
from volio.formats.meshes.tri import TriSurface
from volio.tests.requirements import optional
from volio.tests.surfaces.shapes import CORNERS, SIDES, icosphere

NORMALS = b"""- 4
0 0 0 -0.5 -0.5 -0.7
2 0 0 1 0 0
0 3 0 0 1 0
0 0 5 0 0 1
- 4 4 4
0 2 1
0 1 3
0 3 2
1 2 3
"""


def numbered(has_numbers: bool, has_normals: bool) -> bytes:
    """Counted from 1, as MNE reads it."""
    rows = []
    for number, corner in enumerate(CORNERS, 1):
        words = [*([number] if has_numbers else []), *corner, *([0, 0, 1] if has_normals else [])]
        rows.append(" ".join(map(str, words)))
    sides = [" ".join(map(str, ([n] if has_numbers else []) + (face + 1).tolist()))
             for n, face in enumerate(SIDES, 1)]  # fmt: skip
    return "\n".join(["  4", *rows, "4", *sides, ""]).encode()


NUMBERED = numbered(True, False)


def is_mesh(surf: volio.Surface) -> None:
    assert type(surf) is TriSurface
    assert surf.vertices.tolist() == CORNERS.tolist()
    assert surf.faces.tolist() == SIDES.tolist()
    assert (surf.space, dict(surf.data)) == ("unknown", {})


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\n\n"])
def test_counts_after_a_dash(end: bytes, tmp_path: Path):
    (tmp_path / "a").write_bytes(NORMALS.replace(b"\n", end))
    found = volio.load(tmp_path / "a")
    is_mesh(found)
    assert found.has_dashes


@pytest.mark.parametrize("has_numbers", [False, True])
@pytest.mark.parametrize("has_normals", [False, True])
def test_counted_from_one(has_numbers: bool, has_normals: bool, tmp_path: Path):
    (tmp_path / "a.tri").write_bytes(numbered(has_numbers, has_normals))
    found = volio.load(tmp_path / "a.tri")
    is_mesh(found)
    assert not found.has_dashes
    # It is written as it was read.
    text = found.copy().to_bytes()
    assert text.splitlines()[0] == b"4"
    assert text.splitlines()[-1] == b"2 3 4"
    is_mesh(TriSurface.from_bytes(text))


def test_mne_reads_what_is_counted_from_one(tmp_path: Path):
    optional("mne")
    read_tri = import_module("mne.surface").read_tri
    vertices, faces = icosphere(1, 70.0)
    surf = TriSurface(vertices.astype("f4"), faces)
    surf.has_dashes = False
    surf.to_filename(tmp_path / "a.tri")
    for found in (read_tri(tmp_path / "a.tri"),):
        np.testing.assert_array_equal(found[0].astype("f4"), surf.vertices)
        np.testing.assert_array_equal(found[1], faces)


def test_what_is_written(tmp_path: Path):
    volio.save(volio.Surface(CORNERS, SIDES), tmp_path / "a.tri")
    lines = (tmp_path / "a.tri").read_text().splitlines()
    assert (lines[0], lines[5]) == ("- 4", "- 4 4 4")
    assert lines[6:] == ["0 2 1", "0 1 3", "0 3 2", "1 2 3"]
    rows = np.array([line.split() for line in lines[1:5]], float)
    np.testing.assert_array_equal(rows[:, :3], CORNERS)
    np.testing.assert_allclose(rows[:, 3:], volio.Surface(CORNERS, SIDES).normals, atol=1e-6)


def test_every_digit_comes_back(tmp_path: Path):
    vertices, faces = icosphere(2, 70.0)
    volio.save(volio.Surface(vertices.astype("f4"), faces), tmp_path / "a.tri")
    found = volio.load(tmp_path / "a.tri")
    np.testing.assert_array_equal(found.vertices, vertices.astype("f4"))
    np.testing.assert_array_equal(found.faces, faces)


def test_vertices_without_faces_have_no_normal(tmp_path: Path):
    volio.save(volio.Surface(CORNERS), tmp_path / "a.tri")
    assert (tmp_path / "a.tri").read_text().splitlines()[2] == "2.0 0.0 0.0 0 0 0"
    assert volio.load(tmp_path / "a.tri").faces.shape == (0, 3)
    volio.save(volio.Surface(np.zeros((0, 3), "f4")), tmp_path / "b.tri")
    assert volio.identify(tmp_path / "b.tri").name == "tri"


def test_what_tri_has_no_place_for(tmp_path: Path):
    surf = volio.Surface(CORNERS, SIDES, {"height": CORNERS[:, 2]}, space="mni")
    with pytest.warns(LossWarning, match=r"the space \(mni\), the values 'height'"):
        volio.save(surf, tmp_path / "a.tri")
    with pytest.warns(PrecisionWarning, match="vertices: rounded to float32"):
        volio.save(volio.Surface(np.float64(CORNERS) + 0.1, SIDES), tmp_path / "b.tri")
    with pytest.raises(SaveError, match="TRI needs vertices"):
        volio.save(volio.Surface(data={"height": [1.0]}), tmp_path / "c.tri")


@pytest.mark.parametrize(
    ("text", "error", "told"),
    [
        (b"\n", TruncatedFileError, "ends before the number of vertices"),
        (b"- \n", HeaderDataError, "line 1: must be the number of vertices, got '-'"),
        (b"- -4\n", HeaderDataError, "must be the number of vertices, got '- -4'"),
        (b"4 4\n", HeaderDataError, "must be the number of vertices, got '4 4'"),
        (b"- x\n", CorruptFileError, "number of vertices: line 1, 'x'"),
        (b"- 2000000000\n0 0 0\n", TruncatedFileError, "2000000000 vertices need as many lines"),
        (
            NORMALS.replace(b"- 4 4 4", b"- 4 3 4"),
            HeaderDataError,
            "number of faces, got '- 4 3 4'",
        ),
        (NORMALS.replace(b"- 4 4 4", b"4 4 4"), HeaderDataError, "number of faces, got '4 4 4'"),
        (NORMALS[: NORMALS.index(b"- 4 4")], TruncatedFileError, "before the number of faces"),
        (NORMALS[:-6], TruncatedFileError, "4 faces need as many lines, got 3"),
        (NORMALS[:-1], TruncatedFileError, "may be cut short"),
        (NORMALS + b"0 1 2\n", CorruptFileError, "has 1 lines more"),
        (NORMALS.replace(b"2 0 0", b"2 0"), CorruptFileError, "line 3 has 5 numbers, line 2 has 6"),
        (b"- 1\n1 2\n- 0 0 0\n", CorruptFileError, "must be 3, 4, 6, 7 numbers in a line, got 2"),
        (b"1\n1 2 3\n1\n1 1\n", CorruptFileError, "faces: must be 3, 4 numbers in a line, got 2"),
        (NORMALS.replace(b"1 2 3\n", b"1 2 4\n"), HeaderDataError, r"\[1, 2, 4\] of 4 vertices"),
        (NUMBERED.replace(b"4 2 3 4\n", b"4 2 3 0\n"), HeaderDataError, r"\[1, 2, -1\] of 4"),
        (NUMBERED.replace(b"5.0", b"1e39"), CorruptFileError, "'1e39', is not a number of type"),
    ],
)
def test_damaged_files(text: bytes, error: type[VolioError], told: str):
    with pytest.raises(error, match=told):
        TriSurface.from_bytes(text)
