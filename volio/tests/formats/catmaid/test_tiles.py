"""Tiles of a server: fetched once, decoded to what it has, and what goes wrong with them."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from volio.arrays.chunk_cache import chunk_cache
from volio.arrays.chunked import ChunkedArray
from volio.arrays.dtypes import Array
from volio.errors import (
    CorruptFileError,
    ImageDataError,
    LossWarning,
    RemoteError,
    RemoteMissingError,
    UsageError,
    VolioWarning,
)
from volio.files.remote import http
from volio.formats.catmaid.broken import BrokenSlices
from volio.formats.catmaid.credentials import TOKENS, TileAccess
from volio.formats.catmaid.decode import TileForm, decode_tile
from volio.formats.catmaid.index import TileIndex
from volio.formats.catmaid.info import ProjectStack
from volio.formats.catmaid.tiles import TileChoices, TileChunks, TileSource
from volio.testing.servers.tile_images import TileEncoding, coloured, encoded, png_bomb
from volio.testing.servers.tile_paths import SOURCES, ServedTile
from volio.testing.servers.tile_server import SHAPE, TILE, TileServer
from volio.testing.servers.web_server import CUT, RESET, Fault, serving

ABSENT = 3  # slices of the server
BROKEN = 4
FILLED = 2  # no pixel has this value where the stack has pixels of its own


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[TileServer]:
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.setattr(http, "sleep", lambda seconds: None)
    chunk_cache().clear()
    with serving(TileServer()) as server:
        yield server
    chunk_cache().clear()


def open_stack(server: TileServer, **choices) -> TileSource:
    stack = ProjectStack.from_stack_info(server.info(), server=server.url)
    return TileSource(stack, stack.mirrors[0], TileAccess(), TileChoices(**choices))


def array_of(
    source: TileSource, zoom: int = 0, broken: str = "fill", dtype: str = "uint8"
) -> ChunkedArray:
    stack = source.stack
    slices = BrokenSlices(stack.broken_slices, SHAPE[2], broken, stack.replacements)
    return TileChunks(source, zoom, slices, dtype).array()


def expected(server: TileServer, zoom: int = 0, fill: int = 0, depth: int = 8) -> Array:
    """What a level looks like, axes z, y, x: slices that are not there are filled."""
    volume = server.level(zoom, depth).T.copy()
    volume[[ABSENT, BROKEN]] = fill
    return volume


def tile(row: int = 1, col: int = 1, depth: int = 0, zoom: int = 0) -> TileIndex:
    return TileIndex(depth, row, col, zoom, TILE[1], TILE[0])


WHOLE = (slice(128, 256), slice(256, 512))  # rows and columns of tile(1, 1)


@pytest.mark.parametrize("kind", sorted(SOURCES))
@pytest.mark.parametrize("zoom", [0, 2])
def test_every_layout_and_level(server: TileServer, kind: int, zoom: int):
    server.types = (kind,)
    if kind == 6 and zoom:  # DVID's arrays have one level
        with pytest.raises(UsageError, match="has zoom level 0 only"):
            open_stack(server).tile(tile(0, 0, zoom=zoom))
        return
    array = array_of(open_stack(server), zoom)
    with pytest.warns(VolioWarning, match="no such tile"):
        values = np.asarray(array)
    assert np.array_equal(values, expected(server, zoom))
    assert set(server.tiles.values()) == {1}


@pytest.mark.parametrize("orientation", ["xy", "xz", "zy"])
@pytest.mark.parametrize("kind", [4, 6, 8, 12])
def test_every_orientation(server: TileServer, kind: int, orientation: str):
    server.types = (kind,)
    server.orientation = orientation
    array = array_of(open_stack(server))
    assert np.array_equal(array[2], expected(server)[2])
    assert set(server.tiles.values()) == {1}


def test_each_tile_is_asked_for_once_and_none_for_a_repeat(server: TileServer):
    array = array_of(open_stack(server))
    box = (slice(0, 3), slice(100, 300), slice(200, 600))
    for _ in range(3):
        assert np.array_equal(array[box], expected(server)[box])
    assert len(server.asked) == len(server.tiles) == 3 * 3 * 3
    # Another image of the same stack, and a fetcher, have them too.
    source = open_stack(server)
    assert np.array_equal(array_of(source)[box], expected(server)[box])
    assert np.array_equal(source.kept_tile(tile()), expected(server)[0][WHOLE])
    assert len(server.asked) == 27
    source.forget()
    assert np.array_equal(array[box], expected(server)[box])
    assert len(server.asked) == 54


def test_sixteen_threads_at_once(server: TileServer):
    array = array_of(open_stack(server))
    boxes = [(slice(0, 3), slice(n, n + 200), slice(n, n + 300)) for n in range(0, 160, 10)]
    with ThreadPoolExecutor(16) as pool:
        parts = list(pool.map(lambda box: array[box], boxes))
    for box, part in zip(boxes, parts, strict=True):
        assert np.array_equal(part, expected(server)[box])
    assert set(server.tiles.values()) == {1}
    assert server.connections <= 2 * 16


def test_a_tile_outside_needs_no_request(server: TileServer):
    source = open_stack(server)
    for outside in (tile(-1, 0), tile(0, -1), tile(5, 0), tile(0, 3), tile(0, 0, 6)):
        assert source.tile(outside) is None
    assert source.tile(tile(4, 2)).shape == (SHAPE[1] - 4 * 128, SHAPE[0] - 2 * 256)
    assert len(server.asked) == 1


def test_levels_that_the_server_measures(server: TileServer):
    """Slices that are fewer on coarse levels, and factors that are not powers of 2."""
    factors = [{"x": 1, "y": 1, "z": 1}, {"x": 3, "y": 3, "z": 2}]
    server.changes = {"downsample_factors": factors}
    assert array_of(open_stack(server), 1).shape == (3, 177, 234)


# What a server may send.


@pytest.mark.parametrize("form", ["png", "jpeg", "tiff", "webp", "gif"])
@pytest.mark.parametrize("color", ["gray", "equal"])
def test_forms(server: TileServer, form: str, color: str):
    server.encoding = TileEncoding(form, color=color)
    values = open_stack(server).tile(tile())
    difference = np.abs(values.astype(int) - expected(server)[0][WHOLE])
    assert difference.max() <= (7 if form == "jpeg" else 0)
    assert values.dtype == np.uint8


@pytest.mark.parametrize("content_type", ["", "image/png; charset=binary", "text/plain"])
def test_the_content_type_is_of_no_concern(server: TileServer, content_type: str):
    server.encoding = TileEncoding(content_type=content_type)
    assert np.array_equal(open_stack(server).tile(tile()), expected(server)[0][WHOLE])


@pytest.mark.parametrize("form", ["png", "tiff"])
def test_sixteen_bits(server: TileServer, form: str):
    server.encoding = TileEncoding(form, depth=16)
    source = open_stack(server)
    values = source.tile(tile())
    assert values.dtype == np.uint16
    assert np.array_equal(values, expected(server, depth=16)[0][WHOLE])
    with pytest.raises(ImageDataError, match=r"4/0/0/1_1.*: load it with dtype='uint16'"):
        array_of(source)[0, 200, 300]
    assert array_of(source, dtype="uint16")[0, 200, 300] == values[72, 44]


def test_colours_become_luminance_with_one_warning(server: TileServer):
    server.encoding = TileEncoding(color="rgb")
    source = open_stack(server)
    with pytest.warns(LossWarning, match=r"color='rgb' keeps them") as caught:
        values = [source.tile(tile(row)) for row in range(3)]
    assert len(caught) == 1
    colours = coloured(expected(server)[0][WHOLE])
    luminance = colours @ np.array([0.299, 0.587, 0.114])  # ITU-R 601-2
    assert np.abs(values[1] - luminance).max() <= 0.51


@pytest.mark.parametrize("color", ["rgb", "gray", "palette", "equal"])
def test_colours_that_are_kept(server: TileServer, color: str):
    server.encoding = TileEncoding(color=color)
    values = array_of(open_stack(server, color="rgb"))[0][WHOLE]
    gray = expected(server)[0][WHOLE]
    channels = coloured(gray) if color == "rgb" else np.stack([gray] * 3, axis=-1)
    assert values.dtype.names == ("R", "G", "B")
    assert np.array_equal(np.stack([values[name] for name in "RGB"], axis=-1), channels)


def test_a_palette_is_read_by_its_colours(server: TileServer):
    server.encoding = TileEncoding(color="palette")
    assert np.array_equal(open_stack(server).tile(tile()), expected(server)[0][WHOLE])


@pytest.mark.parametrize("color", ["gray", "rgb"])
def test_where_alpha_is_0_there_is_nothing(server: TileServer, color: str):
    server.encoding = TileEncoding(color="rgba")
    source = open_stack(server, cval=FILLED, color=color)
    if color == "gray":
        with pytest.warns(LossWarning, match="luminance"):
            values = source.tile(tile())
    else:
        values = source.tile(tile())["R"]
    assert set(values[:, ::4].ravel().tolist()) == {FILLED}
    assert np.count_nonzero(values[:, 1::4] == FILLED) == 0


@pytest.mark.parametrize("clipped", [True, False])
def test_tiles_at_the_edge(server: TileServer, clipped: bool):
    server.encoding = TileEncoding(clipped=clipped)
    assert np.array_equal(array_of(open_stack(server))[0], expected(server)[0])


# What is wrong with tiles.


def test_tiles_that_are_not_there(server: TileServer):
    array = array_of(open_stack(server, cval=FILLED))
    for _ in range(2):  # the second time it is known without asking
        with pytest.warns(VolioWarning, match=r"4/3/0/0_0\.png: .*; 15 in all") as caught:
            values = array[2:4]
        assert len(caught) == 1
    assert np.array_equal(values, expected(server, fill=FILLED)[2:4])
    assert len(server.asked) == 30


def test_tiles_that_are_not_there_as_an_error(server: TileServer):
    with pytest.raises(RemoteMissingError, match=r"4/3/0/0_0\.png: the server has no such tile"):
        array_of(open_stack(server, missing="error"))[3, 0, 0]
    assert len(server.asked) == 1


@pytest.mark.parametrize(("codes", "is_missing"), [((404, 410), False), ((404, 403, 500), True)])
@pytest.mark.parametrize("status", [403, 500])
def test_answers_that_mean_missing(server: TileServer, codes, is_missing: bool, status: int):
    server.every = Fault(status)
    source = open_stack(server, missing_codes=codes)
    if is_missing:
        assert source.tile(tile()) is None
        assert len(server.asked) == 1
        return
    with pytest.raises(
        RemoteError, match=rf"4/0/0/1_1\.png: the server answered {status}"
    ) as caught:
        source.tile(tile())
    assert caught.value.status == status
    assert len(server.asked) == (4 if status == 500 else 1)


@pytest.mark.parametrize("fault", [503, 429, CUT, RESET])
def test_failures_that_pass(server: TileServer, fault):
    server.faults = [fault]
    assert np.array_equal(open_stack(server).tile(tile()), expected(server)[0][WHOLE])
    assert len(server.asked) == 2


def test_a_slow_server_gets_more_time_each_time(server: TileServer):
    server.faults = [Fault(wait=0.6)]
    assert open_stack(server, timeout=0.3).tile(tile()) is not None
    assert len(server.asked) == 2


NOT_IMAGES = {
    "HTML": b"<html><body>500</body></html>",
    "JSON": b'{"error": "no such project"}',
    "nothing": b"",
    "text": b"Internal error",
    "noise": bytes(range(256)),
    "a bomb": png_bomb(100_000, 100_000),
}


@pytest.mark.parametrize("name", NOT_IMAGES)
def test_what_is_not_an_image_is_never_filled(server: TileServer, name: str):
    server.every = Fault(body=NOT_IMAGES[name])
    with pytest.raises(CorruptFileError, match=r"4/0/0/1_1\.png: ") as caught:
        open_stack(server).tile(tile())
    assert isinstance(caught.value, OSError)
    assert len(server.asked) == 1


def test_damaged_png_is_refused():
    """Pillow compares no checksums of pixels: damage of the last rows would give wrong ones."""
    plane = np.arange(128 * 256, dtype=np.uint32).reshape(128, 256) * 2654435761 >> 24
    form = TileForm((128, 256), [(128, 256)])
    data = encoded(plane.astype(np.uint8), TileEncoding())
    np.testing.assert_array_equal(decode_tile(data, form).values, plane)
    for place in [*range(8, 50), *range(50, len(data), 397), *range(len(data) - 40, len(data))]:
        damaged = bytearray(data)
        damaged[place] ^= 1 << place % 8
        with pytest.raises(CorruptFileError, match=r"checksum is wrong|ends early"):
            decode_tile(bytes(damaged), form)


def test_the_first_words_of_a_page_are_shown(server: TileServer):
    server.every = Fault(body=NOT_IMAGES["HTML"])
    with pytest.raises(CorruptFileError, match=r"it has 29 bytes, the first are '<html><body>500"):
        open_stack(server).tile(tile())


@pytest.mark.parametrize(("wider", "higher"), [(1, 0), (0, 1), (-1, 0), (0, -5)])
def test_tiles_of_another_size(server: TileServer, wider: int, higher: int):
    server.encoding = TileEncoding(wider=wider, higher=higher)
    size = f"{TILE[0] + wider} x {TILE[1] + higher}"
    with pytest.raises(CorruptFileError, match=f"must have 256 x 128 pixels, has {size}"):
        open_stack(server).tile(tile())


def test_an_error_of_one_tile_leaves_nothing_running(server: TileServer):
    server.tile_faults = {ServedTile(0, 0, 0, 0): Fault(403)}
    server.every = Fault(wait=20.0)
    with pytest.raises(RemoteError, match=r"0_0\.png: the server answered 403"):
        array_of(open_stack(server))[0]
    assert len(server.asked) <= 15


# Mirrors and credentials.


def fault_of(kind: int, fault: Fault) -> Callable[[str], Fault | None]:
    return lambda path: fault if path.startswith(f"/tiles/{kind}/") else None


@pytest.mark.parametrize("fault", [Fault(500), Fault(body=b"<html>"), Fault(401)])
def test_another_mirror_stands_in(server: TileServer, fault: Fault, monkeypatch):
    server.types = (4, 12, 5)  # the second has tiles of another size
    monkeypatch.setattr(server, "next_fault", fault_of(4, fault))
    with pytest.raises((RemoteError, CorruptFileError), match="/tiles/4/"):
        open_stack(server).tile(tile())
    source = open_stack(server, failover=True)
    before = len(server.asked)
    assert np.array_equal(source.tile(tile()), expected(server)[0][WHOLE])
    tries = 4 if fault.status == 500 else 1
    assert len(server.asked) == before + tries + 1
    source.tile(tile(0))  # the one that works is asked first
    assert len(server.asked) == before + tries + 2


def test_a_tile_that_is_missing_is_not_asked_of_another_mirror(server: TileServer):
    server.types = (4, 5)
    assert open_stack(server, failover=True).tile(tile(depth=ABSENT)) is None
    assert len(server.asked) == 1


def test_all_mirrors_fail(server: TileServer, monkeypatch):
    server.types = (4, 5)
    monkeypatch.setattr(server, "next_fault", lambda path: Fault(500))
    with pytest.raises(RemoteError, match=r"/tiles/5/.*answered 500.*tried 4 times"):
        open_stack(server, failover=True).tile(tile())
    assert len(server.asked) == 8


def test_tokens_and_passwords(server: TileServer, monkeypatch):
    source = open_stack(server)
    server.token = "t0ken"
    with pytest.raises(RemoteError, match=r"answered 401 .* no credentials"):
        source.tile(tile())
    source.access.token = "t0ken"  # what is set later counts
    assert source.tile(tile()) is not None
    server.user = ("me", "s3cret")
    with pytest.raises(RemoteError, match=r"answered 401 .*asked with token$"):
        source.tile(tile())
    source.access.auth = ("me", "s3cret")
    assert source.tile(tile()) is not None
    source.access.token = None
    monkeypatch.setenv(TOKENS, f"other.org=x {server.url.removeprefix('http://')}=t0ken")
    assert source.tile(tile()) is not None


def test_the_token_of_boss_is_in_another_header(server: TileServer):
    server.types = (12,)
    source = open_stack(server)
    server.token = source.access.token = "t0ken"
    assert source.tile(TileIndex(0, 1, 1, 0, 128, 128)) is not None
    assert server.headers[-1]["Authorization"] == "Token t0ken"
    assert server.headers[-1]["X-Authorization"] is None


def test_credentials_of_a_server_are_not_sent_to_mirrors_elsewhere(server: TileServer):
    source = open_stack(server)
    source.access = TileAccess("t0ken", ("me", "s3cret"), "https://catmaid.example")
    source.tile(tile())
    assert not {"Authorization", "X-Authorization"} & set(server.headers[-1])
    source.mirror.auth = ("mirror", "own")
    source.tile(tile())
    assert server.headers[-1]["Authorization"] == "Basic bWlycm9yOm93bg=="


def test_an_auth_that_adds_headers(server: TileServer):
    def token(request):
        request.headers["X-Authorization"] = "Token t0ken"
        return request

    source = open_stack(server)
    source.access.auth = token
    server.token = "t0ken"
    assert source.tile(tile()) is not None


def test_pickles_have_no_credentials(server: TileServer):
    source = open_stack(server)
    source.access = TileAccess("t0ken", ("me", "s3cret"))
    source.mirror.auth = ("mirror", "own5ecret")
    pickled = pickle.dumps(source)
    assert not any(secret in pickled for secret in (b"t0ken", b"s3cret", b"own5ecret"))
    again = pickle.loads(pickled)
    assert again.identity(0) == source.identity(0)
    assert np.array_equal(again.tile(tile()), source.tile(tile()))
    source.access.is_pickled = True
    assert pickle.loads(pickle.dumps(source)).access.token == "t0ken"
    assert pickle.loads(pickle.dumps(source)).mirror.auth == ("mirror", "own5ecret")


def test_tokens_of_the_environment_that_are_not_pairs(monkeypatch):
    monkeypatch.setenv(TOKENS, "s3cret")
    with pytest.raises(UsageError, match=f"{TOKENS}: must have host=token") as caught:
        TileAccess().to_server("https://host/")
    assert "s3cret" not in str(caught.value)


# Broken slices.


@pytest.mark.parametrize(("broken", "slices"), [("above", 2), ("below", 5), ("closest", 5)])
def test_what_stands_in_for_a_broken_slice(server: TileServer, broken: str, slices: int):
    server.changes = {"broken_slices": {"3": 2, "4": 1}}
    array = array_of(open_stack(server), broken=broken)
    values = np.asarray(array[2:6])
    assert np.array_equal(values[2], expected(server)[slices])
    # Neither slice that is broken is asked for; the others are once, though used several times.
    assert {tile.depth for tile in server.tiles} == {2, 5}
    assert set(server.tiles.values()) == {1}


def test_broken_slices_between_two_others(server: TileServer):
    server.changes = {"broken_slices": [1]}
    volume = expected(server).astype(float)
    with pytest.warns(VolioWarning, match="no such tile"):
        values = np.asarray(array_of(open_stack(server), broken="interpolate"))
    assert np.array_equal(values[1], np.rint((volume[0] + volume[2]) / 2))
    assert set(server.tiles.values()) == {1}


def test_broken_slices_that_are_filled_are_not_asked_for(server: TileServer):
    values = array_of(open_stack(server, cval=FILLED))[BROKEN]
    assert set(values.ravel().tolist()) == {FILLED}
    assert server.asked == []


@pytest.mark.parametrize(
    ("choices", "message"),
    [
        ({"missing": "skip"}, "missing: must be 'fill' or 'error', got 'skip'"),
        ({"color": "cmyk"}, "color: must be 'gray' or 'rgb', got 'cmyk'"),
        ({"timeout": 0}, "timeout: must be seconds above 0, got 0"),
    ],
)
def test_choices_that_there_are_not(choices, message: str):
    with pytest.raises(UsageError, match=message):
        TileChoices(**choices)
