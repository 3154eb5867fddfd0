"""Signatures: how well a file fits a format, and what files that volio does not read begin with.

A score is 0 where a file cannot be of a format. `MAGIC` is for bytes that only this format has,
`SURE` for bytes that few others have, and `WEAK` where nothing speaks against it. A format that
is more specific than its family (by the intent code of a NIfTI-2 header, for instance) adds a
little to `MAGIC`.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from functools import cache
from typing import NamedTuple

from volio.files.names import compressed_names, split_ending
from volio.formats.peek import Peek

__all__ = [
    "AFNI_ATTRIBUTE",
    "CIFTI_EXTENSION",
    "CIFTI_INTENTS",
    "HDF5",
    "MAGIC",
    "METAIMAGE",
    "MIF",
    "NIFTI1",
    "NIFTI2",
    "NRRD",
    "PAR_HEADER",
    "SURE",
    "UNREAD",
    "WEAK",
    "XML_HEADER",
    "NiftiSignature",
    "TextSignature",
    "UnreadFile",
    "analyze",
    "begins",
    "catmaid",
    "cifti2",
    "has_cifti_intent",
    "has_minc",
    "magic",
    "mgh",
    "n5",
    "never",
    "precomputed",
    "spm",
    "tiff",
    "zarr",
]

MAGIC = 100
SURE = 50
WEAK = 10

# Analyze and its descendants begin with the size of the header, in either byte order.
SIZE_348 = struct.pack("<i", 348), struct.pack(">i", 348)


# How headers of text begin, perhaps after a byte order mark.
AFNI_ATTRIBUTE = rb"\s*type\s*=\s*(string|integer|float)-attribute"
PAR_HEADER = rb"(\xef\xbb\xbf)*# === DATA DESCRIPTION FILE"
#: Documents of which every group and array of Zarr has one.
ZARR_MARKS = ("zarr.json", ".zgroup", ".zattrs", ".zarray")
#: The document of a precomputed volume: those of meshes and annotations have no scales.
VOLUME_INFO = re.compile(rb'\s*\{.*"(scales|num_channels)"\s*:', re.DOTALL)
#: Attributes that groups and datasets of N5 have, and others have not.
N5_ATTRIBUTES = re.compile(
    rb'\s*\{.*"(n5|dimensions|blockSize|multiScale|multiscales|scales|downsamplingFactors'
    rb'|pixelResolution)"\s*:',
    re.DOTALL,
)
#: The description of a stack of CATMAID, and where a server has it.
STACK_INFO = re.compile(rb'\s*\{.*"(dimension|mirrors|stitle|num_zoom_levels)"\s*:', re.DOTALL)
STACK_ADDRESS = re.compile(r"(catmaid\+)?https?://.*/[0-9]+/stack/[0-9]+(/info)?/?", re.IGNORECASE)
HDF5 = b"\x89HDF\r\n\x1a\n"
MINC2_GROUP = b"minc-2.0"
XML_HEADER = rb"(\xef\xbb\xbf)?\s*(<\?xml[^>]*>\s*)?<PRIDE_V\d"


def magic(offset: int, *magics: bytes, score: int = MAGIC) -> Callable[[Peek], int]:
    """Return what scores files with one of these magic numbers at an offset in bytes."""

    def score_of(peek: Peek) -> int:
        return score if peek.head.startswith(magics, offset) else 0

    return score_of


def begins(pattern: bytes, score: int = MAGIC) -> Callable[[Peek], int]:
    """Return what scores files whose first bytes match a regular expression."""
    matches = re.compile(pattern).match

    def score_of(peek: Peek) -> int:
        return score if matches(peek.head) else 0

    return score_of


class NiftiSignature(NamedTuple):
    """How a NIfTI header is recognised, and which of its two layouts a file has.

    Files of the one layout with the magic number of the other, with none, or with one that no
    format has, are recognised by their names: a ``.nii`` stands alone, a header without voxels next
    to a ``.img`` does not.

    Attributes
    ----------
    size : int
        Bytes of the fields, which are the first number of the header.
    offset : int
        Byte of the magic number.
    version : bytes
        Digit of the magic number.
    """

    size: int
    offset: int
    version: bytes

    def single(self, peek: Peek) -> int:
        """Score one file with header and voxels."""
        if self._has_magic(peek, b"n+"):
            return MAGIC
        if not self._has_size(peek) or not self._is_alone(peek):
            return 0
        return MAGIC + 1 if self._has_magic(peek, b"ni") else 3 * WEAK

    def pair(self, peek: Peek) -> int:
        """Score the header of a pair."""
        if self._has_magic(peek, b"ni"):
            return MAGIC
        if len(peek.head) > self.size + 4:
            return 0
        if self._has_magic(peek, b"n+"):
            score = MAGIC + 1
        elif self.size != 348 and self._has_size(peek):
            # The size of NIfTI-2 is enough, that of NIfTI-1 is not: Analyze has it, too.
            score = 3 * WEAK
        else:
            return 0
        # Looked for last: it asks the file system several times.
        return score if self._has_voxels_beside(peek) else 0

    def _has_magic(self, peek: Peek, start: bytes) -> bool:
        return peek.head.startswith(start + self.version + b"\0", self.offset)

    def _has_size(self, peek: Peek) -> bool:
        return peek.head.startswith(_in_either_order(self.size))

    def _has_voxels_beside(self, peek: Peek) -> bool:
        return any(peek.beside(name) for name in compressed_names(".img"))

    def _is_alone(self, peek: Peek) -> bool:
        if peek.name:
            return bool(split_ending(peek.name, (".nii",))[1])
        # Of bytes without a name: more than a header that has no extensions.
        return len(peek.head) > self.size + 4 and not peek.head[self.size]


@cache
def _in_either_order(size: int) -> tuple[bytes, bytes]:
    """Return a number as int32 in little and big endian."""
    return struct.pack("<i", size), struct.pack(">i", size)


# In either byte order, classic and BigTIFF.
tiff = magic(0, b"II*\0", b"II+\0", b"MM\0*", b"MM\0+")
NIFTI1 = NiftiSignature(348, 344, b"1")
NIFTI2 = NiftiSignature(540, 4, b"2")


#: Intents of CIFTI-2, and the code of the header extension with its XML.
CIFTI_INTENTS = range(3000, 3100)
CIFTI_EXTENSION = 32
#: Bytes of NIfTI-2's intent, of the flag that extensions follow, and of the first one's code.
INTENT_AT = 504
FLAG_AT = 540
CODE_AT = 548


def cifti2(peek: Peek) -> int:
    """Score one file of NIfTI-2 that says it is CIFTI-2, by its intent or its first extension.

    Without any header extension it says nothing of its rows and columns: it is plain NIfTI-2.
    """
    head = peek.head
    if NIFTI2.single(peek) < MAGIC or len(head) < CODE_AT + 4 or not head[FLAG_AT]:
        return 0
    is_stated = has_cifti_intent(head) or _nifti2_number(head, CODE_AT) == CIFTI_EXTENSION
    return MAGIC + 5 if is_stated else 0


def has_cifti_intent(head: bytes) -> bool:
    """Return whether a header of NIfTI-2 begins with these bytes, with an intent of CIFTI-2."""
    is_nifti2 = head[NIFTI2.offset :].startswith((b"n+2\0", b"ni2\0"))
    if not is_nifti2 or len(head) < NIFTI2.size:
        return False
    return _nifti2_number(head, INTENT_AT) in CIFTI_INTENTS


def _nifti2_number(head: bytes, offset: int) -> int:
    """Return an int32 of a header in its byte order, which follows from the size of the fields."""
    order = "<" if head.startswith(struct.pack("<i", NIFTI2.size)) else ">"
    (number,) = struct.unpack_from(f"{order}i", head, offset)
    return int(number)


def has_minc(peek: Peek) -> bool:
    """Return whether an HDF5 file has the group that MINC2 files have."""
    if MINC2_GROUP in peek.head:  # where most programs put the names of the root
        return True
    from volio.formats.containers.hdf5.file import open_hdf5  # most files are not HDF5

    with open_hdf5(peek.source) as opened:
        return MINC2_GROUP in opened.file


def never(peek: Peek) -> int:
    """Score 0: only asked for by name."""
    return 0


def analyze(peek: Peek) -> int:
    """Score an Analyze header, which has its size and no magic number."""
    return WEAK if _size_348(peek.head) else 0


def spm(peek: Peek) -> int:
    """Score an Analyze header as SPM's: any may have an affine in a .mat file, which SPM reads."""
    return 2 * WEAK if _size_348(peek.head) else 0


def _size_348(head: bytes) -> bool:
    return head.startswith(SIZE_348) and len(head) >= 348


def mgh(peek: Peek) -> int:
    """Score an MGH header: version 1 below an intent, four axes, and the code of a dtype."""
    head = peek.head
    if len(head) < 28 or head[3] != 1:
        return 0
    *lengths, code = struct.unpack(">5i", head[4:24])
    if min(lengths) > 0 and code in range(16):
        return SURE
    return 0 if any(head[:3]) else WEAK // 2


def zarr(peek: Peek) -> int:
    """Score a folder, zip file or address that is a group or an array of Zarr.

    A zip file may hold the folder itself.
    """
    if peek.listing is None and not peek.is_folder:
        return 0
    if any(peek.has(mark) for mark in ZARR_MARKS):
        return MAGIC
    names = peek.listing or ()
    is_packed_folder = not peek.is_folder and len(names) == 1 and names[0].endswith(".zarr")
    return MAGIC if is_packed_folder else 0


def n5(peek: Peek) -> int:
    """Score a folder, zip file or address that has attributes of N5; the root may have none."""
    if N5_ATTRIBUTES.match(peek.begin_of("attributes.json")):
        return MAGIC
    return WEAK if peek.is_folder and split_ending(peek.name, (".n5",))[1] else 0


def precomputed(peek: Peek) -> int:
    """Score a folder, zip file or address that has the document of a precomputed volume."""
    return MAGIC if VOLUME_INFO.match(peek.begin_of("info")) else 0


def catmaid(peek: Peek) -> int:
    """Score the address of a stack of CATMAID, or the description of one in JSON."""
    if peek.is_folder:
        return MAGIC if STACK_ADDRESS.fullmatch(peek.name) else 0
    return MAGIC if STACK_INFO.match(peek.head) else 0


class TextSignature(NamedTuple):
    """How text headers of a format begin, and where they name their data files.

    Attributes
    ----------
    start : re.Pattern
        Matches the first bytes.
    data_file : re.Pattern
        Finds the field that names the files of the voxels; with a group ``here`` where they follow.
    score : int
        For a beginning that matches.
    """

    start: re.Pattern[bytes]
    data_file: re.Pattern[bytes]
    score: int = MAGIC

    def attached(self, peek: Peek) -> int:
        """Score a header that is followed by its voxels."""
        return self._score(peek.head, here=True)

    def detached(self, peek: Peek) -> int:
        """Score a header that names the files of its voxels."""
        return self._score(peek.head, here=False)

    def _score(self, head: bytes, here: bool) -> int:
        if not self.start.match(head):
            return 0
        found = self.data_file.search(head)
        agrees = found is not None and (found["here"] is not None) == here
        return self.score + 2 * agrees  # more than a name counts


NRRD = TextSignature(
    re.compile(rb"NRRD(000\d|00\.01)\s"),
    re.compile(rb"\ndata ?file:|(?P<here>\n\r?\n)", re.IGNORECASE),
)
# Three keys identify the format as the first; any other does where the two that no header lacks
# follow.
METAIMAGE = TextSignature(
    re.compile(
        rb"(?:\xef\xbb\xbf)?\s*"
        rb"(?:(?:ObjectType|NDims|Comment)\s*[=:]"
        rb"|(?=[A-Za-z]\w*\s*[=:])(?=(?:.*\n[^\S\n]*)?DimSize\s*[=:])"
        rb"(?=.*\n[^\S\n]*ElementDataFile\s*[=:]))",
        re.DOTALL,
    ),
    re.compile(rb"\n[^\S\n]*ElementDataFile\s*[=:]\s*(?P<here>LOCAL)?", re.IGNORECASE),
    SURE,
)
MIF = TextSignature(re.compile(rb"mrtrix image\s"), re.compile(rb"\nfile:\s*(?P<here>\.\s)?"))


class UnreadFile(NamedTuple):
    """A kind of file that volio does not read, so that errors can name it.

    Attributes
    ----------
    title : str
        As people call it.
    start : bytes
        Pattern of its first bytes (decompressed); b"" where these do not identify it.
    format : str
        Name of the format that reads such files once it is in the table; "" for none.
    ending : str
        Ending of its names, where the first bytes do not identify it.
    instead : str
        What to do, if there is something.
    """

    title: str
    start: bytes
    format: str = ""
    ending: str = ""
    instead: str = ""


UNREAD = (
    UnreadFile("DICOM", rb".{128}DICM", "dicom"),
    UnreadFile("NetCDF of a kind that MINC does not use", rb"CDF\x05"),
    UnreadFile(
        "values per point of an MRtrix .tck",
        rb"mrtrix track scalars",
        instead="load the .tck with scalars=[NAME]",
    ),
    UnreadFile("an MNI transform", rb"MNI Transform File"),
    UnreadFile("an ITK transform", rb"#Insight Transform File"),
    UnreadFile("a MATLAB file", rb"MATLAB [57]"),
    UnreadFile("a numpy array", rb"\x93NUMPY"),
    UnreadFile("PNG", rb"\x89PNG"),
    UnreadFile("JPEG", rb"\xff\xd8\xff"),
    UnreadFile("a zip archive", rb"PK\x03\x04"),
    UnreadFile("a web page (a download that failed, perhaps)", rb"(?i)\s*<(!doctype )?html"),
    UnreadFile("data of 'compress' (.Z; 'gunzip' decompresses them)", rb"\x1f\x9d"),
    UnreadFile("a Git LFS pointer ('git lfs pull' gets the file)", rb"version https://git-lfs"),
    UnreadFile("a git-annex pointer ('git annex get' gets the file)", rb"\S*/annex/objects/"),
    UnreadFile("DICOM", b"", "dicom", ".dcm"),
    UnreadFile("a surface of BrainSuite", rb"DFS_[LB]E"),
    UnreadFile("a surface of BrainNet Viewer", b"", ending=".nv"),
    UnreadFile("a scene in VRML", rb"#VRML V\d"),
    UnreadFile("a scene in X3D", rb"\s*(<\?xml[^>]*>\s*)?<(!DOCTYPE )?X3D\b"),
)
"""Files that volio does not read, as long as the table has no row of their format."""
