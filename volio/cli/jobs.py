"""Conversions, one after the other or several at once; one that fails does not stop the others."""

from __future__ import annotations

import argparse
import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor, as_completed
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

from volio.cli.console.progress import Progress
from volio.cli.console.reporting import Reporter
from volio.cli.console.signals import ENDING, Terminated, end_in_order
from volio.cli.console.streams import STREAM
from volio.cli.console.table import printable
from volio.cli.options.load_options import load_image
from volio.cli.options.saving import save_choices, save_image
from volio.errors import UsageError
from volio.files.names import expanded
from volio.images.kinds import check_kind, kind_of
from volio.progress import draw_nothing, watched
from volio.settings import options as settings

__all__ = ["Job", "JobResult", "run_jobs"]


#: Signals that end a job. In a process of its own those that it began with as ignored are left out.
_heeded = {signal.SIGINT, *ENDING}
#: How processes begin: as copies of this one where that is safe, which is soonest. Python 3.14
#: would have a server begin them there, which outlives the command when a signal ends that.
_START = "fork" if sys.platform == "linux" else None


class Job(NamedTuple):
    """A file to read and a file to write."""

    source: str
    target: str


class JobResult(NamedTuple):
    """How a job ended, and the messages about it."""

    job: Job
    failed: bool
    lines: list[str]


def run_jobs(jobs: Sequence[Job], options: argparse.Namespace, reporter: Reporter) -> None:
    """Convert files, one after the other or several at once.

    Parameters
    ----------
    jobs : sequence of Job
    options : Namespace
        Of ``volio-convert``.
    reporter : Reporter
        Whose program reports problems, and which remembers failures.
    """
    if options.out_dir:
        for folder in {Path(expanded(job.target)).parent for job in jobs}:
            folder.mkdir(parents=True, exist_ok=True)
    work = partial(_work, options=options, program=reporter.program, debug=reporter.debug)
    workers = min(options.jobs or os.cpu_count() or 1, len(jobs))
    with Progress(len(jobs)) as progress:
        results = map(work, jobs) if workers < 2 else _in_parallel(work, jobs, workers)
        with watched(progress.watch if workers < 2 else None):
            for result in results:
                reporter.failed |= result.failed
                _report(result, progress, options)


def _report(result: JobResult, progress: Progress, options: argparse.Namespace) -> None:
    """Print the messages about a job, and when asked to what was done."""
    for line in result.lines:
        progress.print_line(line)
    source, target = result.job
    progress.step(target)
    if options.verbose and not result.failed and target != STREAM:
        progress.print_text(printable(f"{source} -> {target}"))


def _work(job: Job, options: argparse.Namespace, program: str, debug: bool) -> JobResult:
    """Do one job; what goes wrong is in what it returns."""
    lines: list[str] = []
    reporter = Reporter(program, debug, lines.append)
    changed = {"durable": False} if options.no_sync else {}
    with settings(**changed), reporter.watching(), reporter.for_file(job.source):
        _convert(job, options, reporter)
    return JobResult(job, reporter.failed, lines)


def _convert(job: Job, options: argparse.Namespace, reporter: Reporter) -> None:
    img = load_image(job.source, options, reporter)
    if options.part:
        img = _part(img, options.part)
    if options.roi is not None:
        check_kind(img, "volume", "--roi")
        img = img.roi(options.roi, options.space or "voxel")
    if options.orient:
        from volio.ops.orient import reorient

        check_kind(img, "volume", "--orient")
        img = reorient(img, options.orient)
    if options.subsample is not None:
        check_kind(img, "tracts", "--subsample")
        img = img.subsample(options.subsample, options.seed)
    choices = save_choices(options)
    save_image(img, job.target, options.dtype, options.format, options.compression, **choices)


def _part(img: Any, name: str) -> Any:
    """Return a part of greyordinates: a hemisphere, the volume, or a structure.

    Raises
    ------
    UsageError
        If it has none of that name.
    """
    check_kind(img, "greyordinates", "--part")
    found = getattr(img, name) if name in ("left", "right", "volume") else img[name]
    if kind_of(found) is None:
        raise UsageError(f"--part: {name} is a row or a column of values, not a structure")
    return found


def _in_parallel(
    work: Callable[[Job], JobResult], jobs: Sequence[Job], workers: int
) -> Iterator[JobResult]:
    """Do jobs in processes of their own; yield the results as they come."""
    context = multiprocessing.get_context(_START)
    pool = ProcessPoolExecutor(workers, context, _begin_worker)
    try:
        under_way = {_submitted(pool, partial(_interruptible, work), job): job for job in jobs}
        for future in as_completed(under_way):
            yield _result_of(future, under_way[future], work)
    except Terminated as ended:  # which came to this process alone; Ctrl-C comes to all of them
        _interrupt_workers(ended.number)
        raise
    finally:
        pool.shutdown(cancel_futures=True)


def _submitted(pool: Executor, work: Callable[[Job], JobResult], job: Job) -> Future[JobResult]:
    """Hand a job to a pool; one whose process has ended with an earlier job refuses it."""
    try:
        return pool.submit(work, job)
    except BrokenExecutor as error:
        refused: Future[JobResult] = Future()
        refused.set_exception(error)
        return refused


def _interrupt_workers(number: int) -> None:
    """Let the jobs of other processes end by the signal that has ended this one."""
    for worker in multiprocessing.active_children():
        if worker.pid is not None:
            with suppress(ProcessLookupError):  # it has just ended
                os.kill(worker.pid, number)


def _result_of(future: Future[JobResult], job: Job, work: Any) -> JobResult:
    if future.exception() is None:
        return future.result()
    program = work.keywords["program"]
    line = f"{program}: {job.source}: its process ended ({future.exception()}); try a smaller -j"
    return JobResult(job, True, [line])


def _begin_worker() -> None:
    draw_nothing()
    # What is ignored stays so: SIGHUP under nohup, SIGINT in the background of a script.
    for number in tuple(_heeded):
        if signal.getsignal(number) is signal.SIG_IGN:
            _heeded.discard(number)
    _set_handlers(_end_process)


def _set_handlers(handler: Callable[[int, Any], None]) -> None:
    """Let a function answer the signals that end a job."""
    for number in _heeded:
        signal.signal(number, handler)


def _end_process(number: int, frame: Any = None) -> NoReturn:
    """End a process that waits for a job, as the handler of a signal.

    It must end: where one of its processes was killed a pool ends the others by SIGTERM, and waits
    until they have ended.
    """
    os._exit(128 + number)


def _interruptible(work: Callable[[Job], JobResult], job: Job) -> JobResult:
    """Do a job that Ctrl-C and its like end in good order, with nothing left of the new file.

    Then the process ends, too.
    """
    try:
        _set_handlers(end_in_order)
        try:
            return work(job)
        finally:
            _set_handlers(_end_process)
    except Terminated as ended:
        _end_process(ended.number)
