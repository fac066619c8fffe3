"""A server that goes to the background by itself, with something else in front."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from supervisor.doctor.commands.daemon import bare, daemonized
from supervisor.doctor.commands.role import is_shell
from supervisor.doctor.commands.wrapping import base, program_of
from supervisor.doctor.finding import HIGH, INFO, LOW, MEDIUM, Finding, Place
from supervisor.doctor.house.standing import Standing, called, standings
from supervisor.doctor.house.supervisords import contained, stays
from supervisor.doctor.house.uwsgis import Beside
from supervisor.doctor.knowledge.daemons import HELPERS
from supervisor.doctor.platforms.supervising import supervised
from supervisor.doctor.reading.shellnodes import Loop, Simple
from supervisor.doctor.rule import Example, Rule
from supervisor.doctor.scripts.shellfacts import BACKGROUND, EXEC
from supervisor.doctor.scripts.shellwalk import facts_of
from supervisor.doctor.services.hearing import for_path
from supervisor.doctor.services.service import SUPERVISORD

if TYPE_CHECKING:
    from collections.abc import Iterator

    from supervisor.doctor.house.house import House
    from supervisor.doctor.platforms.supervising import Supervised
    from supervisor.doctor.scripts.shellfacts import Run, ShellFacts

    Gone = tuple[str, tuple[str, ...], Place]

FIX = "Run it in the foreground, in a container of its own; or both under a supervisor."
SCRIPTS = (".sh", ".bash")
MACHINE = re.compile(
    r"/home/(?!app/|docker)\w|^user\s*=\s*(?:ubuntu|ec2-user|vagrant|deploy|pi)\b", re.M
)
WEB = ("nginx", "openresty")


def check(house: House) -> Iterator[Finding]:
    """Look at commands that leave the script that starts them."""
    off = any("daemon off" in one.text for one in house.of_kind("nginx", "dockerfile", "shell"))
    started = False  # a supervisord, by a script that stays
    for one in standings(house):
        if one.handles or one.all_told:
            continue
        found = [*_daemons(one.facts, off=off), *_by_scripts(one, house, off=off)]
        found += _supervisords(one, house)
        gone = [argv for _, argv, _ in found]
        front = [run for run in one.facts.mains if run.argv not in gone]
        loops = [each for each in one.facts.script.body if isinstance(each, Loop) and _idles(each)]
        if not front and not loops:
            continue
        what = f"`{one.named(front[-1])}`" if front else "the loop"
        started = started or any(name == "supervisord" for name, _, _ in found)
        for name, _, place in found:
            helper = name in HELPERS
            yield Finding(
                "daemonized-main",
                one.severity(INFO if helper else HIGH),
                place,
                f"`{called(name)}` goes to the background, where nobody tells it of a stop"
                f" or sees it fail: it is killed when {what} in front has ended, whatever it is"
                " doing.",
                FIX,
                (),
                one.by,
            )

    yield from _programs(house, off=off)
    yield from () if started else _alone(house)


def _alone(house: House) -> Iterator[Finding]:
    """Look at configurations of supervisord that nothing in the tree runs."""
    left = [
        one
        for one in house.supervised
        if one.service is None and one.section and one.programs and not one.nodaemon
    ]
    if not left or stays(house):
        return
    for one in left:
        said = one.section.get("nodaemon") if one.section else None
        sure = contained(house, one)
        place = said.place if said else one.place
        if place is not None and (sure or (said is not None and not _of_machine(one))):
            yield Finding(
                "daemonized-main",
                for_path(place.path, LOW if sure else INFO),
                place,
                "Unless it is started with `-n`, this supervisord goes to the background: what"
                " stands in front of it in a container gets the stop, and its programs are killed.",
                "Write `nodaemon=true`, and let it be the container's command.",
            )


def _of_machine(found: Supervised) -> bool:
    """Tell whether its programs run as somebody who has a home, as on a machine of its own."""
    return bool(MACHINE.search(found.source.text))


def _programs(house: House, *, off: bool) -> Iterator[Finding]:
    """Look at programs of supervisord's, which has lost what leaves it."""
    for service in house.services:
        chain = service.chain
        if service.kind != SUPERVISORD or chain is None or service.cmd is None:
            continue
        argv = chain.main.argv
        known = daemonized(argv)
        maybe = _web(argv) and not off and not set(argv[1:]) & {"-t", "-s", "-v", "daemon off;"}
        if known is None and not maybe:
            continue
        unless = "" if known else "Unless its configuration keeps it in front, "
        severity = HIGH if known and service.parent else MEDIUM if known else INFO
        place = service.cmd.place
        yield Finding(
            "daemonized-main",
            INFO if known and known.helper else for_path(place.path, severity),
            place,
            f"{unless}`{called(known.name if known else base(argv[0]))}` goes to the background:"
            " supervisord takes it for ended, tells it of no stop, and starts another one.",
            "Run it in the foreground.",
        )


def _supervisords(one: Standing, house: House) -> Iterator[Gone]:
    """Return the supervisords whose configuration, which is in the tree, sends them away."""
    for run in one.facts.mains:
        argv = bare(run.argv)
        if run.how in (BACKGROUND, EXEC) or program_of(argv)[0] != "supervisord":
            continue
        around = house.around(one.service) if one.service else Beside(house.files, run.place.path)
        found = supervised(one.service, argv, house.files, around)
        if found is None and _goes_on(run):
            yield "supervisord", run.argv, run.place
        if found is not None and found.section is not None and not found.nodaemon:
            yield "supervisord", run.argv, run.place


def _goes_on(run: Run) -> bool:
    """Tell whether something is started behind it: who wrote that does not wait for it."""
    stays = any(re.fullmatch(r"-[a-z]{0,3}n[a-z]{0,3}|--nodaemon", word) for word in run.argv)
    return not stays and not run.last and not run.path


def _web(argv: tuple[str, ...]) -> bool:
    return bool(argv) and base(argv[0]) in WEB


def _idles(loop: Loop) -> bool:
    """Tell whether a loop only looks on: `while true`, `while sleep 60`."""
    asked = loop.condition[:1] if loop.kind == "while" and len(loop.condition) == 1 else ()
    return loop.endless or any(isinstance(one, Simple) and one.name == "sleep" for one in asked)


def _by_scripts(one: Standing, house: House, *, off: bool) -> Iterator[Gone]:
    """Return what the scripts send away that this one calls before its main program."""
    around = house.around(one.service) if one.service is not None else None
    for _, argv in one.facts.ending if around is not None else ():
        word = argv[1] if is_shell(argv) and argv[1:] else argv[0]
        source = around.file(word) if around and word.endswith(SCRIPTS) else None
        script = around.script(source) if around and source is not None else None
        if script is not None:
            yield from _daemons(facts_of(script), off=off)


def _daemons(facts: ShellFacts, *, off: bool) -> Iterator[Gone]:
    """Return what goes to the background; nginx if nothing in the tree keeps it in front."""
    commands = [(run.argv, run.place, run.how == BACKGROUND) for run in facts.runs]
    commands += [(argv, place, False) for place, argv in facts.ending]
    for argv, place, behind in commands:
        known = daemonized(argv)
        if known is not None:
            yield known.name, argv, place
        elif _web(argv) and not off and not behind and not set(argv[1:]) & {"-t", "-s", "-v"}:
            yield base(argv[0]), argv, place


def _files(script: str) -> tuple[tuple[str, str], ...]:
    return (
        ("Dockerfile", 'FROM python:3.11-slim\nCOPY start.sh /\nENTRYPOINT ["/start.sh"]\n'),
        ("start.sh", script),
    )


RULE = Rule(
    id="daemonized-main",
    severity=HIGH,
    title="The server runs as a daemon behind something else",
    why=(
        "A program that daemonizes leaves PID 1's view: a stop is told to what stands in front, and"
        " when that ends, or the grace period does, the kernel kills the server with its requests"
        " (measured for children in the background: cut at once, or 137 after the whole grace)."
    ),
    fix=FIX,
    check=check,
    bad=(
        Example(
            (("Dockerfile", "FROM debian\nCMD service apache2 start && tail -f /x\n"),),
            at="Dockerfile:2",
        ),
        Example(_files("#!/bin/sh\nnginx\nexec gunicorn app\n"), at="start.sh:2"),
        Example(
            (
                ("Dockerfile", 'FROM debian:12\nCOPY . /\nCMD ["sh", "-c", "/up.sh && exec x"]\n'),
                ("up.sh", "#!/bin/sh\ncelery -A tasks worker -D\n"),
            ),
            at="up.sh:2",
        ),
        Example(_files("#!/bin/sh\ngunicorn -D app\nnginx -g 'daemon off;'\n"), at="start.sh:2"),
        Example(
            _files(
                "#!/bin/bash\nphp-fpm -D\nwhile sleep 60; do\n  pgrep php-fpm || exit 1\ndone\n"
            ),
            at="start.sh:2",
        ),
        Example(
            _files("#!/bin/sh\nservice cron start\nexec gunicorn app\n"),
            at="start.sh:2",
            severity=INFO,
        ),
        Example(
            (
                *_files("#!/bin/sh\nsupervisord -c /etc/s.conf\ntail -f /x.log\n"),
                ("etc/s.conf", "[supervisord]\nnodaemon = false\n[program:w]\ncommand=./w\n"),
                ("Dockerfile", 'FROM debian\nCOPY start.sh /\nCOPY etc /etc\nCMD ["/start.sh"]\n'),
            ),
            at="start.sh:2",
        ),
        Example(_files("#!/bin/sh\nsupervisord -c /etc/s.conf\ntail -f /x.log\n"), at="start.sh:2"),
        Example(
            (("w.conf", "[program:w]\ncommand=/v/bin/celery multi start w1 -A a\n"),),
            at="w.conf:2",
            severity=MEDIUM,
        ),
        Example(
            (("w.conf", "[program:w]\ncommand=gunicorn --daemon a:app\n"),),
            at="w.conf:2",
            severity=MEDIUM,
        ),
        Example(
            (("w.conf", "[program:w]\ncommand=/usr/sbin/nginx\n"),), at="w.conf:2", severity=INFO
        ),
        Example(
            (("s.conf", "[supervisord]\nnodaemon=false\n[program:w]\ncommand=./w\n"),),
            at="s.conf:2",
            severity=INFO,
        ),
        Example(
            (("docker/s.conf", "[supervisord]\nuser=root\n[program:w]\ncommand=./w\n"),),
            at="docker/s.conf:1",
            severity=LOW,
        ),
    ),
    good=(
        Example((("s.conf", "[supervisord]\nuser=root\n[program:w]\ncommand=./w\n"),)),
        Example((("s.conf", "[supervisord]\nnodaemon=false\n[program:w]\ncommand=/home/me/w\n"),)),
        Example((("docker/s.conf", "[program:w]\ncommand=./w\nstdout_logfile=/dev/stdout\n"),)),
        Example(
            (
                ("docker/s.conf", "[supervisord]\nnodaemon=false\n[program:w]\ncommand=./w\n"),
                ("run.sh", "#!/bin/sh\nexec supervisord -c /etc/s.conf -n\n"),
            )
        ),
        Example(_files("#!/bin/sh\nexec nginx -g 'daemon off;'\n")),
        Example(_files("#!/bin/sh\nnginx &\nexec gunicorn app\n")),  # bg-no-forward
        Example(_files("#!/bin/sh\nexec httpd -DFOREGROUND\n")),
        Example(_files("#!/bin/sh\nsupervisord -n -c /etc/s.conf\ntail -f /x.log\n")),
        Example(_files("#!/bin/sh\n./migrate\nsupervisord -c /etc/s.conf\n")),
        Example((("w.conf", "[program:w]\ncommand=/usr/sbin/nginx -g 'daemon off;'\n"),)),
        Example((("w.conf", "[program:w]\ncommand=celery -A a worker\n"),)),
        Example(
            (
                *_files("#!/bin/sh\nsupervisord -c /etc/s.conf\ntail -f /x.log\n"),
                ("etc/s.conf", "[supervisord]\nnodaemon = true\n[program:w]\ncommand=./w\n"),
                ("Dockerfile", 'FROM debian\nCOPY start.sh /\nCOPY etc /etc\nCMD ["/start.sh"]\n'),
            )
        ),
        Example(
            (
                ("nginx.conf", "daemon off;\nevents {}\nhttp { server { listen 80; } }\n"),
                *_files("#!/bin/sh\nnginx &\nexec gunicorn app\n"),
            )
        ),
        Example(_files("#!/bin/sh\nnginx -t\nhaproxy -W -db -f /x\n")),
    ),
)
