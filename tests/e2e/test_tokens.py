"""Who is let in: where a token may stand, and what is said without one."""

import os
import signal
import tempfile

from bridge import Bridge
from cases import AsyncCase, DaemonCase
from client import get, request
from daemon import TOKEN
from endpoints import PROTECTED
from regression import fails_at
from waiting import eventually

MISSING = {"detail": "Missing authentication token"}
INVALID = {"detail": "Invalid authentication token"}
UNCONFIGURED = {"detail": "Authentication not configured. Set "
                          "VIBEFORGE_AUTH_TOKEN or VIBEFORGE_AUTH_TOKENS."}

# Wrong tokens are many here; that they are slowed is another test's topic.
NOT_SLOWED = {"BRIDGEKEEPER_AUTH_FAILURE_DELAY": "0"}


class TokenPlaceTest(DaemonCase):

    variables = NOT_SLOWED

    async def ask(self, headers=None, query=""):
        answer = await get(self.daemon, f"/control/agents{query}",
                           headers=headers, token=False)
        return answer.status, (answer.json if answer.status == 200
                               else answer.error)

    async def test_everything_protected_wants_a_token(self):
        invalid = ("GET", "/control/agents/not_an_id")
        for method, path in [*PROTECTED, invalid]:
            with self.subTest(path):
                for token, detail in ((False, MISSING), ("wrong", INVALID)):
                    answer = await request(self.daemon, method, path,
                                           token=token)
                    self.assertEqual((answer.status, answer.error),
                                     (401, detail))

    async def test_bearer_in_any_case_is_accepted(self):
        for scheme in ("Bearer", "bearer", "BEARER", "bEaReR"):
            status, _ = await self.ask({"Authorization":
                                        f"{scheme} {TOKEN}"})
            self.assertEqual(status, 200, scheme)

    async def test_x_auth_token_and_the_query_are_accepted(self):
        self.assertEqual((await self.ask({"X-Auth-Token": TOKEN}))[0], 200)
        self.assertEqual((await self.ask(query=f"?token={TOKEN}"))[0], 200)
        encoded = "".join(f"%{ord(c):02x}" for c in TOKEN)
        self.assertEqual(
            (await self.ask(query=f"?a=b&token={encoded}&c"))[0], 200)

    async def test_the_first_place_that_has_a_token_decides(self):
        self.assertEqual(
            await self.ask({"Authorization": "Bearer wrong",
                            "X-Auth-Token": TOKEN}), (401, INVALID))
        self.assertEqual(
            await self.ask({"X-Auth-Token": "wrong"},
                           f"?token={TOKEN}"), (401, INVALID))

    async def test_what_is_no_bearer_token_leaves_the_next_place(self):
        for value in ("Basic abc", "Bearer", "Bearer ", TOKEN):
            with self.subTest(value):
                self.assertEqual(await self.ask({"Authorization": value}),
                                 (401, MISSING))
                status, _ = await self.ask({"Authorization": value,
                                            "X-Auth-Token": TOKEN})
                self.assertEqual(status, 200)

    async def test_two_tokens_are_refused_without_checking_them(self):
        self.assertEqual(
            await self.ask(query=f"?token={TOKEN}&token=wrong"),
            (400, {"detail":
                   "The request has more than one token= in its query"}))

    async def test_nearly_the_token_is_not_the_token(self):
        for token in (TOKEN + "x", TOKEN[:-1], TOKEN.upper(), " "):
            self.assertEqual((await self.ask({"X-Auth-Token": token}))[0],
                             401)
        self.assertEqual(await self.ask(query="?token="), (401, MISSING))

    async def test_a_refusal_says_how_to_authenticate(self):
        answer = await get(self.daemon, "/control/agents", token=False)
        self.assertEqual(answer.headers["www-authenticate"], "Bearer")

    async def test_no_token_is_ever_logged(self):
        await self.ask(query=f"?token={TOKEN}")
        await self.ask({"Authorization": "Bearer a-wrong-secret"})
        await self.bridge()
        self.assertNotIn(TOKEN, self.daemon.log())
        self.assertNotIn("a-wrong-secret", self.daemon.log())


class QueryTokenTest(AsyncCase):

    @fails_at("8bd27b6")
    async def test_tokens_in_the_query_can_be_forbidden(self):
        daemon = self.start_daemon(BRIDGEKEEPER_AUTH_QUERY_TOKENS="off")
        answer = await get(daemon, f"/control/agents?token={TOKEN}",
                           token=False)
        self.assertEqual(answer.status, 401)
        self.assertIn("auth.query_tokens", answer.json["detail"])
        self.assertEqual((await get(daemon, "/control/agents")).status, 200)


class NoTokenTest(AsyncCase):

    async def test_without_a_configured_token_the_api_says_so(self):
        daemon = self.start_daemon(token=None,
                                   BRIDGEKEEPER_AUTH_MAKE_TOKEN="off")
        for token in (False, "any"):
            answer = await get(daemon, "/control/agents", token=token)
            self.assertEqual((answer.status, answer.error),
                             (500, UNCONFIGURED))
        answer = await get(daemon, "/health", token=False)
        self.assertEqual(answer.status, 200)


class TokenSourceTest(AsyncCase):

    async def status(self, daemon, token):
        answer = await get(daemon, "/control/agents", token=token)
        return answer.status

    async def test_several_tokens_count(self):
        daemon = self.start_daemon(token="one", **NOT_SLOWED,
                                   VIBEFORGE_AUTH_TOKENS="two, three,,")
        for token in ("one", "two", "three"):
            self.assertEqual(await self.status(daemon, token), 200)
        self.assertEqual(await self.status(daemon, "two, three"), 401)

    async def test_a_changed_token_file_takes_effect_without_a_restart(self):
        daemon = self.start_daemon(token=None, BRIDGEKEEPER_LOG_LEVEL="debug",
                                   **NOT_SLOWED,
                                   **self.token_file("# ours\nold\n\n"))
        self.assertEqual(await self.status(daemon, "old"), 200)
        self.assertEqual(await self.status(daemon, "# ours"), 401)
        daemon.token = "old"
        before = await self.given(await Bridge.register(daemon, "before"))

        self.write_tokens("new\nnewer # and a comment\n")

        async def counts(token):
            return await self.status(daemon, token) == 200
        await eventually(lambda: counts("new"), "the new token counts")
        self.assertEqual(await self.status(daemon, "old"), 401)
        # A bridge that is in stays in; one that comes needs the new token.
        await before.sync()
        async with await Bridge.connect(daemon, "late") as late:
            await late.send("register", auth_token="old")
            self.assertEqual(await late.closed(), (
                4005, "Authentication failed: invalid token"))
        daemon.token = "new"
        async with await Bridge.register(daemon, "late"):
            pass

    async def test_sighup_reads_the_tokens_again_and_ends_nothing(self):
        daemon = self.start_daemon(token="kept", **self.token_file("a\n"))
        bridge = await self.given(await Bridge.register(daemon, "a"))
        daemon.signal(signal.SIGHUP)
        await daemon.logs("tokens reloaded")
        await bridge.sync()
        self.assertEqual(await self.status(daemon, "kept"), 200)

    async def test_a_token_file_that_goes_and_comes_back_is_read_again(self):
        daemon = self.start_daemon(token=None, **NOT_SLOWED,
                                   **self.token_file("one\n"))
        os.unlink(self.path)
        await daemon.logs("cannot read the token file")
        self.assertEqual(await self.status(daemon, "one"), 200)
        self.write_tokens("two\n")

        async def is_open():
            return await self.status(daemon, "two") == 200
        await eventually(is_open, "the new token counts")
        self.assertEqual(await self.status(daemon, "one"), 401)

    def token_file(self, text):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.path = os.path.join(directory.name, "tokens")
        self.write_tokens(text)
        return {"VIBEFORGE_AUTH_TOKEN_FILE": self.path}

    def write_tokens(self, text):
        """Whole or not at all, as a careful operator does."""
        with open(self.path + ".new", "w") as file:
            file.write(text)
        os.replace(self.path + ".new", self.path)
