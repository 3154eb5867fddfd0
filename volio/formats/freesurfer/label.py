"""FreeSurferLabel: some vertices of a surface, with positions and values (.label)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Self

import numpy as np
from numpy.typing import NDArray

from volio.arrays.encodings.text_numbers import parse_number_text, parse_numbers
from volio.errors import CorruptFileError, HeaderDataError, SaveError
from volio.files.filemap import FileHolder
from volio.files.limits import read_limited
from volio.files.sources.source import ByteSource
from volio.formats.freesurfer.names import structure_of
from volio.surfaces.contents import SurfaceContents
from volio.surfaces.conversion import in_own_space
from volio.surfaces.single_file import StatedSpaceSurface, float32_vertices
from volio.surfaces.stored_values import stored_as

__all__ = ["FreeSurferLabel"]

MAGIC = b"#!ascii label"
LARGEST = 1 << 30
#: Where the first line says which space positions are in.
SPACE = re.compile(r"vox2ras=(\w+)")
SPACES = {"tkreg": "tkras", "scanner": "scanner"}
COLUMNS = 5  # vertex, x, y, z, value


class FreeSurferLabel(StatedSpaceSurface):
    """Vertices that belong together: their numbers, positions and a value each.

    `indices` has the numbers of the vertices in the whole surface, -1 for those that are not
    assigned to any, `vertices` their positions, ``data["value"]`` their values.

    Parameters
    ----------
    *args, **kwargs
        As for `Surface`.

    Attributes
    ----------
    comment : str
        The first line of the file, without ``#!ascii label`` or another ``#``.

    Examples
    --------
    >>> part = volio.Surface([[1, 2, 3]], data={"value": [0.5]}, indices=[7], space="tkras")
    >>> volio.save(part, "lh.part.label")
    >>> volio.load("lh.part.label").indices.tolist()
    [7]
    """

    files_types = (("image", ".label"),)
    _named_structure = staticmethod(structure_of)

    def _set_file_defaults(self) -> None:
        self.comment = ""

    @classmethod
    def _read(cls, source: ByteSource, holder: FileHolder) -> Self:
        text = read_limited(source, LARGEST, "a label of FreeSurfer")
        first, _, rest = text.partition(b"\n")
        if not first.startswith(b"#"):
            raise HeaderDataError(f"begins with {first[:20]!r}, not with a comment")
        rows = _read_rows(rest)
        comment = (
            first.removeprefix(MAGIC).removeprefix(b"#").decode("utf-8", "surrogateescape").strip()
        )
        stated = SPACE.search(comment)
        made = cls(
            rows[:, 1:4].astype(np.float32),
            data={"value": rows[:, 4].astype(np.float32)},
            indices=rows[:, 0].astype(np.int64),
            space=SPACES.get(stated[1].lower(), "unknown") if stated else "unknown",
            structure=structure_of(holder),
        )
        made.comment = comment
        return made

    @classmethod
    def from_contents(cls, contents: SurfaceContents) -> Self:
        """Return a label with the vertices of some contents, and their first values.

        Raises
        ------
        SaveError
            If they are not a part of a surface.
        """
        contents = in_own_space(contents, tuple(SPACES.values()), cls.__name__)
        if contents.indices is None or contents.vertices is None:
            raise SaveError("FreeSurfer's labels are a part of a surface: indices and vertices")
        numbers = [array for array in contents.arrays if array.values.ndim == 1]
        values = numbers[0].values if numbers else np.zeros(len(contents.vertices))
        made = cls(
            float32_vertices(contents, "FreeSurfer's label"),
            data={"value": stored_as(values, np.dtype(np.float32), "value")},
            indices=contents.indices,
            space=contents.space if contents.space in SPACES.values() else "unknown",
            structure=contents.structure,
        )
        return made

    def _pieces(self) -> Iterable[bytes]:
        """Return the text, in the digits that give every number back."""
        vertices = self._needed_vertices().astype(np.float32)
        indices = np.arange(len(vertices)) if self.indices is None else self.indices
        values = self.data["value"].astype(np.float32)
        lines = [
            f"{index} {' '.join(map(str, position))} {value!s}\n"
            for index, position, value in zip(indices, vertices, values, strict=True)
        ]
        head = f"{MAGIC.decode()} {self._written_comment()}".rstrip()
        yield f"{head}\n{len(lines)}\n".encode("utf-8", "surrogateescape")
        yield "".join(lines).encode()

    def _written_comment(self) -> str:
        """Return the first line, which says the space."""
        stated = SPACE.search(self.comment)
        space = SPACES.get(stated[1].lower(), "unknown") if stated else "unknown"
        if space == self.space:
            return self.comment
        plain = SPACE.sub("", self.comment).strip()
        words = {"tkras": "vox2ras=TkReg", "scanner": "vox2ras=scanner"}
        return f"{plain} {words.get(self.space, '')}".strip()


def _read_rows(text: bytes) -> NDArray[np.float64]:
    """Return the numbers of a label, shape (n, 5)."""
    first, _, rest = text.lstrip().partition(b"\n")
    words = first.split()
    if not words:
        raise CorruptFileError("label: must be numbers, got none")
    if len(words) > 1:  # rows on the line of their number
        rest = first.lstrip().partition(words[0])[2] + b"\n" + rest
    count = int(parse_numbers(words[:1], np.dtype(np.int64), "label")[0])
    numbers = parse_number_text(rest, np.dtype(np.float64), "label")
    if len(numbers) != count * COLUMNS:
        raise CorruptFileError(
            f"label: {count} vertices are {count * COLUMNS} numbers, got {len(numbers)}"
        )
    indices = numbers[0::COLUMNS]
    if not np.isfinite(indices).all() or (indices != np.rint(indices)).any():
        raise CorruptFileError("label: numbers of vertices must be integers")
    return numbers.reshape(count, COLUMNS)
