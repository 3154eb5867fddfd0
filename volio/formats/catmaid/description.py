"""Descriptions of stacks: asked of a server, or read from a file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from volio.errors import CorruptFileError, FileHolderError, HeaderDataError, RemoteMissingError
from volio.files.filemap import FileHolder
from volio.files.opener import open_source
from volio.files.remote.connections import TimeLimits
from volio.files.remote.http import HTTPRequest, ask, retried
from volio.formats.catmaid.credentials import TileAccess
from volio.formats.containers.documents import LARGEST, Document, parse_document

__all__ = ["StackAddress", "read_description", "stack_address"]

ADDRESS = re.compile(
    r"(?:catmaid\+)?(?P<server>https?://.+?)/(?P<pid>[0-9]{1,18})/stack/(?P<sid>[0-9]{1,18})(?:/info)?/?",
    re.IGNORECASE,
)
WHOLE_TRY = 60.0  # seconds; a server may have to look things up


class StackAddress(NamedTuple):
    """Where a stack is.

    Attributes
    ----------
    server : str
        Address of the CATMAID server.
    pid, sid : int
        Numbers of the project and the stack.
    """

    server: str
    pid: int
    sid: int

    @property
    def info_url(self) -> str:
        """Where its description is."""
        return f"{self.server}/{self.pid}/stack/{self.sid}/info"


def stack_address(name: object) -> StackAddress | None:
    """Return where a stack is by its address; None where it is not one.

    Parameters
    ----------
    name : str
        ``catmaid+https://host/catmaid/1/stack/5``, also without ``catmaid+``.
    """
    found = ADDRESS.fullmatch(name) if isinstance(name, str) else None
    return found and StackAddress(found["server"], int(found["pid"]), int(found["sid"]))


def read_description(
    file_map: Mapping[str, FileHolder],
    access: TileAccess,
    timeout: float,
    *,
    allow_private: bool = False,
) -> Document:
    """Return what a server says of a stack, or what was saved of that.

    Parameters
    ----------
    file_map : mapping
        'image' to the `FileHolder` of the address or file.
    access : TileAccess
        What is sent to the server.
    timeout : float
        Seconds without a byte after which a try has failed.
    allow_private : bool, optional
        Let the server send on to a private network though it is not in one.

    Raises
    ------
    RemoteMissingError
        If the server has no such stack.
    RemoteError, ImageFileError
        If it cannot be had.
    CorruptFileError
        If the server sends something else.
    HeaderDataError, LimitError
        If a file is not such a description, or is too large.
    """
    if "image" not in file_map:
        raise FileHolderError(f"file_map: has no 'image', only {sorted(file_map)}")
    holder = file_map["image"]
    address = stack_address(holder.filename)
    if address is not None and holder.fileobj is None:
        url = address.info_url
        request = HTTPRequest(
            url,
            timeout=timeout,
            limits=TimeLimits(whole=WHOLE_TRY, rate=0.0),
            credential=access.to_server(url),
            largest=LARGEST,
            allow_private=allow_private,
        )
        return _asked(request)
    source = open_source(holder)
    return parse_document(source.read_upto(0, LARGEST + 1), source.name)


def _asked(request: HTTPRequest) -> Document:
    url = request.url

    def once(request: HTTPRequest) -> bytes:
        with ask(request) as answer:
            return b"".join(answer.pieces)

    data = retried(once, request)
    try:
        found = parse_document(data, url)
    except HeaderDataError as error:
        begin = data[:40].decode("ascii", "replace")
        raise CorruptFileError(
            f"{url}: the server sent something else than JSON, which begins {begin!r}"
        ) from error
    if "error" in found:
        # CATMAID gives errors with the status of success.
        raise RemoteMissingError(f"{url}: the server says: {found['error']!s:.300}")
    return found
