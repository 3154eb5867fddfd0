"""Options of formats reach every command that loads images."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import volio
from volio.formats.choices import choices_of
from volio.formats.table import FORMATS
from volio.testing.samples import samples_of

READING = ("ls", "stats", "verify", "doctor", "diff", "convert", "view", "roi", "conform")
SERIES = str(next(s.path for s in samples_of("parrec") if s.path.name == "series.REC"))


@pytest.fixture
def truncated(folder):
    """A scan whose last volume lacks its last slice."""
    for ending in (".PAR", ".REC"):
        data = Path(SERIES).with_suffix(ending).read_bytes()
        (folder / f"cut{ending}").write_bytes(data)
    text = (folder / "cut.PAR").read_text(encoding="latin-1")
    lines = text.splitlines(keepends=True)
    last = max(n for n, line in enumerate(lines) if line.strip() and line.strip()[0].isdigit())
    del lines[last]
    (folder / "cut.PAR").write_text("".join(lines), encoding="latin-1")
    return "cut.PAR"


@pytest.mark.parametrize("command", READING)
def test_the_help_of_commands_that_load_has_the_options_of_all_formats(run, command):
    text = "\n".join(run(command, "--help").out)
    declared = {
        name for row in FORMATS for name in choices_of(row.image_class(), "from_file_map")
    } - {"mmap", "keep_file_open"}
    assert declared >= {"permit_truncated", "allow_external", "orientation"}
    for name in declared:
        assert f"{name.replace('_', '-')}" in text


@pytest.mark.parametrize(
    "words",
    [
        ("ls", "-s"),
        ("stats",),
        ("doctor", "-q"),
        ("convert", "IN", "out.nii"),
        ("roi", "IN", "out.nii", "-i", "0"),
        ("conform", "IN", "out.nii", "--out-shape", "3,3,3"),
        ("view", "IN", "--png", "out.png", "--size", "12"),
        ("diff", "IN"),
    ],
    ids=lambda words: words[0],
)
def test_a_scan_that_is_cut_short_is_read_on_request(run, truncated, words):
    line = [truncated if word == "IN" else word for word in words]
    if "IN" not in words or words[0] == "diff":
        line.append(truncated)
    refused = run(*line)
    assert refused.code == 2
    assert run(*line, "--permit-truncated").code < 2


def test_values_are_those_that_were_asked_for(run):
    found = [
        json.loads("".join(run("stats", "--json", SERIES, "--scaling", scaling).out))[0]["mean"]
        for scaling in ("dv", "fp")
    ]
    expected = [volio.load(SERIES, scaling=scaling).get_fdata().mean() for scaling in ("dv", "fp")]
    assert found == pytest.approx(expected)
    assert found[0] != pytest.approx(found[1])


def test_a_format_without_the_option_is_read_with_a_warning(run):
    ran = run("ls", "head.nii.gz", "--permit-truncated")
    assert (ran.code, len(ran.out)) == (0, 2)
    assert ran.err == ["volio ls: warning: head.nii.gz: NIfTI-1 has no option --permit-truncated"]


def test_a_name_that_a_command_has_itself_is_prefixed(run):
    text = "\n".join(run("conform", "--help").out)
    assert "--load-orientation" in text
    ran = run("conform", SERIES, "a.nii", "--load-orientation", "nowhere", "--out-shape", "2,2,2")
    assert ran.code == 2
    assert "orientation" in ran.err[0]


@pytest.mark.parametrize(
    "words", [("ls", "--permit", "head.nii.gz"), ("formats", "--scaling", "dv")]
)
def test_options_that_no_format_has_are_refused(run, words):
    ran = run(*words)
    assert (ran.code, len(ran.err)) == (2, 1)
    assert "unrecognized arguments" in ran.err[0]
