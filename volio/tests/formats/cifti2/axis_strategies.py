"""Hypothesis strategies: axes of each class to draw from."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from volio.formats.cifti2.axes import (
    BrainModelAxis,
    LabelAxis,
    ParcelsAxis,
    ScalarAxis,
    SeriesAxis,
)
from volio.tests.formats.cifti2.greyordinates import small_axis

#: XML has no place for control characters, and white space at the ends is not kept.
CHARACTERS = st.characters(codec="utf-8", exclude_categories=("Cs", "Cc"))
NAMES = st.text(CHARACTERS, min_size=1).filter(lambda name: name == name.strip())
LEVELS = st.integers(0, 255).map(lambda level: level / 255)
TABLES = st.dictionaries(
    st.integers(-(2**31), 2**31 - 1), st.tuples(NAMES, st.tuples(*[LEVELS] * 4)), min_size=1
)
NUMBERS = st.floats(-1e6, 1e6)


def _selected(count: int) -> SearchStrategy[list[int]]:
    return st.lists(st.integers(0, 8), min_size=count, max_size=12)


@st.composite
def brain_models(draw: st.DrawFn, least: int = 1) -> BrainModelAxis:
    """Vertices and voxels of three structures, in any order."""
    return small_axis()[draw(_selected(least))]


@st.composite
def parcels(draw: st.DrawFn) -> ParcelsAxis:
    """Parcels of any of those, some of them empty."""
    named = draw(st.lists(st.tuples(NAMES, brain_models(least=0)), max_size=4))
    return ParcelsAxis.from_brain_models(named)


@st.composite
def scalars(draw: st.DrawFn) -> ScalarAxis:
    """Names with texts."""
    names = draw(st.lists(NAMES, max_size=4))
    texts = st.dictionaries(NAMES, NAMES, max_size=3)
    return ScalarAxis(np.array(names, str), [draw(texts) for _ in names])


@st.composite
def labels(draw: st.DrawFn) -> LabelAxis:
    """Names with tables."""
    names = draw(st.lists(NAMES, max_size=3))
    return LabelAxis(np.array(names, str), [draw(TABLES) for _ in names])


def series() -> SearchStrategy[SeriesAxis]:
    """Points at any step."""
    units = st.sampled_from(["SECOND", "HERTZ", "METER", "RADIAN"])
    return st.builds(SeriesAxis, NUMBERS, NUMBERS, st.integers(0, 9), units)


EVERY = {
    "BrainModelAxis": brain_models(),
    "ParcelsAxis": parcels(),
    "ScalarAxis": scalars(),
    "LabelAxis": labels(),
    "SeriesAxis": series(),
}
