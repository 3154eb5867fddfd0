"""Headers for other programs to derive theirs from: nibabel's ``wrapstruct`` names.

volio's own headers are records (`volio.images.headers.record`) that declare their checks and
codes as data. Here subclasses give functions, as in nibabel.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any, ClassVar

from volio.codes import Recoder
from volio.compat.nibabel.batteryrunners import BatteryRunner, Check
from volio.compat.wide_base import WideBase
from volio.errors import HeaderDataError
from volio.images.headers import error_levels
from volio.images.headers.record import Record

__all__ = ["LabeledWrapStruct", "WrapStruct", "WrapStructError"]

WrapStructError = HeaderDataError


class WrapStruct(Record, metaclass=WideBase):
    """A mapping over a record of bytes, in the layout that a subclass has as `template_dtype`.

    Parameters
    ----------
    binaryblock, endianness, check
        See `volio.images.headers.record.Record`.
    """

    counts: ClassVar[type] = Record

    @classmethod
    def _get_checks(cls) -> tuple[Check, ...]:
        """Return the checks of a subclass, functions as `BatteryRunner` takes them."""
        return ()

    def check_read(self) -> None:
        """Check the fields as they were read, by `check_fix`, which subclasses override."""
        self.check_fix()

    def check_fix(
        self, logger: logging.Logger | None = None, error_level: int | None = None
    ) -> None:
        """Check the fields: repair what can be, log what is wrong and raise what is severe."""
        super().check_fix(logger, error_level)
        for report in BatteryRunner(self._get_checks()).check_fix(self)[1]:
            report.log_raise(
                error_levels.logger if logger is None else logger,
                error_levels.error_level if error_level is None else error_level,
            )

    @classmethod
    def diagnose_binaryblock(cls, binaryblock: bytes, endianness: str | None = None) -> str:
        """Return the problems of a record, one a line; "" when there is none."""
        found = super().diagnose_binaryblock(binaryblock, endianness)
        reports = BatteryRunner(cls._get_checks()).check_only(cls(binaryblock, endianness, False))
        messages = [report.message for report in reports if report.message]
        return "\n".join(filter(None, [found, *messages]))


class LabeledWrapStruct(WrapStruct):
    """A WrapStruct with names for the values of some fields.

    Parameters
    ----------
    binaryblock, endianness, check
        See `volio.images.headers.record.Record`.
    """

    counts: ClassVar[type] = Record
    _field_recoders: ClassVar[Mapping[str, Recoder]] = {}

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "_field_recoders" in cls.__dict__:
            cls.codes = cls._field_recoders
