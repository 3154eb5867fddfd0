"""The smallest complete formats, which new ones are laid out from; no rows of the table.

===========  ========================================
``volume``   a header and one block of voxels
``surface``  vertices and faces
``points``   what has no base class of its own
===========  ========================================
"""
