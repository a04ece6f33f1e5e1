"""Debian's Chromium, one for the whole run, and axe."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import axe_playwright_python
import pytest
from playwright.sync_api import Browser, Page, sync_playwright


CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]
#: Only what is found leaves the browser: the report on all that passes took long to send.
FIND = """async (rules) => (await axe.run(document, {runOnly: rules})).violations.flatMap(
    (violation) => violation.nodes.map((node) => `${violation.id}: ${node.html.slice(0, 200)}`)
)"""


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A browser. Where none is installed the test is skipped on a laptop and fails in CI."""
    if CHROMIUM is None:
        message = "Chromium is not installed: apt-get install chromium"
        pytest.fail(message) if os.environ.get("CI") else pytest.skip(message)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


def violations(page: Page) -> list[str]:
    """What axe finds on a page: rule and element, one line each."""
    page.evaluate(AXE)  # each time: Wagtail's editors bring an axe of their own
    return page.evaluate(FIND, RULES)
