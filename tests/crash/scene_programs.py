"""A good history of a bridge that is a program, besides that of `Scene`."""

from facts import digest, outcome, wire_id
from scene import Scene, id_of
from vocabulary import COMPLETED

PROGRAM_AGENT = "agent-05"
FIRST, SECOND = "program-1", "program-2"
# The dispatch.
N = 6


class ProgramScene(Scene):
    """Dispatch 6 was sent to a bridge with a state directory. The frame was
    lost with the link, and sent again. The bridge executed it and was killed
    before it could send the result; the next process did that."""

    def _lives(self):
        return (*super()._lives(), self._execute)

    def pass_on(self, process, incarnation):
        """The frame passes the proxy."""
        self.send(N, process=process, incarnation=incarnation, due_s=60,
                  is_passed=True)
        self.log.facts[-1]["agent"] = PROGRAM_AGENT

    def connect(self, process, incarnation, *listed):
        self.link(incarnation, process)
        self.log.facts[-1].update(agent=PROGRAM_AGENT, listed=list(listed))
        self.sql("INSERT INTO changes VALUES(?, ?, 0, 2, 1, ?, NULL)", N,
                 incarnation, incarnation)

    def start(self, *kept, is_first=False):
        self.add("restarted", agent=PROGRAM_AGENT, kept=list(kept),
                 has_state_dir=True, is_first=is_first)

    def execute(self, process):
        self.add("executed", agent=PROGRAM_AGENT, wire=id_of(N),
                 process=process, task=f"task-{N}",
                 content=digest(self._content(f"task-{N}")))

    def _execute(self, n):
        self.accept(n)
        self.sql("INSERT INTO agents(n, id, first_seen_us, last_seen_us)"
                 " VALUES(2, ?, 0, 0)", PROGRAM_AGENT)
        self.sql("UPDATE dispatches SET agent = 2 WHERE n = ?", n)
        self.fact("asked", task=f"task-{n}")["agent"] = PROGRAM_AGENT
        self.publish("task_dispatched", n)
        self.start(is_first=True)
        self.connect(FIRST, 1)
        self.pass_on(FIRST, 1)
        self.connect(FIRST, 2)
        self.pass_on(FIRST, 2)
        self.execute(FIRST)
        made = [digest(f"result of {n}"), 0, None]
        self.add("finished", agent=PROGRAM_AGENT, wire=wire_id(id_of(n), 1),
                 process=FIRST, content=made[0], cost_musd=0, error=None,
                 is_called_off=False, made=made)
        self.add("unlinked", agent=PROGRAM_AGENT)
        at = self.log.facts[-1]["at"]
        self.add("ended", agent=PROGRAM_AGENT, process=FIRST, status=None,
                 at=at)
        self.start(id_of(n))
        self.log.facts[-1]["at"] = at + 0.05
        self.connect(SECOND, 3, id_of(n))
        content = self._respond(n, 0)
        self._end(n, COMPLETED)
        self.publish("agent_response", n,
                     **outcome("completed", content=content))
        self.add("acked", agent=PROGRAM_AGENT, wire=id_of(n), is_kept=True)
        self.add("ended", agent=PROGRAM_AGENT, process=SECOND, status=None)
        self.start()
