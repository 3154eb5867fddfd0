"""The examples of the gallery run, and draw something."""

import runpy
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import volio
from volio.testing import phantom
from volio.tests.source_tree import PACKAGE

GALLERY = PACKAGE.parent / "doc" / "gallery"
EXAMPLES = {
    "modes": {"modes.png": (1, (160, 80))},
    "multi_channel": {"multi_channel.png": (1, (120, 40))},
    "oblique_slices": {"oblique_slice.png": (1, (40, 40)), "oblique_slices.gif": (12, (40, 40))},
    "sections": {
        "ortho.png": (1, (152, 40)),
        "mosaic.png": (1, (112, 42)),
        "contours.png": (1, (112, 40)),
    },
    "shared_buffer": {"shared_buffer.gif": (10, (80, 40))},
    "volume_movie": {"volume_movie.gif": (2, (40, 40))},
}


def run(example: str, monkeypatch: pytest.MonkeyPatch, *arguments: object) -> None:
    monkeypatch.setattr(sys, "argv", [example, *map(str, arguments)])
    monkeypatch.syspath_prepend(str(GALLERY))
    runpy.run_path(str(GALLERY / f"{example}.py"), run_name="__main__")


def test_every_example_is_listed():
    found = {path.stem for path in GALLERY.glob("*.py")} - {"gallery"}
    assert found == set(EXAMPLES)
    page = (GALLERY / "index.rst").read_text(encoding="utf-8")
    for example, pictures in EXAMPLES.items():
        assert f"literalinclude:: {example}.py" in page
        for picture in pictures:
            assert f"../pictures/{picture}" in page
            assert (GALLERY.parent / "pictures" / picture).is_file()


@pytest.mark.parametrize("example", EXAMPLES)
def test_examples_draw_pictures(example: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    run(example, monkeypatch, "--size", 40, "--out", tmp_path)
    for name, (frames, size) in EXAMPLES[example].items():
        with Image.open(tmp_path / name) as picture:
            assert picture.size == size
            assert getattr(picture, "n_frames", 1) >= frames
            drawn = np.asarray(picture.convert("RGB"))
        assert 0.02 < (drawn.max(axis=-1) > 40).mean() < 0.9
        assert np.unique(drawn).size > 10


def test_examples_take_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    volio.save(volio.Nifti1Image(*phantom.head((20, 24, 20))), tmp_path / "head.nii.gz")
    run("modes", monkeypatch, tmp_path / "head.nii.gz", "--size", 32, "--out", tmp_path / "new")
    assert (tmp_path / "new" / "modes.png").is_file()
