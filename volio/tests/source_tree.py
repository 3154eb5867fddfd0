"""The package as its source says it is: modules and what they import, read without importing."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path
from typing import NamedTuple

PACKAGE = Path(__file__).resolve().parents[1]


class Import(NamedTuple):
    """One import of a module of the package."""

    source: str  # the importing module
    target: str  # the imported module
    line: int
    typing_only: bool  # under `if TYPE_CHECKING:`
    nested: bool  # inside a function


@cache
def modules() -> dict[str, Path]:
    """Every module of the package but its tests: dotted name to path."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
        if parts[1] != "tests":
            name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            found[name] = path
    return found


def source(module: str) -> str:
    """Text of a module."""
    return modules()[module].read_text(encoding="utf-8")


@cache
def tree(module: str) -> ast.Module:
    """Syntax tree of a module."""
    return ast.parse(source(module))


@cache
def nodes(module: str) -> list[ast.AST]:
    """Every part of the syntax tree of a module, outer ones first."""
    return list(ast.walk(tree(module)))


@cache
def imports() -> list[Import]:
    """Every import of a module of the package by another, inside functions too."""
    return [found for module in modules() for found in _imports_of(module)]


def _imports_of(module: str) -> list[Import]:
    found = []
    # Expressions are most of a tree, and import by calls alone.
    calls = "import_module" in source(module)
    parts = ast.AST if calls else ast.stmt | ast.ExceptHandler | ast.match_case

    def visit(node: ast.AST, typing_only: bool, nested: bool) -> None:
        for target in _targets(node, module):
            if target != module:
                line = getattr(node, "lineno", 0)
                found.append(Import(module, target, line, typing_only, nested))
        nested = nested or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        guarded = isinstance(node, ast.If) and _mentions(node.test, "TYPE_CHECKING")
        unguarded = node.orelse if guarded else ()
        for child in ast.iter_child_nodes(node):
            if not isinstance(child, parts):
                continue
            visit(child, typing_only or (guarded and child not in unguarded), nested)

    visit(tree(module), False, False)
    return found


def _mentions(expression: ast.expr, name: str) -> bool:
    """Whether a name is in an expression, alone or as the last part of a dotted one."""
    parts = ast.walk(expression)
    return any(name in (getattr(part, "id", None), getattr(part, "attr", None)) for part in parts)


def _targets(node: ast.AST, module: str) -> list[str]:
    """Modules of the package that one statement or call imports."""
    if isinstance(node, ast.Import):
        names = [alias.name for alias in node.names]
    elif isinstance(node, ast.ImportFrom):
        base = _base(node, module)
        names = [f"{base}.{alias.name}" for alias in node.names]
    elif isinstance(node, ast.Call) and _called_name(node.func).endswith("import_module"):
        names = [arg.value for arg in node.args[:1] if isinstance(arg, ast.Constant)]
    else:
        return []
    return sorted({_module_of(name) for name in names if f"{name}.".startswith("volio.")})


def _called_name(function: ast.expr) -> str:
    """Last part of the name of what a call calls; "" where it has none."""
    return getattr(function, "attr", getattr(function, "id", ""))


def _base(node: ast.ImportFrom, module: str) -> str:
    """Absolute name of what follows `from`."""
    if not node.level:
        return node.module or ""
    parts = module.split(".")
    if modules()[module].name == "__init__.py":
        parts.append("")
    parts = parts[: len(parts) - node.level]
    return ".".join([*parts, *([node.module] if node.module else [])])


def _module_of(name: str) -> str:
    """Longest start of a dotted name that is a module, or the folder it would be in."""
    parts = name.split(".")
    starts = [".".join(parts[:count]) for count in range(len(parts), 1, -1)]
    found = next((start for start in starts if start in modules()), None)
    return found or (starts[-1] if len(parts) > 2 else parts[0])


def imported_names(path: Path) -> dict[str, str]:
    """Names that a file imports for type checkers, ``import x as x``, and their modules."""
    statements = [node for node in ast.walk(ast.parse(path.read_text())) if node]
    return {
        alias.name: node.module
        for node in statements
        if isinstance(node, ast.ImportFrom) and node.module
        for alias in node.names
        if alias.asname == alias.name
    }
