"""Servers that lie: every limit, and nothing but errors of volio.

Limits of ``doc/design/tiles.rst``: size of the description, its numbers, where mirrors may be,
redirects, credentials, sizes of bodies and images, time.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

import volio
from volio.errors import (
    CorruptFileError,
    HeaderDataError,
    ImageFileError,
    LimitError,
    RemoteError,
    RemoteMissingError,
    VolioError,
)
from volio.files.remote import http
from volio.files.remote.connections import connection_pool
from volio.formats.catmaid import tiles as tiles_module
from volio.testing.servers.tile_images import (
    TileEncoding,
    encoded,
    png_bomb,
    png_overfull,
    png_text_bomb,
)
from volio.testing.servers.tile_server import TileServer, pixels
from volio.testing.servers.web_server import Fault, Server, serving

INFO = "/1/stack/5/info"


@pytest.fixture(autouse=True)
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Seconds that were to be waited between tries; nothing waits."""
    found: list[float] = []
    monkeypatch.setattr(http, "sleep", found.append)
    return found


@pytest.fixture
def server() -> Iterator[TileServer]:
    with serving(TileServer()) as running:
        yield running


def described(server: TileServer, data: object) -> None:
    """Let the server describe its stack by other bytes."""
    body = data if isinstance(data, bytes) else json.dumps(data).encode()
    server.reply = replies(server, body)


def replies(server: TileServer, body: bytes) -> Callable:
    usual = server.reply
    answer = Fault(200, body)

    def reply(path, headers):
        found = usual(path, headers)
        return answer.applied(found) if path == INFO else found

    return reply


NUMBERS = {
    "no size": ({"dimension": None}, "dimension: is missing"),
    "no length": ({"dimension": {"x": 700, "y": 530}}, "dimension: must have integers x, y, z"),
    "length of 0": ({"dimension": {"x": 0, "y": 530, "z": 6}}, "dimension: must have integers"),
    "huge": ({"dimension": {"x": 1 << 60, "y": 530, "z": 6}}, "dimension: must have integers"),
    "half a pixel": ({"dimension": {"x": 700.5, "y": 1, "z": 6}}, "dimension: must have integers"),
    "text": ({"dimension": {"x": "700", "y": 1, "z": 6}}, "dimension: must have integers"),
    "flat pixels": ({"resolution": {"x": 0, "y": 4, "z": 40}}, "resolution"),
    "negative pixels": ({"resolution": {"x": 4, "y": -4, "z": 40}}, "resolution"),
    "endless pixels": ({"resolution": {"x": 4, "y": 4, "z": float("inf")}}, "resolution"),
    "nowhere": ({"translation": {"x": 4, "y": float("nan"), "z": 0}}, "translation"),
    "33 levels": ({"num_zoom_levels": 33}, "num_zoom_levels: must be an integer from -1 to 32"),
    "levels in text": ({"num_zoom_levels": "3"}, "num_zoom_levels: must be an integer"),
    "no factors": ({"downsample_factors": []}, "downsample_factors: must be a list"),
    "34 factors": ({"downsample_factors": [{"x": 1, "y": 1, "z": 1}] * 34}, "downsample_factors"),
    "factor of 0": ({"downsample_factors": [{"x": 1, "y": 0, "z": 1}]}, r"downsample_factors\[0\]"),
    "orientation": ({"orientation": 7}, "orientation"),
    "broken by name": ({"broken_slices": {"first": 1}}, "broken_slices"),
    "broken by half": ({"broken_slices": {"4": 0.5}}, "broken_slices"),
    "mirror of text": ({"mirrors": ["https://host/"]}, r"mirrors\[0\]: must be a mapping"),
    "too many": ({"mirrors": [{}] * 1001}, "mirrors: must be a list of at most 1000"),
    "no mirror": ({"mirrors": []}, "mirror"),
}


@pytest.mark.parametrize("case", NUMBERS)
def test_numbers_that_make_no_sense(server: TileServer, case: str):
    server.changes, message = NUMBERS[case]
    with pytest.raises(VolioError, match=message):
        volio.load(server.address)
    assert not server.tiles


MIRRORS = {
    "file": ({"image_base": "file:///etc/"}, "must be an http or https address"),
    "script": ({"image_base": "javascript:alert(1)"}, "must be an http or https address"),
    "ftp": ({"image_base": "ftp://host/"}, "must be an http or https address"),
    "number": ({"image_base": 4}, "image_base: must be text"),
    "flat tiles": ({"tile_height": 0}, "tile_height: must be 1 to 16384 pixels, got 0"),
    "long tiles": ({"tile_width": 16385}, "tile_width: must be 1 to 16384 pixels, got 16385"),
    "tiles in text": ({"tile_width": "256"}, "tile_width: must be an integer"),
    "type": ({"tile_source_type": 15}, "tile_source_type: 15 is not known"),
}


@pytest.mark.parametrize("case", MIRRORS)
def test_mirrors_that_make_no_sense(server: TileServer, case: str):
    changes, message = MIRRORS[case]
    server.changes = {"mirrors": [server.mirror(4, **changes)]}
    with pytest.raises(HeaderDataError, match=rf"mirrors\[0\].*{message}|{message}"):
        volio.load(server.address)


DESCRIPTIONS = {
    "list": [],
    "number": 5,
    "nothing": b"",
    "page": b"<!DOCTYPE html><html><title>Login</title>",
    "half": b'{"dimension": {"x": 700,',
    "not UTF-8": b'{"title": "\xff\xfe"}',
    "deep": b"[" * 200_000,
    "long number": b'{"dimension": {"x": ' + b"9" * 10_000 + b', "y": 1, "z": 1}}',
}


@pytest.mark.parametrize("case", DESCRIPTIONS)
def test_descriptions_that_are_none(server: TileServer, case: str):
    described(server, DESCRIPTIONS[case])
    with pytest.raises(VolioError, match=r"127\.0\.0\.1:\d+/1/stack/5"):
        volio.load(server.address)


def test_errors_of_catmaid_come_with_the_status_of_success(server: TileServer):
    with pytest.raises(RemoteMissingError, match="Stack 9 does not exist"):
        volio.load(server.address.replace("/5", "/9"))


def test_a_description_of_more_than_16_mb_is_not_read(server: TileServer):
    described(server, b" " * (1 << 24) + json.dumps(server.info()).encode())
    with pytest.raises(VolioError, match=r"/1/stack/5/info.*16"):
        volio.load(server.address)
    described(server, b" " * 15_000_000 + json.dumps(server.info()).encode())
    assert volio.load(server.address).shape == (700, 530, 6)


def test_titles_do_not_command_the_terminal(server: TileServer):
    server.changes = {"stitle": "\x1b[2Jred\r\n"}
    server.changes["mirrors"] = [server.mirror(4, title="\x9b31m")]
    text = str(volio.load(server.address))
    assert " title ?[2Jred??\n" in text
    assert " mirrors ?31m\n" in text


def test_a_stack_that_no_number_of_levels_makes_small(server: TileServer):
    size = {"x": 1 << 48, "y": 1 << 8, "z": 1}
    server.changes = {"dimension": size, "num_zoom_levels": -1, "broken_slices": {}}
    levels = volio.load(server.address).levels
    assert len(levels) == 33
    assert levels[32].shape == (1 << 16, 1, 1)
    np.testing.assert_array_equal(levels[0].dataobj[:9, :9, 0], pixels()[:9, :9, 0])


def test_templates_are_no_formats(server: TileServer):
    base = f"{server.url}/{{0.__class__}}/%s/{{depth}}/"
    server.changes = {"mirrors": [server.mirror(4, image_base=base)]}
    server.files["/%7B0.__class__%7D/%s/%7Bdepth%7D/2/0/0_0.png"] = encoded(
        np.full((128, 256), 9, np.uint8), TileEncoding()
    )
    assert volio.load(server.address).dataobj[0, 0, 2] == 9


BOMBS = {
    "large image": png_bomb(60_000, 60_000),
    "one pixel more": png_bomb(257, 128),
    "long comment": png_text_bomb(256, 128),
}


@pytest.mark.parametrize("case", BOMBS)
def test_bombs(server: TileServer, case: str):
    server.every = Fault(body=BOMBS[case])
    with pytest.raises(CorruptFileError, match=r"/tiles/4/2/0/0_0\.png: "):
        volio.load(server.address).dataobj[0, 0, 2]
    assert server.tiles.total() == 1


def test_what_follows_the_pixels_of_an_image_is_not_inflated(server: TileServer):
    server.every = Fault(body=png_overfull(256, 128))
    assert not volio.load(server.address).dataobj[:256, :128, 2].any()


def test_formats_that_are_not_tiles(server: TileServer):
    server.encoding = TileEncoding("bmp")
    with pytest.raises(CorruptFileError, match="is not a PNG, JPEG, TIFF, WebP or GIF"):
        volio.load(server.address).dataobj[0, 0, 2]


@pytest.mark.parametrize("is_announced", [True, False])
def test_long_bodies_are_not_read(
    server: TileServer, monkeypatch: pytest.MonkeyPatch, is_announced: bool
):
    monkeypatch.setattr(tiles_module, "LARGEST_BODY", 10_000)
    # Without a length an answer ends with its connection.
    headers = {} if is_announced else {"Content-Length": "", "Connection": "close"}
    server.every = Fault(body=bytes(10_001), headers=headers)
    with pytest.raises(LimitError, match=r"/tiles/4/2/0/0_0\.png: .*10000"):
        volio.load(server.address).dataobj[0, 0, 2]
    server.every = Fault(body=bytes(10_000), headers=headers)
    with pytest.raises(CorruptFileError, match="it has 10000 bytes"):
        volio.load(server.address).dataobj[0, 0, 2]


def test_a_try_ends_in_time_though_bytes_keep_coming(
    server: TileServer, monkeypatch: pytest.MonkeyPatch, waits: list[float]
):
    monkeypatch.setattr(tiles_module, "WHOLE_TRY", 0.15)
    server.every = Fault(pause=0.02)  # a tile would take 4 s
    with pytest.raises(RemoteError, match=r"timed out.* \(tried 4 times\)"):
        volio.load(server.address).dataobj[0, 0, 2]
    assert len(waits) == 3


@pytest.fixture
def other() -> Iterator[TileServer]:
    with serving(TileServer()) as running:
        yield running


def sent_on(target: str) -> Fault:
    return Fault(302, headers={"Location": target})


def credentials(server: Server) -> list[str]:
    """What a server was told of who asks."""
    names = ("Authorization", "X-Authorization")
    return [headers[name] for headers in server.headers for name in names if name in headers]


def test_five_redirects_are_followed(server: TileServer):
    server.tile_faults = {}
    usual = server.next_fault
    hops = []

    def next_fault(path):
        if path.startswith("/hop/") or path.startswith("/tiles/4/2/0/0_0"):
            hops.append(path)
            if len(hops) < count:
                return sent_on(f"/hop/{len(hops)}")
            return sent_on("/tiles/4/2/0/1_1.png") if len(hops) == count else None
        return usual(path)

    server.next_fault = next_fault
    count = 5
    found = volio.load(server.address).dataobj[:256, :128, 2]
    np.testing.assert_array_equal(found, pixels()[256:512, 128:256, 2])
    hops.clear()
    count = 6
    volio.load(server.address)
    with pytest.raises(RemoteError, match="sends on more than 5 times"):
        volio.load(server.address, cval=1).dataobj[0, 0, 2]


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://host/a.png", "data:,a"])
def test_redirects_lead_to_http_only(server: TileServer, target: str):
    server.every = sent_on(target)
    with pytest.raises(RemoteError, match="is not an http or https address"):
        volio.load(server.address).dataobj[0, 0, 2]


def test_redirects_in_a_circle(server: TileServer):
    server.every = sent_on("/tiles/4/2/0/0_0.png")
    with pytest.raises(RemoteError, match="sends on more than 5 times"):
        volio.load(server.address).dataobj[0, 0, 2]
    assert server.tiles.total() == 6


PUBLIC = "http://em.example"


@pytest.fixture
def on_the_web(server: TileServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[TileServer]:
    """The server, which answers for a host of the web as well: it is the proxy to that."""
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setenv("http_proxy", server.url)
    reply = server.reply
    next_fault = server.next_fault
    server.reply = lambda path, headers: reply(path.removeprefix(PUBLIC), headers)
    server.next_fault = lambda path: next_fault(path.removeprefix(PUBLIC))
    mirror = {**server.mirror(4), "image_base": f"{PUBLIC}/tiles/4/"}
    server.changes = {"mirrors": [mirror]}
    yield server
    connection_pool().close()  # another test has another server at the same address


def test_redirects_do_not_lead_from_the_web_into_a_private_network(
    on_the_web: TileServer, other: TileServer
):
    address = f"catmaid+{PUBLIC}/1/stack/5"
    img = volio.load(address)
    on_the_web.every = sent_on(f"{other.url}/tiles/4/2/0/0_0.png")
    with pytest.raises(RemoteError, match=r"sends on to '127\.0\.0\.1'.*in a private network"):
        img.dataobj[0, 0, 2]
    on_the_web.every = None
    on_the_web.faults = [sent_on(f"{other.url}{INFO}")]
    with pytest.raises(RemoteError, match=r"sends on to '127\.0\.0\.1'.*in a private network"):
        volio.load(address)
    on_the_web.faults = [sent_on(f"{other.url}/a.nii")]
    with pytest.raises(RemoteError, match=r"sends on to '127\.0\.0\.1'.*in a private network"):
        http.fetch(f"{PUBLIC}/a.nii")
    assert other.asked == []


def test_redirects_into_a_private_network_that_are_meant(on_the_web: TileServer, other: TileServer):
    on_the_web.faults = [sent_on(f"{other.url}{INFO}")]
    address = f"catmaid+{PUBLIC}/1/stack/5"
    img = volio.load(address, allow_private=True, allow_redirects=True)
    on_the_web.every = sent_on(f"{other.url}/tiles/4/2/0/0_0.png")
    np.testing.assert_array_equal(img.dataobj[:256, :128, 2], pixels()[:256, :128, 2])
    assert len(other.asked) == 2


def test_redirects_inside_a_private_network(server: TileServer, other: TileServer):
    server.every = sent_on(f"{other.url}/tiles/4/2/0/0_0.png")
    with pytest.raises(RemoteError, match=f"{server.url} redirects to {other.url}; to follow"):
        volio.load(server.address).dataobj[0, 0, 2]
    assert other.asked == []
    found = volio.load(server.address, allow_redirects=True).dataobj[:256, :128, 2]
    np.testing.assert_array_equal(found, pixels()[:256, :128, 2])
    assert len(other.asked) == 1


@pytest.mark.parametrize("credential", ["token", "auth"])
def test_credentials_do_not_follow_to_another_server(
    server: TileServer, other: TileServer, credential: str
):
    choices = {"token": {"token": "abc"}, "auth": {"auth": ("me", "secret")}}[credential]
    server.every = sent_on(f"{other.url}/tiles/4/2/0/0_0.png")
    img = volio.load(server.address, allow_redirects=True, **choices)
    np.testing.assert_array_equal(img.dataobj[:256, :128, 2], pixels()[:256, :128, 2])
    assert len(credentials(server)) == 2  # of the description and the tile
    assert len(other.asked) == 1
    assert credentials(other) == []


@pytest.mark.parametrize("credential", ["token", "auth"])
def test_credentials_do_not_go_to_mirrors_of_other_servers(
    server: TileServer, other: TileServer, credential: str
):
    choices = {"token": {"token": "abc"}, "auth": {"auth": ("me", "secret")}}[credential]
    server.changes = {"mirrors": [other.mirror(4)]}
    img = volio.load(server.address, **choices)
    np.testing.assert_array_equal(img.dataobj[:256, :128, 2], pixels()[:256, :128, 2])
    assert len(credentials(server)) == 1
    assert len(other.asked) == 1
    assert credentials(other) == []


def test_names_on_disk_come_from_no_server(server: TileServer, tmp_path: Path):
    server.changes = {"mirrors": [server.mirror(4, image_base=f"{server.url}/../../../a b/")]}
    server.files["/../../../a%20b/2/0/0_0.png"] = encoded(pixels()[:256, :128, 2].T, TileEncoding())
    folder = tmp_path / "cache" / "tiles"
    volio.load(server.address, cache=folder).dataobj[0, 0, 2]
    kept = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert kept
    assert all(folder in path.parents for path in kept)
    assert all(".." not in path.relative_to(folder).parts for path in kept)


def test_damaged_png_is_refused(server: TileServer):
    """Its checksums are compared, which Pillow leaves to chance in the last rows."""
    data = encoded(pixels()[:256, :128, 2].T, TileEncoding())
    rng = np.random.default_rng(0)
    img = volio.load(server.address)
    places = [*range(len(data) - 120, len(data) - 20), *rng.integers(33, len(data), 40)]
    for place in places:
        damaged = bytearray(data)
        damaged[place] ^= 1 << int(rng.integers(8))
        server.every = Fault(body=bytes(damaged))
        with pytest.raises(CorruptFileError, match=r"/tiles/4/2/0/0_0\.png: "):
            img.dataobj[0, 0, 2]


@pytest.mark.parametrize("form", ["png", "jpeg", "tiff", "webp", "gif"])
def test_damaged_tiles_give_errors_of_volio_or_an_image(server: TileServer, form: str):
    data = encoded(pixels()[:256, :128, 2].T, TileEncoding(form))
    rng = np.random.default_rng(1)
    refused = 0
    for _ in range(60):
        damaged = bytearray(data[: rng.integers(1, len(data) + 1)])
        for place in rng.integers(0, len(damaged), 3):
            damaged[place] = rng.integers(256)
        server.every = Fault(body=bytes(damaged))
        try:
            found = np.asarray(volio.load(server.address).dataobj[:256, :128, 2])
        except (CorruptFileError, ImageFileError):
            refused += 1
        else:
            assert found.shape == (256, 128)
    assert refused > 20
