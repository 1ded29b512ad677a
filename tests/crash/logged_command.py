#!/usr/bin/python3 -ISB
"""What `bridgekeeper bridge` executes in the crash test: logs that it was
started and what its result will be, each with one write, and prints the result.

Some executions leave a process behind. It ends with its task, or with the
bridge, and must never live long enough to log anything.

It imports little, because it is started hundreds of times in a round. What it
does depends only on the dispatch: its text, its attempt, and chance by seed."""

import os
import sys
import time
import zlib

_LARGE = 60_000
# Seconds: longer than the longest task and the time that a task may go on after
# its bridge (check_programs.py) together.
_LINGERING = 7


def note(kind, *fields):
    """In the file CRASH_TEST_LOG; `executions.py` reads it."""
    line = repr((kind, wire, os.environ["CRASH_TEST_PROCESS"],
                 time.monotonic(), *fields)) + "\n"
    file = os.open(os.environ["CRASH_TEST_LOG"],
                   os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.write(file, line.encode())
    os.close(file)


def chance(what):
    """A number in [0, 1)."""
    attempt = wire.partition(".")[2]
    return zlib.crc32(f"{content} {attempt} {what}".encode()) / 2 ** 32


def leave_process():
    """In a session of its own, with none of the task's pipes."""
    if os.fork():
        return
    os.setsid()
    os.closerange(0, 3)
    time.sleep(_LINGERING)
    note("lingered")
    os._exit(0)


def delay(timeout):
    """In seconds. Some results race with their deadline, some do not come in
    time."""
    draw = chance("delay")
    if draw < 0.4:
        return 0
    if draw < 0.88:
        return 0.6 * chance("short")
    return timeout - 0.06 + 0.04 * chance("race") if draw < 0.95 \
        else timeout + 1


wire = os.environ["BRIDGEKEEPER_MESSAGE_ID"]
content = sys.stdin.read()
note("executed", content)
if chance("process") < 0.5:
    leave_process()
# The text says how long the daemon will wait: see clients.py.
time.sleep(delay(float(content.split(" ")[1])))
result = f"result of {wire}"
if chance("size") < 0.08:
    result += " " + "x" * _LARGE
cost = (0, 0, 1000, 25_000, 1_500_000)[int(5 * chance("cost"))]
fails = chance("failure") < 0.15
note("finished", result, cost,
     f"exit status 3: failure of {wire}" if fails else None)
print(f'{{"result": "{result}", "total_cost_usd": {cost / 1e6}}}', flush=True)
if fails:
    print(f"failure of {wire}", file=sys.stderr)
    sys.exit(3)
