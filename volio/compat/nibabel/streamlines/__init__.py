"""Stand-ins of nibabel.streamlines over the tracts of volio."""
