"""The rows of the table of formats that are of tracts."""

from __future__ import annotations

from volio.formats.first_bytes import MARK, SPACES
from volio.formats.format import FileLayout, Format
from volio.formats.signatures import HDF5, SURE, begins, magic
from volio.formats.surface_signatures import VTK_BEGIN, any_file, vtp
from volio.formats.tract_signatures import (
    dsi_studio,
    has_tracts,
    tinytrack,
    trackvis,
    trx,
    vtk_lines,
)

__all__ = ["TRACT_FORMATS"]

#: Formats of tracts, and of the volumes that a program for tracts keeps.
TRACT_FORMATS: tuple[Format, ...] = (
    Format(
        "trk",
        "TrackVis tracts",
        "tracts",
        (FileLayout("TrkTractogram", (".trk",), trackvis, first_bytes=b"T"),),
        headers=("TrkHeader",),
    ),
    Format(
        "tck",
        "MRtrix tracts",
        "tracts",
        (
            FileLayout(
                "TckTractogram", (".tck",), begins(rb"mrtrix tracks[ \t\r]*\n"), first_bytes=b"m"
            ),
        ),
        headers=("TckHeader",),
    ),
    Format(
        "trx",
        "TRX tracts",
        "tracts",
        (FileLayout("TrxTractogram", (".trx",), trx, folder=True, first_bytes=b"P"),),
        headers=("TrxHeader",),
    ),
    Format(
        "bundles",
        "BrainVISA bundles",
        "tracts",
        (
            FileLayout(
                "BundlesTractogram",
                (".bundles", ".bundlesdata"),
                begins(rb"\s*attributes\s*=\s*\{(?s:.*)['\"]bundles['\"]"),
            ),
        ),
        headers=("BundlesHeader",),
    ),
    Format(
        "camino",
        "Camino tracts",
        "tracts",
        (FileLayout("CaminoTractogram", (".Bfloat",), any_file, by_name=True),),
        write=False,
    ),
    Format(
        "dpy",
        "dipy tracts in HDF5",
        "tracts",
        (
            FileLayout(
                "DpyTractogram",
                (".dpy",),
                magic(0, HDF5, score=SURE),
                inside=has_tracts,
                first_bytes=HDF5[:1],
            ),
        ),
        write=False,
        extra="hdf5",
    ),
    Format(
        "tinytrack",
        "TinyTrack tracts (DSI Studio)",
        "tracts",
        (FileLayout("TinyTrackTractogram", (".tt",), tinytrack, first_bytes=b"\x14\0"),),
        headers=("TinyTrackHeader",),
    ),
    Format(
        "dsi_studio",
        "DSI Studio volumes",
        "volume",
        (
            FileLayout(
                "DsiStudioImage",
                (".fib",),
                dsi_studio,
                (".fz", ".src", ".sz"),
                first_bytes=b"\0\n\x14\x1e\x28\x32\x33",
            ),
        ),
        write=False,
        headers=("DsiStudioHeader",),
    ),
    Format(
        "vtk_lines",
        "VTK tracts",
        "tracts",
        (
            FileLayout(
                "VtkTractogram",
                (".vtk",),
                begins(VTK_BEGIN),
                (".fib",),
                inside=vtk_lines,
                first_bytes=b"#",
            ),
            FileLayout(
                "VtpTractogram",
                (".vtp",),
                vtp,
                inside=vtk_lines,
                first_bytes=MARK + SPACES + b"<",
            ),
        ),
    ),
)
