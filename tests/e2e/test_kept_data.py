"""The data directory, configuration and names of 8bd27b6 still work: nothing
that a user has breaks. kept/README.md explains the files."""

import json
import pathlib
import tempfile

import kept_data
import surface
from bridge import Bridge
from cases import AsyncCase
from client import ControlSocket, agent_status, dispatch, get
from daemon import run
from kept_data import FOLDER, Caller, KeptDaemon
from test_bridge_command import BridgeProcess
from waiting import eventually


def kept_lines(name):
    return (FOLDER / name).read_text().split("\n")[:-1]


class KeptCase(AsyncCase):
    """Each test has its own copy of the kept files."""

    def setUp(self):
        super().setUp()
        directory = tempfile.TemporaryDirectory(prefix="bridgekeeper-kept-")
        self.addCleanup(directory.cleanup)
        self.folder = pathlib.Path(directory.name)
        self.data = kept_data.put_back(self.folder)
        self.config = self.folder / "bridgekeeper.toml"
        self.tokens = kept_data.secrets()

    def start(self, config="bridgekeeper.toml"):
        daemon = KeptDaemon(self.data, self.folder / config,
                            self.tokens["configuration"]).start()
        self.addCleanup(daemon.stop)
        return daemon

    async def effective(self, config):
        outcome = await run("check-config", "--config",
                            str(self.folder / config))
        self.assertEqual(outcome.status, 0, outcome)
        self.assertEqual(outcome.stderr, "")
        return surface.effective(
            kept_data.without_paths(outcome.stdout, self.folder))

    async def verify(self):
        return await run("audit", "verify",
                         *map(str, kept_data.audit_files(self.data)))


class ConfigurationTest(KeptCase):

    async def test_every_key_keeps_its_value(self):
        for name in ("bridgekeeper", "certificate"):
            then = surface.effective((FOLDER / f"{name}.effective")
                                     .read_text())
            now = await self.effective(f"{name}.toml")
            from_file = {key: value for key, value in then.items()
                         if value[1] != "default"}
            self.assertTrue(from_file)
            for key, value in from_file.items():
                with self.subTest(key):
                    self.assertEqual(now.get(key), value)

    def test_the_kept_files_have_every_key(self):
        kept = set()
        for name in ("bridgekeeper.toml", "certificate.toml"):
            kept |= surface.variables(FOLDER / name).keys()
        then = surface.effective((FOLDER / "bridgekeeper.effective")
                                 .read_text())
        self.assertEqual({f"BRIDGEKEEPER_{key}".upper().replace(".", "_")
                          for key in then}, kept)

    async def test_the_daemon_starts_without_a_complaint(self):
        for config in ("bridgekeeper.toml", "certificate.toml"):
            with self.subTest(config):
                daemon = self.start(config)
                complaints = [
                    line["message"] for line in daemon.log_lines()
                    if line["level"] in ("warning", "error")
                    # Tests often run as root.
                    and "daemon runs as root" not in line["message"]]
                self.assertEqual(complaints, [])
                daemon.signal()
                daemon.wait_for_end()
                daemon.log_path.write_text("")

    async def test_the_variable_that_names_a_configuration_is_read(self):
        outcome = await run("check-config",
                            BRIDGEKEEPER_CONFIG=str(self.config))
        self.assertEqual(outcome.status, 0, outcome)
        self.assertIn(f"# {self.config}:", outcome.stdout)


class DataDirectoryTest(KeptCase):

    async def test_the_certificate_is_kept(self):
        before = (self.data / "tls-certificate.pem").read_bytes()
        daemon = self.start()
        answer = await get(daemon, "/control/agents")
        self.assertEqual(answer.status, 200)
        self.assertEqual((self.data / "tls-certificate.pem").read_bytes(),
                         before)

    async def test_plain_tokens_open_everything(self):
        daemon = self.start()
        for name in ("configuration", "file"):
            with self.subTest(name):
                caller = Caller(daemon, self.tokens[name])
                async with await Bridge.register(caller, name), \
                        await ControlSocket.open(caller) as control:
                    await control.sync()
                outcome = await daemon.command(
                    "console", "stats",
                    VIBEFORGE_AUTH_TOKEN=self.tokens[name])
                self.assertEqual(outcome.status, 0, outcome)

    async def test_scoped_tokens_keep_their_scopes(self):
        daemon = self.start()
        # Statuses of reading and of dispatching (404: there is no such agent),
        # and the exit code of the console.
        wanted = {"farm": (403, 403, 4), "reader": (200, 403, 4),
                  "panel": (200, 404, 4), "operator": (200, 404, 0)}
        for label, expected in wanted.items():
            with self.subTest(label):
                token = self.tokens[label]
                caller = Caller(daemon, token)
                console = await daemon.command("console", "stats",
                                               VIBEFORGE_AUTH_TOKEN=token)
                self.assertEqual(
                    ((await get(caller, "/control/agents")).status,
                     (await dispatch(caller, "unknown")).status,
                     console.status), expected)

    async def test_a_scoped_token_keeps_its_pattern_of_agents(self):
        farm = Caller(self.start(), self.tokens["farm"])
        async with await Bridge.register(farm, "kept-1"):
            pass
        async with await Bridge.connect(farm, "another") as bridge:
            await bridge.send("register", auth_token=farm.token)
            self.assertEqual((await bridge.closed())[0], 4005)

    async def test_the_token_command_reads_and_changes_the_kept_file(self):
        flags = ("--config", str(self.config))
        outcome = await run("token", "list", *flags)
        self.assertEqual(outcome.status, 0, outcome)
        for label in ("farm", "reader", "panel", "operator"):
            self.assertIn(label, outcome.stdout)
        self.assertIn("2099-12-31", outcome.stdout)
        daemon = self.start()
        outcome = await run("token", "revoke", *flags, "panel")
        self.assertEqual(outcome.status, 0, outcome)
        for label, status in (("panel", 401), ("reader", 200)):
            caller = Caller(daemon, self.tokens[label])

            async def answered():
                answer = await get(caller, "/control/agents")
                return answer.status == status
            await eventually(answered, f"{status} for {label}")

    async def test_daemon_json_has_the_members_it_had(self):
        then = json.loads((FOLDER / "daemon.json").read_text())
        daemon = self.start()
        path = self.data / "daemon.json"
        now = json.loads(path.read_text())
        self.assertLessEqual(then.keys(), now.keys())
        for name, value in then.items():
            self.assertIs(type(now[name]), type(value), name)
        self.assertEqual(now["certificate"],
                         str(self.data / "tls-certificate.pem"))
        daemon.stop()
        self.assertFalse(path.exists())

    async def test_daemon_json_of_a_killed_daemon_is_replaced(self):
        left = self.data / "daemon.json"
        left.write_text((FOLDER / "daemon.json").read_text())
        daemon = self.start()
        self.assertEqual(json.loads(left.read_text())["pid"],
                         daemon.process.pid)

    async def test_commands_find_daemon_and_token_by_their_variables(self):
        daemon = self.start()
        outcome = await run(
            "agents", "--ca", str(self.data / "tls-certificate.pem"),
            BRIDGEKEEPER_URL=daemon.http_url(""),
            BRIDGEKEEPER_TOKEN=self.tokens["panel"])
        self.assertEqual(outcome.status, 0, outcome)

    async def test_a_task_s_command_has_the_variables_it_had(self):
        daemon = self.start()
        bridge = await self.given(await BridgeProcess.start(
            daemon, "kept-1", "env",
            VIBEFORGE_AUTH_TOKEN=self.tokens["farm"]))

        async def connected():
            return await agent_status(daemon, bridge.agent_id) == "connected"
        await eventually(connected, "the bridge registers")
        answer = await dispatch(daemon, bridge.agent_id, query="?wait=15",
                                context={"issue": 17})
        self.assertEqual(answer.status, 200, answer.body)
        for name in ("MESSAGE_ID", "AGENT_ID", "CONTEXT"):
            self.assertIn(f"BRIDGEKEEPER_{name}=", answer.json["content"])


class AuditLogTest(KeptCase):

    # Fields that were renamed after 8bd27b6, to the names of VibeForge's server
    # (see CHANGELOG.md). No other field may be renamed.
    RENAMED = {
        "task_cost_recorded": {"cost_usd": "cost_added",
                               "session_total_usd": "session_total",
                               "daily_total_usd": "daily_total"},
        "cost_limit_exceeded": {"session_total_usd": "session_cost_usd",
                                "daily_total_usd": "daily_cost_usd"},
        "rate_limit_exceeded": {"limit": "agent_limit"},
    }

    def shapes(self, lines, renamed=None):
        """The field names of all lines with the same event and gate."""
        out = {}
        for line in lines:
            event, metadata = line["event"], line["metadata"]
            names = (renamed or {}).get(event, {})
            fields = line.keys() | {f"metadata.{names.get(x, x)}"
                                    for x in metadata}
            out.setdefault((event, metadata.get("gate")), set()).update(fields)
        return out

    async def test_the_chain_goes_on_and_lines_keep_their_fields(self):
        before = kept_data.audit_lines(self.data)
        outcome = await self.verify()
        self.assertEqual(outcome.status, 0, outcome)
        daemon = self.start()
        await kept_data.fill_audit_log(daemon, self.tokens)
        daemon.stop()
        outcome = await self.verify()
        self.assertEqual(outcome.status, 0, outcome)
        lines = kept_data.audit_lines(self.data)
        self.assertEqual(lines[:len(before)], before)
        self.assertIn(str(len(lines)), outcome.stdout)
        then = self.shapes(before, self.RENAMED)
        now = self.shapes(lines[len(before):])
        for event, names in then.items():
            with self.subTest(event):
                self.assertEqual(names - now.get(event, set()), set())

    async def test_a_changed_old_line_is_found(self):
        path = kept_data.audit_files(self.data)[0]
        path.write_text(path.read_text().replace("kept-a", "kept-b", 1))
        outcome = await self.verify()
        self.assertEqual(outcome.status, 1, outcome)


class SurfaceTest(AsyncCase):
    """Names that scripts rely on still exist."""

    def expect_all(self, name, now):
        then = kept_lines(name)
        self.assertTrue(then)
        self.assertEqual([x for x in then if x not in now], [])

    async def test_all_commands_and_flags_still_exist(self):
        self.expect_all("command-line.txt", await surface.command_line())

    async def test_all_exit_codes_still_exist(self):
        self.expect_all("exit-codes.txt", await surface.exit_codes())

    async def test_all_reasons_keep_their_numbers(self):
        self.expect_all("reasons.txt", surface.reasons_now())


class VariablesTest(KeptCase):

    async def test_every_variable_still_sets_its_key(self):
        then = json.loads((FOLDER / "variables.json").read_text())
        for name, settings in surface.variable_sets(self.folder).items():
            found = await surface.from_variables(settings)
            now = json.loads(kept_data.without_paths(json.dumps(found),
                                                     self.folder))
            self.assertTrue(then[name])
            for key, value in then[name].items():
                with self.subTest(key):
                    self.assertEqual(now.get(key), value)
