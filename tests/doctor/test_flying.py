"""What a fly.toml says: process groups, how they are stopped, which image they run."""

from __future__ import annotations

import tracemalloc

import pytest

from supervisor.doctor.examine import examined
from supervisor.doctor.finding import Skip
from supervisor.doctor.house.house import house_of
from supervisor.doctor.reading import fly
from supervisor.doctor.reading.source import Source
from supervisor.doctor.services.service import FLY, IMAGE, Service

DOCKER = 'FROM nginx:1.25 AS web\nENV A=1\nFROM python:3.11-slim\nCMD ["gunicorn", "a:b"]\n'


def services(text: str, **files: str) -> list[Service]:
    named = {"app/Dockerfile": DOCKER, "app/fly.toml": text, **files}
    return [one for one in house_of(named).services if one.kind == FLY]


def test_nothing_is_said() -> None:
    """One group, Fly's own signal and time, a program that isn't PID 1."""
    (found,) = services('primary_region = "x"\napp = "a"\n')
    assert (found.name, found.signal, found.grace, found.pid1) == ("app", "SIGINT", 5, False)
    assert (found.argv, str(found.place)) == (("gunicorn", "a:b"), "app/fly.toml:2")
    assert not found.served


def test_everything_is_said() -> None:
    """The image's stop signal does not count; who serves is said by group."""
    text = (
        'app = "a"\nkill_signal = "SIGTERM"\nkill_timeout = "1m"\n[build]\n'
        'dockerfile = "../Dockerfile.x"\n[env]\nA = "2"\n[processes]\nweb = "uvicorn \'a:b\'"\n'
        'jobs = "celery -A a worker"\n[http_service]\ninternal_port = 8000\nprocesses = ["web"]\n'
        "[[services]]\ninternal_port = 9000\n"
    )
    docker = 'FROM python:3.11-slim\nSTOPSIGNAL SIGQUIT\nENV A=1 B=1\nENTRYPOINT ["tini", "--"]\n'
    web, jobs = services(text, **{"Dockerfile.x": docker})
    assert (web.signal, web.grace, str(web.grace_place)) == ("SIGTERM", 60, "app/fly.toml:3")
    assert (web.argv, str(web.place)) == (("tini", "--", "uvicorn", "a:b"), "app/fly.toml:9")
    assert (web.ports, jobs.ports) == (("8000", "9000"), ("9000",))
    assert web.env == {"A": "2", "B": "1"}
    assert jobs.chain is not None
    assert jobs.chain.program == "celery"


@pytest.mark.parametrize(
    "text, argv",
    [
        (
            '[build]\nbuild-target = "WEB"\n',
            ("/docker-entrypoint.sh", "nginx", "-g", "daemon off;"),
        ),
        ('[build]\nimage = "me/app"\n', ()),
        ('[build]\nbuilder = "heroku/buildpacks:20"\n', ()),
        ('[experimental]\ncmd = ["x", "y"]\n', ("x", "y")),
        ('[experimental]\nentrypoint = "z -a"\ncmd = "b"\n', ("z", "-a", "b")),
        ('[experimental]\nexec = ["e"]\n', ("e",)),
        ("processes = []\n", ("gunicorn", "a:b")),
        ("kill_timeout = 0\nkill_signal = 15\n[processes]\na = 1\n", ("gunicorn", "a:b")),
    ],
)
def test_what_a_group_runs(text: str, argv: tuple[str, ...]) -> None:
    (found,) = services(text)
    assert (found.argv, found.grace, found.signal) == (argv, 5, "SIGINT")


def test_an_image_that_fly_runs_is_not_judged_for_docker_as_well() -> None:
    """Unless a shell keeps the signal from its program: that is the image's own fault."""
    house = house_of({"Dockerfile": DOCKER, "fly.toml": 'app = "a"\n'})
    assert [one.kind for one in house.services] == [FLY]
    shell = "FROM python:3.11-slim\nCMD gunicorn a:b\n"
    house = house_of({"Dockerfile": shell, "fly.toml": 'app = "a"\n'})
    assert [one.kind for one in house.services] == [IMAGE, FLY]
    assert "shell-form" in {one.id for one in examined(house).findings}


@pytest.mark.parametrize(
    "text, line, why",
    [
        ("a = 1\na = 2\n", 2, "not TOML"),
        ("a = [", 1, "not TOML"),
        ("x = " + "[" * 30_000, 1, "deeply"),
        ("a" + ".a" * 30_000 + " = 1", 1, "deeply"),
        ("#" * 70_000, 1, "larger"),
        ("a = {b" + ".b" * 16_000 + " = 1}", 1, "deeply"),
        ("'='" + ".b" * 16_000 + " = 1", 1, "deeply"),
        ("[a" + ".b" * 16_000 + "]", 1, "deeply"),
        ("a = " + ("{b" + ".b" * 90 + " = ") * 50 + "1" + "}" * 50, 1, "deeply"),
    ],
    ids=range(9),
)
def test_what_is_refused(text: str, line: int, why: str) -> None:
    tracemalloc.start()
    try:
        found = fly.parse(Source("fly.toml", text))
        taken = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert isinstance(found, Skip)
    assert taken < 50 * 1024 * 1024
    assert (found.place.line, why in found.why) == (line, True)


def test_the_words_name_the_signal_that_fly_sends() -> None:
    toml = 'app = "a"\n[processes]\nweb = "sh -c \'gunicorn app:app\'"\n'
    dockerfile = "FROM debian:12\n"
    found = examined(house_of({"fly.toml": toml, "Dockerfile": dockerfile})).findings
    whys = [one.why for one in found if one.id == "sh-c-no-exec"]
    assert whys and all("SIGINT" in why and "SIGTERM" not in why for why in whys)
