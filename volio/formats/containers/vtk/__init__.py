"""PolyData of VTK: points, cells and values, in the legacy format and in XML."""
