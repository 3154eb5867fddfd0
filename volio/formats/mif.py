"""MRtrix volumes, in one file (.mif) or with their voxels beside the header (.mih).

Source: https://mrtrix.readthedocs.io/en/latest/getting_started/image_data.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from volio.arrays.axis_map import Arrangement
from volio.errors import HeaderDataError
from volio.images.headers.format import is_neutral
from volio.images.headers.metadata import Metadata
from volio.images.headers.record import Order
from volio.images.headers.shape_checks import check_zooms
from volio.images.headers.text import Payload, TextHeader
from volio.images.headers.text_lines import Line, as_integers, as_number, as_numbers, written
from volio.images.headers.volume_metadata import Pick, count_volumes, metadata_of_volumes
from volio.images.text_slab import TextPairImage, TextSlabImage
from volio.space.affines import check_affine, from_matvec, voxel_sizes

__all__ = ["MifHeader", "MifImage", "MifPair"]

MAGIC = "mrtrix image"

_NAMES = {
    "Bit": "?",
    "Int8": "i1",
    "UInt8": "u1",
    "Int16": "i2",
    "UInt16": "u2",
    "Int32": "i4",
    "UInt32": "u4",
    "Int64": "i8",
    "UInt64": "u8",
    "Float16": "f2",
    "Float32": "f4",
    "Float64": "f8",
    "CFloat32": "c8",
    "CFloat64": "c16",
}

STRIDE = re.compile(r"([+-]?)([0-9]{1,4})")


class MifHeader(TextHeader):
    """The header of an MRtrix image: a mapping from keys to text.

    Lines of one key (transform, dw_scheme, comments, command_history) are joined.

    Parameters are those of `TextHeader`.
    """

    fresh = f"{MAGIC}\ndim: 0\nvox: 1\nlayout: +0\ndatatype: Float32LE\nfile: . 0\nEND\n"
    order = (
        "dim",
        "vox",
        "layout",
        "datatype",
        "transform",
        "scaling",
        "comments",
        "command_history",
        "dw_scheme",
        "file",
    )
    type_names: ClassVar[dict[str, np.dtype[Any]]] = {n: np.dtype(c) for n, c in _NAMES.items()}
    words = ("comments", "command_history")
    can_scale = "slope+inter"
    factor_dtype = np.float64

    @classmethod
    def parse(cls, text: str) -> Iterator[Line]:
        """Go through the lines of a header, from the magic words to END."""
        first, *lines = text.removesuffix("\n").split("\n")
        if first.strip() != MAGIC:
            raise HeaderDataError(f"the first line must be {MAGIC!r}, got {first[:40]!r}")
        yield Line(first)
        for place, line in enumerate(lines, 2):
            key, colon, value = line.partition(":")
            if line.strip() in ("", "END") or line.startswith("#"):
                yield Line(line)
            elif colon and key.strip():
                yield Line(line, key.strip(), value.strip(), key.strip() not in cls.order)
            else:
                raise HeaderDataError(f"line {place}: must be 'key: value', got {line[:40]!r}")

    @classmethod
    def line(cls, key: str, value: str, free: bool) -> Sequence[Line]:
        """Return one line for each line of the value."""
        return [Line(f"{key}: {part}", key, part, free) for part in value.split("\n")]

    @classmethod
    def end_of(cls, head: bytes, complete: bool) -> int | None:
        """Return the length of the header, with the line END."""
        end = re.search(rb"\nEND[ \t\r]*(\n|\Z)" if complete else rb"\nEND[ \t\r]*\n", head)
        return end.end() if end else None

    def _place_for(self, key: str, free: bool) -> int:
        files = (n for n, line in enumerate(self.lines) if line.key == "file")
        return next(files, self._end()) if free else super()._place_for(key, free)

    def _end(self) -> int:
        ends = (n for n, line in enumerate(self.lines) if line.text.strip() == "END")
        return next(ends, len(self.lines))

    # Voxels.

    @property
    def dtype(self) -> np.dtype[Any]:
        """The dtype of the voxels, in the file's byte order; bool for Bit."""
        text = (self.field("datatype") or "").strip()
        orders: dict[str, Order] = {"LE": "<", "BE": ">"}
        order = orders.get(text[-2:].upper())
        name = text if order is None else text[:-2]
        found = {known.lower(): dtype for known, dtype in self.type_names.items()}
        if name.lower() not in found:
            known = ", ".join(self.type_names)
            raise HeaderDataError(f"datatype: must be one of {known} (LE or BE), got {text[:40]!r}")
        return found[name.lower()].newbyteorder(order or "=")

    @dtype.setter
    def dtype(self, value: DTypeLike) -> None:
        found = self.known_dtype(value)
        before = self.dtype
        if before.newbyteorder("=") == found:
            return
        name = next(name for name, dtype in self.type_names.items() if dtype == found)
        order = "BE" if before.byteorder == ">" else "LE"
        self.set_field("datatype", name + (order if found.itemsize > 1 else ""))

    def _words(self, key: str, count: int | None = None) -> list[str]:
        """Return the words of a field, of which there must be `count` (None: any number)."""
        words = (self.field(key) or "").replace(",", " ").split()
        if count is not None and len(words) != count:
            raise HeaderDataError(f"{key}: must have {count} entries, got {len(words)}")
        return words

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the voxel array."""
        lengths = as_integers("dim", self._words("dim"))
        if not 1 <= len(lengths) <= 32 or min(lengths) < 0:
            raise HeaderDataError(f"dim: must be lengths of 1 to 32 axes, got {lengths[:40]}")
        return tuple(lengths)

    @shape.setter
    def shape(self, value: Sequence[int]) -> None:
        lengths = [int(length) for length in value]
        if not 1 <= len(lengths) <= 16 or min(lengths) < 0:
            raise HeaderDataError(f"shape: 1 to 16 axes fit MRtrix, got {tuple(lengths)}")
        more = len(lengths) - len(self.shape)
        if more:
            ranks, flipped = self._strides()
            ranks = [*ranks, *range(len(ranks), len(ranks) + more)][: len(lengths)]
            sizes = [*self._sizes(), *["1"] * more][: len(lengths)]
            signs = ["-" if axis in flipped else "+" for axis in range(len(ranks))]
            layout = [
                f"{sign}{sorted(ranks).index(r)}" for sign, r in zip(signs, ranks, strict=True)
            ]
            self.set_field("layout", ",".join(layout))
            self.set_field("vox", ",".join(sizes))
        self.set_field("dim", ",".join(map(str, lengths)))

    def _strides(self) -> tuple[list[int], frozenset[int]]:
        """Ranks of the axes in the file, the fastest 0, and those that run backwards."""
        words = self._words("layout", len(self.shape))
        found = [STRIDE.fullmatch(word) for word in words]
        numbers = [int(match[2]) for match in found if match]
        if len(set(numbers)) < len(words):
            raise HeaderDataError(f"layout: must be an order of axes as +0,+1,+2, got {words}")
        flipped = frozenset(axis for axis, match in enumerate(found) if match and match[1] == "-")
        return [sorted(numbers).index(number) for number in numbers], flipped

    @property
    def arrangement(self) -> Arrangement:
        """Order and direction of the axes in the file."""
        ranks, flipped = self._strides()
        return Arrangement(tuple(ranks), flipped)

    # Space.

    def _sizes(self) -> list[str]:
        """Return an entry of vox for each axis; those of later axes need not be there."""
        words, count = self._words("vox"), len(self.shape)
        if len(words) < min(3, count):
            raise HeaderDataError(f"vox: must have {count} entries, got {len(words)}")
        return [*words, *["nan"] * count][:count]

    @property
    def zooms(self) -> tuple[float, ...]:
        """Size of a voxel along each axis; 1 where the file has NaN."""
        numbers = [as_number("vox", word) for word in self._sizes()]
        return tuple(1.0 if np.isnan(number) else abs(number) for number in numbers)

    @zooms.setter
    def zooms(self, value: Sequence[float]) -> None:
        sizes = [float(size) for size in value]
        check_zooms(sizes, len(self.shape))
        if sizes != list(self.zooms):
            self.set_field("vox", ",".join(written(sizes)))

    @property
    def time_unit(self) -> float | None:
        """Seconds in the unit of the fourth voxel size: 1, or None where the file has NaN."""
        words = self._sizes()
        return None if len(words) < 4 or np.isnan(as_number("vox", words[3])) else 1.0

    @property
    def gradients(self) -> tuple[tuple[float, float, float, float], ...]:
        """Direction in scanner RAS+ and b-value (s/mm²) of each volume; () where none are stated.

        Raises
        ------
        HeaderDataError
            If a row of dw_scheme is something else.
        """
        text = self.field("dw_scheme")
        rows = [row.replace(",", " ").split() for row in (text or "").split("\n") if row.strip()]
        found = (as_numbers("dw_scheme", row[:4], 4) for row in rows)  # some have more columns
        return tuple((x, y, z, b) for x, y, z, b in found)

    def metadata(self) -> Metadata:
        """Return what the header says beside shape, dtype and place."""
        shape, found = self.shape, self.gradients
        fits = len(found) in (count_volumes(shape), *shape[3:4])
        return replace(super().metadata(), gradients=found if fits else ())

    def set_metadata(self, metadata: Metadata) -> None:
        """Take gradients, text and free keys."""
        super().set_metadata(metadata)
        self._set_gradients(metadata.gradients)

    def select_volumes(self, picks: Sequence[Pick]) -> None:
        """Take gradients of volumes; see `SpatialHeader`."""
        self._set_gradients(metadata_of_volumes(picks).gradients)

    def _set_gradients(self, gradients: Sequence[Sequence[float]]) -> None:
        rows = [",".join(written(row)) for row in gradients]
        self.set_field("dw_scheme", "\n".join(rows) or None)

    @property
    def affine(self) -> NDArray[np.float64]:
        """Voxel indices to scanner RAS+ mm, shape (4, 4)."""
        sizes = np.array([*self.zooms[:3], 1.0, 1.0, 1.0][:3])
        text = self.field("transform")
        if text is None:
            lengths = np.array([*self.shape[:3], 1, 1, 1][:3])
            return from_matvec(np.diag(sizes), sizes * (1 - lengths) / 2)
        words = text.replace(",", " ").split()
        numbers = as_numbers("transform", words)
        if len(numbers) not in (12, 16):
            raise HeaderDataError(f"transform: must be 3 rows of 4 numbers, got {len(numbers)}")
        rows = np.reshape(numbers, (-1, 4))
        return from_matvec(rows[:3, :3] * sizes, rows[:3, 3])

    def set_affine(self, affine: ArrayLike) -> None:
        """Store an affine: sizes of voxels, their directions and the place of the first."""
        matrix = check_affine(affine)
        sizes = voxel_sizes(matrix)
        count = min(3, len(self.shape))
        rows = matrix[:3].copy()
        rows[:, :3] /= np.where(sizes > 0, sizes, 1)
        self.zooms = (*map(float, sizes[:count]), *self.zooms[count:])
        self.set_field("transform", "\n".join(",".join(written(row)) for row in rows))

    def get_slope_inter(self) -> tuple[float | None, float | None]:
        """Return slope and intercept; None where the file states none."""
        if self.field("scaling") is None:
            return None, None
        inter, slope = as_numbers("scaling", self._words("scaling"), 2)
        return slope, inter

    def set_slope_inter(self, slope: float | None, inter: float | None = None) -> None:
        """Set slope and intercept; None for none."""
        if is_neutral(slope, 1.0) and is_neutral(inter, 0.0):
            self.set_field("scaling", None)
            return
        numbers = [0.0 if inter is None else inter, 1.0 if slope is None else slope]
        self.set_field("scaling", ",".join(written(numbers)))

    # The files of the voxels.

    @property
    def payload(self) -> Payload:
        """Where the voxels lie and how they are encoded."""
        encoding = "bits" if self.dtype.kind == "b" else "raw"
        files = [_file_and_start(line) for line in (self.field("file") or "").split("\n")]
        names, starts = zip(*files, strict=True)
        here = names == (".",)
        if here and starts[0] < self.length:
            raise HeaderDataError(f"file: voxels cannot begin at byte {starts[0]}, in the header")
        return Payload(encoding, () if here else names, starts)

    def name_data(self, name: str | None, nbytes: int | None) -> None:
        """State the file of the voxels; None for behind the header, which is filled up to them."""
        if name is not None:
            self.set_field("file", name)
            return
        start = 0 if self.payload.names else self.payload.starts[0]
        while len(self._text()) > start or self.payload.names:
            start = -(-len(self._text()) // 4) * 4
            self.length = 0
            self.set_field("file", f". {start}")
        self.length = start

    def _text(self) -> bytes:
        return super().to_bytes()

    def to_bytes(self) -> bytes:
        """Return the text of the header, filled up to where the voxels begin behind it."""
        return self._text().ljust(0 if self.payload.names else self.length, b"\0")


def _file_and_start(text: str) -> tuple[str, int]:
    """Split the name of a file from the byte at which its voxels begin."""
    name, _, number = text.strip().rpartition(" ")
    if not name or not number.isdecimal():
        name, number = text.strip(), "0"
    if not name:
        raise HeaderDataError("file: the header does not say where the voxels are")
    return name.strip(), as_integers("file", [number])[0]


class MifImage(TextSlabImage):
    """An MRtrix image in one file, .mif; parameters as for `SlabImage`."""

    header_class: ClassVar[type[MifHeader]] = MifHeader
    files_types = (("image", ".mif"),)
    valid_exts = (".mif",)


class MifPair(TextPairImage):
    """An MRtrix header, .mih, and its voxels, .dat; parameters as for `SlabImage`."""

    header_class: ClassVar[type[MifHeader]] = MifHeader
    header_aliases = (".mif",)
    files_types = (("header", ".mih"), ("image", ".dat"))
    valid_exts = (".mih", ".dat")
