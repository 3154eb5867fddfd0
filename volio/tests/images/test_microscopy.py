"""Named axes in any order, units of length, and where anatomical axes lead."""

from __future__ import annotations

import numpy as np
import pytest

from volio.errors import HeaderDataError, UsageError
from volio.images.headers.metadata import Metadata
from volio.images.microscopy import Channel, MicroscopyFacts, MicroscopyHeader
from volio.images.named_axes import (
    FileAxis,
    axes_of_letters,
    axes_of_names,
    length_in_mm,
    shown_axes,
    unnamed_axes,
    world_affine,
)


def named(names: str) -> list[FileAxis]:
    return [*axes_of_names(names)]


def test_axes_are_named_by_letters_or_the_last_one_is_x():
    assert axes_of_letters("TCYX", 4) == (
        FileAxis("t", "time"),
        FileAxis("c", "channel"),
        FileAxis("y", "space"),
        FileAxis("x", "space"),
    )
    assert [axis.name for axis in unnamed_axes(6)] == ["d", "c", "t", "z", "y", "x"]
    for letters in ("TCYX", "XX", "1YX"):
        with pytest.raises(UsageError, match="different letters"):
            axes_of_letters(letters, 3)


@pytest.mark.parametrize(
    ("file", "names", "axes"),
    [
        ("zyx", "xyz", (2, 1, 0)),
        ("xyz", "xyz", (0, 1, 2)),
        ("yx", "xyz", (1, 0, None)),
        ("tzyx", "xyzt", (3, 2, 1, 0)),
        ("czyx", "xyztc", (3, 2, 1, None, 0)),
        ("tczyx", "xyztc", (4, 3, 2, 0, 1)),
        ("yxc", "xyztc", (1, 0, None, None, 2)),
        ("syx", "xyztcs", (2, 1, None, None, None, 0)),
        ("hzyxs", "xyztchs", (3, 2, 1, None, None, 0, 4)),
    ],
)
def test_axes_are_shown_in_one_order(file: str, names: str, axes: tuple):
    found = shown_axes(named(file), "file")
    assert "".join(found.names) == names
    assert found.axes == axes


def test_axes_of_other_names_count_by_their_kind():
    axes = [FileAxis("frame", "time"), *[FileAxis(name, "space") for name in ("k", "j", "i")]]
    found = shown_axes([*axes, FileAxis("stain", "channel")], "file")
    assert found.axes == (3, 2, 1, 0, 4)


@pytest.mark.parametrize("name", ["", "zt", "xyz", "tc"])
def test_axes_whose_name_is_a_part_of_the_usual_letters_are_shown_last(name: str):
    found = shown_axes(axes_of_names([name, "y", "x"]), "file")
    assert found.names == ("x", "y", "z", "t", "c", name)
    assert found.axes == (2, 1, None, None, None, 0)


def test_no_more_than_three_axes_are_in_space():
    with pytest.raises(HeaderDataError, match="at most three can be in space, got 4"):
        shown_axes([FileAxis(name, "space") for name in "abxy"], "file")


@pytest.mark.parametrize(
    ("unit", "mm"),
    [
        ("micrometer", 1e-3),
        ("µm", 1e-3),
        ("um", 1e-3),
        ("nanometer", 1e-6),
        ("angstrom", 1e-7),
        ("millimeter", 1),
        ("mm", 1),
        ("meter", 1000),
        ("inch", 25.4),
        ("foot", 304.8),
        ("", 1),
        ("parsnip", 1),
    ],
)
def test_units_of_length(unit: str, mm: float):
    assert length_in_mm(unit) == pytest.approx(mm, rel=1e-12)


def test_each_axis_has_a_unit_of_its_own():
    axes = [FileAxis("z", "space", "micrometer"), FileAxis("y", "space", "millimeter")]
    axes.append(FileAxis("x", "space", "nanometer"))
    matrix = np.diag([2.0, 3, 4, 1])
    matrix[:3, 3] = [10, 20, 30]
    affine, anatomical = world_affine(matrix, axes, shown_axes(axes, "file"), "file")
    np.testing.assert_allclose(np.diag(affine)[:3], [4e-6, 3, 2e-3])
    np.testing.assert_allclose(affine[:3, 3], [3e-5, 20, 1e-2])
    assert not anatomical


def oriented(z: str, y: str, x: str) -> list[FileAxis]:
    words = zip("zyx", (z, y, x), strict=True)
    return [FileAxis(name, "space", "millimeter", word) for name, word in words]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (
            ("inferior-to-superior", "posterior-to-anterior", "left-to-right"),
            [[2, 0, 0, 9], [0, 3, 0, 8], [0, 0, 4, 7]],
        ),
        (
            ("superior-to-inferior", "anterior-to-posterior", "right-to-left"),
            [[-2, 0, 0, -9], [0, -3, 0, -8], [0, 0, -4, -7]],
        ),
        (  # sections from front to back
            ("anterior-to-posterior", "superior-to-inferior", "left-to-right"),
            [[2, 0, 0, 9], [0, 0, -4, -7], [0, -3, 0, -8]],
        ),
    ],
)
def test_anatomical_axes_lead_to_ras(words: tuple, expected: list):
    axes = oriented(*words)
    matrix = np.array([[4, 0, 0, 7], [0, 3, 0, 8], [0, 0, 2, 9], [0, 0, 0, 1]], float)
    affine, anatomical = world_affine(matrix, axes, shown_axes(axes, "file"), "file")
    assert anatomical
    np.testing.assert_array_equal(affine[:3], expected)


@pytest.mark.parametrize(
    "words",
    [
        ("inferior-to-superior", "posterior-to-anterior", ""),
        ("inferior-to-superior", "superior-to-inferior", "left-to-right"),
        ("dorsal-to-ventral", "posterior-to-anterior", "left-to-right"),
    ],
)
def test_axes_of_which_not_all_are_known_are_not_anatomical(words: tuple):
    axes = oriented(*words)
    affine, anatomical = world_affine(np.eye(4), axes, shown_axes(axes, "file"), "file")
    assert not anatomical
    np.testing.assert_array_equal(affine, np.eye(4))


def test_positions_that_change_with_time_are_refused():
    axes = named("tzyx")
    matrix = np.eye(5)
    matrix[3, 0] = 0.1
    with pytest.raises(HeaderDataError, match="depend on axes that are not in space"):
        world_affine(matrix, axes, shown_axes(axes, "file"), "file")


def test_channels_follow_their_volumes():
    channels = tuple(Channel(name) for name in ("a", "b", "c"))
    header = MicroscopyHeader(MicroscopyFacts(channels=channels))
    header.set_data_shape((2, 2, 2, 2, 3))
    assert header.metadata().labels == ("a", "a", "b", "b", "c", "c")
    part = header.copy()
    part.set_data_shape((2, 2, 2, 1, 2))
    # Time 1 of channels c and a: volumes 5 and 1, time is the faster axis.
    part.select_volumes([(header, 5), (header, 1)])
    assert part.metadata().labels == ("c", "a")
    part.select_volumes([])
    assert part.metadata().labels == ()


def test_labels_of_other_formats_become_names_of_channels():
    header = MicroscopyHeader()
    header.set_data_shape((2, 2, 2, 1, 2))
    header.set_metadata(Metadata(labels=("one", "two")))
    assert header.channel_names == ("one", "two")
