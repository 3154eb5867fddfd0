"""Answers of servers as arrays, and futures: for scripts that fetch tiles themselves."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future
from typing import Any, Generic, Protocol, TypeVar, cast

from volio.arrays.dtypes import Array
from volio.formats.catmaid.decode import decode_image

__all__ = [
    "DummyResponse",
    "DummyTqdm",
    "as_future",
    "as_future_response",
    "response_to_array",
    "response_to_array_callback",
]

T = TypeVar("T")


class Response(Protocol):
    """The answer of a server, such as those of requests."""

    content: bytes

    def raise_for_status(self) -> object:
        """Raise an error unless the request succeeded."""


class DummyResponse:
    """A response that is an array already.

    Parameters
    ----------
    array : ndarray

    Examples
    --------
    >>> volio.tiles.DummyResponse(np.zeros((2, 3))).array.shape
    (2, 3)
    """

    def __init__(self, array: Array) -> None:
        self.array = array


class DummyTqdm(Generic[T]):
    """Goes through items as a bar of tqdm does, and draws nothing.

    Parameters
    ----------
    iterable : iterable
    *args, **kwargs
        Of tqdm; without effect.

    Examples
    --------
    >>> [item for item in volio.tiles.DummyTqdm("ab", desc="letters")]
    ['a', 'b']
    """

    def __init__(self, iterable: Iterable[T] = (), *args: object, **kwargs: object) -> None:
        self.iterable = iterable

    def __iter__(self) -> Iterator[T]:
        return iter(self.iterable)

    @staticmethod
    def write(s: str) -> None:
        """Write a text to standard output, without a new line.

        Parameters
        ----------
        s : str
        """
        sys.stdout.write(s)


def as_future(item: T | Future[T]) -> Future[T]:
    """Return something as a future that is done.

    Parameters
    ----------
    item : object
        A future stays itself.

    Returns
    -------
    concurrent.futures.Future

    Examples
    --------
    >>> volio.tiles.as_future(3).result()
    3
    """
    if isinstance(item, Future):
        return cast("Future[T]", item)
    done: Future[T] = Future()
    done.set_result(item)
    return done


def as_future_response(array: Array) -> Future[DummyResponse]:
    """Return an array as a future of a response that is done.

    Parameters
    ----------
    array : ndarray

    Returns
    -------
    concurrent.futures.Future
        Of a `DummyResponse`.

    Examples
    --------
    >>> volio.tiles.as_future_response(np.zeros((2, 3))).result().array.shape
    (2, 3)
    """
    return as_future(DummyResponse(array))


def response_to_array(response: Response, pil_kwargs: Mapping[str, Any] | None = None) -> Array:
    """Decode the image that a server sent, whatever it calls it.

    Parameters
    ----------
    response : object
        With ``content`` and ``raise_for_status()``, such as those of requests.
    pil_kwargs : mapping, optional
        Of Pillow's ``Image.convert``: ``{"mode": "RGB"}``. By default one channel: colours become
        luminance, 16 bits are kept.

    Returns
    -------
    ndarray
        Rows, columns, and channels where `pil_kwargs` keeps several.

    Raises
    ------
    CorruptFileError
        If it is not a PNG, JPEG, TIFF, WebP or GIF, or is damaged.
    LimitError
        If it has more than 16,384 rows or columns.
    UsageError
        If Pillow does not convert it so.

    Examples
    --------
    >>> import io
    >>> from PIL import Image
    >>> class Answer:
    ...     def __init__(self, pixels):
    ...         stream = io.BytesIO()
    ...         Image.fromarray(pixels).save(stream, "png")
    ...         self.content = stream.getvalue()
    ...
    ...     def raise_for_status(self):
    ...         pass
    >>> volio.tiles.response_to_array(Answer(np.arange(6, dtype="uint16").reshape(2, 3)))
    array([[0, 1, 2],
           [3, 4, 5]], dtype=uint16)
    """
    response.raise_for_status()
    return decode_image(response.content, pil_kwargs)


def response_to_array_callback(session: object, response: Any) -> None:
    """Decode the image of a response and store it there as ``response.array``.

    Parameters
    ----------
    session : object
        Of no use: sessions of requests_futures hand themselves over.
    response : object
        As for `response_to_array`.

    Raises
    ------
    CorruptFileError
        If it is not an image.

    Examples
    --------
    >>> import io
    >>> from types import SimpleNamespace
    >>> from PIL import Image
    >>> stream = io.BytesIO()
    >>> Image.new("L", (3, 2), 7).save(stream, "png")
    >>> answer = SimpleNamespace(content=stream.getvalue(), raise_for_status=lambda: None)
    >>> volio.tiles.response_to_array_callback(None, answer)
    >>> answer.array.tolist()
    [[7, 7, 7], [7, 7, 7]]
    """
    response.array = response_to_array(response)
