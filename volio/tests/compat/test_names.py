"""The table against the installed nibabel: every public name is served, or listed with a reason."""

from __future__ import annotations

import importlib
import inspect
from importlib import import_module
from types import ModuleType

import pytest

import volio
from volio import compat
from volio.compat.alias import find, names, split
from volio.compat.missing import AWAITED, MISSING, WITHDRAWN, reason
from volio.compat.survey import NameSurvey, own_names, public_modules, survey
from volio.compat.table import MODULES, NAMES, SHORT_NAMES, is_package
from volio.tests.source_tree import modules

REAL = [name for name, row in MODULES.items() if split(row)[0]]


@pytest.fixture(scope="module")
def found() -> NameSurvey:
    """What became of nibabel's names."""
    return survey()


@pytest.fixture(scope="module")
def theirs() -> dict[str, ModuleType]:
    """nibabel's public modules."""
    return public_modules()


def test_every_name_is_served_or_listed(found: NameSurvey):
    assert found.unknown == [], "serve these, or list them in volio/compat/missing.py with a reason"


def test_no_listed_name_is_served(found: NameSurvey):
    assert found.needless == [], "these are served now: take them off volio/compat/missing.py"


def test_every_reason_is_about_something(found: NameSurvey):
    unused = [
        row
        for row in MISSING
        if not any(name == row or name.startswith(f"{row}.") for name in found.missing)
    ]
    assert unused == []


def test_the_larger_part_that_is_due_is_served(found: NameSurvey):
    due = len(found.served) + sum(not why.startswith("no") for why in found.missing.values())
    assert len(found.served) / due > 0.95


def test_rows_are_modules_of_nibabel(theirs: dict[str, ModuleType]):
    assert set(MODULES) <= set(theirs)
    assert set(SHORT_NAMES.values()) <= set(theirs)


def test_a_row_is_not_listed_as_missing():
    assert [name for name in MODULES if reason(name)] == []


@pytest.mark.parametrize("name", REAL)
def test_a_real_module_is_served_itself(name: str):
    real, _ = split(MODULES[name])
    module = compat.module(name)
    assert module is import_module(str(real))
    assert module.__name__ == real
    assert module.__spec__ is not None
    assert module.__spec__.name == real


@pytest.mark.parametrize("name", [name for name in REAL if split(MODULES[name])[1]])
def test_a_real_module_answers_for_the_further_names(name: str):
    module = compat.module(name)
    parts = split(MODULES[name])[1]
    further = set(names(parts))
    assert further <= set(dir(module))
    for each in further:  # what the module imports for itself must be what the row means
        assert getattr(module, each) == find(name, parts, each)
    with pytest.raises(AttributeError, match=f"volio.{name}.*nonsense"):
        module.nonsense  # noqa: B018


@pytest.mark.parametrize("name", [name for name in MODULES if name not in REAL])
def test_an_alias_lists_and_has_its_names(name: str):
    real, parts = split(MODULES[name])
    assert real is None
    assert len(parts) > 1 or is_package(name), "one module has it all: serve that one"
    module = compat.module(name)
    assert module.__name__ == f"volio.{name}"
    assert module.__spec__ is not None
    assert module.__doc__
    listed = set(module.__all__)
    assert listed
    assert listed <= set(dir(module))
    assert [each for each in listed if not hasattr(module, each)] == []


def test_a_real_module_imports_names_of_nibabel_under_their_own_meaning(
    theirs: dict[str, ModuleType],
):
    """Names that a module of ours has only because it imports them are the served ones."""
    different = []
    for name in MODULES:
        for each, value in vars(theirs[name]).items():
            home = str(getattr(value, "__module__", "")).removeprefix("nibabel.")
            if not inspect.isclass(value) or home in (name, "") or home not in MODULES:
                continue
            ours = getattr(compat.module(name), each, None)
            if ours is not None and ours is not getattr(compat.module(home), each):
                different.append(f"{name}.{each}")
    assert different == []


def test_names_of_former_versions_are_refused_with_the_way():
    from volio import gifti

    for name in WITHDRAWN:
        module, _, last = name.rpartition(".")
        with pytest.raises(
            AttributeError, match=r"withdrawn by nibabel itself; open with volio\.load"
        ):
            getattr(compat.module(module), last)
    with pytest.raises(ImportError, match="withdrawn by nibabel itself"):
        importlib.import_module("volio.gifti.giftiio")
    assert not hasattr(gifti, "write")  # though volio has a module of this name


def test_nibabels_own_namespace(theirs: dict[str, ModuleType]):
    for name in own_names("", theirs[""]):
        if not reason(name):
            assert getattr(volio, name) is not None
    for short, name in SHORT_NAMES.items():
        if name in MODULES:
            assert getattr(volio, short) is compat.module(name)
    assert set(compat.names()) >= {"nifti1", "ni1", "FileHolderError"}


def test_root_names_are_not_volios_own_as_well():
    from volio.compat import alias

    assert set(alias.names(NAMES)) & set(volio.__all__) == set()


def test_an_unserved_name_says_why():
    with pytest.raises(AttributeError, match="NIPY"):
        volio.environment  # noqa: B018
    with pytest.raises(AttributeError, match=r"since its 5\.0"):
        compat.module("loadsave").read_img_data  # noqa: B018
    with pytest.raises(ModuleNotFoundError, match="no module of this name"):
        compat.module("nonsense")
    with pytest.raises(AttributeError, match="module 'volio' has no attribute 'nonsense'"):
        volio.nonsense  # noqa: B018


def test_every_stand_in_is_served():
    own = {"alias", "hook", "missing", "planned", "survey", "table", "__main__"}
    rows = [split(row) for row in (*MODULES.values(), NAMES)]
    used = {name for real, parts in rows for name in (real, *parts)} | {
        "volio.compat.nibabel.streamlines.lines",
        "volio.compat.nibabel.streamlines.lines_file",
        "volio.compat.nibabel.streamlines.places",
        "volio.compat.nibabel.testing.recording",
        "volio.compat.wide_base",
    }
    mine = {name for name in modules() if name.startswith("volio.compat.")}
    folders = {name.rpartition(".")[0] for name in mine}
    assert mine - used - folders == {f"volio.compat.{name}" for name in own}


def test_names_wait_only_for_formats_that_the_table_does_not_have():
    assert set(AWAITED) & {row.name for row in volio.FORMATS} == set()
