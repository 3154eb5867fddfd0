"""Options by name, and refusing those that are for something else."""

from __future__ import annotations

from collections.abc import Iterable

from volio.errors import UsageError

__all__ = ["flag", "refuse"]


def refuse(given: set[str], names: Iterable[str], purpose: str) -> None:
    """Raise an error if one of some options is given, saying what it is for."""
    for name in names:
        if name in given:
            raise UsageError(f"{flag(name)} is for {purpose}")


def flag(name: str) -> str:
    """Return the option of a name."""
    return f"--{name.replace('_', '-')}"
