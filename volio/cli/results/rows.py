"""One row of results for each file, whether work on it succeeds or fails."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from volio.cli.console.progress import Progress
from volio.cli.console.reporting import Reporter
from volio.cli.options.inputs import Input

__all__ = ["Row", "print_rows", "read_rows"]

#: Results of one file by name: always ``"file"``, and ``"error"`` where something failed.
Row = dict[str, Any]


def read_rows(
    inputs: Sequence[Input],
    read: Callable[[str, Row], None],
    reporter: Reporter,
    progress: Progress,
) -> Iterator[Row]:
    """Work on files one after the other.

    Parameters
    ----------
    inputs : sequence of Input
    read : callable
        ``read(path, row)`` adds results to the row of a file. What it has added before an error
        stays.
    reporter : Reporter
        Errors are reported; they end the work on their file only.
    progress : Progress

    Yields
    ------
    dict
        A row for each file, in their order.
    """
    reporter.write = progress.print_line
    for found in inputs:
        row: Row = {"file": found.path}
        with reporter.for_file(found.path) as outcome:
            found.check()
            read(found.path, row)
        if outcome.error is not None:
            row["error"] = outcome.error
        progress.step(found.name)
        yield row


def print_rows(
    inputs: Sequence[Input],
    read: Callable[[str, Row], None],
    reporter: Reporter,
    texts: Callable[[Iterator[Row]], Iterable[str]],
) -> None:
    """Work on files one after the other, and print what there is to print of each when it is done.

    Parameters
    ----------
    inputs, read, reporter
        As for `read_rows`.
    texts : callable
        Makes texts of rows, which come one after the other.
    """
    with Progress(len(inputs)) as progress:
        for text in texts(read_rows(inputs, read, reporter, progress)):
            progress.print_text(text)
