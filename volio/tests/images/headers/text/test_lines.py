"""Words of text headers as numbers and names, and numbers as words."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from volio.errors import HeaderDataError
from volio.images.headers.shape_checks import LARGEST
from volio.images.headers.text.lines import (
    as_integer,
    as_integers,
    as_lengths,
    as_number,
    as_numbers,
    chosen,
    number_words,
)


def test_integers_have_18_digits_at_most():
    assert as_integers("sizes", ["12", "-3", "+4", str(LARGEST)]) == [12, -3, 4, LARGEST]
    assert as_integer("sizes", "007") == 7


@pytest.mark.parametrize("word", ["", "1.0", "1_0", "1e3", " 1", "٣", str(LARGEST + 1)])
def test_words_that_are_not_integers_are_refused(word):
    with pytest.raises(HeaderDataError, match=r"sizes: must be integers, got"):
        as_integers("sizes", ["1", word])


def test_numbers_may_be_written_in_many_ways():
    words = ["1", "-2.5", "1e-3", ".5", "+7"]
    assert as_numbers("origin", words, 5) == [1, -2.5, 1e-3, 0.5, 7]
    assert math.isnan(as_number("spacings", "NaN"))
    assert as_number("spacings", "-inf") == -math.inf


@pytest.mark.parametrize("word", ["", "x", "1_0", "1,5", "0x10", "1e999"])
def test_words_that_are_not_numbers_are_refused(word):
    with pytest.raises(HeaderDataError, match="origin: must be numbers, got"):
        as_numbers("origin", ["1", word])


@pytest.mark.parametrize("word", ["nan", "inf", "-inf"])
def test_numbers_of_the_geometry_are_finite(word):
    with pytest.raises(HeaderDataError, match="origin: must be finite"):
        as_numbers("origin", ["1", word])


@pytest.mark.parametrize("words", [["1"], ["1", "2", "3"]])
def test_another_count_of_numbers_is_refused(words):
    with pytest.raises(HeaderDataError, match=f"origin: 2 numbers are needed, got {len(words)}"):
        as_numbers("origin", words, 2)


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False)))
def test_written_numbers_are_read_again(numbers):
    assert as_numbers("origin", number_words(numbers)) == numbers
    assert number_words(np.array(numbers)) == number_words(numbers)


def test_integers_are_written_without_a_point():
    words = number_words([2.0, -0.0, 0.1, 1e15, 123456789012345.0, -3])
    assert words == ["2", "0", "0.1", "1000000000000000.0", "123456789012345", "-3"]


CHOICES = {"raw": 1, "gzip": 2, "MET_INT": 3}


@pytest.mark.parametrize(("text", "found"), [("raw", 1), ("GZip", 2), ("MET_INT", 3)])
def test_names_are_found_also_in_capitals(text, found):
    assert chosen("encoding", text, CHOICES) == found


@pytest.mark.parametrize("text", ["", "rawer", "met_int", "Met_Int"])
def test_names_that_are_not_known_are_refused_with_those_that_are(text):
    with pytest.raises(HeaderDataError, match=f"encoding: must be one of raw, gzip.*got '{text}'"):
        chosen("encoding", text, CHOICES)
    with pytest.raises(HeaderDataError, match="must be one of codecs; got"):
        chosen("encoding", text, CHOICES, "codecs")


def test_lengths_have_a_range():
    assert as_lengths("dim", ["0", "5"], 1, 2) == [0, 5]
    assert as_lengths("dim", ["7"], 1, 2) == [7]
    for words in ([], ["1", "2", "3"], ["4", "-1"]):
        with pytest.raises(HeaderDataError, match="dim: must be lengths of 1 to 2 axes, got"):
            as_lengths("dim", words, 1, 2)
    with pytest.raises(HeaderDataError, match=r"dim: must be lengths of 2 axes, got \[3\]"):
        as_lengths("dim", ["3"], 2, 2)
