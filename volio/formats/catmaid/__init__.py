"""Stacks of CATMAID servers, whose slices are in tiles; read only.

Source: https://catmaid.readthedocs.io
"""
