"""Answers of servers as arrays, and futures."""

from __future__ import annotations

from concurrent.futures import Future
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from volio.errors import CorruptFileError, LimitError, UsageError
from volio.testing.servers.tile_images import TileEncoding, coloured, encoded, png_bomb
from volio.tiles import (
    DummyResponse,
    DummyTqdm,
    as_future,
    as_future_response,
    response_to_array,
    response_to_array_callback,
)

GRAY = np.random.default_rng(1).integers(0, 256, (7, 5), np.uint8)
DEEP = GRAY.astype(np.uint16) * 257


def answer(content: bytes, **headers: str) -> SimpleNamespace:
    return SimpleNamespace(content=content, headers=headers, raise_for_status=lambda: None)


@pytest.mark.parametrize("form", ["png", "tiff", "webp", "gif"])
@pytest.mark.parametrize("content_type", ["", "image/png; charset=binary", "text/html"])
def test_images_are_told_by_their_bytes(form: str, content_type: str):
    headers = {"Content-Type": content_type} if content_type else {}
    found = response_to_array(answer(encoded(GRAY, TileEncoding(form)), **headers))
    np.testing.assert_array_equal(found, GRAY)
    assert found.dtype == np.uint8


@pytest.mark.parametrize("form", ["png", "tiff"])
def test_16_bits_are_kept(form: str):
    found = response_to_array(answer(encoded(DEEP, TileEncoding(form, depth=16))))
    np.testing.assert_array_equal(found, DEEP)
    assert found.dtype == np.uint16


def test_colours_become_luminance():
    data = encoded(GRAY, TileEncoding(color="rgb"))
    expected = np.asarray(Image.fromarray(coloured(GRAY)).convert("L"))
    np.testing.assert_array_equal(response_to_array(answer(data)), expected)
    equal = encoded(GRAY, TileEncoding(color="equal"))
    np.testing.assert_array_equal(response_to_array(answer(equal)), GRAY)


def test_pillow_converts_if_asked_to():
    data = encoded(GRAY, TileEncoding(color="rgb"))
    found = response_to_array(answer(data), {"mode": "RGB"})
    np.testing.assert_array_equal(found, coloured(GRAY))
    of_gray = response_to_array(answer(encoded(GRAY, TileEncoding())), pil_kwargs={"mode": "RGB"})
    np.testing.assert_array_equal(of_gray, np.stack([GRAY] * 3, axis=-1))
    with pytest.raises(UsageError, match="an image of mode RGB cannot be converted"):
        response_to_array(answer(data), {"mode": "XYZ"})
    with pytest.raises(UsageError, match="an image of mode RGB cannot be converted"):
        response_to_array(answer(data), {"colour": 1})


@pytest.mark.parametrize(
    ("data", "match"),
    [
        (b"", "it has no bytes"),
        (b"<html>log in</html>", "the first are '<html>log in</html>'"),
        (encoded(GRAY, TileEncoding())[:-20], "ends early"),
        (b"BM" + bytes(60), "is not a PNG, JPEG, TIFF, WebP or GIF"),
    ],
)
@pytest.mark.parametrize("pil_kwargs", [None, {"mode": "L"}])
def test_what_is_not_an_image(data: bytes, match: str, pil_kwargs):
    with pytest.raises(CorruptFileError, match=match):
        response_to_array(answer(data), pil_kwargs)


@pytest.mark.parametrize("pil_kwargs", [None, {"mode": "L"}])
def test_bombs_are_not_decoded(pil_kwargs):
    with pytest.raises(LimitError, match="has 20000 x 20000 pixels, at most 16384 a side"):
        response_to_array(answer(png_bomb(20_000, 20_000)), pil_kwargs)


def test_refused_answers_raise_what_the_client_raises():
    def refuse():
        raise ConnectionError("404 for url")

    response = answer(encoded(GRAY, TileEncoding()))
    response.raise_for_status = refuse
    with pytest.raises(ConnectionError, match="404 for url"):
        response_to_array(response)


def test_a_callback_stores_the_array():
    response = answer(encoded(GRAY, TileEncoding()))
    assert response_to_array_callback(None, response) is None
    np.testing.assert_array_equal(response.array, GRAY)


def test_futures():
    done = as_future(3)
    assert isinstance(done, Future)
    assert done.done()
    assert done.result() == 3
    pending = Future()
    assert as_future(pending) is pending
    assert not pending.done()
    response = as_future_response(GRAY).result(timeout=0)
    assert isinstance(response, DummyResponse)
    assert response.array is GRAY


def test_a_bar_that_draws_nothing(capsys):
    bar = DummyTqdm(range(3), "numbers", total=3)
    assert [*bar] == [0, 1, 2]
    bar.write("one")
    DummyTqdm.write(" two")
    assert capsys.readouterr().out == "one two"
    assert [*DummyTqdm([])] == []
