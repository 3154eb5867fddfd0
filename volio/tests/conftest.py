"""Settings and fixtures shared by every test."""

from __future__ import annotations

import os
from pathlib import Path

import hypothesis
import matplotlib
import pytest

# Failing checks of the test kit show their values as tests do.
pytest.register_assert_rewrite("volio.testing.comparison", "volio.testing.conformance")

ROOT = Path(__file__).resolve().parents[2]

#: Where real files written by other programs lie, if they are there.
SHARED_DATA = Path(os.environ.get("VOLIO_TEST_DATA") or ROOT.parent / "shared" / "data")

matplotlib.use("Agg")

# Derandomized: a run finds the same examples each time, on every machine.
hypothesis.settings.register_profile(
    "volio",
    derandomize=True,
    deadline=None,
    max_examples=50,
    database=None,
    print_blob=True,
    suppress_health_check=[
        hypothesis.HealthCheck.function_scoped_fixture,
        hypothesis.HealthCheck.too_slow,
    ],
)
# `HYPOTHESIS_PROFILE=search` looks further, with new examples every time.
hypothesis.settings.register_profile(
    "search", parent=hypothesis.settings.get_profile("volio"), derandomize=False, max_examples=1000
)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "volio"))


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real files written by other programs."""
    if not SHARED_DATA.is_dir():
        pytest.skip(f"no folder {SHARED_DATA}: set VOLIO_TEST_DATA to run the tests on real files")
    return SHARED_DATA
