from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import volio
from volio.cli import COMMANDS, main, main_convert, main_ls, main_view
from volio.tests.source_tree import PACKAGE


def python(*words: str, **options) -> subprocess.CompletedProcess:
    env = os.environ | {"PYTHONPATH": str(PACKAGE.parent)}
    return subprocess.run(
        [sys.executable, *words], env=env, capture_output=True, text=True, check=False, **options
    )


def test_overview_names_every_command(run):
    shown = run("--help")
    assert shown.code == 0
    assert all(any(name in line for line in shown.out) for name in COMMANDS)
    assert run("help").out == shown.out


def test_no_command_is_an_error_that_shows_them(run):
    ran = run()
    assert (ran.code, ran.out) == (2, [])
    assert any("convert" in line for line in ran.err)


@pytest.mark.parametrize("name", COMMANDS)
def test_help_of_each_command_has_examples_and_exit_codes(run, name):
    shown = run(name, "--help")
    assert shown.code == 0
    assert shown == run("help", name)
    text = "\n".join(shown.out)
    assert f"volio {name} " in text.partition("examples:")[2]
    assert "exit codes:" in text
    assert "%(prog)" not in text


def test_commands_of_their_own_have_their_names(folder, capsys):
    assert main_ls(["--help"]) == main_convert(["--help"]) == main_view(["--help"]) == 0
    out = capsys.readouterr().out
    assert "volio-ls scan.nii.gz" in out
    assert "volio-convert scan.nii.gz scan.mgz" in out
    assert "volio-view scan.nii.gz" in out


def test_version(run):
    assert run("--version").out == run("ls", "--version").out
    assert run("--version").out[0].startswith("volio")


def test_unknown_command_is_one_line_with_the_one_that_was_meant(run):
    ran = run("convrt", "a", "b")
    assert (ran.code, len(ran.err)) == (2, 1)
    assert "did you mean convert?" in ran.err[0]
    assert "there are ls, convert" in run("xyz").err[0]


def test_wrong_arguments_are_one_line(run):
    ran = run("ls")
    assert (ran.code, ran.out) == (2, [])
    assert ran.err == ["volio ls: the following arguments are required: FILE; see volio ls --help"]


def test_unexpected_errors_are_one_line_without_debug(run, monkeypatch):
    def broken(*_, **__):
        raise RuntimeError("a fault\nof the library")

    monkeypatch.setattr("volio.cli.ls.load_image", broken)
    ran = run("ls", "head.nii.gz")
    assert (ran.code, len(ran.err)) == (2, 1)
    assert "internal error, RuntimeError: a fault of the library" in ran.err[0]
    assert "--debug" in ran.err[0]
    assert "Traceback (most recent call last):" in run("ls", "--debug", "head.nii.gz").err
    monkeypatch.setenv("VOLIO_DEBUG", "1")
    assert "Traceback (most recent call last):" in run("ls", "head.nii.gz").err


def test_a_fault_outside_of_a_command_is_one_line_too(run, monkeypatch):
    monkeypatch.setattr("volio.cli.import_module", lambda name: 1 / 0)
    ran = run("ls", "head.nii.gz")
    assert (ran.code, len(ran.err)) == (2, 1)
    assert "ZeroDivisionError" in ran.err[0]


def test_interrupt(run, monkeypatch):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("volio.cli.ls.load_image", interrupted)
    assert run("ls", "head.nii.gz").code == 130


def test_python_m_volio_and_a_reader_that_goes_away(folder):
    done = python("-m", "volio", "ls", "head.nii.gz")
    assert (done.returncode, done.stderr) == (0, "")
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "wb") as closed:
        env = os.environ | {"PYTHONPATH": str(PACKAGE.parent)}
        ended = subprocess.run(
            [sys.executable, "-m", "volio", "ls", "head.nii.gz"],
            env=env,
            stdout=closed,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert (ended.returncode, ended.stderr) == (141, b"")


def test_listing_imports_no_more_than_it_needs(folder):
    done = python(
        "-c",
        "import sys; from volio.cli import main_ls; main_ls(['head.nii.gz']); "
        "print([n for n in ('scipy', 'matplotlib', 'dask', 'multiprocessing', 'volio.display', "
        "'volio.ops.stats', 'concurrent.futures') if n in sys.modules])",
    )
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.requires("undecodable names")
def test_names_that_are_no_text_are_shown_somehow(run, folder):
    name = b"h\xff.nii.gz"
    Path(os.fsdecode(name)).write_bytes(Path("head.nii.gz").read_bytes())
    ran = run("ls", ".")
    assert ran.code == 0
    assert any("h\\udcff.nii.gz" in line for line in ran.out)


def test_main_takes_the_arguments_of_the_process(folder, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["volio", "formats"])
    assert main() == 0
    assert "nifti1" in capsys.readouterr().out


def test_help_of_an_unknown_command_says_so(run):
    ran = run("help", "lss")
    assert (ran.code, ran.out) == (2, [])
    assert ran.err == ["volio: 'lss' is not a command; did you mean ls? (volio --help)"]
    assert run("help", "help").code == 0


@pytest.mark.parametrize("command", ["ls", "stats", "verify", "doctor"])
def test_json_has_every_file_with_the_error_of_those_that_fail(run, command):
    Path("text.nii").write_text("no image")
    names = ["missing.nii", "head.nii.gz", "text.nii", "none*.nii"]
    ran = run(command, "--json", *names)
    rows = json.loads("".join(ran.out))
    assert [row["file"] for row in rows] == names
    assert "error" not in rows[1]
    assert rows[0]["error"] == "missing.nii: no such file"
    assert rows[3]["error"] == "none*.nii: no file has such a name"
    if command == "doctor":  # what cannot be loaded is an issue
        assert "cannot be loaded" in rows[2]["issues"][0]["found"]
    else:
        assert "no format of volio recognises it" in rows[2]["error"]
    assert ran.code == 2
    assert [line for line in ran.err if "missing.nii" in line] == [
        f"volio {command}: missing.nii: no such file"
    ]


def test_json_of_a_comparison_has_every_file(run):
    ran = run("diff", "--json", "head.nii.gz", "missing.nii", "head.nii.gz")
    missing, same = json.loads("".join(ran.out))
    assert (missing["b"], missing["error"]) == ("missing.nii", "missing.nii: no such file")
    assert same["same"]
    assert ran.code == 2
    ran = run("diff", "--json", "missing.nii", "head.nii.gz")
    (row,) = json.loads("".join(ran.out))
    assert (row["a"], row["error"]) == ("missing.nii", "missing.nii: no such file")
    assert (ran.code, len(ran.err)) == (2, 1)


def test_voxels_that_fail_keep_the_facts_of_the_header(run):
    rgb = np.zeros((2, 2, 2), [("R", "u1"), ("G", "u1"), ("B", "u1")])
    volio.save(volio.Nifti1Image(rgb, np.eye(4)), "rgb.nii")
    (row,) = json.loads("".join(run("ls", "-s", "--json", "rgb.nii").out))
    assert row["dtype"] == "RGB"
    assert "are not single numbers" in row["error"]


@pytest.mark.parametrize(
    "words",
    [
        ("--debug", "ls", "missing.nii"),
        ("ls", "--debug", "missing.nii"),
        ("stats", "missing.nii", "--debug"),
        ("convert", "--debug", "missing.nii", "a.nii"),
        ("convert", "--debug", "missing.nii", "head.nii.gz", "-o", "new", "-j", "2"),
        ("view", "--debug", "missing.nii"),
        ("diff", "--debug", "head.nii.gz", "missing.nii"),
        ("verify", "none*.nii", "--debug"),
        ("roi", "--debug", "head.nii.gz", "a.nii", "-t", "0"),
    ],
)
def test_debug_shows_where_an_error_arose(run, words):
    err = run(*words).err
    assert err[0] == "Traceback (most recent call last):"
    plain = [word for word in words if word != "--debug"]
    assert err[-1].startswith(f"volio {plain[0]}: ")
    shutil.rmtree("new", ignore_errors=True)
    assert run(*plain).err == err[-1:]


def test_debug_shows_faults_outside_of_a_command(run, monkeypatch):
    monkeypatch.setattr("volio.cli.import_module", lambda name: 1 / 0)
    assert run("--debug", "ls", "head.nii.gz").err[0] == "Traceback (most recent call last):"


def test_debug_alone_shows_the_commands(run):
    assert run("--debug").code == 2
    assert run("--debug", "nothing").err == run("nothing").err
