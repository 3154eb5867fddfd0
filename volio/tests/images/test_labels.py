"""One table of labels."""

from __future__ import annotations

import numpy as np
import pytest

from volio import Label, Labels
from volio.errors import HeaderDataError, UsageError

RED = (255, 0, 0, 255)
TABLE = Labels([Label(0, "???"), Label(-7, "left", RED), Label(300, "right", (1, 2, 3, 4))])


def test_rows_are_found_by_key_and_name():
    assert len(TABLE) == 3
    assert TABLE.keys == (0, -7, 300)
    assert TABLE.names == ("???", "left", "right")
    assert (TABLE[300].name, TABLE.name_of(-7), TABLE.key_of("right")) == ("right", "left", 300)
    assert 300 in TABLE
    assert 1 not in TABLE
    assert [row.key for row in TABLE] == [0, -7, 300]
    assert TABLE.names_of([[300, 1], [0, -7]]) == ["right", "", "???", "left"]
    with pytest.raises(UsageError, match="no label has the key 1"):
        TABLE[1]
    with pytest.raises(UsageError, match="no label is called 'middle'"):
        TABLE.key_of("middle")


def test_colours_of_values():
    found = TABLE.colours_of(np.array([[300, -7], [5, 0]], np.int16), missing=(9, 9, 9, 0))
    assert found.dtype == np.uint8
    assert found.tolist() == [[[1, 2, 3, 4], list(RED)], [[9, 9, 9, 0], [9, 9, 9, 0]]]
    assert Labels().colours_of([1, 2]).tolist() == [[0] * 4] * 2
    assert TABLE.colours_of(np.empty(0, int)).shape == (0, 4)


def test_rows_that_occur_twice_are_kept():
    labels = Labels([Label(1, "a"), Label(1, "b"), Label(2, "a")])
    assert (len(labels), labels[1].name, labels.key_of("a")) == (3, "a", 1)
    assert labels.repeated_keys() == [1]
    assert TABLE.repeated_keys() == []


def test_tables_are_merged_where_they_agree():
    merged = TABLE.merge(Labels([Label(300, "right"), Label(4, "new")]))
    assert merged.keys == (0, -7, 300, 4)
    assert merged[300].colour == (1, 2, 3, 4)
    with pytest.raises(HeaderDataError, match="key 300 is 'right' in one table and 'other'"):
        TABLE.merge(Labels([Label(300, "other")]))


def test_equality():
    assert Labels(list(TABLE)) == TABLE
    assert hash(Labels(list(TABLE))) == hash(TABLE)
    assert Labels(list(TABLE)[::-1]) != TABLE
    assert Labels([Label(0, "???")]) != Labels([Label(0, "???", RED)])
    assert repr(TABLE) == "<Labels 0: '???', -7: 'left', 300: 'right'>"


@pytest.mark.parametrize("colour", [(0, 0, 0), (0, 0, 0, 256), (-1, 0, 0, 0)])
def test_colours_are_four_bytes(colour):
    with pytest.raises(HeaderDataError, match="label 1 'a': a colour is four numbers"):
        Label(1, "a", colour)
