"""The rows of the table of formats that are of tracts."""

from __future__ import annotations

from volio.formats.format import FileLayout, Format
from volio.formats.signatures import begins
from volio.formats.tract_signatures import trackvis

__all__ = ["TRACT_FORMATS"]

#: Formats of tracts.
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
)
