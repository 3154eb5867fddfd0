"""Files over HTTP."""

from __future__ import annotations

import re
import time

from volio.errors import RemoteError

__all__ = ["fetch", "is_url"]

TIMEOUT = 30.0  # seconds without a byte
WAITS = (0.5, 2.0, 5.0)  # seconds before the second, third and fourth try

# Named here so that tests do not wait.
sleep = time.sleep


def is_url(where: object) -> bool:
    """Tell whether this is an http or https address."""
    return isinstance(where, str) and re.match(r"https?://", where, re.IGNORECASE) is not None


def fetch(url: str, timeout: float = TIMEOUT) -> bytes:
    """Return the bytes at an http or https address.

    Failed connections, incomplete answers, and answers that ask to come back (429 and 5xx) are
    tried again, four times in all.

    Parameters
    ----------
    url : str
    timeout : float, optional
        Seconds without a byte after which a try has failed.

    Raises
    ------
    RemoteError
        With the address and the server's answer.
    """
    if not is_url(url):
        raise RemoteError(f"{url}: is not an http or https address")
    for wait in WAITS:
        try:
            return _fetch_once(url, timeout)
        except _TryAgain:
            sleep(wait)
    return _fetch_once(url, timeout)


class _TryAgain(RemoteError):
    """A failure that may pass."""


def _fetch_once(url: str, timeout: float) -> bytes:
    # Most programs never come here, and these take longer to import than the rest of volio.
    import http.client
    import urllib.error
    import urllib.request

    try:
        request = urllib.request.Request(url, headers={"User-Agent": "volio"})
        with urllib.request.urlopen(request, timeout=timeout) as answer:
            data: bytes = answer.read()
            return data
    except urllib.error.HTTPError as error:
        error.close()
        kind = _TryAgain if error.code == 429 or error.code >= 500 else RemoteError
        raise kind(f"{url}: the server answered {error.code} {error.reason}") from None
    except (OSError, http.client.HTTPException) as error:  # URLError is an OSError
        raise _TryAgain(f"{url}: {getattr(error, 'reason', error)!s}") from error
    except ValueError as error:
        raise RemoteError(f"{url}: {error}") from None
