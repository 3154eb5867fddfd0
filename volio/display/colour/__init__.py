"""From values to colours: colour maps, contrast limits, blending, lines and letters."""
