"""How a daemon starts, or does not."""

import json
import os
import tempfile

from cases import AsyncCase
from client import get
from daemon import Daemon, run


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

    async def test_every_log_line_is_json(self):
        daemon = self.start_daemon("--log-level", "debug")
        await get(daemon, "/health")
        for line in daemon.log_lines():
            self.assertLessEqual({"time", "level", "message"}, set(line))


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
