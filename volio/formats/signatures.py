"""Files that volio does not read, known by how they begin or end, so that errors can name them."""

from __future__ import annotations

import re

from volio.files.names import split_ending

__all__ = ["beginning_of", "ending_of"]

#: What such a file is, and a pattern of how its first bytes begin.
BEGINNINGS = (
    ("DICOM", rb".{128}DICM"),
    ("NetCDF of a kind that MINC has not", rb"CDF\x05"),
    ("MRtrix streamlines", rb"mrtrix tracks"),
    ("TrackVis streamlines", rb"TRACK\0"),
    ("GIFTI", rb"\s*<.{0,1000}<GIFTI"),
    ("a VTK file", rb"# vtk DataFile"),
    ("a PLY mesh", rb"ply\r?\n"),
    ("an MZ3 mesh", rb"MZ.\0"),
    ("a FreeSurfer surface", rb"\xff\xff[\xfd\xfe]"),
    ("values of a FreeSurfer surface", rb"\xff\xff\xff"),
    ("a FreeSurfer label", rb"#!ascii label"),
    ("an MNI transform", rb"MNI Transform File"),
    ("an ITK transform", rb"#Insight Transform File"),
    ("a MATLAB file", rb"MATLAB [57]"),
    ("a numpy array", rb"\x93NUMPY"),
    ("TIFF", rb"(II[*+]\0|MM\0[*+])"),
    ("PNG", rb"\x89PNG"),
    ("JPEG", rb"\xff\xd8\xff"),
    ("a zip archive (TRX streamlines, perhaps)", rb"PK\x03\x04"),
    ("a web page (a download that failed, perhaps)", rb"(?i)\s*<(!doctype )?html"),
    ("data of 'compress' (.Z; 'gunzip' decompresses them)", rb"\x1f\x9d"),
    ("a Git LFS pointer ('git lfs pull' gets the file)", rb"version https://git-lfs"),
    ("a git-annex pointer ('git annex get' gets the file)", rb"\S*/annex/objects/"),
)

#: What such a file is that has no telling first bytes.
ENDINGS = {
    ".dcm": "DICOM",
    ".annot": "a FreeSurfer annotation",
}


def beginning_of(head: bytes) -> str | None:
    """Say what a file is that volio does not read, by its first bytes (decompressed)."""
    return next((what for what, start in BEGINNINGS if re.match(start, head, re.DOTALL)), None)


def ending_of(name: str) -> str | None:
    """Say what a file is that volio does not read, by its name."""
    return ENDINGS.get(split_ending(name, tuple(ENDINGS))[1].lower())
