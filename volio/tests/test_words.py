"""One word for one thing: words that the package had of its own, where the field has others."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

from volio.tests.source_tree import PACKAGE, modules, source, tree

#: What is not written in docstrings, messages, comments and pages, and what is instead.
WORDS = {
    r"told": "reported, warned of, given",
    r"tells": "reports, shows, distinguishes",
    r"beside": "next to; besides",
    r"whoever": "the caller, the program that",
    r"lies": "is",
    r"mend(s|ed)?": "repair",
    r"entered anywhere": "random access, read from any point",
    r"places? to begin at": "checkpoints, access points",
    r"(?<!there )(is|are) no(?! (longer|more|less|larger|smaller|wider|such|loss)\b)": "is not a",
    r"fresh (header|image|record|array)s?": "new, default",
    r"live elsewhere": "of other packages",
}
ANY_WORD = "|".join(f"(?:{word})" for word in WORDS)
PATTERN = re.compile(rf"\b({ANY_WORD})\b", re.IGNORECASE)

#: Lines with one of the words as a name of Python, by a part of them.
NAMES = ("tracts.beside", "beside :", "beside(", "Tells its")

DOCUMENTS = PACKAGE.parent


def texts(path: Path, syntax: ast.AST) -> Iterator[str]:
    """Yield the strings and comments of a module."""
    for node in ast.walk(syntax):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
    for token in tokenize.tokenize(io.BytesIO(path.read_bytes()).readline):
        if token.type == tokenize.COMMENT:
            yield token.string


def found_in(text: str) -> list[str]:
    """Return the lines of a text with one of the words."""
    flowing = re.sub(r"(?<=\S)\n[ \t]*(?=[a-z(`])", " ", text)  # words at the ends of lines, too
    lines = flowing.splitlines()
    return [
        f"{hit[0]}: {line.strip()[:160]}"
        for line in lines
        for hit in PATTERN.finditer(line)
        if not any(name in line for name in NAMES)
    ]


@pytest.mark.parametrize("room", sorted({name.split(".")[1] for name in modules() if "." in name}))
def test_modules_have_the_words_of_the_field(room: str):
    here = [name for name in modules() if f"{name}.".startswith(f"volio.{room}.")]
    found = [
        f"{name}: {line}"
        for name in here
        if PATTERN.search(re.sub(r"[\s#]+", " ", source(name)))  # taking it apart takes long
        for text in texts(modules()[name], tree(name))
        for line in found_in(text)
    ]
    assert found == []


@pytest.mark.requires("source tree")
def test_pages_have_the_words_of_the_field():
    pages = [*DOCUMENTS.joinpath("doc").rglob("*.rst"), DOCUMENTS / "Changelog"]
    found = [f"{page.name}: {line}" for page in pages for line in found_in(page.read_text("utf-8"))]
    assert found == []


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("The user is told.", 1),
        ("A file\nbeside it.", 1),
        ("This is no header.", 1),
        ("Where there is no header, it is no longer read.", 0),
        ("Labels are told apart, which tells them.", 2),
        ("Bytes besides the voxels are kept.", 0),
    ],
)
def test_what_is_found(text: str, count: int):
    assert len(found_in(text)) == count
