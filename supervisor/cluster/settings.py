"""What a new cluster shall be like: the environment's POSTGRES_* variables, read and checked."""

from __future__ import annotations

import shlex
from pathlib import Path

from supervisor.config import secrets
from supervisor.config.mistakes import UnfitError
from supervisor.core.record import Record
from supervisor.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

VARIABLES = ("POSTGRES_USER", "POSTGRES_DB", "POSTGRES_PASSWORD")  # each with _FILE, too
PASSWORD = VARIABLES[2]
METHOD = "POSTGRES_HOST_AUTH_METHOD"
METHODS = ("scram-sha-256", "trust")
INIT_FOLDER = "/docker-entrypoint-initdb.d"
UNQUOTED = frozenset("\"$'\\\n")  # initdb writes a name into SQL as it is (setup_auth())
LONGEST = 63  # bytes of a name: NAMEDATALEN - 1; PostgreSQL would cut it without a word


class Settings(Record):
    """A cluster to be made; `password` None only where everybody is trusted."""

    data: Path
    user: str
    database: str
    password: str | None
    method: str
    arguments: tuple[str, ...]  # for initdb
    init_folder: Path


def data_directory(environment: Mapping[str, str]) -> Path:
    """Return where the cluster is, or will be; UsageError."""
    text = environment.get("PGDATA", "")
    if not text.startswith("/"):
        raise UsageError(
            f"cannot find the cluster (PGDATA): {text!r} is no absolute path. Set it, e.g. to"
            " /var/lib/postgresql/15/main."
        )
    return Path(text)


def read(environment: Mapping[str, str]) -> Settings:
    """Read everything; UsageError for whatever can't work."""
    user = _name(environment, "POSTGRES_USER", "postgres")
    if not UNQUOTED.isdisjoint(user):
        raise UsageError(
            f"cannot name the superuser {user!r} (POSTGRES_USER): initdb can't quote that. Use"
            " letters and digits; roles with any other name can be created later."
        )
    method = environment.get(METHOD) or METHODS[0]
    if method not in METHODS:
        raise UsageError(
            f"cannot let clients in by {method!r} ({METHOD}): only {' and '.join(METHODS)} are"
            " possible. Leave it out, and they need the password."
        )
    return Settings(
        data=data_directory(environment),
        user=user,
        database=_name(environment, "POSTGRES_DB", user),
        password=_password(environment, method),
        method=method,
        arguments=_arguments(environment),
        init_folder=Path(environment.get("POSTGRES_INIT_DIR") or INIT_FOLDER),
    )


def _password(environment: Mapping[str, str], method: str) -> str | None:
    password = _value(environment, PASSWORD)
    if password is not None and ("\n" in password or "\r" in password):
        raise UsageError(
            f"cannot set the password ({PASSWORD}): it has several lines. Use one of one line."
        )
    if not password and method != "trust":
        raise UsageError(
            f"cannot make a cluster without a password: {PASSWORD} is empty. Set it, or"
            f" {PASSWORD}_FILE; {METHOD}=trust lets everybody in without one."
        )
    return password or None


def _name(environment: Mapping[str, str], variable: str, default: str) -> str:
    name = _value(environment, variable) or default
    if len(name.encode(errors="surrogateescape")) > LONGEST:
        raise UsageError(
            f"cannot name it {name!r} ({variable}): a name has {LONGEST} bytes at most. Shorten it."
        )
    return name


def _value(environment: Mapping[str, str], variable: str) -> str | None:
    """Return a variable, or what the file holds that its _FILE names."""
    said, path = environment.get(variable), environment.get(f"{variable}_FILE")
    if said and path:
        raise UsageError(
            f"cannot choose between {variable} and {variable}_FILE: both are set. Leave one out."
        )
    if not path:
        return said
    try:
        return secrets.read(Path(path), variable)
    except UnfitError as error:
        raise UsageError(error.told(f"{variable}_FILE")) from None


def _arguments(environment: Mapping[str, str]) -> tuple[str, ...]:
    text = environment.get("POSTGRES_INITDB_ARGS", "")
    try:
        return tuple(shlex.split(text))
    except ValueError as error:
        raise UsageError(
            f"cannot split POSTGRES_INITDB_ARGS {text!r}: {error}. Quote as for a shell."
        ) from None
