"""Layers: what is shown and how, without anything that draws.

A layer has parts, each with settings and events of its own, which can be made and used alone:

===================  ============================================================================
``identity``         name, source, metadata                        (every layer has the first four)
``editing``          what front ends set: mode, cursor, help, what the mouse does
``placement``        data to physical to world coordinates, units
``appearance``       colour map, gamma, opacity, blending, visible
``voxels``           an array, or several of the same image at falling resolution
``slicing``          which axes are shown, and where along the others
``shown``            the slice or volume that is shown: which voxels, and their values
``limits``           contrast limits and their range
``render_settings``  interpolation, rendering, planes
===================  ============================================================================

`Layer` (in ``base_layer``) has the parts of every layer, `ImageLayer` (in ``layer``) those of
images; their attributes are those of the parts.
"""
