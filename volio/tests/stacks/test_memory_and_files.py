"""Stacks of arrays in memory and of files."""

from __future__ import annotations

import gc
import os
import pickle
import warnings
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from volio.errors import (
    HeaderDataError,
    ImageDataError,
    ImageFileError,
    MissingFileError,
    UsageError,
    UsageTypeError,
)
from volio.stacks import FileImageStack, InMemoryImageStack, LazyImageStack
from volio.tests.requirements import optional

IMAGE = np.arange(1, 25, dtype=np.int32).reshape(2, 3, 4)


def read_numbers(path: Path, *, scale: int = 1) -> np.ndarray:
    """A function of a user that reads a file."""
    return np.load(path) * scale


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file of the image, in no format of volio's."""
    np.save(tmp_path / "image.npy", IMAGE)
    return tmp_path / "image.npy"


@pytest.fixture
def tiff(tmp_path: Path) -> Path:
    """The image as a file of tifffile."""
    optional("tifffile").imwrite(tmp_path / "image.TIFF", IMAGE.astype(np.uint16))
    return tmp_path / "image.TIFF"


def test_from_array():
    stack = InMemoryImageStack.from_array(IMAGE, "CYX")
    assert stack.source == "array"
    assert (stack.original_axes, stack.original_data_shape) == ("CYX", (2, 3, 4))
    assert (stack.data_shape, stack.data_dtype) == ((1, 2, 3, 4), np.int32)


def test_data_that_are_ordered_already():
    stack = InMemoryImageStack("mine", IMAGE[:, np.newaxis])
    assert (stack.original_axes, stack.original_data_shape) == ("", ())
    np.testing.assert_array_equal(stack.extract_patch(1, None, (0, 0), (3, 4)), IMAGE[1:])
    known = InMemoryImageStack("mine", IMAGE[:, np.newaxis], "TYX", [2, 3, 4])
    assert (known.original_axes, known.original_data_shape) == ("TYX", (2, 3, 4))
    with pytest.raises(UsageError, match=r"SC\(Z\)YX, got shape \(2, 3, 4\)"):
        InMemoryImageStack("mine", IMAGE)


def test_values_are_not_copied_before_they_are_asked_for():
    array = IMAGE.copy()
    stack = InMemoryImageStack.from_array(array, "SYX")
    array[0, 0, 0] = 77
    patch = stack.extract_patch(0, None, (0, 0), (1, 1))
    assert patch.item() == 77
    patch[...] = 5
    assert array[0, 0, 0] == 77


def test_functions_of_the_user_get_the_path_and_their_options(path):
    stack = InMemoryImageStack.from_custom_file_type(str(path), "TYX", read_numbers, scale=3)
    assert stack.source == path
    assert (stack.original_axes, stack.original_data_shape) == ("TYX", (2, 3, 4))
    np.testing.assert_array_equal(stack.extract_patch(1, None, (0, 0), (3, 4))[0], 3 * IMAGE[1])


def test_a_file_is_read_by_load_alone(path):
    calls = []

    def read(where: Path, scale: int) -> np.ndarray:
        calls.append((where, scale))
        return read_numbers(where, scale=scale)

    stack = FileImageStack(path, "SYX", (2, 1, 3, 4), np.int32, read, {"scale": 2})
    assert not stack.is_loaded
    assert (stack.original_axes, stack.axes, stack.original_data_shape) == ("SYX", "SYX", ())
    for coords in ((0, 0), (-9, 0)):  # of which one patch is outside
        with pytest.raises(UsageError, match=r"is not in memory; load\(\) reads it"):
            stack.extract_patch(0, None, coords, (1, 1))
    assert calls == []
    stack.load()
    stack.load()
    assert calls == [(path, 2)]
    assert stack.is_loaded
    np.testing.assert_array_equal(stack.extract_patch(1, None, (0, 0), (3, 4))[0], 2 * IMAGE[1])
    stack.close()
    stack.close()
    assert not stack.is_loaded
    with pytest.raises(UsageError, match="load"):
        stack.extract_patch(0, None, (0, 0), (1, 1))


def test_stacks_of_files_pickle_without_values(path):
    large = np.zeros((1, 400, 400))
    np.save(path, large)
    stack = FileImageStack(path, "SYX", (1, 1, 400, 400), np.float64, read_numbers)
    assert not pickle.loads(pickle.dumps(stack)).is_loaded
    stack.load()
    pickled = pickle.dumps(stack)
    assert len(pickled) < 1000
    again = pickle.loads(pickled)
    assert again.is_loaded
    assert again.extract_patch(0, None, (0, 0), (2, 2)).shape == (1, 2, 2)


@pytest.mark.parametrize(
    ("axes", "shape", "original", "words"),
    [
        ("SYX", (2, 1, 3), None, "must be that of SCYX"),
        ("SYX", (2, 1, 1, 3, 4), None, "must be that of SCYX"),
        ("ZYX", (2, 1, 3, 4), None, "must be that of SCZYX"),
        ("SYX", (1, 2, 3, 4), (2, 3, 4), "must be that of SCYX"),
        ("SYX", (2, 1, 3, 4), (3, 4), "names 3 axes"),
        ("SYQ", (2, 1, 3, 4), None, "letters"),
    ],
)
def test_shapes_that_do_not_fit(axes, shape, original, words):
    with pytest.raises(UsageError, match=words):
        FileImageStack("a.npy", axes, shape, np.int32, np.load, None, original)


def test_a_file_that_has_become_another_is_refused(path):
    stack = FileImageStack(path, "SYX", (3, 1, 3, 4), np.int32, read_numbers)
    with pytest.raises(ImageDataError, match=r"image.npy: must have the shape \(3, 1, 3, 4\)"):
        stack.load()
    assert not stack.is_loaded


def test_tiff_in_memory(tiff):
    stack = InMemoryImageStack.from_tiff(tiff, "CYX")
    assert (stack.data_shape, stack.data_dtype) == ((1, 2, 3, 4), np.uint16)
    assert stack.source == tiff
    np.testing.assert_array_equal(stack.extract_patch(0, [1], (0, 0), (3, 4)), IMAGE[1:])


def test_tiff_of_which_the_tags_are_read(tiff):
    stack = FileImageStack.from_tiff(str(tiff), "TYX")
    assert (stack.data_shape, stack.data_dtype) == ((2, 1, 3, 4), np.uint16)
    assert (stack.source, stack.original_data_shape) == (tiff, (2, 3, 4))
    assert not stack.is_loaded
    stack.load()
    np.testing.assert_array_equal(stack.extract_patch(1, None, (0, 0), (3, 4)), IMAGE[1:])


@pytest.mark.requires("Linux")
def test_tiff_files_are_closed(tiff):
    def is_open() -> bool:
        handles = Path("/proc/self/fd").iterdir()
        return any(os.path.realpath(handle) == str(tiff) for handle in handles)

    gc.collect()
    with warnings.catch_warnings():
        warnings.simplefilter("error", ResourceWarning)
        stack = FileImageStack.from_tiff(tiff, "TYX")
        assert not is_open()
        stack.load()
        assert not is_open()


@pytest.mark.parametrize("make", [FileImageStack.from_tiff, InMemoryImageStack.from_tiff])
def test_files_that_are_not_tiff(make, path, tmp_path):
    with pytest.raises(UsageError, match=r"must end in .tif or .tiff, got 'image.npy'"):
        make(path, "TYX")
    optional("tifffile")
    with pytest.raises(MissingFileError, match=r"there.tif: no such file"):
        make(tmp_path / "there.tif", "TYX")
    text = tmp_path / "text.tif"
    text.write_text("this is text, and not a TIFF file")
    with pytest.raises(ImageFileError, match=r"text.tif: cannot be decoded: not a TIFF file"):
        make(text, "TYX")


@pytest.mark.parametrize("ome", [True, False])
def test_axes_of_tiff_are_those_of_tifffile(tmp_path, ome):
    tifffile = optional("tifffile")
    path = tmp_path / "a.ome.tif"
    array = np.arange(2 * 3 * 4 * 5, dtype=np.uint8).reshape(2, 3, 1, 4, 5)
    metadata = {"axes": "TZCYX"} if ome else None
    tifffile.imwrite(path, array, metadata=metadata, photometric="minisblack", ome=ome)
    squeezed = tifffile.imread(path)
    axes = {4: "TZYX", 3: "TYX"}[squeezed.ndim]
    stack = FileImageStack.from_tiff(path, axes)
    assert stack.original_data_shape == squeezed.shape
    stack.load()
    held = InMemoryImageStack.from_tiff(path, axes)
    whole = (0,) * (squeezed.ndim - 1), squeezed.shape[1:]
    for each in (stack, held):
        np.testing.assert_array_equal(each.extract_patch(1, None, *whole)[0], squeezed[1])


@pytest.mark.parametrize("ome", [True, False])
@pytest.mark.parametrize("planar", [True, False])
def test_colours_of_tiff_are_an_axis(tmp_path, ome, planar):
    tifffile = optional("tifffile")
    colours = np.arange(60, dtype=np.uint8).reshape((3, 4, 5) if planar else (4, 5, 3))
    path = tmp_path / ("rgb.ome.tif" if ome else "rgb.tif")
    config = "separate" if planar else "contig"
    tifffile.imwrite(path, colours, photometric="rgb", planarconfig=config)
    assert tifffile.imread(path).shape == colours.shape
    stack = InMemoryImageStack.from_tiff(path, "CYX" if planar else "YXC")
    expected = colours if planar else np.moveaxis(colours, -1, 0)
    np.testing.assert_array_equal(stack.extract_patch(0, None, (0, 0), (4, 5)), expected)


@pytest.mark.parametrize("make", [FileImageStack.from_tiff, InMemoryImageStack.from_tiff])
def test_damaged_tiff_files(make, tiff):
    data = tiff.read_bytes()
    tiff.write_bytes(data[:60])
    with pytest.raises(ImageFileError, match=r"image.TIFF"):
        make(tiff, "CYX")
    entities = b'<!DOCTYPE o [<!ENTITY a "b">]><OME>&a;</OME>'
    optional("tifffile").imwrite(tiff, IMAGE.astype("u2"), description=entities, metadata=None)
    with pytest.raises(HeaderDataError, match=r"DOCTYPE|DTD|entit"):
        make(tiff, "CYX")


def ome_of(file: str) -> bytes:
    """OME-XML of an image whose pixels are in another file."""
    size = 'SizeX="4" SizeY="3" SizeC="1" SizeZ="2" SizeT="1"'
    place = f'<TiffData IFD="0" PlaneCount="2"><UUID FileName="{file}">urn:uuid:1</UUID></TiffData>'
    pixels = f'<Pixels DimensionOrder="XYZTC" Type="uint16" {size}>{place}</Pixels>'
    space = "http://www.openmicroscopy.org/Schemas/OME/2016-06"
    image = f'<Image ID="Image:0">{pixels}</Image>'
    return f'<OME xmlns="{space}" UUID="urn:uuid:0">{image}</OME>'.encode()


@pytest.mark.parametrize("name", ["../image.tif", "/etc/image.tif", "..\\image.tif"])
def test_ome_tiff_leads_to_no_other_folder(tiff, name):
    array = IMAGE.astype(np.uint16)
    optional("tifffile").imwrite(tiff, array, description=ome_of(name), metadata=None)
    for make in (FileImageStack.from_tiff, InMemoryImageStack.from_tiff):
        with pytest.raises(ImageFileError, match=r"image.tif"):
            make(tiff, "ZYX")


def test_ome_tiff_of_several_files(tiff):
    write = optional("tifffile").imwrite
    options = {"description": ome_of("b.tif"), "metadata": None, "photometric": "minisblack"}
    data = IMAGE.astype(np.uint16) + 100
    write(tiff, IMAGE.astype(np.uint16), **options)
    write(tiff.with_name("b.tif"), data, **options)
    stack = InMemoryImageStack.from_tiff(tiff, "ZYX")
    np.testing.assert_array_equal(stack.extract_patch(0, None, (0, 0, 0), (2, 3, 4))[0], data)
    other = FileImageStack.from_tiff(tiff, "ZYX")
    tiff.with_name("b.tif").unlink()
    for read in (other.load, partial(InMemoryImageStack.from_tiff, tiff, "ZYX")):
        with pytest.raises(ImageFileError, match=r"b.tif"):  # and not zeros
            read()


@pytest.mark.parametrize("make", [FileImageStack.from_tiff, InMemoryImageStack.from_tiff])
def test_tiff_with_axes_that_do_not_fit(make, tiff):
    with pytest.raises(UsageError, match="names 2 axes, the array has 3"):
        make(tiff, "YX")


def test_arrays_of_tensorstore():
    array = optional("tensorstore").array(IMAGE)
    stack = LazyImageStack("array", array, "TYX")
    assert stack.data_dtype == np.int32
    patch = stack.extract_patch(1, None, (1, -1), (2, 2))
    assert patch.tolist() == [[[0, 17], [0, 21]]]


def test_lazy_stacks_are_of_arrays():
    with pytest.raises(UsageTypeError, match="must be an array, got list") as caught:
        LazyImageStack("list", [[1, 2], [3, 4]], "YX")
    assert isinstance(caught.value, TypeError)
    for array in (np.zeros((2, 2), "U3"), np.zeros((2, 2), object), np.zeros((2, 2), "u1,u1")):
        with pytest.raises(UsageTypeError, match="must be an array of numbers, got dtype"):
            LazyImageStack("array", array, "YX")
    with pytest.raises(UsageError, match="names 3 axes, the array has 2"):
        LazyImageStack("array", np.zeros((2, 2)), "ZYX")
