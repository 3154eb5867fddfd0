"""What the numbers in a NIfTI image mean: scaling, intent, units of space and time.

Source: nifti1.h, sections on data scaling, intent and units.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite

import numpy as np

from volio.errors import CodeError, HeaderDataError
from volio.formats.nifti1.codes import intent_codes, unit_codes
from volio.images.headers.binary import BinaryHeader

__all__ = ["Meaning"]

#: Seconds in each unit of time.
SECONDS = {"sec": 1.0, "msec": 1e-3, "usec": 1e-6}


class Meaning(BinaryHeader):
    """The part of a NIfTI header that says what voxel values and voxel sizes mean."""

    def get_slope_inter(self) -> tuple[float | None, float | None]:
        """Return slope and intercept; (None, None) when the file states no scaling.

        Raises
        ------
        HeaderDataError
            If a usable slope comes with an intercept that is not finite.
        """
        plain = self.plain
        slope, inter = plain["scl_slope"], plain["scl_inter"]
        scales = slope != 0 and isfinite(slope)
        if scales and not isfinite(inter):
            raise HeaderDataError(f"scl_inter: must be finite with slope {slope}, got {inter}")
        return (slope, inter) if scales else (None, None)

    def set_slope_inter(self, slope: float | None, inter: float | None = None) -> None:
        """Set slope and intercept; None or NaN for both states no scaling.

        Raises
        ------
        HeaderDataError
            If the slope is 0 or infinite, or only one of the two is given as NaN.
        """
        slope = np.nan if slope is None else float(slope)
        inter = (np.nan if np.isnan(slope) else 0.0) if inter is None else float(inter)
        if slope == 0 or np.isinf(slope):
            raise HeaderDataError(f"scl_slope: must not be 0 or infinite, got {slope}")
        if np.isinf(inter) or np.isnan(slope) != np.isnan(inter):
            raise HeaderDataError(
                f"scl_inter: must be finite, or NaN together with the slope, got {inter}"
            )
        self["scl_slope"], self["scl_inter"] = slope, inter

    def get_intent(self, code_repr: str = "label") -> tuple[str | int, tuple[float, ...], str]:
        """Return the intent: its name (or code), its parameters and the name of the data.

        Parameters
        ----------
        code_repr : {'label', 'code'}
            How to give the intent.
        """
        code = int(self["intent_code"])
        known = code in intent_codes
        count = len(intent_codes.parameters[code]) if known else 3
        params = tuple(float(self[f"intent_p{n}"]) for n in range(1, count + 1))
        name = bytes(self["intent_name"].item()).decode("latin-1")
        label = intent_codes.label[code] if known else f"unknown code {code}"
        return code if code_repr == "code" else label, params, name

    def set_intent(
        self,
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
            Let a code through that is not in the table.

        Raises
        ------
        CodeError
            If the intent is unknown.
        HeaderDataError
            If the number of parameters does not fit.
        """
        if code not in intent_codes and not (allow_unknown and isinstance(code, int)):
            raise CodeError(f"intent: {code!r} is no known code or name")
        number = int(intent_codes[code]) if code in intent_codes else int(code)
        takes = len(intent_codes.parameters[number]) if number in intent_codes else 3
        if len(params) not in (0, takes) and not (number not in intent_codes and len(params) < 3):
            raise HeaderDataError(f"intent {code!r}: takes {takes} parameters, got {len(params)}")
        self["intent_code"], self["intent_name"] = number, name
        values = (*params, 0.0, 0.0, 0.0)[:3]
        self["intent_p1"], self["intent_p2"], self["intent_p3"] = values

    def get_xyzt_units(self) -> tuple[str, str]:
        """Return the units of space and time, such as ('mm', 'sec')."""
        units = int(self["xyzt_units"])
        labels = unit_codes.label
        return labels.get(units % 8, "unknown"), labels.get(units - units % 8, "unknown")

    @property
    def time_unit(self) -> float | None:
        """Seconds in the unit of the fourth voxel size; None where the file does not state it."""
        return SECONDS.get(self.get_xyzt_units()[1])

    def set_xyzt_units(self, xyz: int | str | None = None, t: int | str | None = None) -> None:
        """Set the units of space and time (codes or names; None is 'unknown').

        Raises
        ------
        CodeError
            If a unit is unknown.
        HeaderDataError
            If a unit of time is given for space, or the other way round.
        """
        for unit in (xyz, t):
            if unit is not None and unit not in unit_codes:
                known = sorted(set(unit_codes.label.values()))
                raise CodeError(f"xyzt_units: must be one of {known}, got {unit!r}")
        space = int(unit_codes[0 if xyz is None else xyz])
        time = int(unit_codes[0 if t is None else t])
        if space >= 8 or 0 < time < 8:
            raise HeaderDataError(f"xyzt_units: {xyz!r} is no unit of space or {t!r} none of time")
        self["xyzt_units"] = space + time
