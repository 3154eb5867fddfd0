from __future__ import annotations

import os
import threading
import time

import pytest

from volio import threads as threads_module
from volio.settings import options
from volio.threads import BackgroundWork, Interruption, in_parallel, interruption


@pytest.fixture(params=[1, 2, 5])
def threads(request: pytest.FixtureRequest):
    with options(threads=request.param):
        yield request.param


def test_every_item_is_done_once(threads: int):
    done: list[int] = []
    in_parallel(done.append, range(1000))
    assert sorted(done) == list(range(1000))


def test_several_threads_take_part():
    both = threading.Barrier(2, timeout=30)
    with options(threads=2):
        in_parallel(lambda _: both.wait(), range(2))  # passes only if two are at it at once
    assert not both.broken


def test_the_first_error_is_raised_and_ends_it(threads: int):
    done: list[int] = []

    def do(item: int) -> None:
        if item == 10:
            raise KeyError(item)
        done.append(item)

    with pytest.raises(KeyError, match="10"):
        in_parallel(do, range(100_000))
    assert len(done) < 100_000


def test_an_error_ends_what_others_wait_for():
    begun = threading.Barrier(3, timeout=30)

    def do(item: int) -> None:
        begun.wait()
        if item == 0:
            raise KeyError(item)
        assert interruption().wait(30)  # not the time that it may take

    start = time.monotonic()
    with options(threads=3), pytest.raises(KeyError, match="0"):
        in_parallel(do, range(3))
    assert time.monotonic() - start < 20
    assert not interruption().is_set


def test_an_error_ends_calls_inside_the_call():
    begun = threading.Barrier(2, timeout=30)

    def outer(item: int) -> None:
        if item == 0:
            begun.wait()
            raise KeyError(item)
        in_parallel(inner, range(1))

    def inner(item: int) -> None:
        begun.wait()
        assert interruption().wait(30)

    with options(threads=2), pytest.raises(KeyError, match="0"):
        in_parallel(outer, range(2))


def test_what_has_ended_is_not_stopped():
    stopped: list[int] = []
    work = Interruption()
    with work.stopped_by(lambda: stopped.append(1)):
        pass
    with work.stopped_by(lambda: stopped.append(2)):
        work.interrupt()
        assert stopped == [2]
    with work.stopped_by(lambda: stopped.append(3)):  # what begins later ends at once
        assert stopped == [2, 3]
    assert work.is_set


def test_calls_inside_calls_come_to_an_end(threads: int):
    done: list[tuple[int, int]] = []

    def outer(item: int) -> None:
        with options(threads=threads):
            in_parallel(lambda inner: done.append((item, inner)), range(20))

    in_parallel(outer, range(20))
    assert len(set(done)) == 400


def test_behind_does_all_in_time(threads: int):
    done: list[int] = []
    with BackgroundWork[None](3) as behind:
        for item in range(50):
            behind.do(lambda item=item: done.append(item))
            assert len(done) >= item - 3
    assert sorted(done) == list(range(50))


def test_behind_gives_back_what_the_oldest_gave(threads: int):
    with BackgroundWork[int](2) as behind:
        given = [behind.do(lambda item=item: item) for item in range(10)]
    assert [item for item in given if item is not None] == list(range(8 if threads > 1 else 10))


@pytest.mark.parametrize("last", [False, True])
def test_behind_raises_errors_of_the_work(threads: int, last: bool):
    def fail() -> None:
        raise KeyError("work")

    def run() -> None:
        with BackgroundWork[None](3) as behind:
            behind.do(fail)
            for _ in range(0 if last else 10):
                behind.do(lambda: None)

    with pytest.raises(KeyError, match="work"):
        run()


def test_behind_leaves_nothing_running_after_an_error():
    running = threading.Event()
    done: list[float] = []

    def slow() -> None:
        running.set()
        time.sleep(0.05)
        done.append(1)

    def run() -> None:
        with BackgroundWork[None](3) as behind:
            behind.do(slow)
            running.wait(30)
            raise OSError("caller")

    with options(threads=2), pytest.raises(OSError, match="caller"):
        run()
    assert done == [1]


@pytest.mark.requires("fork")
def test_threads_are_there_after_a_fork():
    with options(threads=3):
        in_parallel(len, ["a"] * 10)
        child = os.fork()  # warns, which is an error here, if threads are alive
        if not child:
            count: list[str] = []
            in_parallel(count.append, ["a"] * 10)
            both = threading.Barrier(2, timeout=30)
            in_parallel(lambda _: both.wait(), range(2))
            os._exit(len(count))
        _, status = os.waitpid(child, 0)
        assert os.waitstatus_to_exitcode(status) == 10
        in_parallel(len, ["a"] * 10)


def test_ctrl_c_while_threads_begin_leaves_none(monkeypatch: pytest.MonkeyPatch):
    """The executor does not know a thread whose beginning was interrupted."""
    threads_module._POOL.stop()
    before = set(threading.enumerate())
    start = threading.Thread.start

    def interrupted(thread: threading.Thread) -> None:
        start(thread)
        raise KeyboardInterrupt

    monkeypatch.setattr(threading.Thread, "start", interrupted)
    done = []
    with pytest.raises(KeyboardInterrupt, match=r"^$"):
        in_parallel(done.append, range(100), threads=3)
    monkeypatch.undo()
    for thread in set(threading.enumerate()) - before:
        thread.join(10)
    assert set(threading.enumerate()) <= before
    in_parallel(done.append, range(100), threads=3)
    assert sorted(done[-100:]) == list(range(100))
