"""Temporary files next to the target of a save: made, locked, and removed after a kill.

Its name is ``.NAME.0.part``, or the first free number where several saves of one file run at once.
The saving process holds a lock on it, which the system releases however the process ends: a file of
such a name without a lock is what a killed save has left, and the next save of the file removes it.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Any

from volio.errors import ImageFileError, MissingFileError
from volio.files.saving.forked import leave_in_children
from volio.files.saving.target import MOST_AT_ONCE
from volio.files.saving.temporary_names import beginning, temporary_name
from volio.files.sources.stream import StreamSource

__all__ = [
    "ScratchFile",
    "create_beside",
    "is_claimed",
    "is_still",
    "name_beside",
    "old_files_beside",
    "take_lock",
]

MOST = 1000  # saves of one file at once, and remains that cannot be removed
O_BINARY: int = getattr(os, "O_BINARY", 0)  # Windows only
FLAGS = os.O_RDWR | os.O_CREAT | os.O_EXCL | O_BINARY


def name_beside(path: Path, number: int | str) -> Path:
    """Return the name of a file that belongs to a save of `path`."""
    return path.with_name(temporary_name(path.name, number))


def create_beside(path: Path, mode: int) -> tuple[Path, int]:
    """Make a new file next to a target, open for reading and writing, and locked.

    Parameters
    ----------
    path : Path
        The target.
    mode : int
        Permissions, less the umask.

    Returns
    -------
    new : Path
    descriptor : int
        The lock ends when it is closed.

    Raises
    ------
    MissingFileError
        If there is no such folder.
    ImageFileError
        If no file can be made in it.
    """
    try:
        for number in range(MOST):
            new = name_beside(path, number)
            descriptor = _claim(new, mode)
            if descriptor is not None:
                return new, descriptor
    except (FileNotFoundError, NotADirectoryError):
        raise _no_folder(path) from None
    except OSError as error:
        raise _no_file(path, error) from error
    raise ImageFileError(f"{path}: cannot be written, remove the files {name_beside(path, '*')}")


def old_files_beside(path: Path) -> list[Path]:
    """Return what a save of a pair that was killed between its two steps has kept of `path`."""
    import glob  # rarely needed, as `tempfile`, and not quick to import

    if not path.parent.is_dir():
        return []
    pattern = f"{glob.escape(beginning(path.name))}*.old.part"
    return sorted(path.parent.glob(pattern))


class ScratchFile:
    """A file for what has to wait while a target is written: next to it, and removed when closed.

    On most systems it has no name, so that it is gone even after a kill.

    Parameters
    ----------
    path : Path
        The target.

    Raises
    ------
    MissingFileError
        If there is no such folder.
    """

    def __init__(self, path: Path) -> None:
        from tempfile import TemporaryFile

        self.path = path
        try:
            self._file: Any = TemporaryFile(dir=path.parent, buffering=0)  # noqa: SIM115
        except (FileNotFoundError, NotADirectoryError):
            raise _no_folder(path) from None
        except OSError as error:
            raise _no_file(path, error) from error
        leave_in_children(self)

    def leave_to_parent(self) -> None:
        """Close the file in a forked child."""
        self._file.close()

    def write_at(self, offset: int, data: Any) -> None:
        """Write bytes at an offset; gaps read as zeros."""
        todo = memoryview(data).cast("B")
        self._file.seek(offset)
        try:
            while todo:
                todo = todo[self._file.write(todo[:MOST_AT_ONCE]) :]
        except OSError as error:
            error.filename = str(self.path)  # a full disk: name the file
            raise

    def read_at(self, offset: int, view: memoryview) -> int:
        """Fill a view of bytes from an offset on; return how many there were."""
        self._file.seek(offset)
        return int(self._file.readinto(view))

    def source(self) -> StreamSource:
        """Return the file as a source of bytes."""
        return StreamSource(self._file, 0)

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()


def _claim(new: Path, mode: int) -> int | None:
    """Make and lock a file; None where another process has one of this name."""
    try:
        descriptor = os.open(new, FLAGS, mode)
    except FileExistsError:
        if not _remove_dead(new):
            return None
        try:
            descriptor = os.open(new, FLAGS, mode)
        except FileExistsError:  # another process was faster
            return None
    except OSError:
        raise
    except BaseException:  # an interruption: whether the file was made is not known
        _remove_dead(new)
        raise
    # Before the lock was taken the file may have looked dead to another process.
    try:
        if take_lock(descriptor) is not False and is_still(new, descriptor):
            return descriptor
    except BaseException:  # an interruption
        os.close(descriptor)
        _remove_dead(new)
        raise
    os.close(descriptor)
    return None


def _no_folder(path: Path) -> MissingFileError:
    return MissingFileError(f"{path}: cannot be written, there is no folder {path.parent}")


def _no_file(path: Path, error: OSError) -> ImageFileError:
    why = error.strerror
    return ImageFileError(f"{path}: cannot be written, no file can be made in its folder ({why})")


def _remove_dead(new: Path) -> bool:
    """Remove a file whose process has ended; return whether the name is free now."""
    try:
        descriptor = os.open(new, os.O_RDWR | O_BINARY)
    except FileNotFoundError:
        return True
    except OSError:  # of another user
        return False
    try:
        # Who holds the lock of a name's file is the only one who may remove it.
        if not take_lock(descriptor) or not is_still(new, descriptor):
            return False
        with suppress(OSError):
            new.unlink()
        return not new.exists()
    finally:
        os.close(descriptor)


def is_claimed(path: str) -> bool:
    """Return whether a running process has the lock of a temporary file.

    Where there are no locks the answer is yes.
    """
    try:
        descriptor = os.open(path, os.O_RDWR | O_BINARY)
    except FileNotFoundError:
        return False
    except OSError:  # of another user
        return True
    try:
        return not take_lock(descriptor)
    finally:
        os.close(descriptor)


def is_still(path: Path, descriptor: int) -> bool:
    """Return whether a name still leads to an open file."""
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def take_lock(descriptor: int) -> bool | None:
    """Lock a file: True when done, False if another process has, None where there are no locks."""
    fcntl: Any
    try:
        import fcntl
    except ImportError:  # Windows
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # some network file systems
        return None
    return True
