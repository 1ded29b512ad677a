"""What bridges that are programs were promised, and what they promise: I13, and
their part of I4 and I5. What they execute is logged by their commands, and what
they send and are sent by the proxy in front of them."""

import collections
import math

# Seconds that a program may take for anything.
_PROMPT = 0.5
# How long after its deadline a bridge ends a command.
_DEADLINE_MARGIN = 2
# How long a task may go on after its bridge: its supervisor sends SIGTERM, and
# SIGKILL 2 s later (docs/decisions/0017). The rest is for the machine.
_LONGEST_END = 3


def check_programs(history, report):
    passed = collections.defaultdict(list)
    for wire, frames in history.frames_of().items():
        if frames[0].get("is_passed"):
            passed[wire] = frames
    _check_executions(history, passed, report)
    _check_repeated_frames(history, passed, report)
    finished = [x for x in history.of("finished") if "made" in x]
    _check_answers(finished, passed, report)
    _check_kept(history, finished, report)
    _check_survivors(history, report)
    for fact in history.of("ended"):
        report.check("up", fact["status"] is None,
                     f"the bridge {fact['process']} ended by itself with"
                     f" status {fact['status']}")
    for fact in history.of("misread"):
        report.check("up", False,
                     f"{fact['error']} while a message between"
                     f" {fact['agent']} and the daemon was read:"
                     f" {fact['text']}")


def _check_executions(history, passed, report):
    """I4: what is executed was sent to this process, with this text, and no
    attempt is executed by two processes."""
    processes = collections.defaultdict(set)
    for fact in history.of("executed"):
        if "content" not in fact:
            continue
        wire = fact["wire"]
        processes[wire].add(fact["process"])
        sent = {x["content"] for x in passed[wire]
                if x["process"] == fact["process"]}
        report.check("I4", fact["content"] in sent,
                     f"{fact['process']} has executed {wire}, which it was not"
                     " sent in this form")
    for wire, found in processes.items():
        report.check("I4", len(found) == 1,
                     f"{wire} was executed by {sorted(found)}")


def _check_repeated_frames(history, passed, report):
    """I4: a frame may be lost on its way, and then be sent again; but not when
    the bridge has said that it has the dispatch, and not after the result was
    acknowledged."""
    listed = {(x["process"], x["incarnation"]): x["listed"]
              for x in history.of("linked") if "listed" in x}
    acked = {}
    for fact in history.of("acked"):
        acked.setdefault(fact["wire"], fact["at"])
    for wire, frames in passed.items():
        for frame in frames:
            link = frame["process"], frame["incarnation"]
            report.check("I4", wire not in listed.get(link, ()),
                         f"{wire} was sent again on link {link[1]}, and the"
                         " bridge had said that it has it")
            report.check("I4", frame["at"] <= acked.get(wire, frame["at"]),
                         f"{wire} was sent again after its result was"
                         " acknowledged")


def _check_answers(finished, passed, report):
    """I5: a bridge answers with what its command has made, unless it has ended
    the command."""
    for fact in finished:
        frame = passed[fact["wire"]][0]
        end = frame["at"] + frame["due_s"] + _DEADLINE_MARGIN
        if fact["is_called_off"] or fact["at"] > end - _PROMPT:
            continue
        answer = [fact["content"], fact["cost_musd"], fact["error"]]
        report.check("I5", answer == fact["made"],
                     f"the command made another result of {fact['wire']} than"
                     " its bridge sent")


def _check_kept(history, finished, report):
    """I5: with a state directory, a result is there whenever the bridge is
    started again, until it is acknowledged."""
    acked = {}
    for fact in history.of("acked"):
        acked.setdefault(fact["wire"], fact["at"])
    killed = _kills(history)
    for fact in finished:
        end = killed.get(fact["process"])
        if (end is None or fact["at"] > end - _PROMPT
                or _was_stopped(history, fact, end)):
            continue
        for start in _starts(history, fact["agent"], end):
            if acked.get(fact["wire"], start["at"]) < start["at"]:
                break
            report.check("I5", fact["wire"] in start["kept"],
                         f"{fact['wire']} was finished {end - fact['at']:.1f} s"
                         f" before {fact['process']} was killed, and is not in"
                         " the state directory")


def _check_survivors(history, report):
    """I13: nothing of a task goes on for long after its bridge has ended."""
    outlived = collections.defaultdict(list)
    for fact in history.of("outlived"):
        outlived[fact["process"]].append(fact)
    for process, end in _kills(history).items():
        late = [f"{x['wire']} ({x['note']} after {x['at'] - end:.1f} s)"
                for x in outlived[process] if x["at"] > end + _LONGEST_END]
        report.check("I13", not late,
                     f"{process} has ended, and not its tasks:"
                     f" {', '.join(late)}")


def _was_stopped(history, result, end):
    """Whether the bridge was, so that it could not keep the result at once."""
    stops = [x["at"] for x in history.of("stopped")
             if x["agent"] == result["agent"] and x["at"] < end]
    if not stops:
        return False
    over = min((x["at"] for x in history.of("continued")
                if x["agent"] == result["agent"] and x["at"] > stops[-1]),
               default=math.inf)
    return result["at"] < over + _PROMPT


def _kills(history):
    """When each process was killed."""
    return {x["process"]: x["at"] for x in history.of("ended")}


def _starts(history, agent, since):
    """Of an agent's bridges with one state directory, after `since`."""
    for fact in history.of("restarted"):
        if fact["agent"] == agent and fact["at"] > since:
            if not fact.get("has_state_dir") or fact["is_first"]:
                return
            yield fact
