"""What the commands of bridges have logged (`logged_command.py`), as facts."""

import ast
import math

from facts import digest, task_of


def add_executions(log, folder):
    """Of all agents, once their bridges have ended: what was executed, and with
    which result. `made` is what the command printed, the other members what its
    bridge made of it, which differs if the dispatch was cancelled."""
    ended = {x["process"]: x["at"] for x in log.of("ended")}
    frames, responses = {}, {}
    # In an earlier round.
    known = {x["wire"] for x in log.of("finished")}
    for kind, out in (("frame", frames), ("response", responses)):
        for fact in log.of(kind):
            out.setdefault(fact["wire"], fact)
    called_off = {x["wire"] for x in log.of("called_off")}
    made = {}
    for path in sorted(folder.glob("*/executions")):
        for line in path.read_text().splitlines():
            kind, wire, process, at, *about = ast.literal_eval(line)
            if kind == "executed":
                # The bridge ends a text without a newline with one.
                content = about[0].removesuffix("\n")
                log.add(kind, at=at, agent=path.parent.name, wire=wire,
                        process=process, task=task_of(content),
                        content=digest(content))
            if at > ended.get(process, math.inf):
                # Not a result, because no bridge could send it.
                log.add("outlived", at=at, agent=path.parent.name, wire=wire,
                        process=process, note=kind)
            elif kind == "finished":
                made[wire] = at, process, about
    for wire, frame in frames.items():
        if frame.get("is_passed") and wire not in known:
            _add_finished(log, frame, responses.get(wire), made.get(wire),
                          wire in called_off)


def _add_finished(log, frame, response, made, is_called_off):
    if made:
        at, process, (content, cost, error) = made
        fact = {"at": at, "process": process, "content": digest(content),
                "cost_musd": cost, "error": digest(error)}
        fact["made"] = [fact[x] for x in ("content", "cost_musd", "error")]
    elif response:
        # The bridge has ended it.
        fact = {"at": response["at"], "process": frame["process"]}
        is_called_off = True
    else:
        return
    if response:
        fact.update({x: response[x]
                     for x in ("content", "cost_musd", "error")})
    log.add("finished", agent=frame["agent"], wire=frame["wire"],
            is_called_off=is_called_off, **fact)
