"""About this package: nibabel's ``pkg_info`` names."""

from __future__ import annotations

import sys
from importlib.metadata import PackageNotFoundError, version

from volio.compat.table import API_VERSION

__all__ = ["cmp_pkg_version", "get_info", "get_pkg_info"]


__version__ = API_VERSION


def cmp_pkg_version(version_str: str, pkg_version_str: str = API_VERSION) -> int:
    """Compare a version with that of the package.

    Parameters
    ----------
    version_str : str
    pkg_version_str : str, optional
        By default the version of nibabel whose names are served.

    Returns
    -------
    {-1, 0, 1}
        Older, equal, or newer.
    """
    from packaging.version import Version

    given = Version(version_str)
    own = Version(pkg_version_str)
    return (given > own) - (given < own)


def get_pkg_info(pkg_path: str) -> dict[str, str]:
    """Return what a bug report should say about the installation.

    Parameters
    ----------
    pkg_path : str
        Folder of the package, repeated in the answer.
    """
    import numpy as np

    return {
        "pkg_path": pkg_path,
        "volio_version": _installed_version(),
        "api_version": API_VERSION,
        "sys_version": sys.version,
        "sys_executable": sys.executable,
        "sys_platform": sys.platform,
        "np_version": np.__version__,
    }


def get_info() -> dict[str, str]:
    """Return what a bug report should say about this installation of volio."""
    return get_pkg_info(__file__.rpartition("compat")[0])


def _installed_version() -> str:
    try:
        return version("volio")
    except PackageNotFoundError:
        return "not installed"
