"""The names that scripts rely on: commands, flags, exit codes, variables and
reasons, read from the program's help and sources."""

import pathlib
import re
import tomllib

from daemon import run

_SOURCES = pathlib.Path(__file__).resolve().parents[2]

_OPTION = re.compile(r"^  (?=-)(\S+)", re.M)
_ENTRY = re.compile(r"^  ([A-Za-z][\w-]*)", re.M)
_EXIT_CODE = re.compile(r"^  (\d+)  \S", re.M)
_NUMBER = re.compile(r"^  (\w+) = (\d+),$", re.M)
_ROW = re.compile(r'errc_info\{errc::(\w+),\s*"(\w+)"')
_VARIABLE = re.compile(r"[A-Z][A-Z\d_]+_[A-Z\d_]+")


def _part(help_text, title):
    """The lines under one title of a help text."""
    found = re.search(rf"^{title}:\n((?:  .*\n)+)", help_text, re.M)
    return found[1] if found else ""


async def command_line(*command):
    """A line for each command, flag and argument, such as `serve --listen` and
    `audit verify FILE`."""
    outcome = await run(*command, "--help")
    assert outcome.status == 0, outcome
    lines = []
    for option in _OPTION.findall(outcome.stdout):
        lines += [" ".join((*command, name)) for name in option.split(",")]
    for name in _ENTRY.findall(_part(outcome.stdout, "Positionals")):
        lines.append(" ".join((*command, name)))
    for name in _ENTRY.findall(_part(outcome.stdout, "Subcommands")):
        lines.append(" ".join((*command, name)))
        lines += await command_line(*command, name)
    return lines


async def exit_codes():
    outcome = await run("--help")
    return _EXIT_CODE.findall(_part(outcome.stdout, "Exit codes"))


def reasons(header, table):
    """Number and token of each reason, from the text of errc.hpp and
    errc.cpp."""
    numbers = dict(_NUMBER.findall(header))
    rows = _ROW.findall(table)
    assert rows and len(rows) == len(numbers), (len(rows), len(numbers))
    return [f"{numbers[name]} {token}" for name, token in rows]


def reasons_now():
    folder = _SOURCES / "domain"
    return reasons((folder / "errc.hpp").read_text(),
                   (folder / "errc.cpp").read_text())


# -- settings -----------------------------------------------------------------

def _as_variable(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    return ",".join(value) if isinstance(value, list) else str(value)


def variables(file):
    """The settings of a configuration file, as variables."""
    return {f"BRIDGEKEEPER_{section}_{key}".upper(): _as_variable(value)
            for section, keys in tomllib.loads(file.read_text()).items()
            for key, value in keys.items()}


# The variables of VibeForge's server.
LEGACY = {
    "VIBEFORGE_AUTH_TOKEN": "made-up-token-of-a-variable-51c0",
    "VIBEFORGE_AUTH_TOKENS": "made-up-token-one-of-two-88e2,made-up-other-f013",
    "VIBEFORGE_AUTH_TOKEN_FILE": "plain-tokens",
    "VIBEFORGE_AUDIT_LOG_PATH": "audit.log",
    "VIBEFORGE_AUDIT_LOG_LEVEL": "WARNING",
    "VIBEFORGE_AUDIT_LOG_MAX_BYTES": "20000",
    "VIBEFORGE_AUDIT_LOG_BACKUP_COUNT": "3",
    "VIBEFORGE_RATE_LIMIT_AGENT_PER_MIN": "7",
    "VIBEFORGE_RATE_LIMIT_IP_PER_MIN": "70",
    "VIBEFORGE_SESSION_COST_LIMIT_USD": "1.5",
    "VIBEFORGE_DAILY_COST_LIMIT_USD": "2.5",
    "VIBEFORGE_COST_WARNING_THRESHOLD": "0.25",
    "VIBEFORGE_COST_PER_1K_TOKENS_USD": "0.75",
}


def effective(text):
    """The output of `check-config` as {"section.key": [value, origin]}."""
    out, section = {}, ""
    for line in text.splitlines():
        if title := re.fullmatch(r"\[(\w+)\]", line):
            section = title[1]
        elif found := re.fullmatch(r"(?:# )?(\w+)(?: =|:) (.*?) +# (.*)", line):
            out[f"{section}.{found[1]}"] = [found[2], found[3]]
    return out


async def from_variables(settings):
    """Runs `check-config` with these variables. Returns the settings that they
    determine, as {"section.key": [value, [variable, ...]]}."""
    outcome = await run("check-config", **settings)
    assert outcome.status == 0, outcome
    return {key: [value, _VARIABLE.findall(origin)]
            for key, (value, origin) in effective(outcome.stdout).items()
            if _VARIABLE.search(origin)}


def variable_sets(folder):
    """All variables of 8bd27b6, in sets that are valid together. The folder has
    the kept configuration files."""
    return {"of all keys": variables(folder / "bridgekeeper.toml"),
            "of a certificate": variables(folder / "certificate.toml"),
            "of VibeForge": LEGACY}
