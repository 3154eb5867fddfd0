"""How hard to compress: a word that means the same for every codec, or a codec's own level."""

from __future__ import annotations

import operator
from typing import NamedTuple

from volio.errors import UsageError

__all__ = ["PRESETS", "Compression", "Levels", "check_compression", "chosen_level"]

#: Names for `compression`, from the fastest to the smallest file.
PRESETS = ("fast", "balanced", "small")

Compression = str | int | None


class Levels(NamedTuple):
    """The levels of a codec, and those that the presets stand for.

    Attributes
    ----------
    least, most : int
    fast, balanced, small : int
    """

    least: int
    most: int
    fast: int
    balanced: int
    small: int


def check_compression(compression: Compression) -> None:
    """Raise UsageError for what is neither a preset nor a level of any codec."""
    known = compression in PRESETS if isinstance(compression, str) else compression is None
    if known or _as_level(compression) is not None:
        return
    raise UsageError(f"compression: must be {_words()} or a level, got {compression!r}")


def chosen_level(codec: str, levels: Levels, compression: Compression) -> int:
    """Return the level that `compression` means for a codec; None means 'fast'.

    Raises
    ------
    UsageError
        If there is no such preset, or the codec has no such level.
    """
    check_compression(compression)
    if compression is None:
        return levels.fast
    if isinstance(compression, str):
        return int(getattr(levels, compression))
    level = operator.index(compression)
    if not levels.least <= level <= levels.most:
        raise UsageError(
            f"compression: {codec} takes {_words()} or a level from {levels.least} to "
            f"{levels.most}, got {level}"
        )
    return level


def _as_level(compression: object) -> int | None:
    if isinstance(compression, bool):
        return None
    try:
        return operator.index(compression)  # type: ignore[arg-type]  # that is the question
    except TypeError:
        return None


def _words() -> str:
    return ", ".join(map(repr, PRESETS))
