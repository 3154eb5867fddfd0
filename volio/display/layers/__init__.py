"""Layers: what is shown and how, without anything that draws.

`layer` is built up in `identity` (name, events), `voxels` (arrays, levels), `slicing` (the slice
shown), `placement` (coordinates), `rendering` (blending, rendering, planes), `appearance` (limits,
colours) and `picking` (values at positions and along rays).
"""
