"""Start the sample app under the entrypoint, put load on it, send SIGTERM, tell what happened.

`python -m demo` plays it; `python -m demo run` only serves, on 127.0.0.1:8000 until Ctrl-C.
Everything stays on this machine's loopback address. The database is an SQLite file: removed after
the demo, kept in .run/ by `run`.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from time import monotonic
from typing import Any

import click

from supervisor.drill.driver import Driver
from supervisor.drill.tally import Tally
from supervisor.drill.traffic import Load

ROOT = Path(__file__).resolve().parent.parent
ENTRYPOINT = (sys.executable, str(ROOT / "entrypoints" / "start_server.py"))
INI = str(ROOT / "demo" / "uwsgi.ini")
CLIENTS = 8
BEFORE_S = 2.5
PACE_S = 0.5
PATIENCE_S = 30.0


def environment(folder: str, address: str) -> dict[str, str]:
    """What the ini and the app need to know."""
    return {
        **os.environ,
        "DEMO_FOLDER": folder,
        "DEMO_ADDRESS": address,
        "DATABASE_URL": f"sqlite:///{folder}/thoughts.db",
        "GRACEKEEPER_CONTROL": f"{folder}/control.sock",
    }


@click.group(invoke_without_command=True)
@click.pass_context
def demo(context: click.Context) -> None:
    """Play the demo, or `run` the sample app in the foreground."""
    if context.invoked_subcommand is None:
        with tempfile.TemporaryDirectory(prefix="gracekeeper-demo-") as folder:
            sys.exit(play(folder))


@demo.command()
@click.option("--address", default="127.0.0.1:8000", show_default=True)
def run(address: str) -> None:
    """Serve the sample app until Ctrl-C (exit 130)."""
    folder = ROOT / ".run"
    folder.mkdir(exist_ok=True)
    click.echo(f"the sample app on http://{address}/ - Ctrl-C stops it", err=True)
    child = {**environment(str(folder), address), "GRACEKEEPER_LOG_FORMAT": "text"}
    os.execve(ENTRYPOINT[0], [*ENTRYPOINT, INI], child)  # noqa: S606 - no shell


def play(folder: str) -> int:
    """Return 0 when nobody was lost and the exit code was 143."""
    port = free_port()
    report = Path(folder) / "report.json"
    log = Path(folder) / "server.log"
    url = f"http://127.0.0.1:{port}/api/export?pace_s={PACE_S}"
    child = {**environment(folder, f"127.0.0.1:{port}"), "GRACEKEEPER_REPORT": str(report)}
    say("start", "uWSGI with 2 workers behind its http router, under entrypoints/start_server.py")
    with log.open("wb") as output:
        server = subprocess.Popen([*ENTRYPOINT, INI], stdout=output, stderr=output, env=child)
    try:
        wait_until_ready(server, port, log)
        say("load", f"{CLIENTS} clients, each asking again at once; every request takes {PACE_S} s")
        with Driver(Load(url, clients=CLIENTS, until_refused=CLIENTS, max_s=PATIENCE_S)) as driver:
            watch(driver, BEFORE_S)
            server.send_signal(signal.SIGTERM)
            driver.mark("asked")
            click.echo()
            say("SIGTERM", f"with {driver.in_flight} requests under way")
            code = server.wait(PATIENCE_S)
            say("ended", "the entrypoint has exited; clients now meet a refusal")
            tally = driver.join(PATIENCE_S)
    finally:
        if server.poll() is None:
            server.kill()
            server.wait()
    show(json.loads(report.read_text()), tally, code)
    return int(tally.lost != 0 or code != 143)


def free_port() -> int:
    """Return a port of 127.0.0.1 that was free a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def wait_until_ready(server: subprocess.Popen[bytes], port: int, log: Path) -> None:
    """Wait for the first complete answer; the server's own last lines say why there is none."""
    until = monotonic() + PATIENCE_S
    while monotonic() < until and server.poll() is None:
        load = Load(f"http://127.0.0.1:{port}/healthz", clients=1, per_client=1)
        with Driver(load) as driver:
            if driver.join(PATIENCE_S).answered:
                return
    raise click.ClickException(f"the sample app did not start:\n{log.read_text()[-2000:]}")


def watch(driver: Driver, seconds: float) -> None:
    """Show a bar while the load runs."""
    started = monotonic()
    with click.progressbar(length=100, label="  loading", width=30, show_eta=False) as bar:
        while (spent := monotonic() - started) < seconds:
            driver.wait_answered(driver.tally().answered + 1, PATIENCE_S)
            bar.update(int(100 * min(1.0, spent / seconds)) - bar.pos)
        bar.update(100 - bar.pos)


def show(report: dict[str, Any], tally: Tally, code: int) -> None:
    """Print the timeline, what clients saw, and the verdict."""
    asked, later = tally.in_flight("asked"), tally.after("asked")
    click.echo()
    click.secho("  the stop, in seconds after SIGTERM", bold=True)
    whole = max(report["seconds"], 0.001)
    for phase in report["phases"]:
        if phase["end"] > 0:
            start, end = max(0.0, phase["start"]), phase["end"]
            bar = " " * int(40 * start / whole) + "█" * max(1, round(40 * (end - start) / whole))
            click.echo(f"  {phase['name']:<10} {start:6.3f} .. {end:6.3f}  {bar}")
    click.echo()
    click.secho("  what the clients saw", bold=True)
    click.echo(f"  in flight at SIGTERM   {asked.answered} answered, {asked.lost} lost")
    click.echo(
        f"  came after SIGTERM     {later.turned_away} turned away with a 503, "
        f"{later.refused} refused, {later.lost} lost"
    )
    click.echo()
    click.secho("  the report", bold=True)
    click.echo(f"  {report['verdict']}")
    click.echo()
    good = {True: "green", False: "red"}
    click.secho(f"  exit {code}", fg=good[code == 143], bold=True)
    click.secho(f"  lost {tally.lost}", fg=good[tally.lost == 0], bold=True)


def say(what: str, about: str) -> None:
    """Print one step."""
    click.echo(f"{click.style(f'{what:>9}', bold=True)}  {about}")


if __name__ == "__main__":
    demo()
