"""Numbers in text: many are read by numpy, and are what they are when read one by one."""

from __future__ import annotations

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
