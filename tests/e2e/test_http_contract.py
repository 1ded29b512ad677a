"""Every route's answer, and every refusal's text."""

import email.utils
import itertools
import json
import time

from bridge import Bridge
from cases import AsyncCase, DaemonCase
from client import agent_status, dispatch, get, post, request
from endpoints import CALLS
from regression import fails_at
from waiting import eventually

INVALID_ID = ("Invalid agent_id format. Use alphanumeric characters and "
              "hyphens only.")


class RouteTest(DaemonCase):

    async def assert_refused(self, answer, status, detail):
        self.assertEqual((answer.status, answer.error),
                         (status, {"detail": detail}))
        self.assertEqual(answer.headers["content-type"], "application/json")

    async def test_health_needs_no_token(self):
        answer = await get(self.daemon, "/health", token=False)
        self.assertEqual(answer.status, 200)
        self.assertEqual((answer.json["status"], answer.json["service"]),
                         ("ok", "vibeforge-api"))
        self.assertEqual(answer.headers["content-type"], "application/json")

    async def test_an_unknown_route_is_404(self):
        for path in ("/", "/nothing", "/nothing/", "/control", "/control/",
                     "/Health", "//health", "/control/agents/a/b",
                     "/control/agents/a/b/c", "/control/agents/a/b/task",
                     "/%2e%2e/health"):
            with self.subTest(path):
                await self.assert_refused(await get(self.daemon, path),
                                          404, "Not Found")

    @fails_at("8bd27b6")
    async def test_a_plain_request_for_a_socket_is_told_of_proxies(self):
        for method, path in itertools.product(
                ("GET", "HEAD"), ("/ws/agent-bridge", "/ws/control")):
            with self.subTest(method, path=path):
                answer = await request(self.daemon, method, path, token=False)
                self.assertEqual(answer.status, 426)
                self.assertEqual(answer.headers["upgrade"], "websocket")
                self.assertIn("upgrade", answer.headers["connection"])
                self.assertEqual(answer.headers["sec-websocket-version"], "13")
                if method == "GET":
                    self.assertIn("proxy", answer.json["detail"])

    @fails_at("8bd27b6")
    async def test_trailing_slashes_redirect_and_the_method_stays(self):
        for method, path, location in (
                ("GET", "/health/", "/health"),
                ("GET", "/control/agents//?a=b/", "/control/agents?a=b/"),
                ("POST", "/control/agents/a/dispatch/",
                 "/control/agents/a/dispatch"),
                ("POST", "/control/agents/a/dispatch//?wait=5&x=/",
                 "/control/agents/a/dispatch?wait=5&x=/")):
            with self.subTest(path):
                answer = await request(self.daemon, method, path, token=False)
                self.assertEqual((answer.status, answer.headers["location"],
                                  answer.body), (307, location, b""))
                answer = await request(self.daemon, method, location)
                self.assertNotIn(answer.status, (307, 405))

    @fails_at("8bd27b6")
    async def test_head_is_answered_wherever_get_is(self):
        await self.bridge("a")
        stream = "/control/agents/a/events"
        paths = [path for method, path in CALLS if method == "GET"]
        for path in [*paths, "/nothing"]:
            if path == stream:
                continue
            with self.subTest(path):
                got = await get(self.daemon, path)
                answer = await request(self.daemon, "HEAD", path)
                self.assertEqual((answer.status, answer.body),
                                 (got.status, b""))
                self.assertEqual(answer.headers["content-type"],
                                 got.headers["content-type"])
                if path == "/metrics":
                    # What it tells has another length the next time.
                    self.assertIn("content-length", answer.headers)
                    continue
                for name in ("content-length", "transfer-encoding"):
                    self.assertEqual(answer.headers.get(name),
                                     got.headers.get(name))
        answer = await request(self.daemon, "HEAD", stream)
        self.assertEqual(answer.status, 200)
        self.assertIn("text/event-stream", answer.headers["content-type"])
        self.assertNotIn("content-length", answer.headers)

    @fails_at("8bd27b6")
    async def test_options_asks_about_the_server_as_a_whole(self):
        answer = await request(self.daemon, "OPTIONS", "*", token=False)
        self.assertEqual((answer.status, answer.body), (200, b""))
        self.assertEqual(answer.headers["allow"],
                         "GET, HEAD, POST, DELETE, OPTIONS")

    @fails_at("8bd27b6")
    async def test_no_answer_is_stored_or_framed_and_each_has_a_date(self):
        for method, path in (("GET", "/health"), ("GET", "/control/agents"),
                             ("GET", "/nothing"), ("PUT", "/health"),
                             ("GET", "/control/agents/a_b"),
                             ("GET", "/control/agents/"),
                             ("OPTIONS", "*"), ("GET", "/ws/control")):
            with self.subTest(method, path=path):
                headers = (await request(self.daemon, method, path)).headers
                self.assertEqual(headers["cache-control"], "no-store")
                self.assertIn("frame-ancestors 'none'",
                              headers["content-security-policy"])
                self.assertIn("default-src 'none'",
                              headers["content-security-policy"])
                sent = email.utils.parsedate_to_datetime(headers["date"])
                self.assertLess(abs(sent.timestamp() - time.time()), 60)
                self.assertTrue(headers["date"].endswith(" GMT"))

    async def test_a_wrong_method_is_405_and_names_the_right_one(self):
        for method, path, allowed in (
                ("POST", "/health", "GET, HEAD"),
                ("DELETE", "/control/agents", "GET, HEAD"),
                ("POST", "/control/agents", "GET, HEAD"),
                ("PUT", "/control/agents/a", "GET, HEAD, DELETE"),
                ("GET", "/control/agents/a/dispatch", "POST"),
                ("HEAD", "/control/agents/a/dispatch", "POST"),
                ("BREW", "/control/agents/a/task", "GET, HEAD"),
                ("get", "/health", "GET, HEAD")):
            with self.subTest(method=method, path=path):
                answer = await request(self.daemon, method, path)
                self.assertEqual(answer.status, 405)
                self.assertEqual(answer.headers["allow"], allowed)
                if method != "HEAD":
                    self.assertEqual(answer.error,
                                     {"detail": "Method Not Allowed"})

    async def test_an_agent_id_that_is_none_is_400(self):
        for path in ("/control/agents/{}", "/control/agents/{}/task",
                     "/control/agents/{}/events"):
            for name in ("a_b", "a%20b", "%C3%A4", "a" * 65, "a%2Fb", "%00",
                         "..", "%"):
                with self.subTest(path.format(name)):
                    await self.assert_refused(
                        await get(self.daemon, path.format(name)),
                        400, INVALID_ID)
        await self.assert_refused(await dispatch(self.daemon, "a_b"),
                                  400, INVALID_ID)

    async def test_an_agent_never_seen_is_404(self):
        for path in ("/control/agents/nobody", "/control/agents/nobody/task",
                     "/control/agents/nobody/events"):
            await self.assert_refused(await get(self.daemon, path),
                                      404, "Agent not found")
        await self.assert_refused(await dispatch(self.daemon, "nobody"),
                                  404, "Agent not found")

    async def test_a_dispatch_never_made_is_404(self):
        for message_id in ("x", "00000000-0000-4000-8000-000000000000"):
            await self.assert_refused(
                await get(self.daemon, f"/control/dispatches/{message_id}"),
                404, "Dispatch not found")

    async def test_an_agent_that_is_away_is_409(self):
        name = self.agent_name()
        async with await Bridge.register(self.daemon, name):
            pass

        async def is_away():
            return await agent_status(self.daemon, name) == "disconnected"
        await eventually(is_away, "the agent is away")
        await self.assert_refused(await dispatch(self.daemon, name),
                                  409, "Agent is not connected")

    async def test_percent_encoded_paths_are_decoded(self):
        bridge = await self.bridge("Percent-1")
        for name in ("%50ercent-1", "Percent%2D1", "Percent%2d%31"):
            answer = await get(self.daemon, f"/control/agents/{name}")
            self.assertEqual(answer.json["agent"]["agent_id"],
                             bridge.agent_id)


class DispatchBodyTest(DaemonCase):

    async def refusal(self, body, agent="nobody"):
        if isinstance(body, str):
            body = body.encode()
        return await post(self.daemon, f"/control/agents/{agent}/dispatch",
                          body)

    async def test_a_body_that_does_not_fit_is_422_and_says_where(self):
        for body, location in (
                ("", ["body"]), ("{", ["body"]), ("[]", ["body"]),
                ("null", ["body"]), (b"\xff", ["body"]),
                ({}, ["body", "content"]),
                ({"content": None}, ["body", "content"]),
                ({"content": 7}, ["body", "content"]),
                ({"content": ["x"]}, ["body", "content"]),
                ({"content": "x", "context": []}, ["body", "context"]),
                ({"content": "x", "context": "x"}, ["body", "context"])):
            with self.subTest(body):
                answer = await self.refusal(body)
                self.assertEqual(answer.status, 422)
                item, = answer.json["detail"]
                self.assertEqual(set(item), {"type", "loc", "msg", "input"})
                self.assertEqual(item["loc"], location)
                self.assertTrue(item["type"] and item["msg"])

    async def test_content_is_stripped_and_must_not_be_empty(self):
        for content in ("", "  ", "\0", "\n\0\t ", "\u2003\u00a0"):
            with self.subTest(content):
                answer = await self.refusal({"content": content})
                self.assertEqual(
                    (answer.status, answer.error),
                    (400, {"detail": "content must not be empty"}))

    async def test_content_is_limited_in_characters(self):
        bridge = await self.bridge()
        answer = await self.refusal({"content": "ü" * 10_001},
                                    bridge.agent_id)
        self.assertEqual(
            (answer.status, answer.error),
            (400, {"detail": "content must be <= 10000 characters"}))
        # What is stripped does not count.
        answer = await self.refusal({"content": " " + "ü" * 10_000 + "\0 "},
                                    bridge.agent_id)
        self.assertEqual(answer.status, 200)

    async def test_checks_are_made_in_the_promised_order(self):
        async with await Bridge.register(self.daemon, "away"):
            pass
        steps = [
            (dict(path="a_b", body=b"{", token=False), 401),
            (dict(path="a_b", body=b"{"), 422),
            (dict(path="a_b", body={"content": " "}), 400),
            (dict(path="nobody", body={"content": " "}), 400),
            (dict(path="nobody", body={"content": "x"}), 404),
            (dict(path="away", body={"content": "x"}), 409)]
        details = []
        for options, status in steps:
            path = options.pop("path")
            answer = await post(self.daemon,
                                f"/control/agents/{path}/dispatch",
                                options.pop("body"), **options)
            self.assertEqual(answer.status, status)
            details.append(answer.json["detail"])
        self.assertEqual(details[2:], [INVALID_ID,
                                       "content must not be empty",
                                       "Agent not found",
                                       "Agent is not connected"])

    async def test_any_content_type_is_taken_for_json(self):
        bridge = (await self.bridge()).work()
        for kind in ("application/json; charset=utf-8", "text/plain", ""):
            answer = await post(
                self.daemon,
                f"/control/agents/{bridge.agent_id}/dispatch?wait=10",
                json.dumps({"content": "x"}).encode(),
                headers={"Content-Type": kind})
            self.assertEqual(answer.json["status"], "completed")

    async def test_unknown_fields_are_ignored(self):
        bridge = (await self.bridge()).work()
        answer = await dispatch(self.daemon, bridge.agent_id, urgency=9,
                                query="?wait=10&unknown=1")
        self.assertEqual(answer.json["status"], "completed")


class DispatchLimitsTest(AsyncCase):

    async def test_limits_that_are_configured_hold(self):
        daemon = self.start_daemon("--max-pending", "3",
                                   "--max-content-chars", "1000000")
        name = "a" * 64
        bridge = await self.given(await Bridge.register(daemon, name))
        # The body is just small enough; the frame, with ids in it, is not.
        large = json.dumps({"content": "é" * 524_200}, ensure_ascii=False)
        answer = await post(daemon, f"/control/agents/{name}/dispatch",
                            large.encode())
        self.assertEqual(answer.status, 413)
        self.assertIn("larger than a bridge accepts", answer.json["detail"])
        await bridge.sync()
        for _ in range(3):
            self.assertEqual((await dispatch(daemon, name)).status, 200)
        answer = await dispatch(daemon, name)
        self.assertEqual((answer.status, answer.error), (503, {
            "detail": "The agent has too many unfinished dispatches"}))
        self.assertIn("retry-after", answer.headers)
        await bridge.respond((await bridge.receive_dispatch())["message_id"])
        for _ in range(2):
            await bridge.receive_dispatch()
        await bridge.sync()
        self.assertEqual((await dispatch(daemon, name)).status, 200)
