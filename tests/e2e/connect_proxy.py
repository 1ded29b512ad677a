"""An HTTP proxy that knows CONNECT only, as HTTPS_PROXY names it."""

import asyncio
import base64


class ConnectProxy:
    """Connects every request to the same place, whatever host it names: a test
    has only this host's addresses."""

    def __init__(self, target, user=None):
        self.target = target
        self.wanted = ("Basic " + base64.b64encode(user.encode()).decode()
                       if user else None)
        # The request lines that came.
        self.requests = []
        self._tasks = set()

    async def __aenter__(self):
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        port = self._server.sockets[0].getsockname()[1]
        self.address = f"127.0.0.1:{port}"
        return self

    async def __aexit__(self, *_):
        self._server.close()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()

    async def _serve(self, reader, writer):
        self._tasks.add(asyncio.current_task())
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            self.requests.append(head.partition("\r\n")[0])
            if self.wanted and self.wanted not in head:
                writer.write(b"HTTP/1.1 407 Who are you\r\n"
                             b"content-length: 0\r\n\r\n")
                return
            there = await asyncio.open_connection(*self.target)
            writer.write(b"HTTP/1.1 200 Connected\r\n\r\n")
            await asyncio.gather(self._pass(reader, there[1]),
                                 self._pass(there[0], writer))
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()
            self._tasks.discard(asyncio.current_task())

    @staticmethod
    async def _pass(reader, writer):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
        writer.close()
