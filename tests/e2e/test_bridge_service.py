"""`bridgekeeper bridge` as a service: its file, its check, its log, its proxy
and its exit codes."""

import json
import pathlib
import tempfile

from bridge_process import BridgeProcess
from cases import DaemonCase
from client import agent_status, dispatch, get
from connect_proxy import ConnectProxy
from daemon import run
from test_tls import OURS, certificate_of, fingerprint_of, trusting
from waiting import eventually

HOST = "keeper.example.com"


class ServiceCase(DaemonCase):

    def setUp(self):
        super().setUp()
        directory = tempfile.TemporaryDirectory(prefix="bridgekeeper-e2e-")
        self.addCleanup(directory.cleanup)
        self.directory = pathlib.Path(directory.name)

    def file(self, name, text):
        path = self.directory / name
        path.write_text(text)
        return str(path)

    async def is_connected(self, agent_id):
        async def connected():
            return await agent_status(self.daemon, agent_id) == "connected"
        await eventually(connected, "the bridge registers")

    async def answer(self):
        done = await dispatch(self.daemon, self.agent_name(), "the task",
                              query="?wait=15")
        self.assertEqual(done.status, 200, done.body)
        return done.json


class ConfigFileTest(ServiceCase):

    async def test_a_bridge_takes_its_flags_from_a_file(self):
        path = self.file("bridge.toml", f"""
id = "{self.agent_name()}"
exec = "cat; echo; pwd"
workdir = "{self.directory}"
max-tasks = 3
capability = ["rust", "review"]
heartbeat = "5s"

[label]
gpu = "none"
""")
        await self.given(await BridgeProcess.launch(
            "--config", path, "--data-dir",
            str(self.daemon.directory), token=self.daemon.token))
        await self.is_connected(self.agent_name())
        view = (await get(self.daemon, f"/control/agents/{self.agent_name()}")
                ).json["agent"]
        self.assertEqual((view["slots"], view["capabilities"], view["labels"]),
                         (3, ["rust", "review"], {"gpu": "none"}))
        done = await self.answer()
        self.assertEqual(done["content"].split(),
                         ["the", "task", str(self.directory.resolve())])

    async def test_the_command_line_takes_precedence_over_the_file(self):
        path = self.file("bridge.toml", 'exec = "false"\nmax-tasks = 3\n')
        await self.given(await BridgeProcess.start(
            self.daemon, self.agent_name(), "cat", "--config", path))
        await self.is_connected(self.agent_name())
        self.assertEqual((await self.answer())["status"], "completed")

    async def test_a_mistake_in_the_file_is_named_by_its_line(self):
        for text, complaint in (
                ('exec = "cat"\nmax-task = 3\n',
                 ":2: max-task: unknown key; did you mean max-tasks?"),
                ('exec = "cat"\nmax-tasks = 0\n', ":2: --max-tasks: "),
                ('exec = "cat\n', ":1: "),
                ('max-tasks = 2\n', "--exec is required")):
            with self.subTest(text):
                done = await run("bridge", "--config", self.file("x", text),
                                 "--data-dir", str(self.daemon.directory))
                self.assertEqual(done.status, 2)
                self.assertIn(complaint, done.stderr)

    async def test_the_log_is_json_if_asked(self):
        bridge = await self.given(await BridgeProcess.start(
            self.daemon, self.agent_name(), "cat", "--log-format", "json",
            "--log-level", "info"))
        line = await bridge.says("registered as")
        self.assertIn("registered as", json.loads(line)["message"])


class CheckTest(ServiceCase):

    async def check(self, *flags, **variables):
        variables.setdefault("BRIDGEKEEPER_TOKEN", self.daemon.token)
        variables.setdefault("BRIDGEKEEPER_URL", f"ws://{self.daemon.address}")
        return await run("bridge", "--check", "--id", self.agent_name(), *flags,
                         **variables)

    async def test_a_good_configuration_is_found_good(self):
        done = await self.check("--exec", "cat", "--workdir",
                                str(self.directory), "--max-tasks", "2",
                                SHOP_API_KEY="secret-value")
        self.assertEqual(done.status, 0, done.stdout + done.stderr)
        self.assertNotIn("PROBLEM", done.stdout)
        self.assertIn(f"accepts the token for agent {self.agent_name()}",
                      done.stdout)
        self.assertRegex(done.stdout, r"ok +command: /\S*/cat, read as command")
        self.assertIn(f"{self.directory}; up to 2 tasks at a time", done.stdout)
        self.assertIn(f"BRIDGEKEEPER_AGENT_ID={self.agent_name()}", done.stdout)
        self.assertIn("SHOP_API_KEY=(not shown)", done.stdout)
        for secret in ("secret-value", self.daemon.token):
            self.assertNotIn(secret, done.stdout)
        # Nothing was registered.
        self.assertIsNone(await agent_status(self.daemon, self.agent_name()))

    async def test_a_wrong_token_is_found(self):
        done = await self.check("--exec", "cat", BRIDGEKEEPER_TOKEN="wrong")
        self.assertEqual(done.status, 4)
        self.assertIn("PROBLEM daemon: ", done.stdout)

    async def test_a_mistyped_command_is_found(self):
        done = await self.check("--exec", "cluade --print")
        self.assertEqual(done.status, 1)
        self.assertIn("PROBLEM command: cluade was not found", done.stdout)

    async def test_an_agent_in_a_command_that_is_not_simple_is_pointed_out(
            self):
        done = await self.check("--exec", "cat | claude --print")
        self.assertEqual(done.status, 0, done.stdout)
        self.assertIn("say so with --agent claude", done.stdout)

    async def test_passwords_are_not_shown(self):
        secrets = {"HTTPS_PROXY": "http://me:secret@proxy:1",
                   "DATABASE_URL": "db://me:secret@x", "MYSQL_PWD": "secret"}
        done = await self.check("--exec", "cat", **secrets)
        self.assertNotIn("secret", done.stdout)
        for name in secrets:
            self.assertIn(f"{name}=(not shown)", done.stdout)

    async def test_a_removed_directory_is_found(self):
        done = await self.check("--exec", "cat", "--workdir", "/nonexistent")
        self.assertEqual(done.status, 2)
        self.assertIn("There is no directory /nonexistent", done.stderr)

    async def test_a_bridge_under_the_same_id_is_found(self):
        await self.bridge()
        done = await self.check("--exec", "cat")
        self.assertEqual(done.status, 0)
        self.assertIn("this one would take its place", done.stdout)

    async def test_a_daemon_that_is_not_there_is_found(self):
        done = await self.check("--exec", "cat",
                                BRIDGEKEEPER_URL="ws://127.0.0.1:1")
        self.assertEqual(done.status, 3)
        self.assertIn("PROBLEM daemon: ", done.stdout)


class ProxyTest(ServiceCase):
    flags = (OURS,)

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.daemon.tls = trusting(certificate_of(cls.daemon))

    async def start(self, proxy, **variables):
        bridge = await BridgeProcess.launch(
            "--id", self.agent_name(), "--exec", "cat", "--url",
            f"wss://{HOST}:{self.daemon.port}", "--tls-fingerprint",
            fingerprint_of(certificate_of(self.daemon)),
            token=self.daemon.token, HTTPS_PROXY=proxy, **variables)
        return await self.given(bridge)

    async def test_a_bridge_reaches_the_daemon_through_a_proxy(self):
        async with ConnectProxy((self.daemon.host, self.daemon.port),
                                "me:p@ss") as proxy:
            await self.start(f"http://me:p%40ss@{proxy.address}")
            await self.is_connected(self.agent_name())
            self.assertEqual((await self.answer())["status"], "completed")
            self.assertEqual(
                proxy.requests,
                [f"CONNECT {HOST}:{self.daemon.port} HTTP/1.1"])

    async def test_a_proxy_that_refuses_is_named(self):
        async with ConnectProxy((self.daemon.host, self.daemon.port),
                                "me:p@ss") as proxy:
            bridge = await self.start(f"http://{proxy.address}")
            line = await bridge.says("cannot reach")
            self.assertIn("the proxy refused the connection (HTTP 407)", line)
            await bridge.stop()

    async def test_no_proxy_excludes_the_daemon(self):
        async with ConnectProxy((self.daemon.host, self.daemon.port)) as proxy:
            bridge = await self.start(f"http://{proxy.address}",
                                      NO_PROXY="example.com")
            await bridge.says("cannot")
            self.assertEqual(proxy.requests, [])
            await bridge.stop()
