"""The header of BrainVISA's bundles: a document with a Python dictionary."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from volio.errors import HeaderDataError
from volio.tracts.header import TractHeader

__all__ = ["MOST", "BundlesHeader"]

#: Most bytes of a header.
MOST = 1 << 20
BEGIN = re.compile(r"\s*attributes\s*=\s*(?=\{)")
#: Bytes of a word as letters, the most significant is A.
BYTE_ORDERS = {"DCBA": "<", "ABCD": ">"}
#: What the name of a file is written as that has the name of the header.
SAME_NAME = "*.bundlesdata"
#: Of the only bundle, where lines have no groups.
NO_NAME = "points"


class BundlesHeader(TractHeader):
    """The header of BrainVISA's bundles.

    Parameters
    ----------
    meta : mapping of str to str, optional
        Texts, which files have no place for.

    Attributes
    ----------
    fields : dict
        The attributes; further ones are kept.

    Examples
    --------
    >>> header = volio.BundlesHeader()
    >>> header.byte_order, header.fields["format"]
    ('<', 'bundles_1.0')
    """

    def __init__(self, meta: Mapping[str, str] | None = None) -> None:
        super().__init__(meta)
        self.fields: dict[str, Any] = {
            "binary": 1,
            "bundles": [],
            "byte_order": "DCBA",
            "curves_count": 0,
            "data_file_name": SAME_NAME,
            "format": "bundles_1.0",
            "space_dimension": 3,
        }
        # The document, and the attributes that were parsed from it.
        self._text = ""
        self._parsed: dict[str, Any] = {}

    @classmethod
    def from_header(cls, header: Any = None) -> Self:
        """Return a header with the texts of another; a copy of one of this class."""
        made = cls(getattr(header, "meta", None))
        if isinstance(header, BundlesHeader):
            vars(made).update({**vars(header), "meta": made.meta, "fields": dict(header.fields)})
        return made

    @classmethod
    def parse(cls, document: bytes) -> Self:
        """Return the header of a document.

        Raises
        ------
        HeaderDataError
            If it is not a dictionary of plain values, or an attribute makes no sense.
        """
        text = document.decode("utf-8", "surrogateescape")
        begin = BEGIN.match(text)
        if begin is None:
            raise HeaderDataError("must begin with 'attributes = {'")
        try:
            # Numbers, texts, lists and dictionaries only: nothing is called or looked up.
            found = ast.literal_eval(text[begin.end() :].strip())
            repr(found)  # which integers of thousands of digits do not have
        except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError) as error:
            raise HeaderDataError(f"attributes: are not plain values: {error}") from error
        if not isinstance(found, dict):
            raise HeaderDataError(f"attributes: must be a dictionary, got {type(found).__name__}")
        made = cls()
        made.fields = found
        made._check()
        made._text = text
        made._parsed = dict(found)
        return made

    def _check(self) -> None:
        for key, allowed in (
            ("byte_order", tuple(BYTE_ORDERS)),
            ("binary", (1,)),
            ("space_dimension", (3,)),
        ):
            found = self.fields.get(key, allowed[0])
            if found not in allowed:
                raise HeaderDataError(f"{key}: must be one of {list(allowed)}, got {found!r:.40}")
        count = self.fields.get("curves_count")
        if isinstance(count, bool) or not isinstance(count, int) or count < 0:
            raise HeaderDataError(
                f"curves_count: must be a whole number, not negative, got {count!r:.40}"
            )
        self._names_and_bounds()

    @property
    def byte_order(self) -> str:
        """Byte order of the data: '<' or '>'."""
        return BYTE_ORDERS[self.fields.get("byte_order", "DCBA")]

    @property
    def count(self) -> int:
        """Number of lines."""
        return int(self.fields["curves_count"])

    @property
    def data_name(self) -> str:
        """The name of the data file, ``*`` for that of the header; "" where none is stated."""
        found = self.fields.get("data_file_name", SAME_NAME)
        return found if isinstance(found, str) else ""

    @property
    def groups(self) -> dict[str, NDArray[np.int64]]:
        """The numbers of the lines of each bundle; none where the only one has no name of its own.

        Raises
        ------
        HeaderDataError
            If they are not names, each with the number of its first line.
        """
        names, bounds = self._names_and_bounds()
        return {
            name: np.arange(first, last, dtype=np.int64)
            for name, first, last in zip(names, bounds[:-1], bounds[1:], strict=True)
        }

    def _names_and_bounds(self) -> tuple[list[str], list[int]]:
        """Return the name of each bundle, and its first line; then the number of all lines.

        Raises
        ------
        HeaderDataError
            If they make no sense.
        """
        listed = self.fields.get("bundles", [])
        names, firsts = (listed[::2], listed[1::2]) if isinstance(listed, list) else ([1], [])
        is_good = all(isinstance(name, str) for name in names) and len(names) == len(firsts)
        bounds = [*firsts, self.count]
        is_good = is_good and all(type(first) is int for first in firsts)
        if not is_good or bounds != sorted(bounds) or (firsts and firsts[0] < 0):
            raise HeaderDataError(
                "bundles: must be names, each with the number of its first line, ascending, up to "
                f"{self.count}"
            )
        if len(set(names)) < len(names):
            raise HeaderDataError("bundles: names must differ")
        if names in ([], [NO_NAME]):
            return [], []
        return names, bounds

    def set_groups(self, groups: Mapping[str, NDArray[Any]], count: int) -> bool:
        """Set the bundles and the number of lines.

        Returns
        -------
        bool
            Whether groups are kept: they must be parts of the lines, one after the other.
        """
        is_untouched = count == self.count and _are_equal(groups, self.groups)
        self.fields["curves_count"] = count
        if is_untouched and self.fields.get("bundles"):
            return True  # as the file has them
        ends = np.cumsum([len(lines) for lines in groups.values()]).tolist()
        joined = np.concatenate([np.zeros(0, int), *groups.values()])
        is_kept = bool(groups) and np.array_equal(joined, np.arange(count))
        named = zip(groups, [0, *ends[:-1]], strict=False) if is_kept else [(NO_NAME, 0)]
        self.fields["bundles"] = [item for pair in named for item in pair]
        return is_kept or not groups

    def packed(self) -> bytes:
        """Return the document: that which was read, where nothing was changed."""
        if self._text and self.fields == self._parsed:
            return self._text.encode("utf-8", "surrogateescape")
        lines = [f"    {key!r} : {value!r}" for key, value in self.fields.items()]
        text = "attributes = {\n" + ",\n".join(lines) + "\n}\n"
        return text.encode("utf-8", "surrogateescape")


def _are_equal(one: Mapping[str, NDArray[Any]], other: Mapping[str, NDArray[Any]]) -> bool:
    same_names = list(one) == list(other)
    return same_names and all(np.array_equal(one[name], other[name]) for name in one)
