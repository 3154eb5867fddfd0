"""Arguments of the wrong kind: an error of volio that names the argument, whatever draws."""

from __future__ import annotations

import numpy as np
import pytest

import volio
from volio import display
from volio.display import Contours, ImageLayer, Overlay
from volio.errors import UsageError

VOXELS = np.arange(6 * 7 * 5, dtype=np.int16).reshape(6, 7, 5)
IMG = volio.Nifti1Image(VOXELS, np.diag([2.0, 2, 2, 1]))

DRAWING = {
    "plot_ortho": lambda **given: display.plot_ortho(IMG, **{"size": 20, **given}),
    "plot_mosaic": lambda **given: display.plot_mosaic(IMG, **{"size": 20, "cuts": 2, **given}),
    "plot_rendering": lambda **given: display.plot_rendering(IMG, **{"size": 12, **given}),
    "turn": lambda **given: list(display.turn(IMG, **{"size": 12, "frames": 2, **given})),
    "through_time": lambda **given: list(display.through_time(IMG, **given)),
    "to_html": lambda **given: IMG.to_html(**{"path": "page.html", **given}),
    "OrthoSlicer3D": lambda **given: volio.OrthoSlicer3D(IMG, **given).close(),
    "orthoview": lambda **given: IMG.orthoview(**given).close(),
    "save_gif": lambda **given: display.save_gif(display.turn(IMG, 2, size=9), "a.gif", **given),
    "Overlay": lambda **given: Overlay(IMG, **given),
    "Contours": lambda **given: Contours(IMG, **given),
    "ImageLayer": lambda **given: ImageLayer(VOXELS, **given),
    "find_limits": lambda **given: display.find_limits(VOXELS, **given),
}
#: Options that are true or false, of each.
FLAGS = {
    "plot_ortho": ("draw_cross", "annotate", "colorbar", "black_bg", "radiological"),
    "plot_mosaic": ("annotate", "colorbar", "black_bg", "radiological"),
    "plot_rendering": ("black_bg",),
    "turn": ("black_bg",),
    "to_html": ("radiological",),
    "OrthoSlicer3D": ("colorbar", "radiological"),
    "orthoview": ("colorbar", "radiological"),
    "save_gif": ("loop",),
    "ImageLayer": ("visible", "cache", "auto_contrast", "multiscale", "rgb"),
    "find_limits": ("rgb", "labels"),
}
#: What is not true or false, though Python takes most of it so.
NO_FLAGS = ("no", "", 2, 0.0, [], np.zeros((2, 2)))
#: Values of another kind than the option's: an option of something that draws, and values.
OTHERS = [
    *[(name, "title", given) for name in ("plot_ortho", "to_html") for given in ([5], b"x")],
    *[("OrthoSlicer3D", "title", given) for given in ({}, np.zeros((2, 2)))],
    *[("Overlay", "name", given) for given in (b"x", np.zeros((2, 2)))],
    ("Contours", "name", [5]),
    *[("ImageLayer", "name", given) for given in (b"x", np.zeros(3), np.zeros(0))],
    *[("ImageLayer", "units", given) for given in (5, np.zeros(3), np.zeros(0), ["mm"], {})],
    *[("plot_ortho", "alpha", given) for given in ("x", "0.5", 2, -0.5, np.nan, object(), [], "")],
    ("to_html", "alpha", "x"),
    *[("plot_ortho", "vmin", given) for given in ("x", np.nan, np.inf, 1j, [1, 2])],
    *[("plot_rendering", "vmax", given) for given in ("x", -1, b"x")],
    *[("plot_mosaic", "cmap", given) for given in (5, [], [1, 2, 3], b"x", "no such map")],
    *[("plot_ortho", "output_file", given) for given in (5, [], b"x")],
    ("plot_rendering", "output_file", 5),
    *[("OrthoSlicer3D", "start", given) for given in (5, [1, 2], b"x")],
    *[("OrthoSlicer3D", "axes", given) for given in (5, (1, 2, 3), "abc")],
    *[("OrthoSlicer3D", "figure", given) for given in (5, "x")],
    *[("through_time", "plot", given) for given in (5, "plot_ortho", None)],
    *[("find_limits", "hidden", given) for given in (5, "x", (1, 2, 3), (2, 1), (np.nan, 1))],
    ("find_limits", "rule", np.zeros((2, 2))),
    *[("ImageLayer", "metadata", given) for given in (5, "x", [1])],
    *[("ImageLayer", "level_matrices", given) for given in (5, "x", ["a"])],
    *[("ImageLayer", "locked_data_level", given) for given in ("x", 3, 0.5)],
]


@pytest.fixture(autouse=True)
def in_a_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("name", FLAGS)
def test_text_and_other_things_are_not_true_or_false(name):
    for flag in FLAGS[name]:
        for given in NO_FLAGS:
            with pytest.raises(UsageError, match=f"^{flag}: must be True or False, got "):
                DRAWING[name](**{flag: given})


@pytest.mark.parametrize("given", [True, np.True_, 1, np.int8(0), np.array(False)])
def test_booleans_of_numpy_and_0_and_1_are(given):
    for draw in (display.plot_ortho, display.plot_mosaic):
        expected = draw(IMG, size=20, radiological=bool(given))
        np.testing.assert_array_equal(draw(IMG, size=20, radiological=given), expected)


@pytest.mark.parametrize(("name", "option", "given"), OTHERS)
def test_errors_name_the_argument(name, option, given):
    with pytest.raises(UsageError, match=option):
        DRAWING[name](**{option: given})


def test_an_alpha_may_be_an_image_its_path_or_an_array():
    half = np.full(VOXELS.shape, 0.5, np.float32)
    image = volio.Nifti1Image(half, IMG.affine)
    volio.save(image, "half.nii")
    expected = display.plot_ortho(IMG, size=20, alpha=0.5, draw_cross=False, annotate=False)
    for alpha in (half, image, "half.nii"):
        picture = display.plot_ortho(IMG, size=20, alpha=alpha, draw_cross=False, annotate=False)
        assert np.abs(picture.astype(int) - expected.astype(int)).max() <= 1
