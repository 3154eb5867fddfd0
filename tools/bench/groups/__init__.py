"""The cases, a module for each group of them; a new module here is found by itself."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from bench.case import Case

__all__ = ["cases"]


def cases() -> dict[str, Case]:
    """Return every case by its name, in the order of the groups' names."""
    found: dict[str, Case] = {}
    for module in iter_modules(__path__):
        for case in import_module(f"{__name__}.{module.name}").CASES:
            if case.name in found:
                raise ValueError(f"two cases are called {case.name}")
            found[case.name] = case
    return found
