"""Who watches the saving of an image is called as voxels are written, in bytes."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import numpy as np
import pytest

import volio
from volio import progress
from volio.arrays.chunk_cache import chunk_cache
from volio.cli.console import progress as console_progress
from volio.cli.console.progress import Progress
from volio.errors import UsageError
from volio.progress import TileProgress, report_progress, watched
from volio.testing.servers.tile_server import TileServer
from volio.testing.servers.web_server import Fault, serving

SERIES = np.random.default_rng(5).integers(0, 99, (64, 64, 32, 40)).astype(np.int16)


@pytest.fixture(scope="module")
def series(tmp_path_factory):
    path = tmp_path_factory.mktemp("progress") / "a.nii"
    volio.save(volio.Nifti1Image(SERIES, np.eye(4)), path)
    return path


def test_who_watches_can_be_called(tmp_path):
    img = volio.Nifti1Image(SERIES[..., 0], np.eye(4))
    with pytest.raises(UsageError, match=r"progress: must be a function of .*, got True"):
        volio.save(img, tmp_path / "a.nii", progress=True)
    assert not (tmp_path / "a.nii").exists()


@pytest.mark.parametrize("target", ["b.nii.gz", "b.ome.zarr", "b.mgh", "b.nrrd"])
def test_every_format_tells_how_far_it_is(series, tmp_path, target):
    told = []
    volio.convert(series, tmp_path / target, progress=lambda *both: told.append(both))
    done = [each for each, _ in told]
    assert {total for _, total in told} == {SERIES.nbytes}
    assert done[-1] == SERIES.nbytes
    assert done == sorted(done)
    assert len(done) > 5


def test_values_that_are_converted(series, tmp_path):
    told = []
    img = volio.load(series)
    volio.save(img, tmp_path / "a.nii", "float32", progress=lambda *both: told.append(both))
    assert told[-1] == (2 * SERIES.nbytes, 2 * SERIES.nbytes)


@pytest.mark.parametrize("target", ["b.nii.gz", "b.ome.zarr"])
def test_an_exception_ends_the_work_and_leaves_nothing(series, tmp_path, target):
    (tmp_path / "b.nii.gz").write_bytes(b"old")

    def stop(done, total):
        if done > total / 2:
            raise KeyboardInterrupt("enough")

    with pytest.raises(KeyboardInterrupt, match="enough"):
        volio.convert(series, tmp_path / target, progress=stop)
    assert [path.name for path in tmp_path.iterdir()] == ["b.nii.gz"]
    assert (tmp_path / "b.nii.gz").read_bytes() == b"old"


def test_nobody_else_is_told():
    told = []
    with watched(lambda *both: told.append(both)), watched(None):
        report_progress(1, 2)
    report_progress(2, 2)
    assert told == [(1, 2)]


def test_a_bar_shows_the_part_of_a_piece():
    bar = Progress(2)
    bar.watch(50, 200)
    assert bar.line().startswith("[##..................] 0/2 + 25%, 0 s, 0 s left")
    bar.step("a.nii")
    assert bar.line().startswith("[##########..........] 1/2, 0 s, 0 s left a.nii")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def terminal(monkeypatch) -> Terminal:
    """A terminal as standard error, on which lines are drawn at once."""
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "40")
    for name in ("WAIT", "PAUSE"):
        monkeypatch.setattr(progress, name, 0.001)
    stream = Terminal()
    # pytest puts streams of its own into sys between a fixture and its test.
    for module in (progress, console_progress):
        streams = SimpleNamespace(stderr=stream, stdout=sys.stdout, modules={})
        monkeypatch.setattr(module, "sys", streams)
    return stream


def wait_until(holds) -> None:
    end = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.001)


def test_a_line_is_drawn_again_and_is_gone_at_the_end(terminal):
    with TileProgress(3) as count:
        wait_until(lambda: "0/3 tiles" in terminal.getvalue())
        count.step(1_500_000)
        wait_until(lambda: "1/3 tiles, 1.5 MB" in terminal.getvalue())
    lines = terminal.getvalue().split("\r")
    assert {len(line) for line in lines[1:-1]} == {39}  # one less than there are columns
    assert terminal.getvalue().endswith("\r" + " " * 39 + "\r")


def test_lines_are_printed_around_the_bar(terminal):
    with Progress(2) as bar:
        wait_until(lambda: "0/2" in terminal.getvalue())
        bar.print_line("err")
    assert "\r" + " " * 39 + "\rerr\n" in terminal.getvalue()


@pytest.mark.parametrize("term", ["dumb", "xterm"])
def test_nothing_is_drawn_where_nobody_looks(terminal, monkeypatch, term):
    monkeypatch.setenv("TERM", term)
    monkeypatch.setattr(terminal, "isatty", lambda: term == "dumb")
    with TileProgress(3) as count:
        time.sleep(0.02)
        count.step(1)
    assert terminal.getvalue() == ""


def test_what_is_over_soon_is_not_drawn(terminal, monkeypatch):
    monkeypatch.setattr(progress, "WAIT", 60.0)
    with TileProgress(1) as count:
        count.step(1)
    with TileProgress(1, shows=False) as count:
        count.step(1)
    assert terminal.getvalue() == ""


def test_a_watcher_of_tiles_sees_numbers_in_order():
    told = []
    count = TileProgress(200, lambda *both: told.append(both), shows=False)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(count.step, [10] * 200))
    assert told == [(n, 200) for n in range(1, 201)]


def test_a_watcher_that_raises_ends_the_work():
    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt(f"{done} of {total}")

    with (
        pytest.raises(KeyboardInterrupt, match="1 of 2"),
        TileProgress(2, stop, shows=False) as count,
    ):
        count.step(1)


def test_the_line_of_tiles_by_hand(monkeypatch):
    now = iter([100.0, 104.0])
    monkeypatch.setattr(progress.time, "monotonic", lambda: next(now))
    count = TileProgress(10, shows=False)
    for _ in range(8):
        count.step(250_000)
    assert count.line() == "8/10 tiles, 2.0 MB, 2 tiles/s, 1 s left"


NOTEBOOK_CELL = """
import time
from volio import progress
progress.WAIT = progress.PAUSE = 0.01
with progress.TileProgress(7) as count:
    time.sleep(0.3)
    count.step(1)
    time.sleep(0.3)
"""


@pytest.mark.requires("ipykernel")
def test_a_notebook_shows_one_line_that_is_updated(tmp_path):
    """A kernel runs a cell; over 2 s, for it has to start."""
    import jupyter_client

    manager = jupyter_client.KernelManager()
    manager.start_kernel(cwd=tmp_path)
    client = manager.client()
    try:
        client.start_channels()
        client.wait_for_ready(timeout=60)
        messages = []
        reply = client.execute_interactive(
            NOTEBOOK_CELL, timeout=60, output_hook=lambda message: messages.append(message)
        )
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    assert reply["content"]["status"] == "ok"
    kinds = [message["msg_type"] for message in messages]
    assert kinds.count("display_data") == 1
    shown = [m["content"] for m in messages if m["msg_type"].endswith("display_data")]
    lines = [content["data"]["text/plain"] for content in shown]
    assert len({content["transient"]["display_id"] for content in shown}) == 1
    assert lines[0].startswith("0/7 tiles")
    assert any(line.startswith("1/7 tiles") for line in lines)
    assert lines[-1] == ""
    parents = {message["parent_header"]["msg_id"] for message in messages}
    assert parents == {reply["parent_header"]["msg_id"]}


# Images on servers.


@pytest.fixture
def server():
    chunk_cache().clear()
    with serving(TileServer()) as running:
        running.absent.clear()
        yield running


def test_reading_tells_how_far_it_is(server: TileServer):
    told = []
    img = volio.load(server.address).slicer[:, :, :3]
    found = img.get_fdata("unchanged", np.float32, progress=lambda *both: told.append(both))
    done = [each for each, _ in told]
    assert {total for _, total in told} == {found.nbytes}
    assert len(done) == 3 * 5 * 3  # tiles of 256 x 128 of 700 x 530, three slices
    assert done == sorted(set(done))
    assert done[-1] == found.nbytes


def test_reading_what_is_not_in_chunks_is_told_at_its_end(series, tmp_path):
    told = []
    for img in (volio.load(series), volio.Nifti1Image(SERIES, np.eye(4))):
        img.get_fdata(dtype=np.float32, progress=lambda *both: told.append(both))
    assert told == [(2 * SERIES.nbytes,) * 2] * 2
    empty = volio.Nifti1Image(np.zeros((0, 2, 2), np.int16), np.eye(4))
    empty.get_fdata(progress=lambda *both: told.append(both))
    assert len(told) == 2
    with pytest.raises(UsageError, match=r"progress: must be a function of .*, got True"):
        volio.load(series).get_fdata(progress=True)


def test_who_watches_a_read_can_end_it(server: TileServer):
    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt("enough")

    img = volio.load(server.address).slicer[:, :, :3]
    with pytest.raises(KeyboardInterrupt, match="enough"):
        img.get_fdata(progress=stop)


def test_one_line_is_drawn_at_a_time(terminal):
    with TileProgress(3), TileProgress(5) as inner:
        wait_until(lambda: terminal.getvalue().count("0/3 tiles") > 3)
        inner.step(1)
    assert "/5 tiles" not in terminal.getvalue()
    with TileProgress(5):
        wait_until(lambda: "0/5 tiles" in terminal.getvalue())


ON_A_TERMINAL = """
import sys
import volio
from volio import progress
address, what, target = sys.argv[1:]
progress.WAIT = progress.PAUSE = 0.05
volio.options.connections = 2
img = volio.load(address).slicer[:512, :256, :2]
if what == "get_fdata":
    img.get_fdata()
elif what == "watched":
    img.get_fdata(progress=lambda done, total: None)
    volio.save(img, target + ".nii", progress=lambda done, total: None)
else:
    volio.save(img, target + what)
"""


@pytest.mark.requires("POSIX")
@pytest.mark.parametrize("what", ["get_fdata", ".nii.gz", ".ome.zarr", "watched"])
def test_images_of_servers_are_drawn_on_a_terminal(server: TileServer, tmp_path, what: str):
    """A process of its own, on a terminal of its own; its imports take a second."""
    server.every = Fault(wait=0.1)
    ours, terminal_of_process = os.openpty()
    command = [sys.executable, "-c", ON_A_TERMINAL, server.address, what, str(tmp_path / "a")]
    environment = os.environ | {"TERM": "xterm", "COLUMNS": "60"}
    with subprocess.Popen(command, stderr=terminal_of_process, env=environment) as process:
        os.close(terminal_of_process)
        drawn = read_all(ours)
    os.close(ours)
    assert process.returncode == 0
    lines = re.findall(r"\r(\d\.\d)/(\d\.\d) MB, \d+\.\d MB/s", drawn)
    if what == "watched":
        assert drawn == ""
        return
    total = "2.1" if what == "get_fdata" else "0.3"  # float64, or uint8
    assert lines[0][0] == "0.0"
    assert lines[-1][1] == total
    assert len(lines) > 2
    assert drawn.endswith("\r" + " " * 59 + "\r")


def read_all(descriptor: int) -> str:
    """Return what a process writes to its terminal until it ends."""
    found = []
    while True:
        try:
            piece = os.read(descriptor, 4096)
        except OSError:  # Linux: nobody has the other side open any more
            piece = b""
        if not piece:
            return b"".join(found).decode()
        found.append(piece)
