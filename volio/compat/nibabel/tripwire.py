"""Objects that stand for what is missing: nibabel's ``tripwire`` names."""

from __future__ import annotations

from typing import Any, NoReturn

__all__ = ["TripWire", "TripWireError", "is_tripwire"]


class TripWireError(AttributeError):
    """Something that is not there was used."""


class TripWire:
    """An object that raises on any use.

    Parameters
    ----------
    msg : str
        What to say then.
    """

    def __init__(self, msg: str) -> None:
        self._msg = msg

    def __getattr__(self, name: str) -> NoReturn:
        raise TripWireError(self.__dict__.get("_msg", "not there"))


def is_tripwire(obj: Any) -> bool:
    """Return whether using the object raises TripWireError."""
    return isinstance(obj, TripWire)
