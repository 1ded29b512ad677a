"""What Linux knows about the processes of a test (/proc)."""

import os
import pathlib


def bearing(variable, value):
    """The processes, except zombies, whose environment has it."""
    wanted = f"{variable}={value}".encode()
    out = []
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            if wanted in (entry / "environ").read_bytes().split(b"\0"):
                out.append(int(entry.name))
        except OSError:
            pass
    return out


def children(pid):
    try:
        return [int(x) for task in pathlib.Path(f"/proc/{pid}/task").iterdir()
                for x in (task / "children").read_text().split()]
    except OSError:
        return []


def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def threads(pid):
    return len(os.listdir(f"/proc/{pid}/task"))


def resident_kib(pid):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    raise AssertionError(f"{pid} has no memory")
