"""The conformance suite finds what is wrong with a format."""

from __future__ import annotations

import io

import numpy as np
import pytest

import volio
from volio.testing import conformance
from volio.testing.samples import samples_of

CHECKS = {check.__name__.removeprefix("check_"): check for check in conformance.CHECKS}
SAMPLE = next(sample for sample in samples_of("nifti1") if sample.path.name == "series.nii")


class Base(volio.Nifti1Image):
    """What each broken class is made from."""


class AlwaysReads(Base):
    def get_fdata(self, caching="fill", dtype=np.float64):
        return np.asanyarray(self.dataobj).astype(dtype)


class NeverForgets(Base):
    def uncache(self):
        pass


class ReadsEverything(Base):
    @classmethod
    def from_file_map(cls, file_map, **options):
        img = super().from_file_map(file_map, **options)
        np.asanyarray(img.dataobj)
        return img


class FlipsAlone(Base):
    def as_reoriented(self, ornt):
        turned = super().as_reoriented(ornt)
        return type(self)(turned.dataobj, self.affine, turned.header)


class SharesItsHeader(Base):
    def __init__(self, dataobj, affine, header=None, *arguments, **options):
        super().__init__(dataobj, affine, header, *arguments, **options)
        self._header = self._header if header is None else header


class WritesInPlace(Base):
    def to_file_map(self, file_map=None, **options):
        with open((file_map or self.file_map)["image"].filename, "wb") as target:  # noqa: PTH123
            target.write(self.to_bytes())

    def to_bytes(self):
        stream = io.BytesIO()
        super().to_file_map(self.make_file_map({"image": stream}))
        return stream.getvalue()


class TouchesTheHeader(Base):
    def update_header(self):
        super().update_header()
        self.header["descrip"] = b"was here"


class RoundsAlways(Base):
    def to_file_map(self, file_map=None, **options):
        rounded = type(self)(np.rint(self.get_fdata()), self.affine, self.header)
        super(Base, rounded).to_file_map(file_map or self.file_map, **options)


class AsksForMemory(Base):
    @classmethod
    def from_file_map(cls, file_map, **options):
        img = super().from_file_map(file_map, **options)
        return cls(np.empty(min(img.dataobj.size, 10**8), np.uint8), None) and img


class RaisesAnything(Base):
    @classmethod
    def from_file_map(cls, file_map, **options):
        try:
            return super().from_file_map(file_map, **options)
        except volio.VolioError as error:
            raise KeyError("field") from error


BROKEN = {
    AlwaysReads: "a_proxy_reads_afresh_until_it_fills",
    NeverForgets: "changes_stay_until_uncache",
    ReadsEverything: "opening_reads_a_header_only",
    FlipsAlone: "reorienting_moves_nothing",
    SharesItsHeader: "an_image_owns_its_header",
    WritesInPlace: "a_failing_save_leaves_the_old_file",
    TouchesTheHeader: "an_untouched_image_is_written_as_it_was",
    RoundsAlways: "five_rounds_change_one_voxel_each",
    AsksForMemory: "huge_declarations_take_no_memory",
    RaisesAnything: "flipped_bits",
}


@pytest.mark.parametrize(("image_class", "name"), BROKEN.items())
def test_a_broken_class_fails_the_check_that_is_for_it(image_class, name, tmp_path):
    (tmp_path / "sound").mkdir()
    CHECKS[name](conformance.Case(Base, SAMPLE, tmp_path / "sound"))
    (tmp_path / "broken").mkdir()
    with pytest.raises((AssertionError, OSError, volio.VolioError)):
        CHECKS[name](conformance.Case(image_class, SAMPLE, tmp_path / "broken"))


def test_checks_say_what_they_need(tmp_path):
    case = conformance.Case(volio.Nifti1Pair, SAMPLE, tmp_path, ".gz")
    needed = {name for name, check in CHECKS.items() if conformance.applies(check, case)}
    assert "facts" in needed
    assert "loads_from_bytes_and_file_objects" not in needed  # one file
    assert "a_header_is_a_mapping" not in needed  # not compressed
