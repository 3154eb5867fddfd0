"""The examples of the gallery run, and draw something."""

import runpy
import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType

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
        "ortho.png": (1, (156, 40)),
        "mosaic.png": (1, (112, 42)),
        "contours.png": (1, (112, 40)),
    },
    "surfaces": {"surfaces.png": (1, (184, 113))},
    "tile_server": {"tile_server.png": (1, (120, 38))},
    "training": {"training.png": (1, (68, 40))},
    "shared_buffer": {"shared_buffer.gif": (10, (80, 40))},
    "volume_movie": {"volume_movie.gif": (2, (40, 40))},
}

#: Examples whose processes import them, and the options that keep them small. They take seconds,
#: as long as their processes need to begin.
WITH_PROCESSES = {"training": ("--volumes", 40)}


def imported(example: str, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """An example as a module, which is forgotten after the test."""
    monkeypatch.syspath_prepend(str(GALLERY))
    module = import_module(example)
    monkeypatch.delitem(sys.modules, example)
    monkeypatch.setitem(sys.modules, example, module)
    return module


def run(example: str, monkeypatch: pytest.MonkeyPatch, *arguments: object) -> None:
    monkeypatch.setattr(sys, "argv", [example, *map(str, arguments)])
    monkeypatch.syspath_prepend(str(GALLERY))
    if example in WITH_PROCESSES:
        imported(example, monkeypatch).main()
        return
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
    run(example, monkeypatch, "--size", 40, "--out", tmp_path, *WITH_PROCESSES.get(example, ()))
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


def test_a_seed_decides_what_each_process_reads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    """It takes seconds, as two processes begin."""
    training = imported("training", monkeypatch)
    paths = training.write_volumes(tmp_path, 3)
    loader = training.Loader(training.PatchDataset(paths), workers=2, batch_size=2, seed=5)
    found = [list(loader.epoch()) for _ in range(2)]
    loader.close()
    # The same without processes.
    order = np.random.default_rng(5)
    datasets = [training.PatchDataset(paths) for _ in range(2)]
    for dataset, seed in zip(datasets, np.random.SeedSequence(5).spawn(2), strict=True):
        dataset.seed(seed)
    assert len(datasets[0]) == 12
    for epoch in found:
        indices = order.permutation(12).reshape(6, 2)
        for number, (batch, pair) in enumerate(zip(epoch, indices, strict=True)):
            expected = [datasets[number % 2][index] for index in pair.tolist()]
            np.testing.assert_array_equal(batch, expected)
    assert not np.array_equal(found[0], found[1])


def test_the_filter_learns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    training = imported("training", monkeypatch)
    voxels = np.random.default_rng(0).normal(500, 100, (2, 1, 12, 12, 12)).astype(np.float32)
    smooth = np.add.reduce([np.roll(voxels, s, axis) for axis in (2, 3, 4) for s in (-1, 1)]) / 6
    weights = np.zeros(26)
    losses = []
    for _ in range(20):
        weights, loss = training.train(weights, smooth)
        losses.append(loss)
    assert sorted(losses, reverse=True) == losses
    assert losses[-1] < 0.02 * losses[0]
    # With one weight the filter takes that neighbour: tiles must give what is there.
    image = volio.Nifti1Image(voxels[0, 0], np.eye(4))
    one = np.zeros(26)
    one[0] = 1
    found = np.asarray(training.apply(one, image).dataobj)
    assert not found[0].any()
    np.testing.assert_allclose(found[1:, 1:, 1:], voxels[0, 0, :-1, :-1, :-1])
