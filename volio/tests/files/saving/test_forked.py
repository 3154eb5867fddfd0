"""A forked child holds none of the files that its parent is writing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.requires("fork"), pytest.mark.requires("Linux")]

#: What scripts begin with: a child ends with the number of open files in the folder.
BEGINNING = """
import os, sys
from pathlib import Path
import volio
from volio.files.saving import atomic
from volio.files.saving.temporary import ScratchFile
folder = Path(sys.argv[1])
path = folder / "a"

def held():
    names = []
    for each in os.listdir("/proc/self/fd"):
        try:
            names.append(os.readlink(f"/proc/self/fd/{each}"))
        except FileNotFoundError:  # the list of them itself
            pass
    return len([name for name in names if name.startswith(str(folder))])

def in_child(act=lambda: None):
    child = os.fork()
    if child == 0:
        act()
        os._exit(held())
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
"""

WHILE_WRITING = """
path.write_bytes(b"old")
target = atomic.open_target(path)
scratch = ScratchFile(path)
target.write(b"ne")
print(held(), in_child(target.discard))  # as a child does that ends with an exception
scratch.write_at(0, b"w")
target.write(b"w")
atomic.commit([target])
target.discard()
scratch.close()
print(path.read_bytes(), os.listdir(folder))
"""

WHILE_REPLACING = """
volio.options.threads = 2
atomic.SYNC_EVERY = 1
path.write_bytes(b"old")
replace = atomic.replace

def forking(new, old):
    replace(new, old)
    print(held(), in_child())

atomic.replace = forking
target = atomic.open_target(path)
target.write(b"new")
atomic.commit([target])
target.discard()
print(path.read_bytes(), os.listdir(folder))
"""

PIPE = """
os.mkfifo(path)
reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
target = atomic.open_target(path)
print(held(), in_child(lambda: os.close(reader)))
target.write(b"new")
target.finish()
print(os.read(reader, 9), os.listdir(folder))
"""


@pytest.mark.parametrize(
    ("script", "open_files"),
    [(WHILE_WRITING, 2), (WHILE_REPLACING, 2), (PIPE, 2)],
    ids=["while writing", "while replacing", "pipe"],
)
def test_a_child_has_none_of_the_files(script: str, open_files: int, tmp_path: Path):
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", BEGINNING + script, str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    assert done.stdout.splitlines() == [f"{open_files} 0", "b'new' ['a']"]
