"""One self-contained HTML page of an image.

=================  ============================================================================
``html``           the page, and how many voxels fit into it
``voxel_grid``     the voxels that it holds
``packing``        voxels as compressed text
``contour_lines``  contours, which the browser draws
=================  ============================================================================
"""
