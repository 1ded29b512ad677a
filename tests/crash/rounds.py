"""A round: a daemon under load that is killed, started again and killed again;
then calm, and the checker."""

import asyncio
import collections
import concurrent.futures
import pathlib
import random
import time
from dataclasses import dataclass, field

import features
from bridges import LINK_ERRORS
from check_waiting import count_survivors
from checker import check
from client import get
from clients import HTTP_ERRORS, look
from daemon import Daemon, check_report
from ending import end_tasks
from executions import add_executions
from facts import Log
from history import History
from kills import carry_out, choose_kills, due_point, was_killed
from readers import StreamReader
from stored import Store, copy_store
from tasks import GRACE, SETTINGS
from waiting import eventually
from world import World

# Seconds.
_LAST_LOAD = 1.0
_THREADS = 64


@dataclass
class Settings:
    """What all rounds have in common."""
    folder: pathlib.Path
    binary: str
    point: str | None = None
    mutation: str | None = None
    kills: bool = True

    def __post_init__(self):
        self.is_durable = features.is_durable(self.binary)
        self.has_points = features.has_crash_points(self.binary)


@dataclass
class Round:
    """`previous`: the round whose data directory this one continues."""
    settings: Settings
    seed: int
    previous: "Round" = None
    # Filled by `run`.
    report: object = None
    reached: list = field(default_factory=list)
    line: str = ""

    def __post_init__(self):
        self.folder = self.settings.folder / f"seed-{self.seed}"
        self.folder.mkdir(parents=True)
        earlier = self.previous.log.facts if self.previous else ()
        self.log = Log(self.folder / "facts.jsonl", earlier)
        ids = self.previous.world.ids if self.previous else ()
        self.world = World(self.log, self.seed, f"s{self.seed}",
                           self.folder / "bridges", ids)
        self.data = self.previous.data if self.previous \
            else self.folder / "data"
        self.data.mkdir(exist_ok=True)
        self._random = random.Random(self.seed)
        self._failures = []
        self._daemon = None

    def run(self):
        began = time.monotonic()
        asyncio.run(self._run())
        add_executions(self.log, self.folder / "bridges")
        self.log.close()
        path = copy_store(self.data, self.folder / "store")
        store = Store(path) if path else None
        self.report = check(self.log.facts, store, GRACE)
        self.report.check("up", not self._failures, "; ".join(self._failures))
        count = len(store.rows) if store and not store.damage else 0
        self.line = (
            f"seed {self.seed:<6} killed at {', '.join(self._kills) or '-'};"
            f" {len(self.log.of('accepted'))} accepted,"
            f" {self._survivors()} waited over a kill, {count} on record,"
            f" {len(self.log.of('event'))} events read;"
            f" {time.monotonic() - began:.1f} s")
        return self

    def _survivors(self):
        return count_survivors(History(self.log.facts,
                                       self.settings.is_durable))

    # -- the daemon's lives ---------------------------------------------------

    async def _run(self):
        asyncio.get_running_loop().set_default_executor(
            concurrent.futures.ThreadPoolExecutor(_THREADS))
        self._kills = []
        loading = asyncio.create_task(self.world.start())
        try:
            for kill in self._planned():
                await self._live_until(kill)
            if await self._start(self._variables()) is not None:
                await loading
                await self._come_to_rest(self._daemon)
            loading.cancel()
            await self.world.stop()
            await self._end(self._daemon)
            self._look_at_log()
        finally:
            # Whatever went wrong.
            if self._daemon is not None:
                self._daemon.kill()

    def _planned(self):
        if not self.settings.kills:
            return []
        return choose_kills(self._random, self.settings.has_points,
                            self.previous is None, self.settings.point,
                            due=due_point(self.seed),
                            is_hasty=self.settings.mutation is not None)

    def _variables(self):
        mutation = self.settings.mutation
        return {**SETTINGS,
                **({"BRIDGEKEEPER_MUTATION": mutation} if mutation else {})}

    async def _start(self, variables):
        """A daemon that listens; None if it ended before."""
        flags = ["--io-threads", str(self._random.randint(1, 3)),
                 "--heartbeat-tick", "0.2"]
        if self.settings.is_durable:
            flags += ["--store-durability",
                      self._random.choice(("commit", "full"))]
        daemon = Daemon(*flags, directory=self.data, **variables)
        self._daemon = daemon
        self.log.add("start", variables=variables, flags=flags)
        try:
            await asyncio.to_thread(daemon.start)
        except AssertionError as why:
            status = daemon.process.returncode
            self.log.add("killed", status=status, starting=True)
            if not was_killed(status) or "BRIDGEKEEPER_CRASH_AT" \
                    not in variables:
                self._failures.append(f"no start ({status}): {why}"[-600:])
            return None
        self.log.add("listening", address=daemon.address)
        self.world.is_up(daemon)
        return daemon

    async def _live_until(self, kill):
        daemon = await self._start({**self._variables(), **kill.environment})
        at_point, status = True, None
        if daemon is not None:
            at_point, status = await carry_out(kill, daemon)
            self.world.is_down()
            self.log.add("killed", status=status, at_point=at_point)
            if not was_killed(status) or (at_point and not kill.point):
                self._failures.append(f"ended by itself, status {status}:"
                                      f" {daemon.log()[-600:]}")
            self._look_at_log()
        self._kills.append(str(kill) + ("" if at_point or not kill.point
                                        else " (not reached)"))
        if kill.point:
            self.reached.append((kill.point.partition(":")[0], at_point))

    def _look_at_log(self):
        """For what a sanitizer has reported."""
        try:
            check_report(self._daemon.log())
        except AssertionError as why:
            self._failures.append(str(why)[:600])

    # -- calm -----------------------------------------------------------------

    async def _come_to_rest(self, daemon):
        await asyncio.sleep(_LAST_LOAD)
        await self.world.end_load(deadline=2 * GRACE + 2)
        self.log.add("calm", wall_us=time.time_ns() // 1000)
        await asyncio.sleep(2 * GRACE + 0.1)
        statuses = collections.Counter()
        for first in range(0, len(self.world.ids), _THREADS):
            statuses.update(await asyncio.gather(*(
                look(self.world, x)
                for x in self.world.ids[first:first + _THREADS])))
        # Nothing is proved by records that nobody has seen.
        unseen = {x: n for x, n in statuses.items() if x not in (200, 404)}
        if unseen:
            self._failures.append(f"records that cannot be read, by status:"
                                  f" {unseen}")
        await self._read_histories(daemon)
        context = (await get(daemon, "/control/context")).json
        self.log.add("costs", session=context["control_session_id"],
                     session_musd=round(context["session_cost_usd"] * 1e6),
                     day=int(time.time() // 86_400),
                     day_musd=round(context["daily_cost_usd"] * 1e6))

    async def _read_histories(self, daemon):
        """New readers, which begin with the history."""
        agents = self._random.sample(self.world.agents, 3)
        readers = [StreamReader(self.world, f"history-{x}", x)
                   for x in (*agents, None)]
        reading = [asyncio.create_task(x.read(daemon)) for x in readers]
        await asyncio.wait(reading, timeout=1)
        await end_tasks(reading, (*LINK_ERRORS, *HTTP_ERRORS))

    async def _end(self, daemon):
        """Killed again, or stopped."""
        if not daemon.is_running() or self._random.random() < 0.5:
            daemon.kill()
            return
        daemon.signal()
        await eventually(lambda: daemon.process.poll() is not None,
                         "the daemon's end after SIGTERM", 20)
        if daemon.process.returncode != 0:
            self._failures.append(f"stopped with {daemon.process.returncode}:"
                                  f" {daemon.log()[-600:]}")
