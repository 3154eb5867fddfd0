"""What can be suspicious about an image file, one module for each place to look.

===============  ==========================================================
``issue``      `Issue`: one suspicious thing, what to do, and how to repair it
``files``        sizes, compression and names of the files
``fields``       the fields of the header, one by one
``labels``       tables of labels
``places``       affines, voxel sizes, orientation
``times``        units, and the time from volume to volume
``voxels``       the values
===============  ==========================================================
"""
