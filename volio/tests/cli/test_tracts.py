"""What commands print of tracts, and what convert makes of them."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest

import volio
from volio.testing.samples import FOLDER
from volio.tests.real_files import shared_path

VALUES = FOLDER / "trk" / "values.trk"


@pytest.fixture(autouse=True)
def tracts(folder):
    """A file of three lines with values, its points in MRtrix's format, and one that is cut."""
    shutil.copy(VALUES, "values.trk")
    lines = volio.load("values.trk")
    volio.save(volio.Tractogram(lines.points, lines.lengths_in_points), "values.tck")
    (folder / "cut.trk").write_bytes(VALUES.read_bytes()[:-50])


def parsed(ran):
    return json.loads("\n".join(ran.out))


def test_ls(run):
    ran = run("ls", "values.trk", "values.tck")
    assert [line.split() for line in ran.out] == [
        ["file", "format", "dtype", "lines", "points", "space", "grid", "data"],
        [
            *("values.trk", "trk", "float32", "3", "22", "scanner"),
            *("40x50x30", "of", "1.5x2.5x2", "PRS", "colours,", "fa,", "weight"),
        ],
        ["values.tck", "tck", "float32", "3", "22", "scanner", "-", "-"],
    ]


def test_ls_of_all_facts(run):
    text = " ".join(" ".join(run("ls", "-v", "-s", "values.trk").out).split())
    for fact in ("colours: float32 x 3", "weight: float32", "points 22 length 4.24995 to"):
        assert fact in text
    (row,) = parsed(run("ls", "--json", "values.trk"))
    assert row["kind"] == "tracts"
    assert (row["lines"], row["shape"], row["axes"]) == (3, [40, 50, 30], "PRS")
    assert row["points"] == 22
    assert row["per_point"][0] == {"name": "colours", "dtype": "float32", "columns": 3}
    assert "statistics" not in row


def test_ls_with_statistics_has_lengths_and_bounds(run):
    ran = run("ls", "-s", "values.trk")
    assert ran.out[0].split()[-3:] == ["mm", "lowest", "highest"]
    lowest, highest = volio.load("values.trk").bounds()
    numbers = [float(word) for word in ran.out[1].split()[-6:]]
    np.testing.assert_allclose(numbers, [*lowest, *highest], rtol=1e-3)


def test_ls_reads_headers_alone(run):
    (row,) = parsed(run("ls", "--json", "cut.trk"))
    # The file is not as long as 3 lines are.
    assert (row["lines"], row["points"]) == (3, None)
    ran = run("ls", "-s", "cut.trk")
    assert ran.code == 2
    assert "line 2 of 3: the file ends within it" in ran.err[0]


def test_stats(run):
    (row,) = parsed(run("stats", "--json", "values.trk"))
    found = volio.load("values.trk")
    lengths = found.lengths()
    assert row["tracts"]["points"] == 22
    np.testing.assert_allclose(
        row["tracts"]["length"], [lengths.min(), lengths.mean(), lengths.max()]
    )
    np.testing.assert_allclose(row["tracts"]["total_length"], lengths.sum())
    np.testing.assert_allclose(row["tracts"]["bounds"], found.bounds())
    assert row["tracts"]["points_per_line"] == [3, 22 / 3, 12]
    fa = found.per_point["fa"]
    (of_fa,) = (each for each in row["values"] if each["name"] == "fa")
    np.testing.assert_allclose(of_fa["mean"], fa.mean(dtype=float))
    assert (np.float32(of_fa["minimum"]), np.float32(of_fa["maximum"])) == (fa.min(), fa.max())
    assert of_fa["nan"] == 0
    assert (of_fa["per"], of_fa["columns"]) == ("point", 1)


def test_stats_of_nothing_and_of_nan(run):
    values = {"a": [np.nan, 2, 4]}
    volio.save(
        volio.Tractogram(np.zeros((3, 3)), [3], values, reference=((2, 2, 2), np.eye(4))), "n.trk"
    )
    volio.save(volio.Tractogram(reference=((2, 2, 2), np.eye(4))), "empty.trk")
    (row,) = parsed(run("stats", "--json", "n.trk"))
    assert row["values"][0]["mean"] == 3
    assert row["values"][0]["nan"] == 1
    ran = run("stats", "empty.trk")
    assert (ran.code, ran.err) == (0, [])
    assert "nan to nan mm" in "\n".join(ran.out)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("ls", "-c", "values.trk"), "--mask and --counts are for volumes"),
        (("stats", "--volume", "values.trk"), "--mask and --volume are for volumes"),
        (("convert", "values.trk", "a.nii"), "is for volumes, and this is tracts"),
        (("convert", "values.trk", "a.tck", "--reference", "head.nii.gz"), "reference: MRtrix"),
        (("convert", "head.nii.gz", "a.nii", "--subsample", "3"), "--subsample takes tracts"),
        (("convert", "values.trk", "a.trk", "--orient", "RAS"), "--orient takes volumes"),
        (("conform", "values.trk", "a.nii"), "takes volumes"),
    ],
)
def test_what_cannot_be_done(run, words, message):
    ran = run(*words)
    assert ran.code == 2
    assert message in ran.err[0]


def test_convert(run):
    ran = run("convert", "values.tck", "new.trk", "--reference", "head.nii.gz", "--subsample", "2")
    assert (ran.code, ran.err) == (0, [])
    found = volio.load("new.trk")
    before = volio.load("values.tck").subsample(2)
    assert found.reference.shape == (6, 5, 4)
    np.testing.assert_allclose(found.points, before.points, atol=1e-5)
    run("convert", "values.tck", "other.tck", "--subsample", "2", "--seed", "5")
    other = volio.load("values.tck").subsample(2, seed=5)
    np.testing.assert_array_equal(volio.load("other.tck").points, other.points)


def test_convert_tells_what_is_lost(run):
    ran = run("convert", "values.trk", "new.tck")
    assert ran.code == 0
    assert "no place for values per point (colours, fa), values per line (weight)" in ran.err[0]


def test_convert_without_a_reference(run):
    ran = run("convert", "values.tck", "new.trk")
    assert ran.code == 0
    assert "the smallest grid of 1 mm around the points" in ran.err[0]


def test_diff(run):
    assert run("diff", "values.trk", "values.trk").out == ["values.trk and values.trk: the same"]
    ran = run("diff", "--image", "values.trk", "values.tck")
    assert ran.code == 1
    text = "\n".join(ran.out)
    for told in ("grid", "colours: in the first only", "weight: in the first only"):
        assert told in text
    assert "mm apart" not in text


def test_diff_of_points_and_values(run):
    tracts = volio.load("values.trk")
    tracts.points = tracts.points + np.float32([0, 0, 0.25])
    tracts.per_line["weight"] = tracts.per_line["weight"] * np.float32(2)
    volio.save(tracts, "moved.trk")
    text = "\n".join(run("diff", "values.trk", "moved.trk").out)
    assert "up to 0.25 mm apart" in text
    assert "weight: 3 of 3 differ" in text
    assert "fa" not in text
    ran = run("diff", "--mm", "0.3", "--rtol", "1", "values.trk", "moved.trk")
    assert ran.out == ["values.trk and moved.trk: the same"]
    volio.save(tracts[::-1], "turned.trk")
    (row,) = parsed(run("diff", "--json", "values.trk", "turned.trk"))
    assert row["same_lengths"] is False
    assert row["mm"] is None


def test_diff_of_groups():
    one = volio.Tractogram(np.zeros((2, 3)), [1, 1], groups={"a": [0], "b": [0, 1], "c": [1]})
    other = volio.Tractogram(np.zeros((2, 3)), [1, 1], groups={"a": [1], "b": [1, 0], "d": [1]})
    found = volio.ops.tracts.compare.compare_tracts(one, other)
    assert found.groups == {"a": "other lines", "c": "in the first only", "d": "in the second only"}
    with pytest.raises(volio.errors.UsageError, match="rtol, atol: must not be negative"):
        volio.ops.tracts.compare.compare_tracts(one, other, rtol=-1)


def test_verify(run):
    assert run("verify", "values.trk", "values.tck").code == 0
    ran = run("verify", "cut.trk")
    assert ran.code == 1
    assert any("line 2 of 3: the file ends within it" in line for line in ran.out + ran.err)


def test_doctor(run):
    assert run("doctor", "values.trk").code == 0
    text = "\n".join(run("doctor", "cut.trk").out)
    assert "error" in text
    assert "line 2 of 3" in text


def test_doctor_of_lines(run):
    points = [[0, 0, 0], [np.nan, 0, 0], [99, 0, 0]]
    tracts = volio.Tractogram(points, [0, 2, 1], reference=((2, 2, 2), np.eye(4)))
    volio.save(tracts, "odd.trk")
    text = "\n".join(run("doctor", "odd.trk").out)
    assert "1 line without points" in text
    assert "1 of 3 points have coordinates that are NaN or infinite" in text
    assert "2 of 3 lines leave the volume" in text


def test_doctor_of_a_count(run, folder):
    data = (folder / "values.tck").read_bytes()
    (folder / "values.tck").write_bytes(data.replace(b"count: 0000000003", b"count: 0000000009"))
    assert "the header states 9 lines, there are 3" in "\n".join(run("doctor", "values.tck").out)


def test_doctor_of_a_real_file(run):
    ran = run("doctor", shared_path("tracts/colby.trk"))
    assert ran.code == 1
    assert "\n".join(ran.out).count("vox_to_ras: is not recorded") == 1


def test_values_in_files_of_their_own(run):
    tracts = volio.load("values.tck")
    tracts.per_point["fa"] = np.arange(22.0)
    volio.save(tracts, "more.tck", scalars=True)
    (row,) = parsed(run("ls", "--json", "--scalars", "more_fa.tsf", "more.tck"))
    assert row["per_point"] == [{"name": "more_fa", "dtype": "float32", "columns": 1}]


def test_what_is_left_of_a_file(run):
    (row,) = parsed(run("stats", "--json", "--permissive", "cut.trk"))
    assert row["tracts"]["lines"] == 2
