"""Commands on a stack that a server has in tiles."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import volio
from volio.arrays.chunk_cache import chunk_cache
from volio.testing.servers.tile_paths import ServedTile
from volio.testing.servers.tile_server import TileServer, pixels
from volio.testing.servers.web_server import Fault, serving


@pytest.fixture
def server(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TileServer]:
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.delenv("VOLIO_CATMAID_TOKEN", raising=False)
    chunk_cache().clear()
    with serving(TileServer()) as running:
        yield running
    chunk_cache().clear()


def test_a_stack_is_listed_without_any_tile(run, server: TileServer):
    head, line = run("ls", server.address).out
    facts = dict(zip(head.split(), line.split(), strict=False))
    assert facts["dtype"] == "uint8"
    assert facts["shape"] == "700x530x6"
    assert line.split()[-3:] == ["3", "256x128x1", "nanometer"]
    ran = run("ls", "--json", server.address)
    (found,) = json.loads("".join(ran.out))
    assert [level["shape"] for level in found["levels"]] == [
        [700, 530, 6],
        [350, 265, 6],
        [175, 133, 6],
    ]
    assert found["chunks"] == [256, 128, 1]
    assert not server.tiles


def test_a_region_is_converted(run, server: TileServer):
    corners = "1400,2500,3000:2200,3300,3120"  # nm: 200 x 160 x 3 pixels of 4 x 5 x 40
    words = ["--roi", corners, "--space", "project", "--level", "1"]
    ran = run("convert", server.address, "part.nii.gz", *words)
    assert (ran.code, ran.err) == (0, [])
    part = volio.load("part.nii.gz")
    np.testing.assert_array_equal(part.dataobj, pixels()[100:300:2, 100:260:2, :3])
    # The first pixel of level 1 covers 1400 to 1408 nm, 2500 to 2510 nm, 3000 to 3040 nm.
    np.testing.assert_allclose(part.affine[:3, 3] * 1e6, [1404, 2505, 3020], rtol=1e-6)
    np.testing.assert_allclose(part.affine.diagonal()[:3] * 1e6, [8, 10, 40], rtol=1e-6)
    assert {tile.level for tile in server.tiles} == {1}
    assert {tile.depth for tile in server.tiles} == {0, 1, 2}


def test_a_level_is_converted_to_a_pyramid(run, server: TileServer):
    server.absent.clear()
    assert run("convert", f"{server.address}@level=2", "all.ome.zarr").code == 0
    found = volio.load("all.ome.zarr")
    expected = pixels()[::4, ::4].copy()
    expected[:, :, 4] = 0  # the broken slice
    np.testing.assert_array_equal(found.dataobj, expected)
    assert found.header.unit == "nanometer"
    assert set(server.tiles.values()) == {1}


def test_absent_tiles_are_one_warning(run, server: TileServer):
    ran = run("convert", server.address, "part.nii", "--level", "2")
    assert ran.code == 0
    (line,) = ran.err
    assert "warning" in line
    assert "/tiles/4/3/2/0_0.png" in line


def test_pictures_read_the_level_that_fits(run, server: TileServer):
    server.absent.clear()
    assert run("view", server.address, "--size", "60", "--png", "seen.png") == (0, [], [])
    assert {tile.level for tile in server.tiles} == {2}
    assert np.asarray(Image.open("seen.png")).std() > 20
    assert run("view", server.address, "--html", "page.html").code == 0
    assert Path("page.html").stat().st_size > 10_000


def test_tokens_come_from_the_environment(run, server: TileServer, monkeypatch: pytest.MonkeyPatch):
    server.token = "not-to-be-shown"
    ran = run("ls", server.address)
    assert ran.code == 2
    assert "401" in ran.err[0]
    host = server.url.removeprefix("http://")
    monkeypatch.setenv("VOLIO_CATMAID_TOKEN", f"{host}=wrong-one")
    ran = run("ls", server.address)
    assert "asked with token" in ran.err[0]
    assert "wrong-one" not in ran.err[0]
    monkeypatch.setenv("VOLIO_CATMAID_TOKEN", f"{host}=not-to-be-shown")
    assert run("ls", server.address).code == 0
    words = ["--level", "2", "--roi", "0,0,0:20,20,3"]
    assert run("convert", server.address, "part.nii", *words).code == 0


def test_what_is_not_there(run, server: TileServer):
    ran = run("ls", server.address.replace("/5", "/77"))
    assert ran.code == 2
    assert "Stack 77 does not exist" in ran.err[0]


def test_a_saved_description_needs_no_server_to_load(run, server: TileServer):
    Path("stack.json").write_text(json.dumps(server.info()))
    assert run("ls", "stack.json").out[1].split()[2] == "700x530x6"
    assert not server.asked


def test_every_tile_is_verified(run, server: TileServer):
    server.absent.clear()
    assert run("verify", server.address).code == 0
    assert set(server.tiles.values()) == {1}
    assert server.tiles.total() == 5 * (15 + 6 + 2)  # the broken slice is not asked for
    chunk_cache().clear()
    server.tile_faults[ServedTile(1, 2, 1, 1)] = Fault(body=b"<html>busy</html>")
    ran = run("verify", server.address)
    assert ran.code == 1
    assert any("/tiles/4/2/1/1_1.png" in line and "<html>busy" in line for line in ran.out)
