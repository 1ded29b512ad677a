"""A headless Chromium, driven through its DevTools protocol, and the pages it
is shown."""

import functools
import http.server
import itertools
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import threading
import time

import websockets

from waiting import DEADLINE, eventually, within

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
    """One Chromium with a profile of its own."""

    _FLAGS = ["--headless", "--remote-debugging-port=0", "--disable-gpu",
              "--disable-dev-shm-usage", "--disable-background-networking",
              "--disable-component-update", "--disable-sync", "--no-first-run",
              "--no-proxy-server",
              "--host-resolver-rules=MAP localhost 127.0.0.1"]

    def __init__(self):
        self._profile = pathlib.Path(
            tempfile.mkdtemp(prefix="bridgekeeper-browser-"))
        flags = list(self._FLAGS)
        # Its sandbox does not work for root, who runs tests in containers.
        if os.geteuid() == 0:
            flags.append("--no-sandbox")
        # Should this process be killed, so is the browser.
        command = ["setpriv", "--pdeathsig", "KILL", "chromium", *flags,
                   f"--user-data-dir={self._profile}", "about:blank"]
        with open(self._profile / "stderr.log", "wb") as log:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                stderr=log, start_new_session=True)
        try:
            self.url = self._await_url()
        except BaseException:
            self.stop()
            raise

    def _await_url(self):
        """It writes down where it listens: a port and a path, a line each."""
        place = self._profile / "DevToolsActivePort"
        end = time.monotonic() + 2 * DEADLINE
        while True:
            lines = place.read_text().split() if place.exists() else []
            if len(lines) == 2:
                return f"ws://127.0.0.1:{lines[0]}{lines[1]}"
            if self._process.poll() is not None or time.monotonic() > end:
                log = (self._profile / "stderr.log").read_text()
                raise AssertionError(f"no browser started: {log[-2000:]}")
            time.sleep(0.01)

    def stop(self):
        """With all its processes; they are a session of their own."""
        try:
            os.killpg(self._process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self._process.wait()
        shutil.rmtree(self._profile, ignore_errors=True)


class PageError(Exception):
    """What the page's script has thrown."""


class Page:
    """A page in a tab of its own; its functions can be called."""

    def __init__(self, socket):
        self._socket = socket
        self._numbers = itertools.count(1)
        self._session = None

    @classmethod
    async def open(cls, browser, url, daemon, token=None):
        """Shows our page and tells it which daemon to call."""
        page = cls(await websockets.connect(
            browser.url, max_size=None, ping_interval=None))
        tab = await page._command("Target.createTarget", url=url)
        attached = await page._command("Target.attachToTarget", flatten=True,
                                       targetId=tab["targetId"])
        page._session = attached["sessionId"]

        async def is_loaded():
            return await page._evaluate("document.readyState === 'complete' "
                                        "&& typeof use === 'function'")
        await eventually(is_loaded, f"{url} is shown")
        await page.run("use", daemon.http_url(""), token or daemon.token)
        return page

    async def _command(self, method, **parameters):
        """One command at a time; what is reported meanwhile is nobody's."""
        number = next(self._numbers)
        command = {"id": number, "method": method, "params": parameters}
        if self._session:
            command["sessionId"] = self._session
        await self._socket.send(json.dumps(command))
        while True:
            frame = await within(self._socket.recv(),
                                 f"the browser's answer to {method}")
            answer = json.loads(frame)
            if answer.get("id") == number:
                assert "error" not in answer, answer
                return answer["result"]

    async def _evaluate(self, expression):
        answer = await self._command("Runtime.evaluate", returnByValue=True,
                                     awaitPromise=True, expression=expression)
        if "exceptionDetails" in answer:
            thrown = answer["exceptionDetails"]["exception"]
            raise PageError(thrown.get("description", thrown))
        return answer["result"].get("value")

    async def run(self, function, *arguments):
        """Calls a function of the page; what it returns, or resolves to."""
        return await self._evaluate(
            f"{function}({', '.join(map(json.dumps, arguments))})")

    async def call(self, method, path, *body):
        """A `fetch` of the page: status, headers (as far as the browser shows
        them) and the JSON body."""
        return await self.run("call", method, path, *body)

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        await self._socket.close()
