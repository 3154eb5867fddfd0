"""PLY, the polygon format of Stanford (.ply): text, and binary in both byte orders.

Source: Greg Turk, The PLY Polygon File Format,
https://gamma.cs.unc.edu/POWERPLANT/papers/ply.pdf
"""

from __future__ import annotations

from volio.formats.ply.image import PlySurface

__all__ = ["PlySurface"]
