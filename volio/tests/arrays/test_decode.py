"""Stored bytes become values: which reads that takes, and how what is read is converted."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from volio.arrays import decode
from volio.arrays.decode import Decoder
from volio.arrays.scaling import Conversion
from volio.errors import ImageDataError
from volio.files.sources.reader import PlainReader
from volio.files.sources.source import BytesSource
from volio.settings import options
from volio.tests.arrays.arrays import numbered

SHAPE = (3, 4, 5)
AS_STORED = Conversion()


class NotingReader(PlainReader):
    """A reader of bytes that notes reads and hints, and is cut at offsets that are given."""

    def __init__(self, data: bytes, gap: int = 0, cut_at: tuple[int, ...] = ()) -> None:
        super().__init__("<bytes>", BytesSource(data)._read_at)
        self.data = data
        self.gap = gap
        self.cut_at = cut_at
        self.reads: list[tuple[int, int]] = []
        self.expected: list[tuple[int, int]] = []
        self.asked: list[tuple[int, int]] = []
        self.twins: list[NotingReader] = []

    def fill(self, offset: int, view: memoryview) -> int:
        self.reads.append((offset, offset + len(view)))
        return super().fill(offset, view)

    def expect(self, ranges: Any) -> None:
        self.expected = list(ranges)

    def cuts(self, start: int, stop: int) -> list[int]:
        self.asked.append((start, stop))
        return [cut for cut in self.cut_at if start < cut < stop]

    def twin(self) -> NotingReader:
        twin = NotingReader(self.data, self.gap)
        self.twins.append(twin)
        return twin


def decoded(reader: NotingReader, decoder: Decoder, box: Any, out: Any) -> Any:
    """Fill an array with a box; what is not filled is -1."""
    out[...] = -1
    decoder.fill(reader, out, box)
    return out


def of(dtype: str = "<i2", conversion: Conversion = AS_STORED, offset: int = 7) -> tuple[Any, ...]:
    """Voxels that all differ, their bytes in a file, and their decoder."""
    voxels = numbered(SHAPE, dtype)
    decoder = Decoder.of(SHAPE, np.dtype(dtype), offset, conversion)
    return voxels, bytes(offset) + voxels.tobytes(), decoder


def test_one_run_is_one_read_into_the_result():
    voxels, data, decoder = of()
    reader = NotingReader(data)
    out = decoded(reader, decoder, ((1, 2), (1, 3), (0, 5)), np.empty((1, 2, 5), "<i2"))
    np.testing.assert_array_equal(out, voxels[1:2, 1:3])
    assert reader.reads == reader.expected == reader.asked == [(7 + 50, 7 + 70)]


def test_rows_that_are_apart_are_read_one_by_one():
    voxels, data, decoder = of()
    for target in ("<i2", "<f4"):
        reader = NotingReader(data, gap=3)
        out = decoded(reader, decoder, ((0, 1), (0, 4), (1, 4)), np.empty((1, 4, 3), target))
        np.testing.assert_array_equal(out, voxels[:1, :, 1:4])
        assert reader.reads == reader.expected == [(9 + row, 15 + row) for row in (0, 10, 20, 30)]


def test_small_gaps_are_read_through():
    voxels, data, decoder = of()
    reader = NotingReader(data, gap=4)
    out = decoded(reader, decoder, ((0, 1), (0, 4), (1, 4)), np.empty((1, 4, 3), "<i2"))
    np.testing.assert_array_equal(out, voxels[:1, :, 1:4])
    assert reader.reads == reader.expected == [(9, 45)]


def test_blocks_of_small_gaps_are_read_through(monkeypatch):
    monkeypatch.setattr(decode, "BLOCK", 40)
    voxels, data, decoder = of()
    reader = NotingReader(data, gap=4)
    out = decoded(reader, decoder, ((0, 3), (0, 4), (1, 4)), np.empty((3, 4, 3), "<i2"))
    np.testing.assert_array_equal(out, voxels[..., 1:4])
    assert reader.reads == [(9, 45), (49, 85), (89, 125)]
    assert reader.expected == [(9, 125)]


def test_long_runs_are_read_without_what_is_between(monkeypatch):
    voxels, data, decoder = of()
    box = ((0, 1), (0, 4), (1, 4))
    monkeypatch.setattr(decode, "LONG_RUN", 6)
    reader = NotingReader(data, gap=4)
    out = decoded(reader, decoder, box, np.empty((1, 4, 3), "<i2"))
    np.testing.assert_array_equal(out, voxels[:1, :, 1:4])
    assert len(reader.reads) == 4
    monkeypatch.setattr(decode, "LONG_RUN", 7)
    reader = NotingReader(data, gap=4)
    decoded(reader, decoder, box, np.empty((1, 4, 3), "<i2"))
    assert reader.reads == [(9, 45)]


@pytest.mark.parametrize(
    ("target", "conversion", "longest"),
    [
        ("<i2", AS_STORED, 120),  # as stored: all at once
        (">i2", AS_STORED, 40),
        ("<i4", AS_STORED, 20),
        ("<i2", Conversion(valid_range=(2, 50)), 40),
        ("<f4", Conversion(True, 2.0), 10),  # computed in float64
        ("<c16", Conversion(True, 2.0), 4),
    ],
)
def test_what_a_read_becomes_stays_within_a_block(monkeypatch, target, conversion, longest):
    monkeypatch.setattr(decode, "BLOCK", 40)
    voxels, data, decoder = of(conversion=conversion)
    reader = NotingReader(data)
    out = decoded(reader, decoder, ((0, 3), (0, 4), (0, 5)), np.empty(SHAPE, target))
    expected = voxels * (2.0 if conversion.scaled else 1)
    if conversion.valid_range:
        expected = expected.clip(2, 50)
    np.testing.assert_array_equal(out, expected)
    lengths = [stop - start for start, stop in reader.reads]
    assert sum(lengths) == 120
    assert set(lengths[:-1]) <= {longest}
    assert reader.expected == [(7, 127)]


def test_strided_results_take_rows_as_they_are_stored(monkeypatch):
    monkeypatch.setattr(decode, "BLOCK", 40)
    voxels, data, decoder = of()
    reader = NotingReader(data)
    out = decoded(reader, decoder, ((0, 3), (0, 4), (0, 5)), np.empty((3, 4, 10), "<i2")[..., ::2])
    np.testing.assert_array_equal(out, voxels)
    assert reader.reads == [(7 + at, 47 + at) for at in (0, 40, 80)]


@given(
    st.tuples(*[st.tuples(st.integers(0, n - 1), st.integers(1, n)) for n in SHAPE]),
    st.sampled_from(["<i2", ">f4", "<f8"]),
    st.sampled_from(["<i2", ">f4", "<f8"]),
    st.sampled_from(["none", "one", "volumes", "voxels"]),
    st.sampled_from([0, 3, 100]),
    st.sampled_from([1, 30, 1 << 20]),
    st.booleans(),
    st.lists(st.integers(8, 600), max_size=5, unique=True).map(sorted),
)
def test_any_box_by_any_number_of_threads(
    ends, dtype, target, scaled, gap, block, contiguous, cuts
):
    box = tuple((min(low, high - 1), high) for low, high in ends)
    rng = np.random.default_rng(0)
    slope: Any = {
        "one": 2.0,
        "volumes": np.broadcast_to(rng.integers(1, 9, (3, 1, 1)) / 1.0, SHAPE),
        "voxels": rng.integers(1, 9, SHAPE) / 1.0,
    }.get(scaled, 1.0)
    conversion = Conversion(scaled != "none", slope, 1.0 if scaled != "none" else 0.0)
    voxels, data, decoder = of(dtype, conversion)
    expected = (voxels * slope + conversion.inter)[tuple(slice(*side) for side in box)]
    out = np.empty(expected.shape if contiguous else expected.shape[::-1], target)
    out = out if contiguous else out.T
    for threads in (1, 3):
        reader = NotingReader(data, gap, tuple(cuts))
        with pytest.MonkeyPatch.context() as patch, options(threads=threads):
            patch.setattr(decode, "BLOCK", block)
            decoded(reader, decoder, box, out)
        np.testing.assert_array_equal(out, expected)
        if threads == 1:
            assert reader.twins == []
            assert reader.reads == sorted(reader.reads)


def test_threads_read_parts_that_begin_with_whole_rows():
    voxels, data, decoder = of()
    reader = NotingReader(data, cut_at=(7 + 40, 7 + 41, 7 + 85))
    with options(threads=2):
        out = decoded(reader, decoder, ((0, 3), (0, 4), (0, 4)), np.empty((3, 4, 4), "<f4"))
    np.testing.assert_array_equal(out, voxels[..., :4])
    # Rows of the first axis begin at 40 and 80: the first is that of cut 40, and no row begins
    # between cuts 41 and 80 but that, none between 85 and the end.
    parts = sorted(min(twin.reads)[0] for twin in reader.twins)
    assert parts == [7, 47, 87]
    assert reader.reads == []


def test_rows_are_cut_into_few_parts_for_each_thread():
    voxels = numbered((100, 4), "<i2")
    decoder = Decoder.of((100, 4), np.dtype("<i2"), 0, AS_STORED)
    reader = NotingReader(voxels.tobytes(), cut_at=tuple(range(8, 800, 8)))
    with options(threads=2):
        out = decoded(reader, decoder, ((0, 100), (0, 3)), np.empty((100, 3), "<i2"))
    np.testing.assert_array_equal(out, voxels[:, :3])
    starts = sorted(min(twin.reads)[0] for twin in reader.twins)
    assert starts == [0, *range(8, 800, 13 * 8)]  # every 13th of 99 cuts: 8, 4 for each thread


def test_one_run_is_cut_anywhere():
    voxels, data, decoder = of()
    reader = NotingReader(data, cut_at=(7 + 38, 7 + 61))
    with options(threads=2):
        out = decoded(reader, decoder, ((0, 3), (0, 4), (0, 5)), np.empty(SHAPE, "<i2"))
    np.testing.assert_array_equal(out, voxels)
    reads = sorted(read for twin in reader.twins for read in twin.reads)
    assert reads == [(7, 45), (45, 69), (69, 127)]


def test_one_run_after_the_start_is_cut_anywhere(monkeypatch):
    voxels, data, decoder = of()
    box = ((1, 3), (0, 4), (0, 5))
    reader = NotingReader(data, cut_at=(7 + 61,))
    with options(threads=2):
        out = decoded(reader, decoder, box, np.empty((2, 4, 5), "<i2"))
    np.testing.assert_array_equal(out, voxels[1:])
    assert sorted(read for twin in reader.twins for read in twin.reads) == [(47, 69), (69, 127)]
    # Blocks of one reader are equal, too, but for the last.
    monkeypatch.setattr(decode, "BLOCK", 36)
    reader = NotingReader(data)
    out = decoded(reader, decoder, box, np.empty((2, 4, 5), "<f4"))
    np.testing.assert_array_equal(out, voxels[1:])
    assert [stop - start for start, stop in reader.reads] == [18, 18, 18, 18, 8]


def test_a_box_at_once():
    voxels, data, decoder = of()
    source = BytesSource(data)
    out = np.zeros((1, 4, 5), "<i2")
    assert decoder.fill_at_once(source, out, ((2, 3), (0, 4), (0, 5)))
    np.testing.assert_array_equal(out, voxels[2:])
    untouched = np.zeros((1, 4, 5), "<i2")
    for target, box in [
        (untouched.astype(">i2"), ((2, 3), (0, 4), (0, 5))),
        (untouched.astype("<i4"), ((2, 3), (0, 4), (0, 5))),
        (untouched[:, :, ::-1], ((2, 3), (0, 4), (0, 5))),
        (untouched[:, :, 1:].copy(), ((2, 3), (0, 4), (1, 5))),
        (untouched[:0], ((2, 2), (0, 4), (0, 5))),
    ]:
        assert not decoder.fill_at_once(source, target, box)
        assert not target.any()
    scaled = of(conversion=Conversion(True, 2.0))[2]
    assert not scaled.fill_at_once(source, untouched, ((2, 3), (0, 4), (0, 5)))


def test_a_voxel_of_one_byte_at_once():
    voxels, data, decoder = of("u1")
    out = np.zeros((1, 1, 1), "u1")
    assert decoder.fill_at_once(BytesSource(data), out, ((2, 3), (1, 2), (4, 5)))
    assert out.item() == voxels[2, 1, 4]


def test_large_boxes_are_not_read_at_once(monkeypatch):
    _, data, decoder = of()
    out = np.zeros((1, 4, 5), "<i2")
    monkeypatch.setattr(decode, "SHARE", 39)
    assert not decoder.fill_at_once(BytesSource(data), out, ((2, 3), (0, 4), (0, 5)))
    monkeypatch.setattr(decode, "SHARE", 40)
    assert decoder.fill_at_once(BytesSource(data), out, ((2, 3), (0, 4), (0, 5)))


def test_nothing_is_read_for_an_empty_box():
    _, data, decoder = of()
    reader = NotingReader(data)
    decoder.fill(reader, np.empty((3, 0, 5), "<i2"), ((0, 3), (2, 2), (0, 5)))
    assert reader.reads == reader.asked == []


@pytest.mark.parametrize("block", [8, 1 << 20])
def test_an_error_of_converting_comes_out_of_any_thread(monkeypatch, block):
    monkeypatch.setattr(decode, "BLOCK", block)
    _, data, decoder = of("<f4")
    with options(threads=2), pytest.raises(ImageDataError, match="do not fit uint8"):
        decoder.fill(
            NotingReader(data[:7] + np.full(60, 300, "<f4").tobytes()),
            np.empty(SHAPE, "u1"),
            ((0, 3), (0, 4), (0, 5)),
        )
