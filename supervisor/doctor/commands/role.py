"""What a command is for: it serves, it idles, it ends by itself, or nobody knows."""

from __future__ import annotations

import re
from typing import Final

from supervisor.doctor.commands.wrapping import base, peel, program_of
from supervisor.doctor.knowledge import roles
from supervisor.doctor.knowledge.shells import NAMES as SHELLS
from supervisor.doctor.reading.commandline import simple

SERVER, IDLE, ENDS, ARGS, UNKNOWN = ROLES = ("server", "idle", "ends", "args", "unknown")
ALL_ARGUMENTS: Final = ("$@", "$*", "${@}", "${@:1}", "${*}", "$CMD_ARGS")
LAUNCHING: Final = ("node", "java", "bun", "deno", "dotnet", "ts-node", "tsx")
TASK: Final = re.compile(
    r"(?:^|[/._-])(?:migrat(?:e|ions?|or)|seed(?:er|s)?|wait[-_]?for[\w-]*|set-?up|init[-_]?db)"
    r"(?:[/._-]|$)"
)
IDLE_S: Final = 600.0
LONGEST_S: Final = 1e9  # `infinity`, as a number that can be added up
MOST_WRAPPERS: Final = 8


def role(argv: tuple[str, ...]) -> str:
    """Say what a command is for; its wrappers are taken off first."""
    for _ in range(MOST_WRAPPERS):
        if not argv:
            return UNKNOWN
        if argv[0].strip('"') in ALL_ARGUMENTS or argv[0].startswith('${1+"$@'):
            return ARGS
        peeled = peel(argv)
        if peeled is None:
            break
        line = simple(peeled.line) if peeled.line else None  # `su app -c "gunicorn app"`
        if not peeled.inner and line is None:
            return UNKNOWN
        argv = line.argv if line is not None else peeled.inner
    return _role(*program_of(argv))


def _role(name: str, rest: tuple[str, ...]) -> str:
    if name in ("sleep", "tail", "cat"):
        return IDLE if _idles(name, rest) else ENDS
    if name in roles.SUPPOSED_TO_END and roles.SUPPOSED_TO_END[name] & set(rest[:2]):
        return ENDS
    if name in LAUNCHING and any(map(_does_a_task, rest[:5])):
        return ENDS  # `node migrate.js`, `java -jar app.jar db migrate`
    ending = bool(roles.ENDING_WORDS.get(name, frozenset()) & set(rest[:1]))
    if (name in roles.SERVERS and not ending) or name.startswith("php-fpm"):
        return SERVER
    if name in ("manage.py", "django-admin"):
        found = next((word for word in rest if not word.startswith("-")), "")
        if found in roles.SERVING_WORDS["manage.py"]:
            return SERVER
        return ENDS if found in roles.MANAGED else UNKNOWN
    plain = {word for word in rest if not word.startswith("-")}
    if name in roles.SERVING_WORDS and plain & roles.SERVING_WORDS[name]:
        return SERVER
    if name in roles.ENDING_WORDS and plain & roles.ENDING_WORDS[name]:
        return ENDS
    if name in roles.ENDING or name in ("pip", "compileall", "venv", "ensurepip", "pytest"):
        return ENDS
    if name in ("http.server", "SimpleHTTPServer", "aiohttp.web", "waitress", "flask.run"):
        return SERVER
    return UNKNOWN


def _does_a_task(word: str) -> bool:
    """Tell whether a program's file, or what it is told, is named like a task of the set-up."""
    return not word.startswith("-") and bool(TASK.search(base(word)))


def _idles(name: str, rest: tuple[str, ...]) -> bool:
    """Tell whether it is there to keep a container alive."""
    if name == "sleep":
        return bool(rest) and (rest[0].startswith("inf") or seconds(rest[0]) >= IDLE_S)
    if name == "tail":
        return any(w in ("--follow", "--retry") or _has(w, "fF") for w in rest)
    return not rest


def _has(word: str, letters: str) -> bool:
    return word[:1] == "-" and word[1:2] != "-" and any(letter in word for letter in letters)


def seconds(word: str) -> float:
    """Read what sleep(1) takes, no more than LONGEST_S; 0 for what is not a number."""
    units = {"s": 1, "m": 60, "h": 3600, "d": 86400}
    try:
        slept = float(word.rstrip("smhd")) * units.get(word[-1:], 1)
    except ValueError:
        return 0.0
    return min(slept, LONGEST_S) if slept > 0 else 0.0


def for_desk(argv: tuple[str, ...]) -> bool:
    """Tell whether a server is one for development."""
    for _ in range(MOST_WRAPPERS):
        peeled = peel(argv)
        if peeled is None or not peeled.inner:
            break
        argv = peeled.inner
    name, rest = program_of(argv)
    words = set(rest)
    return (
        (name == "flask" and "run" in words)
        or (name == "manage.py" and bool({"runserver", "runserver_plus"} & words))
        or name in ("nodemon", "ts-node-dev")
        or (name in ("npm", "yarn", "pnpm") and bool({"dev", "start:dev"} & words))
        or "--reload" in words
    )


def is_shell(argv: tuple[str, ...]) -> bool:
    """Tell whether a command is a shell."""
    name = base(argv[0]) if argv else ""
    return name in SHELLS and not (name == "busybox" and base(argv[1] if argv[1:] else "") != "sh")
