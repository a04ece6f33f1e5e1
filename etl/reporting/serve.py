"""How Datasette is started. The process manager publishes first when there is no snapshot yet.

Datasette reads from its environment:
- `DATA_COOKIE_KEY`: the key of the signed cookie, settings.DATA_COOKIE_KEY;
- `BASE_URL`: where the platform is, settings.BASE_URL: people without cookie are sent there.
"""

import sys

from django.conf import settings


def command(port: int, *, host: str = "127.0.0.1") -> list[str]:
    """The command line that serves the snapshot at http://host:port/data/.

    The configuration directory comes first and the snapshot is opened immutable: the plugin
    `snapshot` reopens it whenever a publication has put another file in its place.
    """
    folder = str(settings.BASE_DIR / "datasette")
    snapshot = str(settings.SNAPSHOT_PATH)
    address = ["--host", host, "--port", str(port)]
    return [sys.executable, "-m", "datasette", "serve", folder, "-i", snapshot, *address]


def environment() -> dict[str, str]:
    """The variables that Datasette needs beside the process's own."""
    return {"DATA_COOKIE_KEY": settings.DATA_COOKIE_KEY, "BASE_URL": settings.BASE_URL}
