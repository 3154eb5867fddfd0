"""The one reader of JSON: values of a text that may come from anyone, within limits.

Nothing else in the package parses JSON. What programs read differently is refused: a key that an
object has twice, numbers that no format holds, nesting without end. NaN and Infinity, which JSON
does not have and many programs write, are read as what they say.

Source: https://www.rfc-editor.org/rfc/rfc8259
"""

from __future__ import annotations

import re
from typing import Any

from volio.errors import HeaderDataError, LimitError

__all__ = ["MOST_JSON", "parse_json"]

MOST_JSON = 16 << 20  # bytes
DEEPEST = 64  # lists and objects inside each other
#: Escapes of halves of characters; two together make one.
HALF_CHARACTER = re.compile(rb"\\u[dD][89a-fA-F]")
MOST_DIGITS = 300  # of an integer, so that it is a float too


def parse_json(
    text: str | bytes,
    what: str = "JSON",
    *,
    most: int = MOST_JSON,
    error: type[HeaderDataError] = HeaderDataError,
) -> Any:
    """Return what a JSON text says.

    Parameters
    ----------
    text : str or bytes
        Bytes are UTF-8, UTF-16 or UTF-32.
    what : str
        What it is, for messages.
    most : int
        Bytes or characters that it may have.
    error : type
        Of the error that is raised where it makes no sense.

    Returns
    -------
    object
        dict, list, str, int, float, bool or None.

    Raises
    ------
    LimitError
        If it is too long, or has more than 64 levels.
    HeaderDataError
        If it is not JSON, has a key twice, half of a character, or a number that is too large for
        a float.
    """
    import json  # rarely needed, and not quick to import

    if len(text) > most:
        raise LimitError(f"{what}: is larger than {most} bytes")
    try:
        found = json.loads(
            text, object_pairs_hook=_as_mapping, parse_int=_as_integer, parse_float=_as_float
        )
    except RecursionError as problem:
        raise LimitError(f"{what}: has more than {DEEPEST} levels") from problem
    except ValueError as problem:
        raise error(f"{what}: is not JSON: {problem}") from problem
    _check_depth(found, what)
    if HALF_CHARACTER.search(text if isinstance(text, bytes) else text.encode("utf-8", "replace")):
        _check_characters(json.dumps(found, ensure_ascii=False), what, error)
    return found


def _as_mapping(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in found if keys.count(key) > 1)
        raise ValueError(f"the key {twice[:40]!r} is there twice")
    return found


def _as_integer(digits: str) -> int:
    if len(digits) > MOST_DIGITS:
        raise ValueError(f"a number of {len(digits)} digits is too large")
    return int(digits)


def _as_float(text: str) -> float:
    found = float(text)
    if abs(found) == float("inf"):
        raise ValueError(f"the number {text[:40]} is too large")
    return found


def _check_characters(text: str, what: str, error: type[HeaderDataError]) -> None:
    """Refuse halves of characters, but those that stand for bytes that are not UTF-8."""
    try:
        text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError as problem:
        half = f"\\u{ord(text[problem.start]):04x}"
        raise error(f"{what}: is not JSON: {half} is half of a character") from problem


def _check_depth(found: Any, what: str) -> None:
    level = [found]
    for _ in range(DEEPEST):
        level = [inner for item in level for inner in _items(item)]
        if not level:
            return
    raise LimitError(f"{what}: has more than {DEEPEST} levels")


def _items(item: Any) -> list[Any]:
    if isinstance(item, dict):
        return list(item.values())
    return item if isinstance(item, list) else []
