"""See volio work: list images, convert each to other formats and back, and measure what returned.

``python -m volio.testing.demo [IMAGES]``; without images, a phantom head in 3-D and 4-D. It calls
the commands as a user does, and reads the results with `volio.load`.
"""

from __future__ import annotations

import argparse
import io
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import volio
from volio.errors import VolioError
from volio.ops.comparison.voxels import compare_voxels
from volio.space.affines import voxel_sizes
from volio.testing import phantom

__all__ = ["main"]


class Trip(NamedTuple):
    """A format to go to and come back from."""

    title: str
    ending: str
    options: tuple[str, ...] = ()
    oblique: bool = True  # False: the format has room for voxel sizes, but for no angles


TRIPS = (
    Trip("FreeSurfer MGZ", ".mgz"),
    Trip("NIfTI-2", "-nifti2.nii.gz", ("--format", "nifti2")),
    Trip(
        "Analyze pair as SPM2 writes it, the affine in a .mat file",
        "-spm2.img",
        ("--format", "spm2"),
    ),
    Trip("Analyze 7.5 pair", "-analyze.img", ("--format", "analyze"), oblique=False),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the demonstration.

    Parameters
    ----------
    arguments : sequence of str, optional
        Paths of images; the process's own arguments by default.

    Returns
    -------
    int
        0 when every voxel and every affine came back, else 1.
    """
    given = _images_of(arguments)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=True)  # in order with what the commands print
    with tempfile.TemporaryDirectory(prefix="volio-demo-") as name:
        folder = Path(name)
        images = given or _write_phantoms(folder)
        shown = [_shown(path, folder) for path in images]
        is_listed = _command(folder, "volio-ls", *shown)
        returned = _travel_all(folder, images)
    print(f"\n{sum(returned)} of {len(returned)} round trips brought back every voxel,")
    print("and of the affine what the format holds.")
    if is_listed and all(returned):
        return 0
    print("For the others, and for files that could not be read, the lines above state the reason.")
    return 1


def _images_of(arguments: Sequence[str] | None) -> list[Path]:
    """Return the paths of the images that the command line names."""
    parser = argparse.ArgumentParser(prog="tools/demo", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("images", nargs="*", type=Path, help="default: a phantom head, 3-D and 4-D")
    return [path.resolve() for path in parser.parse_args(arguments).images]


def _travel_all(folder: Path, images: Sequence[Path]) -> list[bool]:
    """Make every trip with every image that can be read; return which brought all back."""
    returned = []
    for number, image in enumerate(filter(_is_readable, images), 1):
        (folder / str(number)).mkdir()
        returned += [_travel(folder, image, number, trip) for trip in TRIPS]
    return returned


def _is_readable(path: Path) -> bool:
    """Return whether a file can be loaded; ``volio-ls`` has printed why not."""
    try:
        volio.load(path)
    except VolioError:
        return False
    return True


def _write_phantoms(folder: Path) -> list[Path]:
    """Write a head in 3-D, and one in 4-D with 2 s between its volumes."""
    head = volio.Nifti1Image(*phantom.head())
    series = volio.Nifti1Image(*phantom.head((64, 72, 36), 20))
    series.header.set_zooms((*series.header.get_zooms()[:3], phantom.FRAME_SECONDS))
    paths = [folder / "head-3d.nii.gz", folder / "head-4d.nii.gz"]
    for image, path in zip((head, series), paths, strict=True):
        image.header.set_xyzt_units("mm", "sec")
        volio.save(image, path)
    return paths


def _travel(folder: Path, image: Path, number: int, trip: Trip) -> bool:
    """Convert one image to a format and back; print how much came back."""
    stem = image.name.partition(".")[0]
    there = f"{number}/{stem}{trip.ending}"
    back = there.replace(".", "-") + "-back.nii.gz"
    print(f"\n{image.name}: {trip.title}")
    arrived = _command(folder, "volio-convert", _shown(image, folder), there, *trip.options)
    if not arrived or not _command(folder, "volio-convert", there, back, "--format", "nifti1"):
        return False
    try:
        return _report(volio.load(image), volio.load(folder / back), trip)
    except VolioError as error:
        print(f"  {error}")
        return False


def _command(folder: Path, *words: str) -> bool:
    """Run one of the installed commands as a shell would, in a folder."""
    print("$ " + shlex.join(words), flush=True)
    program = Path(sys.executable).parent / words[0]
    run = subprocess.run(
        [str(program), *words[1:]], cwd=folder, stderr=subprocess.STDOUT, check=False
    )
    return run.returncode == 0


def _shown(path: Path, folder: Path) -> str:
    """Short name of a file inside the folder, the whole path of another."""
    return str(path.relative_to(folder)) if path.is_relative_to(folder) else str(path)


def _report(before: Any, after: Any, trip: Trip) -> bool:
    """Print the largest differences of voxels and affine; return whether they are small."""
    voxels = _voxel_difference(before, after)
    print(f"  voxels: largest difference {voxels:g}")
    if trip.oblique:
        moved = _largest_difference(before.affine, after.affine)
        print(f"  affine: largest difference {moved:.2g} mm")
    else:
        moved = _largest_difference(voxel_sizes(before.affine), voxel_sizes(after.affine))
        print(f"  voxel sizes: largest difference {moved:.2g} mm (this format holds no angles)")
    return voxels == 0 and moved < 1e-3


def _largest_difference(one: Any, other: Any) -> float:
    return float(np.abs(one - other).max())


def _voxel_difference(before: Any, after: Any) -> float:
    """Return the largest difference; an axis of length 1 at the end may be lost on the way."""
    if before.shape != after.shape and np.prod(before.shape) == np.prod(after.shape):
        found = compare_voxels(before.dataobj, after.dataobj.reshape(before.shape))
    else:
        found = compare_voxels(before.dataobj, after.dataobj)
    return found.largest if found else float("inf")


if __name__ == "__main__":
    sys.exit(main())
