"""uWSGI's master takes SIGTERM for an order to reload."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supervisor.doctor.finding import CRITICAL, INFO, LOW, MEDIUM, Edit, Finding
from supervisor.doctor.house.waiting import killed
from supervisor.doctor.rule import Example, Rule
from supervisor.doctor.servers.uwsgi import RELOAD
from supervisor.doctor.services.hearing import for_path, hears

if TYPE_CHECKING:
    from collections.abc import Iterator

    from supervisor.doctor.house.house import House
    from supervisor.doctor.servers.uwsgi import Uwsgi

HOOK = "hook-master-start = unix_signal:15 gracefully_kill_them_all"


def check(house: House) -> Iterator[Finding]:
    """Look at every uWSGI with a master."""
    for uwsgi in house.uwsgis:
        service = uwsgi.service
        half = uwsgi.half
        read = half or uwsgi
        if read.variant != RELOAD or 15 in read.hooks:
            continue
        if service is not None and service.signal != "SIGTERM":
            continue
        if service is not None and not _blocked(uwsgi) and not hears(service):
            continue  # a script decides what uWSGI is sent
        found = _finding(read, house)
        unless = f"{found.why} Unless a file or a variable that is not here says otherwise."
        yield found.replace(severity=INFO, why=unless, edits=()) if half else found


def _blocked(uwsgi: Uwsgi) -> bool:
    chain = uwsgi.service.chain if uwsgi.service else None
    return uwsgi.untold or (chain is not None and chain.blocked is not None)


def _finding(uwsgi: Uwsgi, house: House) -> Finding:
    ends = killed(uwsgi.service.grace) if uwsgi.service else "killed at the end of the grace"
    late = _blocked(uwsgi)
    place = uwsgi.mastered or uwsgi.section or uwsgi.place
    severity = LOW if late else CRITICAL if uwsgi.service else MEDIUM
    return Finding(
        "uwsgi-sigterm-reload",
        for_path(place.path, severity) if uwsgi.service is None else severity,
        place,
        f"{'Once it is told of a stop' if late else 'At SIGTERM'}, its master kills the requests"
        f" under way, starts new workers, and is itself {ends}.",
        f"Add `{HOOK}` to its ini.",
        _edits(uwsgi, house),
        (f"{uwsgi.place}: runs it",) if uwsgi.service else (),
    )


def _edits(uwsgi: Uwsgi, house: House) -> tuple[Edit, ...]:
    place = uwsgi.editable("master")
    if place is None:
        return ()
    return (Edit(place, f"{house.line(place)}\n{HOOK}"),)


DOCKERFILE = 'FROM python:3.11-slim\nWORKDIR /app\nCOPY . .\nCMD ["uwsgi", "--ini", "uwsgi.ini"]\n'


def _script(text: str) -> tuple[tuple[str, str], ...]:
    dockerfile = 'FROM python:3.11-slim\nCOPY . /\nENTRYPOINT ["/run.sh"]\n'
    return (("Dockerfile", dockerfile), ("run.sh", text))


def _files(ini: str, dockerfile: str = DOCKERFILE) -> tuple[tuple[str, str], ...]:
    return (("Dockerfile", dockerfile), ("uwsgi.ini", ini))


RULE = Rule(
    id="uwsgi-sigterm-reload",
    severity=CRITICAL,
    title="uWSGI reloads at SIGTERM instead of stopping",
    why=(
        "Without `die-on-term`, `exit-on-reload` or a hook, the master of uWSGI 2.0 takes SIGTERM"
        " for an order to reload: measured, the request under way was cut, new workers were"
        " started, and the container was killed with 137 at the end of its grace period."
    ),
    fix=f"Add `{HOOK}`; `die-on-term` ends in time, but cuts requests.",
    check=check,
    bad=(
        Example(
            _files("[uwsgi]\nmodule = app\nmaster = true\n"),
            at="uwsgi.ini:3",
            fixed=f"[uwsgi]\nmodule = app\nmaster = true\n{HOOK}\n",
        ),
        Example(
            _files("", 'FROM python:3.11-slim\nCMD ["uwsgi", "-M", "--http", ":80"]\n'),
            at="Dockerfile:2",
        ),
        Example(
            (("conf/uwsgi.ini", "[uwsgi]\nmodule = app\nmaster\n"),),
            at="conf/uwsgi.ini:3",
            severity=MEDIUM,
        ),
        Example(
            (("run.sh", "#!/bin/sh\nexec gosu www uwsgi --http :80 \\\n  --stats :1 -w app\n"),),
            at="run.sh:2",
            severity=MEDIUM,
        ),
        Example(
            (
                ("Dockerfile", "FROM python:3.11-slim\nCOPY . .\nCMD ./start.sh\n"),
                ("uwsgi.ini", "[uwsgi]\nmodule = app\nstats = :1\n"),
                ("start.sh", "#!/bin/sh\nuwsgi uwsgi.ini\n"),
            ),
            at="uwsgi.ini:3",
            severity=LOW,
        ),
        Example(
            (
                ("Dockerfile", 'FROM python:3.11-slim\nCOPY . .\nCMD ["./cmd.sh"]\n'),
                (
                    "cmd.sh",
                    "#!/bin/sh\nif [ $DEV ]; then\n  exec uwsgi -M --http :80\nfi\n"
                    "exec uwsgi --http :80\n",
                ),
            ),
            at="cmd.sh:3",
            severity=MEDIUM,
        ),
        *(
            Example(_script(f"#!/bin/bash\n{first}\nexec {then}\n"), at="run.sh:3")
            for first, then in (
                ("O='-w app --master'", "uwsgi $O"),
                ("A=(-w app); A+=(--master)", 'uwsgi "${A[@]}"'),
                ("true", "uwsgi ${UWSGI_OPTS:--w app --master}"),
                ("set -- uwsgi -w app --master", '"$@"'),
                ("export UWSGI_MASTER=1", "uwsgi -w app"),
                ('if [ ! "$UWSGI_MASTER" ]; then UWSGI_MASTER=1; fi; export UWSGI_MASTER', "uwsgi"),
                ('O=-M; [ $P ] && O="$O -p $P"', "uwsgi -w app $O"),
            )
        ),
        Example(
            (("run.sh", "#!/bin/sh\nexec uwsgi -M --http :80 --ini /x.ini $OPTIONS\n"),),
            at="run.sh:2",
            severity=INFO,
        ),
        Example(
            (("uwsgi.ini", "[uwsgi]\nini = base.ini\nmaster = true\n"),),
            at="uwsgi.ini:3",
            severity=INFO,
        ),
        Example(
            (
                (
                    "Dockerfile",
                    'FROM python:3.11-slim\nCOPY . /\nCMD ["uwsgi", "--yaml", "/a.yaml"]\n',
                ),
                ("a.yaml", "uwsgi:\n  module: app\n  master: true\n"),
            ),
            at="a.yaml:3",
            by_hand=True,
        ),
        Example(
            (("uwsgi.xml", "<uwsgi>\n  <module>app</module>\n  <master/>\n</uwsgi>\n"),),
            at="uwsgi.xml:3",
            severity=MEDIUM,
            by_hand=True,
        ),
        Example(
            _files("[uwsgi]\nmodule = app\nmaster = $(MASTER)\n"),
            at="uwsgi.ini:3",
            severity=INFO,
            by_hand=True,
        ),
        Example(
            _files("[uwsgi]\nmaster = 1\nif-not-env = DEV\nset = die-on-term=0\nendif =\n"),
            at="uwsgi.ini:2",
            severity=INFO,
            by_hand=True,
        ),
    ),
    good=(
        Example(
            (
                ("Dockerfile", 'FROM python:3.11-slim\nCOPY . /\nCMD ["uwsgi", "/a.json"]\n'),
                ("a.json", '{"uwsgi": {"master": true, "exit-on-reload": true}}\n'),
            )
        ),
        Example(
            (
                (
                    "uwsgi.yml",
                    "uwsgi:\n  master: true\n"
                    '  hook-master-start: "unix_signal:15 gracefully_kill_them_all"\n',
                ),
            )
        ),
        Example(_files(f"[uwsgi]\nmaster = true\n{HOOK}\n")),
        Example(_files("[uwsgi]\nmaster = true\ndie-on-term = true\n")),
        Example(_files("[uwsgi]\nmaster = false\n")),
        Example(_files("[uwsgi]\nmaster = 1\n", f"{DOCKERFILE}STOPSIGNAL SIGINT\n")),
        Example(_files("[uwsgi]\nmaster = 1\n", f"{DOCKERFILE}ENV UWSGI_DIE_ON_TERM=1\n")),
        Example((("run.sh", "#!/bin/sh\nexec uwsgi --http :80 -M --die-on-term\n"),)),
        Example(_script("#!/bin/sh\nexport UWSGI_DIE_ON_TERM=1\nexec uwsgi -M\n")),
        Example(
            _script('#!/bin/sh\nO=-M\nif [ $A ]; then O="$O --die-on-term"; fi\nexec uwsgi $O\n')
        ),
        Example(
            (
                (
                    "run.sh",
                    "#!/bin/sh\ntrap 'echo q > /tmp/f; wait $P' TERM\n"
                    "uwsgi -M --http :80 --master-fifo /tmp/f & P=$!\nwait $P\n",
                ),
            )
        ),
        Example(
            (
                ("Dockerfile", 'FROM python:3.11-slim\nCOPY . .\nCMD ["./run.sh"]\n'),
                (
                    "run.sh",
                    "#!/bin/sh\ntrap 'echo q > /tmp/f; wait $P' TERM\n"
                    "uwsgi -M --http :80 --master-fifo /tmp/f & P=$!\nwait $P\n",
                ),
            )
        ),
    ),
    evidence=("unbit/uwsgi#849", "searxng/searxng#3429", "h2oai/h2o-3#2169"),
)
