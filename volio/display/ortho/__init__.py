"""The viewer of three planes.

============  ====================================================================
``position``  the position it shows, and links to other viewers
``state``     what it shows there, without anything that draws
``viewer``    OrthoSlicer3D: the state in a figure of matplotlib
``controls``  what the mouse and the keys do
``panels``    the parts of the figure: planes, time course, colour bar, read-out
``blitting``  redrawing only what changed
============  ====================================================================
"""
