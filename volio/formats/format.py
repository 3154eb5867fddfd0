"""Format and FileLayout: a row of the table of formats, and how its images are stored."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

from volio.cached import cached_property
from volio.files.names import split_ending
from volio.formats.peek import Peek
from volio.images.kinds import Kind

if TYPE_CHECKING:
    from volio.images.file_image import FileImage

__all__ = ["FileLayout", "Format"]


@dataclass(frozen=True)
class FileLayout:
    """One way an image of a format is stored: its class, its files and how they are recognised.

    Parameters
    ----------
    image : str
        Name of the image class in the format's module.
    files : tuple of str
        Endings of the files of one image, the one with the header first.
    score : callable
        ``score(peek)`` says how well a `Peek` fits: 0 for not at all, 10 for nothing against it,
        100 for a magic number.
    aliases : tuple of str
        Further endings of the first file.
    stem : re.Pattern, optional
        Matches the end of a name without ending that stands for the files of an image.
    by_name : bool
        Nothing in such a file identifies it: it is scored only where its name fits, and only
        if no other layout recognises what is in it.
    folder : bool
        A folder can be an image of this layout; the others are not asked about folders.
    schemes : tuple of str
        Protocols of addresses that only this layout has; nothing is asked for to recognise them.
    inside : callable, optional
        ``inside(peek)`` says whether a file is of this layout by what is further inside. It is
        asked where several formats fit equally well; one that has it and says no is out.
    first_bytes : bytes, optional
        Every value that the first byte of such a file has, decompressed: the score of a file that
        begins with another one is 0, and is not asked for. Default: any.
    """

    image: str
    files: tuple[str, ...]
    score: Callable[[Peek], int]
    aliases: tuple[str, ...] = ()
    stem: re.Pattern[str] | None = None
    by_name: bool = False
    folder: bool = False
    schemes: tuple[str, ...] = ()
    inside: Callable[[Peek], bool] | None = None
    first_bytes: bytes | None = None

    @cached_property
    def endings(self) -> tuple[str, ...]:
        """Every ending that a file of this layout may have; none where names say nothing."""
        return tuple(filter(None, (*self.files, *self.aliases)))

    def may_begin_with(self, first: int | None) -> bool:
        """Return whether a file can begin with this byte; so it can where that is not known."""
        return first is None or self.first_bytes is None or first in self.first_bytes

    def named_like(self, name: str) -> bool:
        """Return whether a name has one of the endings (compressed or not), or stands for files."""
        if split_ending(name, self.endings)[1]:
            return True
        return self.stem is not None and self.stem.search(name) is not None


@dataclass(frozen=True)
class Format:
    """A row of the table of formats.

    Parameters
    ----------
    name : str
        Of the row, the module, the test, the sample folder and the page.
    title : str
        As people call it.
    kind : str
        'volume', 'surface', 'greyordinates', 'tracts' or 'transform': what its images are about,
        which is that of their classes and decides what can be done with them.
    layouts : tuple of FileLayout
        How its images are stored; the first is the usual way.
    write : bool
        Whether volio writes it.
    remote : bool
        Whether images at http and https addresses, and those that fsspec knows, can be read.
    extra : str, optional
        The extra of volio that it needs.
    headers : tuple of str
        Names of header classes that are public, as image classes are: names of ``volio`` itself.
    module_name : str, optional
        Of the module with the image classes (default: ``volio.formats.`` and the row's name).
    """

    name: str
    title: str
    kind: Kind
    layouts: tuple[FileLayout, ...]
    write: bool = True
    remote: bool = True
    extra: str | None = None
    headers: tuple[str, ...] = ()
    module_name: str | None = None

    @property
    def endings(self) -> tuple[str, ...]:
        """Every ending of the format's files, without compression."""
        return tuple(dict.fromkeys(end for layout in self.layouts for end in layout.endings))

    @property
    def images(self) -> tuple[str, ...]:
        """Names of the image classes, each once."""
        return tuple(dict.fromkeys(layout.image for layout in self.layouts))

    @property
    def lazy(self) -> bool:
        """Whether voxels are read when they are asked for; what the format needs is installed."""
        return hasattr(self.image_class(), "ImageArrayProxy")

    @property
    def module_path(self) -> str:
        """Full name of the module that knows the inside of the files."""
        return self.module_name or f"volio.formats.{self.name}"

    @property
    def module(self) -> ModuleType:
        """The module that knows the inside of the files."""
        return import_module(self.module_path)

    def image_class(self, layout: FileLayout | None = None) -> type[FileImage]:
        """Return the image class of a layout (by default the first)."""
        cls: type[FileImage] = getattr(self.module, (layout or self.layouts[0]).image)
        return cls
