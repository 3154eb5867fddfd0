"""Words of CIFTI-2: kinds of mappings and models, units, and the structures of the brain.

Source: https://www.nitrc.org/projects/cifti, CIFTI-2 File Format; structures in the order of
Workbench.
"""

from __future__ import annotations

from volio.codes import Recoder
from volio.surfaces.structures import CIFTI_PREFIX, STRUCTURES, camel_case

__all__ = [
    "BRAIN_MODELS",
    "CIFTI_BRAIN_STRUCTURES",
    "CIFTI_MAP_TYPES",
    "CIFTI_MODEL_TYPES",
    "CIFTI_SERIESUNIT_TYPES",
    "LABELS",
    "PARCELS",
    "SCALARS",
    "SERIES",
    "SURFACE",
    "VOXELS",
]

BRAIN_MODELS = "CIFTI_INDEX_TYPE_BRAIN_MODELS"
PARCELS = "CIFTI_INDEX_TYPE_PARCELS"
SERIES = "CIFTI_INDEX_TYPE_SERIES"
SCALARS = "CIFTI_INDEX_TYPE_SCALARS"
LABELS = "CIFTI_INDEX_TYPE_LABELS"

#: What the indices along a dimension of the matrix stand for.
CIFTI_MAP_TYPES = (BRAIN_MODELS, PARCELS, SERIES, SCALARS, LABELS)

SURFACE = "CIFTI_MODEL_TYPE_SURFACE"
VOXELS = "CIFTI_MODEL_TYPE_VOXELS"

#: What a brain model consists of: vertices or voxels.
CIFTI_MODEL_TYPES = (SURFACE, VOXELS)

#: Units of the points of a series.
CIFTI_SERIESUNIT_TYPES = ("SECOND", "HERTZ", "METER", "RADIAN")


def _spellings(structure: str) -> tuple[str, str, str]:
    """Return a structure as it is: short, in CIFTI files, and in GIFTI files and on screens."""
    name = structure.upper()
    return name, f"{CIFTI_PREFIX}{name}", camel_case(structure)


#: The structures that brain models and surfaces are of, by any of their spellings.
CIFTI_BRAIN_STRUCTURES = Recoder(
    [_spellings(name) for name in STRUCTURES], fields=("name", "ciftiname", "guiname")
)
