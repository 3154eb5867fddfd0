"""What commands print of greyordinates."""
