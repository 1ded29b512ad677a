"""What happened to bridges in a round."""

import collections

from tasks import HEARTBEAT_TIMEOUT

_FAULTS = ("cut", "stall", "half_close", "delay")


def count_mishaps(facts):
    """By name."""
    out = collections.Counter()
    programs = {x["agent"] for x in facts if x["kind"] == "ended"}
    stopped = {}
    for x in facts:
        kind, agent = x["kind"], x.get("agent")
        if kind == "fault":
            out[x["fault"]] += 1
        elif kind == "duplicated":
            out["duplicates"] += x["count"]
        elif agent not in programs:
            continue
        elif kind == "stopped":
            stopped[agent] = x["at"]
        elif kind == "continued" and agent in stopped:
            seconds = x["at"] - stopped.pop(agent)
            out["stops"] += 1
            out["long stops"] += seconds > HEARTBEAT_TIMEOUT
        elif kind == "restarted":
            out["restarts"] += not x["is_first"]
            out["kept"] += len(x["kept"])
        elif kind == "executed":
            out["executions"] += 1
    return out


def describe_mishaps(x):
    faults = ", ".join(f"{x[name]} {name.replace('_', '-')}"
                       for name in _FAULTS)
    return (f"bridge programs: {x['executions']} executions, {x['restarts']}"
            f" kills that {x['kept']} results outlived, {x['stops']} stops,"
            f" {x['long stops']} of them longer than"
            f" {HEARTBEAT_TIMEOUT} s\nnetwork faults: {faults},"
            f" {x['duplicates']} registrations sent twice")
