"""`volio.stacks` as a name: what it exports, and what importing it brings."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from volio import stacks
from volio.stacks import _NAMES
from volio.tests.source_tree import PACKAGE, imported_names

PROBE = """
import json, sys, time
start = time.process_time()
import volio.stacks
seconds = time.process_time() - start
for name in volio.stacks.__all__:
    getattr(volio.stacks, name)
print(json.dumps([seconds, sorted(sys.modules)]))
"""
OPTIONAL = {"zarr", "tifffile", "h5py", "imagecodecs", "numcodecs", "dask", "scipy", "matplotlib"}


def test_importing_takes_no_time_and_no_optional_package():
    done = subprocess.run([sys.executable, "-c", PROBE], capture_output=True, text=True, check=True)
    seconds, modules = json.loads(done.stdout)
    assert seconds <= 0.2
    # Not even where every class has been looked at.
    assert OPTIONAL & set(modules) == set()
    assert "volio.stacks.lazy" in modules


def test_every_name_is_listed_and_is_there():
    assert stacks.__all__ == sorted(_NAMES)
    assert set(stacks.__all__) <= set(dir(stacks))
    for name in stacks.__all__:
        assert getattr(stacks, name).__name__ == name
    with pytest.raises(AttributeError, match=r"'volio.stacks' has no attribute 'Stack'"):
        _ = stacks.Stack


def test_editors_see_every_name():
    found = imported_names(PACKAGE / "stacks" / "__init__.py")
    assert found == {name: f"volio.stacks.{module}" for name, module in _NAMES.items()}
