"""A wrapper in front of the program that does not pass the stop on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from supervisor.doctor.commands.role import ENDS, SERVER, role
from supervisor.doctor.commands.wrapping import base, peel
from supervisor.doctor.finding import HIGH, INFO, Finding
from supervisor.doctor.house.started import Started, started
from supervisor.doctor.house.waiting import cut
from supervisor.doctor.knowledge.shells import DASH
from supervisor.doctor.knowledge.wrappers import EXECS, SWALLOWS
from supervisor.doctor.rule import Example, Rule
from supervisor.doctor.services.program import SHELL

if TYPE_CHECKING:
    from collections.abc import Iterator

    from supervisor.doctor.house.house import House
    from supervisor.doctor.scripts.shellfacts import Run
    from supervisor.doctor.services.program import Link

RUNNERS: Final = ("npm", "yarn", "pnpm")
DESK: Final = ("dev", "develop", "watch")
SERVING: Final = ("start", "serve", "dev", "server", "watch", "develop", "preview", "worker")
MANY: Final = ("xargs", "find")  # they mostly do something to files, and end
CERTAIN: Final = ("conda", "mamba", "micromamba")  # not measured here, but well known
DIRECT: Final = (
    'Start the program itself: `["node", "server.js"]`; or write `exec` in its script in'
    " package.json."
)
FIX: Final = "Start the program itself, by its path in the environment, with `exec` in a script."


def check(house: House) -> Iterator[Finding]:
    """Look at the main commands of images, services and scripts."""
    for one in started(house):
        if one.all_told or (one.service is not None and one.service.platform.all):
            continue  # the program hears it anyway
        name = base(one.argv[0])
        found = _runner(one, name) if name in RUNNERS else _wrapper(one, name)
        if found is not None:
            yield found


def _wrapper(one: Started, name: str) -> Finding | None:
    peeled = peel(one.argv)
    if peeled is None or peeled.does != SWALLOWS or not (peeled.inner or peeled.line):
        return None
    does = role(peeled.inner) if peeled.inner else SERVER
    if does == ENDS or (name in MANY and does != SERVER):
        return None
    whole = "the whole grace period, then KILL cuts what still runs"
    lasts = cut(one.service.grace) if one.service else whole
    known = peeled.wrapper.measured or name in CERTAIN
    what = "does not pass SIGTERM on" if known else "may not pass SIGTERM on"
    return Finding(
        "wrapper-swallows-term",
        one.severity(HIGH) if known else INFO,
        one.place,
        f"`{name}` stays in front of the program and {what}: the stop lasts {lasts}.",
        FIX,
    )


def _runner(one: Started, name: str) -> Finding | None:
    """`npm start`: it tells the shell of the script, and that tells nobody."""
    words = [word for word in one.argv[1:] if not word.startswith("-")]
    named = words[1:] if words[:1] in (["run"], ["run-script"]) else words
    script = named[0].partition(":")[0] if named else ""
    if script not in SERVING and role(one.argv) != SERVER:
        return None
    below = _shell_below(one)
    turns = below is not None and below.does == EXECS
    if turns and any(run.execs for run in _runs(below)):
        return None  # an `exec` in the script repairs it
    sure = name == "npm" and not turns and one.service is not None and one.service.sh == DASH
    why = f"At SIGTERM `{name}` may leave the program behind untold, and what it was doing is cut."
    if sure:
        why = (
            "At SIGTERM `npm` tells the shell that it has started, not the program, and ends with"
            " exit code 1: what the program was doing is cut."
        )
    severity = one.severity(HIGH) if sure and script not in DESK else INFO
    return Finding("wrapper-swallows-term", severity, one.place, why, DIRECT)


def _shell_below(one: Started) -> Link | None:
    """Return the shell that runs the script of package.json, if that is in the tree."""
    chain = one.service.chain if one.service else None
    shells = chain.all(SHELL) if chain else ()
    return next((link for link in shells if link.place.path.endswith("package.json")), None)


def _runs(link: Link | None) -> tuple[Run, ...]:
    return link.facts.runs if link and link.facts else ()


def _files(
    command: str, base_image: str = "debian:12", package: str = ""
) -> tuple[tuple[str, str], ...]:
    made = (("Dockerfile", f"FROM {base_image}\nCMD {command}\n"),)
    return (*made, ("package.json", package)) if package else made


RULE = Rule(
    id="wrapper-swallows-term",
    severity=HIGH,
    title="A wrapper does not pass SIGTERM on",
    why=(
        "hatch, conda run, xvfb-run, unbuffer, flock, xargs, strace and `setsid -w` stay in front"
        " of the program and keep SIGTERM to themselves: measured, the stop took the whole grace"
        " period and ended with 137. npm 9 tells the shell of its script, which leaves the program"
        " behind; it was cut, and npm ended with 1."
    ),
    fix=FIX,
    check=check,
    bad=(
        Example(_files('["xvfb-run", "-a", "./serve"]'), at="Dockerfile:2"),
        Example(_files('["conda", "run", "-n", "x", "gunicorn", "app"]'), at="Dockerfile:2"),
        Example(_files('["npm", "start"]', "node:20-slim"), at="Dockerfile:2"),
        Example(_files('["npm", "start"]', "node:20-alpine"), at="Dockerfile:2", severity=INFO),
        Example(_files('["yarn", "start"]', "node:20"), at="Dockerfile:2", severity=INFO),
        Example(
            (
                ("Dockerfile", 'FROM debian:12\nCOPY s.sh /\nCMD ["/s.sh"]\n'),
                ("s.sh", "#!/bin/sh\n./migrate\nexec flock /run/lock gunicorn app\n"),
            ),
            at="s.sh:3",
        ),
    ),
    good=(
        Example(_files('["poetry", "run", "gunicorn", "app"]')),
        Example(_files('["uv", "run", "gunicorn", "app"]')),
        Example(_files('["newrelic-admin", "run-program", "gunicorn", "app"]')),
        Example(_files('["npm", "run", "build"]', "node:20-slim")),
        Example(_files('["dumb-init", "npm", "start"]', "node:20-slim")),
        Example(
            _files('["npm", "start"]', "node:20", '{"scripts": {\n"start": "exec node a.js"}}')
        ),
        Example(
            (
                ("Dockerfile", 'FROM debian:12\nCOPY s.sh /\nCMD ["/s.sh"]\n'),
                ("s.sh", "#!/bin/sh\nfind . -exec chown x {} +\nflock /l ls\nexec gunicorn app\n"),
            )
        ),
        Example((("Procfile", "web: npm start\n"),)),
    ),
    evidence=("conda/conda#10351", "astral-sh/uv#6724", "astral-sh/uv#8761"),
)
