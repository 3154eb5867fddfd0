"""The skeleton of formats without volumes, tested as a format that lives elsewhere would be."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import volio
from volio.errors import HeaderDataError, LimitError, TruncatedFileError, VolioError
from volio.formats.format import FileLayout, Format
from volio.formats.signatures import magic
from volio.formats.skeletons.points import HEADER, ScaffoldHeader, ScaffoldImage
from volio.testing import comparison, conformance
from volio.testing.faults import bits_flipped, cut_short
from volio.testing.registering import registered
from volio.testing.samples import Sample

POINTS = np.array([[0, 1, 2], [-3.5, 4, 1e30], [6, 7, np.nan]], np.float32)
RAW = b"PSK1" + struct.pack("<I9f", 3, *POINTS.ravel())
ROW = Format(
    "scaffold",
    "Scaffold points",
    "surface",
    (FileLayout("ScaffoldImage", (".psk",), magic(0, b"PSK1")),),
    module_name="volio.formats.skeletons.points",
)


def same(found: Any, expected: Any, dtype: bool) -> None:
    np.testing.assert_array_equal(found.points, expected.points)


@pytest.mark.parametrize("compression", conformance.COMPRESSIONS)
@pytest.mark.parametrize("check", conformance.FILE_CHECKS, ids=lambda check: check.__name__)
def test_conforms(check: Any, compression: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(comparison.SAME, "surface", same)
    path = tmp_path / "three.psk"
    path.write_bytes(RAW)
    sample = Sample(path, "ScaffoldImage", "struct of Python", {"kind": "surface"})
    (tmp_path / "work").mkdir()
    case = conformance.Case(ScaffoldImage, sample, tmp_path / "work", compression)
    with registered(ROW):
        if conformance.applies(check, case):
            check(case)


def test_bytes_of_a_file():
    img = ScaffoldImage.from_bytes(RAW)
    np.testing.assert_array_equal(img.points, POINTS)
    assert img.to_bytes() == RAW
    assert ScaffoldImage(np.zeros((0, 3))).to_bytes() == RAW[:4] + bytes(4)
    swapped = ScaffoldImage(POINTS.astype(">f8"))
    assert swapped.to_bytes() == RAW


@pytest.mark.parametrize("shape", [(), (3,), (3, 2), (1, 3, 1)])
def test_points_of_another_shape_are_refused(shape: tuple[int, ...]):
    with pytest.raises(HeaderDataError, match=r"points: must have shape \(n, 3\), got"):
        ScaffoldImage(np.zeros(shape))


def test_headers_are_copied_and_those_of_others_left_alone():
    header = ScaffoldHeader(RAW[: HEADER.itemsize])
    img = ScaffoldImage(POINTS, header)
    assert img.header == header
    assert img.header is not header
    assert ScaffoldImage.from_image(img).header == header
    assert int(ScaffoldImage(POINTS, volio.Nifti1Header()).header["count"]) == 0


def test_damaged_files_are_refused_or_read(tmp_path: Path):
    read = 0
    for data in (*cut_short(RAW, len(RAW), pieces=len(RAW)), *bits_flipped(RAW, len(RAW), 50)):
        try:
            found = ScaffoldImage.from_bytes(data)
        except VolioError:
            continue
        read += 1
        assert data[:4] == b"PSK1"
        assert found.points.nbytes == len(data) - HEADER.itemsize or len(data) == len(RAW)
    assert read >= 30


def test_points_that_cannot_be_there_take_no_memory(tmp_path: Path):
    many = b"PSK1" + struct.pack("<I", 2**32 - 1)
    with pytest.raises(TruncatedFileError, match="4294967295 points: needs 51539607548 bytes"):
        ScaffoldImage.from_bytes(many)
    path = tmp_path / "a.psk"
    path.write_bytes(b"PSK2" + bytes(4))
    with pytest.raises(HeaderDataError, match=r"a\.psk.*magic: must be b'PSK1', got b'PSK2'"):
        ScaffoldImage.load(path)
    path.write_bytes(gzip.compress(many))
    with pytest.raises(LimitError, match="points"):
        ScaffoldImage.load(path)
