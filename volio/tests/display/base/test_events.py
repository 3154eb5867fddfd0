"""Events: who is called, in which order, and when not."""

from __future__ import annotations

import gc

import pytest

from volio.display import EmitterGroup, ImageLayer
from volio.errors import UsageError


class Subject:
    """Something with events."""

    def __init__(self) -> None:
        self.events = EmitterGroup(self, "first", "second")


class Listener:
    """Something that hears of them."""

    def __init__(self, log: list[str]) -> None:
        self.log = log

    def hear(self, event) -> None:
        self.log.append(event.type)

    def hear_nothing(self) -> None:
        self.log.append("nothing")


@pytest.fixture
def subject() -> Subject:
    return Subject()


def test_events_say_what_happened(subject: Subject):
    got = []
    subject.events.first.connect(got.append)
    returned = subject.events.first(value=3, extra="more")
    assert got == [returned]
    assert (got[0].type, got[0].source, got[0].value) == ("first", subject, 3)
    assert got[0].extra == "more"
    assert "first" in repr(got[0])


def test_the_last_connected_is_called_first_and_duplicates_are_one(subject: Subject):
    log: list[int] = []

    def one() -> None:
        log.append(1)

    def two(event) -> None:
        log.append(2)

    def last(event=None) -> None:
        log.append(9 if event is None else 3)

    for callback in (one, two, one):
        assert subject.events.first.connect(callback) is callback
    subject.events.first.connect(last, position="last")
    subject.events.first()
    assert log == [2, 1, 3]
    assert subject.events.first.callbacks == (two, one, last)


def test_the_group_hears_of_all_after_the_emitter(subject: Subject):
    log: list[str] = []
    subject.events.connect(lambda event: log.append(f"group {event.type}"))
    subject.events.first.connect(lambda: log.append("first"))
    subject.events.first()
    subject.events["second"]()
    assert log == ["first", "group first", "group second"]
    assert list(subject.events) == ["first", "second"]
    assert {"first", "second", "connect"} <= set(dir(subject.events))


def test_bound_methods_keep_nothing_alive(subject: Subject):
    log: list[str] = []
    listener = Listener(log)
    subject.events.first.connect(listener.hear)
    subject.events.first.connect(listener.hear_nothing)
    subject.events.first()
    assert log == ["nothing", "first"]
    del listener
    gc.collect()
    subject.events.first()
    assert log == ["nothing", "first"]
    assert subject.events.first.callbacks == ()


def test_layers_are_not_kept_alive_by_their_events():
    import weakref

    layer = ImageLayer([[1, 2], [3, 4]])
    gone = weakref.ref(layer)
    del layer
    gc.collect()
    assert gone() is None


def test_blocking(subject: Subject):
    log: list[str] = []
    listener = Listener(log)
    subject.events.first.connect(listener.hear)
    subject.events.first.connect(listener.hear_nothing)
    with subject.events.first.blocker():
        assert subject.events.first.blocked
        with subject.events.first.blocker():
            subject.events.first()
        subject.events.first()
    with subject.events.first.blocker(listener.hear):
        subject.events.first()
    with subject.events.blocker_all():
        subject.events.first()
    subject.events.block_all()
    subject.events.first()
    subject.events.unblock_all()
    assert log == ["nothing"]
    subject.events.first()
    assert log == ["nothing", "nothing", "first"]


def test_blocks_end_with_an_error_too(subject: Subject):
    with pytest.raises(ZeroDivisionError, match="ours"), subject.events.first.blocker():
        raise ZeroDivisionError("ours")
    assert not subject.events.first.blocked
    with pytest.raises(UsageError, match="without a block"):
        subject.events.first.unblock()


def test_disconnecting(subject: Subject):
    log: list[str] = []
    listener = Listener(log)
    subject.events.first.connect(listener.hear)
    subject.events.first.connect(listener.hear_nothing)
    subject.events.first.disconnect(listener.hear)
    subject.events.first.disconnect(print)
    subject.events.first()
    subject.events.first.disconnect()
    subject.events.first()
    assert log == ["nothing"]


def test_callbacks_take_one_argument_or_none(subject: Subject):
    for wrong in (lambda one, two: None, 3):
        with pytest.raises(UsageError, match="callback"):
            subject.events.first.connect(wrong)
    with pytest.raises(UsageError, match="position"):
        subject.events.first.connect(print, position="middle")
    with pytest.raises(AttributeError, match="third"):
        subject.events.third  # noqa: B018


def test_errors_of_callbacks_come_through(subject: Subject):
    @subject.events.first.connect
    def fails() -> None:
        raise ZeroDivisionError("ours")

    with pytest.raises(ZeroDivisionError, match="ours"):
        subject.events.first()
