"""What the figures were taken on: machine and versions."""

import contextlib
import os
import pathlib
import platform
import re
import resource
import shutil
import statistics
import subprocess
import tempfile
import time


def describe(root):
    """Everything that a reader needs to judge the figures, as a dict."""
    return {
        "cpu": _cpu_model(),
        "cores": os.cpu_count(),
        "kernel": platform.release(),
        "memory_mib": _memory_mib(),
        "load_average_at_start": os.getloadavg()[0],
        "commit": _output(["git", "-C", str(root), "describe", "--always",
                           "--dirty"]),
        "g++": _output(["g++", "-dumpfullversion"]),
        "boost": _header_version("/usr/include/boost/version.hpp",
                                 r'BOOST_LIB_VERSION "([\d_]+)"'),
        "caf": _caf_version(),
        "nats-server": _nats_version(),
        "postgresql": _program_version(find_postgres(), r"([\d.]+)"),
        "redis": _program_version(find_redis(), r"v=([\d.]+)"),
    }


def _cpu_model():
    with open("/proc/cpuinfo", encoding="ascii", errors="replace") as info:
        for line in info:
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.machine()


def _memory_mib():
    pages = os.sysconf("SC_PHYS_PAGES")
    return pages * os.sysconf("SC_PAGE_SIZE") // (1024 * 1024)


def _output(command):
    """The first line that a command prints, or None."""
    try:
        done = subprocess.run(command, capture_output=True, text=True,
                              timeout=10, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip().partition("\n")[0] or None


def _header_version(path, pattern):
    try:
        with open(path, encoding="utf-8") as header:
            found = re.search(pattern, header.read())
    except OSError:
        return None
    return found.group(1).replace("_", ".") if found else None


def _caf_version():
    """CAF_VERSION is MMmmpp: 1706 for 0.17.6."""
    digits = _header_version("/usr/include/caf/config.hpp",
                             r"#define CAF_VERSION (\d+)")
    if digits is None:
        return None
    number = int(digits)
    return f"{number // 10000}.{number // 100 % 100}.{number % 100}"


def _nats_version():
    server = find_nats_server()
    text = _output([server, "--version"]) if server else None
    return text.rpartition("v")[2] if text else None


def _program_version(program, pattern):
    text = _output([str(program), "--version"]) if program else None
    found = re.search(pattern, text) if text else None
    return found.group(1) if found else None


def find_nats_server():
    """The path of nats-server, or None where it is not installed."""
    return _find("nats-server")


def find_redis():
    return _find("redis-server")


def find_postgres():
    """The path of `postgres`; of several versions, of the newest."""
    found = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin/postgres"),
                   key=lambda path: float(path.parent.parent.name))
    return str(found[-1]) if found else _find("postgres")


def _find(program):
    return shutil.which(program,
                        path=os.environ.get("PATH", "") + ":/usr/sbin")


def is_disk(directory):
    """Whether files there are on a disk: fsync of a tmpfs does nothing."""
    kind = _output(["stat", "--file-system", "--format=%T", str(directory)])
    return kind not in (None, "tmpfs", "ramfs")


def fsync_us(directory, count=200):
    """The median time to append 4 KiB to a file and wait for the disk."""
    times = []
    block = bytes(4096)
    with tempfile.TemporaryFile(prefix="bench-", dir=directory,
                                buffering=0) as file:
        for _ in range(count):
            began = time.perf_counter()
            file.write(block)
            os.fdatasync(file.fileno())
            times.append(time.perf_counter() - began)
    return statistics.median(times) * 1e6


class Bystanders:
    """How much CPU went to neither the server nor the generator: what else ran
    here, or the hypervisor took. Figures taken beside much of it are no good."""

    def __init__(self, server_pid):
        self._pid = server_pid
        self._began = time.monotonic()
        self._others = self._used_by_others()

    def share(self):
        """Cores, on average, since this was made."""
        took = time.monotonic() - self._began
        return max(0.0, self._used_by_others() - self._others) / took

    def _used_by_others(self):
        children = resource.getrusage(resource.RUSAGE_CHILDREN)
        return (_busy_seconds() - children.ru_utime - children.ru_stime
                - _cpu_seconds(self._pid))


def _busy_seconds():
    with open("/proc/stat", encoding="ascii") as stat:
        user, nice, system, _, _, irq, softirq, steal = (
            int(ticks) for ticks in stat.readline().split()[1:9])
    ticks = user + nice + system + irq + softirq + steal
    return ticks / os.sysconf("SC_CLK_TCK")


def _stat(pid):
    with open(f"/proc/{pid}/stat", encoding="utf-8") as stat:
        # The process's name, in parentheses, may hold spaces.
        return stat.read().rpartition(")")[2].split()


def _cpu_seconds(pid):
    """Of the process and of all that it has started."""
    processes = {}
    for name in os.listdir("/proc"):
        # One may end meanwhile.
        with contextlib.suppress(OSError):
            if name.isdigit():
                processes[int(name)] = _stat(name)

    def ticks(one):
        fields = processes[one]
        return sum(int(field) for field in fields[11:15]) + sum(
            ticks(other) for other, of_other in processes.items()
            if int(of_other[1]) == one)

    if pid not in processes:
        raise ProcessLookupError(f"process {pid} is gone")
    return ticks(pid) / os.sysconf("SC_CLK_TCK")
