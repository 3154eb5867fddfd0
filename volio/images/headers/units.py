"""Units of files: times, lengths and angles in s, mm and degrees, and back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from math import isfinite, nan, pi
from typing import Any, NamedTuple

from volio.codes import table_rows

__all__ = [
    "Quantity",
    "acquisition_from",
    "acquisition_to",
    "converted_step",
    "millimetres_in",
    "quantities",
    "seconds_in",
]

#: Seconds in a unit of time, by the names that files have for it; the first is the usual one.
SECONDS: dict[str, float] = {
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), 1.0),
    **dict.fromkeys(("ms", "msec", "millisecond", "milliseconds"), 1e-3),
    **dict.fromkeys(("us", "µs", "μs", "usec", "microsecond", "microseconds"), 1e-6),
    **dict.fromkeys(("ns", "nanosecond", "nanoseconds"), 1e-9),
    **dict.fromkeys(("min", "minute", "minutes"), 60.0),
    **dict.fromkeys(("h", "hour", "hours"), 3600.0),
    **dict.fromkeys(("d", "day", "days"), 86400.0),
}

#: Powers of ten before the names of units.
PREFIXES = {
    **{"yotta": 24, "zetta": 21, "exa": 18, "peta": 15, "tera": 12, "giga": 9, "mega": 6},
    **{"kilo": 3, "hecto": 2, "deci": -1, "centi": -2, "milli": -3, "micro": -6, "nano": -9},
    **{"pico": -12, "femto": -15, "atto": -18, "zepto": -21, "yocto": -24},
}

#: Millimetres in a unit of length, by the names that files have for it.
MILLIMETRES: dict[str, float] = {
    **{f"{prefix}meter": float(f"1e{power + 3}") for prefix, power in PREFIXES.items()},
    **{"angstrom": 1e-7, "inch": 25.4, "foot": 304.8, "yard": 914.4, "mile": 1609344.0},
    "parsec": 3.0856775814913673e19,
    **dict.fromkeys(("mm", "millimeter", "millimeters"), 1.0),
    "cm": 10.0,
    **dict.fromkeys(("m", "meter", "meters"), 1e3),
    **dict.fromkeys(("um", "µm", "μm", "micron", "microns", "micrometer"), 1e-3),
    "nm": 1e-6,
}


def seconds_in(unit: str) -> float | None:
    """Return the seconds in a unit of time by any of its names; None for what is not one."""
    return SECONDS.get(unit.strip().lower())


def millimetres_in(unit: str) -> float | None:
    """Return the millimetres in a unit of length by any of its names; None for what is not one."""
    return MILLIMETRES.get(unit.strip().lower())


def converted_step(step: float, before: float | None, after: float | None) -> float:
    """Return a fourth voxel size in another unit.

    Parameters
    ----------
    step : float
        The size in the unit `before`.
    before, after : float or None
        Seconds in each unit; None, where a file does not state it, counts as seconds.
    """
    return step * ((before or 1.0) / (after or 1.0))


#: How many of a unit are one of the units of `Metadata.acquisition` (s, degrees, mm).
PER_UNIT = {"s": 1.0, "ms": 1000.0, "degrees": 1.0, "radians": pi / 180, "mm": 1.0}


class Quantity(NamedTuple):
    """A field of a header that holds a time, an angle or a length of the acquisition.

    Parameters
    ----------
    field : str
        Its name in the header.
    name : str
        Its name in `Metadata.acquisition`: 'echo time', 'inversion time', 'repetition time', 'flip
        angle', 'field of view'.
    unit : {'s', 'ms', 'degrees', 'radians', 'mm'}
        Its unit in the file.
    """

    field: str
    name: str
    unit: str

    def standard(self, value: float) -> float:
        """Return a number of the file in s, degrees or mm."""
        return value / PER_UNIT[self.unit]

    def stored(self, value: float) -> float:
        """Return a number in s, degrees or mm in the unit of the file."""
        return value * PER_UNIT[self.unit]


def quantities(table: str) -> tuple[Quantity, ...]:
    """Return the quantities of a format, from lines of: field | name | unit; see `Quantity`."""
    return tuple(Quantity(*row) for row in table_rows(table))


def acquisition_from(
    value_of: Callable[[str, float], Any], quantities: Iterable[Quantity]
) -> dict[str, float]:
    """Return what a header states of an acquisition, by name, in s, degrees and mm.

    Parameters
    ----------
    value_of : callable
        ``value_of(field, default)`` gives the number in a field of the header, as `dict.get` does;
        what is absent or not finite states nothing.
    quantities : iterable of Quantity
    """
    found = {quantity: float(value_of(quantity.field, nan)) for quantity in quantities}
    return {each.name: each.standard(value) for each, value in found.items() if isfinite(value)}


def acquisition_to(
    acquisition: Mapping[str, float], quantities: Iterable[Quantity]
) -> dict[str, float]:
    """Return the fields that state an acquisition, in the units of the file.

    Parameters
    ----------
    acquisition : mapping of str to float
        As `Metadata.acquisition`: s, degrees, mm.
    quantities : iterable of Quantity

    Returns
    -------
    dict of str to float
        Fields by name, without those that `acquisition` does not have.
    """
    return {
        quantity.field: quantity.stored(acquisition[quantity.name])
        for quantity in quantities
        if quantity.name in acquisition
    }
