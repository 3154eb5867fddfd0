"""The examples of the guide do what it says they do."""

from __future__ import annotations

import doctest
from pathlib import Path

import numpy as np
import pytest

import volio
from volio.testing import phantom
from volio.tests.source_tree import PACKAGE

GUIDE = PACKAGE.parent / "doc" / "guide"
PAGES = [page for page in sorted(GUIDE.glob("*.rst")) if ">>> " in page.read_text("utf-8")]


@pytest.fixture
def folder_with_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with the two files that the guide uses."""
    volio.save(volio.Nifti1Image(*phantom.head((48, 56, 24))), tmp_path / "head.nii.gz")
    bold = volio.Nifti1Image(*phantom.head((24, 28, 12), frames=6))
    bold.header.set_zooms((*bold.header.get_zooms()[:3], phantom.FRAME_SECONDS))
    volio.save(bold, tmp_path / "bold.nii.gz")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_examples_of_the_guide(page: Path, folder_with_files: Path):
    with np.printoptions(legacy=False):
        result = doctest.testfile(
            str(page),
            module_relative=False,
            optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE,
            encoding="utf-8",
        )
    assert result.failed == 0
    assert result.attempted > 0
