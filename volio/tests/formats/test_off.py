"""OFF: by bytes from its definition, against meshio's file, and hostile texts."""

from __future__ import annotations

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
    VolioWarning,
)
from volio.formats.meshes.off import OffSurface
from volio.space.meshes import enclosed_volume
from volio.tests.surfaces.shapes import CORNERS, SIDES, icosphere

BODY = b"0 0 0\n2 0 0\n0 3 0\n0 0 5\n3 0 2 1\n3 0 1 3\n3 0 3 2\n3 1 2 3\n"


@pytest.mark.parametrize(
    "head",
    [
        b"OFF\n4 4 6\n",
        b"OFF 4 4 6\n",
        b"# made by hand\n\nOFF # keyword\n# counts:\n4 4 0 # here\n",
        b"# OFF\n4 4 0\n",
        b"OFF\r\n4 4 0\r\n",
    ],
)
def test_counts_and_comments_may_be_anywhere(head: bytes, tmp_path: Path):
    path = tmp_path / "mesh"
    path.write_bytes(head + BODY)
    surf = volio.load(path)
    assert type(surf) is OffSurface
    assert surf.vertices.tolist() == CORNERS.tolist()
    assert surf.vertices.dtype == np.float32
    assert surf.faces.tolist() == SIDES.tolist()
    assert (surf.space, surf.colors) == ("unknown", None)


def test_what_is_written(tmp_path: Path):
    volio.save(volio.Surface(CORNERS, SIDES), tmp_path / "a.off")
    assert (tmp_path / "a.off").read_bytes() == (
        b"OFF\n4 4 0\n0.0 0.0 0.0\n2.0 0.0 0.0\n0.0 3.0 0.0\n0.0 0.0 5.0\n"
        b"3 0 2 1\n3 0 1 3\n3 0 3 2\n3 1 2 3\n"
    )


def test_every_digit_and_colour_comes_back(tmp_path: Path):
    vertices, faces = icosphere(2, 70.0)
    vertices = vertices.astype("f4")
    colours = np.random.default_rng(5).integers(0, 256, (len(vertices), 4), np.uint8)
    volio.save(volio.Surface(vertices, faces, colors=colours), tmp_path / "ball.off")
    found = volio.load(tmp_path / "ball.off")
    np.testing.assert_array_equal(found.vertices, vertices)
    np.testing.assert_array_equal(found.faces, faces)
    np.testing.assert_array_equal(found.colors, colours)
    assert enclosed_volume(found.vertices, found.faces) > 0


@pytest.mark.parametrize(
    ("colours", "expected"),
    [
        ("1 2 3 4", [1, 2, 3, 4]),
        ("1 2 3", [1, 2, 3, 255]),
        ("0.2 0.4 1 0.6", [51, 102, 255, 153]),
        ("0 1 0", [0, 255, 0, 255]),
    ],
)
def test_colours_are_levels_or_fractions(colours: str, expected: list[int]):
    surf = OffSurface.from_bytes(f"COFF\n1 0 0\n1 2 3 {colours}\n".encode())
    assert surf.colors.tolist() == [expected]
    assert surf.faces.shape == (0, 3)


def test_polygons_are_cut_and_it_is_told():
    text = b"OFF\n5 2 0\n0 0 0\n1 0 0\n1 1 0\n0 1 0\n2 2 2\n5 0 1 4 2 3\n3 0 1 2\n"
    with pytest.warns(VolioWarning, match="1 have more than three corners, and were cut"):
        surf = OffSurface.from_bytes(text)
    assert surf.faces.tolist() == [[0, 1, 4], [0, 4, 2], [0, 2, 3], [0, 1, 2]]


def test_what_is_left_out_is_told():
    text = b"STCNOFF\n3 1 0\n" + b"%d 2 3  0 0 1  9 8 7 6  .5 .25\n" * 3 % (1, 2, 4)
    with pytest.warns(LossWarning, match="normals, places in a texture, colours of faces"):
        surf = OffSurface.from_bytes(text + b"3 0 1 2  255 0 0\n")
    assert surf.vertices.tolist() == [[1, 2, 3], [2, 2, 3], [4, 2, 3]]
    assert surf.colors.tolist() == [[9, 8, 7, 6]] * 3


@pytest.mark.parametrize(
    ("text", "error", "told"),
    [
        (b"OFF\n4 4 0\n" + BODY[:-1], TruncatedFileError, "the last line, .* may be cut short"),
        (b"OFF\n4 4 0\n" + BODY[:-8], TruncatedFileError, "4 vertices and 4 faces .* got 7"),
        (b"OFF\n2000000000 1 0\n0 0 0\n", TruncatedFileError, "2000000000 vertices and 1 faces"),
        (b"OFF\n1 99999999999999999999 0\n", CorruptFileError, "line 2, .* type int64"),
        (b"OFF\n-1 4 0\n" + BODY, HeaderDataError, "must begin with the numbers of vertices"),
        (b"OFF\n4 4\n" + BODY, HeaderDataError, "must begin with the numbers of vertices"),
        (b"OFF\n", HeaderDataError, "must begin with the numbers of vertices"),
        (b"4OFF\n1 0 0\n1 2 3 4\n", HeaderDataError, "4OFF: vertices of a surface have three"),
        (b"OFF BINARY\n\0\n", HeaderDataError, "OFF BINARY is not read"),
        (b"OFF\n2 0 0\n1 2 3\n1 x 3\n", CorruptFileError, "vertices: line 4, 'x', is not a number"),
        (b"OFF\n1 0 0\n1 2_0 3\n", CorruptFileError, "line 3, '2_0', is not a number"),
        (b"OFF\n1 0 0\n1 2 1e40\n", CorruptFileError, "'1e40', is not a number of type float32"),
        (b"OFF\n2 0 0\n1 2 3\n1 2\n", CorruptFileError, "line 4 has 2 numbers, line 3 has 3"),
        (b"OFF\n1 0 0\n1 2 3 4 5 6\n", CorruptFileError, "keyword says 3 numbers in a line, got 6"),
        (b"COFF\n1 0 0\n1 2 3\n", CorruptFileError, "keyword says 6 or 7 numbers in a line, got 3"),
        (b"COFF\n1 0 0\n1 2 3 4 5 256\n", CorruptFileError, "from 0 to 255, got 4.0 to 256.0"),
        (b"COFF\n1 0 0\n1 2 3 4 5 nan\n", CorruptFileError, "from 0 to 255, got nan"),
        (b"OFF\n1 1 0\n1 2 3\n4 0 0 0\n", CorruptFileError, "line 4 has 3 numbers for 4 corners"),
        (b"OFF\n1 1 0\n1 2 3\n-1 0 0 0\n", CorruptFileError, "3 numbers for -1 corners"),
        (b"OFF\n1 1 0\n1 2 3\n2 0 0\n", CorruptFileError, "face 0 has 2 corners"),
        (b"OFF\n1 1 0\n1 2 3\n3 0 0 1.5\n", CorruptFileError, "faces: line 4, '1.5'"),
        (b"OFF\n1 1 0\n1 2 3\n3 0 0 1\n", HeaderDataError, r"\[0, 0, 1\] of 1 vertices"),
        (b"OFF\n1 1 0\n1 2 3\n3 0 0 -1\n", HeaderDataError, r"\[0, 0, -1\] of 1 vertices"),
    ],
)
def test_damaged_files(text: bytes, error: type[VolioError], told: str):
    with pytest.raises(error, match=told):
        OffSurface.from_bytes(text)


def test_the_line_of_a_corner_that_is_no_number():
    text = b"OFF\n1 3 0\n1 2 3\n3 0 0 0\n# more\n3 0 0 0\n3 0 z 0\n"
    with pytest.raises(CorruptFileError, match="line 7, 'z'"):
        OffSurface.from_bytes(text)


def test_what_off_has_no_place_for(tmp_path: Path):
    surf = volio.Surface(CORNERS + 0.1, SIDES, {"height": CORNERS[:, 2]}, space="mni")
    with pytest.warns(LossWarning, match=r"the space \(mni\), the values 'height'"):
        volio.save(surf, tmp_path / "a.off")
    exact = volio.Surface(np.float64(CORNERS) + 0.1, SIDES)
    with pytest.warns(PrecisionWarning, match="vertices: rounded to float32"):
        volio.save(exact, tmp_path / "b.off")
    with pytest.raises(SaveError, match="OFF needs vertices; this has only values"):
        volio.save(volio.Surface(data={"height": [1.0]}), tmp_path / "c.off")
    assert not (tmp_path / "c.off").exists()
