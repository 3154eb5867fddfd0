"""Stacks of CATMAID servers, whose slices are in tiles; read only.

Source: https://catmaid.readthedocs.io
"""

from __future__ import annotations

from volio.formats.catmaid.header import CatmaidHeader
from volio.formats.catmaid.image import CatmaidImage

__all__ = ["CatmaidHeader", "CatmaidImage"]
