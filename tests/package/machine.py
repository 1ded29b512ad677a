"""A Debian tree that runs, with systemd as its first process."""

import os
import signal
import subprocess
import time

BOOT_DEADLINE = 60


class Machine:
    """systemd in namespaces of its own: processes, mounts, host name, control
    groups, and a network of which only the loopback interface exists. Needs
    root, and in a container all privileges."""

    def __init__(self, tree):
        self._tree = tree
        self._outer = None
        self._pid = None

    def __enter__(self):
        # systemd does not touch the hardware where this variable is set.
        boot = """
            mount --bind "$1" "$1" && cd "$1"
            mount -t proc proc proc
            mount -t sysfs -o ro sysfs sys
            mount -t cgroup2 cgroup2 sys/fs/cgroup
            mount -t tmpfs -o mode=755 tmpfs run
            mount -t tmpfs -o mode=755 tmpfs dev
            mkdir dev/pts dev/shm
            mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts dev/pts
            mount -t tmpfs tmpfs dev/shm
            ln -s pts/ptmx dev/ptmx
            ln -s /proc/self/fd dev/fd
            for name in null zero full random urandom tty; do
              touch dev/$name && mount --bind /dev/$name dev/$name
            done
            # Not only chroot, in which services could not have namespaces of
            # users.
            pivot_root . mnt && umount --lazy mnt
            # systemd hands credentials to services by mounting them.
            mount --make-rshared /
            exec chroot . env -i container=other \
              PATH=/usr/sbin:/usr/bin:/sbin:/bin \
              /lib/systemd/systemd --show-status=no
        """
        self._log = open(self._tree.root.parent / "boot.log", "w+")
        self._outer = subprocess.Popen(
            ["unshare", "--fork", "--kill-child", "--pid", "--mount", "--uts",
             "--ipc", "--net", "--cgroup", "sh", "-euc", boot, "sh",
             self._tree.root],
            stdin=subprocess.DEVNULL, stdout=self._log, stderr=self._log,
            start_new_session=True)
        try:
            self._wait_for_boot()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        if self._pid is not None:
            # systemd's signal for: power off.
            os.kill(self._pid, signal.SIGRTMIN + 4)
        try:
            self._outer.wait(30 if self._pid is not None else 0.1)
        except subprocess.TimeoutExpired:
            self._outer.kill()
            self._outer.wait()
        self._log.close()

    def _wait_for_boot(self):
        end = time.monotonic() + BOOT_DEADLINE
        while time.monotonic() < end and self._outer.poll() is None:
            self._pid = self._first_process()
            if self._pid is not None and self._is_up():
                return
            time.sleep(0.1)
        self._log.flush()
        text = open(self._log.name).read()
        raise SystemExit("package test: systemd does not start here. It needs "
                         "root, and in a container all privileges. It said:\n"
                         + text[-3000:])

    def _first_process(self):
        path = f"/proc/{self._outer.pid}/task/{self._outer.pid}/children"
        with open(path) as children:
            pids = children.read().split()
        return int(pids[0]) if pids else None

    def _is_up(self):
        state = self.run("systemctl is-system-running", check=False).stdout
        return state.strip() in ("running", "degraded")

    def run(self, command, check=True, deadline=120):
        """Runs a line of shell in the machine, as root."""
        done = subprocess.run(
            ["nsenter", f"--target={self._pid}", "--mount", "--uts", "--ipc",
             "--net", "--pid", "--cgroup", "--root", "--wd",
             "env", "-i", "HOME=/root", "LANG=C.UTF-8", "TERM=dumb",
             "DEBIAN_FRONTEND=noninteractive", "SYSTEMD_PAGER=cat",
             "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
             "sh", "-euc", command],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, timeout=deadline)
        if check and done.returncode != 0:
            raise AssertionError(
                f"{command!r} ended with {done.returncode}:\n{done.stdout}")
        return done

    def eventually(self, command, deadline=30):
        """Runs the line until it succeeds."""
        end = time.monotonic() + deadline
        while True:
            done = self.run(command, check=False)
            if done.returncode == 0:
                return done
            if time.monotonic() > end:
                raise AssertionError(f"{command!r} did not succeed within "
                                     f"{deadline} s:\n{done.stdout}")
            time.sleep(0.2)
