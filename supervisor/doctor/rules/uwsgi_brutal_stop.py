"""A uWSGI that ends in time, and cuts its requests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supervisor.doctor.finding import HIGH, INFO, LOW, MEDIUM, Edit, Finding
from supervisor.doctor.house.granting import after
from supervisor.doctor.rule import Example, Rule
from supervisor.doctor.servers.uwsgi import DIE, GRACEFULLY, HOOK
from supervisor.doctor.services.hearing import for_path, hears

if TYPE_CHECKING:
    from collections.abc import Iterator

    from supervisor.doctor.finding import Place
    from supervisor.doctor.house.house import House
    from supervisor.doctor.servers.uwsgi import Uwsgi
    from supervisor.doctor.services.service import Service

LINE = f"hook-master-start = unix_signal:15 {GRACEFULLY}"
FIX = f"Add `{LINE}` to its ini (it wins over `die-on-term`), and stop it by SIGTERM."


def check(house: House) -> Iterator[Finding]:
    """Look at `die-on-term` without a hook, and at stop signals for which there is none."""
    for uwsgi in house.uwsgis:
        service = uwsgi.service
        signal = service.signal if service else "SIGTERM"
        if service is not None and not (hears(service) or _blocked(service)):
            continue  # a script decides what uWSGI is sent
        half = uwsgi.half
        read = half or uwsgi
        if signal == "SIGTERM" and read.variant == DIE and 15 not in read.hooks:
            place = read.where("die-on-term") or read.place
            found = _finding(read, place, signal, _edits(read, house))
            unless = f"{found.why} Unless a file or a variable that is not here says otherwise."
            yield found.replace(severity=INFO, why=unless, edits=()) if half else found
        elif signal in ("SIGINT", "SIGQUIT") and uwsgi.master and service is not None:
            if (2 if signal == "SIGINT" else 3) in uwsgi.hooks:
                continue
            image = service.image.stop_signal_place if service.image else None
            found = _finding(uwsgi, service.stop_signal_place or image or uwsgi.place, signal)
            yield found.replace(severity=INFO) if uwsgi.unsure else found


def _blocked(service: Service) -> bool:
    return service.chain is not None and service.chain.blocked is not None


def _finding(uwsgi: Uwsgi, place: Place, signal: str, edits: tuple[Edit, ...] = ()) -> Finding:
    service = uwsgi.service
    late = uwsgi.untold or (service is not None and not hears(service))
    severity = LOW if late else HIGH if service else MEDIUM
    return Finding(
        "uwsgi-brutal-stop",
        for_path(place.path, severity),
        place,
        f"{'Once it is told, it' if late else 'It'} stops at {signal} within a second and exits"
        " with 0, but every request under way is cut.",
        f"Stop it by SIGTERM: {_has(uwsgi)}." if signal != "SIGTERM" else FIX,
        edits,
        (f"{uwsgi.place}: runs it",) if service else (),
    )


def _has(uwsgi: Uwsgi) -> str:
    return "its hook waits for requests" if uwsgi.variant == HOOK else f"with `{LINE}` in its ini"


def _edits(uwsgi: Uwsgi, house: House) -> tuple[Edit, ...]:
    place = uwsgi.editable("die-on-term")
    return after(house, place, LINE) if place else ()


DOCKERFILE = 'FROM python:3.11-slim\nWORKDIR /app\nCOPY . .\nCMD ["uwsgi", "--ini", "uwsgi.ini"]\n'


def _files(ini: str, dockerfile: str = DOCKERFILE) -> tuple[tuple[str, str], ...]:
    return (("Dockerfile", dockerfile), ("uwsgi.ini", ini))


RULE = Rule(
    id="uwsgi-brutal-stop",
    severity=HIGH,
    title="uWSGI stops at once and cuts its requests",
    why=(
        "`die-on-term`, SIGINT and SIGQUIT end uWSGI's master and workers at once: measured with"
        " a request of 2 s under way, the stop took 0.2 to 1.2 s, the exit code was 0, and the"
        " request was cut. With the hook it took 2.2 s and the request was answered."
    ),
    fix=FIX,
    check=check,
    bad=(
        Example(
            _files("[uwsgi]\nmaster = true\ndie-on-term = true\nmodule = app\n"),
            at="uwsgi.ini:3",
            fixed=f"[uwsgi]\nmaster = true\ndie-on-term = true\n{LINE}\nmodule = app\n",
        ),
        Example(
            _files(f"[uwsgi]\nmaster = 1\n{LINE}\n", f"{DOCKERFILE}STOPSIGNAL SIGINT\n"),
            at="Dockerfile:5",
        ),
        Example(
            (("uwsgi.ini", "[uwsgi]\nmaster\ndie-on-term\nmodule = app\n"),),
            at="uwsgi.ini:3",
            severity=MEDIUM,
        ),
        Example(
            (("run.sh", "#!/bin/sh\nuwsgi --http :80 -M \\\n  --die-on-term -w app\n"),),
            at="run.sh:2",
            severity=LOW,
        ),
        Example(
            (("run.sh", "#!/bin/sh\nexec uwsgi --http :80 -M --die-on-term -w app\n"),),
            at="run.sh:2",
            severity=MEDIUM,
        ),
        Example(
            (("dev/uwsgi.ini", "[uwsgi]\nmaster\ndie-on-term\nmodule = app\n"),),
            at="dev/uwsgi.ini:3",
            severity=LOW,
        ),
        Example(
            (("run.sh", "#!/bin/sh\nexec uwsgi --ini /x.ini -M --die-on-term $MORE\n"),),
            at="run.sh:2",
            severity=INFO,
        ),
        Example(
            (
                ("u.service", "[Service]\nExecStart=uwsgi --ini /srv/u.ini\nKillSignal=SIGQUIT\n"),
                ("u.ini", "[uwsgi]\nmaster = true\nmodule = app\n"),
            ),
            at="u.service:3",
        ),
        Example(
            _files("[uwsgi]\nmaster = true\ndie-on-term = $(DIE)\n"),
            at="uwsgi.ini:3",
            severity=INFO,
            by_hand=True,
        ),
    ),
    good=(
        Example(
            (
                ("u.service", "[Service]\nExecStart=uwsgi --ini /srv/u.ini\nKillMode=mixed\n"),
                ("u.ini", f"[uwsgi]\nmaster = true\nmodule = app\n{LINE}\n"),
            )
        ),
        Example(
            (
                (
                    "uwsgi.ini.tpl",
                    "[uwsgi]\nmaster\ndie-on-term\n"
                    f"hook-master-start = unix_signal:15\t# {GRACEFULLY}\n",
                ),
            )
        ),
        Example(_files(f"[uwsgi]\nmaster = true\ndie-on-term = true\n{LINE} # orderly\n")),
        Example(_files("[uwsgi]\nmaster = true\n")),
        Example(_files("[uwsgi]\nmaster = false\ndie-on-term = true\n")),
    ),
    evidence=(
        *("unbit/uwsgi#2240", "unbit/uwsgi#1795", "unbit/uwsgi#2656"),
        "tiangolo/uwsgi-nginx-docker#30",
    ),
)
