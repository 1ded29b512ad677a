"""A reader of an event stream: curl."""

import asyncio
import json
import subprocess

from recording import note_event
from waiting import within

# Longest line a stream may have here.
_LIMIT = 32 * 1024 * 1024


class EventStream:
    """`curl -N` on /control/agents/{id}/events, or a session's."""

    def __init__(self, process, path):
        self._process = process
        self._path = path
        self.status = None
        # What the stream says of it, in ms.
        self.retry = None
        self.headers = {}

    @classmethod
    async def open(cls, daemon, agent_id, **options):
        return await cls.open_path(
            daemon, f"/control/agents/{agent_id}/events", **options)

    @classmethod
    async def open_session(cls, daemon, session_id, **options):
        return await cls.open_path(
            daemon, f"/control/sessions/{session_id}/events", **options)

    @classmethod
    async def open_path(cls, daemon, path, headers=None):
        headers = {"Authorization": f"Bearer {daemon.token}",
                   **(headers or {})}
        named = [part for name, value in headers.items()
                 for part in ("--header", f"{name}: {value}")]
        # curl keeps a head to itself until something follows it.
        stream = cls(await asyncio.create_subprocess_exec(
            "stdbuf", "--output=0",
            "curl", "--silent", "--no-buffer", "--include", *named,
            daemon.http_url(path), stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, limit=_LIMIT), path)
        await stream._read_head()
        return stream

    async def _line(self):
        line = await within(self._process.stdout.readline(),
                            "a line of the event stream")
        if not line:
            raise EOFError("the event stream has ended")
        return line.decode().rstrip("\r\n")

    async def _read_head(self):
        self.status = int((await self._line()).split()[1])
        while line := await self._line():
            name, value = line.split(":", 1)
            self.headers[name.lower()] = value.strip()

    async def begun(self):
        """Waits for what every stream begins with."""
        while self.retry is None:
            line = await self._line()
            if line.startswith("retry: "):
                self.retry = line.removeprefix("retry: ")

    async def next_block(self):
        """The fields of the next event, as they are on the wire."""
        fields = {}
        while True:
            line = await self._line()
            if line.startswith(":"):
                continue
            if not line:
                # How long to wait before coming back is not an event.
                if set(fields) == {"retry"}:
                    self.retry = fields.pop("retry")
                elif fields:
                    note_event(self._path, fields["event"], fields["data"])
                    return fields
                continue
            name, _, value = line.partition(": ")
            fields[name] = value

    async def next(self):
        """The next event's own JSON."""
        return json.loads((await self.next_block())["data"])

    async def until(self, kind, message_id=None):
        """Events up to and with the first of this type (about this
        dispatch)."""
        seen = []
        while True:
            event = await self.next()
            seen.append(event)
            about = event["metadata"].get("message_id")
            if event["event_type"] == kind \
                    and message_id in (None, about):
                return seen

    async def close(self):
        if self._process.returncode is None:
            self._process.kill()
        # Its end is not noticed before all it has written is read.
        while await self._process.stdout.read(65536):
            pass
        await self._process.wait()

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        await self.close()
