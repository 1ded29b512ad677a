"""A command for bridges that runs until the test says otherwise."""

import pathlib
import shlex

from processes import members
from waiting import eventually

COST = 0.5


class LongTask:
    """Its files are in a directory of the test. Tasks whose content is `quick`
    end at once."""

    def __init__(self, directory):
        self._runs = pathlib.Path(directory, "runs")
        self._go = pathlib.Path(directory, "go")
        self._ends = pathlib.Path(directory, "ends")
        self._runs.touch()
        self._ends.touch()

    @property
    def command(self):
        runs, go, ends = (shlex.quote(str(x))
                          for x in (self._runs, self._go, self._ends))
        # It has started when the bridge has nothing left to write to it: a
        # bridge that is stopped could not go on.
        return (f"text=$(cat); echo $BRIDGEKEEPER_MESSAGE_ID $$ >> {runs}; "
                "if [ \"$text\" != quick ]; then "
                # Not even a task whose bridge was killed outlives the test.
                f"until [ -e {go} ] || [ ! -e {runs} ]; do sleep 0.02; done; "
                "fi; "
                f"echo '{{\"result\":\"done\",\"total_cost_usd\":{COST}}}'; "
                f"echo $BRIDGEKEEPER_MESSAGE_ID >> {ends}")

    def finish(self):
        """All tasks end, also those that have not been started yet."""
        self._go.touch()

    @property
    def runs(self):
        """The wire ids of the tasks that were started, in order."""
        return [line.split()[0] for line in self._lines()]

    def _lines(self):
        return self._runs.read_text().splitlines()

    async def started(self, wire_id):
        await eventually(lambda: wire_id in self.runs, "the task starts")
        return self

    async def finished(self, wire_id):
        """Waits until the task has written all of its output, whether or not
        its bridge has read it."""
        await eventually(lambda: wire_id in self._ends.read_text().split(),
                         "the task is done")

    def is_running(self, wire_id):
        """Whether the bridge has left any process of the task: the shell is the
        leader of its group."""
        return bool(members(self._shell(wire_id)))

    def shell_runs(self, wire_id):
        """Whether the shell runs, or the bridge has not noticed its end."""
        return pathlib.Path(f"/proc/{self._shell(wire_id)}").exists()

    def _shell(self, wire_id):
        return next(int(line.split()[1]) for line in self._lines()
                    if line.split()[0] == wire_id)

    async def ended(self, wire_id):
        await eventually(lambda: not self.is_running(wire_id),
                         "the processes of the task end")
