"""The browser that the tests here share; they are skipped where there is none."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.browser.chromium import NAMES, Page, browser, find_chromium


@pytest.fixture(scope="session")
def _browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    program = find_chromium()
    if program is None:
        pytest.skip(f"there is no browser: none of {', '.join(NAMES)} is on PATH")
    with browser(program, tmp_path_factory.mktemp("browser")) as page:
        yield page


@pytest.fixture
def page(_browser: Page) -> Page:
    """A page of the browser, with a light colour scheme."""
    light = [{"name": "prefers-color-scheme", "value": "light"}]
    _browser.call("Emulation.setEmulatedMedia", features=light)
    return _browser
