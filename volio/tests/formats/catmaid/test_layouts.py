"""Addresses of tiles, by hand from the rule of each type."""

from __future__ import annotations

import pytest

from volio.errors import UsageError
from volio.formats.catmaid.index import TileIndex
from volio.formats.catmaid.layouts import (
    TEMPLATES,
    TileSourceType,
    is_transposed,
    is_valid_format_url,
    tile_url,
)

BASE = "https://example.com/"
TILE = TileIndex(depth=3, row=5, col=4, zoom_level=0, height=514, width=512)
HALF = TileIndex(depth=3, row=5, col=4, zoom_level=1, height=514, width=512)
QUERY = "x=2048&y=2570&width=512&height=514&row=y&col=x&scale=1&z=3"
CUT = f"file_extension=png&basename={BASE}&type=all"
STACK = "https://host/catmaid/1/stack/5"


@pytest.mark.parametrize(
    ("kind", "rest"),
    [
        (1, "3/5_4_0.png"),
        (2, f"?{QUERY}"),
        (4, "3/0/5_4.png"),
        (5, "0/3/5/4.png"),
        (6, "512_514/2048_2570_3/png"),
        (7, "largeDataTileSource/512/514/0/3/5/4.png"),
        (8, "xy/0/4_5_3"),
        (9, "3/5_4_0.png"),
    ],
)
def test_address_of_a_tile(kind: int, rest: str):
    assert tile_url(TileSourceType(kind), BASE, "png", TILE) == BASE + rest


def test_every_type_has_a_rule_or_no_tiles():
    known = {each: each.has_tiles for each in TileSourceType}
    assert [int(each) for each in known] == [*range(1, 15)]
    assert [int(each) for each, has_tiles in known.items() if not has_tiles] == [11, 14]


@pytest.mark.parametrize("kind", [TileSourceType.N5, TileSourceType.NEUROGLANCER_PRECOMPUTED])
def test_voxels_in_chunks_have_no_addresses_of_tiles(kind: TileSourceType):
    with pytest.raises(UsageError, match="voxels are in chunks, tiles have no addresses"):
        tile_url(kind, BASE, "png", TILE)


@pytest.mark.parametrize(
    ("kind", "orientation", "rest"),
    [
        (6, "xz", "512_514/2048_3_2570/jpg:80"),
        (6, "zy", "512_514/3_2570_2048/jpg:80"),
        (8, "xz", "xz/0/4_3_5"),
        (8, "zy", "yz/0/3_5_4"),
    ],
)
def test_dvid_names_the_axes_of_its_own_volume(kind: int, orientation: str, rest: str):
    assert tile_url(TileSourceType(kind), BASE, "jpg:80", TILE, orientation) == BASE + rest


@pytest.mark.parametrize(
    ("orientation", "rest"),
    [("xy", "xy/512/1/4/5/3"), ("xz", "xz/512/1/4/3/5"), ("zy", "yz/512/1/4/5/3")],
)
def test_tiles_of_boss(orientation: str, rest: str):
    tile = TileIndex(3, 5, 4, 1, 512, 512)
    assert tile_url(TileSourceType.BOSS, BASE, "png", tile, orientation) == BASE + rest


def test_tiles_of_boss_are_square():
    with pytest.raises(UsageError, match="tiles of Boss are square, got 512 x 514"):
        tile_url(TileSourceType.BOSS, BASE, "png", TILE)


def test_dvid_imageblk_has_one_level():
    with pytest.raises(UsageError, match="has zoom level 0 only"):
        tile_url(TileSourceType.DVID_IMAGEBLK, BASE, "png", HALF)


@pytest.mark.parametrize(("kind", "word"), [(3, "hdf5"), (13, "cloudvolume")])
def test_the_catmaid_server_cuts_tiles_of_files_that_it_has(kind: int, word: str):
    found = tile_url(TileSourceType(kind), BASE, "png", TILE, stack_url=STACK)
    assert found == f"{STACK}/tile?{QUERY}&{CUT}&format={word}"
    with pytest.raises(UsageError, match=r"from_stack_info\(info, server=...\)"):
        tile_url(TileSourceType(kind), BASE, "png", TILE)


def test_a_base_name_cannot_add_parameters():
    found = tile_url(TileSourceType.HDF5, "/data/a&b=c#.h5", "png", TILE, stack_url=STACK)
    assert "&basename=/data/a%26b%3Dc%23.h5&type=all" in found


@pytest.mark.parametrize(
    ("zoom", "scale"), [(0, "1"), (1, "0.5"), (2, "0.25"), (14, "0.00006103515625")]
)
def test_scales_are_written_without_an_exponent(zoom: int, scale: str):
    tile = TileIndex(3, 5, 4, zoom, 514, 512)
    found = tile_url(TileSourceType.REQUEST_QUERY, "https://h/q", "png", tile)
    assert f"&scale={scale}&z=3" in found


def test_a_query_goes_on_after_that_of_the_base():
    found = tile_url(TileSourceType.REQUEST_QUERY, "https://h/q?a=1", "png", TILE)
    assert found == f"https://h/q?a=1&{QUERY}"


def test_words_of_h2n5_are_replaced():
    base = "https://h/v.n5/%SCALE_DATASET%/256/256/%AXIS_0%/%AXIS_1%/%AXIS_2%"
    found = tile_url(TileSourceType.H2N5_TILES, base, "png", HALF)
    assert found == "https://h/v.n5/s1/256/256/2048/2570/3.png"


def test_parameters_of_flixserver_are_taken_from_the_base():
    base = "https://h/flix?color=red&min=0&max=9&gamma=1&quality=80&other=1"
    found = tile_url(TileSourceType.FLIXSERVER, base, "png", TILE)
    assert found == "https://h/flix/3/5_4_0.png?color=red&min=0&max=9&gamma=1&quality=80"


def test_parameters_of_the_render_service_are_taken_from_the_base():
    base = "https://h/v1/?maxTileSpecsToRender=5"
    found = tile_url(TileSourceType.RENDER_SERVICE, base, "jpg", HALF)
    rest = "largeDataTileSource/512/514/1/3/5/4.jpg?maxTileSpecsToRender=5"
    assert found == f"https://h/v1/{rest}"


def test_a_query_that_ends_in_a_path_stays_before_the_tile():
    found = tile_url(TileSourceType.FILE_BASED, "https://h/get?file=em/", "png", TILE)
    assert found == "https://h/get?file=em/3/5_4_0.png"


def test_braces_of_a_server_are_only_text():
    base = "https://h/{row}{0.__class__}{depth}/"
    for kind in TEMPLATES:
        assert tile_url(kind, base, "{col}", TILE).startswith(base)
    found = tile_url(TileSourceType.FILE_BASED, base, "{col}", TILE)
    assert found == f"{base}3/5_4_0.{{col}}"


def test_templates_leave_the_tile():
    words = {"image_base": BASE, "file_extension": "png", "tile_width": 512, "tile_height": 514}
    found = {int(kind): kind.format(**words) for kind in TEMPLATES}
    assert found == {
        1: "https://example.com/{depth}/{row}_{col}_{zoom_level}.png",
        4: "https://example.com/{depth}/{zoom_level}/{row}_{col}.png",
        5: "https://example.com/{zoom_level}/{depth}/{row}/{col}.png",
        7: "https://example.com/largeDataTileSource/512/514/{zoom_level}/{depth}/{row}/{col}.png",
        9: "https://example.com/{depth}/{row}_{col}_{zoom_level}.png",
    }
    for kind, template in found.items():
        expected = tile_url(TileSourceType(kind), BASE, "png", TILE)
        assert template.format(**TILE.url_kwargs) == expected


def test_types_without_a_template_name_those_with_one():
    with pytest.raises(UsageError, match="has no template; those that have one: 1, 4, 5, 7, 9"):
        TileSourceType.DVID_IMAGETILE.format(image_base=BASE, file_extension="png")
    with pytest.raises(UsageError, match="needs 'tile_width'"):
        TileSourceType.RENDER_SERVICE.format(image_base=BASE, file_extension="png")


def test_dvid_sends_tiles_of_zy_stacks_transposed():
    found = {
        (int(kind), orientation)
        for kind in TileSourceType
        for orientation in ("xy", "xz", "zy")
        if is_transposed(kind, orientation)
    }
    assert found == {(6, "zy"), (8, "zy")}


def test_a_valid_template_names_all_six_words():
    words = "{image_base}{{depth}}{{zoom_level}}{{row}}{{col}}{file_extension}"
    assert is_valid_format_url(words)
    for word in ("{image_base}", "{{depth}}", "{{zoom_level}}", "{{row}}", "{{col}}"):
        assert not is_valid_format_url(words.replace(word, ""))
    assert not is_valid_format_url(words.replace("{file_extension}", ".png"))
