"""How much memory reading takes besides the result."""

from __future__ import annotations

import gzip
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import volio

MEBI = 1 << 20
ALLOWED = 24 * MEBI  # 16 are promised; what the allocator keeps comes on top

SCRIPT = """
import resource, sys
import numpy as np, volio
small, large, dtype, index = sys.argv[1], sys.argv[2], sys.argv[3], eval(sys.argv[4])

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024

volio.load(small).dataobj.read(index, dtype=dtype)  # loads what is needed, starts threads
before = peak()
result = volio.load(large).dataobj.read(index, dtype=dtype)
print(peak() - before - result.nbytes)
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small and a large image, each as it is, packed by volio and by gzip."""
    folder = tmp_path_factory.mktemp("memory")
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 64, 1 << 20).astype(np.int16)
    for name, frames in (("small", 2), ("large", 24)):
        image = volio.Nifti1Image(np.resize(noise, (128, 128, 64, frames)), np.eye(4))
        image.to_filename(folder / f"{name}.nii")
        image.to_filename(folder / f"{name}.own.nii.gz")
        plain = (folder / f"{name}.nii").read_bytes()
        (folder / f"{name}.gzip.nii.gz").write_bytes(gzip.compress(plain, 1))
    return folder


@pytest.mark.requires("Linux")  # elsewhere peak memory is counted in other units
@pytest.mark.parametrize(
    ("ending", "dtype", "index"),
    [
        (".nii", "i2", "()"),
        (".own.nii.gz", "i2", "()"),
        (".gzip.nii.gz", "i2", "()"),
        (".nii", "f4", "()"),
        (".own.nii.gz", "f4", "()"),
        (".own.nii.gz", "i2", "(5,)"),
    ],
)
def test_reading_takes_little_more_than_the_result(
    folder: Path, ending: str, dtype: str, index: str
):
    names = [str(folder / f"{name}{ending}") for name in ("small", "large")]
    command = [sys.executable, "-c", SCRIPT, *names, dtype, index]
    taken = subprocess.run(command, check=True, capture_output=True, text=True)
    assert int(taken.stdout) < ALLOWED
