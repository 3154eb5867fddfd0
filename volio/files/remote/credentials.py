"""Credentials: headers that only the server they are for may see."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from typing import Any

from volio.errors import UsageTypeError

__all__ = ["NO_CREDENTIAL", "Credential", "basic_credential", "credential_of", "token_credential"]


class Credential:
    """Headers that say who asks; they are never shown.

    Parameters
    ----------
    name : str
        What they are, for messages: ``"token"``, ``"auth of the mirror"``.
    headers : mapping of str
    """

    def __init__(self, name: str, headers: Mapping[str, str]) -> None:
        self.name = name
        self.headers = dict(headers)

    def __bool__(self) -> bool:
        return bool(self.headers)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Credential) and self.headers == other.headers

    def __hash__(self) -> int:
        return hash(tuple(self.headers.items()))

    def __repr__(self) -> str:
        return f"Credential({self.name!r})"


NO_CREDENTIAL = Credential("no credentials", {})


def basic_credential(user: str, password: str, name: str = "user and password") -> Credential:
    """Return the credential of a user and password (RFC 7617)."""
    pair = b64encode(f"{user}:{password}".encode()).decode("ascii")
    return Credential(name, {"Authorization": f"Basic {pair}"})


def token_credential(token: str, name: str = "token") -> Credential:
    """Return the credential of a token of CATMAID.

    A server behind a proxy with passwords of its own needs ``Authorization`` for these.
    """
    return Credential(name, {"X-Authorization": f"Token {token}"})


class _Prepared:
    """What an authentication of requests adds its headers to."""

    def __init__(self) -> None:
        self.headers: dict[str, str] = {}


def credential_of(auth: Any, name: str = "auth") -> Credential:
    """Return the credential of what users give as ``auth``.

    Parameters
    ----------
    auth : None, Credential, (user, password), or callable
        A callable adds headers to a request, as the authentications of requests do.
    name : str
        For messages.

    Raises
    ------
    UsageTypeError
        If it is something else.
    """
    if auth is None:
        return NO_CREDENTIAL
    if isinstance(auth, Credential):
        return auth
    if isinstance(auth, (tuple, list)) and [type(each) for each in auth] == [str, str]:
        user, password = auth
        return basic_credential(user, password, name)
    if callable(auth):
        request = _Prepared()
        auth(request)
        return Credential(name, {key: _text(value) for key, value in request.headers.items()})
    raise UsageTypeError(
        f"{name}: must be (user, password) or a callable that adds headers to a request, got "
        f"{type(auth).__name__}"
    )


def _text(value: object) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)
