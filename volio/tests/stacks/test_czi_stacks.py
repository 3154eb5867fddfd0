"""Stacks of CZI files: what pylibCZIrw writes, and files made byte by byte."""

from __future__ import annotations

import pickle
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from volio.errors import IndexingError, MissingFileError, UsageError
from volio.stacks import (
    CziImageStack,
    CziReader,
    ImageStack,
    PatchExtractor,
    Rectangle,
    load_czis,
    open_stacks,
)
from volio.testing.samples import samples_of
from volio.testing.servers.web_server import Server, serving
from volio.tests.formats.czi_files import Tile, czi_bytes

SCENES = next(sample.path for sample in samples_of("czi") if "two_scenes" in sample.path.name)


def numbered(*lengths: int) -> np.ndarray:
    """An array in which no two values are equal, and none is 0."""
    return np.arange(1, np.prod(lengths) + 1, dtype=np.uint16).reshape(lengths)


def write(folder: Path, planes: np.ndarray, letters: str, starts: tuple[int, ...] = ()) -> Path:
    """Write a file with a tile of 4 rows and 5 columns for each plane; return its path."""
    tiles = []
    for index in np.ndindex(planes.shape[:-2]):
        firsts = starts or (0,) * len(index)
        at = {letter: i + first for letter, i, first in zip(letters, index, firsts, strict=True)}
        tiles.append(Tile(np.ascontiguousarray(planes[index]), at=at))
    path = folder / "planes.czi"
    path.write_bytes(czi_bytes(tiles))
    return path


@pytest.fixture
def planes() -> np.ndarray:
    """T of 2, Z of 3, C of 2, and planes of 4 x 5."""
    return numbered(2, 3, 2, 4, 5)


def all_of(stack: CziImageStack, sample: int = 0) -> np.ndarray:
    """The whole of a sample."""
    shape = stack.data_shape[2:]
    return stack.extract_patch(sample, None, (0,) * len(shape), shape)


def test_planes_are_samples(tmp_path, planes):
    stack = CziImageStack(write(tmp_path, planes, "TZC"))
    assert isinstance(stack, ImageStack)
    assert (stack.axes, stack.data_shape) == ("SCYX", [6, 2, 4, 5])
    assert isinstance(stack.data_shape, list)
    assert (stack.original_axes, stack.original_data_shape) == ("TZCYX", (2, 3, 2, 4, 5))
    assert stack.data_dtype == np.uint16
    for sample in range(6):  # T is slow, Z is fast
        np.testing.assert_array_equal(all_of(stack, sample), planes[sample // 3, sample % 3])
    np.testing.assert_array_equal(all_of(stack, -1), planes[1, 2])


def test_z_as_depth(tmp_path, planes):
    stack = CziImageStack(write(tmp_path, planes, "TZC"), depth_axis="Z")
    assert (stack.axes, stack.data_shape) == ("SCZYX", [2, 2, 3, 4, 5])
    assert (stack.original_axes, stack.original_data_shape) == ("TCZYX", (2, 2, 3, 4, 5))
    np.testing.assert_array_equal(all_of(stack, 1), planes[1].swapaxes(0, 1))
    patch = stack.extract_patch(1, [1, 0], (-1, 2, 3), (3, 3, 3))
    assert patch.shape == (2, 3, 3, 3)
    assert not patch[:, 0].any()
    np.testing.assert_array_equal(patch[0, 1:, :2, :2], planes[1, :2, 1, 2:, 3:])
    assert not patch[..., 2:, :].any()
    assert not patch[..., 2:].any()


def test_time_as_depth(tmp_path, planes):
    stack = CziImageStack(write(tmp_path, planes, "TZC"), depth_axis="T")
    assert (stack.axes, stack.data_shape) == ("SCTYX", [3, 2, 2, 4, 5])
    assert (stack.original_axes, stack.original_data_shape) == ("ZCTYX", (3, 2, 2, 4, 5))
    np.testing.assert_array_equal(all_of(stack, 2), planes[:, 2].swapaxes(0, 1))


def test_dimensions_that_start_anywhere(tmp_path, planes):
    stack = CziImageStack(write(tmp_path, planes, "TZC", (7, -2, 1)), depth_axis="Z")
    assert stack.data_shape == [2, 2, 3, 4, 5]
    np.testing.assert_array_equal(all_of(stack, 1), planes[1].swapaxes(0, 1))


def test_further_dimensions_are_samples(tmp_path):
    planes = numbered(2, 2, 3, 4, 5)
    path = write(tmp_path, planes, "ZHT")
    stack = CziImageStack(path)
    assert (stack.original_axes, stack.original_data_shape) == ("TZHCYX", (3, 2, 2, 1, 4, 5))
    assert stack.data_shape == [12, 1, 4, 5]
    # T is the slowest and H the fastest.
    np.testing.assert_array_equal(all_of(stack, 4 * 2 + 2 * 1 + 0)[0], planes[1, 0, 2])
    deep = CziImageStack(path, depth_axis="Z")
    assert (deep.original_axes, deep.data_shape) == ("THCZYX", [6, 1, 2, 4, 5])
    np.testing.assert_array_equal(all_of(deep, 2 * 2 + 1)[0], planes[:, 1, 2])


def test_dimensions_that_a_file_lacks_have_one_index(tmp_path):
    stack = CziImageStack(write(tmp_path, numbered(2, 4, 5), "V"))
    assert (stack.original_axes, stack.original_data_shape) == ("TZVCYX", (1, 1, 2, 1, 4, 5))
    assert stack.data_shape == [2, 1, 4, 5]


def test_scenes():
    stack = CziImageStack(SCENES, scene=1)
    assert (stack.scene, stack.data_path) == (1, SCENES)
    assert stack.source == SCENES.with_name("two_scenes.czi@1")
    assert stack.data_shape == [1, 2, 7, 9]
    again = CziImageStack(stack.source)
    assert (again.scene, again.data_path, again.source) == (1, SCENES, stack.source)
    np.testing.assert_array_equal(all_of(again), all_of(stack))
    whole = CziImageStack(SCENES)
    assert (whole.scene, whole.source, whole.data_shape) == (None, SCENES, [1, 2, 13, 33])
    # Scene 1 begins at x=20, y=-3, the plane at x=-4, y=-3.
    np.testing.assert_array_equal(all_of(whole)[:, :7, 24:33], all_of(stack))
    assert all_of(stack).any()


def test_patches_of_a_scene_end_where_it_ends():
    first = CziImageStack(SCENES, scene=0)
    patch = first.extract_patch(0, None, (-5, 10), (13, 30))
    assert not patch[:, :5].any()
    assert not patch[:, :, 4:].any()  # where scene 1 is in the plane
    np.testing.assert_array_equal(patch[:, 5:, :4], all_of(first)[:, :, 10:])


def test_rectangles_of_scenes(tmp_path):
    expected = {0: Rectangle(-4, 2, 14, 8), 1: Rectangle(20, -3, 9, 7)}
    assert CziImageStack.get_bounding_rectangles(SCENES) == expected
    assert CziImageStack.get_bounding_rectangles(str(SCENES)) == expected
    with CziReader(SCENES) as reader:
        assert CziImageStack.get_bounding_rectangles(reader) == expected
    path = write(tmp_path, numbered(2, 4, 5), "Z")
    assert CziImageStack.get_bounding_rectangles(path) == {None: (0, 0, 5, 4)}


def test_extents_are_those_of_the_scene(tmp_path):
    tiles = [Tile(numbered(4, 5), x=0, at={"S": 0, "Z": z}) for z in range(3)]
    tiles += [Tile(numbered(4, 5) + 100, x=9, at={"S": 1, "Z": 5})]
    path = tmp_path / "unequal.czi"
    path.write_bytes(czi_bytes(tiles))
    assert CziImageStack(path, 0, "Z").data_shape == [1, 1, 3, 4, 5]
    assert CziImageStack(path, 1).data_shape == [1, 1, 4, 5]
    np.testing.assert_array_equal(all_of(CziImageStack(path, 1))[0], numbered(4, 5) + 100)
    with pytest.raises(UsageError, match=r"unequal.czi@1 has one index along Z"):
        CziImageStack(path, 1, "Z")


def test_colours_are_channels(tmp_path):
    pixels = np.arange(60, dtype=np.uint8).reshape(4, 5, 3)  # samples B, G, R
    path = tmp_path / "colours.czi"
    path.write_bytes(czi_bytes([Tile(pixels)]))
    stack = CziImageStack(path)
    assert (stack.data_shape, stack.data_dtype) == ([1, 3, 4, 5], np.uint8)
    red_green_blue = np.moveaxis(pixels[..., ::-1], -1, 0)
    np.testing.assert_array_equal(all_of(stack), red_green_blue)
    patch = stack.extract_patch(0, [2, 0, 0], (3, 4), (2, 2))
    np.testing.assert_array_equal(patch[:, 0, 0], red_green_blue[[2, 0, 0], 3, 4])
    assert not patch[:, 1].any()


@pytest.mark.parametrize(
    ("dtype", "of_patches"),
    [("uint8", "float32"), ("float32", "float32"), ("int32", "int32"), ("float64", "float64")],
)
def test_dtypes_are_those_of_the_file(tmp_path, dtype, of_patches):
    path = tmp_path / "a.czi"
    pixels = np.full((4, 5), 2**24 + 1 if dtype in ("int32", "float64") else 7, dtype)
    path.write_bytes(czi_bytes([Tile(pixels)]))
    stack = CziImageStack(path)
    assert stack.data_dtype == np.dtype(dtype)
    patch = stack.extract_patch(0, None, (0, 0), (4, 5))
    assert patch.dtype == np.dtype(of_patches)
    np.testing.assert_array_equal(patch[0], pixels)


def test_uses_that_are_refused(tmp_path, planes):
    path = write(tmp_path, planes[:, :1], "TZC")
    with pytest.raises(UsageError, match="names a scene already, and scene=0 was given"):
        CziImageStack(f"{SCENES}@1", scene=0)
    with pytest.raises(UsageError, match="has no scene 2; there are: 0, 1"):
        CziImageStack(SCENES, scene=2)
    with pytest.raises(UsageError, match="has no scene 7"):
        CziImageStack(f"{SCENES}@7")
    with pytest.raises(UsageError, match="only a scene may follow @"):
        CziImageStack(f"{SCENES}@level=1")
    with pytest.raises(UsageError, match=r"planes.czi has one index along Z, and no depth"):
        CziImageStack(path, depth_axis="Z")
    without_time = write(tmp_path, planes[0], "ZC")
    with pytest.raises(UsageError, match=r"planes.czi has one index along T, and no depth"):
        CziImageStack(without_time, depth_axis="T")
    for word in ("C", "z", ""):
        with pytest.raises(UsageError, match="depth_axis: must be 'none', 'Z' or 'T'"):
            CziImageStack(path, depth_axis=word)
    with pytest.raises(MissingFileError, match=r"nothing.czi"):
        CziImageStack(tmp_path / "nothing.czi")
    stack = CziImageStack(write(tmp_path, planes[:, :1], "TZC"))
    with pytest.raises(IndexingError, match="sample_idx: must be -2 to 1"):
        stack.extract_patch(2, None, (0, 0), (1, 1))
    with pytest.raises(IndexingError, match="channels: must be -2 to 1"):
        stack.extract_patch(0, [2], (0, 0), (1, 1))
    with pytest.raises(IndexingError, match="coords: must be 2 integers"):
        stack.extract_patch(0, None, (0, 0, 0), (1, 1, 1))


def test_closing():
    with CziImageStack(SCENES, 0) as stack:
        assert all_of(stack).any()
    for coords in ((0, 0), (-9, 0)):
        with pytest.raises(UsageError, match=r"two_scenes.czi@0: the stack was closed"):
            stack.extract_patch(0, None, coords, (1, 1))
    stack.close()


def test_pickles_are_small(tmp_path, monkeypatch):
    monkeypatch.chdir(SCENES.parent)
    stack = CziImageStack(SCENES.name, 1)
    pickled = pickle.dumps(stack)
    assert len(pickled) < 3000
    monkeypatch.chdir(tmp_path)
    np.testing.assert_array_equal(all_of(pickle.loads(pickled)), all_of(CziImageStack(SCENES, 1)))


def test_servers(monkeypatch):
    monkeypatch.setenv("no_proxy", "*")
    with serving(Server()) as server:
        server.files["/slide.czi"] = SCENES.read_bytes()
        url = f"{server.url}/slide.czi"
        stacks = load_czis([url], "SCYX")
        assert [stack.source for stack in stacks] == [f"{url}@0", f"{url}@1"]
        assert stacks[1].data_path == url
        again = CziImageStack(stacks[1].source)
        expected = all_of(CziImageStack(SCENES, 1))
        np.testing.assert_array_equal(all_of(again), expected)
        assert [stack.source for stack in open_stacks(url)] == [f"{url}@0", f"{url}@1"]


def test_threads(tmp_path, planes):
    stack = CziImageStack(write(tmp_path, planes, "TZC"))

    def is_right(number: int) -> bool:
        sample = number % 6
        return bool((all_of(stack, sample) == planes[sample // 3, sample % 3]).all())

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(is_right, range(60)))


def test_loading(tmp_path, planes):
    path = write(tmp_path, planes, "TZC")
    stacks = load_czis([SCENES, path, f"{SCENES}@1"], "SCYX")
    assert [(stack.data_path, stack.scene) for stack in stacks] == [
        *((SCENES, 0), (SCENES, 1)),
        (path, None),
        (SCENES, 1),
    ]
    assert load_czis([path], "SCZYX")[0].data_shape == [2, 2, 3, 4, 5]
    assert load_czis([path], "SCTYX")[0].data_shape == [3, 2, 2, 4, 5]
    for axes in ("CSYX", "YX", "SCZTYX", "SZYX", ""):
        with pytest.raises(UsageError, match="axes: must be one of SCYX, SCZYX, SCTYX, got"):
            load_czis([path], axes)
    with pytest.raises(UsageError, match="has one index along Z"):
        load_czis([SCENES], "SCZYX")
    assert PatchExtractor(stacks).n_channels == 2


def test_open_stacks(tmp_path, planes):
    path = write(tmp_path, planes, "TZC")
    (stack,) = open_stacks(path)
    assert (type(stack), stack.axes) == (CziImageStack, "SCZYX")
    assert open_stacks(path, "SCTYX")[0].axes == "SCTYX"
    for letter, axes in (("T", "SCYX"), ("Z", "SCZYX")):
        assert open_stacks(write(tmp_path, numbered(2, 4, 5), letter))[0].axes == axes
    assert [stack.scene for stack in open_stacks(SCENES)] == [0, 1]
    assert [(stack.scene, stack.axes) for stack in open_stacks(f"{SCENES}@1")] == [(1, "SCYX")]
