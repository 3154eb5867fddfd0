"""Names of temporary files and folders, which lie next to the target of a save."""

from __future__ import annotations

__all__ = ["beginning", "temporary_name"]

LETTERS = 40  # of the target's name: the whole must fit what file systems allow


def beginning(name: str) -> str:
    """Return how the names of all temporary files of a target begin: ``".NAME."``."""
    return f".{name[:LETTERS]}."


def temporary_name(name: str, number: int | str) -> str:
    """Return the name of a temporary file of a target, ``".NAME.0.part"``.

    Parameters
    ----------
    name : str
        Of the target, without its folder.
    number : int or str
        Distinguishes several.
    """
    return f"{beginning(name)}{number}.part"
