"""The reader of JSON: what it returns, what it refuses, and that nothing else parses JSON."""

from __future__ import annotations

import ast
import json
import math

import pytest

from volio.errors import CorruptFileError, HeaderDataError, LimitError
from volio.json_text import parse_json
from volio.tests.source_tree import modules, nodes

DOCUMENT = {"a": [1, -2.5, None, True, {"b": "\xe9\u4e16"}], "c": 2**64, "d": 10**299}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_documents(encoding: str):
    text = json.dumps(DOCUMENT, ensure_ascii=False)
    assert parse_json(text) == DOCUMENT
    assert parse_json(text.encode(encoding)) == DOCUMENT


def test_what_is_not_finite_is_read_as_it_is_written():
    found = parse_json("[NaN, Infinity, -Infinity]")
    assert math.isnan(found[0])
    assert found[1:] == [math.inf, -math.inf]


def test_pairs_are_characters_and_bytes_that_are_not_utf_8_come_back():
    assert parse_json('["\\ud83d\\ude00", "caf\\udce9"]') == ["\U0001f600", "caf\udce9"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "scan: is not JSON: Expecting value"),
        ("{'a': 1}", "Expecting property name"),
        (b'{"a": "\xe9"}', "is not JSON: 'utf-8' codec can't decode"),
        ('{"a": 1, "b": {"c": 1, "d": 2, "c": 3}}', "the key 'c' is there twice"),
        ("1" * 301, "a number of 301 digits is too large"),
        ("1" * 100_000, "a number of 100000 digits is too large"),
        ("[1e999]", "the number 1e999 is too large"),
        ('["a\x01b"]', "Invalid control character"),
        ("[1_000]", "Expecting ',' delimiter"),
        ("[\uff11]", "Expecting value"),
        ('["\\ud800"]', r"is not JSON: \\ud800 is half of a character"),
        (b'{"\\uDBFFx": 1}', r"\\udbff is half of a character"),
    ],
)
def test_what_is_refused(text: str | bytes, told: str):
    with pytest.raises(HeaderDataError, match=told):
        parse_json(text, "scan")


def test_levels_and_length_are_limited():
    assert parse_json("[" * 64 + "]" * 64) is not None
    for levels in (65, 100_000):
        with pytest.raises(LimitError, match="scan: has more than 64 levels"):
            parse_json("[" * levels + "]" * levels, "scan")
    with pytest.raises(LimitError, match="more than 64 levels"):
        parse_json('{"a":' * 65 + "1" + "}" * 65)
    assert parse_json("[1]", most=3) == [1]
    with pytest.raises(LimitError, match="JSON: is larger than 2 bytes"):
        parse_json("[1]", most=2)


def test_the_error_is_that_of_the_caller():
    class OtherError(HeaderDataError, CorruptFileError):
        pass

    with pytest.raises(OtherError, match="is not JSON"):
        parse_json("[", error=OtherError)


def test_nothing_else_parses_json():
    parsers = {"loads", "load", "JSONDecoder"}
    found = {
        module
        for module in modules()
        if not module.startswith(("volio.tests", "volio.testing"))
        for node in nodes(module)
        if (isinstance(node, ast.Attribute) and node.attr in parsers and _is_json(node.value))
        or (isinstance(node, ast.ImportFrom) and (node.module or "").startswith("json"))
    }
    assert found == {"volio.json_text"}


def _is_json(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and node.id == "json"
