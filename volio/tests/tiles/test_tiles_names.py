"""`volio.tiles` as a name: what it exports, and what importing it brings."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from volio import tiles
from volio.tests.source_tree import PACKAGE, imported_names
from volio.tiles import _NAMES

PROBE = """
import json, sys, time
start = time.process_time()
import volio.tiles
seconds = time.process_time() - start
for name in volio.tiles.__all__:
    getattr(volio.tiles, name)
print(json.dumps([seconds, sorted(sys.modules)]))
"""
OPTIONAL = {"PIL", "urllib3", "requests", "tqdm", "dask", "scipy", "matplotlib", "IPython"}


def test_importing_takes_no_time_and_no_optional_package():
    done = subprocess.run([sys.executable, "-c", PROBE], capture_output=True, text=True, check=True)
    seconds, modules = json.loads(done.stdout)
    assert seconds <= 0.15
    # Not even where every class has been looked at.
    assert OPTIONAL & set(modules) == set()
    assert "volio.tiles.cache" in modules


def test_every_name_is_listed_and_is_there():
    assert tiles.__all__ == sorted(_NAMES)
    assert set(tiles.__all__) <= set(dir(tiles))
    for name in tiles.__all__:
        assert getattr(tiles, name).__name__ == name
    with pytest.raises(AttributeError, match=r"'volio.tiles' has no attribute 'Tile'"):
        _ = tiles.Tile


def test_editors_see_every_name():
    assert imported_names(PACKAGE / "tiles" / "__init__.py") == _NAMES
