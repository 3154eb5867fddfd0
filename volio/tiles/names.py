"""Words that fetchers of tiles take."""

from __future__ import annotations

from enum import StrEnum

__all__ = ["BrokenSliceHandling", "Orientation3D", "ROIMode", "StrEnum"]


class ROIMode(StrEnum):
    """The space that a region is in.

    Examples
    --------
    >>> str(volio.tiles.ROIMode.PROJECT)
    'project'
    """

    STACK = "stack"  # pixels of zoom level 0
    SCALED = "scaled"  # pixels of the zoom level that is read
    PROJECT = "project"  # nm


class Orientation3D(StrEnum):
    """Order of axes of regions and results. Every permutation of xyz is accepted as text too.

    Examples
    --------
    >>> volio.tiles.Orientation3D.FORTRAN is volio.tiles.Orientation3D.XYZ
    True
    """

    C = "zyx"
    NUMPY = "zyx"
    ZYX = "zyx"
    FORTRAN = "xyz"
    VIGRA = "xyz"
    XYZ = "xyz"


class BrokenSliceHandling(StrEnum):
    """What is shown in place of slices that the server calls broken.

    Examples
    --------
    >>> [str(each) for each in volio.tiles.BrokenSliceHandling]
    ['fill', 'above', 'below', 'closest', 'interpolate']
    """

    FILL = "fill"  # the fill value
    ABOVE = "above"  # the nearest valid slice with a lower z
    BELOW = "below"  # the nearest valid slice with a higher z
    CLOSEST = "closest"  # the one that the server names, else the nearest
    INTERPOLATE = "interpolate"  # what is between the nearest on both sides
