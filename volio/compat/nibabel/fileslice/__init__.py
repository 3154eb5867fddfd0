"""Slices of arrays in files: nibabel's ``fileslice`` names."""
