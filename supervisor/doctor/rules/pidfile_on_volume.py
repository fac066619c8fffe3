"""A pid file that outlives its container."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING, Final

from supervisor.doctor.commands.wrapping import base
from supervisor.doctor.finding import INFO, MEDIUM, Finding
from supervisor.doctor.platforms.orchestrating import text
from supervisor.doctor.rule import Example, Rule
from supervisor.doctor.services.hearing import for_path
from supervisor.doctor.services.service import COMPOSE, KUBERNETES, SWARM

if TYPE_CHECKING:
    from collections.abc import Iterator

    from supervisor.doctor.finding import Place
    from supervisor.doctor.house.house import House
    from supervisor.doctor.services.program import Chain, Link
    from supervisor.doctor.services.service import Service

FIX = "Put it where every container begins anew (/tmp, /run), or remove it before the start."
# Who refuses to start when its pid file names a process that runs; all others write it anew.
OPTIONS: Final = {
    "gunicorn": ("-p", "--pid"),
    "celery": ("--pidfile",),
    "flower": ("--pidfile",),
    "rails": ("-P", "--pid"),
    "unicorn": ("--pid",),
    "thin": ("-P", "--pid"),
    "twistd": ("--pidfile",),
}
RAILS: Final = "tmp/pids/server.pid"
BEGUN_ANEW: Final = ("/tmp", "/run", "/var/run", "/dev/shm")  # noqa: S108 - paths in an image


def check(house: House) -> Iterator[Finding]:
    """Look at the pid files of programs that heed what is in them."""
    for service in house.services:
        chain = service.chain
        if chain is None or not chain.sure or service.kind not in (COMPOSE, SWARM, KUBERNETES):
            continue
        link = chain.main
        path = _option(link.argv, OPTIONS.get(chain.program, ())) or _default(chain)
        if not path or "$" in path or "%" in path:
            continue
        folder = _folder(service)
        if not path.startswith("/") and not folder:
            continue
        rails = path == RAILS
        path = posixpath.normpath(posixpath.join(folder, path))
        kept = _kept(service, path)
        if kept is None or _removed(chain.links, path):
            continue
        first = chain.processes[0] is link and service.pid1
        if first and chain.program == "gunicorn":
            continue  # it knows its own number
        yield Finding(
            "pidfile-on-volume",
            for_path(link.place.path, INFO if first and not rails else MEDIUM),
            link.place,
            f"{path} outlives its container: after a KILL it names a process number that the next"
            f" container has, too, so that {chain.program} may refuse to start.",
            FIX,
            (),
            (f"{kept}: its volume",),
        )


def _folder(service: Service) -> str:
    """Return the folder that it works in; empty if nobody can tell."""
    said = service.node.get("working_dir") if service.node else None
    if said is not None and service.kind != KUBERNETES:
        return said.value
    return service.image.workdir if service.image else ""


def _default(chain: Chain) -> str:
    """Return where a program writes it if nobody says: Celery's beat in its working directory.

    Rails refuses to start with one of its own number, too: `check_pid!` of rackup.
    """
    own = [base(word) for word in chain.main.argv]
    at = own.index("rails") + 1 if "rails" in own[:-1] else 0
    if at and own[at] in ("s", "server"):
        return "" if {"-P", "--pid"} & {word.partition("=")[0] for word in own} else RAILS
    words = chain.main.argv[1:]
    said = any(word.partition("=")[0] in ("--pidfile", "--detach") for word in words)
    if chain.program != "celery" or "beat" not in words or said:
        return ""
    facts = [link.facts for link in chain.links if link.facts]
    moves = any(argv[:1] == ("cd",) for one in facts for _, argv in one.ending)
    return "" if moves else "celerybeat.pid"


def _option(argv: tuple[str, ...], names: tuple[str, ...]) -> str:
    for at, word in enumerate(argv):
        for name in names:
            if word == name and at + 1 < len(argv):
                return argv[at + 1]
            if name.startswith("--") and word.startswith(f"{name}="):
                return word.partition("=")[2]
    return ""


def _kept(service: Service, path: str) -> Place | None:
    """Return where the volume is declared that a path is on."""
    if path.startswith(tuple(f"{one}/" for one in BEGUN_ANEW)):
        above = [one for one in _mounts(service) if one[0] not in ("/", *BEGUN_ANEW)]
    else:
        above = list(_mounts(service))
    return next((place for target, place in above if path.startswith(f"{target}/")), None)


def _mounts(service: Service) -> Iterator[tuple[str, Place]]:
    """Return what is mounted, and stays: (path inside, place)."""
    own = service.node.entries() if service.node else {}
    key = "volumeMounts" if service.kind == KUBERNETES else "volumes"
    lasting = _claims(service)
    for one in own[key].items if key in own else ():
        if service.kind == KUBERNETES:
            target = text(one, "mountPath") if text(one, "name") in lasting else ""
        elif one.kind == "scalar":
            source, colon, rest = one.value.partition(":")
            target = rest.partition(":")[0] if colon else source
        else:
            target = text(one, "target") if text(one, "type") != "tmpfs" else ""
        if target.startswith("/"):
            yield posixpath.normpath(target), one.place


def _claims(service: Service) -> set[str]:
    """Return the names of a pod's volumes that outlive it."""
    volumes = service.pod.get("volumes") if service.pod else None
    return {
        text(one, "name")
        for one in (volumes.items if volumes else ())
        if one.get("persistentVolumeClaim") or one.get("hostPath")
    }


def _removed(links: tuple[Link, ...], path: str) -> bool:
    """Tell whether something removes it before the start."""
    name = posixpath.basename(path)
    for link in links:
        for _, argv in link.facts.ending if link.facts else ():
            words = argv[1:]
            globbed = any("*.pid" in word or word.endswith("pids/*") for word in words)
            if argv[:1] == ("rm",) and (globbed or any(name in word for word in words)):
                return True
    return False


def _compose(command: str, volume: str = "data:/data") -> tuple[tuple[str, str], ...]:
    own = f"    command: {command}\n    volumes: ['{volume}']\n"
    return (("compose.yml", f"services:\n  web:\n    image: app\n{own}"),)


SCRIPT = "#!/bin/sh\n{}celery -A app worker --pidfile=/data/w.pid\n"


def _script(before: str) -> tuple[tuple[str, str], ...]:
    return (
        ("Dockerfile", 'FROM python:3.11-slim\nCOPY start.sh /\nCMD ["/start.sh"]\n'),
        ("compose.yml", "services:\n  w:\n    build: .\n    volumes: ['data:/data']\n"),
        ("start.sh", SCRIPT.format(before)),
    )


def _beat(script: str) -> tuple[tuple[str, str], ...]:
    return (
        ("Dockerfile", 'FROM python:3.11-slim\nWORKDIR /app\nCOPY beat.sh /\nCMD ["/beat.sh"]\n'),
        ("compose.yml", "services:\n  beat:\n    build: .\n    volumes: ['.:/app']\n"),
        ("beat.sh", script),
    )


RULE = Rule(
    id="pidfile-on-volume",
    severity=MEDIUM,
    title="A pid file outlives its container",
    why=(
        "Process numbers repeat in containers. A program that was killed leaves its pid file; the"
        " next container finds it on the volume, asks whether that process is alive, meets itself"
        " or another one, and does not start."
    ),
    fix=FIX,
    check=check,
    bad=(
        Example(_script(""), at="start.sh:2"),
        Example(_beat("#!/bin/sh\ncelery -A app beat -l info\n"), at="beat.sh:2"),
        Example(
            _compose("celery -A app beat --pidfile /data/beat.pid"), "compose.yml:4", severity=INFO
        ),
        Example(
            _compose("bundle exec rails s -b 0.0.0.0\n    working_dir: /app", ".:/app"),
            at="compose.yml:4",
        ),
        Example(
            _compose("tini -- gunicorn -p /app/tmp/g.pid app:app", ".:/app"), at="compose.yml:4"
        ),
    ),
    good=(
        Example(_beat("#!/bin/sh\nrm -f celerybeat.pid\ncelery -A app beat\n")),
        Example(_beat("#!/bin/sh\ncd /srv\ncelery -A app beat\n")),
        Example(_script("rm -f /data/w.pid\n")),
        Example(_compose("celery -A app beat --pidfile=")),
        Example(_compose("bundle exec rails s -P /tmp/s.pid\n    working_dir: /app", ".:/app")),
        Example(_compose("bundle exec rails c\n    working_dir: /app", ".:/app")),
        Example(
            _compose(
                "sh -c 'rm -f tmp/pids/server.pid; exec rails s'\n    working_dir: /app", ".:/app"
            )
        ),
        Example(_compose("gunicorn -p /data/g.pid app:app")),  # it knows its own number
        Example(_compose("celery -A app beat --pidfile=/tmp/beat.pid")),
        Example(_compose("uwsgi --http :80 --pidfile /data/u.pid")),  # it writes it anew
        Example(_compose("gunicorn -p /run/g.pid app:app")),
        Example(_compose("sh -c 'rm -f /data/*.pid; exec gunicorn -p /data/g.pid app:app'")),
    ),
    evidence=("docker-library/wordpress#32", "actions/actions-runner-controller#4362"),
)
