"""nginx in front, over uWSGI's unix socket: the door is a path, and nginx has no second server."""

from __future__ import annotations

from pathlib import Path

import pytest
from testcontainers.core.container import DockerContainer
from testcontainers.core.wait_strategies import HttpWaitStrategy

from tests.images.loader import Loader
from tests.images.sample import HARDENED, Sample

pytestmark = pytest.mark.docker

NGINX_PORT = 8080


def test_stop_behind_nginx(app_image: str, nginx_image: str, tmp_path: Path) -> None:
    """Whatever nginx had passed on before the signal is answered."""
    shared = tmp_path / "run"
    shared.mkdir()
    shared.chmod(0o777)
    nginx = DockerContainer(nginx_image).with_kwargs(**HARDENED).with_tmpfs_mount("/tmp")
    nginx.with_volume_mapping(shared, "/run/app", "rw").with_exposed_ports(NGINX_PORT)
    nginx.waiting_for(HttpWaitStrategy(NGINX_PORT, "/healthz").with_startup_timeout(30))
    url = f"http://127.0.0.1:{NGINX_PORT}/api/export?pace_s=0.5"
    with (
        Sample(app_image, ini="unix-socket.ini").share(shared, "/run/app") as sample,
        nginx,
        Loader(app_image, nginx.get_container_id(), url) as loader,
    ):
        sample.wait_for_line("/api/export")
        ending = sample.end()
        loader.end()
        tally = loader.tally(asked=ending.asked)

    assert ending.code == 143, ending.told_log()
    in_flight = tally.in_flight("asked")
    assert tally.lost == 0, tally.reasons()
    assert set(in_flight.statuses()) == {200}
    assert in_flight.answered >= 7
    assert not list(shared.glob("*.sock")), "the socket's path stays behind"
