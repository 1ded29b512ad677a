"""A page of another origin may call everything, and read every answer."""

import json
import subprocess

from bridge import Bridge
from client import finished_record
from endpoints import ORIGIN, RATE_HEADERS, EndpointCase

ORIGINS = [f"{scheme}://{host}:{port}" for scheme in ("http", "https")
           for host in ("localhost", "127.0.0.1") for port in (5173, 5174)]
STRANGERS = ["http://evil.example", "http://localhost", "null",
             "http://localhost:5175", "http://localhost:5173.evil.example",
             "ftp://localhost:5173", "HTTP://LOCALHOST:5173"]

# Every call of the table.
CALLS = [("GET", "/health"), ("GET", "/livez"), ("GET", "/readyz"),
         ("GET", "/control/context"), ("POST", "/control/agents/register"),
         ("GET", "/control/agents"), ("GET", "/control/agents/a"),
         ("POST", "/control/agents/a/dispatch"),
         ("POST", "/control/agents/a/followup"),
         ("GET", "/control/agents/a/task"),
         ("GET", "/control/agents/a/events"), ("POST", "/control/sessions"),
         ("GET", "/control/sessions/s/events"),
         ("GET", "/control/sessions/s/events/filter"),
         ("GET", "/control/dispatches/x"),
         ("GET", "/ws/agent-bridge/status")]
OPEN = ("/health", "/livez", "/readyz")


def names(text):
    return {x.strip().lower() for x in text.split(",")}


class PreflightTest(EndpointCase):

    async def preflight(self, path, origin=ORIGIN, method="GET",
                        headers="authorization,content-type"):
        return await self.ask(
            "OPTIONS", path, token=False, headers={
                "Origin": origin, "Access-Control-Request-Method": method,
                "Access-Control-Request-Headers": headers})

    async def test_a_page_of_the_panel_may_make_every_call(self):
        for method, path in CALLS:
            with self.subTest(path):
                answer = await self.preflight(path, method=method)
                self.assertEqual((answer.status, answer.body), (200, b"OK"))
                self.assertEqual(
                    answer.headers["access-control-allow-origin"], ORIGIN)
                self.assertEqual(
                    answer.headers["access-control-allow-credentials"],
                    "true")
                self.assertEqual(answer.headers["access-control-max-age"],
                                 "600")
                self.assertIn(method.lower(), names(
                    answer.headers["access-control-allow-methods"]))
                self.assertLessEqual(
                    {"authorization", "content-type"}, names(
                        answer.headers["access-control-allow-headers"]))

    async def test_a_panel_s_x_auth_token_is_allowed(self):
        answer = await self.preflight("/control/agents",
                                      headers="x-auth-token, last-event-id")
        self.assertEqual(answer.status, 200)
        self.assertLessEqual(
            {"x-auth-token", "last-event-id"}, names(
                answer.headers["access-control-allow-headers"]))

    async def test_all_origins_of_the_panel_are_known(self):
        for origin in ORIGINS:
            with self.subTest(origin):
                answer = await self.preflight("/control/agents", origin)
                self.assertEqual(answer.status, 200)
                self.assertEqual(
                    answer.headers["access-control-allow-origin"], origin)

    async def test_a_foreign_origin_is_refused(self):
        for origin in STRANGERS:
            with self.subTest(origin):
                answer = await self.preflight("/control/agents", origin)
                self.assertEqual((answer.status, answer.body),
                                 (400, b"Disallowed CORS origin"))
                self.assertNotIn("access-control-allow-origin",
                                 answer.headers)

    async def test_options_that_is_no_preflight_is_a_wrong_method(self):
        answer = await self.ask("OPTIONS", "/control/agents")
        self.assert_refused(answer, 405, "Method Not Allowed")
        self.assertEqual(answer.headers["allow"], "GET")
        self.assert_cors(answer)

    async def test_curl_sees_a_preflight_s_headers(self):
        process = subprocess.run(
            ["curl", "--silent", "--include", "--request", "OPTIONS",
             "--header", f"Origin: {ORIGIN}",
             "--header", "Access-Control-Request-Method: POST",
             self.daemon.http_url("/control/agents/a/dispatch")],
            capture_output=True, check=True, timeout=10)
        head, body = process.stdout.split(b"\r\n\r\n", 1)
        self.assertTrue(head.startswith(b"HTTP/1.1 200 "), head)
        self.assertIn(f"access-control-allow-origin: {ORIGIN}".encode(),
                      head.lower())
        self.assertEqual(body, b"OK")


class AnswerTest(EndpointCase):

    async def test_answers_to_the_panel_may_be_read(self):
        await self.bridge("a")
        for path in ("/health", "/livez", "/readyz", "/control/context",
                     "/control/agents", "/control/agents/a",
                     "/control/agents/a/task", "/ws/agent-bridge/status"):
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
    """A refusal without CORS headers is a network error to the page."""

    variables = {"BRIDGEKEEPER_AUTH_FAILURE_DELAY": "0",
                 "BRIDGEKEEPER_BRIDGE_MAX_PENDING_PER_AGENT": "1"}

    async def assert_readable(self, answer, status, detail):
        self.assert_refused(answer, status, detail)
        self.assert_cors(answer)

    async def test_401(self):
        for method, path in CALLS:
            if path in OPEN:
                continue
            for token, detail in ((False, "Missing authentication token"),
                                  ("bad", "Invalid authentication token")):
                with self.subTest(path, token=token):
                    answer = await self.ask(method, path, token=token)
                    await self.assert_readable(answer, 401, detail)
                    self.assertEqual(answer.headers["www-authenticate"],
                                     "Bearer")

    async def test_404(self):
        for path in ("/nothing", "/control/", "/control/sessions"
                     "/s/events/", "/control/sessions/a/b/events"):
            await self.assert_readable(await self.ask("GET", path), 404,
                                       "Not Found")
        await self.assert_readable(
            await self.ask("GET", "/control/agents/nobody"), 404,
            "Agent not found")
        await self.assert_readable(
            await self.ask("GET", "/control/sessions/s/events"), 404,
            "Session not found")

    async def test_405(self):
        for method, path in CALLS:
            if path == "/control/agents/register":
                continue  # `register` might be an agent's id.
            for wrong in {"GET", "POST", "PUT", "DELETE"} - {method}:
                with self.subTest(path, method=wrong):
                    answer = await self.ask(wrong, path, token=False)
                    await self.assert_readable(answer, 405,
                                               "Method Not Allowed")
                    self.assertEqual(answer.headers["allow"], method)

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
            self.assertEqual(set(json.loads(answer.body)), {"detail"})
            self.assert_cors(answer)


class UnconfiguredTest(EndpointCase):

    variables = {"token": None, "BRIDGEKEEPER_AUTH_MAKE_TOKEN": "off"}

    async def test_500(self):
        answer = await self.ask("GET", "/control/agents", token="any")
        self.assert_refused(
            answer, 500, "Authentication not configured. Set "
            "VIBEFORGE_AUTH_TOKEN or VIBEFORGE_AUTH_TOKENS.")
        self.assert_cors(answer)
