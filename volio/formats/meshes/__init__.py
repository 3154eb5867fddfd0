"""Meshes of polygons without a space or labels: OFF, Wavefront OBJ and legacy VTK."""
