"""What nibabel has and volio does not serve, each with the reason.

The tests hold this list to the truth: a name that is neither served nor listed fails, and so does
a listed name that is served. A module's row covers its submodules and their names.
"""

from __future__ import annotations

__all__ = ["MISSING", "reason"]

MISSING: dict[str, str] = {}
"""``module`` or ``module.name`` below ``nibabel`` -> why it is not served."""


def reason(name: str) -> str | None:
    """Return why a module or name below ``nibabel`` is not served; None when nothing is listed."""
    while name:
        if name in MISSING:
            return MISSING[name]
        name = name.rpartition(".")[0]
    return None
