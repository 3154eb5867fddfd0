"""tools/bench measures what it says, on data so small that no figure means anything."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

import volio
from volio.tests.requirements import optional
from volio.tests.source_tree import PACKAGE

TOOLS = PACKAGE.parent / "tools"
pytestmark = pytest.mark.requires("source tree")


@pytest.fixture
def case(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(TOOLS)
    from bench import case

    return case


def run(*words: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(TOOLS)}
    return subprocess.run(
        [sys.executable, "-m", "bench", *words],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def samples(case: ModuleType, **seconds: float) -> dict:
    return {
        way: case.Sample([taken, taken, 9 * taken], [100, 300, 200], "same", 50)
        for way, taken in seconds.items()
    }


def test_a_run_compares_values_and_writes_its_figures(tmp_path: Path):
    figures, table = tmp_path / "all.json", tmp_path / "all.csv"
    words = ["--quick", "--case", "read-plain-float32-t1", "--case", "first-load"]
    done = run(*words, "--folder", str(tmp_path), "--json", str(figures), "--csv", str(table))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "target at least 1.5x nibabel" in done.stdout
    rows = json.loads(figures.read_text())["figures"]
    measured = [row for row in rows if not row["error"]]
    assert {("read-plain-float32-t1", "volio"), ("read-plain-float32-t1", "nibabel")} <= {
        (row["case"], row["way"]) for row in measured
    }
    assert [row["same_values"] for row in measured] == [True] * len(measured)
    assert min(row["median_s"] for row in measured) > 0
    with table.open(newline="") as stream:
        assert [row["way"] for row in csv.DictReader(stream)] == [row["way"] for row in rows]


def test_every_case_is_whole(case: ModuleType):
    from bench.groups import cases

    found = cases()
    assert {"read-foreign-series", "volume-own", "second-slice", "headers.nii.gz"} <= set(found)
    for one in found.values():
        assert "volio" in one.ways
        assert one.targets
        others = {getattr(target, "than", "") for target in one.targets} - {""}
        assert others <= set(one.ways)


def test_many_lines_are_those_that_nibabel_reads(case: ModuleType, tmp_path: Path):
    import nibabel.streamlines
    from bench.files import TINY, Files

    files = Files(tmp_path, TINY)
    peer = nibabel.streamlines.load(files.tracts("many.trk")).streamlines
    assert len(peer) == 5000
    for ending in (".trk", ".tck", ".trx"):
        tracts = volio.load(files.tracts(f"many{ending}"))
        assert tracts.lengths_in_points.tolist() == [4] * 5000
        np.testing.assert_allclose(tracts.points, peer.get_data(), atol=2e-5)


def test_no_case_of_a_name_is_an_error():
    done = run("--case", "nothing-like-it")
    assert done.returncode != 0
    assert "read-foreign-series" in done.stderr


def test_targets_compare_medians(case: ModuleType):
    found = samples(case, volio=2.0, nibabel=6.0)
    assert case.Fast("nibabel", 3).judge(found).reached is True
    assert case.Fast("nibabel", 3.1).judge(found).reached is False
    assert case.Fast("medrs", 3).judge(found).reached is None
    assert case.Fast(seconds=1.9).judge(found).reached is False
    assert case.Lean(150).judge(found).reached is True
    assert case.Lean(149).judge(found).reached is False
    assert case.Held(200).judge(found).reached is True
    assert case.Held(199).judge(found).reached is False
    assert case.Small("nibabel").judge(found).reached is True
    assert case.Small("nibabel", 0.1).judge(found).reached is False


def test_ways_that_fail_or_differ_are_told(case: ModuleType):
    from bench.report import rows, text

    found = samples(case, volio=2.0, nibabel=6.0, medrs=1.0)
    found["nibabel"].digest = "another"
    found["medrs"] = case.Sample(error="ModuleNotFoundError: No module named 'medrs'")
    one = case.Case("name", "title", {}, (case.Fast("medrs"), case.Fast("nibabel", 9)))
    shown = text(one, found).splitlines()
    assert "OTHER VALUES" in shown[2]
    assert "failed: ModuleNotFoundError" in shown[3]
    assert shown[4:] == [
        "  target at least 1x medrs: not measured, not judged",
        "  target at least 9x nibabel: 3.00x, NOT REACHED",
    ]
    assert [row.get("same_values") for row in rows(one, found)] == [True, False, None]


def test_a_process_that_dies_is_told_and_not_tried_again(
    case: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    from bench import measure
    from bench.files import TINY, Files

    asked = []

    def probe(name, way, files, *, check):
        asked.append(way)
        died = {"error": "exit status -9: said nothing"}
        return died if way == "peer" else {"seconds": 1, "memory": 2, "digest": "d", "nbytes": 3}

    monkeypatch.setattr(measure, "_probe", probe)
    one = case.Case("name", "title", {"volio": None, "peer": None})
    found = measure.run_case(one, Files(tmp_path, TINY), 3)
    assert asked == ["volio", "peer", "volio", "volio"]
    assert (found["volio"].seconds, found["peer"].error[:11]) == ([1, 1, 1], "exit status")


def test_data_are_the_same_each_time_and_compress_like_scans(case: ModuleType):
    import zlib

    from bench.files import brain

    voxels = brain((64, 64, 40, 2))
    np.testing.assert_array_equal(voxels, brain((64, 64, 40, 2)))
    data = voxels.tobytes(order="F")
    assert 0.37 < len(zlib.compress(data, 6)) / len(data) < 0.47


def test_checksums_do_not_depend_on_the_order_in_memory(case: ModuleType):
    array = np.arange(24, dtype="<i2").reshape(2, 3, 4)
    due = case.array_digest(array)
    assert case.array_digest(array.copy(order="F")) == due
    assert case.array_digest(array.astype(">i2")) == due
    assert case.array_digest(array + 1) != due
    assert case.array_digest(array.reshape(2, 4, 3)) != due


def test_scaling_files_are_what_other_programs_read(case: ModuleType, tmp_path: Path):
    import nibabel
    from bench.scaling import make_file

    path = make_file(tmp_path, 2)
    voxels = np.asanyarray(nibabel.load(path).dataobj)
    assert voxels.dtype == np.int16
    assert 1.9 * 2**20 < voxels.nbytes <= 2.1 * 2**20
    assert len(np.unique(voxels)) > 100


def test_the_scaling_plot_is_drawn_from_its_figures(case: ModuleType, tmp_path: Path):
    from bench import scaling

    figures = [
        scaling.Point("volio", 1, 4, 0.02),
        scaling.Point("volio", 1, 16, 0.05),
        scaling.Point("nibabel", 1, 4, 0.08),
        scaling.Point("nibabel", 1, 16, 0.3),
    ]
    scaling.draw(figures, tmp_path / "scaling.svg")
    assert "nibabel, 1 processor" in (tmp_path / "scaling.svg").read_text()
    assert scaling.measured(tmp_path, "volio", 1, 1) > 0


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_gaussians_of_large_arrays_are_equal(case: ModuleType, tmp_path: Path):
    zarr = optional("zarr")
    optional("dask")
    from bench import large

    source = large.make_zarr(tmp_path, (1, 1, 2))
    large.smoothed_by_volio(source, tmp_path / "own.ome.zarr")
    large.smoothed_by_dask(source, tmp_path / "dask.zarr")
    own = volio.load(tmp_path / "own.ome.zarr")
    other = zarr.open_array(tmp_path / "dask.zarr", mode="r")
    assert other.shape == (128, 128, 256)
    np.testing.assert_array_equal(np.asarray(own.dataobj).T, other[...])
    assert not np.array_equal(other[...], zarr.open_array(source, mode="r")[...])
