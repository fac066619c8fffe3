"""What is asked for in POSTGRES_* variables, and what is refused before anything is made."""

from __future__ import annotations

from pathlib import Path

import pytest

from supervisor.cluster import settings
from supervisor.errors import UsageError

LEAST = {"PGDATA": "/data", "POSTGRES_PASSWORD": "s3cret"}


def test_the_least() -> None:
    """A password is enough; the rest is as everybody knows it."""
    found = settings.read(LEAST)
    assert (found.user, found.database, found.method) == ("postgres", "postgres", "scram-sha-256")
    assert found.init_folder == Path("/docker-entrypoint-initdb.d")


def test_everything(tmp_path: Path) -> None:
    """The database is called like the user by default; a secret's file loses its last newline."""
    secret = tmp_path / "secret"
    secret.write_text("a b'c\n")
    found = settings.read(
        {
            "PGDATA": "/data",
            "POSTGRES_USER": "app",
            "POSTGRES_PASSWORD_FILE": str(secret),
            "POSTGRES_INITDB_ARGS": "--locale='C' -X /wal",
            "POSTGRES_INIT_DIR": "/init",
        }
    )
    assert (found.user, found.database, found.password) == ("app", "app", "a b'c")
    assert found.arguments == ("--locale=C", "-X", "/wal")
    assert found.init_folder == Path("/init")


def test_nobody_needs_a_password_if_that_is_said() -> None:
    """It has to be said."""
    found = settings.read({"PGDATA": "/data", "POSTGRES_HOST_AUTH_METHOD": "trust"})
    assert (found.password, found.method) == (None, "trust")


@pytest.mark.parametrize(
    ("variables", "told"),
    [
        ({"POSTGRES_PASSWORD": ""}, "without a password: POSTGRES_PASSWORD is empty"),
        ({"POSTGRES_PASSWORD": "a\nb"}, "has several lines"),
        ({"POSTGRES_PASSWORD_FILE": "/x"}, "both are set"),
        ({"POSTGRES_DB_FILE": "/nowhere/x"}, "no such file"),
        ({"POSTGRES_USER": "x" * 64}, "63 bytes at most"),
        ({"POSTGRES_USER": 'a"; DROP'}, "initdb can't quote that"),
        ({"POSTGRES_USER": "a$b"}, "initdb can't quote that"),
        ({"POSTGRES_HOST_AUTH_METHOD": "md5"}, "only scram-sha-256 and trust"),
        ({"POSTGRES_INITDB_ARGS": "'"}, "cannot split POSTGRES_INITDB_ARGS"),
        ({"PGDATA": "data"}, "no absolute path"),
    ],
)
def test_what_is_refused(variables: dict[str, str], told: str) -> None:
    """Each says what can't be, and what to do; the password is never shown."""
    with pytest.raises(UsageError, match=r"^cannot .+\.$") as error:
        settings.read({**LEAST, **variables})
    assert told in str(error.value)
    assert "s3cret" not in str(error.value)
