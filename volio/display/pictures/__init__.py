"""Pictures of sections, made as arrays: no figure, no display.

===========  ===============================================================
``plots``    plot_ortho and plot_mosaic
``rendered`` plot_rendering and turn: whole volumes
``moving``   movies, and their files
``look``     what is drawn: image, overlays, contours, cross, letters
``ink``      lines and letters on a picture
``tiles``    pictures side by side, the colour bar, files
===========  ===============================================================
"""
