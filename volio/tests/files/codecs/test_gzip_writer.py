"""Gzip files as volio writes them: layout, index, and who else can read them."""

from __future__ import annotations

import gzip
import hashlib
import os
import struct
import subprocess
import sys
import threading
import tracemalloc
import zlib
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import volio
from volio.files.codecs.encoding import SMALL
from volio.files.codecs.gzip_header import (
    FINAL_BLOCK,
    FLUSH_MARKER,
    MOST_CHUNKS,
    MOST_HEADER,
    GzipHeader,
    parse_header,
)
from volio.files.codecs.gzip_writer import GzipStream
from volio.files.filemap import FileHolder
from volio.files.opener import open_for_write
from volio.files.saving.chunk_layout import CHUNK, ChunkLayout, plan_layout
from volio.testing.programs import find_program
from volio.tests.requirements import optional

INFLATE = """
const fs = require('fs');
const whole = new Blob([fs.readFileSync(process.argv[1])]);
const stream = whole.stream().pipeThrough(new DecompressionStream('gzip'));
new Response(stream).arrayBuffer().then(found => process.stdout.write(Buffer.from(found)));
"""


class Memory:
    """A target that can be written at any place, in memory."""

    def __init__(self) -> None:
        self.data = bytearray()

    def write(self, data) -> int:
        self.data += data
        return len(data)

    def write_at(self, offset: int, data) -> None:
        self.data[offset : offset + len(data)] = data

    def tell(self) -> int:
        return len(self.data)


class Pipe:
    """A target that takes bytes in their order only."""

    def __init__(self) -> None:
        self.data = bytearray()

    def write(self, data) -> int:
        self.data += data
        return len(data)


def written(data: bytes, layout: ChunkLayout | None = None, target=None, level: int = 2) -> bytes:
    target = target or Memory()
    stream = GzipStream(target, level)
    if layout is not None:
        stream.lay_out(layout)
    stream.write(data[:1000])
    stream.write(data[1000:])
    stream.finish()
    return bytes(target.data)


def inflated(chunk: bytes) -> bytes:
    """What a chunk gives on its own; an error where it refers to bytes before it."""
    return zlib.decompressobj(-15).decompress(chunk)


def check_index(packed: bytes, data: bytes) -> GzipHeader:
    """Go by the index through a file: each chunk stands alone and all together are the data."""
    header = parse_header(packed)
    index, place, offset = header.index, header.length, 0
    for number, length in enumerate(index.lengths):
        chunk = packed[place : place + length]
        assert chunk.endswith(FLUSH_MARKER)
        piece = inflated(chunk)
        assert piece == data[offset : offset + len(piece)]
        wanted = index.rest if number else index.first
        assert len(piece) == wanted or (number == len(index.lengths) - 1 and len(piece) < wanted)
        place, offset = place + length, offset + len(piece)
    assert packed[place:] == FINAL_BLOCK + struct.pack("<II", zlib.crc32(data), len(data))
    assert offset == len(data)
    return header


DATA = (
    np.random.default_rng(3).normal(0, 20, 3 << 19).cumsum().astype("<i2").tobytes()  # 3 MiB
)


@pytest.mark.parametrize("level", [0, 1, 2, 3, 4, 9])
def test_chunks_stand_alone(level):
    data = DATA[: CHUNK + 5000]
    header = check_index(written(data, ChunkLayout(352, 100_000, len(data)), level=level), data)
    assert len(header.index.lengths) == 12
    assert header.length <= MOST_HEADER


@pytest.mark.parametrize("extra", [-1, 0, 1, CHUNK, 5 * CHUNK + 3])
def test_length_that_was_not_announced(extra):
    data = bytes(CHUNK) + DATA[: max(0, extra)] if extra >= 0 else DATA[: CHUNK + extra]
    packed = written(data)
    assert gzip.decompress(packed) == data
    if extra <= 0:  # one chunk needs no index
        assert parse_header(packed).extra == ()
    else:
        header = check_index(packed, data)
        assert header.length == MOST_HEADER


@given(
    st.integers(0, 9000),
    st.integers(1, 900),
    st.integers(1, 900),
    st.one_of(st.none(), st.integers(0, 18_000)),
    st.integers(1, 7),
)
def test_any_lengths(size, first, rest, total, group):
    data, target = DATA[:size], Memory()
    stream = GzipStream(target, 2)
    stream._layout = ChunkLayout(
        first, rest, total, group
    )  # so short that lay_out would not take it
    for start in range(0, size, 2100):
        stream.write(data[start : start + 2100])
    stream.finish()
    packed = bytes(target.data)
    assert gzip.decompress(packed) == data
    header = parse_header(packed)
    assert header.length <= MOST_HEADER
    if header.index:
        check_index(packed, data)
    else:
        assert size <= first


@pytest.mark.parametrize("chunks", [MOST_CHUNKS, MOST_CHUNKS + 1, 500, 1000])
def test_more_chunks_than_entries(chunks):
    data = DATA[: 1000 * chunks - 17]
    for total in (len(data), None):
        stream = GzipStream(target := Memory(), 1)
        stream._layout = ChunkLayout(400, 1000, total)
        stream.write(data)
        stream.finish()
        index = check_index(bytes(target.data), data).index
        assert MOST_CHUNKS / 2 <= len(index.lengths) <= MOST_CHUNKS
        # The finer cuts stay in the stream.
        assert bytes(target.data).count(FLUSH_MARKER) >= chunks


def test_more_and_less_than_announced():
    for total in (1000, 70_000, 10_000_000):
        layout = ChunkLayout(352, 10_000, total)
        packed = written(DATA[:200_000], layout)
        assert gzip.decompress(packed) == DATA[:200_000]
        if total > SMALL:
            check_index(packed, DATA[:200_000])


def test_first_chunk_that_was_announced_as_all():
    check_index(written(DATA[:90_500], ChunkLayout(90_000, CHUNK, 90_000)), DATA[:90_500])


def test_target_without_a_way_back():
    packed = written(DATA, target=Pipe())
    assert gzip.decompress(packed) == DATA
    assert parse_header(packed).length == 10
    assert written(DATA)[MOST_HEADER:] == packed[10:]


def test_not_at_the_beginning_of_a_target():
    target = Memory()
    target.write(b"a text header\n")
    packed = written(DATA, target=target)
    check_index(packed[14:], DATA)


@pytest.mark.parametrize("compression", ["fast", "small", 3])
def test_bytes_do_not_depend_on_threads_or_pieces(compression, tmp_path):
    img = brain((48, 48, 24, 24))  # of 2.6 MB, three chunks
    found = set()
    for threads in (1, 2, 5):
        with volio.options(threads=threads):
            volio.save(img, tmp_path / f"{threads}.nii.gz", compression=compression)
        found.add(hashlib.sha256((tmp_path / f"{threads}.nii.gz").read_bytes()).hexdigest())
    assert len(found) == 1


def test_without_isal(monkeypatch, tmp_path):
    for name in ("isal", "isal.isal_zlib", "isal.igzip_lib"):
        monkeypatch.setitem(sys.modules, name, None)
    for level in (0, 2, 9):
        check_index(written(DATA, ChunkLayout(352, CHUNK, len(DATA)), level=level), DATA)


@pytest.mark.parametrize("level", [4, 6, 9])
def test_more_patience_never_makes_a_file_longer(level):
    noise = np.random.default_rng(0).normal(500, 30, 1 << 19).astype("<i2").tobytes()
    for data in (noise, DATA[: 1 << 20], bytes(1 << 20)):
        assert len(written(data, level=level)) <= len(written(data, level=2))


# Images.


def brain(shape):
    rng = np.random.default_rng(5)
    data = rng.normal(300, 40, shape)
    data[:, : shape[1] // 3] = 0
    return volio.Nifti1Image(data.astype(np.int16), np.diag([2.0, 2, 2, 1]))


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    img = brain((64, 64, 30, 20))
    path = tmp_path_factory.mktemp("gz") / "scan.nii.gz"
    volio.save(img, path)
    return path, img


def test_first_chunk_is_the_header_then_whole_volumes(saved):
    path, img = saved
    header = check_index(path.read_bytes(), img.to_bytes())
    assert header.index.first == 352
    assert header.index.rest == 4 * 64 * 64 * 30 * 2
    assert len(header.index.lengths) == 1 + 5
    assert header.length < 100


def test_gzip_itself(saved):
    assert subprocess.run(["gzip", "-t", str(saved[0])], capture_output=True).stderr == b""


def test_python_and_nibabel(saved):
    path, img = saved
    assert gzip.decompress(path.read_bytes()) == img.to_bytes()
    assert np.array_equal(nib.load(path).dataobj, img.dataobj)


def test_indexed_gzip(saved):
    indexed_gzip = optional("indexed_gzip")
    path, img = saved
    with indexed_gzip.IndexedGzipFile(str(path)) as file:
        file.seek(1 << 20)
        assert file.read(1000) == img.to_bytes()[1 << 20 :][:1000]


@pytest.mark.requires("Node.js")
def test_browsers(saved):
    path, img = saved
    words = [find_program("node"), "-e", INFLATE, str(path)]
    found = subprocess.run(words, capture_output=True, check=True)
    assert found.stdout == img.to_bytes()


@pytest.mark.parametrize("cls", [volio.Nifti1Image, volio.Nifti2Image, volio.MGHImage])
@pytest.mark.parametrize("extension", [0, 300, 200_000])
def test_first_compressed_kilobyte_has_the_header(cls, extension, tmp_path):
    img = cls(np.random.default_rng(1).integers(0, 99, (64, 64, 60), np.int16), np.eye(4))
    if cls is not volio.MGHImage:
        text = np.random.default_rng(2).integers(32, 127, extension, np.uint8).tobytes()
        img.header.extensions.append(volio.nifti1.Nifti1Extension("comment", text))
    path = tmp_path / ("x.mgz" if cls is volio.MGHImage else "x.nii.gz")
    volio.save(img, path)
    start = path.read_bytes()[:1024]
    size = {volio.Nifti1Image: 348, volio.Nifti2Image: 540, volio.MGHImage: 284}[cls]
    found = zlib.decompressobj(31).decompress(start)
    assert len(found) >= size
    assert found[:size] == img.to_bytes()[:size]


@pytest.mark.parametrize("shape", [(3, 4, 5), (20, 20, 20), (64, 64, 30)])
def test_small_files_are_not_longer_than_nibabels(shape, tmp_path):
    img = brain(shape)
    volio.save(img, tmp_path / "v.nii.gz")
    nib.save(nib.Nifti1Image(np.asarray(img.dataobj), img.affine), tmp_path / "n.nii.gz")
    assert (tmp_path / "v.nii.gz").stat().st_size <= (tmp_path / "n.nii.gz").stat().st_size + 8


@pytest.mark.parametrize("ending", [".mgz", ".img.gz", ".nii.gz"])
def test_other_formats(ending, tmp_path):
    cls = {".mgz": volio.MGHImage, ".img.gz": volio.Nifti1Pair, ".nii.gz": volio.Nifti2Image}
    img = cls[ending](np.asarray(brain((64, 64, 200)).dataobj), np.eye(4))
    path = tmp_path / f"x{ending}"
    volio.save(img, path)
    packed = path.read_bytes()
    check_index(packed, gzip.decompress(packed))
    assert np.array_equal(volio.load(path).dataobj, img.dataobj)


@pytest.mark.requires("POSIX")
def test_pipe(tmp_path):
    pipe = tmp_path / "pipe.nii.gz"
    os.mkfifo(pipe)
    got: list[bytes] = []
    reader = threading.Thread(target=lambda: got.append(Path(pipe).read_bytes()))
    reader.start()
    img = brain((64, 64, 30, 8))
    img.to_filename(pipe)
    reader.join(30)
    assert gzip.decompress(got[0]) == img.to_bytes()


def test_nothing_runs_on_after_an_exception(tmp_path):
    def fail():
        with open_for_write([FileHolder(tmp_path / "x.nii.gz")]) as (stream,):
            stream.write(DATA)
            raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        fail()
    assert list(tmp_path.iterdir()) == []


def test_memory_while_writing(tmp_path):
    with (
        volio.options(threads=2),
        open_for_write([FileHolder(tmp_path / "x.nii.gz")]) as (stream,),
    ):
        tracemalloc.start()
        try:
            for _ in range(20):
                stream.write(DATA)
            most = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert most < 20 << 20  # of 60 MiB; 16 where the disk is slower than the processors


# Cuts.


@given(st.integers(0, 10_000), st.sampled_from([1, 2, 4, 8, 16]), st.lists(st.integers(0, 400)))
def test_layout_is_cut_on_what_belongs_together(header, itemsize, shape):
    shape = shape[:5]
    layout = plan_layout(header, itemsize, shape)
    total = itemsize * int(np.prod(shape, dtype=object))
    assert layout.total == header + total
    assert 0 < layout.rest <= CHUNK
    assert layout.first == (header or layout.rest)
    sizes = [itemsize * int(np.prod(shape[:n], dtype=object)) for n in range(len(shape) + 1)]
    if 0 not in sizes:
        assert (
            any(layout.rest % size == 0 for size in sizes if size <= CHUNK) or layout.rest == CHUNK
        )
        if layout.group > 1:
            assert layout.group * layout.rest in sizes


@pytest.mark.parametrize(
    ("itemsize", "shape", "rest", "group"),
    [
        (2, (64, 64, 30, 400), 4 * 64 * 64 * 30 * 2, 100),
        (2, (256, 256, 80, 200), 8 * 256 * 256 * 2, 10),
        (2, (256, 256, 256), 8 * 256 * 256 * 2, 32),
        (8, (91, 109, 91), 13 * 91 * 109 * 8, 7),
        (4, (3_000_000,), 1_000_000, 12),
        # 16 rows fit into a chunk; 7, which would divide 21 evenly, are less than half of them.
        (2, (1 << 15, 21), 16 << 16, 1),
        (2, (10, 10), CHUNK, 1),
    ],
)
def test_layouts(itemsize, shape, rest, group):
    layout = plan_layout(352, itemsize, shape)
    assert (layout.rest, layout.group) == (rest, group)


def test_entries_are_whole_volumes():
    layout = plan_layout(352, 2, (256, 256, 80, 200))
    assert layout.chunks_per_entry(119) == 20
    assert ChunkLayout().chunks_per_entry(119) == 1


@pytest.mark.parametrize("ending", [".nii.gz", ".nii.zst", ".mgz"])
def test_written_piece_by_piece_it_is_the_same_file(ending, tmp_path):
    img = brain((64, 64, 30, 9))
    whole, pieces = tmp_path / f"whole{ending}", tmp_path / f"pieces{ending}"
    volio.save(img, whole, compression=1)
    img = volio.load(whole)
    with volio.create(pieces, header=img, dtype=img.get_data_dtype(), compression=1) as writer:
        for t in range(img.shape[3]):
            writer[..., t] = img.dataobj[..., t]
    assert pieces.read_bytes() == whole.read_bytes()
