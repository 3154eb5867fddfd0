"""What is done with greyordinates: described, compared, examined."""
