"""A reverse proxy as it is most often misconfigured: it does not pass on the
headers that turn a connection into a WebSocket."""

import asyncio

_DROPPED = (b"upgrade:", b"connection:")


class UpgradeDropper:
    """Passes one request and its answer on, without those headers."""

    def __init__(self, daemon):
        self._daemon = daemon
        self._server = None

    async def __aenter__(self):
        self._server = await asyncio.start_server(self._pass_on, "127.0.0.1",
                                                  0)
        return self

    async def __aexit__(self, *_):
        self._server.close()
        await self._server.wait_closed()

    @property
    def url(self):
        host, port = self._server.sockets[0].getsockname()
        return f"http://{host}:{port}"

    async def _pass_on(self, reader, writer):
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            kept = [line for line in head.split(b"\r\n")
                    if not line.lower().startswith(_DROPPED)]
            kept.insert(1, b"Connection: close")
            upstream_reader, upstream = await asyncio.open_connection(
                self._daemon.host, self._daemon.port)
            upstream.write(b"\r\n".join(kept))
            writer.write(await upstream_reader.read())
            upstream.close()
            await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()
