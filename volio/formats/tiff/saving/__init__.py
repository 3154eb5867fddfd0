"""Writing TIFF: OME-TIFF in tiles with a pyramid, and hyperstacks of ImageJ."""
