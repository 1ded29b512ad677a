"""Every kind of token at every way in: HTTP endpoints, the messages of
/ws/control, the registration of bridges, the console. A table; each cell is one
case, and the number of cases is printed."""

import hashlib
import json

import websockets

from bridge import Bridge
from cases import AsyncCase
from client import get
from endpoints import ENDPOINTS
from raw import RawConnection, upgrade_text
from test_console_gate import console_of
from waiting import eventually

PLAIN = "a-plain-token-for-the-matrix"

# What a line of the token file grants to each kind of token.
SCOPES = {"bridge": "bridge", "bridge of a pattern": "bridge:build-*",
          "read": "read", "control": "control", "admin": "admin",
          "read and bridge": "read,bridge"}
ENDED = {"expired": "control,bridge,admin expires=2020-01-01",
         "revoked": "control,bridge,admin"}
TOKENS = ["none", "unknown", *ENDED, *SCOPES, "plain"]

# Kinds of tokens whose holders may do what needs a scope.
ALLOWED = {"read": {"read", "control", "admin", "read and bridge", "plain"},
           "control": {"control", "admin", "plain"},
           "admin": {"admin", "plain"},
           # The pattern of the other token does not fit the agent.
           "bridge": {"bridge", "read and bridge", "plain"}}
BRIDGES = {"build-1": {"bridge", "bridge of a pattern", "read and bridge",
                       "plain"},
           "test-1": {"bridge", "read and bridge", "plain"}}

# For each endpoint by its name: a body, and what an allowed request is answered.
ANSWERS = {
    "health": (None, 200), "liveness": (None, 200), "readiness": (None, 200),
    "metrics": (None, 200),
    "version": (None, 200), "openapi": (None, 200),
    "bridges": (None, 200), "check": (None, 200), "context": (None, 200), "reset": ({}, 200),
    "agents": (None, 200),
    "register": ({"name": "n", "endpoint_url": "u"}, 200),
    "agent": (None, 200), "explain_agent": (None, 200), "forget": (None, 409),
    "dispatch_routed": ({"content": "x", "require": ["none"]}, 409),
    "dispatch": ({"content": "x"}, 200), "followup": ({"content": "x"}, 200),
    "task": (None, 200), "agent_events": (None, 200),
    "dispatches": (None, 200), "record": (None, 404),
    "explain_dispatch": (None, 404), "explain_reason": (None, 404),
    "dispatch_events": (None, 404), "cancel": ({}, 404),
    "sessions": ({}, 200), "backup": ({}, 422), "erase": ({}, 422),
    "vacuum": ({}, 200),
    "session_events": (None, 404),
    "filter": (None, 404),
    # These come last, because draining the agent closes its link.
    "cordon_all": ({}, 200), "drain_all": ({}, 200), "uncordon_all": ({}, 200),
    "cordon": ({}, 200), "drain": ({}, 200), "uncordon": ({}, 200),
}
# The same with another path or body.
VARIANTS = [
    ("agent", "/control/agents/none", None, 404),
    ("agent", "/control/agents/not_an_id", None, 400),
    ("register", "/control/agents/register", {}, 422),
    ("dispatch", "/control/agents/none/dispatch", {"content": "x"}, 404),
    ("dispatch", "/control/agents/a/dispatch", {}, 422),
]
PLACES = ["authorization", "x-auth-token", "query"]

# Messages of /ws/control, and the type of their first answer.
MESSAGES = [
    ({"type": "agents"}, "agents"),
    ({"type": "subscribe"}, "subscribed"),
    ({"type": "record", "message_id": "x"}, "error"),
    ({"type": "dispatch", "agent_id": "none", "content": "x"}, "error"),
    ({"type": "dispatch", "agent_id": "a", "content": "x"}, "accepted"),
]


class ScopeMatrixTest(AsyncCase):

    async def asyncSetUp(self):
        await super().asyncSetUp()
        self.cases = 0
        self.daemon = self.start_daemon(token=PLAIN,
                                        BRIDGEKEEPER_AUTH_FAILURE_DELAY="0")
        self.tokens = {"none": None, "unknown": "bk_unknown", "plain": PLAIN}
        lines = {}
        for kind, grant in {**SCOPES, **ENDED}.items():
            self.tokens[kind] = f"bk_matrix-{kind.replace(' ', '-')}"
            digest = hashlib.sha256(self.tokens[kind].encode()).hexdigest()
            lines[kind] = f"sha256:{digest} {kind.replace(' ', '.')} {grant}\n"
        await self.follow_file(lines, 200)
        # What was known, and is not any more.
        del lines["revoked"]
        await self.follow_file(lines, 401)
        (await self.given(await Bridge.register(self.daemon, "a"))).work()

    async def follow_file(self, lines, status_of_revoked):
        """Writes the tokens, and waits until the daemon knows them."""
        path = self.daemon.directory / "tokens"
        path.write_text("".join(lines.values()))

        async def is_known():
            answer = await get(self.daemon, "/control/agents",
                               token=self.tokens["revoked"])
            return answer.status == status_of_revoked
        await eventually(is_known, f"a revoked token gets {status_of_revoked}")

    def check(self, what, got, expected):
        self.cases += 1
        with self.subTest(what):
            self.assertEqual(got, expected)

    def tell(self, what):
        print(f"\n{what}: {self.cases} cases", flush=True)

    def refusal(self, kind, scope):
        """The HTTP status for a token that may not, or None."""
        if scope is None or kind in ALLOWED[scope]:
            return None
        return 403 if kind in SCOPES else 401

    # -- HTTP -----------------------------------------------------------------

    async def ask(self, method, path, body, kind, place):
        """The status; an event stream is left at once."""
        token = self.tokens[kind]
        headers = ["Host: localhost"]
        if token and place == "query":
            path += f"?token={token}"
        elif token and place == "x-auth-token":
            headers.append(f"X-Auth-Token: {token}")
        elif token:
            headers.append(f"Authorization: Bearer {token}")
        text = b"" if body is None else json.dumps(body).encode()
        if body is not None:
            headers.append(f"Content-Length: {len(text)}")
        async with await RawConnection.open(self.daemon) as connection:
            await connection.send(
                "\r\n".join([f"{method} {path} HTTP/1.1", *headers,
                             "\r\n"]).encode() + text)
            head = await connection.receive_until(b"\r\n")
        return int(head.split()[1])

    async def test_http_endpoints(self):
        self.assertEqual({x.name for x in ENDPOINTS}, set(ANSWERS))
        by_name = {x.name: x for x in ENDPOINTS}
        for name, path, body, answer in [
                *((x.name, x.path, *ANSWERS[x.name]) for x in ENDPOINTS),
                *VARIANTS]:
            method, scope = by_name[name].method, by_name[name].scope
            for kind in TOKENS:
                for place in PLACES:
                    got = await self.ask(method, path, body, kind, place)
                    self.check(f"{method} {path} {body} {kind} {place}", got,
                               self.refusal(kind, scope) or answer)
        self.tell("endpoints x tokens x places")

    # -- /ws/control ----------------------------------------------------------

    async def test_messages_of_the_control_socket(self):
        for kind in TOKENS:
            for message, answer in MESSAGES:
                got = await self.say(kind, message)
                self.check(f"{message} {kind}", got,
                           self.refusal(kind, "control") or answer)
        self.tell("messages x tokens")

    async def say(self, kind, message):
        """The status of a refused upgrade, or the type of the answer."""
        async with await RawConnection.open(self.daemon) as connection:
            await connection.send(upgrade_text("/ws/control",
                                               self.tokens[kind]))
            head = await connection.receive_until(b"\r\n\r\n")
            status = int(head.split()[1])
        if status != 101:
            return status
        async with websockets.connect(
                self.daemon.ws_url("/ws/control"), close_timeout=2,
                extra_headers={"Authorization":
                               f"Bearer {self.tokens[kind]}"}) as socket:
            await socket.send(json.dumps({"id": "1", **message}))
            return json.loads(await socket.recv())["type"]

    # -- bridges --------------------------------------------------------------

    async def test_registrations_of_bridges(self):
        for kind in TOKENS:
            for agent, allowed in BRIDGES.items():
                for agent_id in (agent, "not_an_id"):
                    may = kind in allowed
                    got = await self.register(kind, agent_id)
                    expected = "registered" if may and agent_id == agent \
                        else self.close_code(kind, agent_id)
                    self.check(f"bridge {agent_id} {kind}", got, expected)
        self.tell("registrations x tokens")

    def close_code(self, kind, agent_id):
        # A missing token is a missing field; an id is looked at only after
        # the token was found good.
        is_known = kind in SCOPES or kind == "plain"
        if kind == "none" or (is_known and agent_id == "not_an_id"):
            return 4004
        return 4005

    async def register(self, kind, agent_id):
        async with await Bridge.connect(self.daemon, agent_id) as bridge:
            await bridge.send("register",
                              auth_token=self.tokens[kind] or "")
            try:
                return (await bridge.receive())["type"]
            except websockets.ConnectionClosed:
                return bridge.socket.close_code

    # -- the console ----------------------------------------------------------

    async def test_the_gate_of_the_console(self):
        for kind in TOKENS:
            got = await self.knock(self.tokens[kind] or "")
            reason = "missing_token" if kind == "none" else "missing_scope" \
                if kind in SCOPES else "invalid_token"
            expected = "welcome" if kind in ALLOWED["admin"] \
                else f"refused {reason}"
            self.check(f"console {kind}", got, expected)
        self.tell("console x tokens")

    async def knock(self, token):
        where = console_of(self.daemon)
        async with await RawConnection.open(where) as connection:
            await connection.send(f"bridgekeeper-console/2 {token}\n")
            answer = (await connection.receive_until(b"\n")).decode()
        return " ".join(answer.split()[:2])
