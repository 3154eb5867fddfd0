"""Files opened by the ending of their name: nibabel's ``openers`` names.

volio itself reads through `volio.files.opener`, which goes by the content.
"""

from __future__ import annotations

import gzip
import os
from collections.abc import Callable, Iterable, Iterator
from typing import Any, ClassVar, Protocol, Self, runtime_checkable

from volio.errors import UsageError
from volio.files.filemap import FileHolder
from volio.files.fileobjects import open_file
from volio.files.names import COMPRESSED_ENDINGS

__all__ = ["Fileish", "ImageOpener", "Opener"]


@runtime_checkable
class Fileish(Protocol):
    """What an Opener takes besides names: a file object."""

    def read(self, size: int = -1, /) -> bytes:
        """Return at most `size` bytes."""

    def write(self, b: bytes, /) -> int | None:
        """Write bytes."""


def open_compressed(
    filename: str | os.PathLike[str], mode: str = "rb", compresslevel: int | None = None
) -> Any:
    """Open a compressed file for reading or for writing.

    Parameters
    ----------
    filename : str or PathLike
    mode : {'rb', 'wb'}, optional
    compresslevel : int, optional
        For writing.
    """
    return open_file(FileHolder(filename), mode.replace("t", ""), compresslevel)


def open_mgz(
    filename: str | os.PathLike[str], mode: str = "rb", compresslevel: int | None = None
) -> Any:
    """Open a file that is compressed with gzip though its name does not say so."""
    if "r" in mode:
        return open_compressed(filename, mode)
    level = Opener.default_compresslevel if compresslevel is None else compresslevel
    return gzip.GzipFile(filename, mode, level, mtime=0)


How = tuple[Callable[..., Any], tuple[str, ...]]


class Opener:
    """A file object, opened by the ending of a name unless it is one already.

    Parameters
    ----------
    fileish : str, PathLike or file object
        Of file objects, nothing is closed or decompressed.
    *args, **kwargs
        Given to the function that opens: ``mode`` ('rb' by default), ``compresslevel``.
    """

    #: Ending -> the function that opens it and the names of its arguments after the file name;
    #: None stands for all other endings. Subclasses may add to a copy.
    compress_ext_map: ClassVar[dict[str | None, How]] = {
        **dict.fromkeys(COMPRESSED_ENDINGS, (open_compressed, ("mode", "compresslevel"))),
        None: (open, ("mode", "buffering")),
    }
    #: Level of compression unless another is asked for.
    default_compresslevel: ClassVar[int] = 1
    #: Whether endings are found in any case.
    compress_ext_icase: ClassVar[bool] = True

    fobj: Any

    def __init__(self, fileish: Any, *args: Any, **kwargs: Any) -> None:
        self.me_opened = not (hasattr(fileish, "read") or hasattr(fileish, "write"))
        self._name = None
        self._mode = None
        if not self.me_opened:
            self.fobj = fileish
            return
        if not isinstance(fileish, str | os.PathLike):
            raise UsageError(f"fileish: must be a file name or file object, got {fileish!r}")
        self._name = fileish
        function, names = self._way(os.fspath(fileish))
        options = dict(zip(names, args, strict=False)) | kwargs
        self._mode = options.setdefault("mode", "rb")
        if "compresslevel" in names and "w" in options["mode"]:
            options.setdefault("compresslevel", self.default_compresslevel)
        # nibabel's own reader keeps decoders open on request; here there are none to keep.
        for name in ("keep_open", "mtime"):
            options.pop(name, None)
        self.fobj = function(fileish, **options)

    def _way(self, name: str) -> How:
        ending = os.path.splitext(name)[1]  # noqa: PTH122 - the name is text, not a Path
        for known, way in self.compress_ext_map.items():
            same = ending.lower() == (known or "").lower() and self.compress_ext_icase
            if known is not None and (same or ending == known):
                return way
        return self.compress_ext_map[None]

    @property
    def name(self) -> Any:
        """The name given, or that of the file object; None if it has none."""
        return self._name if self.me_opened else getattr(self.fobj, "name", None)

    @property
    def mode(self) -> Any:
        """The mode in which the file was opened."""
        return self._mode if self.me_opened else self.fobj.mode

    @property
    def closed(self) -> bool:
        """Whether the file object is closed."""
        return bool(self.fobj.closed)

    def fileno(self) -> int:
        """Return the number of the file of the operating system."""
        return int(self.fobj.fileno())

    def read(self, size: int = -1, /) -> Any:
        """Return at most `size` bytes, all by default."""
        return self.fobj.read(size)

    def readinto(self, buffer: Any, /) -> int | None:
        """Fill a buffer as far as there are bytes; return how many."""
        count: int | None = self.fobj.readinto(buffer)
        return count

    def write(self, b: Any, /) -> int | None:
        """Write bytes; return how many."""
        count: int | None = self.fobj.write(b)
        return count

    def writelines(self, lines: Iterable[Any], /) -> None:
        """Write several pieces."""
        for line in lines:
            self.fobj.write(line)

    def seek(self, pos: int, whence: int = 0, /) -> int:
        """Move to a position."""
        place: int = self.fobj.seek(pos, whence)
        return place

    def tell(self, /) -> int:
        """Return the position."""
        return int(self.fobj.tell())

    def close(self, /) -> None:
        """Close the file object, also one that it did not open."""
        self.fobj.close()

    def close_if_mine(self) -> None:
        """Close the file object if it was opened here."""
        if self.me_opened:
            self.close()

    def __iter__(self) -> Iterator[Any]:
        return iter(self.fobj)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        if self.me_opened and hasattr(self.fobj, "__exit__"):
            self.fobj.__exit__(*raised)


class ImageOpener(Opener):
    """An Opener that also knows endings which stand for a compressed image."""

    compress_ext_map: ClassVar[dict[str | None, How]] = {
        **Opener.compress_ext_map,
        ".mgz": (open_mgz, ("mode", "compresslevel")),
    }
