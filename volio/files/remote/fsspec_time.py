"""File systems of fsspec: how long they may take, and their errors as volio's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from threading import Thread
from typing import Any, TypeVar

from volio.errors import MissingFileError, RemoteError, VolioError
from volio.files.remote.rules import current_rules

__all__ = ["FsspecTime", "errors_of_fsspec"]

T = TypeVar("T")


class FsspecTime:
    """How long requests to a file system may take: what `volio.options` has at this moment.

    Their own client makes them, tries them again and follows redirects. Nothing can end one: where
    it takes too long its thread is left behind, which ends with the process at the latest.
    """

    def __init__(self) -> None:
        self._rules = current_rules()

    def limited(self, act: Callable[..., T], *args: Any, **named: Any) -> T:
        """Call something; wait for it as long as a request, and what it is part of, may take.

        Raises
        ------
        TimeoutError
            If it takes longer.
        """
        limits = {
            "request_timeout": self._rules.request_timeout,
            "total_timeout": self._rules.seconds_left(),
        }
        given = {name: left for name, left in limits.items() if left is not None}
        if not given:
            return act(*args, **named)
        shortest = min(given, key=lambda name: given[name])
        answer: Future[T] = Future()
        if given[shortest] > 0:
            Thread(target=_answer, args=(answer, act, args, named), daemon=True).start()
        try:
            return answer.result(max(0.0, given[shortest]))
        except TimeoutError:
            if answer.done():  # the error is that of the file system
                raise
            seconds = getattr(self._rules, shortest)
            raise TimeoutError(f"no answer in {shortest}, {seconds:g} s") from None


def _answer(
    answer: Future[T], act: Callable[..., T], args: tuple[Any, ...], named: dict[str, Any]
) -> None:
    try:
        answer.set_result(act(*args, **named))
    except BaseException as error:
        answer.set_exception(error)


@contextmanager
def errors_of_fsspec(name: str) -> Iterator[None]:
    """Turn errors of file systems, which may be any, into volio's, with the name of the file."""
    try:
        yield
    except (VolioError, MemoryError):
        raise
    except (FileNotFoundError, NotADirectoryError) as error:
        raise MissingFileError(f"{name}: no such file") from error
    except Exception as error:
        raise RemoteError(f"{name}: {type(error).__name__}: {error}") from error
