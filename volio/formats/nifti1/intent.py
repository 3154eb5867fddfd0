"""The intent in a NIfTI header: what the voxel values are.

Source: nifti1.h, "interpretation of voxel data".
"""

from __future__ import annotations

from collections.abc import Sequence

from volio.arrays.encodings.decimals import field_decimal
from volio.errors import CodeError, HeaderDataError
from volio.formats.nifti1.codes import intent_codes
from volio.images.headers.record import Record

__all__ = ["get_intent", "set_intent"]

FIELDS = ("intent_p1", "intent_p2", "intent_p3")


def get_intent(
    record: Record, code_repr: str = "label"
) -> tuple[str | int, tuple[float, ...], str]:
    """Return the intent: its name (or code), its parameters and the name of the data.

    Parameters
    ----------
    code_repr : {'label', 'code'}
        How to give the intent.
    """
    code = int(record["intent_code"])
    takes = intent_codes.parameters.get(code, FIELDS)
    parameters = tuple(field_decimal(record[field]) for field in FIELDS[: len(takes)])
    name = bytes(record["intent_name"].item()).decode("latin-1")
    if code_repr == "code":
        return code, parameters, name
    return str(intent_codes.label.get(code, f"unknown code {code}")), parameters, name


def set_intent(
    record: Record,
    code: int | str,
    params: Sequence[float] = (),
    name: str = "",
    allow_unknown: bool = False,
) -> None:
    """Set the intent.

    Parameters
    ----------
    code : int or str
        The intent by code, name or constant of nifti1.h.
    params : sequence of float
        Its parameters, as many as it takes (or none).
    name : str
        Name of the data, at most 15 characters.
    allow_unknown : bool
        Take a code that is not in the table.

    Raises
    ------
    CodeError
        If the intent is unknown.
    HeaderDataError
        If the number of parameters does not fit.
    """
    if code in intent_codes:
        number = int(intent_codes[code])
        takes = len(intent_codes.parameters[code])
        fits = len(params) in (0, takes)
    elif allow_unknown and isinstance(code, int):
        number = code
        takes = len(FIELDS)
        fits = len(params) <= takes
    else:
        raise CodeError(f"intent: {code!r} is not a known code or name")
    if not fits:
        raise HeaderDataError(f"intent {code!r}: takes {takes} parameters, got {len(params)}")
    record["intent_code"] = number
    record["intent_name"] = name
    for field, value in zip(FIELDS, (*params, 0.0, 0.0, 0.0), strict=False):
        record[field] = value
