"""What was worked out about a configuration holds for a real uWSGI under the keeper."""

from __future__ import annotations

from pathlib import Path

import pytest

from supervisor.drill.driver import Driver
from supervisor.drill.traffic import Load
from tests.cli.command import COMMAND, clean, gracekeeper
from tests.ports import free_port
from tests.runtime.kept import APP, Kept
from tests.servers.surroundings import ini

pytestmark = pytest.mark.process


def kept(folder: Path, *lines: str, words: tuple[str, ...] = ("--ini", "app.ini")) -> Kept:
    """A keeper of uWSGI with these lines in its ini."""
    text = ini("master = true", f"wsgi-file = {APP}", f"chdir = {folder}/code", *lines)
    (folder / "code").mkdir(exist_ok=True)
    (folder / "app.ini").write_text(text)
    command = (COMMAND, "run", "--grace", "8", "--", "uwsgi", *words)
    return Kept(folder, *command, **clean(folder))


@pytest.mark.parametrize(
    "place", ["s", "{folder}/s", "@{folder}", "127.0.0.1:{port}", "[::1]:{port}"]
)
@pytest.mark.parametrize("http", ["false", "true"])
def test_wherever_the_stats_are(place: str, http: str, tmp_path: Path) -> None:
    """The keeper finds them, so it knows that the service is ready."""
    stats = place.format(folder=tmp_path, port=free_port())
    door = f"http-socket = 127.0.0.1:{free_port()}"
    with kept(tmp_path, door, f"stats = {stats}", f"stats-http = {http}") as one:
        one.wait_for("ready")
        one.ask()
        assert one.end() == 143


@pytest.mark.parametrize("words", [("--ini", "app.ini"), ("app.ini",)], ids=["option", "word"])
def test_every_door_is_drained(words: tuple[str, ...], tmp_path: Path) -> None:
    """A router, and beside it a socket that lies where chdir leads: nobody is lost at either."""
    port = free_port()
    doors = (f"http = 127.0.0.1:{port}", "http-socket = app.sock", "processes = 2")
    with kept(tmp_path, *doors, words=words) as one:
        one.wait_for("ready")
        router = Load(f"http://127.0.0.1:{port}/slow?s=0.1", clients=6, per_client=2)
        beside = Load(f"unix:{tmp_path}/code/app.sock:/slow?s=0.1", clients=6, per_client=2)
        with Driver(router) as first, Driver(beside) as second:
            first.wait_in_flight(6)
            second.wait_in_flight(6)
            one.ask()
            assert one.end() == 143, one.text
            tallies = first.join(20), second.join(20)
        assert [tally.lost for tally in tallies] == [0, 0], one.text
        assert one.report["door"] == "steered"
        assert one.report["requests"]["lost"] == 0


def test_the_fifo_lies_where_chdir_leads(tmp_path: Path) -> None:
    """A relative path of the configuration's own, and a command written to it."""
    door = f"http-socket = 127.0.0.1:{free_port()}"
    with kept(tmp_path, door, "master-fifo = fifo") as one:
        one.wait_for("ready")
        assert (tmp_path / "code" / "fifo").is_fifo()
        done = gracekeeper(tmp_path, "fifo", "stats")
        assert (done.code, done.out) == (0, "wrote stats\n"), done
        done = gracekeeper(tmp_path, "fifo", "q")
        assert done.code == 1
        assert "Use `gracekeeper stop`" in done.err
        one.ask()
        assert one.end() == 143


def test_one_socket_named_twice(tmp_path: Path) -> None:
    """uWSGI takes it for one, and so do we."""
    door = f"http-socket = 127.0.0.1:{free_port()}"
    with kept(tmp_path, door, door) as one:
        one.wait_for("ready")
        one.ask()
        assert one.end() == 143
