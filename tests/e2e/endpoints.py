"""What the tests of the endpoint table have in common: they ask as the
control panel does, from a page of another origin."""

from typing import NamedTuple

from cases import DaemonCase
from client import request

ORIGIN = "http://localhost:5173"
TIME = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00$"
UUID = r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"
UUID_7 = r"^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-" \
         r"[0-9a-f]{12}$"

STRANGERS = ["http://evil.example", "http://localhost", "null",
             "http://localhost:5175", "http://localhost:5173.evil.example",
             "ftp://localhost:5173", "HTTP://LOCALHOST:5173"]


class Endpoint(NamedTuple):
    name: str
    method: str
    path: str
    scope: str | None


# Every endpoint except the two that only accept WebSocket upgrades, as in
# api/routes.cpp, which tests/api/routes_test.cpp compares with these lines. The
# ids in the paths are those of nothing.
ENDPOINTS = [Endpoint(*x) for x in (
    ("health", "GET", "/health", None),
    ("liveness", "GET", "/livez", None),
    ("readiness", "GET", "/readyz", None),
    ("metrics", "GET", "/metrics", "read"),
    ("version", "GET", "/version", None),
    ("openapi", "GET", "/openapi.json", None),
    ("bridges", "GET", "/ws/agent-bridge/status", "read"),
    ("check", "GET", "/ws/agent-bridge/check/a", "bridge"),
    ("context", "GET", "/control/context", "read"),
    ("reset", "POST", "/control/context/reset", "admin"),
    ("agents", "GET", "/control/agents", "read"),
    ("register", "POST", "/control/agents/register", "control"),
    ("agent", "GET", "/control/agents/a", "read"),
    ("explain_agent", "GET", "/control/agents/a/explain", "read"),
    ("forget", "DELETE", "/control/agents/a", "control"),
    ("dispatch", "POST", "/control/agents/a/dispatch", "control"),
    ("followup", "POST", "/control/agents/a/followup", "control"),
    ("task", "GET", "/control/agents/a/task", "read"),
    ("agent_events", "GET", "/control/agents/a/events", "read"),
    ("dispatch_routed", "POST", "/control/dispatch", "control"),
    ("dispatches", "GET", "/control/dispatches", "read"),
    ("record", "GET", "/control/dispatches/x", "read"),
    ("dispatch_events", "GET", "/control/dispatches/x/events", "read"),
    ("explain_dispatch", "GET", "/control/dispatches/x/explain", "read"),
    ("explain_reason", "GET", "/control/reasons/x/explain", "read"),
    ("cancel", "POST", "/control/dispatches/x/cancel", "control"),
    ("sessions", "POST", "/control/sessions", "control"),
    ("backup", "POST", "/control/store/backup", "admin"),
    ("erase", "POST", "/control/store/erase", "admin"),
    ("vacuum", "POST", "/control/store/vacuum", "admin"),
    ("session_events", "GET", "/control/sessions/s/events", "read"),
    ("filter", "GET", "/control/sessions/s/events/filter", "read"),
    ("cordon_all", "POST", "/control/agents/cordon", "admin"),
    ("drain_all", "POST", "/control/agents/drain", "admin"),
    ("uncordon_all", "POST", "/control/agents/uncordon", "admin"),
    ("cordon", "POST", "/control/agents/a/cordon", "admin"),
    ("drain", "POST", "/control/agents/a/drain", "admin"),
    ("uncordon", "POST", "/control/agents/a/uncordon", "admin"),
)]

# Method and path of each endpoint, and of those that need a token.
CALLS = [(x.method, x.path) for x in ENDPOINTS]
PROTECTED = [(x.method, x.path) for x in ENDPOINTS if x.scope]

INVALID_ID = ("Invalid agent_id format. Use alphanumeric characters and "
              "hyphens only.")
RATE_HEADERS = {f"x-ratelimit-{what}-{whose}"
                for what in ("limit", "remaining", "reset")
                for whose in ("agent", "ip")}


def missing(input, *loc):
    """One item of a 422's list, as FastAPI words it."""
    return {"type": "missing", "loc": ["body", *loc],
            "msg": "Field required", "input": input}


def no_string(input, name):
    return {"type": "string_type", "loc": ["body", name],
            "msg": "Input should be a valid string", "input": input}


def no_object(input, name):
    return {"type": "dict_type", "loc": ["body", name],
            "msg": "Input should be a valid dictionary", "input": input}


def no_body_object(input):
    return {"type": "model_attributes_type", "loc": ["body"],
            "msg": "Input should be a valid dictionary or object to extract "
                   "fields from", "input": input}


def no_integer(input, name):
    return {"type": "int_parsing", "loc": ["query", name],
            "msg": "Input should be a valid integer, unable to parse string "
                   "as an integer", "input": input}


class EndpointCase(DaemonCase):
    """Bodies are compared whole."""

    async def ask(self, method, path, body=None, daemon=None, **options):
        """A request of the panel's page."""
        headers = {"Origin": ORIGIN, **options.pop("headers", {})}
        return await request(daemon or self.daemon, method, path, body,
                             headers=headers, **options)

    def assert_json(self, answer, status, body):
        self.assertEqual((answer.status, answer.json), (status, body))
        self.assertEqual(answer.headers["content-type"], "application/json")

    def assert_refused(self, answer, status, detail):
        self.assert_error(answer, status, {"detail": detail})

    def assert_error(self, answer, status, error):
        """See `Answer.error`."""
        self.assertEqual((answer.status, answer.error), (status, error))
        self.assertEqual(answer.headers["content-type"], "application/json")

    def assert_cors(self, answer):
        """A page of the panel's origin may read it."""
        self.assertEqual(answer.headers.get("access-control-allow-origin"),
                         ORIGIN)
        self.assertEqual(
            answer.headers.get("access-control-allow-credentials"), "true")
        self.assertIn("origin", answer.headers.get("vary", "").lower())
        exposed = {x.strip().lower() for x in answer.headers.get(
            "access-control-expose-headers", "").split(",")}
        self.assertLessEqual(RATE_HEADERS, exposed)
