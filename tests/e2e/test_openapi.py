"""/openapi.json: a valid document, which describes what daemons really send."""

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

import jsonschema

from api_contract import ApiContract, recorded
from cases import AsyncCase, DaemonCase
from client import get
from daemon import run
from endpoints import ENDPOINTS

_HERE = pathlib.Path(__file__).resolve().parent

# Tests whose traffic is compared with the document. Together they use every
# operation, message and event; they send bridges' messages as they should be.
_RECORDED = ("api_survey", "test_dispatch_http", "test_dispatch_options",
             "test_dispatch_socket", "test_dispatch_stream",
             "test_endpoints_agents", "test_endpoints_context",
             "test_endpoints_dispatch", "test_endpoints_sessions",
             "test_endpoints_streams", "test_fleet", "test_limits",
             "test_losses", "test_replacement", "test_response_details",
             "test_resume",
             "test_unassigned.UnassignedTest."
             "test_its_stream_ends_with_its_outcome",
             "test_waiting")

# Kinds of traffic that these tests need not show: a daemon that has forgotten
# events, a stream whose token is revoked. Unit tests compare their texts.
_RARE = re.compile(r".*, event (gap|end)|/ws/control sent gap")


class DocumentTest(DaemonCase):

    async def document(self):
        return (await get(self.daemon, "/openapi.json", token=False)).json

    async def test_the_document_matches_the_schema_of_openapi(self):
        folder = pathlib.Path(os.environ["E2E_OPENAPI_SCHEMA"])
        schema = json.loads((folder / "schema.json").read_text())
        document = await self.document()
        checker = jsonschema.Draft202012Validator(schema)
        self.assertEqual([x.message for x in checker.iter_errors(document)], [])
        # That leaves the schemas in the document to JSON Schema itself.
        for schema in document["components"]["schemas"].values():
            jsonschema.Draft202012Validator.check_schema(schema)
        del document["info"]["title"]
        self.assertFalse(checker.is_valid(document))

    async def test_the_document_has_every_endpoint(self):
        document = await self.document()
        described = {(method.upper(), path.replace("{agent_id}", "a")
                      .replace("{message_id}", "x").replace("{session_id}", "s")
                      .replace("{reason}", "x"))
                     for path, item in document["paths"].items()
                     for method in item if method != "parameters"}
        self.assertEqual(
            {(x.method, x.path) for x in ENDPOINTS}
            | {("GET", "/ws/agent-bridge"), ("GET", "/ws/control")}, described)

    async def test_a_client_asks_whether_its_document_is_the_newest(self):
        answer = await get(self.daemon, "/openapi.json", token=False)
        etag = answer.headers["etag"]
        self.assertEqual(answer.headers["cache-control"], "no-cache")
        again = await get(self.daemon, "/openapi.json", token=False,
                          headers={"If-None-Match": etag})
        self.assertEqual((again.status, again.body, again.headers["etag"]),
                         (304, b"", etag))

    async def test_the_program_and_its_daemon_name_the_same_versions(self):
        answer = (await get(self.daemon, "/version", token=False)).json
        printed = (await run("version")).stdout.splitlines()
        self.assertEqual(printed[:3], [
            f"{answer['name']} {answer['version']}",
            f"control API {answer['api']}",
            f"bridge protocol {', '.join(answer['protocol'])}"])
        info = (await self.document())["info"]
        self.assertEqual((info["version"], info["x-api-version"]),
                         (answer["version"], answer["api"]))

    async def test_a_made_up_field_is_noticed(self):
        contract = ApiContract(await self.document())
        answer = await get(self.daemon, "/control/context")
        for more, differences in (({}, 0), ({"made_up": 1}, 1)):
            entry = {"kind": "http", "method": "GET",
                     "path": "/control/context", "request": None,
                     "status": answer.status, "headers": answer.headers,
                     "body": json.dumps({**answer.json, **more})}
            self.assertEqual(len(list(contract.differences([entry]))),
                             differences)


class TrafficTest(AsyncCase):

    async def test_traffic_of_other_tests_is_as_documented(self):
        with tempfile.TemporaryDirectory() as directory:
            self._record(directory)
            contract = await self._contract()
            found = set(contract.differences(recorded(directory)))
        self.assertEqual(sorted(found), [])
        self._assert_complete(contract)

    def _record(self, directory):
        done = subprocess.run(
            [sys.executable, "-m", "unittest", *_RECORDED], cwd=_HERE,
            env={**os.environ, "E2E_RECORDINGS": directory},
            stderr=subprocess.PIPE, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr[-4000:])

    async def _contract(self):
        daemon = self.start_daemon()
        return ApiContract((await get(daemon, "/openapi.json")).json)

    def _assert_complete(self, contract):
        """A document that is not compared proves nothing."""
        self.assertEqual([x for x in contract.all_kinds()
                          if x not in contract.count
                          and not _RARE.fullmatch(x)], [])


class ContractTest(unittest.TestCase):
    """That the comparison notices differences."""

    document = {
        "paths": {
            "/thing/{id}": {
                "get": {"responses": {"200": {"content": {"application/json": {
                    "schema": {"$ref": "#/components/schemas/Thing"}}}}}},
                "post": {
                    "requestBody": {"content": {"application/json": {"schema": {
                        "required": ["name"]}}}},
                    "responses": {"200": {}, "429": {
                        "headers": {
                            "Retry-After": {"schema": {"type": "integer"}},
                            "Allow": {"$ref": "#/components/headers/Allow"}},
                        "content": {"application/json": {"schema": {}}}}}}},
            "/events": {"get": {"responses": {"200": {"content": {
                "text/event-stream": {"x-events": {"gap": {
                    "$ref": "#/components/schemas/Thing"}}}}}}}}},
        "x-unrouted": {"responses": {"404": {"content": {
            "application/json": {"schema": {}}}}}},
        "x-websockets": {"/ws/control": {
            "received": {"ask": {"required": ["id"]}},
            "sent": {"tell": {"$ref": "#/components/schemas/Message"}}}},
        "components": {"headers": {"Allow": {"schema": {"const": "GET"}}},
                       "schemas": {
            "Thing": {"type": "object", "additionalProperties": False,
                      "properties": {"name": {"type": "string"}}},
            "Base": {"properties": {"type": {}, "id": {}}},
            "Message": {"$ref": "#/components/schemas/Base",
                        "unevaluatedProperties": False}}}}

    def differences(self, *entries):
        return list(ApiContract(self.document).differences(entries))

    def exchange(self, method="GET", path="/thing/7?x=1", status=200,
                 body='{"name":"x"}', request=None, **headers):
        return {"kind": "http", "method": method, "path": path,
                "status": status, "request": request, "body": body,
                "headers": {"content-type": "application/json", **headers}}

    def frame(self, to, link="1", **message):
        return {"kind": "frame", "link": link, "path": "/ws/control", "to": to,
                "text": json.dumps(message)}

    def event(self, event, data):
        return {"kind": "event", "path": "/events?history=0", "event": event,
                "data": data}

    def test_what_is_documented_is_no_difference(self):
        self.assertEqual(self.differences(
            self.exchange(), self.exchange("HEAD", body=""),
            self.exchange(path="/x", status=404,
                          body='{"retry_after_s":null}'),
            self.exchange("POST", body="", request='{"name":"x","y":1}'),
            self.exchange(**{"cache-control": "no-store", "date": "now"}),
            self.exchange("POST", status=429, body='{"retry_after_s":null}',
                          allow="GET"),
            self.event("gap", "{}"), self.frame("daemon", type="ask", id="1"),
            self.frame("peer", type="tell", id="1")), [])

    def test_differences_are_found(self):
        for entry in (
                self.exchange(body='{"name":"x","made_up":1}'),
                self.exchange(body='{"name":7}'), self.exchange(body="{"),
                self.exchange(status=201), self.exchange(path="/made-up"),
                self.exchange(path="/thing/7/made-up"),
                self.exchange("DELETE"),
                self.exchange(**{"content-type": "text/plain"}),
                self.exchange("POST", body="", request='{"made_up":1}'),
                self.exchange(**{"x-made-up": "1"}),
                self.exchange("HEAD", body="", **{"x-made-up": "1"}),
                self.exchange(**{"cache-control": "no-cache"}),
                self.exchange("POST", status=429,
                              body='{"retry_after_s":null}', allow="POST"),
                self.exchange("POST", status=429, body='{"retry_after_s":1}'),
                self.exchange("POST", status=429, body='{"retry_after_s":1}',
                              **{"retry-after": "2"}),
                self.event("gap", '{"made_up":1}'), self.event("made-up", "{}"),
                self.frame("peer", type="tell", made_up=1),
                self.frame("peer", type="made-up"),
                self.frame("daemon", type="ask"),
                self.frame("daemon", type="made-up", id="1")):
            with self.subTest(entry):
                self.assertEqual(len(self.differences(entry)), 1)

    def test_a_request_that_was_refused_need_not_be_documented(self):
        refusal = {"type": "error", "code": "invalid_message"}
        sent = self.frame("daemon", type="ask", id="1", made_up=1)
        wrong = self.frame("daemon", type="made-up", id="2")
        answer = self.frame("peer", **refusal, id="2")
        # The answer is not documented here either.
        self.assertEqual(len(self.differences(sent, wrong, answer)), 1)
