"""A small Debian system of its own, made by debootstrap."""

import hashlib
import os
import pathlib
import re
import shutil
import subprocess

# What every machine has on which somebody operates a service.
_TOOLS = ["ca-certificates", "dbus", "init", "man-db", "procps", "systemd"]


def output_of(*command):
    return subprocess.run(command, check=True, text=True,
                          stdout=subprocess.PIPE).stdout


def release():
    """The code name of this machine's Debian, such as `bookworm`."""
    text = pathlib.Path("/etc/os-release").read_text()
    return re.search(r"^VERSION_CODENAME=(.*)$", text, re.M)[1]


def mirror():
    """Where this machine's apt takes its Debian from."""
    lines = output_of("apt-get", "indextargets", "--format",
                      "$(ORIGIN) $(CODENAME) $(COMPONENT) $(SITE)",
                      "Created-By: Packages").splitlines()
    for line in lines:
        origin, codename, component, site = line.split(" ", 3)
        if (origin, codename, component) == ("Debian", release(), "main"):
            return site
    raise SystemExit("package test: apt knows no Debian mirror; run `apt-get "
                     "update`, and check /etc/apt/sources.list.d")


class DebianTree:
    """A tree that this process may change, copied from one that is kept."""

    def __init__(self, directory, debs):
        """`debs` are packages whose dependencies are in it from the beginning,
        so that tests need no network."""
        self.root = directory / "tree"
        depends = ", ".join(output_of("dpkg-deb", "--field", str(x), "Depends")
                            .strip() for x in debs)
        base = directory / f"{release()}-base"
        key = hashlib.sha256(depends.encode()).hexdigest()[:12]
        kept = directory / f"{release()}-{key}"
        directory.mkdir(parents=True, exist_ok=True)
        if not base.is_dir():
            _make(base, lambda new, log: _bootstrap(new, log))
        if not kept.is_dir():
            _make(kept, lambda new, log: _satisfy(base, new, depends, log))
        _remove(self.root)
        _copy(kept, self.root)

    def put(self, path, text, mode=0o644):
        target = self.root / path.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
        os.chmod(target, mode)

    def copy_in(self, file):
        """Copies a file into /root; its path there."""
        shutil.copy(file, self.root / "root")
        return f"/root/{pathlib.Path(file).name}"

    def remove(self):
        _remove(self.root)


# -- how trees are made ---------------------------------------------------------

def _make(directory, work):
    """Makes a directory that exists only if the work was finished."""
    print(f"Making {directory}", flush=True)
    unfinished = directory.with_suffix(".new")
    _remove(unfinished)
    log = directory.with_suffix(".log")
    with open(log, "w") as out:
        done = work(unfinished, out)
    if done.returncode != 0:
        raise SystemExit(f"package test: cannot make a Debian system; the end "
                         f"of {log}:\n" + log.read_text()[-2000:])
    unfinished.rename(directory)


def _bootstrap(new, log):
    return subprocess.run(
        ["debootstrap", "--variant=minbase", "--include=" + ",".join(_TOOLS),
         release(), new, mirror()], stdout=log, stderr=log)


def _satisfy(base, new, depends, log):
    _copy(base, new)
    shutil.copy("/etc/resolv.conf", new / "etc")
    return subprocess.run(
        ["chroot", new, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get",
         "satisfy", "--yes", "--no-install-recommends", depends],
        stdout=log, stderr=log)


def _copy(tree, new):
    subprocess.run(["cp", "--archive", "--reflink=auto", tree, new], check=True)


def _remove(tree):
    # What a test that was killed has left mounted belongs to it, not to us.
    subprocess.run(["rm", "--recursive", "--force", "--one-file-system", tree],
                   check=True)
