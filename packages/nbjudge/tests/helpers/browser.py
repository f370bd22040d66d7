"""A real browser without a window, and a server that notes who calls."""

import http.server
import os
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bs4 import BeautifulSoup

NAMES = ("chromium", "chromium-browser", "google-chrome")
BROWSER = next(filter(None, map(shutil.which, NAMES)), None)
# A page's timers run ahead of the clock for so long, but wait for answers from servers.
VIRTUAL_MILLISECONDS = 5000
OPTIONS = (
    "--headless",
    "--no-sandbox",  # root can't have one
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # As if there were no internet, wherever the tests run.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    f"--virtual-time-budget={VIRTUAL_MILLISECONDS}",
)


def open_page(url: str) -> BeautifulSoup:
    """Open a page as a person would, and take what became of it when its scripts have run."""
    return BeautifulSoup(_browse(url, "--dump-dom"), "html.parser")


def photograph(url: str, picture: Path) -> None:
    """Make a picture of a page."""
    _browse(url, f"--screenshot={picture}", "--window-size=1200,5000", "--hide-scrollbars")


def _browse(url: str, *options: str) -> str:
    with tempfile.TemporaryDirectory(prefix="browser-", ignore_cleanup_errors=True) as profile:
        done = subprocess.run(
            [BROWSER, *OPTIONS, f"--user-data-dir={profile}", *options, url],
            capture_output=True,
            text=True,
            timeout=300,
            env=os.environ | {"HOME": profile},
        )
    assert done.returncode == 0, done.stderr
    return done.stdout


class Beacon:
    """A server that notes the paths it is asked for.

    Attributes
    ----------
    url : str
        Its address, without a slash in the end.
    """

    def __init__(self, server: http.server.HTTPServer) -> None:
        self._heard: list[str] = server.heard
        self.url = f"http://127.0.0.1:{server.server_port}"

    def heard(self) -> set[str]:
        """What was called since this was last asked: the first parts of the paths."""
        heard = {path.split("?")[0].split("/")[1] for path in self._heard}
        self._heard.clear()
        return heard


class _Listen(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.server.heard.append(self.path)
        self.send_response(204)  # nothing to show, so that a page that sends the browser here stays
        self.send_header("Access-Control-Allow-Origin", "*")
        self.end_headers()

    do_POST = do_HEAD = do_OPTIONS = do_GET

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def beacon() -> Iterator[Beacon]:
    """Start a beacon, and stop it in the end."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Listen) as server:
        server.heard = []
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield Beacon(server)
        finally:
            server.shutdown()
            thread.join(60)
