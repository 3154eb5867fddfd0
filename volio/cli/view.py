"""``volio view``: look at images in a window, or save pictures, movies and pages of them."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from contextlib import ExitStack
from itertools import chain
from pathlib import Path
from typing import Any

from volio.cli.console.flags import flag
from volio.cli.console.reporting import Reporter
from volio.cli.console.streams import STREAM, output_file
from volio.cli.console.viewer import Viewer
from volio.cli.console.windows import check_display
from volio.cli.options.inputs import image_key
from volio.cli.options.load_options import expect_load_options, load_image
from volio.cli.pictures import as_base, as_outline, as_overlay, pair, save, warning_of_gap
from volio.cli.surfaces.view import GREYORDINATE_VIEWER, SURFACE_VIEWER, as_values
from volio.cli.tracts.view import TRACT_VIEWER
from volio.cli.view_options import OUTPUTS, add_options, check_honoured, given_options
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
%(prog)s scan.nii.gz zmap.nii.gz --html scan.html
%(prog)s lh.pial --data lh.thickness --html thickness.html
%(prog)s bundle.trk --html bundle.html
%(prog)s lh.pial --data lh.thickness --background lh.sulc --png thickness.png
%(prog)s lh.pial rh.pial lh.aparc.annot rh.aparc.annot --views lateral,dorsal --png parcels.png
%(prog)s rest.dscalar.nii L.surf.gii R.surf.gii --volume 1 --threshold 2 --png map.png
%(prog)s bundle.trk t1.nii.gz --colour direction --png bundle.png"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("file", metavar="FILE", help="image, surface or tracts to look at")
    parser.add_argument(
        "overlays",
        nargs="*",
        default=[],
        metavar="OVERLAY",
        help="images to lay over an image, and surfaces, whose outlines are drawn; with a surface, "
        "that of the other hemisphere, and files of values and labels",
    )
    add_options(parser)
    expect_load_options(parser)


def run(options: argparse.Namespace, reporter: Reporter) -> int:
    """Show the image, or save what was asked for."""
    _check_outputs(options)
    with reporter.for_file(options.file):
        img = _load(options.file, options, reporter)
        viewer = for_kind(VIEWERS, img, "volio view")
    return reporter.code if reporter.failed else _view(viewer, img, options, reporter)


def _view(viewer: Viewer, img: Any, options: argparse.Namespace, reporter: Reporter) -> int:
    """Show an image in the way of its kind, or save what was asked for."""
    viewer.check(options, given_options(options, add_arguments))
    with reporter.for_file(options.file):
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
            if img.kind == "surface":
                other = as_values(other)
            kinds.add(other.kind)
            make = for_kind(viewer.overlays, other, f"a picture of {options.file}")
            overlays.append(make(other, number, options))
            if apart := viewer.apart(img, other, options):
                reporter.warn(apart)
    if options.space is not None and "surface" not in kinds and not reporter.failed:
        raise UsageError("--space is for surfaces, and none is laid over the image")
    return overlays


def _check(options: argparse.Namespace, given: set[str]) -> None:
    """Refuse what cannot be done with volumes, before their voxels are read."""
    if len(options.angle) > 2:
        raise UsageError("--angle takes one number or two")
    if options.at is not None and options.mode == "ortho" and len(options.at) != 3:
        raise UsageError("--at takes three numbers, x,y,z; places along an axis need --mode mosaic")
    if options.contours is not None and not options.overlays:
        raise UsageError("--contours is for overlays, and there are none; give one after FILE")
    check_honoured(options, given)
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
    further = (options.data, options.labels, options.background)
    return [options.file, *options.overlays, *chain.from_iterable(each or [] for each in further)]


def _open_window(img: Any, overlays: list[Any], options: argparse.Namespace) -> None:
    from volio.display.ortho.viewer import OrthoSlicer3D

    check_display("--png, --gif or --html")
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


VIEWERS: dict[Kind, Viewer] = {
    "volume": Viewer(
        _check,
        as_base,
        {"volume": as_overlay, "surface": as_outline},
        warning_of_gap,
        save,
        _open_window,
    ),
    "surface": SURFACE_VIEWER,
    "greyordinates": GREYORDINATE_VIEWER,
    "tracts": TRACT_VIEWER,
}
