"""A server of tiles, and nothing kept from other tests."""

from __future__ import annotations

import pytest

from volio.arrays.chunk_cache import chunk_cache
from volio.testing.servers.tile_server import TileServer
from volio.testing.servers.web_server import serving


@pytest.fixture(autouse=True)
def without_kept_tiles():
    chunk_cache().clear()


@pytest.fixture(autouse=True)
def without_waiting(monkeypatch):
    """Tries follow each other at once."""
    monkeypatch.setattr("volio.files.remote.http.sleep", lambda seconds: None)


@pytest.fixture
def server():
    """Tiles of 256 x 128 as types 4 and 1."""
    with serving(TileServer(4, 1)) as running:
        yield running
