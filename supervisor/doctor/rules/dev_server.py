"""A server for development, where requests of others come in."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING, Final
from weakref import WeakKeyDictionary

from supervisor.doctor.commands.wrapping import base, program_of
from supervisor.doctor.finding import LOW, MEDIUM, Finding, Place
from supervisor.doctor.house.alone import alone
from supervisor.doctor.house.pythonmain import speaks_of_signals
from supervisor.doctor.house.started import Started, started
from supervisor.doctor.knowledge.trials import trial
from supervisor.doctor.rule import Example, Rule
from supervisor.doctor.services.hearing import for_path
from supervisor.doctor.services.program import UNKNOWN
from supervisor.doctor.services.service import COMPOSE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from supervisor.doctor.house.house import House
    from supervisor.doctor.services.service import Service

RELOADING: Final = ("uvicorn", "gunicorn", "hypercorn", "granian")
PRODUCTION: Final = ("prod", "production", "deploy", "live", "release", "staging")
NOT_RELOADING: Final = "runserver --noreload"
_PRODUCTION: Final[WeakKeyDictionary[House, frozenset[str]]] = WeakKeyDictionary()
SUBCOMMANDS: Final = {
    "fastapi": ("dev",),
    "quart": ("run",),
    "watchmedo": ("auto-restart",),
    "next": ("dev",),
    "ng": ("serve",),
    "webpack": ("serve",),
    "react-scripts": ("start",),
    "vue-cli-service": ("serve",),
    "mkdocs": ("serve",),
    "hugo": ("serve", "server"),
    "jekyll": ("serve",),
    "gatsby": ("develop",),
    "nuxt": ("dev",),
    "astro": ("dev",),
    "dotnet": ("watch",),
}
PHP: Final = re.compile(r"^php[\d.]*(?: -[^S ]\S*)* (?P<name>-S|artisan serve)(?: |$)")
RESTARTING: Final = ("nodemon", "webpack-dev-server", "ts-node-dev", "vite")
SCRIPTS: Final = ("dev", "serve:dev", "start:dev", "start-dev", "develop")
HELP: Final = ("--help", "--version")
FIX: Final = "Run it with gunicorn, uvicorn without `--reload`, or another server for production."


def check(house: House) -> Iterator[Finding]:
    """Look at main commands; files and services for development are left out."""
    for one in started(house):
        name = _name(one.argv)
        if not name or not one.sole or trial(one.place.path):
            continue
        if one.service is not None and _for_development(one.service, house):
            continue
        yield _finding(name, one.service, _place(one, name), one.severity(MEDIUM))
    yield from _behind(house)
    for server in house.servers:
        service = server.service
        if service.oneshot or _for_development(service, house) or trial(server.place.path):
            continue
        reloads = server.get("reload") in ("", "True") and server.name in RELOADING
        if server.link.source is not None and (server.name == "flask" or reloads):
            name = "app.run()" if server.name == "flask" else "reload=True"
            severity = for_path(service.place.path, MEDIUM)
            hears = speaks_of_signals(house, server.link.source)
            yield _finding(name, service, server.place, severity, hears=hears)
        elif reloads and server.where("reload").path != server.place.path:
            yield _finding("reload", service, server.where("reload"), MEDIUM)


def _behind(house: House) -> Iterator[Finding]:
    """Look at the CMD behind an entrypoint that is not in the tree: it may well run that."""
    for service in house.services:
        chain, cmd = service.chain, service.cmd
        if chain is None or chain.main.kind != UNKNOWN or cmd is None or cmd.inherited:
            continue
        name = _name(cmd.argv) if not cmd.shell_form and not service.oneshot else ""
        if name and not _for_development(service, house) and not trial(cmd.place.path):
            yield _finding(name, service, cmd.place, MEDIUM)


def _name(argv: tuple[str, ...]) -> str:
    """Return what of a command is for development; empty for others."""
    name, words = program_of(argv)
    if set(HELP) & set(words):
        return ""
    if name in ("npm", "yarn", "pnpm"):
        script = next((w for w in words if w != "run" and not w.startswith("-")), "")
        return f"{name} run {script}" if script in SCRIPTS else ""
    if "manage.py" in words and argv[0].startswith(("$", '"$')):
        name, words = "manage.py", words[words.index("manage.py") + 1 :]
    if name in ("manage.py", "django-admin"):
        runs = next((w for w in words[:3] if w in ("runserver", "runserver_plus")), "")
        return NOT_RELOADING if runs and "--noreload" in words else runs
    if name == "flask" and "run" in words:
        return "flask run"
    if (found := PHP.search(" ".join((base(argv[0]), *argv[1:])) if argv else "")) is not None:
        return found["name"]
    if name in SUBCOMMANDS and words[:1] and words[0] in SUBCOMMANDS[name]:
        return f"{name} {words[0]}"
    if name == "npx" and words:
        name, words = words[0], words[1:]
    if name in RESTARTING and not set(words) & {"build", "preview"}:
        return name
    return "--reload" if name in RELOADING and {"--reload", "--reload=true"} & set(words) else ""


def _for_development(service: Service, house: House) -> bool:
    """Tell whether its name, stage or profile says so, or another file is for production."""
    stage = service.image.stage.name if service.image else ""
    if trial(service.place.path) or trial(stage) or trial(service.name.replace(":", "/")):
        return True
    name = posixpath.basename(service.place.path).lower()
    if service.kind != COMPOSE or set(PRODUCTION) & set(re.split(r"[._-]", name)):
        return False
    profiles = service.node.get("profiles") if service.node else None
    if profiles is not None and any(map(trial, profiles.texts())):
        return True
    return posixpath.dirname(service.place.path) in _with_production(house)


def _with_production(house: House) -> frozenset[str]:
    """Return the folders that have a file for production beside their others."""
    if house not in _PRODUCTION:
        _PRODUCTION[house] = frozenset(
            posixpath.dirname(one.path)
            for one in house.of_kind("compose")
            if set(PRODUCTION) & set(re.split(r"[._-]", posixpath.basename(one.path).lower()))
        )
    return _PRODUCTION[house]


def _place(one: Started, name: str) -> Place:
    """Return the command of an image that is behind an entrypoint: `python` and `manage.py`."""
    cmd = one.service.cmd if one.service else None
    words = name.split()
    if cmd is not None and not cmd.inherited and words and words[-1] in cmd.argv:
        return cmd.located().get(words[-1], cmd.place)
    return one.place


def _finding(
    name: str, service: Service | None, place: Place, severity: str, *, hears: bool = False
) -> Finding:
    grace = f" ({service.grace:g} s)" if service else ""
    loses = "it restarts whenever a file changes, and cuts the requests under way"
    if name in ("-S", "artisan serve"):
        name = f"php {name}"
        loses = "it does not wait for the requests under way when it is told to stop"
    if name.startswith("runserver"):
        loses = "a SIGTERM that it hears cuts the requests under way at once, with exit code 0"
    if name in ("flask run", "app.run()", NOT_RELOADING):
        loses = f"as PID 1 it does not hear SIGTERM for the whole grace{grace}, then KILL cuts all"
        if hears or (service is not None and alone(service) is None):
            loses = "it does not wait for the requests under way when it is told to stop"
        elif name != NOT_RELOADING:
            loses += "; with `debug` it cuts all at once"
    return Finding("dev-server", severity, place, f"`{name}` is for development: {loses}.", FIX)


def _files(text: str, *more: tuple[str, str]) -> tuple[tuple[str, str], ...]:
    return (("Dockerfile", f"FROM python:3.11-slim\n{text}\n"), *more)


def _compose(command: str, name: str = "docker-compose.yml") -> tuple[str, str]:
    return (name, f"services:\n  web:\n    image: x\n    command: {command}\n")


RULE = Rule(
    id="dev-server",
    severity=MEDIUM,
    title="A server for development serves in an image",
    why=(
        "`flask run`, `runserver` and `--reload` are for the desk. Measured with a request of 2 s:"
        " runserver and `flask run --debug` cut it within 0.4 s with exit code 0, and as PID 1"
        " `flask run` and `app.run()` did not hear SIGTERM and were killed at the end of the grace."
    ),
    fix=FIX,
    check=check,
    bad=(
        Example(
            _files(
                'COPY s.sh /\nCMD ["/s.sh"]',
                (
                    "s.sh",
                    '#!/bin/sh\nif [ "$WITH_GUNICORN" ]; then\n  gunicorn app\nelse\n'
                    "  python manage.py runserver\nfi\n",
                ),
            ),
            at="s.sh:5",
            severity=LOW,
        ),
        Example(
            _files(
                'COPY s.sh /\nCMD ["/s.sh"]',
                (
                    "s.sh",
                    '#!/bin/sh\ncase "$MODE" in\n  prod) exec gunicorn app ;;\n'
                    "  *) exec flask run ;;\nesac\n",
                ),
            ),
            at="s.sh:4",
            severity=LOW,
        ),
        Example(
            (
                (
                    "entrypoint.sh",
                    '#!/bin/sh\ncase "$1" in\n  web) exec python manage.py runserver 0:80 ;;\n'
                    "  worker) exec celery -A app worker ;;\nesac\n",
                ),
            ),
            at="entrypoint.sh:3",
            severity=LOW,
        ),
        Example(_files('CMD ["npx", "nodemon", "app.js"]'), at="Dockerfile:2"),
        Example(_files('CMD ["npm", "run", "dev"]'), at="Dockerfile:2"),
        Example(_files('CMD ["php", "-S", "[::]:80", "-t", "web"]'), at="Dockerfile:2"),
        Example(_files("CMD exec php artisan serve --host=::"), at="Dockerfile:2"),
        Example(
            _files('ENTRYPOINT ["/entry.sh"]\nCMD ["python", "manage.py", "runserver"]'),
            at="Dockerfile:3",
        ),
        Example(_files('CMD ["flask", "run", "--host=0.0.0.0"]'), at="Dockerfile:2"),
        Example(
            _files('ENTRYPOINT ["python"]\nCMD ["manage.py", "runserver", "0:80"]'),
            at="Dockerfile:3",
        ),
        Example((_compose("uvicorn main:app --reload"),), at="docker-compose.yml:4"),
        Example(
            (("start.sh", "#!/bin/sh\nuvicorn app:a --reload\n"),), at="start.sh:2", severity=LOW
        ),
        Example(
            _files(
                'COPY app.py .\nCMD ["python", "app.py"]',
                ("app.py", "import flask\napp = flask.Flask('a')\napp.run(debug=True)\n"),
            ),
            at="Dockerfile:3",
        ),
    ),
    good=(
        Example(
            _files(
                'ENV WITH_GUNICORN=1\nCOPY s.sh /\nCMD ["/s.sh"]',
                (
                    "s.sh",
                    '#!/bin/sh\nif [ "$WITH_GUNICORN" ]; then\n  gunicorn app\nelse\n'
                    "  python manage.py runserver\nfi\n",
                ),
            )
        ),
        Example(
            (
                (
                    "entrypoint.sh",
                    '#!/bin/sh\nif [ "$DEBUG" = 0 ]; then\n  gunicorn app\nelse\n'
                    "  python manage.py runserver\nfi\n",
                ),
            )
        ),
        Example(
            (
                (
                    "entrypoint.sh",
                    '#!/bin/sh\nif [ "$DEBUG" = 1 ]; then\n  exec python manage.py runserver\n'
                    'fi\nexec "$@"\n',
                ),
            )
        ),
        Example(_files('CMD ["npm", "run", "build"]')),
        Example(_files('CMD ["php", "artisan", "queue:work", "-S"]')),
        Example(_files('CMD ["npx", "vite", "preview"]')),
        Example(_files('CMD ["uvicorn", "main:app"]')),
        Example((_compose("uvicorn main:app --reload", "docker-compose.dev.yml"),)),
        Example((_compose("flask run"), _compose("gunicorn app", "docker-compose.prod.yml"))),
        Example((("compose/local/django/start", "#!/bin/bash\npython manage.py runserver\n"),)),
        Example(_files('COPY reload.sh /\nCMD ["gunicorn", "a"]', ("reload.sh", "flask run\n"))),
        Example(
            _files(
                'COPY s.sh /\nCMD ["/s.sh"]',
                (
                    "s.sh",
                    '#!/bin/sh\nif [ "$DEBUG" ]; then\n  exec flask run\nfi\nexec gunicorn app\n',
                ),
            )
        ),
    ),
    evidence=("https://flask.palletsprojects.com/en/stable/deploying/",),
)
