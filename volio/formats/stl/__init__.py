"""STL, triangles without shared vertices (.stl): binary, and text.

Source: 3D Systems, StereoLithography Interface Specification, 1989, as described at
https://www.loc.gov/preservation/digital/formats/fdd/fdd000504.shtml
"""

from __future__ import annotations

from volio.formats.stl.image import StlSurface

__all__ = ["StlSurface"]
