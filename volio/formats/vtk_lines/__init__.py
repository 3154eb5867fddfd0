"""Tracts in files of VTK: lines of the legacy format (.vtk, .fib), and of XML (.vtp).

Source: https://docs.vtk.org/en/latest/vtk_file_formats/; 3D Slicer says the space in the title, or
in a text of the name SPACE.
"""

from __future__ import annotations

from volio.formats.vtk_lines.legacy import VtkTractogram
from volio.formats.vtk_lines.xml import VtpTractogram

__all__ = ["VtkTractogram", "VtpTractogram"]
