"""A bridge that speaks protocol 1.1 (contract section 1)."""

import json
import uuid

from bridge import Bridge
from waiting import within


def entry(message_id, state):
    return {"message_id": message_id, "state": state}


class ResumingBridge(Bridge):
    """`register` keeps what the daemon answered in `registered`."""

    @classmethod
    async def register(cls, daemon, agent_id, options=None, instance_id=None,
                       **fields):
        bridge = await cls.connect(daemon, agent_id, **(options or {}))
        bridge.instance_id = instance_id or str(uuid.uuid4())
        await bridge.send("register", auth_token=daemon.token, protocol="1.1",
                          instance_id=bridge.instance_id, **fields)
        bridge.registered = await bridge.receive()
        assert bridge.registered["type"] == "registered", bridge.registered
        return bridge

    async def again(self, daemon, *resume, **fields):
        """The same process of the bridge on another link."""
        return await type(self).register(
            daemon, self.agent_id, instance_id=self.instance_id,
            resume=list(resume), **fields)

    async def acked(self, message_id):
        """Waits for the acknowledgement of a response."""
        while True:
            frame = json.loads(await within(self.socket.recv(), "an ack"))
            if frame["type"] == "ack":
                assert frame["message_id"] == message_id, frame
                return

    def cut(self):
        """The link ends, and the daemon is not told why."""
        self.socket.transport.abort()

    # -- a laptop's lid -------------------------------------------------------

    def sleep(self):
        """From now on the bridge neither reads nor writes, and answers no
        ping."""
        self.socket.transport.pause_reading()

    def wake(self):
        self.socket.transport.resume_reading()
