"""The processes of a bridge's tasks: whatever a task has started ends with it,
and with the bridge."""

import asyncio
import os
import pathlib
import signal
import subprocess
import tempfile

from bridge_process import BridgeProcess
from cases import DaemonCase
from client import agent_status, dispatch, post, record
from daemon import BINARY
from processes import (children, descriptors, initial_environment, running,
                       task_supervisor)
from waiting import Stopwatch, eventually, settled

# Each leaves the task's process group, one of them also its environment.
RUNAWAYS = """
setsid sleep {n} &
nohup sleep {n} >/dev/null 2>&1 &
timeout 1000 sleep {n} &
(setsid sh -c 'sleep {n} & exec sleep {n}' &)
up=$(setsid -f env -i /bin/sh -c 'exec sleep {n} >/dev/null 2>&1')
"""


class BridgeProcessesTest(DaemonCase):

    numbers = iter(range(71_000_001, 72_000_000))

    def setUp(self):
        super().setUp()
        # By this number, a test finds its processes.
        self.number = str(next(self.numbers))
        self.place = pathlib.Path(
            self.enterContext(tempfile.TemporaryDirectory()))

    def runaways(self):
        return RUNAWAYS.format(n=self.number)

    async def start(self, command, *flags, **variables):
        bridge = await self.given(await BridgeProcess.start(
            self.daemon, self.agent_name(), command, *flags, **variables))

        async def connected():
            return await agent_status(self.daemon, bridge.agent_id) \
                == "connected"
        await eventually(connected, "the bridge registers")
        return bridge

    async def outcome(self, content="the task", **fields):
        answer = await dispatch(self.daemon, self.agent_name(), content,
                                query="?wait=15", **fields)
        self.assertEqual(answer.status, 200, answer.body)
        return answer.json

    async def at_work(self, *flags, **variables):
        """A bridge with a task that has started its processes."""
        ready = self.place / "ready"
        bridge = await self.start(
            f"{self.runaways()} touch {ready}; sleep {self.number}", *flags,
            **variables)
        answer = await dispatch(self.daemon, bridge.agent_id, "long")
        await eventually(ready.exists, "the task is ready")
        self.assertGreaterEqual(len(running(self.number)), 7)
        return bridge, answer.json["message_id"]

    async def nothing_is_left(self, message_id="no such mark"):
        await eventually(
            lambda: not running(f"sleep\0{self.number}")
            and not running(f"BRIDGEKEEPER_MESSAGE_ID={message_id}"),
            "no process is left")

    async def test_a_killed_bridge_takes_its_tasks_along(self):
        bridge, message_id = await self.at_work()
        supervisor = task_supervisor(bridge.process.pid)
        await bridge.kill()
        await self.nothing_is_left(message_id)
        await eventually(lambda: not running("task-supervisor")
                         or supervisor not in running("task-supervisor"),
                         "the supervisor ends")

    async def test_a_stopped_bridge_leaves_nothing(self):
        bridge, message_id = await self.at_work()
        self.assertEqual((await bridge.stop())[0], 0)
        self.assertEqual(running(f"sleep\0{self.number}"), [])
        self.assertEqual(
            running(f"BRIDGEKEEPER_MESSAGE_ID={message_id}"), [])

    async def test_a_task_that_times_out_leaves_nothing(self):
        await self.start(f"{self.runaways()} sleep {self.number}",
                         "--task-timeout", "0.5")
        done = await self.outcome()
        self.assertEqual(done["status"], "error")
        self.assertIn("time limit", done["error"])
        self.assertEqual(running(f"sleep\0{self.number}"), [])

    async def test_a_cancelled_task_leaves_nothing(self):
        bridge, message_id = await self.at_work()
        await post(self.daemon,
                   f"/control/dispatches/{message_id}/cancel", {})
        await self.nothing_is_left(message_id)
        self.assertIsNone(bridge.process.returncode)

    async def test_leftovers_of_a_successful_task_are_ended(self):
        await self.start(f"{self.runaways()} echo done")
        watch = Stopwatch()
        done = await self.outcome()
        self.assertEqual((done["status"], done["content"].strip()),
                         ("completed", "done"))
        # The response waits until all of them have ended.
        self.assertEqual(running(f"sleep\0{self.number}"), [])
        self.assertLess(watch.seconds, 10)

    async def test_a_task_has_no_terminal(self):
        await self.start("cat </dev/tty || echo no terminal")
        self.assertEqual((await self.outcome())["content"].strip(),
                         "no terminal")

    async def test_the_token_is_in_no_environment(self):
        bridge, _ = await self.at_work()
        token = self.daemon.token.encode()
        pids = [bridge.process.pid, task_supervisor(bridge.process.pid),
                *running(self.number)]
        for pid in pids:
            self.assertNotIn(token, initial_environment(pid))
        self.assertIn(b"VIBEFORGE_AUTH_TOKEN=",
                      initial_environment(bridge.process.pid))

    async def test_a_task_cannot_read_the_token_from_its_parents(self):
        await self.start("p=$PPID; while [ $p -gt 1 ]; do "
                         "tr '\\0' '\\n' </proc/$p/environ; "
                         "read -r a b c p d </proc/$p/stat; "
                         f"[ $p = {os.getpid()} ] && break; done")
        done = await self.outcome()
        self.assertEqual(done["status"], "completed")
        self.assertIn("VIBEFORGE_AUTH_TOKEN=", done["content"])
        self.assertNotIn(self.daemon.token, done["content"])

    async def test_a_killed_supervisor_fails_its_tasks_and_is_replaced(self):
        bridge, message_id = await self.at_work()
        os.kill(task_supervisor(bridge.process.pid), signal.SIGKILL)

        async def failed():
            found = await record(self.daemon, message_id)
            return found["error"]
        self.assertIn("supervisor ended unexpectedly",
                      await eventually(failed, "the task fails"))
        await self.nothing_is_left(message_id)
        bridge.signal(signal.SIGTERM)
        self.assertEqual((await bridge.ended())[0], 0)

    async def test_after_its_supervisor_was_killed_a_bridge_goes_on(self):
        bridge = await self.start("cat")
        first = task_supervisor(bridge.process.pid)
        os.kill(first, signal.SIGKILL)
        await bridge.says("task supervisor .* ended unexpectedly")
        done = await self.outcome("still there")
        self.assertEqual(done["content"].strip(), "still there")
        self.assertNotEqual(task_supervisor(bridge.process.pid), first)

    async def test_a_removed_directory_is_named(self):
        workdir = self.place / "gone"
        workdir.mkdir()
        await self.start("echo never", "--workdir", str(workdir))
        workdir.rmdir()
        done = await self.outcome()
        self.assertEqual(done["status"], "error")
        self.assertIn(f"The working directory {workdir} no longer exists",
                      done["error"])

    async def test_a_mistyped_command_is_named(self):
        await self.start("no-such-command-here")
        done = await self.outcome()
        self.assertEqual(done["status"], "error")
        self.assertIn("the command was not found", done["error"])
        self.assertIn("no-such-command-here", done["error"])

    async def test_sighup_is_ignored_under_nohup(self):
        process = await asyncio.create_subprocess_exec(
            "nohup", BINARY, "bridge", "--data-dir",
            str(self.daemon.directory), "--id", self.agent_name(), "--exec",
            "grep SigIgn /proc/self/status",
            env={**os.environ, "VIBEFORGE_AUTH_TOKEN": self.daemon.token},
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE)
        bridge = await self.given(BridgeProcess(process, self.agent_name()))
        await bridge.says("registered as")
        bridge.signal(signal.SIGHUP)
        done = await self.outcome()
        self.assertEqual(int(done["content"].split()[1], 16) & 1, 1)

    async def test_many_tasks_leave_the_bridge_as_it_was(self):
        command = ("case $(cat) in 0) exit 0;; 1) exit 3;; 2) kill -9 $$;; "
                   f"3) setsid sleep {self.number} >/dev/null 2>&1 & ;; "
                   f"4) setsid -f env -i sleep {self.number} "
                   ">/dev/null 2>&1;; 5) exec >&- 2>&-; sleep 0.1;; esac")
        bridge = await self.start(command, "--max-tasks", "8")
        await self.outcome("0")
        supervisor = task_supervisor(bridge.process.pid)

        def state():
            return (descriptors(bridge.process.pid), descriptors(supervisor),
                    len(os.listdir(f"/proc/{bridge.process.pid}/task")),
                    children(bridge.process.pid), children(supervisor))
        # An outcome is told a moment before its task is cleared away.
        before = await settled(state)
        await asyncio.gather(*(self.outcome(str(n % 6)) for n in range(60)))
        await self.outcome("0")
        await eventually(lambda: state() == before, "it is as before")
        self.assertEqual(running(f"sleep\0{self.number}"), [])
