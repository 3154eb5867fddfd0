"""``volio view``: look at images in a window, or save pictures, movies and pages of them."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

from volio.cli.arguments import parse_count, parse_numbers
from volio.cli.console.reporting import Reporter
from volio.cli.console.streams import STREAM, output_file
from volio.cli.inputs import image_key
from volio.cli.load_options import expect_load_options, load_image
from volio.cli.pictures import VOLUMES, as_base, as_outline, as_overlay, pair, save, tell_apart
from volio.cli.view_options import SECTIONS, check_honoured, flag
from volio.errors import UsageError
from volio.images.kinds import Kind, for_kind

__all__ = ["EXAMPLES", "add_arguments", "run"]

EXAMPLES = """\
%(prog)s scan.nii.gz                                        in a window
%(prog)s scan.nii.gz zmap.nii.gz --threshold 2.3 --png activation.png
%(prog)s scan.nii.gz mask.nii.gz --contours --mode mosaic --cuts 20 --png mask.png
%(prog)s scan.nii.gz lh.white lh.pial --png surfaces.png
%(prog)s scan.nii.gz --at -20,0,35 --radiological --png point.png
%(prog)s scan.nii.gz --mode mosaic --at -20,0,20,40 --png cuts.png
%(prog)s scan.nii.gz --mode iso --angle 30,15 --png head.png
%(prog)s angiogram.nii.gz --mode mip --gif turning.gif
%(prog)s bold.nii.gz --gif time.gif
%(prog)s scan.nii.gz zmap.nii.gz --html scan.html"""

PLANES = ("ortho", "tiled", "x", "y", "z", "xz", "yz", "yx")
OUTPUTS = ("png", "gif", "html")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("file", metavar="FILE", help="image to look at")
    parser.add_argument(
        "overlays",
        nargs="*",
        default=[],
        metavar="OVERLAY",
        help="images to lay over it, and surfaces, whose outlines are drawn",
    )
    _add_outputs(parser.add_argument_group("what to save, instead of opening a window"))
    _add_pictures(parser.add_argument_group("which picture"))
    _add_look(parser.add_argument_group("how the image looks"))
    _add_overlays(
        parser.add_argument_group(
            "how overlays look", "each may be given once, or once for each overlay, in their order"
        )
    )
    expect_load_options(parser)


def _add_outputs(group: Any) -> None:
    group.add_argument("--png", metavar="OUT", help="a picture")
    group.add_argument(
        "--gif", metavar="OUT", help="a movie: turning, through time, or through slices"
    )
    group.add_argument("--html", metavar="OUT", help="a page for any browser, with linked planes")
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
        help="of a volume: degrees from the front towards the left, and above the horizon",
    )
    group.add_argument("--frames", type=parse_count, metavar="N", help="pictures of a movie")
    group.add_argument(
        "--seconds", type=float, default=0.1, metavar="S", help="between pictures (default: 0.1)"
    )
    group.add_argument("--volume", type=parse_count, default=0, metavar="N", help="of a series")


def _add_look(group: Any) -> None:
    group.add_argument("--cmap", default="gray", metavar="NAME", help="colours (default: gray)")
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
        help="hide values nearer to 0; LOW,HIGH hides those between",
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


def run(options: argparse.Namespace, reporter: Reporter) -> int:
    """Show the image, or save what was asked for."""
    _check(options)
    with reporter.for_file(options.file):
        img = _load(options.file, options, reporter)
        viewer = for_kind(VIEWERS, img, "volio view")
        base = viewer.base(img, options)
    overlays = [] if reporter.failed else _overlays(viewer, img, options, reporter)
    if reporter.failed:
        return reporter.code
    with reporter.for_file(options.file):
        if any(getattr(options, name) is not None for name in OUTPUTS):
            _save(viewer, base, img, overlays, options)
        else:
            viewer.show(img, overlays, options)
    return reporter.code


def _load(path: str, options: argparse.Namespace, reporter: Reporter) -> Any:
    """Load an image; volumes of fewer than three axes get those that they lack."""
    img = load_image(path, options, reporter)
    if img.kind != "volume":
        return img
    from volio.ops.axes import with_axes_of_space

    return with_axes_of_space(img)


def _save(
    viewer: Viewer, base: Any, img: Any, overlays: list[Any], options: argparse.Namespace
) -> None:
    """Save what was asked for, to files or to standard output."""
    with ExitStack() as stack:
        for name in OUTPUTS:
            target = getattr(options, name)
            if target is not None:
                setattr(options, name, stack.enter_context(output_file(target, f".{name}")))
        viewer.save(base, img, overlays, options)


def _overlays(
    viewer: Viewer, img: Any, options: argparse.Namespace, reporter: Reporter
) -> list[Any]:
    """Return what the options make of the overlays; warn of those outside of the image."""
    overlays = []
    kinds = set()
    for number, path in enumerate(options.overlays):
        with reporter.for_file(path):
            other = _load(path, options, reporter)
            kinds.add(other.kind)
            make = for_kind(viewer.overlays, other, f"a picture of {options.file}")
            overlays.append(make(other, number, options))
            if apart := viewer.apart(img, other, options):
                reporter.warn(apart)
    if options.space is not None and "surface" not in kinds and not reporter.failed:
        raise UsageError("--space is for surfaces, and none is laid over the image")
    return overlays


def _check(options: argparse.Namespace) -> None:
    """Refuse what cannot be done, before anything is read."""
    _check_outputs(options)
    if len(options.angle) > 2:
        raise UsageError("--angle takes one number or two")
    if options.at is not None and options.mode == "ortho" and len(options.at) != 3:
        raise UsageError("--at takes three numbers, x,y,z; places along an axis need --mode mosaic")
    if options.contours is not None and not options.overlays:
        raise UsageError("--contours is for overlays, and there are none; give one after FILE")
    defaults = argparse.ArgumentParser()
    add_arguments(defaults)
    check_honoured(options, defaults)
    for name in ("overlay_cmap", "overlay_limits", "threshold", "alpha"):
        _check_count(name, getattr(options, name) or [], len(options.overlays))


def _check_outputs(options: argparse.Namespace) -> None:
    """Refuse to write over files, and several files to standard output."""
    asked = {name: getattr(options, name) for name in OUTPUTS}
    targets = {name: target for name, target in asked.items() if target is not None}
    if list(targets.values()).count(STREAM) > 1:
        raise UsageError("-: standard output takes one of --png, --gif and --html")
    sources = {image_key(path) for path in _inputs(options)}
    for name, target in targets.items():
        if target == STREAM:
            continue
        if Path(target).is_file() and image_key(target) in sources:
            raise UsageError(f"{target}: is a file to read; give --{name} another name")
        if Path(target).exists() and not options.force:
            raise UsageError(f"{target}: exists already; --force replaces it")


def _check_count(name: str, given: Sequence[Any], overlays: int) -> None:
    """Refuse an option of overlays that is given more often than there are overlays."""
    if len(given) > max(overlays, 1) or (given and not overlays):
        raise UsageError(f"{flag(name)} is given {len(given)} times, for {overlays} overlays")


def _inputs(options: argparse.Namespace) -> list[str]:
    return [options.file, *options.overlays]


def _open_window(img: Any, overlays: list[Any], options: argparse.Namespace) -> None:
    from volio.display.ortho.viewer import OrthoSlicer3D

    if not _has_display():
        from volio.display.base.matplotlib_import import imported

        backend = imported("matplotlib").get_backend()
        raise UsageError(
            f"there is no display to open a window on (matplotlib draws with {backend}); "
            "--png, --gif or --html saves what would be seen"
        )
    low, high = pair("limits", options.limits)
    viewer = OrthoSlicer3D(
        img,
        title=options.title or options.file,
        start="centre" if options.at is None else options.at,
        radiological=options.radiological,
        colorbar=not options.bare,
        display_mode=options.planes,
        cmap=options.cmap,
        vmin=low,
        vmax=high,
    )
    for overlay in overlays:
        add = viewer.add_overlay if hasattr(overlay, "threshold") else viewer.add_contours
        add(overlay)
    viewer.set_volume_idx(options.volume)
    viewer.show()


def _has_display() -> bool:
    """Return whether figures of pyplot are shown, in windows or in some other way."""
    from volio.display.base.matplotlib_import import imported

    pyplot = imported("matplotlib.pyplot")
    FigureManagerBase = imported("matplotlib.backend_bases").FigureManagerBase

    try:
        figure = pyplot.figure()
    except ImportError:  # a backend that was asked for cannot start
        return False
    manager = type(figure.canvas.manager)
    pyplot.close(figure)
    return manager is not FigureManagerBase


class Viewer(NamedTuple):
    """How images of one kind are looked at.

    Attributes
    ----------
    base : callable
        ``base(img, options)``: what the options make of the image below the overlays.
    overlays : mapping
        Kinds of images that can lie over it, and what makes an overlay of them:
        ``overlay(img, number, options)``.
    apart : callable
        ``apart(img, other, options)``: the warning about an overlay that is outside of it; None if
        it may be seen.
    save : callable
        ``save(base, img, overlays, options)`` writes what was asked for.
    show : callable
        ``show(img, overlays, options)`` opens a window.
    """

    base: Callable[[Any, argparse.Namespace], Any]
    overlays: Mapping[Kind, Callable[[Any, int, argparse.Namespace], Any]]
    apart: Callable[[Any, Any, argparse.Namespace], str | None]
    save: Callable[[Any, Any, list[Any], argparse.Namespace], None]
    show: Callable[[Any, list[Any], argparse.Namespace], None]


VIEWERS: dict[Kind, Viewer] = {
    "volume": Viewer(
        as_base, {"volume": as_overlay, "surface": as_outline}, tell_apart, save, _open_window
    )
}
