"""Numbers of FreeSurfer's files."""

from __future__ import annotations

import pytest

from volio.files.sources.source import BytesSource
from volio.formats.containers.freesurfer.numbers import NumberReader

NUMBERS = (0, 1, 0x80, 0xFF00, 0x7FFFFF, 0x800000, 0xFFFFFF, 0x123456)


@pytest.mark.parametrize("shape", [(8,), (2, 4), (4, 2, 1), (0, 4)])
def test_integers_of_three_bytes_are_unsigned(shape: tuple[int, ...]):
    data = b"".join(number.to_bytes(3, "big") for number in NUMBERS)
    reader = NumberReader(BytesSource(data, "numbers"))
    found = reader.integers3(shape, "numbers")
    assert (found.shape, found.dtype.name, found.dtype.isnative) == (shape, "int32", True)
    assert found.ravel().tolist() == list(NUMBERS)[: found.size]
    assert reader.offset == 3 * found.size
    assert found.flags.writeable
