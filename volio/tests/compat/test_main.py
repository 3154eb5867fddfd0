"""``python -m volio.compat``."""

from __future__ import annotations

import pytest

from volio.compat import __main__ as command
from volio.compat.survey import NameSurvey

FOUND = NameSurvey(
    served=["affines.apply_affine", "load"],
    missing={"minc1.Minc1Image": "not yet", "minc1.MincError": "not yet", "test": "never"},
    unknown=[],
    needless=[],
)


def test_the_report_counts_and_groups():
    assert "\n".join(command.report(FOUND)) == (
        "5 public names of nibabel: 2 served, 3 not\n"
        "\n"
        "2 not yet\n"
        "    minc1: Minc1Image MincError\n"
        "\n"
        "1 never\n"
        "    nibabel: test"
    )


def test_the_report_shows_what_is_wrong_with_the_list():
    faulty = FOUND._replace(unknown=["a.b"], needless=["c.d"])
    text = "\n".join(command.report(faulty))
    assert "1 neither served nor listed" in text
    assert "    a: b" in text
    assert "    c: d" in text


def test_exit_code_tells_whether_the_list_is_right(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr(command, "survey", lambda: FOUND)
    assert command.main() == 0
    monkeypatch.setattr(command, "survey", lambda: FOUND._replace(unknown=["a.b"]))
    assert command.main() == 1
    assert "2 served" in capsys.readouterr().out


def test_without_nibabel_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    def fail() -> NameSurvey:
        raise ModuleNotFoundError("No module named 'nibabel'")

    monkeypatch.setattr(command, "survey", fail)
    assert command.main() == 1
    assert "pip install" in capsys.readouterr().out


def test_long_lists_of_names_are_wrapped():
    names = {f"cifti2.Cifti2Name{n}": "not yet" for n in range(30)}
    lines = list(command.report(FOUND._replace(missing=names)))
    assert max(map(len, lines)) <= 80
    assert sum(line.count("Cifti2Name") for line in lines) == 30
