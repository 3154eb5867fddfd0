"""Tracts of Camino: floats without a header, checked line by line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import volio
from volio.errors import (
    CorruptFileError,
    GeometryWarning,
    ImageFileError,
    TruncatedFileError,
    UnknownFormatError,
    UsageError,
)
from volio.formats.camino import CaminoTractogram
from volio.formats.camino.lines import find_lines

AFFINE = np.array([[-2.0, 0, 0, 90], [0, 0, 3, -40], [0, 1.5, 0, -72], [0, 0, 0, 1]])
GRID = ((60, 70, 80), AFFINE)
#: Lines of two points and of one, and the point that each began with.
WORDS = [2, 1, 2, 3, 6, 5, 0.75, 3, 1, 0, 1, 0.75, 1.5]


def written(folder: Path, words: list[float] = WORDS, end: bytes = b"") -> Path:
    path = folder / "a.Bfloat"
    path.write_bytes(np.array(words, ">f4").tobytes() + end)
    return path


def test_coordinates_are_counted_from_the_corner(tmp_path):
    found = volio.load(written(tmp_path), reference=GRID, origin="corner")
    assert isinstance(found, CaminoTractogram)
    assert found.lengths_in_points.tolist() == [2, 1]
    assert found.per_line["seed"].tolist() == [1, 0]
    # (2, 3, 6) mm is voxel (0.5, 1.5, 1.5): half a voxel less than mm over sizes.
    voxels = np.array([[0.5, 1.5, 1.5], [2, 0, 0.5], [0, 0, 0]])
    np.testing.assert_allclose(found.points, voxels @ AFFINE[:3, :3].T + AFFINE[:3, 3])
    assert found.space == "scanner"
    assert found.reference == volio.tracts.grid.Grid.of(GRID)


def test_points_of_the_scanner_are_those_of_the_file(tmp_path):
    found = volio.load(written(tmp_path), origin="scanner", reference=GRID)
    assert found.points.tolist() == [[2, 3, 6], [5, 0.75, 3], [1, 0.75, 1.5]]
    assert (found.space, found.reference.shape) == ("scanner", GRID[0])


def test_without_an_origin_the_space_is_not_known(tmp_path):
    with pytest.warns(GeometryWarning, match=r"taken as scanner RAS\+ mm.*origin='corner'"):
        found = volio.load(written(tmp_path))
    assert found.space == "unknown"
    assert found.points.tolist() == [[2, 3, 6], [5, 0.75, 3], [1, 0.75, 1.5]]
    assert [len(block) for block in found.blocks(points=1)] == [1, 1]


def test_the_corner_needs_a_volume_and_origins_have_names(tmp_path):
    path = written(tmp_path)
    with pytest.raises(UsageError, match="origin='corner': needs the volume"):
        volio.load(path, origin="corner")
    with pytest.raises(UsageError, match="must be one of scanner, corner, got 'centre'"):
        volio.load(path, origin="centre", reference=GRID)


def test_files_are_known_by_their_name_and_not_written(tmp_path):
    found = volio.load(written(tmp_path), reference=GRID, origin="corner")
    with pytest.raises(ImageFileError, match="cannot be written, only read"):
        found.to_filename(tmp_path / "b.Bfloat")
    other = written(tmp_path).rename(tmp_path / "a.bin")
    with pytest.raises(UnknownFormatError, match=r"a\.bin"):
        volio.load(other)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([2.5, *WORDS[1:]], r"line 0: at byte 0: .* got 2\.5"),
        ([-1, *WORDS[1:]], "line 0: at byte 0: .* got -1"),
        ([np.nan, *WORDS[1:]], "line 0: at byte 0: .* got nan"),
        ([2, 2, *WORDS[2:]], "line 0: at byte 4: .* got 2"),
        ([2, 0.5, *WORDS[2:]], r"line 0: at byte 4: .* got 0\.5"),
        ([*WORDS, 1, -1, 0, 0, 0], "line 2: at byte 56: .* got -1"),
        ([1e30], r"line 0: at byte 0: .* got 1e\+30"),
    ],
)
def test_words_that_are_not_of_lines_are_refused(words, message, tmp_path):
    found = volio.load(written(tmp_path, words), reference=GRID, origin="corner")
    with pytest.raises(CorruptFileError, match=message):
        found.points  # noqa: B018


def test_files_that_end_early_are_refused(tmp_path):
    for words, message in (
        (WORDS[:-1], r"line 1: needs 52 bytes, the file has 48"),
        ([*WORDS, 100], r"line 2: needs 1260 bytes, the file has 56"),
        ([*WORDS, 0], r"line 2: needs 60 bytes, the file has 56"),
    ):
        found = volio.load(written(tmp_path, words), reference=GRID, origin="corner")
        with pytest.raises(TruncatedFileError, match=message):
            found.points  # noqa: B018
    found = volio.load(written(tmp_path, end=b"\0\0"), reference=GRID, origin="corner")
    with pytest.raises(TruncatedFileError, match="line 2: needs 56 bytes, the file has 54"):
        found.points  # noqa: B018


def test_empty_lines_are_found_between_others():
    line = [2, 1, 1, 2, 3, 4, 5, 6]
    words = np.array([0, 0, 0, 0, *line, 0, 0, *line, 0, 0, 0, 0, 0], np.float32)
    found = find_lines(words)
    np.testing.assert_array_equal(found.starts, [0, 2, 4, 12, 14, 22, 24])
    np.testing.assert_array_equal(found.counts, [0, 0, 2, 0, 2, 0, 0])
    # The last word may be the number of points of a line that goes on.
    assert (found.end, found.needed, found.wrong) == (26, 2, -1)


def test_a_seed_among_no_points_is_wrong():
    found = find_lines(np.array([0, 0, 0, 5, 0, 0], np.float32))
    assert (found.end, found.wrong) == (2, 3)
