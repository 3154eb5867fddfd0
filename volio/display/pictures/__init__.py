"""Pictures of sections, made as arrays: no figure, no display.

==============  ===============================================================
``plots``       plot_ortho and plot_mosaic
``renderings``  plot_rendering and turn: whole volumes
``animation``   movies, and their files
``style``       what is drawn: image, overlays, contours, cross, letters
``tiles``       pictures side by side, the colour bar, files
``preview``     the small picture of an image in a notebook
==============  ===============================================================
"""
