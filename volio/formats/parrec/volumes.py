"""The volumes of a Philips scan: labels, diffusion, and the metadata that other formats have."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from volio.arrays.dtypes import Array
from volio.formats.parrec.geometry import PSL_TO_RAS
from volio.formats.parrec.parse import Info, PARRECError, Records
from volio.images.headers.gradients import Gradient, Gradients
from volio.images.headers.metadata import Metadata, named_fields
from volio.images.headers.shape_checks import check_alike
from volio.images.headers.units import acquisition_from, quantities

if TYPE_CHECKING:
    from volio.formats.parrec.header import PARRECHeader

__all__ = ["description_of", "diffusion_of", "labels_of", "metadata_of_scan", "time_step"]

#: What may differ from volume to volume.
VOLUME_KEYS = (
    "cardiac phase number",
    "echo number",
    "label type",
    "image_type_mr",
    "dynamic scan number",
    "scanning sequence",
    "gradient orientation number",
    "diffusion b value number",
)

QUANTITIES = quantities("""
echo_time        | echo time       | ms
image_flip_angle | flip angle      | degrees
repetition_time  | repetition time | ms
""")

#: General information that other formats have too, or that describes the file itself.
MAPPED = frozenset(
    {
        *("patient_name", "exam_name", "protocol_name", "exam_date", "series_type"),
        *("max_cardiac_phases", "max_echoes", "max_slices", "max_dynamics", "max_mixes"),
        *("max_diffusion_values", "max_gradient_orient", "nr_label_types", "fov"),
        *("angulation", "off_center", "dyn_scan", "diffusion", "repetition_time"),
    }
)
#: Columns of single images that are facts of the scan.
OF_IMAGES = (
    *("trigger_time", "cardiac frequency", "minimum RR-interval", "maximum RR-interval"),
    *("number of averages", "TURBO factor", "Inversion delay", "contrast type"),
    *("window center", "window width"),
)


def labels_of(header: PARRECHeader) -> dict[str, Array]:
    """Return what differs from volume to volume, by name, an array with one entry each."""
    volumes = header.volume_records()[0]
    columns = _columns(header, VOLUME_KEYS)
    return {name: volumes[name] for name, column in columns.items() if np.any(column != column[0])}


def _columns(header: PARRECHeader, names: Sequence[str]) -> dict[str, Array]:
    """Return these fields of all images, as far as the version has them."""
    defs = header.image_defs
    return {name: defs[name] for name in names if name in (defs.dtype.names or ())}


def diffusion_of(header: PARRECHeader) -> tuple[Array | None, Array | None]:
    """Return b-values (s/mm²) and directions in PSL of each volume; None where not stated.

    Raises
    ------
    PARRECError
        If they differ within a volume.
    """
    if not header.general_info.get("diffusion") or len(header.file_shape) < 4:
        return None, None
    records = header.volume_records()
    stated = {"diffusion_b_factor", "diffusion"} & set(records.dtype.names or ())
    for name in stated:
        check_alike(name, records[name], "slices of a volume", PARRECError)
    directions = records["diffusion"][0] if "diffusion" in stated else None
    return records["diffusion_b_factor"][0], directions


def time_step(info: Info, defs: Records) -> float:
    """Return seconds from volume to volume; 1 where there are no dynamics."""
    if not info.get("dyn_scan"):
        return 1.0
    repetition_time = float(np.ravel(info.get("repetition_time", 0.0))[0])  # ms
    if repetition_time > 0:
        return repetition_time / 1000
    begins = np.unique(defs["dyn_scan_begin_time"])  # s
    return float(begins[1] - begins[0]) if len(begins) > 1 else 0.0


def description_of(info: Info) -> str:
    """Return a line with examination, patient, date and protocol."""
    date = str(info.get("exam_date", "")).replace(" ", "")
    known = {**info, "exam_date": date}
    names = ("exam_name", "patient_name", "exam_date", "protocol_name")
    return ";".join(str(known.get(name, "")) for name in names)[:79]


def metadata_of_scan(header: PARRECHeader) -> Metadata:
    """Return the metadata of a scan."""
    zooms = header.get_zooms()
    is_timed = len(zooms) > 3 and header.time_unit is not None
    bvals, directions = diffusion_of(header)
    gradients: tuple[Gradient, ...] = ()
    if bvals is not None and directions is not None:
        gradients = Gradients.from_vectors(directions, bvals, PSL_TO_RAS[:3, :3]).rows()
    has_only_bvals = bvals is not None and directions is None
    return Metadata(
        step=zooms[3] if is_timed else None,
        unit="s" if is_timed else "",
        space="scanner",
        labels=_label_texts(header),
        description=description_of(header.general_info),
        acquisition=_acquisition(header, is_timed),
        gradients=gradients,
        others=(*(("b-values",) if has_only_bvals else ()), *_unmapped(header)),
    )


def _unmapped(header: PARRECHeader) -> tuple[str, ...]:
    """Name the fields that other formats do not have."""
    stated = {**header.general_info, **_columns(header, OF_IMAGES)}
    return named_fields("PAR/REC", stated.items(), MAPPED)


def _acquisition(header: PARRECHeader, is_timed: bool) -> dict[str, float]:
    """Return times and angles that are the same for all images."""
    defs = header.image_defs
    values = {name: np.unique(defs[name]) for name in ("echo_time", "image_flip_angle")}
    if not is_timed:  # else it is the time step
        times = np.unique(header.general_info.get("repetition_time", 0.0))
        values["repetition_time"] = times[times > 0]
    single = {name: found[0] for name, found in values.items() if len(found) == 1}
    return acquisition_from(single.get, QUANTITIES)


def _label_texts(header: PARRECHeader) -> tuple[str, ...]:
    """Return a label for each volume, where more than the dynamic distinguishes them."""
    labels = labels_of(header)
    if not set(labels) - {"dynamic scan number"} or len(header.file_shape) < 4:
        return ()
    texts = [[f"{name} {value}" for value in values] for name, values in labels.items()]
    return tuple(", ".join(words) for words in zip(*texts, strict=True))
