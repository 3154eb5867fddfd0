"""Mirrors: their addresses, tiles, and how one is chosen."""

from __future__ import annotations

import pickle

import pytest

from volio.errors import UsageError, UsageTypeError
from volio.formats.catmaid.index import TileIndex
from volio.formats.catmaid.mirrors import StackMirror, find_mirror, other_mirrors

BASE = "https://example.com"
TILE = TileIndex(depth=3, row=5, col=4, zoom_level=0, height=514, width=512)


def mirror(kind: int = 4, base: str = BASE, **choices: object) -> StackMirror:
    return StackMirror(base, 514, 512, kind, "png", **choices)


def test_height_comes_before_width():
    found = StackMirror(BASE, 514, 512, 7, "png", "first", 2, ("user", "word"))
    assert (found.tile_height, found.tile_width) == (514, 512)
    assert (found.title, found.position, found.auth) == ("first", 2, ("user", "word"))
    assert "/largeDataTileSource/512/514/" in found.generate_url(TILE)


@pytest.mark.parametrize(
    ("kind", "base", "expected"),
    [
        (1, BASE, f"{BASE}/"),
        (1, f"{BASE}/", f"{BASE}/"),
        (2, f"{BASE}/q", f"{BASE}/q"),
        (3, "/data/em.h5", "/data/em.h5"),
        (13, "gs://bucket/em", "gs://bucket/em"),
        (10, f"{BASE}/%SCALE_DATASET%/%AXIS_0%", f"{BASE}/%SCALE_DATASET%/%AXIS_0%"),
        (1, f"{BASE}?file=", f"{BASE}?file="),
    ],
)
def test_image_bases_end_in_a_slash_where_a_path_follows(kind: int, base: str, expected: str):
    assert mirror(kind, base).image_base == expected


def test_extensions_titles_and_templates():
    found = StackMirror(BASE, 514, 512, 4, ".png", title=3)
    assert (found.file_extension, found.title) == ("png", "3")
    assert found.format_url == "https://example.com/{depth}/{zoom_level}/{row}_{col}.png"
    assert mirror(8).format_url is None
    assert mirror().title == ""


def test_address_of_a_tile():
    assert mirror().generate_url(TILE) == "https://example.com/3/0/5_4.png"
    assert mirror(8).generate_url(TILE, "zy") == "https://example.com/yz/0/3_5_4"
    assert mirror(8).is_transposed("zy")
    assert not mirror(4).is_transposed("zy")


@pytest.mark.parametrize(("height", "width"), [(514, 514), (512, 512), (512, 514)])
def test_a_tile_of_another_size_has_no_address(height: int, width: int):
    """catpy let pass a tile of which one side was right."""
    tile = TileIndex(3, 5, 4, 0, height, width)
    with pytest.raises(UsageError, match=rf"tiles are 514 x 512 .*, got one of {height} x {width}"):
        mirror().generate_url(tile)


def test_the_tile_of_a_pixel():
    tile, offset = mirror().get_tile_index({"x": 600.5, "y": 514, "z": 2}, zoom_level=1)
    assert tile == TileIndex(2, 1, 1, 1, 514, 512)
    assert offset == {"x": 88.5, "y": 0, "z": 0}


def test_tiles_left_of_the_first_have_negative_numbers():
    """catpy gave tile 0 and a negative offset."""
    tile, offset = mirror().get_tile_index({"x": -1, "y": -515, "z": 0})
    assert tile == TileIndex(0, -2, -1, 0, 514, 512)
    assert offset == {"x": 511, "y": 513, "z": 0}


def test_a_mirror_of_what_a_server_says():
    words = {
        "image_base": BASE,
        "tile_height": 514,
        "tile_width": 512,
        "tile_source_type": 5,
        "file_extension": "jpg",
    }
    found = StackMirror.from_dict({**words, "id": 7})
    assert (found.title, found.position, found.auth) == ("", 0, None)
    more = {"title": "fast", "position": 2, "auth": ("user", "word")}
    found = StackMirror.from_dict({**words, **more})  # catpy dropped auth
    assert (found.title, found.position, found.auth) == ("fast", 2, ("user", "word"))
    with pytest.raises(UsageError, match="mirror: needs tile_source_type, got"):
        StackMirror.from_dict({key: words[key] for key in words if key != "tile_source_type"})


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ((BASE, 514, 512, 99, "png"), "tile_source_type: 99 is not known; there are 1 FILE_BASED"),
        ((BASE, 0, 512, 1, "png"), "tile_height: must be 1 to 16384 pixels, got 0"),
        ((BASE, 514, 16385, 1, "png"), "tile_width: must be 1 to 16384 pixels, got 16385"),
    ],
)
def test_mirrors_that_make_no_sense(arguments: tuple, match: str):
    with pytest.raises(UsageError, match=match):
        StackMirror(*arguments)


def test_words_and_numbers_of_a_mirror():
    with pytest.raises(UsageTypeError, match="image_base: must be text, got None"):
        StackMirror(None, 514, 512, 1, "png")
    with pytest.raises(UsageTypeError, match=r"tile_height: must be an integer, got 514\.5"):
        StackMirror(BASE, 514.5, 512, 1, "png")
    with pytest.raises(UsageTypeError, match="position: must be an integer, got 'a'"):
        mirror(position="a")


def test_a_mirror_is_found_by_position_or_title():
    first, second = mirror(title="a", position=0), mirror(title="b", position=3)
    mirrors = [first, second]
    assert find_mirror(mirrors, 3) is second
    assert find_mirror(mirrors, "3") is second
    assert find_mirror(mirrors, "a") is first
    assert find_mirror(mirrors, "c") is None
    assert find_mirror(mirrors, 1) is None
    digits = mirror(title="7", position=5)
    assert find_mirror([*mirrors, digits], "7") is digits


def test_others_of_the_same_size_stand_in():
    failed, second, first = mirror(), mirror(), mirror(1)
    small = StackMirror(BASE, 512, 512, 1, "png")
    chunks = mirror(11)
    assert other_mirrors([small, second, failed, chunks, first], failed) == [second, first]


def test_a_mirror_pickles_and_shows_itself():
    found = pickle.loads(pickle.dumps(mirror(title="a")))
    assert found.generate_url(TILE) == mirror().generate_url(TILE)
    assert repr(found) == "StackMirror('https://example.com/', 514, 512, 4, 'png', 'a')"
