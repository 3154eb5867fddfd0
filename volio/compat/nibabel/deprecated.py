"""Going out of use: nibabel's ``deprecated`` names."""

from __future__ import annotations

import warnings
from importlib import import_module
from typing import Any, ClassVar

from volio.caller import warn_caller
from volio.compat.nibabel.deprecator import Deprecator
from volio.compat.nibabel.pkg_info import cmp_pkg_version

__all__ = [
    "Deprecator",
    "FutureWarningMixin",
    "ModuleProxy",
    "VisibleDeprecationWarning",
    "alert_future_error",
    "cmp_pkg_version",
    "deprecate_with_version",
]

deprecate_with_version = Deprecator(cmp_pkg_version)
"""Decorator with a message and versions, measured by those of nibabel's names served here."""


class VisibleDeprecationWarning(UserWarning):
    """A deprecation that users see, unlike DeprecationWarning."""


class ModuleProxy:
    """A module that is imported when a name in it is first used.

    Parameters
    ----------
    module_name : str
    """

    def __init__(self, module_name: str) -> None:
        self._module_name = module_name

    def __getattr__(self, name: str) -> Any:
        return getattr(import_module(self.__dict__["_module_name"]), name)

    def __repr__(self) -> str:
        return f"<module proxy for {self._module_name}>"


class FutureWarningMixin:
    """Mixin that gives `warn_message` as FutureWarning at each construction."""

    warn_message: ClassVar[str] = "A later version will be without this class"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        warn_caller(self.warn_message, FutureWarning)
        super().__init__(*args, **kwargs)


def alert_future_error(
    msg: str,
    version: str,
    *,
    warning_class: type[Warning] = FutureWarning,
    error_class: type[Exception] = RuntimeError,
    warning_rec: str = "",
    error_rec: str = "",
    stacklevel: int = 2,
) -> None:
    """Warn of what will be an error, or raise it once the version is reached.

    Parameters
    ----------
    msg : str
        What is wrong.
    version : str
        Version from which on it is an error.
    warning_class, error_class : type, optional
    warning_rec, error_rec : str, optional
        What to do, added to the warning and to the error.
    stacklevel : int, optional
        Whose line the warning names, as in `warnings.warn`.
    """
    if cmp_pkg_version(version) <= 0:
        raise error_class(f"{msg} {error_rec}".rstrip())
    text = f"{msg} This will error in NiBabel {version}. {warning_rec}".rstrip()
    warnings.warn(text, warning_class, stacklevel=stacklevel + 1)
