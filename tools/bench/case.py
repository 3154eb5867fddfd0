"""What a case is: the same work done in several ways, and what volio aims at."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

__all__ = [
    "Case",
    "Fast",
    "Held",
    "Lean",
    "Near",
    "Sample",
    "Small",
    "Target",
    "Verdict",
    "Way",
    "array_bytes",
    "array_digest",
    "file_size",
]

MIB = 1 << 20

#: ``way(files)`` imports and prepares, untimed, and returns the work that is timed.
Way = Callable[[Any], Callable[[], Any]]


@dataclass
class Sample:
    """What the processes that went one way measured; `error` where one of them failed."""

    seconds: list[float] = field(default_factory=list)
    memory: list[int] = field(default_factory=list)  # bytes at the peak, over those before
    digest: str = ""
    nbytes: int = 0  # of the result: of the array, or of the file that was written
    error: str = ""

    @property
    def typical(self) -> float:
        """The median time, in seconds."""
        return median(self.seconds)


Samples = Mapping[str, Sample]


@dataclass(frozen=True)
class Verdict:
    """A target beside what was measured; `reached` is None where nothing could be compared."""

    target: str
    found: str
    reached: bool | None


@dataclass(frozen=True)
class Fast:
    """So many times the speed of another way, or at most so many seconds."""

    than: str = ""
    times: float = 1.0
    seconds: float | None = None

    def judge(self, samples: Samples) -> Verdict:
        """Compare medians."""
        own = samples["volio"]
        if self.seconds is not None:
            target = f"at most {self.seconds * 1e3:g} ms"
            return Verdict(target, f"{own.typical * 1e3:.1f} ms", own.typical <= self.seconds)
        target = f"at least {self.times:.3g}x {self.than}"
        if (other := _of(samples, self.than)) is None:
            return Verdict(target, "not measured", None)
        ratio = other.typical / own.typical
        return Verdict(target, f"{ratio:.2f}x", ratio >= self.times)


@dataclass(frozen=True)
class Near:
    """At most so many times the time of another way, and some seconds more: for small files."""

    than: str
    times: float
    extra: float

    def judge(self, samples: Samples) -> Verdict:
        """Compare medians."""
        own = samples["volio"].typical
        target = f"at most {self.times:.3g}x the time of {self.than} + {self.extra * 1e3:g} ms"
        if (other := _of(samples, self.than)) is None:
            return Verdict(target, "not measured", None)
        found = f"{own * 1e3:.2f} ms beside {other.typical * 1e3:.2f}"
        return Verdict(target, found, own <= self.times * other.typical + self.extra)


@dataclass(frozen=True)
class Lean:
    """At most so many bytes of memory more than the result takes."""

    extra: int = 16 * MIB

    def judge(self, samples: Samples) -> Verdict:
        """Compare the peak of volio's processes with the size of the result."""
        own = samples["volio"]
        beyond = median(own.memory) - own.nbytes
        target = f"memory: result + {self.extra // MIB} MiB"
        return Verdict(target, f"result {beyond / MIB:+.1f} MiB", beyond <= self.extra)


@dataclass(frozen=True)
class Held:
    """At most so many bytes of memory, whatever the result takes: for what goes through blocks."""

    most: int

    def judge(self, samples: Samples) -> Verdict:
        """Compare the peak of volio's processes."""
        found = median(samples["volio"].memory)
        target = f"memory: at most {self.most / MIB:.0f} MiB"
        return Verdict(target, f"{found / MIB:.1f} MiB", found <= self.most)


@dataclass(frozen=True)
class Small:
    """A file that is no larger than what another way writes, or than so many times that."""

    than: str
    times: float = 1.0

    def judge(self, samples: Samples) -> Verdict:
        """Compare the sizes of the files."""
        target = f"file at most {self.times:.3g} of {self.than}'s"
        if (other := _of(samples, self.than)) is None:
            return Verdict(target, "not measured", None)
        ratio = samples["volio"].nbytes / other.nbytes
        return Verdict(target, f"{ratio:.3f} of it", ratio <= self.times)


Target = Fast | Held | Near | Lean | Small


def _of(samples: Samples, way: str) -> Sample | None:
    sample = samples.get(way)
    return sample if sample is not None and sample.seconds and not sample.error else None


def array_digest(result: Any, dtype: Any = None) -> str:
    """Return a checksum of an array's values, whatever the order of its axes in memory."""
    import hashlib

    array = np.asarray(result, dtype)
    array = array.astype(array.dtype.newbyteorder("<"), copy=False)
    found = hashlib.sha256(f"{array.shape}".encode())
    for last in range(array.shape[-1]) if array.ndim else ():
        found.update(array[..., last].tobytes(order="F"))
    return found.hexdigest()[:16]


def array_bytes(result: Any) -> int:
    """Return the bytes that an array takes."""
    return int(np.asarray(result).nbytes)


@dataclass(frozen=True)
class Case:
    """One row of the table.

    Parameters
    ----------
    name : str
        As for ``--case``.
    title : str
        What is done, and what is warm.
    ways : mapping of str to callable
        Name of a library (or of another way to do it) to `Way`; 'volio' is among them.
    targets : tuple of Target
    digest : callable
        ``digest(result)`` must be the same for all ways.
    size : callable
        ``size(result)`` in bytes.
    dtype : dtype-like, optional
        To which results are cast before their values are compared.
    """

    name: str
    title: str
    ways: Mapping[str, Way]
    targets: tuple[Target, ...] = ()
    digest: Callable[..., str] = array_digest
    size: Callable[[Any], int] = array_bytes
    dtype: Any = None

    def checksum(self, result: Any) -> str:
        """Return what must be the same for all ways."""
        return self.digest(result) if self.dtype is None else self.digest(result, self.dtype)


def file_size(path: Any) -> int:
    """Return the size of a file that was written."""
    return Path(path).stat().st_size
