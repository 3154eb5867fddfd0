"""Symptoms of tables of labels: keys and names that occur more than once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from volio.errors import HeaderError
from volio.images.labels import Labels
from volio.ops.symptoms.finding import Finding

__all__ = ["label_symptoms", "table_symptoms"]

SHOWN = 8


def label_symptoms(img: Any) -> Iterator[Finding]:
    """Look at the table of labels of a volume, if it has one."""
    try:
        labels = getattr(img, "labels", None)
    except HeaderError as error:
        yield Finding("odd", "labels", f"cannot be read: {error}")
        return
    if isinstance(labels, Labels):
        yield from table_symptoms(labels, "labels")


def table_symptoms(labels: Labels, where: str) -> Iterator[Finding]:
    """Look for keys and names that several rows have; looking them up gives the first."""
    if keys := labels.repeated_keys():
        yield Finding("odd", where, f"keys that several labels have: {_listed(keys)}")
    if names := labels.repeated_names():
        yield Finding("info", where, f"names that several labels have: {_listed(names)}")


def _listed(words: list[Any]) -> str:
    more = ", …" if len(words) > SHOWN else ""
    return ", ".join(str(word) for word in words[:SHOWN]) + more
