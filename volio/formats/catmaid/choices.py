"""TileChoices: how tiles are read."""

from __future__ import annotations

from dataclasses import dataclass, field

from volio.errors import UsageError
from volio.files.remote.rules import AccessRules, current_rules
from volio.formats.catmaid.decode import check_color

__all__ = ["TileChoices"]


@dataclass(frozen=True)
class TileChoices:
    """How tiles are read.

    Parameters
    ----------
    missing : {"fill", "error"}
        What becomes of tiles that are not there.
    missing_codes : tuple of int
        Answers that mean so.
    cval : float
        Value of what is not there, and where alpha is 0.
    color : {"gray", "rgb"}
        Colours become luminance, or are kept.
    failover : bool
        Whether the next mirror is asked where one fails.
    timeout : float
        Seconds without a byte after which the first try has failed; twice as long each time.
    cache_folder : str, optional
        Where tiles are kept on disk (default: ``volio.options.cache_folder``).
    rules : AccessRules
        How long servers may take, and whether they may redirect to another host (default: those
        of `volio.options`).

    Raises
    ------
    UsageError
        If there is no such choice.
    """

    missing: str = "fill"
    missing_codes: tuple[int, ...] = (404, 410)
    cval: float = 0
    color: str = "gray"
    failover: bool = False
    timeout: float = 10.0
    cache_folder: str | None = None
    rules: AccessRules = field(default_factory=current_rules)

    def __post_init__(self) -> None:
        if self.missing not in ("fill", "error"):
            raise UsageError(f"missing: must be 'fill' or 'error', got {self.missing!r:.60}")
        check_color(self.color)
        if not self.timeout > 0:
            raise UsageError(f"timeout: must be seconds above 0, got {self.timeout!r:.60}")
