"""GET /metrics: what happens is counted, and Prometheus can read it."""

import asyncio
import http.client
import json
import pathlib
import re
import ssl
import subprocess
from types import SimpleNamespace

import websockets

from bridge import Bridge
from cases import AsyncCase, DaemonCase
from client import dispatch, finished_record, get, post, request
from daemon import run
from events import EventStream
from resuming_bridge import ResumingBridge
from scrape import Scrape, scrape
from waiting import eventually, pace

_ROOT = pathlib.Path(__file__).resolve().parents[2]
_RULES = _ROOT / "conf/prometheus/bridgekeeper.rules.yml"
_RULE_TESTS = _ROOT / "conf/prometheus/bridgekeeper.rules.test.yml"
_DASHBOARD = _ROOT / "conf/grafana/bridgekeeper.json"
_PAGE = _ROOT / "docs/metrics.md"


def promtool(*arguments, text=None):
    done = subprocess.run(["promtool", *arguments], input=text, text=True,
                          capture_output=True, timeout=30)
    return done.returncode, done.stdout + done.stderr


class MetricsCase(AsyncCase):

    async def until(self, daemon, name, value, **labels):
        async def is_there():
            found = await scrape(daemon)
            return found if found.value(name, **labels) == value else None
        return await eventually(is_there, f"{name} {labels} is {value}")


class CountingTest(MetricsCase):
    """Each test has a daemon of its own, so that the numbers are exact."""

    async def test_registrations_and_closes_are_counted_by_reason(self):
        daemon = self.start_daemon()
        bridge = await self.given(await Bridge.register(daemon, "alpha"))
        await self.given(await Bridge.register(daemon, "beta"))
        found = await scrape(daemon)
        self.assertEqual(found.value("bridgekeeper_registrations_total"), 2)
        self.assertEqual(found.value("bridgekeeper_agents", state="idle"), 2)
        self.assertEqual(found.value(
            "bridgekeeper_frames_total", peer="bridge", direction="received",
            type="register"), 2)
        await bridge.close()
        found = await self.until(daemon, "bridgekeeper_closes_total", 1,
                                 peer="bridge", reason="agent_lost")
        await daemon.ask_console("evict beta")
        await self.until(daemon, "bridgekeeper_closes_total", 1,
                         peer="bridge", reason="evicted")
        await self.until(daemon, "bridgekeeper_agents", 2,
                         state="disconnected")

    async def test_agents_are_counted_by_state(self):
        daemon = self.start_daemon()
        connected = await self.given(await Bridge.connect(daemon))
        await self.until(daemon, "bridgekeeper_agents", 1, state="registering")
        await connected.close()
        alpha = await self.given(await Bridge.register(daemon, "alpha"))
        await self.given(await Bridge.register(daemon, "beta"))
        await post(daemon, "/control/agents/beta/cordon", {})
        await dispatch(daemon, "alpha")
        await alpha.receive_dispatch()
        found = await self.until(daemon, "bridgekeeper_agents", 0,
                                 state="registering")
        states = {x: found.value("bridgekeeper_agents", state=x)
                  for x in ("busy", "idle", "cordoned", "disconnected")}
        self.assertEqual(states, {"busy": 1, "idle": 0, "cordoned": 1,
                                  "disconnected": 0})

    async def test_dispatches_are_counted_by_outcome_and_timed(self):
        daemon = self.start_daemon()
        bridge = await self.given(await Bridge.register(daemon, "alpha"))

        async def end(**answer):
            sent = (await dispatch(daemon, "alpha")).json["message_id"]
            await bridge.receive_dispatch()
            if answer:
                await bridge.respond(sent, **answer)
            else:
                await post(daemon, f"/control/dispatches/{sent}/cancel", {})
            return await finished_record(daemon, sent)
        await end(content="done", usage={"cost_usd": 0.25})
        await end(content="done")
        await end(error="no")
        await end()
        (await dispatch(daemon, "alpha", timeout_s=1)).json
        await bridge.receive_dispatch()
        found = await self.until(daemon, "bridgekeeper_dispatches_ended_total",
                                 1, outcome="timed_out")
        ended = {x: found.value("bridgekeeper_dispatches_ended_total",
                                outcome=x)
                 for x in ("completed", "failed", "cancelled", "lost")}
        self.assertEqual(ended, {"completed": 2, "failed": 1, "cancelled": 1,
                                 "lost": 0})
        self.assertEqual(
            found.value("bridgekeeper_dispatches_accepted_total"), 5)
        for name in ("queue_wait", "acceptance", "duration"):
            family = f"bridgekeeper_dispatch_{name}_seconds"
            self.assertEqual(found.value(f"{family}_count"), 5, name)
            self.assertGreater(found.value(f"{family}_sum"), 0, name)
        self.assertGreater(
            found.value("bridgekeeper_dispatch_duration_seconds_sum"), 1)
        self.assertEqual(found.value("bridgekeeper_cost_usd_total"), 0.25)
        self.assertEqual(found.value("bridgekeeper_spent_usd", period="day"),
                         0.25)

    async def test_waiting_dispatches_and_their_wait_are_shown(self):
        daemon = self.start_daemon(BRIDGEKEEPER_BRIDGE_STOCK_SLOTS="1")
        bridge = await self.given(await Bridge.register(daemon, "alpha"))
        first = (await dispatch(daemon, "alpha")).json["message_id"]
        for _ in range(2):
            await dispatch(daemon, "alpha")
        await bridge.receive_dispatch()
        found = await scrape(daemon)
        self.assertEqual(found.value("bridgekeeper_dispatches",
                                     state="pending"), 1)
        self.assertEqual(found.value("bridgekeeper_dispatches",
                                     state="queued"), 2)
        await pace(0.3)
        await bridge.respond(first)
        await bridge.receive_dispatch()
        found = await scrape(daemon)
        name = "bridgekeeper_dispatch_queue_wait_seconds"
        self.assertEqual(found.value(f"{name}_count"), 2)
        self.assertGreaterEqual(found.value(f"{name}_sum"), 0.3)
        # What waits for an absent agent is on the shelf.
        await bridge.close()
        await self.until(daemon, "bridgekeeper_agents", 1,
                         state="disconnected")
        await dispatch(daemon, "alpha", queue_timeout_s=60)
        found = await scrape(daemon)
        self.assertGreaterEqual(found.value("bridgekeeper_dispatches",
                                            state="shelved"), 1)

    async def test_the_acceptance_of_a_bridge_is_timed(self):
        daemon = self.start_daemon()
        bridge = await self.given(
            await ResumingBridge.register(daemon, "alpha"))
        sent = (await dispatch(daemon, "alpha")).json["message_id"]
        await bridge.receive_dispatch()
        await bridge.send("accept", message_id=sent)
        name = "bridgekeeper_dispatch_bridge_acceptance_seconds"
        await self.until(daemon, f"{name}_count", 1)
        await bridge.respond(sent)
        await bridge.acked(sent)
        found = await scrape(daemon)
        self.assertEqual(found.value(
            "bridgekeeper_frames_total", peer="bridge", direction="sent",
            type="ack"), 1)

    async def test_refused_frames_are_counted_by_reason(self):
        daemon = self.start_daemon()
        bridge = await self.given(await Bridge.register(daemon, "alpha"))
        await bridge.respond("unknown")
        await bridge.send("progress", agent_id="beta", message_id="x",
                          status="running")
        await bridge.send_text("{")
        await bridge.sync()
        found = await scrape(daemon)
        refused = {x: found.value("bridgekeeper_frames_refused_total",
                                  reason=x)
                   for x in ("unknown_message", "forged_result",
                             "invalid_json")}
        self.assertEqual(refused, {"unknown_message": 1, "forged_result": 1,
                                   "invalid_json": 1})
        self.assertEqual(found.value(
            "bridgekeeper_frames_total", peer="bridge", direction="received",
            type="invalid"), 1)
        self.assertEqual(found.value(
            "bridgekeeper_frame_bytes_total", peer="bridge",
            direction="received", type="invalid"), 1)

    async def test_limits_and_tokens_are_counted(self):
        daemon = self.start_daemon(VIBEFORGE_RATE_LIMIT_AGENT_PER_MIN="1",
                                   VIBEFORGE_RATE_LIMIT_IP_PER_MIN="2",
                                   VIBEFORGE_SESSION_COST_LIMIT_USD="1")
        bridges = [await self.given(await Bridge.register(daemon, x))
                   for x in ("alpha", "beta", "gamma")]
        self.assertEqual([(await dispatch(daemon, x)).status for x in
                          ("alpha", "alpha", "beta", "gamma")],
                         [200, 429, 200, 429])
        self.assertEqual((await dispatch(daemon, "none")).status, 404)
        self.assertEqual((await get(daemon, "/control/agents",
                                    token="wrong")).status, 401)
        refused = await Bridge.connect(daemon, "delta")
        await refused.send("register", auth_token="wrong")
        await refused.closed()
        found = await scrape(daemon)
        limits = {x: found.value("bridgekeeper_limit_refusals_total", limit=x)
                  for x in ("agent_per_minute", "ip_per_minute", "cost")}
        self.assertEqual(limits, {"agent_per_minute": 1, "ip_per_minute": 1,
                                  "cost": 0})
        self.assertEqual(found.value("bridgekeeper_dispatches_refused_total",
                                     reason="rate_limited"), 2)
        self.assertEqual(found.value("bridgekeeper_dispatches_refused_total",
                                     reason="unknown_agent"), 1)
        self.assertEqual(found.value("bridgekeeper_tokens_refused_total",
                                     reason="invalid_token"), 2)
        self.assertEqual(found.value(
            "bridgekeeper_registrations_refused_total",
            reason="invalid_token"), 1)
        self.assertEqual(found.value("bridgekeeper_cost_limit_usd",
                                     period="session"), 1)
        for bridge in bridges:
            await bridge.close()

    async def test_refused_dispatches_count_unless_they_were_invalid(self):
        daemon = self.start_daemon()
        bridge = await self.given(await Bridge.register(daemon, "alpha"))
        await dispatch(daemon, "alpha")
        await bridge.close()
        followup = "/control/agents/alpha/followup"

        async def is_refused():
            return (await post(daemon, followup, {"content": "x"})).status \
                == 409

        async def refusals(reason):
            return (await scrape(daemon)).value(
                "bridgekeeper_dispatches_refused_total", reason=reason)
        await eventually(is_refused, "the agent is away")
        before = await refusals("agent_not_connected")
        self.assertGreater(before, 0)
        self.assertTrue(await is_refused())
        self.assertEqual(await refusals("agent_not_connected"), before + 1)

        await self.given(await Bridge.register(daemon, "alpha"))
        invalid = await post(daemon, followup,
                             {"content": "x", "followup_to": "none"})
        self.assertEqual(invalid.status, 404)
        self.assertEqual(await refusals("agent_not_connected"), before + 1)
        self.assertEqual(await refusals("other"), 0)

    async def test_gaps_of_streams_are_counted(self):
        daemon = self.start_daemon()
        await self.given(await Bridge.register(daemon, "alpha"))
        gaps = "bridgekeeper_stream_gaps_total"
        self.assertEqual((await scrape(daemon)).value(gaps), 0)
        for number in (1, 2):
            # The id of an event that this daemon has not sent.
            async with await EventStream.open(
                    daemon, "alpha", headers={"Last-Event-ID": "x-1"}) as x:
                self.assertEqual((await x.next_block())["event"], "gap")
            await self.until(daemon, gaps, number)
        async with await EventStream.open(daemon, "alpha") as complete:
            await complete.next()
        self.assertEqual((await scrape(daemon)).value(gaps), 2)

    async def test_connections_over_the_limit_are_counted(self):
        daemon = self.start_daemon("--max-connections", "3")
        open_ones = [await self.given(await Bridge.register(daemon, f"a{n}"))
                     for n in range(2)]
        # The scrape needs the last place, so it keeps its connection.
        connection = http.client.HTTPConnection(daemon.host, daemon.port)
        self.addCleanup(connection.close)

        def refused():
            connection.request("GET", "/metrics", headers={
                "Authorization": f"Bearer {daemon.token}"})
            text = connection.getresponse().read().decode()
            return Scrape(text).value("bridgekeeper_limit_refusals_total",
                                      limit="max_connections")
        self.assertEqual(await asyncio.to_thread(refused), 0)
        for _ in range(2):
            answer = await get(daemon, "/livez", token=False)
            self.assertEqual(answer.status, 503)
        self.assertEqual(await asyncio.to_thread(refused), 2)
        self.assertTrue(all(x.is_open() for x in open_ones))

    async def test_tls_handshakes_are_counted(self):
        daemon = self.start_daemon("--tls-self-signed")
        daemon.tls = ssl.create_default_context(
            cafile=str(daemon.directory / "tls-certificate.pem"))
        with self.assertRaises(ssl.SSLError):
            # The certificate is not one that everybody trusts.
            await asyncio.to_thread(
                lambda: http.client.HTTPSConnection(
                    daemon.host, daemon.port, timeout=15).request("GET", "/"))
        found = await self.until(
            daemon, "bridgekeeper_tls_handshakes_total", 1, result="failed")
        self.assertGreaterEqual(found.value(
            "bridgekeeper_tls_handshakes_total", result="completed"), 1)

    async def test_the_store_is_timed(self):
        daemon = self.start_daemon()
        bridge = await self.given(await Bridge.register(daemon, "alpha"))
        bridge.work()
        for _ in range(3):
            sent = (await dispatch(daemon, "alpha")).json["message_id"]
            await finished_record(daemon, sent)
        found = await scrape(daemon)
        name = "bridgekeeper_store_commit_seconds_count"
        self.assertGreaterEqual(found.value(name, synced="true"), 6)
        self.assertGreaterEqual(
            found.value("bridgekeeper_store_batch_operations_sum"),
            found.value("bridgekeeper_store_batch_operations_count"))
        self.assertGreater(found.value("bridgekeeper_store_wal_bytes"), 0)
        self.assertEqual(found.value("bridgekeeper_store_writable"), 1)

    async def test_readers_and_control_channels_are_counted(self):
        daemon = self.start_daemon()
        await self.given(await Bridge.register(daemon, "alpha"))
        await self.given(await EventStream.open(
            daemon, "alpha"))
        async with websockets.connect(
                daemon.ws_url("/ws/control"), close_timeout=2,
                extra_headers={"Authorization":
                               f"Bearer {daemon.token}"}) as socket:
            await socket.send(json.dumps({"type": "subscribe", "id": "1"}))
            await socket.recv()
            found = await scrape(daemon)
            self.assertEqual(found.value("bridgekeeper_control_channels"), 1)
            readers = {x: found.value("bridgekeeper_stream_readers", kind=x)
                       for x in ("event_stream", "subscription")}
            self.assertEqual(readers, {"event_stream": 1, "subscription": 1})
        await self.until(daemon, "bridgekeeper_control_channels", 0)
        await self.until(daemon, "bridgekeeper_closes_total", 1,
                         peer="control_channel", reason="peer_closed")

    async def test_a_restarted_actor_is_counted(self):
        daemon = self.start_daemon()
        await daemon.ask_console("kill-actor registry")
        await self.until(daemon, "bridgekeeper_actor_restarts_total", 1,
                         actor="registry")
        found = await self.until(daemon, "bridgekeeper_actors", 1,
                                 actor="registry")
        self.assertEqual(found.value("bridgekeeper_mailbox_messages",
                                     actor="registry"), 0)

    async def test_many_agents_add_no_series(self):
        daemon = self.start_daemon()
        await self.given(await Bridge.register(daemon, "agent-0"))
        before = await scrape(daemon)
        for first in range(1, 1001, 50):
            for bridge in await asyncio.gather(
                    *(Bridge.register(daemon, f"agent-{first + n}")
                      for n in range(50))):
                await self.given(bridge)
        found = await scrape(daemon)
        self.assertEqual(found.total("bridgekeeper_agents"), 1001)
        self.assertEqual(set(found.samples), set(before.samples))
        self.assertNotIn("agent-", found.text.replace("agent-bridge", ""))
        self.assertLess(len(found.samples), 600)


class FormTest(DaemonCase):

    async def test_promtool_finds_no_fault(self):
        text = (await scrape(self.daemon)).text
        self.assertEqual(promtool("check", "metrics", text=text), (0, ""))

    async def test_the_content_type_is_that_of_the_text_format(self):
        answer = await get(self.daemon, "/metrics")
        self.assertEqual(answer.headers["content-type"],
                         "text/plain; version=0.0.4; charset=utf-8")

    async def test_requests_at_once_are_all_answered(self):
        found = await asyncio.gather(*(scrape(self.daemon)
                                       for _ in range(32)))
        self.assertEqual({frozenset(x.types) for x in found},
                         {frozenset(found[0].types)})

    async def test_the_page_lists_every_family_and_no_other(self):
        found = await scrape(self.daemon)
        listed = dict(re.findall(r"^\| `([a-z_]+)` \| (counter|gauge|histogram)"
                                 r" \|", _PAGE.read_text(), re.M))
        self.assertEqual(listed, found.types)

    async def test_the_page_lists_the_labels_of_every_family(self):
        found = await scrape(self.daemon)
        listed = {name: set(re.findall(r"`([a-z]+)`", labels))
                  for name, labels in re.findall(
                      r"^\| `([a-z_]+)` \| [a-z]+ \| ([^|]*)\|",
                      _PAGE.read_text(), re.M)}
        used = {x: set() for x in found.types}
        for name, labels in found.samples:
            family = re.sub("_(bucket|sum|count)$", "", name) \
                if name not in used else name
            used[family] |= {key for key, _ in labels} - {"le"}
        self.assertEqual(listed, used)

    def used_by(self, text):
        """The families that the text of rules or of a dashboard uses."""
        return {re.sub("_(bucket|sum|count)$", "", x) for x in re.findall(
            r"(?<![\w:])((?:bridgekeeper|process)_[a-z_]+)", text)}

    async def test_the_rules_use_metrics_that_exist(self):
        found = await scrape(self.daemon)
        text = "".join(re.findall(r"expr: .*?(?=\n +(?:for|labels|- ):?)",
                                  _RULES.read_text(), re.S))
        self.assertLessEqual(self.used_by(text), set(found.types))

    async def test_the_dashboard_uses_metrics_that_exist(self):
        found = await scrape(self.daemon)
        board = json.loads(_DASHBOARD.read_text())
        texts = [target["expr"] for panel in board["panels"]
                 for target in panel.get("targets", [])]
        self.assertGreater(len(texts), 20)
        used = set().union(*(self.used_by(x) for x in texts))
        self.assertLessEqual(used, set(found.types))
        # Every family is worth looking at.
        self.assertEqual(set(found.types) - used
                         - {"process_start_time_seconds"}, set())


class RulesTest(AsyncCase):

    async def test_the_rules_are_valid_and_do_what_they_say(self):
        for arguments in (("check", "rules", str(_RULES)),
                          ("test", "rules", str(_RULE_TESTS))):
            status, text = promtool(*arguments)
            self.assertEqual(status, 0, text)

    async def test_the_page_lists_every_alert(self):
        alerts = re.findall(r"- alert: (\w+)", _RULES.read_text())
        listed = re.findall(r"^\| `(Bridgekeeper\w+)` \|", _PAGE.read_text(),
                            re.M)
        self.assertEqual(sorted(alerts), sorted(listed))


class OwnAddressTest(AsyncCase):
    """`metrics.listen`."""

    async def own(self, daemon):
        """The address that the log names, as a daemon to ask. The log is
        written a little later than the file from which `start` knows the main
        address."""
        found = await eventually(
            lambda: re.findall(r"metrics on [\d.]+:\d+", daemon.log()),
            "the address in the log")
        host, port = found[0].removeprefix("metrics on ").rsplit(":", 1)
        return SimpleNamespace(host=host, port=int(port), token=None, tls=None)

    async def test_it_needs_no_token_and_serves_nothing_else(self):
        daemon = self.start_daemon("--metrics", "127.0.0.1:0")
        own = await self.own(daemon)
        found = await scrape(own, token=False)
        self.assertIn("bridgekeeper_agents", found.types)
        head = await request(own, "HEAD", "/metrics", token=False)
        self.assertEqual((head.status, head.body), (200, b""))
        for path in ("/", "/health", "/control/agents", "/metrics/",
                     "/ws/control"):
            answer = await get(own, path, token=False)
            self.assertEqual(answer.status, 404, path)
        answer = await post(own, "/metrics", {}, token=False)
        self.assertEqual((answer.status, answer.headers["allow"]),
                         (405, "GET, HEAD"))
        # The main address is as it was.
        answer = await get(daemon, "/metrics", token=False)
        self.assertEqual(answer.status, 401)

    async def test_it_speaks_no_tls_and_does_not_delay_the_end(self):
        daemon = self.start_daemon("--tls-self-signed", "--metrics",
                                   "127.0.0.1:0")
        own = await self.own(daemon)
        connection = http.client.HTTPConnection(own.host, own.port)
        self.addCleanup(connection.close)
        for _ in range(2):
            connection.request("GET", "/metrics")
            self.assertEqual(connection.getresponse().read()[:2], b"# ")
        # The connection stays open.
        daemon.signal()
        daemon.wait_for_end(5)

    async def test_an_address_that_is_used_twice_is_a_mistake(self):
        outcome = await run("check-config", "--metrics", "127.0.0.1:8000")
        self.assertNotEqual(outcome.status, 0)
        self.assertIn("listened on twice", outcome.stdout + outcome.stderr)
