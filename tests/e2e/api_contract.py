#!/usr/bin/python3
"""Compares recorded traffic (recording.py) with the daemon's /openapi.json.

    tests/e2e/api_contract.py openapi.json RECORDINGS...

prints every difference: a path, status, header, field or message that
the document does not have. The exit status is 1 if there is one.
"""

import argparse
import collections
import json
import pathlib
import re
import sys

import jsonschema

# What the daemon answers to a control client that has sent what is not a
# request.
_NOT_A_REQUEST = {"invalid_json", "invalid_message", "invalid_agent_id",
                  "empty_content", "content_too_long"}

# Headers that any response may have, and those of HTTP itself and of CORS. They
# are not part of the document.
_GENERAL_HEADERS = re.compile(
    "connection|content-(length|security-policy|type)|date|transfer-encoding|"
    "vary|x-content-type-options|access-control-.*")

_VARIABLE = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d+")


def _pattern(path):
    return re.compile(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(path)))


class ApiContract:
    """What the document permits. `count` says what was compared so far."""

    def __init__(self, document):
        self._document = document
        self._resolver = jsonschema.RefResolver.from_schema(document)
        self._checkers = {}
        self._alike = set()
        # Fixed paths come before those with parameters.
        self._paths = [(_pattern(x), x) for x in sorted(
            document["paths"], key=lambda x: "{" in x)]
        self.count = collections.Counter()

    # -- recordings -----------------------------------------------------------

    def differences(self, entries):
        """Sentences about all that differs from the document."""
        entries = list(entries)
        refused = self._refused_requests(entries)
        for number, entry in enumerate(entries):
            check = {"http": self._exchange, "event": self._event,
                     "frame": self._frame}[entry["kind"]]
            if number not in refused:
                yield from check(entry)

    @staticmethod
    def _refused_requests(entries):
        """The numbers of frames that a daemon has refused as no request, or as
        no registration."""
        sent = collections.defaultdict(list)
        registered, refused = set(), set()
        for number, entry in enumerate(entries):
            if entry["kind"] != "frame":
                continue
            message = _parsed(entry["text"])
            if not isinstance(message, dict):
                refused.add(number)
                continue
            key = entry["link"], str(message.get("id", ""))
            if entry["to"] == "daemon":
                sent[key].append(number)
            elif message.get("type") == "error" \
                    and message.get("code") in _NOT_A_REQUEST:
                # A request whose id is no text is answered without it.
                refused.update(sent[key] if message.get("id")
                               else [x for (link, _), numbers in sent.items()
                                     if link == entry["link"]
                                     for x in numbers])
            elif message.get("type") == "registered":
                registered.add(entry["link"])
        for number, entry in enumerate(entries):
            if entry["kind"] == "frame" and "agent-bridge" in entry["path"] \
                    and entry["link"] not in registered:
                refused.add(number)
        return refused

    def all_kinds(self):
        """What `count` has when every operation has succeeded, and every
        message and event has been seen."""
        for name, item in self._document["paths"].items():
            for method, operation in item.items():
                if "responses" not in operation \
                        or "101" in operation["responses"]:
                    continue
                success = operation["responses"]["200"]["content"]
                if "text/event-stream" in success:
                    yield from (f"{name}, event {x}" for x in
                                success["text/event-stream"]["x-events"])
                else:
                    yield f"{method.upper()} {name} -> 200"
        for path, sides in self._document["x-websockets"].items():
            for side in ("received", "sent"):
                yield from (f"{path} {side} {x}" for x in sides[side])
        event = self._document["components"]["schemas"]["Event"]
        yield from (f"event {x}" for x in event["discriminator"]["mapping"])

    # -- HTTP -----------------------------------------------------------------

    def _operation(self, method, path):
        for pattern, name in self._paths:
            if pattern.fullmatch(path):
                item = self._document["paths"][name]
                return name, item.get("get" if method == "HEAD"
                                      else method.lower())
        return path, None

    def _exchange(self, entry):
        method, status = entry["method"], str(entry["status"])
        name, operation = self._operation(method, entry["path"].split("?")[0])
        if method == "OPTIONS":
            # CORS and OPTIONS are not part of the document.
            return
        where = f"{method} {name} -> {status}"
        self.count[where] += 1
        if operation is None:
            name, operation = "x-unrouted", self._document["x-unrouted"]
        response = operation["responses"].get(status)
        if response is None:
            yield f"{where}: the status is not documented"
            return
        if "$ref" in response:
            response = self._resolver.resolve(response["$ref"])[1]
        yield from self._headers(where, entry, response)
        if method != "HEAD":
            yield from self._body(where, entry, response)
        if "requestBody" in operation and entry["status"] < 300:
            schema = operation["requestBody"]["content"]["application/json"]
            yield from self._json(f"{where}, the request", entry["request"],
                                  schema["schema"])

    def _headers(self, where, entry, response):
        documented = {x.lower(): y
                      for x, y in response.get("headers", {}).items()}
        for name, value in entry["headers"].items():
            # The default, as the document's description says.
            if _GENERAL_HEADERS.fullmatch(name) \
                    or (name, value) == ("cache-control", "no-store"):
                continue
            if name not in documented:
                yield f"{where}: the header {name} is not documented"
                continue
            header = documented[name]
            if "$ref" in header:
                header = self._resolver.resolve(header["$ref"])[1]
            if header["schema"].get("const", value) != value:
                yield f"{where}: the header {name} is {value!r}"

    def _body(self, where, entry, response):
        content = response.get("content", {})
        kind = entry["headers"].get("content-type", "").split(";")[0]
        if not content and not entry["body"]:
            return
        if kind not in content:
            yield f"{where}: the content type {kind!r} is not documented"
            return
        if kind != "application/json":
            return
        yield from self._json(where, entry["body"], content[kind]["schema"])
        body = _parsed(entry["body"])
        if entry["status"] >= 400:
            delay = entry["headers"].get("retry-after")
            if body["retry_after_s"] != (int(delay) if delay else None):
                yield f"{where}: Retry-After is {delay}, and the body " \
                      f"says {body['retry_after_s']}"

    # -- streams and WebSockets -----------------------------------------------

    def _event(self, entry):
        name, operation = self._operation("GET", entry["path"].split("?")[0])
        stream = operation["responses"]["200"]["content"]["text/event-stream"]
        where = f"{name}, event {entry['event']}"
        schema = stream["x-events"].get(entry["event"])
        self.count[where] += 1
        self._count_event(_parsed(entry["data"]))
        if schema is None:
            yield f"{where}: the event is not documented"
            return
        yield from self._json(where, entry["data"], schema)

    def _frame(self, entry):
        path = entry["path"].split("?")[0]
        side = "received" if entry["to"] == "daemon" else "sent"
        message = _parsed(entry["text"])
        kind = message.get("type")
        where = f"{path} {side} {kind}"
        self.count[where] += 1
        self._count_event(message.get("event"))
        schema = self._document["x-websockets"][path][side].get(kind)
        if schema is None:
            yield f"{where}: the message is not documented"
            return
        yield from self._json(where, entry["text"], schema)

    def _count_event(self, event):
        if isinstance(event, dict) and "event_type" in event:
            self.count[f"event {event['event_type']}"] += 1

    # -- schemas --------------------------------------------------------------

    def _json(self, where, text, schema):
        key = json.dumps(schema)
        # Texts that differ only in their ids, times and numbers are alike.
        shape = key, _VARIABLE.sub("0", text or "")
        if shape in self._alike:
            return
        self._alike.add(shape)
        if key not in self._checkers:
            self._checkers[key] = jsonschema.Draft202012Validator(
                schema, resolver=self._resolver)
        value = _parsed(text)
        error = jsonschema.exceptions.best_match(
            self._checkers[key].iter_errors(value))
        if error:
            place = "/".join(map(str, error.absolute_path)) or "the whole"
            yield f"{where}: {place}: {error.message[:300]}, in {text[:500]}"


def _parsed(text):
    try:
        return json.loads(text)
    except (TypeError, ValueError):
        return None


def recorded(directory):
    """All entries of the recordings in a directory."""
    for path in sorted(pathlib.Path(directory).glob("*.jsonl")):
        with open(path) as lines:
            yield from map(json.loads, lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("document", type=pathlib.Path)
    parser.add_argument("recordings", nargs="+", type=pathlib.Path,
                        help="directories that E2E_RECORDINGS named")
    arguments = parser.parse_args()
    contract = ApiContract(json.loads(arguments.document.read_text()))
    found = [x for directory in arguments.recordings
             for x in contract.differences(recorded(directory))]
    for text, times in collections.Counter(found).most_common():
        print(f"{times} times: {text}")
    print(f"{sum(contract.count.values())} entries of "
          f"{len(contract.count)} kinds, {len(found)} differences")
    return 1 if found or not contract.count else 0


if __name__ == "__main__":
    sys.exit(main())
