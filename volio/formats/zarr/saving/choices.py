"""Choices: what a user may choose when a multiscale is saved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from volio.arrays.saving.pyramid import MOST_LEVELS
from volio.errors import UsageError
from volio.files.codecs.presets import Compression, Levels, chosen_level

__all__ = ["LEVELS", "VERSIONS", "Choices"]

VERSIONS = ("0.4", "0.5", "0.6")
LEVELS = Levels(0, 22, fast=1, balanced=5, small=12)


@dataclass(frozen=True)
class Choices:
    """What a user may choose when a multiscale is saved.

    Parameters
    ----------
    version : {"0.4", "0.5", "0.6"}
        Of OME-Zarr.
    chunks, shards : (int, int, int), optional
        x, y, z.
    levels : int or "auto"
        Resolutions at most; 0 for an array alone, which keeps nothing else.
    labels : bool, optional
        Whether values are labels, which are not averaged (default: what the header says).
    compression : {"fast", "balanced", "small"} or int, optional
    """

    version: str = "0.5"
    chunks: Sequence[int] | None = None
    shards: Sequence[int] | None = None
    levels: int | str = "auto"
    labels: bool | None = None
    compression: Compression = None

    def check(self) -> None:
        """Refuse choices that make no sense.

        Raises
        ------
        UsageError
        """
        if self.version not in VERSIONS:
            raise UsageError(f"version: must be one of {list(VERSIONS)}, got {self.version!r}")
        for name in ("chunks", "shards"):
            _check_three(name, getattr(self, name))
        if self.levels != "auto" and self.levels not in range(MOST_LEVELS + 1):
            raise UsageError(f"levels: must be 'auto' or 0 to {MOST_LEVELS}, got {self.levels!r}")
        if self.shards is not None and self.version == "0.4":
            raise UsageError("shards: OME-Zarr 0.4 has none; version='0.5' has")
        chosen_level("zstd", LEVELS, self.compression)


def _check_three(name: str, value: Sequence[int] | None) -> None:
    if value is None:
        return
    if len(value) != 3 or any(not isinstance(n, int) or n < 1 for n in value):
        raise UsageError(f"{name}: must be three integers of 1 or more (x, y, z), got {value!r}")
