"""Who asks for tiles: tokens and passwords, and which server may see them."""

from __future__ import annotations

import copy
import os
from typing import Any, TypeVar
from urllib.parse import urlsplit

from volio.errors import UsageError
from volio.files.remote.credentials import Credential, credential_of
from volio.formats.catmaid.info import ProjectStack, Stack
from volio.formats.catmaid.layouts import TileSourceType
from volio.formats.catmaid.mirrors import StackMirror

__all__ = ["TOKENS", "TileAccess", "without_auth", "without_credentials"]

StackLike = TypeVar("StackLike", bound=Stack)

#: Environment variable with tokens: ``host=token``, several with spaces between them.
TOKENS = "VOLIO_CATMAID_TOKEN"


class TileAccess:
    """What is sent with requests for tiles and descriptions.

    Parameters
    ----------
    token : str, optional
        Of the API of the CATMAID server. Default: that of the host in ``VOLIO_CATMAID_TOKEN``.
    auth : optional
        (user, password), or a callable that adds headers to a request.
    server : str, optional
        Address of the only server that token and auth are for; by default they are for every
        mirror. What a mirror has of its own is sent to it alone, and nothing else.
    is_pickled : bool, optional
        Whether they go along where this is pickled.
    """

    def __init__(
        self,
        token: str | None = None,
        auth: Any = None,
        server: str = "",
        *,
        is_pickled: bool = False,
    ) -> None:
        self.token = token
        self.auth = auth
        self.server = server
        self.is_pickled = is_pickled
        credential_of(auth)  # what is of no use is refused at once

    def to_server(self, url: str) -> Credential:
        """Return what is sent to the CATMAID server, or to a mirror without auth of its own.

        Parameters
        ----------
        url : str
            What is asked for.
        """
        return self._credential(url, "X-Authorization")

    def to_mirror(self, mirror: StackMirror, url: str) -> Credential:
        """Return what is sent with the request for a tile.

        Parameters
        ----------
        mirror : StackMirror
        url : str
            Address of the tile.
        """
        if mirror.auth is not None:
            return credential_of(mirror.auth, "the auth of the mirror")
        is_boss = mirror.tile_source_type == TileSourceType.BOSS
        return self._credential(url, "Authorization" if is_boss else "X-Authorization")

    def _credential(self, url: str, token_header: str) -> Credential:
        is_meant = not self.server or _host(url) == _host(self.server)
        given = credential_of(self.auth) if is_meant else credential_of(None)
        token = self.token if is_meant else None
        if token is None:  # the environment names the host that it is for
            token = _tokens().get(_host(url)[1])
        if token is None:
            return given
        name = f"token and {given.name}" if given else "token"
        return Credential(name, given.headers | {token_header: f"Token {token}"})

    def __getstate__(self) -> dict[str, Any]:
        kept = {} if self.is_pickled else {"token": None, "auth": None}
        return self.__dict__ | kept


def _host(url: str) -> tuple[str, str]:
    """Return the scheme of an address, and its host with the port."""
    parts = urlsplit(url.removeprefix("catmaid+"))
    return parts.scheme, parts.netloc.rpartition("@")[2].lower()


def _tokens() -> dict[str, str]:
    """Return the tokens of the environment, by host.

    Raises
    ------
    UsageError
        If the variable is not as it must be; the message does not show it.
    """
    pairs = [each.partition("=") for each in os.environ.get(TOKENS, "").split()]
    if not all(host and token for host, _, token in pairs):
        raise UsageError(
            f"environment variable {TOKENS}: must have host=token, a space between two"
        )
    return {host.lower(): token for host, _, token in pairs}


def without_auth(mirror: StackMirror) -> StackMirror:
    """Return a copy of a mirror that may go to other processes."""
    new = copy.copy(mirror)
    new.auth = None
    return new


def without_credentials(stack: StackLike) -> StackLike:
    """Return a copy of a stack that may go to other processes.

    Parameters
    ----------
    stack : Stack
    """
    new = copy.copy(stack)
    new.mirrors = [without_auth(mirror) for mirror in stack.mirrors]
    if isinstance(new, ProjectStack) and isinstance(new.info.get("mirrors"), list):
        mirrors = [
            {key: value for key, value in each.items() if key != "auth"}
            for each in new.info["mirrors"]
        ]
        new.info = {**new.info, "mirrors": mirrors}
    return new
