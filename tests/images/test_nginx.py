"""nginx in front of uWSGI's unix socket: in a container of its own, or together in one."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.images.loader import Loader
from tests.images.sample import Sample

pytestmark = pytest.mark.docker

ALONE = ["/opt/venv/bin/gracekeeper", "run", "--listen", ":8080", "--", "nginx", "-c"]
EXPORT = "http://127.0.0.1:8080/api/export?pace_s="
STATIC = """
from urllib.request import urlopen
print(urlopen("http://127.0.0.1:8080/robots.txt").readline().decode(), end="")
"""
GRACEKEEPER = "/opt/venv/bin/gracekeeper"


@contextlib.contextmanager
def apart(app_image: str, nginx_image: str, folder: Path) -> Iterator[tuple[Sample, Sample]]:
    """Run uWSGI and nginx in two containers that share the folder of the socket."""
    folder.chmod(0o777)
    app = Sample(app_image, ini="/opt/uwsgi/behind-nginx.ini").share(folder, "/run/app")
    app.env(GRACEKEEPER_LISTEN="uwsgi=/run/app/uwsgi.sock")
    conf = "/opt/nginx/nginx.conf"
    nginx = Sample(nginx_image, entrypoint=[*ALONE, conf]).share(folder, "/run/app")
    with app, nginx:
        yield app, nginx


def test_uwsgi_is_restarted_and_stopped_behind_nginx(
    app_image: str, nginx_image: str, tmp_path: Path
) -> None:
    """Its socket's file is renamed over, and whatever nginx had passed on is answered."""
    with (
        apart(app_image, nginx_image, tmp_path) as (app, nginx),
        Loader(app_image, nginx.id, EXPORT + "0.5") as loader,
    ):
        app.wait_for_line("/api/export")
        for _ in range(2):
            assert app.run(GRACEKEEPER, "restart")[0] == 0
        restarted = app.end()
        loader.end()
        tally = loader.tally(asked=restarted.asked)
    assert restarted.code == 143, restarted.told_log()
    before, in_flight = tally.before("asked"), tally.in_flight("asked")
    assert tally.lost == 0, tally.reasons()
    assert set(before.statuses()) == {200}, before.statuses()
    assert set(in_flight.statuses()) == {200}
    assert in_flight.answered >= 7
    assert not list(tmp_path.glob("*.sock")), "the socket's path stays behind"


def test_nginx_is_restarted_and_stopped_in_front(
    app_image: str, nginx_image: str, tmp_path: Path
) -> None:
    """It ends with 143, and with nobody's request."""
    with (
        apart(app_image, nginx_image, tmp_path) as (app, nginx),
        Loader(app_image, nginx.id, EXPORT + "0.2") as loader,
    ):
        app.wait_for_line("/api/export")
        assert nginx.run(GRACEKEEPER, "restart")[0] == 0
        ending = nginx.end()
        tally = loader.tally(asked=ending.asked)
    assert ending.code == 143, ending.told_log()
    assert tally.lost == 0, (tally.reasons(), ending.told_log())
    assert set(tally.statuses()) == {200}, tally.statuses()
    assert ending.report["requests"]["turned_away"] == tally.turned_away


def test_together_in_one_container(app_image: str, nginx_image: str, tmp_path: Path) -> None:
    """Restarted and stopped under load: nginx is drained first, then uWSGI, and nobody is lost."""
    tmp_path.chmod(0o777)
    with (
        Sample(nginx_image).share(tmp_path, "/run/app") as sample,
        Loader(app_image, sample.id, EXPORT + "0.2") as loader,
    ):
        sample.wait_for_line("/api/export")
        sample.send("SIGHUP")
        for service in ("nginx", "uwsgi"):
            sample.wait_for_line(f'"service": "{service}", "outcome": "done"')
        assert sample.run("/opt/venv/bin/python3", "-c", STATIC) == (0, "User-agent: *\n")
        ending = sample.end()
        tally = loader.tally(asked=ending.asked)
    assert ending.code == 143, ending.told_log()
    assert tally.lost == 0, (tally.reasons(), ending.told_log())
    assert set(tally.statuses()) == {200}, tally.statuses()
    stopping = [line for line in ending.out.splitlines() if '"event": "stopping"' in line]
    assert ["nginx" in line for line in stopping] == [True, False], stopping
    assert not list(tmp_path.iterdir()), "the socket's path stays behind"
