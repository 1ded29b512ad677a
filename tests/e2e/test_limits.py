"""What may be begun: rates, costs, and how many connections there may be."""

import asyncio
import json

from bridge import Bridge
from cases import AsyncCase
from client import ControlSocket, dispatch, finished_record, get, post
from daemon import run
from raw import RawConnection
from regression import fails_at
from waiting import eventually

RATES = [f"x-ratelimit-{what}-{whose}" for whose in ("agent", "ip")
         for what in ("limit", "remaining", "reset")]


def rates(answer):
    """Limit, remaining and reset of the agent, then of the address."""
    return [int(answer.headers[name]) for name in RATES]


class LimitCase(AsyncCase):

    async def with_bridge(self, *flags, name="alpha", **variables):
        """A daemon with these limits, and a bridge that is connected to it."""
        self.daemon = self.start_daemon(*flags, **variables)
        return await self.given(await Bridge.register(self.daemon, name))

    async def status(self, agent="alpha", **options):
        answer = await post(self.daemon, f"/control/agents/{agent}/dispatch",
                            {"content": "do it"}, **options)
        return answer.status


class RateTest(LimitCase):

    async def test_the_defaults_are_the_reference_s(self):
        await self.with_bridge(VIBEFORGE_RATE_LIMIT_AGENT_PER_MIN=None,
                               VIBEFORGE_RATE_LIMIT_IP_PER_MIN=None)
        answer = await dispatch(self.daemon, "alpha")
        self.assertEqual(answer.status, 200)
        found = rates(answer)
        self.assertEqual((found[0:2], found[3:5]), ([10, 9], [50, 49]))
        self.assertTrue(1 <= found[2] <= 60 and 1 <= found[5] <= 60, found)

    async def test_an_agent_s_rate_is_limited(self):
        await self.with_bridge(VIBEFORGE_RATE_LIMIT_AGENT_PER_MIN="2")
        self.assertEqual([await self.status() for _ in range(2)], [200, 200])
        answer = await dispatch(self.daemon, "alpha")
        self.assertEqual((answer.status, answer.error),
                         (429, {"detail": "Rate limit exceeded"}))
        limit, remaining, reset, *ip = rates(answer)
        self.assertEqual((limit, remaining), (2, 0))
        self.assertTrue(1 <= reset <= 60, reset)
        self.assertEqual(answer.headers["retry-after"], str(reset))
        self.assertEqual(ip, [0, -1, 0])
        other = await self.given(await Bridge.register(self.daemon, "beta"))
        self.assertEqual(await self.status(other.agent_id), 200)

    async def test_an_address_s_rate_is_limited_over_all_agents(self):
        await self.with_bridge(BRIDGEKEEPER_LIMITS_IP_PER_MINUTE="2")
        await self.given(await Bridge.register(self.daemon, "beta"))
        self.assertEqual([await self.status(x)
                          for x in ("alpha", "beta", "alpha", "beta")],
                         [200, 200, 429, 429])

    async def test_a_control_socket_counts_alike(self):
        await self.with_bridge(VIBEFORGE_RATE_LIMIT_IP_PER_MIN="2")
        control = await self.given(await ControlSocket.open(self.daemon))
        self.assertEqual(await self.status(), 200)
        await control.dispatch("1", "alpha")
        self.assertEqual((await control.next("1"))["type"], "accepted")
        await control.dispatch("2", "alpha")
        refused = await control.next("2")
        self.assertEqual((refused["type"], refused["code"], refused["detail"]),
                         ("error", "rate_limited", "Rate limit exceeded"))
        self.assertEqual(await self.status(), 429)

    async def test_other_errors_come_first_and_count_nothing(self):
        await self.with_bridge(VIBEFORGE_RATE_LIMIT_IP_PER_MIN="1")
        self.assertEqual(await self.status(token="wrong"), 401)
        self.assertEqual(await self.status("nobody"), 404)
        answer = await dispatch(self.daemon, "alpha", " ")
        self.assertEqual((answer.status, rates(answer)[3:]), (400, [1, 1, 0]))
        self.assertEqual(await self.status(), 200)
        self.assertEqual(await self.status("nobody"), 404)
        self.assertEqual(await self.status(), 429)

    async def test_a_negative_limit_is_off(self):
        await self.with_bridge(VIBEFORGE_RATE_LIMIT_AGENT_PER_MIN="-1")
        for _ in range(20):
            answer = await dispatch(self.daemon, "alpha")
            self.assertEqual(answer.status, 200)
        self.assertEqual(rates(answer)[1:3], [-1, 0])


class CostTest(LimitCase):

    async def spend(self, bridge, usd):
        answer = await dispatch(self.daemon, bridge.agent_id)
        self.assertEqual(answer.status, 200, answer.body)
        message_id = (await bridge.receive_dispatch())["message_id"]
        await bridge.respond(message_id, usage={"cost_usd": usd})
        await finished_record(self.daemon, message_id)

    # Contract section 6, number 12.
    async def test_of_200_at_once_exactly_10_are_accepted(self):
        await self.with_bridge("--io-threads", "2",
                               VIBEFORGE_SESSION_COST_LIMIT_USD="1",
                               VIBEFORGE_COST_PER_1K_TOKENS_USD="0.01",
                               BRIDGEKEEPER_COST_RESERVATION_USD="0.1")
        answers = await asyncio.gather(
            *(dispatch(self.daemon, "alpha") for _ in range(200)))
        found = sorted(x.status for x in answers)
        self.assertEqual(found, [200] * 10 + [402] * 190)
        refused = next(x for x in answers if x.status == 402)
        self.assertEqual(refused.json["detail"], (
            "Cost limit exceeded. Session: $1.00 / $1.00, "
            "Daily: $1.00 / $0.00"))
        self.assertEqual(rates(refused), [0, -1, 0, 0, -1, 0])

    async def test_of_200_at_once_over_sockets_exactly_10_are_accepted(self):
        await self.with_bridge("--io-threads", "2",
                               VIBEFORGE_DAILY_COST_LIMIT_USD="1",
                               VIBEFORGE_COST_PER_1K_TOKENS_USD="0.01",
                               BRIDGEKEEPER_COST_RESERVATION_USD="0.1")
        sockets = [await self.given(await ControlSocket.open(self.daemon))
                   for _ in range(4)]

        async def one(number):
            socket = sockets[number % len(sockets)]
            await socket.dispatch(str(number), "alpha")
            answer = await socket.next(str(number))
            return answer.get("code", answer["type"])
        found = await asyncio.gather(*(one(n) for n in range(200)))
        self.assertEqual((found.count("accepted"), found.count("cost_limit")),
                         (10, 190))

    async def test_what_was_spent_is_not_spent_again(self):
        bridge = await self.with_bridge(VIBEFORGE_SESSION_COST_LIMIT_USD="5",
                                        VIBEFORGE_DAILY_COST_LIMIT_USD="10")
        await self.spend(bridge, 5.25)
        answer = await dispatch(self.daemon, "alpha")
        self.assertEqual((answer.status, answer.json["detail"]), (
            402, "Cost limit exceeded. Session: $5.25 / $5.00, "
            "Daily: $5.25 / $10.00"))

    async def test_tokens_have_a_price(self):
        bridge = await self.with_bridge(VIBEFORGE_SESSION_COST_LIMIT_USD="1",
                                        VIBEFORGE_COST_PER_1K_TOKENS_USD="2")
        await dispatch(self.daemon, "alpha")
        message_id = (await bridge.receive_dispatch())["message_id"]
        await bridge.respond(message_id, usage={"prompt_tokens": 300,
                                                "completion_tokens": 200})
        await finished_record(self.daemon, message_id)
        self.assertEqual(await self.status(), 402)

    async def test_a_lost_bridge_gives_back_what_was_set_aside(self):
        bridge = await self.with_bridge(VIBEFORGE_SESSION_COST_LIMIT_USD="1",
                                        VIBEFORGE_COST_PER_1K_TOKENS_USD="0.01",
                                        BRIDGEKEEPER_COST_RESERVATION_USD="1")
        self.assertEqual([await self.status(), await self.status()],
                         [200, 402])
        await bridge.close()

        async def is_away():
            return await self.status() == 409
        await eventually(is_away, "the bridge is away")
        await self.given(await Bridge.register(self.daemon, "alpha"))

        # Costs are given back when the end of the dispatch is on record.
        async def is_given_back():
            return await self.status() == 200
        await eventually(is_given_back, "the costs are given back")

    async def test_coming_close_to_a_limit_is_an_event_once(self):
        bridge = await self.with_bridge(VIBEFORGE_SESSION_COST_LIMIT_USD="10",
                                        VIBEFORGE_DAILY_COST_LIMIT_USD="10")
        control = await self.given(await ControlSocket.open(self.daemon))
        await control.ask("subscribe", "s", agent_id="alpha")
        await control.next("s")
        for usd in (7, 1, 0.5):
            await self.spend(bridge, usd)
        seen = [(await control.next("s"))["event"] for _ in range(7)]
        warnings = [x for x in seen if x["event_type"] == "cost_tracking"]
        self.assertEqual(len(warnings), 1)
        self.assertEqual(warnings[0]["message"], "Cost limit warning")
        metadata = warnings[0]["metadata"]
        self.assertEqual((metadata["session_total"], metadata["daily_total"]),
                         (8, 8))
        self.assertEqual(metadata["message_id"],
                         seen[seen.index(warnings[0]) - 1]["metadata"][
                             "message_id"])


class MoneyTest(LimitCase):
    """What people are told of money, and how a session begins again."""

    async def respond(self, bridge, usage):
        answer = await dispatch(self.daemon, bridge.agent_id)
        self.assertEqual(answer.status, 200, answer.body)
        message_id = (await bridge.receive_dispatch())["message_id"]
        await bridge.respond(message_id, usage=usage)
        return await finished_record(self.daemon, message_id)

    async def context(self):
        return (await get(self.daemon, "/control/context")).json

    @fails_at("8bd27b6")
    async def test_a_402_names_the_setting_and_how_it_resets(self):
        bridge = await self.with_bridge(VIBEFORGE_SESSION_COST_LIMIT_USD="5")
        await self.respond(bridge, {"cost_usd": 5.25})
        control = await self.given(await ControlSocket.open(self.daemon))
        await control.dispatch("1", "alpha")
        told = [(await dispatch(self.daemon, "alpha")).json["hint"],
                (await control.next("1"))["hint"]]

        def logged():
            return [x["message"] for x in self.daemon.log_lines()
                    if "Cost limit exceeded" in x["message"]]

        # One line, however many are refused. A thread of its own writes it.
        told += await eventually(logged, "a line about the cost limit")
        self.assertEqual(len(told), 3, self.daemon.log())
        for text in told:
            for part in ("cost.session_limit_usd", "cost.session_window",
                         "bridgekeeper costs --reset-session",
                         "POST /control/context/reset"):
                self.assertIn(part, text)
        outcome = await self.daemon.command("dispatch", "alpha", "x")
        self.assertEqual(outcome.status, 5)
        self.assertIn("cost.session_limit_usd", outcome.stderr)

    @fails_at("8bd27b6")
    async def test_one_expensive_task_does_not_brick_the_daemon(self):
        bridge = await self.with_bridge(VIBEFORGE_SESSION_COST_LIMIT_USD="5")
        await self.respond(bridge, {"cost_usd": 50})
        self.assertEqual(await self.status(), 402)
        answer = await post(self.daemon, "/control/context/reset", None)
        self.assertEqual((answer.status, answer.json),
                         (200, await self.context()))
        self.assertEqual((answer.json["session_cost_usd"],
                          answer.json["daily_cost_usd"]), (0, 50))
        self.assertEqual(await self.status(), 200)

    @fails_at("8bd27b6")
    async def test_costs_shows_and_resets(self):
        bridge = await self.with_bridge(VIBEFORGE_SESSION_COST_LIMIT_USD="5")
        await self.respond(bridge, {"cost_usd": 5.25})
        shown = await self.daemon.command("costs")
        self.assertEqual((shown.status, shown.stderr), (0, ""))
        self.assertRegex(shown.stdout, r"session +\$5\.25 +\$5\.00 +\$0\.00 "
                                       r"+in (1d 0h|23h 59m)\n")
        self.assertRegex(shown.stdout, r"day +\$5\.25 +none +- +in ")
        reset = await self.daemon.command("costs", "--reset-session")
        self.assertRegex(reset.stdout, r"session +\$0\.00 +\$5\.00 +\$5\.00 ")
        self.assertEqual(await self.status(), 200)
        outcome = await self.daemon.command("costs", "--json")
        self.assertEqual(json.loads(outcome.stdout)["session_cost_usd"], 0)

    @fails_at("8bd27b6")
    async def test_session_spending_starts_again_after_its_window(self):
        bridge = await self.with_bridge(VIBEFORGE_SESSION_COST_LIMIT_USD="5",
                                        BRIDGEKEEPER_COST_SESSION_WINDOW="2s")
        await self.respond(bridge, {"cost_usd": 50})

        async def has_room():
            return await self.status() == 200
        await eventually(has_room, "the session has begun again")

    @fails_at("8bd27b6")
    async def test_501_dispatches_that_cost_nothing_pass(self):
        bridge = await self.with_bridge(
            VIBEFORGE_SESSION_COST_LIMIT_USD=None,
            VIBEFORGE_DAILY_COST_LIMIT_USD=None)
        control = await self.given(await ControlSocket.open(self.daemon))
        for number in range(501):
            await control.dispatch(str(number), "alpha")
        kinds = [(await control.next(str(n)))["type"] for n in range(501)]
        self.assertEqual(set(kinds), {"accepted"})
        await bridge.receive_dispatch()

    async def test_an_agent_that_has_reported_a_cost_has_a_price(self):
        bridge = await self.with_bridge(
            VIBEFORGE_SESSION_COST_LIMIT_USD="1",
            BRIDGEKEEPER_COST_RESERVATION_USD="0.3")
        await self.given(await Bridge.register(self.daemon, "beta"))
        await self.respond(bridge, {"cost_usd": 0.2})
        self.assertEqual([await self.status() for _ in range(3)],
                         [200, 200, 402])
        self.assertEqual(await self.status("beta"), 200)

    @fails_at("8bd27b6")
    async def test_a_cost_that_is_written_as_text_counts(self):
        bridge = await self.with_bridge(VIBEFORGE_SESSION_COST_LIMIT_USD="1")
        await self.respond(bridge, {"cost_usd": "0.25"})
        self.assertEqual((await self.context())["session_cost_usd"], 0.25)


class ProxyTest(LimitCase):

    async def from_client(self, forwarded):
        return await self.status(headers={"X-Forwarded-For": forwarded})

    async def test_a_trusted_proxy_says_who_asks(self):
        await self.with_bridge("--trusted-proxies", "127.0.0.0/8,10.0.0.0/8",
                               VIBEFORGE_RATE_LIMIT_IP_PER_MIN="1")
        for forwarded, expected in (
                ("203.0.113.1", 200), ("203.0.113.1", 429),
                ("203.0.113.2, 10.0.0.9", 200),
                # Made up by the client; the proxy adds what it knows.
                ("9.9.9.9, 203.0.113.2", 429),
                ("2001:db8::1", 200), ("2001:DB8:0:0::1", 429),
                ("nonsense", 200), ("more nonsense", 429)):
            with self.subTest(forwarded):
                self.assertEqual(await self.from_client(forwarded), expected)

    async def test_headers_of_several_proxies_are_one_list(self):
        await self.with_bridge("--trusted-proxies", "127.0.0.1,10.0.0.9",
                               VIBEFORGE_RATE_LIMIT_IP_PER_MIN="1")

        async def ask(*forwarded):
            body = json.dumps({"content": "do it"})
            lines = [f"X-Forwarded-For: {x}\r\n" for x in forwarded]
            async with await RawConnection.open(self.daemon) as raw:
                await raw.send(
                    "POST /control/agents/alpha/dispatch HTTP/1.1\r\n"
                    f"Host: t\r\nAuthorization: Bearer {self.daemon.token}\r\n"
                    f"Connection: close\r\nContent-Length: {len(body)}\r\n"
                    + "".join(lines) + "\r\n" + body)
                return int((await raw.receive_all()).split()[1])
        self.assertEqual(await ask("203.0.113.1", "10.0.0.9"), 200)
        self.assertEqual(await ask("203.0.113.1, 10.0.0.9"), 429)
        self.assertEqual(await ask("203.0.113.1", "203.0.113.3"), 200)

    @fails_at("8bd27b6")
    async def test_a_proxy_on_the_same_host_is_believed_by_default(self):
        await self.with_bridge(VIBEFORGE_RATE_LIMIT_IP_PER_MIN="1")
        for client in ("203.0.113.1", "203.0.113.2"):
            self.assertEqual(await self.from_client(client), 200)
            self.assertEqual(await self.from_client(client), 429)
        self.assertEqual(self.forwarding_lines(), [])

    def forwarding_lines(self):
        return [x for x in self.daemon.log_lines()
                if "sends the header" in str(x)]

    @fails_at("8bd27b6")
    async def test_nobody_else_is_believed_and_that_is_logged_once(self):
        await self.with_bridge("--trusted-proxies", "10.0.0.9",
                               VIBEFORGE_RATE_LIMIT_IP_PER_MIN="1")
        self.assertEqual(await self.from_client("203.0.113.1"), 200)
        for client in ("203.0.113.2", "203.0.113.3"):
            self.assertEqual(await self.from_client(client), 429)
        await self.status(headers={"Forwarded": "for=203.0.113.4"})

        async def is_logged():
            return len(self.forwarding_lines()) > 0
        await eventually(is_logged, "the header is logged")
        line, = self.forwarding_lines()
        self.assertIn("127.0.0.1", str(line))
        self.assertIn("X-Forwarded-For", str(line))

    async def test_no_proxy_is_trusted_where_the_list_is_empty(self):
        await self.with_bridge("--trusted-proxies", "",
                               VIBEFORGE_RATE_LIMIT_IP_PER_MIN="1")
        self.assertEqual(await self.from_client("203.0.113.1"), 200)
        self.assertEqual(await self.from_client("203.0.113.2"), 429)

    async def test_a_proxy_that_is_no_address_is_named(self):
        outcome = await run("check-config", "--trusted-proxies",
                            "10.0.0.0/8,proxy.example")
        self.assertEqual(outcome.status, 2, outcome)
        self.assertIn('trusted-proxies: found "proxy.example", expected '
                      "addresses or networks", outcome.stderr)


class ConnectionTest(LimitCase):

    async def open_with_token(self):
        """A connection that need not make room for others."""
        raw = await self.given(await RawConnection.open(self.daemon))
        await raw.send("GET /control/agents HTTP/1.1\r\nHost: x\r\n"
                       f"X-Auth-Token: {self.daemon.token}\r\n\r\n")
        self.assertEqual((await raw.receive_answer())[0], 200)
        return raw

    async def test_one_address_has_only_so_many_connections(self):
        await self.with_bridge(
            "--trusted-proxies", "",
            BRIDGEKEEPER_SERVER_MAX_CONNECTIONS_PER_IP="3")
        first = await self.open_with_token()
        await self.open_with_token()

        async def health():
            return (await get(self.daemon, "/health")).status
        self.assertEqual(await health(), 503)
        first.close()

        async def has_room():
            return await health() == 200
        await eventually(has_room, "there is room again")

    async def test_the_limit_is_not_for_a_trusted_proxy(self):
        await self.with_bridge(
            "--trusted-proxies", "127.0.0.1",
            BRIDGEKEEPER_SERVER_MAX_CONNECTIONS_PER_IP="1")
        for _ in range(5):
            await self.given(await RawConnection.open(self.daemon))
        self.assertEqual((await get(self.daemon, "/health")).status, 200)
