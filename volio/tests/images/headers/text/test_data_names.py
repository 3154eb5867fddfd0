"""Names of data files: one, a list, a list with bytes to skip, or a pattern with numbers."""

from __future__ import annotations

import pytest

from volio.errors import HeaderDataError, LimitError
from volio.images.headers.text.data_names import MOST_FILES, DataNames, data_names


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a file.raw", DataNames(("a file.raw",))),
        ("LISTS.raw", DataNames(("LISTS.raw",))),
        ("LIST\na\nb c", DataNames(("a", "b c"))),
        ("LIST 2\na", DataNames(("a",), words=("2",))),
        ("SKIPLIST 2\n5 a\n-1 b c", DataNames(("a", "b c"), (5, -1), ("2",))),
        ("s%02d.raw 8 12 2", DataNames(("s08.raw", "s10.raw", "s12.raw"))),
        ("s%d.raw 3 1 -1 2", DataNames(("s3.raw", "s2.raw", "s1.raw"), words=("2",))),
        ("100%%-%d.raw 1 1 1", DataNames(("100%-1.raw",))),
        ("a%d.raw 1 2", DataNames(("a%d.raw 1 2",))),  # a name, where three numbers are needed
    ],
)
def test_names_of_data_files(text, found):
    assert data_names("data file", text, numbers=3) == found


def test_the_step_may_be_left_out_where_a_format_says_so():
    found = data_names("ElementDataFile", "a%d.raw 1 3", numbers=2)
    assert found.names == ("a1.raw", "a2.raw", "a3.raw")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "must name the file"),
        ("  ", "must name the file"),
        ("LIST", "must name the file"),
        ("SKIPLIST", "must name the file"),
        ("SKIPLIST\na", "a number and a file"),
        ("SKIPLIST\n1 a\nb", "a number and a file"),
        ("SKIPLIST\nx a", "must be integers"),
        ("s%d.raw 1 x 1", "must be integers"),
        ("s%d.raw 1 2 0", "name 0 files"),
        ("s%d.raw 2 1 1", "name 0 files"),
        ("s%d-%d.raw 1 2 1", "one conversion"),
        ("s%s.raw 1 2 1", "one conversion"),
    ],
)
def test_names_that_make_no_sense_are_refused(text, problem):
    with pytest.raises(HeaderDataError, match=f"^data file.*{problem}"):
        data_names("data file", text, numbers=3)


def test_as_many_files_as_can_be_read():
    most = data_names("data file", f"s%d.raw 1 {MOST_FILES} 1", numbers=3)
    assert len(most.names) == MOST_FILES
    with pytest.raises(LimitError, match=f"name {MOST_FILES + 1} files"):
        data_names("data file", f"s%d.raw 0 {MOST_FILES} 1", numbers=3)
