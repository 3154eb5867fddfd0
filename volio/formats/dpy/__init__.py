"""Tracts in HDF5 files of dipy (.dpy): points of all lines, and where each ends.

Source: the writer in dipy, dipy/io/dpy.py, https://github.com/dipy/dipy
"""

from __future__ import annotations

from volio.formats.dpy.image import DpyTractogram

__all__ = ["DpyTractogram"]
