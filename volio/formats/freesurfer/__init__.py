"""FreeSurfer's surfaces (lh.pial), values (lh.thickness), annotations (.annot) and labels (.label).

Source: https://surfer.nmr.mgh.harvard.edu/fswiki/FileFormats, and the files of FreeSurfer itself.
"""

from __future__ import annotations

from volio.formats.freesurfer.annotation import FreeSurferAnnotation
from volio.formats.freesurfer.label import FreeSurferLabel
from volio.formats.freesurfer.morph_data import FreeSurferMorphData
from volio.formats.freesurfer.surface import FreeSurferSurface

__all__ = [
    "FreeSurferAnnotation",
    "FreeSurferLabel",
    "FreeSurferMorphData",
    "FreeSurferSurface",
]
