"""Words that fetchers take, and arithmetic of coordinates."""

from __future__ import annotations

import pytest

from volio.errors import UsageError
from volio.tiles.coordinates import dict_subtract
from volio.tiles.names import BrokenSliceHandling, Orientation3D, ROIMode, StrEnum


@pytest.mark.parametrize("words", [ROIMode, Orientation3D, BrokenSliceHandling])
def test_words_are_text(words):
    assert issubclass(words, StrEnum)
    for member in words:
        assert str(member) == member.value == f"{member}"
        assert isinstance(member, str)
        assert words(str(member)) is member


def test_members():
    assert {each.name: str(each) for each in ROIMode} == {
        "STACK": "stack",
        "SCALED": "scaled",
        "PROJECT": "project",
    }
    assert [str(each) for each in Orientation3D] == ["zyx", "xyz"]
    assert Orientation3D.C is Orientation3D.NUMPY is Orientation3D.ZYX
    assert Orientation3D.FORTRAN is Orientation3D.VIGRA is Orientation3D.XYZ
    assert [each.name for each in BrokenSliceHandling] == [
        *("FILL", "ABOVE", "BELOW", "CLOSEST", "INTERPOLATE"),
    ]


def test_subtraction_by_name():
    assert dict_subtract({"x": 5, "y": 7.5}, {"y": 2, "x": 1}) == {"x": 4, "y": 5.5}
    with pytest.raises(UsageError, match=r"keys must be the same, got \['x'\] and \['x', 'y'\]"):
        dict_subtract({"x": 1}, {"x": 1, "y": 2})
