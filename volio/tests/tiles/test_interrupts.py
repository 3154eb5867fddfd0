"""Ctrl-C while tiles are under way: the process ends, and no thread of it waits."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from volio.testing.servers.tile_server import TileServer
from volio.testing.servers.web_server import Fault

INTERRUPTED = """
import json, signal, sys
import volio
from volio.tiles import ThreadedImageFetcher

# Shells have it ignored in what they run in the background, and their children.
signal.signal(signal.SIGINT, signal.default_int_handler)
address, what, info, target = sys.argv[1:]
print("begin", flush=True)
try:
    if what == "fetcher":
        info = json.loads(info)
        fetcher = ThreadedImageFetcher.from_stack_info(info, preferred_mirror=0, timeout=60)
        fetcher.get([[0, 0, 0], [3, 530, 700]])
    elif what == "image":
        volio.load(address).get_fdata()
    else:
        volio.save(volio.load(address), target)
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""


@pytest.mark.requires("POSIX")
@pytest.mark.parametrize("what", ["fetcher", "image", "save"])
@pytest.mark.parametrize("fault", [Fault(wait=60), Fault(pause=0.5)], ids=["silent", "dripping"])
def test_ctrl_c_ends_at_once(server: TileServer, tmp_path: Path, what: str, fault: Fault):
    """A process is interrupted while tiles are under way, and ends: no thread waits for any.

    Its imports take a second.
    """
    server.every = fault
    target = tmp_path / "a.nii.gz"
    command = [sys.executable, "-c", INTERRUPTED, server.address, what, json.dumps(server.info())]
    with subprocess.Popen([*command, target], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "begin\n"
        _wait_for_a_tile(server)
        begin = time.monotonic()
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=30)
        took = time.monotonic() - begin
    assert (out, process.returncode) == ("interrupted\n", 0)
    assert took < 5  # most of it the end of the interpreter; a tile takes a minute
    assert not target.exists()


def _wait_for_a_tile(server: TileServer) -> None:
    last = time.monotonic() + 30
    while not server.tiles and time.monotonic() < last:
        time.sleep(0.01)
    assert server.tiles
