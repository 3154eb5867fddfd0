"""BrainVoyager's surfaces (.srf), and maps of values per vertex (.smp).

Source: https://support.brainvoyager.com, The Format of SRF Files, The Format of SMP Files
"""

from __future__ import annotations

from volio.formats.brainvoyager.maps import BrainVoyagerMaps
from volio.formats.brainvoyager.mesh import BrainVoyagerMesh

__all__ = ["BrainVoyagerMaps", "BrainVoyagerMesh"]
