"""The file that is being read: errors, warnings and log records about its content name it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from volio.caller import warn_caller
from volio.errors import DamagedFileError, HeaderError, ImageDataError, LimitError, SpaceError
from volio.files.sources.source import ByteSource
from volio.files.sources.store import Store

__all__ = ["errors_name", "warn_of_content", "with_file_name"]

# Of this thread or asyncio task; None where nothing is read.
_FILE_NAME: ContextVar[str | None] = ContextVar("volio_file_name", default=None)


@contextmanager
def errors_name(source: ByteSource | Store) -> Iterator[None]:
    """Put the name of a file before messages of errors about its content, in a ``with`` statement.

    So do `with_file_name` and `warn_of_content` inside.
    """
    before = _FILE_NAME.set(source.name)
    try:
        yield
    except (DamagedFileError, HeaderError, ImageDataError, LimitError, SpaceError) as error:
        message = with_file_name(str(error))
        if message == str(error):
            raise
        named = type(error)(message)
        vars(named).update(vars(error))
        raise named from error
    finally:
        _FILE_NAME.reset(before)


def with_file_name(message: str) -> str:
    """Return a message with the name of the file that is being read before it, if there is one."""
    name = _FILE_NAME.get()
    if name is None or message.startswith(f"{name}: "):
        return message
    return f"{name}: {message}"


def warn_of_content(message: str, category: type[Warning]) -> None:
    """Warn the caller of what the file that is being read holds, by its name."""
    warn_caller(with_file_name(message), category)
