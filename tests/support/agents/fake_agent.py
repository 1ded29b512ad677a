"""What the fake agents share: flags, sessions and behaviour.

A fake stands for the command of a coding agent in tests. It checks its flags as
the real one does, reads the prompt from standard input, prints what the real one
prints, and keeps its sessions in $FAKE_AGENT_HOME. Words in the prompt choose
what it does:

  fail                fails with an error of its own
  rate-limit          fails because its provider takes no more requests
  auth                fails because it is not logged in
  max-turns           uses up its turns
  slow N              works for N seconds
  hang                prints its first events and then nothing
  hang-after-result   goes on running after its result
  spawn-children      leaves a process in a session of its own behind
  crash               dies by SIGKILL in mid-task
  flood               prints 2 MiB before the result
  deep                prints JSON that is nested 100 000 levels deep
  ask-back            asks a question after its answer (aider)
  recall              answers with the earlier prompts of the session
"""

import json
import os
import re
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path


class Flags:
    """The command line. `values` and `switches` are the known options; any
    other one is an error of usage with `status`."""

    def __init__(self, arguments, values, switches, aliases=None, status=1):
        self.values, self.operands = {}, []
        rest = list(arguments)
        while rest:
            word = rest.pop(0)
            if word == "--":
                self.operands += rest
                break
            if not word.startswith("-") or word == "-":
                self.operands.append(word)
                continue
            name, equals, value = word.partition("=")
            name = (aliases or {}).get(name, name)
            if name in values:
                if not equals:
                    if not rest or rest[0].startswith("-"):
                        usage_error(f"error: option '{name}' argument missing",
                                    status)
                    value = rest.pop(0)
                self.values[name] = value
            elif name in switches and not equals:
                self.values[name] = True
            else:
                usage_error(f"error: unknown option '{word}'", status)

    def get(self, name, default=None):
        return self.values.get(name, default)


def usage_error(message, status):
    print(message, file=sys.stderr)
    sys.exit(status)


def read_prompt():
    return sys.stdin.read().strip()


def emit(message):
    print(json.dumps(message), flush=True)


class Session:
    """The earlier prompts of a session, and what it has used so far."""

    def __init__(self, agent, identity=None):
        home = Path(os.environ.get("FAKE_AGENT_HOME", "/nonexistent"))
        self._folder = home / agent
        self.id = identity or str(uuid.uuid4())
        self.state = {"prompts": [], "cost": 0.0, "tokens": 0}

    @property
    def _file(self):
        return self._folder / (re.sub(r"[^\w-]", "_", self.id) + ".json")

    def load(self):
        """Whether the session exists."""
        if not self._file.exists():
            return False
        self.state = json.loads(self._file.read_text())
        return True

    def take(self, prompt, cost=0.25, tokens=10):
        """Returns the earlier prompts and keeps this one."""
        earlier = list(self.state["prompts"])
        self.state["prompts"].append(prompt)
        self.state["cost"] += cost
        self.state["tokens"] += tokens
        self._folder.mkdir(parents=True, exist_ok=True)
        self._file.write_text(json.dumps(self.state))
        return earlier


def answer_to(prompt, earlier):
    if "recall" in prompt:
        return "earlier: " + "; ".join(earlier)
    return "echo: " + prompt


def work(prompt):
    """Does what the prompt asks for before the end of the task."""
    if found := re.search(r"\bslow ([\d.]+)", prompt):
        time.sleep(float(found[1]))
    if "spawn-children" in prompt:
        subprocess.Popen(["sleep", "1000"], start_new_session=True)
    if "deep" in prompt:
        print("[" * 100_000 + "]" * 100_000, flush=True)
    if "crash" in prompt:
        os.kill(os.getpid(), signal.SIGKILL)
    if re.search(r"\bhang\b(?!-)", prompt):
        hang()


def linger(prompt):
    """What a process does after its result."""
    if "hang-after-result" in prompt:
        hang()


def hang():
    while True:
        signal.pause()
