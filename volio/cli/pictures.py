"""What ``volio view`` saves: the arguments of a command line, in the words of the display."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from volio.errors import UsageError

if TYPE_CHECKING:
    from volio.arrays.dtypes import Floats

__all__ = ["VOLUMES", "as_base", "as_outline", "as_overlay", "pair", "save", "warning_of_gap"]

#: As in `volio.display.RENDERINGS`, which would take a while to import.
VOLUMES = ("mip", "minip", "average", "attenuated_mip", "additive", "translucent", "iso")
#: Pixels of a side: of a plane or a volume, of a cut of a mosaic.
SIZES = {"ortho": 400, "mosaic": 200}
#: Colour maps of overlays that are not given one, in turn.
COLOURS = ("hot", "cool", "green", "magenta")
#: And of those with values above and below 0.
BOTH_SIGNS = "coolwarm"


def as_base(img: Any, options: argparse.Namespace) -> Any:
    """Return the Overlay that the options make of the image below."""
    from volio.display.scene.overlay import base_overlay

    low, high = pair("limits", options.limits)
    return base_overlay(img, options.cmap, vmin=low, vmax=high)


def warning_of_gap(img: Any, other: Any, options: argparse.Namespace) -> str | None:
    """Return the warning for an overlay that is nowhere on the image; None if it may be seen."""
    import numpy as np

    from volio.space.grids import corners

    if img.affine is None or (other.kind == "volume" and other.affine is None):
        return None
    image_corners = corners(img.affine, img.shape, edges=True)
    if other.kind == "surface":
        points = _vertices(other, options)
        overlay_corners = points[~np.isnan(points).any(axis=1)]
        if not len(overlay_corners):
            return "no vertex has a position"
    else:
        overlay_corners = corners(other.affine, other.shape, edges=True)
    axis = _axis_between(image_corners, overlay_corners)
    if axis is None:
        return None
    own = _extent(overlay_corners[:, axis])
    image = _extent(image_corners[:, axis])
    return f"is nowhere on the image: along {'xyz'[axis]} at {own} mm, the image at {image} mm"


def _axis_between(one: Floats, other: Floats) -> int | None:
    """Return the first axis along which two sets of points have a gap between them."""
    is_above = other.min(axis=0) > one.max(axis=0)
    is_below = other.max(axis=0) < one.min(axis=0)
    axes: list[int] = (is_above | is_below).nonzero()[0].tolist()
    return axes[0] if axes else None


def _vertices(surf: Any, options: argparse.Namespace) -> Any:
    """Return the vertices of a surface in the space of the image below.

    Raises
    ------
    SpaceError
        If nothing says where they are there.
    """
    if options.space is None:
        return surf.vertices_in("scanner")
    if surf.space == "unknown":
        surf.space = options.space
    return surf.vertices_in(options.space)


def _extent(positions: Any) -> str:
    return f"{positions.min():.4g} to {positions.max():.4g}"


def as_overlay(img: Any, number: int, options: argparse.Namespace) -> Any:
    """Return the Overlay or the Contours that the options make of the n-th overlay."""
    from volio.display.scene.contours import Contours
    from volio.display.scene.overlay import NOTHING, Overlay

    if options.contours is not None:
        colours = options.overlay_cmap and _nth(options.overlay_cmap, number, None)
        return Contours(img, options.contours or None, colours)
    cmap = _nth(options.overlay_cmap, number, None)
    alpha = _nth(options.alpha, number, 1.0)
    hidden = _hidden(_nth(options.threshold, number, (NOTHING,)))
    low, high = pair("overlay-limits", _nth(options.overlay_limits, number, None))
    overlay = Overlay(img, cmap or COLOURS[number % len(COLOURS)], hidden, alpha, low, high)
    if cmap is None and low is None and overlay.is_two_signed:
        overlay.layer.colormap = BOTH_SIGNS
    return overlay


def as_outline(surf: Any, number: int, options: argparse.Namespace) -> Any:
    """Return the Contours that the options make of a surface, the n-th overlay."""
    from volio.display.scene.contours import COLORS, Contours

    for name in ("overlay_limits", "threshold"):
        if getattr(options, name) and len(options.overlays) == 1:
            option = f"--{name.replace('_', '-')}"
            raise UsageError(f"{option} is for images, and of a surface lines are drawn")
    if options.contours:
        raise UsageError(
            "--contours takes levels of images, and a surface has none; leave them out"
        )
    _vertices(surf, options)
    colours = _nth(options.overlay_cmap, number, COLORS[number % len(COLORS)])
    outline = Contours(surf, colors=colours, space=options.space or "scanner")
    outline.layer.opacity = _nth(options.alpha, number, 1.0)
    return outline


def _hidden(threshold: Sequence[Any]) -> Any:
    """Return what an overlay hides: values below one threshold, or those between two."""
    if len(threshold) > 2:
        raise UsageError("--threshold takes one number or two")
    return threshold[0] if len(threshold) == 1 else threshold


def _nth(given: list[Any] | None, number: int, default: Any) -> Any:
    """Return what was given for an overlay: one is for all of them."""
    if not given:
        return default
    if len(given) == 1:
        return given[0]
    return given[number] if number < len(given) else default


def pair(name: str, given: tuple[float, ...] | None) -> tuple[float | None, float | None]:
    """Return two limits, both None if none were given; an error names the option."""
    if given is None:
        return None, None
    if len(given) != 2 or not given[0] < given[1]:
        raise UsageError(f"--{name} takes two numbers that rise, as 0,100")
    return given[0], given[1]


def save(base: Any, img: Any, overlays: list[Any], options: argparse.Namespace) -> None:
    """Save the picture, the movie and the page that were asked for."""
    if options.png:
        from volio.display.pictures.tiles import save_png

        plot, shown, given = _plotter(base, img, overlays, options)
        save_png(plot(shown, volume=options.volume, **given), options.png)
    if options.gif:
        from volio.display.pictures.animation import save_gif

        save_gif(_frames(base, img, overlays, options), options.gif, options.seconds)
    if options.html:
        from volio.display.page.html import write_page

        title = options.title or os.path.basename(options.file)  # noqa: PTH119  may be an address
        write_page(
            base,
            options.html,
            overlays,
            volume=options.volume,
            title=title,
            radiological=options.radiological,
            display_mode=options.planes,
        )


def _plotter(
    base: Any, img: Any, overlays: list[Any], options: argparse.Namespace
) -> tuple[Any, Any, dict[str, Any]]:
    """Return the function that draws what was asked for, what it draws, and its options."""
    from volio.display.pictures.plots import plot_mosaic, plot_ortho
    from volio.display.pictures.renderings import plot_rendering

    given: dict[str, Any] = {
        "overlays": overlays,
        "size": options.size or SIZES.get(options.mode, SIZES["ortho"]),
        "black_bg": not options.white,
    }
    if options.mode in VOLUMES:
        return plot_rendering, img, given | _of_renderings(options)
    given |= _of_slices(options)
    if options.mode == "mosaic":
        cuts = options.cuts if options.at is None else options.at
        return plot_mosaic, base, {**given, "axis": options.axis, "cuts": cuts}
    planes = {"display_mode": options.planes, "draw_cross": not options.bare}
    return plot_ortho, base, {**given, **planes, "cut_coords": options.at}


def _of_renderings(options: argparse.Namespace) -> dict[str, Any]:
    """Return the options of `plot_rendering` alone."""
    low, high = pair("limits", options.limits)
    return {
        "mode": options.mode,
        "angle": (*options.angle, 0.0)[:2],
        "cmap": options.cmap or "gray",
        "vmin": low,
        "vmax": high,
        "iso_threshold": options.iso,
    }


def _of_slices(options: argparse.Namespace) -> dict[str, Any]:
    """Return the options that `plot_ortho` and `plot_mosaic` share."""
    return {
        "annotate": not options.bare,
        "colorbar": options.colorbar,
        "title": options.title,
        "radiological": options.radiological,
    }


def _frames(base: Any, img: Any, overlays: list[Any], options: argparse.Namespace) -> Iterator[Any]:
    """Go through the pictures of a movie: turning, through time, or through slices."""
    from volio.display.base.series import volume_count
    from volio.display.pictures.animation import through_slices, through_time
    from volio.display.pictures.renderings import turn
    from volio.display.scene.contours import layers_and_contours, shapes_of

    plot, shown, given = _plotter(base, img, overlays, options)
    if options.mode in VOLUMES:
        return turn(shown, frames=options.frames or 36, volume=options.volume, **given)
    shapes = shapes_of(base, *layers_and_contours(overlays))
    if max(map(volume_count, shapes)) > 1:
        return through_time(base, plot, **given)
    for name in ("cuts", "axis", "display_mode", "draw_cross", "cut_coords"):
        given.pop(name, None)
    return through_slices(base, options.axis, options.frames, **given)
