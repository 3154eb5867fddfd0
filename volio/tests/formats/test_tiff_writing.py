"""TIFF that volio writes, as tifffile reads it: pyramids, codecs, ImageJ, BigTIFF, choices."""

from __future__ import annotations

import tracemalloc
import warnings
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import volio
from volio.arrays.dtypes import RGB, RGBA
from volio.arrays.lazy import LazyArray
from volio.errors import (
    CastingError,
    GeometryWarning,
    LossWarning,
    SaveError,
    UsageError,
)
from volio.formats.tiff.saving.imagej import per_unit
from volio.tests.formats.tiff_files import numbers
from volio.tests.requirements import optional

tifffile = optional("tifffile")
imagecodecs = optional("imagecodecs")

SIZES = np.diag([0.001, 0.002, 0.003, 1])


def saved(path: Path, array: np.ndarray, affine: Any = SIZES, **choices: Any) -> Any:
    """Save an array of axes x, y, z, t, c, and return what tifffile reads: kind, axes, levels."""
    volio.save(volio.TiffImage(array, affine), path, **choices)
    with tifffile.TiffFile(path) as file:
        assert len(file.series) == 1
        series = file.series[0]
        return series.kind, series.axes, [level.asarray() for level in series.levels]


def loaded(path: Path) -> np.ndarray:
    return np.asarray(volio.load(path).dataobj)


SHAPE = (70, 53, 3, 2, 2)
DTYPES = ("i1", "u1", "i2", "u2", "i4", "u4", "f4", "f8")


@pytest.mark.parametrize("dtype", DTYPES)
def test_ome_tiff_is_read_by_tifffile_and_by_volio(tmp_path: Path, dtype: str):
    array = numbers(SHAPE, "i4").astype(dtype)
    path = tmp_path / "a.ome.tif"
    kind, axes, levels = saved(path, array)
    assert (kind, axes) == ("ome", "CTZYX")
    np.testing.assert_array_equal(levels[0], array.transpose(4, 3, 2, 1, 0))
    assert levels[0].dtype == array.dtype
    np.testing.assert_array_equal(loaded(path), array)
    np.testing.assert_allclose(volio.load(path).affine, SIZES)


@pytest.mark.parametrize("codec", ["deflate", "zlib", "zstd", "lzw", "none"])
@pytest.mark.parametrize("dtype", ["u2", "i1", "f4"])
def test_codecs_of_tiles(tmp_path: Path, codec: str, dtype: str):
    array = numbers((70, 53, 2), "u2").astype(dtype)
    path = tmp_path / "a.tif"
    _, axes, levels = saved(path, array, codec=codec, tile=(32, 16))
    assert axes == "ZYX"
    np.testing.assert_array_equal(levels[0], array.T)
    np.testing.assert_array_equal(loaded(path), array)
    with tifffile.TiffFile(path) as file:
        page = file.pages[0]
        assert (page.tilewidth, page.tilelength) == (32, 16)
        code = {"deflate": 8, "zlib": 8, "zstd": 50000, "lzw": 5, "none": 1}[codec]
        assert page.compression == code


def test_small_files_are_smaller(tmp_path: Path):
    array = np.cumsum(numbers((300, 200, 3), "u1") % 3, axis=0).astype("u2")
    sizes = {}
    for compression in ("fast", "small", 0):
        path = tmp_path / f"{compression}.ome.tif"
        saved(path, array, compression=compression)
        sizes[compression] = path.stat().st_size
    assert sizes["small"] < sizes["fast"] < sizes[0] / 2


def means(array: np.ndarray) -> np.ndarray:
    """The mean of each 2 x 2 pixels, of fewer at the end, rounded half up."""
    rows, columns = array.shape[-2:]
    out = np.empty((*array.shape[:-2], -(-rows // 2), -(-columns // 2)), array.dtype)
    for row in range(out.shape[-2]):
        for column in range(out.shape[-1]):
            part = array[..., 2 * row : 2 * row + 2, 2 * column : 2 * column + 2]
            mean = part.astype(np.float64).mean((-2, -1))
            out[..., row, column] = np.floor(mean + 0.5)
    return out


def test_levels_are_means(tmp_path: Path):
    array = numbers((101, 75, 2), "u2")
    path = tmp_path / "a.ome.tif"
    # Voxels are about as long along x and y: both are halved.
    _, _, levels = saved(path, array, np.diag([0.002, 0.002, 0.009, 1]), tile=(16, 16))
    assert [level.shape for level in levels] == [
        (2, 75, 101),
        (2, 38, 51),
        (2, 19, 26),
        (2, 10, 13),
    ]
    for finer, coarser in pairwise(levels):
        np.testing.assert_array_equal(coarser, means(finer))
    img = volio.load(path)
    for number, level in enumerate(img.levels):
        np.testing.assert_array_equal(np.asarray(level.dataobj), levels[number].T)
        np.testing.assert_allclose(level.affine[0, 0], 0.002 * 2**number)
        np.testing.assert_allclose(level.affine[0, 3], 0.002 * (2**number - 1) / 2)


def test_labels_are_not_averaged(tmp_path: Path):
    array = np.zeros((64, 64, 1), "u2")
    array[:33] = 700
    path = tmp_path / "a.ome.tif"
    _, _, levels = saved(path, array, tile=(16, 16), labels=True)
    assert len(levels) > 2
    assert set(np.unique(levels[1])) == {0, 700}
    header = volio.Nifti1Header()
    header.set_intent("label")
    img = volio.Nifti1Image(array, np.eye(4), header)
    with pytest.warns(LossWarning, match="intent"):
        volio.save(img, tmp_path / "b.ome.tif", tile=(16, 16))
    assert set(np.unique(volio.load(tmp_path / "b.ome.tif", level=1).dataobj)) == {0, 700}


def test_fewer_levels_and_none(tmp_path: Path):
    array = numbers((101, 75, 2), "u2")
    for count in (1, 2):
        _, _, levels = saved(tmp_path / "a.ome.tif", array, tile=(16, 16), levels=count)
        assert len(levels) == count


@pytest.mark.parametrize("dtype", [RGB, RGBA])
@pytest.mark.parametrize("name", ["a.ome.tif", "a.tif"])
def test_colours(tmp_path: Path, dtype: Any, name: str):
    count = len(dtype.names)
    array = numbers((70, 53, 3, count), "u1").view(dtype)[..., 0]
    path = tmp_path / name
    kind, axes, levels = saved(path, array)
    assert axes == "ZYXS"
    assert kind == ("imagej" if name == "a.tif" and count == 3 else "ome")
    for number, field in enumerate(dtype.names):
        np.testing.assert_array_equal(levels[0][..., number], array[field].T)
    np.testing.assert_array_equal(loaded(path), array)


def test_channels_units_and_times_are_kept(tmp_path: Path):
    stated = {
        "axes": "TCYX",
        "PhysicalSizeX": 0.25,
        "PhysicalSizeY": 0.25,
        "TimeIncrement": 1.5,
        "Channel": {"Name": ["DAPI", "GFP µ"], "Color": [-16776961, 0x00FF00FF]},
    }
    tifffile.imwrite(tmp_path / "a.ome.tif", numbers((3, 2, 20, 30)), metadata=stated)
    img = volio.load(tmp_path / "a.ome.tif")
    volio.save(img, tmp_path / "b.ome.tif")
    again = volio.load(tmp_path / "b.ome.tif")
    assert again.header.channel_names == ("DAPI", "GFP µ")
    assert again.header.channel_colors == img.header.channel_colors
    assert again.header.unit == "micrometer"
    assert again.header.time_step == 1.5
    np.testing.assert_allclose(again.affine, img.affine)
    text = volio.load(tmp_path / "b.ome.tif").header.facts.metadata["ome"]
    assert 'PhysicalSizeX="0.25"' in text
    assert tifffile.xml2dict(text)["OME"]["Image"]["Pixels"]["PhysicalSizeXUnit"] == "µm"
    # Names of channels have no place in a file of ImageJ.
    volio.save(img, tmp_path / "c.tif")
    assert volio.load(tmp_path / "c.tif").header.channel_names == ("DAPI", "GFP µ")
    with pytest.warns(LossWarning, match="names and colours"):
        volio.save(img, tmp_path / "d.tif", imagej=True)


def test_ome_xml_is_valid(tmp_path: Path):
    """The schema is not at hand: the checks of tifffile on what they cover."""
    saved(tmp_path / "a.ome.tif", numbers(SHAPE))
    with tifffile.TiffFile(tmp_path / "a.ome.tif") as file:
        pixels = tifffile.xml2dict(file.ome_metadata)["OME"]["Image"]["Pixels"]
    lengths = [pixels[f"Size{axis}"] for axis in "XYZTC"]
    assert lengths == list(SHAPE)
    assert pixels["TiffData"] == {"IFD": 0, "PlaneCount": 12}
    assert pixels["Type"] == "uint16"
    assert len(pixels["Channel"]) == 2


# ImageJ.


@pytest.mark.parametrize("dtype", ["u1", "u2", "f4"])
@pytest.mark.parametrize("ndim", [2, 3, 4, 5])
def test_hyperstacks_of_imagej(tmp_path: Path, dtype: str, ndim: int):
    array = numbers(SHAPE[:ndim], dtype)
    path = tmp_path / "a.tif"
    kind, axes, levels = saved(path, array)
    assert kind == "imagej"
    assert axes == {2: "YX", 3: "ZYX", 4: "TZYX", 5: "TZCYX"}[ndim]
    order = {2: (1, 0), 3: (2, 1, 0), 4: (3, 2, 1, 0), 5: (3, 2, 4, 1, 0)}[ndim]
    np.testing.assert_array_equal(levels[0], array.transpose(order))
    np.testing.assert_array_equal(loaded(path).squeeze(), array)
    np.testing.assert_allclose(np.diag(volio.load(path).affine)[:2], [0.001, 0.002])
    with tifffile.TiffFile(path) as file:
        count = int(np.prod(SHAPE[2:ndim], dtype=int))
        assert len(file.pages) == count  # programs that do not know ImageJ see all pages
        stack = np.stack([page.asarray() for page in file.pages])
        np.testing.assert_array_equal(stack.reshape(levels[0].shape), levels[0])


def test_imagej_metadata(tmp_path: Path):
    img = volio.Nifti1Image(numbers((5, 6, 4, 3)), np.diag([0.25, 0.5, 3, 1]))
    img.header.set_xyzt_units("mm", "sec")
    img.header.set_zooms((0.25, 0.5, 3, 1.5))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LossWarning)
        volio.convert(save_nifti(tmp_path, img), tmp_path / "a.tif")
    with tifffile.TiffFile(tmp_path / "a.tif") as file:
        found = file.imagej_metadata
        page = file.pages[0]
    assert (found["unit"], found["spacing"], found["finterval"]) == ("mm", 3.0, 1.5)
    assert (found["slices"], found["frames"], found["images"]) == (4, 3, 12)
    assert (page.tags["XResolution"].value, page.tags["YResolution"].value) == ((4, 1), (2, 1))


def save_nifti(folder: Path, img: Any) -> Path:
    path = folder / "a.nii.gz"
    img.to_filename(path)
    return path


@pytest.mark.parametrize("size", [1.0, 0.3, 1e-7, 123.456, 2e6, 1e12, 1e-12])
def test_resolutions_are_fractions(size: float):
    above, below = per_unit(size)
    assert 0 < above < 2**32
    assert 0 < below < 2**32
    if 1e-9 < size < 1e9:
        assert below / above == pytest.approx(size, rel=1e-6)


@pytest.mark.parametrize("size", [1e-319, 1e-12, 1e12])
def test_sizes_that_fractions_do_not_hold_are_refused(tmp_path: Path, size: float):
    img = volio.Nifti1Image(numbers((5, 6, 4)), np.eye(4))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LossWarning)
        made = volio.TiffImage.from_image(img)
        made.header.set_zooms((size, 1, 1))
        made = volio.TiffImage(made.dataobj, np.diag([size, 1, 1, 1]), made.header)
        with pytest.raises(SaveError, match="imagej: sizes of a voxel from"):
            made.to_filename(tmp_path / "a.tif")
    assert not list(tmp_path.iterdir())


class Zeros(LazyArray):
    """Zeros that take no memory."""

    def __init__(self, shape: tuple[int, ...], dtype: str) -> None:
        self.shape = shape
        self.dtype = np.dtype(dtype)
        self.read = 0

    def fill(self, out: Any, box: Any) -> None:
        self.read += out.size
        out[...] = 0


def test_only_ome_tiff_is_named_ome(tmp_path: Path):
    img = volio.TiffImage(numbers((5, 6, 4)), SIZES)
    with pytest.raises(UsageError, match="name of an OME-TIFF"):
        volio.save(img, tmp_path / "a.ome.tif", imagej=True)
    with pytest.raises(UsageError, match="no tiles, codecs"):
        volio.save(img, tmp_path / "a.tif", imagej=True, codec="lzw")
    other = volio.TiffImage(numbers((5, 6, 4), "i4"), SIZES)
    with pytest.raises(SaveError, match="not int32"):
        volio.save(other, tmp_path / "a.tif", imagej=True)
    volio.save(other, tmp_path / "a.tif", imagej=True, dtype="float32")
    assert not (tmp_path / "a.ome.tif").exists()


@pytest.mark.parametrize(
    "choices",
    [{"codec": "jpeg"}, {"tile": (17, 16)}, {"tile": (16,)}, {"levels": 0}, {"compression": 99}],
)
def test_choices_that_make_no_sense(tmp_path: Path, choices: Any):
    img = volio.TiffImage(numbers((5, 6, 4)), SIZES)
    with pytest.raises(UsageError, match=f"{next(iter(choices))}: "):
        volio.save(img, tmp_path / "a.ome.tif", **choices)
    assert not list(tmp_path.iterdir())


# Sizes and streams.


def test_bigtiff_is_written_where_it_may_be_needed(tmp_path: Path):
    small = numbers((40, 30, 2))
    saved(tmp_path / "a.ome.tif", small)
    saved(tmp_path / "b.ome.tif", small, bigtiff=True)
    for name, big in (("a.ome.tif", False), ("b.ome.tif", True)):
        with tifffile.TiffFile(tmp_path / name) as file:
            assert file.is_bigtiff is big
        np.testing.assert_array_equal(loaded(tmp_path / name), small)


def test_voxels_are_read_once_and_in_bounded_memory(tmp_path: Path):
    voxels = Zeros((4096, 4096, 6), "u2")
    img = volio.TiffImage(voxels, SIZES)
    tracemalloc.start()
    volio.save(img, tmp_path / "a.ome.tif")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert voxels.read == voxels.size
    assert peak < voxels.nbytes / 4


def test_files_that_cannot_be_written_at_an_offset(tmp_path: Path):
    """Compressed files and streams: the header comes last, through a temporary file."""
    array = numbers((40, 30, 2))
    img = volio.TiffImage(array, SIZES)
    volio.save(img, tmp_path / "a.ome.tif")
    volio.save(img, tmp_path / "b.ome.tif.gz")
    np.testing.assert_array_equal(loaded(tmp_path / "b.ome.tif.gz"), array)
    with (tmp_path / "c.ome.tif").open("wb") as file:
        img.to_stream(file)
    np.testing.assert_array_equal(loaded(tmp_path / "c.ome.tif"), array)


def test_saving_over_the_loaded_file(tmp_path: Path):
    array = numbers((40, 30, 2), "i2")
    path = tmp_path / "a.ome.tif"
    saved(path, array)
    img = volio.load(path)
    volio.save(img, path, codec="zstd")
    np.testing.assert_array_equal(np.asarray(img.dataobj), array)
    np.testing.assert_array_equal(loaded(path), array)


def test_longer_integers_are_narrowed_or_refused(tmp_path: Path):
    array = np.array([[[1, 2], [3, 400]]])
    kind, _, levels = saved(tmp_path / "a.ome.tif", array)
    assert kind == "ome"
    assert levels[0].dtype.itemsize <= 4
    np.testing.assert_array_equal(loaded(tmp_path / "a.ome.tif"), array)
    with pytest.raises(CastingError, match="save them as a float array"):
        saved(tmp_path / "b.ome.tif", np.array([[[2**53 + 1, -1]]]))


def test_no_voxels_and_six_axes_are_refused(tmp_path: Path):
    for shape in ((0, 3, 4), (2, 2, 2, 2, 2, 2)):
        with pytest.raises(SaveError, match="one to five axes"):
            volio.save(volio.TiffImage(np.zeros(shape, "u1"), None), tmp_path / "a.tif")


@pytest.mark.parametrize("change", ["position", "direction", "rotation"])
def test_what_is_lost_of_an_affine_is_told(tmp_path: Path, change: str):
    affine = SIZES.copy()
    if change == "position":
        affine[0, 3] = 5
    elif change == "direction":
        affine[0, 0] *= -1
    else:
        affine[:2, :2] = [[0, 0.001], [0.001, 0]]
    img = volio.TiffImage(numbers((5, 6, 4)), affine)
    with pytest.warns(GeometryWarning, match="voxel sizes"):
        volio.save(img, tmp_path / "a.tif")


def test_an_image_without_an_affine_has_none_when_it_comes_back(tmp_path: Path):
    for name in ("a.tif", "a.ome.tif"):
        saved(tmp_path / name, numbers((5, 6, 4)), None)
        assert volio.load(tmp_path / name).affine is None


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_what_is_saved_comes_back(tmp_path_factory, data):
    shape = tuple(data.draw(st.lists(st.integers(1, 40), min_size=1, max_size=5)))
    dtype = data.draw(st.sampled_from(DTYPES))
    array = numbers(shape[:2] + tuple([min(n, 4) for n in shape[2:]]), "i4").astype(dtype)
    path = tmp_path_factory.mktemp("tiff") / data.draw(st.sampled_from(["a.tif", "a.ome.tif"]))
    saved(path, array)
    found = loaded(path)
    np.testing.assert_array_equal(found.squeeze(), array.squeeze())


def test_a_single_slice_keeps_how_thick_it_is(tmp_path: Path):
    img = volio.TiffImage(np.ones((5, 4, 1), np.uint8), np.diag([0.5, 0.25, 3.0, 1]))
    img.to_filename(tmp_path / "a.ome.tif")
    np.testing.assert_allclose(volio.load(tmp_path / "a.ome.tif").affine, img.affine)
