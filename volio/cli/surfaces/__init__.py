"""What commands print of surfaces."""
