"""``volio view`` of surfaces, and of greyordinates on them: pictures of the hemispheres."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from volio.cli.console.flags import flag, refuse
from volio.cli.console.viewer import Viewer
from volio.cli.console.windows import check_display
from volio.cli.surfaces.pages import stated_side, write_page
from volio.errors import UsageError

__all__ = ["GREYORDINATE_VIEWER", "SURFACE_VIEWER", "as_values"]

#: Options of volumes alone.
OF_VOLUMES = (
    *("gif", "mode", "planes", "axis", "cuts", "at", "frames", "seconds", "iso"),
    *("radiological", "overlay_cmap", "overlay_limits", "contours", "space"),
)
#: Options that greyordinates do not have: their values are in the file.
OF_MESHES = ("data", "labels", "hemi")
#: Options of pictures that pages do not have.
OF_PICTURES = ("size", "bare", "colorbar")
#: Options of pages, as pictures have them.
OF_PAGES = (*("cmap", "vmin", "vmax", "threshold", "alpha", "outline", "map", "black_bg", "title"),)
#: Options of tracts alone.
OF_TRACTS = ("colour", "lines")
#: Options of surfaces that may be given once.
SINGLE = ("threshold", "alpha")
SIDES = ("left", "right")
VIEWS = ("lateral", "medial")
SIZE = 500


def check(options: argparse.Namespace, given: set[str]) -> None:
    """Refuse what cannot be done with surfaces."""
    refuse(given, OF_VOLUMES, "volumes")
    refuse(given, OF_TRACTS, "tracts")
    if options.html and not options.png:
        refuse(given, OF_PICTURES, "a picture: give --png")
    for name in SINGLE:
        if len(getattr(options, name) or []) > 1:
            raise UsageError(f"{flag(name)} may be given once for surfaces")
    if len((options.threshold or [()])[0]) > 2:
        raise UsageError("--threshold takes one number or two")
    if len(options.angle) > 2:
        raise UsageError("--angle takes one number or two")
    if options.limits is not None and len(options.limits) != 2:
        raise UsageError("--limits takes two numbers that rise, as 0,100")


def draw(surface: Any, others: Sequence[Any], options: argparse.Namespace) -> Any:
    """Return the picture that the options ask for, (rows, columns, 4) uint8.

    Parameters
    ----------
    surface : Surface
    others : sequence of Surface
        That of the other hemisphere, and values and labels of the vertices.
    options : argparse.Namespace
    """
    from volio.display.pictures.surfaces import plot_one_surface, plot_surface

    meshes, files = _meshes_and_files(surface, others)
    values, regions = _values_and_regions(files, options)
    sides = _sides(meshes, options)
    given = _style(options)
    given["labels"] = _of_sides("labels", regions, sides)
    if options.background:
        given["background"] = _of_sides("background", options.background, sides)
    shown = _of_sides("data", values, sides)
    if len(meshes) == 1:
        return plot_one_surface(surface, shown, hemi=options.hemi, **given)
    left, right = (meshes[sides.index(side)] for side in SIDES)
    return plot_surface(left, right, values=shown, **given)


def _meshes_and_files(surface: Any, others: Sequence[Any]) -> tuple[list[Any], list[Any]]:
    """Return what is drawn, and the files of values and labels of its vertices."""
    meshes = [surface, *(other for other in others if other.faces is not None)]
    return meshes, [other for other in others if other.faces is None]


def _values_and_regions(
    files: Sequence[Any], options: argparse.Namespace
) -> tuple[list[Any], list[Any]]:
    """Return what is in colours, and the regions over it: labels, where there are values too."""
    with_table = [file for file in files if any(file.data.labels.values())]
    plain = [file for file in files if file not in with_table]
    values = [*plain, *(options.data or [])]
    regions = list(options.labels or [])
    if values:
        return values, [*with_table, *regions]
    return with_table, regions


def _sides(meshes: Sequence[Any], options: argparse.Namespace) -> list[str]:
    """Return the hemisphere of each mesh; "" of a single one, which says it where it matters.

    Raises
    ------
    UsageError
        If they are not a left and a right one.
    """
    from volio.display.surfaces.hemispheres import hemisphere_of

    if len(meshes) == 1:
        return [""]
    if options.hemi is not None:
        raise UsageError("--hemi is for one surface; two say it by their structure or their names")
    if len(meshes) > len(SIDES):
        raise UsageError(f"a picture is of one left and one right surface, not of {len(meshes)}")
    sides = [hemisphere_of(mesh) for mesh in meshes]
    if sorted(sides) != sorted(SIDES):
        raise UsageError(
            f"a picture is of one left and one right surface, and these are {', '.join(sides)}"
        )
    return sides


def _of_sides(name: str, given: Sequence[Any], sides: Sequence[str]) -> Any:
    """Return what belongs to the surfaces of a picture: for one alone, or a left and right pair.

    Files are of the hemisphere that they or their names say, else in the order of the surfaces.
    A name of an array is for both.

    Raises
    ------
    UsageError
        If there are more than surfaces.
    """
    if len(given) > len(sides):
        count = "surface" if len(sides) == 1 else "surfaces"
        raise UsageError(f"{flag(name)}: there are {len(given)} to show on {len(sides)} {count}")
    if not given:
        return None
    if len(sides) == 1:
        return given[0]
    if len(given) == 1 and isinstance(given[0], str) and not Path(given[0]).exists():
        return given[0]
    stated = [stated_side(one) for one in given]
    is_stated = all(stated) and len(set(stated)) == len(stated)
    found = dict(zip(stated if is_stated else sides, given, strict=False))
    return tuple(found.get(side) for side in SIDES)


def _style(options: argparse.Namespace) -> dict[str, Any]:
    """Return the options of pictures of surfaces."""
    low, high = options.limits or (None, None)
    threshold = (options.threshold or [None])[0]
    if threshold is not None and len(threshold) == 1:
        (threshold,) = threshold
    return {
        "views": _views(options),
        "cmap": options.cmap,
        "vmin": low,
        "vmax": high,
        "threshold": threshold,
        "alpha": (options.alpha or [None])[0],
        "outline": options.outline,
        "map": options.volume,
        "size": options.size or SIZE,
        "colorbar": options.colorbar or not options.bare,
        "annotate": not options.bare,
        "black_bg": not options.white,
        "title": options.title,
    }


def _page_style(options: argparse.Namespace, sides: Sequence[str]) -> dict[str, Any]:
    """Return the options of pages of surfaces."""
    style = _style(options)
    given = {name: style[name] for name in OF_PAGES}
    if options.views is not None or any(options.angle):
        given["view"] = style["views"][0]
    if options.background:
        given["background"] = _of_sides("background", options.background, sides)
    return given


def _views(options: argparse.Namespace) -> list[Any]:
    """Return the views by name, and the one from an angle."""
    views: list[Any] = [] if options.views is None else options.views.split(",")
    if any(options.angle):
        views.append((*options.angle, 0.0)[:2])
    return views or list(VIEWS)


def _as_base(surface: Any, options: argparse.Namespace) -> Any:
    return surface


def _as_other(surface: Any, number: int, options: argparse.Namespace) -> Any:
    return surface


def as_values(img: Any) -> Any:
    """Return a volume of one row, which has the values of vertices, as a surface; others as is."""
    from volio.surfaces.row_volumes import is_row
    from volio.surfaces.surface import Surface

    return Surface.from_image(img) if is_row(img) else img


def _never_apart(surface: Any, other: Any, options: argparse.Namespace) -> None:
    """Say nothing of where surfaces are: hemispheres are drawn next to each other."""


def draw_greyordinates(img: Any, surfaces: Sequence[Any], options: argparse.Namespace) -> Any:
    """Return the picture of a map of CIFTI-2 on its surfaces."""
    sides = _sides_below(surfaces, options)
    given = _style(options)
    if options.background:
        given["background"] = _of_sides("background", options.background, sides)
    if options.title is None:
        del given["title"]
    shown = surfaces[0] if len(surfaces) == 1 else [surfaces[sides.index(side)] for side in SIDES]
    return img.plot(shown, **given)


def _sides_below(surfaces: Sequence[Any], options: argparse.Namespace) -> list[str]:
    """Return the hemispheres of the surfaces that greyordinates are drawn on.

    Raises
    ------
    UsageError
        If there are none.
    """
    if not surfaces:
        raise UsageError(
            "greyordinates are drawn on surfaces, which their file has not; give the meshes of the "
            "left and the right hemisphere after FILE"
        )
    return _sides(surfaces, options)


def save(base: Any, surface: Any, others: list[Any], options: argparse.Namespace) -> None:
    """Save the picture and the page that were asked for."""
    if options.png:
        from volio.display.pictures.tiles import save_png

        save_png(DRAWN[surface.kind](surface, others, options), options.png)
    if options.html and surface.kind == "greyordinates":
        _write_greyordinates(surface, others, options)
    elif options.html:
        meshes, files = _meshes_and_files(surface, others)
        values, regions = _values_and_regions(files, options)
        sides = _sides(meshes, options)
        write_page(meshes, sides, [*values, *regions], _page_style(options, sides), options)


def _write_greyordinates(img: Any, surfaces: Sequence[Any], options: argparse.Namespace) -> None:
    """Write the page of the maps of CIFTI-2 on their surfaces."""
    from volio.display.page.greyordinate_html import has_named_rows

    sides = _sides_below(surfaces, options)
    shown = surfaces[0] if len(surfaces) == 1 else [surfaces[sides.index(side)] for side in SIDES]
    style = _page_style(options, sides)
    if has_named_rows(img):
        img.to_html(shown, options.html, **style)
    else:  # points in time: the one that is asked for
        img.to_html(shown, options.html, [options.volume], **{**style, "map": 0})


def show(surface: Any, others: list[Any], options: argparse.Namespace) -> None:
    """Show the picture in a window."""
    from volio.display.base.matplotlib_import import imported

    check_display("--png")
    pyplot = imported("matplotlib.pyplot")
    picture = DRAWN[surface.kind](surface, others, options)
    figure = pyplot.figure(num=str(options.title or options.file))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.imshow(picture)
    axes.set_axis_off()
    pyplot.show()


def check_greyordinates(options: argparse.Namespace, given: set[str]) -> None:
    """Refuse what cannot be done with greyordinates, whose file has the values and the labels."""
    check(options, given)
    refuse(given, OF_MESHES, "surfaces, and not for greyordinates on these")


DRAWN = {"surface": draw, "greyordinates": draw_greyordinates}

GREYORDINATE_VIEWER = Viewer(
    check_greyordinates, _as_base, {"surface": _as_other}, _never_apart, save, show
)
SURFACE_VIEWER = Viewer(check, _as_base, {"surface": _as_other}, _never_apart, save, show)
