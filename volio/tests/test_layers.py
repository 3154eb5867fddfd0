"""A folder is a layer: what may import what, what modules are called, how long they are."""

from __future__ import annotations

import fnmatch
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from volio.tests import source_tree
from volio.tests.source_tree import Import, imports, modules

# A module imports its own layer or a lower one; an import inside a function or for annotations
# counts like any other.
LAYERS = {
    "errors": 0,
    "extras": 0,
    "codes": 0,
    "settings": 0,
    "threads": 0,
    "files": 1,
    "space": 1,
    "arrays": 2,
    "images": 3,
    "formats": 4,
    "io": 5,
    "ops": 6,
    "stacks": 6,
    "tiles": 6,
    "display": 7,
    "cli": 7,
    "__main__": 7,
    "compat": 8,
    "": 8,  # volio/__init__.py
    "testing": 9,
}

# The few imports upwards or back: (importing module, imported module) as patterns, and why. Each
# happens inside a function, on use.
DOORS = {
    ("volio.images.describe", "volio.display.pictures.preview"): "notebooks show slices",
    ("volio.images.spatial", "volio.display.*"): "img.orthoview(), img.to_html(), ...: sight",
    ("volio.compat", "volio"): "`import nibabel` gives the package itself",
}

# Formats that may import others: one that is a later edition or a dialect of the other.
FAMILIES: dict[str, set[str]] = {
    "nifti2": {"nifti1"},
    "spm99": {"analyze"},
    "spm2": {"analyze", "spm99"},
    "cifti2": {"nifti1", "nifti2"},
}

# Modules of formats/ that are no format.
NOT_FORMATS: set[str] = {
    *("containers", "format", "lookup", "peek", "recognise", "signatures", "table"),
}

# Modules may have 400 lines, and should have half of that. Longer ones: how long, and why.
LINES = 400
LONG: dict[str, tuple[int, str]] = {}

VAGUE = {"util", "utils", "helper", "helpers", "common", "misc", "tools", "core"}


def layer(module: str) -> int:
    """Layer of a module, by its folder."""
    return LAYERS[module.partition(".")[2].partition(".")[0]]


def door(found: Import) -> tuple[str, str] | None:
    """The declared door an import goes through."""
    for source, target in DOORS:
        if fnmatch.fnmatch(found.source, source) and fnmatch.fnmatch(found.target, target):
            return source, target
    return None


def told(found: Import) -> str:
    """An import, as a line of a failure."""
    return f"{found.source}:{found.line} imports {found.target}"


def format_of(module: str) -> str | None:
    """The format a module belongs to."""
    parts = module.split(".")
    if parts[:2] != ["volio", "formats"] or len(parts) < 3 or parts[2] in NOT_FORMATS:
        return None
    return parts[2]


def test_every_folder_is_a_layer():
    unknown = {module.partition(".")[2].partition(".")[0] for module in modules()} - set(LAYERS)
    assert not unknown, "put these into LAYERS, or into a folder that is there"


def test_modules_import_their_own_layer_or_a_lower_one():
    upward = [
        told(found)
        for found in imports()
        if layer(found.target) > layer(found.source) and not door(found)
    ]
    assert upward == []


def test_doors_are_used_and_open_only_on_use():
    through = {door(found) for found in imports()}
    assert set(DOORS) - through == set(), "nothing goes through these doors any more"
    at_import = [told(f) for f in imports() if door(f) and not (f.nested or f.typing_only)]
    assert at_import == []


def test_nothing_imports_compat_but_the_package_itself():
    found = [
        told(f)
        for f in imports()
        if f"{f.target}.".startswith("volio.compat.")
        and not f"{f.source}.".startswith("volio.compat.")
        and f.source != "volio"
    ]
    assert found == []


def test_formats_import_only_their_family():
    strangers = [
        told(found)
        for found in imports()
        if (source := format_of(found.source))
        and (target := format_of(found.target))
        and target not in {source} | FAMILIES.get(source, set())
    ]
    assert strangers == []


def test_the_tests_are_not_imported():
    assert [told(found) for found in imports() if found.target.startswith("volio.tests")] == []


def test_no_import_cycles():
    graph: dict[str, set[str]] = {module: set() for module in modules()}
    for found in imports():
        if not found.typing_only and not door(found):
            graph[found.source].add(found.target)
    try:
        order = list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        pytest.fail("import cycle: " + " <- ".join(error.args[1]))
    assert set(order) >= set(modules())


def test_modules_have_names_that_say_something():
    ours = [module for module in modules() if not module.startswith("volio.compat.")]
    vague = [module for module in ours if module.rpartition(".")[2] in VAGUE]
    assert vague == []


def test_modules_are_short():
    lengths = {
        module: len(path.read_text(encoding="utf-8").splitlines())
        for module, path in modules().items()
    }
    print({module: lines for module, lines in lengths.items() if lines > 300})  # shown by -rP
    long = {m: n for m, n in lengths.items() if n > LONG.get(m, (LINES, ""))[0]}
    assert long == {}
    assert {m for m in LONG if lengths.get(m, 0) <= LINES} == set(), "these are short again"


def test_source_tree_sees_every_kind_of_import(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    folder = tmp_path / "volio"
    (folder / "a").mkdir(parents=True)
    (folder / "__init__.py").write_text("")
    (folder / "a" / "__init__.py").write_text("from .x import f\n")
    (folder / "b.py").write_text("import volio.a.x as x\n")
    (folder / "a" / "x.py").write_text(
        "from typing import TYPE_CHECKING\n"
        "if TYPE_CHECKING:\n    from volio import b\n"
        "def f():\n    import_module('volio.b')\n    from .. import b\n    import os\n"
    )
    names = {
        "volio": folder / "__init__.py",
        "volio.a": folder / "a" / "__init__.py",
        "volio.a.x": folder / "a" / "x.py",
        "volio.b": folder / "b.py",
    }
    trees = {name: source_tree.ast.parse(path.read_text()) for name, path in names.items()}
    monkeypatch.setattr(source_tree, "modules", lambda: names)
    monkeypatch.setattr(source_tree, "tree", trees.__getitem__)
    found = {tuple(one) for name in names for one in source_tree._imports_of(name)}
    assert found == {
        ("volio.a", "volio.a.x", 1, False, False),
        ("volio.a.x", "volio.b", 3, True, False),
        ("volio.a.x", "volio.b", 5, False, True),
        ("volio.a.x", "volio.b", 6, False, True),
        ("volio.b", "volio.a.x", 1, False, False),
    }
