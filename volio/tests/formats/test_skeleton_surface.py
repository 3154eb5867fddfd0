"""The skeleton of formats of surfaces, tested as a format that lives elsewhere would be."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import volio
from volio.cli import main
from volio.errors import CorruptFileError, HeaderDataError, TruncatedFileError, VolioError
from volio.formats.format import FileLayout, Format
from volio.formats.signatures import magic
from volio.formats.skeletons.surface import LatticeSurface
from volio.testing import conformance
from volio.testing.faults import bits_flipped, cut_short
from volio.testing.registering import registered
from volio.testing.samples import Sample

VERTICES = np.array([[0, 1, 2], [-3.5, 4, 1e30], [6, 7, 8], [9, 10, 12]], np.float32)
FACES = np.array([[0, 1, 2], [3, 2, 1]], np.int32)
RAW = b"LSK1" + struct.pack("<2I12f6i", 4, 2, *VERTICES.ravel(), *FACES.ravel())
ROW = Format(
    "lattice",
    "Lattice surfaces",
    "surface",
    (FileLayout("LatticeSurface", (".lsk",), magic(0, b"LSK1")),),
    module_name="volio.formats.skeletons.surface",
)
FACTS = {
    "kind": "surface",
    "vertices": 4,
    "faces": 2,
    "sums": [VERTICES.sum(axis=0), (VERTICES * np.arange(4)[:, np.newaxis]).sum(axis=0)],
    "face sum": 0 + 2 + 6 + 3 + 4 + 3,
    "space": "unknown",
    "structure": "",
    "data": {},
    "labels": {},
}


@pytest.mark.parametrize("compression", conformance.COMPRESSIONS)
@pytest.mark.parametrize(
    "check", conformance.checks_for("surface"), ids=lambda check: check.__name__
)
def test_conforms(check: Any, compression: str, tmp_path: Path):
    path = tmp_path / "two.lsk"
    path.write_bytes(RAW)
    sample = Sample(path, "LatticeSurface", "struct of Python", FACTS)
    (tmp_path / "work").mkdir()
    case = conformance.Case(LatticeSurface, sample, tmp_path / "work", compression)
    with registered(ROW):
        if conformance.applies(check, case):
            check(case)


def test_commands_take_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    path = tmp_path / "two.lsk"
    path.write_bytes(RAW)
    with registered(ROW):
        assert main(["ls", str(path)]) == 0
        assert main(["convert", str(path), str(tmp_path / "two.ply")]) == 0
    assert capsys.readouterr().out.splitlines()[1].split()[1:5] == ["lattice", "4", "2", "unknown"]
    np.testing.assert_array_equal(volio.load(tmp_path / "two.ply").vertices, VERTICES)


def test_bytes_of_a_file():
    surf = LatticeSurface.from_bytes(RAW)
    np.testing.assert_array_equal(surf.vertices, VERTICES)
    np.testing.assert_array_equal(surf.faces, FACES)
    assert surf.to_bytes() == RAW


@pytest.mark.parametrize(
    ("data", "error", "what"),
    [
        (b"LSK2" + RAW[4:], HeaderDataError, r"magic: must be b'LSK1', got b'LSK2'"),
        (RAW + b"\0", CorruptFileError, "1 bytes more than the file says"),
        (RAW[:-1], TruncatedFileError, "faces"),
        (RAW[:-4] + struct.pack("<i", 4), HeaderDataError, "faces"),
    ],
)
def test_damaged_files_are_refused(data: bytes, error: type[Exception], what: str):
    with pytest.raises(error, match=what):
        LatticeSurface.from_bytes(data)


def test_cut_and_flipped_files_are_refused_or_read_as_they_are():
    read = 0
    for data in (*cut_short(RAW, len(RAW), pieces=len(RAW)), *bits_flipped(RAW, len(RAW), 50)):
        try:
            found = LatticeSurface.from_bytes(data)
        except VolioError:
            continue
        read += 1
        assert found.vertices.tobytes() == data[12:60]
        assert found.faces.tobytes() == data[60:]
    assert read >= 10
