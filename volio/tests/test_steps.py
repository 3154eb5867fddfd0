"""One step per line: what packs several steps into one statement is found in the syntax trees."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator

import pytest

from volio.tests import source_tree
from volio.tests.source_tree import modules

Rule = Callable[[Iterable[ast.AST]], Iterator[ast.expr]]
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


def packed_assignments(nodes: Iterable[ast.AST]) -> Iterator[ast.expr]:
    """Yield tuples that are assigned to tuples, ``a, b = x, y``; swaps may be written so."""
    for node in nodes:
        if not isinstance(node, ast.Assign) or not isinstance(node.value, ast.Tuple):
            continue
        for target in node.targets:
            if isinstance(target, ast.Tuple) and not is_swap(target, node.value):
                yield target


def is_swap(target: ast.Tuple, value: ast.Tuple) -> bool:
    """Return whether two tuples hold the same names or places in another order."""
    return sorted(map(ast.unparse, target.elts)) == sorted(map(ast.unparse, value.elts))


def nested_comprehensions(nodes: Iterable[ast.AST]) -> Iterator[ast.expr]:
    """Yield comprehensions within another, but for the rows of a table: ``[[...] for ...]``."""
    for node in nodes:
        if not isinstance(node, COMPREHENSIONS):
            continue
        row = row_of(node)
        for inner in ast.walk(node):
            if isinstance(inner, COMPREHENSIONS) and inner is not node and inner is not row:
                yield inner


def row_of(node: ast.AST) -> ast.expr:
    """Return what a comprehension makes for each of its items; of a tuple its generator."""
    row = node.value if isinstance(node, ast.DictComp) else node.elt
    if isinstance(row, ast.Call) and ast.unparse(row.func) == "tuple" and len(row.args) == 1:
        return row.args[0]
    return row


def nested_texts(nodes: Iterable[ast.AST]) -> Iterator[ast.expr]:
    """Yield f-strings within the braces of another; what follows a colon is one to Python, too."""
    values = [node for node in nodes if isinstance(node, ast.FormattedValue)]
    formats = [value.format_spec for value in values]
    for value in values:
        for inner in ast.walk(value.value):
            if isinstance(inner, ast.JoinedStr) and inner not in formats:
                yield inner


def rebound_self(nodes: Iterable[ast.AST]) -> Iterator[ast.expr]:
    """Yield places that give the name ``self`` to something else."""
    for node in nodes:
        if isinstance(node, ast.Name) and node.id == "self" and isinstance(node.ctx, ast.Store):
            yield node


RULES = (packed_assignments, nested_comprehensions, nested_texts, rebound_self)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_steps_are_not_packed(rule: Rule):
    packed = [
        f"{name}:{found.lineno}" for name in modules() for found in rule(source_tree.nodes(name))
    ]
    assert packed == []


@pytest.mark.parametrize(
    ("rule", "text", "count"),
    [
        (packed_assignments, "a, b = 1, 2", 1),
        (packed_assignments, "(a, b) = c = (x, y)", 1),
        (packed_assignments, "a, b = b, a", 0),
        (packed_assignments, "x[0], x[1] = x[1], x[0]", 0),
        (packed_assignments, "a, b = pair", 0),
        (packed_assignments, "pair = a, b", 0),
        (nested_comprehensions, "[[f(c) for c in row] for row in rows]", 0),
        (nested_comprehensions, "{k: {c for c in row} for k, row in rows}", 0),
        (nested_comprehensions, "tuple(tuple(c for c in row) for row in rows)", 0),
        (nested_comprehensions, "[max(c for c in row) for row in rows]", 1),
        (nested_comprehensions, "[row for row in rows if any(c for c in row)]", 1),
        (nested_comprehensions, "[[[e for e in c] for c in row] for row in rows]", 1),
        (nested_texts, "f'{a:.{n}f} {b}'", 0),
        (nested_texts, """f'{", ".join(f"{n:g}" for n in a)}'""", 1),
        (rebound_self, "def f(self):\n    self.a = 1", 0),
        (rebound_self, "def f(self):\n    self, box = run", 1),
    ],
)
def test_what_a_rule_finds(rule: Rule, text: str, count: int):
    assert len(list(rule(ast.walk(ast.parse(text))))) == count
