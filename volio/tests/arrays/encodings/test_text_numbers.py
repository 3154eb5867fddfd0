"""Numbers in text: many are read by numpy, and are what they are when read one by one."""

from __future__ import annotations

import re
import warnings
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from volio.arrays.encodings import decimal_words as decimals
from volio.arrays.encodings import text_numbers
from volio.arrays.encodings.decimal_words import decimal_words
from volio.arrays.encodings.text_numbers import parse_number_text, parse_numbers
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


def test_many_words():
    numbers = np.random.default_rng(1).normal(size=1000)
    words = [repr(number).encode() for number in numbers.tolist()]
    assert parse_numbers(words, FLOAT, "x").tolist() == numbers.tolist()
    for wrong in (b"1-2", b"1.2.3", b"1e", b"1_0", b"1e999"):
        words[700] = wrong
        with pytest.raises(CorruptFileError, match=f"number 701, '{wrong.decode()}', is not"):
            parse_numbers(words, FLOAT, "x")


DECIMALS = st.one_of(
    st.decimals(allow_nan=False, allow_infinity=False, places=3).map(str),
    st.decimals(-(10**6), 10**6, places=10).map(str),
    st.integers(0, 10**24).map(lambda number: f"-0.{number}"),
    st.sampled_from(["-0.0", "-0", ".5", "-.5", "+5.", "0", "007", "9007199254740993"]),
)


@given(st.lists(st.one_of(DECIMALS, WORDS), max_size=40), st.sampled_from([" ", "\n", "\r\n\t"]))
def test_words_of_a_text_are_those_of_float(words: list[str], blank: str):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(decimals, "PIECE", 50)
        found = decimal_words(blank.join(words).encode())
    if found is not None:
        assert found.tobytes() == np.array([float(word) for word in words]).tobytes()


def test_lines_of_decimals_are_read_together():
    rows = np.random.default_rng(1).normal(scale=100, size=(3000, 3)).round(3)
    lines = [f"{n}  {x:.3f}  {y:.3f} {z:.3f} 0.0000000000" for n, (x, y, z) in enumerate(rows)]
    found = decimal_words("\n".join(lines).encode())
    assert found is not None
    assert found.reshape(-1, 5)[:, 1:4].tolist() == rows.tolist()


@pytest.mark.parametrize(
    "text",
    [
        "1.23 5\n123 5.",  # as many points as the first line has, in other words
        "1.234 5\n1.2 3\n5 6.789",  # places before a word, which are in another
        "0.12 3\n.5 44",
        "7. 1.5\n12.5 1",
        "1 2\n0.5 2",
        "0.25\n5\n1.25 1.50",
    ],
)
def test_lines_that_are_not_alike_are_seen(text: str):
    found = decimal_words(text.encode())
    assert found is not None
    assert found.tolist() == [float(word) for word in text.split()]


@given(
    st.lists(st.sampled_from(["1.23", "5", "123", "5.", ".5", "-0.5", "12.5", "0"]), max_size=4),
    st.lists(st.sampled_from(["1.23", "5", "123", "5.", ".5", "-0.5", "12.5", "0"]), max_size=12),
)
def test_lines_of_any_words_are_those_of_float(line: list[str], others: list[str]):
    found = decimal_words(f"{' '.join(line)}\n{' '.join(others)}".encode())
    assert found is not None
    assert found.tobytes() == np.array([float(word) for word in line + others]).tobytes()


WRONG = "1.2.3|-|1 -|.|1 . 2|. 1-2|1-2|1-2 -|--1|+-1|1_0|1,2|1e999|0x10|abc|- 5|1.-2|-.|1\0002|\0"


@pytest.mark.parametrize("text", WRONG.split("|"))
def test_what_is_not_a_number_is_left_to_others(text: str):
    assert decimal_words(text.encode()) is None
    assert decimal_words(b"1 2 3 4 5 6 7 8 9 10 11 12 " + text.encode() + b" 14.5") is None


def test_a_wrong_word_of_a_text_is_named():
    text = b"0.5 " * 700 + b"1.2.3 4"
    with pytest.raises(CorruptFileError, match=r"number 701, '1\.2\.3', is not"):
        parse_number_text(text, FLOAT, "x")
    with pytest.raises(CorruptFileError, match="number 1, '1e39', is not"):
        parse_number_text(b"1e39", np.dtype("f4"), "x")


@pytest.mark.parametrize("kind", ["f4", "f8", "i1", "u2", "i8", "u8"])
@given(words=st.lists(WORDS.map(str.encode), min_size=1, max_size=8))
def test_many_words_are_read_as_each_of_them(kind: str, words: list[bytes]):
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
    for words in ([b"1-2", b"-"], [b"1-2-7", b"-"], [b"1-2", b"-", b"5"]):
        assert outcome(words, np.dtype(kind)).startswith("x: number 1, '1-2")  # type: ignore[union-attr]


def test_long_words_are_read_in_one_step():
    text = b"0" * 300_000 + b".25 " + b"1" * 300 + b" 1.5" * 20
    found = decimal_words(text)
    assert found is not None
    assert found.tolist() == [0.25, float("1" * 300)] + [1.5] * 20


@pytest.mark.parametrize(
    "word", ["9007199254740993", "-9007199254740993", "9" * 30, "-" + "9" * 30]
)
def test_numbers_beyond_those_of_float_are_read_alone(word: str):
    found = decimal_words(b"0.5 " * 20 + word.encode() + b" -1")
    assert found is not None
    assert found.tolist() == [0.5] * 20 + [float(word), -1.0]


def test_texts_of_many_digits_are_read_in_another_way():
    numbers = np.random.default_rng(2).normal(size=500)
    text = b"0.5 " * 50 + " ".join(map(repr, numbers.tolist())).encode()
    assert decimal_words(text) is None
    assert parse_number_text(text, FLOAT, "x").tolist() == [0.5] * 50 + numbers.tolist()
