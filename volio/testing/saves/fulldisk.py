"""Saves to a disk that fills up, at every stage of a save.

``python -m volio.testing.saves.fulldisk [FOLDER [NAME ...]]`` runs every trial, or those of some
names or kinds (``surface``), in a folder of a small file system; with "" for the folder, the size
of a file is limited instead (RLIMIT_FSIZE). Prints the figures as JSON.
"""

from __future__ import annotations

import errno
import json
import os
import signal
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from volio.errors import VolioError
from volio.images.kinds import KINDS
from volio.testing.saves.trials import SMALL_SHEETS, Trial, trials

__all__ = ["fill_disk", "limit_files", "main"]

STEPS = (0, 1, 300, 4 << 10, 40 << 10, 150 << 10, 500 << 10, 900 << 10, 1000 << 10, 4 << 20)


def fill_disk(trial: Trial) -> Counter[str]:
    """Save with less and less room left on the disk of a trial, which must be a small one.

    Parameters
    ----------
    trial : Trial
        Prepared.

    Returns
    -------
    Counter
        'refused' and 'saved'; after each the file is complete and nothing is left next to it.

    Raises
    ------
    AssertionError
        If a file is damaged or something is left next to it.
    """
    ballast = trial.path.parent.parent / "ballast"

    @contextmanager
    def room(free: int) -> Iterator[None]:
        status = os.statvfs(ballast.parent)
        with ballast.open("wb") as stream:
            os.posix_fallocate(stream.fileno(), 0, max(1, status.f_bavail * status.f_frsize - free))
        try:
            yield
        finally:
            ballast.unlink()

    return _refused_and_saved(trial, room, errno.ENOSPC)


def limit_files(trial: Trial) -> Counter[str]:
    """Save while files may not grow beyond a limit, with one limit after the other.

    Parameters
    ----------
    trial : Trial
        Prepared.

    Returns
    -------
    Counter
        As for `fill_disk`.

    Raises
    ------
    AssertionError
        As for `fill_disk`.
    """
    import resource

    before = resource.getrlimit(resource.RLIMIT_FSIZE)

    @contextmanager
    def limit(free: int) -> Iterator[None]:
        handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (free, before[1]))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
            signal.signal(signal.SIGXFSZ, handler)

    return _refused_and_saved(trial, limit, errno.EFBIG)


def _refused_and_saved(
    trial: Trial, room: Callable[[int], AbstractContextManager[None]], code: int
) -> Counter[str]:
    tally = Counter[str]()
    for number, free in enumerate(STEPS):
        before = trial.found()
        refused = _save(trial, number, room(free))
        tally["saved" if refused is None else "refused"] += 1
        if refused is not None:
            assert code in _error_numbers(refused), f"{trial.name}: {refused!r}"
            assert trial.found() == before, f"{trial.name}: changed by a save that failed"
        assert trial.state() == "complete", f"{trial.name}: the two files do not go together"
        assert trial.remains() == [], f"{trial.name}: {trial.remains()} are left next to it"
    return tally


def _save(trial: Trial, number: int, room: AbstractContextManager[None]) -> BaseException | None:
    """Save where there is little room; return what the save raised, None for nothing."""
    try:
        with room:
            trial.save(number)
    except (OSError, VolioError) as error:
        return error
    return None


def _error_numbers(error: BaseException) -> list[int | None]:
    """Return the error numbers of an error and of its cause, where they have one."""
    return [getattr(each, "errno", None) for each in (error, error.__cause__)]


def main(folder: str = "", *names: str) -> Counter[str]:
    """Run every trial, or those of some names; return the figures of all.

    Parameters
    ----------
    folder : str
        Of a small file system; "" to limit the size of files instead.
    *names : str
        Names of trials, as `volio.testing.saves.trials.trials` gives them, or kinds of images.
    """
    kinds = set(names) & set(KINDS)
    wanted = set(names) - kinds
    tally = Counter[str]()
    with TemporaryDirectory(dir=folder or None) as place:
        for trial in trials(Path(place), kinds=kinds or KINDS, sheets=SMALL_SHEETS):
            if wanted and trial.name not in wanted:
                continue
            trial.prepare()
            tally.update(fill_disk(trial) if folder else limit_files(trial))
            tally["trials"] += 1
            trial.remove()
    return tally


if __name__ == "__main__":
    print(json.dumps(main(*sys.argv[1:])))
