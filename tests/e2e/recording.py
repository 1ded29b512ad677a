"""Records what clients and bridges exchange with daemons, if the environment
variable E2E_RECORDINGS names a directory. api_contract.py compares recordings
with /openapi.json.

A recording is a file of lines, each a JSON object:

    {"kind": "http", "method", "path", "request", "status", "headers", "body"}
    {"kind": "frame", "link", "path", "to": "daemon" or "peer", "text"}
    {"kind": "event", "path", "event", "data"}
"""

import itertools
import json
import os
import threading

import websockets

_DIRECTORY = os.environ.get("E2E_RECORDINGS")
_lock = threading.Lock()
_links = itertools.count()


def _note(kind, **what):
    if not _DIRECTORY:
        return
    line = json.dumps({"kind": kind, **what}) + "\n"
    path = os.path.join(_DIRECTORY, f"{os.getpid()}.jsonl")
    with _lock, open(path, "a") as file:
        file.write(line)


def _text(data):
    return data.decode(errors="replace") if isinstance(data, bytes) else data


def note_exchange(method, path, request, answer):
    """A request and its response; `request` is the body that was sent."""
    _note("http", method=method, path=path, request=_text(request),
          status=answer.status, headers=answer.headers,
          body=_text(answer.body))


def note_event(path, event, data):
    """One event of a stream."""
    _note("event", path=path, event=event, data=data)


class _RecordedSocket(websockets.WebSocketClientProtocol):
    """Notes every frame."""

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self._link = f"{os.getpid()}-{next(_links)}"

    def _note_frame(self, to, text):
        if isinstance(text, str):
            _note("frame", link=self._link, path=self.path, to=to, text=text)

    async def send(self, message):
        self._note_frame("daemon", message)
        await super().send(message)

    async def recv(self):
        message = await super().recv()
        self._note_frame("peer", message)
        return message


def connect(url, **options):
    """`websockets.connect`, with a recording."""
    if _DIRECTORY:
        options.setdefault("create_protocol", _RecordedSocket)
    return websockets.connect(url, **options)
