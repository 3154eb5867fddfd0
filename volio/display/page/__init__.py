"""Self-contained HTML pages of images, of surfaces and of tracts.

===================  ==========================================================================
``html``             the page of an image, and how many voxels fit into it
``image_facts``      images on it, and how a browser colours them
``voxel_grid``       the voxels that it holds
``contour_lines``    contours, which the browser draws
``surface_html``     the page of surfaces, and how exact it is
``surface_content``  what it shows
``surface_maps``     values per vertex on it
``tract_html``       the page of tracts, and how much of them fits into it
``rotations``        views by name
``packing``          numbers as compressed text
``mesh_packing``     meshes as compressed text
``line_packing``     lines as compressed text
``template``         the file of a page
===================  ==========================================================================
"""
