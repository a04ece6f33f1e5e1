"""A real browser on a real site: the demonstration as `make demo` runs it, on its own folder.

Every page that a test visits is watched: a console error, a request to another host or an axe
violation fails the test.
"""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default as default_policy
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Error, Locator, Page

from tests.helpers.browser import violations
from tests.helpers.waiting import wait_until


ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "demo-ilo-2026"


@dataclass(frozen=True)
class Site:
    """The running demonstration: its address, its folder, its command line."""

    url: str
    data_url: str
    var: Path
    environment: dict[str, str]

    def manage(self, *arguments: str) -> str:
        """Run a management command on the site and return what it prints."""
        run = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
        )
        assert run.returncode == 0, run.stderr[-3000:]
        return run.stdout

    def messages_to(self, address: str) -> list[EmailMessage]:
        """What was mailed to an address so far, oldest first.

        Two mails of one second may share a file: Django names it by the second and an address in
        memory that may serve again.
        """
        files = sorted((self.var / "mail").glob("*"), key=lambda path: path.stat().st_mtime_ns)
        texts = [text for path in files for text in path.read_bytes().split(b"-" * 79)]
        messages = [message_from_bytes(text.lstrip(), policy=default_policy) for text in texts]
        return [message for message in messages if message["To"] == address]

    def mails_to(self, address: str) -> list[str]:
        """Subjects of what was mailed to an address so far."""
        return [message["Subject"].strip() for message in self.messages_to(address)]

    def link_to(self, address: str, path: str, about: str = "") -> str:
        """The latest link below `path` that was mailed to an address; waits for the mail.

        `about` is what that mail also names, where another test may have caused one since.
        """

        def latest() -> str | None:
            texts = [m.get_body(("plain",)).get_content() for m in self.messages_to(address)]
            text = "\n".join(text for text in texts if about in " ".join(text.split()))
            found = re.findall(re.escape(self.url + path) + r"\S+", text)
            return found[-1] if found else None

        return wait_until(latest, f"a mail to {address} with a link below {path}", seconds=90)


def two_free_ports() -> int:
    """A port that is free, and so is the next one.

    Each run looks in its own order: two that begin at once would find the same ones free.
    """
    for port in range(18400 + os.getpid() % 200 * 2, 18900, 2):
        with socket.socket() as first, socket.socket() as second:
            try:
                first.bind(("127.0.0.1", port))
                second.bind(("127.0.0.1", port + 1))
            except OSError:
                continue
            return port
    raise RuntimeError("No free port.")


def answers(url: str) -> bool:
    """Whether a server answers there, whatever it says."""
    try:
        urllib.request.urlopen(url, timeout=5)  # noqa: S310  a loopback address of this test
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


@pytest.fixture(scope="session")
def site(tmp_path_factory, empty_database) -> Iterator[Site]:
    """The demonstration, loaded by the real pipelines and served by the real processes."""
    var = tmp_path_factory.mktemp("demo")
    port = two_free_ports()
    environment = os.environ | {
        "VAR_DIR": str(var),
        "PORT": str(port),
        "DJANGO_SETTINGS_MODULE": "config.settings.dev",
        "DATABASE_URL": f"sqlite:///{var / 'ilo.sqlite3'}",
    }
    environment.pop("HUEY_URL", None)
    site = Site(f"http://127.0.0.1:{port}", f"http://127.0.0.1:{port + 1}/data/", var, environment)
    shutil.copyfile(empty_database, var / "ilo.sqlite3")
    for command in (["load_demo"], ["publish_reports"]):
        site.manage(*command)
    with (var / "serve.log").open("w", encoding="utf-8") as log:
        server = subprocess.Popen(
            [sys.executable, "manage.py", "serve"],
            cwd=ROOT,
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            wait_until(lambda: answers(f"{site.url}/compte/connexion/"), "the site", seconds=60)
            wait_until(lambda: answers(site.data_url), "the reports", seconds=60)
            yield site
        finally:
            server.terminate()
            server.wait(timeout=40)


#: Says of a page that something was clicked that leads away from it; a download leaves it there.
MARK_LEAVING = """addEventListener("beforeunload", () => {
    window.isLeft = true;
    setTimeout(() => { window.isLeft = false; }, 5000);
})"""
ARRIVED = "!window.isLeft && document.readyState === 'complete'"
#: Waits for what moves on the page, two seconds at most.
SETTLED = """() => Promise.race([
    Promise.allSettled(document.getAnimations().map((animation) => animation.finished)),
    new Promise((resolve) => setTimeout(resolve, 2000)),
]).then(() => null)"""


@dataclass
class Visitor:
    """One person's browser window. `check` runs after each step of a walk."""

    page: Page
    site: Site
    pictures: Path | None
    complaints: list[str]

    def open(self, path: str) -> None:
        """Go to a page of the site."""
        self.page.goto(path if path.startswith("http") else self.site.url + path)

    def sign_in(self, email: str) -> None:
        """Sign in by the form."""
        self.open("/compte/connexion/")
        self.page.get_by_label("Adresse électronique").fill(email)
        self.page.get_by_label("Mot de passe").fill(PASSWORD)
        self.page.get_by_role("button", name="Se connecter").click()

    def tab_to(self, control: Locator) -> None:
        """Reach a control by the Tab key alone, and see that its focus shows."""
        control.wait_for()
        for _ in range(400):
            self.page.keyboard.press("Tab")
            if control.evaluate("element => element === document.activeElement"):
                break
        else:
            raise AssertionError(f"The Tab key never reaches {control}.")
        outline = control.evaluate("element => getComputedStyle(element).outlineStyle")
        assert outline != "none", f"{control} shows no focus"

    def arrive(self) -> None:
        """Wait until the page to which the last click leads, or else this one, is there whole."""

        def is_there() -> bool:
            try:
                return self.page.evaluate(ARRIVED)
            except Error:  # one page was left, and the next has not begun
                return False

        wait_until(is_there, "the page")

    def check(self, name: str) -> None:
        """No axe violation on this page, at 1280 and at 390 px; pictures of both if asked for."""
        self.arrive()
        for width in (390, 1280):
            self.page.set_viewport_size({"width": width, "height": 900})
            # A message still fading in has the contrast of neither its start nor its end.
            self.page.evaluate(SETTLED)
            if self.pictures:
                self.page.screenshot(path=self.pictures / f"{name}-{width}.png", full_page=True)
            wide = self.page.evaluate("document.documentElement.scrollWidth")
            assert wide <= width, f"{name}: {wide} px of content in a window of {width} px"
            found = violations(self.page)
            assert not found, f"{name} at {width} px: {json.dumps(found, indent=1)}"
        dashes = self.page.locator("option", has_text="---------").count()
        assert not dashes, f"{name}: nothing chosen is dashes instead of words"
        assert not self.complaints, self.complaints


@pytest.fixture
def visit(browser: Browser, site: Site) -> Iterator:
    """Open windows for people: `visit()` returns a Visitor with its own cookies.

    PICTURES names the folder for a picture of each page that is checked.
    """
    pictures = Path(os.environ["PICTURES"]) if "PICTURES" in os.environ else None
    if pictures:
        pictures.mkdir(parents=True, exist_ok=True)
    contexts = []

    def _visit(**options) -> Visitor:
        context = browser.new_context(
            locale="fr-FR", timezone_id="Europe/Paris", reduced_motion="reduce", **options
        )
        context.add_init_script(MARK_LEAVING)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(15_000)
        visitor = Visitor(page, site, pictures, [])
        page.on("console", lambda line: note_error(visitor, line))
        page.on("pageerror", lambda error: visitor.complaints.append(f"script: {error}"))
        page.on("request", lambda request: note_foreign(visitor, request.url))
        return visitor

    yield _visit
    for context in contexts:
        context.close()


def note_error(visitor: Visitor, line) -> None:
    """Remember an error of the console, save that a refusal answers as it should.

    A sandboxed preview refuses MARK_LEAVING, as it refuses every script.
    """
    expected = r"status of (409|410|422)|Blocked script execution in 'about:srcdoc'"
    if line.type == "error" and not re.search(expected, line.text):
        visitor.complaints.append(f"console: {line.text}")


def note_foreign(visitor: Visitor, url: str) -> None:
    """Remember a request that leaves the host."""
    if urlsplit(url).scheme in {"http", "https"} and urlsplit(url).hostname != "127.0.0.1":
        visitor.complaints.append(f"another host: {url}")
