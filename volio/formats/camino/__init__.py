"""Tracts of Camino (.Bfloat): floats, big-endian, without any header.

Of each line: the number of points, that of the point where tracking began, and the points, x, y
and z in mm, all as float32.

Sources: Camino's manual page ``track(1)``, section OUTPUT, for the numbers, and
http://camino.cs.ucl.ac.uk/index.php?n=Main.Fileformats for their byte order. What the coordinates
mean is in its sources: ``apps/StreamlineTractography.java`` brings points to the physical space of
the header of the input (of a NIfTI file: scanner RAS+) before it writes them, by
``tractography/Tract.java``; inside of the program, and in files of releases before that, they are
counted from the corner of the first voxel, which ``camino_to_trackvis`` asks about by
``--phys-coords``.
"""

from __future__ import annotations

from volio.formats.camino.image import CaminoTractogram

__all__ = ["CaminoTractogram"]
