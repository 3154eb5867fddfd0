"""Dtypes: which values they hold exactly, casts that lose nothing, and the codes of formats."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from volio.codes import Recoder, coded_rows, table_rows
from volio.errors import ImageDataError

__all__ = [
    "COLOURS",
    "LONG_COMPLEX",
    "LONG_DOUBLE",
    "RGB",
    "RGBA",
    "WIDELY_READ",
    "always_exact",
    "cast_into",
    "digits",
    "dtype_name",
    "dtype_table",
    "dtypes_by_name",
    "holds_exactly",
    "integer_limits",
    "is_colour",
    "long_types",
    "native",
    "smallest_integer_dtype",
]

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]
DType = np.dtype[Any]

# Colours of one voxel, 8 bits each; the names of the fields are those of `dtype_name`.
RGB: DType = np.dtype([("R", "u1"), ("G", "u1"), ("B", "u1")])
RGBA: DType = np.dtype([("R", "u1"), ("G", "u1"), ("B", "u1"), ("A", "u1")])

#: The dtype of colours, by how many samples they have.
COLOURS = {3: RGB, 4: RGBA}

# Integer dtypes, those that most programs read first.
WIDELY_READ: tuple[DType, ...] = tuple(
    np.dtype(code) for code in ("u1", "i2", "i4", "i1", "u2", "u4", "i8", "u8")
)


def long_types() -> tuple[DType | None, DType | None]:
    """Return the IEEE quadruple float of this machine and its complex dtype, or None and None.

    The 80-bit numbers that x86 pads to 16 bytes are another format: files hold quadruples.
    """
    if np.finfo(np.longdouble).nmant != 112:
        return None, None
    return np.dtype(np.longdouble), np.dtype(np.clongdouble)


LONG_DOUBLE, LONG_COMPLEX = long_types()

# dtypes by the names that they have in tables, where numpy has none or another; None for no dtype.
OWN_NAMES: dict[str, DType | None] = {
    "": None,
    "RGB": RGB,
    "RGBA": RGBA,
    "float128": LONG_DOUBLE,
    "complex256": LONG_COMPLEX,
}


def native(dtype: npt.DTypeLike) -> DType:
    """Return a dtype in the byte order of this machine."""
    return np.dtype(dtype).newbyteorder("=")


def is_colour(dtype: DType) -> bool:
    """Return whether voxels of a dtype are colours: `RGB` or `RGBA`."""
    return dtype in COLOURS.values()


def integer_limits(dtype: npt.DTypeLike) -> tuple[int, int]:
    """Return the least and the greatest integer of an integer dtype."""
    info = np.iinfo(np.dtype(dtype))
    return int(info.min), int(info.max)


def smallest_integer_dtype(
    low: int, high: int, candidates: Iterable[npt.DTypeLike] = WIDELY_READ
) -> DType | None:
    """Find the first integer dtype that holds a range of integers.

    Parameters
    ----------
    low, high : int
        The range, both ends included.
    candidates : iterable of dtype, optional
        In the order of preference; other than integer ones are passed over.

    Returns
    -------
    numpy.dtype or None
        None if no candidate holds them.
    """
    for candidate in candidates:
        dtype = np.dtype(candidate)
        if dtype.kind in "iu":
            least, greatest = integer_limits(dtype)
            if least <= low and high <= greatest:
                return dtype
    return None


def always_exact(source: npt.DTypeLike, target: npt.DTypeLike) -> bool:
    """Return whether every value of a dtype is the same after a cast to another.

    Unlike numpy's "safe" casts this leaves out 64-bit integers to float64.
    """
    given = np.dtype(source)
    wanted = np.dtype(target)
    if given.kind in "iu" and wanted.kind in "fc":
        return integer_limits(given)[1].bit_length() <= digits(wanted)
    return np.can_cast(given, wanted, "safe")


def digits(dtype: npt.DTypeLike) -> int:
    """Return the number of binary digits of a float or complex dtype's mantissa."""
    return int(np.finfo(np.dtype(dtype)).nmant) + 1


def holds_exactly(values: Array, dtype: npt.DTypeLike) -> bool:
    """Return whether every value is the same after a cast to another dtype.

    NaN stays NaN only in float and complex dtypes; minus zero counts as zero.
    """
    target = np.dtype(dtype)
    if always_exact(values.dtype, target) or not values.size:
        return True
    if values.dtype.names or target.names:
        return values.dtype == target
    if target.kind in "iu" and not _integers_within(values, *integer_limits(target)):
        return False
    with np.errstate(all="ignore"):
        return _comes_back(values, target)


def _comes_back(values: Array, target: DType) -> bool:
    """Return whether values are the same after a cast to another dtype and back."""
    source = values.dtype
    cast = values.astype(target) if target.kind == "c" else values.real.astype(target)
    if source.kind in "iu" and target.kind in "fc" and _rounded_up(cast, source):
        return False
    back = (cast if source.kind == "c" else cast.real).astype(source)
    return bool(np.array_equal(values, back, equal_nan=source.kind in "fc"))


def _rounded_up(cast: Array, source: DType) -> bool:
    """Return whether integers became floats beyond their dtype, which cannot be cast back."""
    return bool(cast.real.max() >= 2.0 ** integer_limits(source)[1].bit_length())


def _integers_within(values: Array, least: int, greatest: int) -> bool:
    """Return whether real parts are finite and, without their fractions, in a range."""
    low = values.real.min()
    high = values.real.max()
    if not (np.isfinite(low) and np.isfinite(high)):
        return False
    return least <= int(low) and int(high) <= greatest


def cast_into(out: Array, values: Array) -> None:
    """Copy values into an array of another dtype, as ``astype`` does where that makes sense.

    Parameters
    ----------
    out : ndarray
        Filled in place.
    values : ndarray
        Broadcastable to the shape of `out`.

    Raises
    ------
    ImageDataError
        For values outside an integer dtype, infinite or NaN ones for integers, finite ones that
        would become infinite, complex numbers for real dtypes, records for numbers.
    """
    source = values.dtype
    target = out.dtype
    if np.can_cast(source, target, "safe") or not values.size:
        out[...] = values
        return
    if source.names or target.names:
        raise ImageDataError(
            f"dtype: records {source} cannot become {target}; keep them as they are and take a "
            "field, such as array['R']"
        )
    if source.kind == "c" and target.kind != "c":
        raise ImageDataError(
            f"dtype: complex values cannot become {target}; keep them complex and take .real, "
            ".imag or abs()"
        )
    if target.kind in "iu" and not _integers_within(values, *integer_limits(target)):
        raise _unfit(values, target)
    try:
        with np.errstate(over="raise", invalid="ignore"):
            out[...] = values
    except FloatingPointError:
        raise _unfit(values, target) from None


def _unfit(values: Array, target: DType) -> ImageDataError:
    return ImageDataError(
        f"dtype: values from {values.min()} to {values.max()} do not fit {target}; a wider "
        "dtype holds them, such as float64"
    )


def dtype_table(text: str) -> Recoder:
    """Make the table of a format's codes for dtypes.

    Parameters
    ----------
    text : str
        A row on each line, with bars between code, label, dtype and synonyms. The dtype of a code
        that numpy has no dtype for is empty. The first synonym is the name in the format's
        definition, if there is one.

    Returns
    -------
    Recoder
        With the columns code, label, type, dtype, sw_dtype (byte-swapped) and niistring (the
        first synonym, or an empty string). Found by any of them.
    """
    fields = ("code", "label", "type", "dtype", "sw_dtype", "niistring")
    return Recoder((_row(*row) for row in coded_rows(text)), fields=fields)


def dtypes_by_name(text: str) -> dict[str, DType]:
    """Return the dtypes of a format whose headers name them, from lines of: dtype | its names.

    Examples
    --------
    >>> dtypes_by_name("int16 | short | int16_t")
    {'short': dtype('int16'), 'int16_t': dtype('int16')}
    """
    return {name: np.dtype(dtype) for dtype, *names in table_rows(text) for name in names}


def _row(code: int, label: str, name: str, *synonyms: str) -> tuple[Any, ...]:
    dtype = OWN_NAMES.get(name, name)
    found = np.dtype(np.void) if dtype is None else np.dtype(dtype)
    kind = found if found.names else found.type
    return (code, label, kind, found, found.newbyteorder("S"), *(synonyms or ("",)))


def dtype_name(dtype: Any) -> str:
    """Return a dtype's name: ``int16``, or ``RGB`` for voxels with fields."""
    kind = np.dtype(dtype)
    return "".join(kind.names) if kind.names else str(kind.newbyteorder("="))
