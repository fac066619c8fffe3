"""A program as PID 1 that has no handler for the stop signal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from supervisor.doctor.finding import HIGH, INFO, Finding
from supervisor.doctor.house.alone import alone
from supervisor.doctor.house.pythonmain import HANDLING, handles, python_mains, speaks_of_signals
from supervisor.doctor.knowledge.servers import HANGS, NO_HANDLER, graceful, reaction
from supervisor.doctor.knowledge.shells import ASH, DASH
from supervisor.doctor.rule import Example, Rule
from supervisor.doctor.services.hearing import for_path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from supervisor.doctor.house.house import House
    from supervisor.doctor.services.service import Service

CRONS: Final = {"cron": DASH, "crond": ASH}  # those of other systems were not measured
OTHERS: Final = ("idle", "invoke")  # tail-keepalive and wrapper-swallows-term tell of them
NAMES: Final = {"flask": "flask's own server", "waitress": "waitress", "http.server": "http.server"}
FIX: Final = "Give it a handler for SIGTERM, or an init (`init: true`, tini) right in front of it."


def check(house: House) -> Iterator[Finding]:
    """Look at programs that are PID 1 with nobody in front."""
    for server in house.servers:
        link, signal = alone(server.service), server.service.signal
        does = reaction(server.variant, signal)
        if link is None or does is None or does.ends != HANGS or server.variant in OTHERS:
            continue
        if graceful(server.name):
            continue  # it has a handler, for another signal: stopsignal-mismatch
        if link.source is not None and speaks_of_signals(house, link.source):
            continue
        yield _finding(server.service, NAMES.get(server.variant, server.variant), HIGH)
    for service in house.services:
        link = alone(service)
        if link is None or service.signal != "SIGTERM":
            continue
        if link.name in NO_HANDLER and link.name in CRONS:
            sure = service.sh == CRONS[link.name]
            yield _finding(service, link.name, HIGH if sure else INFO)
        elif link.name in ("node", "nodejs") and link.argv[1:] and service.image is not None:
            yield _finding(service, link.name, INFO)
    yield from _python(house)


def _python(house: House) -> Iterator[Finding]:
    """Look at Python programs that last; a module that nobody knows could set a handler."""
    served = {one.service.place for one in house.servers}
    for main in python_mains(house):
        service = main.service
        if alone(service) is None or service.signal != "SIGTERM" or service.place in served:
            continue
        if not main.told or main.strange & HANDLING or not main.lasts:
            continue
        if not handles(house, main):
            yield _finding(service, main.link.name, INFO if main.strange else HIGH)


def _finding(service: Service, name: str, severity: str) -> Finding:
    chain = service.chain
    place = chain.main.place if chain else service.place
    unless = "Unless its script, or what that imports, has a handler, " if severity == INFO else ""
    who = f"{unless}`{name}`"
    return Finding(
        "pid1-no-handler",
        severity if severity == INFO else for_path(place.path, severity),
        place,
        f"{who} is PID 1 and never hears {service.signal}: each stop lasts the whole grace period"
        f" ({service.grace:g} s), then KILL cuts what still runs.",
        FIX,
    )


def _files(
    command: str, python: str = "", base: str = "python:3.11-slim"
) -> tuple[tuple[str, str], ...]:
    made = (("Dockerfile", f"FROM {base}\nCOPY . /\nCMD {command}\n"),)
    return (*made, ("app.py", python)) if python else made


_MAIN: Final = '["python", "app.py"]'
_LOOP: Final = "import time\n\ndef main():\n    while True:\n        time.sleep(1)\n\nmain()\n"
_OWN: Final = (
    "own.py",
    "import time\n\ndef run():\n    while True:\n        time.sleep(1)\n\ndef once():\n    pass\n",
)

RULE = Rule(
    id="pid1-no-handler",
    severity=HIGH,
    title="PID 1 has no handler for the stop signal",
    why=(
        "The kernel keeps a signal from PID 1 that it has no handler for; any other process would"
        " die of it. Measured, `flask run`, `app.run()`, `runserver --noreload`, http.server,"
        " waitress and cron went on for the whole grace period and ended with 137."
    ),
    fix=FIX,
    check=check,
    bad=(
        Example(_files('["flask", "run", "--host=0.0.0.0"]'), at="Dockerfile:3"),
        Example(_files('["python", "-m", "http.server"]'), at="Dockerfile:3"),
        Example(_files('["crond", "-f"]', base="alpine"), at="Dockerfile:3"),
        Example(_files(_MAIN, _LOOP), at="Dockerfile:3"),
        Example(
            _files(_MAIN, "import flask\napp = flask.Flask('a')\napp.run()\n"), at="Dockerfile:3"
        ),
        Example(
            _files(_MAIN, f"import signal, x_pb2\nsignal.signal(signal.SIGINT, print)\n{_LOOP}"),
            at="Dockerfile:3",
        ),
        Example((*_files(_MAIN, "import own\nown.run()\n"), _OWN), at="Dockerfile:3"),
        Example(
            (*_files('["python", "-m", "job.main"]'), ("job/main.py", _LOOP)), at="Dockerfile:3"
        ),
        Example(_files('["node", "server.js"]', base="node:20"), at="Dockerfile:3", severity=INFO),
        *(
            Example(_files(_MAIN, f"import {text}\n"), at="Dockerfile:3")
            for text in (
                "paho.mqtt.client as mqtt\nmqtt.Client().loop_forever()",
                "grpc\nserver = grpc.server()\nserver.wait_for_termination()",
                "threading\ndef loop():\n    while True:\n        print(1)\n\n"
                "threading.Thread(target=loop).start()",
                "time, grpc\ntry:\n    while True:\n        time.sleep(9)\n"
                "except KeyboardInterrupt:\n    pass",
                "apscheduler\nfrom apscheduler.schedulers.blocking import BlockingScheduler\n"
                "BlockingScheduler().start()",
            )
        ),
        Example(_files(_MAIN, f"import somebody_s\n{_LOOP}"), at="Dockerfile:3", severity=INFO),
    ),
    good=(
        *(
            Example(_files(_MAIN, f"import {name}, somebody_s\n{_LOOP}"))
            for name in ("aiogram", "telegram", "aiohttp", "rq", "twisted", "uvicorn", "gunicorn")
        ),
        Example(
            _files(
                _MAIN,
                "import threading\ndef loop():\n    while True:\n        print(1)\n\n"
                "threading.Thread(target=loop, daemon=True).start()\n",
            )
        ),
        Example(
            (("Dockerfile", 'FROM python:3.11\nSTOPSIGNAL SIGQUIT\nCMD ["uvicorn", "a:b"]\n'),)
        ),
        Example(_files('["gunicorn", "app:app"]')),
        Example(_files('["tini", "--", "flask", "run"]')),
        Example(_files('["python", "manage.py", "runserver"]')),
        Example(_files(_MAIN, f"import signal\nsignal.signal(signal.SIGTERM, print)\n{_LOOP}")),
        Example(_files(_MAIN, f"import celery\n{_LOOP}")),
        Example((*_files(_MAIN, f"import own\n{_LOOP}"), ("own.py", "import celery\n"))),
        Example((*_files(_MAIN, "import own\nown.once()\n"), _OWN)),
        Example(
            _files(_MAIN, "import time\nwhile True:\n    if time.time() > 9:\n        break\n")
        ),
        Example(_files('["/serve-in-go"]', base="scratch")),
        Example(
            (
                ("Dockerfile", 'FROM python:3.11-slim\nCMD ["flask", "run"]\n'),
                ("compose.yml", "services:\n  a:\n    build: .\n    init: true\n"),
            )
        ),
    ),
    evidence=("docker/compose#1445",),
)
