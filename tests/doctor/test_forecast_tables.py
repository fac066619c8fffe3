"""The measured tables of the catalogue, row by row: a project is made up, its stop is forecast."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from supervisor.doctor.forecast.ending import Ending, ending
from supervisor.doctor.forecast.forecast import forecasts
from supervisor.doctor.house.house import house_of
from tests.doctor.measured import (
    BELOW_INIT,
    GROUPED,
    PLATFORMS,
    TABLE_1,
    TABLE_2,
    TABLE_3,
    TABLE_4,
)

if TYPE_CHECKING:
    from supervisor.doctor.forecast.forecast import Forecast

FROM = {
    "dash": "python:3.11-slim",
    "bash": "registry.access.redhat.com/ubi9/python-311",
    "ash": "python:3.11-alpine",
    "zsh": "python:3.11-slim",
}
APP = "gunicorn app:app"
AT_ONCE, MUCH = 0.5, 1e6


def served(text: str) -> str:
    """Put a server in the place of `app`."""
    return re.sub(r"\bapp\b", APP, text)


def forecast(grace: float, files: dict[str, str], **compose: str) -> Forecast:
    """Return that of the Dockerfile's service, run by a compose.yaml."""
    said = "".join(f"    {key}: {value}\n" for key, value in compose.items())
    text = f"services:\n  web:\n    build: .\n    stop_grace_period: {grace:g}s\n{said}"
    (found,) = (
        one
        for one in forecasts(house_of({**files, "compose.yaml": text}))
        if one.service.kind == "compose"
    )
    return found


def of_image(text: str, grace: float, base: str = FROM["dash"], **files: str) -> Forecast:
    """Return that of a Dockerfile with these last lines."""
    named = {name.replace("_sh", ".sh"): content for name, content in files.items()}
    copies = "".join(f"COPY {name} /{name}\n" for name in named)
    return forecast(grace, {"Dockerfile": f"FROM {base}\n{copies}{text}\n", **named})


def at(found: Forecast, needs_s: float) -> Ending:
    end = ending(found, needs_s)
    assert end is not None, found.unsure
    return end


@pytest.mark.parametrize("kind", ["dash", "bash", "ash", "zsh"])
@pytest.mark.parametrize("text, answers", TABLE_1)
def test_table_1_a_line_behind_c(text: str, answers: dict[str, str], kind: str) -> None:
    """A shell that becomes the program lets it drain; one that stays is killed at the end."""
    program = "zsh" if kind == "zsh" else "sh"
    found = of_image(f"CMD {json.dumps([program, '-c', served(text)])}", 4, FROM[kind])
    if answers[kind] == "unknown":
        assert ending(found, 1) is None
        assert found.unsure
        return
    end = at(found, 1)
    assert (end.code, end.finished) == {"yes": (0, True), "no": (137, False)}[answers[kind]]
    assert end.seconds == (4 if answers[kind] == "no" else pytest.approx(1, abs=AT_ONCE))


@pytest.mark.parametrize("text, kinds, seconds, code, finished", TABLE_2)
def test_table_2_a_script_as_pid_1(
    text: str, kinds: tuple[str, ...], seconds: float, code: int, finished: bool
) -> None:
    """An application that needs 1 s, a grace of 4 s: seconds, code, whether it could finish."""
    for kind in kinds:
        shell = {"dash": "/bin/sh", "bash": "/bin/bash", "ash": "/bin/sh"}[kind]
        script = f"#!{shell}\n{served(text)}\n"
        other = f"#!{shell}\nexec {APP}\n"
        found = of_image(
            'CMD ["/entry.sh"]', 4, FROM[kind], entry_sh=script, start_sh=other, other_sh=other
        )
        end = at(found, 1)
        assert (end.code, end.finished) == (code, finished), (kind, found.steps)
        assert end.seconds == pytest.approx(seconds, abs=AT_ONCE)


@pytest.mark.parametrize("text, seconds, code, finished", BELOW_INIT)
def test_a_script_below_an_init(text: str, seconds: float, code: int, finished: bool) -> None:
    """With `init: true` a slow stop becomes a fast loss (note 2)."""
    dockerfile = f'FROM {FROM["dash"]}\nCOPY entry.sh /\nCMD ["/entry.sh"]\n'
    files = {"Dockerfile": dockerfile, "entry.sh": f"#!/bin/bash\n{served(text)}\n"}
    end = at(forecast(4, files, init="true"), 1)
    assert (end.code, end.finished) == (code, finished)
    assert end.seconds == pytest.approx(seconds, abs=AT_ONCE)


@pytest.mark.parametrize("line, seconds, code, kept, sure", TABLE_3)
def test_table_3_a_wrapper_as_pid_1(
    line: str, seconds: float, code: int | None, kept: str, sure: bool
) -> None:
    """A request of 1 s, a grace of 6 s; a code that wasn't written down is None."""
    npm = {"scripts": {"start": f"{APP}", "good": f"exec {APP}"}}
    dockerfile = f"FROM {FROM['dash']}\nCMD {json.dumps(line.replace('APP', APP).split('|'))}\n"
    found = forecast(6, {"Dockerfile": dockerfile, "package.json": json.dumps(npm)})
    end = at(found, 1)
    assert (end.code, end.request) == (code, kept), found.steps
    assert end.seconds == pytest.approx(seconds, abs=AT_ONCE)
    assert bool(found.unsure) is not sure


@pytest.mark.parametrize("line, signal, seconds, code, kept", TABLE_4)
def test_table_4_a_server_as_pid_1(
    line: str, signal: str, seconds: float, code: int, kept: str
) -> None:
    """One request of 2 s under way, a grace of 6 s."""
    text = f"FROM {FROM['dash']}\nSTOPSIGNAL {signal}\nCMD {json.dumps(line.split('|'))}\n"
    found = forecast(6, {"Dockerfile": text})
    end = at(found, 2)
    assert (end.code, end.request) == (code, kept), found.fate.why
    assert end.seconds == pytest.approx(seconds, abs=AT_ONCE)
    assert not found.unsure


@pytest.mark.parametrize("line, code, kept, hangs", GROUPED)
def test_an_init_that_signals_the_group(line: str, code: int, kept: str, hangs: bool) -> None:
    """dumb-init, `tini -g` and stopasgroup signal uWSGI's and Celery's workers (note 3)."""
    found = of_image(f"CMD {json.dumps(line.split('|'))}", 6)
    end = at(found, 2)
    assert (end.code, end.request, end.seconds == 6) == (code, kept, hangs)


@pytest.mark.parametrize("files, grace, signal", PLATFORMS)
def test_table_5_the_platform_says_how_long(
    files: dict[str, str], grace: float, signal: str
) -> None:
    """Where nobody says otherwise."""
    found = forecasts(house_of(files))[-1]
    assert (found.grace_s, found.service.signal) == (grace, signal)
    assert found.fate.ends
