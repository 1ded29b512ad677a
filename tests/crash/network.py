"""The network between some bridges and the daemon: a chaos proxy for each,
which keeps its address while the daemon is restarted on other ports."""

import asyncio
import contextlib
import functools
import pathlib
import sys
import time

from ending import end_tasks
from facts import digest, task_of
from messages import MessageScanner
from silence import keep_silent, note_drop

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from chaos_proxy import ChaosProxy, Watch, schedule  # noqa: E402

# Seconds: between two faults, and of a fault.
_LONGEST_PAUSE = 3.2
# Some networks are better than others.
_CALMNESS = (0.5, 1, 3)
# Of the proxies whose bridges may register again and again as one instance.
_DUPLICATING = 0.3
_LASTING_FAULTS = ("stall", "delay")
# Characters of a message that could not be read.
_SHOWN = 200


class Detour:
    """A daemon as a bridge behind a proxy knows it."""

    def __init__(self, daemon, url):
        self.token = daemon.token
        self.tls = daemon.tls
        self._url = url.replace("http", "ws", 1)

    def ws_url(self, path):
        return self._url + path


class Network:
    """`resumed`: the agents behind a proxy whose bridges speak protocol 1.1;
    `watched`: those of them that log nothing themselves; `others`: the other
    agents behind a proxy."""

    def __init__(self, world, resumed, watched, others):
        self._world = world
        self._resumed = resumed
        self._watched = watched
        self._others = others
        self._proxies = {}
        # By agent: the watch that has seen the newest registration.
        self._newest = {}
        self._storms = []
        self._stack = contextlib.AsyncExitStack()

    async def start(self):
        for agent in (*self._resumed, *self._others):
            random = self._world.random(f"network {agent}")
            proxy = await self._stack.enter_async_context(ChaosProxy(
                None, random.random(), functools.partial(self._watch, agent)))
            proxy.duplicates_registrations = (
                agent in self._resumed and random.random() < _DUPLICATING)
            self._proxies[agent] = proxy
            self._storms.append(asyncio.create_task(
                self._misbehave(agent, proxy, random.choice(_CALMNESS),
                                random.random())))

    async def stop(self):
        await end_tasks(self._storms)
        self._world.log.add("duplicated", count=sum(
            x.duplicates for x in self._proxies.values()))
        await self._stack.aclose()

    def lead_to(self, daemon):
        """To this one from now on; None: to nowhere."""
        target = (daemon.host, daemon.port) if daemon else None
        for proxy in self._proxies.values():
            proxy.target = target

    def url(self, agent):
        """None: this agent is not behind a proxy."""
        return self._proxies[agent].url if agent in self._proxies else None

    def _watch(self, agent):
        if agent in self._watched:
            return LinkWatch(self._world, agent, self._newest)
        return DropWatch(self._world, agent)

    def unplug(self, agent):
        """Its bridge has no link and gets none."""
        self._proxies[agent].refuse()

    def plug_in(self, agent):
        self._proxies[agent].accept()

    async def _misbehave(self, agent, proxy, calmness, seed):
        for pause, fault, length in schedule(seed, _LONGEST_PAUSE):
            await asyncio.sleep(pause * calmness)
            if not self._world.is_loading:
                return
            self._world.log.add("fault", agent=agent, fault=fault)
            if fault not in _LASTING_FAULTS:
                await proxy.cause(fault, length)
                continue
            self._world.log.add("stalled", agent=agent)
            lasting = asyncio.create_task(proxy.cause(fault, length))
            try:
                await keep_silent(self._world, agent, length)
            finally:
                lasting.cancel()
                await asyncio.gather(lasting, return_exceptions=True)
            self._world.log.add("flowing", agent=agent)


class DropWatch(Watch):
    """Notes when a link ends that the daemon has not ended."""

    def __init__(self, world, agent_id):
        self._world = world
        self._agent_id = agent_id

    def ended(self, by_daemon):
        if not by_daemon:
            note_drop(self._world, self._agent_id)


class LinkWatch(DropWatch):
    """Notes what a bridge that logs nothing itself sends and is sent. The
    label `process` of its registration names its process.

    A message that it cannot read is a fact, too (`misread`), and a failure of
    the round. An exception would end the link like a fault of the network."""

    def __init__(self, world, agent_id, newest):
        super().__init__(world, agent_id)
        self._newest = newest
        self._log = world.log
        self._upward, self._downward = MessageScanner(), MessageScanner()
        self._wall_us = time.time_ns() // 1000
        self._process = None
        self._listed = []
        self._incarnation = None

    def sent_by_bridge(self, data):
        self._read(self._upward, data, self._on_upward)

    def sent_by_daemon(self, data):
        self._read(self._downward, data, self._on_downward)

    def _read(self, scanner, data, on_message):
        for x in scanner.feed(data):
            try:
                on_message(x)
            except Exception as why:
                self._add("misread", error=repr(why), text=str(x)[:_SHOWN])

    def _on_upward(self, x):
        if x["type"] == "register":
            self._process = x["labels"]["process"]
            self._listed = [y["message_id"] for y in x["resume"]]
        elif x["type"] == "response":
            self._on_response(x)

    def _on_downward(self, x):
        if x["type"] == "registered":
            self._on_registered(x)
        elif x["type"] == "dispatch":
            self._on_dispatch(x)
        elif x["type"] == "ack":
            self._add("acked", wire=x["message_id"], is_kept=True)
        elif x["type"] == "cancel":
            self._add("called_off", wire=x["message_id"])

    def ended(self, by_daemon):
        super().ended(by_daemon)
        if self._newest.get(self._agent_id) is self:
            self._add("unlinked")

    def _add(self, kind, **fields):
        self._log.add(kind, agent=self._agent_id, **fields)

    def _on_registered(self, x):
        # A registration that was sent twice has replaced itself.
        note_drop(self._world, self._agent_id)
        self._newest[self._agent_id] = self
        self._incarnation = x["incarnation"]
        self._add("linked", process=self._process, wall_us=self._wall_us,
                  incarnation=self._incarnation, listed=self._listed)
        for wire in x["cancelled"]:
            self._add("called_off", wire=wire)

    def _on_dispatch(self, x):
        self._add("frame", wire=x["message_id"], task=task_of(x["content"]),
                  content=digest(x["content"]), process=self._process,
                  incarnation=self._incarnation, due_s=x["deadline_s"],
                  is_passed=True)

    def _on_response(self, x):
        usage = x.get("usage") or {}
        self._add("response", wire=x["message_id"],
                  content=digest(x["content"]), error=digest(x.get("error")),
                  cost_musd=round(usage.get("total_cost_usd", 0) * 1e6))
