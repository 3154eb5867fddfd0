"""What a NIfTI header says in words that no format owns, and what it takes of others.

Labels and statistics of volumes and the history have no field: they stand in the extension of
AFNI's attributes (ecode 4), where AFNI looks for them too.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from volio.errors import HeaderError
from volio.formats.nifti1.codes import xform_codes
from volio.formats.nifti1.contents import AfniExtension
from volio.formats.nifti1.extensions import Nifti1Extensions, extension_codes
from volio.formats.nifti1.meaning import Meaning
from volio.formats.nifti1.placement import Placement
from volio.formats.nifti1.timing import SliceTiming
from volio.images.attributes import history_of, intents_of, labels_of, stated, unspoken
from volio.images.headers.metadata import Intent, Metadata
from volio.images.headers.volume_metadata import Pick, count_volumes, metadata_of_volumes

__all__ = ["Exchange"]

UNITS = {"hz": "Hz", "ppm": "ppm", "rads": "rad/s"}
SECONDS_CODE = 77002  # AFNI's, in TAXIS_NUMS


class Exchange(Placement, SliceTiming, Meaning):
    """The part of a NIfTI header that gives and takes meaning."""

    extensions: Nifti1Extensions

    def metadata(self) -> Metadata:
        """Return what the header says beside shape, dtype and place."""
        attributes, volumes = self._afni_attributes(), self._volumes()
        found = replace(
            super().metadata(),
            start=float(self["toffset"]) * (self.time_unit or 1.0),
            slice_times=self._seconds_of_slices() or _offsets(attributes),
            space=self._space(),
            labels=labels_of(attributes, volumes),
            intents=intents_of(attributes, volumes) or self._intents(),
            history=history_of(attributes),
            attributes=unspoken(attributes),
        )
        unit = UNITS.get(self.get_xyzt_units()[1], found.unit) if found.step is not None else ""
        return replace(found, unit=unit, others=(*found.others, *self._others()))

    def set_metadata(self, metadata: Metadata) -> None:
        """Take what a NIfTI header can hold of what another one says."""
        super().set_metadata(metadata)
        if metadata.unit:
            units = {"s": "sec", **{unit: name for name, unit in UNITS.items()}}
            self.set_xyzt_units("mm", units[metadata.unit])
        self["toffset"] = metadata.start / (self.time_unit or 1.0)
        if metadata.space in xform_codes and int(self["sform_code"]):
            self["sform_code"] = xform_codes[metadata.space]
        self._take_slice_times(metadata.slice_times)
        self._take_intents(metadata.intents)
        self._take_attributes(metadata)

    def select_volumes(self, picks: Sequence[Pick]) -> None:
        """Take labels and statistics of volumes; see `SpatialHeader`."""
        facts, before = metadata_of_volumes(picks), self._afni_attributes()
        alone = len(facts.intents) == 1
        if alone:
            self._take_intents(facts.intents)
        elif facts.intents:
            self.set_intent("none")
        kept = {name: each for name, each in before.items() if not name.startswith("BRICK_")}
        said = replace(facts, attributes=kept, intents=() if alone else facts.intents)
        self._store_attributes(stated(said, self._volumes()))

    def _volumes(self) -> int:
        return count_volumes(self.get_data_shape())

    def _afni_attributes(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for extension in self.extensions:
            with suppress(HeaderError):  # what is no such text is kept, and means nothing
                found |= extension.attributes if isinstance(extension, AfniExtension) else {}
        return found

    def _others(self) -> list[str]:
        codes = (each.get_code() for each in self.extensions if not isinstance(each, AfniExtension))
        names = [f"extension {extension_codes.label.get(code, code)}" for code in codes]
        axes = any(axis is not None for axis in self.get_dim_info()[:2])
        second = ["qform (a second placement)"] * self.has_two_places()
        return [*dict.fromkeys(names), *["encoding axes"] * axes, *second]

    def _space(self) -> str:
        code = int(self["sform_code"]) or int(self["qform_code"])
        return str(xform_codes.label[code]) if code in xform_codes and code else ""

    def _intents(self) -> tuple[Intent, ...]:
        name, params, title = self.get_intent()
        label = "" if name == "none" else str(name)
        intent = Intent(label, params, title.rstrip("\0"))
        return (intent,) if intent != Intent() else ()

    def _seconds_of_slices(self) -> tuple[float, ...]:
        with suppress(HeaderError):
            times = self.get_slice_times()
            if all(time is not None for time in times):
                return tuple(float(time or 0) * (self.time_unit or 1.0) for time in times)
        return ()

    def _take_slice_times(self, times: tuple[float, ...]) -> None:
        if not times:
            return
        before = self.copy()
        freq, phase, slices = self.get_dim_info()
        with suppress(HeaderError):
            self.set_dim_info(freq, phase, 2 if slices is None else slices)
            self.set_slice_times([time / (self.time_unit or 1.0) for time in times])
            return
        self["dim_info"] = before["dim_info"]  # no order that NIfTI knows

    def _take_intents(self, intents: tuple[Intent, ...]) -> None:
        if not intents or any(each != intents[0] for each in intents):
            return
        with suppress(HeaderError):
            self.set_intent(intents[0].name or "none", intents[0].params, intents[0].title[:15])

    def _take_attributes(self, metadata: Metadata) -> None:
        one = replace(metadata, intents=()) if len(set(metadata.intents)) == 1 else metadata
        attributes = stated(one, self._volumes())
        if metadata.slice_times and not self._seconds_of_slices():
            attributes["TAXIS_NUMS"] = [self._volumes(), len(metadata.slice_times), SECONDS_CODE]
            attributes["TAXIS_OFFSETS"] = list(metadata.slice_times)
        self._store_attributes(attributes)

    def _store_attributes(self, attributes: dict[str, Any]) -> None:
        if attributes == self._afni_attributes():
            return
        others = [each for each in self.extensions if not isinstance(each, AfniExtension)]
        new = [AfniExtension.from_attributes(attributes)] if attributes else []
        self.extensions[:] = [*others, *new]


def _offsets(attributes: dict[str, Any]) -> tuple[float, ...]:
    """Return slice times that AFNI's attributes state, in seconds."""
    numbers, times = attributes.get("TAXIS_NUMS", []), attributes.get("TAXIS_OFFSETS", [])
    if isinstance(times, str) or isinstance(numbers, str) or len(numbers) < 3:
        return ()
    return tuple(time * (1 if numbers[2] == SECONDS_CODE else 1e-3) for time in times)
