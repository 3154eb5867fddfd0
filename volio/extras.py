"""Optional packages: the module, or an error that names what to install."""

from importlib import import_module
from types import ModuleType

from volio.errors import MissingPackageError

__all__ = ["need"]


def need(module: str, extra: str) -> ModuleType:
    """Import an optional package.

    Parameters
    ----------
    module : str
        Name to import, for example ``"dask.array"``.
    extra : str
        The extra of volio that installs it.

    Returns
    -------
    module

    Raises
    ------
    MissingPackageError
        If the package is not installed.
    """
    try:
        return import_module(module)
    except ImportError as error:
        raise MissingPackageError(
            f"{module.partition('.')[0]} is needed for this and cannot be imported ({error}): "
            f"pip install 'volio[{extra}]'"
        ) from error
