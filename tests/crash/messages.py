"""The messages on a WebSocket connection that somebody else reads."""

import json

_TEXT, _CONTINUATION = 1, 0
_UPGRADED = (b"HTTP/1.1 101", b"GET ")


class MessageScanner:
    """Of one direction, from its first byte on: the upgrade, then frames
    (RFC 6455, 5.2)."""

    def __init__(self):
        self._rest = b""
        self._parts = b""
        self._is_upgraded = False
        self._is_refused = False

    def feed(self, data):
        """The JSON objects that are complete now."""
        if self._is_refused:
            return []
        self._rest += data
        if not self._is_upgraded and not self._skip_upgrade():
            return []
        out = []
        while (message := self._next()) is not None:
            out += message
        return out

    def _skip_upgrade(self):
        head, end, rest = self._rest.partition(b"\r\n\r\n")
        if end:
            self._is_refused = not head.startswith(_UPGRADED)
            self._is_upgraded = not self._is_refused
            self._rest = rest
        return self._is_upgraded

    def _next(self):
        """A list of the message that the next frame completes, if it does; None
        if the frame has not arrived."""
        size, start = self._measure()
        if len(self._rest) < start + size:
            return None
        first, is_masked = self._rest[0], self._rest[1] & 0x80
        payload = self._rest[start:start + size]
        if is_masked:
            payload = _unmask(payload, self._rest[start - 4:start])
        self._rest = self._rest[start + size:]
        if first & 0x0F not in (_TEXT, _CONTINUATION):
            return []
        self._parts += payload
        if not first & 0x80:
            return []
        text, self._parts = self._parts, b""
        try:
            return [json.loads(text)]
        except ValueError:
            return []

    def _measure(self):
        """The size of the next frame's payload and where it starts."""
        head = self._rest
        if len(head) < 2:
            return 0, 2
        size, start = head[1] & 0x7F, 2
        if size >= 126:
            start = 4 if size == 126 else 10
            size = int.from_bytes(head[2:start], "big")
        return size, start + (4 if head[1] & 0x80 else 0)


def _unmask(payload, key):
    mask = (key * (len(payload) // 4 + 1))[:len(payload)]
    return (int.from_bytes(payload, "big") ^ int.from_bytes(mask, "big")) \
        .to_bytes(len(payload), "big")
