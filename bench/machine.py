"""What the figures were taken on: machine and versions."""

import os
import platform
import re
import resource
import shutil
import subprocess
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


def find_nats_server():
    """The path of nats-server, or None where it is not installed."""
    return shutil.which("nats-server",
                        path=os.environ.get("PATH", "") + ":/usr/sbin")


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


def _cpu_seconds(pid):
    with open(f"/proc/{pid}/stat", encoding="utf-8") as stat:
        # The process's name, in parentheses, may hold spaces.
        fields = stat.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
