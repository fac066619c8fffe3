"""A program behind su, runuser or script, which give it two seconds."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Final

from supervisor.doctor.commands.role import ENDS, role
from supervisor.doctor.commands.wrapping import base, peel
from supervisor.doctor.finding import HIGH, INFO, LOW, Finding
from supervisor.doctor.house.started import started
from supervisor.doctor.knowledge.shells import ASH, UNKNOWN
from supervisor.doctor.knowledge.wrappers import KILLS, SWALLOWS
from supervisor.doctor.rule import Example, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from supervisor.doctor.house.house import House
    from supervisor.doctor.house.started import Started

FOLDERS: Final = ("", "/bin/", "/usr/bin/", "/sbin/", "/usr/sbin/")
OTHER_SU: Final = ("util-linux-login", "shadow-login")
FIX: Final = "Use `gosu USER program` or `setpriv --reuid`, which become the program, or USER."


def check(house: House) -> Iterator[Finding]:
    """Look at the main commands of images, services and scripts."""
    for one in started(house):
        name = base(one.argv[0])
        if one.argv[0].removesuffix(name) not in FOLDERS:
            continue  # a script of theirs that is called `script`
        peeled = peel(one.argv)
        if name == "su" and _busybox(one, house):
            continue  # it becomes its shell
        if peeled is None or peeled.does != KILLS or not (peeled.line or peeled.inner):
            continue
        if name == "script" and not peeled.line:
            continue
        if peeled.inner and role(peeled.inner) == ENDS:
            continue
        blocks = ""
        if one.service is not None and one.service.signal != "SIGTERM":
            blocks = f"; {one.service.signal}, with which it is stopped, it does not pass on at all"
        told, severity = _told(one), one.severity(HIGH)
        if name == "su" and one.service is not None and one.service.sh == UNKNOWN:
            severity = INFO  # it may be busybox's
        once = "" if told else "Once it is told of a stop, "
        yield Finding(
            "wrapper-2s-kill",
            severity if told or severity == INFO else LOW,
            one.place,
            f"{once}`{name}` passes SIGTERM on and kills the program two seconds later, whatever"
            f" the grace period is{blocks}.",
            FIX,
        )


def _busybox(one: Started, house: House) -> bool:
    """Tell whether its `su` is busybox's; Alpine has another one in a package."""
    images = [each.sh for each in house.images] if one.service is None else [one.service.sh]
    return bool(images) and set(images) == {ASH} and not house.mentioned & set(OTHER_SU)


def _told(one: Started) -> bool:
    """Tell whether a stop gets to it at all: not through a script that stays in front."""
    chain = one.service.chain if one.service else None
    if chain is None:
        return True
    above = itertools.takewhile(lambda link: link.place != one.place, chain.links)
    return not any(link.does == SWALLOWS for link in above)


def _files(command: str, base: str = "debian:12") -> tuple[tuple[str, str], ...]:
    return (("Dockerfile", f"FROM {base}\nRUN su -c true\nCMD {command}\n"),)


def _script(text: str) -> tuple[tuple[str, str], ...]:
    return (("Dockerfile", 'FROM debian:12\nCOPY s.sh /\nCMD ["/s.sh"]\n'), ("s.sh", text))


RULE = Rule(
    id="wrapper-2s-kill",
    severity=HIGH,
    title="su, runuser or script kill the program after two seconds",
    why=(
        "`su -c`, `runuser` and `script -c` stay in front of the program. At SIGTERM they pass it"
        " on, wait two seconds and send SIGKILL, however long the grace period is; measured, what"
        " needed longer was cut. Every other signal they block, so that a STOPSIGNAL of SIGINT or"
        " SIGQUIT is lost."
    ),
    fix=FIX,
    check=check,
    bad=(
        Example(_script("#!/bin/sh\nsu -c 'celery -A a beat' me\n"), at="s.sh:2", severity=LOW),
        Example(_files('["su", "-c", "gunicorn app:app", "www-data"]'), at="Dockerfile:3"),
        Example(_files('["runuser", "-u", "app", "--", "uwsgi", "a.ini"]'), at="Dockerfile:3"),
        Example(
            _script('#!/bin/bash\n./migrate\nexec su postgres -c "postgres -D /data"\n'),
            at="s.sh:3",
        ),
        Example(
            _files('["su", "app", "-c", "gunicorn app"]', "alpine\nRUN apk add util-linux-login"),
            at="Dockerfile:4",
        ),
        Example(
            (("Dockerfile", 'FROM own/base\nCMD ["su", "app", "-c", "gunicorn app"]\n'),),
            at="Dockerfile:2",
            severity="info",
        ),
        Example(
            (("run.sh", "#!/bin/bash\nexec su - app -c 'uwsgi --ini a.ini'\n"),),
            at="run.sh:2",
            severity="medium",
        ),
    ),
    good=(
        Example(_files('["gosu", "app", "gunicorn", "app:app"]')),
        Example(_script('#!/bin/bash\nsu app -c "./migrate"\nexec gosu app gunicorn app\n')),
        Example(_script("#!/bin/sh\nsu app -c x &&\nexec setpriv --reuid=1 gunicorn app\n")),
        Example(_files('["/app/script", "-c", "x"]')),
        Example(_files('["su", "app", "-c", "exec java -jar a.jar"]', "alpine:3.20")),
        Example(
            (
                ("Dockerfile", 'FROM python:3.12-alpine\nCOPY s.sh /\nCMD ["/s.sh"]\n'),
                ("s.sh", "#!/bin/sh\nexec su app -s /bin/sh -c 'exec gunicorn app'\n"),
            )
        ),
    ),
    evidence=("util-linux: login-utils/su-common.c",),
)
