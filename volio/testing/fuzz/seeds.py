"""The good files that are damaged: samples of each format, and how the files of one lie."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from shutil import rmtree
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo, is_zipfile

from volio.formats.format import Format
from volio.testing.fuzz.mutations import unpacked
from volio.testing.samples import Sample, samples_of

__all__ = ["Seed", "clear", "lay_out", "seeds_of", "zip_of"]


@dataclass(frozen=True)
class Seed:
    """The good files of one image.

    Parameters
    ----------
    format : str
        Name of the row.
    name : str
        Of the file to load.
    files : dict of str to bytes
        All files of the image by name, decompressed; of a zip file the members, by their paths.
    is_packed : bool
        Whether the files are members of a zip file: they are read from one, and from a folder.
    """

    format: str
    name: str
    files: dict[str, bytes]
    is_packed: bool = False


def seeds_of(row: Format) -> list[Seed]:
    """Return the good files of a format: its samples."""
    return [_seed_of(row, sample) for sample in samples_of(row.name)]


def _seed_of(row: Format, sample: Sample) -> Seed:
    if is_zipfile(sample.path):
        return Seed(row.name, sample.path.name, _members(sample.path), is_packed=True)
    files = {path.name: unpacked(path.read_bytes()) for path in _files_of(sample)}
    return Seed(row.name, sample.path.name, files)


def _files_of(sample: Sample) -> list[Path]:
    """Return the files of a sample: those with its name, whatever their endings."""
    stem = _stem(sample.path)
    return [path for path in sorted(sample.path.parent.iterdir()) if _stem(path) == stem]


def _stem(path: Path) -> str:
    return path.name.partition(".")[0]


def _members(path: Path) -> dict[str, bytes]:
    with ZipFile(path) as file:
        return {name: file.read(name) for name in file.namelist() if not name.endswith("/")}


def zip_of(files: Mapping[str, bytes], *, deflated: bool = False) -> bytes:
    """Return a zip file with these members, in order."""
    made = io.BytesIO()
    with ZipFile(made, "w") as packed:
        for name, data in files.items():
            packed.writestr(ZipInfo(name), data, ZIP_DEFLATED if deflated else ZIP_STORED)
    return made.getvalue()


def lay_out(files: Mapping[str, bytes], folder: Path) -> None:
    """Write files into a folder; their names may lead through further folders."""
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def clear(folder: Path) -> None:
    """Remove what is in a folder."""
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            rmtree(path)
        else:
            path.unlink()
