"""Which options of ``volio view`` go together."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

from volio.cli.console.flags import refuse
from volio.cli.options.arguments import parse_count, parse_numbers
from volio.cli.pictures import VOLUMES

__all__ = ["OUTPUTS", "add_options", "check_honoured", "given_options"]

PLANES = ("ortho", "tiled", "x", "y", "z", "xz", "yz", "yx")
OUTPUTS = ("png", "gif", "html")
SECTIONS = ("ortho", "mosaic")
#: Options of surfaces alone.
OF_SURFACES = ("data", "labels", "background", "outline", "views", "hemi")
#: Options of tracts alone.
OF_TRACTS = ("colour", "lines")
#: Options that some modes alone honour: their names, and these modes.
HONOURED = {
    "planes": ("ortho",),
    "cuts": ("mosaic",),
    "axis": SECTIONS,
    "at": SECTIONS,
    "angle": VOLUMES,
    "iso": ("iso",),
    "colorbar": SECTIONS,
    "title": SECTIONS,
    "radiological": SECTIONS,
}
#: Options of pictures and movies, and those of movies alone.
OF_PICTURES = ("cuts", "axis", "angle", "iso", "size", "white")
OF_MOVIES = ("frames", "seconds")
#: Options of colours, which lines do not have.
OF_COLOURS = ("overlay_limits", "threshold", "alpha")


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare all options."""
    _add_outputs(parser.add_argument_group("what to save, instead of opening a window"))
    _add_pictures(parser.add_argument_group("which picture"))
    _add_surfaces(
        parser.add_argument_group(
            "surfaces", "data, labels and background may be given once for each hemisphere"
        )
    )
    _add_tracts(parser.add_argument_group("tracts"))
    _add_look(parser.add_argument_group("how the image looks"))
    _add_overlays(
        parser.add_argument_group(
            "how overlays look", "each may be given once, or once for each overlay, in their order"
        )
    )


def _add_outputs(group: Any) -> None:
    group.add_argument("--png", metavar="OUT", help="a picture")
    group.add_argument(
        "--gif", metavar="OUT", help="a movie: turning, through time, or through slices"
    )
    group.add_argument(
        "--html", metavar="OUT", help="a page for any browser: linked planes, or surfaces that turn"
    )
    group.add_argument("-f", "--force", action="store_true", help="replace files that are there")


def _add_pictures(group: Any) -> None:
    group.add_argument(
        "--mode",
        choices=(*SECTIONS, *VOLUMES),
        default="ortho",
        help="planes through a point (default), many slices, or the whole volume",
    )
    group.add_argument(
        "--planes",
        choices=PLANES,
        help="which planes of ortho, a page or a window (default: all; of a single slice its own)",
    )
    group.add_argument(
        "--axis",
        metavar="XYZ",
        help="of mosaic: x, y, z or several (default: z; of a single slice its own)",
    )
    group.add_argument(
        "--cuts",
        type=parse_count,
        metavar="N",
        help="of mosaic: how many (default: 15, or as many as there are)",
    )
    group.add_argument(
        "--at",
        type=parse_numbers,
        metavar="MM,...",
        help="where to cut, mm: x,y,z of a point, or places along the axis of a mosaic",
    )
    group.add_argument(
        "--angle",
        type=parse_numbers,
        default=(0.0, 0.0),
        metavar="A[,E]",
        help="of a volume or surface: degrees from the front to the left, and above the horizon",
    )
    group.add_argument("--frames", type=parse_count, metavar="N", help="pictures of a movie")
    group.add_argument(
        "--seconds", type=float, default=0.1, metavar="S", help="between pictures (default: 0.1)"
    )
    group.add_argument(
        "--volume", type=parse_count, default=0, metavar="N", help="of a series, or of several maps"
    )


def _add_surfaces(group: Any) -> None:
    group.add_argument(
        "--data",
        action="append",
        metavar="NAME",
        help="values in colours: a file, or the name of an array in FILE",
    )
    group.add_argument(
        "--labels", action="append", metavar="NAME", help="regions over them, as an .annot file"
    )
    group.add_argument(
        "--background",
        action="append",
        metavar="NAME",
        help="values in gray below, larger ones darker (default: sulc, if FILE has it)",
    )
    group.add_argument("--outline", action="store_true", help="borders of regions, not their areas")
    group.add_argument(
        "--views",
        metavar="NAME,...",
        help="lateral, medial, anterior, posterior, dorsal, ventral, left, right (default: the "
        "first two); --angle is one more",
    )
    group.add_argument("--hemi", metavar="SIDE", help="left or right, where FILE does not say it")


def _add_tracts(group: Any) -> None:
    group.add_argument(
        "--colour",
        metavar="NAME",
        help="direction (default), group, the name of values, or a colour",
    )
    group.add_argument(
        "--lines", type=parse_count, metavar="N", help="how many are drawn (default: 5000)"
    )


def _add_look(group: Any) -> None:
    group.add_argument(
        "--cmap", metavar="NAME", help="colours (default: of volumes gray, of surfaces viridis)"
    )
    group.add_argument(
        "--limits", type=parse_numbers, metavar="LOW,HIGH", help="values of first and last colour"
    )
    group.add_argument("--iso", type=float, metavar="VALUE", help="of the surface of mode iso")
    group.add_argument("--size", type=parse_count, metavar="N", help="pixels of a side")
    group.add_argument("--radiological", action="store_true", help="the left on the right")
    group.add_argument("--colorbar", action="store_true", help="colours and their values")
    group.add_argument("--white", action="store_true", help="a white background")
    group.add_argument("--bare", action="store_true", help="no letters and no lines")
    group.add_argument("--title", metavar="TEXT", help="above the picture")


def _add_overlays(group: Any) -> None:
    group.add_argument("--overlay-cmap", action="append", metavar="NAME", help="colours")
    group.add_argument(
        "--overlay-limits",
        action="append",
        type=parse_numbers,
        metavar="LOW,HIGH",
        help="values of first and last colour",
    )
    group.add_argument(
        "--threshold",
        action="append",
        type=parse_numbers,
        metavar="T",
        help="of overlays and surfaces: hide values nearer to 0; LOW,HIGH hides those between",
    )
    group.add_argument("--alpha", action="append", type=float, metavar="A", help="0 to 1")
    group.add_argument(
        "--contours",
        nargs="?",
        const=(),
        type=parse_numbers,
        metavar="LEVEL,...",
        help="lines instead of colours: around regions, or along levels",
    )
    group.add_argument(
        "--space",
        metavar="NAME",
        help="the space of the volume, in which surfaces are whose files do not say where they are"
        " (default: scanner, and those are refused)",
    )


def given_options(
    options: argparse.Namespace, declare: Callable[[argparse.ArgumentParser], None]
) -> set[str]:
    """Return the names of the options that are not what they are by default.

    Parameters
    ----------
    options : argparse.Namespace
    declare : callable
        Declares the arguments of a parser.
    """
    parser = argparse.ArgumentParser()
    declare(parser)
    return {name for name in vars(options) if getattr(options, name) != parser.get_default(name)}


def check_honoured(options: argparse.Namespace, given: set[str]) -> None:
    """Refuse options that nothing of what is asked for of a volume can honour.

    Parameters
    ----------
    options : argparse.Namespace
    given : set of str
        Names of the options that were given.

    Raises
    ------
    UsageError
        Names the option, and what it is for.
    """
    refuse(given, OF_SURFACES, "surfaces")
    refuse(given, OF_TRACTS, "tracts")
    if options.png or options.gif:
        _check_mode(options, given)
    else:
        refuse(given, ("mode", *OF_PICTURES), "a picture or a movie: give --png or --gif")
    if not options.gif:
        refuse(given, OF_MOVIES, "a movie: give --gif")
    if options.contours is not None:
        refuse(given, OF_COLOURS, "colours, not for --contours")


def _check_mode(options: argparse.Namespace, given: set[str]) -> None:
    """Refuse options that pictures of other modes honour."""
    of_page = ("title", "radiological", "planes") if options.html else ()
    for name, modes in HONOURED.items():
        if options.mode not in modes and name not in of_page:
            wanted = " or ".join(modes)
            refuse(given, (name,), f"--mode {wanted}, not {options.mode}")
