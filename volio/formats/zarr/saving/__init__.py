"""Saving of multiscales: choices, geometry, chunks, pyramids."""
