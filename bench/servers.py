"""The processes under load. Each is a context manager that ends what it
started, by its process id, and listens on loopback alone."""

import json
import os
import pathlib
import secrets
import subprocess
import tempfile
import time

PATIENCE_S = 10


class Server:
    """One process, its port and its directory for temporary files."""

    def __init__(self, name):
        self.name = name
        self.port = None
        self.process = None
        self.token = ""
        self._directory = tempfile.TemporaryDirectory(prefix="bench-")
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

    def launch(self, command, env=None):
        with open(self.directory / "log", "wb") as log:
            self.process = subprocess.Popen(
                command, env=env, stdin=subprocess.DEVNULL, stdout=log,
                stderr=subprocess.STDOUT, cwd=self.directory)

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
            self.process.terminate()
            try:
                self.process.wait(PATIENCE_S)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self._directory.cleanup()


class Daemon(Server):
    """Bridgekeeper with an empty store and no limits on rates and costs."""

    def __init__(self, binary, *flags):
        super().__init__("bridgekeeper")
        self._binary = binary
        self._flags = flags
        self.token = secrets.token_hex(16)
        self.start_seconds = None

    def start(self):
        data = self.directory / "data"
        env = {name: value for name, value in os.environ.items()
               if not name.startswith(("VIBEFORGE_", "BRIDGEKEEPER_"))}
        env["VIBEFORGE_AUTH_TOKEN"] = self.token
        env["VIBEFORGE_RATE_LIMIT_AGENT_PER_MIN"] = "0"
        env["VIBEFORGE_RATE_LIMIT_IP_PER_MIN"] = "0"
        env["VIBEFORGE_SESSION_COST_LIMIT_USD"] = "0"
        env["VIBEFORGE_DAILY_COST_LIMIT_USD"] = "0"
        # All of them come from one address.
        env["BRIDGEKEEPER_SERVER_MAX_CONNECTIONS_PER_IP"] = "0"
        began = time.monotonic()
        self.launch([str(self._binary), "serve", "--listen", "127.0.0.1:0",
                     "--data-dir", str(data), "--console", "off",
                     "--log-level", "warning", *self._flags], env)
        self.await_port(lambda: self._read_port(data / "daemon.json"))
        self.start_seconds = time.monotonic() - began

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

    def __init__(self, binary):
        super().__init__("nats-server")
        self._binary = binary

    def start(self):
        config = self.directory / "nats.conf"
        config.write_text(
            f'listen: "127.0.0.1:-1"\nports_file_dir: "{self.directory}"\n'
            'websocket { listen: "127.0.0.1:-1", no_tls: true }\n')
        self.launch([self._binary, "-c", str(config)])
        self.await_port(self._read_port)

    def _read_port(self):
        path = self.directory / f"nats-server_{self.pid}.ports"
        url = json.loads(path.read_text())["websocket"][0]
        return int(url.rpartition(":")[2])
