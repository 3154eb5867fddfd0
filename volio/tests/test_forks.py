"""A fork while another thread imports: the child neither waits for ever nor has half a module."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from volio import forks

pytestmark = pytest.mark.requires("fork")

# A thread imports a module that takes its time; the fork comes meanwhile.
SCRIPT = """
import os, signal, sys, threading, time
import volio
begun = threading.Event()
sys.begun = begun
thread = threading.Thread(target=__import__, args=("slow_module",))
thread.start()
begun.wait()
child = os.fork()
if child == 0:
    signal.alarm(5)
    import slow_module
    os._exit(slow_module.COMPLETE)
thread.join()
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
MODULE = """
import sys, time
sys.begun.set()
time.sleep(0.3)
COMPLETE = 7
"""


def test_a_child_has_the_modules_that_another_thread_was_importing(tmp_path: Path):
    (tmp_path / "slow_module.py").write_text(MODULE)
    path = os.pathsep.join([str(tmp_path), *filter(None, sys.path)])
    environment = {**os.environ, "PYTHONPATH": path}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", SCRIPT],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.strip() == "7", done.stderr


def test_nothing_is_waited_for_where_nothing_is_imported():
    begun = time.monotonic()
    forks.wait_for_imports()
    assert time.monotonic() - begun < 0.5


def test_an_import_that_takes_too_long_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    stop = threading.Event()
    monkeypatch.setattr(sys, "stop_of_test", stop, raising=False)
    (tmp_path / "endless_module.py").write_text("import sys\nsys.stop_of_test.wait(10)\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(forks, "LONGEST", 0.2)
    thread = threading.Thread(target=__import__, args=("endless_module",))
    thread.start()
    begun = time.monotonic()
    try:
        while not forks._is_imported_elsewhere():
            assert time.monotonic() - begun < 5
        begun = time.monotonic()
        forks.wait_for_imports()
        assert 0.2 <= time.monotonic() - begun < 5
    finally:
        stop.set()
        thread.join()
        sys.modules.pop("endless_module", None)
