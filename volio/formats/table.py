"""DOORS: the table of formats, one row each, and recognising which one a file has.

The table knows the outside of a file: endings, first bytes, what can be written. The module of
the row's name knows the inside.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any

from volio.errors import AmbiguousFormatError, UnknownFormatError, UsageError
from volio.files.names import split_ending
from volio.formats.foreign import beginning_of, ending_of
from volio.formats.texts import METAIMAGE, MIF, NRRD

__all__ = ["FORMATS", "Door", "Format", "doors", "format_named", "is_of_pair", "recognise"]

SURE_SCORE = 50
SIZE_348 = struct.pack("<i", 348), struct.pack(">i", 348)


@dataclass(frozen=True)
class Door:
    """One way a format lies in files: its image class, endings and first bytes.

    Parameters
    ----------
    image : str
        Name of the image class in the format's module.
    files : tuple of str
        Endings of the files of one image, the one with the header first.
    looks : callable
        ``looks(head)`` scores the first bytes: 0 for no, 10 for no reason against it, 100 for a
        magic number.
    aliases : tuple of str
        Further endings of the first file.
    stem : re.Pattern, optional
        Matches the end of a name without ending that stands for the files of an image.
    """

    image: str
    files: tuple[str, ...]
    looks: Callable[[bytes], int]
    aliases: tuple[str, ...] = ()
    stem: re.Pattern[str] | None = None

    @property
    def endings(self) -> tuple[str, ...]:
        """Every ending that a file of this kind may have."""
        return (*self.files, *self.aliases)

    def named_like(self, name: str) -> bool:
        """Tell whether a name has one of the endings (compressed or not), or stands for files."""
        if split_ending(name, self.endings)[1]:
            return True
        return self.stem is not None and self.stem.search(name) is not None


@dataclass(frozen=True)
class Format:
    """A row of the table.

    Parameters
    ----------
    name : str
        Of the row, the module, the test, the sample folder and the page.
    title : str
        As people call it.
    kind : str
        'volume', 'surface' or 'tracts'.
    doors : tuple of Door
        How it lies in files; the first is the usual one.
    write : bool
        Whether volio writes it.
    remote : bool
        Whether images at http and https addresses, and those that fsspec knows, can be read.
    extra : str, optional
        The extra of volio that it needs.
    module_name : str, optional
        Of the module with the image classes, below ``volio.formats`` (default: the row's name).
    """

    name: str
    title: str
    kind: str
    doors: tuple[Door, ...]
    write: bool = True
    remote: bool = True
    extra: str | None = None
    module_name: str | None = None

    @property
    def endings(self) -> tuple[str, ...]:
        """Every ending of the format's files, without compression."""
        return tuple(dict.fromkeys(end for door in self.doors for end in door.endings))

    @property
    def lazy(self) -> bool:
        """Whether voxels are read when they are asked for; what the format needs is installed."""
        return hasattr(self.image_class(), "ImageArrayProxy")

    @property
    def module(self) -> Any:
        """The module that knows the inside of the files."""
        return import_module(f"{__name__}.{self.module_name or self.name}")

    def image_class(self, door: Door | None = None) -> type[Any]:
        """Return the image class of a door (by default the first)."""
        cls: type[Any] = getattr(self.module, (door or self.doors[0]).image)
        return cls


def _magic(offset: int, *magics: bytes) -> Callable[[bytes], int]:
    def looks(head: bytes) -> int:
        return 100 if any(head.startswith(magic, offset) for magic in magics) else 0

    return looks


def _size_348(head: bytes) -> bool:
    return head.startswith(SIZE_348) and len(head) >= 348


def _analyze(head: bytes) -> int:
    return 10 if _size_348(head) else 0


def _spm(head: bytes) -> int:
    # Any Analyze header may have an affine in a .mat file beside it, which SPM reads.
    return 20 if _size_348(head) else 0


def _afni(head: bytes) -> int:
    found = re.match(rb"\s*type\s*=\s*(string|integer|float)-attribute", head)
    return 100 if found else 0


def _parrec(head: bytes) -> int:
    return 100 if head.lstrip(b"\xef\xbb\xbf").startswith(b"# === DATA DESCRIPTION FILE") else 0


def _xmlrec(head: bytes) -> int:
    return 100 if re.match(rb"(\xef\xbb\xbf)?\s*(<\?xml[^>]*>\s*)?<PRIDE_V\d", head) else 0


def _netcdf(head: bytes) -> int:
    return 100 if head[:4] in (b"CDF\x01", b"CDF\x02") else 0


def _hdf5(head: bytes) -> int:
    return SURE_SCORE if head[:8] == b"\x89HDF\r\n\x1a\n" else 0


def _mgh(head: bytes) -> int:
    if len(head) < 28 or head[:4] != b"\0\0\0\1":
        return 0
    *lengths, kind = struct.unpack(">5i", head[4:24])
    return SURE_SCORE if min(lengths) > 0 and kind in range(16) else 5


#: Every format volio knows.
FORMATS: tuple[Format, ...] = (
    Format(
        "nifti1",
        "NIfTI-1",
        "volume",
        (
            Door("Nifti1Image", (".nii",), _magic(344, b"n+1\0")),
            Door("Nifti1Pair", (".hdr", ".img"), _magic(344, b"ni1\0")),
        ),
    ),
    Format(
        "nifti2",
        "NIfTI-2",
        "volume",
        (
            Door("Nifti2Image", (".nii",), _magic(4, b"n+2\0")),
            Door("Nifti2Pair", (".hdr", ".img"), _magic(4, b"ni2\0")),
        ),
    ),
    Format("mgh", "FreeSurfer MGH", "volume", (Door("MGHImage", (".mgh",), _mgh, (".mgz",)),)),
    Format(
        "afni",
        "AFNI",
        "volume",
        (Door("AFNIImage", (".HEAD", ".BRIK"), _afni, stem=re.compile(r"\+(orig|acpc|tlrc)\.?$")),),
    ),
    Format(
        "parrec",
        "Philips PAR/REC",
        "volume",
        (
            Door("PARRECImage", (".PAR", ".REC"), _parrec),
            Door("XMLRECImage", (".xml", ".rec"), _xmlrec),
        ),
        write=False,
    ),
    Format(
        "minc1",
        "MINC1",
        "volume",
        (Door("Minc1Image", (".mnc",), _netcdf),),
        module_name="minc.minc1",
    ),
    Format(
        "minc2",
        "MINC2",
        "volume",
        (Door("Minc2Image", (".mnc",), _hdf5),),
        extra="minc2",
        module_name="minc.minc2",
    ),
    Format("ecat", "ECAT7", "volume", (Door("EcatImage", (".v",), _magic(0, b"MATRIX7")),)),
    Format("spm2", "SPM2 Analyze", "volume", (Door("Spm2AnalyzeImage", (".hdr", ".img"), _spm),)),
    Format(
        "spm99",
        "SPM99 Analyze",
        "volume",
        # SPM2 reads what SPM99 wrote: only asked for by name.
        (Door("Spm99AnalyzeImage", (".hdr", ".img"), lambda head: 0),),
    ),
    # SPM2 reads these too, with the affine beside them: plain Analyze is only asked for by name.
    Format("analyze", "Analyze 7.5", "volume", (Door("AnalyzeImage", (".hdr", ".img"), _analyze),)),
    Format(
        "nrrd",
        "NRRD",
        "volume",
        (
            Door("NrrdImage", (".nrrd",), NRRD.behind),
            Door("NrrdPair", (".nhdr", ".raw"), NRRD.elsewhere),
        ),
    ),
    Format(
        "metaimage",
        "MetaImage",
        "volume",
        (
            Door("MetaImage", (".mha",), METAIMAGE.behind),
            Door("MetaPair", (".mhd", ".raw"), METAIMAGE.elsewhere),
        ),
    ),
    Format(
        "mif",
        "MRtrix image",
        "volume",
        (
            Door("MifImage", (".mif",), MIF.behind),
            Door("MifPair", (".mih", ".dat"), MIF.elsewhere),
        ),
    ),
)


def format_named(name: str) -> Format:
    """Return the row of a name.

    Raises
    ------
    UsageError
        If there is none.
    """
    for row in FORMATS:
        if row.name == name:
            return row
    raise UsageError(f"format: must be one of {[row.name for row in FORMATS]}, got {name!r}")


def doors() -> Iterator[tuple[Format, Door]]:
    """Go through every door of every format."""
    for row in FORMATS:
        for door in row.doors:
            yield row, door


@cache
def _pair_endings() -> frozenset[str]:
    """Every ending of a file that another one belongs to."""
    return frozenset(end for _, door in doors() if len(door.files) > 1 for end in door.endings)


def is_of_pair(name: str) -> bool:
    """Tell whether a name is one of several files of an image, or stands for them."""
    stems = (door.stem for _, door in doors() if door.stem is not None)
    return bool(split_ending(name, _pair_endings())[1]) or any(stem.search(name) for stem in stems)


def recognise(name: str, head: bytes) -> tuple[Format, Door]:
    """Find the format of a file by its name and its first bytes; the bytes count for more.

    Parameters
    ----------
    name : str
        Name of the file with the header ("" for none).
    head : bytes
        Its first bytes (4096 of them, where there are so many), decompressed.

    Raises
    ------
    UnknownFormatError
        If no format recognises the bytes.
    AmbiguousFormatError
        If several recognise them equally well.
    """
    scores = [(score, row, door) for row, door in doors() if (score := door.looks(head))]
    best = max((score for score, _, _ in scores), default=0)
    found = [(row, door) for score, row, door in scores if score == best]
    if len(found) > 1:
        found = [(row, door) for row, door in found if door.named_like(name)] or found
    if not found or (best < SURE_SCORE and beginning_of(head)):
        raise UnknownFormatError(_unknown(name, head))
    if len({row.name for row, _ in found}) > 1:
        titles = " and ".join(row.title for row, _ in found)
        raise AmbiguousFormatError(f"{name}: looks like {titles}; say which with format=")
    return found[0]


def _unknown(name: str, head: bytes) -> str:
    what = name or "data"
    if foreign := beginning_of(head) or ending_of(name):
        return f"{what}: looks like {foreign}, which volio does not read"
    shown = f"the first bytes are {head[:8].hex(' ')}" if head else "the file is empty"
    return f"{what}: no format of volio recognises it: {shown}{_hint(name)}"


def _hint(name: str) -> str:
    """Say what the name would have been right for."""
    named = [(row.title, door) for row, door in doors() if door.named_like(name)]
    if not named:
        return ""
    titles = ", ".join(dict.fromkeys(title for title, _ in named))
    alone = [door.files[0] for _, door in named if split_ending(name, door.files[1:])[1]]
    missing = f"; the {alone[0]} file that belongs to it is not there" if alone else ""
    return f"; the name is one of {titles}{missing}"
