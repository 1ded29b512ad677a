"""`bridgekeeper login`, and the commands that find what it has kept."""

import json
import os
import pathlib
import stat
import tempfile

from cases import DaemonCase
from daemon import TOKEN, run
from regression import fails_at


class LoginTest(DaemonCase):

    def setUp(self):
        super().setUp()
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.config = pathlib.Path(directory.name) / "config"
        self.elsewhere = pathlib.Path(directory.name) / "elsewhere"
        self.elsewhere.mkdir()

    async def command(self, *arguments, **options):
        """Runs a command outside any project's folder."""
        options.setdefault("XDG_CONFIG_HOME", str(self.config))
        return await run(*arguments, directory=self.elsewhere, **options)

    async def login(self, *arguments, token=TOKEN, **options):
        return await self.command("login", self.daemon.http_url(""), *arguments,
                              stdin=f"{token}\n".encode(), **options)

    def kept(self, name="default"):
        return self.config / "bridgekeeper" / "contexts" / f"{name}.json"

    @fails_at("8bd27b6")
    async def test_the_daemon_is_found_from_outside_the_project(self):
        bridge = await self.bridge()
        outcome = await self.login()
        self.assertEqual(outcome.status, 0, outcome.stderr)
        self.assertIn(str(self.kept()), outcome.stdout)
        self.assertNotIn(TOKEN, outcome.stdout + outcome.stderr)
        outcome = await self.command("agents")
        self.assertEqual(outcome.status, 0, outcome.stderr)
        self.assertIn(bridge.agent_id, outcome.stdout)

    @fails_at("8bd27b6")
    async def test_what_is_kept_is_for_its_owner_only(self):
        before = os.umask(0)
        self.addCleanup(os.umask, before)
        await self.login()
        self.assertEqual(stat.S_IMODE(self.kept().stat().st_mode), 0o600)
        for folder in (self.kept().parent, self.kept().parent.parent):
            self.assertEqual(stat.S_IMODE(folder.stat().st_mode), 0o700)
        self.assertEqual(json.loads(self.kept().read_text()),
                         {"url": self.daemon.http_url(""), "token": TOKEN})
        # Nothing half-written is left beside it.
        self.assertEqual(os.listdir(self.kept().parent), ["default.json"])

    @fails_at("8bd27b6")
    async def test_a_context_is_picked_by_its_name(self):
        bridge = (await self.bridge()).work()
        await self.login("--context", "work")
        self.assertFalse(self.kept().exists())
        self.assertTrue(self.kept("work").exists())
        # It is not the default one.
        outcome = await self.command("agents", BRIDGEKEEPER_TOKEN=TOKEN)
        self.assertNotEqual(outcome.status, 0)
        for arguments, variables in (
                (["agents", "--context", "work"], {}),
                (["agents"], {"BRIDGEKEEPER_CONTEXT": "work"}),
                (["dispatch", bridge.agent_id, "x", "--wait", "--context",
                  "work", "--context", '{"issue":17}'], {})):
            with self.subTest(arguments):
                outcome = await self.command(*arguments, **variables)
                self.assertEqual(outcome.status, 0, outcome.stderr)
        outcome = await self.command("agents", "--context", "play")
        self.assertEqual(outcome.status, 2)
        self.assertIn('no context "play"', outcome.stderr)

    async def test_a_named_context_beats_a_token_in_the_environment(self):
        await self.login("--context", "work")
        outcome = await self.command("agents", "--context", "work",
                                 BRIDGEKEEPER_TOKEN="wrong")
        self.assertEqual(outcome.status, 0, outcome.stderr)

    async def test_an_address_beats_the_default_context(self):
        await self.login()
        outcome = await self.command("agents", "--url", "http://127.0.0.1:1",
                                 BRIDGEKEEPER_TOKEN=TOKEN)
        self.assertEqual(outcome.status, 3)
        outcome = await self.command("agents", "--url", "http://127.0.0.1:1",
                                 "--context", "default")
        self.assertEqual(outcome.status, 2)

    async def test_a_wrong_token_is_not_kept(self):
        outcome = await self.login(token="wrong")
        self.assertEqual(outcome.status, 4)
        self.assertIn("does not accept the token", outcome.stderr)
        self.assertFalse(self.kept().exists())
        outcome = await self.login("--no-check", token="wrong")
        self.assertEqual(outcome.status, 0)

    async def test_no_token_at_all_is_exit_4(self):
        self.assertEqual((await self.login(token="")).status, 4)

    async def test_a_daemon_that_is_not_there_is_exit_3(self):
        outcome = await self.command("login", "http://127.0.0.1:1",
                                 stdin=b"token\n")
        self.assertEqual(outcome.status, 3)
        self.assertFalse(self.kept().exists())

    async def test_a_name_is_no_path(self):
        for name in ("../x", "a/b", "", ".hidden", "x" * 65):
            with self.subTest(name):
                outcome = await self.login("--context", name)
                self.assertEqual(outcome.status, 2)

    @fails_at("8bd27b6")
    async def test_a_symlink_in_its_place_is_replaced_and_not_followed(self):
        self.kept().parent.mkdir(parents=True)
        victim = self.elsewhere / "victim"
        victim.write_text("precious")
        self.kept().symlink_to(victim)
        self.assertEqual((await self.login()).status, 0)
        self.assertEqual(victim.read_text(), "precious")
        self.assertFalse(self.kept().is_symlink())

    @fails_at("8bd27b6")
    async def test_after_logout_neither_address_nor_token_is_kept(self):
        await self.login()
        await self.login("--context", "work")
        outcome = await self.command("logout", "--context", "work")
        self.assertEqual(outcome.status, 0, outcome.stderr)
        self.assertIn(str(self.kept("work")), outcome.stdout)
        self.assertEqual(os.listdir(self.kept().parent), ["default.json"])
        self.assertEqual(stat.S_IMODE(self.kept().stat().st_mode), 0o600)
        outcome = await self.command("agents", "--context", "work")
        self.assertEqual(outcome.status, 2)
        self.assertEqual((await self.command("agents")).status, 0)
        self.assertEqual((await self.command("logout")).status, 0)
        self.assertFalse(self.kept().exists())

    @fails_at("8bd27b6")
    async def test_a_logout_of_nothing_says_so(self):
        outcome = await self.command("logout")
        self.assertEqual(outcome.status, 2)
        self.assertIn("No contexts are saved", outcome.stderr)
        await self.login("--context", "work")
        outcome = await self.command("logout", "--context", "play")
        self.assertEqual(outcome.status, 2)
        self.assertIn('no context "play"', outcome.stderr)
        self.assertIn("work", outcome.stderr)
        self.assertTrue(self.kept("work").exists())
