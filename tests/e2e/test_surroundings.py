"""What the daemon finds where it is started: signals, descriptors, addresses,
directories."""

import asyncio
import json
import os
import pathlib
import signal
import socket
import stat
import subprocess
import tempfile

from bridge import Bridge
from cases import AsyncCase
from client import get
from daemon import BINARY, TOKEN, Daemon, environment, run
from regression import fails_at
from waiting import eventually, within


class SignalTest(AsyncCase):

    @fails_at("8bd27b6")
    async def test_signals_that_mean_nothing_are_logged_and_ignored(self):
        daemon = self.start_daemon()
        for number in (signal.SIGUSR1, signal.SIGUSR2, signal.SIGQUIT):
            daemon.signal(number)
            await daemon.logs(f"{number.name} is ignored")
        self.assertEqual((await get(daemon, "/health")).status, 200)


class DescriptorTest(AsyncCase):

    @fails_at("8bd27b6")
    async def test_descriptors_that_were_closed_are_opened(self):
        directory = self.given_directory()
        flags = ["serve", "--listen", "127.0.0.1:0", "--console", "off",
                 "--data-dir", str(directory)]
        process = subprocess.Popen(
            ["/bin/sh", "-c", 'exec "$0" "$@" <&- >&- 2>&-', BINARY, *flags],
            env=environment(VIBEFORGE_AUTH_TOKEN=TOKEN))
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        await eventually((directory / "daemon.json").exists, "the daemon")
        for number in range(3):
            self.assertEqual(
                os.readlink(f"/proc/{process.pid}/fd/{number}"), "/dev/null")
        process.terminate()
        self.assertEqual(await asyncio.to_thread(process.wait, 15), 0)

    def given_directory(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        return pathlib.Path(directory.name)


class DataDirectoryTest(AsyncCase):
    """Without --data-dir, in working directories of all sorts."""

    def setUp(self):
        super().setUp()
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.home = pathlib.Path(directory.name)

    async def configured(self, cwd, **variables):
        """The data directory that a daemon in `cwd` would use."""
        process = await asyncio.create_subprocess_exec(
            BINARY, "check-config", cwd=cwd,
            env=environment(**{"HOME": str(self.home),
                               "STATE_DIRECTORY": None,
                               "XDG_STATE_HOME": None, **variables}),
            stdout=subprocess.PIPE)
        out, _ = await within(process.communicate(), "check-config")
        line, = [x for x in out.decode().splitlines()
                 if x.startswith("data_dir")]
        return json.loads(line.split("=")[1].split("#")[0])

    @fails_at("8bd27b6")
    async def test_started_in_the_root_it_leaves_var_alone(self):
        self.assertEqual(await self.configured("/"),
                         f"{self.home}/.local/state/bridgekeeper")

    @fails_at("8bd27b6")
    async def test_a_unit_s_state_directory_is_used(self):
        self.assertEqual(
            await self.configured("/", STATE_DIRECTORY="/var/lib/x"),
            "/var/lib/x")

    async def test_a_directory_var_that_is_there_is_used(self):
        (self.home / "var").mkdir()
        self.assertEqual(await self.configured(self.home), "./var")

    @fails_at("8bd27b6")
    async def test_commands_find_a_daemon_that_was_told_no_directory(self):
        variables = {"HOME": str(self.home), "STATE_DIRECTORY": None,
                     "XDG_STATE_HOME": None}
        process = subprocess.Popen(
            [BINARY, "serve", "--listen", "127.0.0.1:0", "--console",
             "127.0.0.1:0"], cwd="/", env=environment(**variables),
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        state = self.home / ".local/state/bridgekeeper"
        await eventually((state / "daemon.json").exists, "the daemon")
        self.assertEqual(stat.S_IMODE(state.stat().st_mode), 0o700)
        for command in (["agents"], ["console", "agents"]):
            asked = await asyncio.to_thread(
                subprocess.run, [BINARY, *command], cwd="/",
                env=environment(**variables), capture_output=True, timeout=15)
            self.assertEqual(asked.returncode, 0, asked.stderr)


class AddressTest(AsyncCase):

    async def asks(self, family, address, port):
        """Whether the daemon answers there."""
        with socket.socket(family) as sock:
            sock.setblocking(False)
            loop = asyncio.get_running_loop()
            try:
                await loop.sock_connect(sock, (address, port))
            except OSError:
                return False
            await loop.sock_sendall(
                sock, b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
            return b" 200 " in await within(loop.sock_recv(sock, 4096),
                                            "an answer")

    async def answers_on_both(self, daemon):
        return (await self.asks(socket.AF_INET, "127.0.0.1", daemon.port)
                and await self.asks(socket.AF_INET6, "::1", daemon.port))

    @fails_at("8bd27b6")
    async def test_the_ipv6_wildcard_takes_ipv4_as_well(self):
        daemon = self.start_daemon(listen="[::]:0")
        self.assertTrue(await self.answers_on_both(daemon))

    async def test_both_wildcards_can_be_listed_with_one_port(self):
        first = self.start_daemon()
        port = first.port
        first.signal()
        await asyncio.to_thread(first.wait_for_end)
        daemon = self.start_daemon("--listen", f"[::]:{port}",
                                   listen=f"0.0.0.0:{port}")
        self.assertTrue(await self.answers_on_both(daemon))

    @fails_at("8bd27b6")
    async def test_localhost_is_all_its_addresses_on_one_port(self):
        daemon = self.start_daemon(listen="localhost:0")
        self.assertTrue(await self.answers_on_both(daemon))


class SocketFileTest(AsyncCase):

    def setUp(self):
        super().setUp()
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.path = pathlib.Path(directory.name) / "bk.sock"

    def start(self, *flags, **options):
        return self.start_daemon("--listen", f"unix:{self.path}", *flags,
                                 **options)

    async def curl(self, target, *arguments):
        process = await asyncio.create_subprocess_exec(
            "curl", "--silent", "--show-error", "--max-time", "15",
            "--unix-socket", str(self.path), f"http://localhost{target}",
            *arguments, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        out, _ = await within(process.communicate(), "curl's end", 20)
        return out.decode()

    @fails_at("8bd27b6")
    async def test_curl_is_answered_over_a_socket_file(self):
        daemon = self.start()
        self.assertEqual(stat.S_IMODE(self.path.stat().st_mode), 0o660)
        self.assertIn('"ok"', await self.curl("/health"))
        answer = await self.curl("/control/agents", "-H",
                                 f"X-Auth-Token: {daemon.token}")
        self.assertEqual(json.loads(answer)["total"], 0)
        daemon.signal()
        await asyncio.to_thread(daemon.wait_for_end)
        self.assertFalse(self.path.exists())

    @fails_at("8bd27b6")
    async def test_it_speaks_no_tls_where_other_addresses_do(self):
        self.start("--tls-self-signed")
        self.assertIn('"ok"', await self.curl("/health"))

    @fails_at("8bd27b6")
    async def test_commands_and_bridges_use_a_socket_file(self):
        daemon = self.start()
        url = f"unix:{self.path}"
        bridge = subprocess.Popen(
            [BINARY, "bridge", "--id", "local", "--url", url, "--exec", "cat"],
            env=environment(BRIDGEKEEPER_TOKEN=daemon.token),
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(bridge.wait)
        self.addCleanup(bridge.terminate)

        async def is_there():
            return " connected" in (await daemon.command("agents")).stdout
        await eventually(is_there, "the bridge")
        outcome = await daemon.command("dispatch", "--url", url, "local",
                                       "hello", "--wait")
        self.assertEqual(outcome.status, 0, outcome.stderr)
        self.assertIn("hello", outcome.stdout)

    @fails_at("8bd27b6")
    async def test_a_file_left_by_a_killed_daemon_is_no_obstacle(self):
        first = Daemon("--listen", f"unix:{self.path}").start()
        self.addCleanup(first.clean_up)
        first.kill()
        self.assertTrue(self.path.exists())
        self.start(directory=first.directory)
        self.assertIn('"ok"', await self.curl("/health"))

    @fails_at("8bd27b6")
    async def test_a_file_that_is_no_socket_is_named_and_stays(self):
        self.path.write_text("precious")
        outcome = await run("serve", "--listen", f"unix:{self.path}",
                            "--console", "off", "--data-dir",
                            str(self.path.parent / "data"))
        self.assertEqual(outcome.status, 1, outcome.stderr)
        self.assertIn(f"unix:{self.path}", outcome.stderr)
        self.assertEqual(self.path.read_text(), "precious")

    @fails_at("8bd27b6")
    async def test_users_are_told_apart_and_proxies_are_believed(self):
        daemon = self.start("--audit-log", str(self.path.parent / "audit"))
        async with await Bridge.register(daemon, "a"):
            body = ("-H", f"X-Auth-Token: {daemon.token}", "-H",
                    "Content-Type: application/json", "-d",
                    '{"content":"x"}')
            target = "/control/agents/a/dispatch"
            await self.curl(target, *body)
            await self.curl(target, *body, "-H",
                            "X-Forwarded-For: 198.51.100.7")

        def addresses():
            lines = (self.path.parent / "audit").read_text().splitlines()
            found = [json.loads(x).get("ip") for x in lines
                     if '"task_dispatched"' in x]
            return found if len(found) == 2 else None
        self.assertEqual(await eventually(addresses, "two lines"),
                         [f"uid:{os.geteuid()}", "198.51.100.7"])
