"""Stores of dispatches, made with Python's SQLite from the schema in the
program's sources."""

import pathlib
import re
import sqlite3
import uuid

_SOURCES = pathlib.Path(__file__).resolve().parents[2] / "store/dispatches"

PAGE = 4096
START_US = 1_796_000_000_000_000


def schema(version=None):
    """The SQL of all versions up to this one, and its number. By default, that
    is the last one."""
    text = (_SOURCES / "schema.cpp").read_text()
    steps = re.findall(r'R"sql\((.*?)\)sql"', text, re.S)
    assert steps and f"migration{{{len(steps)}, " in text
    steps = steps[:version]
    return "\n".join(steps), len(steps)


def dispatch_id(number):
    return str(uuid.UUID(int=number, version=4))


def make_store(directory, dispatches=0, content="a task", version=None):
    """A store with so many completed dispatches of one agent, and one that is
    queued, as a daemon leaves it that has stopped. Returns its path."""
    path = pathlib.Path(directory) / "store.db"
    sql, version = schema(version)
    magic = re.search(r"application_id = (0x[0-9a-f]+)",
                      (_SOURCES / "schema.hpp").read_text())[1]
    with connect(path) as db:
        db.execute("PRAGMA journal_mode = WAL")
        db.executescript(sql)
        db.execute(f"PRAGMA application_id = {int(magic, 16)}")
        db.execute(f"PRAGMA user_version = {version}")
        db.execute("INSERT INTO starts VALUES(1, 1, ?, 'test', 'boot', 1)",
                   (START_US,))
        db.execute("INSERT INTO agents(n, id, first_seen_us, last_seen_us)"
                   " VALUES(1, 'shop-1', ?, ?)", (START_US, START_US))
        db.execute("INSERT INTO sessions(n, id, opened_us)"
                   " VALUES(1, 's1', ?)", (START_US,))
        for n in range(1, dispatches + 2):
            state = 4 if n <= dispatches else 0
            at = START_US + n * 1_000_000
            db.execute("INSERT INTO dispatches(n, id, agent, session, state,"
                       " created_us, changed_us) VALUES(?, ?, 1, 1, ?, ?, ?)",
                       (n, uuid.UUID(dispatch_id(n)).bytes, state, at, at))
            db.execute("INSERT INTO tasks VALUES(?, ?, NULL, NULL)",
                       (n, content))
            db.execute("INSERT INTO events VALUES(?,1,1,NULL,?,0,?,0,NULL)",
                       (n, n, at))
            if state == 4:
                db.execute("INSERT INTO results(dispatch, attempt, content)"
                           " VALUES(?, 1, 'done')", (n,))
    return path


class connect:
    """A connection that is committed and closed at the end of the block."""

    def __init__(self, path):
        self._db = sqlite3.connect(path)
        path.chmod(0o600)

    def __enter__(self):
        return self._db

    def __exit__(self, *problem):
        if problem[0] is None:
            self._db.commit()
        self._db.close()


def rows(path, table):
    with connect(path) as db:
        return db.execute(f"SELECT count(*) FROM {table}").fetchone()[0]


def damage_page_of(path, table):
    """Overwrites a leaf in the middle of a table; returns how many rows were
    on it."""
    with connect(path) as db:
        name, cells = db.execute(
            "SELECT pageno, ncell FROM dbstat WHERE name = ?"
            " AND pagetype = 'leaf' ORDER BY path LIMIT 1 OFFSET 5",
            (table,)).fetchone()
    with open(path, "r+b") as file:
        file.seek((name - 1) * PAGE)
        file.write(b"\xa5" * PAGE)
    return cells
