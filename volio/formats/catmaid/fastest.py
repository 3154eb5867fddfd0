"""Which mirror of a stack answers fastest."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from volio.errors import UsageError, VolioError
from volio.files.remote.credentials import Credential, credential_of
from volio.files.remote.http import HTTPRequest, ask
from volio.files.remote.rules import AccessRules, current_rules
from volio.formats.catmaid.decode import TileForm, decode_tile
from volio.formats.catmaid.mirrors import LARGEST_BODY, StackMirror
from volio.threads import in_parallel

if TYPE_CHECKING:
    from volio.formats.catmaid.info import Stack

__all__ = ["fastest_mirror"]

AT_ONCE = 64  # mirrors that are asked at the same time

#: Returns what is sent to a mirror with a request for an address.
CredentialFor = Callable[[StackMirror, str], Credential]


class _Timing(NamedTuple):
    """How a mirror did.

    Attributes
    ----------
    seconds : float
        For a tile, or for a pixel.
    problem : str
        Why it cannot be used; "" where it can.
    """

    seconds: float = 0.0
    problem: str = ""


def fastest_mirror(
    stack: Stack,
    timeout: float = 1,
    reps: int = 1,
    normalise_by_tile_size: bool = True,
    credential_for: CredentialFor | None = None,
    rules: AccessRules | None = None,
) -> StackMirror:
    """Return the mirror that gives the tile at the canary location fastest.

    All are asked at the same time, first once to open a connection, which does not count.

    Parameters
    ----------
    stack : Stack
    timeout : float, optional
        Seconds without a byte after which a mirror is not usable.
    reps : int, optional
        How often each is asked.
    normalise_by_tile_size : bool, optional
        Whether the time for a pixel counts, not that for a tile.
    credential_for : callable, optional
        Returns what is sent with requests (default: the auth of the mirror).
    rules : AccessRules, optional
        How long requests may take in all, and where they may be redirected to (default: those of
        `volio.options`).

    Raises
    ------
    UsageError
        If none answers with a tile of its size; the message says why of each. Or if `reps` is
        below 1.
    """
    if reps < 1:
        raise UsageError(f"reps: must be 1 or more, got {reps}")
    if not stack.mirrors:
        raise UsageError("the stack has no mirrors")
    timings: dict[StackMirror, _Timing] = {}
    asked_with = _Asking(credential_for or _own_auth, timeout, rules or current_rules())

    def measure(mirror: StackMirror) -> None:
        test = _MirrorTest(stack, mirror, asked_with)
        timings[mirror] = test.timing(reps, per_pixel=normalise_by_tile_size)

    in_parallel(measure, stack.mirrors, min(len(stack.mirrors), AT_ONCE))
    return _best(stack.mirrors, timings)


def _best(mirrors: list[StackMirror], timings: dict[StackMirror, _Timing]) -> StackMirror:
    usable = [mirror for mirror in mirrors if not timings[mirror].problem]
    if not usable:
        problems = [f"{each.described()}: {timings[each].problem}" for each in mirrors]
        raise UsageError(f"no mirror of the stack can be used: {'; '.join(problems)}")
    return min(usable, key=lambda mirror: timings[mirror].seconds)


def _own_auth(mirror: StackMirror, url: str) -> Credential:
    return credential_of(mirror.auth, "the auth of the mirror")


class _Asking(NamedTuple):
    """How mirrors are asked."""

    credential_for: CredentialFor
    timeout: float
    rules: AccessRules


class _MirrorTest:
    """Asks a mirror for the tile at the canary location of its stack."""

    def __init__(self, stack: Stack, mirror: StackMirror, asking: _Asking) -> None:
        self._stack = stack
        self._mirror = mirror
        self._asking = asking

    def timing(self, reps: int, *, per_pixel: bool) -> _Timing:
        try:
            self._fetch_and_check()
            start = time.perf_counter()
            for _ in range(reps):
                self._fetch()
            seconds = (time.perf_counter() - start) / reps
        except VolioError as error:
            return _Timing(problem=str(error))
        pixels = self._mirror.tile_height * self._mirror.tile_width
        return _Timing(seconds / pixels if per_pixel else seconds)

    def _fetch_and_check(self) -> None:
        """Ask for the tile, which must be one of the mirror's size."""
        shape = (self._mirror.tile_height, self._mirror.tile_width)
        if self._mirror.is_transposed(self._stack.tile_orientation):
            shape = shape[::-1]
        decode_tile(self._fetch(), TileForm(shape, [shape]))

    def _fetch(self) -> bytes:
        tile, _ = self._mirror.get_tile_index(self._stack.canary_location)
        url = self._mirror.generate_url(tile, self._stack.tile_orientation)
        credential = self._asking.credential_for(self._mirror, url)
        request = HTTPRequest(
            url,
            timeout=self._asking.timeout,
            credential=credential,
            largest=LARGEST_BODY,
            allow_private=self._mirror.allow_private,
            rules=self._asking.rules,
        )
        with ask(request) as answer:
            return b"".join(answer.pieces)
