"""The blocks of a legacy VTK file of polygons and lines, one after the other.

Source: VTK User's Guide, chapter VTK File Formats; https://docs.vtk.org/en/latest/vtk_file_formats/
"""

from __future__ import annotations

import re
from urllib.parse import unquote

import numpy as np

from volio.errors import CorruptFileError, HeaderDataError
from volio.files.sources.source import ByteSource
from volio.formats.containers.vtk.cells import read_cells
from volio.formats.containers.vtk.legacy_reader import LegacyReader
from volio.formats.containers.vtk.poly_data import CELLS, NamedValues, PolyData
from volio.numerals import is_count

__all__ = ["read_legacy"]

VERSION = re.compile(rb"# vtk DataFile Version (\d+)\.(\d+)\s*", re.IGNORECASE)
#: Numbers of each point or cell in the arrays of one kind.
WIDTHS = {
    "VECTORS": 3,
    "NORMALS": 3,
    "TENSORS": 9,
    "TENSORS6": 6,
    "GLOBAL_IDS": 1,
    "PEDIGREE_IDS": 1,
    "EDGE_FLAGS": 1,
}


def read_legacy(source: ByteSource) -> PolyData:
    """Read a legacy VTK file, of versions 1 to 5, text or binary.

    Raises
    ------
    HeaderDataError
        If it is not of PolyData, or makes no sense.
    CorruptFileError
        If a word is not a number.
    TruncatedFileError
        If it ends early.
    """
    reader = LegacyReader(source)
    title, has_offsets = _read_head(reader)
    blocks = BlockReader(reader, has_offsets)
    blocks.read()
    blocks.found.title = title
    return blocks.found


def _read_head(reader: LegacyReader) -> tuple[str, bool]:
    """Read the first lines; return the title, and whether cells have offsets, since version 5."""
    found = VERSION.fullmatch(reader.line())
    if found is None:
        raise HeaderDataError("must begin with '# vtk DataFile Version'")
    title = reader.line().decode("utf-8", "surrogateescape").strip()
    kind = " ".join(reader.words()).upper()
    if kind not in ("ASCII", "BINARY"):
        raise HeaderDataError(f"the third line must be ASCII or BINARY, got {kind[:40]!r}")
    reader.is_binary = kind == "BINARY"
    return title, int(found[1]) >= 5


class BlockReader:
    """Reads every block of a file.

    Parameters
    ----------
    reader : LegacyReader
        After the line that says text or binary.
    has_offsets : bool
        Whether cells have offsets, as since version 5.

    Attributes
    ----------
    found : PolyData
    """

    def __init__(self, reader: LegacyReader, has_offsets: bool) -> None:
        self._reader = reader
        self._has_offsets = has_offsets
        self.found = PolyData()
        #: Points or cells that arrays are of; None before the first array.
        self._count: int | None = None
        self._is_of_points = False

    def read(self) -> None:
        """Read all blocks.

        Raises
        ------
        HeaderDataError
            If the file is not of polygons, or a block is not known.
        """
        words = self._reader.words()
        if [word.upper() for word in words] != ["DATASET", "POLYDATA"]:
            raise HeaderDataError(
                f"is {' '.join(words)[:80]!r}; of VTK files only DATASET POLYDATA are surfaces"
            )
        while words := self._reader.words():
            self._read_block(words[0].upper(), words)

    def _read_block(self, kind: str, words: list[str]) -> None:
        """Read what follows the first line of a block."""
        if kind == "METADATA":
            self._reader.skip_to_empty_line()
        elif kind == "POINTS":
            self._read_points(words)
        elif kind in CELLS:
            self.found.cells[kind] = read_cells(self._reader, words, self._has_offsets)
        elif kind in ("POINT_DATA", "CELL_DATA"):
            self._begin_arrays(kind, words)
        elif kind == "FIELD":
            self._read_field(_whole(_fields(words, 3)[2], kind))
        elif kind == "LOOKUP_TABLE":
            self._read_lookup_table(words)
        else:
            self._read_attribute(kind, words)

    def _read_points(self, words: list[str]) -> None:
        """Read points, of which integers become float64."""
        kind, count, dtype = _fields(words, 3)
        numbers = self._reader.array(dtype, 3 * _whole(count, kind), kind)
        is_real = numbers.dtype in (np.float32, np.float64)
        real = numbers if is_real else numbers.astype(np.float64)
        self.found.points = real.reshape(-1, 3)

    def _begin_arrays(self, kind: str, words: list[str]) -> None:
        """Note what the arrays that follow are of, and how many values each has."""
        self._count = _whole(_fields(words, 2)[1], kind)
        self._is_of_points = kind == "POINT_DATA"
        points = len(self.found.points)
        if self._is_of_points and self._count != points:
            raise HeaderDataError(f"POINT_DATA of {self._count}, there are {points} vertices")

    def _read_attribute(self, kind: str, words: list[str]) -> None:
        """Read an array of vertices or cells."""
        if self._count is None:
            raise HeaderDataError(f"the block {kind[:40]!r} is not known here")
        if kind == "SCALARS":
            _, name, dtype, width = _fields([*words, "1"][:4], 4)
            self._skip_table_name()
        elif kind == "COLOR_SCALARS":
            self._read_colours(_fields(words, 3))
            return
        elif kind == "TEXTURE_COORDINATES":
            _, name, width, dtype = _fields(words, 4)
        elif kind in WIDTHS:
            _, name, dtype = _fields(words, 3)
            width = str(WIDTHS[kind])
        else:
            raise HeaderDataError(f"the block {kind[:40]!r} is not known")
        self._keep(name, dtype, _whole(width, kind), self._count)

    def _skip_table_name(self) -> None:
        """Read the line that names the table of colours of SCALARS."""
        words = self._reader.words()
        if len(words) != 2 or words[0].upper() != "LOOKUP_TABLE":
            raise HeaderDataError(f"SCALARS: LOOKUP_TABLE and a name must follow, got {words[:4]}")

    def _keep(self, name: str, dtype: str, width: int, count: int) -> None:
        """Read an array, and keep it where it is one of all points, or of all cells."""
        plain = unquote(name, errors="surrogateescape")
        values = self._reader.array(dtype, width * count, plain)
        things = len(self.found.points) if self._is_of_points else self.found.cell_count
        if self._count is None or count != things or not width:
            self.found.left_out.append(f"the array {plain!r}")
            return
        shaped = values if width == 1 else values.reshape(count, width)
        kept = self.found.point_values if self._is_of_points else self.found.cell_values
        kept.append(NamedValues(plain, shaped))

    def _read_field(self, arrays: int) -> None:
        """Read arrays that have their own widths and lengths."""
        for _ in range(arrays):
            words = self._reader.words()
            if words and words[0].upper() == "METADATA":
                self._reader.skip_to_empty_line()
                words = self._reader.words()
            name, width, count, dtype = _fields(words, 4)
            if dtype.lower() == "string":
                self._reader.skip_strings(_whole(width, name) * _whole(count, name), name)
                self.found.left_out.append(f"the strings {unquote(name)!r}")
                continue
            self._keep(name, dtype, _whole(width, name), _whole(count, name))

    def _read_lookup_table(self, words: list[str]) -> None:
        """Read past a table of colours: bytes in binary files, else fractions."""
        _, name, size = _fields(words, 3)
        dtype = "unsigned_char" if self._reader.is_binary else "float"
        self._reader.array(dtype, 4 * _whole(size, name), f"the table {name}")
        self.found.left_out.append(f"the lookup table {name!r}")

    def _read_colours(self, words: list[str]) -> None:
        """Read colours: bytes in binary files, else fractions."""
        _, name, width_word = words
        width = _whole(width_word, name)
        count = self._count or 0
        dtype = "unsigned_char" if self._reader.is_binary else "float"
        numbers = self._reader.array(dtype, width * count, name).reshape(count, width)
        if not self._is_of_points or width not in (3, 4):
            self.found.left_out.append(f"the colours {name!r}")
            return
        levels = numbers if self._reader.is_binary else np.rint(numbers * 255.0)
        if not ((levels >= 0) & (levels <= 255)).all():
            raise CorruptFileError(f"{name}: colours must be from 0 to 1")
        self.found.colours = np.full((count, 4), 255, np.uint8)
        self.found.colours[:, :width] = levels


def _fields(words: list[str], count: int) -> list[str]:
    """Return the words of a line that must have so many."""
    if len(words) != count:
        raise HeaderDataError(f"the line {' '.join(words)[:80]!r} must have {count} words")
    return words


def _whole(word: str, what: str) -> int:
    """Return a count."""
    if not is_count(word):
        raise HeaderDataError(f"{what}: must be a count, got {word[:40]!r}")
    return int(word)
