"""Every public name resolves, says what it is, and stands in the documentation.

That every public module, class, function and method has a docstring at all is checked by ruff,
whose rules D100 to D103 read the whole package.
"""

from __future__ import annotations

import inspect
import re
import runpy
import typing
from collections.abc import Callable, Iterator
from importlib import import_module
from itertools import chain
from pathlib import Path
from types import ModuleType

import pytest

import volio
from volio import display, io, stacks, tiles
from volio.formats import choices, format, lookup, peek, recognise, targets
from volio.formats.format import Format
from volio.formats.lookup import public_names
from volio.ops import patches
from volio.tests import source_tree
from volio.tests.source_tree import PACKAGE, imported_names

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
    words = set(re.findall(r"\w+", text + class_table()))
    assert sorted(set(NAMES) - words) == []


def reference_pages() -> list[Path]:
    """Pages that list names; of the ones made while building only `class_table` is needed."""
    made = DOC / "reference" / "made"
    return sorted(page for page in (DOC / "reference").rglob("*.rst") if made not in page.parents)


def class_table() -> str:
    """The table of image classes that building the documentation makes."""
    return runpy.run_path(str(DOC / "generate_formats.py"))["class_table"]()


@pytest.mark.requires("source tree")
def test_the_documentation_lists_the_classes_of_every_format():
    table = class_table()
    assert ".. include:: made/image_classes.rst" in (DOC / "reference" / "images.rst").read_text()
    for row in volio.FORMATS:
        _, _, cells = table.partition(f"/formats/{row.name}`\n")
        kind, names = cells.splitlines()[:2]
        assert kind.split() == ["-", row.kind]
        assert re.findall(r"``volio\.(\w+)``", names) == [*row.images, *row.headers]


@pytest.mark.requires("source tree")
def test_the_table_of_names_by_topic_has_every_public_name_once():
    made = runpy.run_path(str(DOC / "generate_names.py"))
    topics = {**made["TOPICS"], **made["topics_of_formats"]()}
    listed = [*chain.from_iterable(topics.values())]
    assert sorted([*listed, "__version__"]) == NAMES
    topics_of = {
        "DISPLAY_TOPICS": display,
        "STACKS_TOPICS": stacks,
        "TILES_TOPICS": tiles,
        "PATCHES_TOPICS": patches,
    }
    for name, module in topics_of.items():
        listed = [*chain.from_iterable(made[name].values())]
        assert sorted(listed) == sorted(module.__all__)
    assert ".. include:: made/names.rst" in (DOC / "reference" / "names.rst").read_text()


def test_editors_see_every_public_name_and_no_other():
    found = imported_names(PACKAGE / "__init__.pyi")
    modules = {name: module for name, module in found.items() if module == "volio"}
    assert modules == dict.fromkeys(volio._PARTS, "volio")
    names = {name: f"volio.{module}" for name, module in volio._NAMES.items()}
    assert names.pop("FORMATS") == "volio.formats.table"
    assert {name: module for name, module in found.items() if name not in modules} == names


def test_editors_see_the_public_classes_of_the_formats():
    assert imported_names(PACKAGE / "formats" / "table.py") == public_names()
    text = (PACKAGE / "__init__.pyi").read_text()
    assert "from volio.formats.table import *" in text


def test_loading_is_typed():
    ways = [inspect.signature(way).return_annotation for way in typing.get_overloads(io.load)]
    assert ways == ["Surface", "Surface", "SpatialImage", "FileImage"]
    assert inspect.signature(volio.identify).return_annotation == "Format"
    image_class = inspect.signature(Format.image_class)
    assert image_class.return_annotation == "type[FileImage]"


@pytest.mark.parametrize("module", [choices, format, io, lookup, peek, recognise, targets])
def test_no_public_function_is_annotated_any(module):
    functions = [getattr(module, name) for name in module.__all__]
    methods = [
        method
        for cls in functions
        if inspect.isclass(cls) and not getattr(cls, "_is_protocol", False)
        for name, method in inspect.getmembers(cls, inspect.isfunction)
        if not name.startswith("_")
    ]
    vague = [
        f"{function.__qualname__}({parameter.name})"
        for function in [*filter(inspect.isfunction, functions), *methods]
        for parameter in inspect.signature(function).parameters.values()
        if "Any" in str(parameter.annotation) and not is_any_choice(parameter)
    ]
    assert vague == []
    assert functions


#: Parameters of public functions that take things of any class, and why.
OF_ANY_CLASS = {"header": "of any format, or of another package"}


def test_no_function_of_the_package_is_annotated_any_where_a_type_can_be_named():
    functions = [getattr(volio, name) for name in NAMES]
    vague = []
    for function in filter(inspect.isfunction, functions):
        signature = inspect.signature(function)
        vague += [
            f"{function.__name__}({parameter.name})"
            for parameter in signature.parameters.values()
            if parameter.annotation == "Any"
            and not is_any_choice(parameter)
            and parameter.name not in OF_ANY_CLASS
        ]
        if signature.return_annotation in ("Any", "list[Any]"):
            vague.append(f"{function.__name__} returns {signature.return_annotation}")
    assert vague == []


#: Parameters of public methods that take things of any class, and why.
OF_ANY_CLASS_IN_METHODS = {
    **OF_ANY_CLASS,
    "dataobj": "arrays of any library",
    "img": "of any kind; others are refused",
    "before": "a header of the class",
    "hdr": "a record of numpy",
    "reference": "an image, a header, a path, or a shape and an affine",
    "values": "names, files, images, arrays",
    "surfaces": "a surface, a path, a pair or a mapping of these",
    "image": "an image or its path",
    "layer": "of napari",
    "figure": "of matplotlib",
    "data": "arrays of any library",
    "value": "of any setting",
    "scratch": "makes files of the caller",
    "auth": "of requests, of httpx, or a pair",
    "file_like": "names, file objects, sources",
    "fileobj": "what has the methods of a binary file",
    "spec": "a tuple, or a header with these attributes",
    "datatype": "what numpy takes as a dtype, or a code",
    "d": "what is returned where there is no such field",
    "maps": "a number, a name or several",
    "intent_code": "a code, a name or several",
    "nifti_header": "of NIfTI, or of another package",
    "labels": "a table of any format",
    "other": "a surface of nilearn",
    **dict.fromkeys(("centre", "direction", "up", "field_of_view"), "given as any array-like"),
}

#: Public methods and attributes that give things of any class.
GIVE_ANY_CLASS = {
    "Shown as it is in memory": {"value_at", "get_value", "data_raw", "source"},
    "Of any format": {"header", "meta", "stack_metadata", "guessed_endian", "get"},
    "Of other packages": {"to_nilearn", "to_napari", "to_fastplotlib", "to_nibabel"},
    "Names, file objects": {"file_like"},
    "Of what was asked for": {"agg_data", "get_data_dtype"},
}


@pytest.mark.parametrize("namespace", [volio, display], ids=["volio", "display"])
def test_no_public_method_is_annotated_any_where_a_type_can_be_named(namespace):
    giving = set().union(*GIVE_ANY_CLASS.values())
    vague = set()
    for name, method in public_methods(namespace):
        given = method.__annotations__  # as they are written; signatures of layers are made
        starred = set(inspect.getfullargspec(method)[1:3])
        vague |= {
            f"{name}({parameter})"
            for parameter, annotation in given.items()
            if annotation in ("Any", "Any | None")
            and parameter not in {*starred, *OF_ANY_CLASS_IN_METHODS, "return"}
        }
        reads_all = method.__module__ == "volio.arrays.operators"  # as ndarray does
        if given.get("return") == "Any" and not reads_all and name not in giving:
            vague.add(f"{name} returns Any")
    assert vague == set()


def public_methods(namespace: ModuleType) -> Iterator[tuple[str, Callable[..., object]]]:
    """Yield the methods and properties of the public classes that are written in the package."""
    classes = [getattr(namespace, name) for name in namespace.__all__]
    for cls in filter(inspect.isclass, classes):
        for name, found in inspect.getmembers_static(cls):
            parts = [found.fget, found.fset] if isinstance(found, property) else [found]
            for part in parts:
                method = getattr(part, "__func__", part)
                own = inspect.isfunction(method) and method.__module__.startswith("volio.")
                if own and (name == "__init__" or not name.startswith("_")):
                    yield name, method


def is_any_choice(parameter: inspect.Parameter) -> bool:
    """Whether a parameter is of the choices that each format declares with types of its own."""
    return parameter.name in ("choices", "load_choices")


def test_documented_parameters_reads_numpydoc():
    text = "Do.\n\nParameters\n-----\na, b : int\n    One.\n*rest\n    More.\n\nReturns\n-----\nc"
    assert documented_parameters(text) == {"a", "b", "rest"}


#: Classes of ours that a public class may have above it, itself counted.
MOST_BASES = 6


def public_classes() -> list[type]:
    """Public classes of every module of the package."""
    found: dict[type, None] = {}
    for module in sorted(source_tree.modules()):
        # Plugins of other packages, nibabel's own ladders, and the command.
        if module.startswith(("volio.compat.nibabel.", "volio.display.handoff.")):
            continue
        if module.endswith("__main__"):
            continue
        for name, thing in vars(import_module(module)).items():
            if inspect.isclass(thing) and not name.startswith("_") and thing.__module__ == module:
                found[thing] = None
    return list(found)


def test_no_public_class_is_a_ladder():
    ladders = {}
    classes = public_classes()
    for cls in classes:
        own = [base.__name__ for base in cls.__mro__ if base.__module__.startswith("volio.")]
        if len(own) > MOST_BASES:
            ladders[cls.__name__] = own
    assert len(classes) > 200
    assert ladders == {}
