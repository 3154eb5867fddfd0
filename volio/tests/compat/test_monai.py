"""MONAI's `LoadImage` on volio, where nibabel cannot be imported: the figures are the same."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from volio.tests.compat.test_nilearn import make_files


@pytest.mark.requires("monai")
def test_images_of_monai_are_those_on_nibabel(tmp_path: Path):
    for library in ("nibabel", "volio"):
        make_files(tmp_path / library)
        ran = subprocess.run(
            [sys.executable, "-m", "volio.tests.compat.monai_jobs", library, str(tmp_path)],
            capture_output=True,
            text=True,
            check=False,
        )
        assert ran.returncode == 0, ran.stderr
    theirs, ours = np.load(tmp_path / "nibabel.npz"), np.load(tmp_path / "volio.npz")
    assert ours.files == theirs.files
    assert theirs["series values"].shape == (6, 13, 14, 11)
    for name in theirs.files:
        assert ours[name].dtype == theirs[name].dtype, name
        np.testing.assert_array_equal(ours[name], theirs[name], err_msg=name)
