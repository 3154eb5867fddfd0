"""The viewer in real windows, of toolkits that are installed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from volio.tests.display import xvfb
from volio.tests.requirements import require

WELL = "all is well\n"


@pytest.fixture(scope="module")
def display():
    """The name of an X display of our own."""
    require("Xvfb")
    with xvfb.display() as name:
        yield name


def watched(backend: str, folder: Path, **environment: str) -> str:
    """Return what is said of a viewer that is used in a process of its own."""
    words = [sys.executable, "-m", "volio.tests.display.windows", backend]
    done = subprocess.run(
        words,
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done.stdout + ("" if done.stdout == WELL else done.stderr)


@pytest.mark.requires("Tk")
def test_a_window_of_tk_is_used_as_by_a_person(display, tmp_path):
    assert watched("tkagg", tmp_path, DISPLAY=display) == WELL
    assert (tmp_path / "viewer.png").stat().st_size > 1000


@pytest.mark.requires("Qt")
def test_a_window_of_qt_is_used_as_by_a_person(display, tmp_path):
    """Of two pixels for each of the program's; that of Tk has one."""
    # Without a display matplotlib has no windows, not even those that nobody sees.
    options = {"DISPLAY": display, "QT_QPA_PLATFORM": "offscreen", "QT_SCALE_FACTOR": "2"}
    assert watched("qtagg", tmp_path, **options) == WELL
    assert (tmp_path / "viewer.svg").stat().st_size > 1000
