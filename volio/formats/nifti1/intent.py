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
    name = record.unpacked["intent_name"].decode("latin-1")
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
        counts: tuple[int, ...] = (0, len(intent_codes.parameters[code]))
    elif allow_unknown and isinstance(code, int):
        counts = (0, 1, 2, 3)
    else:
        raise CodeError(f"intent: {code!r} is not a known code or name")
    if len(params) not in counts:
        raise HeaderDataError(f"intent {code!r}: takes {counts[-1]} parameters, got {len(params)}")
    values = zip(FIELDS, (*params, 0.0, 0.0, 0.0), strict=False)
    number = intent_codes.code.get(code, code)
    record.update({"intent_code": number, "intent_name": name, **dict(values)})
