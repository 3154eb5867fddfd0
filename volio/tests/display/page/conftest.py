"""A browser for the tests of pages."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from volio.tests.display.browser import Browser, chromium
from volio.tests.requirements import require


@pytest.fixture(scope="package")
def browser(tmp_path_factory) -> Iterator[Browser]:
    require("chromium")
    browser = Browser(chromium(), tmp_path_factory.mktemp("profile"))
    yield browser
    browser.close()
