"""PostgreSQL under the keeper: transactions are waited for, and the cluster is shut down."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from time import monotonic

import psycopg
import pytest

from tests.cluster.postgres import (
    ADMIN,
    AS_OTHER,
    NEEDS_POSTGRES,
    Served,
    environment,
    make,
    served,
    state,
)
from tests.ports import free_port
from tests.rules.sources import ROOT
from tests.runtime.kept import GRACEKEEPER, Kept

pytestmark = [pytest.mark.process, NEEDS_POSTGRES]

INSERT = "INSERT INTO thoughts VALUES (%s)"
SMART = "received smart shutdown request"


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cluster with a table; one test after the other serves it."""
    data = tmp_path_factory.mktemp("cluster") / "data"
    (data.parent / "init").mkdir()
    (data.parent / "init" / "1.sql").write_text("\\c postgres\nCREATE TABLE thoughts (id int);")
    done = make(data, **ADMIN)
    assert done.returncode == 0, done.stderr
    return data


def thoughts(server: Served) -> set[int]:
    """What is in the table."""
    with server.connect() as session:
        return {row[0] for row in session.execute("SELECT id FROM thoughts")}


def test_who_stays_in_a_transaction_is_rolled_back_in_the_end(
    cluster: Path, tmp_path: Path
) -> None:
    """An idle client is not waited for, an open transaction as long as the drain delay."""
    with served(tmp_path, cluster, "--drain-delay", "0.5") as server:
        idle, late = server.connect(autocommit=True), server.connect()
        idle.execute(INSERT, [1])
        late.execute(INSERT, [2])
        server.kept.ask()
        server.kept.wait_for_line(SMART)
        with pytest.raises(psycopg.OperationalError, match="is shutting down"):
            server.connect()
        assert server.kept.end() == 143
        report = server.kept.report
        with pytest.raises(psycopg.OperationalError):
            late.commit()
    assert (state(cluster), report["service"]["cluster"]) == ("shut down", "shut down")
    assert report["requests"]["lost_requests"] == ["app postgres idle in transaction"]
    assert "drain delay of 0.5 s was over: 1 transaction still ran" in report["verdict"]
    with served(tmp_path, cluster) as server:
        assert thoughts(server) & {1, 2} == {1}
        assert "database system was shut down at" in server.kept.text


def test_a_transaction_that_ends_in_time_is_committed(cluster: Path, tmp_path: Path) -> None:
    """The wait ends with the last one, and not with the drain delay."""
    with served(tmp_path, cluster, "--drain-delay", "20", "--grace", "30") as server:
        server.connect()
        late = server.connect()
        late.execute(INSERT, [3])
        server.kept.ask()
        server.kept.wait_for_line(SMART)
        late.execute(INSERT, [4])
        late.commit()
        assert server.kept.end() == 143
        report = server.kept.report
    assert (report["requests"]["lost"], report["requests"]["cut"]) == (0, None)
    assert report["seconds"] < 15
    with served(tmp_path, cluster) as server:
        assert {3, 4} <= thoughts(server)


def test_a_second_signal_skips_the_wait_and_is_not_immediate(cluster: Path, tmp_path: Path) -> None:
    """The shutdown is the fast one, which leaves a clean cluster."""
    with served(tmp_path, cluster, "--drain-delay", "50", "--grace", "60") as server:
        late = server.connect()
        late.execute(INSERT, [5])
        asked = server.kept.ask()
        # One within a second of the one before is an echo of it: the wait is ours, the fact its.
        server.kept.wait_until(lambda: monotonic() > asked + 1.05 or None, "a second")
        server.kept.ask()
        assert server.kept.end() == 143
        assert server.kept.report["requests"]["cut"] == "hurried"
    assert state(cluster) == "shut down"


@pytest.mark.parametrize("options", [(), ("--drain-delay", "5")], ids=["at-once", "delay"])
def test_a_stop_before_it_is_ready(cluster: Path, tmp_path: Path, options: tuple[str, ...]) -> None:
    """There is nobody to wait for."""
    with served(tmp_path, cluster, *options, wait=False) as server:
        server.kept.wait_for("spawned")
        server.kept.ask()
        assert server.kept.end() == 143
        assert server.kept.report["seconds"] < 4
    assert state(cluster) == "shut down"


def test_a_reload_is_passed_on(cluster: Path, tmp_path: Path) -> None:
    """SIGHUP is no restart here: the server reads its files again."""
    with served(tmp_path, cluster) as server:
        server.kept.ask(signal.SIGHUP)
        server.kept.wait_for_line("received SIGHUP, reloading configuration files")
        server.kept.ask()
        assert server.kept.end() == 143


def test_a_crash_is_told(cluster: Path, tmp_path: Path) -> None:
    """The exit code is its own, and the report says what the next start will do."""
    with served(tmp_path, cluster) as server:
        os.kill(server.kept.wait_for("spawned")["pid"], signal.SIGKILL)
        assert server.kept.end() == 137
        assert "its next start recovers it" in server.kept.report["verdict"]
    assert state(cluster) == "in production"


class TestEntrypoint:
    """entrypoints/start_postgres.py, as the image runs it."""

    def start(self, folder: Path, *options: str, **variables: str) -> Kept:
        """Run it for a cluster in this folder, with a port of its own."""
        program = str(ROOT / "entrypoints" / "start_postgres.py")
        wishes = (f"port={free_port()}", f"unix_socket_directories={folder}")
        words = (*(word for wish in wishes for word in ("-c", wish)), *options)
        run = (GRACEKEEPER[0], "hold", sys.executable, "-I", program, *words)
        said = environment(folder / "data", GRACEKEEPER_GRACE="8", **variables)
        return Kept(folder, *AS_OTHER, *run, **said)

    def test_without_a_password_nothing_starts(self, tmp_path: Path) -> None:
        """It is refused before a cluster is begun; so is another version's."""
        with self.start(tmp_path) as kept:
            assert kept.end() == 2
            assert "start_postgres.py: cannot make a cluster without a password" in kept.text
        (tmp_path / "data").mkdir()
        (tmp_path / "data" / "PG_VERSION").write_text("9.6\n")
        with self.start(tmp_path) as kept:
            assert kept.end() == 2
            assert "it is of PostgreSQL 9.6" in kept.text
        assert kept.events == []

    def test_a_stop_while_the_cluster_is_made(self, tmp_path: Path) -> None:
        """143, and nothing is there that looks like a cluster."""
        with self.start(tmp_path, **ADMIN) as kept:
            begun = tmp_path / ".data.gracekeeper-new" / "PG_VERSION"
            kept.wait_until(lambda: begun.exists() or None, "initdb")
            kept.ask()
            assert kept.end() == 143
        assert not [path for path in tmp_path.iterdir() if "data" in path.name]

    def test_a_life(self, tmp_path: Path) -> None:
        """Made, served, stopped; then served again, without being made and without a password."""
        secret = tmp_path / "secret"
        secret.write_text("s3cret\n")
        with self.start(tmp_path, POSTGRES_USER="app", POSTGRES_PASSWORD_FILE=str(secret)) as kept:
            kept.wait_for("ready", service="postgres")
            pid = kept.wait_for("spawned", service="postgres")["pid"]
            assert b"POSTGRES_PASSWORD" not in Path(f"/proc/{pid}/environ").read_bytes()
            kept.ask()
            assert kept.end() == 143
        assert state(tmp_path / "data") == "shut down"
        secret.unlink()
        with self.start(tmp_path, "-c", "max_connections=7") as kept:
            kept.wait_for("ready", service="postgres")
            assert not [event for event in kept.events if event.get("service") == "cluster"]
            kept.ask()
            assert kept.end() == 143
        assert state(tmp_path / "data") == "shut down"
