"""``volio parrec2nii``: Philips scans as NIfTI, with text files next to them."""

from __future__ import annotations

import argparse
import csv
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from volio.arrays.lazy import LazyArray
from volio.arrays.slabs import iterate_slabs
from volio.arrays.views import lazy_concatenate, lazy_slice
from volio.cli.console.reporting import Reporter
from volio.errors import UsageError
from volio.files.names import split_compression
from volio.formats.nifti1 import Nifti1Extension, Nifti1Image
from volio.formats.parrec import PARRECArrayProxy, PARRECImage, XMLRECImage
from volio.images.headers.gradients import Gradients
from volio.ops.dwelltime import calculate_dwell_time
from volio.space.affines import Affine
from volio.space.orientations import io_orientation

__all__ = ["EXAMPLES", "add_arguments", "run"]

EXAMPLES = """\
%(prog)s scan.PAR                                   writes scan.nii here
%(prog)s -c -o nifti *.PAR                          compressed, into a folder
%(prog)s --bvs --volume-info --store-header dti.PAR with gradients, labels and the whole header
%(prog)s --scaling fp --strict-sort multi_echo.xml
%(prog)s --orientation transverse survey.PAR        one of several orientations"""

FLAGS = (
    ("-v", "--verbose", "report what is done"),
    ("-c", "--compressed", "write .nii.gz"),
    ("-p", "--permit-truncated", "convert what there is of recordings that were cut off"),
    (
        "-b",
        "--bvs",
        "write .bvals and .bvecs too, along the axes of the new image",
    ),
    ("-d", "--dwell-time", "write .dwell_time, in seconds; needs --field-strength"),
    ("-i", "--volume-info", "write .ordering.csv, what distinguishes the volumes"),
    ("", "--store-header", "keep the whole header in an extension of the new file"),
    ("", "--keep-trace", "keep the trace volumes that the scanner has worked out"),
    ("", "--overwrite", "replace files that are there"),
    (
        "",
        "--strict-sort",
        "order volumes by what distinguishes them, not by the header's lines",
    ),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("files", nargs="+", metavar="FILE", help=".PAR or .xml files")
    parser.add_argument(
        "-o",
        "--output-dir",
        metavar="DIR",
        default=".",
        help="folder of the new files (default: .)",
    )
    for short, long, about in FLAGS:
        parser.add_argument(*filter(None, (short, long)), action="store_true", help=about)
    parser.add_argument("--field-strength", type=float, metavar="TESLA", help="of the scanner")
    parser.add_argument(
        "--origin",
        choices=("scanner", "fov"),
        default="scanner",
        help="what is at 0: the isocentre (scanner, default), or the centre of the volume (fov)",
    )
    parser.add_argument(
        "--minmax",
        nargs=2,
        default=("parse", "parse"),
        metavar=("MIN", "MAX"),
        help="range to show, numbers; parse (default) looks for it in the voxels",
    )
    parser.add_argument(
        "--scaling",
        choices=("dv", "fp", "off"),
        default="dv",
        help="values as on the console (dv, default), floating point values that compare between "
        "scans (fp), or as stored (off); one slope for all is stated in the header, several are "
        "worked in",
    )
    parser.add_argument(
        "--orientation",
        choices=("transverse", "sagittal", "coronal"),
        help="which slices to take of a file with several orientations",
    )


def run(options: argparse.Namespace, reporter: Reporter) -> int:
    """Convert the files."""
    if options.dwell_time and options.field_strength is None:
        raise UsageError("--dwell-time needs --field-strength TESLA")
    for word in options.minmax:
        _limit(word, 0.0)
    Path(options.output_dir).mkdir(parents=True, exist_ok=True)
    for file in options.files:
        with reporter.for_file(file):
            _convert(Path(file), options)
    return reporter.code


def _convert(path: Path, options: argparse.Namespace) -> None:
    """Convert one scan, and write the text files that were asked for."""
    stem = Path(split_compression(path.name)[0]).stem
    base = Path(options.output_dir) / stem
    target = base.with_name(f"{stem}.nii{'.gz' * options.compressed}")
    if target.exists() and not options.overwrite:
        raise UsageError(f"{target}: exists already; --overwrite replaces it")
    source = _load(path, options)
    kept = _volumes(source, options)
    img = _as_nifti(source, kept, options)
    if options.store_header:
        img.header.extensions.append(_header_text(source))
    _log(options, f"writing {target}")
    img.to_filename(target)
    _write_texts(source, base, img.header.get_best_affine(), kept, options)


def _header_text(source: PARRECImage) -> Nifti1Extension:
    """Return the text of a scan's header as an extension of NIfTI."""
    text = Path(str(source.file_map["header"].filename)).read_bytes()
    return Nifti1Extension("comment", text)


def _write_texts(
    source: PARRECImage, base: Path, affine: Affine, kept: list[int], options: argparse.Namespace
) -> None:
    """Write gradients, labels and dwell time next to the new image, as far as asked for."""
    if options.bvs:
        _write_gradients(source, base, affine, kept, options)
    if options.volume_info:
        _write_labels(source, base, kept)
    if options.dwell_time:
        _write_dwell_time(source, base, options)


def _load(path: Path, options: argparse.Namespace) -> PARRECImage:
    cls = XMLRECImage if ".xml" in path.name.lower() else PARRECImage
    return cls.from_filename(
        path,
        permit_truncated=options.permit_truncated,
        scaling="dv" if options.scaling == "off" else options.scaling,
        strict_sort=options.strict_sort,
        orientation=options.orientation,
    )


def _as_nifti(source: PARRECImage, kept: list[int], options: argparse.Namespace) -> Nifti1Image:
    """Return the new image, voxel axes L, A, S, with the volumes that are kept."""
    affine = source.header.get_affine(origin=options.origin)
    data, slope, inter = _voxels(source, options)
    every = Nifti1Image(data, affine, source.header, dtype=data.dtype)
    reoriented = every.as_reoriented(io_orientation(np.diag([-1, 1, 1, 1]) @ affine))
    voxels = _with_volumes(reoriented.dataobj, kept, options)
    img = Nifti1Image(voxels, reoriented.affine, reoriented.header, dtype=data.dtype)
    img.header.set_slope_inter(slope, inter)
    _set_scanner_space(img)
    _set_range(img, voxels, slope, inter, options)
    return img


def _set_scanner_space(img: Nifti1Image) -> None:
    """Store mm, and the affine as one to the scanner's space in sform and qform."""
    header = img.header
    header.set_xyzt_units("mm", header.get_xyzt_units()[1])
    header.set_sform(img.affine, code="scanner")
    header.set_qform(img.affine, code="scanner")


def _with_volumes(voxels: Any, kept: list[int], options: argparse.Namespace) -> Any:
    """Return the voxels of some volumes, lazy; all of them where none is left out."""
    if len(voxels.shape) < 4 or len(kept) == voxels.shape[3]:
        return voxels
    _log(options, f"leaving out {voxels.shape[3] - len(kept)} trace volumes")
    volumes = [lazy_slice(voxels, (..., slice(volume, volume + 1))) for volume in kept]
    return lazy_concatenate(volumes, 3)


def _voxels(source: PARRECImage, options: argparse.Namespace) -> tuple[LazyArray, float, float]:
    """Return the voxels to write, lazy, and the slope and intercept of the header."""
    voxels = source.dataobj
    assert isinstance(voxels, PARRECArrayProxy)
    if options.scaling == "off":
        return voxels.unscaled(), 1.0, 0.0
    slopes, inters = source.header.get_data_scaling(options.scaling)
    if np.all(slopes == slopes.flat[0]) and np.all(inters == inters.flat[0]):
        return voxels.unscaled(), float(slopes.flat[0]), float(inters.flat[0])
    return voxels, 1.0, 0.0


def _volumes(source: PARRECImage, options: argparse.Namespace) -> list[int]:
    """Return the volumes to keep: not those with a b-value and no direction."""
    bvals, bvecs = source.header.get_bvals_bvecs()
    count = source.shape[3] if len(source.shape) > 3 else 1
    if options.keep_trace or bvals is None or bvecs is None:
        return list(range(count))
    return [v for v in range(count) if bvals[v] == 0 or bvecs[v].any()]


def _set_range(
    img: Nifti1Image, voxels: Any, slope: float, inter: float, options: argparse.Namespace
) -> None:
    """State the range to show, found in the voxels where no numbers are given."""
    low = high = 0.0
    if "parse" in options.minmax:
        ends = np.array([_ends(slab.values) for slab in iterate_slabs(voxels)], np.float64)
        low = float(ends.min()) * slope + inter
        high = float(ends.max()) * slope + inter
    img.header["cal_min"] = _limit(options.minmax[0], low)
    img.header["cal_max"] = _limit(options.minmax[1], high)


def _ends(values: NDArray[Any]) -> tuple[float, float]:
    """Return the lowest and the highest value."""
    return float(values.min()), float(values.max())


def _limit(word: str, found: float) -> float:
    try:
        return found if word == "parse" else float(word)
    except ValueError:
        raise UsageError(f"--minmax: must be numbers or parse, got {word!r}") from None


def _write_gradients(
    source: PARRECImage,
    base: Path,
    affine: Affine,
    kept: list[int],
    options: argparse.Namespace,
) -> None:
    """Write b-values, and directions along the axes of the new image, which may be oblique."""
    bvals, _ = source.header.get_bvals_bvecs()
    if bvals is None:
        _log(options, "no diffusion: no .bvals and .bvecs")
        return
    base.with_name(f"{base.name}.bvals").write_text(_numbers_line(bvals[kept]))
    gradients = source.header.metadata().gradients
    if not gradients:
        _log(options, "directions are not stated: no .bvecs")
        return
    rows = Gradients.from_rows(gradients).bvecs(affine)[kept].T + 0.0  # no -0
    base.with_name(f"{base.name}.bvecs").write_text("".join(map(_numbers_line, rows)))


def _numbers_line(values: NDArray[Any]) -> str:
    """Return numbers as a line, which ends with a space as those of nibabel's converter do."""
    return " ".join(str(float(value)) for value in values) + " \n"


def _write_labels(source: PARRECImage, base: Path, kept: list[int]) -> None:
    labels = source.header.get_volume_labels()
    if not labels:
        return
    with base.with_name(f"{base.name}.ordering.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(labels)
        writer.writerows(zip(*(values[kept] for values in labels.values()), strict=True))


def _write_dwell_time(source: PARRECImage, base: Path, options: argparse.Namespace) -> None:
    header = source.header
    try:
        time = calculate_dwell_time(
            header.get_water_fat_shift(), header.get_echo_train_length(), options.field_strength
        )
    except UsageError as error:
        _log(options, f"no .dwell_time: {error}")
        return
    base.with_name(f"{base.name}.dwell_time").write_text(f"{float(time)!r}\n")


def _log(options: argparse.Namespace, message: str) -> None:
    if options.verbose:
        print(message)
