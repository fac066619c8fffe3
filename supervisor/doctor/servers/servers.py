"""Which server a service ends in, with its settings: its arguments, its variables, its file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from supervisor.core.record import Record
from supervisor.doctor.commands.options import ALIASES, Option, options_of, words_of
from supervisor.doctor.commands.wrapping import program_of
from supervisor.doctor.knowledge.platforms import GUNICORN_GRACEFUL_S, HYPERCORN_GRACEFUL_S
from supervisor.doctor.reading.duration import duration, unless

if TYPE_CHECKING:
    from supervisor.doctor.finding import Place
    from supervisor.doctor.reading.pythonnodes import Python
    from supervisor.doctor.services.files import Files
    from supervisor.doctor.services.program import Link
    from supervisor.doctor.services.service import Service
    from supervisor.doctor.services.surroundings import Surroundings

CALLS: Final = {
    "uvicorn.run": "uvicorn",
    "waitress.serve": "waitress",
    "gunicorn.app.wsgiapp.run": "gunicorn",
    "hypercorn.run": "hypercorn",
}
OTHERS_RUN: Final = ("subprocess.", "asyncio.", "anyio.", "trio.", "uvloop.")
IDLE: Final = ("sleep", "tail", "cron", "crond")
ON: Final = ("1", "true", "yes", "on")


class Server(Record):
    """A known server at the end of a service's chain.

    `name`      "gunicorn"; `variant`: as knowledge/servers.py knows it; empty if nobody can tell
    `options`   what is set, by long names: "graceful-timeout"; of several the one that counts
    `sure`      no configuration is missing
    """

    name: str
    service: Service
    link: Link
    variant: str
    options: dict[str, Option] = {}  # noqa: RUF012 - a record's default is never changed
    sure: bool = True
    words: tuple[str, ...] = ()  # its arguments that are no options

    @property
    def place(self) -> Place:
        """Return where it is started."""
        return self.link.place

    def get(self, name: str) -> str | None:
        """Return an option's value, empty for a flag; None if it isn't set."""
        found = self.options.get(name)
        return found.value if found else None

    def where(self, name: str) -> Place:
        """Return where an option is set, or where the server is started."""
        found = self.options.get(name)
        return found.place if found else self.place

    @property
    def unless_s(self) -> float | None:
        """Return for how long it waits for its requests unless a variable says otherwise."""
        key = "timeout-graceful-shutdown" if self.name == "uvicorn" else "graceful-timeout"
        return duration(unless(self.get(key) or ""))

    @property
    def graceful_s(self) -> float | None:
        """Return for how long it waits for its requests; None: nobody knows, or no limit."""
        if self.name == "gunicorn":
            return self._seconds("graceful-timeout", GUNICORN_GRACEFUL_S)
        if self.name == "hypercorn":
            return self._seconds("graceful-timeout", HYPERCORN_GRACEFUL_S)
        if self.name == "uvicorn":
            return self._seconds("timeout-graceful-shutdown", None)
        return None

    def _seconds(self, name: str, default: float | None) -> float | None:
        found = self.get(name)
        if found is None:
            return default if self.sure else None
        return duration(found)


def server_of(service: Service, files: Files, around: Surroundings) -> Server | None:
    """Return the server at the end of a service's chain; None for a stranger."""
    chain = service.chain
    if chain is None or not chain.program:
        return None
    link = chain.main
    name, args = program_of(link.argv)
    options, rest = options_of(args, ALIASES.get(name, {}), link.place)
    made = Server(name, service, link, "", options, words=rest)
    parsed = files.python(link.source.path) if link.source else None
    if name == "gunicorn":
        return _gunicorn(made, files, around)
    if parsed is not None and name != "manage.py":
        return _python(made, parsed)
    variant = _variant(name, made, around.env)
    return made.replace(variant=variant) if variant else None


def _variant(name: str, made: Server, env: dict[str, str]) -> str:
    """Return how a program is set up."""
    if name in ("manage.py", "django-admin"):
        if "runserver" not in made.words:
            return ""
        return "runserver:noreload" if "noreload" in made.options else "runserver"
    if name == "flask":
        debug = "debug" in made.options or env.get("FLASK_DEBUG", "").lower() in ON
        development = env.get("FLASK_ENV") == "development"
        return "flask:debug" if debug or development else "flask"
    if name == "celery":
        return "celery:beat" if "beat" in made.words else "celery" if "worker" in made.words else ""
    if name in IDLE:
        return "idle"
    same = ("uvicorn", "hypercorn", "granian", "daphne", "nginx", "supervisord", "http.server")
    if name in same:
        return name
    if name == "waitress-serve":
        return "waitress"
    from supervisor.ops import behaviour

    return behaviour.known(name)


def _gunicorn(made: Server, files: Files, around: Surroundings) -> Server:
    """Its command line counts most, then GUNICORN_CMD_ARGS, then its file."""
    chain = made.service.chain
    runs = [link.run for link in reversed(chain.links if chain else ()) if link.run is not None]
    scripted = dict(runs[0].env) if runs else {}
    env = scripted.get("GUNICORN_CMD_ARGS") or around.env.get("GUNICORN_CMD_ARGS")
    said: dict[str, Option] = {}
    if env is not None:
        said, _ = options_of(words_of(env), ALIASES["gunicorn"], made.place)
    options = {**said, **made.options}
    path = options["config"].value if "config" in options else "gunicorn.conf.py"
    named = path.removeprefix("file:").removeprefix("python:")
    source = around.file(named if "/" in named else f"./{named}")
    parsed = files.python(source.path) if source else None
    if parsed is not None:
        for key, value in parsed.constants.items():
            known = value.is_constant and value.constant is not None
            text = str(value.constant) if known else "?"
            if value.fallback is not None:
                text = f"${{{key.upper()}:-{value.fallback}}}"
            options.setdefault(key.replace("_", "-"), Option(text, value.place))
    sure = parsed is not None or "config" not in options
    return made.replace(variant="gunicorn", options=options, sure=sure)


def _python(made: Server, parsed: Python) -> Server | None:
    """Return the server that a Python program runs by a call."""
    for call in parsed.calls:
        name = CALLS.get(call.name, "")
        runs = call.name.endswith(".run") and not call.name.startswith(OTHERS_RUN)
        if not name and runs and parsed.imports_any("flask"):
            debug = call.keyword("debug")
            name = "flask:debug" if debug and debug.constant is True else "flask"
        if name:
            options = {
                key.replace("_", "-"): Option(str(value.constant), value.place)
                for key, value in call.keywords
                if value.is_constant and value.constant is not None
            }
            plain = name.partition(":")[0]
            return made.replace(name=plain, variant=name, options=options)
    return None
