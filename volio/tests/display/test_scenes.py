"""Pictures look as those that are stored; ``scenes`` tells how to renew these."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from volio.tests.display.scenes import FOLDER, SCENES

#: Levels of 255: letters differ between versions of fonts, sums between processors.
MEAN, FAR = 1.0, 40
#: Share of the pixels that may be farther away than that.
SHARE = 0.01


@pytest.mark.parametrize("name", SCENES)
def test_a_picture_looks_as_it_did(name):
    with Image.open(FOLDER / f"{name}.png") as stored:
        expected = np.asarray(stored.convert("RGB")).astype(int)
    found = SCENES[name]()[..., :3].astype(int)
    assert found.shape == expected.shape
    different = np.abs(found - expected)
    assert different.mean() < MEAN
    assert (different.max(axis=-1) > FAR).mean() < SHARE
    assert expected.std() > 10, "there is something to see"


def test_every_stored_picture_is_compared():
    assert {path.stem for path in FOLDER.glob("*.png")} == set(SCENES)
    assert sum(path.stat().st_size for path in FOLDER.glob("*.png")) < 200_000
