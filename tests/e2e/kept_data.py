"""What a daemon of 8bd27b6 left: its configuration, its data directory, and the
work that filled its audit log."""

import json
import pathlib
import shutil
import ssl

from bridge import Bridge
from client import ControlSocket, dispatch, finished_record, get, post
from daemon import OPEN_MEMORY, Daemon

FOLDER = pathlib.Path(__file__).resolve().parent / "kept" / "8bd27b6"


def without_paths(text, folder):
    """The same text, with placeholders for the paths of a copy in `folder`."""
    text = text.replace(str(folder / "data"), "@DATA@")
    return text.replace(str(folder), "@FOLDER@")


def put_configuration(folder):
    """Copies the configuration files, with paths for this folder."""
    for path in FOLDER.glob("*.toml"):
        text = path.read_text().replace("@DATA@", str(folder / "data"))
        (folder / path.name).write_text(text)


def put_back(folder):
    """Copies what was kept to a folder, as the daemon left it: with paths, and
    accessible only to its owner, because git does not keep modes. Returns the
    data directory."""
    data = folder / "data"
    shutil.copytree(FOLDER / "data", data)
    (data / "lock").touch()
    put_configuration(folder)
    for path in folder.rglob("*"):
        path.chmod(0o700 if path.is_dir() else 0o600)
    return data


def secrets():
    """The tokens in plain text, by label."""
    return json.loads((FOLDER / "secrets.json").read_text())


def audit_files(data):
    """All files of the audit log, oldest first."""
    def age(path):
        return int(path.suffix[1:]) if path.suffix != ".log" else 0
    return sorted(data.glob("audit.log*"), key=age, reverse=True)


def audit_lines(data):
    return [json.loads(line) for file in audit_files(data)
            for line in file.read_text().splitlines()]


class KeptDaemon(Daemon):
    """`bridgekeeper serve --config`: the settings come from the file."""

    def __init__(self, data, config, token):
        super().__init__(directory=data, token=token)
        self._flags = ["serve", "--config", str(config)]
        self._variables = dict(OPEN_MEMORY)

    def start(self, **options):
        super().start(**options)
        self.tls = ssl.create_default_context(
            cafile=str(self.directory / "tls-certificate.pem"))
        return self


class Caller:
    """The daemon, for clients with a certain token."""

    def __init__(self, daemon, token):
        self._daemon = daemon
        self.token = token

    def __getattr__(self, name):
        return getattr(self._daemon, name)


def _expect(answer, status):
    assert answer.status == status, (answer.status, answer.body)


async def fill_audit_log(daemon, tokens):
    """Causes an entry of each type that a daemon of 8bd27b6 has. Limits of the
    kept configuration are exceeded, so this works once for each daemon."""
    farm = Caller(daemon, tokens["farm"])
    panel = Caller(daemon, tokens["panel"])
    plain = Caller(daemon, tokens["configuration"])

    _expect(await get(daemon, "/control/agents", token=False), 401)
    silent = await Bridge.register(plain, "kept-silent")
    async with await Bridge.register(farm, "kept-a", workdir="/srv",
                                     capabilities=["rust"]) as bridge, \
            await ControlSocket.open(panel) as control:
        await control.dispatch("1", "kept-a", "the first task")
        task = (await bridge.receive_dispatch())["message_id"]
        await bridge.respond("no-such-dispatch")
        await bridge.send("response", agent_id="other", message_id=task,
                          content="in another's name")
        await bridge.progress(task, progress_text="begun")
        await bridge.respond(task, usage={"cost_usd": 0.5})
        assert (await control.result("1"))["type"] == "response"
        _expect(await post(panel, "/control/agents/kept-a/followup",
                           {"content": "and the second"}), 200)
        task = (await bridge.receive_dispatch())["message_id"]
        await bridge.respond(task)
        _expect(await dispatch(panel, "kept-a"), 429)
    async with await Bridge.register(plain, "kept-b") as bridge:
        _expect(await dispatch(panel, "kept-b"), 200)
        task = (await bridge.receive_dispatch())["message_id"]
        await bridge.respond(task, usage={"cost_usd": 2.75})
        await finished_record(panel, task)
        _expect(await dispatch(panel, "kept-b"), 402)
    outcome = await daemon.command("console", "stats",
                                   VIBEFORGE_AUTH_TOKEN=tokens["operator"])
    assert outcome.status == 0, outcome
    assert (await silent.closed())[0] == 4003
