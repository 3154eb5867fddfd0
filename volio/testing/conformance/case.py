"""What is tested: an image class and the files of a sample, in a folder of their own."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from volio.cached import cached_property
from volio.files.filemap import FileHolder
from volio.files.names import COMPRESSED_ENDINGS, split_compression
from volio.files.opener import open_for_write, open_source
from volio.images.headers.error_levels import logger
from volio.images.headers.record import Record
from volio.testing.comparison import same_values, voxels_of
from volio.testing.samples import Sample

__all__ = ["COMPRESSIONS", "Case", "fails", "needs", "once", "open_files", "quiet"]

#: Endings of compressed files, and none.
COMPRESSIONS = ("", *COMPRESSED_ENDINGS)

Check = TypeVar("Check", bound=Callable[..., None])


@dataclass(frozen=True)
class Case:
    """An image class, a sample of its files, and how they are compressed.

    Parameters
    ----------
    image_class : type
    sample : Sample
        A file that another program wrote, and its facts.
    folder : Path
        An empty folder for copies and for files that are written.
    compression : str
        One of `COMPRESSIONS`.
    format : str, optional
        The name to load the file with, where its bytes alone leave the format open.
    """

    image_class: type[Any]
    sample: Sample
    folder: Path
    compression: str = ""
    format: str | None = None

    # What a class is able to do: the words of `needs`.

    @property
    def writable(self) -> bool:
        """Whether images can be made and written.

        A class that is made of more than an array counts too: greyordinates need their axes.
        """
        can_be_made = self.image_class.makeable or self.image_class.kind == "greyordinates"
        return bool(can_be_made and self.image_class.rw)

    @property
    def one_file(self) -> bool:
        """Whether an image is one file."""
        return len(self.image_class.files_types) == 1

    @property
    def several_files(self) -> bool:
        """Whether an image is several files."""
        return not self.one_file

    @property
    def known_by_ending(self) -> bool:
        """Whether files of the class have endings: those of FreeSurfer's surfaces have none."""
        return bool(self.image_class.valid_exts)

    @property
    def keeps_bytes(self) -> bool:
        """Whether a file that is not changed is written as it was, as its facts say."""
        return bool(self.sample.facts.get("keeps bytes", True))

    @property
    def plain(self) -> bool:
        """Whether the files are not compressed: checks that need no other run only here."""
        return not self.compression

    @property
    def gzipped(self) -> bool:
        """Whether the files are compressed by gzip."""
        return self.compression == ".gz"

    @property
    def numbers(self) -> bool:
        """Whether the sample's voxels are integers or floats, not complex or colours."""
        return self.sample.dtype.kind in "iuf"

    @property
    def declared_header(self) -> bool:
        """Whether the header is a declared record of bytes, and nothing else."""
        cls = self.image_class.header_class
        return issubclass(cls, Record) and getattr(cls, "stands_alone", True)

    @property
    def stored_plainly(self) -> bool:
        """Whether the voxels are in the file as numpy has them, not in a codec or as text."""
        if getattr(self.image_class, "packs_voxels", False):
            return False
        payload = getattr(self.load(self.sample.path).header, "payload", None)
        return payload is None or payload.encoding in ("raw", "bits")

    @property
    def stored_as_text(self) -> bool:
        """Whether the voxels are numbers in decimal digits."""
        payload = getattr(self.load(self.sample.path).header, "payload", None)
        return payload is not None and payload.encoding == "ascii"

    # The files.

    @cached_property
    def path(self) -> Path:
        """The main file of the copy."""
        (self.folder / "sample").mkdir(exist_ok=True)
        stem = self.folder / "sample" / "scan"
        for part, holder in self.image_class.filespec_to_file_map(self.sample.path).items():
            original = Path(holder.filename)
            if original.exists():
                write_file(stem.with_suffix(self.ending(part)), contents(original))
        return stem.with_suffix(self.ending(self.image_class.main_part()))

    def ending(self, part: str) -> str:
        """Return the ending of a file of the image, with the compression."""
        return f"{dict(self.image_class.files_types)[part]}{self.compression}"

    def target(self, name: str = "new") -> Path:
        """Return a path to write to, in another folder than the sample's."""
        return self.folder / f"{name}{self.ending(self.image_class.main_part())}"

    def files(self, path: Path | None = None) -> list[Path]:
        """Return the files of an image that exist, the sample's by default."""
        file_map = self.image_class.filespec_to_file_map(path or self.path)
        return [Path(h.filename) for h in file_map.values() if Path(h.filename).exists()]

    def header_file(self) -> Path:
        """Return the file of the sample that holds the header."""
        file_map = self.image_class.filespec_to_file_map(self.path)
        holder = file_map.get("header") or file_map[self.image_class.main_part()]
        return Path(holder.filename)

    # Images.

    def load(self, path: Path | None = None, **options: Any) -> Any:
        """Load a file by its class, the sample's by default."""
        return self.image_class.from_filename(path or self.path, **options)

    def make(
        self, shape: tuple[int, ...] = (3, 4, 5), dtype: Any = np.uint8, affine: Any = None
    ) -> Any:
        """Make an image from an array that counts up."""
        return self.image_class(counting(shape, dtype), affine)

    @cached_property
    def values(self) -> NDArray[Any]:
        """All voxels of the sample, scaled; whatever happens to the copy."""
        return np.asanyarray(self.load(self.sample.path).dataobj)

    def compare(self, img: Any) -> None:
        """Assert that an image has the voxels of the sample."""
        same_values(voxels_of(img), self.values)


def needs(*words: str) -> Callable[[Check], Check]:
    """Run a check only on cases of which these properties are true."""

    def mark(check: Check) -> Check:
        check.needs = words  # type: ignore[attr-defined]
        return check

    return mark


def once(check: Check) -> Check:
    """Mark a check of what a class does with any file: one sample shows it as well as many."""
    check.once = True  # type: ignore[attr-defined]
    return check


def contents(path: Path) -> bytes:
    """Return the decompressed bytes of a file."""
    source = open_source(path)
    return source.read_upto(0, source.most())


def write_file(path: Path, data: bytes) -> None:
    """Write bytes, compressed by the ending of the name."""
    if not split_compression(path.name)[1]:
        path.write_bytes(data)
        return
    with open_for_write([FileHolder(path)]) as (stream,):
        stream.write(data)


def counting(shape: tuple[int, ...], dtype: Any) -> NDArray[Any]:
    """Return an array of 0, 1, 2, ... (modulo 200), in Fortran order."""
    numbers = np.arange(np.prod(shape)) % 200
    return np.asfortranarray(numbers.reshape(shape, order="F").astype(dtype))


@contextmanager
def fails(*errors: type[BaseException], naming: str = "") -> Iterator[None]:
    """Assert that a block raises one of these errors, with some words in its message."""
    try:
        yield
    except errors as error:
        assert naming in str(error), f"{error!r} does not name {naming!r}"
    else:
        raise AssertionError(f"nothing was raised, expected one of {errors}")


@contextmanager
def quiet() -> Iterator[None]:
    """Keep warnings and the log of odd headers silent."""
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)


def open_files() -> int | None:
    """Return how many files this process holds open; None where the system does not list them."""
    folder = Path("/proc/self/fd")
    return len(list(folder.iterdir())) if folder.is_dir() else None
