"""The import hook: nibabel's module names, found in the table and loaded when first asked for."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType
from typing import TYPE_CHECKING

from volio.compat import alias
from volio.compat.missing import reason
from volio.compat.planned import PLANNED, planned_class
from volio.compat.table import MODULES, is_package

__all__ = ["Below", "Loader", "ModuleFinder", "serve"]

if TYPE_CHECKING:
    from importlib.abc import Loader as AnyLoader
    from importlib.abc import MetaPathFinder
else:  # what they are in importlib.abc takes longer to import than the whole of volio
    AnyLoader = MetaPathFinder = object


class Loader(AnyLoader):
    """What makes modules of this package; Python makes the empty module."""

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        """Return None: as usual."""
        return None


def serve(name: str) -> ModuleType:
    """Return the module that answers for one of nibabel's.

    Parameters
    ----------
    name : str
        Name below ``nibabel``, for example ``"freesurfer.mghformat"``.

    Returns
    -------
    module
        A real module of volio, which from then on has nibabel's further names too, or the alias
        module composed for the name.

    Raises
    ------
    ModuleNotFoundError
        If the table has no such row; the message says why when a reason is known.
    """
    if name not in MODULES:
        raise _not_served(f"nibabel.{name}", name)
    real, parts = alias.split(MODULES[name])
    module = import_module(real or f"volio.{name}")
    if real:
        alias.extend(module, name, parts)
    return module


def _not_served(fullname: str, name: str) -> ModuleNotFoundError:
    why = reason(name) or "nibabel 5.4 has no module of this name"
    return ModuleNotFoundError(f"{fullname}: not served by volio: {why}", name=fullname)


class ModuleFinder(MetaPathFinder):
    """Find the rows of the table below one package name, ``volio`` or ``nibabel``.

    Parameters
    ----------
    package : str
        The package whose submodules are served.
    root : Loader, optional
        Loader of the package itself; without it the package is left to the other finders.
    """

    def __init__(self, package: str, root: Loader | None = None) -> None:
        self.package = package
        self.root = root

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return the spec of a served module; None for names of other packages."""
        package, _, name = fullname.partition(".")
        if package != self.package:
            return None
        if not name:
            return ModuleSpec(fullname, self.root, is_package=True) if self.root else None
        if name in MODULES:
            return ModuleSpec(fullname, _loader(package, name), is_package=is_package(name))
        if name in PLANNED:
            return ModuleSpec(fullname, _PlannedModule(name), is_package=is_package(name))
        if reason(name):
            raise _not_served(fullname, name)
        return None


def _loader(package: str, name: str) -> Loader:
    real, parts = alias.split(MODULES[name])
    if real or package != "volio":
        return _SecondName(serve, name)
    return _Alias(name, parts)


class Below(MetaPathFinder):
    """Find what is below a module under its second name, such as ``volio.nifti1.header``.

    Python's own finder would load the file again; here the module itself gets a second name.
    """

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return the spec of a submodule of a served package; None for everything else."""
        parent, _, last = fullname.rpartition(".")
        if not parent.startswith(("volio.", "nibabel.")):
            return None
        spec = getattr(sys.modules.get(parent), "__spec__", None)
        if spec is None or spec.name == parent or not find_spec(f"{spec.name}.{last}"):
            return None
        return ModuleSpec(fullname, _SecondName(import_module, f"{spec.name}.{last}"))


class _SecondName(Loader):
    """Put an existing module into ``sys.modules`` under one more name."""

    def __init__(self, get: Callable[[str], ModuleType], name: str) -> None:
        self.get = get
        self.name = name

    def exec_module(self, module: ModuleType) -> None:
        """Replace the placeholder by the module, which keeps its own name and spec."""
        sys.modules[module.__name__] = self.get(self.name)


class _PlannedModule(Loader):
    """Make a module of names that are not served yet."""

    def __init__(self, name: str) -> None:
        self.name = name

    def exec_module(self, module: ModuleType) -> None:
        """Give the module a class for each name, which raises on use."""
        names = PLANNED[self.name].split()
        module.__dict__.update({name: planned_class(self.name, name) for name in names})
        module.__dict__.update(__doc__=reason(self.name), __all__=names)


class _Alias(Loader):
    """Make a module whose names come from several modules of volio."""

    def __init__(self, name: str, parts: alias.Parts) -> None:
        self.name = name
        self.parts = parts

    def exec_module(self, module: ModuleType) -> None:
        """Give the module its names, to be looked up on first use."""
        alias.fill(module, self.name, self.parts)
