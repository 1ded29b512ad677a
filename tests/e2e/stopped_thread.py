"""One thread of a process stopped, while its other threads go on."""

import ctypes
import os
import pathlib

_PTRACE_DETACH = 17
_PTRACE_SEIZE = 0x4206
_PTRACE_INTERRUPT = 0x4207
_WALL = 0x40000000

_libc = ctypes.CDLL(None, use_errno=True)
_libc.ptrace.argtypes = [ctypes.c_long] * 4
_libc.ptrace.restype = ctypes.c_long


def _ptrace(request, thread):
    if _libc.ptrace(request, thread, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "ptrace")


def threads_named(process, name):
    """The ids of the threads of this process with this name."""
    tasks = pathlib.Path(f"/proc/{process}/task")
    return [int(x.name) for x in sorted(tasks.iterdir())
            if (x / "comm").read_text().strip() == name]


class StoppedThread:
    """A context in which the thread does not run. To be entered and left on
    the same thread of the test, as a debugger has to."""

    def __init__(self, thread):
        self._thread = thread

    def __enter__(self):
        _ptrace(_PTRACE_SEIZE, self._thread)
        _ptrace(_PTRACE_INTERRUPT, self._thread)
        os.waitpid(self._thread, _WALL)
        return self

    def __exit__(self, *_):
        _ptrace(_PTRACE_DETACH, self._thread)
