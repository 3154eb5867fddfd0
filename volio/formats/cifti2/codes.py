"""Words of CIFTI-2: kinds of mappings and models, units, and the structures of the brain.

Source: https://www.nitrc.org/projects/cifti, CIFTI-2 File Format; structures in the order of
Workbench.
"""

from __future__ import annotations

from volio.codes import Recoder

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

STRUCTURES = """
CORTEX_LEFT CORTEX_RIGHT CEREBELLUM ACCUMBENS_LEFT ACCUMBENS_RIGHT ALL ALL_GREY_MATTER
ALL_WHITE_MATTER AMYGDALA_LEFT AMYGDALA_RIGHT BRAIN_STEM CAUDATE_LEFT CAUDATE_RIGHT
CEREBELLAR_WHITE_MATTER_LEFT CEREBELLAR_WHITE_MATTER_RIGHT CEREBELLUM_LEFT CEREBELLUM_RIGHT
CEREBRAL_WHITE_MATTER_LEFT CEREBRAL_WHITE_MATTER_RIGHT CORTEX DIENCEPHALON_VENTRAL_LEFT
DIENCEPHALON_VENTRAL_RIGHT HIPPOCAMPUS_LEFT HIPPOCAMPUS_RIGHT INVALID OTHER OTHER_GREY_MATTER
OTHER_WHITE_MATTER PALLIDUM_LEFT PALLIDUM_RIGHT PUTAMEN_LEFT PUTAMEN_RIGHT THALAMUS_LEFT
THALAMUS_RIGHT
"""


def _spellings(name: str) -> tuple[str, str, str]:
    """Return a structure as it is: short, in CIFTI files, and in GIFTI files and on screens."""
    words = name.split("_")
    return name, f"CIFTI_STRUCTURE_{name}", "".join(word.capitalize() for word in words)


#: The structures that brain models and surfaces are of, by any of their spellings.
CIFTI_BRAIN_STRUCTURES = Recoder(
    [_spellings(name) for name in STRUCTURES.split()], fields=("name", "ciftiname", "guiname")
)
