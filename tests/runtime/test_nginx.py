"""nginx on our listener: stopped and restarted under load, nobody who was accepted is lost."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from supervisor.drill.driver import Driver
from supervisor.drill.traffic import Load, SlowReader
from tests.ports import free_port
from tests.runtime.kept import GRACEKEEPER, Kept, route
from tests.runtime.test_other_servers import serving
from tests.runtime.test_restart import nothing_lost, restart

os.environ["PATH"] += f"{os.pathsep}/usr/sbin"  # where Debian has it

pytestmark = [
    pytest.mark.process,
    pytest.mark.skipif(not shutil.which("nginx"), reason="there is no nginx here"),
]

CONFIGURATION = """
user root;
worker_processes 2;
pid {folder}/nginx.pid;
error_log stderr notice;
events {{ worker_connections 512; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen {listen};
        location / {{ proxy_pass http://unix:{backend}; }}
        location /static/ {{ return 200 "static"; }}
    }}
}}
"""


@contextlib.contextmanager
def fronted(folder: Path, *keep: str) -> Iterator[tuple[Kept, str]]:
    """Run nginx in front of a gunicorn with eight threads; yields nginx's keeper and URL."""
    behind, before = folder / "behind", folder / "before"
    behind.mkdir()
    before.mkdir()
    with serving(behind, "gthread", 2, unix=True) as (_, backend):
        address = f"127.0.0.1:{free_port()}"
        run = command(before, address, address, backend.removeprefix("unix:"))
        with Kept(before, *GRACEKEEPER, *keep, "--listen", *run) as kept:
            kept.wait_for("ready")
            yield kept, f"http://{address}"


def command(folder: Path, address: str, listen: str, backend: str = "/nowhere") -> tuple[str, ...]:
    """Write a configuration that listens there; return what follows `--listen`."""
    conf = folder / "nginx.conf"
    conf.write_text(CONFIGURATION.format(folder=folder, listen=listen, backend=backend))
    return (address, "--", "nginx", "-c", str(conf))


def test_a_stop_at_saturation_loses_nobody(tmp_path: Path) -> None:
    """Everybody accepted is answered, a slow reader, too; code 143."""
    with fronted(tmp_path) as (kept, url):
        load = Load(route(url, "/slow?s=0.2"), clients=24, until_refused=20, max_s=20)
        big = Load(
            route(url, "/big?bytes=4000000"),
            clients=1,
            per_client=1,
            slow_reader=SlowReader(bytes_per_s=4e6),
        )
        with Driver(load) as driver, Driver(big) as reading:
            driver.wait_answered(24)
            reading.wait_in_flight(1)
            driver.wait_in_flight(12)
            kept.ask()
            driver.mark("asked")
            assert kept.end() == 143, kept.text
            tally = driver.join(20)
            assert reading.join(20).answered == 1, kept.text
        assert tally.lost == 0, (tally.reasons(), kept.text)
        assert tally.in_flight("asked").answered >= 8
        assert kept.report["requests"]["turned_away"] == tally.turned_away
        assert "gracefully shutting down" in kept.text


def test_restarts_at_saturation_lose_nobody(tmp_path: Path) -> None:
    """Each generation finds its own listener at the number that NGINX names; HUP restarts, too."""
    with fronted(tmp_path) as (kept, url):
        with Driver(Load(route(url, "/slow?s=0.05"), clients=8, max_s=60)) as driver:
            driver.wait_answered(8)
            for number in (2, 3):
                ended = restart(kept)
                assert ended.returncode == 0, ended.stderr + kept.text
                assert f"generation {number} serves, alone" in ended.stderr
            kept.ask(signal.SIGHUP)
            kept.wait_for("left", generation=3)
            tally = driver.stop()
        nothing_lost(tally, kept)
        kept.ask()
        assert kept.end() == 143, kept.text


def test_clients_that_keep_connections(tmp_path: Path) -> None:
    """Only a request that comes at the moment of the close is not read; it may be sent again."""
    with fronted(tmp_path) as (kept, url):
        with Driver(Load(route(url, "/static/"), clients=8, keep_alive=True, max_s=60)) as driver:
            driver.wait_answered(100)
            kept.ask()
            assert kept.end() == 143, kept.text
            tally = driver.stop()
        assert all(reason.startswith("closed idle: ") for reason in tally.reasons()), kept.text
        assert tally.lost <= 8


@pytest.mark.parametrize(
    ("listen", "told"),
    [
        ("127.0.0.1:1", "no `listen` of its configuration names {address}. Write"),
        ("{address} reuseport", "`listen {address} reuseport` makes a listener for each worker"),
    ],
)
def test_a_door_that_would_be_nobody_s(tmp_path: Path, listen: str, told: str) -> None:
    """nginx would close our listener, and everybody who waits there with it."""
    address = f"127.0.0.1:{free_port()}"
    run = command(tmp_path, address, listen.format(address=address))
    done = subprocess.run(
        (*GRACEKEEPER, "--listen", *run), capture_output=True, text=True, timeout=20, check=False
    )
    assert done.returncode == 2
    assert (
        f"cannot hand a listener to nginx (--listen): {told.format(address=address)}" in done.stderr
    )


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become another")
def test_nothing_is_left_to_root(tmp_path: Path) -> None:
    """nginx makes files even when it only shows its configuration: as the user of the service."""
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(0o755)
    own = tmp_path / "own"
    own.mkdir()
    os.chown(own, 65534, 65534)
    address = f"127.0.0.1:{free_port()}"
    run = command(own, address, address)
    words = " ".join(run[2:])
    file = tmp_path / "gracekeeper.toml"
    file.write_text(
        f'[services.nginx]\ncommand = "{words}"\nlisten = ["{address}"]\nuser = "65534:65534"\n'
    )
    with Kept(tmp_path, *GRACEKEEPER, "--config", str(file)) as kept:
        kept.wait_for("ready")
        assert {path.stat().st_uid for path in own.iterdir()} == {65534, os.getuid()}, kept.text
        assert (own / "nginx.pid").stat().st_uid == 65534
        kept.ask()
        assert kept.end() == 143, kept.text
