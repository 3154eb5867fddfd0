"""Verify files: every byte is read, every checksum compared, every declared size looked at."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from volio.arrays.lazy import LazyArray
from volio.arrays.proxy import ArrayProxy
from volio.arrays.slabs import iterate_slabs
from volio.errors import MissingFileError, UnknownFormatError, UsageError, VolioError
from volio.files.codecs.source import CodecSource
from volio.files.codecs.table import codec_for_magic
from volio.files.filemap import FileHolder
from volio.files.names import expanded, split_compression
from volio.files.opener import open_source, open_stored
from volio.files.saving.temporary import old_files_beside
from volio.files.sources.joined import JoinedSource
from volio.files.sources.missing import MissingSource
from volio.files.sources.reader import PIECE, Reader
from volio.files.sources.source import ByteSource
from volio.formats.lookup import own_scheme
from volio.io import Where, identify, load
from volio.tracts.tractogram import Tractogram

__all__ = ["FileFacts", "Verdict", "verify"]


@dataclass(frozen=True)
class FileFacts:
    """One file of an image, read to its end.

    Attributes
    ----------
    file : str
    codec : str
        Name of the compression; "" for none.
    stored, decoded : int or None
        Bytes of the file, and of what is in it; None where they are not known.
    """

    file: str
    codec: str
    stored: int | None
    decoded: int | None


@dataclass(frozen=True)
class Verdict:
    """What was found out about an image.

    Attributes
    ----------
    file : str
    format : str or None
        Name of the format; None if none recognises the file.
    files : tuple of FileFacts
        All files of the image; a folder counts as one, whose chunks are read as voxels.
    needed : int or None
        Bytes that the file with the voxels must have at least by its header; None where a header
        does not declare it.
    problems : tuple of str
        Empty if all files are complete and undamaged.
    """

    file: str
    format: str | None
    files: tuple[FileFacts, ...]
    needed: int | None
    problems: tuple[str, ...]

    @property
    def fine(self) -> bool:
        """Whether the files are complete and undamaged."""
        return not self.problems


def verify(filename: Where, **choices: Any) -> Verdict:
    """Read all files of an image to the end and find out whether they are complete and undamaged.

    Checksums and sizes that compressed files carry are compared (CRC-32 and length in gzip, those
    of each block in bzip2, of each stream in xz, of zstd frames that have one), and what follows
    the compressed data is reported. The bytes that the header declares are compared with those that
    are there, of all files of the image. Memory is bounded by a few MiB.

    Parameters
    ----------
    filename : str, path, address, bytes or binary file object
        Any file of the image, or the bytes of its only one.
    **choices
        Choices for loading that the format declares, as for `load`.

    Returns
    -------
    Verdict

    Raises
    ------
    MissingFileError
        If there is no such file.
    UnknownFormatError
        If no format recognises it.

    Notes
    -----
    An uncompressed file has no checksum: damage that leaves its length as it was cannot be seen.

    Examples
    --------
    >>> volio.save(volio.Nifti1Image(np.zeros((2, 3, 4)), np.eye(4)), "scan.nii.gz")
    >>> volio.verify("scan.nii.gz").fine
    True
    """
    where = _expanded(filename)
    try:
        row = identify(where)
        img = load(where, **choices)
    except UsageError:
        raise
    except VolioError as error:
        return _not_loaded(where, error)
    files, problems = _read_files(_parts(img, where))
    if not files:  # chunks or tiles at an address, which names no file itself
        files = (FileFacts(str(where), "", None, None),)
    needed = _needed(img)
    if not problems:
        problems += _size_problems(img, files) if needed is not None else _all_values(img)
    name = where if isinstance(where, str) else files[0].file
    return Verdict(name, row.name, files, needed, tuple(dict.fromkeys(problems)))


def _read_files(parts: Iterable[Any]) -> tuple[tuple[FileFacts, ...], list[str]]:
    """Read files to their end; return facts of those that exist, and what is wrong with them."""
    files = []
    problems: list[str] = []
    for part in parts:
        found = _read_file(part)
        if found is not None:
            files.append(found[0])
            problems += found[1]
    return tuple(files), problems


def _expanded(filename: Any) -> Any:
    """Return a path as text, and a file object with the position from which it is read."""
    if isinstance(filename, str | os.PathLike):
        return expanded(filename)
    if hasattr(filename, "tell"):
        return FileHolder(fileobj=filename, pos=filename.tell())
    return filename


def _parts(img: Any, where: Any) -> list[Any]:
    """Return what to read of an image: the names of all its files, or its only source."""
    if not isinstance(where, str):
        return [where]
    names = [holder.filename for holder in img.file_map.values()]
    return [str(name) for name in names if name is not None]


def _not_loaded(where: Any, error: VolioError) -> Verdict:
    """Return the verdict on what cannot be loaded; raises where that is all there is to find."""
    found = _read_file(where)
    if found is None or (isinstance(error, UnknownFormatError) and not found[1]):
        raise error
    facts, problems = found
    every = dict.fromkeys([*problems, str(error)])
    return Verdict(facts.file, None, (facts,), None, tuple(every))


def _read_file(where: Any) -> tuple[FileFacts, list[str]] | None:
    """Read a file to its end; None if it does not exist. Chunks and tiles are read as voxels."""
    if isinstance(where, str) and own_scheme(where):
        return None
    if isinstance(where, str) and os.path.isdir(where):  # noqa: PTH112  it may be an address
        return FileFacts(where, "", _folder_bytes(Path(where)), None), []
    try:
        stored = open_stored(where)
        source = open_source(where)
    except MissingFileError:
        return None
    codec = codec_for_magic(stored.read_upto(0, 16))
    codec_name = codec.name if codec else ""
    problems = _remains(Path(where)) if isinstance(where, str) else []
    decoded, damage = _read_to_end(source, stored.size(), codec_name)
    facts = FileFacts(stored.name, codec_name, stored.size(), decoded)
    return facts, [*problems, *damage]


def _folder_bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _read_to_end(
    source: ByteSource, stored_size: int | None, codec_name: str
) -> tuple[int | None, list[str]]:
    """Return the number of decoded bytes, None where they cannot be read, and the problems."""
    decoded = None
    problems: list[str] = []
    try:
        with source.open() as reader:
            decoded = _length(reader)
            problems += _foreign_bytes(reader, stored_size, codec_name)
    except VolioError as error:
        problems.append(str(error))
    return decoded, problems


def _length(reader: Reader) -> int:
    """Return the number of decoded bytes; all of them are read, and checksums compared."""
    piece = bytearray(4 * PIECE)
    length = 0
    while got := reader.fill(length, memoryview(piece)):
        length += got
    reader.finish()
    return length


def _foreign_bytes(reader: Reader, stored_size: int | None, codec_name: str) -> Iterator[str]:
    """Yield a problem if a reader that has come to its end met bytes after compressed data."""
    start = getattr(reader, "foreign_start", None)
    if start is None:
        return
    count = "" if stored_size is None else f"{stored_size - start} "
    yield (
        f"{reader.name}: {count}bytes after the {codec_name} data, which are complete, from byte "
        f"{start} on: they do not belong there; compress the decoded data anew"
    )


def _remains(path: Path) -> list[str]:
    pair = [
        f"{path}: a save of this pair was ended between its two steps: {old} holds what the file "
        "was before; save the pair again, or put that file back"
        for old in old_files_beside(path)
    ]
    values = [
        f"{path}: a save of these tracts and their values was ended between its steps: {old} holds "
        "what a file of values was before; save all of them again, or put that file back"
        for old in _old_values(path)
    ]
    return pair + values


def _old_values(path: Path) -> list[Path]:
    """Return what a save of a .tck file that was killed has kept of the files of its values."""
    name, _ = split_compression(path.name)
    if not name.lower().endswith(".tck") or not path.parent.is_dir():
        return []
    begin = f".{name[: -len('.tck')]}_"
    hidden = [each for each in path.parent.iterdir() if each.name.startswith(begin)]
    old = [each for each in hidden if each.name.endswith(".old.part")]
    return sorted(each for each in old if ".tsf." in each.name or ".txt." in each.name)


def _needed(img: Any) -> int | None:
    data = getattr(img, "dataobj", None)
    if not isinstance(data, ArrayProxy) or not _is_whole_file(data.source):
        return None
    return data.offset + data.size * data.on_disk_dtype.itemsize


def _is_whole_file(source: ByteSource) -> bool:
    """Return whether a source is all of a file, decompressed: not a part that is encoded in it."""
    stored = source.base if isinstance(source, CodecSource) else source
    return not hasattr(stored, "base") and not isinstance(stored, JoinedSource | MissingSource)


def _size_problems(img: Any, files: Sequence[FileFacts]) -> Iterator[str]:
    """Compare what the header declares with the bytes of the file of the voxels."""
    needed = _needed(img)
    for facts in files:
        if needed is None or facts.decoded is None or facts.file != img.dataobj.source.name:
            continue
        if facts.decoded < needed:
            yield _missing(img.dataobj, facts.decoded, needed)
        over = facts.decoded - needed
        padding = -needed % getattr(img, "block_bytes", 1)
        if over > padding and getattr(img, "ends_with_voxels", True):
            yield (
                f"{facts.file}: {over} bytes after the voxels that the header does not account "
                "for: they do not belong there, or the header declares too few voxels"
            )


def _missing(data: ArrayProxy, nbytes: int, needed: int) -> str:
    """Return the problem of a file of so many bytes, fewer than its voxels need."""
    voxels = -((nbytes - needed) // data.on_disk_dtype.itemsize)
    return (
        f"{data.source.name}: ends early: {nbytes} bytes, voxels of shape {data.shape}, "
        f"{data.on_disk_dtype} need {needed}; {min(voxels, data.size)} of {data.size} voxels are "
        "missing"
    )


def _all_values(img: Any) -> Iterator[str]:
    """Read the voxels of every resolution that an image has."""
    for level in getattr(img, "levels", (img,)):
        yield from _value_problems(level)


def _value_problems(img: Any) -> Iterator[str]:
    """Read what is not one block of voxels piece by piece."""
    if isinstance(img, Tractogram):
        yield from _line_problems(img)
    yield from _array_problems(getattr(img, "darrays", ()))
    data = getattr(img, "dataobj", None)
    if isinstance(data, LazyArray):
        try:
            for _ in iterate_slabs(data):
                pass
        except VolioError as error:
            yield str(error)


def _array_problems(arrays: Iterable[Any]) -> Iterator[str]:
    """Decode the arrays of a GIFTI image."""
    for array in arrays:
        try:
            np.asarray(array.data)
        except VolioError as error:
            yield str(error)


def _line_problems(tracts: Tractogram) -> Iterator[str]:
    """Go through all lines of tracts."""
    try:
        for _ in tracts.lines.blocks():
            pass
    except VolioError as error:
        yield str(error)
