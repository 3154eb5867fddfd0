"""Names of the arrays of a TRX file: what they hold, in how many columns, of which dtype.

Source: TRX file format, https://github.com/tee-ar-ex/trx-spec/blob/master/specifications.md
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np

from volio.errors import SaveError
from volio.numerals import is_count

__all__ = ["DTYPES", "ArrayName", "array_name", "file_name", "plain_names", "safe_names"]

#: Last part of a name -> dtype; a bit takes a byte.
DTYPES: dict[str, np.dtype[Any]] = {
    "bit": np.dtype(bool),
    "ushort": np.dtype("<u2"),
    **{
        np.dtype(code).name: np.dtype(code).newbyteorder("<")
        for code in ("i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f2", "f4", "f8")
    },
}

#: Characters that a name cannot have: they end it, or lead into another folder.
UNSAFE = "./\\:\0"
#: More columns than any array of values has.
MOST_COLUMNS = 1 << 16


class ArrayName(NamedTuple):
    """What the name of an array says.

    Attributes
    ----------
    name : str
    columns : int
        1 where the name states none.
    dtype : numpy dtype
        In the byte order of the file.
    """

    name: str
    columns: int
    dtype: np.dtype[Any]


def array_name(file: str) -> ArrayName | None:
    """Return what a file name says, without folders; None where it is not that of an array.

    The name comes first and may have dots; the dtype comes last, and before it the number of
    columns where there are several.
    """
    stem, dot, kind = file.rpartition(".")
    if not dot or kind not in DTYPES:
        return None
    name, dot, number = stem.rpartition(".")
    if dot and is_count(number) and 0 < int(number) <= MOST_COLUMNS:
        return ArrayName(name, int(number), DTYPES[kind])
    return ArrayName(stem, 1, DTYPES[kind])


def file_name(name: str, dtype: np.dtype[Any], columns: int) -> str:
    """Return the file name of an array; `columns` is 0 or 1 where none are stated.

    Raises
    ------
    SaveError
        If the format has no such dtype.
    """
    kind = "bit" if dtype == np.bool_ else dtype.name
    if kind not in DTYPES:
        raise SaveError(f"{name}: TRX has no {dtype} numbers, only {', '.join(DTYPES)}")
    return f"{name}.{columns}.{kind}" if columns > 1 else f"{name}.{kind}"


def plain_names(names: Iterable[str]) -> dict[str, str]:
    """Return names without the blanks around them, by themselves; as they are if two were alike.

    Programs in Matlab fill names up with blanks.
    """
    known = list(names)
    stripped = [name.strip() for name in known]
    if len(set(stripped)) < len(known) or "" in stripped:
        return {name: name for name in known}
    return dict(zip(known, stripped, strict=True))


def _is_unsafe(letter: str) -> bool:
    """Return whether a letter has no place in a file name: bytes that are not UTF-8 have none."""
    return letter in UNSAFE or "\ud800" <= letter <= "\udfff"


def safe_names(names: Iterable[str]) -> dict[str, str]:
    """Return names that files can have, by those that values have: others are ``_``."""
    found: dict[str, str] = {}
    for name in names:
        plain = "".join("_" if _is_unsafe(letter) else letter for letter in name).strip()
        plain = plain or "values"
        number = 2
        safe = plain
        while safe in found.values():
            safe = f"{plain}_{number}"
            number += 1
        found[name] = safe
    return found
