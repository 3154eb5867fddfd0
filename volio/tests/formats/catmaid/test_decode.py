"""Tiles from bytes: every mode that an image can have, and what is not one."""

from __future__ import annotations

import io
import warnings

import numpy as np
import pytest
from PIL import Image, ImageFile

from volio.errors import CorruptFileError, ImageFileError, VolioError
from volio.formats.catmaid.decode import TileForm, decode_tile
from volio.testing.servers.tile_images import png_bomb, png_overfull, png_text_bomb

SHAPE = (30, 40)
GRAY = (np.arange(1200) % 251).astype(np.uint8).reshape(SHAPE)
FORM = TileForm(SHAPE, [SHAPE])


def packed(image: Image.Image, form: str, **options) -> bytes:
    stream = io.BytesIO()
    image.save(stream, form, **options)
    return stream.getvalue()


def gray(form: str, **options) -> bytes:
    return packed(Image.fromarray(GRAY), form, **options)


@pytest.mark.parametrize(
    "values",
    [
        GRAY.astype(np.uint16) * 261,
        GRAY.astype(np.int32) * 70000 - 5,
        GRAY.astype(np.float32) / 7 - 3,
    ],
    ids=lambda values: values.dtype.name,
)
def test_deeper_values_of_tiff(values: np.ndarray):
    found = decode_tile(packed(Image.fromarray(values), "TIFF"), FORM).values
    assert found.dtype == values.dtype
    assert np.array_equal(found, values)


def test_big_endian_tiff():
    values = GRAY.astype(">u2") * 3
    found = decode_tile(packed(Image.fromarray(values), "TIFF"), FORM).values
    assert found.dtype == np.uint16
    assert np.array_equal(found, values)


@pytest.mark.parametrize("compression", ["tiff_lzw", "tiff_adobe_deflate", "packbits"])
def test_compressed_tiff(compression: str):
    assert np.array_equal(decode_tile(gray("TIFF", compression=compression), FORM).values, GRAY)


def test_two_values():
    bits = Image.fromarray(GRAY).point(lambda value: 255 * (value > 100), "1")
    assert np.array_equal(decode_tile(packed(bits, "PNG"), FORM).values, 255 * (GRAY > 100))


def test_interlaced_gif():
    assert np.array_equal(decode_tile(gray("GIF", interlace=1), FORM).values, GRAY)


def test_gray_with_alpha():
    alpha = np.where(GRAY % 3, 255, 0).astype(np.uint8)
    image = Image.merge("LA", [Image.fromarray(GRAY), Image.fromarray(alpha)])
    found = decode_tile(packed(image, "PNG"), TileForm(SHAPE, [SHAPE], cval=9))
    assert np.array_equal(found.values, np.where(alpha, GRAY, 9))
    assert not found.lost_color


def test_one_gray_that_is_transparent():
    found = decode_tile(gray("PNG", transparency=7), TileForm(SHAPE, [SHAPE], cval=9))
    assert np.array_equal(found.values, np.where(GRAY == 7, 9, GRAY))


def test_a_palette_with_alpha():
    image = Image.fromarray(GRAY % 4).convert("P")
    image.putpalette([10, 10, 10, 20, 20, 20, 30, 30, 30, 40, 40, 40])
    data = packed(image, "PNG", transparency=bytes([255, 255, 0, 255]))
    expected = np.array([10, 20, 0, 40])[GRAY % 4]
    assert np.array_equal(decode_tile(data, FORM).values, expected)


def test_colours_for_printing():
    image = Image.new("CMYK", SHAPE[::-1], (0, 255, 255, 0))
    found = decode_tile(packed(image, "JPEG"), TileForm(SHAPE, [SHAPE], "rgb"))
    assert abs(int(found.values["R"][0, 0]) - 255) < 8
    assert int(found.values["G"][0, 0]) < 8


def test_luminance_is_that_of_pillow():
    colours = np.random.default_rng(0).integers(0, 256, (*SHAPE, 3), np.uint8)
    image = Image.fromarray(colours)
    found = decode_tile(packed(image, "PNG"), FORM)
    assert np.array_equal(found.values, np.asarray(image.convert("L")))
    assert found.lost_color


def test_what_is_within_the_stack_alone():
    form = TileForm((20, 15), [SHAPE, (20, 15)])
    assert np.array_equal(decode_tile(gray("PNG"), form).values, GRAY[:20, :15])
    clipped = packed(Image.fromarray(GRAY[:20, :15]), "PNG")
    assert np.array_equal(decode_tile(clipped, form).values, GRAY[:20, :15])


@pytest.mark.parametrize("depth", ["PNG", "TIFF"])
def test_colours_of_16_bits_are_refused(depth: str):
    cv_like = np.stack([GRAY.astype(np.uint16) * 257] * 3, axis=-1)
    if depth == "TIFF":
        import tifffile

        stream = io.BytesIO()
        tifffile.imwrite(stream, cv_like, photometric="rgb")
        data = stream.getvalue()
    else:
        import struct
        import zlib

        rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in cv_like)
        header = struct.pack(">IIBBBBB", SHAPE[1], SHAPE[0], 16, 2, 0, 0, 0)
        data = b"\x89PNG\r\n\x1a\n"
        for kind, body in ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")):
            crc = zlib.crc32(kind + body)
            data += struct.pack(">I", len(body)) + kind + body + struct.pack(">I", crc)
    with pytest.raises(ImageFileError, match=r"16 bits, which are not read|cannot be decoded"):
        decode_tile(data, FORM)


def test_deeper_values_are_not_colours():
    data = packed(Image.fromarray(GRAY.astype(np.uint16)), "PNG")
    with pytest.raises(ImageFileError, match="8 bits for each channel, the tile has uint16"):
        decode_tile(data, TileForm(SHAPE, [SHAPE], "rgb"))


FORMS = ["PNG", "JPEG", "TIFF", "GIF", "WEBP"]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("is_lenient", [False, True])
def test_images_that_end_early(form: str, is_lenient: bool, monkeypatch: pytest.MonkeyPatch):
    """Also where a program has told Pillow to take such images."""
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", is_lenient)
    data = gray(form)
    for length in (0, 1, 5, 20, len(data) // 2, len(data) - 40):
        with pytest.raises(CorruptFileError, match=r"bytes|early|decoded"):
            decode_tile(data[:length], FORM)


@pytest.mark.parametrize("form", FORMS)
def test_damage_is_an_error_of_volio_or_another_image(form: str):
    """One byte after the other; what is decoded then has the right shape."""
    data = gray(form)
    random = np.random.default_rng(1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for place in range(0, len(data), max(1, len(data) // 150)):
            damaged = bytearray(data)
            damaged[place] ^= int(random.integers(1, 256))
            try:
                found = decode_tile(bytes(damaged), FORM).values
            except VolioError:
                continue
            assert found.shape == SHAPE


@pytest.mark.parametrize(
    "data",
    [
        png_bomb(100_000, 100_000),
        png_bomb(2**31 - 1, 2**31 - 1),
        png_text_bomb(SHAPE[1], SHAPE[0]),
        packed(Image.fromarray(GRAY), "BMP"),
        b"%!PS-Adobe-3.0 EPSF-3.0\n",
        b"\xff\xd8\xff\xd9",
        b"II*\0\xff\xff\xff\xff",
    ],
    ids=["bomb", "larger bomb", "text", "BMP", "EPS", "JPEG without anything", "TIFF without"],
)
def test_what_is_refused_without_decoding(data: bytes):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(CorruptFileError, match=r"must have|is not a PNG|cannot be decoded"):
            decode_tile(data, FORM)


def test_more_rows_than_the_header_says():
    """What does not belong to the image is not decompressed, or it is an error."""
    try:
        found = decode_tile(png_overfull(SHAPE[1], SHAPE[0]), FORM).values
    except CorruptFileError:
        return
    assert not found.any()
