"""``volio view`` of tracts: pages of lines that turn."""

from __future__ import annotations

import argparse
from typing import Any

from volio.cli.console.flags import refuse
from volio.cli.console.viewer import Viewer
from volio.errors import UsageError

__all__ = ["TRACT_VIEWER"]

#: Options of images and surfaces that mean nothing for tracts.
OF_OTHERS = (
    *("png", "gif", "mode", "planes", "axis", "cuts", "at", "angle", "frames", "seconds", "volume"),
    *("labels", "background", "outline", "hemi", "iso", "size", "radiological", "colorbar", "bare"),
    *("overlay_cmap", "overlay_limits", "threshold", "alpha", "contours", "space"),
)


def check(options: argparse.Namespace, given: set[str]) -> None:
    """Refuse what cannot be done with tracts."""
    refuse(given, OF_OTHERS, "images and surfaces; tracts have pages, --html")
    if options.limits is not None and len(options.limits) != 2:
        raise UsageError("--limits takes two numbers that rise, as 0,100")


def save(base: Any, tracts: Any, others: list[Any], options: argparse.Namespace) -> None:
    """Save the page that was asked for."""
    from volio.display.page.tract_html import tract_page

    low, high = options.limits or (None, None)
    given: dict[str, Any] = {"vmin": low, "vmax": high, "black_bg": not options.white}
    if options.data:
        given |= {"values": options.data, "colour": options.data[0]}
    if options.cmap is not None:
        given["cmap"] = options.cmap
    if options.views is not None:
        given["view"] = options.views
    tract_page(tracts, options.html, title=options.title, **given)


def show(tracts: Any, others: list[Any], options: argparse.Namespace) -> None:
    """Refuse to open a window, which there is none of."""
    raise UsageError("there is no window of tracts; --html saves a page")


def _as_base(tracts: Any, options: argparse.Namespace) -> Any:
    return tracts


def _never_apart(tracts: Any, other: Any, options: argparse.Namespace) -> None:
    """Say nothing: nothing lies over tracts."""


TRACT_VIEWER = Viewer(check, _as_base, {}, _never_apart, save, show)
