"""A variable in a JSON array, which nobody expands."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING, Final

from supervisor.doctor.commands.role import SERVER, role
from supervisor.doctor.commands.wrapping import base
from supervisor.doctor.finding import INFO, MEDIUM, Edit, Finding
from supervisor.doctor.knowledge.shells import ASH, BASH, DASH, NAMES
from supervisor.doctor.rule import Example, Rule
from supervisor.doctor.scripts.shellfacts import EXEC
from supervisor.doctor.services.hearing import for_path
from supervisor.doctor.services.program import SCRIPT, SHELL, UNKNOWN
from supervisor.doctor.services.service import IMAGE, KUBERNETES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from supervisor.doctor.commands.command import Command
    from supervisor.doctor.house.house import House
    from supervisor.doctor.services.service import Service

VARIABLE: Final = re.compile(r"\$(?:[A-Za-z_]\w*|\{[A-Za-z_]\w*(?::?[-+?=][^}]*)?\})")
EXPANDS: Final = frozenset(  # they read a line, or a language in which a dollar has a meaning
    ("awk", "gawk", "perl", "php", "jq", "envsubst", "nginx", "openresty", "caddy", "ruby")
)
CODE: Final = ("-c", "-e", "-r", "-p", "--eval", "--command", "--execute")
TELLING: Final = re.compile(r"\beval\b|\benvsubst\b|-c\s+[\"']?\$[@*{]")


def check(house: House) -> Iterator[Finding]:
    """Look at what images and manifests say in JSON, word by word."""
    for service in house.services:
        if service.kind not in (IMAGE, KUBERNETES) and service.image is None:
            continue
        for command in (service.entrypoint, service.cmd):
            if command is None or command.shell_form or command.inherited:
                continue
            if not _from_image(command, service) or not _literal(service):
                continue
            word = next(_words(command), None)
            known = _severity(word, command, service) if word is not None else ""
            if word is not None and known:
                yield _finding(word, known, command, service)


def _from_image(command: Command, service: Service) -> bool:
    """Tell whether it is the image's, or a manifest's; Compose itself expands its variables."""
    if service.kind == KUBERNETES:
        return True
    image = service.image
    return image is not None and command.place.path == image.path


def _literal(service: Service) -> bool:
    """Tell whether its words get to the program as they are written."""
    chain = service.chain
    if chain is None or any(base(word) in NAMES for word in service.argv):
        return False
    for link in chain.links:
        if link.kind == SHELL or (link.kind == UNKNOWN and link is not chain.main):
            return False
        if link.kind == SCRIPT:
            text = link.source.text if link.source else "eval"
            if TELLING.search(text) or chain.main.how != EXEC:
                return False
    if chain.main.kind == UNKNOWN:
        return bool(VARIABLE.match(chain.main.name))  # what is run is a variable itself
    return chain.program not in EXPANDS


def _words(command: Command) -> Iterator[str]:
    before = ""
    for word in command.argv:
        code = before in CODE or any(sign in word for sign in "\n;`'\"|")
        if VARIABLE.search(word) and not code:
            yield word
        before = word


def _severity(word: str, command: Command, service: Service) -> str:
    """Return how sure it is that a program does not expand it by itself; empty: not at all."""
    chain = service.chain
    if chain is None:
        return ""
    argv = chain.main.argv
    itself = VARIABLE.match(chain.main.name) or VARIABLE.search(argv[0])
    if chain.program == "java":  # Spring expands what is in its own options
        return MEDIUM if VARIABLE.fullmatch(word) else ""
    if itself or role(argv) == SERVER or chain.program.endswith(".py"):
        return MEDIUM
    return INFO if argv[:1] == command.argv[:1] else ""  # a stranger may run what is behind it


def _finding(word: str, severity: str, command: Command, service: Service) -> Finding:
    name = base(service.argv[0]) if word != service.argv[0] else "the engine"
    if service.chain and service.chain.program and name != "the engine":
        name = service.chain.program
    places = command.located()
    return Finding(
        "exec-form-var",
        severity if severity == INFO else for_path(command.place.path, severity),
        places.get(word, command.place),
        f"No shell expands `{word}` in a JSON array: `{name}` gets it as it is written, and fails"
        " or ignores the setting at every start.",
        "Use `$(NAME)`, which Kubernetes expands."
        if service.kind == KUBERNETES
        else _fix(command, service),
        _edits(command, service),
    )


def _fix(command: Command, service: Service) -> str:
    """Say who may expand it: a shell instead of the array, or the script that gets the array."""
    if command is service.cmd and service.entrypoint is not None:
        return "Let the entrypoint's script put it in: only a shell expands it."
    keyword = "CMD" if command is service.cmd else "ENTRYPOINT"
    line = f'`{keyword} exec program "${{NAME}}"`'
    return f"Write {line}: a shell that expands it and then becomes it."


def _edits(command: Command, service: Service) -> tuple[Edit, ...]:
    """Turn an array into a line with `exec`, where it is the whole command and there is a shell."""
    image = service.image
    if image is None or service.kind == KUBERNETES or service.entrypoint is not None:
        return ()
    if image.sh not in (DASH, BASH, ASH) or image.shell != ("/bin/sh", "-c"):
        return ()
    varied = [VARIABLE.sub("", word) for word in command.argv if VARIABLE.search(word)]
    if any(set('"`\\$') & set(rest) for rest in varied):
        return ()
    words = (f'"{word}"' if VARIABLE.search(word) else shlex.quote(word) for word in command.argv)
    return (Edit(command.place, f"CMD exec {' '.join(words)}"),)


def _files(text: str, script: str = "") -> tuple[tuple[str, str], ...]:
    made = (("Dockerfile", f"FROM python:3.11-slim\n{text}\n"),)
    return (*made, ("entry.sh", script)) if script else made


_ENTRY: Final = 'COPY entry.sh /\nENTRYPOINT ["/entry.sh"]\nCMD ["gunicorn", "-b", ":$PORT", "a"]'

RULE = Rule(
    id="exec-form-var",
    severity=MEDIUM,
    title="A variable in JSON form is passed on as it is written",
    why=(
        "A JSON array is run without a shell, so that nobody replaces `${PORT}`. It is often what"
        " is left when a text form was mended: the server ends with 1 or 2 right after each start,"
        " and a rollout with it never gets ready."
    ),
    fix='Write `CMD exec program "${PORT}"`, or read the variable in the program\'s settings.',
    check=check,
    bad=(
        Example(
            _files('CMD ["uvicorn", "a:app", "--workers", "${WORKERS}"]'),
            at="Dockerfile:2",
            fixed='FROM python:3.11-slim\nCMD exec uvicorn a:app --workers "${WORKERS}"\n',
        ),
        Example(
            _files('ENTRYPOINT ["tini", "uwsgi", "--"]\nCMD ["-s", "127.0.0.1:${PORT}"]'),
            at="Dockerfile:3",
        ),
        Example(_files(_ENTRY, '#!/bin/sh\nexec "$@"\n'), at="Dockerfile:4"),
        Example(_files('ENTRYPOINT ["$APP_HOME/serve"]'), at="Dockerfile:2"),
        Example(_files('ENTRYPOINT ["python", "$APP"]'), at="Dockerfile:2"),
        Example(_files('CMD ["java", "$JAVA_OPTS", "-jar", "a.jar"]'), at="Dockerfile:2"),
    ),
    good=(
        Example(_files('CMD ["java", "-jar", "a.jar", "--server.port=${PORT}"]')),
        Example(_files('ENTRYPOINT ["/their-own"]\nCMD ["serve", "--port", "$PORT"]')),
        Example(_files("CMD gunicorn -b :$PORT a")),
        Example(_files('CMD ["sh", "-c", "exec gunicorn -b :$PORT a"]')),
        Example(_files(_ENTRY, '#!/bin/sh\neval exec "$@"\n')),
        Example(_files('ENTRYPOINT ["/their-own"]\nCMD ["java", "-Dport=${PORT}", "-jar", "a"]')),
        Example(_files('CMD ["perl", "-e", "print $x"]')),
        Example(
            (
                ("Dockerfile", "FROM python:3.11-slim\n"),
                ("compose.yml", 'services:\n  a:\n    build: .\n    command: ["a", "${PORT}"]\n'),
            )
        ),
    ),
    evidence=("https://docs.docker.com/reference/dockerfile/#exec-form",),
)
