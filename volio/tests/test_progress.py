"""Who watches the saving of an image is called as voxels are written, in bytes."""

from __future__ import annotations

import numpy as np
import pytest

import volio
from volio.cli.console.progress import Progress
from volio.errors import UsageError
from volio.progress import report_progress, watched

SERIES = np.random.default_rng(5).integers(0, 99, (64, 64, 32, 40)).astype(np.int16)


@pytest.fixture(scope="module")
def series(tmp_path_factory):
    path = tmp_path_factory.mktemp("progress") / "a.nii"
    volio.save(volio.Nifti1Image(SERIES, np.eye(4)), path)
    return path


def test_who_watches_can_be_called(tmp_path):
    img = volio.Nifti1Image(SERIES[..., 0], np.eye(4))
    with pytest.raises(UsageError, match=r"progress: must be a function of .*, got True"):
        volio.save(img, tmp_path / "a.nii", progress=True)
    assert not (tmp_path / "a.nii").exists()


@pytest.mark.parametrize("target", ["b.nii.gz", "b.ome.zarr", "b.mgh", "b.nrrd"])
def test_every_format_tells_how_far_it_is(series, tmp_path, target):
    told = []
    volio.convert(series, tmp_path / target, progress=lambda *both: told.append(both))
    done = [each for each, _ in told]
    assert {total for _, total in told} == {SERIES.nbytes}
    assert done[-1] == SERIES.nbytes
    assert done == sorted(done)
    assert len(done) > 5


def test_values_that_are_converted(series, tmp_path):
    told = []
    img = volio.load(series)
    volio.save(img, tmp_path / "a.nii", "float32", progress=lambda *both: told.append(both))
    assert told[-1] == (2 * SERIES.nbytes, 2 * SERIES.nbytes)


@pytest.mark.parametrize("target", ["b.nii.gz", "b.ome.zarr"])
def test_an_exception_ends_the_work_and_leaves_nothing(series, tmp_path, target):
    (tmp_path / "b.nii.gz").write_bytes(b"old")

    def stop(done, total):
        if done > total / 2:
            raise KeyboardInterrupt("enough")

    with pytest.raises(KeyboardInterrupt, match="enough"):
        volio.convert(series, tmp_path / target, progress=stop)
    assert [path.name for path in tmp_path.iterdir()] == ["b.nii.gz"]
    assert (tmp_path / "b.nii.gz").read_bytes() == b"old"


def test_nobody_else_is_told():
    told = []
    with watched(lambda *both: told.append(both)), watched(None):
        report_progress(1, 2)
    report_progress(2, 2)
    assert told == [(1, 2)]


def test_a_bar_shows_the_part_of_a_piece():
    bar = Progress(2)
    bar.watch(50, 200)
    assert bar.line().startswith("[##..................] 0/2 + 25%, 0 s, 0 s left")
    bar.step("a.nii")
    assert bar.line().startswith("[##########..........] 1/2, 0 s, 0 s left a.nii")
