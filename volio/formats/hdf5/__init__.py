"""HDF5: named data sets, ilastik, Imaris and BigDataViewer, with h5py (extra ``hdf5``).

A data set is the image that its ``path=`` names, or the only one in the file. Its axes are those of
the attribute ``axistags`` (as ilastik has it), of the labels of its dimensions, or of the user;
sizes are those of ``element_size_um``, of ``axistags`` or of dimension scales. What is written is
one data set, ``data``, with these attributes and one of its own, ``volio``.

Sources: https://docs.hdfgroup.org/hdf5/latest/,
https://imaris.oxinst.com/support/imaris-file-format and
https://imagej.net/plugins/bdv/#about-the-bigdataviewer-data-format
"""

from __future__ import annotations

from volio.formats.hdf5.image import Hdf5Header, Hdf5Image

__all__ = ["Hdf5Header", "Hdf5Image"]
