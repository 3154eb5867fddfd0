"""Volumes of DSI Studio: fibres (.fib.gz, .fz) and diffusion images (.src.gz, .sz).

Such a file is a MATLAB file of version 4, mostly compressed by gzip, whose matrices have agreed
names: ``dimension``, ``voxel_size``, perhaps ``trans`` and ``mask``, and a matrix for each volume:
``fa0``, ``index0``, ``gfa``, ``image0``. Voxels are in Fortran order. The newer endings (.fz, .sz)
keep of a volume the voxels of the mask alone, and 8 bits of each with ``NAME.slope`` and
``NAME.inter``.

Sources: https://dsi-studio.labsolver.org/doc/cli_data.html, and for what it leaves out DSI Studio's
``libs/tracking/fib_data.cpp`` (``trans``, and the place of volumes without it) and ``io/mat.hpp``
of its library TIPL (which matrices are of the mask, and how they are scaled).
"""

from __future__ import annotations

from volio.formats.dsi_studio.header import DsiStudioHeader
from volio.formats.dsi_studio.image import DsiStudioImage

__all__ = ["DsiStudioHeader", "DsiStudioImage"]
