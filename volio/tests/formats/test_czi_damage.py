"""CZI: damaged files, and files that say what cannot be."""

from __future__ import annotations

import struct
from collections.abc import Callable

import numpy as np
import pytest

import volio
from volio.errors import (
    CorruptFileError,
    DamagedFileError,
    GeometryWarning,
    HeaderDataError,
    ImageFileError,
    LimitError,
    VolioError,
    VolioWarning,
)
from volio.files.codecs.zstd_writer import zstd_library
from volio.formats.czi import CziReader, segments
from volio.tests.formats.czi_files import Tile, czi_bytes, xml_of, zstd0
from volio.tests.requirements import optional

PIXELS = np.arange(1, 21, dtype=np.uint16).reshape(4, 5)
FILE = czi_bytes([Tile(PIXELS), Tile(PIXELS, 5)], xml_of((1e-6, 1e-6)))
DIRECTORY = FILE.index(b"ZISRAWDIRECTORY")
ENTRY = DIRECTORY + 32 + 128  # of the first subblock: 72 bytes, X at 32, Y at 52
METADATA = FILE.index(b"ZISRAWMETADATA")
SUBBLOCK = 544


def changed(at: int, layout: str, *values: object, file: bytes = FILE) -> bytes:
    """Return a file with other values at a byte."""
    data = bytearray(file)
    struct.pack_into(f"<{layout}", data, at, *values)
    return bytes(data)


def read(file: bytes) -> np.ndarray:
    return np.asarray(volio.load(file, format="czi").dataobj)


def test_the_file_that_is_changed_below_is_a_good_one():
    np.testing.assert_array_equal(read(FILE)[..., 0].T, np.hstack([PIXELS, PIXELS]))


@pytest.mark.parametrize(
    ("at", "layout", "value", "match"),
    [
        (16, "q", -1, "segment at byte 0: uses 80 of -1 bytes|segment at byte 0: uses 512 of -1"),
        (24, "q", 513, "segment at byte 0: uses 513 of 512 bytes"),
        (24, "q", 40, "its header ends after byte 72"),
        (32 + 52, "q", -5, "a segment cannot begin at byte -5"),
        (32 + 52, "q", 544, "must be a ZISRAWDIRECTORY, got b'ZISRAWSUBBLOCK'"),
        (32 + 52, "q", 10**9, "ends"),
        (32 + 60, "q", DIRECTORY, "must be a ZISRAWMETADATA"),
        (DIRECTORY + 32, "i", -1, "-1 entries do not fit"),
        (DIRECTORY + 32, "i", 2**31 - 1, "2147483647 entries do not fit"),
        (DIRECTORY + 32, "i", 3, "3 entries do not fit into"),
        (DIRECTORY + 32, "i", 0, "no pixels of its finest resolution"),
        (ENTRY, "2s", b"DE", "an entry is not of the kind DV"),
        (ENTRY + 2, "i", 5, "pixel type 5 is not known; there are 0 (Gray8), 1 (Gray16)"),
        (ENTRY + 6, "q", -2, "an entry begins before the file"),
        (ENTRY + 28, "i", 1, "an entry has 1 dimensions"),
        (ENTRY + 28, "i", 65, "an entry has 65 dimensions"),
        (ENTRY + 28, "i", 7, "an entry has 7 dimensions"),
        (ENTRY + 32, "4s", b"Q", "dimension 'Q' is not known, only X, Y, C"),
        (ENTRY + 32, "4s", b"XY", "dimension 'XY' is not known"),
        (ENTRY + 32, "4s", b"\xff", "is not known"),
        (ENTRY + 52, "4s", b"Z", "an entry has no width or no height"),
        (ENTRY + 40, "i", 0, "an entry has a width or height that is not positive"),
        (ENTRY + 60, "i", -4, "an entry has a width or height that is not positive"),
        (ENTRY + 48, "i", 6, "an entry has more pixels in the file than it covers"),
        (ENTRY + 48, "i", -6, "a width or height that is not positive"),
        (METADATA + 32, "i", -1, "-1 bytes of text do not fit"),
        (METADATA + 32, "i", 10**6, "1000000 bytes of text do not fit"),
        (METADATA + 288, "c", b"?", "metadata: is not well-formed"),
    ],
)
def test_structure_that_makes_no_sense(at: int, layout: str, value: object, match: str):
    with pytest.raises((DamagedFileError, HeaderDataError), match=_pattern(match)):
        read(changed(at, layout, value))


def test_raw_tiles_that_are_larger_than_the_file():
    with pytest.raises(LimitError, match=r"lengths \(4, 4000\), the file has \d+ bytes"):
        read(changed(ENTRY + 40, "i", 4000))


def test_segments_that_are_longer_than_the_file():
    with pytest.raises(DamagedFileError, match=f"segment at byte {DIRECTORY}: needs"):
        read(changed(DIRECTORY + 16, "qq", 2**40, 0))


def _pattern(words: str) -> str:
    return words.replace("(", r"\(").replace(")", r"\)")


@pytest.mark.parametrize(
    ("at", "layout", "values", "match"),
    [
        (SUBBLOCK, "16s", (b"DELETED",), "must be a ZISRAWSUBBLOCK, got b'DELETED'"),
        (SUBBLOCK + 32, "i", (-1,), "-1 bytes of metadata"),
        (SUBBLOCK + 32, "i", (65,), "65 bytes of metadata, 40 of pixels and 0 of an attachment"),
        (SUBBLOCK + 36, "i", (1,), "1 of an attachment do not fit into 40 bytes"),
        (SUBBLOCK + 40, "q", (-1,), "-1 of pixels"),
        (SUBBLOCK + 40, "q", (39,), "has 39 bytes of pixels, needs 40"),
        (SUBBLOCK + 40, "q", (2**62,), "do not fit"),
        (SUBBLOCK + 32 + 16 + 28, "i", (2**31 - 1,), "do not fit"),
        (SUBBLOCK + 32 + 16 + 28, "i", (-3,), "its entry has -3 dimensions"),
        (ENTRY + 6, "q", (DIRECTORY,), "must be a ZISRAWSUBBLOCK"),
        (ENTRY + 40, "i", (6,), "has 40 bytes of pixels, needs 48"),
    ],
)
def test_subblocks_that_make_no_sense(at: int, layout: str, values: tuple, match: str):
    img = volio.load(changed(at, layout, *values))
    with pytest.raises(CorruptFileError, match=match):
        img.dataobj[0]
    if at < ENTRY:  # the other one can be read
        np.testing.assert_array_equal(img.dataobj[5:, :, 0].T, PIXELS)


@pytest.mark.parametrize(
    ("code", "match"),
    [
        (3, r"compression 3 \(not known\) is not read"),
        (7, r"compression 7 \(experimental, in chunks\) is not read"),
        (100, r"compression 100 \(of a camera\) is not read"),
        (1000, r"compression 1000 \(of a system\) is not read"),
        (-1, r"compression -1 \(not known\) is not read"),
    ],
)
def test_compressions_that_are_not_read_have_a_name(code: int, match: str):
    img = volio.load(czi_bytes([Tile(PIXELS, compression=code)]))
    with pytest.raises(ImageFileError, match=f"subblock at byte 544: {match}"):
        img.get_fdata()


def stated(size: int, data: bytes) -> bytes:
    """Return a frame of zstd that states another size: 4 bytes after magic and descriptor."""
    assert data[4] >> 6 == 0  # a size of one byte
    return data[:5] + bytes([size]) + data[6:]


BOMB = zstd_library().compress(bytes(50 << 20))


@pytest.mark.parametrize(
    ("code", "data", "match"),
    [
        (5, b"", "zstd"),
        (5, b"no frame of zstd", "zstd"),
        (5, zstd0(PIXELS)[:-3], "zstd"),
        (5, zstd0(PIXELS[:3]), "30 bytes of pixels, there must be 40"),
        (5, BOMB, "52428800 bytes of pixels, there must be 40"),
        (6, b"", "the header  is not known"),
        (6, b"\x02" + zstd0(PIXELS), "the header 02"),
        (6, b"\x03\x02\x01" + zstd0(PIXELS), "the header 030201 is not known"),
        (6, b"\x03\x01", "the header 0301 is not known"),
        (6, b"\x03\x01\x01" + BOMB, "52428800 bytes of pixels"),
        (6, b"\x01", "zstd"),
    ],
)
def test_frames_that_do_not_hold_the_pixels(code: int, data: bytes, match: str):
    img = volio.load(czi_bytes([Tile(PIXELS, compression=code, data=data)]))
    with pytest.raises(CorruptFileError, match=f"subblock at byte 544: .*{match}"):
        img.get_fdata()


def test_frames_that_state_no_size():
    compressor = zstd_library().ZstdCompressor()
    frame = compressor.compress(PIXELS.tobytes()) + compressor.flush()
    assert zstd_library().get_frame_info(frame).decompressed_size is None
    good = volio.load(czi_bytes([Tile(PIXELS, compression=5, data=frame)]))
    np.testing.assert_array_equal(good.dataobj[..., 0].T, PIXELS)
    for pixels, cut, match in ((PIXELS, -4, "ends early"), (PIXELS[:3], None, "30 bytes of pix")):
        compressor = zstd_library().ZstdCompressor()
        frame = (compressor.compress(pixels.tobytes()) + compressor.flush())[:cut]
        with pytest.raises(CorruptFileError, match=match):
            read(czi_bytes([Tile(PIXELS, compression=5, data=frame)]))


def test_high_and_low_bytes_of_odd_length():
    pixels = np.zeros((3, 3), np.uint8)
    data = b"\x03\x01\x01" + zstd_library().compress(pixels.tobytes())
    with pytest.raises(CorruptFileError, match="9 bytes are not low and high ones"):
        read(czi_bytes([Tile(pixels, compression=6, data=data)]))


@pytest.mark.parametrize("code", [1, 2, 4])
def test_images_within_that_are_damaged_or_of_another_shape(code: int):
    codecs = optional("imagecodecs")
    pixels = np.arange(32 * 16, dtype=np.uint8).reshape(32, 16) // 2
    encode: Callable[[np.ndarray], bytes] = {
        1: codecs.jpeg_encode,
        2: lambda array: codecs.lzw_encode(array.tobytes()),
        4: codecs.jpegxr_encode,
    }[code]
    for data in (b"", b"nothing of the kind", encode(pixels[:31]), encode(np.vstack([pixels] * 2))):
        with pytest.raises(CorruptFileError, match="subblock at byte 544"):
            read(czi_bytes([Tile(pixels, compression=code, data=data)]))


def test_more_pixels_than_are_decoded_at_once():
    tile = Tile(PIXELS, compression=5, data=zstd0(PIXELS), size=(40000, 20000))
    file = bytearray(czi_bytes([tile], xml_of() + " " * 40000))
    at = file.index(b"DV", file.index(b"ZISRAWDIRECTORY"))
    struct.pack_into("<i", file, at + 48, 40000)
    struct.pack_into("<i", file, at + 68, 20000)
    with pytest.raises(CorruptFileError, match="1600000000 bytes of pixels, at most 1073741824"):
        volio.load(file).dataobj[0, 0]


@pytest.mark.parametrize(
    ("start", "layout", "value", "match"),
    [
        (-4, "i", 10**6, "a chunk of 1000000 bytes does not fit in it"),
        (-4, "i", -1, "a chunk of -1 bytes does not fit in it"),
        (0, "i", 6, "mask: is 6 x 4 pixels, the subblock 5 x 4"),
        (4, "i", 3, "mask: is 5 x 3 pixels, the subblock 5 x 4"),
        (8, "i", 1, "mask: kind 1 is not read"),
        (12, "i", 0, "bytes are too few for rows of 0"),
        (12, "i", 2, "bytes are too few for rows of 2"),
    ],
)
def test_masks_that_make_no_sense(start: int, layout: str, value: int, match: str):
    file = czi_bytes([Tile(PIXELS, mask=PIXELS > 4)])
    mask = struct.pack("<iiii", 5, 4, 0, 1)
    with pytest.raises(ImageFileError, match=match):
        read(changed(file.index(mask) + start, layout, value, file=file))


def test_files_without_a_directory_that_are_damaged():
    file = czi_bytes([Tile(PIXELS), Tile(PIXELS, 5)], directory=False)
    second = file.index(b"ZISRAWSUBBLOCK", 600)
    for at, layout, value, match in (
        (second + 16, "q", -1, "uses 296 of -1 bytes"),
        (second + 24, "q", 10, "subblock at byte .*: ends before its entries"),
        (second + 32 + 16 + 28, "i", 1000, "an entry has 1000 dimensions"),
    ):
        with (
            pytest.warns(VolioWarning, match="no directory"),
            pytest.raises(VolioError, match=match),
        ):
            volio.load(changed(at, layout, value, file=file))


def test_walks_come_to_an_end(monkeypatch: pytest.MonkeyPatch):
    file = czi_bytes([Tile(PIXELS[:1, :1], n) for n in range(9)], directory=False)
    monkeypatch.setattr(segments, "MOST_SEGMENTS", 8)
    with (
        pytest.warns(VolioWarning, match="no directory"),
        pytest.raises(LimitError, match="more than 8 segments"),
    ):
        CziReader(file)


def test_metadata_that_is_too_long_or_has_entities(monkeypatch: pytest.MonkeyPatch):
    text = '<!DOCTYPE a [<!ENTITY b "c">]><ImageDocument/>'
    with pytest.raises(HeaderDataError, match="entities of its own are not read, it has 'b'"):
        read(czi_bytes([Tile(PIXELS)], text))
    monkeypatch.setattr(segments, "MOST_XML", 20)
    with pytest.raises(LimitError, match="bytes of text, at most 20 are read"):
        read(FILE)


def test_numbers_in_metadata_that_are_none_count_as_absent():
    xml = xml_of(("nan", "x", "1e-6")).replace("nan", "-1")
    assert volio.load(czi_bytes([Tile(PIXELS)], xml)).affine is None


@pytest.mark.parametrize("size", ["nan", "0", "-1", "x"])
def test_a_size_that_no_voxel_has_counts_as_1_beside_others(size):
    xml = xml_of(("1e-6", "2e-6", size))
    with pytest.warns(GeometryWarning, match="Distance Z: must be finite and above 0"):
        img = volio.load(czi_bytes([Tile(PIXELS)], xml))
    np.testing.assert_allclose(np.diag(img.affine)[:2], [1e-3, 2e-3])


def test_too_many_resolutions():
    tiles = [Tile(np.zeros((2, 3000), np.uint8))]
    tiles += [Tile(np.zeros((1, 3000 // n), np.uint8), size=(3000, 2)) for n in range(2, 60)]
    with pytest.raises(HeaderDataError, match="more than 32 resolutions"):
        volio.load(czi_bytes(tiles))
