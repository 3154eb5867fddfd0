"""Base64: against the standard library, and what is refused."""

from __future__ import annotations

from base64 import b64decode, b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from volio.arrays.encodings import base64_text
from volio.arrays.encodings.base64_text import decode_base64
from volio.errors import CorruptFileError


@given(st.binary(max_size=40), st.sampled_from([b"", b"\n", b" \r\n\t"]), st.integers(1, 3))
def test_bytes_come_back(data: bytes, blank: bytes, block: int):
    text = b64encode(data)
    middle = len(text) // 2
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(base64_text, "BLOCK", block)
        found = decode_base64(blank + text[:middle] + blank + text[middle:] + blank, "x")
    assert found.tobytes() == data
    assert found.flags.writeable


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
