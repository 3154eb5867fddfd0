"""Write beside the target, then replace it: at any moment it is the complete old or new file."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from volio.errors import ImageFileError, MissingFileError
from volio.files.target import Target

__all__ = ["DirectFile", "Replacement", "commit", "open_target"]

# Named here so that tests can make the n-th call fail.
write = os.write
fsync = os.fsync
replace = os.replace

O_BINARY: int = getattr(os, "O_BINARY", 0)  # Windows only


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

    def _open(self) -> int:
        return os.open(self.path, os.O_WRONLY | O_BINARY)

    def _put(self, view: memoryview) -> int:
        if self._descriptor is None:
            raise ImageFileError(f"{self.path}: has been closed, nothing more can be written")
        try:
            return write(self._descriptor, view)
        except OSError as error:
            error.filename = str(self.path)  # a full disk: say whose
            raise

    def finish(self) -> None:
        """Close the file."""
        if self._descriptor is not None:
            descriptor, self._descriptor = self._descriptor, None
            os.close(descriptor)

    def discard(self) -> None:
        """Close the file after an exception."""
        with suppress(OSError):
            DirectFile.finish(self)


class Replacement(DirectFile):
    """A new file beside a regular target, or beside one that is not there yet.

    The new file takes over the permissions and, where allowed, the owner of the old one.

    Parameters
    ----------
    path : Path
        The real file, no symbolic link.
    """

    def _open(self) -> int:
        stem = f".{self.path.name[:40]}.{os.urandom(8).hex()}"
        self._new = self.path.with_name(f"{stem}.part")
        self._old = self.path.with_name(f"{stem}.old.part")
        self._was_there = self.path.exists()
        descriptor = _create(self._new, self.path, private=self._was_there)
        if self._was_there:
            _copy_access(self.path, self._new)
        return descriptor

    def finish(self) -> None:
        """Bring all bytes to the disk and close the new file; the target is still the old one."""
        if self._descriptor is not None:
            fsync(self._descriptor)
        super().finish()

    def keep_old(self) -> None:
        """Give the old file a second name, where the file system has hard links."""
        with suppress(OSError, NotImplementedError):
            os.link(self.path, self._old)

    def place(self) -> None:
        """Put the new file in the place of the old one."""
        replace(self._new, self.path)
        _sync_folder(self.path.parent)

    def take_back(self) -> None:
        """Put back the old file that `keep_old` kept; a file that is new goes away."""
        if self._old.exists():
            self._old.replace(self.path)
        elif not self._was_there:
            self.path.unlink(missing_ok=True)

    def discard(self) -> None:
        """Remove what lies beside the target; after `place`, that is the old file at most."""
        super().discard()
        for path in (self._new, self._old):
            with suppress(OSError):  # mostly: not there
                path.unlink()


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
    if path.exists() and not os.access(path, os.W_OK):
        raise ImageFileError(f"{path}: is write-protected; remove it or choose another name")
    if path.exists() and not path.is_file():
        return DirectFile(path)
    return Replacement(Path(os.path.realpath(path)))


def commit(targets: Sequence[Target]) -> None:
    """Make all targets complete, then put them in place in the given order.

    If one of them cannot be placed, those before it are taken back.
    """
    for target in targets:
        target.finish()
    for target in targets[:-1]:  # the last one needs no way back
        if isinstance(target, Replacement):
            target.keep_old()
    placed: list[Target] = []
    try:
        for target in targets:
            target.place()
            placed.append(target)
    except BaseException:
        for target in reversed(placed):
            target.take_back()
        raise


def _create(new: Path, path: Path, *, private: bool) -> int:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | O_BINARY
    try:
        return os.open(new, flags, 0o600 if private else 0o666)  # less the umask
    except (FileNotFoundError, NotADirectoryError):
        raise MissingFileError(
            f"{path}: cannot be written, there is no folder {path.parent}"
        ) from None
    except OSError as error:
        raise ImageFileError(
            f"{path}: cannot be written, no new file can be made in its folder ({error.strerror})"
        ) from error


def _copy_access(old: Path, new: Path) -> None:
    status = old.stat()
    if sys.platform != "win32":
        with suppress(OSError):  # only root may give files away
            os.chown(new, status.st_uid, status.st_gid)
    with suppress(OSError):  # some file systems have no permissions
        new.chmod(stat.S_IMODE(status.st_mode))


def _sync_folder(folder: Path) -> None:
    # Some systems cannot sync a folder. The target is complete either way: after a power cut
    # it may be the old file.
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            fsync(descriptor)
        finally:
            os.close(descriptor)
