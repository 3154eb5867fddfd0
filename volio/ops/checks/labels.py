"""Issues of tables of labels: keys and names that occur more than once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from volio.errors import HeaderError
from volio.images.labels import Labels
from volio.ops.checks.issue import Issue

__all__ = ["label_issues", "table_issues"]

SHOWN = 8


def label_issues(img: Any) -> Iterator[Issue]:
    """Look at the table of labels of a volume, if it has one."""
    try:
        labels = getattr(img, "labels", None)
    except HeaderError as error:
        yield Issue("suspicious", "labels", f"cannot be read: {error}")
        return
    if isinstance(labels, Labels):
        yield from table_issues(labels, "labels")


def table_issues(labels: Labels, where: str) -> Iterator[Issue]:
    """Look for keys and names that several rows have; looking them up gives the first."""
    if keys := labels.repeated_keys():
        yield Issue("suspicious", where, f"keys that several labels have: {_listed(keys)}")
    if names := labels.repeated_names():
        yield Issue("info", where, f"names that several labels have: {_listed(names)}")


def _listed(words: list[Any]) -> str:
    more = ", …" if len(words) > SHOWN else ""
    return ", ".join(str(word) for word in words[:SHOWN]) + more
