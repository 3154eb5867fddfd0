"""How long servers may take and where they may lead, from the options when a file is opened."""

from __future__ import annotations

import time
from typing import NamedTuple

from volio.settings import options
from volio.threads import interruption

__all__ = ["AccessRules", "current_rules"]


class AccessRules(NamedTuple):
    """What holds for all requests for a file, whichever thread or process makes them.

    Attributes
    ----------
    request_timeout : float or None
        Seconds that a try of a request may take.
    total_timeout : float or None
        Seconds that loading, or one read, may take.
    allow_redirects : bool
        Whether a server may redirect requests to another host.
    """

    request_timeout: float | None = None
    total_timeout: float | None = None
    allow_redirects: bool = False

    def end(self) -> float | None:
        """Return when the work of this thread has to end, by `time.monotonic`; None for never."""
        return None if self.total_timeout is None else interruption().began + self.total_timeout

    def seconds_left(self) -> float | None:
        """Return how long the work of this thread may still take; None where nothing limits it."""
        end = self.end()
        return None if end is None else end - time.monotonic()


def current_rules() -> AccessRules:
    """Return what `volio.options` has now, or what `volio.load` was given."""
    return AccessRules(options.request_timeout, options.total_timeout, options.allow_redirects)
