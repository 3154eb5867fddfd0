import os
import signal
import subprocess
import sys

import pytest

from volio.errors import ImageFileError, MissingFileError
from volio.files.filemap import FileHolder
from volio.files.opener import open_for_write
from volio.files.saving import atomic, temporary
from volio.files.saving.temporary import create_beside, name_beside

LOCKS = pytest.mark.requires("POSIX")


def save(*paths, text=b"new"):
    with open_for_write([FileHolder(path) for path in paths]) as streams:
        for stream in streams:
            stream.write(text)


@LOCKS
def test_what_a_killed_save_has_left_goes_with_the_next_save(tmp_path):
    path = tmp_path / "a.nii"
    path.write_bytes(b"old")
    script = (
        "import os, signal, sys\n"
        "from volio.files.filemap import FileHolder\n"
        "from volio.files.opener import open_for_write\n"
        "with open_for_write([FileHolder(sys.argv[1])]) as (stream,):\n"
        "    stream.write(b'half')\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", script, str(path)], check=False)
    assert done.returncode == -signal.SIGKILL
    assert {p.name for p in tmp_path.iterdir()} == {"a.nii", ".a.nii.0.part"}
    assert path.read_bytes() == b"old"
    save(path)
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == {"a.nii": b"new"}


@LOCKS
def test_a_save_under_way_is_left_alone(tmp_path):
    path = tmp_path / "a.nii"
    with open_for_write([FileHolder(path)]) as (stream,):
        stream.write(b"first")
        save(path, text=b"second")
        assert path.read_bytes() == b"second"
        assert name_beside(path, 0).exists()
    assert path.read_bytes() == b"first"
    assert [p.name for p in tmp_path.iterdir()] == ["a.nii"]


@LOCKS
def test_a_file_that_looked_dead_before_it_was_locked(tmp_path, monkeypatch):
    """Another process may remove a new file before its lock is taken: the next name serves."""
    lock, calls = temporary.take_lock, []

    def removing(descriptor):
        calls.append(descriptor)
        if len(calls) == 1:
            name_beside(tmp_path / "a", 0).unlink()
        return lock(descriptor)

    monkeypatch.setattr(temporary, "take_lock", removing)
    new, descriptor = create_beside(tmp_path / "a", 0o600)
    os.close(descriptor)
    assert new == name_beside(tmp_path / "a", 1)
    assert new.exists()


def test_without_locks_no_file_is_taken_for_dead(tmp_path, monkeypatch):
    path = tmp_path / "a"
    name_beside(path, 0).write_bytes(b"of another process")
    monkeypatch.setattr(temporary, "take_lock", lambda _: None)
    new, descriptor = create_beside(path, 0o600)
    os.close(descriptor)
    assert new == name_beside(path, 1)
    assert name_beside(path, 0).read_bytes() == b"of another process"


def test_names_run_out(tmp_path, monkeypatch):
    monkeypatch.setattr(temporary, "MOST", 2)
    monkeypatch.setattr(temporary, "take_lock", lambda _: None)
    for _ in range(2):
        os.close(create_beside(tmp_path / "a", 0o600)[1])
    with pytest.raises(ImageFileError, match=r"remove the files .*\.a\.\*\.part"):
        create_beside(tmp_path / "a", 0o600)
    with pytest.raises(MissingFileError, match="there is no folder"):
        create_beside(tmp_path / "none" / "a", 0o600)


def test_writing_and_reading_at_places(tmp_path):
    with open_for_write([FileHolder(tmp_path / "a")]) as (stream,):
        stream.write(b"head")
        stream.write_at(10, b"tail")
        stream.write(b"er")
        stream.write_at(1, b"E")
        found = bytearray(20)
        assert stream.read_at(0, memoryview(found)) == 14
        assert stream.tell() == 6
    assert (tmp_path / "a").read_bytes() == b"hEader\0\0\0\0tail" == found[:14]


@pytest.mark.parametrize("old", [True, False])
def test_an_interruption_between_the_two_steps_of_a_pair(tmp_path, monkeypatch, old):
    """Ctrl-C may come when the data is in place and the header is not."""
    paths = [tmp_path / "a.img", tmp_path / "a.hdr"]
    if old:
        for path in paths:
            path.write_bytes(b"old")
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    def interrupt(_):
        raise KeyboardInterrupt("ours")

    monkeypatch.setattr(atomic, "_sync_folder", interrupt)  # right after the first replacement
    with pytest.raises(KeyboardInterrupt, match="ours"):
        save(*paths)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
