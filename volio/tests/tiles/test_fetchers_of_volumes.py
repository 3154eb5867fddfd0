"""Mirrors without tiles: N5 and precomputed volumes that tensorstore writes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from volio.arrays.chunk_cache import chunk_cache
from volio.errors import UsageError, VolioWarning
from volio.testing.servers.web_server import Server, serving
from volio.tests.formats.tensorstore_files import VOLUME, n5, precomputed
from volio.tiles import ImageFetcher, ThreadedImageFetcher, TileIndex

pytestmark = pytest.mark.requires("tensorstore")

STACK = VOLUME[..., 0]  # x, y, z: 21 x 18 x 13, in chunks of 8 x 7 x 6
BROKEN = {"4": 1, "5": 1}
CVAL = 9


@pytest.fixture
def server():
    with serving(Server()) as running:
        yield running


def serve(server: Server, folder: Path, below: str) -> None:
    for path in folder.rglob("*"):
        if path.is_file():
            server.files[f"/{below}/{path.relative_to(folder)}"] = path.read_bytes()


def info_of(server: Server, kind: int, base: str) -> dict:
    mirror = {
        "image_base": f"{server.url}/{base}",
        "tile_width": 8,
        "tile_height": 7,
        "tile_source_type": kind,
        "file_extension": "",
    }
    return {
        "dimension": dict(zip("xyz", STACK.shape, strict=True)),
        "resolution": {"x": 4, "y": 4, "z": 40},
        "translation": {"x": 0, "y": 0, "z": 0},
        "orientation": 0,
        "num_zoom_levels": 0,
        "broken_slices": {},
        "mirrors": [mirror],
    }


def described(server: Server, kind: int, folder: Path) -> dict:
    """The description of a stack whose mirror is of a type."""
    if kind == 11:
        serve(server, n5(folder / "em" / "s0", STACK), "em.n5/em/s0")
        return info_of(server, kind, "em.n5/em/%SCALE_DATASET%/0_1_2")
    serve(server, precomputed(folder / "em"), "em")
    return info_of(server, kind, "em/%SCALE_DATASET%/0_1_2")


@pytest.mark.parametrize("kind", [11, 14])
@pytest.mark.parametrize("fetcher_class", [ImageFetcher, ThreadedImageFetcher])
def test_a_region_of_a_volume(server, tmp_path, fetcher_class, kind: int):
    info = described(server, kind, tmp_path)
    fetcher = fetcher_class.from_stack_info(info, "yzx", 0, cval=CVAL)
    found = fetcher.get([[-1, 2, 3], [19, 12, 23]])
    assert found.dtype == np.uint16
    expected = np.full((20, 10, 20), CVAL, np.uint16)
    expected[1:19, :, :18] = STACK[3:21, :18, 2:12].transpose(1, 2, 0)
    np.testing.assert_array_equal(found, expected)


def test_dimensions_in_another_order(server, tmp_path):
    serve(server, n5(tmp_path / "s0", STACK.transpose(2, 1, 0)), "em.n5/s0")
    info = info_of(server, 11, "em.n5/%SCALE_DATASET%/2_1_0")
    found = ImageFetcher.from_stack_info(info, "xyz", 0).get([[0, 0, 0], [21, 18, 13]])
    np.testing.assert_array_equal(found, STACK)


def test_chunks_are_asked_for_once(server, tmp_path):
    fetcher = ThreadedImageFetcher.from_stack_info(described(server, 11, tmp_path), "xyz", 0)
    for _ in range(2):
        np.testing.assert_array_equal(fetcher.get([[0, 0, 0], [21, 18, 13]]), STACK)
    chunks = [path for path, _ in server.asked if not path.endswith(".json")]
    assert len(chunks) == len(set(chunks)) == 3 * 3 * 3
    assert chunk_cache().nbytes > STACK.nbytes


@pytest.mark.parametrize(
    ("handling", "fours", "fives"),
    [("above", 3, 3), ("below", 6, 6), ("closest", 6, 6)],
)
def test_broken_slices_of_a_volume(server, tmp_path, handling: str, fours: int, fives: int):
    info = {**described(server, 11, tmp_path), "broken_slices": BROKEN}
    fetcher = ImageFetcher.from_stack_info(info, "xyz", 0, broken_slice_handling=handling)
    expected = STACK.copy()
    expected[..., 4] = STACK[..., fours]
    expected[..., 5] = STACK[..., fives]
    np.testing.assert_array_equal(fetcher.get([[0, 0, 0], [21, 18, 13]]), expected)


def test_broken_slices_are_filled_or_lie_between(server, tmp_path):
    info = {**described(server, 11, tmp_path), "broken_slices": BROKEN}
    told = []
    filled = ImageFetcher.from_stack_info(info, "xyz", 0, cval=CVAL)
    found = filled.get([[0, 0, 2], [21, 18, 8]], progress=lambda *both: told.append(both))
    expected = STACK[..., 2:8].copy()
    expected[..., 2:4] = CVAL
    np.testing.assert_array_equal(found, expected)
    assert told == [(n, 6) for n in range(1, 7)]
    between = ImageFetcher.from_stack_info(info, "xyz", 0, broken_slice_handling="interpolate")
    found = between.get([[0, 0, 4], [21, 18, 5]])[..., 0]
    lower, upper = STACK[..., 3].astype(float), STACK[..., 6].astype(float)
    np.testing.assert_array_equal(found, np.rint((2 * lower + upper) / 3))


def test_a_volume_of_which_all_slices_are_broken(server, tmp_path):
    info = {**described(server, 11, tmp_path), "broken_slices": [*range(13)]}
    fetcher = ImageFetcher.from_stack_info(info, "xyz", 0, broken_slice_handling="above", cval=CVAL)
    with pytest.warns(VolioWarning, match="slice 2 is broken, and no slice can stand in for it"):
        found = fetcher.get([[0, 0, 2], [21, 18, 3]])
    assert (found == CVAL).all()


def test_a_region_beyond_a_volume(server, tmp_path):
    fetcher = ImageFetcher.from_stack_info(described(server, 11, tmp_path), "xyz", 0, cval=CVAL)
    assert (fetcher.get([[0, 0, 13], [5, 5, 15]]) == CVAL).all()


def test_chunks_have_no_addresses_of_tiles(server, tmp_path):
    fetcher = ImageFetcher.from_stack_info(described(server, 11, tmp_path), "xyz", 0)
    with pytest.raises(UsageError, match="voxels are in chunks, tiles have no addresses"):
        fetcher.mirror.generate_url(TileIndex(0, 0, 0, 0, 7, 8))


@pytest.mark.parametrize("kind", [11, 14])
def test_choices_that_are_for_tiles_alone_are_warned_of_once(server, tmp_path, kind: int):
    info = described(server, kind, tmp_path)
    folder = tmp_path / "cache"
    fetcher = ImageFetcher.from_stack_info(
        info, preferred_mirror=0, cache_folder=folder, failover=True
    )
    with pytest.warns(VolioWarning, match="in chunks, not tiles.*: cache and failover of no use"):
        found = fetcher.get([[0, 0, 0], [1, 2, 3]])
    np.testing.assert_array_equal(found, STACK[:3, :2, :1].T)
    chunk_cache().clear()
    fetcher.get([[0, 0, 0], [1, 2, 3]])
    assert not folder.exists()
