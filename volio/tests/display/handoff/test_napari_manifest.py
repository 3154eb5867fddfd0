"""The manifest that napari reads is made from the table of formats, by Python alone."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from volio.display.handoff import napari_manifest
from volio.display.handoff.napari_manifest import manifest, write_manifest
from volio.formats.table import FORMATS
from volio.tests.points import POINTS
from volio.tests.source_tree import PACKAGE

TOOL = PACKAGE.parent / "tools" / "napari_manifest.py"


def patterns() -> list[str]:
    """What the names of files look like that napari offers to volio."""
    return manifest()["contributions"]["readers"][0]["filename_patterns"]


def test_files_that_stand_for_an_image_are_offered_and_their_companions_are_not():
    assert {"*.nii", "*.nii.gz", "*.mgz", "*.HEAD", "*.xml.zst"} <= set(patterns())
    assert {"*.img", "*.BRIK", "*.rec", "*.gz"} & set(patterns()) == set()


def test_endings_that_are_written_are_offered_for_saving():
    for writer in manifest()["contributions"]["writers"]:
        assert {".nii", ".nii.gz", ".mgz", ".gz"} <= set(writer["filename_extensions"])
        assert ".PAR" not in writer["filename_extensions"]


def test_the_manifest_follows_the_table(monkeypatch: pytest.MonkeyPatch):
    nifti = FORMATS[0]
    layout = replace(nifti.layouts[0], files=(".new",), aliases=(".newer",), folder=True)
    row = replace(nifti, name="new", layouts=(layout,))
    monkeypatch.setattr(napari_manifest, "FORMATS", (POINTS, row))
    assert patterns() == [
        f"*{ending}{more}"
        for ending in (".new", ".newer")
        for more in ("", ".gz", ".bz2", ".xz", ".zst")
    ]
    assert manifest()["contributions"]["readers"][0]["accepts_directories"] is True


def test_a_manifest_that_is_the_same_is_not_touched(tmp_path: Path):
    path = tmp_path / "napari.yaml"
    path.write_text("old")
    write_manifest(path)
    before = path.stat()
    write_manifest(path)
    assert path.stat().st_mtime_ns == before.st_mtime_ns
    assert path.stat().st_ino == before.st_ino
    assert json.loads(path.read_text().partition("\n")[2]) == manifest()
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.requires("source tree")
def test_the_manifest_is_written_where_nothing_is_installed(tmp_path: Path):
    target = tmp_path / "napari.yaml"
    subprocess.run([sys.executable, "-I", "-S", str(TOOL), str(target)], check=True)
    assert json.loads(target.read_text().partition("\n")[2]) == manifest()
