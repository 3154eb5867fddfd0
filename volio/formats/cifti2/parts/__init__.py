"""Parts of a CIFTI-2 matrix: its surfaces, its volume, its parcels and maps."""
