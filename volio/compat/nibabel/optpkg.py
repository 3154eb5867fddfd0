"""Packages that may be missing: nibabel's ``optpkg`` names.

volio itself asks for optional packages with `volio.extras.need`.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING
from unittest import SkipTest

from volio.compat.nibabel.tripwire import TripWire

if TYPE_CHECKING:
    from packaging.version import Version

__all__ = ["optional_package"]

Wanted = Callable[[ModuleType], bool]


def optional_package(
    name: str, trip_msg: str | None = None, min_version: str | Version | Wanted | None = None
) -> tuple[ModuleType | TripWire, bool, Callable[[], None]]:
    """Import a package that may be missing.

    Parameters
    ----------
    name : str
        Package or module.
    trip_msg : str, optional
        What a stand-in says when it is used.
    min_version : str, Version or callable, optional
        Oldest version that will do, or a function that says whether a module will.

    Returns
    -------
    package : module or TripWire
        The module, or an object that raises an error on any use.
    have_package : bool
    setup_module : callable
        Raises `unittest.SkipTest` when the package is missing.
    """
    try:
        package = import_module(name)
    except ImportError as error:
        why = f"{name} is needed for this and cannot be imported: {error}"
    else:
        why = _too_old(name, package, min_version)
        if not why:
            return package, True, lambda: None

    def setup_module() -> None:
        raise SkipTest(f"{name} is needed for these tests")

    return TripWire(trip_msg or why), False, setup_module


def _too_old(name: str, package: ModuleType, wanted: str | Version | Wanted | None) -> str:
    """Return what is wrong with the version of a package; an empty string if nothing is."""
    if wanted is None:
        return ""
    if callable(wanted):
        return "" if wanted(package) else f"{name}: this version is not the one needed here"
    from packaging.version import Version

    found = getattr(package, "__version__", None)
    oldest = Version(str(wanted))
    if found is None or Version(found) < oldest:
        return f"{name}: version {oldest} or later is needed here, found {found}"
    return ""
