"""``volio view`` of tracts: lines over the planes of an image, and pages of lines that turn."""

from __future__ import annotations

import argparse
from typing import Any

from volio.cli.console.flags import flag, refuse
from volio.cli.console.viewer import Viewer
from volio.cli.console.windows import check_display
from volio.errors import UsageError

__all__ = ["TRACT_VIEWER"]

#: Options of images and surfaces that mean nothing for tracts.
OF_OTHERS = (
    *("gif", "mode", "axis", "cuts", "angle", "frames", "seconds", "volume", "iso", "labels"),
    *("background", "outline", "hemi", "overlay_cmap", "overlay_limits", "contours", "threshold"),
    "space",
)
#: Options of pictures that pages do not have, and of pages that pictures do not have.
OF_PICTURES = ("planes", "alpha", "size", "bare", "colorbar", "radiological")
OF_PAGES = ("views",)
#: Planes, and the axes that are looked along.
AXES = {"ortho": "xyz", "tiled": "yxz"}
SIZE = 400


def check(options: argparse.Namespace, given: set[str]) -> None:
    """Refuse what cannot be done with tracts."""
    refuse(given, OF_OTHERS, "images and surfaces, not for tracts")
    if options.html and not options.png:
        refuse(given, OF_PICTURES, "a picture: give --png")
    if not options.html:
        refuse(given, OF_PAGES, "a page: give --html; --planes are those of a picture")
    if len(options.overlays) > 1:
        raise UsageError("tracts are drawn over one image; give one after FILE, or none")
    if len(options.alpha or []) > 1:
        raise UsageError(f"{flag('alpha')} may be given once for tracts")
    if options.at is not None and len(options.at) != 3:
        raise UsageError("--at takes three numbers, x,y,z")
    if options.limits is not None and len(options.limits) != 2:
        raise UsageError("--limits takes two numbers that rise, as 0,100")


def _colour(options: argparse.Namespace) -> str | None:
    """Return what lines are coloured by: as asked for, or by the first values that are named."""
    named: list[str] = [name for name in (options.colour, *(options.data or [])) if name]
    return named[0] if named else None


def draw(tracts: Any, images: list[Any], options: argparse.Namespace) -> Any:
    """Return the picture that the options ask for, (rows, columns, 4) uint8."""
    from volio.display.pictures.tracts import plot_tracts

    planes = options.planes or "ortho"
    low, high = options.limits or (None, None)
    further = {} if options.lines is None else {"lines": options.lines}
    return plot_tracts(
        tracts,
        images[0] if images else None,
        views=AXES.get(planes, planes),
        colour=_colour(options) or "direction",
        cut_coords=options.at,
        cmap=options.cmap or "viridis",
        vmin=low,
        vmax=high,
        alpha=(options.alpha or [1.0])[0],
        size=options.size or SIZE,
        colorbar=options.colorbar or not options.bare,
        annotate=not options.bare,
        black_bg=not options.white,
        radiological=options.radiological,
        title=options.title,
        **further,
    )


def _as_base(tracts: Any, options: argparse.Namespace) -> Any:
    return tracts


def _as_image(img: Any, number: int, options: argparse.Namespace) -> Any:
    return img


def _apart(tracts: Any, img: Any, options: argparse.Namespace) -> str | None:
    """Return the warning for an image that the tracts are nowhere on."""
    import numpy as np

    from volio.space.grids import corners

    if img.affine is None or not len(tracts):
        return None
    ends = corners(img.affine, img.shape, edges=True)
    low, high = tracts.bounds()
    if np.all((low <= ends.max(axis=0)) & (high >= ends.min(axis=0))):
        return None
    return "is nowhere where the tracts are: nothing of these is on its planes"


def save(base: Any, tracts: Any, images: list[Any], options: argparse.Namespace) -> None:
    """Save the picture and the page that were asked for."""
    if options.png:
        from volio.display.pictures.tiles import save_png

        save_png(draw(tracts, images, options), options.png)
    if options.html:
        image = images[0] if images else None
        tracts.to_html(options.html, image, **_page_style(options))


def _page_style(options: argparse.Namespace) -> dict[str, Any]:
    """Return the options of pages of tracts."""
    low, high = options.limits or (None, None)
    given = {
        "values": options.data,
        "colour": _colour(options),
        "cmap": options.cmap,
        "view": options.views,
        "lines": options.lines,
        "cut_coords": options.at,
    }
    asked = {name: value for name, value in given.items() if value is not None}
    style = {"vmin": low, "vmax": high, "black_bg": not options.white, "title": options.title}
    return {**style, **asked}


def show(tracts: Any, images: list[Any], options: argparse.Namespace) -> None:
    """Show the picture in a window."""
    from volio.display.base.matplotlib_import import imported

    check_display("--png or --html")
    pyplot = imported("matplotlib.pyplot")
    picture = draw(tracts, images, options)
    axes = pyplot.figure(num=str(options.title or options.file)).add_axes((0, 0, 1, 1))
    axes.imshow(picture)
    axes.set_axis_off()
    pyplot.show()


TRACT_VIEWER = Viewer(check, _as_base, {"volume": _as_image}, _apart, save, show)
