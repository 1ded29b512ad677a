"""Reverse proxies in front of a daemon, configured as docs/reverse-proxy.md
says: nginx and HAProxy, each in a process of its own."""

import csv
import pathlib
import re
import shutil
import socket
import subprocess
import tempfile
import time

from waiting import DEADLINE

_PAGE = pathlib.Path(__file__).parents[2] / "docs" / "reverse-proxy.md"

# Everything that a file below the page's would take from Debian's defaults and
# that only root may use.
_NGINX_FRAME = """
daemon off;
master_process off;
pid {directory}/pid;
error_log stderr;
events {{}}
http {{
    access_log off;
    client_body_temp_path {directory}/body;
    proxy_temp_path {directory}/proxy;
    fastcgi_temp_path {directory}/fastcgi;
    uwsgi_temp_path {directory}/uwsgi;
    scgi_temp_path {directory}/scgi;
{page}
}}
"""

# Debian's own defaults, without its log.
_HAPROXY_FRAME = """
global
    stats socket {directory}/admin

defaults
    mode http
    timeout connect 5000
    timeout client 50000
    timeout server 50000

{page}
"""


def page(language):
    """The one block of this language on the page."""
    blocks = re.findall(rf"^```{language}\n(.*?)^```$", _PAGE.read_text(),
                        re.DOTALL | re.MULTILINE)
    assert len(blocks) == 1, f"{len(blocks)} blocks of {language}"
    return blocks[0]


def changed(text, old, new):
    """The text with its one occurrence of `old` replaced: what the page says
    otherwise must not be missed silently."""
    assert text.count(old) == 1, f"{text.count(old)} times {old!r} in {text}"
    return text.replace(old, new)


def _free_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


def _listens(port):
    with socket.socket() as sock:
        return sock.connect_ex(("127.0.0.1", port)) == 0


class Proxy:
    """To a client it looks like a daemon. `page` is the configuration, as it is
    on the page."""

    host = "127.0.0.1"
    tls = None

    def __init__(self, daemon, page):
        self.token = daemon.token
        self._page = changed(page, "127.0.0.1:8000", daemon.address)
        self._process = None
        self._directory = pathlib.Path(
            tempfile.mkdtemp(prefix="bridgekeeper-proxy-"))

    def start(self):
        # No proxy takes port 0, and a free one may be taken meanwhile.
        for _ in range(5):
            if self._start_on(_free_port()):
                return self
            self.kill()
        raise AssertionError(f"the proxy does not start: {self.log()}")

    def _start_on(self, port):
        self.port = port
        config = self._directory / "config"
        config.write_text(self._config(f"127.0.0.1:{port}"))
        with open(self._directory / "log", "wb") as log:
            self._process = subprocess.Popen(
                self._command(config), stdin=subprocess.DEVNULL, stdout=log,
                stderr=log)
        end = time.monotonic() + DEADLINE
        while time.monotonic() < end and self._process.poll() is None:
            if self._is_up():
                return True
            time.sleep(0.01)
        return False

    def _is_up(self):
        return _listens(self.port)

    def log(self):
        return (self._directory / "log").read_text(errors="replace")

    def kill(self):
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
        if self._process is not None:
            self._process.wait()

    def stop(self):
        self.kill()
        shutil.rmtree(self._directory, ignore_errors=True)

    # -- where it is ----------------------------------------------------------

    @property
    def address(self):
        return f"{self.host}:{self.port}"

    def ws_url(self, path):
        return f"ws://{self.address}{path}"

    def http_url(self, path):
        return f"http://{self.address}{path}"


class Nginx(Proxy):

    def _config(self, address):
        text = changed(self._page, "listen 80;", f"listen {address};")
        return _NGINX_FRAME.format(directory=self._directory, page=text)

    def _command(self, config):
        # `-e`: not the log in /var, which needs root.
        return [shutil.which("nginx", path="/usr/sbin:/usr/bin"), "-p",
                str(self._directory), "-c", str(config), "-e", "stderr"]


class HAProxy(Proxy):

    def _config(self, address):
        text = changed(self._page, "bind :80", f"bind {address}")
        return _HAPROXY_FRAME.format(directory=self._directory, page=text)

    def _command(self, config):
        return [shutil.which("haproxy", path="/usr/sbin:/usr/bin"), "-db",
                "-f", str(config)]

    def _is_up(self):
        # Its sockets appear one after the other.
        return super()._is_up() and (self._directory / "admin").exists()

    def check(self):
        """What its last health check of the daemon found: `L7OK`, …"""
        with socket.socket(socket.AF_UNIX) as admin:
            admin.settimeout(DEADLINE)
            admin.connect(str(self._directory / "admin"))
            admin.sendall(b"show stat\n")
            text = admin.makefile().read()
        rows = csv.DictReader(text.removeprefix("# ").splitlines())
        return next(x["check_status"] for x in rows if x["svname"] == "daemon")
