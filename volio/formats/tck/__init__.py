"""MRtrix tracts (.tck), values per point (.tsf) and weights of lines.

Source: https://mrtrix.readthedocs.io/en/latest/getting_started/image_data.html#tracks-file-format-tck
"""

from __future__ import annotations

from volio.formats.tck.header import TckHeader
from volio.formats.tck.image import TckTractogram

__all__ = ["TckHeader", "TckTractogram"]
