"""Addresses of remote files, distinguished from paths."""

from __future__ import annotations

import re
from ipaddress import ip_address
from urllib.parse import quote, urlsplit, urlunsplit

from volio.errors import RemoteError

__all__ = [
    "is_address",
    "is_file_address",
    "is_fsspec_file",
    "is_private",
    "is_url",
    "quoted",
    "server_of",
    "without_user",
]

# A protocol, perhaps after others that wrap it: simplecache::s3://
ADDRESS = re.compile(r"[A-Za-z][\w+.-]+(::[A-Za-z][\w+.-]+)*://")

#: Addresses that are sent as they are, as nearly all of them: without user, fragment and quotes.
CLEAN = re.compile(r"https?://[a-z0-9.-]+(:[1-9]\d{0,4})?[/?][\w%/:?!$&'()*+,;=~|.-]*", re.ASCII)

#: Names that are never of the web, and what those of local networks end in.
LOCAL_NAMES = ("localhost", "localhost.localdomain")
LOCAL_ENDINGS = (".localhost", ".local", ".internal", ".lan", ".home.arpa")


def is_url(where: object) -> bool:
    """Return whether this is an http or https address."""
    return isinstance(where, str) and re.match(r"https?://", where, re.IGNORECASE) is not None


def is_address(where: object) -> bool:
    """Return whether this names a remote file: ``https://…``, ``s3://…``; not ``file://…``."""
    if not isinstance(where, str) or ADDRESS.match(where) is None:
        return False
    return not is_file_address(where)


def is_file_address(where: object) -> bool:
    """Return whether this is the address of a local file: ``file:///data/scan.nii``."""
    return isinstance(where, str) and where[:7].lower() == "file://"


def is_fsspec_file(where: object) -> bool:
    """Return whether this is what ``fsspec.open`` returns: a file that is not open yet."""
    if isinstance(where, str):
        return False
    return all(hasattr(where, name) for name in ("fs", "path", "open", "compression"))


def is_private(host: str) -> bool:
    """Return whether a host is this computer, or of a private network, by its name or number.

    Parameters
    ----------
    host : str
        As in an address; names are not looked up.
    """
    name = host.lower().rstrip(".").strip("[]")
    try:
        return not ip_address(name).is_global
    except ValueError:
        pass
    if name in LOCAL_NAMES or name.endswith(LOCAL_ENDINGS):
        return True
    # Numbers in other notations (2130706433, 0x7f.1) are read by resolvers as addresses too.
    last = name.rpartition(".")[2]
    return "." not in name or last.isdecimal() or last.startswith("0x")


def without_user(url: str) -> str:
    """Return an address without the user and password that it may have."""
    if "@" not in url:
        return url
    return re.sub(r"^(\w+://)[^/?#@]*@", r"\1", url)


def quoted(url: str) -> str:
    """Return an address without user, in the characters that a request may have.

    Raises
    ------
    RemoteError, ValueError
        If it is not one of http or https.
    """
    if CLEAN.fullmatch(url):
        return url
    if not is_url(url):
        raise RemoteError(f"{without_user(url)}: is not an http or https address")
    parts = urlsplit(without_user(url))
    if not parts.hostname or parts.port == 0:
        raise RemoteError(f"{without_user(url)}: names no server")
    safe = "%/:?#[]@!$&'()*+,;=~|"
    path = quote(parts.path, safe)
    query = quote(parts.query, safe)
    return urlunsplit((parts.scheme.lower(), parts.netloc, path, query, ""))


def server_of(url: str) -> tuple[str, str | None, int]:
    """Return what must be the same where a credential is sent on."""
    parts = urlsplit(url)
    default = 443 if parts.scheme == "https" else 80
    return parts.scheme, parts.hostname, parts.port or default
