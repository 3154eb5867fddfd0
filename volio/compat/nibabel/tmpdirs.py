"""Folders that last as long as a ``with`` statement: nibabel's ``tmpdirs`` names."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import chdir, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

__all__ = ["InGivenDirectory", "InTemporaryDirectory", "TemporaryDirectory"]


@contextmanager
def InTemporaryDirectory() -> Iterator[str]:
    """Work in a new folder, which is removed at the end; gives its path."""
    with TemporaryDirectory() as folder, chdir(folder):
        yield str(Path(folder).resolve())


@contextmanager
def InGivenDirectory(path: str | os.PathLike[str] | None = None) -> Iterator[str]:
    """Work in a folder that stays, made if need be; the current one by default.

    Parameters
    ----------
    path : str or PathLike, optional
    """
    folder = Path.cwd() if path is None else Path(path)
    folder.mkdir(parents=True, exist_ok=True)
    with chdir(folder):
        yield os.fspath(folder.resolve() if path is None else path)
