"""The viewer in real windows, of toolkits that are installed."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

WELL = "all is well\n"
QT = ("PySide6", "PyQt6", "PyQt5", "PySide2")


@pytest.fixture(scope="module")
def display():
    """The name of an X display of our own."""
    server = shutil.which("Xvfb")
    if server is None:
        pytest.skip("there is no Xvfb to open windows on")
    read, write = os.pipe()
    words = [server, "-displayfd", str(write), "-screen", "0", "1280x1024x24", "-nolisten", "tcp"]
    process = subprocess.Popen(words, pass_fds=(write,), stderr=subprocess.DEVNULL)
    os.close(write)
    with os.fdopen(read) as number:
        name = number.readline().strip()
    yield f":{name}"
    process.terminate()
    process.wait()


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


def test_a_window_of_tk_is_used_as_by_a_person(display, tmp_path):
    pytest.importorskip("tkinter", exc_type=ImportError)
    assert watched("tkagg", tmp_path, DISPLAY=display) == WELL
    assert (tmp_path / "viewer.png").stat().st_size > 1000


@pytest.mark.parametrize("ratio", ["1", "2"])
def test_a_window_of_qt_is_used_as_by_a_person(display, ratio, tmp_path):
    if not any(importlib.util.find_spec(name) for name in QT):
        pytest.skip("there is no Qt")
    # Without a display matplotlib has no windows, not even those that nobody sees.
    options = {"DISPLAY": display, "QT_QPA_PLATFORM": "offscreen", "QT_SCALE_FACTOR": ratio}
    assert watched("qtagg", tmp_path, **options) == WELL
    assert (tmp_path / "viewer.svg").stat().st_size > 1000
