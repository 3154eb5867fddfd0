"""Saves that are killed at random moments, hundreds of them.

``python -m volio.testing.saves.kills NUMBER [SEED [EACH [KIND ...]]]`` prints the figures as JSON.
"""

from __future__ import annotations

import json
import os
import pickle
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NoReturn

from volio.images.kinds import KINDS
from volio.testing.saves.trials import Trial, trials

__all__ = ["kill_saves", "main"]


def kill_saves(under_trial: Sequence[Trial], kills: int, seed: int = 0) -> Counter[str]:
    """Kill processes that save, and look at what is left.

    Each process saves again and again, images in memory and the file over itself in turn, until
    it is killed (SIGKILL) at a random moment of its first saves. All work is done in forks of this
    process, which itself reads and writes nothing.

    Parameters
    ----------
    under_trial : sequence of Trial
        Taken in turn.
    kills : int
    seed : int, optional
        Of the moments.

    Returns
    -------
    Counter
        'kills'; 'complete' and 'between', see `Trial.state`; 'in a save' where a file of the
        killed save was next to the target; 'remains' files left after the next save.

    Raises
    ------
    AssertionError
        If a file is damaged; the message names the trial.
    """
    moments = random.Random(seed)
    tally = Counter[str]()
    lengths = []
    under_trial = under_trial[:kills]
    for trial in under_trial:
        assert trial.images  # made here, once for all forks
        trial.digests, trial.values, length = _forked(partial(_prepared, trial))
        lengths.append(length)
    for number in range(kills):
        which = number % len(lengths)
        trial = under_trial[which]
        length = lengths[which]
        _kill(trial, 3 * length * moments.random(), number)
        tally.update(_forked(partial(_judged, trial)))
    return tally


def _prepared(trial: Trial) -> tuple[list[dict[str, str]], list[str], float]:
    """Return the digests of a trial and of its values, and how many seconds a save takes."""
    trial.prepare()
    start = time.perf_counter()
    trial.save(0)
    return trial.digests, trial.values, time.perf_counter() - start


def _kill(trial: Trial, seconds: float, number: int) -> None:
    """Kill a process that saves, so long after its first save has begun."""
    ready, begin = os.pipe()
    child = os.fork()
    if not child:
        _save_until_killed(trial, number, begin)
    os.close(begin)
    try:
        os.read(ready, 1)
        time.sleep(seconds)
    finally:
        os.kill(child, signal.SIGKILL)
        os.close(ready)
        status = os.waitpid(child, 0)[1]
    if os.waitstatus_to_exitcode(status) != -signal.SIGKILL:
        raise AssertionError(f"{trial.name}: a save failed before it was killed")


def _save_until_killed(trial: Trial, number: int, begin: int) -> NoReturn:
    """Write a byte to a descriptor, then save again and again; in a forked process."""
    try:
        os.write(begin, b".")
        for turn in range(1, 1_000_000):
            trial.save(number + turn)
            trial.save_over_itself()
    finally:
        os._exit(1)


def _judged(trial: Trial) -> dict[str, int]:
    """Look at what a kill has left, and at what is left of that after another save."""
    left = trial.remains()
    found = {"kills": 1, trial.state(): 1, "in a save": int(bool(left))}
    trial.save(0)
    assert trial.state() == "complete", f"{trial.name}: the next save went wrong"
    kept = [name for name in trial.remains() if not name.endswith(".old.part")]
    trial.remove_remains()
    return {**found, "remains": len(kept)}


def _forked(work: Callable[[], Any]) -> Any:
    """Return what a function returns in a fork of this process."""
    result, send = os.pipe()
    child = os.fork()
    if not child:
        _answer(work, send)
    os.close(send)
    with os.fdopen(result, "rb") as stream:
        data = stream.read()
    os.waitpid(child, 0)
    found = pickle.loads(data)
    if isinstance(found, BaseException):
        raise found
    return found


def _answer(work: Callable[[], Any], send: int) -> NoReturn:
    """Write what a function returns or raises to a descriptor; in a forked process."""
    code = 1
    try:
        try:
            answer: Any = work()
        except BaseException as error:
            answer = error
        with os.fdopen(send, "wb") as stream:
            pickle.dump(answer, stream)
        code = 0
    finally:
        os._exit(code)


def main(
    kills: int, seed: int = 0, each: int = 1, *, kinds: Collection[str] = tuple(KINDS)
) -> Counter[str]:
    """Kill saves of every format that is written, and return the figures.

    Parameters
    ----------
    kills : int
    seed : int, optional
        Of the moments.
    each : int, optional
        2 takes every second trial, and so on.
    kinds : collection of str, optional
        Of images.
    """
    with TemporaryDirectory() as folder:
        return kill_saves(list(trials(Path(folder), kinds=kinds))[::each], kills, seed)


if __name__ == "__main__":
    print(json.dumps(main(*map(int, sys.argv[1:4]), kinds=sys.argv[4:] or tuple(KINDS))))
