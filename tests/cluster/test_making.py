"""Making real clusters: what is in them, and that there is all of one or nothing."""

from __future__ import annotations

import gzip
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic

import psycopg
import pytest

from tests.cluster.postgres import (
    ADMIN,
    MAKE,
    NEEDS_POSTGRES,
    environment,
    make,
    served,
    state,
)
from tests.runtime.kept import descendants

pytestmark = [pytest.mark.process, NEEDS_POSTGRES]
DEADLINE_S = 30.0


def test_a_cluster(tmp_path: Path) -> None:
    """Any name, any password; init files in their order; then only who knows the password."""
    init = tmp_path / "init"
    init.mkdir()
    (init / "1.sql").write_text("CREATE TABLE thoughts (id int);\nINSERT INTO thoughts VALUES (7);")
    (init / "2.sql.gz").write_bytes(gzip.compress(b"INSERT INTO thoughts VALUES (8);"))
    (init / "3.sh").write_text("exit 1")
    data, database = tmp_path / "a b" / "data", 'it\'s; a="b"'
    wishes = {"POSTGRES_USER": "app; x", "POSTGRES_PASSWORD": "p'w", "POSTGRES_DB": database}
    done = make(data, **wishes, POSTGRES_INIT_DIR=str(init))
    assert done.returncode == 0, done.stderr
    assert "3.sh was not run" in done.stdout
    assert state(data) == "shut down"
    assert [path.name for path in data.parent.iterdir()] == ["data"]
    with served(tmp_path, data) as server:
        who = {"database": database, "user": "app; x"}
        with server.connect(**who, password="p'w") as session:
            assert session.execute("SELECT id FROM thoughts").fetchall() == [(7,), (8,)]
            assert session.execute("SHOW data_checksums").fetchall() == [("on",)]
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            server.connect(**who, password="no")
    before = (data / "global" / "pg_control").stat().st_mtime_ns
    assert make(data).returncode == 0  # it is there: nothing is asked for, and nothing done
    assert (data / "global" / "pg_control").stat().st_mtime_ns == before


def test_an_init_file_that_fails(tmp_path: Path) -> None:
    """The file and the line are told, and nothing is kept: the next start begins anew."""
    (tmp_path / "init").mkdir()
    (tmp_path / "init" / "1.sql").write_text("\nINSERT INTO nowhere VALUES (1);\n")
    done = make(tmp_path / "data", **ADMIN)
    assert done.returncode == 1
    assert "1.sql:2: ERROR" in done.stderr
    assert f"cannot run {tmp_path}/init/1.sql: psql ended with 3" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["init"]


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)], ids=["term", "int"]
)
def test_a_stop_leaves_nothing(tmp_path: Path, number: int, code: int) -> None:
    """In the middle of initdb: its processes and its files are gone."""
    with making(tmp_path / "data") as child:
        os.kill(child.pid, number)
        _, errors = child.communicate(timeout=DEADLINE_S)
        assert (child.returncode, "Traceback" in errors) == (code, False), errors
    assert list(tmp_path.iterdir()) == []


def test_after_a_kill_the_next_start_clears_what_is_left(tmp_path: Path) -> None:
    """A container that is killed leaves a hidden folder, never something like a cluster."""
    data = tmp_path / "data"
    with making(data) as child:
        for pid in (child.pid, *descendants(child.pid)):
            os.kill(pid, signal.SIGKILL)
        child.wait(DEADLINE_S)
    assert [path.name for path in tmp_path.iterdir()] == [".data.gracekeeper-new"]
    done = make(data, **ADMIN)
    assert done.returncode == 0, done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


def test_another_version_is_refused(tmp_path: Path) -> None:
    """PostgreSQL would, too; here it is said what to do."""
    (tmp_path / "PG_VERSION").write_text("9.6\n")
    done = make(tmp_path)
    assert done.returncode == 2
    assert "it is of PostgreSQL 9.6, and the server of" in done.stderr


@contextmanager
def making(data: Path) -> Iterator[subprocess.Popen[str]]:
    """Run the task until initdb has begun to write."""
    child = subprocess.Popen(
        MAKE,
        env=environment(data, **ADMIN),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        until = monotonic() + DEADLINE_S
        while not (data.parent / f".{data.name}.gracekeeper-new" / "PG_VERSION").exists():
            assert child.poll() is None and monotonic() < until
        yield child
    finally:
        child.kill()
        child.communicate()
