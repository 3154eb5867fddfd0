"""Letters on pictures."""

from __future__ import annotations

import pytest
from PIL import ImageFont, features

from volio.display.colour import drawing


@pytest.mark.parametrize("text", ["left dorsal", "-3.9904", ""])
def test_plain_texts_are_laid_out_alike_on_every_system(text: str):
    """Raqm, which not every system has, puts letters up to a pixel away from Pillow's layout."""
    assert drawing._font_for(text, 12).layout_engine == ImageFont.Layout.BASIC


def test_scripts_with_joined_letters_are_laid_out_by_what_knows_them():
    engine = drawing._font_for("يسار", 12).layout_engine
    knows = features.check("raqm")
    assert engine == (ImageFont.Layout.RAQM if knows else ImageFont.Layout.BASIC)
