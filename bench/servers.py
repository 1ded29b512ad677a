"""The processes under load. Each is a context manager that ends what it
started, by its process id, and listens on loopback alone."""

import functools
import json
import os
import pathlib
import re
import secrets
import signal
import socket
import subprocess
import tempfile
import time

PATIENCE_S = 10


class Server:
    """One process, its port and its directory for temporary files, which is
    made inside of `where`."""

    stop_signal = signal.SIGTERM

    def __init__(self, name, where=None):
        self.name = name
        self.port = None
        self.process = None
        self.token = ""
        self._directory = tempfile.TemporaryDirectory(prefix="bench-",
                                                      dir=where)
        self.directory = pathlib.Path(self._directory.name)

    @property
    def pid(self):
        return self.process.pid

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_):
        self.stop()

    def launch(self, command, env=None, **how):
        with open(self.directory / "log", "wb") as log:
            self.process = subprocess.Popen(
                command, env=env, stdin=subprocess.DEVNULL, stdout=log,
                stderr=subprocess.STDOUT, cwd=self.directory, **how)

    def await_port(self, find):
        """Waits until `find` returns the port."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            try:
                self.port = find()
            except (OSError, ValueError, LookupError):
                self.port = None
            if self.port:
                return
            if self.process.poll() is not None:
                raise RuntimeError(f"{self.name} ended: {self.log()}")
            time.sleep(0.0005)
        raise RuntimeError(f"{self.name} does not listen: {self.log()}")

    def log(self):
        text = (self.directory / "log").read_text(errors="replace")
        return text[-2000:].strip() or "(it said nothing)"

    def stop(self):
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(self.stop_signal)
            try:
                self.process.wait(PATIENCE_S)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self._directory.cleanup()


def clean_environment():
    """Without settings of a daemon."""
    return {name: value for name, value in os.environ.items()
            if not name.startswith(("VIBEFORGE_", "BRIDGEKEEPER_"))}


@functools.cache
def has_store(binary):
    """Whether this daemon can store dispatches durably. Daemons ignore
    variables that they do not know, so its settings are searched."""
    env = dict(clean_environment(), BRIDGEKEEPER_STORE_DURABILITY="full")
    done = subprocess.run([str(binary), "check-config"], env=env,
                          capture_output=True, text=True, timeout=PATIENCE_S,
                          check=False)
    return (done.returncode == 0
            and re.search(r'^durability = "full"', done.stdout, re.MULTILINE)
            is not None)


class Daemon(Server):
    """Bridgekeeper with an empty store and no limits on rates and costs. If it
    has a setting for the durability of dispatches, `durability` is its value.
    """

    def __init__(self, binary, *flags, durability="none", where=None,
                 **variables):
        super().__init__("bridgekeeper", where)
        self.variables = variables
        self._binary = binary
        self._flags = flags
        self._durability = durability
        self.token = secrets.token_hex(16)
        self.start_seconds = None

    def start(self):
        data = self.directory / "data"
        env = clean_environment()
        if has_store(self._binary):
            env["BRIDGEKEEPER_STORE_DURABILITY"] = self._durability
        env["VIBEFORGE_AUTH_TOKEN"] = self.token
        env["VIBEFORGE_RATE_LIMIT_AGENT_PER_MIN"] = "0"
        env["VIBEFORGE_RATE_LIMIT_IP_PER_MIN"] = "0"
        env["VIBEFORGE_SESSION_COST_LIMIT_USD"] = "0"
        env["VIBEFORGE_DAILY_COST_LIMIT_USD"] = "0"
        # Their bridges are sent as many dispatches at a time as are in flight.
        env["BRIDGEKEEPER_BRIDGE_STOCK_SLOTS"] = "1000"
        # All of them come from one address.
        env["BRIDGEKEEPER_SERVER_MAX_CONNECTIONS_PER_IP"] = "0"
        env.update(self.variables)
        began = time.monotonic()
        self.launch([str(self._binary), "serve", "--listen", "127.0.0.1:0",
                     "--data-dir", str(data), "--console", "off",
                     "--log-level", "warning", *self._flags], env)
        self.await_port(lambda: self._read_port(data / "daemon.json"))
        self.start_seconds = time.monotonic() - began

    def restart(self, **variables):
        """Again on the same data, with these settings as well."""
        self.variables.update(variables)
        self.process.send_signal(self.stop_signal)
        self.process.wait(PATIENCE_S)
        self.start()

    @staticmethod
    def _read_port(path):
        listen = json.loads(path.read_text())["listen"]
        return int(listen[0].rpartition(":")[2])


class Relay(Server):
    """beast_relay: what the machine allows with Beast and nothing else."""

    def __init__(self, binaries, *flags):
        super().__init__("beast_relay")
        self._command = [str(binaries / "beast_relay"), *flags]

    def start(self):
        self.launch(self._command)
        self.await_port(lambda: json.loads(self.log())["port"])


class Nats(Server):
    """nats-server with its WebSocket listener, without TLS."""

    def __init__(self, binary, where=None):
        super().__init__("nats-server", where)
        self._binary = binary

    def settings(self):
        return (f'listen: "127.0.0.1:-1"\nports_file_dir: "{self.directory}"\n'
                'websocket { listen: "127.0.0.1:-1", no_tls: true }\n')

    def start(self):
        config = self.directory / "nats.conf"
        config.write_text(self.settings())
        self.launch([self._binary, "-c", str(config)])
        self.await_port(lambda: self._read_port("websocket"))

    def connect(self):
        """A connection to the listener that is not for WebSockets."""
        return socket.create_connection(
            ("127.0.0.1", self._read_port("nats")), PATIENCE_S)

    def _read_port(self, listener):
        path = self.directory / f"nats-server_{self.pid}.ports"
        url = json.loads(path.read_text())[listener][0]
        return int(url.rpartition(":")[2])
