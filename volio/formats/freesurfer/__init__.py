"""FreeSurfer's surfaces (lh.pial), values (lh.thickness), annotations (.annot) and labels (.label).

Patches (.patch.3d, .patch.flat), values of some vertices (.w), and surfaces, patches and values as
text (.asc, .srf), too.

Source: https://surfer.nmr.mgh.harvard.edu/fswiki/FileFormats, and the files of FreeSurfer itself.
"""

from __future__ import annotations

from volio.formats.freesurfer.annotation import FreeSurferAnnotation
from volio.formats.freesurfer.ascii_surface import FreeSurferAscii
from volio.formats.freesurfer.ascii_values import FreeSurferAsciiValues
from volio.formats.freesurfer.label import FreeSurferLabel
from volio.formats.freesurfer.morph_data import FreeSurferMorphData
from volio.formats.freesurfer.patch import FreeSurferPatch
from volio.formats.freesurfer.sparse_values import FreeSurferSparseValues
from volio.formats.freesurfer.surface import FreeSurferSurface

__all__ = [
    "FreeSurferAnnotation",
    "FreeSurferAscii",
    "FreeSurferAsciiValues",
    "FreeSurferLabel",
    "FreeSurferMorphData",
    "FreeSurferPatch",
    "FreeSurferSparseValues",
    "FreeSurferSurface",
]
