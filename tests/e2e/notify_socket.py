"""A service manager's end of $NOTIFY_SOCKET."""

import os
import socket
import time

from waiting import DEADLINE, eventually


class NotifySocket:
    """Receives what a service tells its manager."""

    def __init__(self, directory=None):
        """On a path in `directory`, or with an abstract name."""
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        if directory:
            self.address = str(directory / "notify")
            self._socket.bind(self.address)
        else:
            name = f"bridgekeeper-e2e-{os.getpid()}-{id(self):x}"
            self.address = f"@{name}"
            self._socket.bind(f"\0{name}")
        self._socket.setblocking(False)
        # All messages so far, with the time of each.
        self._messages = []

    def close(self):
        self._socket.close()

    def messages(self):
        """What was told so far: the lines of all messages."""
        while True:
            try:
                text = self._socket.recv(65536).decode()
            except BlockingIOError:
                break
            self._messages.append((time.monotonic(), text))
        return [line for _, text in self._messages
                for line in text.splitlines()]

    def count(self, line):
        return self.messages().count(line)

    def last(self, name):
        """The last value told for `name`; None if there is none."""
        values = [line.split("=", 1)[1] for line in self.messages()
                  if line.startswith(name + "=")]
        return values[-1] if values else None

    async def told(self, line, times=1, deadline=DEADLINE):
        """Waits until this line was told so often."""
        await eventually(lambda: self.count(line) >= times,
                         f"{line!r}, {times} times", deadline)

    async def has_status(self, status):
        await eventually(lambda: self.last("STATUS") == status,
                         f"the status {status!r}, not {self.last('STATUS')!r}")
