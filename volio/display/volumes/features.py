"""Attributes of volumes: checked, reported to handlers, and bound to modes of rendering."""

from __future__ import annotations

from typing import Any, TypeVar

from volio.display.base.matplotlib_import import imported
from volio.display.base.settings import Check, Setting
from volio.errors import UsageError

__all__ = ["Feature", "colour", "name_or_none"]

T = TypeVar("T")


class Feature(Setting[T]):
    """A setting of a volume; some can be set in certain modes of rendering only.

    Parameters
    ----------
    check : callable
        Takes the name and what is set; returns what is kept.
    doc : str
    modes : tuple of str
        Modes of rendering in which it can be set; any if empty.
    """

    def __init__(self, check: Check[T], doc: str, modes: tuple[str, ...] = ()) -> None:
        if modes:
            doc = f"{doc} Can be set in mode {' or '.join(modes)} only."
        super().__init__(check, doc)
        self.modes = modes

    def __set__(self, volume: Any, value: Any) -> None:
        # A new volume may be given the settings of every mode.
        is_new = self.name not in vars(volume)
        if self.modes and not is_new and volume.mode not in self.modes:
            raise TypeError(
                f"{self.name}: can be set in mode {' or '.join(self.modes)} only, "
                f"the mode is {volume.mode!r}"
            )
        if is_new:
            vars(volume)[self.name] = self.check(self.name, value)
        else:
            super().__set__(volume, value)


def name_or_none(name: str, value: Any) -> str | None:
    """Return a name, or None for none."""
    return None if value is None else str(value)


def colour(name: str, value: Any) -> tuple[float, float, float]:
    """Return red, green and blue of a colour in 0..1.

    Raises
    ------
    UsageError
        If it is not a colour.
    """
    to_rgb = imported("matplotlib.colors").to_rgb

    try:
        red, green, blue = to_rgb(value)
    except ValueError as error:
        raise UsageError(f"{name}: must be a colour, got {value!r}") from error
    return float(red), float(green), float(blue)
