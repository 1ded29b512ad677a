"""The peers of the row `durable`: servers that store a task and its result on
disk. Each keeps its data in a directory of its own on the disk that the daemon
uses, too."""

import contextlib
import json
import os
import pathlib
import pwd
import signal
import socket
import subprocess

from servers import PATIENCE_S, Nats, Server

POSTGRES_SETTINGS = """
listen_addresses = '127.0.0.1'
port = {port}
unix_socket_directories = ''
max_connections = 400
fsync = on
synchronous_commit = on
# Otherwise statements that were prepared while the table was empty scan it.
enable_seqscan = off
"""

POSTGRES_SCHEMA = """
CREATE TABLE task (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  reply bigint NOT NULL,
  content text NOT NULL,
  result text);
CREATE INDEX ON task (id) WHERE result IS NULL;
"""


def free_port():
    """For servers that cannot choose one."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Postgres(Server):
    """PostgreSQL as it is installed, with a table for tasks."""

    # Ends connections instead of waiting for them.
    stop_signal = signal.SIGINT

    def __init__(self, binary, where):
        super().__init__("PostgreSQL", where)
        self._programs = pathlib.Path(binary).resolve().parent
        self._user = {}

    def start(self):
        if os.geteuid() == 0:
            self._become_other()
        data = self.directory / "data"
        self._run("initdb", "-D", data, "-U", "bench", "--auth=trust",
                  "--encoding=UTF8", "--no-locale")
        with open(data / "postgresql.conf", "a", encoding="ascii") as config:
            config.write(POSTGRES_SETTINGS.format(port=free_port()))
        self.launch([self._programs / "postgres", "-D", data], **self._user)
        self.await_port(lambda: self._read_port(data / "postmaster.pid"))
        self._psql("postgres", "CREATE DATABASE bench")
        self._psql("bench", POSTGRES_SCHEMA)

    def _become_other(self):
        """PostgreSQL refuses to run as root."""
        for name in ("postgres", "nobody"):
            with contextlib.suppress(KeyError):
                user = pwd.getpwnam(name)
                break
        os.chown(self.directory, user.pw_uid, user.pw_gid)
        self._user = {"user": user.pw_uid, "group": user.pw_gid,
                      "extra_groups": []}

    def _run(self, program, *arguments):
        done = subprocess.run(
            [self._programs / program, *arguments], capture_output=True,
            text=True, timeout=120, check=False, cwd=self.directory,
            env={"PATH": os.environ["PATH"], "LC_ALL": "C"}, **self._user)
        if done.returncode != 0:
            raise RuntimeError(f"{program}: {done.stderr.strip()}")

    def _psql(self, database, statements):
        self._run("psql", "-X", "-h", "127.0.0.1", "-p", str(self.port), "-U",
                  "bench", "-d", database, "-v", "ON_ERROR_STOP=1", "-c",
                  statements)

    @staticmethod
    def _read_port(path):
        lines = path.read_text().splitlines()
        return int(lines[3]) if lines[7].strip() == "ready" else None


class Redis(Server):
    """Redis, which waits for the disk before it answers a command that writes,
    and commits all that came in one turn of its loop together. It has a stream
    of tasks for all workers, and one for each of `workers` workers."""

    def __init__(self, binary, where, workers):
        super().__init__("Redis", where)
        self._binary = binary
        self._streams = ["tasks", *(f"tasks:{n}" for n in range(workers))]

    def start(self):
        port = free_port()
        self.launch([self._binary, "--port", str(port), "--bind", "127.0.0.1",
                     "--dir", str(self.directory), "--daemonize", "no",
                     "--save", "", "--appendonly", "yes", "--appendfsync",
                     "always"])
        self.await_port(lambda: self._make_streams(port) and port)

    def _make_streams(self, port):
        with (socket.create_connection(("127.0.0.1", port), PATIENCE_S) as link,
              link.makefile("rwb") as both):
            for name in self._streams:
                both.write(f"XGROUP CREATE {name} workers $ MKSTREAM\r\n"
                           .encode())
            both.flush()
            # BUSYGROUP: an attempt that was given up had made the group.
            return all(both.readline().startswith((b"+OK", b"-BUSYGROUP"))
                       for _ in self._streams)


class JetStream(Nats):
    """nats-server with streams in files. Usually, it acknowledges a message
    that it has written, and syncs files every two minutes."""

    def __init__(self, binary, where, sync_always=False):
        super().__init__(binary, where)
        self._sync_always = sync_always

    def settings(self):
        sync = "sync_interval: always" if self._sync_always else ""
        return (super().settings() + f'jetstream {{ store_dir: '
                f'"{self.directory / "streams"}" {sync} }}\n')

    def start(self):
        super().start()
        requests = [
            ("STREAM.CREATE.tasks", {"name": "tasks", "subjects": ["task.>"],
                                     "storage": "file"}),
            ("STREAM.CREATE.results", {"name": "results", "subjects":
                                       ["result.>"], "storage": "file"}),
            ("CONSUMER.DURABLE.CREATE.tasks.workers", {
                "stream_name": "tasks",
                "config": {"durable_name": "workers", "ack_policy": "explicit",
                           "deliver_policy": "all", "replay_policy": "instant",
                           "deliver_subject": "deliver.tasks",
                           "deliver_group": "workers"}}),
        ]
        with self.connect() as link, link.makefile("rwb") as stream:
            stream.write(b'CONNECT {"verbose":false}\r\nSUB _INBOX.bench 1\r\n')
            for subject, body in requests:
                text = json.dumps(body).encode()
                stream.write(f"PUB $JS.API.{subject} _INBOX.bench {len(text)}"
                             "\r\n".encode() + text + b"\r\n")
                stream.flush()
                self._expect_success(stream)

    @staticmethod
    def _expect_success(stream):
        for line in stream:
            if line.startswith(b"-ERR"):
                raise RuntimeError(f"NATS says {line.decode().strip()}")
            if line.startswith(b"MSG "):
                break
        reply = json.loads(stream.readline())
        if "error" in reply:
            raise RuntimeError(f"JetStream says {reply['error']}")


def can_sync_always(binary, where):
    """Whether this nats-server has `sync_interval: always`."""
    server = JetStream(binary, where, sync_always=True)
    try:
        config = server.directory / "nats.conf"
        config.write_text(server.settings())
        done = subprocess.run([binary, "-t", "-c", config], timeout=PATIENCE_S,
                              capture_output=True, check=False)
        return done.returncode == 0
    finally:
        server.stop()
