"""One self-contained HTML page of an image: ``packing`` (voxels into text), ``html`` (the page)."""
