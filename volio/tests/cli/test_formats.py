from __future__ import annotations

import json
from dataclasses import replace

import pytest

from volio.formats import table
from volio.formats.table import FORMATS


def test_every_format_has_a_line(run):
    ran = run("formats")
    assert ran.code == 0
    named = [line.split()[0] for line in ran.out if line]
    assert named[1 : len(FORMATS) + 1] == [row.name for row in FORMATS]


def test_json(run):
    found = {row["name"]: row for row in json.loads("".join(run("formats", "--json").out))}
    assert list(found) == [row.name for row in FORMATS]
    assert found["nifti1"]["endings"] == [".nii", ".hdr", ".img"]
    assert (found["nifti1"]["read"], found["nifti1"]["write"], found["nifti1"]["lazy"]) == (
        True,
        True,
        True,
    )
    assert {name: facts["remote"] for name, facts in found.items() if facts["read"]} == {
        row.name: row.remote for row in FORMATS if found[row.name]["read"]
    }
    assert ".zst" in found["mgh"]["compressed"]


@pytest.mark.parametrize(
    ("needed", "installed"),
    [
        ("numpy>=1", True),
        ("numpy<1", False),
        ("a-package-that-is-not-there", False),
    ],
)
def test_extras_are_looked_up(run, monkeypatch, needed, installed):
    monkeypatch.setattr("importlib.metadata.requires", lambda name: [f'{needed}; extra == "x"'])
    monkeypatch.setattr(table, "FORMATS", (replace(FORMATS[0], extra="x"),))
    row = json.loads("".join(run("formats", "--json").out))[0]
    assert (row["read"], row["write"]) == (installed, installed)
    assert row["extra"] == ("x" if installed else "x (missing)")
