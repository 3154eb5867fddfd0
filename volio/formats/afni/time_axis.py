"""The time axis of an AFNI data set: TAXIS_NUMS, TAXIS_FLOATS, TAXIS_OFFSETS.

Source: https://afni.nimh.nih.gov/pub/dist/doc/program_help/README.attributes.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Any

from volio.images.headers.metadata import Metadata

__all__ = ["meaning_of_times", "store_times", "time_step", "unit_of"]

UNITS = {77001: "ms", 77002: "s", 77003: "Hz"}
NONE = -999


def unit_of(attributes: Mapping[str, Any]) -> str:
    """Return the unit of the time step, 'ms', 's' or 'Hz'; "" where none is stated."""
    numbers = attributes.get("TAXIS_NUMS", [])
    return UNITS.get(numbers[2], "") if not isinstance(numbers, str) and len(numbers) > 2 else ""


def time_step(attributes: Mapping[str, Any]) -> float:
    """Return the time step in its unit; 0 where there is no time axis."""
    numbers = attributes.get("TAXIS_FLOATS", [])
    step = numbers[1] if not isinstance(numbers, str) and len(numbers) > 1 else 0.0
    return abs(float(step)) if isfinite(step) else 0.0


def meaning_of_times(attributes: Mapping[str, Any], axes: int) -> Metadata:
    """Return step, start and slice times, in seconds."""
    if axes < 4 or "TAXIS_FLOATS" not in attributes:
        return Metadata()
    unit = unit_of(attributes)
    seconds = 1e-3 if unit == "ms" else 1.0
    floats, offsets = attributes["TAXIS_FLOATS"], attributes.get("TAXIS_OFFSETS", [])
    start = floats[0] if not isinstance(floats, str) and floats else 0.0
    return Metadata(
        step=time_step(attributes) * seconds,
        unit={"ms": "s"}.get(unit, unit),
        start=float(start) * seconds if isfinite(start) else 0.0,
        slice_times=() if isinstance(offsets, str) else tuple(each * seconds for each in offsets),
    )


def store_times(
    attributes: dict[str, Any],
    volumes: int,
    *,
    step: float | None,
    unit: str | None = None,
    start: float | None = None,
    offsets: Sequence[float] | None = None,
) -> None:
    """Store a time axis; what is not given stays, or is what a fresh one has.

    Parameters
    ----------
    attributes : dict
    volumes : int
    step : float, optional
        In `unit`; None or 0 takes the time axis away.
    unit : str, optional
        's' or 'Hz'; others, which AFNI does not know, take the time axis away.
    start : float, optional
        Time of the first volume, in `unit`.
    offsets : sequence of float, optional
        Start of each slice, in `unit`.
    """
    codes = {name: code for code, name in UNITS.items()} | {"": UNITS_DEFAULT}
    unit = unit_of(attributes) if unit is None else unit
    if not step or unit not in codes:
        for name in ("TAXIS_NUMS", "TAXIS_FLOATS", "TAXIS_OFFSETS"):
            attributes.pop(name, None)
        return
    numbers = [volumes, 0, codes[unit], *[NONE] * 5]
    floats = [*attributes.get("TAXIS_FLOATS", [0.0] * 5)]
    floats = [*floats, *[0.0] * 5][: max(5, len(floats))]
    floats[1] = float(step)
    floats[0] = floats[0] if start is None else float(start)
    kept = attributes.get("TAXIS_OFFSETS", []) if offsets is None else list(offsets)
    if kept:
        numbers[1] = len(kept)
        attributes["TAXIS_OFFSETS"] = [float(each) for each in kept]
        floats[3:5] = _slice_places(attributes)
    attributes["TAXIS_NUMS"], attributes["TAXIS_FLOATS"] = numbers, floats


UNITS_DEFAULT = 77002


def _slice_places(attributes: Mapping[str, Any]) -> list[float]:
    """Return where the first slice lies and how far it is to the next, mm."""
    return [float(attributes["ORIGIN"][2]), float(attributes["DELTA"][2])]
