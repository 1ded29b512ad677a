"""HTTP as bytes: what clients of all kinds may send."""

import asyncio
import subprocess

from cases import DaemonCase
from raw import RawConnection
from regression import fails_at
from waiting import Stopwatch


class HttpProtocolTest(DaemonCase):

    async def raw(self):
        return await self.given(await RawConnection.open(self.daemon))

    def text(self, method="GET", path="/control/agents", *lines, body="",
             version="1.1"):
        head = [f"{method} {path} HTTP/{version}", "Host: localhost",
                f"Authorization: Bearer {self.daemon.token}", *lines]
        if body:
            head.append(f"Content-Length: {len(body.encode())}")
        return "\r\n".join(head) + "\r\n\r\n" + body

    async def curl(self, *arguments):
        process = await asyncio.create_subprocess_exec(
            "curl", "--silent", "--show-error", "--max-time", "15",
            "--header", f"Authorization: Bearer {self.daemon.token}",
            *arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        out, err = await process.communicate()
        self.assertEqual(process.returncode, 0, err)
        return out.decode()

    # -- several requests on one connection -----------------------------------

    async def test_pipelined_requests_are_answered_in_order(self):
        (await self.bridge()).work()
        raw = await self.raw()
        name = self.agent_name()
        dispatch = f"/control/agents/{name}/dispatch?wait=10"
        await raw.send(
            self.text(path="/health") + self.text(path="/nothing")
            + self.text("POST", dispatch, body='{"content":"in order"}')
            + self.text(path=f"/control/agents/{name}")
            + self.text("PUT", "/health") + self.text(path="/health"))
        statuses = []
        for _ in range(6):
            status, _, body = await raw.receive_answer()
            statuses.append(status)
            if len(statuses) == 3:
                self.assertIn(b'"content":"in order"', body)
        self.assertEqual(statuses, [200, 404, 200, 200, 405, 200])

    async def test_a_thousand_pipelined_requests_are_all_answered(self):
        raw = await self.raw()
        sending = asyncio.create_task(
            raw.send(self.text(path="/health") * 1000))
        for _ in range(1000):
            self.assertEqual((await raw.receive_answer())[0], 200)
        await sending

    async def test_a_connection_is_kept_alive_unless_told_otherwise(self):
        raw = await self.raw()
        for _ in range(3):
            await raw.send(self.text())
            status, headers, _ = await raw.receive_answer()
            self.assertEqual(status, 200)
            self.assertNotEqual(headers.get("connection"), "close")
        await raw.send(self.text("GET", "/health", "Connection: close"))
        _, headers, _ = await raw.receive_answer()
        self.assertEqual(headers["connection"], "close")
        self.assertEqual(await raw.receive_all(), b"")

    async def test_a_refused_request_does_not_cost_the_connection(self):
        raw = await self.raw()
        for path, expected in (("/nothing", 404), ("/control/agents/a_b", 400),
                               ("/control/agents/x", 404), ("/health", 200)):
            await raw.send(self.text(path=path))
            self.assertEqual((await raw.receive_answer())[0], expected)

    async def test_curl_reuses_its_connection(self):
        url = self.daemon.http_url("/health")
        out = await self.curl("--write-out", "%{num_connects} ", url, url,
                              url, "--output", "/dev/null", "--output",
                              "/dev/null", "--output", "/dev/null")
        self.assertEqual(out.split(), ["1", "0", "0"])

    # -- versions and methods -------------------------------------------------

    async def test_http_1_0_is_answered_and_closed(self):
        raw = await self.raw()
        await raw.send(self.text(version="1.0"))
        answer = await raw.receive_all()
        self.assertTrue(answer.startswith(b"HTTP/1.0 200 "), answer)

    async def test_http_1_0_with_keep_alive_is_kept(self):
        raw = await self.raw()
        for _ in range(2):
            await raw.send(self.text("GET", "/health",
                                     "Connection: keep-alive",
                                     version="1.0"))
            _, headers, _ = await raw.receive_answer()
            self.assertEqual(headers["connection"].lower(), "keep-alive")

    @fails_at("8bd27b6")
    async def test_head_gets_no_body_and_the_connection_goes_on(self):
        raw = await self.raw()
        await raw.send(self.text("HEAD", "/health"))
        head = await raw.receive_until(b"\r\n\r\n")
        self.assertIn(b" 200 ", head)
        await raw.send(self.text(path="/health"))
        status, _, body = await raw.receive_answer()
        self.assertEqual(status, 200)
        self.assertIn(b"vibeforge-api", body)

    async def test_header_names_are_case_insensitive(self):
        raw = await self.raw()
        await raw.send(f"GET /control/agents HTTP/1.1\r\nhOsT: x\r\n"
                       f"AUTHORIZATION:bearer   {self.daemon.token}  "
                       f"\r\n\r\n")
        self.assertEqual((await raw.receive_answer())[0], 200)

    # -- bodies ---------------------------------------------------------------

    async def test_expect_100_continue_is_honoured(self):
        await self.bridge()
        path = f"/control/agents/{self.agent_name()}/dispatch"
        raw = await self.raw()
        body = '{"content":"patient"}'
        await raw.send(self.text(
            "POST", path, "Expect: 100-continue",
            f"Content-Length: {len(body)}"))
        head = await raw.receive_until(b"\r\n\r\n")
        self.assertTrue(head.startswith(b"HTTP/1.1 100 "), head)
        await raw.send(body)
        self.assertEqual((await raw.receive_answer())[0], 200)

    async def test_curl_s_large_post_goes_through(self):
        (await self.bridge()).work()
        body = '{"content":"large","context":{"x":"' + "y" * 100_000 + '"}}'
        out = await self.curl(
            "--data-binary", body, "--header", "Expect: 100-continue",
            self.daemon.http_url(
                f"/control/agents/{self.agent_name()}/dispatch?wait=10"))
        self.assertIn('"completed"', out)

    async def test_a_chunked_body_is_put_together(self):
        (await self.bridge()).work()
        out = await self.curl(
            "--data-binary", '{"content":"in chunks"}',
            "--header", "Transfer-Encoding: chunked",
            self.daemon.http_url(
                f"/control/agents/{self.agent_name()}/dispatch?wait=10"))
        self.assertIn('"in chunks"', out)

    async def test_a_request_may_come_byte_by_byte(self):
        raw = await self.raw()
        for byte in self.text(path="/health").encode():
            await raw.send(bytes([byte]))
        self.assertEqual((await raw.receive_answer())[0], 200)

    async def test_a_half_closed_client_still_gets_its_answer(self):
        raw = await self.raw()
        await raw.send(self.text("GET", "/health", "Connection: close"))
        raw.half_close()
        self.assertIn(b" 200 ", await raw.receive_all())


class HttpLimitsTest(DaemonCase):
    flags = ("--request-timeout", "0.5", "--idle-timeout", "3")

    async def raw(self):
        return await self.given(await RawConnection.open(self.daemon))

    async def refusal(self, text):
        """The answer to bytes after which the connection is closed."""
        raw = await self.raw()
        await raw.send_as_far_as_taken(text)
        answer = await raw.receive_answer()
        await raw.receive_all()
        return answer[0]

    async def test_a_stranger_s_body_is_not_waited_for(self):
        for header in ("Content-Length: 1000000", "Transfer-Encoding: chunked",
                       "Content-Length: 10\r\nExpect: 100-continue"):
            with self.subTest(header):
                self.assertEqual(await self.refusal(
                    "POST /control/agents/a/dispatch HTTP/1.1\r\nHost: x\r\n"
                    f"{header}\r\n\r\n"), 401)

    async def test_half_a_request_is_408_when_its_time_is_up(self):
        for text in ("G", "GET /health HTTP/1.1\r\nHo",
                     "POST /control/agents/a/dispatch HTTP/1.1\r\nHost: x\r\n"
                     "Content-Length: 10\r\n\r\n{"):
            with self.subTest(text):
                watch = Stopwatch()
                self.assertEqual(await self.refusal(text), 408)
                self.assertLess(watch.seconds, 2)

    async def test_half_a_request_on_a_used_connection_is_408_as_soon(self):
        raw = await self.raw()
        await raw.send("GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
        await raw.receive_answer()
        watch = Stopwatch()
        await raw.send("GET /health HTTP/1.1\r\nHo")
        self.assertEqual((await raw.receive_answer())[0], 408)
        self.assertLess(watch.seconds, 2)

    async def test_a_connection_without_any_request_is_closed(self):
        self.assertEqual(await (await self.raw()).receive_all(), b"")

    async def test_an_idle_connection_is_closed_after_its_time(self):
        raw = await self.raw()
        await raw.send("GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
        await raw.receive_answer()
        watch = Stopwatch()
        self.assertEqual(await raw.receive_all(), b"")
        self.assertGreater(watch.seconds, 2.5)

    async def test_a_waiting_dispatch_is_not_idle(self):
        bridge = await self.bridge()
        raw = await self.raw()
        body = '{"content":"x","timeout_s":4}'
        await raw.send(
            f"POST /control/agents/{bridge.agent_id}/dispatch?wait=10 "
            f"HTTP/1.1\r\nHost: x\r\nX-Auth-Token: {self.daemon.token}\r\n"
            f"Content-Length: {len(body)}\r\n\r\n{body}")
        status, _, answer = await raw.receive_answer()
        self.assertEqual(status, 200)
        self.assertIn(b'"timeout"', answer)
