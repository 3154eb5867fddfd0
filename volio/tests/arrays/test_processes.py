"""Reading in threads, forked and spawned processes, all at once."""

from __future__ import annotations

import multiprocessing
import pickle
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

import volio
from volio.settings import options

SHAPE = (32, 32, 16, 40)
NAMES = ["a.nii", "a.nii.gz", "a.mgz"]
FORK, SPAWN = pytest.mark.requires("fork"), pytest.mark.requires("spawn")


@pytest.fixture(scope="module")
def array() -> np.ndarray:
    return np.random.default_rng(1).integers(0, 300, SHAPE).astype(np.int16)


@pytest.fixture(params=NAMES)
def path(request: pytest.FixtureRequest, array: np.ndarray, tmp_path: Path) -> Path:
    path = tmp_path / request.param
    volio.save(volio.Nifti1Image(array, np.eye(4)), path)
    return path


def total(proxy: volio.ArrayProxy) -> int:
    whole = int(np.asarray(proxy).sum(dtype=np.int64))
    return whole + int(proxy[..., 7].sum(dtype=np.int64))


def test_many_threads_read_one_image(path: Path, array: np.ndarray):
    proxy = volio.load(path).dataobj
    with options(threads=3), ThreadPoolExecutor(8) as pool:
        frames = list(pool.map(lambda frame: proxy[..., frame % 40], range(80)))
        wholes = list(pool.map(lambda _: proxy.read(), range(8)))
    for number, frame in enumerate(frames):
        np.testing.assert_array_equal(frame, array[..., number % 40])
    assert all(np.array_equal(whole, array) for whole in wholes)


@pytest.mark.parametrize(
    ("path", "method"),
    [
        *[pytest.param(name, "fork", marks=FORK) for name in NAMES],
        pytest.param("a.nii.gz", "spawn", marks=SPAWN),  # begins with nothing, whatever the file
    ],
    indirect=["path"],
)
def test_other_processes_read_what_is_sent_to_them(path: Path, array: np.ndarray, method: str):
    proxy = volio.load(path).dataobj
    expected = total(proxy)  # threads of this process have been at work
    assert len(pickle.dumps(proxy)) < 4000
    with multiprocessing.get_context(method).Pool(2) as pool:
        assert pool.map(total, [proxy] * 4) == [expected] * 4
    assert total(proxy) == expected
