"""Names of the structures that surfaces are of, as files spell them."""

from __future__ import annotations

import re
from pathlib import Path

__all__ = ["camel_case", "hemisphere_of_name", "structure_named"]

SIDES = {"lh": "left", "l": "left", "left": "left", "rh": "right", "r": "right", "right": "right"}

#: What a file name says of the hemisphere: lh.pial, sub-1_hemi-L_pial, 100307.L.pial.
HEMISPHERE = re.compile(r"(?:^|[._-])(?:hemi-)?(?P<side>lh|rh|[LR])(?=[._])", re.ASCII)


def structure_named(text: str) -> str:
    """Return the name of a structure as volio has it, from one of the ways to spell it.

    Parameters
    ----------
    text : str
        ``CortexLeft``, ``CIFTI_STRUCTURE_CORTEX_LEFT``, ``cortex left``, ``left_cortex``, ...

    Returns
    -------
    str
        Lower case with underscores, the side last: ``"cortex_left"``; "" for "".

    Examples
    --------
    >>> structure_named("CortexLeft"), structure_named("CIFTI_STRUCTURE_THALAMUS_RIGHT")
    ('cortex_left', 'thalamus_right')
    """
    plain = text.removeprefix("CIFTI_STRUCTURE_")
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", plain)
    words = re.split(r"[\s_-]+", apart.strip().lower())
    sides = [SIDES[word] for word in words if word in SIDES]
    others = [word for word in words if word not in SIDES]
    return "_".join(others + sides)


def camel_case(structure: str) -> str:
    """Return a structure as GIFTI spells it: ``"CortexLeft"``."""
    return "".join(word.capitalize() for word in structure.split("_"))


def hemisphere_of_name(filename: str) -> str:
    """Return 'left', 'right' or "", as the name of a file says.

    Examples
    --------
    >>> hemisphere_of_name("surf/lh.pial"), hemisphere_of_name("sub-1_hemi-R_pial.surf.gii")
    ('left', 'right')
    """
    found = HEMISPHERE.search(Path(filename).name)
    return SIDES[found["side"].lower()] if found else ""
