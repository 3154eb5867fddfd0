"""The table: each module name of nibabel, and what answers for it in volio.

A row is the name of a real module, which is served as it is, or the parts of an alias module:
source module -> its names, separated by spaces, where ``new=old`` renames and ``*`` stands for all
of its names. Packages are aliases, so that a submodule is never imported a second time under
another name. What is missing here is listed with its reason in `volio.compat.missing`.
"""

from __future__ import annotations

from volio.compat.alias import Parts

__all__ = ["API_VERSION", "MODULES", "NAMES", "SHORT_NAMES", "is_package"]

API_VERSION = "5.4.2"
"""The version of nibabel whose public names are served; ``nibabel.__version__`` once installed."""

MODULES: dict[str, str | Parts] = {
    "imageglobals": "volio.compat.imageglobals",
}

NAMES: Parts = {}
"""Names of nibabel's own namespace that volio does not export itself."""

SHORT_NAMES = {
    "ana": "analyze",
    "ni1": "nifti1",
    "spm2": "spm2analyze",
    "spm99": "spm99analyze",
}
"""Abbreviations in nibabel's namespace; they are attributes, not importable names."""


def is_package(name: str) -> bool:
    """Say whether other rows are submodules of this one."""
    return any(other.startswith(f"{name}.") for other in MODULES)
