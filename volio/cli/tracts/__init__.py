"""What commands print of tracts."""
