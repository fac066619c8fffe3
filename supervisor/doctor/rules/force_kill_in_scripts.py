"""A script, a Makefile or a CI job that kills instead of stopping."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from supervisor.doctor.finding import LOW, MEDIUM, Finding
from supervisor.doctor.house.recipes import recipes
from supervisor.doctor.knowledge.trials import trial
from supervisor.doctor.reading.duration import duration
from supervisor.doctor.rule import Example, Rule
from supervisor.doctor.services.hearing import for_path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from supervisor.doctor.finding import Place
    from supervisor.doctor.house.house import House
    from supervisor.doctor.reading.source import Source

FIX = "Stop it first, with its grace period (`docker stop`, `kill -TERM`), and wait for that."
COMPOSES: Final = ("docker-compose", "podman-compose")
ENGINES: Final = ("docker", "podman", "nerdctl")
STOPS: Final = ("stop", "down", "restart", "up")
KILL_SIGNALS: Final = ("9", "KILL", "SIGKILL")
CLUSTERED: Final = re.compile(r"-[a-z]*f[a-z]*")
PODS: Final = re.compile(
    r"\b(?:po|pods?|deploy(?:ments?)?|sts|statefulsets?|ds|daemonsets?|rs|replicasets?|all)\b"
)
VALUED: Final = (
    *("-f", "--file", "-p", "--project-name", "--profile", "--env-file", "--project-directory"),
    *("-H", "--host", "--context", "-c", "-l", "--log-level", "--config", "-n", "--namespace"),
)
TARGET: Final = re.compile(r"([^\s:#=][^:=#]*):(?!=)")
TIDY: Final = re.compile(r"(?:^|[._-])(?:dist|mr|mostly)?(?:clean(?:up)?|purge|reset|tidy|nuke)\b")
FARTHEST: Final = 200  # lines that a recipe has
SHORT_S: Final = 1.0


class _Before:
    """What was stopped, or asked to stop, by the commands before."""

    def __init__(self) -> None:
        self.asked = False  # by kill, pkill or killall
        self._all = self._any = False
        self._names: set[str] = set()

    def note(self, argv: tuple[str, ...]) -> None:
        self.asked = self.asked or argv[0] in ("kill", "pkill", "killall")
        if argv[0] in (*ENGINES, *COMPOSES) and {"stop", "wait", "down"} & set(argv[1:4]):
            named = {word for word in argv[2:] if not word.startswith("-")}
            self._any, self._all = True, self._all or not named
            self._names |= named

    def stopped(self, words: tuple[str, ...]) -> bool:
        """Tell whether the same container was stopped before, or is stopped right here."""
        wanted = {word for word in words if not word.startswith("-")}
        if any("stop " in word for word in wanted):
            return True
        listed = self._any and any("$(" in one or "`" in one for one in wanted)
        return self._all or listed or bool(wanted & self._names)


def check(house: House) -> Iterator[Finding]:
    """Look at commands that take no time to stop something."""
    used = {one.link.source.path for one in house.uses if one.link.source}
    for recipe in recipes(house, "docker", "podman", "nerdctl", "kubectl", "kill"):
        source = house.files.get(recipe.path)
        ci = source is not None and source.kind == "ci"
        before = _Before()
        for argv, place in recipe.commands:
            said = _by_name(argv, before) if recipe.path not in used and not ci else ""
            said = said or _engine(argv, before)
            before.note(argv)
            if said:
                most = LOW if ci or _tidies(source, place) else MEDIUM
                yield Finding(
                    "force-kill-in-scripts",
                    for_path(place.path, most),
                    place,
                    f"{said}: requests and tasks under way are cut, and what is in memory is lost.",
                    FIX,
                )


def _tidies(source: Source | None, place: Place) -> bool:
    """Tell whether a Makefile's target only tidies up, or is for tests: `clean:`."""
    if source is None or source.kind != "makefile":
        return False
    above = (source.line(at) for at in range(place.line, max(0, place.line - FARTHEST), -1))
    target = next((found[1] for line in above if (found := TARGET.match(line))), "")
    return bool(TIDY.search(target)) or trial(target)


def _engine(argv: tuple[str, ...], before: _Before) -> str:
    """Say how a command of Docker, Compose or kubectl kills; empty if it doesn't."""
    name, words = argv[0], argv[1:]
    if name == "kubectl":
        return _kubectl(words)
    if name not in (*ENGINES, *COMPOSES):
        return ""
    verb, rest = _verb(words)
    compose = name in COMPOSES
    if not compose and verb in ("compose", "container"):
        compose = verb == "compose"
        verb, rest = _verb(rest)
    called = f"`{name} {'compose ' if compose and name in ENGINES else ''}{verb}`"
    if verb == "kill":
        signal = _option(rest, "-s", "--signal")
        if signal is None or signal.upper() in KILL_SIGNALS:
            return f"{called} sends KILL at once, without a stop signal before"
    if verb == "rm" and not compose and _forced(rest) and not before.stopped(rest):
        return f"{called} with -f sends KILL at once, without a stop signal before"
    if verb in STOPS and (compose or verb in ("stop", "restart")):
        seconds = duration(_option(rest, "-t", "--timeout", "--time") or "")
        if seconds is not None and seconds <= SHORT_S:
            return f"{called} gives {seconds:g} s before KILL"
    return ""


def _kubectl(words: tuple[str, ...]) -> str:
    verb, rest = _verb(words)
    if verb != "delete" or not (PODS.search(" ".join(rest)) or {"-f", "-k"} & set(rest)):
        return ""
    seconds = _option(rest, "--grace-period")
    if any(word in ("--force", "--force=true") for word in rest) and seconds in (None, "0"):
        return "`kubectl delete --force` kills without waiting for the stop"
    if seconds in ("0", "1") or "--now" in rest:  # 0 without --force is taken for 1
        return "`kubectl delete` gives 1 s before KILL"
    return ""


def _by_name(argv: tuple[str, ...], before: _Before) -> str:
    """Say of pkill and killall that they kill; not of what follows a friendlier try."""
    if argv[0] not in ("pkill", "killall"):
        return ""
    signals = {word.lstrip("-").upper() for word in argv[1:] if word.startswith("-")}
    named = (_option(argv[1:], "-s", "--signal") or "").upper()
    if not (signals & set(KILL_SIGNALS)) and named not in KILL_SIGNALS:
        return ""
    if before.asked:
        return ""
    return f"`{argv[0]} -9` sends KILL at once, without a stop signal before"


def _verb(words: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    at = 0
    while at < len(words) and words[at].startswith("-"):
        at += 2 if words[at] in VALUED else 1
    return (words[at], words[at + 1 :]) if at < len(words) else ("", ())


def _option(words: tuple[str, ...], *names: str) -> str | None:
    for at, word in enumerate(words):
        for name in names:
            if word == name:
                return words[at + 1] if at + 1 < len(words) else ""
            if word.startswith(f"{name}="):
                return word.partition("=")[2]
            if len(name) == 2 and word.startswith(name) and not word.startswith("--"):
                return word[2:].lstrip("=")
    return None


def _forced(words: tuple[str, ...]) -> bool:
    return any(word == "--force" or CLUSTERED.fullmatch(word) for word in words)


def _make(recipe: str) -> tuple[tuple[str, str], ...]:
    return (("Makefile", f"stop:\n\t{recipe}\n"),)


RULE = Rule(
    id="force-kill-in-scripts",
    severity=MEDIUM,
    title="A script kills instead of stopping",
    why=(
        "`docker kill` and `docker rm -f` send KILL without a stop signal before; with `-t 0` both"
        " come within 0.1 s (measured). Whatever the program does to stop well is skipped, on every"
        " deployment that is made this way."
    ),
    fix=FIX,
    check=check,
    bad=(
        Example(
            (
                (
                    "a.service",
                    "[Service]\nExecStart=docker run a\nExecStop=-/usr/bin/docker kill a\n",
                ),
            ),
            at="a.service:3",
        ),
        Example(_make("docker kill $(docker ps | grep worker | awk '{print $$1}')"), "Makefile:2"),
        Example(_make("@docker-compose -f prod.yml down -t 0"), at="Makefile:2"),
        Example(_make("-docker rm -f web || true"), at="Makefile:2"),
        Example(
            (("Makefile", "clean: stop ## tidy up\n\trm -rf x\n\tdocker rm -f db\n"),),
            at="Makefile:3",
            severity=LOW,
        ),
        Example((("deploy.sh", "#!/bin/sh\nset -e\nsudo docker rm -vf web\n"),), at="deploy.sh:3"),
        Example((("deploy.sh", "#!/bin/sh\npkill -9 gunicorn\n"),), at="deploy.sh:2"),
        Example((("deploy.sh", "#!/bin/sh\nssh me@host 'docker rm -f web'\n"),), at="deploy.sh:2"),
        Example(
            (
                (
                    ".github/workflows/deploy.yml",
                    "jobs:\n  d:\n    steps:\n      - run: |\n          set -e\n"
                    "          kubectl delete pod web --force --grace-period=0\n",
                ),
            ),
            at=".github/workflows/deploy.yml:6",
            severity="low",
        ),
    ),
    good=(
        Example((("a.service", "[Service]\nExecStop=docker stop a\nExecStop=docker rm -f a\n"),)),
        Example((("a.service", "[Service]\nExecStartPre=-/usr/bin/docker rm -f a\n"),)),
        Example(_make("docker rm $(docker stop $(docker ps -a -q))")),
        Example(_make("docker stop web && docker rm -f web")),
        Example(_make("ssh host 'docker stop web; docker rm -f web'")),
        Example(_make("docker kill -s HUP web")),
        Example(_make("docker-compose down && rm -rf data")),
        Example(_make("docker compose rm -f")),  # asks nothing, but removes only what has stopped
        Example(_make("docker compose down -t 30")),
        Example(_make("# docker kill web")),
        Example((("deploy.sh", "#!/bin/sh\npkill app\nsleep 10\npkill -9 app\n"),)),
        Example((("deploy.sh", "#!/bin/sh\necho 'docker kill web'\nkubectl delete pod x\n"),)),
        Example(_make("kubectl delete crd things.example.org --force")),
    ),
)
