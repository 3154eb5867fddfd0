"""Which options of ``volio view`` go together."""

from __future__ import annotations

import argparse
from collections.abc import Iterable

from volio.cli.pictures import VOLUMES
from volio.errors import UsageError

__all__ = ["SECTIONS", "check_honoured", "flag"]

SECTIONS = ("ortho", "mosaic")
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


def check_honoured(options: argparse.Namespace, parser: argparse.ArgumentParser) -> None:
    """Refuse options that nothing of what is asked for can honour.

    Parameters
    ----------
    options : argparse.Namespace
    parser : argparse.ArgumentParser
        Its defaults are those of options that are not given.

    Raises
    ------
    UsageError
        Names the option, and what it is for.
    """
    given = {name for name in vars(options) if getattr(options, name) != parser.get_default(name)}
    if options.png or options.gif:
        _check_mode(options, given)
    else:
        _refuse(given, ("mode", *OF_PICTURES), "a picture or a movie: give --png or --gif")
    if not options.gif:
        _refuse(given, OF_MOVIES, "a movie: give --gif")
    if options.contours is not None:
        _refuse(given, OF_COLOURS, "colours, not for --contours")


def _check_mode(options: argparse.Namespace, given: set[str]) -> None:
    """Refuse options that pictures of other modes honour."""
    of_page = ("title", "radiological", "planes") if options.html else ()
    for name, modes in HONOURED.items():
        if options.mode not in modes and name not in of_page:
            wanted = " or ".join(modes)
            _refuse(given, (name,), f"--mode {wanted}, not {options.mode}")


def _refuse(given: set[str], names: Iterable[str], purpose: str) -> None:
    """Raise an error if one of some options is given, saying what it is for."""
    for name in names:
        if name in given:
            raise UsageError(f"{flag(name)} is for {purpose}")


def flag(name: str) -> str:
    """Return the option of a name."""
    return f"--{name.replace('_', '-')}"
