"""TinyTrack tracts: steps of 1/32 voxel, variables of MATLAB, colours and clusters."""

from __future__ import annotations

import io
import struct
from typing import Any

import numpy as np
import pytest
import scipy.io
import scipy.sparse
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

import volio
from volio.errors import (
    CorruptFileError,
    GeometryWarning,
    HeaderDataError,
    LossWarning,
    PrecisionWarning,
    SaveError,
    TruncatedFileError,
    UnknownFormatError,
)
from volio.formats.tinytrack import TinyTrackTractogram
from volio.formats.tinytrack.records import find_steps, pack_steps, points_of
from volio.tracts.sources import HeldLines

AFFINE = np.array([[-2.0, 0, 0, 90], [0, -3, 0, 126], [0, 0, 1.5, -72], [0, 0, 0, 1]])
GRID = ((91, 109, 91), AFFINE)
#: Two lines: of two points, (1, 2, 3) and (1.5, 1, 3) voxels, and of none but the first.
RECORDS = struct.pack("<I3i3b", 6, 32, 64, 96, 16, -32, 0) + struct.pack("<I3i", 3, -32, 0, 1)
WORLD = [[88, 120, -67.5], [87, 123, -67.5], [92, 126, -72 + 1.5 / 32]]


def variable(name: str, kind: int, values: Any) -> bytes:
    data = np.asarray(values)
    label = name.encode() + b"\0"
    return struct.pack("<5i", kind, 1, data.size, 0, len(label)) + label + data.tobytes()


def packed(records: bytes = RECORDS, **others: bytes) -> bytes:
    """A file with a grid and lines."""
    parts = {
        "dimension": variable("dimension", 20, np.array(GRID[0], "<i4")),
        "voxel_size": variable("voxel_size", 10, np.array([2, 3, 1.5], "<f4")),
        "trans_to_mni": variable("trans_to_mni", 10, AFFINE.astype("<f4")),
        "parameter_id": variable("parameter_id", 51, np.frombuffer(b"abc", "u1")),
        **others,
        "track": variable("track", 50, np.frombuffer(records, "u1")),
    }
    return b"".join(parts.values())


def test_points_by_the_definition():
    found = volio.load(packed())
    assert isinstance(found, TinyTrackTractogram)
    np.testing.assert_allclose(found.points, WORLD, atol=1e-5)
    assert found.lengths_in_points.tolist() == [2, 1]
    assert found.reference == volio.tracts.grid.Grid.of(GRID)
    assert found.header.meta == {"parameter_id": "abc"}


def test_bytes_by_the_definition(tmp_path):
    made = volio.Tractogram(WORLD, [2, 1], per_line={"cluster": [7, 300]}, reference=GRID)
    volio.save(made, tmp_path / "a.tt")
    raw = (tmp_path / "a.tt").read_bytes()
    assert raw.endswith(struct.pack("<5i", 50, len(RECORDS), 1, 0, 6) + b"track\0" + RECORDS)
    peer = scipy.io.loadmat(tmp_path / "a.tt")
    assert peer["dimension"].tolist() == [[91, 109, 91]]
    assert peer["voxel_size"].tolist() == [[2, 3, 1.5]]
    np.testing.assert_array_equal(peer["trans_to_mni"].reshape(4, 4), AFFINE)
    assert peer["cluster"].tolist() == [[7, 300]]


def test_complex_and_sparse_variables_are_passed_over_and_kept(tmp_path):
    stream = io.BytesIO()
    others = {
        "waves": np.eye(2) * 1j,
        "links": scipy.sparse.csc_array(np.eye(3)),
        "phases": scipy.sparse.csc_array(np.eye(3) * 1j),
    }
    scipy.io.savemat(stream, others, format="4")
    found = volio.load(packed(others=stream.getvalue()))
    np.testing.assert_allclose(found.points, WORLD, atol=1e-5)
    volio.save(found, tmp_path / "a.tt")
    assert stream.getvalue() in (tmp_path / "a.tt").read_bytes()
    waves = scipy.io.loadmat(tmp_path / "a.tt", variable_names="waves")["waves"]
    assert waves.tolist() == [[1j, 0], [0, 1j]]


units = npst.arrays(
    np.int64, st.tuples(st.integers(0, 12), st.just(3)), elements=st.integers(-9999, 9999)
)


@given(st.lists(units, max_size=6))
def test_steps_come_back(lines: list[np.ndarray]):
    lengths = np.array([len(line) for line in lines], np.int64)
    points = np.concatenate([np.zeros((0, 3), np.int64), *lines]) / 32
    data, added, error = pack_steps(points, lengths)
    records = find_steps(data)
    assert records.end == len(data)
    assert error == 0
    found = points_of(data, records)
    assert len(found) == len(points) + added
    ends = np.cumsum(records.counts)
    for line, begin, end in zip(lines, ends - records.counts, ends, strict=True):
        path = found[begin:end] * 32
        assert np.abs(np.diff(path, axis=0)).max(initial=0) <= 127
        # All points of the line are there, in their order.
        place = 0
        for point in line:
            while not np.array_equal(path[place], point):
                place += 1
            place += 1


def test_long_steps_get_points_between_and_are_told(tmp_path):
    made = volio.Tractogram([[0, 0, 0], [0, 9, 0.01]], reference=((9, 9, 9), np.eye(4)))
    with pytest.warns(PrecisionWarning, match=r"by up to 0\.01 mm; 2 points were put between"):
        volio.save(made, tmp_path / "a.tt.gz")
    found = volio.load(tmp_path / "a.tt.gz").points
    assert found.tolist() == [[0, 0, 0], [0, 3, 0], [0, 6, 0], [0, 9, 0]]


def test_lines_are_read_in_several_variables_and_blocks():
    more = variable("track1", 50, np.frombuffer(RECORDS * 3, "u1"))
    found = volio.load(packed(RECORDS * 2) + more)
    assert found.lengths_in_points.tolist() == [2, 1] * 5
    np.testing.assert_allclose(found.points, WORLD * 5, atol=1e-5)
    blocks = list(volio.load(packed(RECORDS * 2) + more).blocks(points=3))
    assert [len(block) for block in blocks] == [2] * 5


def test_many_lines_are_written_in_several_variables(monkeypatch):
    from volio.formats.tinytrack import image

    class SmallBlocks(HeldLines):
        def blocks(self, points: int = 0):
            return self.lines.blocks(2)

    monkeypatch.setattr(image, "MOST_BYTES", 20)
    lines = SmallBlocks(volio.load(packed(RECORDS * 2)).held())
    pieces = image._variables(lines, np.linalg.inv(AFFINE), image.StepRounding())
    written = b"".join(bytes(piece) for piece in pieces)
    head = packed(b"")[:-26]
    found = volio.load(head + written)
    assert [name in written for name in (b"track\0", b"track1", b"track3", b"track4")] == [
        True,
        True,
        True,
        False,
    ]
    np.testing.assert_allclose(found.points, WORLD * 2, atol=1e-5)


def test_values_that_are_not_of_lines_stay_in_the_file(tmp_path):
    colour = variable("color", 20, np.array([0xFF8000], "<i4"))
    other = variable("software", 51, np.frombuffer(b"DSI", "u1"))
    found = volio.load(packed(color=colour, software=other))
    assert list(found.per_line) == []
    found.to_filename(tmp_path / "a.tt")
    peer = scipy.io.loadmat(tmp_path / "a.tt")
    assert peer["color"].tolist() == [[0xFF8000]]
    assert peer["software"].tolist() == ["DSI"]
    assert peer["parameter_id"].tolist() == ["abc"]


def test_what_has_no_place_is_told(tmp_path):
    per_line = {"cluster": [0, 70000], "color": [-1, 1], "w": [1, 2]}
    made = volio.Tractogram(WORLD, [2, 1], {"fa": [1, 2, 3]}, per_line, reference=GRID)
    expected = r"values per point \(fa\), values per line \(cluster, color, w\)"
    with pytest.warns(LossWarning, match=expected):
        volio.save(made, tmp_path / "a.tt")


def test_a_grid_is_needed_and_a_matrix_is_missed(tmp_path):
    with pytest.raises(SaveError, match="needs the volume that the tracts belong to"):
        volio.save(volio.Tractogram(WORLD), tmp_path / "a.tt")
    volio.save(volio.Tractogram(WORLD), tmp_path / "a.tt", reference=GRID)
    np.testing.assert_allclose(volio.load(tmp_path / "a.tt").points, WORLD, atol=1e-5)
    with pytest.warns(GeometryWarning, match="trans_to_mni: is not there"):
        unknown = volio.load(packed(trans_to_mni=b""))
    assert unknown.space == "unknown"
    with pytest.warns(GeometryWarning, match="not known"):
        unknown.to_filename(tmp_path / "as_it_was.tt")
    with pytest.raises(SaveError, match="needs the volume"):
        unknown.transformed(np.eye(4)).to_filename(tmp_path / "b.tt")
    made = volio.Tractogram(WORLD, space="unknown")
    with pytest.raises(SaveError, match="needs the volume"):
        volio.save(made, tmp_path / "b.tt")
    np.testing.assert_allclose(unknown.points[0], [-2, -6, 4.5])


def test_points_that_cannot_be_packed_are_refused(tmp_path):
    for value in (np.nan, 1e12):
        made = volio.Tractogram([[value, 0, 0]], reference=GRID)
        with pytest.raises(SaveError, match="points: must be finite"):
            volio.save(made, tmp_path / "a.tt")


@pytest.mark.parametrize(
    ("records", "error", "message"),
    [
        (
            RECORDS[:-1],
            TruncatedFileError,
            "track: line 1: needs 16 bytes at byte .*, 15 are there",
        ),
        (RECORDS + b"\7", TruncatedFileError, "line 2: needs 16 bytes .*, 1 are there"),
        (struct.pack("<I3ib", 4, 0, 0, 0, 1), CorruptFileError, "are not those of points"),
        (struct.pack("<I3i", 2**32 - 1, 0, 0, 0), TruncatedFileError, "needs 4294967308 bytes"),
    ],
)
def test_records_that_lie_are_refused(records, error, message):
    found = volio.load(packed(records))
    with pytest.raises(error, match=message):
        found.points  # noqa: B018


def test_files_that_lie_are_refused():
    whole = packed()
    with pytest.raises(TruncatedFileError, match=r"needs \d+ bytes, the file has"):
        volio.load(whole[:-1]).points  # noqa: B018
    with pytest.raises(CorruptFileError, match="there is no variable of MATLAB at byte"):
        volio.load(whole + b"more, which is no variable").points  # noqa: B018
    with pytest.raises(CorruptFileError, match="has no variable 'track'"):
        TinyTrackTractogram.from_bytes(whole[: whole.index(b"track") - 20])
    with pytest.raises(HeaderDataError, match="dimension: must be 3 finite numbers"):
        volio.load(packed(dimension=variable("dimension", 20, np.zeros(2, "<i4"))))
    flat = variable("trans_to_mni", 10, np.diag([1, 1, 0, 1]).astype("<f4"))
    with pytest.raises(HeaderDataError, match="trans_to_mni: affine: cannot be inverted"):
        volio.load(packed(trans_to_mni=flat))
    wide = volio.load(packed()[: -len(RECORDS) - 26] + variable("track", 0, np.zeros(3)))
    with pytest.raises(CorruptFileError, match="track: must be bytes, got float64"):
        wide.points  # noqa: B018
    with pytest.raises(UnknownFormatError, match=r"looks like|no format"):
        volio.load(variable("dimension", 20, np.array(GRID[0], "<i4")))
