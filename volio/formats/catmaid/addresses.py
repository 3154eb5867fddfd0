"""Where the description of a stack may lead: not from the web into a private network."""

from __future__ import annotations

from urllib.parse import urljoin, urlsplit

from volio.errors import HeaderDataError
from volio.files.remote.addresses import is_private

__all__ = ["checked_image_base"]


def checked_image_base(image_base: str, server: str, *, allow_private: bool = False) -> str:
    """Return the complete image base of a mirror, if the server may name it.

    Parameters
    ----------
    image_base : str
        As the server has it; without a host it is one of the server's own.
    server : str
        Address of the server, which may be followed by ``/``.
    allow_private : bool, optional

    Raises
    ------
    HeaderDataError
        If it is not an http or https address, or is of a private network and the server is not.
    """
    try:
        base = urljoin(f"{server.rstrip('/')}/", image_base)
        parts = urlsplit(base)
        host = parts.hostname
    except ValueError as error:
        raise HeaderDataError(f"image_base: {image_base!r:.200}: {error}") from None
    if parts.scheme.lower() not in ("http", "https") or not host:
        raise HeaderDataError(
            f"image_base: must be an http or https address, got {image_base!r:.200}"
        )
    if is_private(host) and not is_private(urlsplit(server).hostname or "") and not allow_private:
        raise HeaderDataError(
            f"image_base: {image_base!r:.200} leads into a private network, and {server} is not "
            "in one; if that is meant: allow_private=True"
        )
    return base
