"""Every name of catpy.image (2020.9.3), and what was wrong there, each with its test.

Names::

    StrEnum
        tiles/test_words.py::test_words_are_text
    ROIMode
        tiles/test_words.py::test_members
    Orientation3D
        tiles/test_words.py::test_members
    BrokenSliceHandling
        tiles/test_words.py::test_members
    TileSourceType
        formats/catmaid/test_layouts.py::test_templates_leave_the_tile
    TileSourceType
        tiles/test_fetchers.py::test_tiles_of_every_type
    TileIndex
        formats/catmaid/test_index.py::test_coordinates_are_those_of_the_first_pixel
    StackMirror
        formats/catmaid/test_mirrors.py::test_address_of_a_tile
    Stack
        formats/catmaid/test_info.py::test_a_plain_stack_has_no_place
    ProjectStack
        formats/catmaid/test_info.py::test_a_stack_of_its_info
    TileCache
        tiles/test_tile_cache.py::test_the_oldest_goes_first
    ImageFetcher
        tiles/test_fetchers.py::test_any_region_is_that_of_the_volume
    ImageFetcher.get
        tiles/test_fetchers.py::test_any_region_is_that_of_the_volume
    ImageFetcher.get_stack_space
        tiles/test_fetchers.py::test_spaces_by_their_methods
    ImageFetcher.get_scaled_space
        tiles/test_fetchers.py::test_spaces_by_their_methods
    ImageFetcher.get_project_space
        tiles/test_fetchers.py::test_spaces_by_their_methods
    ImageFetcher.roi_to_scaled
        tiles/test_fetchers.py::test_the_last_pixel_of_a_level_is_there
    ImageFetcher.set_fastest_mirror
        tiles/test_fetchers_and_mirrors.py::test_the_fastest_mirror_is_taken
    ImageFetcher.clear_cache
        tiles/test_fetchers_and_requests.py::test_a_cleared_cache_asks_again
    ImageFetcher.mirror
        tiles/test_fetchers_and_mirrors.py::test_a_mirror_is_set_by_itself_its_position_or_its_title
    ImageFetcher.auth
        tiles/test_fetchers_and_mirrors.py::test_auth_is_looked_up_at_each_request
    ImageFetcher.from_stack_info
        tiles/test_fetchers.py::test_any_region_is_that_of_the_volume
    ImageFetcher.from_catmaid
        tiles/test_fetchers_and_mirrors.py::test_a_fetcher_of_a_client
    ImageFetcher.show_progress
        tiles/test_fetchers_and_requests.py::test_progress_is_drawn_unless_it_is_not_wanted
    ThreadedImageFetcher
        tiles/test_fetchers.py::test_any_region_is_that_of_the_volume
    CoordinateTransformer
        formats/catmaid/test_spaces.py::test_project_axes_are_scaled_then_renamed
    DummyTqdm
        tiles/test_responses.py::test_a_bar_that_draws_nothing
    DummyResponse
        tiles/test_responses.py::test_futures
    as_future
        tiles/test_responses.py::test_futures
    as_future_response
        tiles/test_responses.py::test_futures
    dict_subtract
        tiles/test_words.py::test_subtraction_by_name
    fill_tiled_cuboid
        formats/catmaid/test_index.py::test_a_cuboid_has_both_its_corners
    is_valid_format_url
        formats/catmaid/test_layouts.py::test_a_valid_template_names_all_six_words
    response_to_array
        tiles/test_responses.py::test_images_are_told_by_their_bytes
    response_to_array_callback
        tiles/test_responses.py::test_a_callback_stores_the_array

Faults::

    a STACK region of integers loses its last pixel at zoom > 0
        tiles/test_fetchers.py::test_the_last_pixel_of_a_level_is_there
    threads: a tile of 404 raises
        tiles/test_fetchers_and_requests.py::test_absent_tiles_are_filled_and_said_once
    a broken slice gives tiles of (width, height) in float64
        tiles/test_fetchers.py::test_broken_slices_are_not_asked_for
    threads: auth and mirror that are set later are not used
        tiles/test_fetchers_and_mirrors.py::test_auth_is_looked_up_at_each_request
    threads: requests go on after an error
        tiles/test_fetchers_and_requests.py::test_nothing_is_asked_for_after_an_error
    a region that begins below 0 has pixels of tile 0 in the wrong place
        tiles/test_fetchers.py::test_a_region_may_begin_below_zero
    an empty region fails
        tiles/test_fetchers.py::test_an_empty_region_needs_no_request
    orders of axes yxz and xzy fail, zxy and yzx are turned the wrong way
        tiles/test_fetchers.py::test_every_order_of_axes
    16 bits become 255
        tiles/test_fetchers.py::test_16_bits_are_kept
    colours become gray without a word
        tiles/test_fetchers.py::test_colours_become_luminance_and_that_is_said
    Content-Type is compared as text, and must be there
        tiles/test_fetchers.py::test_what_a_server_calls_a_tile_does_not_matter
    one answer of 503, or one timeout, loses the region
        tiles/test_fetchers_and_requests.py::test_one_failure_does_not_lose_the_region
    a page of 404 may be the fastest mirror
        tiles/test_fetchers_and_mirrors.py::test_an_answer_that_is_no_tile_is_never_the_fastest
    a region of more tiles than the cache has is fetched again
        tiles/test_fetchers_and_requests.py::test_each_tile_is_asked_for_once
    CoordinateTransformers of different orientations are equal
        formats/catmaid/test_spaces.py::test_equality_minds_every_choice
    a mirror takes tiles of which one side is its own
        formats/catmaid/test_mirrors.py::test_a_tile_of_another_size_has_no_address
    tiles are equal where their hashes are
        formats/catmaid/test_index.py::test_tiles_are_equal_by_their_values
    messages go to the root logger
        tiles/test_fetchers_and_mirrors.py::test_nothing_is_logged_by_the_root_logger
    fetchers cannot be closed
        tiles/test_fetchers.py::test_fetchers_are_of_no_use_once_closed
    fetchers drop auth
        tiles/test_fetchers_and_mirrors.py::test_auth_of_a_mirror_comes_before_that_of_the_fetcher
    StackMirror.from_dict drops auth
        formats/catmaid/test_mirrors.py::test_a_mirror_of_what_a_server_says
"""

from __future__ import annotations

import re

from volio import tiles
from volio.tests.source_tree import PACKAGE

NAMES, FAULTS = re.split(r"\nFaults::\n", __doc__)
TEST = re.compile(r"([\w/]+\.py)::(test_\w+)")

#: Names of volio.tiles that catpy has elsewhere, or not at all.
OWN = {"StackOrientation"}


def test_every_name_has_a_test():
    rows = re.findall(r"^    (\w+)(?:\.\w+)?\n        \S+::test_", NAMES, re.MULTILINE)
    assert set(rows) == set(tiles.__all__) - OWN
    for name in re.findall(r"^    ImageFetcher\.(\w+)", NAMES, re.MULTILINE):
        assert hasattr(tiles.ImageFetcher, name)
        assert hasattr(tiles.ThreadedImageFetcher, name)


def test_every_fault_has_a_test():
    assert len(re.findall(r"^    \S.*\n        \S+::test_", FAULTS, re.MULTILINE)) == 21


def test_the_tests_are_there():
    named = set(TEST.findall(__doc__))
    assert len(named) > 35
    missing = [
        f"{file}::{test}"
        for file, test in named
        if f"\ndef {test}(" not in (PACKAGE / "tests" / file).read_text(encoding="utf-8")
    ]
    assert missing == []
