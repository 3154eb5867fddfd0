"""MRtrix tracts: what nibabel reads and writes, bytes by the definition, and files that are odd."""

from __future__ import annotations

import struct
from pathlib import Path

import nibabel
import numpy as np
import pytest
from nibabel.streamlines import TckFile, Tractogram

import volio
from volio.errors import (
    CorruptFileError,
    HeaderDataError,
    ImageDataError,
    LimitError,
    LossWarning,
    PrecisionWarning,
    SaveError,
    TruncatedFileError,
    VolioWarning,
)
from volio.formats.tck.header import MOST
from volio.tests.real_files import shared_path, wheel_path

NAN = b"\0\0\xc0\x7f" * 3
INF = b"\0\0\x80\x7f" * 3


def some_lines(seed: int, count: int) -> list[np.ndarray]:
    """Lines of 1 to 40 points, RAS+ mm."""
    random = np.random.default_rng(seed)
    lengths = random.integers(1, 40, count)
    return [random.normal(scale=40, size=(length, 3)).astype("f4") for length in lengths]


def rows(*points: tuple[float, float, float]) -> bytes:
    return b"".join(struct.pack("<3f", *point) for point in points)


def tck(
    data: bytes, *fields: str, offset: int | None = None, first: str = "mrtrix tracks"
) -> bytes:
    """The bytes of a file, points from byte 200 on."""
    lines = [first, *(fields or ("datatype: Float32LE",)), f"file: . {offset or 200}", "END", ""]
    return "\n".join(lines).encode().ljust(200, b"\0") + data


@pytest.fixture
def path(tmp_path) -> Path:
    return tmp_path / "a.tck"


def test_files_of_nibabel(path):
    lines = some_lines(1, 500)
    TckFile(Tractogram(lines, affine_to_rasmm=np.eye(4)), {"method": "x"}).save(path)
    found = volio.load(path)
    assert found.lengths_in_points.tolist() == [len(line) for line in lines]
    np.testing.assert_array_equal(found.points, np.concatenate(lines))
    assert (found.space, found.reference, found.header.meta) == ("scanner", None, {"method": "x"})


@pytest.mark.parametrize("name", ["a.tck", "a.tck.gz"])
def test_files_for_nibabel(tmp_path, name):
    lines = some_lines(2, 300)
    volio.save(volio.Tractogram.from_lines(lines), tmp_path / name)
    peer = nibabel.streamlines.load(tmp_path / name)
    np.testing.assert_array_equal(peer.streamlines.get_data(), np.concatenate(lines))
    assert peer.header["count"] == "0000000300"


def test_every_byte_that_is_written(path):
    tracts = volio.Tractogram([[1, 2, 3], [4, 5, 6], [7, 8, 9]], [2, 1])
    tracts = volio.TckTractogram.from_image(tracts)
    tracts.header.meta["command_history"] = "tckgen a\ntckedit b"
    volio.save(tracts, path)
    head = (
        b"mrtrix tracks\ncount: 0000000002\ndatatype: Float32LE\ncommand_history: tckgen a\n"
        b"command_history: tckedit b\nfile: . 124\nEND\n"
    )
    assert len(head) <= 124
    data = rows((1, 2, 3), (4, 5, 6)) + NAN + rows((7, 8, 9)) + NAN + INF
    assert path.read_bytes() == head.ljust(124, b"\0") + data


@pytest.mark.parametrize("length", range(20))
def test_points_begin_where_the_header_says(path, length):
    tracts = volio.TckTractogram([[1, 2, 3]])
    tracts.header.meta["key"] = "x" * (880 + length)
    volio.save(tracts, path)
    data = path.read_bytes()
    offset = int(data.split(b"file: . ")[1].split(b"\n")[0])
    assert offset % 4 == 0
    assert data[offset:] == rows((1, 2, 3)) + NAN + INF
    assert data[:offset].rstrip(b"\0").endswith(b"END\n")


def test_double_precision_is_kept(path):
    points = np.array([[0.1, 0.2, 0.3], [1e-9, 2, 3]])
    volio.save(volio.Tractogram(points), path)
    found = volio.load(path)
    assert found.points.dtype == np.float64
    np.testing.assert_array_equal(found.points, points)
    assert b"datatype: Float64LE" in path.read_bytes()


def test_points_that_are_rounded_are_told(path):
    volio.save(volio.Tractogram(np.zeros((1, 3), np.float32)), path)
    tracts = volio.load(path)
    tracts.points = np.full((1, 3), 12345.6789)
    with pytest.warns(PrecisionWarning, match="tck: rounded to float32: points by up to 0.000"):
        volio.save(tracts, path)


def test_a_point_with_one_nan_is_a_point(path):
    odd = rows((1, np.nan, 3), (np.nan, 2, 3), (np.inf, 2, 3))
    path.write_bytes(tck(odd + NAN + INF))
    assert volio.load(path).lengths_in_points.tolist() == [3]


def test_lines_without_points(path):
    path.write_bytes(tck(NAN + rows((1, 2, 3)) + NAN + NAN + INF))
    found = volio.load(path)
    assert found.lengths_in_points.tolist() == [0, 1, 0]
    volio.save(found, path)
    assert volio.load(path).lengths_in_points.tolist() == [0, 1, 0]


def test_what_follows_the_last_row_is_told_and_not_read(path):
    path.write_bytes(tck(rows((1, 2, 3)) + NAN + INF + rows((4, 5, 6)) + NAN))
    with pytest.warns(VolioWarning, match="more follows the row that ends the tracts, at byte 236"):
        found = volio.load(path).points
    assert found.tolist() == [[1, 2, 3]]


@pytest.mark.parametrize("points", [1, 2, 3, 100])
def test_lines_across_blocks(path, points):
    lines = some_lines(3, 20)
    volio.save(volio.Tractogram.from_lines(lines), path)
    found = list(volio.load(path).lines.blocks(points))
    np.testing.assert_array_equal(
        np.concatenate([block.points for block in found]), np.concatenate(lines)
    )
    lengths = np.concatenate([block.lengths for block in found])
    assert lengths.tolist() == [len(line) for line in lines]


# Headers.


def test_two_counts_and_keys_of_several_lines(path):
    fields = ("count: 5", "datatype: Float32LE", "roi: a b", "roi: c", "goes on", "count: 1")
    path.write_bytes(tck(rows((1, 2, 3)) + NAN + INF, *fields))
    found = volio.load(path)
    assert found.header.count == 1
    assert found.header.meta == {"roi": "a b\nc\ngoes on"}


@pytest.mark.parametrize("first", ["mrtrix tracks  ", "mrtrix tracks\t", "mrtrix tracks\r"])
def test_blanks_after_the_first_line(path, first):
    path.write_bytes(tck(rows((1, 2, 3)) + NAN + INF, first=first))
    assert len(volio.load(path)) == 1


@pytest.mark.parametrize(
    ("fields", "missing"),
    [("file: . 200\nEND\n", "datatype: is not"), ("datatype: Float32LE\nEND\n", "file: is not")],
)
def test_a_field_that_is_missing(path, fields, missing):
    head = f"mrtrix tracks\n{fields}".encode()
    head = head.ljust(200, b"\0") if "file" in fields else head
    path.write_bytes(head + rows((1, 2, 3)) + NAN + INF)
    with pytest.warns(VolioWarning, match=missing):
        found = volio.load(path)
    assert found.points.tolist() == [[1, 2, 3]]


@pytest.mark.parametrize(
    ("data", "error", "message"),
    [
        (tck(INF, "datatype: Float16"), HeaderDataError, "datatype: must be one of Float32LE"),
        (
            tck(INF, offset=30),
            HeaderDataError,
            "offset must be at least 49 and at most 212, got 30",
        ),
        (tck(INF, offset=213), HeaderDataError, "offset must be at least 50 .* got 213"),
        (
            b"mrtrix tracks\ndatatype: Float32LE\nfile: other.dat 0\nEND\n",
            HeaderDataError,
            "file: must be '. OFFSET'",
        ),
        (b"mrtrix tracks\ncount: 3\nfile: . 40\n", TruncatedFileError, "END: the header has no"),
        (b"mrtrix tracks\n" + b"a: b\n" * (MOST // 5), LimitError, "END: is not among the first"),
        (b"mrtrix tracks\nno colon\nEND\n", HeaderDataError, "line 2: must be 'key: value'"),
        (b"mrtrix image\nEND\n", HeaderDataError, "the first line must be 'mrtrix tracks'"),
    ],
)
def test_headers_without_sense(path, data, error, message):
    path.write_bytes(data)
    with pytest.raises(error, match=message):
        volio.load(path, format="tck")


@pytest.mark.parametrize(
    ("data", "error", "message"),
    [
        (rows((1, 2, 3)) + NAN, TruncatedFileError, "ends at byte 224, before the row of infinite"),
        (rows((1, 2, 3)), TruncatedFileError, "ends at byte 212, before the row of infinite"),
        (rows((1, 2, 3)) + NAN + INF[:7], TruncatedFileError, "ends at byte 231"),
        (rows((1, 2, 3)) + INF, CorruptFileError, "last 1 points before byte 224 have no row of"),
    ],
)
def test_files_that_end_too_early(path, data, error, message):
    path.write_bytes(tck(data))
    with pytest.raises(error, match=f"a.tck: .*{message}"):
        volio.load(path).points  # noqa: B018
    found = volio.load(path, permissive=True)
    assert found.points.tolist() == ([[1, 2, 3]] if NAN in data else [])


def test_a_key_that_no_line_can_have(path):
    tracts = volio.TckTractogram([[1, 2, 3]])
    tracts.header.meta["a: b"] = "c"
    with pytest.raises(HeaderDataError, match="'a: b': a key must be one line without a colon"):
        volio.save(tracts, path)
    assert not path.exists()


@pytest.mark.parametrize("count", ["7", "0000000007"])
def test_a_wrong_count_is_put_right(path, count):
    data = rows((1, 2, 3)) + NAN + INF
    path.write_bytes(tck(data, f"count: {count}", "datatype: Float32LE"))
    volio.save(volio.load(path), path)
    saved = path.read_bytes()
    assert b"count: 0000000001\n" in saved
    assert saved.endswith(data)


def test_bits_of_nan_are_kept_when_nothing_is_changed(path):
    data = rows((1, 2, 3)) + b"\1\0\xc0\xff" * 3 + INF
    path.write_bytes(tck(data, "count: 0000000001", "datatype: Float32LE"))
    before = path.read_bytes()
    volio.save(volio.load(path), path)
    assert path.read_bytes() == before


def test_text_that_is_not_utf8(path):
    data = tck(rows((1, 2, 3)) + NAN + INF, "datatype: Float32LE", "key: XXXX")
    path.write_bytes(data.replace(b"XXXX", b"caf\xe9"))
    tracts = volio.load(path)[:1]
    tracts.header.meta["more"] = "yes"
    volio.save(tracts, path)
    assert b"key: caf\xe9\nmore: yes" in path.read_bytes()


def test_selected_lines(path):
    lines = some_lines(5, 40)
    volio.save(volio.Tractogram.from_lines(lines), path)
    volio.save(volio.load(path)[::7], path)
    found = volio.load(path)
    assert found.header.count == 6
    np.testing.assert_array_equal(found.points, np.concatenate(lines[::7]))


@pytest.mark.parametrize("name", ["matlab_nan.tck", "multiline_header_field.tck", "standard.tck"])
def test_files_that_come_with_nibabel(name):
    peer = nibabel.streamlines.load(wheel_path(name))
    found = volio.load(wheel_path(name))
    assert found.lengths_in_points.tolist() == peer.streamlines._lengths.tolist()
    np.testing.assert_array_equal(found.points, peer.streamlines.get_data())
    for key in ("method", "command_history"):
        assert found.header.meta.get(key) == peer.header.get(key)


def test_real_file():
    real = shared_path("tracts/tract.SLF1_R.tck")
    peer = nibabel.streamlines.load(real)
    found = volio.load(real)
    assert len(found) == 13
    np.testing.assert_array_equal(found.points, peer.streamlines.get_data())


# Values in files of their own.


@pytest.fixture
def valued(path) -> Path:
    """Tracts of two lines, values per point, and weights."""
    points = np.arange(15, dtype="f4").reshape(5, 3)
    fa = np.array([0.5, 0.25, 0.75, 1, 2], "f4")
    rgb = np.arange(10, dtype="f4").reshape(5, 2)
    tracts = volio.Tractogram(points, [2, 3], {"fa": fa, "rgb": rgb}, {"w": [0.1, 3]})
    volio.save(tracts, path, scalars=True, weights=True)
    return path


def test_values_that_are_written(valued):
    names = ["a.tck", "a_fa.tsf", "a_rgb_0.tsf", "a_rgb_1.tsf", "a_w.txt"]
    assert sorted(each.name for each in valued.parent.iterdir()) == names
    data = valued.with_name("a_fa.tsf").read_bytes()
    assert data.startswith(b"mrtrix track scalars\ncount: 0000000002\ndatatype: Float32LE\n")
    offset = int(data.split(b"file: . ")[1].split(b"\n")[0])
    stored = np.frombuffer(data, "<f4", offset=offset)
    np.testing.assert_array_equal(stored, [0.5, 0.25, np.nan, 0.75, 1, 2, np.nan, np.inf])
    stamp = data.split(b"timestamp: ")[1].split(b"\n")[0]
    assert b"timestamp: " + stamp in valued.read_bytes()
    assert valued.with_name("a_w.txt").read_text() == "0.1\n3.0\n"


def test_values_that_are_read(valued):
    fa, red, green = (valued.with_name(f"a_{name}.tsf") for name in ("fa", "rgb_0", "rgb_1"))
    found = volio.load(valued, scalars=[fa, red, green], weights=valued.with_name("a_w.txt"))
    assert list(found.per_point) == ["a_fa", "a_rgb_0", "a_rgb_1"]
    assert found.per_point["a_rgb_1"].tolist() == [1, 3, 5, 7, 9]
    assert found.per_line["weights"].tolist() == [0.1, 3]
    blocks = list(found.blocks(points=1))
    assert [block.per_point["a_fa"].tolist() for block in blocks] == [[0.5, 0.25], [0.75, 1, 2]]
    with pytest.warns(LossWarning, match=r"values per point \(a_fa.*values per line \(weights\)"):
        volio.save(found, valued)
    assert found.per_line["weights"].tolist() == [0.1, 3]  # of a file that is gone


@pytest.mark.parametrize("lengths", [[3, 2], [5], [2, 2], [2, 3, 0]])
def test_values_of_other_tracts(valued, lengths):
    other = valued.with_name("b.tck")
    count = sum(lengths)
    tracts = volio.Tractogram(np.zeros((count, 3)), lengths, {"fa": np.ones(count)})
    volio.save(tracts, other, scalars=True)
    with pytest.warns(VolioWarning, match="timestamp: is"):
        found = volio.load(valued, scalars=[valued.with_name("b_fa.tsf")])
    with pytest.raises(ImageDataError, match="of other tracts"):
        found.points  # noqa: B018


@pytest.mark.parametrize("text", ["1", "1 2 3"])
def test_weights_of_other_tracts(valued, text):
    weights = valued.with_name("w.txt")
    weights.write_text(text)
    found = volio.load(valued, weights=weights)
    with pytest.raises(ImageDataError, match=r"weights: has . values, there are 2 lines"):
        found.per_line["weights"]


def test_weights_as_programs_write_them(valued):
    weights = valued.with_name("w.txt")
    weights.write_text("# command_history: tcksift2 a b\n0.5, 2e-3\n")
    assert volio.load(valued, weights=weights).per_line["weights"].tolist() == [0.5, 0.002]
    weights.write_text("0.5 x")
    with pytest.raises(CorruptFileError, match=r"w.txt: .*weights.*'x'"):
        volio.load(valued, weights=weights)


def test_values_that_would_end_lines(path):
    tracts = volio.Tractogram(np.zeros((2, 3)), per_point={"fa": [1, np.nan]})
    with pytest.raises(ImageDataError, match="NaN and infinity end lines"):
        volio.save(tracts, path, scalars=True)
    assert not list(path.parent.iterdir())


def test_values_need_a_name(path):
    tracts = volio.Tractogram(np.zeros((2, 3)), per_point={"fa": [1, 2]})
    with pytest.raises(SaveError, match="save the tracts under a name"):
        volio.TckTractogram.from_image(tracts).to_bytes(scalars=True)
    tracts.per_point["a/b"] = tracts.per_point["fa"]
    with pytest.raises(SaveError, match="'a/b': cannot be part of a file name"):
        volio.save(tracts, path, scalars=True)


def test_a_file_of_values_alone(valued):
    with pytest.raises(
        volio.errors.UnknownFormatError, match=r"alone: load the \.tck with scalars="
    ):
        volio.load(valued.with_name("a_fa.tsf"))


def test_other_lines_have_another_timestamp(valued):
    tracts = volio.load(valued)
    stamp = tracts.header.meta["timestamp"]
    copy = valued.with_name("copy.tck")
    volio.save(tracts, copy)
    assert copy.read_bytes() == valued.read_bytes()
    # In another order lines may have as many points each: nothing else tells them apart then.
    volio.save(tracts[::-1], copy)
    assert "timestamp" not in volio.load(copy).header.meta
    changed = volio.load(valued)
    changed.per_point["one"] = np.ones(len(changed.points))
    volio.save(changed, copy, scalars=True)
    found = volio.load(copy, scalars=valued.with_name("copy_one.tsf"))
    assert float(found.header.meta["timestamp"]) > float(stamp)
