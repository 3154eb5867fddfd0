"""The kind of a format decides what is done with its images: points beside the volumes."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import volio
from volio.cli import diff, ls, main, stats, view
from volio.errors import FilenameError, HeaderDataError, UsageError
from volio.images.kinds import KINDS, for_kind, kind_of, listed
from volio.ops import compare, examine
from volio.ops.checks.issue import Issue
from volio.ops.stats import describe_voxels
from volio.testing import comparison, conformance
from volio.testing.registering import registered
from volio.testing.samples import Sample
from volio.tests.points import POINTS, PointsImage, SparsePointsImage, write_points

TRIANGLE = [[0, 0, 0], [1, 0, 0.1], [0, 2, 1e-300]]
WAY = "img.volume has the voxels around it"


@pytest.fixture(autouse=True)
def table():
    """The table of formats with a row for points."""
    with registered(POINTS):
        yield


@pytest.fixture
def points(tmp_path: Path) -> Path:
    """A file of three points."""
    return write_points(tmp_path / "lh.pts", TRIANGLE)


@pytest.fixture
def scan(tmp_path: Path) -> Path:
    """A file of 24 voxels."""
    path = tmp_path / "scan.nii"
    volio.save(volio.Nifti1Image(np.arange(24, dtype=np.int16).reshape(2, 3, 4), np.eye(4)), path)
    return path


def points_of(img: Any) -> Any:
    return img.points.tolist()


def test_every_image_has_a_kind(points: Path, scan: Path):
    theirs = type("Theirs", (), {"dataobj": np.zeros(3)})()
    assert [kind_of(volio.load(path)) for path in (points, scan)] == ["transform", "volume"]
    assert [kind_of(thing) for thing in (theirs, np.zeros(3), np.dtype("i2"), None)] == [
        "volume",
        None,
        None,
        None,
    ]
    assert volio.identify(points).kind == "transform"


def test_what_cannot_be_done_names_the_kinds_it_can_be_done_for(points: Path):
    img = volio.load(points)
    ways = {"volume": 1, "tracts": 2}
    expected = f"{points}: is a transform, and this takes volumes or tracts; {WAY}"
    with pytest.raises(UsageError, match=f"^{re.escape(expected)}$"):
        for_kind(ways, img, "this")
    with pytest.raises(UsageError, match=r"^PointsImage: .*; 'volio formats' shows the kind"):
        for_kind({"tracts": 2}, PointsImage(TRIANGLE), "this")
    with pytest.raises(UsageError, match=r"^this: must be given an image, got list"):
        for_kind(ways, [1], "this")
    assert for_kind(ways | {"transform": 3}, img, "this") == 3
    assert listed(KINDS) == "volumes or surfaces or greyordinates or tracts or transforms"


# Loading and saving.


def test_images_of_other_kinds_are_loaded(points: Path):
    img: Any = volio.load(points)
    assert (type(img), points_of(img)) == (PointsImage, TRIANGLE)
    assert points_of(volio.load(points.read_bytes())) == TRIANGLE
    assert type(volio.load(points, format="points")) is PointsImage
    assert points_of(volio.load(points, mmap=False, keep_file_open=True)) == TRIANGLE


@pytest.mark.parametrize("name", ["b.pts", "b.pts.gz", "b.pts2"])
def test_images_of_other_kinds_are_saved(points: Path, name: str):
    target = points.with_name(name)
    volio.save(volio.load(points), target)
    assert points_of(volio.load(target)) == TRIANGLE


def test_a_transform_is_not_saved_as_a_volume(points: Path):
    img = volio.load(points)
    told = r"a\.nii: NIfTI-1 is for volumes, and this is a transform; endings for transforms: "
    for options in ({}, {"format": "nifti1"}, {"format": "nifti2"}):
        with pytest.raises(UsageError, match="is for volumes, and this is a transform"):
            volio.save(img, points.with_name("a.nii"), **options)
    with pytest.raises(UsageError, match=rf"{told}(\.\w+, )*\.pts, \.pts2; {WAY}$"):
        volio.save(img, points.with_name("a.nii"))
    with pytest.raises(UsageError, match=r"b\.pts: FreeSurfer MGH is for volumes"):
        volio.save(img, points.with_name("b.pts"), format="mgh")
    assert [path.name for path in points.parent.iterdir()] == ["lh.pts"]


def test_a_volume_is_not_saved_as_a_transform(scan: Path):
    told = r"a\.pts\.gz: Points is for transforms, and this is a volume; .* volumes: \.nii, \.hdr, "
    with pytest.raises(UsageError, match=told):
        volio.save(volio.load(scan), scan.with_name("a.pts.gz"))
    with pytest.raises(UsageError, match=told):
        volio.create(scan.with_name("a.pts.gz"), (2, 2, 2), np.uint8)
    assert [path.name for path in scan.parent.iterdir()] == ["scan.nii"]


def test_endings_that_nothing_writes_are_told_with_those_of_the_kind(points: Path):
    expected = r"no format writes the ending '\.txt'; endings .*: (\.\w+, )*\.pts, \.pts2$"
    with pytest.raises(FilenameError, match=expected):
        volio.save(volio.load(points), points.with_name("a.txt"))


def test_what_a_class_refuses_is_the_error(points: Path):
    img = PointsImage([[0, 0, np.nan]])
    with pytest.raises(HeaderDataError, match="must be finite"):
        volio.save(img, points)
    assert points_of(volio.load(points)) == TRIANGLE


def test_conversion_stays_within_a_kind(points: Path):
    target = points.with_name("b.pts2.gz")
    volio.convert(points, target)
    assert points_of(volio.load(target)) == TRIANGLE
    with pytest.raises(UsageError, match=WAY):
        volio.convert(points, points.with_name("a.mgz"))


# Choices.


def test_choices_are_those_that_the_class_declares(points: Path):
    target = points.with_name("b.pts")
    volio.save(volio.load(points, scale=2.0), target, digits=2)
    assert points_of(volio.load(target)) == [[0, 0, 0], [2, 0, 0.2], [0, 4, 2e-300]]
    with pytest.raises(
        UsageError, match=r"^scala: Points has no such choice for loading; there are: scale$"
    ):
        volio.load(points, scala=2.0)
    expected = (
        r"^depth, digit: Points has no such choice for saving; there are: compression, digits$"
    )
    with pytest.raises(UsageError, match=expected):
        volio.save(volio.load(points), target, depth=2, digit=3)
    with pytest.raises(UsageError, match=r"^dtype: Points has no such choice"):
        volio.save(volio.load(points), target, np.float32)


def test_a_choice_picks_the_class_that_declares_it(points: Path):
    target = points.with_name("b.pts")
    for own in (volio.load(points), SparsePointsImage(TRIANGLE)):
        volio.save(own, target, step=2, format="points")
        assert points_of(volio.load(target)) == TRIANGLE[::2]


def test_conversion_takes_choices_of_source_and_target(points: Path):
    target = points.with_name("b.pts")
    volio.convert(points, target, load_choices={"scale": 0.5, "format": "points"}, digits=1)
    assert points_of(volio.load(target)) == [[0, 0, 0], [0.5, 0, 0.05], [0, 1, 5e-301]]
    with pytest.raises(UsageError, match=r"^digits: Points has no such choice for loading"):
        volio.convert(points, target, load_choices={"digits": 1})
    with pytest.raises(UsageError, match=r"^scale: Points has no such choice for saving"):
        volio.convert(points, target, scale=1)


def test_choices_of_volumes(scan: Path):
    with pytest.raises(UsageError, match=r"^scaling: NIfTI-1 .*: mmap, keep_file_open$"):
        volio.load(scan, scaling="fp")
    with pytest.raises(UsageError, match=r"^level: NIfTI-1 .*: dtype, compression$"):
        volio.save(volio.load(scan), scan.with_name("a.nii"), level=3)
    options = {"mmap": None, "keep_file_open": None}
    assert volio.load(scan, **options).shape == (2, 3, 4)


def test_choices_of_a_base_class_are_declared_by_one_that_hands_them_on(tmp_path: Path):
    volio.save(volio.Spm99AnalyzeImage(np.ones((2, 3, 4)), np.eye(4)), tmp_path / "a.img")
    with pytest.raises(UsageError, match=r"^options: SPM2 Analyze .*: mmap, keep_file_open$"):
        volio.load(tmp_path / "a.img", options=1)
    assert volio.load(tmp_path / "a.img", mmap=False).shape == (2, 3, 4)


# The commands and what they call.

COMMANDS = {
    "ls": ["ls", "POINTS"],
    "diff": ["diff", "POINTS", "POINTS"],
    "stats": ["stats", "POINTS"],
    "stats --volume": ["stats", "--volume", "POINTS"],
    "doctor": ["doctor", "POINTS"],
    "view": ["view", "POINTS", "--png", "OUT.png"],
    "view over": ["view", "SCAN", "POINTS", "--png", "OUT.png"],
    "roi": ["roi", "POINTS", "OUT.pts", "-i", "1"],
    "conform": ["conform", "POINTS", "OUT.pts"],
    "convert --orient": ["convert", "POINTS", "OUT.pts", "--orient", "RAS"],
    "mask": ["stats", "SCAN", "--mask", "POINTS"],
}


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_that_cannot_do_a_kind_says_so(name: str, points: Path, scan: Path, capsys):
    places = {"POINTS": points, "SCAN": scan}
    words = [
        str(places.get(word, word.replace("OUT", str(points.parent / "out"))))
        for word in COMMANDS[name]
    ]
    assert main(words) == 2
    told = capsys.readouterr().err
    assert f"{points}: is a transform, and " in told
    assert re.search(rf"takes volumes( or \w+)*; {WAY}", told)
    assert told.count("\n") == 1
    assert sorted(path.name for path in points.parent.iterdir()) == ["lh.pts", "scan.nii"]


def test_converting_takes_any_kind(points: Path, capsys):
    assert main(["convert", str(points), str(points.with_name("b.pts2.gz"))]) == 0
    assert points_of(volio.load(points.with_name("b.pts2.gz"))) == TRIANGLE
    assert main(["convert", str(points), str(points.with_name("b.nii"))]) == 2
    assert WAY in capsys.readouterr().err
    assert main(["convert", "--dtype", "int16", str(points), str(points.with_name("c.pts"))]) == 2
    assert "dtype: Points has no such choice for saving" in capsys.readouterr().err


def test_volumes_are_listed_beside_what_cannot_be(points: Path, scan: Path, capsys):
    assert main(["ls", str(points.parent)]) == 2
    captured = capsys.readouterr()
    assert [line.split()[0].rpartition("/")[2] for line in captured.out.splitlines()[1:]] == [
        "scan.nii"
    ]
    assert captured.err.count("is a transform") == 1


def test_a_listing_of_another_kind_stands_beside_that_of_volumes(
    points: Path, scan: Path, capsys, monkeypatch: pytest.MonkeyPatch
):
    listing = ls.Listing(
        lambda path, img: {"file": path, "kind": "transform", "points": len(img.points)},
        lambda img, mask, options: {"stats": {"largest": float(img.points.max())}},
        lambda row, options: {"file": row["file"], "points": str(row["points"])},
        lambda row: [("points", str(row["points"])), ("note", None)],
    )
    monkeypatch.setitem(ls.LISTINGS, "transform", listing)
    assert main(["ls", str(points), str(scan)]) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    head_of_points, first, between, head_of_volumes, second = lines
    assert head_of_points == ["file", "points"]
    assert first == [str(points), "3"]
    assert between == []
    assert head_of_volumes[:3] == ["file", "dtype", "shape"]
    assert second[:3] == [str(scan), "int16", "2x3x4"]
    assert main(["ls", "-v", str(points)]) == 0
    assert capsys.readouterr().out.split() == [str(points), "points", "3"]
    assert main(["ls", "--json", "-s", str(points)]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert row["stats"] == {"largest": 2.0}


def test_a_comparison_of_another_kind(
    points: Path, scan: Path, capsys, monkeypatch: pytest.MonkeyPatch
):
    found = diff.Comparison(
        lambda a, b, rtol, atol: float(np.abs(a.points - b.points).max()),
        lambda gap, options: [("points", f"{gap} apart", "")] if gap else [],
        lambda gap: {"gap": gap},
    )
    monkeypatch.setitem(diff.COMPARISONS, "transform", found)
    moved = write_points(points.with_name("moved.pts"), np.array(TRIANGLE) + 1)
    assert main(["diff", str(points), str(points)]) == 0
    assert main(["diff", str(points), str(moved)]) == 1
    assert "points: 1.0 apart" in capsys.readouterr().out
    assert main(["diff", str(scan), str(points)]) == 2
    assert f"a comparison with {scan} takes volumes" in capsys.readouterr().err
    assert main(["diff", str(points), str(scan)]) == 2
    assert f"a comparison with {points} takes transforms" in capsys.readouterr().err


def test_statistics_of_another_kind(points: Path, capsys, monkeypatch: pytest.MonkeyPatch):
    found = stats.Description(
        lambda path, img, mask, options: {"file": path, "points": len(img.points)},
        lambda facts, options, alone: f"{facts['points']} points, alone: {alone}",
    )
    monkeypatch.setitem(stats.DESCRIPTIONS, "transform", found)
    assert main(["stats", str(points)]) == 0
    assert capsys.readouterr().out == "3 points, alone: True\n"


def test_an_examination_of_another_kind(points: Path, capsys, monkeypatch: pytest.MonkeyPatch):
    def flat(img: Any, header: Any):
        if not img.points[:, 2].any():
            yield Issue("warn", "points", "all in a plane", repair=lift, advice="lift them")

    def lift(img: Any) -> None:
        img.points[:, 2] += 1

    monkeypatch.setitem(examine.EXAMINATIONS, "transform", flat)
    monkeypatch.setitem(examine.COPIES, "transform", lambda img: PointsImage(img.points))
    assert main(["doctor", str(points)]) == 0
    plane = write_points(points.with_name("plane.pts"), [[1, 2, 0]])
    mended = points.with_name("mended.pts")
    assert main(["doctor", str(plane)]) == 1
    assert "points: all in a plane" in capsys.readouterr().out
    assert main(["doctor", str(plane), "--fix", str(mended)]) == 0
    assert points_of(volio.load(mended)) == [[1, 2, 1]]
    assert [issue.found for issue in examine.examine(volio.load(plane))] == ["all in a plane"]


def test_a_picture_of_another_kind(
    points: Path, scan: Path, capsys, monkeypatch: pytest.MonkeyPatch
):
    calls: list[Any] = []
    viewer = view.Viewer(
        lambda options, given: None,
        lambda img, options: "base",
        {"volume": lambda img, number, options: f"volume {number}"},
        lambda img, other, options: "is at another position",
        lambda base, img, overlays, options: calls.append((base, type(img), overlays, options.png)),
        lambda img, overlays, options: calls.append((type(img), overlays)),
    )
    monkeypatch.setitem(view.VIEWERS, "transform", viewer)
    assert main(["view", str(points), str(scan), "--png", "x.png"]) == 0
    assert main(["view", str(points)]) == 0
    assert calls == [("base", PointsImage, ["volume 0"], "x.png"), (PointsImage, [])]
    assert capsys.readouterr().err.count("is at another position") == 1
    assert main(["view", str(points), str(points), "--png", "x.png"]) == 2
    assert f"a picture of {points} takes volumes" in capsys.readouterr().err


@pytest.mark.parametrize(
    "call",
    [
        lambda img: compare.compare(img, img),
        lambda img: describe_voxels(img),
        lambda img: examine.examine(img),
        lambda img: examine.repair(img, []),
    ],
)
def test_functions_for_volumes_refuse_other_kinds(points: Path, call: Any):
    with pytest.raises(
        UsageError, match=rf"is a transform, and \w+ takes volumes( or \w+)*; {WAY}"
    ):
        call(volio.load(points))


def test_files_of_any_kind_are_verified(points: Path):
    verdict = volio.verify(points)
    assert (verdict.fine, verdict.format, len(verdict.files)) == (True, "points", 1)
    points.with_name("b.pts").write_bytes(b"points\n1 2")
    assert not volio.verify(points.with_name("b.pts")).fine


def test_napari_is_offered_volumes_only(points: Path, scan: Path):
    from volio.display.handoff.napari_plugin import get_reader, read_layers

    assert get_reader(str(scan)) is read_layers
    assert get_reader([str(scan), str(points)]) is None


# The conformance suite.


def same_points(found: Any, expected: Any, dtype: bool) -> None:
    np.testing.assert_array_equal(found.points, expected.points)


class LosesPoints(PointsImage):
    """Points, but for the last."""

    def to_file_map(self, *arguments: Any, **options: Any) -> None:
        PointsImage(self.points[:-1]).to_file_map(*arguments, **options)


@pytest.mark.parametrize("compression", conformance.COMPRESSIONS)
@pytest.mark.parametrize("check", conformance.FILE_CHECKS, ids=lambda check: check.__name__)
def test_points_pass_the_checks_of_files(
    check: Any, compression: str, points: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setitem(comparison.SAME, "transform", same_points)
    sample = Sample(points, "PointsImage", "repr of Python", {"kind": "transform"})
    folder = points.parent / "work"
    folder.mkdir()
    case = conformance.Case(PointsImage, sample, folder, compression)
    if not conformance.applies(check, case):
        assert check.__name__ in NOT_FOR_POINTS | (NOT_FOR_PACKED if compression else set())
        return
    check(case)


NOT_FOR_POINTS = {"check_one_stream_is_refused_for_several_files"}
NOT_FOR_PACKED = {"check_missing_file_is_named", "check_bytes_and_streams_return_the_image"}


def test_the_checks_of_files_catch_points_that_loses_points(
    points: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setitem(comparison.SAME, "transform", same_points)
    sample = Sample(points, "LosesPoints", "repr of Python", {"kind": "transform"})
    for check in conformance.checks_for("transform"):
        if check.__name__ in (
            "check_files_return_the_image",
            "check_bytes_and_streams_return_the_image",
        ):
            folder = points.parent / check.__name__
            folder.mkdir()
            with pytest.raises(AssertionError, match="Arrays are not equal"):
                check(conformance.Case(LosesPoints, sample, folder))


def test_kinds_have_checks_of_their_own(monkeypatch: pytest.MonkeyPatch):
    assert conformance.checks_for("volume") == conformance.CHECKS
    assert conformance.checks_for("transform") == conformance.FILE_CHECKS
    assert set(conformance.FILE_CHECKS) < set(conformance.CHECKS)
    monkeypatch.setitem(conformance.CHECKS_BY_KIND, "transform", (print,))
    assert conformance.checks_for("transform") == (print,)


def test_images_of_two_kinds_are_not_the_same(points: Path, scan: Path):
    with pytest.raises(AssertionError, match="is not what"):
        comparison.same_image(volio.load(points), volio.load(scan))
