"""A folder is a layer: what may import what, what modules are called, how long they are."""

from __future__ import annotations

import ast
import fnmatch
from collections import Counter
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from volio.tests import source_tree
from volio.tests.source_tree import PACKAGE, Import, imports, modules, nodes, tree

# A module imports its own layer or a lower one; an import inside a function or for annotations
# counts like any other.
LAYERS = {
    "errors": 0,
    "extras": 0,
    "codes": 0,
    "cached": 0,
    "caller": 0,
    "flags": 0,
    "json_text": 0,
    "numerals": 0,
    "forks": 0,
    "settings": 0,
    "pieces": 0,
    "progress": 0,
    "threads": 0,
    "files": 1,
    "space": 1,
    "arrays": 2,
    "images": 3,
    "surfaces": 3,
    "tracts": 3,
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

# The folders of a room, lowest first; folders on one line do not import each other. "." are the
# modules directly in the room, where all of them stand above or below a folder.
ROOMS: dict[str, tuple[str, ...]] = {
    "files": ("sources", "saving remote", "codecs", "."),
    "arrays": ("indexing", "encodings saving ragged filled"),
    "images": ("saving", "headers", "label_tables", "."),
    "tracts": ("records", "."),
    "formats": ("containers",),
    "ops": ("comparison checks patches", "surfaces greyordinates tracts"),
    "cli": ("console", "options", "results", "surfaces greyordinates tracts", "."),
    "display": (
        "base",
        "colour sampling",
        "projection",
        "surfaces tracts",
        "layers",
        "scene volumes",
        "pictures page handoff",
        "ortho",
        ".",
    ),
    "compat": (".", "nibabel"),
    "testing": (".", "conformance servers saves", "fuzz"),
}

# The few imports upwards or back: (importing module, imported module) as patterns, and why. Each
# happens inside a function, on use.
DOORS = {
    ("volio.images.describe", "volio.display.pictures.preview"): "notebooks show slices",
    ("volio.images.labels", "volio.display.*"): "labels.colormap(): sight",
    ("volio.images.labels", "volio.formats.*"): "labels.to_gifti(), labels.to_cifti()",
    ("volio.images.label_tables.loaded", "volio.io"): "labels of a file of any format",
    ("volio.images.spatial", "volio.display.*"): "img.orthoview(), img.to_html(), ...: sight",
    ("volio.surfaces.shown", "volio.display.*"): "surf.plot(), surf.to_html(), ...: sight",
    ("volio.tracts.shown", "volio.display.*"): "tracts.plot(), tracts.to_html(): sight",
    ("volio.surfaces.surface", "volio.ops.surfaces.sample"): "surf.sample(img)",
    ("volio.display.layers.exchange", "volio.display.handoff.*"): "layer.to_napari(), ...",
    ("volio.display.layers.surface_conversion", "volio.display.handoff.*"): "the same of surfaces",
    ("volio.formats.cifti2.elements.matrix", "volio.formats.cifti2.axes*"): "matrix.get_axis()",
    ("volio.formats.cifti2.header", "volio.formats.cifti2.axes*"): "header.from_axes()",
    ("volio.formats.cifti2.parts.surface_part", "volio.io"): "img.left.on(path): a mesh's file",
    ("volio.formats.cifti2.parts.shown", "volio.display.*"): "img.plot((left, right)): sight",
    ("volio.compat", "volio"): "`import nibabel` gives the package itself",
}

# Formats that may import others: one that is a later edition or a dialect of the other.
FAMILIES: dict[str, set[str]] = {
    "nifti1": {"cifti2"},  # the content of an extension
    "nifti2": {"nifti1"},
    "spm99": {"analyze"},
    "spm2": {"analyze", "spm99"},
    "cifti2": {"nifti1", "nifti2"},
    "gifti": {"nifti1"},
    "zarr": {"nifti1", "nifti2"},
    "catmaid": {"n5", "precomputed"},
}

# Modules of formats/ that are no format.
NOT_FORMATS: set[str] = {
    *(
        "containers",
        "first_bytes",
        "format",
        "lookup",
        "peek",
        "recognise",
        "signatures",
        "skeletons",
        "surface_signatures",
        "tract_signatures",
    ),
    "table",
}

# Modules that a folder may have, and those that have more, with the reason.
MODULES = 20
CROWDED: dict[str, tuple[int, str]] = {
    "testing": (23, "one module per trial, server and kind of damage, and the names say so"),
    "cli": (27, "one module per command, and the names are the commands"),
    "compat/nibabel": (32, "one module per module of nibabel's, under its name"),
}

# Modules that reach each other, imports on use and doors counted: an image shows itself in a
# picture, whose layers can be saved as images.
LARGEST_CYCLE = 19

# Lines that a module may have beside its docstrings, and those that have more, with the reason.
LINES = 320
LONG: dict[str, tuple[int, str]] = {
    "volio.formats.table": (390, "a row for each format, and the names of their classes"),
}

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


def line_of(found: Import) -> str:
    """An import, as a line of a failure."""
    return f"{found.source}:{found.line} imports {found.target}"


def format_of(module: str) -> str | None:
    """The format a module belongs to."""
    parts = module.split(".")
    if parts[:2] != ["volio", "formats"] or len(parts) < 3 or parts[2] in NOT_FORMATS:
        return None
    return parts[2]


def folder(module: str) -> tuple[str, str]:
    """Room of a module, and its folder there, "." for a module directly in the room."""
    room, _, rest = module.removeprefix("volio").removeprefix(".").partition(".")
    first = rest.partition(".")[0]
    has_folder = modules().get(f"volio.{room}.{first}", PACKAGE).name == "__init__.py"
    return room, first if first and has_folder else "."


def rank(room: str, name: str) -> int | None:
    """Rank of a folder in its room, None where the room gives it none."""
    lines = [line.split() for line in ROOMS.get(room, ())]
    return next((place for place, line in enumerate(lines) if name in line), None)


def largest_cycle(graph: dict[str, set[str]]) -> set[str]:
    """The largest set of modules of which each leads to every other."""

    def reached(start: str, edges: dict[str, set[str]]) -> set[str]:
        found: set[str] = set()
        todo = [start]
        while todo:
            new = edges.get(todo.pop(), set()) - found
            found |= new
            todo += new
        return found

    backwards: dict[str, set[str]] = {module: set() for module in graph}
    for source, targets in graph.items():
        for target in targets:
            backwards[target].add(source)
    components = [reached(module, graph) & reached(module, backwards) for module in graph]
    return max(components, key=len)


def test_every_folder_is_a_layer():
    unknown = {module.partition(".")[2].partition(".")[0] for module in modules()} - set(LAYERS)
    assert not unknown, "put these into LAYERS, or into a folder that is there"


def test_modules_import_their_own_layer_or_a_lower_one():
    upward = [
        line_of(found)
        for found in imports()
        if layer(found.target) > layer(found.source) and not door(found)
    ]
    assert upward == []


def test_folders_of_a_room_import_lower_ones():
    upward = []
    for found in imports():
        room, source = folder(found.source)
        other_room, target = folder(found.target)
        if room != other_room or source == target or door(found):
            continue
        lower, upper = rank(room, target), rank(room, source)
        if lower is not None and upper is not None and lower >= upper:
            upward.append(line_of(found))
    assert upward == []


def test_every_folder_of_a_room_has_a_rank():
    homes = {folder(module) for module in modules()}
    formats = {("formats", name) for room, name in homes if room == "formats"}
    without = {home for home in homes if home[1] != "." and rank(*home) is None}
    assert without - formats == set(), "put these folders into ROOMS"
    named = {(room, name) for room, lines in ROOMS.items() for name in " ".join(lines).split()}
    assert named - homes == set(), "these folders are gone"


def test_folders_are_no_corridors():
    counts = Counter(path.parent for path in modules().values() if path.name != "__init__.py")
    crowded = {
        str(path.relative_to(PACKAGE)): count
        for path, count in counts.items()
        if count > CROWDED.get(str(path.relative_to(PACKAGE)), (MODULES, ""))[0]
    }
    assert crowded == {}


def test_doors_are_used_and_open_only_on_use():
    through = {door(found) for found in imports()}
    assert set(DOORS) - through == set(), "nothing goes through these doors any more"
    at_import = [line_of(f) for f in imports() if door(f) and not (f.nested or f.typing_only)]
    assert at_import == []


def test_nothing_imports_compat_but_the_package_itself():
    found = [
        line_of(f)
        for f in imports()
        if f"{f.target}.".startswith("volio.compat.")
        and not f"{f.source}.".startswith("volio.compat.")
        and f.source != "volio"
    ]
    assert found == []


def test_formats_import_only_their_family():
    strangers = [
        line_of(found)
        for found in imports()
        if (source := format_of(found.source))
        and (target := format_of(found.target))
        and target not in {source} | FAMILIES.get(source, set())
    ]
    assert strangers == []


def test_the_tests_are_not_imported():
    assert [line_of(found) for found in imports() if found.target.startswith("volio.tests")] == []


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


def test_cycles_through_doors_stay_small():
    graph: dict[str, set[str]] = {module: set() for module in modules()}
    for found in imports():
        if not found.typing_only:
            graph[found.source].add(found.target)
    cycle = largest_cycle(graph)
    print(sorted(cycle))  # shown by -rP
    assert len(cycle) <= LARGEST_CYCLE


def test_a_class_name_means_one_thing():
    seen: dict[str, list[str]] = {}
    for module in modules():
        stand_in = module.startswith("volio.compat.nibabel.")  # these have nibabel's names
        for node in () if stand_in else tree(module).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                seen.setdefault(node.name, []).append(module)
    twice = {name: places for name, places in seen.items() if len(places) > 1}
    assert twice == {}


def test_modules_have_names_that_say_something():
    ours = [module for module in modules() if not module.startswith("volio.compat.")]
    vague = [module for module in ours if module.rpartition(".")[2] in VAGUE]
    assert vague == []


def docstring_lines(module: str) -> int:
    """Number of lines of all docstrings of a module."""
    count = 0
    for node in nodes(module):
        documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
        if isinstance(node, documented) and ast.get_docstring(node) is not None:
            text = node.body[0]
            count += (text.end_lineno or text.lineno) - text.lineno + 1
    return count


def test_modules_are_short():
    lengths = {
        module: len(path.read_text(encoding="utf-8").splitlines()) - docstring_lines(module)
        for module, path in modules().items()
    }
    print({module: lines for module, lines in lengths.items() if lines > 240})  # shown by -rP
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
