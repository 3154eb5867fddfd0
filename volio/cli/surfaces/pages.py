"""``volio view --html`` of surfaces: one page of one or both hemispheres."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import Any

from volio.surfaces.structures import hemisphere_of_name

__all__ = ["stated_side", "write_page"]

SIDES = ("left", "right")


def write_page(
    meshes: Sequence[Any],
    sides: Sequence[str],
    maps: Sequence[Any],
    style: Mapping[str, Any],
    options: argparse.Namespace,
) -> None:
    """Write the page that the options ask for.

    Parameters
    ----------
    meshes : sequence of Surface
        One, or two.
    sides : sequence of str
        Of each 'left' or 'right'; "" of one alone.
    maps : sequence of Surface and str
        Loaded files of values and of labels, names of files, and of arrays of the surfaces.
    style : mapping
        Options of pages: `cmap`, `threshold`, ...
    options : argparse.Namespace
    """
    from volio.display.page.surface_html import one_surface_page, surface_page

    if len(meshes) == 1:
        [surface] = meshes
        one_surface_page(surface, options.html, list(maps) or None, hemi=options.hemi, **style)
        return
    left, right = (meshes[sides.index(side)] for side in SIDES)
    surface_page(left, right, options.html, values=_of_both(maps, sides) or None, **style)


def _of_both(maps: Sequence[Any], sides: Sequence[str]) -> list[Any]:
    """Return the maps of two hemispheres: names of arrays, and pairs of files.

    A file is of the hemisphere that it or its name says, else of the one that has the fewest.
    """
    names = [each for each in maps if isinstance(each, str) and not Path(each).exists()]
    files: dict[str, list[Any]] = {side: [] for side in SIDES}
    for each in maps:
        if each not in names:
            fewest = min(sides, key=lambda side: len(files[side]))
            files[stated_side(each) or fewest].append(each)
    return [*zip_longest(*(files[side] for side in SIDES)), *names]


def stated_side(given: Any) -> str:
    """Return the hemisphere that a file of values is of; "" where nothing says it."""
    if isinstance(given, str):
        return hemisphere_of_name(given)
    from volio.display.surfaces.hemispheres import stated_hemisphere

    return stated_hemisphere(given)
