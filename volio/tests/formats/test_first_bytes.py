"""First bytes that layouts state: they leave out of the comparison only what would score 0."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from zipfile import ZipFile

import pytest

import volio
from volio.errors import UnknownFormatError
from volio.files.opener import open_source
from volio.files.sources.source import BytesSource
from volio.formats import lookup, table
from volio.formats.format import FileLayout, Format
from volio.formats.lookup import candidates, layouts
from volio.formats.peek import Peek
from volio.formats.recognise import recognise, recognised
from volio.formats.signatures import magic
from volio.testing.registering import registered
from volio.testing.samples import samples_of

#: What may come before text, and before what a score looks for further on.
BEFORE = [bytes([value]) for value in range(256)] + [b"\xef\xbb\xbf", b"\r\n \t", b"\xef\xbb\xbf\n"]
#: Beginnings that no sample has, each with the first bytes of one layout.
OTHER = [
    b"II+\0\x08\0\0\0",
    b"MM\0*\0\0\0\x08",
    b"MM\0+\0\x08\0\0",
    b"CDF\x01\0\0\0\0",
    b"PK\x03\x04",
    b"PK\x05\x06",
    b'{"dimension": {"x": 1}}',
    b'{"stitle": "stack"}',
    b"Comment: 1\nNDims = 3\nDimSize = 1 1 1\nElementDataFile = LOCAL\n",
    b"#!ascii label, from subject a\n",
    b"MZ\x03\0\1\0\0\0\1\0\0\0\0\0\0\0",
    b"\xff\xff\xfecreated by",
    b"\xff\xff\xfd\0\0\1\0\0\1",
    b"\xff\xff\xff\0\0\0\3\0\0\0\1\0\0\0\1",
    b"",
]


def sample_heads() -> Iterator[bytes]:
    """One head of each layout of which there is a sample, decompressed."""
    for known in table.FORMATS:
        by_image = {sample.image: sample.path for sample in samples_of(known.name)}
        for path in by_image.values():
            if path.is_file():
                yield open_source(path).head()


def random_heads() -> Iterator[bytes]:
    """Bytes without a meaning, beginning with each value in turn."""
    made = random.Random(7)
    for value in range(256):
        yield bytes([value]) + made.randbytes(600)


def without_statements() -> tuple[Format, ...]:
    """The table, with layouts that are asked whatever a file begins with."""
    return tuple(
        replace(
            known,
            layouts=tuple([replace(layout, first_bytes=None) for layout in known.layouts]),
        )
        for known in table.FORMATS
    )


def named(head: bytes, name: str) -> Peek:
    return Peek(name, BytesSource(head))


def unpacked(paths: list[Path], folder: Path) -> list[Path]:
    """Unpack the zip files among samples, each into a folder."""
    found = []
    for path in paths:
        if path.suffix in (".zip", ".ozx"):
            found.append(folder / path.stem)
            with ZipFile(path) as members:
                members.extractall(found[-1])
    return found


def answers(peeks: list[Peek]) -> list[list[tuple[str, str]]]:
    """Format and image class of all that fit, for each peek."""
    return [[(known.name, each.image) for known, each in recognised(peek)] for peek in peeks]


def test_layouts_that_state_other_first_bytes_score_0() -> None:
    """Takes 1 s: every value and mark in place of, and before, the first byte of every head."""
    heads = [*sample_heads(), *OTHER[:-1]]
    assert len(heads) >= 35
    changed = {first + head[cut:1500] for head in heads for first in BEFORE for cut in (0, 1)}
    asked = 0
    for head in changed:
        peek = named(head, "")
        for _, layout in layouts():
            if not layout.may_begin_with(head[0]):
                asked += 1
                assert layout.score(peek) == 0, (layout, head[:20])
    assert asked > 100_000


def test_the_answers_are_those_of_asking_every_layout(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    names = ("", "a.nii", "a.hdr", "lh.pial", "a.annot", "a.mnc", "a.h5", "a.dat")
    heads = [*sample_heads(), *OTHER, *random_heads()]
    peeks = [named(head, name) for head in heads for name in names]
    samples = [sample.path for known in table.FORMATS for sample in samples_of(known.name)]
    files = [Peek(str(path), open_source(path)) for path in samples if path.is_file()]
    folders = [Peek.at_folder(str(path)) for path in unpacked(samples, tmp_path)]
    assert len(files) > 60
    assert len(folders) >= 2
    peeks += files + folders
    found = answers(peeks)
    monkeypatch.setattr(table, "FORMATS", without_statements())
    lookup.forget()
    try:
        assert answers(peeks) == found
    finally:
        monkeypatch.undo()
        lookup.forget()
    assert sum(map(bool, found)) > 200


def test_most_layouts_are_not_asked_about_a_nifti_file() -> None:
    header = volio.Nifti1Header().binaryblock
    asked = candidates(by_name=False, in_folder=False, first=header[0])
    everything = candidates(by_name=False, in_folder=False)
    names = {known.name for known, _ in asked}
    assert names >= {"nifti1", "nifti2", "mgh", "spm2", "analyze"}
    others = {
        "afni",
        "parrec",
        "minc1",
        "minc2",
        "ecat",
        "spm99",
        "nrrd",
        "metaimage",
        "mif",
        "tiff",
    }
    others |= {"zarr", "hdf5", "n5", "precomputed", "czi", "catmaid", "gifti", "mz3"}
    assert not names & others
    assert names | others <= {known.name for known, _ in everything}
    assert candidates(by_name=False, in_folder=False, first=None) == everything


@pytest.mark.parametrize(
    ("first_bytes", "is_asked"), [(None, True), (b"\x05", True), (b"ab\x05", True), (b"", False)]
)
def test_formats_from_elsewhere_are_asked_unless_they_state_other_bytes(
    first_bytes: bytes | None, is_asked: bool
) -> None:
    score = magic(1, b"names")
    layout = FileLayout("NamesImage", (".names",), score, first_bytes=first_bytes)
    row = Format("names", "Names", "volume", (layout,), write=False, module_name=__name__)
    peek = named(b"\x05names", "a.dat")
    with registered(row):
        assert bool(recognised(peek)) is is_asked


def test_a_file_without_bytes_is_compared_with_all() -> None:
    layout = FileLayout("NamesImage", (".names",), lambda peek: 100, first_bytes=b"n")
    row = Format("names", "Names", "volume", (layout,), write=False, module_name=__name__)
    with registered(row):
        assert recognise(named(b"", "a.dat"))[0] is row
        with pytest.raises(UnknownFormatError, match="no format of volio recognises it"):
            recognise(named(b"x", "a.dat"))


def test_folders_are_not_compared_by_first_bytes(tmp_path: Path) -> None:
    layout = FileLayout("NamesImage", (".names",), lambda peek: 100, folder=True, first_bytes=b"n")
    row = Format("names", "Names", "volume", (layout,), write=False, module_name=__name__)
    with registered(row):
        assert recognise(Peek.at_folder(str(tmp_path)))[0] is row
