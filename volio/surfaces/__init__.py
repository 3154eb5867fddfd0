"""Surfaces: vertices and faces in a space that is named, and values per vertex."""
