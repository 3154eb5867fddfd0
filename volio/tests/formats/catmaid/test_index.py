"""Which tile, and which tiles a range of pixels touches."""

from __future__ import annotations

import dataclasses
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from volio.errors import UsageError, UsageTypeError
from volio.formats.catmaid.index import TileIndex, fill_tiled_cuboid, tiles_touched

TILE = TileIndex(depth=3, row=5, col=4, zoom_level=0, height=514, width=512)


def test_coordinates_are_those_of_the_first_pixel():
    assert TILE.coords == {"x": 4 * 512, "y": 5 * 514, "z": 3}
    assert dataclasses.replace(TILE, row=-1).coords == {"x": 2048, "y": -514, "z": 3}


def test_an_address_names_four_numbers():
    assert TILE.url_kwargs == {"depth": 3, "row": 5, "col": 4, "zoom_level": 0}
    assert TileIndex.hash_keys == ("depth", "row", "col", "zoom_level", "height", "width")
    assert TileIndex.url_keys == ("depth", "row", "col", "zoom_level")
    assert TileIndex.comparable_keys == ("zoom_level", "height", "width")


def test_tiles_are_equal_by_their_values():
    """catpy compared hashes: -1 and -2 have the same one, and tiles are no other things."""
    assert TileIndex(3, 5, 4, 0, 514, 512) == TILE
    assert hash(TILE) == hash(TileIndex(*[np.int64(n) for n in (3, 5, 4, 0, 514, 512)]))
    assert dataclasses.replace(TILE, row=-1) != dataclasses.replace(TILE, row=-2)
    assert TILE != (3, 5, 4, 0, 514, 512)
    assert hash(TILE) != TILE


@pytest.mark.parametrize("name", [*TileIndex.hash_keys])
def test_every_number_tells_tiles_apart(name: str):
    other = dataclasses.replace(TILE, **{name: getattr(TILE, name) + 1})
    assert other != TILE
    assert TILE.is_comparable(other) == (name not in TileIndex.comparable_keys)


def test_a_tile_is_frozen_and_pickles():
    with pytest.raises(dataclasses.FrozenInstanceError, match="row"):
        TILE.row = 1
    assert pickle.loads(pickle.dumps(TILE)) == TILE


def test_numbers_are_integers_and_sizes_are_positive():
    with pytest.raises(UsageTypeError, match=r"tile: row: must be an integer, got 5\.0"):
        TileIndex(3, 5.0, 4, 0, 514, 512)
    with pytest.raises(UsageError, match="must be 1 or more, got 0 and 512"):
        TileIndex(3, 5, 4, 0, 0, 512)


def test_a_cuboid_has_both_its_corners():
    first = dataclasses.replace(TILE, depth=0, row=-1, col=2)
    last = dataclasses.replace(TILE, depth=1, row=1, col=3)
    found = fill_tiled_cuboid(first, last)
    places = {(tile.depth, tile.row, tile.col) for tile in found}
    assert places == {(z, r, c) for z in (0, 1) for r in (-1, 0, 1) for c in (2, 3)}
    assert {tile.is_comparable(TILE) for tile in found} == {True}
    assert fill_tiled_cuboid(TILE, TILE) == {TILE}
    assert fill_tiled_cuboid(last, first) == set()


def test_a_cuboid_needs_comparable_corners():
    with pytest.raises(UsageError, match="corners must be of one zoom level and tile size"):
        fill_tiled_cuboid(TILE, dataclasses.replace(TILE, zoom_level=1))


@given(st.integers(-300, 300), st.integers(0, 300), st.integers(1, 70))
def test_a_range_touches_the_tiles_its_pixels_are_in(lower: int, length: int, size: int):
    pixels = np.arange(lower, lower + length)
    expected = sorted({int(tile) for tile in np.floor(pixels / size)})
    assert [*tiles_touched(lower, lower + length, size)] == expected
