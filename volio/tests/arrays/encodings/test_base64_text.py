"""Base64: against the standard library, and what is refused."""

from __future__ import annotations

from base64 import b64decode, b64encode
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from volio.arrays.encodings import base64_text
from volio.arrays.encodings.base64_text import base64_pieces, decode_base64, decoded_pieces
from volio.errors import CorruptFileError
from volio.tests.requirements import require


@given(st.binary(max_size=40), st.sampled_from([b"", b"\n", b" \r\n\t"]), st.integers(1, 3))
def test_bytes_come_back(data: bytes, blank: bytes, block: int):
    text = b64encode(data)
    middle = len(text) // 2
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(base64_text, "BLOCK", block)
        found = decode_base64(blank + text[:middle] + blank + text[middle:] + blank, "x")
    assert found.tobytes() == data
    assert found.flags.writeable


def cut(data: bytes, cuts: list[int]) -> list[bytes]:
    """Cut bytes at some places."""
    places = [0, *sorted(min(place, len(data)) for place in cuts), len(data)]
    return [data[start:stop] for start, stop in pairwise(places)]


@pytest.fixture(params=["by the table", "one by one", "by pybase64"], autouse=True)
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch):
    """Decode short texts as long ones are, as they are, and by the package for it."""
    if request.param == "by pybase64":
        require("pybase64")
        assert base64_text._pybase64() is not None
        return
    monkeypatch.setattr(base64_text, "_pybase64", lambda: None)
    if request.param == "by the table":
        monkeypatch.setattr(base64_text, "FEW", 1)


CUTS = st.lists(st.integers(0, 60), max_size=6)


@given(st.binary(max_size=40), st.sampled_from([b"", b"\n", b" \r\n\t"]), CUTS)
def test_pieces_of_a_text(data: bytes, blank: bytes, cuts: list[int]):
    text = blank + blank.join(cut(b64encode(data), cuts)) + blank
    pieces = cut(text, cuts[::2])
    assert b"".join(decoded_pieces(pieces, "x")) == data
    assert b"".join(decoded_pieces(map(memoryview, pieces), "x")) == data


@given(st.binary(max_size=40), CUTS)
def test_pieces_are_written(data: bytes, cuts: list[int]):
    assert b"".join(base64_pieces(cut(data, cuts))) == b64encode(data)


@pytest.mark.requires("pybase64")
@given(st.text("AQ/+=!\n -_", max_size=13).map(str.encode), CUTS)
def test_pybase64_takes_and_refuses_the_same(text: bytes, cuts: list[int]):
    def outcomes() -> list[bytes | None]:
        found: list[bytes | None] = []
        for decode in (
            lambda: decode_base64(text, "x").tobytes(),
            lambda: b"".join(decoded_pieces(cut(text, cuts), "x")),
        ):
            try:
                found.append(decode())
            except CorruptFileError:
                found.append(None)
        return found

    fast = outcomes()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(base64_text, "_pybase64", lambda: None)
        assert fast == outcomes()


def test_every_pair_of_letters():
    letters = base64_text.LETTERS.decode()
    text = "".join(f"{one}{other}AZ" for one in letters for other in letters).encode()
    assert decode_base64(text, "x").tobytes() == b64decode(text)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (b"AAAA!AAA", r"data: b'!' is not base64"),
        (b"AA\xffAAAAA", r"data: b'\\xff' is not base64"),
        (b"AAAAA", r"data: is not base64 \("),
        (b"AAAAAA=", r"data: is not base64 \("),
        (b"AA==AAAA", r"data: is not base64 \("),
        (b"AA==\nAAAA", r"data: is not base64 \("),
        (b"=AAA", r"data: is not base64 \("),
    ],
)
def test_what_is_not_base64(text: bytes, told: str):
    with pytest.raises(CorruptFileError, match=told):
        decode_base64(text, "data")
    for place in range(len(text) + 1):
        with pytest.raises(CorruptFileError, match=told):
            list(decoded_pieces(cut(text, [place]), "data"))
