"""Files that volio does not read are named in the error."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

import volio
from volio.errors import UnknownFormatError
from volio.formats import recognise

PREAMBLE = struct.pack("<i", 348).ljust(128, b"\0")


@pytest.mark.parametrize(
    ("head", "title"),
    [
        (b"\0" * 128 + b"DICM\x02\0\0\0", "DICOM"),
        (PREAMBLE + b"DICM".ljust(400, b"\0"), "DICOM"),  # looks like Analyze by its size
        (b"CDF\x05\0\0\0\0", "NetCDF"),
        (b"TRACK\0\xc0\0", "TrackVis"),
        (b'<?xml version="1.0"?>\n<!DOCTYPE GIFTI SYSTEM "gifti.dtd">\n<GIFTI>', "GIFTI"),
        (b"\xff\xff\xfecreated by", "FreeSurfer surface"),
        (b"<!DOCTYPE html><html>", "web page"),
        (b"version https://git-lfs.github.com/spec/v1\n", "git lfs pull"),
        (b"../.git/annex/objects/fX/1j/MD5E-s12--ab.nii.gz", "git annex get"),
    ],
)
def test_the_first_bytes_name_the_format(head: bytes, title: str) -> None:
    with pytest.raises(UnknownFormatError, match=title):
        recognise("scan.nii", head)


@pytest.mark.parametrize(
    ("name", "title"), [("a+orig.BRIK.gz", "AFNI"), ("T1.REC", "PAR/REC"), ("lh.annot", "annot")]
)
def test_a_name_tells_where_the_bytes_do_not(name: str, title: str) -> None:
    with pytest.raises(UnknownFormatError, match=title):
        recognise(name, b"\5" * 400)


def test_an_image_without_its_header_says_so(tmp_path: Path) -> None:
    (tmp_path / "scan.img").write_bytes(bytes(1000))
    with pytest.raises(UnknownFormatError, match=r"the \.hdr file .* is not there"):
        volio.load(tmp_path / "scan.img")
