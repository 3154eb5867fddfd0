"""CZI: what is read of a file, by whom, and how often tiles are decoded."""

from __future__ import annotations

import gzip
import multiprocessing
import pickle
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Barrier

import numpy as np
import pytest

import volio
from volio.arrays import chunk_cache as caching
from volio.arrays.chunk_cache import ChunkCache
from volio.errors import MissingPackageError, RemoteError
from volio.files.sources.source import BytesSource
from volio.formats.czi import CziArray, CziReader, compression
from volio.settings import options
from volio.testing.faults import CountingSource
from volio.testing.servers.web_server import Server, serving
from volio.tests.formats.czi_files import Tile, czi_bytes, xml_of, zstd0
from volio.tests.requirements import optional

STORED = np.random.default_rng(3).integers(0, 60000, (200, 300), np.uint16)
ROW = 300 * 2  # bytes
HEADERS = 400  # bytes at most, to find the pixels of a subblock


@pytest.fixture(autouse=True)
def cache(monkeypatch: pytest.MonkeyPatch) -> ChunkCache:
    """An empty cache."""
    new = ChunkCache()
    monkeypatch.setattr(caching, "_CACHE", new)
    return new


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> Counter[int]:
    """How often pixels of each number of bytes were decoded."""
    counts: Counter[int] = Counter()
    decode = compression._decode_zstd0

    def counting(data: compression.Bytes, *rest: object) -> np.ndarray:
        counts[len(data)] += 1
        return decode(data, *rest)

    codec = compression.CODECS[5]._replace(decode=counting)
    monkeypatch.setitem(compression.CODECS, 5, codec)
    return counts


def packed(pixels: np.ndarray, x: int = 0, y: int = 0, **at: int) -> Tile:
    return Tile(pixels, x, y, at, compression=5, data=zstd0(pixels))


def counted(*tiles: Tile) -> tuple[CziArray, CountingSource]:
    source = CountingSource(BytesSource(czi_bytes(tiles), "a.czi"))
    array = CziReader(source).array()
    source.count = 0
    return array, source


def test_of_raw_tiles_the_rows_that_are_needed_are_read():
    array, source = counted(Tile(STORED), Tile(STORED, 300), Tile(STORED, 0, 200))
    np.testing.assert_array_equal(array[50:60, 20:100], STORED[50:60, 20:100])
    assert 9 * ROW + 160 <= source.count <= 10 * ROW + HEADERS
    source.count = 0
    np.testing.assert_array_equal(array[199, 10], STORED[199, 10])
    assert source.count == 2  # where the pixels are is known by now
    source.count = 0
    edge = array[90:92, 290:310]
    np.testing.assert_array_equal(edge, np.hstack([STORED[90:92, 290:], STORED[90:92, :10]]))
    assert source.count <= 2 * 2 * ROW + HEADERS
    assert source.opened == source.closed


def test_loading_reads_no_pixels():
    source = CountingSource(BytesSource(czi_bytes([Tile(STORED)], xml_of((1e-6, 1e-6)))))
    img = volio.load(source)
    assert (img.shape, img.header.get_zooms()) == ((300, 200, 1), (1e-3, 1e-3, 1))
    assert source.count < 4096 + 2500
    assert source.opened == source.closed


def test_tiles_that_do_not_touch_the_box_are_not_decoded(decoded: Counter[int]):
    tiles = [packed(STORED[: 20 + n], 0, 20 * n + n * (n - 1) // 2) for n in range(5)]
    array = CziReader(czi_bytes(tiles)).array()
    np.testing.assert_array_equal(array[25:30, :9], STORED[5:10, :9])
    assert decoded == {len(tiles[1].stored): 1}
    array[25:45, ::3]
    assert decoded == {len(tiles[1].stored): 1, len(tiles[2].stored): 1}


def test_tiles_that_others_hide_are_not_decoded(decoded: Counter[int]):
    below, above = packed(STORED[:50]), packed(STORED[50:100])
    array = CziReader(czi_bytes([below, above])).array()
    np.testing.assert_array_equal(array[...], STORED[50:100])
    assert decoded == {len(above.stored): 1}


def test_tiles_are_decoded_once_however_many_threads_ask(decoded: Counter[int]):
    tiles = [packed(STORED[: 30 + n], 0, 0, Z=n) for n in range(6)]
    array = CziReader(czi_bytes(tiles)).array()
    ready = Barrier(8)

    def read(_: int) -> bool:
        ready.wait()
        return all(np.array_equal(array[n, 5:9, 7:90], STORED[5:9, 7:90]) for n in range(6))

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(read, range(8)))
    assert set(decoded.values()) == {1}
    assert len(decoded) == 6


def test_tiles_stay_in_memory_as_far_as_they_may(decoded: Counter[int], cache: ChunkCache):
    tiles = [packed(STORED[: 30 + n], 0, 0, Z=n) for n in range(4)]
    array = CziReader(czi_bytes(tiles)).array()
    with options(chunk_memory=0):
        array[0, 0], array[0, 0]
    assert decoded == {len(tiles[0].stored): 2}
    array[1, 0], array[1, 1]
    assert decoded[len(tiles[1].stored)] == 1
    # All of a large image throws out nothing: tiles that it has in full are not kept.
    with options(chunk_memory=60000):
        array[2, 0]
        array[...]
        array[2, 0]
    assert decoded[len(tiles[2].stored)] == 1
    assert cache.nbytes <= 60000


def test_errors_of_a_tile_reach_all_who_wait_for_it():
    pixels = STORED[:40]
    array = CziReader(czi_bytes([Tile(pixels, compression=5, data=zstd0(pixels)[:-9])])).array()
    ready = Barrier(4)

    def read(_: int) -> str:
        ready.wait()
        try:
            array[0, 0]
        except volio.errors.CorruptFileError as error:
            return str(error)
        return ""

    with ThreadPoolExecutor(4) as pool:
        found = set(pool.map(read, range(4)))
    assert len(found) == 1
    assert "subblock at byte 544: zstd: " in found.pop()


def middle(array: CziArray) -> int:
    return int(array[90:110, 100:320].sum())


@pytest.mark.parametrize(
    "method", [pytest.param(name, marks=pytest.mark.requires(name)) for name in ("fork", "spawn")]
)
def test_other_processes_read_what_is_sent_to_them(tmp_path: Path, method: str):
    path = tmp_path / "a.czi"
    path.write_bytes(czi_bytes([packed(STORED), Tile(STORED, 300)]))
    array = CziReader(path).array()
    expected = middle(array)
    assert expected == STORED[90:110, 100:].sum(dtype=int) + STORED[90:110, :20].sum(dtype=int)
    with multiprocessing.get_context(method).Pool(2) as pool:
        assert pool.map(middle, [array] * 3) == [expected] * 3


def test_arrays_pickle_small():
    tiles = [Tile(STORED[:1, :1], 2 * n) for n in range(300)]
    source = BytesSource(czi_bytes(tiles))
    array = CziReader(source).array()
    array[...]
    assert len(pickle.dumps(array)) < source.size() + 2000
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(array))[0, ::2], [STORED[0, 0]] * 300)


def test_raw_tiles_are_read_in_bands_of_rows(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("volio.formats.czi.voxels.SHARE", 1000)
    tiles = [Tile(STORED[n:], 11 * n, 7 * n, {"M": n}) for n in range(4)]
    reader = CziReader(czi_bytes(tiles))
    with options(threads=1):
        expected = reader.read()
    for threads in (2, 3, 7):
        with options(threads=threads):
            np.testing.assert_array_equal(reader.read(), expected)
            np.testing.assert_array_equal(reader.read((slice(5, 150),)), expected[5:150])


def test_chunks_and_dask_blocks():
    tiles = [packed(STORED[:20, :30], 30 * n, 20 * m) for n in range(3) for m in range(4)]
    assert CziReader(czi_bytes(tiles)).array().chunks == (20, 30)
    raw = CziReader(czi_bytes([Tile(STORED, at={"Z": 3, "C": 1})])).array()
    assert raw.chunks == (1, 1, 200, 300)


def test_dask_reads_an_image():
    optional("dask")
    tiles = [packed(STORED[:20, :30], 30 * n, 20 * m) for n in range(3) for m in range(4)]
    img = volio.load(czi_bytes(tiles))
    lazy = img.to_dask()
    assert lazy.chunks[:2] == ((90,), (80,))
    assert lazy.name == pickle.loads(pickle.dumps(img)).to_dask().name
    np.testing.assert_array_equal(lazy.compute(), np.asarray(img.dataobj))


def test_compressed_files(tmp_path: Path):
    path = tmp_path / "a.czi.gz"
    path.write_bytes(gzip.compress(czi_bytes([packed(STORED), Tile(STORED, 300)])))
    img = volio.load(path)
    np.testing.assert_array_equal(img.dataobj[295:305, :, 0].T[:, :5], STORED[:, 295:])


@pytest.mark.parametrize("code", [1, 2, 4])
def test_packages_that_are_missing_are_named(monkeypatch: pytest.MonkeyPatch, code: int):
    monkeypatch.setitem(__import__("sys").modules, "imagecodecs", None)
    img = volio.load(czi_bytes([Tile(STORED, compression=code, data=b"x" * 99)]))
    assert img.shape == (300, 200, 1)
    with pytest.raises(MissingPackageError, match=r"imagecodecs .* pip install 'volio\[czi\]'"):
        img.get_fdata()


#: Twelve tiles of a mosaic, by the row and the column of their corners.
MOSAIC = {(180 * n, 270 * m): np.roll(STORED, 7 * n + m) for n, m in np.ndindex(3, 4)}


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A server that has the mosaic in /a.czi, some tiles raw and some packed."""
    monkeypatch.setenv("no_proxy", "*")
    tiles = []
    for n, ((row, column), pixels) in enumerate(MOSAIC.items()):
        kind = packed(pixels) if n % 2 else Tile(pixels)
        tiles.append(replace(kind, x=column, y=row, at={"M": n}))
    with serving(Server()) as server:
        server.files["/a.czi"] = czi_bytes(tiles)
        yield server


def test_a_server_is_asked_for_the_tiles_alone_and_for_many_at_once(served: Server):
    expected = np.zeros((560, 1110), np.uint16)
    for (row, column), pixels in MOSAIC.items():
        expected[row : row + 200, column : column + 300] = pixels
    array = CziReader(f"{served.url}/a.czi").array()
    served.asked.clear()
    np.testing.assert_array_equal(array[185:190, 275:290], expected[185:190, 275:290])
    # Of four tiles that overlap there: where their pixels are, then the pixels.
    assert 4 <= len(served.asked) <= 8
    assert served.sent() < 1_000_000
    np.testing.assert_array_equal(array[...], expected)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(array))[::9, 5], expected[::9, 5])


def test_failures_of_a_server_are_errors(served: Server):
    array = CziReader(f"{served.url}/a.czi").array()
    served.faults = [403]
    with pytest.raises(RemoteError, match="403"):
        array[25:30, 275:285]
    np.testing.assert_array_equal(array[25:30, 275:285], MOSAIC[0, 270][25:30, 5:15])
