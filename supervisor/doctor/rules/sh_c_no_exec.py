"""A shell with a line as the command, in JSON or YAML."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supervisor.doctor.commands.role import IDLE, SERVER
from supervisor.doctor.commands.wrapping import base
from supervisor.doctor.finding import HIGH, INFO, Edit, Finding
from supervisor.doctor.house.standing import ASIDE, Standing, standings
from supervisor.doctor.knowledge.wrappers import SWALLOWS
from supervisor.doctor.reading.commandline import shlexed
from supervisor.doctor.reading.shellnodes import Simple
from supervisor.doctor.rule import Example, Rule
from supervisor.doctor.scripts.replacing import replaceable, way
from supervisor.doctor.scripts.shellfacts import FOREGROUND
from supervisor.doctor.services.program import SHELL, UNKNOWN
from supervisor.doctor.services.service import SUPERVISORD

if TYPE_CHECKING:
    from collections.abc import Iterator

    from supervisor.doctor.house.house import House
    from supervisor.doctor.scripts.shellfacts import Run, ShellFacts
    from supervisor.doctor.services.program import Link

ORDERS = frozenset(("quit", "stop", "shutdown", "kill", "pkill", "killall"))
FIX = "Write `exec` before the last command of the line."


def check(house: House) -> Iterator[Finding]:
    """Look at shells that the platform starts with a line."""
    for one in standings(house, loose=False):
        service, link = one.service, one.link
        if service is None or link is None or link.kind != SHELL or link.facts is None:
            continue
        if service.kind == SUPERVISORD:
            continue  # supervisord-sh-wrapper
        texts = [c.text for c in (service.entrypoint, service.cmd) if c and c.shell_form]
        if link.argv[-1] not in service.argv or link.argv[-1] in texts:
            continue  # the text form is another finding, and so are lines from elsewhere
        if link.does not in (SWALLOWS, UNKNOWN) or link.facts.term_trap is not None:
            continue
        for run in link.facts.mains:
            if run.role != SERVER and _ends(link.facts):
                continue  # a job, which says that it ends
            if run.how == FOREGROUND and run.last and run.role != IDLE and not run.looped:
                yield _finding(one, run, house, link)


def _ends(facts: ShellFacts) -> bool:
    """Tell whether the last command of the line is `exit`."""
    last = facts.script.body[-1:]
    return any(isinstance(one, Simple) and one.name == "exit" for one in last)


def _finding(one: Standing, run: Run, house: House, link: Link) -> Finding:
    unknown = link.does == UNKNOWN
    name, fix = one.named(run), way(run, one.facts, FIX)
    severity = INFO if unknown or ASIDE.search(link.place.path.lower()) else HIGH
    if _told(one, name):
        return Finding(
            "sh-c-no-exec",
            INFO,
            link.place,
            f"The shell stays in front of `{name}`, which is told of a stop by the preStop hook"
            " alone.",
            fix,
        )
    return Finding(
        "sh-c-no-exec",
        severity,
        link.place,
        one.perhaps(name) if unknown else one.kept(name),
        fix,
        () if unknown else _edits(link, run, house, one.facts),
    )


def _told(one: Standing, name: str) -> bool:
    """Tell whether a hook orders the program itself to stop: `nginx -s quit`, `pkill gunicorn`."""
    hook = one.service.prestop if one.service else None
    words = shlexed(" ".join(hook.argv)) if hook else None
    return bool(words and {name, base(name)} & set(map(base, words)) and ORDERS & set(words))


def _edits(link: Link, run: Run, house: House, facts: ShellFacts) -> tuple[Edit, ...]:
    """Put `exec` into a line that stands as it is in the file, once."""
    text, place = link.argv[-1].strip(), run.place
    line = house.line(place)
    at = link.argv[-1].find(text) if "\n" not in text else -1
    if at or line.count(text) != 1 or run.path or not replaceable(run, facts):
        return ()
    column = line.index(text) + run.statement.column
    if not line.startswith(run.statement.words[0].text, column):
        return ()
    made = f"{line[:column]}exec {line[column:]}"
    return (Edit(place.replace(end_line=0), made),)


RULE = Rule(
    id="sh-c-no-exec",
    severity=HIGH,
    title="`sh -c` without exec",
    why=(
        'A list such as `["sh", "-c", "migrate && gunicorn app"]` looks like the exec form, and'
        " linters take it for one, but PID 1 is a shell. dash never becomes the program: measured,"
        " the stop took the whole grace period and ended with 137. bash from 5.1 on and busybox"
        " become the last simple command, and then nothing is said here."
    ),
    fix=FIX,
    check=check,
    bad=(
        Example(
            (
                (
                    "compose.yml",
                    "services:\n  web:\n    image: debian:12\n"
                    "    command: sh -c 'while !</dev/tcp/db/80; do sleep 1; done; uwsgi'\n",
                ),
            ),
            at="compose.yml:4",
        ),
        Example(
            (("Dockerfile", 'FROM debian:12\nCMD ["sh", "-c", "migrate && gunicorn app"]\n'),),
            at="Dockerfile:2",
            fixed='FROM debian:12\nCMD ["sh", "-c", "migrate && exec gunicorn app"]\n',
        ),
        Example(
            (
                (
                    "compose.yml",
                    "services:\n  web:\n    image: python:3.11-slim\n"
                    '    command: sh -c "cd /app && uvicorn app:app"\n',
                ),
            ),
            at="compose.yml:4",
            fixed="services:\n  web:\n    image: python:3.11-slim\n"
            '    command: sh -c "cd /app && exec uvicorn app:app"\n',
        ),
        Example(
            (("Dockerfile", 'FROM corp/base\nCMD ["sh", "-c", "migrate && gunicorn app"]\n'),),
            at="Dockerfile:2",
            severity=INFO,
        ),
        Example(
            (
                (
                    "pod.yaml",
                    "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\nspec:\n  containers:\n"
                    "    - name: web\n      image: nginx:1.15\n"
                    "      command: [sh, -c, 'x-conf && nginx']\n"
                    "      lifecycle: {preStop: {exec: {command: [nginx, -s, quit]}}}\n",
                ),
            ),
            at="pod.yaml:9",
            severity=INFO,
        ),
        Example(
            (("Dockerfile", 'FROM debian:12\nCMD ["sh", "-c", "x; command gunicorn app"]\n'),),
            at="Dockerfile:2",
            by_hand=True,
        ),
    ),
    good=(
        Example(
            (("Dockerfile", 'FROM debian:12\nCMD ["sh", "-c", "migrate && exec gunicorn app"]\n'),)
        ),
        Example(
            (("Dockerfile", 'FROM debian:12\nCMD ["bash", "-c", "migrate && gunicorn app"]\n'),)
        ),
        Example((("Dockerfile", 'FROM alpine\nCMD ["sh", "-c", "migrate && gunicorn app"]\n'),)),
        Example(
            (
                (
                    "compose.yml",
                    "services:\n  init:\n    image: debian:12\n"
                    "    command: sh -c 'mkdir /x && chown 1 /x'\n",
                ),
            )
        ),
        Example((("Dockerfile", "FROM debian:12\nCMD migrate && gunicorn app\n"),)),
        Example(
            (
                (
                    "compose.yml",
                    "services:\n  web:\n    image: debian:12\n"
                    "    command: bash -c 'while !</dev/tcp/db/80; do sleep 1; done; uwsgi'\n",
                ),
            )
        ),
        Example(
            (
                (
                    "compose.yml",
                    "services:\n  buckets:\n    image: debian:12\n"
                    "    entrypoint: sh -c './buckets.sh; ./policies.sh; exit 0'\n",
                ),
            )
        ),
        Example(
            (
                (
                    "compose.yml",
                    "services:\n  web:\n    image: debian:12\n    depends_on:\n      setup:\n"
                    "        condition: service_completed_successfully\n"
                    "  setup:\n    image: debian:12\n    command: sh -c 'cd /x; ./setup.sh'\n",
                ),
            )
        ),
        Example(
            (
                ("Dockerfile", 'FROM debian:12\nCOPY . /app\nCMD ["supervisord", "-n"]\n'),
                (
                    "supervisord.conf",
                    "[supervisord]\nnodaemon=true\n[program:x]\n"
                    "command=sh -c 'cd /app && gunicorn app:app'\n",
                ),
            )
        ),
    ),
    evidence=("airflow-helm/charts#428",),
)
