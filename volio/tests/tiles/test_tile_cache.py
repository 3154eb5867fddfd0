"""The list of decoded tiles: what stays and what goes."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from volio.errors import UsageError
from volio.formats.catmaid.index import TileIndex
from volio.tiles.cache import TileCache


def tile(row: int) -> TileIndex:
    return TileIndex(0, row, 0, 0, 4, 4)


def filled(cache: TileCache, *rows: int, nbytes: int = 16) -> list[int]:
    """Rows of the tiles that are left after some were put in."""
    for row in rows:
        cache[tile(row)] = np.full(nbytes, row, np.uint8)
    return [each.row for each in cache]


def test_the_oldest_goes_first():
    cache = TileCache(max_items=3)
    assert filled(cache, 1, 2, 3, 4) == [2, 3, 4]
    assert len(cache) == 3
    assert [int(each[0]) for each in cache.values()] == [2, 3, 4]


def test_using_a_tile_makes_it_new():
    cache = TileCache(max_items=3)
    filled(cache, 1, 2, 3)
    assert cache[tile(1)][0] == 1
    assert cache.get(tile(2))[0] == 2
    assert filled(cache, 4) == [1, 2, 4]
    assert filled(cache, 1) == [2, 4, 1]


def test_looking_whether_a_tile_is_there_does_not():
    cache = TileCache(max_items=2)
    filled(cache, 1, 2)
    assert tile(1) in cache
    assert tile(3) not in cache
    assert "tile" not in cache
    assert filled(cache, 3) == [2, 3]


def test_bytes_are_limited_too():
    cache = TileCache(max_items=10, max_bytes=40)
    assert filled(cache, 1, 2) == [1, 2]
    assert cache.current_bytes == 32
    assert filled(cache, 3) == [2, 3]
    assert cache.current_bytes == 32
    assert filled(cache, 3, nbytes=20) == [2, 3]
    assert cache.current_bytes == 36


def test_both_limits_hold():
    cache = TileCache(max_items=2, max_bytes=1000)
    assert filled(cache, 1, 2, 3) == [2, 3]
    assert cache.current_bytes == 32


def test_a_tile_that_is_too_large_empties_the_cache():
    cache = TileCache(max_bytes=40)
    filled(cache, 1, 2)
    assert filled(cache, 3, nbytes=41) == []
    assert cache.current_bytes == 0


def test_without_limits_all_stay():
    cache = TileCache(max_items=None)
    assert len(filled(cache, *range(100))) == 100
    assert cache.current_bytes == -1


def test_a_cache_of_nothing_keeps_nothing():
    assert filled(TileCache(max_items=0), 1) == []


def test_removing_and_clearing():
    cache = TileCache(max_bytes=1000)
    filled(cache, 1, 2)
    del cache[tile(1)]
    assert cache.current_bytes == 16
    with pytest.raises(KeyError, match="row=1"):
        del cache[tile(1)]
    with pytest.raises(KeyError, match="row=1"):
        _ = cache[tile(1)]
    cache.clear()
    assert (len(cache), cache.current_bytes) == (0, 0)
    assert cache.get(tile(2)) is None


@pytest.mark.parametrize("name", ["max_items", "max_bytes"])
def test_limits_are_not_negative(name: str):
    with pytest.raises(UsageError, match=f"{name}: must be 0 or more, or None, got -1"):
        TileCache(**{name: -1})


def test_many_threads_keep_the_limits():
    cache = TileCache(max_items=20, max_bytes=200)

    def use(seed: int) -> None:
        for row in np.random.default_rng(seed).integers(0, 40, 300).tolist():
            cache[tile(row)] = np.full(16, row, np.uint8)
            found = cache.get(tile(row // 2))
            assert found is None or found[0] == row // 2
            assert len([*cache]) <= 12

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(use, range(16)))
    assert len(cache) == 12
    assert cache.current_bytes == 12 * 16
