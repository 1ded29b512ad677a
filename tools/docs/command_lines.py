"""The command lines of bridgekeeper and of ./dev that a text shows, and whether
there are such commands and flags."""

import re
import shlex
import subprocess

_PROGRAMS = ("bridgekeeper", "bridgekeeper-bridge")
_DEV = "./dev"
# Words that may stand before the program's name.
_BEFORE = {"sudo", "exec", "nohup", "nice", "env", "time", "!", "if", "then",
           "do", "while", "until", "else"}
_ASSIGNMENT = re.compile(r"^\w+=")
_OPERATOR = re.compile(r"^[;&|()<>]+$|^\n$")


class Dev:
    """The commands of ./dev, from its source."""

    def __init__(self, script):
        self._commands = set(re.findall(r"^  ([a-z][a-z-]*)\) ", script, re.M))
        if not {"run", "lint"} <= self._commands:
            raise RuntimeError("./dev has another form: adapt "
                               "tools/docs/command_lines.py")

    def complaint(self, words):
        """Why the command line is wrong, or None."""
        if words[0] != _DEV or not words[1:] or words[1] in self._commands \
                or not re.match(r"^[a-z-]+$", words[1]):
            return None
        return f"./dev has no command {words[1]}"


class Cli:
    """The commands and flags of a built program."""

    def __init__(self, program):
        """Asks the program for its bash completion, which it makes from the
        definitions that parse its command line."""
        script = subprocess.run([program, "completion", "bash"], check=True,
                                text=True, capture_output=True).stdout
        # Words by command; the name of the whole program is "".
        self._words = {path.strip(): set(words.split()) for path, words in
                       re.findall(r"^ +'([^']*)'\) words='([^']*)' ;;$",
                                  script, re.M)}
        if not self._words.get("") or "--help" not in self._words.get("serve",
                                                                      ()):
            raise RuntimeError(f"{program} completion bash has another form: "
                               "adapt tools/docs/command_lines.py")

    def complaint(self, words):
        """Why the command line is wrong, or None. `words` begin with the name
        of the program; others are fine."""
        if words[0] == _DEV:
            return None
        path = "bridge" if words[0].endswith("-bridge") else ""
        flags_only = False
        for word in words[1:]:
            if flags_only or not re.match(r"^-{0,2}[a-z]", word):
                continue
            known = self._words[path]
            if word == "--":
                flags_only = True
            elif word.startswith("--"):
                flag = word.split("=")[0]
                if flag not in known | {"--version"}:
                    return f"bridgekeeper {path} has no flag {flag}"
            elif f"{path} {word}".strip() in self._words:
                path = f"{path} {word}".strip()
            elif not path or self._only_groups(path):
                return f"bridgekeeper {path} has no command {word}".replace(
                    "  ", " ")
        return None

    def flags(self, path):
        """The flags of a command."""
        return {x for x in self._words[path] if x.startswith("--")}

    def _only_groups(self, path):
        """Whether the command only has others below it."""
        return any(x.startswith(f"{path} ") for x in self._words)


def in_shell(text):
    """The command lines in a shell script: (line, words)."""
    text = re.sub(r"\\\n", "  ", text)
    for number, line in enumerate(_whole_lines(text), 1):
        if line is not None:
            yield from ((number, x) for x in _in_line(line))


def in_transcript(text):
    """Those in what a terminal shows: the lines after a prompt."""
    commands = [x[2:] if x.startswith(("$ ", "# ")) else ""
                for x in text.splitlines()]
    return in_shell("\n".join(commands))


def _whole_lines(text):
    """Lines; a line that ends within quotes is joined with the next ones,
    which become None."""
    waiting, skipped = "", 0
    for line in text.splitlines():
        waiting += line
        try:
            shlex.split(waiting, comments=True)
        except ValueError:
            waiting += "\n"
            skipped += 1
            continue
        yield waiting
        yield from [None] * skipped
        waiting, skipped = "", 0
    if waiting:
        yield waiting


def _in_line(line):
    # The words of a substitution are a command of their own.
    line = re.sub(r"\$\(", " ; ", line)
    lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    try:
        words = list(lexer)
    except ValueError:
        words = line.split()
    command = []
    for word in [*words, ";"]:
        if not _OPERATOR.match(word):
            command.append(word)
            continue
        while command and (command[0] in _BEFORE
                           or _ASSIGNMENT.match(command[0])):
            command.pop(0)
        if command and (command[0] == _DEV
                        or command[0].rsplit("/")[-1] in _PROGRAMS):
            yield command
        command = []
