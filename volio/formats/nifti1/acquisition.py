"""Times and angles of the acquisition in a NIfTI header, which has no fields of their own for them.

The repetition time of a single volume is the size of a fourth axis that is not there, as dcm2niix
and FreeSurfer write it. Others are in the description: ``TE=30;Time=115405.000`` of dcm2niix, in
ms, and ``TR=9.7ms/TE=4.6ms/FA=8deg`` of SPM, which is what volio writes, after a text if there is
one and both fit.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from math import inf
from typing import TYPE_CHECKING

from volio.arrays.encodings.decimals import decimal, field_decimal
from volio.images.headers.units import acquisition_from, acquisition_to, quantities

if TYPE_CHECKING:
    from volio.formats.nifti1.header import Nifti1Header

__all__ = ["read_acquisition", "store_acquisition", "without_acquisition"]

QUANTITIES = quantities("""
TR | repetition time | ms
TE | echo time       | ms
TI | inversion time  | ms
FA | flip angle      | degrees
""")
REPETITION_TIME = QUANTITIES[0]
UNITS = {quantity.field: "deg" if quantity.field == "FA" else "ms" for quantity in QUANTITIES}

NUMBER = r"([0-9]+(?:\.[0-9]*)?(?:e[+-]?[0-9]{1,3})?)"
#: A quantity as SPM writes it, and a description that has nothing else.
OF_SPM = re.compile(rf"(?<![^\s/])(TR|TE|TI|FA)={NUMBER}(ms|deg)(?![^\s/])")
LAST_OF_SPM = re.compile(rf"(?:^|\s+){OF_SPM.pattern}(/{OF_SPM.pattern})*$")
OF_DCM2NIIX = re.compile(rf"(TE)={NUMBER};Time=")


def read_acquisition(header: Nifti1Header, description: str) -> dict[str, float]:
    """Return times (s) and angles (degrees) of the acquisition, by name; see `Metadata`.

    Parameters
    ----------
    header : Nifti1Header
    description : str
        What its field `descrip` holds.
    """
    found = [match.groups() for match in OF_SPM.finditer(description)]
    if match := OF_DCM2NIIX.match(description):
        found.append((*match.groups(), "ms"))
    fields = {name: float(number) for name, number, unit in found if UNITS[name] == unit}
    if len(header.get_data_shape()) > 3:
        fields.pop("TR", None)  # which the fourth axis states
    elif time := _volume_time(header):
        fields["TR"] = REPETITION_TIME.stored(time)
    return acquisition_from(fields.get, QUANTITIES)


def _volume_time(header: Nifti1Header) -> float | None:
    """Return the repetition time of a single volume, s; None where the header does not state it.

    A size of 1 is what programs write where they know of none.
    """
    seconds = header.time_unit
    size = field_decimal(header["pixdim"][4])
    if seconds is None or size == 1 or not 0 < size < inf:
        return None
    return size * seconds


def without_acquisition(description: str) -> str:
    """Return a description without an acquisition in the way of SPM at its end."""
    return LAST_OF_SPM.sub("", description)


def store_acquisition(header: Nifti1Header, acquisition: Mapping[str, float]) -> None:
    """Store the repetition time of a single volume, and the rest after the text, if it fits."""
    fields = acquisition_to(acquisition, QUANTITIES)
    if len(header.get_data_shape()) < 4 and "TR" in fields:
        _store_volume_time(header, acquisition[REPETITION_TIME.name])
        del fields["TR"]
    _append_to_text(header, fields)


def _append_to_text(header: Nifti1Header, fields: Mapping[str, float]) -> None:
    """Store quantities that the description does not have after it, if they fit."""
    text = header["descrip"].item().rstrip(b"\0 ")
    known = read_acquisition(header, text.decode("utf-8", "surrogateescape"))
    new = [each.field for each in QUANTITIES if each.field in fields and each.name not in known]
    words = [f"{field}={decimal(fields[field]):.9g}{UNITS[field]}" for field in new]
    longer = b" ".join(filter(None, [text, "/".join(words).encode()]))
    if len(longer) <= header.layout["descrip"].itemsize:
        header["descrip"] = longer


def _store_volume_time(header: Nifti1Header, seconds: float) -> None:
    """Store the repetition time of a single volume, in s where the header has no unit of time."""
    if header.time_unit is None:
        header.set_xyzt_units(header.get_xyzt_units()[0], "sec")
    header["pixdim"][4] = seconds / (header.time_unit or 1.0)
