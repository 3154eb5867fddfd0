"""Formats of other packages, in the table of formats for the time of a test."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from volio.formats import lookup, table
from volio.formats.format import Format

__all__ = ["registered"]


@contextmanager
def registered(*formats: Format) -> Iterator[None]:
    """Put formats at the end of the table, and take them out at the end of the ``with`` block.

    `volio.load`, `volio.save`, the commands and the conformance suite then treat them as volio's
    own. The table is that of the process: tests that do this run one at a time.

    Parameters
    ----------
    *formats : Format
        With `module_name`, the full name of the module with their image classes.
    """
    before = table.FORMATS
    table.FORMATS = (*before, *formats)
    lookup.forget()
    try:
        yield
    finally:
        table.FORMATS = before
        lookup.forget()
