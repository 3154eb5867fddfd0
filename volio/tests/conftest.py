"""Settings and fixtures shared by every test."""

from __future__ import annotations

import gc
import os
from collections.abc import Generator
from pathlib import Path

import hypothesis
import matplotlib
import pytest

from volio.tests.requirements import REAL_FILES, require

# Hooks, which pytest looks for here.
from volio.tests.skips import (  # noqa: F401
    pytest_addoption,
    pytest_configure,
    pytest_runtest_setup,
    pytest_sessionfinish,
    pytest_terminal_summary,
)

# Failing checks of the test kit show their values as tests do.
pytest.register_assert_rewrite("volio.testing.comparison", "volio.testing.conformance")

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


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Refuse names of tests that hold an address: processes of one run would not agree on them."""
    for item in items:
        if " at 0x" in item.nodeid:
            raise pytest.UsageError(f"{item.nodeid}: is named by an object; give it an id")


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Search for garbage neither while tests are collected nor, later, among them.

    They stay until the end, and looking through all of them again and again takes long.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real files written by other programs."""
    require("real files")
    return REAL_FILES
