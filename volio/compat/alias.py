"""One module name of nibabel's, answered by several modules of volio."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from importlib import import_module
from operator import attrgetter
from types import ModuleType
from typing import Any

from volio.compat.missing import reason
from volio.compat.planned import is_planned, planned_class

__all__ = ["Parts", "Row", "extend", "fill", "find", "names", "split"]

Parts = Mapping[str, str]
"""Source module -> its names, separated by spaces; ``new=old`` renames, ``*`` is all of them."""

Row = str | tuple[str, Parts] | Parts
"""A real module, a real module with names from elsewhere, or the parts of an alias module."""


def split(row: Row) -> tuple[str | None, Parts]:
    """Return the real module of a row, None for an alias, and the names from elsewhere."""
    if isinstance(row, str):
        return row, {}
    return row if isinstance(row, tuple) else (None, row)


def extend(module: ModuleType, name: str, parts: Parts) -> None:
    """Let a real module answer for more names than it has; its own namespace stays as it is.

    Parameters
    ----------
    module : module
        Left alone if it has a ``__getattr__``.
    name : str
        Name below ``nibabel``, used to explain names that are missing.
    parts : mapping
        Sources of the further names, see `Parts`.
    """
    if parts and "__getattr__" not in vars(module):
        module.__dict__.update(
            __getattr__=lambda attribute: find(name, parts, attribute),
            __dir__=lambda: sorted({*vars(module), *names(parts)}),
        )


def fill(module: ModuleType, name: str, parts: Parts) -> None:
    """Give a module the names of its parts, each looked up on first use.

    Parameters
    ----------
    module : module
        The empty module; it keeps its name and spec.
    name : str
        Name below ``nibabel``, used to explain names that are missing.
    parts : mapping
        Source modules and their names, see `Parts`.
    """

    def get(attribute: str) -> Any:
        value = names(parts) if attribute == "__all__" else _part(name, parts, attribute)
        module.__dict__[attribute] = value
        return value

    module.__dict__.update(
        __doc__=f"The names of ``nibabel.{name}``, from {', '.join(parts)}.",
        __getattr__=get,
        __dir__=lambda: sorted({*module.__dict__, *names(parts)}),
    )


def _part(name: str, parts: Parts, attribute: str) -> Any:
    """Return what an alias has, or one of its modules: packages of nibabel's import theirs."""
    try:
        return find(name, parts, attribute)
    except AttributeError:
        if attribute.startswith("_"):
            raise
        with suppress(ModuleNotFoundError):
            return import_module(f"volio.{name}.{attribute}")
        raise


def find(name: str, parts: Parts, attribute: str) -> Any:
    """Look a name up in the parts of an alias.

    Raises
    ------
    AttributeError
        If no part has it; the message says why when a reason is known.
    """
    for source, original in _places(parts, attribute):
        try:
            found = attrgetter(original)(import_module(source))
        except AttributeError:
            continue
        # The modules that a package is made of are volio's, whatever they are called.
        if not isinstance(found, ModuleType) or not found.__name__.startswith(f"{source}."):
            return found
    if is_planned(name, attribute):
        return planned_class(name, attribute)
    why = reason(f"{name}.{attribute}")
    raise AttributeError(
        f"module 'volio.{name}' has no attribute {attribute!r}"
        + (f": not served: {why}" if why else "")
    )


def names(parts: Parts) -> list[str]:
    """List every name of an alias, sorted; imports the modules that are served whole."""
    listed = {new for listing in parts.values() for new, _ in _pairs(listing)}
    for source, listing in parts.items():
        if "*" in listing.split():
            listed.update(import_module(source).__all__)
    return sorted(listed)


def _places(parts: Parts, attribute: str) -> Iterator[tuple[str, str]]:
    """Yield (module, name there) where an attribute may be, the named places first."""
    for source, listing in parts.items():
        yield from ((source, old) for new, old in _pairs(listing) if new == attribute)
    if not attribute.startswith("_"):
        yield from ((source, attribute) for source, text in parts.items() if "*" in text.split())


def _pairs(listing: str) -> Iterator[tuple[str, str]]:
    for word in listing.split():
        new, _, old = word.partition("=")
        if new != "*":
            yield new, old or new
