"""What is asked of a server: each tile once, nothing needless, and nothing after an error."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import get_context

import numpy as np
import pytest

import volio
from volio.errors import CorruptFileError, RemoteError, RemoteMissingError, VolioWarning
from volio.testing.servers.tile_images import TileEncoding
from volio.testing.servers.tile_server import ServedTile, TileServer, pixels
from volio.testing.servers.web_server import CUT, RESET, Fault
from volio.tiles import ImageFetcher, ThreadedImageFetcher

FETCHERS = [ImageFetcher, ThreadedImageFetcher]
WHOLE_SLICE = [[0, 0, 0], [700, 530, 1]]  # x, y, z: 3 x 5 tiles
NINE_TILES = [[0, 0, 0], [700, 300, 1]]
FAILING = ServedTile(level=0, depth=0, row=1, column=1)


def fetcher_of(server: TileServer, fetcher_class=ThreadedImageFetcher, **choices) -> ImageFetcher:
    patient = {"timeout": 60, **choices}  # on a busy machine nothing is to be asked for twice
    return fetcher_class.from_stack_info(server.info(), "xyz", 0, **patient)


def asked(server: TileServer) -> list[str]:
    return [path for path, _ in server.asked]


@pytest.mark.parametrize("fetcher_class", FETCHERS)
def test_each_tile_is_asked_for_once(server, fetcher_class):
    """15 tiles: in catpy's list of 10 none was left for the second read."""
    fetcher = fetcher_of(server, fetcher_class)
    for _ in range(3):
        found = fetcher.get(WHOLE_SLICE)
        np.testing.assert_array_equal(found, pixels()[..., :1])
    assert len(server.tiles) == 15
    assert set(server.tiles.values()) == {1}


def test_other_fetchers_of_the_stack_share_tiles(server):
    fetcher_of(server, ImageFetcher).get(WHOLE_SLICE)
    fetcher_of(server).get(WHOLE_SLICE)
    assert server.tiles.total() == 15


@pytest.mark.parametrize("fetcher_class", FETCHERS)
def test_a_cleared_cache_asks_again(server, fetcher_class):
    fetcher = fetcher_of(server, fetcher_class)
    fetcher.get(NINE_TILES)
    assert server.tiles.total() == 9
    fetcher.get(NINE_TILES)
    assert server.tiles.total() == 9
    fetcher.clear_cache()
    fetcher.get(NINE_TILES)
    assert server.tiles.total() == 18


def test_the_list_of_tiles_serves_where_the_process_keeps_none(server):
    with volio.options(chunk_memory=0):
        few = fetcher_of(server, ImageFetcher, cache_items=2)
        few.get(NINE_TILES)
        few.get(NINE_TILES)
        assert server.tiles.total() == 18
        many = fetcher_of(server, ImageFetcher, cache_items=9)
        many.get(NINE_TILES)
        many.get(NINE_TILES)
        assert server.tiles.total() == 27
        nothing = fetcher_of(server, ImageFetcher, cache_bytes=0)
        nothing.get(NINE_TILES)
        nothing.get(NINE_TILES)
        assert server.tiles.total() == 45


def test_tiles_are_asked_for_by_depth_row_and_column(server):
    fetcher_of(server, ImageFetcher).get([[100, 100, 1], [400, 300, 3]])
    places = [(z, row, col) for z in (1, 2) for row in (0, 1, 2) for col in (0, 1)]
    assert asked(server) == [f"/tiles/4/{z}/0/{row}_{col}.png" for z, row, col in places]


@pytest.mark.parametrize("fetcher_class", FETCHERS)
def test_nothing_outside_and_nothing_broken_is_asked_for(server, fetcher_class):
    server.absent = set()
    fetcher_of(server, fetcher_class).get([[-900, -900, -3], [1500, 1500, 9]])
    assert {tile.depth for tile in server.tiles} == {0, 1, 2, 3, 5}
    assert server.tiles.total() == 5 * 15
    assert set(server.statuses) == {200}


# Absent tiles.


@pytest.mark.parametrize("status", [404, 410])
@pytest.mark.parametrize("fetcher_class", FETCHERS)
def test_absent_tiles_are_filled_and_said_once(server, fetcher_class, status: int):
    """catpy's threaded fetcher failed."""
    for column in (0, 2):
        server.tile_faults[ServedTile(0, 0, 1, column)] = Fault(status)
    fetcher = fetcher_of(server, fetcher_class, cval=9)
    with pytest.warns(VolioWarning, match=r"2 tiles are missing .*/0/0/1_0.png: filled") as caught:
        found = fetcher.get(WHOLE_SLICE)
    assert len(caught) == 1
    assert caught[0].filename == __file__
    expected = pixels()[..., :1].copy()
    expected[:256, 128:256] = 9
    expected[512:, 128:256] = 9
    np.testing.assert_array_equal(found, expected)
    with pytest.warns(VolioWarning, match="2 tiles are missing"):
        fetcher.get(WHOLE_SLICE)
    assert server.tiles.total() == 15


@pytest.mark.parametrize("fetcher_class", FETCHERS)
def test_absent_tiles_may_be_an_error(server, fetcher_class):
    with pytest.raises(RemoteMissingError, match=r"/tiles/4/3/0/0_0.png.*no such tile"):
        fetcher_of(server, fetcher_class, missing="error").get([[0, 0, 3], [9, 9, 4]])


# Failures that pass, and those that do not.


@pytest.mark.parametrize("fault", [Fault(503), Fault(429), CUT, RESET, Fault(wait=1.0)], ids=str)
@pytest.mark.parametrize("fetcher_class", FETCHERS)
def test_one_failure_does_not_lose_the_region(server, fetcher_class, fault: Fault):
    """In catpy one 503 or a slow answer did."""
    server.faults = [None, fault]
    fetcher = fetcher_of(server, fetcher_class, timeout=0.5)
    np.testing.assert_array_equal(fetcher.get(NINE_TILES), pixels()[:, :300, :1])
    assert server.tiles.total() == 10


@pytest.mark.parametrize("fetcher_class", FETCHERS)
def test_a_failure_that_stays_says_address_status_and_tries(server, fetcher_class):
    server.tile_faults[FAILING] = Fault(500)
    with pytest.raises(RemoteError, match=r"/4/0/0/1_1.png: .*500.*tried 4 times") as raised:
        fetcher_of(server, fetcher_class).get(WHOLE_SLICE)
    assert raised.value.status == 500
    assert server.tiles[FAILING] == 4


@pytest.mark.parametrize("status", [401, 403])
def test_refusals_are_not_tried_again(server, status: int):
    server.tile_faults[FAILING] = Fault(status)
    with pytest.raises(RemoteError, match=rf"/1_1.png: .*{status}") as raised:
        fetcher_of(server).get(WHOLE_SLICE)
    assert raised.value.status == status
    assert server.tiles[FAILING] == 1


@pytest.mark.parametrize(
    ("body", "match"),
    [
        (b"<html>please log in</html>", "is not a PNG, JPEG, TIFF, WebP or GIF.*<html>please"),
        (b'{"error": "no"}', "is not a PNG"),
        (b"", "it has no bytes"),
        (b"\x89PNG\r\n\x1a\n broken", "ends early"),
    ],
)
@pytest.mark.parametrize("fetcher_class", FETCHERS)
def test_what_is_not_a_tile_is_never_filled(server, fetcher_class, body: bytes, match: str):
    server.tile_faults[FAILING] = Fault(200, body)
    with pytest.raises(CorruptFileError, match=rf"(?s)/1_1.png: .*{match}"):
        fetcher_of(server, fetcher_class).get(WHOLE_SLICE)


def test_a_tile_of_another_size_is_never_cut(server):
    """catpy put a tile of (width, height) of float64 there."""
    server.encoding = TileEncoding(higher=1)
    with pytest.raises(CorruptFileError, match="must have 256 x 128 pixels, has 256 x 129"):
        fetcher_of(server).get([[0, 0, 0], [9, 9, 1]])


def test_what_came_before_an_error_stays_in_the_array(server):
    server.tile_faults[FAILING] = Fault(403)
    out = np.full((700, 530, 1), 1, np.uint8)
    with pytest.raises(RemoteError, match=r"1_1\.png"):
        fetcher_of(server, ImageFetcher).get(WHOLE_SLICE, out=out)
    # Tiles come by rows: those of row 0, and the first of row 1.
    np.testing.assert_array_equal(out[:, :128], pixels()[:, :128, :1])
    np.testing.assert_array_equal(out[:256, 128:256], pixels()[:256, 128:256, :1])
    assert (out[256:, 128:] == 1).all()
    assert (out[:, 256:] == 1).all()


def test_nothing_is_asked_for_after_an_error(server):
    """catpy's requests went on."""
    server.tile_faults[FAILING] = Fault(403)
    server.every = Fault(wait=0.05)
    fetcher = fetcher_of(server, threads=3)
    with pytest.raises(RemoteError, match=r"1_1\.png"):
        fetcher.get([[0, 0, 0], [700, 530, 3]])
    time.sleep(0.5)  # in which three threads would ask for 30 more
    assert len(server.asked) < 15


def test_an_error_does_not_wait_for_slow_tiles(server):
    server.every = Fault(wait=20)
    server.tile_faults[FAILING] = Fault(403)
    start = time.monotonic()
    with pytest.raises(RemoteError, match=r"1_1\.png"):
        fetcher_of(server, timeout=30, threads=15).get(WHOLE_SLICE)
    assert time.monotonic() - start < 10


@pytest.fixture
def interruptible() -> Iterator[None]:
    """SIGINT interrupts: shells have it ignored in what they run in the background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.requires("POSIX")
@pytest.mark.usefixtures("interruptible")
@pytest.mark.parametrize("fetcher_class", FETCHERS)
def test_control_c_stops_at_once(server, fetcher_class):
    server.every = Fault(wait=20)
    fetcher = fetcher_of(server, fetcher_class, timeout=30)
    timer = threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT))
    start = time.monotonic()
    timer.start()
    with pytest.raises(KeyboardInterrupt):  # noqa: PT011  it has no message
        fetcher.get(WHOLE_SLICE)
    assert time.monotonic() - start < 10
    count = len(server.asked)
    server.every = None
    np.testing.assert_array_equal(fetcher.get(WHOLE_SLICE), pixels()[..., :1])
    assert len(server.asked) - count == 15


# Threads and processes.


def test_a_threaded_fetcher_asks_for_many_tiles_at_a_time(server):
    server.every = Fault(wait=0.1)
    start = time.monotonic()
    fetcher_of(server, threads=15).get(WHOLE_SLICE)
    assert time.monotonic() - start < 15 * 0.1


def test_connections_are_kept_alive(server):
    fetcher = fetcher_of(server, threads=3)
    fetcher.get([[0, 0, 0], [700, 530, 3]])
    assert server.tiles.total() == 45
    assert server.connections <= 4


@pytest.mark.parametrize("fetcher_class", FETCHERS)
def test_16_threads_use_one_fetcher(server, fetcher_class):
    fetcher = fetcher_of(server, fetcher_class)

    def read(seed: int) -> None:
        x, y = np.random.default_rng(seed).integers(0, 400, 2)
        found = fetcher.get([[x, y, 0], [x + 200, y + 100, 3]])
        np.testing.assert_array_equal(found, pixels()[x : x + 200, y : y + 100, :3])

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(read, range(48)))
    assert set(server.tiles.values()) == {1}


def forked(fetcher: ImageFetcher, results) -> None:
    results.put(fetcher.get(NINE_TILES).tobytes())


@pytest.mark.requires("fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
def test_a_fetcher_works_after_a_fork(server):
    fetcher = fetcher_of(server, threads=4)
    fetcher.get(NINE_TILES)
    context = get_context("fork")
    results = context.Queue()
    child = context.Process(target=forked, args=(fetcher, results))
    child.start()
    found = np.frombuffer(results.get(timeout=60), np.uint8).reshape(700, 300, 1)
    child.join()
    np.testing.assert_array_equal(found, pixels()[:, :300, :1])
    assert child.exitcode == 0


# On disk, and progress.


def test_tiles_are_kept_on_disk_if_asked_to(server, tmp_path):
    fetcher = fetcher_of(server, cache_folder=tmp_path / "tiles")
    fetcher.get(NINE_TILES)
    fetcher.clear_cache()
    np.testing.assert_array_equal(fetcher.get(NINE_TILES), pixels()[:, :300, :1])
    assert server.tiles.total() == 9
    assert sum(path.is_file() for path in tmp_path.rglob("*")) >= 9


@pytest.mark.parametrize("fetcher_class", FETCHERS)
def test_progress_counts_tiles(server, fetcher_class):
    told = []
    fetcher_of(server, fetcher_class).get(NINE_TILES, progress=lambda *both: told.append(both))
    assert told == [(n, 9) for n in range(1, 10)]


def test_progress_can_end_a_read(server):
    def stop(done: int, total: int) -> None:
        raise RuntimeError(f"{done} of {total} are enough")

    with pytest.raises(RuntimeError, match="1 of 9 are enough"):
        fetcher_of(server, ImageFetcher).get(NINE_TILES, progress=stop)
    assert len(server.asked) == 1


def test_progress_is_drawn_unless_it_is_not_wanted(server, monkeypatch):
    shown = []

    class Noted(volio.progress.TileProgress):
        def __init__(self, total, watcher, shows):
            shown.append(shows)
            super().__init__(total, watcher, shows)

    monkeypatch.setattr("volio.tiles.fetcher.TileProgress", Noted)
    fetcher = fetcher_of(server)
    fetcher.get(NINE_TILES)
    fetcher.show_progress = False
    fetcher.get(NINE_TILES)
    monkeypatch.setattr(ImageFetcher, "show_progress", False)
    fetcher_of(server).get(NINE_TILES)
    assert shown == [True, False, False]
