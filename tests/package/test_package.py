"""From packages to the answer of a dispatch, on a new Debian system: install,
operate, upgrade, remove, purge. Each step continues where the one before it
ended."""

import json
import pathlib
import re
import sys
import urllib.parse

sys.path.append(str(pathlib.Path(__file__).parents[2] / "tools/docs"))
import markdown
from debian_tree import DebianTree, output_of
from machine import Machine

INSTALL = ("apt-get install --yes --no-install-recommends "
           "--option Dpkg::Options::=--force-confold --quiet=2 ")
CONFIG = "/etc/bridgekeeper/bridgekeeper.toml"
# systemd's measure of what an attacker in the service could do, in tenths.
MOST_EXPOSURE = 20


class Debs:
    """The two packages in a directory."""

    def __init__(self, directory):
        self.daemon, = directory.glob("bridgekeeper_*.deb")
        self.bridge, = directory.glob("bridgekeeper-bridge_*.deb")
        self.version = output_of("dpkg-deb", "--field", str(self.daemon),
                                 "Version").strip()


class PackageTest:

    def __init__(self, machine, tree, before, new):
        self.machine = machine
        self.tree = tree
        self.before = before
        self.new = new

    # -- what the steps have in common ----------------------------------------

    def run(self, command, **options):
        return self.machine.run(command, **options).stdout

    def fails(self, command):
        done = self.machine.run(command, check=False)
        assert done.returncode != 0, f"{command!r} succeeded:\n{done.stdout}"
        return done.stdout

    def install(self, *debs):
        return self.run(INSTALL + " ".join(map(self.tree.copy_in, debs)))

    def property(self, unit, name):
        return self.run(f"systemctl show --value --property={name} "
                        f"{unit}").strip()

    def expect(self, command, wanted):
        found = self.run(command)
        assert wanted in found, f"{command!r}: no {wanted!r} in:\n{found}"

    def no_mistakes_in_the_journal(self, unit):
        found = self.run(f"journalctl --unit={unit} --output=cat "
                         "--priority=warning")
        assert not found.strip(), found

    # -- the steps, in their order --------------------------------------------

    def step_the_daemon_runs_as_soon_as_it_is_installed(self):
        self.install(self.before.daemon)
        unit = "bridgekeeper.service"
        self.machine.eventually(f"systemctl is-active {unit}")
        assert self.property(unit, "UnitFileState") == "enabled"
        assert self.property(unit, "User") == "bridgekeeper"
        self.expect("bridgekeeper health", "ok")
        # 127.0.0.1, ports 8000 and 8001, as the kernel writes them.
        listening = self.run("awk '$4 == \"0A\" { print $2 }' /proc/net/tcp "
                             "/proc/net/tcp6").split()
        assert sorted(listening) == ["0100007F:1F40", "0100007F:1F41"], \
            listening
        self.no_mistakes_in_the_journal(unit)

    def step_only_root_can_read_the_token(self):
        self.expect("stat -c '%U %a' /etc/bridgekeeper/tokens/operator",
                    "root 600")
        self.expect("stat -c '%U %a' /var/lib/bridgekeeper", "bridgekeeper 700")
        self.fails("setpriv --reuid=nobody --clear-groups "
                   "cat /etc/bridgekeeper/tokens/operator")
        # The daemon uses the operator's token and has not made one of its own.
        self.fails("ls /var/lib/bridgekeeper/token")

    def step_the_operator_logs_in(self):
        self.expect("bridgekeeper login http://127.0.0.1:8000 "
                    "--token-file /etc/bridgekeeper/tokens/operator",
                    "Saved as context default")
        self.run("bridgekeeper agents")

    def step_an_agent_gets_a_token_of_its_own(self):
        self.install(self.before.bridge)
        self.run("umask 077; token=$(bridgekeeper token new "
                 f"--config {CONFIG} --label mac-1 --scope bridge "
                 "--agent mac-1); echo BRIDGEKEEPER_TOKEN=$token "
                 ">/etc/bridgekeeper/bridges/mac-1.env")
        # The daemon must still be able to read the file, and not to write it.
        self.expect("stat -c '%U %G %a' /etc/bridgekeeper/scoped-tokens",
                    "root bridgekeeper 640")
        # It reads the file within a second or two, without a restart.
        self.machine.eventually("journalctl --unit=bridgekeeper --output=cat "
                                "| grep 'tokens reloaded: 2 valid'")

    def step_the_agent_answers_a_dispatch(self):
        # It looks for its own token wherever the bridge may have left it.
        self.tree.put("/etc/bridgekeeper/bridges/mac-1.toml", """
id = "mac-1"
url = "http://127.0.0.1:8000"
exec = '''
id -un; env; tr a-z A-Z
cat /etc/bridgekeeper/*/* /run/credentials/*/* /proc/*/environ 2>&1 | tr -d '\\0'
'''
""")
        self.run("systemctl enable --now bridgekeeper-bridge@mac-1")
        self.machine.eventually("bridgekeeper agents | grep 'mac-1 *connected'")
        answer = self.dispatch("good morning")
        assert "bridgekeeper-agent" in answer, answer
        assert "bk_" not in answer, answer
        # The bridge got this one, and only the bridge may use it (NotifyAccess).
        environment, _, _ = answer.partition("GOOD MORNING")
        for variable in ("CREDENTIALS_DIRECTORY", "NOTIFY_SOCKET"):
            assert variable not in environment, environment

    def step_the_journal_has_the_dispatch_with_its_fields(self):
        ends = self.run("journalctl --unit=bridgekeeper --output=json "
                        "BRIDGEKEEPER_AGENT=mac-1 "
                        "BRIDGEKEEPER_OUTCOME=completed")
        entry = json.loads(ends.splitlines()[-1])
        assert entry["SYSLOG_IDENTIFIER"] == "bridgekeeper", entry
        assert entry["PRIORITY"] == "6", entry
        dispatch = entry["BRIDGEKEEPER_DISPATCH"]
        assert dispatch in entry["MESSAGE"], entry
        # Its start, its end.
        lines = self.run("journalctl --unit=bridgekeeper --output=cat "
                         f"BRIDGEKEEPER_DISPATCH={dispatch}").splitlines()
        assert len(lines) == 2, lines

    def dispatch(self, text):
        answer = self.run(f"bridgekeeper dispatch mac-1 '{text}' --wait")
        assert text.upper() in answer, answer
        return answer

    def step_everything_is_explained_and_completed(self):
        pages = self.run("dpkg -L bridgekeeper bridgekeeper-bridge "
                         "| grep '/man1/'").split()
        assert len(pages) > 20, pages
        for page in pages:
            self.run(f"man --warnings --local-file {page} >/dev/null")
        self.expect("man --where bridgekeeper-dispatch", "man1")
        self.expect("man --where bridgekeeper-bridge", "man1")
        for line, wanted in (("bridgekeeper disp", "dispatches"),
                             ("bridgekeeper-bridge --work", "--workdir")):
            self.expect(f"""bash -euc '
                . /usr/share/bash-completion/completions/bridgekeeper
                COMP_WORDS=({line}); COMP_CWORD=1
                eval "$(complete -p {line.split()[0]} \
                  | sed "s/.*-F \\([^ ]*\\) .*/\\1/")"
                echo "${{COMPREPLY[@]}}"'""", wanted)

    def step_links_of_installed_pages_lead_to_installed_files(self):
        root = self.tree.root
        for page in (root / "usr/share/doc").glob("bridgekeeper*/**/*.md"):
            for line, link in markdown.read(page.read_text()).links:
                place = f"{page.relative_to(root)}:{line}: {link}"
                name, _, anchor = urllib.parse.unquote(link).partition("#")
                if re.match("[a-z]+:", name):
                    continue
                goal = root / name[1:] if name.startswith("/") \
                    else page.parent / name if name else page
                assert goal.is_file(), place
                assert not anchor or anchor \
                    in markdown.read(goal.read_text()).anchors, place
        for name in ("getting-started", "operating", "explain", "logging",
                     "metrics", "api", "architecture", "tokens"):
            self.run(f"test -e /usr/share/doc/bridgekeeper/{name}.md")

    def step_the_units_are_correct_and_restricted(self):
        done = self.run("systemd-analyze verify bridgekeeper.service "
                        "bridgekeeper-bridge@mac-1.service")
        assert not done.strip(), done
        found = self.run("systemd-analyze security --no-pager "
                         f"--threshold={MOST_EXPOSURE} bridgekeeper.service")
        print("   ", found.strip().splitlines()[-1].lstrip("→ "))

    def step_a_reload_applies_a_setting_and_refuses_a_mistake(self):
        pid = self.property("bridgekeeper", "MainPID")
        self.run("sed -i '/^.log.$/,/level =/s/^#level = .*/level = \"debug\"/' "
                 f"{CONFIG} && systemctl reload bridgekeeper")
        self.machine.eventually("journalctl --unit=bridgekeeper --output=cat "
                                "| grep 'configuration reloaded: log.level'")
        self.run(f"cp {CONFIG} /root/kept.toml; echo nonsense >>{CONFIG}")
        self.fails("systemctl reload bridgekeeper")
        self.run("bridgekeeper health")
        self.run(f"cp /root/kept.toml {CONFIG}; systemctl reload bridgekeeper")
        assert self.property("bridgekeeper", "MainPID") == pid

    def step_a_wrong_configuration_is_not_tried_again(self):
        self.run(f"echo nonsense >>{CONFIG}")
        self.fails("systemctl restart bridgekeeper")
        assert self.property("bridgekeeper", "ActiveState") == "failed"
        assert self.property("bridgekeeper", "ExecMainStatus") == "2"
        assert self.property("bridgekeeper", "NRestarts") == "0"
        self.run(f"cp /root/kept.toml {CONFIG}; systemctl start bridgekeeper")

    def step_a_missing_token_is_named_and_not_tried_again(self):
        token = "/etc/bridgekeeper/tokens/operator"
        self.run(f"mv {token} /root/kept-token")
        self.fails("systemctl restart bridgekeeper")
        assert self.property("bridgekeeper", "ActiveState") == "inactive"
        assert self.property("bridgekeeper", "NRestarts") == "0"
        self.expect("systemctl status bridgekeeper || true",
                    f"AssertPathExists={token} was not met")
        self.run(f"mv /root/kept-token {token}; systemctl start bridgekeeper")

    def step_a_killed_daemon_comes_back_with_what_it_knew(self):
        self.machine.eventually("bridgekeeper agents | grep 'mac-1 *connected'")
        self.run("systemctl kill --signal=KILL --kill-whom=main bridgekeeper")
        self.machine.eventually("bridgekeeper agents | grep 'mac-1 *connected'")
        self.expect("bridgekeeper dispatches", "mac-1")
        self.dispatch("still there")

    def step_an_upgrade_restarts_and_keeps_everything(self):
        pid = self.property("bridgekeeper", "MainPID")
        listed = self.run("bridgekeeper dispatches").splitlines()
        self.install(self.new.daemon, self.new.bridge)
        for name in ("bridgekeeper", "bridgekeeper-bridge"):
            self.expect(f"dpkg-query --show {name}", self.new.version)
        self.machine.eventually("bridgekeeper agents | grep 'mac-1 *connected'")
        assert self.property("bridgekeeper", "MainPID") != pid
        # The operator's changes of the configuration stay.
        self.expect(f"cat {CONFIG}", 'level = "debug"')
        assert len(self.run("bridgekeeper dispatches").splitlines()) \
            == len(listed)
        self.dispatch("after the upgrade")

    def step_a_disabled_daemon_stays_stopped(self):
        self.run("systemctl disable --now bridgekeeper")
        self.run("dpkg --install /root/" + self.new.daemon.name)
        assert self.property("bridgekeeper", "ActiveState") == "inactive"
        assert self.property("bridgekeeper", "UnitFileState") == "disabled"
        self.run("systemctl enable --now bridgekeeper")

    def step_a_stopped_bridge_stays_stopped(self):
        unit = "bridgekeeper-bridge@mac-1"
        self.run(f"systemctl stop {unit}")
        self.run("dpkg --install /root/" + self.new.bridge.name)
        assert self.property(unit, "ActiveState") == "inactive"
        assert self.property(unit, "UnitFileState") == "enabled"
        self.run(f"systemctl start {unit}")

    def step_removal_keeps_data_and_configuration(self):
        self.run("apt-get remove --yes --quiet=2 bridgekeeper "
                 "bridgekeeper-bridge")
        for unit in ("bridgekeeper", "bridgekeeper-bridge@mac-1"):
            assert self.property(unit, "ActiveState") == "inactive", unit
        self.run("test ! -e /usr/bin/bridgekeeper")
        self.run(f"test -e {CONFIG} -a -e /var/lib/bridgekeeper/store.db "
                 "-a -e /etc/bridgekeeper/tokens/operator "
                 "-a -e /etc/bridgekeeper/bridges/mac-1.env")
        self.install(self.new.daemon, self.new.bridge)
        self.machine.eventually("bridgekeeper health")
        self.expect("bridgekeeper dispatches", "mac-1")
        # The bridge is enabled, so it is back as the daemon is.
        self.machine.eventually("bridgekeeper agents | grep 'mac-1 *connected'")

    def step_a_purge_leaves_nothing(self):
        self.run("echo precious >/var/lib/bridgekeeper-agent/work")
        said = self.run("apt-get purge --yes --quiet=2 bridgekeeper "
                        "bridgekeeper-bridge")
        assert "bridgekeeper-agent is not empty and stays" in said, said
        left = self.run(
            "find / -xdev -iname '*bridgekeeper*' -not -path '/root/*' "
            "-not -path '/proc/*' -not -path '/var/cache/man/*' "
            "-not -path '/var/log/journal/*'").split()
        assert left == ["/var/lib/bridgekeeper-agent"], left
        self.run("! systemctl cat bridgekeeper 2>/dev/null")

    # -- all of them ----------------------------------------------------------

    def run_all(self):
        steps = [x for x in vars(PackageTest) if x.startswith("step_")]
        for name in steps:
            print(" ", re.sub("_", " ", name[len("step_"):]), flush=True)
            getattr(self, name)()
        print(f"{len(steps)} steps passed.")


def main():
    packages = pathlib.Path(sys.argv[1]).resolve()
    new, before = Debs(packages), Debs(packages / "before")
    tree = DebianTree(packages.parent / "package-test",
                      [new.daemon, new.bridge])
    try:
        with Machine(tree) as machine:
            test = PackageTest(machine, tree, before, new)
            try:
                test.run_all()
            except AssertionError as problem:
                print(f"FAILED: {problem}\n\nThe end of the journal:")
                print(test.run("journalctl --no-pager --lines=40 --unit='bridgekeeper*'"))
                raise SystemExit(1) from None
    finally:
        tree.remove()


if __name__ == "__main__":
    main()
