"""One process of a bridge that speaks protocol 1.1: what it has, and its
link."""

import asyncio
import json
import time
from dataclasses import dataclass, field

from bridge import Bridge
from bridges import LINK_ERRORS
from facts import digest, task_of

_LARGE = 60_000
_SLOTS = 4
_WORKERS = 2
# A registration lists so many of them; the rest follows.
_LISTED = 3


@dataclass
class Task:
    """A dispatch that has not been answered. `due`: on the process's clock."""
    wire: str
    due: float
    state: str = "waiting"
    is_called_off: asyncio.Event = field(default_factory=asyncio.Event)


class Process:
    """`kept`: the results that an earlier process has left in the state
    directory."""

    def __init__(self, world, agent_id, random, instance, kept):
        self.instance = instance
        # Results without an acknowledgement: responses by wire id.
        self.kept = dict(kept)
        self.killed = asyncio.Event()
        self._log = world.log
        self._world = world
        self._agent_id = agent_id
        self._random = random
        self._tasks = {}
        # All wire ids that were ever taken.
        self._known = set(kept)
        self._work = set()
        self._workers = asyncio.Semaphore(_WORKERS)
        self._awake = asyncio.Event()
        self._awake.set()
        self._bridge = None
        self._is_registered = False
        self._incarnation = None

    # -- the process ----------------------------------------------------------

    def stop(self):
        self._awake.clear()
        if self._bridge:
            self._bridge.socket.transport.pause_reading()

    def go_on(self):
        self._awake.set()
        if self._bridge and not self._bridge.socket.transport.is_closing():
            self._bridge.socket.transport.resume_reading()

    def end(self):
        for work in self._work:
            work.cancel()
        self.cut()

    # -- its link -------------------------------------------------------------

    async def connect(self, daemon):
        await self._awake.wait()
        wall_us = time.time_ns() // 1000
        bridge = self._bridge = await Bridge.connect(daemon, self._agent_id)
        # What it lists is what it has now, and not what comes later.
        listed = [{"message_id": x.wire, "state": x.state}
                  for x in self._tasks.values()]
        listed += [{"message_id": x, "state": "finished"} for x in self.kept]
        self._random.shuffle(listed)
        count = _LISTED if self._random.random() < 0.5 else len(listed)
        first, rest = listed[:count], listed[count:]
        more = {"resume_more": True} if rest else {}
        await self.send("register", auth_token=daemon.token, protocol="1.1",
                        instance_id=self.instance, slots=_SLOTS, resume=first,
                        heartbeat_interval_s=1, **more)
        answer = await bridge.receive()
        if answer["type"] != "registered":
            raise EOFError(f"not registered: {answer}")
        await self._awake.wait()
        if self._bridge is None:
            raise EOFError("cut meanwhile")
        self._incarnation = answer["incarnation"]
        self._is_registered = True
        self._log.add("linked", agent=self._agent_id, process=self.instance,
                      incarnation=self._incarnation, wall_us=wall_us)
        for wire in answer["cancelled"]:
            self._call_off(wire)
        for wire in list(self.kept):
            await self._respond(wire)
        while rest:
            part, rest = rest[:_LISTED], rest[_LISTED:]
            await self.send("resume", resume=part, more=bool(rest))

    def cut(self, by_bridge=True):
        """The link ends, and the daemon is not told why, unless it has ended it
        itself."""
        if self._is_registered:
            if by_bridge:
                self._log.add("dropped", agent=self._agent_id,
                              wall_us=time.time_ns() // 1000)
            self._log.add("unlinked", agent=self._agent_id)
        self._is_registered = False
        bridge, self._bridge = self._bridge, None
        if bridge and bridge.socket.transport:
            bridge.socket.transport.abort()

    async def send(self, kind, **fields):
        await self._awake.wait()
        if self._bridge is None:
            raise EOFError
        await self._bridge.send(kind, **fields)

    async def read(self):
        bridge = self._bridge
        if bridge is None:
            return
        async for text in bridge.socket:
            await self._awake.wait()
            try:
                frame = json.loads(text)
            except json.JSONDecodeError:
                self._log.add("unreadable", agent=self._agent_id,
                              text=text[:80])
                continue
            if frame["type"] == "dispatch":
                if self._random.random() < 0.04:
                    # The link breaks before the frame has arrived.
                    return self.cut()
                await self._on_dispatch(frame)
            elif frame["type"] == "cancel":
                self._call_off(frame["message_id"])
            elif frame["type"] == "ack":
                self._on_ack(frame["message_id"])

    # -- frames ---------------------------------------------------------------

    async def _on_dispatch(self, frame):
        wire = frame["message_id"]
        self._log.add("frame", agent=self._agent_id, wire=wire,
                      task=task_of(frame["content"]),
                      content=digest(frame["content"]), process=self.instance,
                      incarnation=self._incarnation, due_s=frame["deadline_s"])
        if wire in self.kept:
            return await self._respond(wire)
        if wire in self._tasks:
            return await self.send("accept", message_id=wire)
        if wire in self._known:
            return await self.send(
                "response", message_id=wire, content="", error="already"
                " executed: the result was acknowledged and is no longer kept")
        self._known.add(wire)
        task = Task(wire, time.monotonic() + frame["deadline_s"])
        self._tasks[wire] = task
        draw = self._random.random()
        if draw < 0.04:
            # Killed before anyone learns that it has the dispatch.
            self.killed.set()
            return await asyncio.Event().wait()
        work = asyncio.create_task(self._run(task))
        self._work.add(work)
        work.add_done_callback(self._work.discard)
        if draw < 0.8:
            await self.send("accept", message_id=wire)

    def _call_off(self, wire):
        if wire in self._tasks:
            self._tasks[wire].is_called_off.set()

    def _on_ack(self, wire):
        response = self.kept.pop(wire, None)
        self._log.add("acked", agent=self._agent_id, wire=wire,
                      is_kept=response is not None)

    # -- work -----------------------------------------------------------------

    async def _run(self, task):
        """To its end, whatever becomes of the link."""
        left = task.due - time.monotonic()
        error = await self._wait_for_turn(task, left)
        if error is None:
            error = await self._execute(task)
        await self._awake.wait()
        await self._finish(task, error)

    async def _wait_for_turn(self, task, left):
        turn = asyncio.create_task(self._workers.acquire())
        return await self._first(turn, task, left)

    async def _execute(self, task):
        try:
            task.state = "running"
            self._log.add("executed", agent=self._agent_id, wire=task.wire,
                          process=self.instance)
            for number in range(self._random.choice((0, 0, 1, 2))):
                await self._try("progress", message_id=task.wire,
                                status="running",
                                progress_text=f"step {number}")
            work = asyncio.create_task(asyncio.sleep(self._delay(task)))
            return await self._first(work, task, task.due - time.monotonic())
        finally:
            self._workers.release()

    def _delay(self, task):
        draw = self._random.random()
        if draw < 0.4:
            return 0
        if draw < 0.85:
            return self._random.uniform(0, 0.6)
        left = task.due - time.monotonic()
        # Some race with their deadline, some do not end in time.
        return max(0, left + self._random.uniform(-0.02, 0.02)) \
            if draw < 0.93 else left + 1

    @staticmethod
    async def _first(work, task, left):
        """Waits for `work`; the error if a call-off or the deadline was
        first."""
        called_off = asyncio.create_task(task.is_called_off.wait())
        try:
            done, _ = await asyncio.wait(
                (work, called_off), timeout=max(0, left),
                return_when=asyncio.FIRST_COMPLETED)
            if work in done:
                return None
            return "cancelled" if done else "timed_out: the deadline is over"
        finally:
            called_off.cancel()
            if not work.done():
                work.cancel()

    async def _finish(self, task, error):
        """The result is in the state directory before it is sent."""
        wire = task.wire
        content = f"result of {wire}"
        if self._random.random() < 0.08:
            content += " " + "x" * _LARGE
        cost = self._random.choice((0, 0, 1000, 25_000, 1_500_000))
        if error is None and self._random.random() < 0.15:
            error = f"failure of {wire}"
        fields = {"usage": {"cost_usd": cost / 1e6}} if cost else {}
        if error is not None:
            fields["error"] = error
        self.kept[wire] = {"message_id": wire, "content": content, **fields}
        del self._tasks[wire]
        self._log.add("finished", agent=self._agent_id, wire=wire,
                      process=self.instance, content=digest(content),
                      cost_musd=cost, error=digest(error),
                      is_called_off=task.is_called_off.is_set())
        self._log.add("response", agent=self._agent_id, wire=wire,
                      content=digest(content), cost_musd=cost)
        draw = self._random.random()
        if draw < 0.06:
            return self.cut()
        if self._is_registered:
            try:
                await self._respond(wire)
            except LINK_ERRORS:
                return
            if draw < 0.1:
                self.cut()

    async def _respond(self, wire):
        if wire in self.kept:
            await self.send("response", **self.kept[wire])

    async def _try(self, kind, **fields):
        """What need not arrive."""
        if self._is_registered:
            try:
                await self.send(kind, **fields)
            except LINK_ERRORS:
                pass
