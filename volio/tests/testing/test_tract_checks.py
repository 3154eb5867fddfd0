"""The checks of tracts find what is wrong: each finds a class with one fault."""

from __future__ import annotations

import warnings
from dataclasses import replace

import numpy as np
import pytest

from volio.errors import LossWarning, SourceChangedError, VolioError
from volio.formats.trk import TrkTractogram
from volio.testing import conformance
from volio.testing.samples import samples_of
from volio.tracts.changes import ChosenColumns, MappedLines
from volio.tracts.contents import Holds
from volio.tracts.sources import HeldLines

SAMPLES = {sample.path.name: sample for sample in samples_of("trk")}


class Changed(TrkTractogram):
    """Tracts whose lines are not those of the file."""

    @classmethod
    def from_file_map(cls, file_map, **options):
        made = super().from_file_map(file_map, **options)
        made._lines = cls.changed(made._lines)
        return made

    @staticmethod
    def changed(lines):
        raise NotImplementedError


class SwapsAxes(Changed):
    """Reads x where y is."""

    @staticmethod
    def changed(lines):
        def swapped(block):
            return replace(block, points=block.points[:, [1, 0, 2]])

        return MappedLines(lines, swapped, keeps_lengths=True)


class ReadsAtOnce(TrkTractogram):
    """Reads all lines with the header."""

    @classmethod
    def from_file_map(cls, file_map, **options):
        made = super().from_file_map(file_map, **options)
        made.held()
        return made


class LosesLastBlock(Changed):
    """Goes through all blocks but the last, where there are several."""

    class Source(ChosenColumns):
        def blocks(self, points=1000):
            found = list(super().blocks(points))
            yield from found[:-1] if len(found) > 1 else found

    @classmethod
    def changed(cls, lines):
        return cls.Source(lines, lines.layout.per_point, lines.layout.per_line)


class SelectsOthers(TrkTractogram):
    """Selects the lines that follow those that were asked for."""

    def _selected(self, numbers):
        return super()._selected((numbers + 1) % len(self))


class SavesRoundedPoints(TrkTractogram):
    """Saves whole millimetres."""

    def to_file_map(self, file_map=None, **options):
        made = TrkTractogram.from_contents(self.contents())
        made.points = np.rint(self.points)
        made.to_file_map(file_map, **options)


class MovesPointsAndBack(TrkTractogram):
    """Saves points that went through memory, in another grid."""

    def to_file_map(self, file_map=None, **options):
        made = TrkTractogram.from_contents(self.contents())
        made.reference = (9, 9, 9), np.eye(4)
        made.to_file_map(file_map, **options)


class SaysNothing(TrkTractogram):
    """Hands over no values."""

    def contents(self):
        found = super().contents()
        return replace(found, lines=ChosenColumns(found.lines))


class FillsWithZeros(TrkTractogram):
    """Takes no lines where a file has no end."""

    @classmethod
    def from_file_map(cls, file_map, **options):
        try:
            made = super().from_file_map(file_map, **options)
            made.held()
        except VolioError:
            return cls(np.zeros((5, 3)))
        return made


class ForgetsErrors(TrkTractogram):
    """Raises Python's own errors."""

    @classmethod
    def from_file_map(cls, file_map, **options):
        try:
            made = super().from_file_map(file_map, **options)
            made.held()
        except VolioError as error:
            raise KeyError("header") from error
        return made


class KeepsTheFile(TrkTractogram):
    """Keeps what is in the file, whatever becomes of it."""

    @classmethod
    def from_file_map(cls, file_map, **options):
        made = super().from_file_map(file_map, **options)
        made._lines = HeldLines(made._lines.read())
        return made


class LosesTheGrid(TrkTractogram):
    """Hands everything over but the volume."""

    def contents(self):
        return replace(super().contents(), reference=None)


BROKEN = {
    "check_tract_facts": SwapsAxes,
    "check_nothing_is_read_before_it_is_asked_for": ReadsAtOnce,
    "check_blocks_are_the_lines": LosesLastBlock,
    "check_selections_are_lazy": SelectsOthers,
    "check_saving_keeps_tracts": SavesRoundedPoints,
    "check_untouched_tracts_keep_their_bytes": MovesPointsAndBack,
    "check_losses_of_tracts_are_told": SaysNothing,
    "check_cut_tracts": FillsWithZeros,
    "check_flipped_bits_of_tracts": ForgetsErrors,
    "check_a_changed_tract_file_is_noticed": KeepsTheFile,
    "check_contents_make_the_same_tracts": LosesTheGrid,
}


def test_every_check_has_a_class_that_it_finds_broken():
    assert set(BROKEN) == {check.__name__ for check in conformance.TRACT_CHECKS}


@pytest.mark.parametrize("check", conformance.TRACT_CHECKS, ids=lambda check: check.__name__)
def test_a_broken_class_fails_the_check_that_is_for_it(check, tmp_path):
    for image_class in (TrkTractogram, BROKEN[check.__name__]):
        folder = tmp_path / image_class.__name__
        folder.mkdir()
        case = conformance.Case(image_class, SAMPLES["values.trk"], folder)
        if image_class is TrkTractogram:
            check(case)
        else:
            with pytest.raises((AssertionError, KeyError)):
                check(case)


def test_losses_that_are_not_told_and_told_for_nothing(tmp_path, monkeypatch):
    """The other ways in which a class fails the check of losses."""
    for number, holds in enumerate((Holds(groups=False, per_point=False), Holds())):
        monkeypatch.setattr(TrkTractogram, "holds", holds)
        folder = tmp_path / str(number)
        folder.mkdir()
        case = conformance.Case(TrkTractogram, SAMPLES["values.trk"], folder)
        check = conformance.tracts.check_losses_of_tracts_are_told
        if holds.per_point:
            check(case)
        else:
            with pytest.raises(AssertionError, match="values per point"):
                check(case)


def test_a_changed_file_is_an_error_that_says_so(tmp_path):
    path = tmp_path / "a.trk"
    path.write_bytes(SAMPLES["values.trk"].path.read_bytes())
    tracts = TrkTractogram.from_filename(path)
    path.write_bytes(path.read_bytes() + b"more")
    with pytest.raises(SourceChangedError, match=r"a.trk: has changed"):
        tracts.points  # noqa: B018
    with warnings.catch_warnings():
        warnings.simplefilter("error", LossWarning)
        assert len(tracts) == 3
