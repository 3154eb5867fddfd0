"""Files about to be written: nothing is replaced that the user did not mean to replace."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

from volio.cli.console.streams import STREAM
from volio.cli.jobs import Job
from volio.cli.options.inputs import image_key
from volio.errors import UsageError
from volio.files.names import companion_names, expanded
from volio.formats.lookup import layouts
from volio.formats.parts import split_part
from volio.formats.targets import check_ending

__all__ = ["check_targets"]


def check_targets(jobs: Sequence[Job], force: bool) -> None:
    """Refuse to write over files, before anything is read.

    Parameters
    ----------
    jobs : sequence of Job
    force : bool
        Files that are there, the source among them, may be replaced.

    Raises
    ------
    FilenameError
        If a target has no ending.
    UsageError
        If two images would have the same name; if a file is there and `force` is False.
    """
    for job in jobs:
        if job.target != "-":
            check_ending(job.target)
    _check_collisions(jobs)
    if force:
        return
    for job in jobs:
        if job.target == STREAM:
            continue
        if _source_key(job) == image_key(job.target):
            raise UsageError(f"{job.target}: is the file to read; --force replaces it")
        for path in _files_of(expanded(job.target)):
            if os.path.lexists(path):
                raise UsageError(f"{path}: exists already; --force replaces it")


def _check_collisions(jobs: Sequence[Job]) -> None:
    sources: dict[str, str] = {}
    for job in jobs:
        other = sources.setdefault(image_key(job.target), job.source)
        if other != job.source:
            raise UsageError(
                f"{job.target}: {other} and {job.source} would both become this file; "
                "convert them into different folders"
            )
    for job in jobs:
        reader = sources.get(_source_key(job), job.source)
        if reader != job.source:
            raise UsageError(f"{job.source}: is to be read, but {reader} would be written over it")


def _source_key(job: Job) -> str:
    """Return the key of the file that is read, also where only a part of it is."""
    return image_key(split_part(job.source).name)


def _files_of(target: str) -> Iterator[str]:
    """Yield the names of all files that an image with this name could be written to."""
    yield target
    for _, layout in layouts():
        if len(layout.files) > 1 and layout.named_like(target):
            yield from companion_names(target, [(end, end) for end in layout.files]).values()
