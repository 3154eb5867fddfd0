"""What a server says of a stack, and what it may not say."""

from __future__ import annotations

import copy
import json
import pickle

import numpy as np
import pytest

from volio.errors import HeaderDataError, UsageError
from volio.files.remote.addresses import is_private
from volio.formats.catmaid.addresses import checked_image_base
from volio.formats.catmaid.index import TileIndex
from volio.formats.catmaid.info import ProjectStack, Stack

MIRRORS = [
    {"title": "c", "position": 1, "image_base": "https://c.org/em", "tile_source_type": 4},
    {"title": "b", "position": 1, "image_base": "https://b.org/em", "tile_source_type": 5},
    {"title": "a", "position": 2, "image_base": "https://a.org/em", "tile_source_type": 1},
]
SHAPE = {"tile_height": 128, "tile_width": 256, "file_extension": "png"}
INFO = {
    "sid": 5,
    "pid": 1,
    "stitle": "em",
    "dimension": {"x": 700, "y": 530, "z": 6},
    "resolution": {"x": 4.0, "y": 5.0, "z": 40},
    "translation": {"x": 100.0, "y": 0, "z": -80.5},
    "orientation": 0,
    "broken_slices": {"4": 1},
    "canary_location": {"x": 7, "y": 8, "z": 2},
    "num_zoom_levels": 2,
    "downsample_factors": None,
    "mirrors": [{**each, **SHAPE} for each in MIRRORS],
}
FACTORS = [{"x": 1, "y": 1, "z": 1}, {"x": 3, "y": 2, "z": 4}]
SERVER = "https://host.org/catmaid/"


def changed(**fields: object) -> dict:
    return {**copy.deepcopy(INFO), **fields}


def with_mirror(**fields: object) -> dict:
    return changed(mirrors=[{**MIRRORS[0], **SHAPE, **fields}])


def test_a_stack_of_its_info():
    stack = ProjectStack.from_stack_info(json.loads(json.dumps(INFO)))
    assert stack.dimension == {"x": 700, "y": 530, "z": 6}
    assert stack.resolution == {"x": 4.0, "y": 5.0, "z": 40.0}
    assert stack.translation == {"x": 100.0, "y": 0.0, "z": -80.5}
    assert str(stack.orientation) == stack.tile_orientation == "xy"
    assert (stack.broken_slices, stack.replacements) == ({4}, {4: 1})
    assert stack.canary_location == {"x": 7, "y": 8, "z": 2}
    assert [mirror.title for mirror in stack.mirrors] == ["b", "c", "a"]
    assert stack.info["stitle"] == "em"


def test_what_need_not_be_there():
    fewer = {key: INFO[key] for key in ("dimension", "resolution", "translation", "orientation")}
    stack = ProjectStack.from_stack_info(fewer)
    assert (stack.mirrors, stack.broken_slices, stack.num_zoom_levels) == ([], set(), -1)
    assert stack.canary_location == {"x": 0, "y": 0, "z": 0}
    assert stack.downsample_factors is None


def test_orientations_are_words_or_numbers():
    assert ProjectStack.orientation_choices == {0: "xy", 1: "xz", 2: "zy"}
    for number, word in ProjectStack.orientation_choices.items():
        for given in (number, word):
            stack = ProjectStack.from_stack_info(changed(orientation=given))
            assert str(stack.orientation) == word
            assert stack.spaces.orientation == word


@pytest.mark.parametrize(
    ("broken", "slices", "offsets"),
    [
        ({"4": 1, 2: -1}, {2, 4}, {4: 1, 2: -1}),
        ([4, "2"], {2, 4}, {}),
        ({3}, {3}, {}),
        (np.array([1, 2]).tolist(), {1, 2}, {}),
        (None, set(), {}),
    ],
)
def test_broken_slices_are_a_set(broken, slices, offsets):
    stack = Stack({"x": 1, "y": 2, "z": 3}, broken)
    assert (stack.broken_slices, stack.replacements) == (slices, offsets)


@pytest.mark.parametrize(
    ("fields", "count", "shapes"),
    [
        ({}, 3, {0: (700, 530, 6), 1: (350, 265, 6), 2: (175, 133, 6)}),
        ({"num_zoom_levels": 0}, 1, {0: (700, 530, 6)}),
        ({"num_zoom_levels": -1}, 1, {0: (700, 530, 6)}),
        (
            {"num_zoom_levels": -1, "dimension": {"x": 5000, "y": 1, "z": 6}},
            4,  # 5000, 2500, 1250, 625
            {3: (625, 1, 6)},
        ),
        (
            {
                "downsample_factors": [
                    dict(zip("xyz", f, strict=True)) for f in [(1, 1, 1), (3, 2, 4)]
                ]
            },
            2,
            {1: (234, 265, 2)},
        ),
    ],
)
def test_levels(fields: dict, count: int, shapes: dict):
    stack = ProjectStack.from_stack_info(changed(**fields))
    assert stack.level_count == count
    assert {zoom: stack.level_shape(zoom) for zoom in shapes} == shapes


def test_factors_of_the_server_reach_the_coordinates():
    stack = ProjectStack.from_stack_info(changed(downsample_factors=FACTORS))
    assert stack.level_factors(1) == {"x": 3.0, "y": 2.0, "z": 4.0}
    assert stack.spaces.stack_to_scaled_array([6, 6, 8], 1).tolist() == [2, 3, 2]
    with pytest.raises(UsageError, match="the stack has levels 0 to 1, got 2"):
        stack.level_factors(2)


def test_a_plain_stack_has_no_place():
    stack = Stack({"x": 2000, "y": 2, "z": 3})
    assert (stack.level_count, stack.level_shape(1)) == (2, (1000, 1, 3))
    assert stack.tile_orientation == "xy"
    assert stack.spaces.stack_to_scaled_array([4, 4, 4], 1).tolist() == [2, 2, 4]


def test_the_server_cuts_tiles_where_it_is_known():
    info = with_mirror(tile_source_type=3, image_base="/data/em.h5")
    tile = TileIndex(2, 1, 0, 0, 128, 256)
    stack = ProjectStack.from_stack_info(info, server=SERVER)
    found = stack.mirrors[0].generate_url(tile)
    assert found.startswith("https://host.org/catmaid/1/stack/5/tile?x=0&y=128&")
    assert "&basename=/data/em.h5&" in found  # a file that only the server has
    unknown = ProjectStack.from_stack_info(info)
    with pytest.raises(UsageError, match="the CATMAID server, which is not known"):
        unknown.mirrors[0].generate_url(tile)


def test_a_stack_pickles():
    stack = pickle.loads(pickle.dumps(ProjectStack.from_stack_info(INFO)))
    assert stack.dimension == INFO["dimension"]
    assert [mirror.title for mirror in stack.mirrors] == ["b", "c", "a"]


@pytest.mark.parametrize(
    ("fields", "match"),
    [
        ({"dimension": None}, "stack info: dimension: is missing"),
        ({"dimension": {"x": 1, "y": 2}}, "dimension: must have integers x, y, z of 1 to"),
        ({"dimension": {"x": 1, "y": 2, "z": 0}}, "dimension: must have integers x, y, z of 1 to"),
        ({"dimension": {"x": 1, "y": 2, "z": 2**60}}, "dimension: must have integers"),
        ({"dimension": {"x": 1, "y": 2, "z": 1.5}}, "dimension: must have integers"),
        ({"dimension": [1, 2, 3]}, "dimension: must have integers"),
        ({"resolution": {"x": 1, "y": 2, "z": 0}}, "resolution: must be above 0"),
        ({"resolution": {"x": 1, "y": 2, "z": float("inf")}}, "resolution: must have finite"),
        ({"translation": {"x": 1, "y": 2, "z": float("nan")}}, "translation: must have finite"),
        ({"translation": "far"}, "translation: must have finite"),
        ({"orientation": 3}, "orientation: must be xy, xz, zy"),
        ({"broken_slices": ["four"]}, "broken_slices: must be numbers of slices"),
        ({"broken_slices": 4}, "broken_slices: must be numbers of slices"),
        ({"broken_slices": {"4": "one"}}, "broken_slices: must lead from slices to whole numbers"),
        ({"canary_location": {"x": -1, "y": 2, "z": 0}}, "canary_location: must have integers"),
        ({"num_zoom_levels": 33}, "num_zoom_levels: must be an integer from -1 to 32, got 33"),
        ({"num_zoom_levels": "2"}, "num_zoom_levels: must be an integer from -1 to 32"),
        ({"downsample_factors": []}, "downsample_factors: must be a list for 1 to 33 levels"),
        ({"downsample_factors": [{}] * 34}, "downsample_factors: must be a list for 1 to 33"),
        ({"downsample_factors": [{"x": 1, "y": -1, "z": 1}]}, r"downsample_factors\[0\]: must be"),
        ({"mirrors": {}}, "mirrors: must be a list of at most 1000"),
        ({"mirrors": [{}] * 1001}, "mirrors: must be a list of at most 1000"),
        ({"mirrors": ["https://b.org"]}, r"mirrors\[0\]: must be a mapping"),
        ({"mirrors": [{}]}, r"mirrors\[0\]: mirror: needs image_base"),
    ],
)
def test_infos_that_make_no_sense(fields: dict, match: str):
    with pytest.raises(HeaderDataError, match=match):
        ProjectStack.from_stack_info(changed(**fields))


def test_something_else_is_not_an_info():
    with pytest.raises(HeaderDataError, match="stack info: dimension: is missing"):
        ProjectStack.from_stack_info([1, 2])


@pytest.mark.parametrize("size", [0, -1, 16385, "256", None, 2.5])
def test_tiles_of_impossible_sizes(size: object):
    with pytest.raises(HeaderDataError, match=r"mirrors\[0\]: mirror: tile_width: must be"):
        ProjectStack.from_stack_info(with_mirror(tile_width=size))


@pytest.mark.parametrize(
    "host",
    [
        *("localhost", "a.localhost", "printer.local", "db.internal", "127.0.0.1", "10.1.2.3"),
        *("192.168.0.1", "169.254.169.254", "[::1]", "[fe80::1]", "0.0.0.0", "catmaid"),
        *("2130706433", "0x7f.1", "LOCALHOST.", "[::ffff:127.0.0.1]"),
    ],
)
def test_an_info_of_the_web_does_not_lead_into_a_private_network(host: str):
    info = with_mirror(image_base=f"http://{host}/em")
    with pytest.raises(HeaderDataError, match="leads into a private network"):
        ProjectStack.from_stack_info(info, server=SERVER)
    allowed = ProjectStack.from_stack_info(info, server=SERVER, allow_private=True)
    same = ProjectStack.from_stack_info(info, server="http://127.0.0.1:8000/catmaid")
    mine = ProjectStack.from_stack_info(info)
    found = {each.mirrors[0].image_base for each in (allowed, same, mine)}
    assert found == {f"http://{host}/em/"}


@pytest.mark.parametrize("host", ["b.org", "8.8.8.8", "[2606:4700::1111]"])
def test_hosts_of_the_web_are_not_private(host: str):
    assert not is_private(host)


@pytest.mark.parametrize("base", ["file:///etc/", "ftp://b.org/em", "http://[::1"])
def test_an_info_leads_to_web_addresses_only(base: str):
    with pytest.raises(HeaderDataError, match="image_base"):
        ProjectStack.from_stack_info(with_mirror(image_base=base), server=SERVER)


def test_an_image_base_without_a_host_is_the_servers():
    found = {
        base: checked_image_base(base, "https://host.org/catmaid")
        for base in ("/em/", "em/", "//other.org/em/")
    }
    assert found == {
        "/em/": "https://host.org/em/",
        "em/": "https://host.org/catmaid/em/",
        "//other.org/em/": "https://other.org/em/",
    }
