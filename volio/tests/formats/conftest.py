"""What tests of several formats need."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from volio.files.codecs import chunks, decoding


@pytest.fixture
def decoded_bytes(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Lengths of the pieces that are decoded from now on, in chunks and going forward."""
    lengths: list[int] = []
    for owner, name in ((chunks.ChunkReader, "_piece"), (decoding.DecodingReader, "_decode")):
        monkeypatch.setattr(owner, name, _noting(getattr(owner, name), lengths))
    return lengths


def _noting(call: Callable[..., bytes], lengths: list[int]) -> Callable[..., bytes]:
    def noted(*arguments: Any) -> bytes:
        piece = call(*arguments)
        lengths.append(len(piece))
        return piece

    return noted
