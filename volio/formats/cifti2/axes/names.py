"""Names of brain structures as CIFTI-2 spells them."""

from __future__ import annotations

from collections.abc import Sequence

from volio.errors import UsageError
from volio.surfaces.structures import CIFTI_PREFIX, standard_structure, structure_named

__all__ = ["cifti_name", "plain_name"]


def cifti_name(name: str | Sequence[str]) -> str:
    """Return the name of a brain structure as CIFTI-2 spells it.

    Parameters
    ----------
    name : str or sequence of str
        ``CortexLeft``, ``left cortex``, ``CIFTI_STRUCTURE_CORTEX_LEFT``, ..., or the structure and
        its side (left, right, both) in any order.

    Returns
    -------
    str

    Raises
    ------
    UsageError
        If CIFTI-2 has no such structure.

    Examples
    --------
    >>> cifti_name("thalamus right")
    'CIFTI_STRUCTURE_THALAMUS_RIGHT'
    """
    text = name if isinstance(name, str) else "_".join(name)
    structure = standard_structure(text)
    if not structure:
        raise UsageError(
            f"name: {name!r} is not a structure of CIFTI-2; volio.surfaces.structures.STRUCTURES "
            "lists them"
        )
    return f"{CIFTI_PREFIX}{structure.upper()}"


def plain_name(name: str) -> str:
    """Return the name of a structure as volio has it: ``"cortex_left"``."""
    return structure_named(name)
