"""Every answer may be read by a page of the panel's origin, and by no other:
to the page, a refusal without CORS headers is a network error."""

from bridge import Bridge
from client import finished_record
from endpoints import (CALLS, ENDPOINTS, PROTECTED, RATE_HEADERS, STRANGERS,
                       EndpointCase)


class AnswerTest(EndpointCase):

    async def test_answers_to_the_panel_may_be_read(self):
        await self.bridge("a")
        # One is a stream; the others name a session, a dispatch or a reason
        # that does not exist.
        others = ("agent_events", "session_events", "dispatch_events",
                  "filter", "record", "explain_dispatch", "explain_reason")
        for path in (x.path for x in ENDPOINTS
                     if x.method == "GET" and x.name not in others):
            with self.subTest(path):
                answer = await self.ask("GET", path)
                self.assertEqual(answer.status, 200)
                self.assert_cors(answer)
        for path, body in (("/control/agents/a/dispatch", {"content": "x"}),
                           ("/control/agents/a/followup", {"content": "x"}),
                           ("/control/sessions", {}),
                           ("/control/agents/register",
                            {"name": "n", "endpoint_url": "u"})):
            with self.subTest(path):
                answer = await self.ask("POST", path, body)
                self.assertEqual(answer.status, 200)
                self.assert_cors(answer)

    async def test_a_foreign_page_may_read_nothing(self):
        for origin in STRANGERS:
            answer = await self.ask("GET", "/control/agents",
                                    headers={"Origin": origin})
            self.assertEqual(answer.status, 200)
            self.assertNotIn("access-control-allow-origin", answer.headers)

    async def test_who_has_no_origin_is_told_nothing_of_it(self):
        answer = await self.ask("GET", "/health", headers={"Origin": ""})
        self.assertFalse([x for x in answer.headers
                          if x.startswith("access-control")])


class RefusalTest(EndpointCase):

    variables = {"BRIDGEKEEPER_AUTH_FAILURE_DELAY": "0",
                 "BRIDGEKEEPER_BRIDGE_MAX_PENDING_PER_AGENT": "1"}

    async def assert_readable(self, answer, status, detail):
        self.assert_refused(answer, status, detail)
        self.assert_cors(answer)

    async def test_401(self):
        for method, path in PROTECTED:
            for token, detail in ((False, "Missing authentication token"),
                                  ("bad", "Invalid authentication token")):
                with self.subTest(path, token=token):
                    answer = await self.ask(method, path, token=token)
                    await self.assert_readable(answer, 401, detail)
                    self.assertEqual(answer.headers["www-authenticate"],
                                     "Bearer")

    async def test_404(self):
        for path in ("/nothing", "/control/", "/control/sessions"
                     "/s/events/x", "/control/sessions/a/b/events"):
            await self.assert_readable(await self.ask("GET", path), 404,
                                       "Not Found")
        await self.assert_readable(
            await self.ask("GET", "/control/agents/nobody"), 404,
            "Agent not found")
        await self.assert_readable(
            await self.ask("GET", "/control/sessions/s/events"), 404,
            "Session not found")

    async def test_405(self):
        for _, path in CALLS:
            if path in ("/control/agents/register", "/control/agents/cordon",
                        "/control/agents/drain", "/control/agents/uncordon"):
                continue  # These might be agents' ids.
            allowed = [x for x, y in CALLS if y == path]
            for wrong in {"GET", "POST", "PUT", "DELETE"} - {*allowed}:
                with self.subTest(path, method=wrong):
                    answer = await self.ask(wrong, path, token=False)
                    await self.assert_readable(answer, 405,
                                               "Method Not Allowed")
                    self.assertEqual(
                        answer.headers["allow"],
                        ", ".join(allowed).replace("GET", "GET, HEAD"))

    async def test_400_409_413_422_and_503(self):
        async with await Bridge.register(self.daemon, "a"):
            answer = await self.ask("POST", "/control/agents/a/dispatch",
                                    {"content": " "})
            self.assertEqual(answer.status, 400)
            self.assert_cors(answer)
            answer = await self.ask("POST", "/control/agents/a/followup",
                                    {"content": "x"})
            await self.assert_readable(answer, 409,
                                       "No active task to follow up")
            answer = await self.ask("POST", "/control/agents/a/dispatch", b"{")
            self.assertEqual(answer.status, 422)
            self.assert_cors(answer)
            for status in (200, 503):
                answer = await self.ask("POST", "/control/agents/a/dispatch",
                                        {"content": "x"})
                self.assertEqual(answer.status, status)
                self.assert_cors(answer)

    async def test_413(self):
        answer = await self.ask("POST", "/control/agents/a/dispatch",
                                b" " * 2 * 1024 * 1024)
        await self.assert_readable(answer, 413, "Message too large")
        # As every answer to a dispatch does.
        for whose in ("agent", "ip"):
            self.assertIn(f"x-ratelimit-limit-{whose}", answer.headers)


class SlowedTest(EndpointCase):

    variables = {"VIBEFORGE_RATE_LIMIT_AGENT_PER_MIN": "1",
                 "VIBEFORGE_SESSION_COST_LIMIT_USD": "1"}

    async def test_402_and_429_may_be_read_with_their_headers(self):
        bridge = await self.bridge("a")
        other = await self.bridge("b")
        answer = await self.ask("POST", "/control/agents/a/dispatch",
                                {"content": "x"})
        message_id = answer.json["message_id"]
        answer = await self.ask("POST", "/control/agents/a/dispatch",
                                {"content": "x"})
        self.assert_refused(answer, 429, "Rate limit exceeded")
        self.assert_cors(answer)
        self.assertLessEqual(RATE_HEADERS, set(answer.headers))
        await bridge.respond(message_id, usage={"cost": 1})
        await finished_record(self.daemon, message_id)
        answer = await self.ask("POST", "/control/agents/b/dispatch",
                                {"content": "x"})
        self.assertEqual(answer.status, 402)
        self.assert_cors(answer)
        await other.sync()

    async def test_a_stranger_who_guesses_may_read_that_too(self):
        for _ in range(2):
            answer = await self.ask("GET", "/control/agents", token="bad")
            self.assertIn(answer.status, (401, 429))
            self.assertEqual(set(answer.error), {"detail"})
            self.assert_cors(answer)


class UnconfiguredTest(EndpointCase):

    variables = {"token": None, "BRIDGEKEEPER_AUTH_MAKE_TOKEN": "off"}

    async def test_500(self):
        answer = await self.ask("GET", "/control/agents", token="any")
        self.assert_refused(
            answer, 500, "Authentication not configured. Set "
            "VIBEFORGE_AUTH_TOKEN or VIBEFORGE_AUTH_TOKENS.")
        self.assert_cors(answer)
