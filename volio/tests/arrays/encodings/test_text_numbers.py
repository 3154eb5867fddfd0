"""Numbers in text: many are read by numpy, and are what they are when read one by one."""

from __future__ import annotations

import re
import warnings
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from volio.arrays.encodings import text_numbers
from volio.arrays.encodings.text_numbers import parse_numbers
from volio.errors import CorruptFileError

FLOAT = np.dtype(np.float64)
WORDS = st.one_of(
    st.floats().map(repr),
    st.floats(width=32, allow_nan=False).map(repr),
    st.integers(-(10**30), 10**30).map(str),
    st.text("0123456789+-.eE", min_size=1, max_size=6),
    st.sampled_from(["1e400", "-1e39", "nan", "inf", "1_0", "5.", ".5", "0x1", "1,5"]),
)


def outcome(words: list[bytes], dtype: np.dtype[Any]) -> bytes | str:
    try:
        with warnings.catch_warnings():
            # Before numpy 2.3 words that are none are warned of; the result is not used.
            warnings.simplefilter("ignore", DeprecationWarning)
            return parse_numbers(words, dtype, "x").tobytes()
    except CorruptFileError as error:
        return str(error)


@given(st.lists(WORDS.map(str.encode), min_size=1, max_size=8), st.sampled_from(["f4", "f8"]))
def test_many_words_are_read_as_each_of_them(words: list[bytes], kind: str):
    dtype = np.dtype(kind)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(text_numbers, "MANY", 1)
        together = outcome(words, dtype)
        patch.setattr(text_numbers, "MANY", 100)
        assert outcome(words, dtype) == together


def test_many_words():
    numbers = np.random.default_rng(1).normal(size=1000)
    words = [repr(number).encode() for number in numbers.tolist()]
    assert parse_numbers(words, FLOAT, "x").tolist() == numbers.tolist()
    for wrong in (b"1-2", b"1.2.3", b"1e", b"1_0", b"1e999"):
        words[700] = wrong
        with pytest.raises(CorruptFileError, match=f"number 701, '{wrong.decode()}', is not"):
            parse_numbers(words, FLOAT, "x")


@pytest.mark.parametrize("kind", ["i1", "u2", "i8", "u8"])
@given(words=st.lists(WORDS.map(str.encode), min_size=1, max_size=8))
def test_many_integers_are_read_as_each_of_them(kind: str, words: list[bytes]):
    dtype = np.dtype(kind)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(text_numbers, "MANY", 1)
        together = outcome(words, dtype)
        patch.setattr(text_numbers, "MANY", 100)
        assert outcome(words, dtype) == together


def test_many_integers():
    ends = [2**63 - 1, -(2**63), 2**63 - 2, 2**53 + 1, -1]
    words = [str(number).encode() for number in ends * 20]
    assert parse_numbers(words, np.dtype(np.int64), "x").tolist() == ends * 20
    largest = [b"%d" % (2**64 - 1)] * 60
    assert parse_numbers(largest, np.dtype(np.uint64), "x").tolist() == [2**64 - 1] * 60
    for wrong in (b"1-2", b"1.5", b"-", b"1_0", b"%d" % 2**63, b"+-1"):
        words[70] = wrong
        with pytest.raises(CorruptFileError, match=rf"number 71, '{re.escape(wrong.decode())}'"):
            parse_numbers(words, np.dtype(np.int64), "x")


@pytest.mark.parametrize("kind", ["f8", "i8"])
def test_a_word_that_is_two_numbers_does_not_make_up_for_one_that_is_none(
    kind: str, monkeypatch: pytest.MonkeyPatch
):
    # Of these numpy reads as many numbers as there are words, and stops at the last one.
    monkeypatch.setattr(text_numbers, "MANY", 1)
    for words in ([b"1-2", b"-"], [b"1-2-7", b"-"], [b"1-2-7", b"4", b"-"]):
        assert outcome(words, np.dtype(kind)).startswith("x: number 1, '1-2")  # type: ignore[union-attr]
