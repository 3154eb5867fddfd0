"""Tracts of Camino (.Bfloat): floats, big-endian, without any header.

Source: manual page of Camino's ``track``, http://camino.cs.ucl.ac.uk (raw streamlines)
"""

from __future__ import annotations

from volio.formats.camino.image import CaminoTractogram

__all__ = ["CaminoTractogram"]
