"""The tile server of the test kit gives what it says; its addresses here are written out."""

from __future__ import annotations

import base64
import io
import json
from collections import Counter
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import numpy as np
import pytest
from PIL import Image

from volio.testing.servers.nginx import nginx
from volio.testing.servers.tile_folder import write_info, write_tiles
from volio.testing.servers.tile_images import (
    TileEncoding,
    coloured,
    png_bomb,
    png_overfull,
    png_text_bomb,
)
from volio.testing.servers.tile_paths import ServedTile
from volio.testing.servers.tile_server import SHAPE, TileServer, pixels
from volio.testing.servers.web_server import CUT, RESET, Fault, serving

#: The tile of level 1, slice 2, row 1, column 1 (of 128 pixels for type 12), by type.
ADDRESSES = {
    1: "2/1_1_1.png",
    2: "?x=256&y=128&width=256&height=128&row=y&col=x&scale=0.5&z=2",
    4: "2/1/1_1.png",
    5: "1/2/1/1.png",
    7: "largeDataTileSource/256/128/1/2/1/1.png",
    8: "api/node/a1b2/tiles/tile/xy/1/1_1_2",
    9: "2/1_1_1.png?color=ff0000",
    10: "cube.n5/s1/256_128_2.png",
    12: "em/cube/gray/xy/128/1/1/1/2",
}


@pytest.fixture
def server():
    with serving(TileServer(4, 1)) as running:
        yield running


def fetched(server: TileServer, path: str, **headers: str) -> bytes:
    try:
        with urlopen(Request(f"{server.url}{path}", headers=headers), timeout=10) as answer:
            return answer.read()
    except HTTPError as error:
        error.close()
        raise


def tile(server: TileServer, path: str = "/tiles/4/2/1/1_1.png", **headers: str) -> np.ndarray:
    image = Image.open(io.BytesIO(fetched(server, path, **headers)))
    return np.array(image.convert("L") if image.mode == "P" else image)


@pytest.mark.parametrize("kind", ADDRESSES)
def test_each_type_gives_the_same_pixels(server: TileServer, kind: int):
    width = 128 if kind == 12 else 256
    expected = pixels()[::2, ::2][width : 2 * width, 128:256, 2].T
    padded = np.zeros((128, width), np.uint8)
    padded[: expected.shape[0], : expected.shape[1]] = expected
    np.testing.assert_array_equal(tile(server, f"/tiles/{kind}/{ADDRESSES[kind]}"), padded)
    assert server.tiles == Counter({ServedTile(1, 2, 1, 1): 1})


@pytest.mark.parametrize("path", ["raw/0_1/256_128/256_128_2/png", "raw/0_2/256_128/256_2_128/png"])
def test_arrays_of_dvid(server: TileServer, path: str):
    found = tile(server, f"/tiles/6/api/node/a1b2/gray/{path}")
    np.testing.assert_array_equal(found, pixels()[256:512, 128:256, 2].T)


@pytest.mark.parametrize(
    "path",
    ["6/api/node/a1b2/gray/raw/1_2/256_128/2_128_256/png", "8/api/node/a1b2/tiles/tile/yz/0/2_1_1"],
)
def test_transposed_tiles(server: TileServer, path: str):
    np.testing.assert_array_equal(tile(server, f"/tiles/{path}"), pixels()[256:512, 128:256, 2])
    assert server.tiles == Counter({ServedTile(0, 2, 1, 1): 1})


@pytest.mark.parametrize(
    "path", ["2/3/0_0", "-1/0/0_0", "6/0/0_0", "2/0/5_0", "2/0/0_3", "2/0/-1_0", "3/0/0_0"]
)
def test_tiles_that_are_not_there(server: TileServer, path: str):
    with pytest.raises(HTTPError, match="404"):
        fetched(server, f"/tiles/4/{path}.png")
    assert server.tiles.total() == 1


def test_the_broken_slice_is_white(server: TileServer):
    assert set(np.unique(tile(server, "/tiles/4/4/0/0_0.png"))) == {255}
    assert not (pixels() == 255).any()
    assert not (pixels() == 0).any()


def test_the_last_tiles_are_padded_or_clipped(server: TileServer):
    path = "/tiles/4/2/0/4_2.png"
    padded = tile(server, path)
    server.encoding = TileEncoding(clipped=True)
    clipped = tile(server, path)
    np.testing.assert_array_equal(clipped, pixels()[512:, 512:, 2].T)
    assert clipped.shape == (18, 188)
    np.testing.assert_array_equal(padded, np.pad(clipped, [(0, 110), (0, 68)]))
    server.encoding = TileEncoding(wider=3, higher=-2)
    assert tile(server).shape == (126, 259)


def test_encodings(server: TileServer):
    plane = pixels()[256:512, 128:256, 2].T
    path = "/tiles/4/2/0/1_1"
    expected = {
        TileEncoding(depth=16): pixels(16)[256:512, 128:256, 2].T,
        TileEncoding("tiff", depth=16): pixels(16)[256:512, 128:256, 2].T,
        TileEncoding("bmp"): plane,
        TileEncoding("gif"): plane,
        TileEncoding(color="equal"): np.stack([plane] * 3, axis=-1),
        TileEncoding("webp", color="equal"): np.stack([plane] * 3, axis=-1),
        TileEncoding(color="rgb"): coloured(plane),
        TileEncoding(color="rgba"): coloured(plane, alpha=True),
    }
    for encoding, values in expected.items():
        server.encoding = encoding
        np.testing.assert_array_equal(tile(server, f"{path}.{encoding.form}"), values)
    server.encoding = TileEncoding(color="palette")
    found = Image.open(io.BytesIO(fetched(server, f"{path}.png")))
    assert found.mode == "P"
    np.testing.assert_array_equal(np.array(found.convert("L")), plane)
    server.encoding = TileEncoding("jpeg")
    found = tile(server, f"{path}.jpg").astype(int)
    assert np.abs(found - plane).max() <= 7


def test_the_high_bytes_of_16_bits_are_the_8_bits():
    np.testing.assert_array_equal(pixels(16) >> 8, pixels())
    assert pixels().shape == SHAPE


@pytest.mark.parametrize(
    ("content_type", "found"), [(None, "image/png"), ("", None), ("x/y", "x/y")]
)
def test_content_types(server: TileServer, content_type: str | None, found: str | None):
    server.encoding = TileEncoding(content_type=content_type)
    with urlopen(f"{server.url}/tiles/4/2/0/0_0.png") as answer:
        assert answer.headers["Content-Type"] == found


def test_descriptions(server: TileServer):
    server.changes = {"attribution": "us"}
    server.stacks[6] = {"stitle": "other"}
    info = json.loads(fetched(server, "/1/stack/6/info"))
    assert info["stitle"] == "other"
    assert info["attribution"] == "us"
    assert [mirror["tile_source_type"] for mirror in info["mirrors"]] == [4, 1]
    assert info["mirrors"][1]["image_base"] == f"{server.url}/tiles/1/"
    assert "error" in json.loads(fetched(server, "/1/stack/7/info"))


@pytest.mark.parametrize("orientation", ["xy", "xz", "zy"])
def test_bases_have_the_plane(server: TileServer, orientation: str):
    server.orientation = orientation
    plane = {"xy": "0_1", "xz": "0_2", "zy": "1_2"}[orientation]
    base = f"{server.url}/tiles/6/api/node/a1b2/gray/raw/{plane}/"
    assert server.mirror(6)["image_base"] == base


def test_credentials(server: TileServer):
    server.token = "abc"
    for path in ("/1/stack/5/info", "/tiles/4/2/0/0_0.png"):
        with pytest.raises(HTTPError, match="401"):
            fetched(server, path, Authorization="Token abd")
        assert fetched(server, path, **{"X-Authorization": "Token abc"})
    server.user = ("me", "secret")
    words = base64.b64encode(b"me:secret").decode()
    both = {"X-Authorization": "Token abc", "Authorization": f"Basic {words}"}
    assert fetched(server, "/1/stack/5/info", **both)
    with pytest.raises(HTTPError, match="401"):
        fetched(server, "/1/stack/5/info", Authorization=f"Basic {words}")


def test_faults_come_once_for_a_tile_or_always(server: TileServer):
    server.faults = [503]
    server.tile_faults[ServedTile(0, 2, 0, 0)] = Fault(500)
    server.every = Fault(body=b"<html>", headers={"Content-Type": "text/html"})
    with pytest.raises(HTTPError, match="503") as caught:
        fetched(server, "/tiles/4/2/0/0_0.png")
    assert caught.value.headers["Retry-After"] == "1"
    with pytest.raises(HTTPError, match="500"):
        fetched(server, "/tiles/4/2/0/0_0.png")
    assert fetched(server, "/tiles/4/2/0/0_1.png") == b"<html>"
    assert server.statuses == Counter({503: 1, 500: 1, 200: 1})


@pytest.mark.parametrize(("fault", "message"), [(CUT, "IncompleteRead"), (RESET, "reset by peer")])
def test_bodies_that_end_early(server: TileServer, fault: Fault, message: str):
    server.every = fault
    with pytest.raises(Exception, match=message):  # http.client's own, and ConnectionError
        fetched(server, "/tiles/4/2/0/0_0.png")


def test_slow_answers_end_with_the_server():
    with serving(TileServer()) as server:
        server.every = Fault(wait=60)
        with pytest.raises(TimeoutError, match="timed out"):
            urlopen(f"{server.url}/tiles/4/2/0/0_0.png", timeout=0.05).close()
        server.every = Fault(pause=60)
        with urlopen(f"{server.url}/tiles/4/2/0/0_0.png", timeout=0.05) as answer:
            assert answer.status == 200
            with pytest.raises(TimeoutError, match="timed out"):
                answer.read()


def test_redirects(server: TileServer):
    server.tile_faults[ServedTile(0, 2, 0, 0)] = Fault(
        302, headers={"Location": "/tiles/4/2/1/1_1.png"}
    )
    np.testing.assert_array_equal(tile(server, "/tiles/4/2/0/0_0.png"), tile(server))


def test_what_has_not_changed_is_not_sent(server: TileServer):
    with pytest.raises(HTTPError, match="304"):
        fetched(server, "/tiles/4/2/0/0_0.png", **{"If-None-Match": '"0-2-0-0"'})
    assert server.statuses == Counter({304: 1})


def test_bombs_are_small():
    bomb = png_bomb(60_000, 60_000)
    assert len(bomb) < 1 << 19
    with pytest.raises(Image.DecompressionBombError, match="exceeds limit"):
        Image.open(io.BytesIO(bomb))
    assert len(png_overfull(256, 128)) < 1 << 19
    assert Image.open(io.BytesIO(png_overfull(256, 128))).size == (256, 128)
    assert len(png_text_bomb(256, 128)) < 1 << 19


@pytest.mark.requires("nginx")
@pytest.mark.parametrize(
    ("kind", "path"), [(1, "2/1_1_1.png"), (4, "2/1/1_1.png"), (5, "1/2/1/1.png")]
)
def test_tiles_as_files(server: TileServer, tmp_path: Path, kind: int, path: str):
    levels = [pixels()[:600, :300, :4], pixels()[:600:2, :300:2, :4]]
    # 3 x 3 tiles of the finest level, 2 x 2 of the other, in three slices.
    assert write_tiles(tmp_path / "files" / "em", levels, kind=kind, absent=[3]) == 39
    write_info(tmp_path / "files", server.info())
    with nginx(tmp_path, tmp_path / "files") as url:
        with urlopen(f"{url}/em/{path}") as answer:
            found = np.array(Image.open(io.BytesIO(answer.read())))
        with urlopen(f"{url}/1/stack/5/info") as answer:
            assert json.load(answer) == server.info()
        with pytest.raises(HTTPError, match="404") as caught:
            urlopen(f"{url}/em/{path.replace('2/', '3/', 1)}")
        caught.value.close()
    expected = np.zeros((128, 256), np.uint8)
    expected[:22, :44] = levels[1][256:, 128:, 2].T
    np.testing.assert_array_equal(found, expected)
