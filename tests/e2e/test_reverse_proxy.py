"""The daemon behind nginx and HAProxy, configured as docs/reverse-proxy.md
says."""

import asyncio
import json
import pathlib
import shutil
import socket
import tempfile

import websockets

from bridge import Bridge
from cases import AsyncCase
from client import ControlSocket, dispatch, get, post, request
from daemon import Daemon, run
from events import EventStream
from proxies import HAProxy, Nginx, changed, page
from raw import RawConnection
from regression import fails_at
from waiting import eventually

# An address of this machine that is not the proxy's.
_CLIENT = "127.0.0.2"


def _status_from(address, proxy, path, token):
    """A request of a client with that address."""
    with socket.create_connection((proxy.host, proxy.port), 15,
                                  (address, 0)) as sock:
        sock.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n"
                     f"Authorization: Bearer {token}\r\n"
                     "Connection: close\r\n\r\n".encode())
        return int(sock.makefile("rb").readline().split()[1])


class _Cases:
    """What works behind every proxy that is configured well."""

    @classmethod
    def setUpClass(cls):
        directory = tempfile.TemporaryDirectory(prefix="bridgekeeper-audit-")
        cls.addClassCleanup(directory.cleanup)
        cls.audit = pathlib.Path(directory.name) / "audit.log"
        cls.daemon = Daemon("--trusted-proxies", "127.0.0.1",
                            VIBEFORGE_AUDIT_LOG_PATH=str(cls.audit)).start()
        cls.addClassCleanup(cls.daemon.stop)
        cls.proxy = cls.front(cls.daemon).start()
        cls.addClassCleanup(cls.proxy.stop)

    async def bridge(self, agent_id, **options):
        return await self.given(
            await Bridge.register(self.proxy, agent_id, **options))

    # -- WebSockets -----------------------------------------------------------

    async def test_a_bridge_works_through_it(self):
        bridge = await self.bridge("worker")
        waiting = asyncio.create_task(
            dispatch(self.proxy, "worker", "a task", query="?wait=15"))
        task = await bridge.receive_dispatch()
        self.assertEqual(task["content"], "a task")
        await bridge.progress(task["message_id"], progress_text="half")
        result = "x" * 3_000_000
        await bridge.respond(task["message_id"], result)
        answer = await waiting
        self.assertEqual((answer.status, answer.json["content"]),
                         (200, result))
        await bridge.sync()

    async def test_close_codes_pass_through_it(self):
        first = await self.bridge("twice")
        await self.bridge("twice")
        self.assertEqual(await first.closed(),
                         (4002, "Replaced by new connection"))
        stranger = await self.given(await Bridge.connect(self.proxy, "no"))
        await stranger.send("register", auth_token="wrong")
        code, reason = await stranger.closed()
        self.assertEqual((code, reason[:21]), (4005, "Authentication failed"))

    async def test_a_bridge_that_is_lost_is_lost_behind_it(self):
        bridge = await self.bridge("lost")
        bridge.socket.transport.abort()

        async def gone():
            answer = await get(self.daemon, "/control/agents/lost")
            return answer.json["agent"]["status"] == "disconnected"
        await eventually(gone, "the agent's end")

    async def test_a_program_works_through_it(self):
        (await self.bridge("programmed")).work(progress=2)
        control = await self.given(await ControlSocket.open(self.proxy))
        await control.dispatch("one", "programmed", "as a program")
        answer = await control.result("one")
        self.assertEqual(answer["content"], "as a program")

    # -- HTTP -----------------------------------------------------------------

    async def test_events_arrive_one_by_one(self):
        bridge = await self.bridge("seen")
        stream = await self.given(await EventStream.open(self.proxy, "seen"))
        self.assertEqual(stream.status, 200)
        await stream.until("agent_connected")
        answer = await dispatch(self.proxy, "seen")
        message_id = answer.json["message_id"]
        await stream.until("task_dispatched", message_id)
        for number in range(3):
            await bridge.progress(message_id, progress_text=f"{number}")
            # Before anything follows it.
            event, = await stream.until("agent_progress", message_id)
            self.assertEqual(event["metadata"]["progress_text"], f"{number}")
        await bridge.respond(message_id)
        await stream.until("agent_response", message_id)

    async def test_a_stream_that_is_left_is_over(self):
        bridge = await self.bridge("left")
        stream = await EventStream.open(self.proxy, "left")
        await stream.until("agent_connected")

        async def subscribers():
            text = await self.daemon.ask_console("actors")
            return text.count("control-session")
        during = await subscribers()
        await stream.close()

        async def over():
            # HAProxy looks at a reader only when it has something for it.
            await dispatch(self.daemon, "left")
            await bridge.receive_dispatch()
            return await subscribers() < during
        await eventually(over, "the end of the daemon's side")

    async def test_errors_arrive_as_they_are(self):
        for answer, status, detail in (
                (await get(self.proxy, "/nothing"), 404, "Not Found"),
                (await get(self.proxy, "/control/agents", token=False), 401,
                 "Missing authentication token"),
                (await dispatch(self.proxy, "nobody"), 404,
                 "Agent not found")):
            self.assertEqual((answer.status, answer.json["detail"]),
                             (status, detail))
        answer = await post(self.proxy, "/control/agents/register", {})
        self.assertEqual(answer.status, 422)

    async def test_it_says_who_asks(self):
        status = await asyncio.to_thread(
            _status_from, _CLIENT, self.proxy, "/control/agents", "wrong")
        self.assertEqual(status, 401)

        def audited():
            lines = map(json.loads, self.audit.read_text().splitlines())
            return [x for x in lines if x["event"] == "auth_failure"
                    and x.get("ip") == _CLIENT]
        await eventually(audited, "a failure from the client's address")

    # -- health checks --------------------------------------------------------

    @fails_at("8bd27b6")
    async def test_health_checks_pass_through_it(self):
        for path in ("/readyz", "/livez", "/health"):
            answer = await get(self.proxy, path, token=False)
            self.assertEqual(answer.status, 200, path)
            head = await request(self.proxy, "HEAD", path, token=False)
            self.assertEqual((head.status, head.body), (200, b""), path)


class NginxTest(_Cases, AsyncCase):

    @classmethod
    def front(cls, daemon):
        return Nginx(daemon, page("nginx"))


class CopiedNginxTest(_Cases, AsyncCase):
    """As most write it: with `Connection: upgrade` on every request, with
    HTTP/1.1 and nginx's own times, without connections that are kept."""

    @classmethod
    def front(cls, daemon):
        text = changed(page("nginx"), "$connection_upgrade;", '"upgrade";')
        text = changed(text, "    keepalive 32;\n", "")
        text = changed(text, "proxy_read_timeout 1h;", "")
        return Nginx(daemon, changed(text, "$http_host", "$host"))


class HAProxyTest(_Cases, AsyncCase):

    @classmethod
    def front(cls, daemon):
        return HAProxy(daemon, page("haproxy"))


class ForwardedForTest(AsyncCase):

    @fails_at("8bd27b6")
    async def test_a_proxy_on_the_same_host_is_believed_by_default(self):
        audit = pathlib.Path(tempfile.mkdtemp()) / "audit.log"
        self.addCleanup(shutil.rmtree, audit.parent)
        daemon = self.start_daemon(VIBEFORGE_AUDIT_LOG_PATH=str(audit))
        front = Nginx(daemon, page("nginx")).start()
        self.addCleanup(front.stop)
        await get(front, "/control/agents", token="wrong",
                  headers={"X-Forwarded-For": "203.0.113.7"})
        await eventually(lambda: '"ip":"203.0.113.7"' in audit.read_text(),
                         "the client's address in the audit log")

    @fails_at("8bd27b6")
    async def test_a_trailer_names_no_client_through_haproxy(self):
        daemon = self.start_daemon("--trusted-proxies", "127.0.0.1",
                                   VIBEFORGE_RATE_LIMIT_IP_PER_MIN="50")
        front = HAProxy(daemon, page("haproxy")).start()
        self.addCleanup(front.stop)
        await self.given(await Bridge.register(daemon, "worker"))
        statuses = []
        async with await RawConnection.open(front) as raw:
            for number in range(60):
                body = '{"content":"x"}'
                await raw.send(
                    "POST /control/agents/worker/dispatch HTTP/1.1\r\n"
                    f"Host: localhost\r\nX-Auth-Token: {daemon.token}\r\n"
                    "Transfer-Encoding: chunked\r\n"
                    "Trailer: X-Forwarded-For\r\n\r\n"
                    f"{len(body):x}\r\n{body}\r\n0\r\n"
                    f"X-Forwarded-For: 198.51.100.{number}\r\n\r\n")
                statuses.append((await raw.receive_answer())[0])
        self.assertEqual((statuses.count(200), statuses.count(429)), (50, 10))


class HealthCheckTest(AsyncCase):

    @fails_at("8bd27b6")
    async def test_haproxy_may_check_with_get_and_with_head(self):
        daemon = self.start_daemon()
        for method in ("GET", "HEAD"):
            text = changed(page("haproxy"), "meth GET", f"meth {method}")
            front = HAProxy(daemon, text).start()
            self.addCleanup(front.stop)

            def found():
                status = front.check()
                return status if status.startswith("L7") else None
            self.assertEqual(await eventually(found, "a check"), "L7OK",
                             method)


class DrainTest(AsyncCase):

    async def test_a_daemon_that_drains_gets_nothing_new_and_keeps_its_links(
            self):
        daemon = self.start_daemon()
        text = changed(page("haproxy"), "inter 2s", "inter 100ms")
        front = HAProxy(daemon, text).start()
        self.addCleanup(front.stop)
        bridge = await self.given(await Bridge.register(front, "worker"))
        waiting = asyncio.create_task(
            dispatch(front, "worker", query="?wait=30"))
        task = await bridge.receive_dispatch()
        daemon.signal()

        async def taken_out():
            answer = await get(front, "/health", token=False)
            return answer.status == 503 and b"No server" in answer.body
        await eventually(taken_out, "that HAProxy takes the daemon out")
        await bridge.respond(task["message_id"], "in the end")
        self.assertEqual((await waiting).json["content"], "in the end")


class WithoutUpgradeTest(AsyncCase):
    """nginx as it is without a word about WebSockets."""

    def setUp(self):
        super().setUp()
        self.daemon = self.start_daemon()
        text = page("nginx")
        for line in ("proxy_http_version 1.1;",
                     "proxy_set_header Upgrade $http_upgrade;",
                     "proxy_set_header Connection $connection_upgrade;"):
            text = changed(text, line, "")
        self.proxy = Nginx(self.daemon, text).start()
        self.addCleanup(self.proxy.stop)

    @fails_at("8bd27b6")
    async def test_a_socket_without_upgrade_is_told_about_proxies(self):
        for path in ("/ws/agent-bridge", "/ws/control"):
            with self.assertRaises(websockets.InvalidStatusCode) as caught:
                await websockets.connect(self.proxy.ws_url(path))
            self.assertEqual(caught.exception.status_code, 426, path)
            answer = await get(self.proxy, path)
            self.assertEqual(answer.headers["upgrade"], "websocket")
            self.assertIn("proxy", answer.json["detail"])
        outcome = await run("agents", "--url", self.proxy.http_url(""),
                            BRIDGEKEEPER_TOKEN=self.daemon.token)
        self.assertEqual(outcome.status, 3)
        self.assertIn("a proxy in between", outcome.stderr)

    async def test_everything_else_works(self):
        bridge = (await self.given(
            await Bridge.register(self.daemon, "worker"))).work()
        answer = await dispatch(self.proxy, "worker", "done", "?wait=15")
        self.assertEqual((answer.status, answer.json["content"]),
                         (200, "done"))
        stream = await self.given(await EventStream.open(self.proxy, "worker"))
        await stream.until("agent_response", answer.json["message_id"])
        await bridge.close()
        await stream.until("agent_disconnected")
