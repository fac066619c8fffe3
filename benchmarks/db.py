"""How PostgreSQL's container ends when it is stopped with clients inside.

Each round starts the container on the same volume, connects idle clients, one that stays in a
transaction, and one that commits half a second after the stop was asked for; then `docker stop`.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import threading
import time
from pathlib import Path
from typing import Any, NamedTuple

import psycopg

from benchmarks import versions
from benchmarks.databases.container import Database
from benchmarks.entrypoints import ROOT

GRACE_S = 5
IDLE = 4
COMMITS_AFTER_S = 0.5
SETTINGS = ("-c", "log_min_messages=warning")
PLAIN = ["postgres"]
# name: what is PID 1, and the engine's options
CONTENDERS: dict[str, dict[str, Any]] = {
    "gracekeeper": {"environment": {"GRACEKEEPER_GRACE": str(GRACE_S)}},
    "postgres, SIGTERM": {"entrypoint": PLAIN},
    "postgres, SIGINT": {"entrypoint": PLAIN, "stop_signal": "SIGINT"},
}


class Round(NamedTuple):
    """One stop."""

    code: int
    seconds: float
    state: str
    committed: bool  # the transaction that ended half a second later
    recovered: bool  # by the next start


class Volume:
    """A cluster that all rounds of one contender use, made by the image."""

    def __init__(self, image: str) -> None:
        """Make it."""
        self.image = image
        self._maker = Database(image)
        self._maker.wait_until_ready()
        with self._maker.connect(autocommit=True) as session:
            session.execute("CREATE TABLE thoughts (id int)")
        self._maker.stop(10)

    def serve(self, options: dict[str, Any]) -> Database:
        """Start a contender on it."""
        return Database(
            self.image, *SETTINGS, volumes_from=[str(self._maker.container.id)], **options
        )

    def remove(self) -> None:
        """It is not needed any more."""
        self._maker.__exit__()


def one_round(volume: Volume, options: dict[str, Any]) -> Round:
    """Start, connect, stop, look."""
    with volume.serve(options) as database:
        database.wait_until_ready()
        for _ in range(IDLE):
            database.connect(autocommit=True).execute("SELECT 1")
        staying, late = database.connect(), database.connect()
        for session in (staying, late):
            session.execute("INSERT INTO thoughts VALUES (1)")
        committed: list[bool] = []
        commit = threading.Thread(target=lambda: committed.append(_commit(late)))
        commit.start()
        code, seconds = database.stop(GRACE_S)
        commit.join()
        state = database.state()
        mark = len(database.log)
        database.start_again()
        database.wait_until_ready()
        recovered = "not properly shut down" in database.log[mark:]
        with database.connect(autocommit=True) as session:
            session.execute("CHECKPOINT")
        database.container.kill("SIGINT")
        database.end()
    return Round(code, seconds, state, committed[0], recovered)


def _commit(session: psycopg.Connection[Any]) -> bool:
    time.sleep(COMMITS_AFTER_S)
    try:
        session.commit()
    except psycopg.OperationalError:
        return False
    return True


def row(name: str, rounds: list[Round]) -> str:
    """Return one line of the table."""
    number = len(rounds)
    codes = ", ".join(str(code) for code in sorted({one.code for one in rounds}))
    clean = sum(one.state == "shut down" for one in rounds)
    seconds = statistics.median(one.seconds for one in rounds)
    return (
        f"| {name} | {codes} | {clean} of {number} | {sum(r.recovered for r in rounds)} |"
        f" {sum(r.committed for r in rounds)} of {number} | {seconds:.2f} s |"
    )


def main(arguments: list[str] | None = None) -> int:
    """Measure, and print Markdown."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.db", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--rounds", type=int, default=20, help="stops of each (20)")
    parser.add_argument("--image", default="gracekeeper/db:latest", help="made by `make db-image`")
    parser.add_argument("--output", type=Path, default=ROOT / "benchmarks" / "results")
    wishes = parser.parse_args(arguments)
    known = {k: v for k, v in versions.collect("/usr/bin:/bin").items() if k in ("kernel", "cpus")}
    lines = [
        f"`docker stop --time {GRACE_S}` with {IDLE} idle clients, one that stays in a transaction,"
        f" and one that commits {COMMITS_AFTER_S:g} s later; {wishes.rounds} rounds each"
        f" ({', '.join(f'{name} {value}' for name, value in known.items())}).",
        "",
        "| PID 1 | exit code | pg_controldata says shut down | recoveries | late commits | stop |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    print("\n".join(lines), flush=True)
    measured: dict[str, list[Round]] = {}
    volume = Volume(wishes.image)
    try:
        for name, options in CONTENDERS.items():
            measured[name] = [one_round(volume, dict(options)) for _ in range(wishes.rounds)]
            lines.append(row(name, measured[name]))
            print(lines[-1], flush=True)
    finally:
        volume.remove()
    wishes.output.mkdir(parents=True, exist_ok=True)
    (wishes.output / "db.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
    told = {name: [one._asdict() for one in rounds] for name, rounds in measured.items()}
    (wishes.output / "db.json").write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    ours = measured["gracekeeper"]
    return 0 if all((r.code, r.state) == (143, "shut down") for r in ours) else 1


if __name__ == "__main__":
    sys.exit(main())
