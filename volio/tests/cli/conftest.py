"""A working folder with a few images, and what a command printed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

import volio
from volio.cli import main

AFFINE = np.array([[-2.0, 0, 0, 90], [0, 2, 0, -126], [0, 0, 3, -72], [0, 0, 0, 1]])


class Ran(NamedTuple):
    """What became of a command."""

    code: int
    out: list[str]
    err: list[str]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder: head (3-D, int16), bold (4-D, float32) and labels (uint8)."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("VOLIO_DEBUG", raising=False)
    head = np.arange(6 * 5 * 4, dtype=np.int16).reshape(6, 5, 4)
    volio.save(volio.Nifti1Image(head, AFFINE), "head.nii.gz")
    bold = volio.Nifti1Image(np.linspace(0, 1, 720, dtype=np.float32).reshape(6, 5, 4, 6), AFFINE)
    bold.header.set_zooms((2, 2, 3, 2.5))
    bold.header.set_xyzt_units("mm", "sec")
    volio.save(bold, "bold.nii")
    labels = np.zeros((6, 5, 4), np.uint8)
    labels[:2], labels[2] = 3, 7
    volio.save(volio.Nifti1Image(labels, AFFINE), "labels.nii.gz")
    return tmp_path


@pytest.fixture
def run(folder: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    """Run ``volio`` in the folder."""

    def _run(*words: str) -> Ran:
        code = main([str(word) for word in words])
        out, err = capsys.readouterr()
        return Ran(code, out.splitlines(), err.splitlines())

    return _run
