"""A fleet of bridges that speak protocol 1.1, over a restart of the daemon."""

import asyncio
import bisect
import http.client
import json
import tempfile
import time
from types import SimpleNamespace

from cases import AsyncCase
from client import get
from daemon import Daemon
from light_bridge import LightBridge
from waiting import Stopwatch, eventually

FLEET = 2000
# Seconds until all are back, from when the daemon begins to stop.
BACK_WITHIN = 30
# Over which the daemon spreads their return.
SPREAD = 5


def most_in_a_second(times):
    times = sorted(times)
    return max(bisect.bisect_left(times, x + 1) - i
               for i, x in enumerate(times))


class FleetRestartTest(AsyncCase):

    def start(self, directory):
        daemon = Daemon(directory=directory,
                        BRIDGEKEEPER_HEARTBEAT_TIMEOUT="300").start()
        self.addCleanup(daemon.kill)
        return daemon

    def ask(self, daemon, method, paths, body=None):
        """One request after the other on one connection; the answers."""
        connection = http.client.HTTPConnection(daemon.host, daemon.port,
                                                timeout=30)
        out = []
        for path in paths:
            connection.request(method, path, body, {
                "Authorization": f"Bearer {daemon.token}"})
            out.append(json.loads(connection.getresponse().read()))
        connection.close()
        return out

    async def dispatch_to_all(self, daemon, names):
        body = json.dumps({"content": "work", "timeout_s": 600})
        answers = await asyncio.to_thread(
            self.ask, daemon, "POST",
            [f"/control/agents/{x}/dispatch" for x in names], body)
        return [x["message_id"] for x in answers]

    def stop(self, daemon):
        daemon.signal()
        daemon.wait_for_end(BACK_WITHIN)

    async def test_a_fleet_comes_back_after_a_restart_and_nothing_is_lost(
            self):
        directory = self.enterContext(tempfile.TemporaryDirectory())
        place = SimpleNamespace(daemon=self.start(directory))
        work = asyncio.Event()
        names = [f"light-{n}" for n in range(FLEET)]
        fleet = [LightBridge(place, x, work) for x in names]
        runs = []
        self.addCleanup(lambda: [x.cancel() for x in runs])
        # Not more at once than may be unregistered.
        for first in range(0, FLEET, 100):
            some = fleet[first:first + 100]
            runs += [asyncio.create_task(x.run()) for x in some]
            await eventually(lambda: all(x.registered_at for x in some),
                             "a hundred bridges more")
        ids = await self.dispatch_to_all(place.daemon, names)
        await eventually(lambda: all(x.executed for x in fleet),
                         "every bridge has its dispatch")

        watch = Stopwatch()
        began = time.monotonic()
        await asyncio.to_thread(self.stop, place.daemon)
        stopped = watch.seconds
        place.daemon = await asyncio.to_thread(self.start, directory)
        started = watch.seconds
        # Half of the fleet finishes while others have no link.
        work.set()
        await eventually(
            lambda: all(x.registered_at and x.registered_at > began
                        for x in fleet),
            "the whole fleet is back", BACK_WITHIN)
        back = watch.seconds
        await eventually(lambda: not any(x.unacked for x in fleet),
                         "all results are acknowledged")
        tries = [t for x in fleet for t in x.tries if t > began]
        print(f"\n{FLEET} bridges: stopped after {stopped:.2f} s, started after"
              f" {started:.2f} s, all back after {back:.1f} s with"
              f" {len(tries)} tries, at most {most_in_a_second(tries)} in a"
              f" second; {sum(x.adopted for x in fleet)} dispatches adopted")

        self.assertLess(back, BACK_WITHIN)
        for bridge in fleet:
            first = next(t for t in bridge.tries if t > began)
            self.assertGreaterEqual(first, bridge.not_before)
            self.assertLess(bridge.not_before - began, stopped + SPREAD)
        self.assertLess(most_in_a_second(tries), FLEET / 2)
        self.assertEqual([x.executed for x in fleet], [[x] for x in ids])
        records = await asyncio.to_thread(
            self.ask, place.daemon, "GET",
            [f"/control/dispatches/{x}" for x in ids])
        self.assertEqual({x["state"] for x in records}, {"completed"})
        costs = (await get(place.daemon, "/control/context")).json
        self.assertAlmostEqual(costs["session_cost_usd"], FLEET * 0.001)
