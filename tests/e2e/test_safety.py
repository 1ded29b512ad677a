"""What keeps other users of the machine, and peers without a token, from doing
harm: files of secrets, the daemon's memory, the size of the log."""

import asyncio
import datetime
import os
import pathlib
import socket
import stat
import subprocess
import tempfile
import unittest

from bridge import Bridge
from cases import AsyncCase
from client import get
from daemon import BINARY, SANITIZED, Daemon, environment, run
from raw import RawConnection, upgrade_text
from regression import fails_at
from waiting import eventually, pace

LONG_TOKEN = "0123456789abcdef0123456789abcdef"


class SecretFilesTest(AsyncCase):

    def directory(self, mode=0o700):
        path = pathlib.Path(
            self.enterContext(tempfile.TemporaryDirectory()), "data")
        path.mkdir()
        path.chmod(mode)
        return path

    async def start_and_fail(self, path, **variables):
        outcome = await run("serve", "--listen", "127.0.0.1:0", "--console",
                            "off", "--data-dir", str(path), **variables)
        self.assertEqual(outcome.status, 1)
        return outcome.stderr

    @fails_at("8bd27b6")
    async def test_a_planted_file_does_not_become_the_token_file(self):
        path = self.directory()
        planted = path / "token.new"
        planted.write_text("planted")
        planted.chmod(0o666)
        kept = path / "kept"
        os.link(planted, kept)
        self.start_daemon(token=None, directory=path)
        self.assertEqual(kept.read_text(), "planted")
        self.assertNotEqual(kept.stat().st_ino,
                            (path / "token").stat().st_ino)
        self.assertEqual(stat.S_IMODE((path / "token").stat().st_mode), 0o600)

    async def test_a_token_that_a_failed_start_has_not_shown_is_not_kept(self):
        path = self.directory()
        with socket.create_server(("127.0.0.1", 0)) as other:
            port = other.getsockname()[1]
            outcome = await run("serve", "--listen", f"127.0.0.1:{port}",
                                "--console", "off", "--data-dir", str(path))
        self.assertEqual(outcome.status, 1)
        self.assertIn("Address already in use", outcome.stderr)
        self.assertNotIn("created one", outcome.stdout)
        self.assertFalse((path / "token").exists())
        daemon = self.start_daemon(token=None, directory=path)
        await eventually(
            lambda: "created one" in (path / "stdout.log").read_text(),
            "what the daemon says about its token")
        kept = (path / "token").read_text()
        daemon.stop()
        self.start_daemon(token=None, directory=path)
        self.assertEqual((path / "token").read_text(), kept)

    @fails_at("8bd27b6")
    async def test_a_planted_link_is_not_followed(self):
        path = self.directory()
        for name in ("token.new", "daemon.json.new", "tls-key.pem.new",
                     "tls-certificate.pem.new"):
            (path / name).symlink_to(path / f"victim-{name}")
        daemon = Daemon("--tls-self-signed", token=None, directory=path)
        daemon.start()
        self.addCleanup(daemon.stop)
        self.assertEqual([x.name for x in path.iterdir()
                          if x.name.startswith("victim")], [])
        for name in ("token", "tls-key.pem"):
            self.assertFalse((path / name).is_symlink())

    @fails_at("8bd27b6")
    async def test_a_directory_that_every_user_can_write_is_refused(self):
        path = self.directory(mode=0o777)
        self.assertIn(f"the data directory {path} is writable by every user",
                      await self.start_and_fail(path))

    @fails_at("8bd27b6")
    async def test_files_that_every_user_can_write_are_refused(self):
        for name in ("token", "tokens"):
            path = self.directory()
            (path / name).write_text("")
            (path / name).chmod(0o666)
            self.assertIn(str(path / name), await self.start_and_fail(path))

    @fails_at("8bd27b6")
    async def test_dangers_are_warned_of(self):
        path = self.directory()
        tokens = path / "plain"
        tokens.write_text(f"weak\n{LONG_TOKEN}\n")
        tokens.chmod(0o644)
        daemon = self.start_daemon(listen="0.0.0.0:0", token=None,
                                   directory=path,
                                   VIBEFORGE_AUTH_TOKEN_FILE=str(tokens))
        expected = ["is readable by every user",
                    "1 of the tokens in auth.token_file can be guessed",
                    "without TLS"]
        if os.geteuid() == 0:
            expected.append("runs as root")
        for text in expected:
            await daemon.logs(text)
        self.assertNotIn(LONG_TOKEN, daemon.log())


class MemoryTest(AsyncCase):

    # The files in /proc of a process that makes no core dumps belong to root,
    # so the process must not.
    USER = 65534 if os.geteuid() == 0 else os.geteuid()

    async def owner_of_process(self, **variables):
        """Starts a daemon, and returns whom its files in /proc belong to."""
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        os.chown(directory.name, self.USER, -1)
        process = subprocess.Popen(
            [BINARY, "serve", "--listen", "127.0.0.1:0", "--console", "off",
             "--data-dir", directory.name], user=self.USER,
            env=environment(**variables), stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(process.wait)
        self.addCleanup(process.terminate)
        started = pathlib.Path(directory.name, "daemon.json")
        await eventually(started.exists, "the daemon has started")
        return os.stat(f"/proc/{process.pid}/status").st_uid

    @fails_at("8bd27b6")
    async def test_the_daemon_makes_no_core_dumps(self):
        self.assertEqual(await self.owner_of_process(), 0)

    async def test_the_daemon_makes_core_dumps_where_it_is_told(self):
        self.assertEqual(await self.owner_of_process(
            BRIDGEKEEPER_SERVER_PROTECT_MEMORY="off"), self.USER)


class LogFloodTest(AsyncCase):

    @fails_at("8bd27b6")
    async def test_a_stranger_cannot_flood_the_log(self):
        daemon = self.start_daemon(BRIDGEKEEPER_AUTH_FAILURE_DELAY="0",
                                   BRIDGEKEEPER_BRIDGE_MAX_UNREGISTERED_PER_IP
                                   ="1024")
        before = len(daemon.log())

        async def refused(i):
            bridge = await Bridge.connect(daemon, f"a{i}")
            await bridge.send_text(
                "no JSON" if i % 2 else
                f'{{"type":"register","agent_id":"a{i}","auth_token":"x{i}"}}')
            await bridge.closed()
        for _ in range(10):
            await asyncio.gather(*map(refused, range(30)))
        for i in range(300):
            await get(daemon, "/control/agents", token=f"wrong-{i}")
        self.assertLess(len(daemon.log()) - before, 20_000)
        # What operators do is logged all the same.
        outcome = await daemon.command("console", "agents")
        self.assertEqual(outcome.status, 0)
        await daemon.logs("attached to the console")


class PlacesTest(AsyncCase):
    """Peers without a token, and the places that others need."""

    async def connect_from(self, daemon, ip, path=None):
        """A connection from an address of this machine that says nothing, or
        no more than an upgrade."""
        sock = socket.socket()
        sock.bind((ip, 0))
        sock.setblocking(False)
        await asyncio.get_running_loop().sock_connect(
            sock, (daemon.host, daemon.port))
        connection = await self.given(RawConnection(sock))
        if path:
            await connection.send(upgrade_text(path))
            head = await connection.receive_until(b"\r\n\r\n")
            self.assertIn(b" 101 ", head)
        return connection

    @fails_at("8bd27b6")
    async def test_silent_connections_take_no_place_that_others_need(self):
        daemon = self.start_daemon("--max-connections", "8",
                                   "--request-timeout", "60")
        for _ in range(8):
            await self.connect_from(daemon, "127.0.0.2")
        for _ in range(3):
            self.assertEqual((await get(daemon, "/control/agents")).status,
                             200)
        await self.given(await Bridge.register(daemon, "right"))

    @fails_at("8bd27b6")
    async def test_bridges_that_do_not_register_leave_places_for_others(self):
        daemon = self.start_daemon(
            "--register-timeout", "60", BRIDGEKEEPER_BRIDGE_MAX_UNREGISTERED="8")
        for _ in range(8):
            await self.connect_from(daemon, "127.0.0.2", "/ws/agent-bridge")
        bridge = await self.given(await Bridge.register(daemon, "right"))
        await bridge.sync()

    @fails_at("8bd27b6")
    async def test_silent_connections_of_the_same_address_make_room(self):
        daemon = self.start_daemon(
            "--request-timeout", "60", "--trusted-proxies", "",
            BRIDGEKEEPER_SERVER_MAX_CONNECTIONS_PER_IP="4")
        for _ in range(4):
            await self.connect_from(daemon, "127.0.0.1")

        async def is_let_in():
            answer = await get(daemon, "/control/agents")
            return answer.status == 200
        await eventually(is_let_in, "a place after a few seconds")


# What the system's clock says, with an offset that a test can change.
CLOCK = r"""
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int clock_gettime(clockid_t id, struct timespec* out) {
  long offset = 0;
  int result = (int)syscall(SYS_clock_gettime, id, out);
  FILE* file = id == CLOCK_REALTIME ? fopen(getenv("OFFSET_FILE"), "r") : 0;
  if (file != 0) {
    if (fscanf(file, "%ld", &offset) == 1)
      out->tv_sec += offset;
    fclose(file);
  }
  return result;
}
"""


@unittest.skipIf(SANITIZED, "a sanitizer has to be loaded first")
class ClockTest(AsyncCase):

    def preload(self, directory):
        source = directory / "clock.c"
        source.write_text(CLOCK)
        library = directory / "clock.so"
        subprocess.run(["cc", "-shared", "-fPIC", "-o", library, source],
                       check=True)
        return str(library)

    @fails_at("8bd27b6")
    async def test_a_clock_that_is_set_back_revives_no_expired_token(self):
        directory = pathlib.Path(
            self.enterContext(tempfile.TemporaryDirectory()))
        offset = directory / "offset"
        offset.write_text("0")
        daemon = self.start_daemon(LD_PRELOAD=self.preload(directory),
                                   OFFSET_FILE=str(offset),
                                   BRIDGEKEEPER_AUTH_FAILURE_DELAY="0")
        made = await run("token", "new", "--label", "brief", "--scope", "read",
                         "--expires", "30m", "--data-dir",
                         str(daemon.directory))
        token = made.stdout.strip()

        async def eventually_status(status):
            async def is_so():
                answer = await get(daemon, "/control/agents", token=token)
                return answer.status == status
            await eventually(is_so, f"the answer {status}")
        await eventually_status(200)
        offset.write_text("3600")
        await eventually_status(401)
        offset.write_text("0")
        await daemon.logs("clock was set back")
        for _ in range(3):
            answer = await get(daemon, "/control/agents", token=token)
            self.assertEqual(answer.status, 401)

    @fails_at("8bd27b6")
    async def test_event_times_go_on_when_the_clock_is_set_back(self):
        directory = pathlib.Path(
            self.enterContext(tempfile.TemporaryDirectory()))
        offset = directory / "offset"
        offset.write_text("3600")
        daemon = self.start_daemon(LD_PRELOAD=self.preload(directory),
                                   OFFSET_FILE=str(offset))
        sessions = []
        for name in ("first", "second", "third"):
            bridge = await Bridge.register(daemon, name)
            await bridge.close()
            if name == "first":
                offset.write_text("0")
                await daemon.logs("clock was set back")
            else:
                await pace(0.2)
            sessions.append(bridge.session_id)
        stamps = []
        for session in sessions:
            answer = await get(
                daemon, f"/control/sessions/{session}/events/filter")
            stamps.append(datetime.datetime.fromisoformat(
                answer.json["events"][0]["timestamp"]))
        # Not a microsecond apart, as if the clock stood still.
        self.assertGreater((stamps[1] - stamps[0]).total_seconds(), 0.01)
        self.assertGreater((stamps[2] - stamps[1]).total_seconds(), 0.1)
