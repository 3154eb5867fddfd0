import subprocess
import sys

import numpy as np
import pytest

from volio.files.saving import atomic
from volio.files.sources.source import BytesSource
from volio.testing import faults

DATA = bytes(range(256)) * 4


def test_a_call_fails_once_and_is_put_back():
    replace = atomic.replace
    with faults.failing_call(atomic, "replace", 2) as failing:
        failing.call = lambda: "done"
        assert atomic.replace() == "done"
        with pytest.raises(OSError, match="No space left"):
            atomic.replace()
        assert atomic.replace() == "done"
    assert failing.count == 3
    assert atomic.replace is replace


def test_a_counting_source_counts():
    source = faults.CountingSource(BytesSource(DATA))
    assert source.read(5, 10) == DATA[5:15]
    assert source.read_upto(1020, 10) == DATA[1020:]
    assert (source.count, source.opened, source.closed) == (14, 2, 2)
    assert source.size() == source.most() == len(DATA)


def test_a_failing_source_fails_at_one_read():
    source = faults.FailingSource(BytesSource(DATA), n=2)
    assert source.read(0, 3) == DATA[:3]
    with pytest.raises(OSError, match="Input/output"):
        source.read(3, 3)
    assert source.read(3, 3) == DATA[3:6]


def test_cuts_are_shorter_and_reach_everywhere():
    lengths = [len(cut) for cut in faults.cut_short(DATA, header=100)]
    assert lengths == sorted(set(lengths))
    assert {0, 99, 100, 101, len(DATA) - 1} <= set(lengths)
    assert max(np.diff(lengths)) < 100
    assert all(DATA.startswith(cut) for cut in faults.cut_short(DATA, header=5000))


def test_flipped_bits_are_few_and_in_the_beginning():
    for damaged in faults.bits_flipped(DATA, upto=50, times=40):
        assert damaged[50:] == DATA[50:]
        bits = np.unpackbits(np.frombuffer(damaged, "u1") ^ np.frombuffer(DATA, "u1"))
        assert bits.sum() <= 4
    again = [list(faults.bits_flipped(DATA, 50, 5, seed)) for seed in (1, 1, 2)]
    assert again[0] == again[1] != again[2]


def test_every_field_meets_its_extremes():
    record = np.zeros((), [("number", "<i2"), ("sizes", "<f4", (3,)), ("text", "S4")])
    found = [
        np.frombuffer(block, record.dtype)[0] for _, block in faults.fields_at_extremes(record)
    ]
    assert {-32768, -1, 0, 32767} <= {int(one["number"]) for one in found}
    assert any(np.isnan(one["sizes"]).all() for one in found)
    assert any(np.isnan(one["sizes"]).sum() == 1 for one in found)
    assert b"\xff" * 4 in {bytes(one["text"]) for one in found}
    assert record == np.zeros((), record.dtype)


@pytest.mark.parametrize("name", ["faults", "samples", "comparison", "conformance", "phantom"])
def test_the_kit_needs_no_test_packages(name):
    code = (
        f"import sys, volio.testing.{name}\n"
        "sys.exit(any(n in sys.modules for n in ('pytest', 'hypothesis', 'nibabel')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
