"""The intent in a NIfTI header: what the voxel values are.

Source: nifti1.h, "interpretation of voxel data".
"""

from __future__ import annotations

from collections.abc import Sequence

from volio.errors import CodeError, HeaderDataError
from volio.formats.nifti1.codes import intent_codes
from volio.images.headers.record import Record

__all__ = ["read_intent", "store_intent"]

FIELDS = ("intent_p1", "intent_p2", "intent_p3")


def read_intent(record: Record) -> tuple[int, str, tuple[float, ...], str]:
    """Return code, name, parameters and the name of the data."""
    code = int(record["intent_code"])
    count = len(FIELDS)
    label = f"unknown code {code}"
    if code in intent_codes:
        count = len(intent_codes.parameters[code])
        label = str(intent_codes.label[code])
    parameters = tuple(float(record[field]) for field in FIELDS[:count])
    name = bytes(record["intent_name"].item()).decode("latin-1")
    return code, label, parameters, name


def store_intent(
    record: Record, code: int | str, parameters: Sequence[float], name: str, allow_unknown: bool
) -> None:
    """Store an intent, its parameters (all or none) and the name of the data."""
    known = code in intent_codes
    if not known and not (allow_unknown and isinstance(code, int)):
        raise CodeError(f"intent: {code!r} is not a known code or name")
    number = int(intent_codes[code]) if known else int(code)
    _check_count(parameters, code, number)
    record["intent_code"] = number
    record["intent_name"] = name
    padded = (*parameters, 0.0, 0.0, 0.0)
    for field, value in zip(FIELDS, padded, strict=False):
        record[field] = value


def _check_count(parameters: Sequence[float], code: int | str, number: int) -> None:
    if number not in intent_codes:
        if len(parameters) > len(FIELDS):
            raise HeaderDataError(f"intent {code!r}: takes 3 parameters, got {len(parameters)}")
        return
    takes = len(intent_codes.parameters[number])
    if len(parameters) not in (0, takes):
        raise HeaderDataError(f"intent {code!r}: takes {takes} parameters, got {len(parameters)}")
