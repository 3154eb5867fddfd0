"""Every public name resolves, says what it is, and stands in the documentation.

That every public module, class, function and method has a docstring at all is checked by ruff,
whose rules D100 to D103 read the whole package.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from pathlib import Path

import pytest

import volio
from volio.tests.source_tree import PACKAGE

DOC = PACKAGE.parent / "doc"
NAMES = sorted(volio.__all__)


def documented_parameters(text: str) -> set[str]:
    """Names in the Parameters sections of a numpydoc docstring."""
    found: set[str] = set()
    for section in re.findall(r"Parameters\n-+\n(.*?)(?=\n\n\w[^\n]*\n-+\n|\Z)", text, re.S):
        for line in re.findall(r"^(?! )([\w*, `\\]+?)(?: :|$)", section, re.M):
            found |= {name.strip(" *`\\") for name in line.split(",")}
    return found


def signature_names(thing: Callable[..., object]) -> set[str]:
    """Parameters a caller gives."""
    names = inspect.signature(thing).parameters
    return {name for name in names if not name.startswith("_") and name not in {"self", "cls"}}


def test_all_is_sorted_and_listed_by_dir():
    assert list(volio.__all__) == sorted(set(volio.__all__))
    assert set(volio.__all__) <= set(dir(volio))


@pytest.mark.parametrize("name", NAMES)
def test_public_name_resolves_and_has_a_docstring(name: str):
    thing = getattr(volio, name)
    if callable(thing) or inspect.ismodule(thing):
        assert inspect.getdoc(thing)


def test_public_functions_document_their_parameters():
    functions = [getattr(volio, name) for name in NAMES]
    missing = {
        function.__name__: sorted(
            signature_names(function) - documented_parameters(inspect.getdoc(function) or "")
        )
        for function in functions
        if inspect.isfunction(function)
    }
    assert {name: parameters for name, parameters in missing.items() if parameters} == {}


@pytest.mark.requires("source tree")
def test_public_names_are_in_the_documentation():
    text = "\n".join(path.read_text(encoding="utf-8") for path in reference_pages())
    words = set(re.findall(r"\w+", text))
    assert sorted(set(NAMES) - words) == []


def reference_pages() -> list[Path]:
    """Pages that list names; the ones made while building are not needed."""
    return sorted((DOC / "reference").rglob("*.rst"))


def test_documented_parameters_reads_numpydoc():
    text = "Do.\n\nParameters\n-----\na, b : int\n    One.\n*rest\n    More.\n\nReturns\n-----\nc"
    assert documented_parameters(text) == {"a", "b", "rest"}
