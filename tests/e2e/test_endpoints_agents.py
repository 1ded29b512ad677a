"""The endpoint table: agents, their tasks, and the bridges' status."""

from bridge import Bridge
from client import agent_status, dispatch, get, post
from endpoints import (ENDPOINTS, INVALID_ID, TIME, EndpointCase, missing,
                       no_body_object, no_integer, no_string)
from regression import fails_at
from waiting import eventually


# The hint for an id that nobody knows.
WHERE_TO_LOOK = (
    "Look for the id in `bridgekeeper agents`, `bridgekeeper dispatches` and "
    "the daemon's log. A refused request that names no known id is explained "
    "under its reason: `bridgekeeper explain REASON`.")

# What views have of agents whose bridges announce nothing of protocol 1.1.
STOCK = {"slots": 1000, "labels": {}, "cordoned": False}


def announced(agent_id, **fields):
    """The view of a bridge that was not registered over HTTP."""
    return {"agent_id": agent_id, "name": agent_id, "endpoint_url": "",
            "status": "connected", "capabilities": [], "workdir": None,
            "metadata": {}, **STOCK, **fields}


class RegisterTest(EndpointCase):

    async def register(self, body):
        return await self.ask("POST", "/control/agents/register", body)

    async def registered(self, name, endpoint_url="http://agent:1"):
        answer = await self.register({"name": name,
                                      "endpoint_url": endpoint_url})
        return answer, answer.json["agent"]["agent_id"]

    async def test_a_new_agent_is_shown_as_disconnected(self):
        answer, id = await self.registered("  My  Agent_no. 7! ")
        self.assertRegex(id, r"^my-agent-no-7-[0-9a-f]{6}$")
        view = {"agent_id": id, "name": answer.json["agent"]["name"],
                "endpoint_url": "http://agent:1", "status": "disconnected",
                "capabilities": [], "workdir": None, "metadata": {},
                "connected_at": None, "last_heartbeat": None,
                "slots": 1, "labels": {}, "cordoned": False}
        self.assert_json(answer, 200, {"agent": view})
        self.assertEqual(view["name"], "My  Agent_no. 7!")
        self.assert_json(await self.ask("GET", f"/control/agents/{id}"),
                         200, {"agent": view})

    @fails_at("8bd27b6")
    async def test_white_space_around_name_and_address_is_stripped(self):
        answer, id = await self.registered("\t Builder\u3000\n",
                                           "  http://agent:1 ")
        self.assertEqual(answer.json["agent"]["name"], "Builder")
        self.assertEqual(answer.json["agent"]["endpoint_url"],
                         "http://agent:1")
        self.assertRegex(id, r"^builder-[0-9a-f]{6}$")

    async def test_its_id_is_made_of_its_name(self):
        for name, slug in (("Builder", "builder"), ("a--B__c", "a-b-c"),
                           ("-x-", "x"), ("Größe", "gr-e"), ("!?", "agent"),
                           ("日本", "agent"), ("9", "9")):
            with self.subTest(name):
                _, id = await self.registered(name)
                self.assertRegex(id, rf"^{slug}-[0-9a-f]{{6}}$")

    async def test_the_same_name_twice_makes_two(self):
        _, one = await self.registered("twin")
        _, other = await self.registered("twin")
        self.assertNotEqual(one, other)

    async def test_a_long_name_makes_an_id_that_can_be_addressed(self):
        _, id = await self.registered("long " * 40)
        self.assertLessEqual(len(id), 64)
        self.assertEqual(await agent_status(self.daemon, id), "disconnected")

    async def test_its_bridge_comes_under_its_name(self):
        _, id = await self.registered("Known One", "http://known")
        async with await Bridge.register(self.daemon, id,
                                         capabilities=["c"]) as bridge:
            answer = await self.ask("GET", f"/control/agents/{id}")
            times = {k: answer.json["agent"][k]
                     for k in ("connected_at", "last_heartbeat")}
            self.assert_json(answer, 200, {"agent": {
                **announced(id, capabilities=["c"], **times),
                "name": "Known One", "endpoint_url": "http://known"}})
            await bridge.sync()

    async def test_an_agent_that_never_connected_has_no_task_and_gets_none(
            self):
        _, id = await self.registered("absent")
        self.assert_json(await self.ask("GET", f"/control/agents/{id}/task"),
                         200, {"agent_id": id, "status": "idle",
                               "message_id": None, "error": None})
        for call in ("dispatch", "followup"):
            self.assert_refused(
                await self.ask("POST", f"/control/agents/{id}/{call}",
                               {"content": "x"}),
                409, "Agent is not connected")

    async def test_blank_fields_are_400(self):
        for name, url in (("", "u"), ("n", ""), (" \t", "u"), ("n", " ")):
            with self.subTest(name=name, url=url):
                self.assert_refused(
                    await self.register({"name": name, "endpoint_url": url}),
                    400, "name and endpoint_url are required")

    async def test_a_body_that_does_not_fit_is_422(self):
        for body, detail in (
                (b"", [missing(None)]),
                ([], [no_body_object([])]),
                ({}, [missing({}, "name"), missing({}, "endpoint_url")]),
                ({"name": "n"}, [missing({"name": "n"}, "endpoint_url")]),
                ({"name": 7, "endpoint_url": None},
                 [no_string(7, "name"), no_string(None, "endpoint_url")]),
                ({"name": ["x"]}, [no_string(["x"], "name"),
                                   missing({"name": ["x"]},
                                           "endpoint_url")])):
            with self.subTest(body):
                self.assert_refused(await self.register(body), 422, detail)

    async def test_unknown_fields_are_ignored(self):
        answer = await self.register({"name": "n", "endpoint_url": "u",
                                      "more": 1})
        self.assertEqual(answer.status, 200)


class ListTest(EndpointCase):

    async def test_all_are_listed_in_the_order_they_registered(self):
        self.assert_json(await self.ask("GET", "/control/agents"),
                         200, {"agents": [], "total": 0})
        first = (await post(self.daemon, "/control/agents/register",
                            {"name": "z", "endpoint_url": "u"})).json["agent"]
        bridge = await self.bridge("b", workdir="/w", metadata={"k": [1]})
        last = (await post(self.daemon, "/control/agents/register",
                           {"name": "a", "endpoint_url": "u"})).json["agent"]
        answer = await self.ask("GET", "/control/agents")
        connected = answer.json["agents"][1]
        times = {k: connected[k] for k in ("connected_at", "last_heartbeat")}
        for time in times.values():
            self.assertRegex(time, TIME)
        self.assert_json(answer, 200, {"total": 3, "agents": [
            first, announced("b", workdir="/w", metadata={"k": [1]}, **times),
            last]})
        # One that leaves stays on the list, in its place.
        await bridge.close()

        async def is_away():
            return await agent_status(self.daemon, "b") == "disconnected"
        await eventually(is_away, "the agent is away")
        answer = await self.ask("GET", "/control/agents")
        left = answer.json["agents"][1]
        self.assert_json(answer, 200, {"total": 3, "agents": [
            first, announced("b", status="disconnected", connected_at=None,
                             workdir=left["workdir"],
                             metadata=left["metadata"],
                             last_heartbeat=left["last_heartbeat"]), last]})


class PartialListTest(EndpointCase):

    async def ids(self, query):
        body = (await self.ask("GET", f"/control/agents?{query}")).json
        return ([x["agent_id"] for x in body["agents"]], body["total"],
                body["next"])

    @fails_at("8bd27b6")
    async def test_limit_after_and_status_choose_a_part(self):
        for name in "abcd":
            await self.bridge(name)
        await (await self.bridge("e")).close()

        async def is_away():
            return await agent_status(self.daemon, "e") == "disconnected"
        await eventually(is_away, "the agent is away")
        for query, expected in (
                ("limit=2", (["a", "b"], 5, "b")),
                ("limit=2&after=b", (["c", "d"], 5, "d")),
                ("limit=2&after=d", (["e"], 5, None)),
                ("status=disconnected", (["e"], 1, None)),
                ("status=connected&limit=1&after=a", (["b"], 4, "b"))):
            with self.subTest(query):
                self.assertEqual(await self.ids(query), expected)
        self.assert_refused(await self.ask("GET", "/control/agents?after=x"),
                            404, "Agent not found")
        self.assert_refused(await self.ask("GET", "/control/agents?limit=many"),
                            422, [no_integer("many", "limit")])
        answer = await self.ask("GET", "/control/agents?status=idle")
        self.assertEqual(answer.status, 422)


class ForgetTest(EndpointCase):

    async def forget(self, id):
        return await self.ask("DELETE", f"/control/agents/{id}")

    @fails_at("8bd27b6")
    async def test_an_agent_that_is_away_can_be_forgotten(self):
        bridge = await self.bridge("gone")
        self.assert_refused(await self.forget("gone"), 409,
                            "Agent is connected")
        await bridge.close()

        async def is_away():
            return await agent_status(self.daemon, "gone") == "disconnected"
        await eventually(is_away, "the agent is away")
        answer = await self.forget("gone")
        self.assert_json(answer, 200, {"agent_id": "gone",
                                       "status": "forgotten"})
        self.assert_cors(answer)
        self.assert_refused(await self.forget("gone"), 404,
                            "Agent not found")
        self.assert_refused(await self.forget("a_b"), 400, INVALID_ID)
        self.assertIsNone(await agent_status(self.daemon, "gone"))


class TaskTest(EndpointCase):

    async def assert_task(self, bridge, status, message_id, error=None):
        wanted = {"agent_id": bridge.agent_id, "status": status,
                  "message_id": message_id, "error": error}

        async def is_told():
            answer = await self.ask(
                "GET", f"/control/agents/{bridge.agent_id}/task")
            return answer if answer.json == wanted else None
        # What the bridge did is shown once it is on record.
        self.assert_json(await eventually(is_told, wanted), 200, wanted)

    async def begin(self, bridge):
        answer = await dispatch(self.daemon, bridge.agent_id)
        await bridge.receive_dispatch()
        return answer.json["message_id"]

    async def test_each_status_is_told(self):
        bridge = await self.bridge()
        await self.assert_task(bridge, "idle", None)
        one = await self.begin(bridge)
        await self.assert_task(bridge, "dispatched", one)
        await bridge.progress(one, "thinking")
        await self.assert_task(bridge, "running", one)
        await bridge.respond(one)
        await self.assert_task(bridge, "completed", one)
        two = await self.begin(bridge)
        await bridge.respond(two, "", error="boom")
        await self.assert_task(bridge, "error", two, "boom")

    async def test_the_newest_unfinished_comes_before_a_finished_one(self):
        bridge = await self.bridge()
        older, newer = await self.begin(bridge), await self.begin(bridge)
        await self.assert_task(bridge, "dispatched", newer)
        await bridge.respond(newer)
        await self.assert_task(bridge, "dispatched", older)
        await bridge.respond(older)
        await self.assert_task(bridge, "completed", newer)


class AgentRefusalTest(EndpointCase):

    async def test_bad_and_unknown_ids(self):
        for tail in (x.path.removeprefix("/control/agents/a")
                     for x in ENDPOINTS if x.method == "GET"
                     and x.path.startswith("/control/agents/a")):
            unknown = {"detail": "Agent not found"}
            if tail == "/explain":
                unknown = {"detail": "Bridgekeeper knows no agent nobody",
                           "hint": WHERE_TO_LOOK}
            for id, status, error in (
                    ("a_b", 400, {"detail": INVALID_ID}),
                    ("a" * 65, 400, {"detail": INVALID_ID}),
                    ("nobody", 404, unknown)):
                with self.subTest(tail, id=id):
                    self.assert_error(
                        await self.ask("GET", f"/control/agents/{id}{tail}"),
                        status, error)


class BridgeStatusTest(EndpointCase):

    async def test_connected_bridges_alone_are_shown(self):
        await post(self.daemon, "/control/agents/register",
                   {"name": "absent", "endpoint_url": "u"})
        self.assert_json(await self.ask("GET", "/ws/agent-bridge/status"),
                         200, {"connected_count": 0, "agents": []})
        await self.bridge("b", capabilities=["x", "y"], workdir="/w",
                          metadata={"session_id": "s", "k": None})
        answer = await self.ask("GET", "/ws/agent-bridge/status")
        shown = answer.json["agents"][0]
        for name in ("connected_at", "last_heartbeat"):
            self.assertRegex(shown[name], TIME)
        self.assert_json(answer, 200, {"connected_count": 1, "agents": [{
            "agent_id": "b", "capabilities": ["x", "y"], "workdir": "/w",
            "metadata": {"session_id": "s", "k": None}, "session_id": "s",
            "connected_at": shown["connected_at"],
            "last_heartbeat": shown["last_heartbeat"]}]})

    async def test_it_wants_a_token(self):
        self.assert_refused(
            await get(self.daemon, "/ws/agent-bridge/status", token=False),
            401, "Missing authentication token")
