"""Control clients: plain HTTP requests and the socket for programs."""

import asyncio
import http.client
import json
import re
from collections import defaultdict
from dataclasses import dataclass

import websockets

from recording import connect, note_exchange
from waiting import DEADLINE, eventually, within


def error_of(body, retry_after):
    """See `Answer.error`. `retry_after` is the header's value."""
    code = body.pop("code")
    assert re.fullmatch("[a-z]+(_[a-z]+)*", code), code
    assert isinstance(body.pop("retryable"), bool)
    seconds = body.pop("retry_after_s")
    assert seconds == (int(retry_after) if retry_after else None), seconds
    return body


@dataclass
class Answer:
    """An HTTP answer; header names are in lower case."""
    status: int
    headers: dict
    body: bytes

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def error(self):
        """The body of an error without what every error tells programs, which
        is checked: `{"detail": …}` in most cases."""
        return error_of(json.loads(self.body),
                        self.headers.get("retry-after"))


def _ask(daemon, method, path, body, headers, deadline, source):
    options = {"timeout": deadline}
    if source:
        options["source_address"] = (source, 0)
    if daemon.tls:
        connection = http.client.HTTPSConnection(
            daemon.host, daemon.port, context=daemon.tls, **options)
    else:
        connection = http.client.HTTPConnection(daemon.host, daemon.port,
                                                **options)
    try:
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        names = {k.lower(): v for k, v in answer.getheaders()}
        out = Answer(answer.status, names, answer.read())
        note_exchange(method, path, body, out)
        return out
    finally:
        connection.close()


async def request(daemon, method, path, body=None, headers=None,
                  token=True, deadline=DEADLINE, source=None):
    """One request on a connection of its own. `body`: bytes, or what JSON can
    say. `token`: the daemon's own, none (False), or another. `source`: the
    address to ask from."""
    headers = dict(headers or {})
    if token:
        text = daemon.token if token is True else token
        headers.setdefault("Authorization", f"Bearer {text}")
    if body is not None and not isinstance(body, bytes):
        body = json.dumps(body).encode()
    return await asyncio.to_thread(_ask, daemon, method, path, body, headers,
                                   deadline, source)


async def get(daemon, path, **options):
    return await request(daemon, "GET", path, **options)


async def post(daemon, path, body, **options):
    return await request(daemon, "POST", path, body, **options)


async def dispatch(daemon, agent, content="do it", query="", **fields):
    """Sends a task over HTTP."""
    return await post(daemon, f"/control/agents/{agent}/dispatch{query}",
                      {"content": content, **fields})


async def record(daemon, message_id):
    """What the daemon knows about a dispatch."""
    return (await get(daemon, f"/control/dispatches/{message_id}")).json


async def finished_record(daemon, message_id):
    async def ended():
        found = await record(daemon, message_id)
        return found if found["status"] in ("completed", "error") else None
    return await eventually(ended, f"the end of dispatch {message_id}")


async def agent_status(daemon, agent):
    """`connected`, `disconnected`, or None for one never seen."""
    answer = await get(daemon, f"/control/agents/{agent}")
    return answer.json["agent"]["status"] if answer.status == 200 else None


class ControlSocket:
    """A program on /ws/control. Answers are sorted by the id they carry."""

    def __init__(self, socket):
        self._socket = socket
        self._answers = defaultdict(asyncio.Queue)
        self._reader = asyncio.create_task(self._read())

    @classmethod
    async def open(cls, daemon, **options):
        return cls(await connect(
            daemon.ws_url("/ws/control"), ssl=daemon.tls, close_timeout=2,
            max_size=None, ping_interval=None,
            extra_headers={"Authorization": f"Bearer {daemon.token}"},
            **options))

    async def _read(self):
        try:
            async for frame in self._socket:
                answer = json.loads(frame)
                self._answers[answer["id"]].put_nowait(answer)
        except websockets.ConnectionClosed:
            pass

    async def ask(self, kind, id, **fields):
        await self.send_text(json.dumps({"type": kind, "id": id, **fields}))

    async def send_text(self, text):
        await self._socket.send(text)

    async def dispatch(self, id, agent, content="do it", **fields):
        await self.ask("dispatch", id, agent_id=agent, content=content,
                       **fields)

    async def next(self, id, deadline=DEADLINE):
        """The next answer under this id."""
        return await within(self._answers[id].get(),
                            f"an answer to request {id!r}", deadline)

    async def result(self, id, deadline=DEADLINE):
        """The answer that ends a dispatch: `response` or `error`."""
        while True:
            answer = await self.next(id, deadline)
            if answer["type"] in ("response", "error"):
                return answer

    async def sync(self):
        """Everything sent before this has been answered, as far as it is
        answered at once."""
        await self.ask("agents", "sync")
        return await self.next("sync")

    def unread(self, id):
        """How many answers under this id nobody has asked for yet."""
        return self._answers[id].qsize()

    def is_open(self):
        return self._socket.open

    async def closed(self):
        """Waits for the close; its code and reason."""
        await within(self._socket.wait_closed(), "the socket's close")
        return self._socket.close_code, self._socket.close_reason

    async def close(self):
        await self._socket.close()
        await self._reader

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        await self.close()
