"""A stack of a server from loading to a file: the example of the design, as it is written."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest

import volio
from volio.arrays.chunk_cache import chunk_cache
from volio.testing.servers.nginx import logged_requests, nginx
from volio.testing.servers.tile_folder import write_info, write_tiles
from volio.testing.servers.tile_server import TileServer, pixels
from volio.testing.servers.web_server import serving
from volio.tests.requirements import optional
from volio.tiles import ImageFetcher, ROIMode, ThreadedImageFetcher

#: Where the stack is, so that the cube of the example is in it: 400 x 400 x 4 pixels.
PLACE = {
    "resolution": {"x": 10.0, "y": 10.0, "z": 1000.0},
    "translation": {"x": 418_000.0, "y": 309_000.0, "z": 89_000.0},
}


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TileServer]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("no_proxy", "*")
    chunk_cache().clear()
    with serving(TileServer()) as running:
        running.changes = PLACE
        running.levels = 5
        running.absent.clear()
        yield running
    chunk_cache().clear()


def cube_pixels() -> np.ndarray:
    """The pixels of the cube; slice 4 is broken, and filled."""
    found = pixels()[200:600, 100:500, 1:5].copy()
    found[:, :, 3] = 0
    return found


def test_the_example_of_the_design(server: TileServer):
    optional("dask")
    server.token = "abc"
    TOKEN = "abc"

    img = volio.load(server.address, token=TOKEN)
    text = str(img)
    small = img.levels[4]
    viewer = small.orthoview()
    coarse = server.tiles.total()
    cube = img.roi([[420_000, 310_000, 90_000], [424_000, 314_000, 94_000]], space="project")
    assert server.tiles.total() == coarse
    cube.to_html("cube.html")
    volio.save(cube, "cube.ome.zarr")
    volio.save(cube.levels[1], "cube.nii.gz")
    mean = cube.to_dask().mean().compute()

    lines = text.splitlines()
    assert lines[0].startswith("<CatmaidImage 700 × 530 × 6 uint8")
    assert lines[1] == " zooms 10 × 10 × 1000 (nanometer), orientation unknown"
    assert lines[3:7] == [" title waves", " levels 5", " mirrors type 4", " broken slices 4"]
    plt.close("all")
    viewer.close()
    expected = cube_pixels()
    np.testing.assert_array_equal(cube.dataobj, expected)
    assert mean == pytest.approx(expected.mean(), rel=1e-12)
    kept = volio.load("cube.ome.zarr")
    np.testing.assert_array_equal(kept.dataobj, expected)
    np.testing.assert_allclose(kept.affine, cube.affine, rtol=1e-12)
    half = volio.load("cube.nii.gz")
    np.testing.assert_array_equal(half.dataobj, expected[::2, ::2])
    centre = np.array([420_000 + 10, 310_000 + 10, 90_000 + 500]) * 1e-6  # mm
    np.testing.assert_allclose(half.affine[:3, 3], centre, rtol=1e-6)
    assert Path("cube.html").stat().st_size > 100_000
    # Each tile came once; of the finest level those of the cube alone: 3 x 4 in 3 slices.
    assert set(server.tiles.values()) == {1}
    finest = [tile for tile in server.tiles if tile.level == 0]
    assert len(finest) == 3 * 4 * 3


def test_the_example_in_the_words_of_catpy(server: TileServer):
    info = server.info()
    info["mirrors"][0]["title"] = "fast"
    roi = [[420_000, 310_000, 90_000], [424_000, 314_000, 94_000]]
    fetcher = ThreadedImageFetcher.from_stack_info(
        info, preferred_mirror="fast", output_orientation="xyz"
    )
    shape = (200, 200, 4)
    with fetcher, volio.create("cube.nii.gz", shape=shape, dtype="uint8") as out:
        cube = fetcher.get(roi, ROIMode.PROJECT, zoom_level=1, out=out)
        assert cube is out
    np.testing.assert_array_equal(volio.load("cube.nii.gz").dataobj, cube_pixels()[::2, ::2])


@pytest.mark.requires("nginx")
@pytest.mark.parametrize("kind", [1, 4, 5])
def test_a_pyramid_on_nginx(server: TileServer, tmp_path: Path, kind: int):
    levels = [server.level(number) for number in range(3)]
    write_tiles(tmp_path / "files" / "em", levels, kind=kind, absent=[3])
    with nginx(tmp_path, tmp_path / "files") as url:
        mirror = server.mirror(kind, image_base=f"{url}/em/")
        info = server.info() | {"mirrors": [mirror], "num_zoom_levels": 2}
        write_info(tmp_path / "files", info)
        img = volio.load(f"catmaid+{url}/1/stack/5")
        for level, whole in zip(img.levels, levels, strict=True):
            np.testing.assert_array_equal(level.dataobj[:, :, :3], whole[:, :, :3])
        with pytest.warns(volio.errors.VolioWarning, match=r"/em/.*the server has no such tile"):
            assert not img.dataobj[:, :, 3].any()
        count = len(logged_requests(url, tmp_path))
        assert count == 1 + 3 * (15 + 6 + 2) + 15
        np.testing.assert_array_equal(img.dataobj[:, :, :3], levels[0][:, :, :3])
        assert len(logged_requests(url, tmp_path)) == count
        roi = [[0, 100, 200], [3, 300, 600]]
        expected = levels[0][200:600, 100:300, :3].transpose()
        for cls in (ImageFetcher, ThreadedImageFetcher):
            with cls.from_stack_info(info, preferred_mirror=0) as fetcher:
                fetcher.show_progress = False
                np.testing.assert_array_equal(fetcher.get(roi), expected)
