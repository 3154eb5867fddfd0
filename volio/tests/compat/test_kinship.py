"""Classes are subclasses of each other where they are in nibabel."""

from __future__ import annotations

import inspect
import weakref
from collections.abc import Iterator
from types import ModuleType
from unittest.mock import Mock

import numpy as np
import pytest

import volio
from volio import compat
from volio.compat.planned import is_planned
from volio.compat.survey import own_names, public_modules


def common_classes() -> Iterator[tuple[type, type]]:
    """Yield each public class of nibabel with the one that volio serves under its name."""
    for name, theirs in public_modules().items():
        mine: ModuleType | None = volio
        if name:
            mine = compat.module(name) if name in compat.MODULES else None
        for one in own_names(name, theirs) if mine else ():
            pair = getattr(theirs, one), getattr(mine, one, None)
            if all(map(inspect.isclass, pair)) and not is_planned(name, one):
                yield pair


def is_protocol(cls: type) -> bool:
    """Return whether a class is a matter of typing, which no object can be asked about."""
    return bool(getattr(cls, "_is_protocol", False))


def test_relations_between_classes_are_those_of_nibabel():
    pairs = {theirs: mine for theirs, mine in common_classes() if not is_protocol(theirs)}
    related = [
        (lower, upper)
        for lower in pairs
        for upper in pairs
        if lower is not upper and issubclass(lower, upper)
    ]
    assert len(related) > 140
    absent = [
        (lower.__name__, upper.__name__)
        for lower, upper in related
        if not issubclass(pairs[lower], pairs[upper])
    ]
    assert absent == []


@pytest.mark.parametrize(
    ("thing", "kinds"),
    [
        (volio.Nifti1Header(), ("AnalyzeHeader", "Nifti1Header")),
        (volio.Nifti2Header(), ("AnalyzeHeader", "Nifti1Header")),
        (volio.Nifti1Image([[[0.0]]], None), ("AnalyzeImage", "Nifti1Pair", "SpatialImage")),
        (volio.Nifti2Image([[[0.0]]], None), ("AnalyzeImage", "Nifti1Image", "Nifti1Pair")),
        (volio.Spm2AnalyzeImage([[[0.0]]], None), ("AnalyzeImage", "Spm99AnalyzeImage")),
    ],
    ids=lambda value: type(value).__name__,
)
def test_instances_count_as_in_nibabel(thing: object, kinds: tuple[str, ...]):
    for kind in kinds:
        assert isinstance(thing, getattr(volio, kind))


def test_the_relation_goes_one_way():
    assert not isinstance(volio.AnalyzeHeader(), volio.Nifti1Header)
    assert not issubclass(volio.AnalyzeImage, volio.Nifti1Image)
    assert not issubclass(volio.MGHImage, volio.AnalyzeImage)


def test_stand_ins_count_as_what_they_stand_for():
    image = volio.Nifti1Image(np.zeros((2, 2, 2), np.int16), np.eye(4))
    for stand_in in (Mock(spec=volio.Nifti1Image), weakref.proxy(image)):
        assert isinstance(stand_in, volio.Nifti1Image)
        assert isinstance(stand_in, volio.SpatialImage)
        assert not isinstance(stand_in, volio.Nifti2Image)
    assert isinstance(Mock(spec=volio.Nifti1Header), volio.AnalyzeHeader)
