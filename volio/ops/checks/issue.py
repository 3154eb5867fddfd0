"""Issue: one suspicious thing about an image, what to do about it, and how to repair it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

__all__ = ["Issue", "Level", "keep"]

Level = Literal["info", "suspicious", "error"]


@dataclass(frozen=True)
class Issue:
    """One suspicious thing about an image.

    Parameters
    ----------
    level : {"info", "suspicious", "error"}
        Worth knowing; other programs may stumble over it or read it otherwise; it makes the
        image wrong or unreadable.
    where : str
        The field or part of the file.
    found : str
        What is suspicious.
    advice : str, optional
        What to do about it.
    repair : callable, optional
        ``repair(img)`` repairs a copy of the image; saving that repairs the file.
    """

    level: Level
    where: str
    found: str
    advice: str = ""
    repair: Callable[[Any], None] | None = field(default=None, repr=False, compare=False)

    @property
    def fixable(self) -> bool:
        """Whether `volio.ops.examine.repair` repairs it."""
        return self.repair is not None

    def __str__(self) -> str:
        advice = f"; {self.advice}" if self.advice else ""
        return f"{self.level}: {self.where}: {self.found}{advice}"


def keep(img: Any) -> None:
    """Change nothing: for what is repaired by saving the image again."""
