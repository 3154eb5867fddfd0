"""TIFF: damaged and hostile files, and tifffile's log."""

from __future__ import annotations

import logging
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import volio
from volio.errors import (
    CorruptFileError,
    DamagedFileError,
    HeaderDataError,
    LimitError,
    TruncatedFileError,
    VolioError,
)
from volio.formats.tiff.codecs import _declared, check_encoded
from volio.tests.formats.tiff_files import by_hand, numbers, ome, page, pixels
from volio.tests.requirements import optional

tifffile = optional("tifffile")
imagecodecs = optional("imagecodecs")


def load(folder: Path, data: bytes) -> Any:
    path = folder / "a.tif"
    path.write_bytes(data)
    return volio.load(path)


def values(folder: Path, data: bytes) -> np.ndarray:
    return np.asarray(load(folder, data).dataobj)


def test_a_file_by_hand(tmp_path: Path):
    data = by_hand([page(offset=200)]).ljust(200, b"\0") + bytes(range(20))
    np.testing.assert_array_equal(values(tmp_path, data)[..., 0].T, np.arange(20).reshape(4, 5))


@pytest.mark.parametrize(
    ("tag", "name"),
    [("t259", "compression"), ("t262", "photometric"), ("t284", "planarconfig")],
)
def test_several_codes_where_there_is_one(tmp_path: Path, tag: str, name: str):
    data = by_hand([page(offset=200, **{tag: ("H", [1, 1])})]).ljust(220, b"\0")
    with pytest.raises(VolioError, match=rf"{name}: must be one code, got \[1, 1\]"):
        load(tmp_path, data)


KINDS = {
    "imagej": {"imagej": True, "metadata": {"axes": "ZYX"}},
    "shaped": {"photometric": "minisblack"},
    "pages": {"photometric": "minisblack", "metadata": None},
    "tiles": {"photometric": "minisblack", "tile": (16, 16), "compression": "zlib"},
    "ome": {"ome": True, "metadata": {"axes": "ZYX"}, "compression": "zlib"},
    "plain-ome": {"ome": True, "metadata": {"axes": "ZYX"}},
}


@pytest.mark.parametrize("kind", KINDS)
def test_files_that_end_early_are_damaged(tmp_path: Path, kind: str):
    array = numbers((3, 20, 30))
    tifffile.imwrite(tmp_path / "whole.tif", array, **KINDS[kind])
    data = (tmp_path / "whole.tif").read_bytes()
    for count in [*range(8, len(data), 97), len(data) - 1]:
        try:
            found = values(tmp_path, data[:count])
        except DamagedFileError:
            continue
        # Nothing but padding is missing.
        np.testing.assert_array_equal(found.T, array)


def test_directories_that_lead_in_a_circle(tmp_path: Path):
    data = bytearray(by_hand([page(), page(), page()]))
    last = len(data) - 4
    struct.pack_into("<I", data, last, struct.unpack_from("<I", data, 4)[0])
    with pytest.raises(CorruptFileError, match="follows itself"):
        load(tmp_path, bytes(data))


def test_directories_below_that_lead_in_a_circle(tmp_path: Path):
    data = bytearray(by_hand([page(t330=("I", [8]))]))
    first = struct.unpack_from("<I", data, 4)[0]
    place = data.index(struct.pack("<HHI", 330, 4, 1))
    struct.pack_into("<I", data, place + 8, first)
    with pytest.raises(CorruptFileError, match="follows itself"):
        load(tmp_path, bytes(data))


HOSTILE = {
    "no-page": b"II*\0\0\0\0\0",
    "a-page-outside": b"II*\0\xff\xff\xff\x7f" + bytes(100),
    "no-entries": by_hand([{}]),
    "too-large": by_hand([page(width=1 << 30, height=1 << 30)]),
    "no-rows": by_hand([page(height=0)]),
    "strip-outside": by_hand([page(offset=1 << 30)]),
    "odd-bits": by_hand([page(t258=("H", [77]))]),
    "huge-bits": by_hand([page(t258=("H", [65535]), t339=("H", [3]))]),
    "unknown-codec": by_hand([page(t259=("H", [34661]))]),
    "tile-of-0": by_hand([page(t322=("I", [0]), t323=("I", [0]), t324=("I", [8]))]),
    "tile-of-terabytes": by_hand([page(t322=("I", [1 << 30]), t323=("I", [1 << 30]))]),
    "many-samples": by_hand([page(t277=("H", [65535]))]),
    "negative-width": by_hand([page(t256=("i", [-5]))]),
    "negative-samples": by_hand([page(), page(t277=("i", [-3]))]),
    "offsets-of-floats": by_hand([page(t273=("f", [8.0])), page()]),
    "big-with-odd-offsets": b"II+\0\x04\0\0\0" + bytes(40),
    "big-far-away": b"II+\0\x08\0\0\0" + b"\xff" * 16,
    "name-only": b"II*\0",
    "description-outside": by_hand([page()]).replace(
        struct.pack("<HHI", 262, 3, 1), struct.pack("<HHI", 270, 2, 1 << 20)
    ),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_files_that_make_no_sense_are_errors_of_volio(tmp_path: Path, case: str):
    with pytest.raises(VolioError, match=r"a\.tif"):
        values(tmp_path, HOSTILE[case])


def test_tags_may_not_have_more_bytes_than_the_file(tmp_path: Path):
    filler = {tag: ("I", [0] * 2000) for tag in range(40000, 40000 + 2000)}
    data = bytearray(by_hand([page() | {40000: filler[40000]}]))
    # Two thousand private tags share one value of 8 kB, in a small file.
    at = data.index(struct.pack("<HHI", 40000, 4, 2000))
    entry = bytes(data[at : at + 12])
    offset = struct.unpack("<I", entry[8:])[0]
    directory = b"".join(
        [struct.pack("<HHII", tag, 4, 2000, offset) for tag in range(40000, 44000)]
    )
    start = len(data)
    data += struct.pack("<H", 4000) + directory + struct.pack("<I", 0)
    struct.pack_into("<I", data, 4, start)
    with pytest.raises(LimitError, match="more than the file can hold"):
        load(tmp_path, bytes(data))


def described(folder: Path, text: str, shape: tuple[int, ...] = (2, 4, 5)) -> Path:
    path = folder / "a.ome.tif"
    array = numbers(shape, "u1")
    tifffile.imwrite(path, array, description=text.encode(), metadata=None)
    return path


ENTITIES = '<!DOCTYPE OME [<!ENTITY a "b"><!ENTITY c "&a;&a;">]>'


def test_xml_with_entities_is_refused(tmp_path: Path):
    text = ome(pixels({}, "")).replace("<OME", f"{ENTITIES}<OME")
    with pytest.raises(HeaderDataError, match="entities"):
        volio.load(described(tmp_path, text))


BAD_XML = {
    "not-xml": "<OME>",
    "order": ome(pixels({}, "<TiffData/>", DimensionOrder="XYZZT")),
    "size": ome(pixels({"X": -5}, "<TiffData/>")),
    "words": ome(pixels({}, "<TiffData/>", SizeX="five")),
    "many-planes": ome(pixels({"Z": 100000, "T": 100000}, "<TiffData/>")),
    "plane-outside": ome(pixels({"Z": 2}, '<TiffData FirstZ="7" IFD="0"/>')),
    "samples": ome(pixels({"C": 3}, '<Channel SamplesPerPixel="2"/><TiffData/>')),
}


@pytest.mark.parametrize("case", BAD_XML)
def test_ome_xml_that_makes_no_sense_is_an_error(tmp_path: Path, case: str):
    with pytest.raises(VolioError, match=r"a\.ome\.tif: "):
        volio.load(described(tmp_path, BAD_XML[case]))


def test_pages_that_ome_xml_names_and_the_file_lacks(tmp_path: Path):
    text = ome(pixels({"Z": 3}, '<TiffData IFD="0" PlaneCount="3"/>'))
    img = volio.load(described(tmp_path, text))
    np.testing.assert_array_equal(img.dataobj[..., 0].T, numbers((2, 4, 5), "u1")[0])
    with pytest.raises(CorruptFileError, match="names page 2, the file has 2 pages"):
        np.asarray(img.dataobj)


def test_ome_xml_of_another_shape_is_not_followed(tmp_path: Path):
    """A file that was edited by a program that keeps the description."""
    img = volio.load(described(tmp_path, ome(pixels({"X": 50}, "<TiffData/>"))))
    assert img.shape == (5, 4, 2)
    assert img.header.facts.metadata["kind"] != "ome"


def test_pages_that_are_stored_in_another_way_are_errors(tmp_path: Path):
    array = numbers((10, 16, 16), "u1")
    text = ome(pixels({"X": 16, "Y": 16, "Z": 10}, "<TiffData/>"))
    path = tmp_path / "a.tif"
    with tifffile.TiffWriter(path) as file:
        for number, one in enumerate(array):
            codec = "lzw" if number == 4 else "zlib"
            words = None if number else text.encode()
            file.write(one, metadata=None, compression=codec, description=words)
    img = volio.load(path)
    np.testing.assert_array_equal(img.dataobj[..., 3].T, array[3])
    with pytest.raises(CorruptFileError, match="another way"):
        np.asarray(img.dataobj)


@pytest.mark.parametrize("codec", ["zlib", "lzw", "zstd", "jpeg", "jpeg2000", "png"])
def test_damaged_tiles_are_errors_that_name_them(tmp_path: Path, codec: str):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, numbers((64, 64), "u1"), tile=(32, 32), compression=codec)
    with tifffile.TiffFile(path) as file:
        start, count = file.pages[0].dataoffsets[2], file.pages[0].databytecounts[2]
    data = bytearray(path.read_bytes())
    data[start : start + count] = b"\xff" * count
    with pytest.raises(CorruptFileError, match=r"a\.tif: image 0, level 0: chunk \(1, 0\)"):
        values(tmp_path, bytes(data))


ENCODERS = {
    7: lambda array: imagecodecs.jpeg8_encode(array),
    34712: lambda array: imagecodecs.jpeg2k_encode(array),
    34933: lambda array: imagecodecs.png_encode(array),
    50001: lambda array: imagecodecs.webp_encode(array, lossless=True),
    34927: lambda array: imagecodecs.webp_encode(array, level=50),
    34934: lambda array: imagecodecs.jpegxr_encode(array),
    50002: lambda array: imagecodecs.jpegxl_encode(array),
}


@pytest.mark.parametrize("compression", ENCODERS)
@pytest.mark.parametrize("shape", [(24, 40, 3), (37, 300, 3), (64, 64, 3)])
def test_sizes_of_encoded_images_are_found(compression: int, shape: tuple[int, ...]):
    data = ENCODERS[compression](numbers(shape, "u1"))
    assert _declared(data, compression) == (shape[1], shape[0])
    check_encoded(data, compression, shape[0] * shape[1] * 3)
    for count in range(2):
        with pytest.raises(ValueError, match=r"size|pixels"):
            check_encoded(data[:count], compression, shape[0] * shape[1])


def test_lerc_states_its_size():
    data = imagecodecs.lerc_encode(numbers((37, 50), "f4"))
    assert _declared(data, 34887) == (50, 37)


@pytest.mark.parametrize("codec", ["jpeg", "png", "jpeg2000"])
def test_images_that_are_far_larger_than_their_tile_are_refused(tmp_path: Path, codec: str):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, numbers((64, 64), "u1"), tile=(64, 64), compression=codec)
    encode = {"jpeg": 7, "png": 34933, "jpeg2000": 34712}[codec]
    bomb = ENCODERS[encode](np.zeros((2000, 2000), np.uint8))
    data = bytearray(path.read_bytes())
    start = len(data)
    data += bomb
    for tag, value in ((324, start), (325, len(bomb))):
        at = next(
            place
            for place in range(8, start)
            if data[place : place + 8] == struct.pack("<HHI", tag, data[place + 2], 1)
        )
        data[at + 2 : at + 12] = struct.pack("<HII", 4, 1, value)
    with pytest.raises(CorruptFileError, match="2000 x 2000 pixels"):
        values(tmp_path, bytes(data))


def test_a_page_of_one_plane_may_have_deep_tiles(tmp_path: Path):
    array = numbers((4, 40, 50), "u1")
    path = tmp_path / "a.tif"
    options = {"tile": (16, 16, 16), "volumetric": True, "metadata": None}
    tifffile.imwrite(path, array, photometric="minisblack", compression="zlib", **options)
    data = bytearray(path.read_bytes())
    at = data.index(struct.pack("<HHI", 32997, 4, 1))  # depth of the image
    struct.pack_into("<I", data, at + 8, 1)
    np.testing.assert_array_equal(values(tmp_path, bytes(data))[..., 0].T, array[0])


def test_truncated_strips_are_named(tmp_path: Path):
    data = by_hand([page(offset=200)]).ljust(200, b"\0") + bytes(19)
    with pytest.raises(TruncatedFileError, match=r"a\.tif"):
        values(tmp_path, data)


def test_tifffile_logs_nothing_for_volio_and_all_for_others(tmp_path: Path, caplog: Any):
    array = numbers((3, 20, 30))
    tifffile.imwrite(tmp_path / "a.tif", array, imagej=True, metadata={"axes": "ZYX"})
    data = (tmp_path / "a.tif").read_bytes()
    logger = logging.getLogger("tifffile")
    before = (logger.level, list(logger.handlers), logger.propagate, logger.disabled)
    with caplog.at_level(logging.DEBUG, logger="tifffile"):
        with pytest.raises(DamagedFileError, match=r"a\.tif"):
            load(tmp_path, data[: len(data) // 2])
        assert not caplog.records
        logger.warning("of the user")
    assert [record.message for record in caplog.records] == ["of the user"]
    assert (logger.level, list(logger.handlers), logger.propagate, logger.disabled) == before
