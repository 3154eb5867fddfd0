r"""TrackVis tracts (.trk).

Source: http://trackvis.org/docs/?subsect=fileformat, and for what is not written there nibabel's
`streamlines/trk.py`: names of several columns (``"name\0k"``), and half a voxel between the corner
of the first voxel, where TrackVis counts from, and its centre.
"""

from __future__ import annotations

from volio.formats.trk.header import TrkHeader
from volio.formats.trk.image import TrkTractogram

__all__ = ["TrkHeader", "TrkTractogram"]
