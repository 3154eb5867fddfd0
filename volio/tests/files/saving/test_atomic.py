import errno
import os
import stat
from threading import Thread

import pytest

from volio.errors import ImageFileError, MissingFileError
from volio.files.filemap import FileHolder
from volio.files.opener import open_for_write, open_source
from volio.files.saving import atomic
from volio.settings import options
from volio.testing.conformance.case import open_files
from volio.testing.faults import FailingCall
from volio.testing.saves.syscalls import every_failure

POSIX = pytest.mark.requires("POSIX")


def save(paths, texts, level=None):
    with open_for_write([FileHolder(path) for path in paths], level) as streams:
        for stream, text in zip(streams, texts, strict=True):
            stream.write(text[:3])
            stream.write(text[3:])


def save_half(path, error):
    with open_for_write([FileHolder(path)]) as (stream,):
        stream.write(b"new")
        raise error("ours")


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("ending", ["", ".gz"])
@pytest.mark.parametrize("old", [True, False])
@pytest.mark.parametrize(
    ("call", "n"),
    [
        (call, n)
        for call, most in (("write", 3), ("fsync", 2), ("replace", 2))
        for n in range(1, most + 1)
    ],
)
def test_a_failing_step_changes_nothing(tmp_path, monkeypatch, call, n, old, ending):
    paths = [tmp_path / f"a.img{ending}", tmp_path / f"a.hdr{ending}"]
    if old:
        for path in paths:
            path.write_bytes(b"old " + path.name.encode())
    before = contents(tmp_path)
    failing = FailingCall(getattr(atomic, call), n)
    monkeypatch.setattr(atomic, call, failing)
    if ending and call == "write" and n == 3:
        n = failing.n = 2  # a small compressed file is one or two writes
    with pytest.raises(OSError, match="No space left"):
        save(paths, [b"new data", b"new header"])
    assert failing.count >= n
    assert contents(tmp_path) == before


@pytest.mark.parametrize("names", [["a.nii"], ["a.img", "a.hdr"]])
def test_scratch_files_do_not_wait_for_the_disk(tmp_path, monkeypatch, names):
    syncs = FailingCall(os.fsync, 0)
    monkeypatch.setattr(atomic, "fsync", syncs)
    monkeypatch.setattr(atomic, "_sync_data", syncs)
    monkeypatch.setattr(atomic, "SYNC_EVERY", 2)
    paths = [tmp_path / name for name in names]
    with options(durable=False, threads=2):
        save(paths, [b"new data"] * len(paths))
    assert syncs.count == 0
    assert set(contents(tmp_path).values()) == {b"new data"}
    save(paths, [b"other"] * len(paths))
    assert syncs.count >= 2 * len(paths), "the file and its folder"


def test_a_full_disk_names_the_file(tmp_path, monkeypatch):
    monkeypatch.setattr(atomic, "write", FailingCall(os.write, 1))
    with pytest.raises(OSError, match=r"No space left on device: .*a\.nii'$"):
        save([tmp_path / "a.nii"], [b"text"])


def test_a_folder_that_cannot_be_synced_is_no_failure(tmp_path, monkeypatch):
    monkeypatch.setattr(atomic, "fsync", FailingCall(os.fsync, 2))
    save([tmp_path / "a"], [b"text"])
    assert contents(tmp_path) == {"a": b"text"}


def test_without_hard_links_a_save_works(tmp_path, monkeypatch):
    paths = [tmp_path / "a.img", tmp_path / "a.hdr"]
    save(paths, [b"1", b"2"])
    monkeypatch.setattr(os, "link", FailingCall(os.link, 1))
    save(paths, [b"3", b"4"])
    assert contents(tmp_path) == {"a.img": b"3", "a.hdr": b"4"}


@pytest.mark.parametrize("threads", [1, 2])
def test_large_files_go_to_the_disk_meanwhile(tmp_path, monkeypatch, threads):
    synced = []
    monkeypatch.setattr(atomic, "SYNC_EVERY", 4)
    monkeypatch.setattr(atomic, "_sync_data", synced.append)
    with options(threads=threads):
        save([tmp_path / "a"], [b"old file"])
        save([tmp_path / "a"], [b"new file"])
    assert contents(tmp_path) == {"a": b"new file"}
    assert len(synced) == (2 if threads > 1 else 0)


def test_a_disk_that_fails_meanwhile_fails_the_save(tmp_path, monkeypatch):
    save([tmp_path / "a"], [b"old file"])
    monkeypatch.setattr(atomic, "SYNC_EVERY", 4)
    monkeypatch.setattr(atomic, "_sync_data", FailingCall(lambda descriptor: None, 1))
    with options(threads=2), pytest.raises(OSError, match="No space left"):
        save([tmp_path / "a"], [b"new file"])
    assert contents(tmp_path) == {"a": b"old file"}


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, GeneratorExit])
def test_an_exception_while_writing(tmp_path, error):
    path = tmp_path / "a.gz"
    path.write_bytes(b"old")
    with pytest.raises(error, match="ours"):
        save_half(path, error)
    assert contents(tmp_path) == {"a.gz": b"old"}


@POSIX
def test_a_target_that_is_no_file_is_closed_after_an_exception():
    before = open_files()
    with pytest.raises(KeyError, match="ours"):
        save_half(os.devnull, KeyError)
    assert open_files() == before


@POSIX
@pytest.mark.parametrize("call", ["chown", "chmod", "close"])
def test_what_a_save_can_do_without_may_fail(tmp_path, call):
    path = tmp_path / "a"

    def save_again():
        path.write_bytes(b"old")
        save([path], [b"new text"])

    failures = list(every_failure(save_again, [call]))
    assert len(failures) >= 1
    assert [failure.raised for failure in failures] == [None] * len(failures)
    assert contents(tmp_path) == {"a": b"new text"}


def test_short_writes_go_on(tmp_path, monkeypatch):
    monkeypatch.setattr(atomic, "write", lambda number, data: os.write(number, data[:2]))
    save([tmp_path / "a"], [b"0123456789"])
    assert contents(tmp_path) == {"a": b"0123456789"}


def test_order_of_replacement(tmp_path, monkeypatch):
    order = []

    def replace(old, new):
        order.append(new.name)
        old.replace(new)

    monkeypatch.setattr(atomic, "replace", replace)
    save([tmp_path / "data", tmp_path / "header"], [b"1", b"2"])
    assert order == ["data", "header"]


@POSIX
@pytest.mark.parametrize("mode", [0o600, 0o664, 0o755])
def test_permissions_of_the_target_are_kept(tmp_path, mode):
    path = tmp_path / "a"
    path.touch()
    path.chmod(mode)
    save([path], [b"new"])
    assert stat.S_IMODE(path.stat().st_mode) == mode


@POSIX
def test_nobody_else_opens_a_new_file_before_it_has_the_permissions_of_the_old(
    tmp_path, monkeypatch
):
    path = tmp_path / "a"
    path.touch(0o644)
    modes = []
    copy_access = atomic._copy_access

    def noted(old, new):
        modes.append(stat.S_IMODE(new.stat().st_mode))
        copy_access(old, new)

    monkeypatch.setattr(atomic, "_copy_access", noted)
    save([path], [b"new"])
    assert modes == [0o600]


@POSIX
def test_a_new_file_follows_the_umask(tmp_path):
    old = os.umask(0o027)
    try:
        save([tmp_path / "a"], [b"new"])
    finally:
        os.umask(old)
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o640


@POSIX
@pytest.mark.parametrize("there", [True, False])
def test_symbolic_links_stay(tmp_path, there):
    (tmp_path / "store").mkdir()
    real = tmp_path / "store" / "real.gz"
    if there:
        real.write_bytes(b"old")
    link = tmp_path / "link.gz"
    link.symlink_to(real)
    save([link], [b"new text"])
    assert link.is_symlink()
    assert open_source(real).read(0, 8) == b"new text"
    assert {path.name for path in tmp_path.rglob("*")} == {"store", "real.gz", "link.gz"}


@pytest.mark.parametrize("through", ["itself.nii", "other.nii"])
def test_a_link_that_leads_back_to_itself_is_not_replaced(tmp_path, through):
    (tmp_path / "itself.nii").symlink_to(through)
    if through == "other.nii":
        (tmp_path / through).symlink_to("itself.nii")
    with pytest.raises(ImageFileError, match=r"itself\.nii: is a link that leads back to itself"):
        atomic.open_target(tmp_path / "itself.nii")
    assert (tmp_path / "itself.nii").is_symlink()
    assert not list(tmp_path.glob(".*"))


def test_missing_folder(tmp_path):
    with pytest.raises(MissingFileError, match=r"there is no folder .*none$"):
        save([tmp_path / "none" / "a"], [b""])


@POSIX
def test_write_protected(tmp_path, monkeypatch):
    path = tmp_path / "a"
    path.write_bytes(b"old")
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may write anything
    with pytest.raises(ImageFileError, match="write-protected"):
        save([path], [b"new"])
    assert contents(tmp_path) == {"a": b"old"}


def test_folder_without_permission(tmp_path, monkeypatch):
    def refuse(*_):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(ImageFileError, match=r"a: cannot be written.*Permission denied"):
        save([tmp_path / "a"], [b"new"])


@POSIX
def test_devices_are_written_directly():
    save([os.devnull], [b"text"])
    assert not os.path.isfile(os.devnull)  # noqa: PTH113


def test_writing_after_the_end(tmp_path):
    with open_for_write([FileHolder(tmp_path / "a")]) as (stream,):
        stream.write(b"text")
    with pytest.raises(ImageFileError, match="closed"):
        stream.write(b"more")


def test_long_names_and_many_threads(tmp_path):
    path = tmp_path / ("é" * 100 + ".nii")
    texts = [bytes([k]) * 50_000 for k in range(8)]
    threads = [Thread(target=save, args=([path], [text])) for text in texts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert list(contents(tmp_path)) == [path.name]
    assert path.read_bytes() in texts
