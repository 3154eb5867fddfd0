"""Damaged files of every format give values or an error of volio, and the search finds others."""

from __future__ import annotations

import json
import subprocess
import sys
from random import Random

import numpy as np
import pytest

import volio
from volio.errors import CorruptFileError
from volio.formats.lookup import format_named
from volio.formats.table import FORMATS
from volio.testing.fuzz import fuzzing
from volio.testing.fuzz.fuzzing import FuzzFinding, cases, fuzz, run
from volio.testing.fuzz.mutations import MUTATIONS, mutated
from volio.testing.fuzz.seeds import seeds_of
from volio.tests.requirements import require
from volio.tests.source_tree import PACKAGE

require("POSIX")  # fuzzing limits memory with `resource`

CASES = 25  # of each format; tools/fuzz/run.py goes on for as long as asked
TOOL = PACKAGE.parent / "tools" / "fuzz" / "run.py"
ROWS = [row for row in FORMATS if seeds_of(row)]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_damaged_files(row, tmp_path):
    report = fuzz(seeds_of(row), CASES, tmp_path)
    assert sum(report.outcomes.values()) == CASES
    assert [(f.case.number, f.what) for f in report.findings] == []
    assert len(report.outcomes) > 1, "damage that nothing notices"


@pytest.fixture
def case():
    return next(cases(seeds_of(format_named("nifti1")), 1))


@pytest.mark.parametrize(
    ("act", "what"),
    [
        (lambda where, format=None: {}["key"], "KeyError"),
        (lambda where, format=None: all(True for _ in range(10**9)), "Hung"),
        (lambda where, format=None: np.ones(1 << 28), "MemoryError"),
    ],
)
def test_what_may_not_be_is_found(monkeypatch, tmp_path, case, act, what):
    monkeypatch.setattr(volio, "load", act)
    monkeypatch.setattr(fuzzing, "SECONDS", 0.05)
    found = run(case, tmp_path)
    assert isinstance(found, FuzzFinding)
    assert found.what.startswith(what) or "MemoryError" in found.what
    assert not list(tmp_path.iterdir())


def test_errors_of_volio_are_fine(monkeypatch, tmp_path, case):
    def load(where, format=None):
        raise CorruptFileError(f"{where.name}: said well")

    monkeypatch.setattr(volio, "load", load)
    assert run(case, tmp_path) == "CorruptFileError"


def test_errors_that_name_no_file_are_found(monkeypatch, tmp_path, case):
    def load(where, format=None):
        raise CorruptFileError("dim: is wrong")

    monkeypatch.setattr(volio, "load", load)
    found = run(case, tmp_path)
    assert isinstance(found, FuzzFinding)
    assert "an error that names no file: dim: is wrong" in found.what


def test_equal_numbers_make_equal_cases():
    seeds = seeds_of(format_named("spm2"))
    first, second = ([c.files for c in cases(seeds, 40, start=7)] for _ in range(2))
    assert first == second
    assert first != [c.files for c in cases(seeds, 40, start=8)]


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.__name__)
@pytest.mark.parametrize(
    "data", [b"", b"x", b"NRRD0004\ntype: short\nsizes: 3 4 5\n\n" + bytes(99)]
)
def test_mutations(mutation, data):
    random = Random(1)
    results = {mutation(data, random, [b"other file", b""]) for _ in range(50)}
    assert len(results) > (1 if len(data) > 1 else 0)


def test_mutated_files_are_compressed_now_and_then():
    random = Random(2)
    results = [mutated(b"voxels" * 50, random, [b"other"]) for _ in range(200)]
    assert sum(data.startswith((b"\x1f\x8b", b"BZh", b"\xfd7zXZ")) for data in results) > 20
    assert max(map(len, results)) < 1 << 20


@pytest.mark.requires("source tree")
def test_the_tool(tmp_path):
    words = ["--format", "mgh", "--start", "3", "--cases", "20", "--jobs", "1", "--keep", tmp_path]
    ended = subprocess.run([sys.executable, TOOL, *words], capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.startswith("20 cases")
    batch = [sys.executable, TOOL, "--batch", *words]
    outcomes = json.loads(subprocess.run(batch, capture_output=True, text=True).stdout)["outcomes"]
    assert sum(outcomes.values()) == 20


@pytest.mark.requires("source tree", "atheris")
def test_the_guided_tool(tmp_path):
    tool = TOOL.with_name("guided.py")
    words = ["--format", "stl", "--seconds", "2", "--keep", tmp_path / "finds"]
    ended = subprocess.run([sys.executable, tool, *words], capture_output=True, text=True)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    found = json.loads(ended.stdout.splitlines()[0])
    assert found["findings"] == []
    assert found["executions"] > 10
    assert found["coverage"] > 500, "the modules of the format are not watched"
    assert not list((tmp_path / "finds").iterdir())
