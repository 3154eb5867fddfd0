"""NIfTI headers and the metadata that all formats share.

Labels and statistics of volumes and the history have no field: they are in the extension of
AFNI's attributes (ecode 4), where AFNI looks for them too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from volio.arrays.dtypes import Floats
from volio.arrays.encodings.decimals import field_decimal
from volio.errors import HeaderError
from volio.formats.containers.afni.attributes import attributes_from, metadata_from, move_offsets
from volio.formats.nifti1.acquisition import (
    read_acquisition,
    store_acquisition,
    without_acquisition,
)
from volio.formats.nifti1.codes import xform_codes
from volio.formats.nifti1.contents import AfniExtension, CaretExtension
from volio.formats.nifti1.extension import NiftiExtension
from volio.formats.nifti1.extensions import extension_codes
from volio.formats.nifti1.labels import has_labels_alone
from volio.formats.nifti1.slice_timing import known_slice_times
from volio.images.headers.metadata import Intent, Metadata
from volio.images.headers.volume_metadata import HeaderVolume, count_volumes, metadata_of_volumes

if TYPE_CHECKING:
    from volio.formats.nifti1.header import Nifti1Header

__all__ = ["move_afni_offsets", "read_metadata", "select_volumes", "store_metadata"]

#: Units of the fourth axis that are not of time: NIfTI's names and those of `Metadata`.
UNITS = {"hz": "Hz", "ppm": "ppm", "rads": "rad/s"}

#: NIfTI's names of the units of `Metadata`.
NAMES_OF_UNITS = {"s": "sec"} | {unit: name for name, unit in UNITS.items()}

#: Code of seconds in AFNI's TAXIS_NUMS; any other unit there is milliseconds.
SECONDS_CODE = 77002

#: Characters that fit intent_name, which ends in a zero.
TITLE_LENGTH = 15


def read_metadata(header: Nifti1Header, basic: Metadata) -> Metadata:
    """Return the metadata of a header; `basic` is what its dim and text fields hold."""
    volumes = count_volumes(header.get_data_shape())
    extension = metadata_from(_afni_attributes(header), volumes)
    unit = ""
    if basic.step is not None:
        unit = UNITS.get(header.get_xyzt_units()[1], basic.unit)
    return replace(
        basic,
        unit=unit,
        start=field_decimal(header["toffset"]) * (header.time_unit or 1.0),
        slice_times=_slice_seconds(header) or extension.slice_times,
        space=_space(header),
        description=without_acquisition(basic.description),
        acquisition=read_acquisition(header, basic.description),
        labels=extension.labels,
        intents=extension.intents or _intents(header),
        history=extension.history,
        attributes=extension.attributes,
        others=(*basic.others, *_unmapped(header)),
    )


def store_metadata(header: Nifti1Header, metadata: Metadata) -> None:
    """Store the metadata that a NIfTI header can hold."""
    if metadata.unit:
        header.set_xyzt_units("mm", NAMES_OF_UNITS[metadata.unit])
    header["toffset"] = metadata.start / (header.time_unit or 1.0)
    store_acquisition(header, metadata.acquisition)
    if metadata.space in xform_codes and int(header["sform_code"]):
        header["sform_code"] = xform_codes[metadata.space]
    _store_slice_times(header, metadata.slice_times)
    _store_attributes(header, _attributes_for(header, _store_intent(header, metadata)))


def _attributes_for(header: Nifti1Header, metadata: Metadata) -> dict[str, Any]:
    """Return attributes of AFNI for what a NIfTI header has no fields for."""
    volumes = count_volumes(header.get_data_shape())
    attributes = attributes_from(metadata, volumes)
    if metadata.slice_times and not _slice_seconds(header):
        attributes["TAXIS_NUMS"] = [volumes, len(metadata.slice_times), SECONDS_CODE]
        attributes["TAXIS_OFFSETS"] = list(metadata.slice_times)
    return attributes


def select_volumes(header: Nifti1Header, volumes: Sequence[HeaderVolume]) -> None:
    """Store labels and statistics that other headers have for the volumes of this one."""
    listed = _store_intent(header, metadata_of_volumes(volumes))
    if listed.intents:
        header.set_intent("none")
    kept = {
        name: value
        for name, value in _afni_attributes(header).items()
        if not name.startswith("BRICK_")
    }
    _store_attributes(header, kept | _attributes_for(header, listed))


def _afni_attributes(header: Nifti1Header) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for extension in header.extensions:
        if isinstance(extension, AfniExtension):
            with suppress(HeaderError):  # a text that cannot be parsed is kept as it is
                found |= extension.attributes
    return found


def _store_attributes(header: Nifti1Header, attributes: dict[str, Any]) -> None:
    if attributes == _afni_attributes(header):
        return
    others = [one for one in header.extensions if not isinstance(one, AfniExtension)]
    new = [AfniExtension.from_attributes(attributes)] if attributes else []
    header.extensions[:] = [*others, *new]


def move_afni_offsets(
    header: Nifti1Header, voxels: Floats | None, before: Sequence[int], after: Sequence[int]
) -> None:
    """Let slice times in the extension of AFNI follow the slices; see `move_offsets`."""
    attributes = _afni_attributes(header)
    if "TAXIS_OFFSETS" in attributes:
        _store_attributes(header, move_offsets(attributes, voxels, before, after))


def _unmapped(header: Nifti1Header) -> Iterator[str]:
    """Yield the names of what only NIfTI holds."""
    codes = dict.fromkeys(one.get_code() for one in header.extensions if not _is_mapped(one))
    for code in codes:
        yield f"extension {extension_codes.label.get(code, code)}"
    frequency, phase, _ = header.get_dim_info()
    if frequency is not None or phase is not None:
        yield "encoding axes"
    if header.has_two_spaces():
        yield "qform (a second placement)"


def _is_mapped(extension: NiftiExtension) -> bool:
    """Return whether what an extension says is handed over: attributes of AFNI, labels."""
    if isinstance(extension, CaretExtension):
        return has_labels_alone(extension)
    return isinstance(extension, AfniExtension)


def _space(header: Nifti1Header) -> str:
    code = header.unpacked["sform_code"] or header.unpacked["qform_code"]
    label = str(xform_codes.label.get(code, "unknown"))
    return "" if label == "unknown" else label


def _intents(header: Nifti1Header) -> tuple[Intent, ...]:
    label, parameters, title = header.get_intent()
    name = "" if label == "none" else str(label)
    intent = Intent(name, parameters, title)
    return (intent,) if intent != Intent() else ()


def _store_intent(header: Nifti1Header, metadata: Metadata) -> Metadata:
    """Store the intent that all volumes have; return metadata without one that has a field."""
    intents = set(metadata.intents)
    if len(intents) != 1:
        return metadata
    intent = intents.pop()
    title = intent.title.encode("latin-1", "replace").decode("latin-1")[:TITLE_LENGTH]
    with suppress(HeaderError):  # one that NIfTI does not know
        header.set_intent(intent.name or "none", intent.params, title)
    return replace(metadata, intents=())


def _slice_seconds(header: Nifti1Header) -> tuple[float, ...]:
    """Return the start of each slice in s; nothing where it is not known for all."""
    times = known_slice_times(header)
    seconds = header.time_unit or 1.0
    known = tuple(time * seconds for time in times if time is not None)
    return known if len(known) == len(times) else ()


def _store_slice_times(header: Nifti1Header, times: Sequence[float]) -> None:
    """Store the start of each slice (s) as an order and a duration, where there is one."""
    if not times:
        return
    before = header["dim_info"].copy()
    frequency, phase, slices = header.get_dim_info()
    try:
        header.set_dim_info(frequency, phase, 2 if slices is None else slices)
        header.set_slice_times([time / (header.time_unit or 1.0) for time in times])
    except HeaderError:  # no order that NIfTI knows
        header["dim_info"] = before
