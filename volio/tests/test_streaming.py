"""Images larger than memory: what goes through a few MB, however long the series is."""

import json
import subprocess
import sys

import numpy as np
import pytest

import volio

SHAPE = (128, 128, 48, 70)  # 110 MB of int16, mostly holes on disk
MB = 1 << 20
LINUX = pytest.mark.requires("Linux")

SCRIPT = """
import json, re, sys
from pathlib import Path
import numpy as np
import volio

def peak():
    return int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) * 1024

def convert(source, target):
    volio.convert(source, target)

def split_and_join(source, target):
    volio.save(volio.concat_images(volio.four_to_three(volio.load(source))), target)

def create(source, target):
    img = volio.load(source)
    with volio.create(target, header=img) as writer:
        for t in range(img.shape[3]):
            writer[..., t] = img.dataobj[..., t]

work, small, source, target = sys.argv[1:]
globals()[work](small, target)  # everything is imported
before = peak()
globals()[work](source, target)
print(json.dumps(peak() - before))
"""


@pytest.fixture(scope="module")
def series(tmp_path_factory):
    """A small series and a long one, of which a few volumes are not zero."""
    folder = tmp_path_factory.mktemp("series")
    for name, shape in (("small.nii", (8, 8, 8, 4)), ("long.nii", SHAPE)):
        with volio.create(folder / name, shape, np.int16, np.diag([2.0, 2, 2, 1])) as writer:
            for t in (0, shape[3] // 2, shape[3] - 1):
                writer[..., t] = np.arange(np.prod(shape[:3])).reshape(shape[:3]) % 3000 + t
    return folder


@LINUX
@pytest.mark.parametrize(
    ("work", "target"),
    [
        ("convert", "a.nii"),
        ("convert", "a.nii.gz"),
        ("convert", "a.mgz"),
        ("split_and_join", "a.img"),
        ("create", "a.nii.gz"),
    ],
)
def test_a_long_series_takes_little_memory(series, tmp_path, work, target):
    command = [sys.executable, "-c", SCRIPT, work]
    paths = [series / "small.nii", series / "long.nii", tmp_path / target]
    done = subprocess.run([*command, *paths], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) < 40 * MB
    before, after = volio.load(series / "long.nii").dataobj, volio.load(tmp_path / target).dataobj
    for t in (0, 35, 50, 69):
        np.testing.assert_array_equal(after[..., t], before[..., t])
