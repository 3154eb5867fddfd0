"""Numbers in text: what files write, and nothing that only Python reads as one."""

from __future__ import annotations

import ast
import math

import pytest

from volio.numerals import is_count, parse_float, parse_int
from volio.tests.source_tree import modules, nodes


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", 0),
        (" +17\n", 17),
        ("-9223372036854775808", -(2**63)),
        ("18446744073709551615", 2**64 - 1),
        ("0" * 100 + "7", 7),
    ],
)
def test_integers(text: str, value: int):
    assert parse_int(text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [("1", 1), (" -1.5e-3 ", -0.0015), (".5", 0.5), ("2.", 2), ("-INF", -math.inf), ("1E3", 1000)],
)
def test_floats(text: str, value: float):
    assert parse_float(text) == value


def test_nan_is_a_float():
    assert math.isnan(parse_float("NaN"))


NO_NUMBERS = ["", " ", "ten", "0x10", "1_000", "--5", "\uff11\uff12", "\xb2", "1e", "1 2", "\xa01"]


@pytest.mark.parametrize("text", NO_NUMBERS)
def test_what_is_not_a_number(text: str):
    with pytest.raises(ValueError, match="is not an integer"):
        parse_int(text)
    with pytest.raises(ValueError, match="is not a number"):
        parse_float(text)
    assert not is_count(text)


def test_what_no_format_holds():
    for text in ("18446744073709551616", "-9223372036854775809"):
        with pytest.raises(ValueError, match=r"is too large for an integer of 64 bits: '[-0-9]+'"):
            parse_int(text)
    with pytest.raises(ValueError, match=r"is not an integer: '9{40}'"):
        parse_int("9" * 100_000)
    for text in ("1e999", "-1e400", "9" * 100_000):
        with pytest.raises(ValueError, match="is too large for a float"):
            parse_float(text)


def test_counts():
    assert is_count("0")
    assert is_count("9" * 18)
    assert not is_count("9" * 19)
    assert not is_count("-1")


#: Where digits of every script are wanted, and why.
BROADER = {
    "volio.files.remote.addresses": "a host that resolvers may take for a number is refused",
    "volio.numerals": "the reader itself",
    "volio.arrays.encodings.text_numbers": "of bytes, which have ASCII digits only",
    "volio.formats.tck.header": "of bytes",
    "volio.formats.trk.header": "of bytes",
}


def test_texts_are_not_asked_for_digits_of_every_script():
    asked = {
        module
        for module in modules()
        if not module.startswith(("volio.tests", "volio.testing"))
        for node in nodes(module)
        if isinstance(node, ast.Attribute) and node.attr in ("isdigit", "isdecimal", "isnumeric")
    }
    assert asked == set(BROADER)


def test_patterns_of_texts_match_digits_from_0_to_9_only():
    r"""``\d`` in a pattern of bytes is 0 to 9, in one of text the digits of every script."""
    found = {
        module
        for module in modules()
        if module.startswith(("volio.formats", "volio.images", "volio.files"))
        for node in nodes(module)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and r"\d" in node.value
    }
    # These say that they are of ASCII, or are about names of the same program.
    assert found <= {
        "volio.files.remote.addresses",
        "volio.formats.containers.vtk.xml_values",
        "volio.formats.surface_signatures",
        "volio.formats.signatures",
    }
