"""The checks of surfaces find what is wrong: each finds a class with one fault."""

from __future__ import annotations

import numpy as np
import pytest

from volio.errors import VolioError
from volio.formats.gifti import GiftiDataArray, GiftiImage
from volio.testing import conformance
from volio.testing.samples import samples_of

SAMPLES = {sample.path.name: sample for sample in samples_of("gifti")}


class MovesVertices(GiftiImage):
    """Reads x where y is."""

    @property
    def vertices(self):
        points = super().vertices
        return None if points is None else points[:, [1, 0, 2]]


class LosesTheStructure(GiftiImage):
    """Hands everything over but what the surface is of."""

    def contents(self):
        found = super().contents()
        return type(found)(found.vertices, found.faces, found.arrays, found.space)


class SharesItsArrays(GiftiImage):
    """Copies the list of arrays, not the arrays."""

    def copy(self):
        return GiftiImage(darrays=self.darrays, labeltable=self.labeltable, meta=self.meta)


class SavesRoundedVertices(GiftiImage):
    """Saves whole millimetres."""

    def to_file_map(self, file_map=None, *arguments, **options):
        kept = self.darrays[0].data
        self.darrays[0].data = np.rint(kept)
        super().to_file_map(file_map, *arguments, **options)
        self.darrays[0].data = kept


class FillsWithZeros(GiftiImage):
    """Takes zeros where a file has no end."""

    @classmethod
    def from_file_map(cls, file_map, *arguments, **options):
        try:
            return super().from_file_map(file_map, *arguments, **options)
        except VolioError:
            return cls(darrays=[GiftiDataArray(np.zeros((63, 3), "f4"), 1008)])


class ForgetsErrors(GiftiImage):
    """Raises Python's own errors."""

    @classmethod
    def from_file_map(cls, file_map, *arguments, **options):
        try:
            return super().from_file_map(file_map, *arguments, **options)
        except VolioError as error:
            raise KeyError("header") from error


BROKEN = {
    "check_surface_facts": MovesVertices,
    "check_contents_are_all_there_is": LosesTheStructure,
    "check_copies_are_their_own": SharesItsArrays,
    "check_saving_keeps_a_surface": SavesRoundedVertices,
    "check_cut_surfaces": FillsWithZeros,
    "check_flipped_bits_of_surfaces": ForgetsErrors,
}


def test_every_check_has_a_class_that_it_finds_broken():
    assert set(BROKEN) == {check.__name__ for check in conformance.SURFACE_CHECKS}


@pytest.mark.parametrize("check", conformance.SURFACE_CHECKS, ids=lambda check: check.__name__)
def test_a_broken_class_fails_the_check_that_is_for_it(check, tmp_path):
    for image_class in (GiftiImage, BROKEN[check.__name__]):
        folder = tmp_path / image_class.__name__
        folder.mkdir()
        case = conformance.Case(image_class, SAMPLES["mesh.gii"], folder)
        if image_class is GiftiImage:
            check(case)
        else:
            with pytest.raises((AssertionError, KeyError)):
                check(case)
