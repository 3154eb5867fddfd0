"""A fork while another thread imports: the child neither waits for ever nor has half a module."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

import volio
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
    assert run_with_module(SCRIPT, tmp_path) == "7"


# Both modules take a lock before each fork and release it after it.
LOCKS_SCRIPT = """
import os, sys, threading
import volio
begun = threading.Event()
sys.begun = begun
thread = threading.Thread(target=__import__, args=("slow_module",))
thread.start()
begun.wait()
assert "logging" not in sys.modules, "the fork is to come first"
child = os.fork()
from concurrent.futures import ThreadPoolExecutor
import logging
with ThreadPoolExecutor(1) as pool:
    pool.submit(logging.getLogger().info, "works").result(10)
if child == 0:
    os._exit(0)
thread.join()
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
LOCKS_MODULE = """
import sys, time
sys.begun.set()
time.sleep(0.3)
import logging
import concurrent.futures.thread
"""


def test_locks_of_modules_that_are_imported_while_a_fork_waits(tmp_path: Path):
    (tmp_path / "slow_module.py").write_text(LOCKS_MODULE)
    path = os.pathsep.join([str(tmp_path), *filter(None, sys.path)])
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", LOCKS_SCRIPT],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.stderr == ""
    assert done.stdout == "0\n"


# What is registered first runs last: the import begins when nobody looks any more.
LATE_SCRIPT = """
import os, signal, sys, threading
begun = threading.Event()
sys.begun = begun
thread = threading.Thread(target=__import__, args=("slow_module",))
def import_late():
    thread.start()
    begun.wait()
os.register_at_fork(before=import_late)
import volio
child = os.fork()
if child == 0:
    signal.alarm(20)
    import slow_module
    os._exit(slow_module.COMPLETE)
thread.join()
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), sys.modules["slow_module"].COMPLETE)
"""


def run_with_module(script: str, folder: Path) -> str:
    """What a script prints that imports the slow module."""
    (folder / "slow_module.py").write_text(MODULE)
    path = os.pathsep.join([str(folder), *filter(None, sys.path)])
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.strip() or done.stderr


def test_an_import_that_begins_just_before_the_fork_is_begun_anew(tmp_path: Path):
    assert run_with_module(LATE_SCRIPT, tmp_path) == "7 7"


# The lock of a property, or of an object, is held by another thread during the fork.
LOCKED_SCRIPT = """
import os, signal, threading
from volio.cached import cached_property
from volio.forks import fork_safe_lock
begun, end = threading.Event(), threading.Event()
lock = fork_safe_lock()
class Thing:
    @cached_property
    def value(self):
        begun.set()
        end.wait()
        return 7
    @cached_property
    def other(self):
        return 8
def work():
    with lock:
        Thing().value
thread = threading.Thread(target=work)
thread.start()
begun.wait()
child = os.fork()
if child == 0:
    signal.alarm(20)
    end.set()
    with lock:
        os._exit(Thing().value)
end.set()
thread.join()
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), lock.locked(), Thing().other)
"""


def test_a_child_does_not_inherit_locks_that_other_threads_hold(tmp_path: Path):
    assert run_with_module(LOCKED_SCRIPT, tmp_path) == "7 False 8"


# Python 3.11 has a lock for each property of this kind, which another thread holds during the fork.
PROPERTY_SCRIPT = """
import os, signal, threading
import volio
import tifffile
thread = threading.Thread(target=lambda: tifffile.Page().series)
thread.start()
tifffile.begun.wait()
child = os.fork()
if child == 0:
    signal.alarm(20)
    tifffile.end.set()
    os._exit(tifffile.Page().series)
tifffile.end.set()
thread.join()
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), tifffile.Page().series)
"""
PROPERTY_MODULE = """
import threading
from functools import cached_property
begun, end = threading.Event(), threading.Event()
class Page:
    @cached_property
    def series(self):
        begun.set()
        end.wait()
        return 7
"""


def test_a_child_does_not_inherit_locks_of_properties_of_other_packages(tmp_path: Path):
    (tmp_path / "tifffile.py").write_text(PROPERTY_MODULE)
    assert run_with_module(PROPERTY_SCRIPT, tmp_path) == "7 7"


# Pools of processes, made again and again while a thread reads its first voxels and further ones.
POOLS = """
import multiprocessing, sys, threading
import volio

def total(name):
    import numpy as np
    return int(np.asanyarray(volio.load(name).dataobj).sum())

def read_on(names, stop):
    while not stop.is_set():
        for name in names:
            total(name)

if __name__ == "__main__":
    method, times, *names = sys.argv[1:]
    stop = threading.Event()
    reader = threading.Thread(target=read_on, args=(names, stop))
    reader.start()
    found = set()
    try:
        for _ in range(int(times)):
            with multiprocessing.get_context(method).Pool(2) as pool:
                found.update(pool.map_async(total, names).get(100))
    finally:
        stop.set()
        reader.join()
    print(found)
"""


@pytest.mark.parametrize(("method", "times"), [("fork", 6), ("forkserver", 1), ("spawn", 1)])
def test_pools_of_processes_beside_a_thread_that_reads(method: str, times: int, tmp_path: Path):
    img = volio.Nifti1Image(np.arange(60, dtype=np.int16).reshape(3, 4, 5), np.eye(4))
    names = [str(tmp_path / name) for name in ("a.nii.gz", "a.hdr", "a.mgz", "a.mnc")]
    for name in names:
        volio.save(img, name)
    (tmp_path / "pools.py").write_text(POOLS)
    done = subprocess.run(
        [sys.executable, "-W", "ignore", tmp_path / "pools.py", method, str(times), *names],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.strip() == "{1770}", done.stderr[-2000:]


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
