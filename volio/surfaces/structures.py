"""Names of the structures that surfaces are of, as files spell them."""

from __future__ import annotations

import re
from pathlib import Path

__all__ = [
    "CIFTI_PREFIX",
    "STRUCTURES",
    "camel_case",
    "hemisphere_of_name",
    "standard_structure",
    "structure_named",
]

CIFTI_PREFIX = "CIFTI_STRUCTURE_"

NAMES = """
cortex_left cortex_right cerebellum accumbens_left accumbens_right all all_grey_matter
all_white_matter amygdala_left amygdala_right brain_stem caudate_left caudate_right
cerebellar_white_matter_left cerebellar_white_matter_right cerebellum_left cerebellum_right
cerebral_white_matter_left cerebral_white_matter_right cortex diencephalon_ventral_left
diencephalon_ventral_right hippocampus_left hippocampus_right invalid other other_grey_matter
other_white_matter pallidum_left pallidum_right putamen_left putamen_right thalamus_left
thalamus_right
"""

#: Every structure that CIFTI-2 has a name for, in the order of Workbench.
#: Source: CIFTI-2, brain structures, https://www.nitrc.org/projects/cifti
STRUCTURES = tuple(NAMES.split())

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
    plain = text.removeprefix(CIFTI_PREFIX)
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", plain)
    words = re.split(r"[\s_-]+", apart.strip().lower())
    sides = [SIDES[word] for word in words if word in SIDES]
    others = [word for word in words if word not in SIDES]
    return "_".join(others + sides)


def standard_structure(text: str) -> str:
    """Return one of `STRUCTURES`, from one of the ways to spell it.

    Parameters
    ----------
    text : str
        As for `structure_named`; also with the side joined to the name, as ``leftcortex``, and
        with ``both`` for a structure that is named as a whole.

    Returns
    -------
    str
        "" where the text is not a name of any of them.

    Examples
    --------
    >>> standard_structure("leftcortex"), standard_structure("Cortex both")
    ('cortex_left', 'cortex')
    """
    for spelling in (text, text.lower()):  # capitals begin words, or mean nothing
        name = structure_named(spelling)
        whole = re.sub(r"^both_?|_?both$", "", name)
        joined = re.sub(r"^(left|right)(.+)$|^(.+?)_?(left|right)$", _side_last, whole)
        for candidate in (name, whole, joined):
            if candidate in STRUCTURES:
                return candidate
    return ""


def _side_last(found: re.Match[str]) -> str:
    side_first, name, other_name, side_last = found.groups()
    return f"{name or other_name}_{side_first or side_last}"


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
