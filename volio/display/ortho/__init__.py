"""The viewer of three planes.

============  ====================================================================
``gaze``      where it looks, and links to others
``state``     and what it shows there, without anything that draws
``viewer``    OrthoSlicer3D: the state in a figure of matplotlib
``mouse``     what the mouse and the keys do
``drawings``  the parts of the figure: planes, course of time, colour bar, read-out
``screen``    redrawing only what changed
============  ====================================================================
"""
