"""TIFF that tifffile writes: kinds of files, dtypes, codecs, axes, scales, resolutions."""

from __future__ import annotations

import gzip
import pickle
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import volio
from volio.arrays.proxy import ArrayProxy
from volio.errors import GeometryWarning, ImageFileError, UsageError
from volio.files.filemap import FileHolder
from volio.formats.tiff.raw_pages import RawPages
from volio.testing.conformance.case import open_files
from volio.tests.arrays.arrays import slices
from volio.tests.formats.tiff_files import (
    CountingSource,
    by_hand,
    in_file_order,
    numbers,
    ome,
    page,
    pixels,
)
from volio.tests.requirements import optional

tifffile = optional("tifffile")
imagecodecs = optional("imagecodecs")

TILES = {"tile": (16, 32)}
ZLIB = {"compression": "zlib"}
PAGES = (3, 40, 50)
COLOURS = (40, 50, 3)
PLANAR = {"photometric": "rgb", "planarconfig": "separate"}
STACK = (2, 3, 4, 20, 30)

#: Shape, dtype and options of tifffile.imwrite.
CASES: dict[str, tuple[tuple[int, ...], str, dict[str, Any]]] = {
    "page": ((40, 50), "u1", {}),
    "a-row": ((1, 50), "u2", {}),
    "a-column": ((6, 50, 1), "u2", ZLIB),
    "pages": ((4, 40, 50), "u2", {"metadata": None}),
    "pages-that-are-one-array": ((5, 40, 50), "u2", {}),
    "strips": (PAGES, "u1", {"metadata": None, "rowsperstrip": 7, **ZLIB}),
    "raw-strips": (PAGES, "u2", {"metadata": None, "rowsperstrip": 7}),
    "rows-as-strips": ((300, 70), "u2", {"rowsperstrip": 1, "compression": "lzw"}),
    "tiles": ((4, 100, 130), "u2", {**TILES, **ZLIB, "predictor": True}),
    "raw-tiles": ((100, 130), "u2", TILES),
    "big-endian": ((4, 100, 130), "u2", {"byteorder": ">"}),
    "big-endian-tiles": ((4, 40, 50), "f4", {"byteorder": ">", **TILES, **ZLIB, "predictor": True}),
    "bigtiff": ((4, 40, 50), "u1", {"bigtiff": True, **ZLIB}),
    "bigtiff-big-endian": ((4, 40, 50), "u4", {"bigtiff": True, "byteorder": ">", **ZLIB}),
    "rgb": (COLOURS, "u1", {"photometric": "rgb"}),
    "rgb-tiles": (COLOURS, "u1", {"photometric": "rgb", **TILES, "compression": "lzw"}),
    "rgba-pages": ((5, 40, 50, 4), "u1", {"photometric": "rgb", **ZLIB}),
    "rgb-16": (COLOURS, "u2", {"photometric": "rgb"}),
    "rgb-apart": ((3, 40, 50), "u1", PLANAR),
    "rgb-apart-strips": ((3, 40, 50), "u1", {**PLANAR, **ZLIB, "rowsperstrip": 7}),
    "rgb-apart-tiles": ((6, 3, 40, 50), "u1", {**PLANAR, **ZLIB, **TILES}),
    "rgb-apart-pages": ((6, 3, 40, 50), "u1", PLANAR),
    "three-samples": (COLOURS, "u1", {"photometric": "minisblack", "planarconfig": "contig"}),
    "volume-tiles": ((20, 40, 50), "u1", {"tile": (16, 16, 16), "volumetric": True, **ZLIB}),
    "bits": ((4, 40, 50), "?", {}),
    "imagej": (STACK, "u2", {"imagej": True, "metadata": {"axes": "TZCYX"}}),
    "imagej-rgb": ((4, 20, 30, 3), "u1", {"imagej": True, "metadata": {"axes": "ZYXS"}}),
    "imagej-zlib": ((4, 20, 30), "f4", {"imagej": True, "metadata": {"axes": "ZYX"}, **ZLIB}),
    "ome": (STACK, "u2", {"ome": True, "metadata": {"axes": "TCZYX"}}),
    "ome-order": (STACK, "u2", {"ome": True, "metadata": {"axes": "ZTCYX"}, **ZLIB}),
    "ome-tiles": (STACK, "u2", {"ome": True, "metadata": {"axes": "CTZYX"}, **TILES, **ZLIB}),
    "ome-rgb": ((4, 40, 50, 3), "u1", {"ome": True, "photometric": "rgb", **TILES}),
    "ome-rgb-apart": ((4, 3, 40, 50), "u1", {"ome": True, **PLANAR, **ZLIB}),
}
CASES |= {
    f"dtype-{kind}": ((2, 20, 20), kind, {"metadata": None, **ZLIB})
    for kind in ("i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f2", "f4", "f8")
}
CODECS = ("packbits", "lzw", "deflate", "zstd", "lzma", "png", "webp", "jpeg", "jpeg2000")
CODECS += ("jpegxr", "jpegxl")
CASES |= {
    f"codec-{name}": (COLOURS, "u1", {"compression": name, "photometric": "rgb", **TILES})
    for name in CODECS
}
CASES["codec-lerc"] = ((40, 50), "f4", {"compression": "lerc", **TILES})


def written(folder: Path, case: str, name: str = "a.tif") -> Path:
    shape, dtype, options = CASES[case]
    path = folder / name
    samples = {} if "imagej" in options else {"photometric": "minisblack"}
    tifffile.imwrite(path, numbers(shape, dtype), **samples | options)
    return path


def as_volio_has_it(array: np.ndarray, found: np.ndarray) -> np.ndarray:
    """Return what tifffile reads without axes of length 1, and with separate colours last."""
    array = array.squeeze()
    moved = np.moveaxis(array, -3, -1) if array.ndim > 2 else array
    return moved if array.shape != found.shape and moved.shape == found.shape else array


@pytest.mark.parametrize("case", CASES)
def test_values_are_those_that_tifffile_reads(tmp_path: Path, case: str):
    path = written(tmp_path, case)
    img = volio.load(path)
    assert volio.identify(path).name == "tiff"
    found = in_file_order(img).squeeze()
    wanted = as_volio_has_it(tifffile.imread(path), found)
    np.testing.assert_array_equal(found, wanted)
    assert found.dtype == wanted.dtype
    again = pickle.loads(pickle.dumps(img.dataobj))
    assert len(pickle.dumps(img.dataobj)) < 1500
    np.testing.assert_array_equal(np.asarray(again), np.asarray(img.dataobj))


AXES = {
    "page": ("yx", (50, 40, 1)),
    "pages": ("iyx", (50, 40, 4)),
    "pages-that-are-one-array": ("qyx", (50, 40, 5)),
    "imagej": ("tzcyx", (30, 20, 3, 2, 4)),
    "ome": ("tczyx", (30, 20, 4, 2, 3)),
    "ome-order": ("ztcyx", (30, 20, 2, 3, 4)),
    "rgb": ("yx", (50, 40, 1)),
    "rgb-16": ("yxs", (50, 40, 1, 1, 3)),
    "three-samples": ("yxs", (50, 40, 1, 1, 3)),
    "volume-tiles": ("zyx", (50, 40, 20)),
}


@pytest.mark.parametrize("case", AXES)
def test_axes_are_shown_as_x_y_z_t_c(tmp_path: Path, case: str):
    img = volio.load(written(tmp_path, case))
    names, shape = AXES[case]
    assert "".join(img.header.file_axes) == names
    assert img.shape == shape
    assert "".join(img.header.axes) == "xyztc"[: len(shape)]
    assert not img.header.anatomical


def test_red_green_and_blue_are_the_fields_of_a_voxel(tmp_path: Path):
    array = numbers(COLOURS, "u1")
    tifffile.imwrite(tmp_path / "a.tif", array, photometric="rgb", **TILES)
    img = volio.load(tmp_path / "a.tif")
    assert img.get_data_dtype().names == ("R", "G", "B")
    voxel = img.dataobj[7, 5, 0]
    assert voxel.tolist() == tuple(array[5, 7].tolist())


def test_a_user_may_name_the_axes(tmp_path: Path):
    array = numbers((4, 6, 40, 50))
    tifffile.imwrite(tmp_path / "a.tif", array, photometric="minisblack")
    img = volio.load(tmp_path / "a.tif", axes="ZTYX")
    np.testing.assert_array_equal(np.asarray(img.dataobj), array.transpose(3, 2, 0, 1))
    other = volio.load(tmp_path / "a.tif", axes="cxzy")
    assert other.shape == (40, 50, 6, 1, 4) or other.shape == (6, 50, 40, 1, 4)
    assert other.header.file_axes == ("c", "x", "z", "y")
    tifffile.imwrite(tmp_path / "b.tif", array[:1], photometric="minisblack")
    assert volio.load(tmp_path / "b.tif", axes="CTYX").shape == (50, 40, 1, 6)
    colours = numbers((40, 50, 5), "u1")
    tifffile.imwrite(tmp_path / "c.tif", colours, planarconfig="contig", photometric="minisblack")
    assert volio.load(tmp_path / "c.tif", axes="YXS").shape == (50, 40, 1, 1, 5)
    for wrong in ("ZYX", "ZZYX", "Z1YX"):
        with pytest.raises(UsageError, match="axes: "):
            volio.load(tmp_path / "a.tif", axes=wrong)


# Scales.


def test_ome_xml_states_sizes_times_and_channels(tmp_path: Path):
    stated = {
        "axes": "TCZYX",
        "PhysicalSizeX": 250.0,
        "PhysicalSizeXUnit": "nm",
        "PhysicalSizeY": 0.5,
        "PhysicalSizeZ": 0.002,
        "PhysicalSizeZUnit": "mm",
        "TimeIncrement": 300.0,
        "TimeIncrementUnit": "ms",
        "Channel": {"Name": ["DAPI", "GFP", "µ"], "Color": [255 << 24 | 255, 0x00FF00FF, -1]},
    }
    path = tmp_path / "a.ome.tif"
    stated["Channel"]["Color"][0] -= 1 << 32  # red, as a signed number
    tifffile.imwrite(path, numbers(STACK), metadata=stated)
    img = volio.load(path)
    np.testing.assert_allclose(img.affine, np.diag([0.00025, 0.0005, 0.002, 1]))
    header = img.header
    assert header.unit == "nanometer"
    assert header.time_step == pytest.approx(0.3)
    assert header.channel_names == ("DAPI", "GFP", "µ")
    assert header.channel_colors == ("FF0000", "00FF00", "FFFFFF")
    assert header.facts.metadata["kind"] == "ome"


@pytest.mark.parametrize("size", ["0", "-1", "nan", "inf"])
def test_sizes_that_no_voxel_has_count_as_1_with_a_warning(tmp_path: Path, size: str):
    stated = {"PhysicalSizeX": size, "PhysicalSizeY": "3", "PhysicalSizeYUnit": "mm"}
    text = ome(pixels({}, '<TiffData IFD="0"/>', **stated))
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, numbers((4, 5), "u1"), description=text.encode(), metadata=None)
    with pytest.warns(GeometryWarning, match=r"a\.tif: OME-XML: PhysicalSizeX: must be finite"):
        img = volio.load(path)
    np.testing.assert_allclose(np.diag(img.affine)[:2], [1, 3])
    metadata = {"axes": "ZYX", "spacing": float(size), "unit": "mm"}
    tifffile.imwrite(
        path, numbers((2, 4, 5), "u1"), imagej=True, resolution=(2.0, 4.0), metadata=metadata
    )
    with pytest.warns(GeometryWarning, match="size of voxels along Z: must be finite"):
        img = volio.load(path)
    np.testing.assert_allclose(np.diag(img.affine)[:3], [0.5, 0.25, 1])


def test_units_that_are_not_known_are_said(tmp_path: Path):
    for unit, warned in (("furlong", 1), ("pixel", 0), ("reference frame", 0)):
        stated = {"PhysicalSizeX": "2", "PhysicalSizeXUnit": unit, "PhysicalSizeY": "3"}
        text = ome(pixels({}, '<TiffData IFD="0"/>', **stated))
        path = tmp_path / "a.tif"
        tifffile.imwrite(path, numbers((4, 5), "u1"), description=text.encode(), metadata=None)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            assert np.diag(volio.load(path).affine)[1] == pytest.approx(0.003)
        assert ["called 'furlong'" in str(each.message) for each in caught] == [True] * warned


UNITS = {"µm": 1e-3, "Å": 1e-7, "in": 25.4, "Mm": 1e9, "pm": 1e-9, "m": 1e3, "km": 1e6}


@pytest.mark.parametrize("unit", UNITS)
def test_units_of_ome_xml_become_mm(tmp_path: Path, unit: str):
    tiff_data = '<TiffData IFD="0"/>'
    stated = {"PhysicalSizeX": "2", "PhysicalSizeXUnit": unit, "PhysicalSizeY": "3"}
    stated["PhysicalSizeYUnit"] = unit
    text = ome(pixels({}, tiff_data, **stated))
    tifffile.imwrite(
        tmp_path / "a.tif", numbers((4, 5), "u1"), description=text.encode(), metadata=None
    )
    img = volio.load(tmp_path / "a.tif")
    np.testing.assert_allclose(np.diag(img.affine)[:2], [2 * UNITS[unit], 3 * UNITS[unit]])


@pytest.mark.parametrize("unit", ["pixel", "reference frame", ""])
def test_sizes_in_pixels_are_no_sizes(tmp_path: Path, unit: str):
    stated = {"PhysicalSizeX": "2", "PhysicalSizeXUnit": unit or "pixel"}
    stated |= {"PhysicalSizeY": "3", "PhysicalSizeYUnit": unit or "pixel"}
    text = ome(pixels({}, '<TiffData IFD="0"/>', **stated))
    tifffile.imwrite(
        tmp_path / "a.tif", numbers((4, 5), "u1"), description=text.encode(), metadata=None
    )
    img = volio.load(tmp_path / "a.tif")
    assert img.affine is None
    assert img.header.unit == ""


@pytest.mark.parametrize("unit", ["um", "micron", "\\u00B5m"])
def test_imagej_states_pixels_per_unit_spacing_and_frame_interval(tmp_path: Path, unit: str):
    stated = {"axes": "TZYX", "spacing": 2.5, "unit": unit, "finterval": 0.5}
    array = numbers((2, 4, 20, 30))
    tifffile.imwrite(tmp_path / "a.tif", array, imagej=True, resolution=(5, 2), metadata=stated)
    img = volio.load(tmp_path / "a.tif")
    np.testing.assert_allclose(np.diag(img.affine)[:3], [0.0002, 0.0005, 0.0025])
    assert img.header.unit == "micrometer"
    assert img.header.time_step == 0.5


def test_imagej_without_a_unit_has_no_scale(tmp_path: Path):
    array = numbers((4, 20, 30))
    tifffile.imwrite(
        tmp_path / "a.tif", array, imagej=True, metadata={"unit": "pixel", "axes": "ZYX"}
    )
    assert volio.load(tmp_path / "a.tif").affine is None


@pytest.mark.parametrize(("unit", "mm"), [(2, 25.4), (3, 10.0), (1, None)])
def test_tags_of_resolution_state_sizes(tmp_path: Path, unit: int, mm: float | None):
    tifffile.imwrite(
        tmp_path / "a.tif", numbers((4, 5)), resolution=((10, 3), (5, 1)), resolutionunit=unit
    )
    img = volio.load(tmp_path / "a.tif")
    if mm is None:
        assert img.affine is None
    else:
        np.testing.assert_allclose(np.diag(img.affine)[:2], [0.3 * mm, 0.2 * mm])


# Several images, several resolutions.


def test_images_of_a_file_are_series(tmp_path: Path):
    first = numbers((3, 20, 30))
    second = numbers((12, 16), "u1")
    path = tmp_path / "a.ome.tif"
    with tifffile.TiffWriter(path) as file:
        file.write(first, metadata={"axes": "ZYX", "Name": "brain"}, photometric="minisblack")
        file.write(second, metadata={"axes": "YX", "PhysicalSizeX": 1.0, "PhysicalSizeY": 1.0})
    assert volio.load(path).shape == (30, 20, 3)
    assert volio.load(path).header.facts.metadata["name"] == "brain"
    img = volio.load(path, series=1)
    np.testing.assert_array_equal(np.asarray(img.dataobj)[..., 0].T, second)
    assert img.affine[0, 0] == pytest.approx(1e-3)
    for wrong in (2, -1, "1"):
        with pytest.raises(UsageError, match=r"series: .*images 0 to 1"):
            volio.load(path, series=wrong)


def test_pages_of_different_shapes_are_series_too(tmp_path: Path):
    arrays = [numbers((20, 30)), numbers((12, 16), "u1")]
    with tifffile.TiffWriter(tmp_path / "a.tif") as file:
        for array in arrays:
            file.write(array, metadata=None)
    for number, array in enumerate(arrays):
        img = volio.load(tmp_path / "a.tif", series=number)
        np.testing.assert_array_equal(np.asarray(img.dataobj)[..., 0].T, array)


def pyramid(path: Path, array: np.ndarray, count: int, metadata: Any, **options: Any) -> None:
    with tifffile.TiffWriter(path) as file:
        file.write(array, subifds=count - 1, metadata=metadata, **options)
        for level in range(1, count):
            step = 2**level
            part = array[..., ::step, ::step]
            file.write(part, subfiletype=1, metadata=None, **options)


@pytest.mark.parametrize("options", [{**TILES, **ZLIB}, {"rowsperstrip": 5}])
@pytest.mark.parametrize("kind", ["ome", "plain"])
def test_pages_below_a_page_are_coarser_levels(tmp_path: Path, kind: str, options: Any):
    array = numbers((2, 301, 203))
    stated = {"axes": "ZYX", "PhysicalSizeX": 1.0, "PhysicalSizeY": 2.0}
    path = tmp_path / ("a.ome.tif" if kind == "ome" else "a.tif")
    stated = stated if kind == "ome" else None
    pyramid(path, array, 3, stated, photometric="minisblack", **options)
    img = volio.load(path)
    assert [level.shape[:2] for level in img.levels] == [(203, 301), (102, 151), (51, 76)]
    scale = 1e-3 if kind == "ome" else 1.0
    for number, level in enumerate(img.levels):
        step = 2**number
        np.testing.assert_array_equal(np.asarray(level.dataobj).T, array[:, ::step, ::step])
        # Voxel 0 stands for `step` voxels along x and y.
        corner = [(step - 1) / 2 * scale, (step - 1) / 2 * scale * (2 if kind == "ome" else 1), 0]
        np.testing.assert_allclose(level.affine[:3, 3], corner)
        np.testing.assert_allclose(level.affine[0, 0], step * scale)
    assert volio.load(path, level=2).shape == img.levels[2].shape
    again = pickle.loads(pickle.dumps(img.levels[1].dataobj))
    np.testing.assert_array_equal(np.asarray(again).T, array[:, ::2, ::2])
    with pytest.raises(UsageError, match="level: "):
        volio.load(path, level=3)


def test_reduced_pages_after_a_page_are_coarser_levels(tmp_path: Path):
    """As in a cloud-optimized GeoTIFF."""
    array = numbers((256, 512))
    with tifffile.TiffWriter(tmp_path / "a.tif") as file:
        for step in (1, 2, 4):
            kind = int(step > 1)
            part = array[::step, ::step]
            file.write(part, tile=(64, 64), subfiletype=kind, metadata=None, **ZLIB)
    img = volio.load(tmp_path / "a.tif")
    assert [level.shape for level in img.levels] == [(512, 256, 1), (256, 128, 1), (128, 64, 1)]
    np.testing.assert_array_equal(np.asarray(img.levels[2].dataobj)[..., 0].T, array[::4, ::4])


# Several files.


def write_described(path: Path, array: np.ndarray, text: str) -> None:
    options = {"metadata": None, "photometric": "minisblack", **ZLIB}
    tifffile.imwrite(path, array, description=text.encode(), **options)


def several_files(folder: Path) -> np.ndarray:
    """Write an image of OME-TIFF whose channels are in two files."""
    array = numbers((2, 3, 4, 5), "u1")
    parts = "".join(
        [
            f'<TiffData FirstC="{c}" IFD="0" PlaneCount="3">'
            f'<UUID FileName="c{c}.ome.tif">urn:uuid:{c}</UUID></TiffData>'
            for c in range(2)
        ]
    )
    for c in range(2):
        text = ome(pixels({"Z": 3, "C": 2}, parts), UUID=f"urn:uuid:{c}")
        path = folder / f"c{c}.ome.tif"
        write_described(path, array[c], text)
    return array


def test_planes_of_an_image_may_be_in_several_files(tmp_path: Path):
    array = several_files(tmp_path)
    for name in ("c0.ome.tif", "c1.ome.tif"):
        img = volio.load(tmp_path / name)
        np.testing.assert_array_equal(in_file_order(img), array)
        again = pickle.loads(pickle.dumps(img.dataobj))
        np.testing.assert_array_equal(np.asarray(again), np.asarray(img.dataobj))


def test_a_file_that_is_missing_is_named_when_its_planes_are_read(tmp_path: Path):
    array = several_files(tmp_path)
    (tmp_path / "c1.ome.tif").unlink()
    img = volio.load(tmp_path / "c0.ome.tif")
    np.testing.assert_array_equal(img.dataobj[..., 0, 0].T, array[0])
    with pytest.raises(ImageFileError, match=r"c1\.ome\.tif"):
        np.asarray(img.dataobj)


@pytest.mark.parametrize("name", ["../x.tif", "/etc/passwd", "a/../../x.tif", "C:\\x.tif"])
def test_files_outside_the_folder_are_refused(tmp_path: Path, name: str):
    part = f'<TiffData FirstC="1" IFD="0"><UUID FileName="{name}">u</UUID></TiffData>'
    text = ome(pixels({"C": 2}, f'<TiffData IFD="0"/>{part}'))
    path = tmp_path / "a.ome.tif"
    tifffile.imwrite(path, numbers((4, 5), "u1"), description=text.encode(), metadata=None)
    img = volio.load(path)
    with pytest.raises(ImageFileError, match=r"outside its own folder|no such file"):
        np.asarray(img.dataobj)


def test_ome_xml_may_be_in_a_companion(tmp_path: Path):
    array = several_files(tmp_path)
    parts = "".join(
        [
            f'<TiffData FirstC="{c}" IFD="0" PlaneCount="3">'
            f'<UUID FileName="c{c}.ome.tif">urn:uuid:{c}</UUID></TiffData>'
            for c in range(2)
        ]
    )
    (tmp_path / "a.companion.ome").write_text(ome(pixels({"Z": 3, "C": 2}, parts)))
    only = ome('<BinaryOnly MetadataFile="a.companion.ome" UUID="urn:uuid:x"/>', UUID="urn:uuid:0")
    write_described(tmp_path / "c0.ome.tif", array[0], only)
    np.testing.assert_array_equal(in_file_order(volio.load(tmp_path / "c0.ome.tif")), array)


def test_planes_that_ome_xml_leaves_out_are_0(tmp_path: Path):
    array = numbers((2, 4, 5), "u1")
    parts = '<TiffData FirstZ="2" IFD="1"/><TiffData FirstZ="0" IFD="0"/>'
    text = ome(pixels({"Z": 3}, parts))
    tifffile.imwrite(tmp_path / "a.tif", array, description=text.encode(), metadata=None)
    found = np.asarray(volio.load(tmp_path / "a.tif").dataobj).T
    np.testing.assert_array_equal(found, [array[0], np.zeros((4, 5)), array[1]])


# Reading a part.


def load_counting(path: Path) -> tuple[Any, CountingSource]:
    source = CountingSource(path)
    img = volio.TiffImage.from_file_map({"image": FileHolder(fileobj=source)})
    source.reads.clear()
    return img, source


@pytest.mark.parametrize("compression", [None, "zlib"])
def test_a_voxel_reads_one_tile(tmp_path: Path, compression: str | None):
    array = numbers((3, 200, 300))
    path = tmp_path / "a.tif"
    options = {"tile": (32, 64), "compression": compression, "photometric": "minisblack"}
    tifffile.imwrite(path, array, metadata=None, **options)
    img, source = load_counting(path)
    assert img.dataobj[290, 40, 2] == array[2, 40, 290]
    with tifffile.TiffFile(path) as file:
        page = file.pages[2]
        number = 1 * 5 + 4  # of five tiles in a row
        tile = (page.dataoffsets[number], page.databytecounts[number])
    inside = [read for read in source.reads if read[0] >= tile[0] and read[0] < sum(tile)]
    assert inside == [tile]
    # What is left is the directory of the page, and the tables in it.
    assert sum(count for _, count in source.reads) - tile[1] < 2000


def test_a_row_of_a_page_that_is_one_strip_reads_little(tmp_path: Path):
    array = numbers((3, 4000, 500))
    path = tmp_path / "a.tif"
    with tifffile.TiffWriter(path) as file:
        for one in array:
            file.write(one, metadata=None, rowsperstrip=4000, contiguous=False)
    img, source = load_counting(path)
    np.testing.assert_array_equal(img.dataobj[:, 3000, 1], array[1, 3000])
    assert sum(count for _, count in source.reads) < 1.2e6
    assert isinstance(img._opened.stored(0), RawPages)


def test_one_array_is_read_as_one(tmp_path: Path):
    array = numbers((5, 400, 500))
    tifffile.imwrite(tmp_path / "a.tif", array, photometric="minisblack")
    img, source = load_counting(tmp_path / "a.tif")
    assert isinstance(img._opened.stored(0), ArrayProxy)
    np.testing.assert_array_equal(img.dataobj[100:120, 7, 3], array[3, 7, 100:120])
    assert sum(count for _, count in source.reads) < 5000


def test_small_strips_are_read_together(tmp_path: Path):
    array = numbers((300, 70))
    tifffile.imwrite(tmp_path / "a.tif", array, rowsperstrip=1, compression="lzw", metadata=None)
    assert volio.load(tmp_path / "a.tif").dataobj.chunks == (70, 300, 1)


def test_hyperstacks_of_more_than_4_gib(tmp_path: Path):
    """ImageJ has one directory for them; all voxels but the last are a hole in the file."""
    words = b"ImageJ=1.54f\nimages=2100\nslices=2100\nspacing=1.0\nunit=mm\n"
    tags = {"t258": ("H", [16]), "t270": ("s", list(words))}
    path = tmp_path / "a.tif"
    path.write_bytes(by_hand([page(1024, 1024, 4096, **tags)]))
    voxels = 2100 * 1024 * 1024
    with path.open("r+b") as file:
        file.seek(4096 + 2 * voxels - 2)
        file.write(b"\x34\x12")
    img = volio.load(path)
    assert img.shape == (1024, 1024, 2100)
    assert img.dataobj[-1, -1, -1] == 0x1234


@given(st.data())
def test_any_part_is_that_of_the_whole(tmp_path_factory, data):
    case = data.draw(st.sampled_from(["ome-tiles", "strips", "rgb-apart-tiles", "raw-strips"]))
    path = tmp_path_factory.getbasetemp() / f"{case}.tif"
    if not path.exists():
        written(path.parent, case, path.name)
    dataobj = volio.load(path).dataobj
    index = tuple([data.draw(slices(length)) for length in dataobj.shape])
    np.testing.assert_array_equal(dataobj[index], np.asarray(dataobj)[index])


def test_many_threads_read_one_image(tmp_path: Path):
    path = written(tmp_path, "ome-tiles")
    dataobj = volio.load(path).dataobj
    wanted = np.asarray(volio.load(path).dataobj)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda t: dataobj[..., t % 3, t % 2], range(24)))
    for t, part in enumerate(found):
        np.testing.assert_array_equal(part, wanted[..., t % 3, t % 2])


def test_no_file_stays_open(tmp_path: Path):
    path = written(tmp_path, "ome-tiles")
    before = open_files()
    img = volio.load(path)
    assert open_files() == before
    np.asarray(img.dataobj)
    with volio.options(keep_file_open=False):
        np.asarray(img.dataobj)
    assert open_files() == before


def test_gzipped_files_are_read(tmp_path: Path):
    path = written(tmp_path, "tiles")
    packed = tmp_path / "b.tif.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    np.testing.assert_array_equal(
        np.asarray(volio.load(packed).dataobj), np.asarray(volio.load(path).dataobj)
    )
