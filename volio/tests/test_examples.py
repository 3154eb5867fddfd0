"""The examples in the docstrings of public names run, and every public name has one."""

from __future__ import annotations

import doctest
import inspect
import re
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

import volio
from volio import display, stacks, tiles
from volio.ops import patches

OPTIONS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def public_things(module: ModuleType) -> dict[str, object]:
    """Public classes and functions of a module that has ``__all__``."""
    things = {name: getattr(module, name) for name in module.__all__}
    return {
        name: thing
        for name, thing in things.items()
        if (inspect.isclass(thing) or inspect.isfunction(thing))
        and thing.__module__.startswith("volio.")  # not what Python has
    }


#: Public functions that raise nothing on purpose.
RAISES_NOTHING = {
    *("as_future", "as_future_response", "colormap_names", "fwhm2sigma", "is_proxy"),
    *("is_valid_format_url", "sigma2fwhm", "squeeze_image"),
}

# Signatures of other code: errors take a message, dictionaries their keys, words a value.
WITHOUT_SIGNATURE = {
    *("BrokenSliceHandling", "Orientation3D", "ROIMode", "StackOrientation", "TileSourceType"),
    *("PatchSpecs", "TileSpecs", "VolioError"),
}

MODULES = (display, stacks, tiles, patches, volio)
THINGS = {name: thing for module in MODULES for name, thing in public_things(module).items()}


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("name", sorted(THINGS))
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of examples of deprecated names
def test_public_names_have_examples_that_run(name: str):
    thing = THINGS[name]
    parser = doctest.DocTestParser()
    names = {"volio": volio, "np": np}
    text = inspect.getdoc(thing) or ""
    test = parser.get_doctest(text, names, name, inspect.getsourcefile(thing), 0)
    assert test.examples, "has no example"
    assert not any(doctest.SKIP in example.options for example in test.examples)
    report: list[str] = []
    runner = doctest.DocTestRunner(optionflags=OPTIONS)
    runner.run(test, out=report.append)
    assert runner.failures == 0, "".join(report)


@pytest.mark.parametrize("name", sorted(set(THINGS) - WITHOUT_SIGNATURE))
def test_public_names_document_parameters_results_and_errors(name: str):
    thing = THINGS[name]
    text = inspect.getdoc(thing) or ""
    sections = re.findall(r"^(\w+)\n-+$", text, re.M)
    signature = inspect.signature(inspect.unwrap(thing))
    takes_arguments = bool(signature.parameters) and not getattr(thing, "_is_protocol", False)
    assert ("Parameters" in sections) == takes_arguments
    if inspect.isfunction(thing):
        returns_nothing = signature.return_annotation in (None, "None")
        assert returns_nothing or "Returns" in sections or "Yields" in sections
        assert ("Raises" in sections) != (name in RAISES_NOTHING)
