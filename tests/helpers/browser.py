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
#: Nothing is made of what passes, nor sent from the browser: that took longer than the rules.
FIND = """async (rules) => {
    const only = {runOnly: rules, resultTypes: ["violations"], selectors: false};
    const found = await axe.run(document, only);
    return found.violations.flatMap(
        (violation) => violation.nodes.map((node) => `${violation.id}: ${node.html.slice(0, 200)}`)
    );
}"""


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
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE)
    return page.evaluate(FIND, RULES)
