#!/usr/bin/python3
"""Makes tests/e2e/kept/8bd27b6, which test_kept_data.py uses.

    tests/e2e/keep.py path/to/the/bridgekeeper/of/8bd27b6

This was run once, and need not be run again. It starts the daemon with the two
configuration files there, which are written by hand, and replaces all other
files.
"""

import asyncio
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

if __name__ == "__main__":
    os.environ["BRIDGEKEEPER_BINARY"] = sys.argv[1]

import surface
from daemon import run
from kept_data import (FOLDER, KeptDaemon, fill_audit_log, put_configuration,
                       without_paths)

# The daemon's own certificate lasts for 397 days, but it also uses a pair that
# it finds in its data directory. This one is valid wherever a clock stands.
_AUTHORITY = """
[ca]
default_ca = own
[own]
database = index
new_certs_dir = .
rand_serial = yes
default_md = sha256
policy = any
x509_extensions = names
[any]
commonName = supplied
[names]
basicConstraints = critical,CA:true,pathlen:0
keyUsage = critical,digitalSignature,keyCertSign
subjectAltName = DNS:localhost,IP:127.0.0.1,IP:::1
"""

_REQUEST = ("req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes "
            "-keyout tls-key.pem -out request -subj").split()
_SIGNATURE = ("ca -batch -config authority -selfsign -keyfile tls-key.pem "
              "-in request -startdate 20200101000000Z -enddate "
              "21200101000000Z -notext -out tls-certificate.pem").split()

_PLAIN = {"configuration": "made-up-token-of-the-configuration-7d1f",
          "file": "made-up-token-of-the-token-file-93ac"}

_SCOPED = {"farm": ("--scope", "bridge", "--agent", "kept-*"),
           "reader": ("--scope", "read", "--expires", "2099-12-31"),
           "panel": ("--scope", "control"),
           "operator": ("--scope", "admin")}


def _source(path):
    """A file as it was at the commit."""
    return subprocess.check_output(["git", "show", f"{FOLDER.name}:{path}"],
                                   cwd=FOLDER, text=True)


def _keep(name, text):
    (FOLDER / name).write_text(text)


def _keep_lines(name, lines):
    _keep(name, "\n".join(lines) + "\n")


def _make_certificate(data):
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "authority").write_text(_AUTHORITY)
        (folder / "index").touch()
        for arguments in ([*_REQUEST, "/CN=bridgekeeper self-signed"],
                          _SIGNATURE):
            subprocess.run(["openssl", *arguments], cwd=folder, check=True,
                           capture_output=True)
        for file in ("tls-certificate.pem", "tls-key.pem"):
            shutil.copyfile(folder / file, data / file)


async def _make_tokens(data, config):
    (data / "plain-tokens").write_text("# made up for the tests\n"
                                       f"{_PLAIN['file']}\n")
    (data / "tokens").touch(0o600)
    tokens = dict(_PLAIN)
    for label, flags in _SCOPED.items():
        made = await run("token", "new", "--config", str(config), "--label",
                         label, *flags)
        assert made.status == 0, made
        tokens[label] = made.stdout.strip()
    return tokens


async def _serve(folder, tokens):
    """A daemon's life."""
    data = folder / "data"
    daemon = KeptDaemon(data, folder / "bridgekeeper.toml",
                        tokens["configuration"]).start()
    try:
        await fill_audit_log(daemon, tokens)
        about = (data / "daemon.json").read_text()
        _keep("daemon.json", without_paths(about, folder))
        daemon.signal()
        await asyncio.to_thread(daemon.wait_for_end)
    finally:
        daemon.kill()


async def _keep_surface(folder):
    _keep_lines("command-line.txt", await surface.command_line())
    _keep_lines("exit-codes.txt", await surface.exit_codes())
    _keep_lines("reasons.txt", surface.reasons(_source("protocol/errc.hpp"),
                                               _source("protocol/errc.cpp")))
    found = {name: await surface.from_variables(settings)
             for name, settings in surface.variable_sets(folder).items()}
    _keep("variables.json",
          without_paths(json.dumps(found, indent=1), folder) + "\n")
    for name in ("bridgekeeper", "certificate"):
        checked = await run("check-config", "--config",
                            str(folder / f"{name}.toml"))
        assert checked.status == 0, checked
        _keep(f"{name}.effective", without_paths(checked.stdout, folder))


def _keep_data(data):
    shutil.rmtree(FOLDER / "data", ignore_errors=True)
    (FOLDER / "data").mkdir()
    for path in data.iterdir():
        if path.name not in ("lock", "stderr.log", "stdout.log"):
            shutil.copyfile(path, FOLDER / "data" / path.name)


async def main():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        data = folder / "data"
        data.mkdir(mode=0o700)
        os.umask(0o077)
        put_configuration(folder)
        _make_certificate(data)
        tokens = await _make_tokens(data, folder / "bridgekeeper.toml")
        await _serve(folder, tokens)
        os.umask(0o022)
        _keep("secrets.json", json.dumps(tokens, indent=1) + "\n")
        await _keep_surface(folder)
        _keep_data(data)


if __name__ == "__main__":
    asyncio.run(main())
