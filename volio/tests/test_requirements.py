"""What tests require from outside is in one table, and what was missing is reported."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

from volio.testing.programs import find_program
from volio.tests import requirements
from volio.tests.requirements import REQUIREMENTS, Requirement
from volio.tests.skips import missing_in, report_of
from volio.tests.source_tree import PACKAGE

#: Calls that skip a test, or allow it to fail.
SKIPPING = re.compile(r"\b(?:skip|skipif|xfail|importorskip|skipTest|SkipTest)\(")
#: Calls that ask for requirements by their names.
ASKING = re.compile(r'\b(?:requires|require|optional)\(((?:"[^"]*"(?:, )?)+)\)')
TEXTS = {
    path.relative_to(PACKAGE).as_posix(): path.read_text(encoding="utf-8")
    for path in (PACKAGE / "tests").rglob("*.py")
    if path.name not in ("requirements.py", "test_requirements.py")
}

#: Three tests; the last two require what `test_a_run_ends_with_what_was_missing` takes away.
MODULE = """
import pytest
from volio.tests.requirements import require

def test_that_runs():
    pass

@pytest.mark.requires("Node.js")
def test_of_node():
    raise AssertionError

@pytest.fixture
def folder():
    require("real files")

def test_of_files(folder):
    raise AssertionError
"""


def test_nothing_else_skips():
    skipping = {name: SKIPPING.findall(text) for name, text in TEXTS.items()}
    assert {name: found for name, found in skipping.items() if found} == {}


def test_tests_require_what_is_in_the_table_and_all_of_it():
    calls = [names for text in TEXTS.values() for names in ASKING.findall(text)]
    asked = {name for names in calls for name in re.findall(r'"([^"]*)"', names)}
    assert asked - set(REQUIREMENTS) == set()
    everything = "\n".join(TEXTS.values())
    assert [name for name in REQUIREMENTS if f'"{name}"' not in everything] == []


@pytest.mark.requires("source tree")
def test_the_packages_of_ci_are_those_of_the_table():
    listed = (PACKAGE.parent / ".ci" / "packages").read_text(encoding="utf-8").split()
    assert listed == sorted(name for row in REQUIREMENTS.values() for name in row.packages)


def test_whatever_stops_a_probe_is_the_reason(monkeypatch):
    def broken():
        raise RuntimeError("Unsupported features were requested")

    monkeypatch.setitem(REQUIREMENTS, "broken", Requirement(broken, "repair it"))
    monkeypatch.setitem(REQUIREMENTS, "sound", Requirement(lambda: None, "nothing"))
    requirements.require("sound")
    message = "^requires broken: Unsupported features were requested$"
    with pytest.raises(pytest.skip.Exception, match=message):
        requirements.require("sound", "broken")


def test_programs_that_end_badly_do_not_work():
    script = "import sys; print('no driver', file=sys.stderr); sys.exit(3)"
    with pytest.raises(OSError, match=r"^python\S* ended with status 3: no driver$"):
        requirements._run([sys.executable, "-c", script])
    with pytest.raises(FileNotFoundError, match=r"^there is no program no-such-browser$"):
        find_program("no-such-browser")


def test_skips_are_counted_by_what_was_missing():
    messages = [
        "Skipped: requires nginx: there is no program nginx",
        "Skipped: requires Tk: No module named '_tkinter'",
        "Skipped: requires nginx: there is no program nginx",
        "Skipped: requires patience: a reason of another plugin",
        "Skipped: unconditional skip",
    ]
    missing = missing_in(messages)
    assert {name: len(reasons) for name, reasons in missing.items()} == {"nginx": 2, "Tk": 1}
    assert report_of(missing) == [
        "nginx: 2 skipped (there is no program nginx); apt-get install nginx-light",
        "Tk: 1 skipped (No module named '_tkinter'); apt-get install python3-tk",
    ]


@pytest.mark.parametrize(("words", "code"), [([], 0), (["--complete"], 1)])
def test_a_run_ends_with_what_was_missing(tmp_path, words, code):
    (tmp_path / "test_a.py").write_text(MODULE)
    absent = tmp_path / "absent"
    environment = {
        **os.environ,
        "PATH": "",  # so that no program is found
        "VOLIO_TEST_DATA": str(absent),
        "PYTHONPATH": str(PACKAGE.parent),
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
    }
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "volio.tests.skips", *words, "test_a.py"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stdout + done.stderr
    assert "1 passed, 2 skipped" in done.stdout
    assert "Node.js: 1 skipped (there is no program node); apt-get install nodejs" in done.stdout
    assert f"real files: 1 skipped (there is no folder {absent}); set VOLIO_" in done.stdout
    complaint = "FAILED: a complete run skips no test for want of Node.js\n"
    assert done.stdout.count(complaint) == code
