"""Bundles of BrainVISA: a dictionary that is never run, and records of points."""

from __future__ import annotations

import ast
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import volio
from volio.errors import (
    CorruptFileError,
    GeometryWarning,
    HeaderDataError,
    LossWarning,
    MissingFileError,
    TruncatedFileError,
    UsageError,
    VolioWarning,
)
from volio.formats.bundles import BundlesHeader
from volio.tests.requirements import optional

POINTS = np.arange(18, dtype="f4").reshape(6, 3) + 0.5
LENGTHS = [2, 0, 4]
DATA = (
    struct.pack("<i6f", 2, *POINTS[:2].ravel())
    + struct.pack("<i", 0)
    + struct.pack("<i12f", 4, *POINTS[2:].ravel())
)


def written(folder: Path, data: bytes = DATA, **fields: Any) -> Path:
    """A pair of files."""
    known = {"curves_count": 3, "byte_order": "DCBA", "bundles": ["points", 0]} | fields
    path = folder / "a.bundles"
    path.write_text(f"attributes = {known!r}\n", encoding="utf-8")
    (folder / "a.bundlesdata").write_bytes(data)
    return path


def loaded(path: Path) -> Any:
    return volio.load(path, space="scanner")


@pytest.mark.parametrize("count", [2**40, 2**61])
def test_names_of_more_lines_than_there_are_take_no_memory(tmp_path: Path, count: int):
    path = written(tmp_path, curves_count=count, bundles=["a", 0, "b", 2])
    with pytest.raises(TruncatedFileError, match=f"{count} lines: needs"):
        loaded(path)
    (tmp_path / "a.bundlesdata").unlink()  # points of it cannot be asked for
    assert loaded(path).groups == {}


def test_records_by_the_definition(tmp_path):
    found = loaded(written(tmp_path))
    assert found.lengths_in_points.tolist() == LENGTHS
    np.testing.assert_array_equal(found.points, POINTS)
    made = volio.Tractogram(POINTS, LENGTHS, space="unknown")
    volio.save(made, tmp_path / "b.bundles")
    assert (tmp_path / "b.bundlesdata").read_bytes() == DATA
    attributes = ast.literal_eval((tmp_path / "b.bundles").read_text().partition("=")[2].strip())
    assert attributes == {
        "binary": 1,
        "bundles": ["points", 0],
        "byte_order": "DCBA",
        "curves_count": 3,
        "data_file_name": "*.bundlesdata",
        "format": "bundles_1.0",
        "space_dimension": 3,
    }


def test_phybers_reads_what_is_saved(tmp_path):
    optional("phybers")
    from phybers.utils.utils import read_bundle

    found = loaded(written(tmp_path))
    with pytest.warns(GeometryWarning, match="cannot say that points are in scanner"):
        volio.save(found, tmp_path / "b.bundles")
    lines = read_bundle(str(tmp_path / "b.bundles"))
    assert [len(line) for line in lines] == LENGTHS
    np.testing.assert_array_equal(np.concatenate(lines), POINTS)


def test_small_blocks_and_long_lines(tmp_path):
    found = loaded(written(tmp_path))
    blocks = list(found.blocks(points=1))
    assert len(blocks) > 1
    np.testing.assert_array_equal(np.concatenate([block.points for block in blocks]), POINTS)
    assert sum(map(len, blocks)) == 3


def test_groups_that_follow_each_other_are_bundles(tmp_path):
    path = tmp_path / "b.bundles"
    made = volio.Tractogram(POINTS, LENGTHS, groups={"a": [0, 1], "b": [2]}, space="unknown")
    volio.save(made, path)
    assert BundlesHeader.parse(path.read_bytes()).fields["bundles"] == ["a", 0, "b", 2]
    groups = loaded(path).groups
    assert {name: lines.tolist() for name, lines in groups.items()} == {"a": [0, 1], "b": [2]}
    made.groups = {"a": np.array([0, 2])}
    with pytest.warns(LossWarning, match=r"groups \(a\)"):
        volio.save(made, path)
    made.groups = {"all": np.arange(3)}
    volio.save(made, path)
    assert list(loaded(path).groups) == ["all"]


def test_a_space_is_stated_by_the_caller(tmp_path):
    path = written(tmp_path)
    with pytest.warns(GeometryWarning, match="space='scanner' says"):
        assert volio.load(path).space == "unknown"
    assert loaded(path).space == "scanner"
    with pytest.raises(UsageError, match="space: must be one of scanner, unknown, got 'mni'"):
        volio.load(path, space="mni")


def test_the_data_are_next_to_the_header(tmp_path):
    path = written(tmp_path, data_file_name="other.bundlesdata")
    (tmp_path / "a.bundlesdata").rename(tmp_path / "other.bundlesdata")
    (tmp_path / "a.bundlesdata").write_bytes(b"")
    np.testing.assert_array_equal(loaded(path).points, POINTS)
    for name in ("../a.bundlesdata", "/etc/hosts", "", 7):
        path = written(tmp_path, data_file_name=name)
        with pytest.raises(HeaderDataError, match="must be a file next to the header"):
            loaded(path)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"curves_count": -1}, "curves_count: must be a whole number, not negative, got -1"),
        ({"curves_count": True}, "curves_count: must be a whole number"),
        ({"byte_order": "BADC"}, "byte_order: must be one of"),
        ({"binary": 0}, "binary: must be one of"),
        ({"space_dimension": 2}, "space_dimension: must be one of"),
        ({"bundles": ["a", 0, "b"]}, "bundles: must be names"),
        ({"bundles": ["a", 2, "b", 1]}, "bundles: must be names"),
        ({"bundles": ["a", 0, "b", 4]}, "bundles: must be names"),
        ({"bundles": [0, "a"]}, "bundles: must be names"),
        ({"bundles": "a"}, "bundles: must be names"),
        ({"bundles": ["a", 0, "a", 1]}, "bundles: names must differ"),
    ],
)
def test_attributes_that_make_no_sense_are_refused(fields, message, tmp_path):
    path = written(tmp_path, **fields)
    with pytest.raises(HeaderDataError, match=message):
        loaded(path)


@pytest.mark.parametrize(
    "document",
    [
        b"attributes = {'bundles': __import__('os').getcwd()}",
        b"attributes = {'bundles': " + b"[" * 5000 + b"]" * 5000 + b"}",
        b"attributes = {'bundles'",
        b"attributes = {'bundles'}",
    ],
)
def test_documents_are_never_run(document):
    with pytest.raises(HeaderDataError, match=r"attributes: (are not plain|must be a dict)"):
        BundlesHeader.parse(document)


def test_records_that_lie_are_refused(tmp_path):
    for data, error, message in (
        (DATA[:-1], TruncatedFileError, "line 2 of 3: the file ends within it, at byte 83"),
        (DATA[:32], TruncatedFileError, "line 2 of 3: the file ends before it, at byte 32"),
        (struct.pack("<i", -1) * 3, CorruptFileError, "line 0 of 3: has -1 points, at byte 0"),
    ):
        found = loaded(written(tmp_path, data))
        with pytest.raises(error, match=message):
            found.points  # noqa: B018
    found = loaded(written(tmp_path, DATA + b"more"))
    with pytest.warns(VolioWarning, match="more follows the 3 lines"):
        found.points  # noqa: B018


def test_counts_that_no_file_can_hold_are_refused(tmp_path):
    path = written(tmp_path, curves_count=2**32)
    with pytest.raises(TruncatedFileError, match=r"4294967296 lines: needs 17179869184 bytes"):
        loaded(path)
    document = f"attributes = {{'curves_count': -0x{'f' * 5000}}}"
    with pytest.raises(HeaderDataError, match="are not plain values: Exceeds the limit"):
        BundlesHeader.parse(document.encode())


@pytest.mark.filterwarnings("ignore::volio.errors.GeometryWarning")
def test_a_header_whose_file_of_points_is_missing_is_read(tmp_path: Path):
    path = tmp_path / "some.bundles"
    volio.save(volio.Tractogram(POINTS, LENGTHS, space="unknown"), path)
    path.with_suffix(".bundlesdata").unlink()
    tracts = volio.load(path)
    assert len(tracts) == 3
    told = r"some\.bundlesdata: no such file; .*some\.bundles needs it for its points"
    with pytest.raises(MissingFileError, match=told):
        _ = tracts.points
    (problem,) = volio.verify(path).problems
    assert "some.bundlesdata: no such file" in problem


def test_a_name_that_no_system_takes_is_that_of_no_file(tmp_path: Path) -> None:
    path = written(tmp_path, data_file_name="a" * 4096 + ".bundlesdata")
    np.testing.assert_array_equal(loaded(path).points, POINTS)
