"""What an engine says of an image, written down as files."""

from __future__ import annotations

from supervisor.doctor.house.house import house_of
from supervisor.doctor.imaged import compose, dockerfile

CONFIG = {
    "Env": ["PATH=/bin", "API_TOKEN=s3cret", 'ODD="a\nRUN b"'],
    "WorkingDir": "/srv",
    "Entrypoint": ["/start.sh"],
    "Cmd": ["serve", "--name", "a b"],
    "StopSignal": "SIGQUIT",
    "StopTimeout": 25,
}


def test_an_image_means_in_a_house_what_it_is() -> None:
    text = dockerfile(CONFIG, "debian:12", ["/start.sh"])
    assert "s3cret" not in text
    files = {"Dockerfile": text, "start.sh": '#!/bin/sh\nexec "$@"\n'}
    service = house_of(files).services[0]
    assert service.argv == ("/start.sh", "serve", "--name", "a b")
    assert service.signal == "SIGQUIT"
    assert service.chain
    assert [link.name for link in service.chain.processes] == ["serve"]


def test_a_container_has_its_own_limits() -> None:
    host = {"name": "we: b", "Init": True, "RestartPolicy": {"Name": "always"}}
    files = {"Dockerfile": dockerfile(CONFIG, "scratch", []), "compose.yaml": compose(CONFIG, host)}
    service = house_of(files).services[0]
    assert (service.name, service.grace, service.init) == ("we: b", 25, True)
    assert service.restart == "always"
