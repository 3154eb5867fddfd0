"""The skeleton of formats of tracts, tested as a format that lives elsewhere would be."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import volio
from volio.cli import main
from volio.errors import (
    CorruptFileError,
    HeaderDataError,
    LossWarning,
    TruncatedFileError,
    VolioError,
    VolioWarning,
)
from volio.formats.format import FileLayout, Format
from volio.formats.signatures import magic
from volio.formats.skeletons.tracts import StrandTractogram
from volio.testing import conformance
from volio.testing.faults import bits_flipped, cut_short
from volio.testing.registering import registered
from volio.testing.samples import Sample

POINTS = np.array([[0, 1, 2], [-3.5, 4, 5], [6, 7, 8], [9, 10, 12], [1, 1, 1]], np.float32)
LENGTHS = [2, 0, 3]
RAW = (
    b"TSK1"
    + struct.pack("<I", 3)
    + struct.pack("<i6f", 2, *POINTS[:2].ravel())
    + struct.pack("<i", 0)
    + struct.pack("<i9f", 3, *POINTS[2:].ravel())
)
ROW = Format(
    "strand",
    "Strand tracts",
    "tracts",
    (FileLayout("StrandTractogram", (".tsk",), magic(0, b"TSK1")),),
    module_name="volio.formats.skeletons.tracts",
)
FACTS: dict[str, Any] = {
    "kind": "tracts",
    "lines": 3,
    "points": 5,
    "lengths": LENGTHS,
    "sums": [POINTS.sum(axis=0), (POINTS * np.arange(5)[:, np.newaxis]).sum(axis=0)],
    "space": "scanner",
    "shape": None,
    "per_point": {},
    "per_line": {},
    "groups": {},
}


@pytest.mark.parametrize("compression", conformance.COMPRESSIONS)
@pytest.mark.parametrize(
    "check", conformance.checks_for("tracts"), ids=lambda check: check.__name__
)
def test_conforms(check: Any, compression: str, tmp_path: Path) -> None:
    path = tmp_path / "three.tsk"
    path.write_bytes(RAW)
    sample = Sample(path, "StrandTractogram", "struct of Python", FACTS)
    (tmp_path / "work").mkdir()
    case = conformance.Case(StrandTractogram, sample, tmp_path / "work", compression)
    with registered(ROW):
        if conformance.applies(check, case):
            check(case)


def test_commands_take_it(tmp_path: Path) -> None:
    path = tmp_path / "three.tsk"
    path.write_bytes(RAW)
    with registered(ROW):
        assert main(["convert", str(path), str(tmp_path / "three.tck")]) == 0
    found = volio.load(tmp_path / "three.tck")
    assert found.lengths_in_points.tolist() == LENGTHS
    np.testing.assert_array_equal(found.points, POINTS)


def test_bytes_of_a_file() -> None:
    tracts = StrandTractogram.from_bytes(RAW)
    np.testing.assert_array_equal(tracts.points, POINTS)
    assert tracts.to_bytes() == RAW


def test_lines_longer_than_a_block() -> None:
    parts = StrandTractogram.from_bytes(RAW).blocks(points=1)
    found = [part.lengths_in_points.tolist() for part in parts]
    assert len(found) > 1
    assert [length for lengths in found for length in lengths] == LENGTHS


def test_what_has_no_place_is_told(tmp_path: Path) -> None:
    tracts = volio.Tractogram(POINTS, LENGTHS, per_line={"w": [1, 2, 3]})
    with registered(ROW), pytest.warns(LossWarning, match=r"values per line \(w\)"):
        volio.save(tracts, tmp_path / "a.tsk")
    assert (tmp_path / "a.tsk").read_bytes() == RAW


@pytest.mark.parametrize(
    ("data", "error", "message"),
    [
        (b"TSK2" + RAW[4:], HeaderDataError, "magic: must be b'TSK1'"),
        (RAW[:-4], TruncatedFileError, None),
        (RAW[:6], TruncatedFileError, None),
        (RAW[:8] + struct.pack("<i", -1) + RAW[12:], CorruptFileError, "0 of 3: has -1 points"),
        (RAW[:8] + struct.pack("<i", 2**30) + RAW[12:], TruncatedFileError, "ends within it"),
    ],
)
def test_damaged_files_are_refused(
    data: bytes, error: type[VolioError], message: str | None
) -> None:
    with pytest.raises(error, match=message):
        StrandTractogram.from_bytes(data).held()


def test_what_follows_the_lines_is_told() -> None:
    with pytest.warns(VolioWarning, match="count: more follows the 3 lines"):
        assert StrandTractogram.from_bytes(RAW + b"\0").points.tolist() == POINTS.tolist()


def test_cut_and_flipped_files_are_refused_or_read_as_they_are() -> None:
    read = 0
    for data in (*cut_short(RAW, len(RAW), pieces=len(RAW)), *bits_flipped(RAW, len(RAW), 50)):
        try:
            found = StrandTractogram.from_bytes(data).held()
        except VolioError:
            continue
        read += 1
        # Each line takes its count and its points, and nothing of the file is left over.
        assert 8 + 4 * len(found) + found.points.nbytes == len(data)
    assert read >= 10
