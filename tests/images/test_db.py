"""PostgreSQL's image: whoever is connected, it stops with 143 and a cluster that is shut down."""

from __future__ import annotations

import json

import psycopg
import pytest

from benchmarks.databases.container import Database

pytestmark = pytest.mark.docker
GRACE_S = 5
SMART = "received smart shutdown request"


def test_a_stop_with_clients_inside(db_image: str) -> None:
    """Idle ones, one that commits late, one that never does; hardened; then a later start."""
    with Database(db_image, environment={"GRACEKEEPER_GRACE": str(GRACE_S)}) as database:
        database.wait_until_ready()
        idle, staying, late = (database.connect() for _ in range(3))
        idle.execute("CREATE TABLE thoughts (id int)")
        idle.commit()
        staying.execute("INSERT INTO thoughts VALUES (1)")
        late.execute("INSERT INTO thoughts VALUES (2)")
        database.container.kill("SIGTERM")
        database.wait_for_line(SMART)
        late.commit()
        assert database.end() == 143, database.log
        report = json.loads(database.log.splitlines()[-1])
        assert "drain delay of 2.5 s was over: 1 transaction" in json.dumps(report)
        assert database.state() == "shut down"

        mark = len(database.log)
        database.start_again()
        database.wait_until_ready()
        log = database.log[mark:]
        assert "database system was shut down at" in log
        assert '"service": "cluster"' not in log
        with database.connect() as session:
            assert session.execute("SELECT id FROM thoughts").fetchall() == [(2,)]
        assert database.stop(GRACE_S)[0] == 143

        # The control: postgres as PID 1 waits for an idle client until it is killed.
        plain = {"entrypoint": ["postgres"], "volumes_from": [str(database.container.id)]}
        with Database(db_image, **plain) as bare:
            bare.wait_until_ready()
            bare.connect()
            assert bare.stop(1)[0] == 137
        assert database.state() == "in production"


def test_a_stop_while_the_cluster_is_made(db_image: str) -> None:
    """Nothing is left that a later start could take for a cluster; that start makes one."""
    with Database(db_image) as database:
        database.wait_for_line('"event": "spawned"')
        assert database.stop(10)[0] == 143, database.log
        left = database.on_its_volume("find", "/var/lib/postgresql", "-mindepth", "2")
        assert left == "", database.log
        database.start_again()
        database.wait_until_ready()


def test_what_is_refused(db_image: str) -> None:
    """Without a password nothing starts; with one, nobody comes in without it."""
    with Database(db_image, environment={"POSTGRES_PASSWORD": ""}) as database:
        assert database.end() == 2
        assert "cannot make a cluster without a password" in database.log
    with Database(db_image) as database:
        database.wait_until_ready()
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            database.connect(password="no")
        health = database.container.attrs["Config"]["Healthcheck"]["Test"]
        assert health == ["CMD", "pg_isready", "--quiet", "--host=127.0.0.1"]
        assert database.container.exec_run(health[1:]).exit_code == 0
        for tool in ("gcc", "cc"):
            assert database.container.exec_run(["which", tool]).exit_code == 1
