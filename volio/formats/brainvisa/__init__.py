"""BrainVISA's meshes (.mesh) and textures (.tex), values per vertex: text, and binary.

Source: AIMS, https://brainvisa.info/aimsdata/user_doc/formats.html
"""

from __future__ import annotations

from volio.formats.brainvisa.mesh import BrainVisaMesh
from volio.formats.brainvisa.texture import BrainVisaTexture

__all__ = ["BrainVisaMesh", "BrainVisaTexture"]
