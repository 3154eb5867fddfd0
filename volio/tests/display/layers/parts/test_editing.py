"""Modes, cursors and what the mouse does, without a layer."""

from __future__ import annotations

import pytest

from volio.display.layers.parts.editing import Editing
from volio.errors import UsageError
from volio.tests.display.layers.parts.recording import Recorder


def test_modes_set_help_and_the_mouse():
    editing = Editing()
    log = Recorder(editing)
    editing.mode = "Transform"
    assert (editing.mode, editing.mouse_pan, editing.mouse_zoom) == ("transform", False, True)
    assert editing.help
    assert log.names == ["mouse_pan", "help", "mode"]
    editing.mode = "transform"
    assert len(log.names) == 3
    editing.mode = "pan_zoom"
    assert (editing.mode, editing.mouse_pan, editing.help) == ("pan_zoom", True, "")


def test_what_is_not_editable_has_one_mode():
    editing = Editing()
    editing.mode = "transform"
    log = Recorder(editing)
    editing.editable = False
    assert editing.mode == "pan_zoom"
    assert log.names == ["mouse_pan", "help", "mode", "editable"]
    editing.mode = "transform"
    assert editing.mode == "pan_zoom"
    editing.editable = True
    editing.mode = "transform"
    assert editing.mode == "transform"


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ([("mouse_pan", False)], ["mouse_pan"]),
        ([("mouse_pan", False), ("mouse_zoom", False)], ["mouse_pan", "mouse_zoom", "interactive"]),
        ([("mouse_pan", True)], []),
        ([("interactive", False)], ["mouse_pan", "mouse_zoom", "interactive"]),
        ([("interactive", True)], []),
    ],
)
def test_interactive_is_reported_when_neither_is_left_or_one_comes_back(changes, names):
    editing = Editing()
    log = Recorder(editing)
    for name, value in changes:
        setattr(editing, name, value)
    assert log.names == names
    if names[-1:] == ["interactive"]:
        assert log.events[-1] == ("interactive", False)
        editing.mouse_pan = True
        assert log.events[-2:] == [("mouse_pan", True), ("interactive", True)]


def test_cursors():
    editing = Editing()
    editing.cursor = "CROSS"
    editing.cursor_size = 7.0
    assert (editing.cursor, editing.cursor_size) == ("cross", 7)
    with pytest.raises(UsageError, match="cursor: must be one of standard"):
        editing.cursor = "hand"
    with pytest.raises(UsageError, match="cursor_size: must be a number"):
        editing.cursor_size = "large"
