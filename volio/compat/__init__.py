"""nibabel's names on top of volio.

Three ways in, all from one table (`volio.compat.table`):

* ``import volio.nifti1``, ``from volio.spatialimages import SpatialImage`` and
  ``volio.orientations.aff2axcodes`` work like their namesakes in nibabel, so that a script runs
  with ``import volio as nib``.
* ``volio.compat.install_as_nibabel()`` makes ``import nibabel`` and its submodules give volio, for
  programs that cannot be edited. Call it before anything imports nibabel.
* ``python -m volio.compat`` lists the names that are not served yet, and why.

A row of the table names the real module of volio, which is then given itself (``volio.nifti1 is
volio.formats.nifti1``) and, once asked for, answers for nibabel's further names there; or, where
no single module carries the matter, the parts of an alias module. What nibabel offers and volio's
own design has no place for lives in ``volio.compat.nibabel``. Nothing below this package imports
it.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import Any

from volio.compat import alias
from volio.compat.hook import Below, Loader, ModuleFinder, serve
from volio.compat.missing import reason
from volio.compat.planned import PLANNED
from volio.compat.table import API_VERSION, MODULES, NAMES, SHORT_NAMES
from volio.errors import UsageError
from volio.flags import as_flag

__all__ = [
    "API_VERSION",
    "MODULES",
    "attribute",
    "install",
    "install_as_nibabel",
    "module",
    "names",
    "uninstall",
]

_hidden: dict[str, ModuleType] = {}


def module(name: str) -> ModuleType:
    """Return the module that answers for ``nibabel.<name>``.

    Raises
    ------
    ModuleNotFoundError
        If nibabel has no such module or volio does not serve it yet; the message says which.
    """
    return serve(SHORT_NAMES.get(name, name))


def attribute(name: str) -> Any:
    """Return what ``nibabel.<name>`` is: a module, or a name that volio itself does not export.

    Raises
    ------
    AttributeError
        If there is none; the message says why when a reason is known.
    """
    if SHORT_NAMES.get(name, name) in MODULES:
        return module(name)
    if name in PLANNED:
        return import_module(f"volio.{name}")
    try:
        return alias.find("", NAMES, name)
    except AttributeError as error:
        why = reason(SHORT_NAMES.get(name, name))
        hint = f": nibabel's name is not served: {why}" if why else ""
        raise AttributeError(f"module 'volio' has no attribute {name!r}{hint}") from error


def names() -> list[str]:
    """List the names that `attribute` answers, sorted."""
    top = (name for name in MODULES if "." not in name)
    return sorted({*top, *SHORT_NAMES, *alias.names(NAMES)})


def install() -> None:
    """Make ``import volio.<module of nibabel>`` work; ``import volio`` does this."""
    if not any(
        isinstance(finder, ModuleFinder) and finder.root is None for finder in sys.meta_path
    ):
        sys.meta_path.insert(0, Below())
        sys.meta_path.append(ModuleFinder("volio"))


def install_as_nibabel(force: bool = False) -> None:
    """Make ``import nibabel`` and its submodules give volio, whether nibabel is there or not.

    ``nibabel.__version__`` is then `API_VERSION`, the version of nibabel whose names are served:
    programs compare it to decide which names they may use.

    Parameters
    ----------
    force : bool, optional
        Also when nibabel has been imported already. Objects that others hold from it stay what
        they are, so their classes are not those of volio.

    Raises
    ------
    UsageError
        If nibabel has been imported already and `force` is False.
    """
    as_flag("force", force)
    install()
    if any(isinstance(finder, ModuleFinder) and finder.root for finder in sys.meta_path):
        return
    loaded = _nibabel_modules()
    if loaded and not force:
        where = getattr(loaded.get("nibabel"), "__file__", "an unknown place")
        raise UsageError(
            f"nibabel has been imported already (from {where}): "
            "call install_as_nibabel() before, or with force=True"
        )
    _hidden.update(loaded)
    _forget(loaded)
    sys.meta_path.insert(0, ModuleFinder("nibabel", root=_Root()))


def uninstall() -> None:
    """Undo `install_as_nibabel`: the next ``import nibabel`` gives what it gave before."""
    installed = [f for f in sys.meta_path if isinstance(f, ModuleFinder) and f.root]
    for finder in installed:
        sys.meta_path.remove(finder)
        _forget(_nibabel_modules())
    sys.modules.update(_hidden)
    _hidden.clear()


def _nibabel_modules() -> dict[str, ModuleType]:
    return {k: v for k, v in sys.modules.items() if k.partition(".")[0] == "nibabel"}


def _forget(modules: dict[str, ModuleType]) -> None:
    for name in modules:
        del sys.modules[name]


class _Root(Loader):
    """Make the module called ``nibabel``: volio, with the version of the names it serves."""

    def exec_module(self, module: ModuleType) -> None:
        """Let every name of the module be volio's."""
        volio = import_module("volio")
        module.__dict__.update(
            __doc__="nibabel's names, served by volio.",
            __file__=volio.__file__,  # by which programs see whether a package is there
            __version__=API_VERSION,
            __getattr__=lambda name: _root_attribute(volio, name),
            __dir__=lambda: sorted({*module.__dict__, *dir(volio), *names()}),
        )


def _root_attribute(volio: ModuleType, name: str) -> Any:
    """Return a module of the table first: volio may have another of that name."""
    if name.startswith("__") and name != "__all__":
        raise AttributeError(f"module 'nibabel' as served by volio has no attribute {name!r}")
    if name in MODULES or name in PLANNED:
        return import_module(f"nibabel.{name}")
    return getattr(volio, name)
