"""Replacing a folder in one step: written next to the target, then renamed.

The new folder is ``.NAME.....part``. When it is complete the two exchange their names in one step,
and the old one is removed. Where the system cannot do that the old one is renamed away, and the new
one takes its name. At every moment one of the two is complete, and after an exception the target is
what it was. The saving process holds a lock on the new folder: one without a lock is what a killed
save has left, and the next save removes it, or puts the old folder back.
"""

from __future__ import annotations

import glob
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import mkdtemp

from volio.errors import ImageFileError, MissingFileError
from volio.files.saving.exchange import exchanged
from volio.files.saving.temporary import take_lock
from volio.files.saving.temporary_names import beginning
from volio.settings import options

__all__ = ["replaced_folder"]

# Endings of the new folder, and of the old one while the two are exchanged.
NEW = ".new.part"
OLD = ".old.part"


@contextmanager
def replaced_folder(path: Path, marks: Sequence[str]) -> Iterator[Path]:
    """Give a new folder to write to, which replaces a target at the end of a ``with`` statement.

    Parameters
    ----------
    path : Path
        The target; where it is a link the folder that it leads to is replaced.
    marks : sequence of str
        Names of which a folder that may be replaced has one: others are not removed.

    Raises
    ------
    MissingFileError
        If the folder around the target does not exist.
    ImageFileError
        If the target is a file or another folder, or cannot be written.
    """
    target = Path(os.path.realpath(path))
    _check_target(path, target, marks)
    _tidy_up(target)
    new = _new_folder(path, target)
    descriptor = None
    try:
        _give_access(new, target)
        descriptor = _open_folder(new)
        yield new
        if target.exists():
            _exchange(new, target)
        else:
            new.rename(target)
    except BaseException:
        _remove(new)
        raise
    finally:
        if descriptor is not None:
            os.close(descriptor)


def _remove(folder: Path) -> None:
    """Remove a folder as far as the system lets; what fails once is tried again."""
    for _ in range(2):
        with suppress(OSError):  # it closes twice what cannot be closed
            shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            return


def _check_target(path: Path, target: Path, marks: Sequence[str]) -> None:
    if not target.parent.is_dir():
        raise MissingFileError(f"{path}: cannot be written, there is no folder {target.parent}")
    if target.is_dir():
        names = os.listdir(target)  # noqa: PTH208  names, not paths
        if names and not any(mark in names for mark in marks):
            raise ImageFileError(
                f"{path}: is a folder without {' or '.join(marks)} in it, which is not replaced"
            )
    elif target.exists():
        raise ImageFileError(f"{path}: is a file, and a folder is to be written; remove it first")


def _new_folder(path: Path, target: Path) -> Path:
    try:
        return Path(mkdtemp(NEW, beginning(target.name), target.parent))
    except OSError as error:
        raise ImageFileError(
            f"{path}: cannot be written, no folder can be made next to it ({error.strerror})"
        ) from error


def _give_access(new: Path, target: Path) -> None:
    """Give a folder that is private to its user the permissions of the old one, or of a new one."""
    if target.is_dir():
        shutil.copymode(target, new)
    else:
        umask = os.umask(0)
        os.umask(umask)
        new.chmod(0o777 & ~umask)


def _tidy_up(target: Path) -> None:
    """Remove what killed saves of the target have left; put back the folder they renamed away."""
    pattern = glob.escape(beginning(target.name))
    for old in sorted(target.parent.glob(f"{pattern}*{OLD}")):
        if not target.exists():
            old.rename(target)
        elif _is_left(old):
            _remove(old)
    for new in target.parent.glob(f"{pattern}*{NEW}"):
        if _is_left(new):
            _remove(new)


def _is_left(folder: Path) -> bool:
    """Return whether no process holds the lock of a folder; False where there are no locks."""
    descriptor = _open_folder(folder)
    if descriptor is None:
        return False
    os.close(descriptor)
    return True


def _open_folder(folder: Path) -> int | None:
    """Open and lock a folder; None where another process has the lock, or there are none."""
    if os.name != "posix":
        return None
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError:
        return None
    if take_lock(descriptor):
        return descriptor
    os.close(descriptor)
    return None


def _exchange(new: Path, target: Path) -> None:
    """Put a new folder in place of the old one, which is put back where that fails."""
    if hasattr(os, "sync") and options.durable:
        os.sync()  # what replaces the old folder must be on disk before that goes
    if exchanged(new, target):
        _remove(new)  # which is the old one by now
        return
    old = new.with_name(new.name.removesuffix(NEW) + OLD)
    target.rename(old)
    try:
        new.rename(target)
    except BaseException:
        with suppress(OSError):
            old.rename(target)
        raise
    _remove(old)
