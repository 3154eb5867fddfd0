"""TinyTrack tracts of DSI Studio (.tt, .tt.gz): variables of MATLAB, lines in small steps.

Source: DSI Studio, libs/tracking/tract_model.cpp, https://github.com/frankyeh/DSI-Studio
"""

from __future__ import annotations

from volio.formats.tinytrack.header import TinyTrackHeader
from volio.formats.tinytrack.image import TinyTrackTractogram

__all__ = ["TinyTrackHeader", "TinyTrackTractogram"]
