"""Which commands take seconds: migrations, installations, builds, waits for others.

Source: documentation of each program; a stranger is known by what it is told to do.
"""

from __future__ import annotations

import re
from typing import Final

from supervisor.doctor.commands.role import seconds
from supervisor.doctor.commands.wrapping import base, peel, program_of
from supervisor.doctor.knowledge.roles import ENDING
from supervisor.doctor.knowledge.shells import NAMES as SHELLS

SHORTEST_S: Final = 5.0
MOST_WRAPPERS: Final = 8
FIRST_WORDS: Final = 6  # what a command is told to do is among these
# `migrate`, `db:migrate`, `migrate:latest`, `migration:run`, `doctrine:migrations:migrate`
MIGRATES: Final = re.compile(r"(?:[\w-]+[:.])*migrat(?:e|ions?)(?:[:.](?!status)[\w-]+)*")
# `wait-for-it.sh`, `wait_for_db.py`, `wait4x`, `/wait`
WAITS: Final = re.compile(r"(?:^|[/._-])wait(?:[-_.]\w|for|until|4x|$)")
# `python migrate/run.py`, `python -m x.migrate`, `./run-migrations.sh`, `prestart.sh`
TASK: Final = re.compile(
    r"(?:^|[/._-])(?:migrat(?:e|ions?|or)|collectstatic|pre[-_]?start|init[-_]?db|db[-_]?init)"
    r"(?:[/._-]|$)"
)
SAYS: Final = re.compile(r"log|echo|info|warn|print|note|notice|debug|msg|message|say|title|run")
TASKS: Final = frozenset(
    (
        *("collectstatic", "compilemessages", "compress", "loaddata", "rebuild_index", "syncdb"),
        *("db:prepare", "db:setup", "db:seed", "db:schema:load", "db:create", "ecto.setup"),
        *("assets:precompile", "wait_for_db", "wait_for_database", "wait_for_postgres", "waitdb"),
        *("makemigrations", "cache:warmup", "updatedb", "updb", "waitfor", "wait-for-db"),
    )
)
UPGRADING: Final = frozenset(
    (
        *("alembic", "flask", "airflow", "superset", "ckan", "aerich", "quart", "langflow"),
        *("flyway", "liquibase", "goose", "dbmate", "sql-migrate", "migrate", "dotnet", "sqlx"),
        *("diesel", "prisma", "npx", "yoyo", "yoyo-migrate", "redash", "sentry", "python"),
    )
)
UPGRADES: Final = frozenset(("upgrade", "update", "up", "push", "deploy", "apply", "create_db"))
BUILDERS: Final = frozenset(
    (
        *("npm", "yarn", "pnpm", "npx", "bun", "pip", "pip3", "bundle", "bundler", "gem", "pipenv"),
        *("composer", "poetry", "uv", "apt", "apt-get", "apk", "yum", "dnf", "microdnf", "mvn"),
        *("gradle", "gradlew", "mvnw", "cargo", "go", "hugo", "mkdocs", "next", "nuxt", "vite"),
        *("mix", "dotnet", "setup.py", "conda", "mamba", "micromamba", "make", "tsc", "webpack"),
    )
)
BUILDS: Final = frozenset(("install", "build", "ci", "i", "add", "update", "sync", "compile"))
FETCHES: Final[dict[str, frozenset[str]]] = {
    "git": frozenset(("clone", "pull", "fetch")),
    "aws": frozenset(("s3",)),
    "gsutil": frozenset(("cp", "rsync")),
    "rclone": frozenset(("copy", "sync")),
    "restic": frozenset(("restore",)),
    "litestream": frozenset(("restore",)),
}
ALWAYS: Final = frozenset(("pg_restore", "mongorestore", "wait-on", "wait4x", "freshclam"))
ASKING: Final = frozenset(  # whether others are there
    (
        *("nc", "ncat", "netcat", "pg_isready", "curl", "wget", "mysqladmin", "redis-cli", "psql"),
        *("mysql", "mariadb", "mongo", "mongosh", "ping", "rabbitmqctl", "telnet", "nslookup"),
        *("getent", "dig", "host", "valkey-cli", "kafkacat", "kcat", "rabbitmq-diagnostics"),
    )
)


def takes_long(argv: tuple[str, ...]) -> bool:
    """Tell whether a command is known to take seconds."""
    if argv and WAITS.search(base(argv[0])):
        return True
    argv = _bare(argv)
    name = base(argv[0]) if argv else ""
    if name == "sleep":
        return bool(argv[1:]) and seconds(argv[1]) >= SHORTEST_S
    if name in ALWAYS or (name == "dockerize" and "-wait" in argv):
        return True
    if name == "yarn" and not argv[1:]:
        return True
    program, words = program_of(argv)
    run = _script(name, program, argv)
    if WAITS.search(run) or TASK.search(run):
        return True
    return _told(name, program, words)


def asks(argv: tuple[str, ...]) -> bool:
    """Tell whether a command finds out if another program is there."""
    argv = _bare(argv)
    return bool(argv) and base(argv[0]) in ASKING


def _told(name: str, program: str, words: tuple[str, ...]) -> bool:
    """Tell whether a program is told to do what takes long."""
    does = [word for word in words[:FIRST_WORDS] if not word.startswith("-")]
    both = {name, program}
    if FETCHES.get(name, frozenset()) & set(does[:1]):
        return True
    if both & BUILDERS and BUILDS & set(does):
        return True
    if both & UPGRADING and UPGRADES & set(does):
        return True
    if (name in ENDING and not both & UPGRADING and name not in BUILDERS) or SAYS.search(name):
        return False
    return any(word in TASKS or MIGRATES.fullmatch(word) for word in (program, *does))


def _script(name: str, program: str, argv: tuple[str, ...]) -> str:
    """Return what a command runs, as a path or a module; empty for programs of other people."""
    if name != program:
        return next((word for word in argv[1:] if base(word) == program), program)
    if name in SHELLS:
        return next((word for word in argv[1:] if not word.startswith("-")), "")
    own = "/" in argv[0] or name.endswith((".sh", ".py")) or name.startswith("wait")
    return argv[0] if own and not argv[0].startswith(("/usr/bin", "/bin/")) else ""


def _bare(argv: tuple[str, ...]) -> tuple[str, ...]:
    for _ in range(MOST_WRAPPERS):
        peeled = peel(argv)
        if peeled is None or not peeled.inner:
            break
        argv = peeled.inner
    return argv
