"""Control clients: over HTTP, over /ws/control, and one that looks at records
of dispatches that others have sent."""

import asyncio
import http.client
import itertools
import json
import time

import websockets

import features
from bridges import LINK_ERRORS
from client import get, post
from facts import digest, outcome_of_answer, outcome_of_record, task_of
from tasks import Task, make_options

HTTP_ERRORS = (OSError, http.client.HTTPException)

# Refusals after which the dispatch may still be on record.
_UNCERTAIN = ("store_unknown", "internal")


def is_definite(status, text):
    """Whether a refusal over HTTP says that nothing was stored."""
    return ((400 <= status < 500 or status == 503)
            and not any(x in text for x in _UNCERTAIN)
            and "Idempotency-Key" not in text)


class Requester:
    """What dispatching clients have in common."""

    def __init__(self, world, name):
        self.world = world
        self.log = world.log
        self.random = world.random(name)
        self._name = name
        self._tasks = itertools.count(1)

    def make_task(self):
        """Its text is one that no other task has, and tells the bridge the
        timeout."""
        options = make_options(self.random)
        name = f"{self.world.label}-{self._name}-{next(self._tasks)}"
        padding = "y" * self.random.choice((1, 1, 1, 8000))
        return Task(self.world.choose_agent(self.random),
                    f"{name} {options['timeout_s']} {padding}", options)

    def ask(self, task, via, key=None):
        """Notes a request; its number."""
        number = self.world.number()
        self.log.add("asked", request=number, agent=task.agent, via=via,
                     key=key, task=task_of(task.content),
                     content=digest(task.content),
                     wall_us=time.time_ns() // 1000, **task.terms)
        return number

    def accepted(self, number, id):
        self.log.add("accepted", request=number, id=id)
        self.world.ids.append(id)

    def refused(self, number, status, code, definite):
        self.log.add("refused", request=number, status=status, code=code,
                     is_definite=definite)

    async def pause(self):
        await asyncio.sleep(self.random.expovariate(40))


class HttpClient(Requester):
    """One request after the other. A request with a key is repeated until it is
    answered; one without is never repeated."""

    async def run(self):
        while self.world.is_loading:
            task = self.make_task()
            key = None
            if features.IDEMPOTENCY_KEYS and self.random.random() < 0.5:
                key = f"key-{task_of(task.content)}"
            query = "?wait=4" if self.random.random() < 0.25 else ""
            while not await self._try(task, query, key):
                await asyncio.sleep(0.1)
                if key is None or not self.world.is_loading:
                    break
            if key is not None and self.random.random() < 0.2:
                await self._try(task, "", key)
            await self.pause()

    async def _try(self, task, query, key):
        """Whether there was an answer."""
        number = self.ask(task, "http", key)
        since = self.log.now()
        headers = {"Idempotency-Key": key} if key else {}
        try:
            answer = await post(
                self.world.newest_daemon(),
                f"/control/agents/{task.agent}/dispatch{query}", task.body,
                headers=headers)
        except HTTP_ERRORS:
            self.log.add("unanswered", request=number)
            return False
        text = answer.body.decode()
        if answer.status not in (200, 202):
            self.refused(number, answer.status, text[:80],
                         is_definite(answer.status, text))
            return True
        told = json.loads(text)
        self.accepted(number, told["message_id"])
        if query:
            self.log.add("seen", id=told["message_id"], via="answer",
                         since=since, **outcome_of_record(told))
        elif self.random.random() < 0.06:
            await self._cancel(told["message_id"])
        return True

    async def _cancel(self, id):
        since = self.log.add("cancelling", id=id)
        try:
            answer = await post(self.world.newest_daemon(),
                                f"/control/dispatches/{id}/cancel", {})
        except HTTP_ERRORS:
            return
        if answer.status == 200:
            self.log.add("seen", id=id, via="cancellation", since=since,
                         **outcome_of_record(answer.json))


class ControlClient(Requester):
    """Several requests at once on one connection."""

    async def run(self):
        while self.world.is_loading:
            daemon = await self.world.running_daemon()
            try:
                async with websockets.connect(
                        daemon.ws_url("/ws/control"), max_size=None,
                        ping_interval=None, close_timeout=1, extra_headers={
                            "Authorization": f"Bearer {daemon.token}"}) as x:
                    await self._talk(x)
            except LINK_ERRORS:
                pass
            await asyncio.sleep(0.05)

    async def _talk(self, socket):
        in_flight = {}
        sending = asyncio.create_task(self._send(socket, in_flight))
        try:
            while self.world.is_loading or in_flight:
                answer = json.loads(await asyncio.wait_for(socket.recv(), 5))
                self._on_answer(answer, in_flight)
        finally:
            sending.cancel()
            for number, id in in_flight.items():
                if id is None:
                    self.log.add("unanswered", request=number)

    async def _send(self, socket, in_flight):
        while self.world.is_loading:
            if len(in_flight) < 20:
                task = self.make_task()
                number = self.ask(task, "ws")
                in_flight[number] = None
                await socket.send(json.dumps(
                    {"type": "dispatch", "id": number,
                     "agent_id": task.agent, **task.body}))
            await self.pause()

    def _on_answer(self, answer, in_flight):
        number = answer["id"]
        if answer["type"] == "accepted":
            in_flight[number] = answer["message_id"]
            self.accepted(number, answer["message_id"])
        elif answer["type"] == "error" and in_flight[number] is None:
            del in_flight[number]
            self.refused(number, None, answer["code"],
                         answer["code"] not in _UNCERTAIN)
        elif answer["type"] in ("response", "error"):
            self.log.add("seen", id=in_flight.pop(number), via="ws",
                         since=self.log.now(), **outcome_of_answer(answer))


async def look(world, id):
    """Asks for the record of a dispatch. Returns the status of the answer, or
    None if there is none."""
    since = world.log.now()
    try:
        answer = await get(world.newest_daemon(), f"/control/dispatches/{id}")
    except HTTP_ERRORS:
        return None
    if answer.status == 200:
        late = [[x["attempt"], digest(x["content"]), digest(x["error"])]
                for x in answer.json.get("late", [])]
        world.log.add("seen", id=id, via="record", since=since, late=late,
                      **outcome_of_record(answer.json))
    elif answer.status == 404:
        world.log.add("absent", id=id, since=since)
    return answer.status


class RecordReader:
    """Looks at dispatches, new ones and old ones."""

    def __init__(self, world, name):
        self._world = world
        self._random = world.random(name)

    async def run(self):
        while self._world.is_loading:
            ids = self._world.ids
            if ids:
                recent = ids[-50:] if self._random.random() < 0.5 else ids
                await look(self._world, self._random.choice(recent))
            await asyncio.sleep(self._random.expovariate(20))
