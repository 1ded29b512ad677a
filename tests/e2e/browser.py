"""A headless Chromium, driven by playwright-core, and the pages it is shown."""

import asyncio
import functools
import http.server
import json
import pathlib
import subprocess
import threading

from waiting import DEADLINE

_HERE = pathlib.Path(__file__).parent


class PageServer:
    """Serves our page on a port that counts, because an origin names it."""

    class _Handler(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    def __init__(self, port):
        handler = functools.partial(self._Handler, directory=_HERE)
        try:
            self._server = http.server.ThreadingHTTPServer(
                ("127.0.0.1", port), handler)
        except OSError as error:
            raise AssertionError(
                f"port {port} is needed for the page of an allowed or foreign "
                f"origin: {error}; end what listens there") from None
        self.url = f"http://localhost:{port}/panel.html"
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    def stop(self):
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class Browser:
    """One Chromium, and the process in which playwright-core drives it."""

    def __init__(self):
        self._driver = subprocess.Popen(
            ["node", _HERE / "browser_driver" / "driver.js"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, **command):
        """Sends the driver a command; its answer. The driver has a deadline."""
        print(json.dumps(command), file=self._driver.stdin, flush=True)
        line = self._driver.stdout.readline()
        assert line, "the browser's driver has ended: see what it printed"
        return json.loads(line)

    def stop(self):
        """The driver ends the browser and itself when its input ends."""
        try:
            self._driver.communicate(timeout=2 * DEADLINE)
        finally:
            # Should the driver hang: Chromium ends when it loses its driver.
            self._driver.kill()
            self._driver.wait()


class PageError(Exception):
    """What the page's script has thrown."""


class Page:
    """What a browser shows now; its functions can be called."""

    def __init__(self, browser):
        self._browser = browser

    @classmethod
    async def open(cls, browser, url, daemon, token=None):
        """Shows our page and tells it which daemon to call."""
        page = cls(browser)
        await page._command(open=url)
        await page.run("use", daemon.http_url(""), token or daemon.token)
        return page

    async def _command(self, **command):
        answer = await asyncio.to_thread(self._browser.ask, **command)
        if "error" in answer:
            raise PageError(answer["error"])
        return answer.get("value")

    async def run(self, function, *arguments):
        """Calls a function of the page; what it returns, or resolves to."""
        return await self._command(
            evaluate=f"{function}({', '.join(map(json.dumps, arguments))})")

    async def call(self, method, path, *body):
        """A `fetch` of the page: status, headers (as far as the browser shows
        them) and the JSON body."""
        return await self.run("call", method, path, *body)
