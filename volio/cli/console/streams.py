"""Standard input and output in place of files: what ``-`` stands for."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

from volio.errors import UsageError

__all__ = ["STREAM", "NamedBytes", "forget_input", "output_file", "standard_input", "write_output"]

#: The name of a file that stands for standard input or output.
STREAM = "-"


class NamedBytes(BytesIO):
    """Bytes as a file object with a name, for messages."""

    name = "standard input"


def standard_input() -> NamedBytes:
    """Return what is on standard input, from its beginning, as often as it is asked for."""
    return NamedBytes(_bytes_of_input())


@cache
def _bytes_of_input() -> bytes:
    stream = getattr(sys.stdin, "buffer", None)
    if stream is None:
        raise UsageError("-: there is no standard input")
    data: bytes = stream.read()
    return data


def forget_input() -> None:
    """Forget what was on standard input: another command may find something else there."""
    _bytes_of_input.cache_clear()


def write_output(data: bytes) -> None:
    """Write bytes to standard output, after the text that is there already."""
    stream = getattr(sys.stdout, "buffer", None)
    if stream is None:
        raise UsageError("-: standard output takes no bytes")
    sys.stdout.flush()
    stream.write(data)
    stream.flush()


@contextmanager
def output_file(target: str, ending: str) -> Iterator[str]:
    """Give the name of a file to write; for ``-`` its bytes go to standard output at the end.

    Parameters
    ----------
    target : str
    ending : str
        That the file has in place of standard output.
    """
    if target != STREAM:
        yield target
        return
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"output{ending}"
        yield str(path)
        write_output(path.read_bytes())
