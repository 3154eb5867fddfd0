"""The parts that commands share."""

from __future__ import annotations

import io
import json
import logging
import sys
import time
import warnings

import numpy as np
import pytest

from volio import progress as live_line
from volio.arrays.dtypes import dtype_name
from volio.cli.console import progress
from volio.cli.console.json_output import array_lines, jsonable
from volio.cli.console.reporting import Reporter
from volio.cli.console.table import aligned, paragraph, printable
from volio.cli.options.arguments import Parser, parse_numbers, parse_slice
from volio.cli.options.inputs import image_key, split_name
from volio.cli.results.facts import joined, shown
from volio.errors import CorruptFileError, PrecisionWarning


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("1:3", slice(1, 3)),
        ("::-1", slice(None, None, -1)),
        (":", slice(None)),
        ("-5:", slice(-5, None)),
        ("7", 7),
        ("-1", -1),
        (" 1 : 2 ", slice(1, 2)),
    ],
)
def test_slices(text, part):
    assert parse_slice(text) == part


@pytest.mark.parametrize("text", ["", "a", "1:2:3:4", "1.5:2", "::0"])
def test_texts_that_are_no_slices(text):
    with pytest.raises(Exception, match="is not a slice"):
        parse_slice(text)


def test_numbers():
    assert parse_numbers("1,2.5,-3") == (1, 2.5, -3)
    assert parse_numbers("64x64x32") == (64, 64, 32)
    with pytest.raises(Exception, match="must be numbers"):
        parse_numbers("1,,2")


def test_values_that_begin_with_a_minus():
    parser = Parser("p", "about", "p x")
    parser.add_argument("-i", type=parse_slice)
    parser.add_argument("--above", type=float)
    parser.add_argument("--box", type=float, nargs=2)
    parser.add_argument("-v", action="store_true")
    options = parser.options(["-i", "-3:-1", "--above", "-1e3", "-v", "--box", "-1", "-2.5"])
    assert (options.i, options.above, options.box) == (slice(-3, -1), -1000, [-1, -2.5])
    assert options.v


def test_tables_are_aligned_and_leave_out_empty_columns():
    lines = aligned(("name", "none", "n"), [("a", "", "1"), ("long name", "", "10")], ("n",))
    assert lines == ["name        n", "a           1", "long name  10"]


def test_cells_without_text_show_a_dash():
    assert aligned(("a", "b"), [("x", ""), ("y", "z")]) == ["a  b", "x  -", "y  z"]


def test_paragraphs_indent_more_lines():
    assert paragraph("t", [("a", "1\n2"), ("bc", "")]) == ["t", "  a   1", "      2", "  bc"]


def test_plain_values_for_json():
    values = {
        "nan": float("nan"),
        "array": np.array([1.5, np.inf]),
        "scalar": np.float32(2),
        "integer": np.int64(3),
        "bytes": np.bytes_(b"n+1\0"),
        "complex": 1 + 2j,
        "tuple": (1, None, True),
        "long": np.longdouble(1.5),
        3: "key",
    }
    text = json.dumps(jsonable(values), allow_nan=False)
    assert json.loads(text) == {
        "nan": None,
        "array": [1.5, None],
        "scalar": 2.0,
        "integer": 3,
        "bytes": "n+1",
        "complex": [1.0, 2.0],
        "tuple": [1, None, True],
        "long": "1.5",
        "3": "key",
    }


@pytest.mark.parametrize("count", [0, 1, 3])
def test_arrays_of_any_length(count):
    objects = [{"n": n} for n in range(count)]
    lines = list(array_lines(objects))
    assert json.loads("".join(lines)) == objects
    assert len(lines) == count + 2


def test_names():
    assert split_name("a.b.NII.GZ") == ("a.b", ".NII", ".GZ")
    assert split_name("notes.txt")[1] == ""
    assert image_key("x/pair.img.gz") == image_key("x/../x/pair.hdr.gz")
    assert image_key("http://host/a.img") == "http://host/a.img"


def test_texts_of_facts():
    assert dtype_name(np.dtype(">i2")) == "int16"
    assert dtype_name([("R", "u1"), ("G", "u1"), ("B", "u1")]) == "RGB"
    assert joined((2, 0.5, 1 / 3)) == "2x0.5x0.33333"
    assert shown(["a", 1.0, None]) == "['a', 1, ]"


def test_errors_name_program_and_file_once():
    lines: list[str] = []
    reporter = Reporter("prog", write=lines.append)
    with reporter.for_file("a.nii"):
        raise CorruptFileError("a.nii: is\n  damaged")
    with reporter.for_file("a.nii"):
        raise PermissionError(13, "Permission denied", "b.nii")
    with reporter.for_file("a.nii"):
        raise MemoryError
    assert reporter.code == 2
    assert lines == [
        "prog: a.nii: is damaged",
        "prog: a.nii: b.nii: Permission denied",
        "prog: a.nii: not enough memory; close other programs or work on a part of it (volio roi)",
    ]


def test_warnings_and_logs_are_told_once_per_file():
    lines: list[str] = []
    reporter = Reporter("prog", write=lines.append)
    logger = logging.getLogger("volio")
    handlers = list(logger.handlers)
    with reporter.watching():
        for name in ("a.nii", "a.nii", "b.nii"):
            with reporter.for_file(name):
                warnings.warn("rounded", PrecisionWarning, stacklevel=1)
                logger.warning("odd field")
                logger.debug("nothing")
    assert lines == [
        f"prog: warning: {name}: {what}"
        for name in ("a.nii", "b.nii")
        for what in ("rounded", "odd field")
    ]
    assert logger.handlers == handlers
    assert reporter.code == 0


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_progress_is_silent_without_a_terminal(monkeypatch):
    monkeypatch.setattr(live_line, "WAIT", 0)
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    with progress.Progress(2) as bar:
        bar.step("a")
    assert sys.stderr.getvalue() == ""


def test_progress_is_silent_when_work_is_short(monkeypatch):
    monkeypatch.setattr(sys, "stderr", Terminal())
    with progress.Progress(1) as bar:
        bar.step("a")
    assert sys.stderr.getvalue() == ""


def test_progress_on_a_terminal(monkeypatch, capsys):
    monkeypatch.setattr(live_line, "WAIT", 0)
    monkeypatch.setattr(live_line, "PAUSE", 0.001)
    monkeypatch.setattr(sys, "stderr", Terminal())
    with progress.Progress(4) as bar:
        bar.step("a.nii")
        for _ in range(1000):
            if "a.nii" in sys.stderr.getvalue():
                break
            time.sleep(0.01)
        bar.print_line("prog: b.nii: is damaged")
        bar.print_text("a line")
    shown = sys.stderr.getvalue()
    assert "[#####...............] 1/4" in shown
    assert "\rprog: b.nii: is damaged\n" in shown
    assert shown.endswith((" \r", "damaged\n"))
    assert capsys.readouterr().out == "a line\n"


def test_letters_of_two_columns_and_of_none_keep_columns_aligned():
    lines = aligned(["file", "dtype"], [["\u8133.nii", "int16"], ["a\u0308.nii", "uint8"]])
    assert lines == ["file    dtype", "\u8133.nii  int16", "a\u0308.nii   uint8"]


def test_what_would_break_a_line_is_written_out():
    assert printable("a\nb\x1b[0m \u00e4 \udc80") == "a\\nb\\x1b[0m \u00e4 \\udc80"


def test_names_with_line_breaks_and_double_spaces_are_told_once():
    told: list[str] = []
    reporter = Reporter("volio ls", write=told.append)
    for name in ("new\nline.nii", "two  spaces.nii"):
        with reporter.for_file(name):
            reporter.error(f"{name}: is\n  bad")
    assert told == [
        "volio ls: new\\nline.nii: is bad",
        "volio ls: two  spaces.nii: is bad",
    ]
