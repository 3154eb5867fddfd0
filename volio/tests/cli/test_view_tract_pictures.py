"""``volio view`` of tracts as pictures, alone and over an image."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import volio

OPTIONS = ("--size", "81", "--bare", "--png")


@pytest.fixture(autouse=True)
def bundle(folder):
    """A bundle of lines with values, in the head."""
    start = np.array([80.0, -120, -70])
    lines = [start + np.array([[0, 0, 0], [3, 4, 2 * n], [6, 3, n]]) for n in range(4)]
    made = volio.Tractogram.from_lines(lines, per_line={"w": np.arange(4, dtype=np.float32)})
    volio.save(made, "bundle.trx")


def picture(name: str) -> np.ndarray:
    from PIL import Image

    with Image.open(name) as image:
        return np.asarray(image)


def test_lines_are_drawn_alone_and_over_an_image(run):
    assert run("view", "bundle.trx", *OPTIONS, "a.png") == (0, [], [])
    tracts = volio.load("bundle.trx")
    expected = tracts.plot(size=81, annotate=False, colorbar=False)
    np.testing.assert_array_equal(picture("a.png"), expected)
    words = (
        "--colour",
        "w",
        "--cmap",
        "hot",
        "--limits",
        "0,5",
        "--planes",
        "xz",
        "--alpha",
        "0.5",
    )
    further = ("--at", "84,-120,-69", "--white", "--lines", "2", "--title", "two", "--radiological")
    ran = run(
        "view", "bundle.trx", "head.nii.gz", *words, *further, "--colorbar", *OPTIONS, "b.png"
    )
    assert ran == (0, [], [])
    expected = tracts.plot(
        "head.nii.gz",
        colour="w",
        cmap="hot",
        vmin=0,
        vmax=5,
        views="xz",
        alpha=0.5,
        cut_coords=(84, -120, -69),
        black_bg=False,
        lines=2,
        title="two",
        radiological=True,
        size=81,
        annotate=False,
    )
    np.testing.assert_array_equal(picture("b.png"), expected)


def test_an_image_far_away_is_told(run):
    far = volio.load("head.nii.gz")
    affine = far.affine.copy()
    affine[:3, 3] += 1000
    volio.save(volio.Nifti1Image(np.asarray(far.dataobj), affine), "far.nii")
    ran = run("view", "bundle.trx", "far.nii", *OPTIONS, "a.png")
    assert (ran.code, len(ran.err)) == (0, 1)
    assert "is nowhere where the tracts are" in ran.err[0]


@pytest.mark.parametrize(
    ("words", "wrong"),
    [
        (("bundle.trx", "--mode", "mip", "--png", "a.png"), "--mode is for images and surfaces"),
        (("bundle.trx", "--data", "x", "--png", "a.png"), "colour: must be 'direction'"),
        (("bundle.trx", "--hemi", "left", "--png", "a.png"), "--hemi is for images and surfaces"),
        (("head.nii.gz", "--colour", "red", "--png", "a.png"), "--colour is for tracts"),
        (("bundle.trx", "--colour", "fa", "--png", "a.png"), "colour: must be 'direction'"),
        (("bundle.trx", "head.nii.gz", "head.nii.gz", "--png", "a.png"), "over one image"),
        (("bundle.trx", "--at", "1,2", "--png", "a.png"), "--at takes three numbers"),
        (("bundle.trx", "--limits", "1", "--png", "a.png"), "--limits takes two numbers"),
        (("bundle.trx", "--at", "0,0,0", "--html", "a.html"), "cut_coords: is the place of"),
        (("bundle.trx", "bundle.trx", "--png", "a.png"), "takes volumes"),
    ],
)
def test_what_cannot_be_done_is_one_line(run, words, wrong):
    before = sorted(Path().iterdir())
    ran = run("view", *words)
    assert (ran.code, ran.out, len(ran.err)) == (2, [], 1)
    assert wrong in ran.err[0]
    assert sorted(Path().iterdir()) == before
