"""Work on several threads, in a pool that is there after a fork too."""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from threading import Event, Lock
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

from volio.caller import keep_caller
from volio.settings import options

if TYPE_CHECKING:
    from concurrent.futures import Future, ThreadPoolExecutor

__all__ = ["BackgroundWork", "Interruption", "in_parallel", "interrupted_by", "interruption"]

T = TypeVar("T")

END = object()


def in_parallel(do: Callable[[T], object], items: Iterable[T], threads: int | None = None) -> None:
    """Do something with each of many items, on several threads.

    The calling thread takes part, so that it comes to an end also where no other thread is free,
    as inside another call.

    Parameters
    ----------
    do : callable
        ``do(item)``; should mostly run code that lets other threads run.
    items : iterable
        Gone through under a lock, in order.
    threads : int, optional
        How many (default: as many as `volio.options` allows). More than there are processors
        where items mostly wait, as for a server.

    Raises
    ------
    Exception
        The first that `do` raised; no other item is begun after it, and work that waits for a
        server is ended.
    """
    shared = _Shared(do, items)
    others = (options.threads if threads is None else threads) - 1
    helpers: list[Future[Any] | None] = []
    with interruption().passed_on_to(shared.interruption):
        try:
            for _ in range(others):
                helpers.append(_submit(shared.work, others))
            shared.work()
            _wait_for(helpers)
        except BaseException as error:  # Ctrl-C, while others begin or only others work
            shared.fail(error)
            raise
        finally:
            _wait_for(helpers)
    if shared.error is not None:
        raise shared.error


def _wait_for(helpers: Iterable[Future[Any] | None]) -> None:
    for helper in helpers:
        if helper is not None and not helper.cancel():
            helper.result()


class Interruption:
    """How work that waits, for a server, is ended when other work of the same call has failed.

    Work that can wait long says how to end it, with `stopped_by`; it is ended by `interrupt`, from
    any thread.

    Attributes
    ----------
    began : float
        When the work began, by `time.monotonic`.

    Parameters
    ----------
    began : float, optional
        Default: now.
    """

    def __init__(self, began: float | None = None) -> None:
        self.began = time.monotonic() if began is None else began
        self._lock = Lock()
        self._event = Event()
        self._stops: dict[object, Callable[[], object]] = {}

    @property
    def is_set(self) -> bool:
        """Whether work is to end."""
        return self._event.is_set()

    def interrupt(self) -> None:
        """End all work that waits, now and later."""
        # Under the lock: what has ended by itself must not be stopped any more.
        with self._lock:
            self._event.set()
            for stop in self._stops.values():
                stop()

    def wait(self, seconds: float) -> bool:
        """Wait, but not after `interrupt`; return whether that was called."""
        return self._event.wait(seconds)

    @contextmanager
    def stopped_by(self, stop: Callable[[], object]) -> Iterator[None]:
        """Say how to end the work inside ``with``: by a quick call, from any thread."""
        key = object()
        with self._lock:
            self._stops[key] = stop
            if self._event.is_set():
                stop()
        try:
            yield
        finally:
            with self._lock:
                del self._stops[key]

    @contextmanager
    def passed_on_to(self, inner: Interruption) -> Iterator[None]:
        """Interrupt another one, of work inside this work, when this one is."""
        with self.stopped_by(inner.interrupt):
            yield


_CURRENT: ContextVar[Interruption | None] = ContextVar("volio_interruption", default=None)


def interruption() -> Interruption:
    """Return what interrupts the work of this thread: of `in_parallel`, or one that never does."""
    return _CURRENT.get() or Interruption()


@contextmanager
def interrupted_by(work: Interruption) -> Iterator[None]:
    """Let the work inside ``with`` be part of other work, perhaps of another thread."""
    token = _CURRENT.set(work)
    try:
        yield
    finally:
        _CURRENT.reset(token)


class _Shared:
    """Items that several threads take one by one, and the first error."""

    def __init__(self, do: Callable[[Any], object], items: Iterable[Any]) -> None:
        self._do = do
        self._items: Iterator[Any] = iter(items)
        self._lock = Lock()
        self.error: BaseException | None = None
        self.interruption = Interruption(interruption().began)

    def fail(self, error: BaseException) -> None:
        """Keep the first error; end what the others do."""
        self.error = self.error or error
        self.interruption.interrupt()

    def work(self) -> None:
        try:
            with interrupted_by(self.interruption):
                self._work()
        except BaseException as error:
            self.fail(error)

    def _work(self) -> None:
        while True:
            with self._lock:
                if self.error is not None:
                    return
                item = next(self._items, END)
            if item is END:
                return
            self._do(item)


class BackgroundWork(Generic[T]):
    """Work done on other threads in order, a few pieces at a time, while the caller goes on.

    To be used in a ``with`` statement, which waits for all of it at the end. With one thread, or
    where no thread is free, the caller does the work itself.

    Parameters
    ----------
    ahead : int
        Pieces of work that may be unfinished while the caller goes on; 0 for none.
    """

    def __init__(self, ahead: int) -> None:
        self._ahead = ahead if options.threads > 1 else 0
        self._waiting: deque[tuple[Future[T] | None, Callable[[], T]]] = deque()

    def do(self, work: Callable[[], T]) -> T | None:
        """Begin a piece of work; where too many are unfinished, wait for the oldest.

        Returns
        -------
        object
            What the oldest gave; None where there was no need to wait.
        """
        self._waiting.append((_submit(work) if self._ahead else None, work))
        return self._complete() if len(self._waiting) > self._ahead else None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *raised: object) -> None:
        try:
            while self._waiting and kind is None:
                self._complete()
        finally:
            self.drop()

    def rest(self) -> Iterator[T]:
        """Complete all that is unfinished, one after the other.

        Yields
        ------
        object
            What each gave.
        """
        while self._waiting:
            yield self._complete()

    def _complete(self) -> T:
        helper, work = self._waiting.popleft()
        if helper is None or helper.cancel():
            return work()
        while not helper.done() and self._work_ahead():
            pass
        return helper.result()

    def _work_ahead(self) -> bool:
        """Do the next work that no thread has begun; return whether there was any."""
        from concurrent.futures import Future  # many programs need no threads

        for number, (helper, work) in enumerate(self._waiting):
            if helper is not None and helper.cancel():
                done: Future[T] = Future()
                self._waiting[number] = done, work
                try:
                    done.set_result(work())
                except BaseException as error:
                    done.set_exception(error)
                return True
        return False

    def drop(self) -> None:
        """Wait for what was begun: it must not go on after the caller has left."""
        for helper, _ in self._waiting:
            if helper is not None and not helper.cancel():
                helper.exception()
        self._waiting.clear()


class _Pool:
    """The threads of this process. They end before a fork: threads do not survive one."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._threads = 0
        self._executor: ThreadPoolExecutor | None = None
        self._watches_forks = False

    def executor(self, threads: int) -> ThreadPoolExecutor:
        from concurrent.futures import ThreadPoolExecutor

        with self._lock:
            if self._executor is None or self._threads < threads:
                if self._executor is not None:
                    self._executor.shutdown(wait=False)
                self._executor = ThreadPoolExecutor(threads, thread_name_prefix="volio")
                self._threads = threads
            if not self._watches_forks and hasattr(os, "register_at_fork"):
                os.register_at_fork(before=self.stop, after_in_child=self._begin_again)
                self._watches_forks = True
            return self._executor

    def stop(self, wait: bool = True) -> None:
        """Let the threads end once they have done what was begun; others begin when needed."""
        with self._lock:
            executor = self._executor
            self._executor = None
        if executor is not None:
            executor.shutdown(wait)

    def _begin_again(self) -> None:
        self._lock = Lock()
        self._executor = None


_POOL = _Pool()


def _submit(work: Callable[[], object], threads: int | None = None) -> Future[Any] | None:
    """Give work to another thread; None where that cannot be, as when the interpreter ends."""
    try:
        wanted = options.threads - 1 if threads is None else threads
        return _POOL.executor(wanted).submit(keep_caller(work))
    except RuntimeError:
        return None
    except BaseException:
        # Ctrl-C while a thread began: the executor may not know of it, and so never lets it end,
        # for which the interpreter would wait.
        _POOL.stop(wait=False)
        raise
