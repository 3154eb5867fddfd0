"""Headers of lines of text: their grammar, the facts parsed from them, and where voxels are."""
