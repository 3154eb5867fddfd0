"""Pictures of sections, made as arrays: no figure, no display.

===========  ===============================================================
``plots``    plot_ortho and plot_mosaic
``look``     what is drawn: image, overlays, contours, cross, letters
``ink``      lines and letters on a picture
``tiles``    pictures side by side, the colour bar, files
===========  ===============================================================
"""
