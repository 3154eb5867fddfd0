"""matplotlib for colours, fonts and files: whatever window it is set to draw in."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

from volio.errors import MissingPackageError

__all__ = ["imported", "package_folder"]

#: Names the module that draws windows; kernels of notebooks set it for every process they start.
BACKEND = "MPLBACKEND"


def imported(module: str) -> ModuleType:
    """Import matplotlib, or a module of it, for what needs no window.

    matplotlib refuses to be imported where the environment names a backend that is not there:
    without that name it is, and looks for a backend when a window is asked for.
    """
    if "matplotlib" not in sys.modules and BACKEND in os.environ:
        backend = os.environ.pop(BACKEND)
        try:
            _import_with(backend)
        finally:
            os.environ[BACKEND] = backend
    return import_module(module)


def _import_with(backend: str) -> None:
    """Import matplotlib; set the backend that the environment names, if there is one."""
    matplotlib = import_module("matplotlib")
    try:
        matplotlib.rcParams["backend"] = backend
    except ValueError:
        return  # another one is found when it is needed


def package_folder(name: str) -> Path:
    """Return the folder of a package, which is not imported.

    Raises
    ------
    MissingPackageError
        If it is not installed.
    """
    spec = find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise MissingPackageError(f"{name} is needed for this: pip install {name}")
    return Path(next(iter(spec.submodule_search_locations)))
