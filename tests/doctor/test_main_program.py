"""Which program a script or a line is there for, and whether its shell stays."""

from __future__ import annotations

import pytest

from supervisor.doctor.house.house import house_of
from supervisor.doctor.knowledge.wrappers import EXECS, SWALLOWS
from supervisor.doctor.services.program import Chain

SLIM = "FROM python:3.11-slim\n"


def chain(text: str, **files: str) -> Chain:
    (found,) = house_of({"Dockerfile": text, **files}).services
    assert found.chain is not None
    return found.chain


@pytest.mark.parametrize(
    "script, main",
    [
        ('case "$1" in\n  web) exec gunicorn a ;;\n  dev) exec flask run ;;\nesac', "gunicorn"),
        ("if [ $D ]; then\n  exec uvicorn a --reload\nelse\n  exec celery worker\nfi", "celery"),
        ("exec flask run", "flask"),
        ("if [ $D ]; then exec gunicorn a; fi\nexec flask run", "flask"),
    ],
)
def test_an_image_is_for_production(script: str, main: str) -> None:
    files = {"start.sh": f"#!/bin/sh\n{script}\n"}
    assert chain(f'{SLIM}COPY . /\nCMD ["/start.sh"]\n', **files).program == main


def test_options_go_to_the_program_that_the_script_puts_before_them() -> None:
    script = '#!/bin/sh\nif [ "${1#-}" != "$1" ]; then\n  set -- uwsgi "$@"\nfi\nexec "$@"\n'
    entry = f'{SLIM}COPY . /\nENTRYPOINT ["/start.sh"]\n'
    given = chain(f'{entry}CMD ["--master"]\n', **{"start.sh": script})
    assert given.main.argv == ("uwsgi", "--master")
    given = chain(f'{entry}CMD ["gunicorn", "a"]\n', **{"start.sh": script})
    assert given.main.argv == ("gunicorn", "a")


def test_a_line_that_goes_on_behind_its_program() -> None:
    """bash becomes its last command, which is another one."""
    said = f'{SLIM}CMD ["bash", "-c", "gunicorn a; echo over"]\n'
    assert chain(said).links[0].does == SWALLOWS
    assert chain(said.replace("; echo over", "")).links[0].does == EXECS


@pytest.mark.parametrize(
    "script, option",
    [
        ('export GUNICORN_CMD_ARGS="--graceful-timeout 200"\nexec gunicorn a', "200"),
        ("GUNICORN_CMD_ARGS=--graceful-timeout=7 exec gunicorn a", "7"),
        ('GUNICORN_CMD_ARGS="--graceful-timeout 200"\nexec gunicorn a', None),
        ('O="--graceful-timeout 9"\nexec gunicorn $O a', "9"),
        ("A=(-w 2)\nA+=(--graceful-timeout 9)\nexec gunicorn ${A[@]} a", "9"),
    ],
)
def test_options_of_gunicorn_in_a_script(script: str, option: str | None) -> None:
    """What is not exported is the script's own."""
    files = {"Dockerfile": f'{SLIM}CMD ["/start.sh"]\n', "start.sh": f"#!/bin/bash\n{script}\n"}
    (server,) = house_of(files).servers
    assert server.get("graceful-timeout") == option
