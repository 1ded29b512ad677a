"""The settings that pages name, and those that the program has."""

import re

_ROW = re.compile(r'^ +\{"(\w+)",\s*"(\w+)",', re.M)
_SPAN = re.compile(r"^([a-z]+)\.([a-z][a-z0-9_]*)(?: = .*)?$")
# `store.db` is a file. Names of members that look like settings do not exist.
_SUFFIXES = {"cpp", "hpp", "md", "py", "sh", "db", "log", "toml", "txt", "json",
             "pem", "key", "sock", "service", "socket", "html", "svg"}


class Settings:
    """The table of options of the source code."""

    def __init__(self, table):
        self.keys = {f"{section}.{key}" for section, key in _ROW.findall(table)}
        self._sections = {x.split(".")[0] for x in self.keys}
        if "server.listen" not in self.keys:
            raise RuntimeError("app/config/config_options.cpp has another form:"
                               " adapt tools/docs/settings.py")

    def complaint(self, span):
        """Why this `inline code` names no setting, or None. Text that does not
        begin with a section's name is not about settings."""
        match = _SPAN.match(span)
        if not match or match[1] not in self._sections:
            return None
        if match[2] in _SUFFIXES or f"{match[1]}.{match[2]}" in self.keys:
            return None
        return f"there is no setting {match[1]}.{match[2]}"

    def complaints_about_file(self, text, flags):
        """(line, complaint) for each unknown name in a TOML block: keys of a
        section, or `flags` of a bridge at the top."""
        section = None
        for number, line in enumerate(text.splitlines(), 1):
            line = line.lstrip("#")
            head = re.match(r"^\[([\w.-]+)\]", line)
            key = re.match(r"^([\w-]+) *= ", line)
            if head:
                section = head[1]
                if section not in self._sections:
                    yield number, f"there is no section [{section}]"
            elif key and section is None:
                if flags and f"--{key[1]}" not in flags:
                    yield number, f"a bridge has no flag --{key[1]}"
            elif key and f"{section}.{key[1]}" not in self.keys:
                yield number, f"there is no setting {section}.{key[1]}"
