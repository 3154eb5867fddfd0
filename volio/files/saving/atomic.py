"""Write next to the target, then replace it: at any moment it is the complete old or new file."""

from __future__ import annotations

import errno
import os
import stat
import sys
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from volio.errors import ImageFileError
from volio.files.saving.forked import leave_in_children
from volio.files.saving.target import MOST_AT_ONCE, Target
from volio.files.saving.temporary import O_BINARY, create_beside, is_still, name_beside
from volio.files.sources.file_status import note_own_change
from volio.settings import options
from volio.threads import BackgroundWork

__all__ = ["DirectFile", "Replacement", "commit", "open_target"]

# Named here so that tests can make the n-th call fail.
write = os.write
fsync = os.fsync
replace = os.replace

ON_WINDOWS = sys.platform == "win32"

#: Bytes after which the system begins to bring them to the disk, while others are made: else all
#: of a large file would wait for it at the end. Smaller files are not worth another thread.
SYNC_EVERY = 1 << 25


class DirectFile(Target):
    """A target that cannot be replaced, as a pipe or a device: written as it is.

    Parameters
    ----------
    path : Path
    """

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path
        self._descriptor: int | None = self._open()
        leave_in_children(self)

    def _open(self) -> int:
        return os.open(self.path, os.O_WRONLY | O_BINARY)

    def _opened(self) -> int:
        if self._descriptor is None:
            raise ImageFileError(f"{self.path}: has been closed, nothing more can be written")
        return self._descriptor

    def _put(self, view: memoryview) -> int:
        try:
            return write(self._opened(), view)
        except OSError as error:
            error.filename = str(self.path)  # a full disk: name the file
            raise

    def finish(self) -> None:
        """Close the file."""
        if self._descriptor is not None:
            descriptor = self._descriptor
            self._descriptor = None
            os.close(descriptor)

    def discard(self) -> None:
        """Close the file after an exception."""
        with suppress(OSError):
            DirectFile.finish(self)

    def leave_to_parent(self) -> None:
        """Close the file in a forked child."""
        DirectFile.discard(self)


class Replacement(DirectFile):
    """A new file next to a regular target, or next to one that does not exist yet.

    The new file gets the permissions and, where allowed, the owner of the old one.

    Parameters
    ----------
    path : Path
        The real file, no symbolic link.
    """

    _is_left = False  # in a forked child, where the files are those of the parent
    _replaced: int | None = None  # descriptor of a large old file

    def _open(self) -> int:
        self._was_there = self.path.exists()
        self._old: Path | None = None
        self._new, descriptor = create_beside(self.path, 0o600 if self._was_there else 0o666)
        try:
            self._placing = self._placed = False
            self._syncing: BackgroundWork[None] = BackgroundWork(1)
            self._unsynced = 0
            if self._was_there:
                _copy_access(self.path, self._new)
        except BaseException:  # an interruption
            self._new.unlink()
            os.close(descriptor)
            raise
        return descriptor

    def _put(self, view: memoryview) -> int:
        count = super()._put(view)
        self._unsynced += count
        if self._unsynced >= SYNC_EVERY and options.threads > 1 and options.durable:
            self._unsynced = 0
            self._syncing.do(partial(_sync_data, self._opened()))
        return count

    def write_at(self, offset: int, data: Any) -> None:
        """Write bytes at an offset of the file, wherever `write` stands; gaps read as zeros."""
        todo = memoryview(data).cast("B")
        os.lseek(self._opened(), offset, os.SEEK_SET)
        try:
            while todo:
                todo = todo[self._put(todo[:MOST_AT_ONCE]) :]
        finally:
            os.lseek(self._opened(), self._position, os.SEEK_SET)

    def read_at(self, offset: int, view: memoryview) -> int:
        """Fill a view of bytes with what was written from an offset on; return how many."""
        os.lseek(self._opened(), offset, os.SEEK_SET)
        try:
            data = os.read(self._opened(), len(view))
        finally:
            os.lseek(self._opened(), self._position, os.SEEK_SET)
        view[: len(data)] = data
        return len(data)

    def finish(self) -> None:
        """Bring all bytes to the disk, unless options say no; the target is still the old file."""
        for _ in self._syncing.rest():  # raises what went wrong meanwhile
            pass
        if self._descriptor is not None and options.durable:
            fsync(self._descriptor)
        if ON_WINDOWS:  # where open files cannot be renamed
            super().finish()

    def keep_old(self) -> None:
        """Give the old file a second name, where the file system has hard links."""
        if not hasattr(os, "link"):
            return
        old = name_beside(self.path, f"{os.urandom(8).hex()}.old")
        self._old = old
        try:
            os.link(self.path, old)
        except (OSError, NotImplementedError):
            self._old = None

    def place(self) -> None:
        """Put the new file in the place of the old one."""
        self._placing = True
        self._replaced = _opened_if_large(self.path)
        try:
            replace(self._new, self.path)
        finally:
            self._close_replaced()
        self._placed = True  # the name next to it is free for other saves
        with suppress(OSError):  # the bytes are on the disk
            super().finish()
        if options.durable:
            _sync_folder(self.path.parent)

    def _close_replaced(self) -> None:
        """Let another thread free the space of a large old file."""
        descriptor = self._replaced
        self._replaced = None
        if descriptor is not None:
            BackgroundWork[None](1).do(partial(os.close, descriptor))

    def is_placed(self) -> bool:
        """Return whether the new file is the target, also if that was interrupted."""
        if self._placing and not self._placed and self._descriptor is not None:
            self._placed = is_still(self.path, self._descriptor)
        return self._placed

    def take_back(self) -> None:
        """Put back the old file that `keep_old` kept; a file that is new goes away."""
        if self._placing and self._old is not None:
            self._old.replace(self.path)
        elif self.is_placed() and not self._was_there:
            self.path.unlink(missing_ok=True)

    def discard(self) -> None:
        """Remove temporary files next to the target: after `place`, the old file at most."""
        if self._is_left:
            return
        self._syncing.drop()
        if ON_WINDOWS:
            super().discard()
        for path in (None if self.is_placed() else self._new, self._old):
            if path is not None:
                with suppress(OSError):  # mostly: not there
                    path.unlink()
        if self._old is not None:  # images that were loaded from the old file, if it is back
            note_own_change(self.path)
        super().discard()

    def leave_to_parent(self) -> None:
        """Close the new file, and a large old one, in a forked child; both stay."""
        self._is_left = True
        super().leave_to_parent()
        if self._replaced is not None:
            os.close(self._replaced)
            self._replaced = None


def open_target(path: str | os.PathLike[str]) -> DirectFile:
    """Open what will become the file at `path`.

    Symbolic links are followed, so that the link stays and its target is replaced.

    Raises
    ------
    MissingFileError
        If the folder does not exist.
    ImageFileError
        If the target is a folder or may not be written.
    """
    path = Path(path)
    if path.is_dir():
        raise ImageFileError(f"{path}: is a folder, a file name is needed")
    if _leads_in_circles(path):
        raise ImageFileError(f"{path}: is a link that leads back to itself; remove it first")
    if path.exists() and not os.access(path, os.W_OK):
        raise ImageFileError(f"{path}: is write-protected; remove it or choose another name")
    if path.exists() and not path.is_file():
        return DirectFile(path)
    return Replacement(Path(os.path.realpath(path)))


def commit(targets: Sequence[Target]) -> None:
    """Make all targets complete, then put them in place in the given order.

    If one of them cannot be placed, those before it are taken back; once the last one is in place,
    all stay.
    """
    for target in targets:
        target.finish()
    for target in targets[:-1]:  # the last one needs no way back
        if isinstance(target, Replacement):
            target.keep_old()
    try:
        for target in targets:
            target.place()
    except BaseException:
        if not targets[-1].is_placed():
            for target in reversed(targets):
                target.take_back()
        raise


def _leads_in_circles(path: Path) -> bool:
    """Return whether a path is a symbolic link that never ends at a file or a free name."""
    if not path.is_symlink():
        return False
    try:
        path.stat()
    except OSError as error:
        return error.errno == errno.ELOOP
    return False


def _copy_access(old: Path, new: Path) -> None:
    with suppress(OSError):  # only root may give files away
        if hasattr(os, "chown"):
            os.chown(new, old.stat().st_uid, old.stat().st_gid)
    with suppress(OSError):  # some file systems have no permissions
        new.chmod(stat.S_IMODE(old.stat().st_mode))


def _opened_if_large(path: Path) -> int | None:
    """Open a large file that is about to be replaced.

    The system frees its space when it is closed, which takes as long as to write some of it, and
    can be done on another thread.
    """
    with suppress(OSError):  # mostly: there is none
        if not ON_WINDOWS and options.threads > 1 and path.stat().st_size >= SYNC_EVERY:
            return os.open(path, os.O_RDONLY)
    return None


def _sync_data(descriptor: int) -> None:
    """Bring the bytes of an open file to the disk; what the folder says of it may come later."""
    getattr(os, "fdatasync", os.fsync)(descriptor)


def _sync_folder(folder: Path) -> None:
    # Some systems cannot sync a folder. The target is complete either way: after a power cut
    # it may be the old file.
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            fsync(descriptor)
        finally:
            os.close(descriptor)
