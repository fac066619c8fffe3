from __future__ import annotations

import fcntl
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import TextIO

import pytest
from flask import Flask

from sample_app import create_app
from sample_app.database import Database, parse_url
from sample_app.models import Thought

_ROOT = Path(__file__).parents[2]

_FIRST_REQUEST = """
import sys
from sample_app import create_app

app = create_app({"DATABASE_URL": sys.argv[1]})
sys.stdin.read(1)  # all start together
app.extensions["database"].migrate()
answer = app.test_client().post("/api/thoughts", json={"text": "x"})
app.extensions["database"].close()
sys.exit(answer.text if answer.status_code != 201 else 0)
"""

_ACROSS_FORK = """
import os, sys
from sqlalchemy import event
from sqlalchemy.pool import Pool
from sample_app import create_app

connected_by = []
event.listen(Pool, "connect", lambda *_: connected_by.append(os.getpid()))
app = create_app({"DATABASE_URL": sys.argv[1]})
app.extensions["database"].migrate()
post = lambda: app.test_client().post("/api/thoughts", json={"text": "x"}).status_code
assert post() == 201
children = []
for _ in range(2):
    pid = os.fork()
    if pid == 0:
        posted = {post() for _ in range(5)} == {201}
        os._exit(0 if posted and os.getpid() in connected_by else 1)
    children.append(pid)
    assert post() == 201  # meanwhile, on the connection that the child has inherited
assert [os.waitpid(pid, 0)[1] for pid in children] == [0, 0]
assert post() == 201
assert len(app.test_client().get("/api/thoughts").get_json()["items"]) == 14
app.extensions["database"].close()
"""


def test_the_default_is_a_file_in_the_temporary_directory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)

    database: Database = create_app().extensions["database"]

    assert database.url.database == f"{tempfile.gettempdir()}/thoughts.db"


def test_the_environment_names_the_database_unless_the_config_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DATABASE_URL", "sqlite:////a.db")

    assert create_app().extensions["database"].url.database == "/a.db"
    config = {"DATABASE_URL": "sqlite:////b.db"}
    assert create_app(config).extensions["database"].url.database == "/b.db"


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_every_name_of_postgresql_means_psycopg(scheme: str) -> None:
    url = parse_url(f"{scheme}://user:secret@db:5433/thoughts?sslmode=require")

    assert url.render_as_string(hide_password=False) == (
        "postgresql+psycopg://user:secret@db:5433/thoughts?sslmode=require"
    )


@pytest.mark.parametrize("raw", ["mysql://db/thoughts", "sqlite://", "sqlite:///:memory:", "x"])
def test_what_cannot_work_is_refused_at_once(raw: str) -> None:
    with pytest.raises(ValueError, match=r"DATABASE_URL"):
        create_app({"DATABASE_URL": raw})


def test_a_password_may_be_in_a_file(tmp_path: Path) -> None:
    secret = tmp_path / "password"
    secret.write_text("p@ss/word\n")
    config = {"DATABASE_URL": "postgresql://app@db/x", "DATABASE_PASSWORD_FILE": str(secret)}

    url = create_app(config).extensions["database"].url

    assert (url.username, url.password, url.host) == ("app", "p@ss/word", "db")
    assert "p@ss" not in url.render_as_string()


def test_a_password_that_cannot_be_read_is_refused_at_once() -> None:
    config = {"DATABASE_URL": "postgresql://db/x", "DATABASE_PASSWORD_FILE": "/nowhere"}
    with pytest.raises(ValueError, match=r"cannot use DATABASE_PASSWORD_FILE: .*'/nowhere'"):
        create_app(config)


def test_concurrent_writers_wait_for_each_other(app: Flask) -> None:
    together = Barrier(8)

    def write(number: int) -> set[int]:
        client = app.test_client()
        together.wait(timeout=10)
        location = client.post("/api/thoughts", json={"text": str(number)}).headers["Location"]
        return {client.put(location, json={"text": f"{number}"}).status_code for _ in range(10)}

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(write, range(8))) == [{200}] * 8


def test_a_failed_write_leaves_nothing(app: Flask, database: Database) -> None:
    def fail_half_way() -> None:
        with database.writing() as session:
            session.add(Thought(text="x", author="ada"))
            session.flush()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_half_way()

    assert app.test_client().get("/api/thoughts").get_json()["items"] == []


def test_sqlite_is_set_up_by_one_worker_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The race itself shows too seldom to test: the lock is held before the file is touched."""
    path = tmp_path / "thoughts.db"
    database = Database(parse_url(f"sqlite:///{path}"))
    lock, taken = fcntl.flock, []

    def watch(file: TextIO, operation: int) -> None:
        lock(file, operation)
        taken.append((file.name, operation, path.exists()))

    monkeypatch.setattr("fcntl.flock", watch)
    with database.reading():
        assert taken == [(f"{path}.lock", fcntl.LOCK_EX, False)]
    database.close()
    with Path(f"{path}.lock").open() as file:
        lock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


@pytest.mark.process
def test_several_may_migrate_at_once(database_url: str) -> None:
    command = [sys.executable, "-W", "error", "-c", _FIRST_REQUEST, database_url]
    workers = [subprocess.Popen(command, stdin=subprocess.PIPE, cwd=_ROOT) for _ in range(4)]
    for worker in workers:
        worker.communicate(b"!", timeout=60)

    assert [worker.returncode for worker in workers] == [0] * 4


@pytest.mark.process
def test_workers_may_be_forked_from_a_process_that_uses_the_database(database_url: str) -> None:
    command = [sys.executable, "-W", "error", "-c", _ACROSS_FORK, database_url]

    subprocess.run(command, cwd=_ROOT, check=True, timeout=60)
