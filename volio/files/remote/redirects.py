"""Where a server may not send on to unless it was asked for."""

from __future__ import annotations

from urllib.parse import urlsplit

from volio.errors import RemoteError
from volio.files.remote.addresses import is_private, is_url, server_of

__all__ = ["check_leads_outside", "check_same_host"]


def check_leads_outside(name: str, before: str, url: str) -> None:
    """Refuse to be sent from the web into a private network, where only its users may ask."""
    host = urlsplit(url).hostname or ""
    if host and is_private(host) and not is_private(urlsplit(before).hostname or ""):
        raise RemoteError(
            f"{name}: the server sends on to {host!r:.200}, which is in a private network, "
            "and is not in one itself; if that is meant, give that address"
        )


def check_same_host(name: str, before: str, url: str) -> None:
    """Refuse to be redirected to another host, or from https to http."""
    if not is_url(url):  # which is another error
        return
    scheme, host, port = server_of(before)
    new_scheme, new_host, new_port = server_of(url)
    is_secured = (scheme, port, new_scheme, new_port) == ("http", 80, "https", 443)
    if host == new_host and (is_secured or (scheme, port) == (new_scheme, new_port)):
        return
    raise RemoteError(
        f"{name}: {scheme}://{host}:{port} redirects to {new_scheme}://{new_host}:{new_port}"
        "; to follow it: allow_redirects=True of volio.load or volio.options, or "
        "VOLIO_ALLOW_REDIRECTS=1"
    )
