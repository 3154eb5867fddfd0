"""What tests of several formats need."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from volio.files.codecs import chunks, decoding
from volio.files.saving import folder


@pytest.fixture
def decoded_bytes(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Lengths of the pieces that are decoded from now on, in chunks and going forward."""
    lengths: list[int] = []
    decode = _noting(decoding.DecodingReader._decode, lengths)
    monkeypatch.setattr(decoding.DecodingReader, "_decode", decode)
    pieces = _noting_each(chunks.ChunkReader._pieces, lengths)
    monkeypatch.setattr(chunks.ChunkReader, "_pieces", pieces)
    return lengths


@pytest.fixture
def syncs(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How often a replaced folder waits for the disk from now on, which it does not do."""
    syncs: list[int] = []
    monkeypatch.setattr(folder.os, "sync", lambda: syncs.append(1), raising=False)
    return syncs


def _noting_each(
    call: Callable[..., Iterator[bytes]], lengths: list[int]
) -> Callable[..., Iterator[bytes]]:
    def noted(*arguments: Any) -> Iterator[bytes]:
        for piece in call(*arguments):
            lengths.append(len(piece))
            yield piece

    return noted


def _noting(call: Callable[..., bytes], lengths: list[int]) -> Callable[..., bytes]:
    def noted(*arguments: Any) -> bytes:
        piece = call(*arguments)
        lengths.append(len(piece))
        return piece

    return noted
