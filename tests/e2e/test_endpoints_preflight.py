"""A page of another origin asks whether it may call."""

import subprocess

from endpoints import CALLS, ORIGIN, STRANGERS, EndpointCase
from regression import fails_at

ORIGINS = [f"{scheme}://{host}:{port}" for scheme in ("http", "https")
           for host in ("localhost", "127.0.0.1") for port in (5173, 5174)]


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

    @fails_at("8bd27b6")
    async def test_a_page_may_ask_for_heads(self):
        answer = await self.preflight("/control/agents", method="HEAD")
        self.assertEqual(answer.status, 200)
        self.assertIn("head", names(
            answer.headers["access-control-allow-methods"]))

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
        self.assertEqual(answer.headers["allow"], "GET, HEAD")
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


class ConfiguredTest(EndpointCase):

    variables = {"BRIDGEKEEPER_HTTP_CORS_ORIGINS":
                 "https://panel.example,http://10.0.0.7:8080"}

    async def test_the_operator_says_whose_pages_may_call(self):
        for origin, status in (("https://panel.example", 200),
                               ("http://10.0.0.7:8080", 200),
                               (ORIGIN, 400), ("http://panel.example", 400)):
            with self.subTest(origin):
                answer = await self.ask(
                    "OPTIONS", "/control/agents", token=False, headers={
                        "Origin": origin,
                        "Access-Control-Request-Method": "GET"})
                self.assertEqual(answer.status, status)
                answer = await self.ask("GET", "/control/agents",
                                        headers={"Origin": origin})
                self.assertEqual(answer.status, 200)
                self.assertEqual(
                    answer.headers.get("access-control-allow-origin"),
                    origin if status == 200 else None)
