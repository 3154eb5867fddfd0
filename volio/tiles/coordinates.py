"""Arithmetic of coordinates by their names."""

from __future__ import annotations

from collections.abc import Mapping

from volio.errors import UsageError

__all__ = ["dict_subtract"]


def dict_subtract(d1: Mapping[str, float], d2: Mapping[str, float]) -> dict[str, float]:
    """Subtract the values of one mapping from those of another.

    Parameters
    ----------
    d1, d2 : mapping
        With the same keys.

    Returns
    -------
    dict

    Raises
    ------
    UsageError
        If their keys differ.

    Examples
    --------
    >>> volio.tiles.dict_subtract({"x": 5, "y": 7}, {"x": 1, "y": 2})
    {'x': 4, 'y': 5}
    """
    if set(d1) != set(d2):
        raise UsageError(f"subtraction: keys must be the same, got {sorted(d1)} and {sorted(d2)}")
    return {key: value - d2[key] for key, value in d1.items()}
