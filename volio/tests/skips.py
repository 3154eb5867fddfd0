"""Skip tests where something that they require is missing, and report it: hooks of pytest."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import pytest

from volio.tests.requirements import PREFIX, REQUIREMENTS, require


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--complete``."""
    parser.addoption(
        "--complete",
        action="store_true",
        help="fail if a test was skipped for want of something that .ci/run installs",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Describe the mark."""
    config.addinivalue_line("markers", "requires(*names): things of volio/tests/requirements.py")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a test whose marks name something that is missing, before its fixtures are made."""
    for mark in item.iter_markers("requires"):
        require(*mark.args)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Let a complete run fail if it was not."""
    if _missing_in_ci(session.config):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Report what was missing, how many tests were skipped for it, and what to do."""
    lines = report_of(_missing(config))
    if lines:
        terminalreporter.section("skipped for want of")
        terminalreporter.write("\n".join([*lines, ""]))
    names = _missing_in_ci(config)
    if names:
        terminalreporter.write_line(
            f"FAILED: a complete run skips no test for want of {', '.join(names)}", red=True
        )


def missing_in(messages: Iterable[str]) -> dict[str, list[str]]:
    """Return the reasons that skipped tests gave, by the requirement that was missing."""
    found = defaultdict[str, list[str]](list)
    for message in messages:
        _, prefix, rest = message.partition(PREFIX)
        name, _, reason = rest.partition(": ")
        if prefix and name in REQUIREMENTS:
            found[name].append(reason)
    return dict(found)


def report_of(missing: dict[str, list[str]]) -> list[str]:
    """Return a line for each requirement that was missing, those of the most tests first."""
    names = sorted(missing, key=lambda name: -len(missing[name]))
    return [
        f"{name}: {len(missing[name])} skipped ({missing[name][0]}); {REQUIREMENTS[name].remedy}"
        for name in names
    ]


def _missing(config: pytest.Config) -> dict[str, list[str]]:
    """Return what was missing in this run; nothing in a process that only runs tests for it."""
    reporter = config.pluginmanager.getplugin("terminalreporter")
    skipped = reporter.stats.get("skipped", []) if reporter else []
    return missing_in(str(report.longrepr[2]) for report in skipped)


def _missing_in_ci(config: pytest.Config) -> list[str]:
    """Return the names of what was missing although the run has to be complete."""
    if not config.getoption("complete", default=False):
        return []
    return [name for name in _missing(config) if REQUIREMENTS[name].in_ci]
