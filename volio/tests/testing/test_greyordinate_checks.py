"""The checks of greyordinates find what is wrong: each finds a class with one fault."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import volio
from volio.errors import VolioError
from volio.formats.cifti2 import Cifti2Image, ScalarAxis
from volio.testing import conformance
from volio.testing.samples import samples_of

SAMPLES = {sample.path.name: sample for sample in samples_of("cifti2")}


class SwapsRows(Cifti2Image):
    """Has the first row where the second is."""

    @property
    def dataobj(self):
        values = np.array(self._dataobj)
        values[[0, 1]] = values[[1, 0]]
        return values


class ReadsWholeRows(Cifti2Image):
    """Takes an integer as the row, whatever the axis."""

    @property
    def dataobj(self):
        return RowsOnly(self._dataobj)


class RowsOnly:
    """An array that knows one axis."""

    def __init__(self, data):
        self.data = data
        self.shape = data.shape
        self.dtype = data.dtype

    def __array__(self, dtype=None, copy=None):
        return np.asarray(self.data, dtype)

    def __getitem__(self, index):
        return self.data[index[-1] if isinstance(index, tuple) else index]


class SavesOtherAxes(Cifti2Image):
    """Saves columns that say nothing."""

    def to_file_map(self, *arguments, **options):
        axes = [ScalarAxis([""] * length) for length in self.shape]
        Cifti2Image(self.dataobj, axes, self.nifti_header).to_file_map(*arguments, **options)


class LosesExtensions(Cifti2Image):
    """Saves the XML, and no other extension, at another place."""

    def to_file_map(self, *arguments, **options):
        made = Cifti2Image(self.dataobj, self.header)
        made.to_file_map(*arguments, **options)


class WritesWhileItReads(Cifti2Image):
    """Takes no notice that it writes to the file that it reads."""

    def to_file_map(self, file_map=None, dtype=None, compression=None):
        if self._reads_from(file_map):
            Path(file_map["image"].filename).write_bytes(bytes(10_000))
        super().to_file_map(file_map, dtype, compression)


class FillsWithZeros(Cifti2Image):
    """Takes zeros where a file has no end."""

    @classmethod
    def from_file_map(cls, file_map, *arguments, **options):
        sample = Cifti2Image.from_filename(SAMPLES["series.nii"].path)
        try:
            found = super().from_file_map(file_map, *arguments, **options)
            np.asarray(found.dataobj)
        except VolioError:
            return cls(np.zeros((5, 16), np.float32), sample.header)
        return found


class ForgetsErrors(Cifti2Image):
    """Raises Python's own errors."""

    @classmethod
    def from_file_map(cls, file_map, *arguments, **options):
        try:
            return super().from_file_map(file_map, *arguments, **options)
        except VolioError as error:
            raise KeyError("header") from error


BROKEN = {
    "check_matrix_facts": SwapsRows,
    "check_every_index_reads_what_it_names": ReadsWholeRows,
    "check_saving_keeps_a_matrix": SavesOtherAxes,
    "check_untouched_files_keep_their_bytes": LosesExtensions,
    "check_saving_over_itself": WritesWhileItReads,
    "check_cut_matrices": FillsWithZeros,
    "check_flipped_bits_of_matrices": ForgetsErrors,
}


def test_every_check_has_a_class_that_it_finds_broken():
    assert set(BROKEN) == {check.__name__ for check in conformance.GREYORDINATE_CHECKS}


@pytest.mark.parametrize("check", conformance.GREYORDINATE_CHECKS, ids=lambda check: check.__name__)
def test_a_broken_class_fails_the_check_that_is_for_it(check, tmp_path):
    sample = SAMPLES["series.nii"]
    for image_class in (Cifti2Image, BROKEN[check.__name__]):
        folder = tmp_path / image_class.__name__
        folder.mkdir()
        case = conformance.Case(image_class, sample, folder)
        if image_class is Cifti2Image:
            check(case)
        else:
            with pytest.raises((AssertionError, IndexError, KeyError, VolioError)):
                check(case)


@pytest.mark.parametrize("fact", ["total", "weighted total", "axes", "intent"])
def test_every_fact_is_compared(fact, tmp_path):
    sample = SAMPLES["series.nii"]
    wrong = replace(sample, facts={**sample.facts, fact: [] if fact == "axes" else 1})
    case = conformance.Case(volio.Cifti2Image, wrong, tmp_path)
    check = conformance.GREYORDINATE_CHECKS[0]
    with pytest.raises(AssertionError, match="assert"):
        check(case)
