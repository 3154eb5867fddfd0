"""Pictures of tracts: their segments, the colours of these, and lines in a z-buffer."""
