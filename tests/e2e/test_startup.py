"""How a daemon starts, or does not."""

import asyncio
import json
import os
import pathlib
import struct
import tempfile

from cases import AsyncCase
from client import get
from daemon import Daemon, run
from regression import fails_at
from waiting import eventually

# The library made of `disk_recorder.c`; empty if the build has none.
RECORDER = os.environ.get("E2E_DISK_RECORDER")
DIRECTORY_SYNCED = 5


def recorded_kinds(journal):
    """The kinds of the records in a journal of the recorder."""
    data = journal.read_bytes() if journal.exists() else b""
    out = set()
    while data:
        kind, size = struct.unpack_from("<II", data)
        out.add(kind)
        data = data[24 + size:]
    return out


class StartupTest(AsyncCase):

    async def assert_does_not_start(self, *expected, **options):
        daemon = Daemon(**options).launch()
        self.addCleanup(daemon.clean_up)
        self.addCleanup(daemon.kill)
        status = daemon.process.wait(15)
        log = (daemon.directory / "stderr.log").read_text()
        self.assertEqual(status, 1, log)
        for text in expected:
            self.assertIn(text, log)

    async def test_a_second_daemon_on_the_same_port_says_so(self):
        first = self.start_daemon()
        await self.assert_does_not_start(first.address, "--listen",
                                         listen=first.address)
        self.assertEqual((await get(first, "/health")).status, 200)

    async def test_a_second_daemon_in_the_same_directory_says_so(self):
        first = self.start_daemon()
        await self.assert_does_not_start(
            "Another bridgekeeper", str(first.directory), "--data-dir",
            directory=first.directory)
        # The first one's file is still the first one's.
        about = json.loads((first.directory / "daemon.json").read_text())
        self.assertEqual(about["pid"], first.process.pid)
        self.assertEqual((await get(first, "/health")).status, 200)

    async def test_a_taken_console_port_says_so(self):
        first = self.start_daemon()
        await self.assert_does_not_start(first.console, "--console",
                                         console=first.console)

    async def test_a_directory_that_cannot_be_made_says_so(self):
        outcome = await run("serve", "--listen", "127.0.0.1:0", "--console",
                            "off", "--data-dir", "/proc/nothing/here")
        self.assertEqual(outcome.status, 1)
        self.assertIn("/proc/nothing/here", outcome.stderr)

    async def test_a_new_data_directory_survives_a_power_failure(self):
        if not RECORDER:
            self.skipTest("E2E_DISK_RECORDER names no library")
        for name in (".", "new"):
            folder = self.enterContext(tempfile.TemporaryDirectory())
            root = pathlib.Path(folder).resolve()
            # The daemon creates both of them.
            data = root / "new" / "data"
            journal, logs = root / "journal", root / "logs"
            logs.mkdir()
            with self.subTest(parent=name):
                daemon = Daemon(directory=data, logs=logs,
                                LD_PRELOAD=RECORDER,
                                DISK_RECORDER_DIRECTORY=str(root / name),
                                DISK_RECORDER_JOURNAL=str(journal)).start()
                self.addCleanup(daemon.kill)
                self.assertIn(DIRECTORY_SYNCED, recorded_kinds(journal))
                daemon.stop()

    async def test_it_starts_again_where_it_was_killed(self):
        first = Daemon().start()
        self.addCleanup(first.clean_up)
        first.kill()
        second = Daemon(listen=first.address,
                        directory=first.directory).start()
        self.addCleanup(second.stop)
        self.assertEqual((await get(second, "/health")).status, 200)

    async def test_it_listens_on_all_addresses_it_is_told(self):
        daemon = self.start_daemon("--listen", "[::1]:0")
        about = json.loads((daemon.directory / "daemon.json").read_text())
        self.assertEqual(len(about["listen"]), 2)
        for address in about["listen"]:
            daemon.host, port = address.rsplit(":", 1)
            daemon.host = daemon.host.strip("[]")
            daemon.port = int(port)
            self.assertEqual((await get(daemon, "/health")).status, 200)

    async def test_the_daemon_s_file_is_for_its_owner_alone(self):
        daemon = self.start_daemon()
        mode = (daemon.directory / "daemon.json").stat().st_mode
        self.assertEqual(mode & 0o777, 0o600)

    async def test_without_any_token_it_says_that_nobody_is_let_in(self):
        with tempfile.NamedTemporaryFile("w") as file:
            file.write("# none yet\n")
            file.flush()
            daemon = self.start_daemon("--token-file", file.name, token=None)
            await daemon.logs("all requests will be rejected")
            outcome = await daemon.command("agents", BRIDGEKEEPER_TOKEN="any")
        self.assertEqual((outcome.status, outcome.stdout), (4, ""))
        self.assertIn("has no tokens configured", outcome.stderr)

    async def test_a_token_file_that_is_a_directory_is_named(self):
        daemon = self.start_daemon("--token-file", "/etc", token=None)
        await daemon.logs("cannot read the token file /etc")

    @fails_at("8bd27b6")
    async def test_it_starts_in_the_replaced_server_s_environment(self):
        daemon = self.start_daemon(
            VIBEFORGE_AUDIT_LOG_LEVEL="WARN",
            VIBEFORGE_RATE_LIMIT_AGENT_PER_MIN="lots",
            VIBEFORGE_RATE_LIMIT_IP_PER_MIN="1_000",
            VIBEFORGE_COST_WARNING_THRESHOLD="nan")
        for text in ("VIBEFORGE_AUDIT_LOG_LEVEL: WARN counts as warning",
                     "VIBEFORGE_RATE_LIMIT_AGENT_PER_MIN: lots counts as 10",
                     "VIBEFORGE_RATE_LIMIT_IP_PER_MIN: 1_000 counts as 1000",
                     "VIBEFORGE_COST_WARNING_THRESHOLD: nan counts as 0.8"):
            await daemon.logs(text)

    async def test_every_log_line_is_json(self):
        daemon = self.start_daemon("--log-level", "debug")
        await get(daemon, "/health")
        for line in daemon.log_lines():
            self.assertLessEqual({"time", "level", "message"}, set(line))


class FreshTokenTest(AsyncCase):

    async def test_a_made_token_is_not_written_to_what_may_be_a_log(self):
        daemon = self.start_daemon(token=None)
        token = (daemon.directory / "token").read_text().strip()
        said = await eventually(
            (daemon.directory / "stdout.log").read_text, "where it is")
        self.assertIn(f"{daemon.directory}/token", said)
        self.assertNotIn(token, said + daemon.log())

    async def test_a_made_token_is_shown_on_a_terminal_once(self):
        directory = self.given_directory()
        for expected in (1, 0):
            terminal, side = os.openpty()
            daemon = Daemon(token=None, directory=directory).start(stdout=side)
            self.addCleanup(daemon.kill)
            os.close(side)
            daemon.signal()
            said = await asyncio.to_thread(_read_to_end, terminal)
            daemon.wait_for_end()
            token = (directory / "token").read_text().strip()
            self.assertEqual(said.count(token), expected)

    async def test_nothing_is_said_of_a_token_where_the_start_fails(self):
        first = self.start_daemon()
        daemon = Daemon(token=None, listen=first.address).launch()
        self.addCleanup(daemon.clean_up)
        self.assertEqual(await asyncio.to_thread(daemon.process.wait, 15), 1)
        self.assertEqual((daemon.directory / "stdout.log").read_text(), "")

    def given_directory(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        return pathlib.Path(directory.name)


def _read_to_end(terminal):
    """All that is written to a terminal until its last writer is gone."""
    out = b""
    try:
        while piece := os.read(terminal, 4096):
            out += piece
    except OSError:
        pass
    os.close(terminal)
    return out.decode()


class CheckConfigTest(AsyncCase):

    def file(self, text):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        path = os.path.join(directory.name, "bridgekeeper.toml")
        with open(path, "w") as file:
            file.write(text)
        return path

    async def test_what_it_prints_is_a_configuration(self):
        path = self.file('[heartbeat]\ntimeout = "45s"\n'
                         '[auth]\ntokens = ["very-secret"]\n')
        outcome = await run("check-config", "--config", path,
                            "--io-threads", "3",
                            BRIDGEKEEPER_LOG_LEVEL="debug")
        self.assertEqual(outcome.status, 0, outcome.stderr)
        self.assertNotIn("very-secret", outcome.stdout + outcome.stderr)
        for text in ("timeout = 45", "io_threads = 3", 'level = "debug"',
                     path):
            self.assertIn(text, outcome.stdout)
        again = await run("check-config", "--config",
                          self.file(outcome.stdout))
        self.assertEqual(again.status, 0, again.stderr)

    async def test_every_error_is_named_with_its_place(self):
        path = self.file('[heartbeat]\ntimeout = "soon"\n\n'
                         '[sever]\nlisten = []\n\n'
                         '[bridge]\nmax_frame_byte = 5\n')
        outcome = await run("check-config", "--config", path,
                            "--io-threads", "-1",
                            BRIDGEKEEPER_LOG_LEVEL="loud")
        self.assertEqual((outcome.status, outcome.stdout), (2, ""))
        for text in (f"{path}:2: ", "heartbeat.timeout", '"soon"', "sever",
                     "max_frame_byte", "max_frame_bytes",
                     "BRIDGEKEEPER_LOG_LEVEL", '"loud"', "--io-threads"):
            self.assertIn(text, outcome.stderr)

    async def test_serve_refuses_what_check_config_refuses(self):
        path = self.file("[heartbeat]\ntimeout = -1\n")
        for command in ("check-config", "serve"):
            outcome = await run(command, "--config", path)
            self.assertEqual((outcome.status, outcome.stdout), (2, ""))
            self.assertIn(f"{path}:2", outcome.stderr)

    async def test_a_file_that_is_not_there_or_no_toml_is_exit_2(self):
        for path in ("/nowhere/at-all.toml", self.file("= nonsense"),
                     self.file("[heartbeat]\n[heartbeat]\n")):
            outcome = await run("check-config", "--config", path)
            self.assertEqual((outcome.status, outcome.stdout), (2, ""))
            self.assertIn(path, outcome.stderr)

    async def test_a_setting_of_the_file_takes_effect(self):
        daemon = self.start_daemon(
            "--config", self.file('[dispatch]\nmax_content_chars = 5\n'
                                  '[auth]\ntokens = ["from-the-file"]\n'),
            token=None)
        daemon.token = "from-the-file"
        answer = await get(daemon, "/control/agents")
        self.assertEqual(answer.status, 200)
        outcome = await daemon.command("dispatch", "nobody", "too long")
        self.assertIn("content must be <= 5 characters", outcome.stderr)

    async def test_the_example_file_is_a_valid_one(self):
        here = os.path.dirname(os.path.abspath(__file__))
        outcome = await run("check-config", "--config", os.path.join(
            here, "..", "..", "conf", "bridgekeeper.toml"))
        self.assertEqual(outcome.status, 0, outcome.stderr)
