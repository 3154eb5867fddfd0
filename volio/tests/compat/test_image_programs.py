"""Images of dipy and MONAI on volio, where nibabel cannot be imported: the figures are the same."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from volio.tests.compat.test_nilearn import make_files

JOBS = "volio.tests.compat.image_program_jobs"
#: The shape of a series as a program has it.
SHAPES = {"dipy": (13, 14, 11, 6), "monai": (6, 13, 14, 11)}


@pytest.mark.parametrize(
    "program", [pytest.param(name, marks=pytest.mark.requires(name)) for name in SHAPES]
)
def test_images_are_those_on_nibabel(program: str, tmp_path: Path):
    for library in ("nibabel", "volio"):
        make_files(tmp_path / library)
        ran = subprocess.run(
            [sys.executable, "-m", JOBS, program, library, str(tmp_path)],
            capture_output=True,
            text=True,
            check=False,
        )
        assert ran.returncode == 0, ran.stderr
    theirs, ours = np.load(tmp_path / "nibabel.npz"), np.load(tmp_path / "volio.npz")
    assert ours.files == theirs.files
    assert theirs["series"].shape == SHAPES[program]
    for name in theirs.files:
        assert ours[name].dtype == theirs[name].dtype, name
        np.testing.assert_array_equal(ours[name], theirs[name], err_msg=name)
