"""The machine's processes, as /proc shows them."""

import os
import pathlib


def _read(path):
    try:
        return path.read_bytes()
    except OSError:
        # It has just ended.
        return b""


def _all():
    return [x for x in pathlib.Path("/proc").iterdir() if x.name.isdigit()]


def running(text):
    """The ids of processes with this text in their command lines or initial
    environments. Those of zombies are empty."""
    wanted = text.encode()
    return [int(x.name) for x in _all()
            if int(x.name) != os.getpid()
            and (wanted in _read(x / "cmdline")
                 or wanted in _read(x / "environ"))]


def initial_environment(pid):
    return _read(pathlib.Path("/proc", str(pid), "environ"))


def members(group):
    """The ids of a process group's members that have not ended."""
    return [pid for pid, state, _, of in _states()
            if of == group and state != b"Z"]


def children(pid):
    """The ids of a process's children that have not ended."""
    return [child for child, state, parent, _ in _states()
            if parent == pid and state != b"Z"]


def _states():
    """The id, state, parent and group of each process."""
    for place in _all():
        fields = _read(place / "stat").rpartition(b")")[2].split()
        if len(fields) > 2:
            yield int(place.name), fields[0], int(fields[1]), int(fields[2])


def task_supervisor(bridge_pid):
    """The process id of a bridge's task supervisor."""
    found, = [x for x in children(bridge_pid)
              if b"task-supervisor" in _read(pathlib.Path("/proc", str(x),
                                                          "cmdline"))]
    return found


def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def threads(pid):
    return len(os.listdir(f"/proc/{pid}/task"))


def resident_kib(pid):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    raise AssertionError(f"process {pid} has no memory")
